"""`callcenter customers`: a CRM's customers into the directory, and the directory out of it."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callcenter.cli.options import AsJson, json_text, note, read_text
from callcenter.cli.progress import Bar
from callcenter.cli.replaced import check_foreign
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from api.customers.imports.spool import Spool
    from api.customers.tiers.regrading import GradeStep
    from api.store.encryption import Vault
    from api.store.store import Store
    from callcenter.centre import Centre
    from callcenter.customers.life import Tiers

customers = typer.Typer(no_args_is_help=True, help="The directory of customers.")
KEY: Final = "CALLCENTER_KEY"
BATCH_SIZE: Final = 2_000
BY: Final = "import"
"""Who the audit trail says it was, of a database that no service has open."""

Database = Annotated[
    str | None, typer.Option(metavar="URL", help="A file, or postgresql://…, that no service has open.")
]
Url = Annotated[str | None, typer.Option(metavar="URL", help="A running service, whose key is in CALLCENTER_KEY.")]


@customers.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, or Parquet if it ends in .parquet.")],
    database: Database = None,
    url: Url = None,
    columns: Annotated[
        Path | None, typer.Option(metavar="MAP.yaml", help="Which column of the file holds what (docs/customers.md).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be rejected.")] = False,
    skip_rejected: Annotated[
        bool, typer.Option("--skip-rejected", help="Import the other rows; otherwise one bad row stops it all.")
    ] = False,
    region: Annotated[
        str | None, typer.Option(metavar="CC", help="Country of numbers without + (default: the centre's region).")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Import customers: all rows or none. Every rejected row is named with its line, column, value and the way out."""
    if (database is None) == (url is None):
        raise BadInput("callcenter customers import: give --database of a stopped service, or --url of one that runs")
    if region is not None and not (len(region) == 2 and region.isalpha() and region.isupper()):
        raise BadInput("--region {region}: is no country code: write one such as GB or CN", region=region)
    text = "" if columns is None else read_text(columns, "--columns")
    if not file.is_file():
        raise BadInput("{file}: cannot be read (there is no such file): check the path", file=file)
    if url is not None:
        from callcenter.cli.customer_upload import over_http

        found = over_http(url, file, text, dry_run=dry_run, skip_rejected=skip_rejected, region=region)
    else:
        assert database is not None
        found = _into(database, file, text, str(columns), dry_run=dry_run, skip=skip_rejected, region=region)
    return tell(found, as_json=as_json)


def _into(database: str, file: Path, text: str, source: str, *, dry_run: bool, skip: bool, region: str | None) -> Any:
    """Import into a database that nobody else writes to."""
    from api.customers.imports.spool import Spool, fill
    from api.customers.tiers.regrading import GradeStep
    from api.settings import Settings
    from callcenter.config.directory_columns import DirectoryColumns, read_directory_columns
    from callcenter.customers.life import Tiers

    form = read_directory_columns(text, source) if text else DirectoryColumns()
    with _opened(database) as store, TemporaryDirectory(prefix="callcenter-") as folder, _no_garbage():
        centre = _centre(store)
        tiers = Tiers.of(centre)
        if region is not None and centre.region != region:
            said = "no region" if centre.region is None else f"the region {centre.region}"
            note(
                _(
                    "callers' national numbers are not read as {region}: the centre has {said} (region: {region})",
                    region=region,
                    said=said,
                )
            )
        region = region or centre.region
        rung = GradeStep.of(Settings(), tiers)
        spool = Path(folder) / "spool"
        with Bar("reading rows", 1) as bar:
            found = fill(spool, file, str(file), form, tiers, region, bar)
        found |= {"imported": 0, "tiers_by": "file" if rung is None else rung.figure, "promoted": 0, "demoted": 0}
        if not dry_run and (skip or not found["rejected"]):
            waiting = Spool(spool)
            try:
                found |= _put(store, waiting, tiers, rung)
            finally:
                waiting.close()
    found["state"] = "checked" if dry_run else "refused" if found["rejected"] and not skip else "done"
    return found


def _put(store: "Store", spool: "Spool", tiers: "Tiers", rung: "GradeStep | None") -> dict[str, int]:
    """Put all of a checked file into the directory, in one transaction; return how many rows, promoted, demoted."""
    from api.auth.audit import audit_row
    from api.customers.imports.entries import Fields, judged, put_entries
    from api.customers.tiers.judgements import StoppedJudge
    from api.live.clock import LiveClock

    fields = Fields(tuple(spool.found["fields"]), spool.found["has_numbers"])
    now = LiveClock(None).now()
    after = 0
    done = {"imported": 0, "promoted": 0, "demoted": 0}
    total = spool.found["accepted"]
    judge = StoppedJudge(store, tiers)
    with Bar("importing rows", total) as bar, store.connection.transaction():
        store.carry_out([audit_row(now, BY, "customer.import", None, Path(spool.found["file"]).name[:200])])
        while rows := spool.bodies(after, BATCH_SIZE):
            after = rows[-1][0]
            told = put_entries(store, fields, [body for _, body in rows], now, rung=rung, fresh=False)
            moves = judged(store, judge, told, BY, now).moves.values()
            rose = sum(tiers.is_promotion(before, after) for before, after in moves)
            done["imported"] += len(rows)
            done["promoted"] += rose
            done["demoted"] += len(moves) - rose
            bar(done["imported"], total)
    return done


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Let nobody look for circles of garbage: rows make none, and among many rows it costs a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _opened(database: str) -> Iterator["Store"]:
    """Give the database to write to, or say who has it."""
    from api.store import open as stores
    from api.store.errors import BadJournal

    opened = stores.Database(database, vault=_vault())
    try:
        store = opened.writer()
    except BadJournal as fault:
        hint = said(" or import through it: --url http://127.0.0.1:8080, its admin key in CALLCENTER_KEY")
        raise BadInput("{fault}{more}", fault=fault, more=hint if "another service" in str(fault) else "") from None
    try:
        yield store
    finally:
        store.connection.close()
        opened.release()


