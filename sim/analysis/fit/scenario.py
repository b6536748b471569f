"""The fitted parts put together: a scenario as plain values (the file format of `callcenter.config`) and a summary."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

import numpy as np

from callcenter.config.tree import Tree
from callcenter.config.words import WEEKDAYS, date_text
from callcenter.language.said import said
from callcenter.scenario import Law, LawKind, ModelError
from callcenter.units import MINUTE, SECOND
from sim.analysis.fit.arrivals import ArrivalFit, WeekdayClass, fit_arrivals, tier_mix
from sim.analysis.fit.assumed_patience import ASSUMED
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.handling import HandlingFit, check_times, fit_handling
from sim.analysis.fit.offphone import OffPhones, off_phone
from sim.analysis.fit.patience import ABOUT_CENSORING, Kind, PatienceFit, fit_patience, told_at_all
from sim.analysis.fit.presence import AWAY_S, Presence, presence
from sim.analysis.fit.teams import Teams, everybody, teams
from sim.model.laws import mean_s
from sim.model.streams import Floats, Ints

Fit = TypeVar("Fit")


@dataclass(frozen=True, slots=True)
class People:
    """What a log says about how customers and agents behave, apart from how many there are."""

    mix: Floats
    """Share of each tier by queue and interval, shape (queues, tiers, intervals)."""
    teams: Teams
    handling: HandlingFit
    patience: PatienceFit
    off_phone: OffPhones | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """Everything that was learnt from a log."""

    log: CallLog
    people: People
    arrivals: ArrivalFit
    presence: Presence | None
    error: ModelError | None = None
    """Of weeks held out; None: not known."""


def fit_people(log: CallLog) -> People:
    """Return how customers and agents of `log` behave.

    Raises:
        BadInput: it does not tell how long calls take, or how long callers wait.
    """
    if log.assumed is not None:
        taken = log.assumed
        check_times(log)
        patience = PatienceFit({(None, None): told_at_all(taken.patience, log)})
        return People(tier_mix(log), everybody(log), taken.handling, patience, taken.off_phone)
    parts = teams(log)
    return People(tier_mix(log), parts, fit_handling(log), fit_patience(log), off_phone(log, parts))


def fit_log(log: CallLog) -> Fitted:
    """Return all that can be learnt from `log`."""
    people = fit_people(log)
    there = presence(log, None, people.teams) if (log.agent >= 0).any() else None
    return Fitted(log, people, fit_arrivals(log), there)


def mapping_of(fitted: Fitted) -> dict[str, Tree]:
    """Return the scenario of a usual week as plain values that `callcenter.config.parse_scenario` reads."""
    log = fitted.log
    streams = [stream for group in fitted.arrivals.classes for stream in _streams(log, group)]
    staffing = [staff for group in fitted.arrivals.classes for staff in _staffing(fitted, group)]
    found = frame(log, fitted.people)
    found["arrivals"] = list(streams)
    if fitted.arrivals.cv > 0:
        # One of many tiers moves with the others where the halves of a day do.
        found["busyness"] = {"cv": round(fitted.arrivals.cv, 4), "common": True}
    found.update(people_mapping(fitted.people))
    found["staffing"] = list(staffing) or list(one_each(fitted.people))
    if fitted.error is not None:
        found["model_error"] = {
            "weeks": fitted.error.weeks,
            "service_level": f"{100 * fitted.error.service_level:.2f}%",
            "abandonment": f"{100 * fitted.error.abandonment:.2f}%",
            "wait": duration_text(fitted.error.wait_s),
        }
    found["horizon"] = {"start": date_text(log.days()[0]), "days": 7}
    found["interval"] = duration_text(log.columns.interval / SECOND)
    found["replications"] = 20
    found["seed"] = 1
    return found


def frame(log: CallLog, people: People) -> dict[str, Tree]:
    """Return the head of a scenario: its name and its centre."""
    columns = log.columns
    days = log.days()
    tiers: dict[str, Tree] = {}
    for name in log.tiers:
        rule = columns.tiers.get(name)
        tier: dict[str, Tree] = {"band": rule.band if rule else 0}
        if rule is not None and rule.head_start:
            tier["head_start"] = duration_text(rule.head_start / SECOND)
        if rule is not None and rule.target is not None:
            tier["target"] = f"{100 * rule.target.share:g}/{rule.target.within / SECOND:g}"
        tiers[name] = tier
    queue: dict[str, Tree] = {"policy": "fifo"}
    if people.off_phone is not None:
        queue["wrap_up"] = duration_text(AWAY_S)
    centre: dict[str, Tree] = {
        "name": columns.name,
        "zone": columns.zone,
        "tiers": tiers,
        "default_tier": columns.tier.default,
        "queues": {name: {**queue, **_skills("needs", people, [name])} for name in log.queues},
        "groups": {
            name: {**_skills("skills", people, _taken(log, people.teams, i)), "auto_answer": True}
            for i, name in enumerate(people.teams.names)
        },
    }
    about = f"Fitted from {len(log):,} offered calls, {date_text(days[0])} to {date_text(days[-1])}."
    if columns.source:
        about += f" Source: {' '.join(columns.source.split())}."
    return {
        "version": 1,
        "name": columns.name,
        "title": f"{columns.name}: a usual week",
        "about": about,
        "centre": centre,
    }


def _skills(key: str, people: People, queues: list[str]) -> dict[str, Tree]:
    """Return what a queue needs, or a team can: a skill for each queue, unless everybody takes everything."""
    return {} if people.teams.one else {key: list(queues)}


def _taken(log: CallLog, parts: Teams, team: int) -> list[str]:
    return [queue for queue, able in zip(log.queues, parts.takes[team], strict=True) if able]


def one_each(people: People) -> list[Tree]:
    """Return one agent of every team all day: where a log does not tell how many there are."""
    return [{"group": name, "agents": 1} for name in people.teams.names]


def people_mapping(people: People) -> dict[str, Tree]:
    """Return the laws of handling, patience and wrap-up as a scenario has them."""
    handling: list[Tree] = []
    periods = people.handling.periods
    for kind in _in_order(people.handling.laws):
        for period in periods:
            between: dict[str, Tree] = {} if period is periods[-1] else {"between": _span(period.begin, period.end)}
            handling.append({**law_mapping(people.handling.scaled(kind, period)), **_whom(kind), **between})
    patience: list[Tree] = [
        {**law_mapping(fit.law), **_whom(kind)} for kind, fit in _in_order(people.patience.laws).items()
    ]
    found: dict[str, Tree] = {"handling": handling, "patience": patience}
    if people.off_phone is not None:
        found["wrap_up"] = _after_calls(people.off_phone, "busy")
        found["quiet_wrap_up"] = _after_calls(people.off_phone, "quiet")
        found["recall"] = _after_calls(people.off_phone, "recall")
    return found


def _after_calls(away: OffPhones, when: str) -> Tree:
    """Return the law of one of the times off the phone: of each queue that has its own, and of all others."""
    common = law_mapping(getattr(away, when).law)
    if not away.after:
        return common
    rules: list[Tree] = [{**law_mapping(getattr(of, when).law), "queues": [q]} for q, of in away.after.items()]
    return [*rules, common]


def _in_order(laws: Mapping[Kind, Fit]) -> dict[Kind, Fit]:
    """Return the laws as rules, of which the first that fits a call counts: the one for all calls is the last."""
    return dict(
        sorted(laws.items(), key=lambda item: ((item[0][0] is None) + (item[0][1] is None), item[0][0] is None))
    )


def _whom(kind: Kind) -> dict[str, Tree]:
    """Return the condition of a rule: a queue, a tier, both or none."""
    queue, tier = kind
    return {**({"queues": [queue]} if queue is not None else {}), **({"tiers": [tier]} if tier is not None else {})}


def law_mapping(law: Law) -> dict[str, Tree]:
    """Return a law as a file has it.

    >>> law_mapping(Law(LawKind.LOGNORMAL, 184.5, 1.25))
    {'lognormal': {'mean': '184.5s', 'cv': 1.25}}
    """
    mean = duration_text(law.mean_s)
    match law.kind:
        case LawKind.NEVER:
            return {"never": True}
        case LawKind.EXPONENTIAL | LawKind.DETERMINISTIC:
            return {law.kind.value: mean}
        case LawKind.LOGNORMAL | LawKind.GAMMA:
            return {law.kind.value: {"mean": mean, "cv": round(law.cv, 6)}}
        case LawKind.WEIBULL:
            return {"weibull": {"mean": mean, "shape": round(law.shape, 6)}}
        case LawKind.ERLANG:
            return {"erlang": {"mean": mean, "phases": int(law.shape)}}
        case LawKind.EMPIRICAL:
            return {
                "empirical": {
                    "values": [duration_text(value) for value in law.values_s],
                    "smooth": law.smooth,
                }
            }
        case LawKind.MIXTURE:
            shares = [round(weight, 6) for weight, _ in law.parts]
            shares[-1] = round(1 - sum(shares[:-1]), 6)
            return {
                "mixture": [
                    {"share": share, **law_mapping(part)} for share, (_, part) in zip(shares, law.parts, strict=True)
                ]
            }


def duration_text(seconds: float) -> str:
    """Return a duration as a file has it, to the millisecond.

    >>> duration_text(90.0), duration_text(1800), duration_text(0.0125)
    ('90s', '30m', '0.013s')
    """
    if seconds >= 120 and seconds % 60 == 0:
        return f"{seconds / 60:.0f}m"
    return f"{int(seconds * 1000 + 0.5) / 1000:.3f}".rstrip("0").rstrip(".") + "s"


def _span(begin: int, end: int) -> str:
    return f"{_clock(begin)}-{_clock(end)}"


def _clock(ms: int) -> str:
    return f"{ms // (60 * MINUTE):02d}:{ms // MINUTE % 60:02d}"


def _days_text(weekdays: tuple[int, ...]) -> Tree:
    return "all" if len(weekdays) == 7 else ",".join(WEEKDAYS[day] for day in weekdays)


def _trimmed(values: list[float]) -> tuple[int, list[float]]:
    """Return where the first figure other than zero is, and the figures from there to the last one."""
    used = [i for i, value in enumerate(values) if value]
    return (used[0], values[used[0] : used[-1] + 1]) if used else (0, [])


def _streams(log: CallLog, group: WeekdayClass) -> list[Tree]:
    days = "-".join(WEEKDAYS[day] for day in group.weekdays) if len(group.weekdays) < 7 else "all"
    return stream_mappings(log, group.calls, days, _days_text(group.weekdays))


def stream_mappings(log: CallLog, calls: Floats, name: str, weekdays: Tree) -> list[Tree]:
    """Return streams of expected calls, shape (queues, tiers, intervals): one for each queue and tier."""
    found: list[Tree] = []
    for q, queue in enumerate(log.queues):
        for t, tier in enumerate(log.tiers):
            first, values = _trimmed([round(float(value), 3) for value in calls[q, t]])
            if values:
                stream: dict[str, Tree] = {
                    "name": f"{queue} {tier} {name}",
                    "queue": queue,
                    "from": _clock(first * log.columns.interval),
                    "calls": list(values),
                    "tiers": {tier: 1.0},
                    "weekdays": weekdays,
                }
                found.append(stream)
    return found


def _staffing(fitted: Fitted, group: WeekdayClass) -> list[Tree]:
    there = fitted.presence
    if there is None:
        return []
    rows = [i for i, day in enumerate(there.days) if day in group.days]
    if not rows:
        return []
    agents = whole_agents(there.by_team[:, rows].mean(axis=1), there.seen[rows].mean(axis=0))
    return staffing_mapping(fitted.people.teams, agents, there.interval_s, _days_text(group.weekdays))


def whole_agents(by_team: Floats, seen: Floats) -> Ints:
    """Return agents on duty as whole numbers, shape (teams, intervals).

    Args:
        by_team: Agents at work, on average, shape (teams, intervals).
        seen: Different agents who served, on average, shape (intervals,).

    In all they are rounded, and one at least where usually somebody serves. Each of them is of the team that has most
    to come: what was rounded off a team in one interval it has in the next.
    """
    found = np.zeros(by_team.shape, np.int64)
    owed = np.zeros(len(by_team))
    for i in range(by_team.shape[1]):
        here = by_team[:, i]
        owed = np.where(here > 0, owed + here, 0.0)
        for _ in range(max(int(here.sum() + 0.5), 1 if seen[i] >= 0.5 else 0)):
            team = int(owed.argmax())
            found[team, i] += 1
            owed[team] -= 1.0
    return found


def staffing_mapping(parts: Teams, agents: Ints, interval_s: float, weekdays: Tree) -> list[Tree]:
    """Return staffing by team and interval as a scenario has it."""
    staffs: list[Tree] = []
    for name, row in zip(parts.names, agents, strict=True):
        first, values = _trimmed([float(n) for n in row])
        if values:
            staff: dict[str, Tree] = {
                "group": name,
                "from": _clock(round(first * interval_s * SECOND)),
                "agents": [int(n) for n in values],
                "every": duration_text(interval_s),
                "weekdays": weekdays,
            }
            staffs.append(staff)
    return staffs


def comments_of(fitted: Fitted) -> dict[str, str]:
    """Return what the fit has to say, as comments above the keys of the file it is about."""
    log, people = fitted.log, fitted.people
    away = people.off_phone
    lines = {
        "": "\n".join(["Made by `callcenter fit`; edit it as you like.", *summary_lines(fitted)]),
        "patience": (
            "Assumed to be exponential: the file does not show how long those waited who hung up (docs/fit.md)."
            if any(fit.family == ASSUMED for fit in people.patience.laws.values())
            else f"Censored maximum likelihood; {ABOUT_CENSORING}."
        ),
        "staffing": (
            "The log shows who served, not who was on duty: agents between the first and last call of a spell of\n"
            "work, on average, rounded. Put your roster here if you have it."
        ),
    }
    if away is not None:
        lines["wrap_up"] = (
            f"Time off the phone after a call that leaves callers waiting: mean {away.busy.mean_s:.0f} s, median "
            f"{away.busy.median_s:.0f} s.\nIt holds wrap-up, ringing and short absences alike."
        )
        lines["quiet_wrap_up"] = (
            f"The same after a call that leaves nobody waiting: mean {away.quiet.mean_s:.0f} s, median "
            f"{away.quiet.median_s:.0f} s: people rest when it is quiet."
        )
        lines["recall"] = f"Those who rest are back when somebody waits: after {away.recall.median_s:.0f} s (median)."
    if len(log.tiers) > 1 and log.columns.tier.known_when_waited:
        lines["arrivals"] = (
            "Shares of the tiers are those among callers who waited: the log tells the tier only of them."
        )
    return lines


def summary_lines(fitted: Fitted) -> list[str]:
    """Return the fit in a few lines for people."""
    log, tally, people = fitted.log, fitted.log.tally, fitted.people
    answered = int(log.answered.sum())
    lines = [
        said(
            "{rows:,} rows: {n:,} calls offered, {answered:,} answered, {n_2:,} abandoned; "
            "{not_offered:,} never asked for an agent, {ignored:,} ignored, {sum:,} impossible",
            rows=tally.rows,
            n=len(log),
            answered=answered,
            n_2=int(log.abandoned.sum()),
            not_offered=tally.not_offered,
            ignored=tally.ignored,
            sum=sum(tally.dropped.values()),
        )
    ]
    if log.overflowed.any():
        lines.append(said("  overflowed: {n:,} left their queue by a rule, unanswered", n=int(log.overflowed.sum())))
    lines += [
        said("  impossible: {n:,} x {reason}, first in {example}", n=n, reason=reason, example=tally.example[reason])
        for reason, n in tally.dropped.items()
    ]
    for group in fitted.arrivals.classes:
        days = ", ".join(WEEKDAYS[day] for day in group.weekdays)
        lines.append(
            said("arrivals {days}: {total:,.0f} calls a day, from one day", days=days, total=group.total)
            if len(group.days) == 1
            else said(
                "arrivals {days}: {total:,.0f} calls a day, from {n} days",
                days=days,
                total=group.total,
                n=len(group.days),
            )
        )
    halves = said("not known") if fitted.arrivals.halves is None else f"{fitted.arrivals.halves:.2f}"
    lines.append(
        said(
            "busyness: cv {cv:.1%} beyond Poisson; correlation of the halves of a day {halves}",
            cv=fitted.arrivals.cv,
            halves=halves,
        )
    )
    if fitted.arrivals.odd_days:
        odd = ", ".join(date_text(day) for day in fitted.arrivals.odd_days)
        lines.append(said("  left out, unlike their weekday: {odd}", odd=odd))
    for kind, law in people.handling.laws.items():
        whose = " ".join(part for part in kind if part) or said("all")
        lines.append(
            said(
                "handling {whose}: mean {mean_s:.0f} s of {samples:,}, {short:.1%} very short, KS "
                "distance {distance:.3f} (lognormal alone {plain_distance:.3f})",
                whose=whose,
                mean_s=law.mean_s,
                samples=law.samples,
                short=law.short,
                distance=law.distance,
                plain_distance=law.plain_distance,
            )
        )
    factors = ", ".join(f"{_span(p.begin, p.end)} x{p.factor:.2f}" for p in people.handling.periods)
    lines.append(
        said(
            "  by time of day: {factors}; {left_out:,} answered calls without a usable time",
            factors=factors,
            left_out=people.handling.left_out,
        )
    )
    for kind, fit in people.patience.laws.items():
        mean = mean_s(fit.law)
        whose = " ".join(part for part in kind if part) or said("all")
        lines.append(
            said(
                "patience {whose}: {family}, mean {mean}, {ended:,} of {samples:,} hung up, "
                "{at_once:.1%} at once, distance to Kaplan-Meier {distance:.3f}",
                whose=whose,
                family=fit.family,
                mean=f"{mean:.0f} s" if isfinite(mean) else said("endless"),
                ended=fit.ended,
                samples=fit.samples,
                at_once=fit.at_once,
                distance=fit.distance,
            )
        )
    if people.off_phone is not None:
        off_phones = people.off_phone
        busy, quiet, recall = (
            said("mean {mean:.0f} s, median {median:.0f} s", mean=off.mean_s, median=off.median_s)
            for off in (off_phones.busy, off_phones.quiet, off_phones.recall)
        )
        lines.append(
            said(
                "off the phone after a call: while callers wait {busy}; when nobody waits {quiet}; "
                "back from rest when somebody does {recall}",
                busy=busy, quiet=quiet, recall=recall,
            )
        )  # fmt: skip
    lines.append(_presence_line(fitted))
    if not people.teams.one:
        lines.append(
            said(
                "teams: {names}: some agents (next to) never take some queues' calls",
                names=", ".join(people.teams.names),
            )
        )
    lines.append(_error_line(fitted.error))
    known = float((log.customer >= 0).mean())
    lines.append(
        said(
            "retrials: off; {known:.0%} of the callers are known by name, and a log does not tell a "
            "retrial from a new call",
            known=known,
        )
    )
    return lines


def _error_line(error: ModelError | None) -> str:
    if error is None:
        return said(
            "how far off: not known (it takes two weeks of calls whose waits the log tells, each held out in turn)"
        )
    return said(
        "how far off: {weeks} weeks, each foretold from the others; beyond chance {what:.1f} "
        "points of calls within 20 s, {what_2:.1f} points abandoned, {wait_s:.1f} s of mean wait "
        "(one standard deviation: ranges of `simulate` hold it)",
        weeks=error.weeks,
        what=100 * error.service_level,
        what_2=100 * error.abandonment,
        wait_s=error.wait_s,
    )


def _presence_line(fitted: Fitted) -> str:
    if fitted.presence is None:
        return said("agents: the log names none; the scenario has one all day, put your roster there")
    there = fitted.presence
    working = there.seen.sum(axis=1) > 0
    hours = there.interval_s / 3600
    totals = [float(np.mean(part[working].sum(axis=1))) * hours for part in (there.busy, there.present, there.seen)]
    return said(
        "agent hours a day: {totals:.1f} talking <= {totals_2:.1f} at work (taken) <= "
        "{totals_3:.1f} if all who served stayed the whole interval",
        totals=totals[0],
        totals_2=totals[1],
        totals_3=totals[2],
    )
