"""Figures as people read them: one way to write a share, a time, a count and an interval, wherever they are shown."""

from datetime import date, timedelta
from typing import Any, Final

from callcenter.language.said import N_
from callcenter.language.spoken import _, n_
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from callcenter.tiers import Sense, Target
from callcenter.units import DAY, SECOND
from sim.results.notes import counted
from sim.results.result import OVERALL

JSON = dict[str, Any]
"""A result as plain data (`sim.results.result.as_json`): estimates are their three numbers, undefined is None."""

UNDEFINED: Final = "–"
SOME: Final = 4
"""Intervals named one by one where a target is missed."""
FORMULA_TEXTS: Final = {
    "sl_all": N_("answered within T ÷ offered"),
    "sl_answered": N_("answered within T ÷ answered"),
    "sl_offered": N_("answered within T ÷ (answered + abandoned)"),
    "sl_forgiving": N_("(answered within T + abandoned within T) ÷ (answered + abandoned)"),
    "sl_net": N_("answered within T ÷ (answered + abandoned − short abandoned)"),
    "sl_net_overflow": N_("answered within T ÷ (answered + abandoned − short abandoned + overflowed)"),
}
"""Every formula in words; T is the tier's threshold, 20 s where it has no target."""
SHOWN_FIGURES: Final = frozenset({DEFAULT_FORMULA, "asa_s", "wait_p95_s", "abandonment", "occupancy"})
"""What tables show with or without an interval; doubts about others stand in the JSON alone."""
OUTCOMES: Final = (
    N_("answered"), N_("abandoned"), N_("overflowed"), N_("converted"), N_("rejected"), N_("failed"), N_("open"),
)  # fmt: skip
MET: Final = (N_("yes"), N_("no"), N_("undecided"))
SCOPES: Final = (N_("interval"), N_("day"), N_("month"))
WEEKDAYS: Final = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
SHORT_WEEKDAYS: Final = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def mean_of(estimate: JSON | None) -> float | None:
    """Return the middle of an estimate, or None where it is undefined."""
    return None if estimate is None else estimate["mean"]


def share(value: float | None) -> str:
    """Return a share in per cent.

    >>> share(0.9534), share(None)
    ('95.3 %', '–')
    """
    return UNDEFINED if value is None else _("{value:.1f} %", value=100 * value)


def seconds(value: float | None) -> str:
    """Return a time in seconds, with a decimal below ten.

    >>> seconds(3.21), seconds(1234.5), seconds(None)
    ('3.2 s', '1,234 s', '–')
    """
    if value is None:
        return UNDEFINED
    return _("{value:.1f} s", value=value) if abs(value) < 10 else _("{value:,.0f} s", value=value)


def count(value: float | None) -> str:
    """Return a number of calls: a mean over replications, with a decimal where it is small.

    >>> count(9203.4), count(3.25), count(0.0), count(None)
    ('9,203', '3.2', '0', '–')
    """
    return UNDEFINED if value is None else counted(value)


def share_interval(estimate: JSON | None) -> str:
    """Return the bounds of a share's interval, nothing where there are none.

    >>> share_interval({"mean": 0.9, "ci_low": 0.88, "ci_high": 0.915})
    '88.0–91.5'
    """
    if estimate is None or estimate["ci_low"] is None:
        return ""
    return f"{100 * estimate['ci_low']:.1f}–{100 * estimate['ci_high']:.1f}"


def share_with_interval(estimate: JSON | None) -> str:
    """Return a share and, in brackets, its interval.

    >>> share_with_interval({"mean": 0.9, "ci_low": 0.88, "ci_high": 0.915})
    '90.0 % (88.0–91.5)'
    """
    bounds = share_interval(estimate)
    return with_bounds(share(mean_of(estimate)), bounds)


def with_bounds(text: str, bounds: str) -> str:
    """Return a figure and, in brackets, its interval where there is one."""
    return _("{figure} ({bounds})", figure=text, bounds=bounds) if bounds else text


def tier_name(name: str) -> str:
    """Return what a line of figures is called: a tier by its own name, all calls together in the reader's language."""
    return _("overall") if name == OVERALL else name