def _vault() -> "Vault":
    from api.settings import Settings

    return Settings().vault()


def _centre(store: "Store") -> "Centre":
    """Return the centre in force, or the one that a service has without a centre file."""
    from api.serve import DEFAULT_CENTRE
    from api.store.codec import read_command
    from callcenter.commands import AdoptCentre

    newest = next(store.snapshots(), None)
    rows: Any = store.connection.execute("SELECT body FROM commands WHERE n = ?", (newest.centre_n if newest else 1,))
    command = read_command(rows[0][0]) if rows else None
    return command.centre if isinstance(command, AdoptCentre) else DEFAULT_CENTRE


def tell(found: dict[str, Any], *, as_json: bool) -> int:
    """Say what came of an import; 1: rows were rejected and nothing was imported, or would be."""
    from callcenter.config.customer_rows import by_kind
    from callcenter.config.words import counted

    if as_json:
        print(json_text(found))
    else:
        for kind in by_kind((one["column"], _(one["why"])) for one in found["rejects"]):
            print(_(kind))
        for one in found["rejects"]:
            where = (
                said("column {column!r}: {cell!r} ", column=one["column"], cell=one["value"]) if one["column"] else ""
            )
            place = f"{found['file']}:{one['line']}: "
            print(f"{place}{_(where)}{_(one['why'])}")
        if found["rejected"] > len(found["rejects"]):
            print(_("… and {rejected:,} more", rejected=found["rejected"] - len(found["rejects"])))
        if found["not_read"]:
            note(_("columns not read: {not_read}", not_read=", ".join(found["not_read"][:20])))
        if found["not_utf8_lines"]:
            note(
                _(
                    "{not_utf8_lines} not UTF-8: read as {encoding} (confidence {encoding_confidence:.0%}); "
                    "encoding: in the map says it for sure",
                    not_utf8_lines=counted(found["not_utf8_lines"], "line is", "lines are"),
                    encoding=found["encoding"],
                    encoding_confidence=found["encoding_confidence"],
                )
            )
        shared = [one for one in found["doubts"] if one["column"] == "phone"]
        if found["shared_numbers"]:
            note(
                _(
                    "{shared_numbers} to several customers (the first on line {line}): such a number says "
                    "which line rings, not who speaks",
                    shared_numbers=counted(found["shared_numbers"], "number belongs", "numbers belong"),
                    line=shared[0]["line"],
                )
            )
        for one in found["doubts"]:
            if "fraction" in one["why"]:
                note(
                    _(
                        "{name}: column {column!r}: {cell} is read as a fraction: where it is thousands, --columns "
                        "MAP.yaml with the line decimal: ','",
                        name=found["file"],
                        column=one["column"],
                        cell=one["value"],
                    )
                )
        ahead = [one for one in found["doubts"] if "future" in one["why"]]
        if ahead:
            note(
                _(
                    "{n} in the future (the first on line {line}, column {column!r}: {value}): taken as it stands",
                    n=counted(len(ahead), "date is", "dates are"),
                    line=ahead[0]["line"],
                    column=ahead[0]["column"],
                    value=ahead[0]["value"],
                )
            )
        note(
            _(
                "{file}: {rows}, {accepted:,} good, {rejected:,} rejected, {imported:,} imported",
                file=found["file"],
                rows=counted(found["rows"], "row"),
                accepted=found["accepted"],
                rejected=found["rejected"],
                imported=found["imported"],
            )
        )
        if found["state"] == "done" and found["tiers_by"] != "file":
            note(
                _(
                    "tiers follow {tiers_by} by the ladder of the settings, where it is known",
                    tiers_by=found["tiers_by"],
                )
            )
        if found["promoted"] or found["demoted"]:
            note(
                _(
                    "of those known before, {promoted:,} rose and {demoted:,} fell",
                    promoted=found["promoted"],
                    demoted=found["demoted"],
                )
            )
    if found["rejected"] and found["state"] != "done":
        if found["state"] == "refused" and not as_json:
            note(_("nothing was imported: fix what is rejected, or leave it out with --skip-rejected"))
        return 2
    return 0


@customers.command("export")
def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV, or Parquet if it ends in .parquet; - : CSV here.")],
    database: Annotated[
        str, typer.Option(metavar="URL", help="A file, or postgresql://…; a service may have it open.")
    ],
) -> int:
    """Write the directory as the import reads it, one row a customer; strangers, known by a number, are left out."""
    from api.customers.imports.export import HEADER, write_csv, write_parquet
    from api.store.open import reading
    from callcenter.config.words import counted

    if file != "-":
        check_foreign(Path(file), HEADER, "FILE")
    with reading(database, _vault()) as store:
        if file == "-":
            count = write_csv(store, sys.stdout)
        elif file.lower().endswith(".parquet"):
            count = write_parquet(store, Path(file))
        else:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # whose it is not, does not see it
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
                count = write_csv(store, out)
    note(_("{file}: {count}", file=file, count=counted(count, "customer")))
    return 0
