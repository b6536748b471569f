"""A roster as a workbook: who works when, the rows behind it, the coverage; the same roster, the same bytes."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from callcenter.config.words import WEEKDAYS, date_text
from callcenter.hours import Zone, weekday
from callcenter.units import DAY, SECOND
from sim.planning.roster.ical import local_clock
from sim.planning.roster.roster import Line
from sim.report.tables import fill

Row = tuple[str | int | float | bool | None, ...]


def workbook(
    lines: Sequence[Line],
    zone: Zone,
    days: Sequence[int],
    sheets: Sequence[tuple[str, Sequence[str], Sequence[Row]]],
    stamp: int,
) -> bytes:
    """Return an XLSX workbook.

    Args:
        lines: Who works when.
        zone: Of the centre.
        days: Local day numbers, the columns of the grid.
        sheets: Further sheets: name, header, rows.
        stamp: When it was made (an instant, UTC ms): the first day, so that it never differs.
    """
    import xlsxwriter

    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": datetime.fromtimestamp(stamp // SECOND, UTC).replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        _grid(book.add_worksheet("week"), bold, lines, zone, days)
        for name, header, rows in sheets:
            fill(book.add_worksheet(name), bold, header, rows)
    return sink.getvalue()


def _grid(sheet: Any, bold: Any, lines: Sequence[Line], zone: Zone, days: Sequence[int]) -> None:
    cells: dict[tuple[str, int], list[str]] = {}
    hours: dict[str, float] = {}
    for line in lines:
        who, duty = str(line.duty.agent_id), line.duty
        text = f"{local_clock(zone, duty.begin)}-{local_clock(zone, duty.end)}"
        cells.setdefault((who, line.day), []).append(text)
        hours[who] = hours.get(who, 0.0) + line.hours
    heads = ["agent", *(f"{WEEKDAYS[weekday(day * DAY)]} {date_text(day)}" for day in days), "hours"]
    rows: list[Row] = [
        (who, *(", ".join(cells.get((who, day), ())) for day in days), hours[who]) for who in sorted(hours)
    ]
    fill(sheet, bold, heads, rows)
