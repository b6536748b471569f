"""A forecast as plain figures for `--json`, and as sentences and tables for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from callcenter.config.words import WEEKDAYS, date_text
from callcenter.language.said import N_
from callcenter.language.spoken import _
from callcenter.units import MINUTE
from sim.analysis.forecast.forecast import Forecast
from sim.analysis.forecast.history import weekday_of
from sim.analysis.forecast.predict import DayForecast
from sim.analysis.forecast.rolling import Errors

if TYPE_CHECKING:
    from rich.console import Console

JSON = dict[str, Any]
OURS: Final = N_("this forecast")
NAIVE: Final = N_("same weekday last week")
SHORT: Final = (N_("mon"), N_("tue"), N_("wed"), N_("thu"), N_("fri"), N_("sat"), N_("sun"))
"""Weekdays as files write them."""
SHOWN: Final = 0.05
"""Calls in an interval, from which a table has it."""


def as_json(found: Forecast) -> JSON:
    """Return the forecast as plain figures; undefined ones are None."""
    test = found.test
    return {
        "method": found.method,
        "from": date_text(found.past.first),
        "until": date_text(found.past.last),
        "for": [_day_json(found, day, real) for day, real in zip(found.days, found.real, strict=True)],
        "dispersion_cv": round(found.cv, 5),
        "errors": {
            "method": _errors_json(test.method),
            "seasonal_naive": _errors_json(test.naive),
            "origins": test.mornings,
            "forecasts": test.days,
            "days_ahead": test.days_ahead,
        },
        "notes": list(found.notes),
    }


def _day_json(found: Forecast, day: DayForecast, real: float | None) -> JSON:
    log = found.past.log
    interval = log.columns.interval
    return {
        "date": date_text(day.day),
        "weekday": WEEKDAYS[weekday_of(day.day)],
        "special": day.special,
        "closed": day.closed,
        "calls": round(day.total, 2),
        "calls_low": day.total_low,
        "calls_high": day.total_high,
        "calls_real": real,
        "aht_s": _rounded(day.mean_aht_s),
        "intervals": [
            {
                "start": clock_text(i * interval),
                "calls": round(float(day.calls[i]), 3),
                "calls_low": float(day.low[i]),
                "calls_high": float(day.high[i]),
                "aht_s": None if day.aht_s is None else round(float(day.aht_s[i]), 2),
            }
            for i in range(len(day.calls))
        ],
        "streams": [
            {"queue": queue, "tier": tier, "calls": [round(float(calls), 3) for calls in day.streams[q, t]]}
            for q, queue in enumerate(log.queues)
            for t, tier in enumerate(log.tiers)
            if day.streams[q, t].any()
        ],
    }


def _errors_json(errors: Errors) -> JSON:
    return {
        "wape_day": round(errors.wape_day, 5),
        "wape_interval": round(errors.wape_interval, 5),
        "mae_day": round(errors.mae_day, 3),
        "mae_interval": round(errors.mae_interval, 4),
        "aht_mae_s": _rounded(errors.aht_mae_s),
        "coverage_day": _rounded(errors.coverage_day, 5),
        "coverage_interval": _rounded(errors.coverage_interval, 5),
    }


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def clock_text(ms: int) -> str:
    """Return a time of day.

    >>> clock_text(34_200_000)
    '09:30'
    """
    return f"{ms // (60 * MINUTE):02d}:{ms // MINUTE % 60:02d}"


def show(console: "Console", found: Forecast) -> None:
    """Print the forecast: its days, for a single day its intervals, and how far to trust it."""
    console.print(learnt(found))
    console.print()
    _show_days(console, found)
    if len(found.days) == 1 and found.days[0].total > 0:
        console.print()
        _show_intervals(console, found)
    console.print()
    _show_errors(console, found)


def learnt(found: Forecast) -> str:
    """Return what the forecast was learnt from."""
    past = found.past
    return _(
        "Learnt from {calls:,.0f} calls on {days} days, {first} to {last}. Ranges hold 95 % of such days and "
        "intervals.",
        calls=past.totals.sum(),
        days=len(past.days),
        first=date_text(past.first),
        last=date_text(past.last),
    )


def _show_days(console: "Console", found: Forecast) -> None:
    back = any(real is not None for real in found.real)
    came = [N_(">came")] if back else []
    heads = [N_("date"), "", N_(">calls"), N_(">from"), N_(">to"), *came, N_(">AHT s"), N_(">peak"), N_(">calls"),
             N_("note")]  # fmt: skip
    rows = []
    interval = found.past.log.columns.interval
    for day, real in zip(found.days, found.real, strict=True):
        peak = int(day.calls.argmax())
        busy = day.total > 0
        note = day.special or ""
        if day.closed:
            note = _("closed") if day.special is None else _("{day}: closed", day=day.special)
        rows.append(
            [
                date_text(day.day), _(SHORT[weekday_of(day.day)]), f"{day.total:,.0f}", f"{day.total_low:,.0f}",
                f"{day.total_high:,.0f}", *([_count(real)] if back else []), _count(day.mean_aht_s),
                clock_text(peak * interval) if busy else "-", f"{day.calls[peak]:,.1f}" if busy else "-", note,
            ]
        )  # fmt: skip
    _show_table(console, heads, rows)


def _show_intervals(console: "Console", found: Forecast) -> None:
    day, interval = found.days[0], found.past.log.columns.interval
    rows = [
        [
            clock_text(i * interval), f"{calls:,.1f}", f"{day.low[i]:,.0f}", f"{day.high[i]:,.0f}",
            _count(None if day.aht_s is None else float(day.aht_s[i])),
        ]
        for i, calls in enumerate(day.calls)
        if calls >= SHOWN or day.high[i] > 0
    ]  # fmt: skip
    _show_table(console, [N_("from"), N_(">calls"), N_(">from"), N_(">to"), N_(">AHT s")], rows)


def _show_errors(console: "Console", found: Forecast) -> None:
    test = found.test
    console.print(
        _(
            "Errors on the log itself: each of {mornings} mornings foretold the {ahead} days from it on ({days} days), "
            "seeing nothing of them.",
            mornings=test.mornings,
            ahead=test.days_ahead,
            days=test.days,
        )
    )
    rows = [
        [
            _(name), f"{errors.wape_day:.1%}", f"{errors.wape_interval:.1%}", f"{errors.mae_day:,.0f}",
            f"{errors.mae_interval:,.1f}", _count(errors.aht_mae_s, 1), _share(errors.coverage_day),
            _share(errors.coverage_interval),
        ]
        for name, errors in ((OURS, test.method), (NAIVE, test.naive))
    ]  # fmt: skip
    heads = [
        "", N_(">WAPE day"), N_(">WAPE interval"), N_(">calls a day"), N_(">calls an interval"), N_(">AHT s"),
        N_(">days in range"), N_(">intervals in range"),
    ]  # fmt: skip
    _show_table(console, heads, rows)
    console.print(_("Days differ from their forecast by {cv:.1%} (cv) beyond Poisson noise.", cv=found.cv))


def _show_table(console: "Console", heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; a head that begins with > is of figures, which end at one place."""
    from sim.report.table import bare_table, columns

    table = bare_table(console)
    columns(table, *map(_, heads))
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _count(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
