"""`callcenter book`: the day's book of a running service, a simulated day's, or one beside the other."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from callcenter.cli.options import AsJson, Processes, Replications, Seed, Sets, json_text, note, with_chance
from callcenter.cli.progress import Bar
from callcenter.cli.replaced import check_foreign
from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from callcenter.language.spoken import _
from callcenter.lifecycle.book_figures import KINDS, columns_of

BESIDE: Final = ("offered", "answered", "abandoned", "sl_net", "asa_s", "aht_s", "callbacks_made", "callbacks_solved")
"""What of the simulation stands beside a live half hour, as `simulated_NAME`."""
SIMULATED: Final = "simulated_"
KEYS: Final = ("start", "queue", "tier", "group")
Rows = list[dict[str, Any]]


def book(
    url: Annotated[str | None, typer.Option(help="A running service; its key is read from CALLCENTER_KEY.")] = None,
    day: Annotated[
        str | None, typer.Option(help="Of the service's zone: 2026-03-02, today, yesterday (default: the last 24 h).")
    ] = None,
    begin: Annotated[str | None, typer.Option("--from", help="Instead of a day: such as 2026-03-02T00:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Before this; now where left out.")] = None,
    by: Annotated[str, typer.Option(help="Any of queue, tier, group, divided by commas.")] = "queue,tier",
    scenario: Annotated[
        str | None, typer.Option(help="A scenario: its simulated day alone, or beside the live one by `start`.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A .csv, .xlsx or .parquet file (default: CSV, printed).")] = None,
    replications: Replications = None,
    seed: Seed = None,
    sets: Sets = None,
    processes: Processes = None,
    as_json: AsJson = False,
) -> int:
    """Tell each half hour: what came, how it ended, service levels and targets, waits, people, callbacks.

    Live half hours equal the events to the last call; they are closed 30 minutes after their end and corrected by late
    reports. Simulated ones are means over the replications, in the same columns.
    """
    if url is None and scenario is None:
        raise BadInput("--url: say of which service, or --scenario for a simulated day")
    if out is not None and out.suffix not in (".csv", ".xlsx", ".parquet"):
        raise BadInput("--out: {out} is none of .csv, .xlsx, .parquet", out=out.name)
    lines = tuple(name for name in KEYS[1:] if name in by.split(","))
    columns = columns_of(lines)
    if url is not None and scenario is not None:
        columns += [f"{SIMULATED}{name}" for name in BESIDE]
    if set(by.split(",")) - {*lines, ""}:
        raise BadInput("--by: {by} is none of queue, tier, group, divided by commas", by=by)
    if out is not None:
        check_foreign(out, columns)
    simulated = [] if scenario is None else _simulated(scenario, lines, replications, seed, sets, processes)
    rows = simulated if url is None else _live(url, {"day": day, "from": begin, "to": end, "by": ",".join(lines)})
    if url is not None and scenario is not None:
        rows = _beside(rows, simulated)
    if as_json:
        print(json_text({"by": list(lines), "intervals": rows}))
    else:
        _write(rows, columns, out)
    return 0


def _live(url: str, wanted: Mapping[str, str | None]) -> Rows:
    import httpx2

    key = os.environ.get("CALLCENTER_KEY")
    if not key:
        raise BadInput("CALLCENTER_KEY: is not set: put an API key with the scope supervisor there")
    asked = {name: value for name, value in wanted.items() if value}
    if not url.startswith(("http://", "https://")):
        raise BadInput("--url: {url} is no address: write http://{url}", url=url)
    try:
        answer = httpx2.get(f"{url.rstrip('/')}/v1/intervals", params=asked, headers={"X-API-Key": key}, timeout=120)
    except httpx2.HTTPError as fault:
        raise BadInput(
            "--url: {url} does not answer ({fault}): is the service running?", url=url, fault=fault
        ) from None
    if answer.status_code != 200:
        said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise BadInput(
            "{url}: {status_code} {detail}", url=url, status_code=answer.status_code, detail=said.get("detail", "")
        )
    found: Rows = json.loads(answer.text)["intervals"]
    return found


def _simulated(
    scenario: str, by: tuple[str, ...], replications: int | None, seed: int | None, sets: list[str] | None,
    processes: int | None,
) -> Rows:  # fmt: skip
    from api.state.views import instant
    from sim.experiment.book import simulated_rows

    found = with_chance(load_scenario(scenario, sets or ()), replications, seed)
    with Bar(_("simulating"), found.replications) as bar:
        return [{"start": instant(at)} | row for at, row in simulated_rows(found, by, processes, bar)]


def _beside(live: Rows, simulated: Rows) -> Rows:
    """Return live rows with those simulated for the same half hour; one that only one side has is there too."""

    def key(row: dict[str, Any]) -> tuple[str, ...]:
        return tuple(str(row.get(name, "")) for name in KEYS)

    expected = {key(row): row for row in simulated}
    there = {key(row) for row in live}
    if live and not there & expected.keys():
        note(_("no half hour of the service is in the simulation: let it begin that day (--set horizon.start=DATE)"))
    rows = list(live) + [
        {name: row.get(name) for name in KEYS if name in row} for k, row in expected.items() if k not in there
    ]
    found = []
    for row in sorted(rows, key=key):
        other = expected.get(key(row), {})
        found.append(row | {f"{SIMULATED}{name}": other.get(name) for name in BESIDE})
    return found


def _write(rows: Rows, columns: list[str], out: Path | None) -> None:
    from api.http.formats import csv_of
    from api.http.sheets import xlsx_of

    if out is None:
        print(csv_of(rows, columns), end="")
        return
    try:
        if out.suffix == ".csv":
            out.write_text(csv_of(rows, columns), encoding="utf-8", newline="")
        elif out.suffix == ".xlsx":
            out.write_bytes(xlsx_of(rows, columns, "intervals"))
        else:
            _write_parquet(rows, columns, out)
    except OSError as error:
        raise BadInput(
            "--out {out}: cannot be written ({strerror}): name another file", out=out, strerror=error.strerror
        ) from None
    note(_("{out}: {n} rows", out=out, n=len(rows)))


def _write_parquet(rows: Rows, columns: list[str], out: Path) -> None:
    """Write typed columns: one without a single figure has its type all the same, so that days can be laid together."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise BadInput("--out: Parquet needs the extra: pip install 'callcenter[parquet]'") from None
    types = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    # Means over replications are no whole numbers: they are counts all the same.
    counts = pa.float64() if any(isinstance(row.get("offered"), float) for row in rows) else pa.int64()
    kinds = [KINDS.get(name, float) for name in columns]
    schema = pa.schema(
        [(name, counts if kind is int else types[kind]) for name, kind in zip(columns, kinds, strict=True)]
    )
    pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], schema), out)