def met_of(target: JSON | None) -> str:
    """Return in a word whether a target is met; a dash where there is none."""
    return UNDEFINED if target is None else _(target["met"] or UNDEFINED)


def day_name(day: date) -> str:
    """Return a date with its weekday; dates are written as files have them, in every language.

    >>> day_name(date(2026, 3, 2))
    'Monday 2026-03-02'
    """
    return _("{weekday} {date}", weekday=_(WEEKDAYS[day.weekday()]), date=day)


def promised(target: JSON | Target | None) -> str:
    """Return a target as share/threshold.

    >>> promised({"share": 0.9, "within_s": 20.0, "scope": "day", "met": "yes"}), promised(None)
    ('90/20', '–')
    """
    if target is None:
        return UNDEFINED
    if isinstance(target, Target):
        return f"{target.share * 100:g}/{target.within / SECOND:g}"
    return f"{target['share'] * 100:g}/{target['within_s']:g}"


def formula_text() -> str:
    """Return what the service level is that targets are judged by."""
    return f"{DEFAULT_FORMULA} = {_(FORMULA_TEXTS[DEFAULT_FORMULA])}"


def called_back(tasks: JSON) -> str:
    """Return how many of the promised callbacks reached the customer in time.

    >>> def est(n): return {"mean": n, "ci_low": None, "ci_high": None}
    >>> called_back({"scheduled": est(52.0), "reached_in_time": est(41.0)})
    '41 of 52'
    """
    if not mean_of(tasks["scheduled"]):
        return UNDEFINED
    return _(
        "{part} of {whole}",
        part=count(mean_of(tasks["reached_in_time"])),
        whole=count(mean_of(tasks["scheduled"])),
    )


def measured_days(scenario: Scenario) -> str:
    """Return which days the figures are about: Monday 2026-03-02, or from … to …."""
    horizon = scenario.horizon
    first = date(1970, 1, 1) + timedelta(days=horizon.measured.start)
    if horizon.days == 1:
        if horizon.length == DAY:
            return day_name(first)
        return _("{day}, its first {hours:g} h", day=day_name(first), hours=horizon.length / 3_600_000)
    last = first + timedelta(days=horizon.days - 1)
    return _("{n} days from {first} to {last}", n=horizon.days, first=day_name(first), last=last)


def heading(scenario: Scenario, result: JSON) -> str:
    """Return the line that says what was simulated."""
    times = result["replications"]
    lived = n_("{n:,} replication", "{n:,} replications", times)
    seed = _("seed {seed}", seed=result["seed"])
    return f"{scenario.name} · {measured_days(scenario)} · {lived} · {seed}"


def notes(scenario: Scenario, result: JSON) -> list[str]:
    """Return a sentence for what was overlooked, and for each target missed or not decided."""
    return [*overlooked(result), *unmet(scenario, result)]


def unmet(scenario: Scenario, result: JSON) -> list[str]:
    """Return a sentence for each target missed or not decided."""
    found: list[str] = []
    for tier in scenario.centre.tiers:
        block = result["tiers"][tier.name]
        if tier.target is None or block["target"]["met"] == "yes":
            continue
        verdict = _verdict(tier.target, block, result["replications"], (tier.name, result["intervals"]))
        found.append(_("{name}: {text}", name=tier.name, text=verdict))
    return found


def overlooked(result: JSON) -> list[str]:
    """Return a sentence for each default that holds unasked, and for calls that nobody could take."""
    return [_(note["says"]) for note in result["notes"]]


def _where(tier: str, intervals: list[JSON], verdict: str) -> str:
    """Return the first intervals in which a tier's target got this verdict, and how many more did."""
    cells = [(interval["start"], interval["tiers"][tier].get("target")) for interval in intervals]
    found = [start[5:].replace("T", " ") for start, target in cells if target is not None and target["met"] == verdict]
    if not found:
        return ""
    some = ", ".join(found[:SOME])
    if len(found) <= SOME:
        return _(" ({intervals})", intervals=some)
    return _(" ({intervals} and {n} more)", intervals=some, n=len(found) - SOME)


