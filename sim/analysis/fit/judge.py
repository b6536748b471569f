"""Validation of a fit: how well simulated days predict a week that it has not seen.

Of the week only its calls per half hour and its agents are given. The figures of the training dates themselves (in
sample) stand apart: they flatter. Where the two differ is told by date and by hour, and what could be the cause is
measured on the log: whether people behaved as before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from callcenter.config.parse import scenario_of
from callcenter.config.tree import Tree
from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.language.said import N_
from callcenter.scenario import Scenario
from callcenter.units import HOUR, SECOND
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.cells import Clock
from sim.analysis.fit.outofsample import Figures, figures, lived_again, split
from sim.analysis.fit.presence import presence
from sim.experiment.engines import choose
from sim.experiment.progress import Progress
from sim.experiment.replicate import lived
from sim.model.streams import Floats
from sim.run.columns import COLUMN

WEEK: Final = 7
SHOWN: Final = {
    "sl_all": N_("answered within 20 s, of all"),
    "abandonment": N_("abandoned"),
    "mean_wait_s": N_("mean wait of all, s"),
    "no_wait": N_("not waiting at all"),
}
HOURS: Final = 24
NORMAL_95: Final = 1.96
FEW_UNKNOWN: Final = 0.01
"""Part of the calls whose wait may be missing."""
NOTABLE: Final = 0.03
"""People who behave this much otherwise than before (relatively) are worth a word."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """A figure as it was, as it was simulated, and how far simulated weeks like this one lie apart."""

    observed: float
    simulated: float
    low: float
    high: float
    """95 % of simulated weeks lie between these two: chance alone, no error of the fit."""

    @property
    def within(self) -> bool:
        """Whether chance alone could explain the difference."""
        return self.low <= self.observed <= self.high


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same dates lived and simulated."""

    dates: tuple[str, ...]
    calls: tuple[int, float]
    """Observed; simulated, mean of the replications."""
    figures: dict[str, Foretold]
    by_date: tuple[tuple[str, Figures, Figures], ...]
    """Date, observed, simulated."""
    by_hour: tuple[tuple[int, Figures, Figures], ...]
    """Hour of the day, observed, simulated; hours without calls are left out."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The week that was not seen, the dates that were, and what may be the cause of the difference."""

    out_of_sample: Comparison
    in_sample: Comparison
    """The dates learnt from."""
    behaviour_known: Comparison
    """The test dates by what they teach themselves: what is left of the difference is the model's, not drift."""
    causes: tuple[str, ...]


def with_waits(log: CallLog) -> CallLog:
    """Return the calls of a log whose wait is known; judging is about waits.

    Raises:
        BadInput: more than a few have none.
    """
    unknown = np.isnan(log.wait)
    if unknown.sum() > FEW_UNKNOWN * len(log):
        raise BadInput(
            "the wait of {unknown:,} of {n:,} calls is not in the log: days cannot be judged by it "
            "(a map may take it from two times, wait: {{from: start, to: [answer, end]}})",
            unknown=int(unknown.sum()),
            n=len(log),
        )
    return log.only(~unknown) if unknown.any() else log


def days_wanted(train: int, test: int, replications: int, *, unseen_known: bool) -> int:
    """Return how many days `judge` simulates, for so many dates to learn from and to be judged on."""
    return fewer(replications) * (train + test) + (0 if unseen_known else replications * test)


