"""A forecast as tables for a spreadsheet, and as a page with its picture."""

from typing import Any, Final

import numpy as np

from callcenter.language.spoken import _
from sim.analysis.forecast.forecast import Forecast
from sim.report.drawing import Chart, colour, drawn
from sim.report.forecast import NAIVE, OURS, SHORT, as_json, learnt
from sim.report.page import rendered
from sim.report.tables import Row
from sim.report.wording import UNDEFINED

DAYS: Final = ("date", "weekday", "special", "closed", "calls", "calls_low", "calls_high", "calls_real", "aht_s")
INTERVALS: Final = ("date", "weekday", "start", "calls", "calls_low", "calls_high", "aht_s")
ERRORS: Final = (
    "method", "wape_day", "wape_interval", "mae_day", "mae_interval", "aht_mae_s", "coverage_day", "coverage_interval",
)  # fmt: skip
WIDE: Final = 9.6


def day_rows(found: Forecast) -> list[Row]:
    """Return a line for each day."""
    return [tuple(day[name] for name in DAYS) for day in as_json(found)["for"]]


def interval_rows(found: Forecast) -> list[Row]:
    """Return a line for each day and interval; the day's calls are their sum."""
    return [
        (day["date"], day["weekday"], *(cell[name] for name in INTERVALS[2:]))
        for day in as_json(found)["for"]
        for cell in day["intervals"]
    ]


def error_rows(found: Forecast) -> list[Row]:
    """Return the errors measured on the log: of the forecast, and of the same weekday last week."""
    errors = as_json(found)["errors"]
    return [
        (name, *(errors[key][column] for column in ERRORS[1:]))
        for name, key in ((OURS, "method"), (NAIVE, "seasonal_naive"))
    ]


def page(found: Forecast, version: str) -> str:
    """Return the forecast as one page that needs nothing from outside."""
    plain = as_json(found)
    return rendered(
        "forecast.html.jinja",
        version=version,
        learnt=learnt(found),
        days_header=DAYS,
        days=[_cells(row) for row in day_rows(found)],
        errors_header=ERRORS,
        errors=[(_(str(row[0])), *_cells(row)[1:]) for row in error_rows(found)],
        charts=[_by_day(plain), *(_by_interval(day) for day in plain["for"] if day["calls"] > 0)],
        notes=[_(line) for line in plain["notes"]],
    )


def _cells(row: Row) -> tuple[str, ...]:
    return tuple(_cell(cell) for cell in row)


def _cell(cell: str | int | float | bool | None) -> str:
    if cell is None or cell is False:
        return UNDEFINED
    if cell is True:
        return _("yes")
    if isinstance(cell, float):
        return f"{cell:,.4g}" if abs(cell) < 10 else f"{cell:,.0f}"
    return _(cell) if cell in SHORT else str(cell)


def _by_day(plain: Any) -> Chart:
    days = plain["for"]
    return _chart(
        _("Calls by day"),
        _("{calls:,.0f} calls in all; the band holds 95 % of such days.", calls=sum(day["calls"] for day in days)),
        [(day["date"], day) for day in days],
    )


def _by_interval(day: Any) -> Chart:
    peak = max(day["intervals"], key=lambda cell: cell["calls"])
    return _chart(
        _("Calls by interval, {date} ({weekday})", date=day["date"], weekday=_(day["weekday"])),
        _(
            "{calls:,.0f} calls, the busiest interval from {start} with {most:,.1f}.",
            calls=day["calls"],
            start=peak["start"],
            most=peak["calls"],
        ),
        [(cell["start"], cell) for cell in day["intervals"] if cell["calls"] > 0 or cell["calls_high"] > 0],
    )


def _chart(title: str, says: str, cells: list[tuple[str, Any]]) -> Chart:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        x = np.arange(len(cells))
        calls, low, high = (np.array([cell[key] for _label, cell in cells], float) for key in
                            ("calls", "calls_low", "calls_high"))  # fmt: skip
        axes.fill_between(x, low, high, color=colour(0), alpha=0.18, linewidth=0)
        axes.plot(x, calls, color=colour(0), linewidth=1.8, marker="o", markersize=3)
        step = max(1, len(cells) // 12)
        axes.set_xticks(x[::step], [label for label, _cell in cells][::step])
        axes.set_ylim(bottom=0)

    rows = tuple(
        (label, f"{cell['calls']:,.1f}", f"{cell['calls_low']:,.0f}", f"{cell['calls_high']:,.0f}")
        for label, cell in cells
    )
    return Chart(title, says, drawn(WIDE, 3.0, draw), ("", _("calls"), _("from"), _("to")), rows)