def _verdict(target: Target, block: JSON, replications: int, where_: tuple[str, list[JSON]]) -> str:
    tier, intervals = where_
    level = block["service_level"][DEFAULT_FORMULA]
    bounds = share_interval(level)
    got = _("{formula} is {level}", formula=DEFAULT_FORMULA, level=share_with_interval(level))
    if level is None:
        return _("target {target} undecided: no call to judge", target=promised(target))
    aim = promised(target) + {"interval": _(" in every interval"), "month": _(" over the month")}.get(target.scope, "")
    if target.sense is Sense.PROBABILITY:
        aim = _(_PROBABLE[target.scope], target=aim, share=share(target.probability))
    if block["target"]["met"] == "no":
        short = 100 * (target.share - level["mean"])
        by = _(": {points:.1f} points short", points=short) if short > 0 else ""
        return _("target {target} missed{by} ({got})", target=aim, by=by + _where(tier, intervals, "no"), got=got)
    why = _("the interval is too wide to tell") if bounds else _("one replication gives no interval")
    if target.sense is Sense.PROBABILITY and replications > 1:
        why = _(_NOT_KNOWN[target.scope])
    elif target.scope == "interval" and replications > 1:
        where = _where(tier, intervals, "undecided")
        why = _("some intervals have too few calls to tell{where}", where=where)
    return _("target {target} undecided: {why} ({got}); more replications may decide", target=aim, why=why, got=got)


_PROBABLE: Final = {
    "interval": N_("{target}, on {share} of the intervals"),
    "day": N_("{target}, on {share} of the days"),
    "month": N_("{target}, on {share} of the months"),
}
_NOT_KNOWN: Final = {
    "interval": N_("how many intervals reach it is not known well enough"),
    "day": N_("how many days reach it is not known well enough"),
    "month": N_("how many months reach it is not known well enough"),
}


def doubts(result: JSON) -> list[str]:
    """Return a sentence for each reason not to trust an interval; figures that no table shows are not named.

    >>> doubts({"doubts": [{"cause": "skewed", "says": "too few", "figures": ["tiers.vip.asa_s", "tiers.vip.open"]}]})
    ['the intervals of asa_s (vip) are not to be trusted: too few']
    """
    found = []
    for doubt in result["doubts"]:
        if not doubt["figures"]:
            found.append(_("intervals are not to be trusted: {why}", why=_(doubt["says"])))
            continue
        named: dict[str, list[str]] = {}
        for path in doubt["figures"]:
            about, figure = path.partition(".")[2].rpartition(".")[::2]
            if figure in SHOWN_FIGURES:
                named.setdefault(figure, []).append(about.removesuffix(".service_level") or path.partition(".")[0])
        told = ", ".join(f"{figure} ({', '.join(about)})" for figure, about in named.items())
        if told:
            why = _(doubt["says"])
            found.append(_("the intervals of {figures} are not to be trusted: {why}", figures=told, why=why))
    return found


def worst(result: JSON) -> str | None:
    """Return where the service level is lowest: by tier, by queue and by interval, where there are several of each.

    Intervals with less than a hundredth of the busiest one's calls are left out: one caller decides them.
    """

    def least(blocks: dict[str, JSON], what: str) -> str | None:
        levels = {name: block["service_level"][DEFAULT_FORMULA] for name, block in blocks.items()}
        known = {name: level for name, level in levels.items() if level is not None}
        if len(known) < 2:  # one is the whole
            return None
        name = min(known, key=lambda key: known[key]["mean"])
        return _(what, name=name, level=share_with_interval(known[name]))

    cells = {interval["start"].replace("T", " "): interval["overall"] for interval in result["intervals"]}
    most = max((mean_of(cell["offered"]) or 0.0 for cell in cells.values()), default=0.0)
    told = {start: cell for start, cell in cells.items() if (mean_of(cell["offered"]) or 0.0) > most / 100}
    parts = [
        least(result["tiers"], N_("tier {name}, {level}")),
        least(result["queues"], N_("queue {name}, {level}")),
        least(told, N_("the interval from {name}, {level}")),
    ]
    found = _("; ").join(part for part in parts if part is not None)
    return _("Lowest service level: {where}", where=found) if found else None


def with_callbacks(result: JSON) -> bool:
    """Tell whether any callback was promised."""
    return bool(mean_of(result["overall"]["tasks"]["scheduled"]))
