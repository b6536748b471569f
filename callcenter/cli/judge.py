"""`callcenter judge`: how well days simulated from a log foretell days of it that the fit has not seen."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from callcenter.cli.cells import left, right
from callcenter.cli.logs import ColumnMap, FormatName, Logs, ZoneName, read_calls, tell_dropped, tell_notes
from callcenter.cli.options import AsJson, json_text
from callcenter.cli.progress import Bar
from callcenter.language.said import N_
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from sim.analysis.fit.judge import Comparison, Foretold, Judgement
    from sim.analysis.fit.outofsample import Figures
    from sim.analysis.fit.weeks import Weeks

REPLICATIONS: Final = 20
SHORT: Final = {
    "sl_all": N_("within 20 s"),
    "abandonment": N_("abandoned"),
    "mean_wait_s": N_("mean wait, s"),
    "no_wait": N_("no wait"),
}
WORST: Final = 3
"""Dates and hours named of each comparison."""


def judge(
    logs: Logs,
    columns: ColumnMap = None,
    format_name: FormatName = None,
    zone: ZoneName = None,
    test: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE", help="A date to judge by (default: the last seven days). Repeatable."),
    ] = None,
    replications: Annotated[int, typer.Option(min=2, max=10_000, help="Of each test date.")] = REPLICATIONS,
    as_json: AsJson = False,
) -> None:
    """Learn from most of a log, simulate the rest with only its calls and agents given, and compare.

    Without --test each week is held out in turn, and the last one told at length.
    """
    from callcenter.config.words import date_text
    from sim.analysis.fit import judge as judging
    from sim.analysis.fit import weeks as by_week
    from sim.analysis.fit.outofsample import days_of

    calls = judging.with_waits(read_calls(logs, columns, format_name, zone, say=False))
    if test:
        days_of(calls, test, "test")
    tell_notes(calls)
    tell_dropped(calls)
    weeks = None
    if test:
        dates = sorted(set(test))
        learnt = [date for date in map(date_text, calls.days()) if date not in dates]
    else:
        learnt, dates = by_week.weeks_of(calls)[-1]
        with Bar(_("simulating every week"), by_week.days_wanted(calls, replications)) as progress:
            weeks = by_week.held_out(calls, replications=replications, progress=progress)
    unseen = weeks.weeks[-1] if weeks is not None else None
    wanted = judging.days_wanted(len(learnt), len(dates), replications, unseen_known=unseen is not None)
    with Bar(_("simulating days"), wanted) as progress:
        found = judging.judge(calls, learnt, dates, replications=replications, progress=progress, unseen=unseen)
    if as_json:
        every_week = {} if weeks is None else {"every_week": by_week.as_json(weeks)}
        print(json_text({**judging.as_json(found), **every_week}))
    else:
        print("\n".join([*(_every_week(weeks) if weeks is not None else ()), *_lines(found, weeks is not None)]))


def _every_week(found: "Weeks") -> list[str]:
    """Return a line for each week held out, observed → simulated, and how far off they are in all."""
    from sim.analysis.fit.judge import SHOWN
    from sim.analysis.fit.weeks import RELATIVE

    lines = [
        _("Every week, learnt from the others (observed → simulated; * outside the 95 % range of chance and model):"),
        "  " + left(_("from"), 12) + right(_("calls"), 8) + "".join(right(_(title), 26) for title in SHORT.values()),
    ]
    for week in found.weeks:
        cells = [
            f"{_number(name, told.observed)} → {_number(name, told.simulated)}{' ' if told.within else '*'}"
            for name, told in week.figures.items()
        ]
        lines.append(f"  {week.dates[0]:12}{week.calls[0]:>8,}" + "".join(f"{cell:>26}" for cell in cells))
    for title, errors in (
        (_("median error"), found.median_error),
        (_("… of Erlang A"), found.formula_error),
    ):
        middle = [
            _("{value:.1f} %", value=100 * error) if name in RELATIVE else _("{value:.1f} points", value=100 * error)
            for name, error in errors.items()
        ]
        lines.append("  " + left(title, 20) + "".join(right(cell, 26) for cell in middle))
    held = [_("{part} of {whole}", part=found.held[name], whole=len(found.weeks)) for name in SHOWN]
    lines.append("  " + left(_("range held"), 20) + "".join(right(cell, 26) for cell in held))
    return [*lines, ""]


def _lines(found: "Judgement", honest: bool) -> list[str]:
    """Return the test dates at length; `honest`: their ranges hold the model's error, as other weeks show it."""
    out, inside = found.out_of_sample, found.in_sample
    dates = {"tested": _dates(out), "learnt": _dates(inside)}
    lines = [_("Out of sample: {tested} simulated, learnt from {learnt}", **dates), *_table(out, honest)]
    lines += [
        "",
        _("In sample, for comparison: {dates}, which the fit has seen", dates=_dates(inside)),
        *_table(inside),
    ]
    lines += ["", _("Where they differ most (out of sample, answered within 20 s of all, observed → simulated):")]
    lines += _worst(out, inside)
    lines += ["", _("Why, as far as the log can tell:")]
    return lines + [f"- {_(cause)}" for cause in found.causes]


