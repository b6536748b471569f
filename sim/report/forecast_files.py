"""A forecast as tables for a spreadsheet, and as a page with its picture."""

from typing import Any, Final

import numpy as np

from sim.analysis.forecast.forecast import Forecast
from sim.report.drawing import Chart, colour, drawn
from sim.report.forecast import NAIVE, as_json
from sim.report.page import rendered
from sim.report.tables import Row

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
        for name, key in (("this forecast", "method"), (NAIVE, "seasonal_naive"))
    ]


def page(found: Forecast, version: str) -> str:
    """Return the forecast as one page that needs nothing from outside."""
    plain = as_json(found)
    return rendered(
        "forecast.html.jinja",
        version=version,
        learnt=f"Learnt from {found.past.totals.sum():,.0f} calls on {len(found.past.days)} days, {plain['from']} to "
        f"{plain['until']}. Ranges hold 95 % of such days and intervals.",
        days_header=DAYS,
        days=[_said(row) for row in day_rows(found)],
        errors_header=ERRORS,
        errors=[_said(row) for row in error_rows(found)],
        charts=[_by_day(plain), *(_by_interval(day) for day in plain["for"] if day["calls"] > 0)],
        notes=plain["notes"],
    )


def _said(row: Row) -> tuple[str, ...]:
    return tuple(
        "–" if cell is None or cell is False else "yes" if cell is True else f"{cell:,.4g}" if isinstance(cell, float)
        and abs(cell) < 10 else f"{cell:,.0f}" if isinstance(cell, float) else str(cell)
        for cell in row
    )  # fmt: skip


def _by_day(plain: Any) -> Chart:
    days = plain["for"]
    return _chart(
        "Calls by day",
        f"{sum(day['calls'] for day in days):,.0f} calls in all; the band holds 95 % of such days.",
        [(day["date"], day) for day in days],
    )


def _by_interval(day: Any) -> Chart:
    peak = max(day["intervals"], key=lambda cell: cell["calls"])
    return _chart(
        f"Calls by interval, {day['date']} ({day['weekday']})",
        f"{day['calls']:,.0f} calls, the busiest interval from {peak['start']} with {peak['calls']:,.1f}.",
        [(cell["start"], cell) for cell in day["intervals"] if cell["calls"] > 0 or cell["calls_high"] > 0],
    )


def _chart(title: str, says: str, cells: list[tuple[str, Any]]) -> Chart:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        x = np.arange(len(cells))
        calls, low, high = (np.array([cell[key] for _, cell in cells], float) for key in
                            ("calls", "calls_low", "calls_high"))  # fmt: skip
        axes.fill_between(x, low, high, color=colour(0), alpha=0.18, linewidth=0)
        axes.plot(x, calls, color=colour(0), linewidth=1.8, marker="o", markersize=3)
        step = max(1, len(cells) // 12)
        axes.set_xticks(x[::step], [label for label, _ in cells][::step])
        axes.set_ylim(bottom=0)

    rows = tuple(
        (label, f"{cell['calls']:,.1f}", f"{cell['calls_low']:,.0f}", f"{cell['calls_high']:,.0f}")
        for label, cell in cells
    )
    return Chart(title, says, drawn(WIDE, 3.0, draw), ("", "calls", "from", "to"), rows)
