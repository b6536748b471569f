"""`callcenter campaign`: a list from a file into a running service, and how it stands."""

import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from callcenter.cli.options import AsJson, json_text, note, read_bytes
from callcenter.errors import BadInput
from callcenter.language.said import N_
from callcenter.language.spoken import _

campaign = typer.Typer(no_args_is_help=True, help="Lists of customers whom the centre calls.")
BATCH_SIZE: Final = 2_000
"""Customers in one request, as the service takes them."""
MOST_ATTRIBUTES: Final = 30
Url = Annotated[str, typer.Option(metavar="URL", help="A running service, whose key is in CALLCENTER_KEY.")]
Listed = list[dict[str, Any]]


@campaign.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet with the column customer_id.")],
    name: Annotated[str, typer.Option(help="What the campaign is called.")],
    queue: Annotated[str, typer.Option(help="Whose agents call, by its callback window, retry plan and result codes.")],
    begins: Annotated[str, typer.Option(metavar="INSTANT", help="Such as 2026-03-02T09:00:00Z.")],
    ends: Annotated[str, typer.Option(metavar="INSTANT", help="To be done by then.")],
    url: Url = "http://127.0.0.1:8080",
    kind: Annotated[Literal["campaign", "care"], typer.Option(help="campaign, or care calls by plan.")] = "campaign",
    per_hour: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="So many become due in an hour (default: all at once).")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Hand in a list. Customers of the directory who agreed to be called are taken; why others were not is counted.

    A column `note` is what the agent should know; all others are shown beside it. Customers who are not in the
    directory yet come first, with `callcenter customers import`. Exit 1: nobody was taken.
    """
    listed = _listed(file)
    first = _instant(begins, "--begins")
    _instant(ends, "--ends")
    parts = [listed[n : n + BATCH_SIZE] for n in range(0, len(listed), BATCH_SIZE)]
    told: list[dict[str, Any]] = []
    for n, part in enumerate(parts):
        # The parts of a long list follow each other at the pace that was asked for.
        later = timedelta(hours=n * BATCH_SIZE / per_hour) if per_hour else timedelta()
        begin = begins if not later else (first + later).isoformat()
        body = {"name": name, "queue": queue, "kind": kind, "begins": begin, "ends": ends, "customers": part}
        told.append(_asked(url, "POST", "/campaigns", body | ({"per_hour": per_hour} if per_hour else {})))
        if len(parts) > 1:
            handed = sum(one["listed"] for one in told)
            note(_("{part} of {whole} customers handed in", part=handed, whole=len(listed)))
    refused: Counter[str] = Counter()
    for one in told:
        refused.update(one["refused"])
    taken = sum(one["taken"] for one in told)
    ids = [one["campaign_id"] for one in told]
    if as_json:
        print(json_text({"campaigns": ids, "listed": len(listed), "taken": taken, "refused": dict(refused)}))
    else:
        why = "".join(_(", {n} not ({why})", n=count, why=reason) for reason, count in sorted(refused.items()))
        print(_("{ids}: {part} of {whole} customers taken", ids=", ".join(ids), part=taken, whole=len(listed)) + why)
    return 0 if taken else 1


@campaign.command()
def show(
    campaign_id: Annotated[str, typer.Argument(metavar="ID", help="As `import` said it.")],
    url: Url = "http://127.0.0.1:8080",
    as_json: AsJson = False,
) -> int:
    """Tell how a campaign stands: who was taken, what became of them, what agents say came of it."""
    found = _asked(url, "GET", f"/campaigns/{campaign_id}", None)
    if as_json:
        print(json_text(found))
    else:
        about = {key: found[key] for key in ("name", "kind", "queue", "taken", "listed")}
        print(_("{name} ({kind}, {queue}): {taken} of {listed} taken", **about))
        for title in (N_("states"), N_("results"), N_("refused")):
            counts = ", ".join(f"{count} {what}" for what, count in sorted(found[title].items()))
            print(_("{name}: {text}", name=_(title), text=counts or _("none")))
    return 0


def _listed(file: Path) -> Listed:
    """Return whom a file lists; one line for what is wrong with it."""
    from callcenter.config.customer_ids import names_nobody
    from callcenter.config.formula_cells import as_given
    from callcenter.config.tables import Layout, read_table
    from callcenter.config.unpacking import Source

    table = read_table(Source.of(read_bytes(file, "FILE"), str(file)), Layout(needed=("customer_id",), one_sheet=True))
    found: Listed = []
    lines: dict[str, int] = {}
    table.place("customer_id")  # once
    others = [name for name in table.header if name not in ("customer_id", "note") and name]
    if len(others) > MOST_ATTRIBUTES:
        raise BadInput(
            "{file}:1: has {n} columns besides: {most_attributes} are shown at most",
            file=file,
            n=len(others),
            most_attributes=MOST_ATTRIBUTES,
        )
    for line, row in table.rows():
        if not any(cell.strip() for cell in row) or row == table.written:
            continue  # an empty line lists nobody, nor do the names of the columns again
        if any(cell.strip() for cell in row[len(table.header) :]):
            raise BadInput(
                "{source}:{line}: has more cells than there are columns: put a cell that holds the separator in quotes",
                source=file,
                line=line,
            )
        cells = dict(zip(table.header, (as_given(cell.strip()) for cell in row), strict=False))
        customer = cells.get("customer_id", "")
        if not customer:
            raise BadInput(
                "{file}:{line}: customer_id: is empty: say who is to be called, or remove the line",
                file=file,
                line=line,
            )
        if why := names_nobody(customer):
            raise BadInput("{file}:{line}: customer_id: {why}", file=file, line=line, why=f"{customer} {why}")
        if customer in lines:
            raise BadInput(
                "{file}:{line}: customer_id: is on line {lines} too: each is called once",
                file=file,
                line=line,
                lines=lines[customer],
            )
        lines[customer] = line
        said = {name: cells[name] for name in others if cells.get(name)}
        listed = {"customer_id": customer, "attributes": said}
        found.append(listed | ({"note": cells["note"]} if cells.get("note") else {}))
    for text in table.notes():
        note(text)
    if not found:
        raise BadInput("{file}: lists nobody", file=file)
    return found


def _instant(text: str, option: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            "{option}: {said} is no instant: write one such as 2026-03-02T09:00:00Z", option=option, said=text
        ) from None
    if found.tzinfo is None:
        raise BadInput("{option}: {said} says no zone: end it with Z, or with +01:00", option=option, said=text)
    return found


def _asked(url: str, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    import httpx2

    key = os.environ.get("CALLCENTER_KEY")
    if not key:
        raise BadInput("CALLCENTER_KEY: is not set: put an API key with the scope supervisor there")
    if not url.startswith(("http://", "https://")):
        raise BadInput("--url: {url} is no address: write http://{url}", url=url)
    address = f"{url.rstrip('/')}/v1{path}"
    try:
        answer = httpx2.request(method, address, json=body, headers={"X-API-Key": key}, timeout=120)
        found: dict[str, Any] = answer.json()
    except (httpx2.HTTPError, ValueError) as fault:
        raise BadInput(
            "--url: {url} does not answer as the service does ({fault}): is it running?", url=url, fault=fault
        ) from None
    if answer.status_code not in (200, 201):
        raise BadInput(
            "{url}: {status_code} {detail}", url=url, status_code=answer.status_code, detail=found.get("detail", "")
        )
    return found