def fewer(replications: int) -> int:
    """Return how many replications what stands beside the test gets."""
    return max(2, replications // 4)


def judge(
    log: CallLog,
    train: Sequence[str],
    test: Sequence[str],
    *,
    replications: int,
    progress: Progress,
    unseen: Comparison | None = None,
) -> Judgement:
    """Learn from the train dates, simulate the test dates, and compare.

    Args:
        log: Holds both.
        train: Dates as 1999-02-01.
        test: Likewise; none of them a train date.
        replications: Of each test date (for what stands beside it: a quarter of them, 2 at least).
        progress: Told after each simulated day.
        unseen: The test dates as they were foretold already, with the range that other weeks give; None: by chance
            alone.

    Raises:
        BadInput: a date is not in the log, or in both lists.
    """
    days = split(log, train, test, replications=replications).days if unseen is None else ()
    places = {date_text(day): day for day in log.days()}
    learnt, tested = ([places[date] for date in sorted(dates)] for dates in (train, test))
    beside = fewer(replications)
    seen = lived_again(log, learnt, learnt, replications=beside)
    known = lived_again(log, tested, tested, replications=beside)
    wanted = days_wanted(len(learnt), len(tested), replications, unseen_known=unseen is not None)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, wanted)

    out = unseen
    if out is None:
        out = compare(log.on(tested), days, replications, step)
    inside = compare(log.on(learnt), seen.days, beside, step)
    own = compare(log.on(tested), known.days, beside, step)
    return Judgement(out, inside, own, (_parted(out, own), *_causes(log, learnt, tested, out)))


@dataclass(slots=True)
class _Calls:
    """Simulated calls of one date and replication."""

    wait_s: Floats
    answered: np.ndarray[tuple[int], np.dtype[np.bool_]]
    hour: np.ndarray[tuple[int], np.dtype[np.int64]]


def _calls(scenario: Scenario, replication: int) -> _Calls:
    """Live through a date, by the compiled engine where it can."""
    calls = lived(scenario, replication, engine=choose(scenario).engine).calls
    # Calls open at the end are none: such days are served out, or the caller never gives up.
    calls = calls.only(calls.outcome != COLUMN["open"])
    local = calls.queued + Clock(scenario.centre.zone, None, None).offset(calls.queued)
    hour = local // HOUR % HOURS
    return _Calls(calls.wait / SECOND, calls.outcome == COLUMN["answered"], hour)


def _pooled(parts: Sequence[_Calls]) -> Figures:
    wait, answered = (np.concatenate([getattr(part, name) for part in parts]) for name in ("wait_s", "answered"))
    return figures(wait, answered)


