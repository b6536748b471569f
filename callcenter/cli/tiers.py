"""`callcenter tiers`: a CSV of customers in, a grade for each and what the grades come to out."""

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callcenter.cli.logs import open_binary
from callcenter.cli.options import AsJson, json_text, note, product_version, read_text
from callcenter.cli.progress import Bar
from callcenter.cli.replaced import check_foreign
from callcenter.cli.tables import check_table, write_table
from callcenter.config.formula_cells import as_given
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from callcenter.config.customer_columns import CustomerColumns
    from callcenter.config.customer_rows import Reading
    from callcenter.customers.changes import Changes
    from callcenter.customers.columns import Customers
    from callcenter.customers.grading import Grading

GRADES: Final = ("customer_id", "phone", "grade", "tier", "why")
"""Columns of what is written; the directory's import takes the file as it is."""
CHANGES: Final = ("customer_id", "before", "now", "change")
PIPE: Final = "-"


def tiers(
    customers: Annotated[
        str,
        typer.Argument(metavar="CUSTOMERS.csv", help="One row a customer; - is standard input.", show_default=False),
    ],
    method: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD",
            help="pyramid, abc, rfm, value3d, loyalty, activity, ltv or scorecard (docs/grading.md).",
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(metavar="FILE.yaml|NAME", help="Shares, weights, limits and tiers; or the name of shipped ones."),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change one rule, e.g. sizes.platinum=2%. Repeatable."),
    ] = None,
    columns: Annotated[
        Path | None, typer.Option(metavar="MAP.yaml", help="Which column of the file holds what.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day of reckoning (default: the newest last_contact).")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(metavar="GRADES.csv", help="What --out wrote last time: says what changed.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="GRADES.csv|DIR", help="Write each customer's grade; to a folder, a report as well."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Grade customers, and say what each grade has of customers, revenue, contacts and agents' time."""
    from callcenter.config.grading_rules import read_rules
    from callcenter.config.words import date_text
    from callcenter.customers.changes import changes
    from callcenter.customers.methods import grade, needed
    from callcenter.customers.summary import summary

    chosen = read_rules(method, *_rules_text(rules), sets or ())
    day = None if as_of is None else _day(as_of)
    _check_out(out)
    form = _columns(columns)
    found = _read(customers, form, needed(chosen.method, chosen.rules))
    graded = grade(found.customers, chosen.method, chosen.rules, as_of=day)
    last = None if before is None else _grades_of(before, graded.grades)
    result = summary(chosen.method, found.customers, graded).as_json() | {"customers": len(found.customers)}
    newest = day if day is not None else found.customers.newest()
    result["as_of"] = None if newest is None else date_text(newest)
    moved = None if last is None else changes(last, found.customers, graded)
    result["changes"] = None if moved is None else moved.as_json()
    if out is not None:
        _write(out, found.customers, graded, result, last)
    if as_json:
        print(json_text(result))
    else:
        from sim.report.grading import show
        from sim.report.table import console_for

        show(console_for(sys.stdout), customers, result)
    for line in _notes(customers, found, moved, newest, day):
        note(line)


def _rules_text(rules: str | None) -> tuple[str | None, str]:
    """Return the text of a rules file or of shipped rules, and what to call it."""
    if rules is None:
        return None, "rules"
    from callcenter.config.refusals import near
    from scenarios import rules_names, rules_text

    shipped, bare = rules_names(), rules.removesuffix(".yaml")
    if bare in shipped and not Path(rules).is_file():
        return rules_text(bare), f"{bare}.yaml"
    if not Path(rules).suffix and not Path(rules).exists():
        hint = near(rules, shipped) or said(" (shipped: {names})", names=", ".join(shipped))
        raise BadInput(
            "--rules {rules}: there are no shipped rules of this name{hint}; a path ends in .yaml",
            rules=rules,
            hint=hint,
        )
    return read_text(Path(rules), "--rules"), rules


def _day(text: str) -> int:
    from callcenter.config.words import day_number

    try:
        return day_number(text)
    except ValueError as error:
        raise BadInput("--as-of: {error}", error=error) from None


def _columns(path: Path | None) -> "CustomerColumns":
    from callcenter.config.customer_columns import PLAIN
    from callcenter.config.directory_columns import read_directory_columns

    if path is None:
        return PLAIN
    return read_directory_columns(read_text(path, "--columns"), str(path)).for_grading()


def _read(name: str, form: "CustomerColumns", needs: tuple[str, ...]) -> "Reading":
    """Return the customers; bad rows are told one by one before the refusal."""
    from callcenter.config.customer_rows import layout_of, read_customers
    from callcenter.config.refusals import BadRows
    from callcenter.config.tables import read_table
    from callcenter.config.unpacking import Source

    source = "standard input" if name == PIPE else name
    try:
        if name == PIPE:
            return read_customers(sys.stdin.buffer, source, form, needs)
        size = max(1, os.stat(name).st_size)
        with Bar(_("reading customers, MB"), _mb(size)) as bar:
            file = Source(source, lambda: open_binary(Path(name)), size)
            table = read_table(file, layout_of(form), lambda done, of: bar(_mb(done), _mb(of)))
            with closing(table):
                return read_customers(table, source, form, needs)
    except BadRows as bad:
        for line in (*bad.kinds, *bad.rows):
            note(line)
        raise
    except OSError as error:
        raise BadInput(
            "{name}: cannot be read ({strerror}): check the path", name=name, strerror=error.strerror
        ) from None


def _mb(size: int) -> int:
    return -(-size // 1_000_000)


def _grades_of(path: Path, grades: tuple[str, ...]) -> dict[str, str]:
    """Return customer → grade of last time."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            for name in GRADES[0], GRADES[2]:
                if name not in header:
                    raise BadInput(
                        "--before {path}:1: has no column {name!r}: give a file that --out wrote", path=path, name=name
                    )
            who, what = header.index(GRADES[0]), header.index(GRADES[2])
            found: dict[str, str] = {}
            for row in rows:
                if not row:
                    continue
                if len(row) <= max(who, what) or row[what] not in grades:
                    told = row[what] if len(row) > what else ""
                    raise BadInput(
                        "--before {path}:{line_num}: the grade {told!r} is none of {grades}: give the grades of "
                        "the same method",
                        path=path,
                        line_num=rows.line_num,
                        told=told,
                        grades=", ".join(grades),
                    )
                found[as_given(row[who])] = row[what]
            return found
    except UnicodeDecodeError:
        raise BadInput("--before {path}: is not UTF-8 text: give a file that --out wrote", path=path) from None
    except OSError as error:
        raise BadInput(
            "--before {path}: cannot be read ({strerror}): check the path", path=path, strerror=error.strerror
        ) from None


# --- writing


def _one_file(out: Path) -> bool:
    return out.suffix.lower() == ".csv"


def _check_out(out: Path | None) -> None:
    """Refuse what could not be written, before any work is done."""
    if out is None:
        return
    if not _one_file(out):
        from sim.report.files import check_folder

        check_folder(out)
    else:
        check_table(out)
        check_foreign(out, GRADES)


def _write(
    out: Path, customers: "Customers", graded: "Grading", result: dict[str, Any], last: dict[str, str] | None
) -> None:
    if _one_file(out):
        write_table(out, GRADES, _grade_rows(customers, graded))
        note(_("written: {path}", path=out))
        return
    from sim.report.files import RESULT, csv_text, write_folder
    from sim.report.grading import page

    contents: dict[str, str | bytes] = {
        "report.html": page(result, product_version()),
        "grades.csv": csv_text(GRADES, _grade_rows(customers, graded)),
        RESULT: json_text(result) + "\n",
    }
    if last is not None:
        contents["changes.csv"] = csv_text(CHANGES, _change_rows(customers, graded, last))
    write_folder(out, contents)
    note(_("written: {path}", path=out / "report.html"))


def _grade_rows(customers: "Customers", graded: "Grading") -> Iterator[tuple[str, ...]]:
    phones = customers.phones or [""] * len(customers)
    for row, (who, phone) in enumerate(zip(customers.ids, phones, strict=True)):
        name = graded.grades[graded.grade[row]]
        yield who, phone, name, graded.tiers[name], graded.why(row)


def _change_rows(customers: "Customers", graded: "Grading", last: dict[str, str]) -> Iterator[tuple[str, ...]]:
    from callcenter.customers.changes import changed

    for who, old, now in changed(last, customers, graded):
        if old is None:
            yield who, "", now, "new"
        else:
            risen = graded.grades.index(now) < graded.grades.index(old)
            yield who, old, now, "promoted" if risen else "demoted"
    here = set(customers.ids)
    yield from ((who, old, "", "gone") for who, old in last.items() if who not in here)


def _notes(
    name: str, found: "Reading", moved: "Changes | None", newest: int | None, given: int | None
) -> Iterator[str]:
    """Yield what is worth knowing about the file, apart from the answer."""
    from api.live.clock import LiveClock
    from callcenter.config.words import counted, date_text
    from callcenter.units import DAY

    if not len(found.customers):
        yield said("{name}: no customers: there is nothing to grade", name=name)
    if newest is not None and given is None:
        yield said(
            "{name}: reckoned on {newest}, the newest last_contact (another day: --as-of)",
            name=name,
            newest=date_text(newest),
        )
        today = LiveClock(None).now() // DAY
        days = found.customers.figure("last_contact")
        if ahead := int((days > today + 1).sum()):  # by a day at most the date differs with the zone
            yield (
                said(
                    "{name}: last_contact of {ahead} is after today ({today}): fix it, or say the day of "
                    "reckoning by --as-of; else everybody looks as if they had been away for long",
                    name=name,
                    ahead=counted(ahead, "customer"),
                    today=date_text(today),
                )
            )
    for what, rows in found.missing.items():
        yield said(
            "{name}: {what} is not known of {rows:,} of {n}",
            name=name,
            what=what,
            rows=rows,
            n=counted(len(found.customers), "customer"),
        )
    if "agent_minutes_12m" in found.absent:
        yield said("{name}: no column agent_minutes_12m: the share of agents' time is not known", name=name)
    yield from (*found.above, *found.decoding.said(name))
    for column, cell in found.either.items():
        if "," in cell:
            yield said(
                "{name}: column {column!r}: {cell} is read as thousands: where it is a fraction, --columns MAP.yaml "
                "with the line decimal: ','",
                name=name,
                column=column,
                cell=cell,
            )
        else:
            yield said(
                "{name}: column {column!r}: {cell} is read as a fraction: where it is thousands, --columns MAP.yaml "
                "with the line decimal: ','",
                name=name,
                column=column,
                cell=cell,
            )
    if found.shared_phones:
        yield said("{name}: {shared_phones:,} numbers stand with more than one customer: a call from one of "
"them is known by its customer_id only", name=name, shared_phones=found.shared_phones)  # fmt: skip
    if moved is not None and moved.gone:
        yield said("{name}: {gone:,} customers of last time are not in it", name=name, gone=moved.gone)
