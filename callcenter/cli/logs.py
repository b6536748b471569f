"""Call logs on the command line: files and folders, by a map or by the name of a known system; notes are said."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Final

import typer

from callcenter.cli.options import note, read_text
from callcenter.cli.progress import Bar
from callcenter.errors import BadInput
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from callcenter.config.unpacking import Source
    from sim.analysis.fit.calllog import CallLog
    from sim.analysis.fit.columns import Columns

Logs = Annotated[
    list[Path],
    typer.Argument(
        metavar="LOG...",
        help="Call logs of one centre: CSV (.gz, .zip, .zst), XLSX, Parquet, or folders of them.",
        show_default=False,
    ),
]
ColumnMap = Annotated[
    Path | None, typer.Option("--columns", metavar="MAP.yaml", help="Which column holds what (docs/fit.md).")
]
FormatName = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="Of a known system, asterisk-cdr for one (docs/formats/README.md)."),
]
ZoneName = Annotated[
    str | None, typer.Option("--zone", metavar="ZONE", help="Where the centre is, such as Europe/Berlin.")
]
ENDINGS: Final = (".csv", ".txt", ".tsv", ".gz", ".zip", ".zst", ".xlsx", ".xls", ".parquet", ".log", "")
"""Of files in a folder that may be logs."""
SQLITE: Final = b"SQLite format 3\0"
LARGE: Final = 20_000_000
"""Bytes of logs from which the reading is worth a bar."""
OURS: Final = "callcenter"
DAYS_OF_1904: Final = 1_462
"""By which days are early that a spreadsheet counted from 1904, and another from 1900."""
MONDAY, WEEKEND = 0, {5, 6}


def sources_of(paths: Sequence[Path]) -> "list[Source]":
    """Return the files at these paths; those of a folder in the order of their names, a journal as its calls.

    Raises:
        BadInput: a path cannot be read, is named twice, or its folder holds no log.
    """
    from callcenter.config.unpacking import Source

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                p for p in path.iterdir() if p.is_file() and p.suffix.lower() in ENDINGS and p.name[0] != "."
            )
            if not inside:
                raise BadInput(
                    "{path}: holds no log (CSV, .gz, .zip, .zst, .xlsx, .parquet): check the path", path=path
                )
            found += inside
        else:
            found.append(path)
    twice = next((path for i, path in enumerate(found) if path in found[:i]), None)
    if twice is not None:
        raise BadInput("{twice}: is given twice: name each file once", twice=twice)
    sources = []
    for path in found:
        with open_binary(path) as stream:
            size, start = os.fstat(stream.fileno()).st_size, stream.read(len(SQLITE)) if path.is_file() else b""
        if start == SQLITE:
            sources.append(Source.of(journal_calls(path), str(path)))
        else:
            sources.append(Source(str(path), lambda path=path: open_binary(path), size))  # type: ignore[misc]
    return sources


def open_binary(path: Path) -> IO[bytes]:
    """Open a file to read."""
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput("{path}: cannot be read ({why}): check the path", path=path, why=why) from None


def journal_calls(path: Path) -> bytes:
    """Return the calls of a journal as a `calls.csv`."""
    from api.recovery.verification import tell_again
    from api.store.open import reading
    from callcenter.lifecycle.ledger import Ledger
    from sim.report.calls import call_rows
    from sim.report.files import csv_text
    from sim.results.call_table import COLUMNS

    with reading(str(path)) as store:
        head = store.head()
        ledger = Ledger()
        centre = None
        for step in tell_again(store, head):
            centre = step.engine.centre
            ledger.fold(step.events)
    if centre is None or head.reached is None:
        raise BadInput("{path}: its journal is empty", path=path)
    ledger.close(head.reached)
    return csv_text(COLUMNS, call_rows(ledger.calls, centre.zone)).encode()


def columns_of(
    columns: Path | None, format_name: str | None, zone: str | None, sources: "Sequence[Source]" = ()
) -> "tuple[Columns, str | None]":
    """Return the map to read by, and the format's name if there is one.

    A file of ours needs neither. With both, the map says what differs from the format.
    """
    from sim.analysis.fit.columns import read_columns
    from sim.analysis.fit.formats import check_format, format_columns, in_zone

    if format_name is not None:
        check_format(format_name)
    elif columns is None:
        if not sources or not all(is_ours(source) for source in sources):
            raise BadInput(
                "say which column holds what: --columns MAP.yaml, or the system the log comes from, --format NAME "
                "(callcenter look LOG proposes both)"
            )
        format_name = OURS
    text = "" if columns is None else read_text(columns, "--columns")
    if format_name is None:
        return in_zone(read_columns(text, str(columns)), zone), None
    return format_columns(format_name, text, str(columns), zone), format_name


def is_ours(source: "Source") -> bool:
    """Tell whether a file is a calls.csv of ours."""
    from callcenter.config.tables import Layout, read_table

    try:
        table = read_table(source, Layout())
    except BadInput:
        return False
    table.close()
    return {"call_id", "arrived", "wait_s", "outcome"} <= set(table.header)


def read_calls(
    logs: Sequence[Path],
    columns: Path | None,
    format_name: str | None,
    zone: str | None,
    usual_zone: str | None = None,
    *,
    say: bool = True,
) -> "CallLog":
    """Return the calls of files; what is worth knowing about them is said on standard error.

    Args:
        logs: Files and folders.
        columns: The map.
        format_name: Of a known system.
        zone: Of the centre, whatever the map says.
        usual_zone: Of the centre, if the map says nothing.
        say: Whether to say what is worth knowing.
    """
    from sim.analysis.fit.formats import FORMATS, INTERVALS
    from sim.analysis.fit.intervals import read_intervals
    from sim.analysis.fit.reading import read_logs

    sources = sources_of(logs)
    form, known = columns_of(columns, format_name, zone, sources)
    if usual_zone is not None and "zone" not in form.model_fields_set:
        form = form.model_copy(update={"zone": usual_zone})
    if known is not None and FORMATS[known].holds == INTERVALS:
        log = read_intervals(sources, form)
    elif sum(source.size for source in sources) < LARGE:
        log = read_logs(sources, form, format_name=known)
    else:
        with Bar(_("reading logs, MB"), 1) as bar:
            log = read_logs(sources, form, lambda done, of: bar(-(-done // 1_000_000), -(-of // 1_000_000)), known)
    if say:
        tell_notes(log)
    return log


def tell_notes(log: "CallLog") -> None:
    """Say what is worth knowing about a log."""
    for line in log.tally.notes:
        note(line)
    _tell_of_days(log)


def _tell_of_days(log: "CallLog") -> None:
    """Doubt calls that are still to come, and days that look four years and one early."""
    from api.live.clock import LiveClock
    from callcenter.config.words import date_text
    from callcenter.hours import weekday
    from callcenter.units import DAY

    today = LiveClock(None).now() // DAY
    if ahead := int((log.day > today + 1).sum()):  # by a day at most the date differs with the zone
        note(
            _(
                "{n:,} calls are of days after today ({today}), the last of {last}: are days and months, the zone and "
                "the year of the times right?",
                n=ahead,
                today=date_text(today),
                last=date_text(int(log.day.max())),
            )
        )
    days = {weekday(day * DAY) for day in log.days()}
    if log.day.max() < today - DAYS_OF_1904 and MONDAY not in days and days & WEEKEND:
        note(
            _(
                "no call is of a Monday, and the last is of {last}: if a spreadsheet counted its days from 1904, all "
                "dates are four years and a day early",
                last=date_text(int(log.day.max())),
            )
        )


def tell_dropped(log: "CallLog") -> None:
    """Say which rows were left out, and why."""
    for reason, rows in log.tally.dropped.items():
        first = log.tally.example[reason]
        note(_("{n:,} rows left out: {why}, first in {where}", n=rows, why=_(reason), where=first))