def compare(
    log: CallLog, days: Sequence[tuple[str, dict[str, Tree]]], replications: int, step: Callable[[], None]
) -> Comparison:
    """Simulate dates and set them beside what the log says of them; `step` is told of each simulated day."""
    found: list[list[_Calls]] = []
    for date, mapping in days:
        scenario = scenario_of(mapping, date)
        mine = []
        for replication in range(replications):
            mine.append(_calls(scenario, replication))
            step()
        found.append(mine)
    observed = figures(log.wait, log.answered)
    weeks = [_pooled([day[n] for day in found]) for n in range(replications)]
    hour = (log.clock // (HOUR / SECOND)).astype(np.int64)
    everything = [part for day in found for part in day]
    return Comparison(
        dates=tuple(date for date, _ in days),
        calls=(len(log), float(np.mean([week["calls"] or 0 for week in weeks]))),
        figures={name: _foretold(observed[name], [week[name] for week in weeks]) for name in SHOWN},
        by_date=tuple(
            (date, figures(log.wait[log.day == day], log.answered[log.day == day]), _pooled(mine))
            for (date, _), day, mine in zip(days, log.days(), found, strict=True)
        ),
        by_hour=tuple(
            (h, figures(log.wait[hour == h], log.answered[hour == h]), _pooled([_at(h, part) for part in everything]))
            for h in range(HOURS)
            if (hour == h).any()
        ),
    )


def _at(hour: int, part: _Calls) -> _Calls:
    mask = part.hour == hour
    return _Calls(part.wait_s[mask], part.answered[mask], part.hour[mask])


def _foretold(observed: float | None, simulated: Sequence[float | None]) -> Foretold:
    values = np.array([value for value in simulated if value is not None], np.float64)
    if observed is None or not len(values):
        raise BadInput("the test dates: no calls to judge by")
    spread = NORMAL_95 * float(values.std(ddof=1)) if len(values) > 1 else float("inf")
    centre = float(values.mean())
    return Foretold(observed, centre, centre - spread, centre + spread)


# --- where and why


def excess(observed: Figures, simulated: Figures) -> float:
    """Return how many more calls of the observed number the simulation answers within 20 s."""
    real, made, calls = observed["sl_all"], simulated["sl_all"], observed["calls"]
    return 0.0 if real is None or made is None or calls is None else (made - real) * calls


def _parted(out: Comparison, own: Comparison) -> str:
    """Part the difference into people who behaved otherwise than before, and the rest."""
    level, known = out.figures["sl_all"], own.figures["sl_all"].simulated
    drift, rest = level.simulated - known, known - level.observed
    return (
        f"of {100 * (drift + rest):+.1f} points of service level, {100 * drift:+.1f} come of people "
        f"who behaved otherwise than in the dates learnt from, {100 * rest:+.1f} are the model's and the guess of "
        f"agents (with these dates' own handling, patience and time off the phone it is {100 * known:.1f} %)"
    )


def _causes(log: CallLog, learnt: list[int], tested: list[int], out: Comparison) -> list[str]:
    """Return what can be measured of the reasons, each as a sentence."""
    before, then = log.on(learnt), log.on(tested)
    said = [
        _drift("calls took", "s on average", _mean_service(before), _mean_service(then)),
        _drift("callers hung up", "times per hour of waiting", _hazard(before), _hazard(then)),
    ]
    there = presence(then, tested)
    if there.seen.any():
        taken, talked, seen = (
            float(agents.sum()) * there.interval_s * SECOND / HOUR for agents in (there.present, there.busy, there.seen)
        )
        said.append(
            f"the agents given are a guess: {taken:,.0f} agent hours at work are taken, between {talked:,.0f} that "
            f"talked and {seen:,.0f} if all who served stayed the whole interval"
        )
    idle, wait = out.figures["no_wait"], out.figures["mean_wait_s"]
    if idle.simulated > idle.observed and wait.simulated > wait.observed:
        said.append(
            "simulated days have more calls without any wait and longer queues at once (likely, not tested: real "
            "agents come and go with the load inside the half hours given)"
        )
    elif idle.simulated > idle.observed and wait.simulated < wait.observed:
        said.append(
            "simulated days are easier throughout (likely, not tested: some of the agents taken to be there were not "
            "ready, resting or at other work)"
        )
    return [sentence for sentence in said if sentence]


def _drift(what: str, unit: str, before: float, then: float) -> str:
    """Return how far people behaved otherwise; nothing where the log does not tell."""
    if not (before > 0 and np.isfinite(then)):
        return ""
    change = then / before - 1
    if abs(change) < NOTABLE:
        return f"{what} {then:.3g} {unit}, as in the dates learnt from ({before:.3g}): no cause of a difference"
    return f"{what} {then:.3g} {unit}, {abs(change):.0%} {'more' if change > 0 else 'less'} than learnt ({before:.3g})"


def _mean_service(log: CallLog) -> float:
    known = log.service[log.answered & (log.service > 0) & (log.service <= log.columns.longest_service)]
    return float(known.mean()) if len(known) else float("nan")


def _hazard(log: CallLog) -> float:
    hours = float(log.wait.sum()) / (HOUR / SECOND)
    return float(log.abandoned.sum()) / hours if hours else float("nan")


# --- as plain data


def as_json(judgement: Judgement) -> dict[str, object]:
    """Return a judgement as the JSON output has it."""
    return {
        "out_of_sample": _plain(judgement.out_of_sample),
        "in_sample": _plain(judgement.in_sample),
        "behaviour_known": _plain(judgement.behaviour_known),
        "causes": list(judgement.causes),
    }


def head_as_json(compared: Comparison) -> dict[str, object]:
    """Return the dates, calls and figures of a comparison as the JSON output has them."""
    return {
        "dates": list(compared.dates),
        "calls": {"observed": compared.calls[0], "simulated": compared.calls[1]},
        "figures": {
            name: {
                "observed": told.observed,
                "simulated": told.simulated,
                "low": _finite(told.low),
                "high": _finite(told.high),
                "within": told.within,
            }
            for name, told in compared.figures.items()
        },
    }


def _plain(compared: Comparison) -> dict[str, object]:
    return {
        **head_as_json(compared),
        "by_date": [{"date": d, "observed": real, "simulated": made} for d, real, made in compared.by_date],
        "by_hour": [{"hour": h, "observed": real, "simulated": made} for h, real, made in compared.by_hour],
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