def _dates(compared: "Comparison") -> str:
    dates = compared.dates
    if len(dates) == 1:
        return dates[0]
    return _("{n} dates from {first} to {last}", n=len(dates), first=dates[0], last=dates[-1])


def _table(compared: "Comparison", honest: bool = False) -> list[str]:
    from sim.analysis.fit.judge import SHOWN

    ranges = _("95 % range, chance and model") if honest else _("95 % of such simulated weeks, chance alone")
    lines = [" " * 32 + right(_("observed"), 10) + right(_("simulated"), 11) + "   " + ranges]
    real, made = compared.calls
    lines.append("  " + left(_("calls"), 30) + f"{real:>10,}{made:>11,.0f}")
    for name, title in SHOWN.items():
        told = compared.figures[name]
        was, is_now = _number(name, told.observed), _number(name, told.simulated)
        lines.append(f"  {left(_(title), 30)}{right(was, 10)}{right(is_now, 11)}   {_range(name, told, honest)}")
    return lines


def _range(name: str, told: "Foretold", honest: bool) -> str:
    if honest:
        verdict = _("within it") if told.within else _("outside")
    else:
        verdict = _("chance could explain it") if told.within else _("more than chance")
    low, high = _number(name, max(told.low, 0.0)), _number(name, told.high)
    return _("{low} to {high}: {verdict}", low=low, high=high, verdict=verdict)


def _number(name: str, value: float) -> str:
    return f"{value:.1f}" if name.endswith("_s") else _("{value:.1f} %", value=100 * value)


def _worst(out: "Comparison", inside: "Comparison") -> list[str]:
    """Return dates and hours in the order of how many calls they misjudge; of hours also what they are in sample."""
    from sim.analysis.fit.judge import excess

    seen = {hour: (real, made) for hour, real, made in inside.by_hour}
    dates = sorted(out.by_date, key=lambda place: -abs(excess(place[1], place[2])))
    hours = sorted(out.by_hour, key=lambda place: -abs(excess(place[1], place[2])))
    lines = [_place(date, real, made) for date, real, made in dates[:WORST]]
    for hour, real, made in hours[:WORST]:
        before = _(" (in sample {levels})", levels=_shift(*seen[hour])) if hour in seen else ""
        lines.append(_place(f"{hour:02d}:00-{hour + 1:02d}:00", real, made) + before)
    return lines


def _place(when: str, real: "Figures", made: "Figures") -> str:
    return _("  {when}: {calls:,.0f} calls, {levels}", when=when, calls=real["calls"], levels=_shift(real, made))


def _shift(real: "Figures", made: "Figures") -> str:
    levels = (f["sl_all"] for f in (real, made))
    return " → ".join(_("none") if level is None else _("{value:.1f} %", value=100 * level) for level in levels)
