"""Cross-validation by weeks: each is held out, predicted from the others and compared; the range that follows.

One week proves little, and the week that a method was looked at with proves nothing. The errors of the other weeks say
how wrong such a prediction is beyond chance; a range that leaves them out is too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import numpy as np
from scipy import special

from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.scenario import ModelError
from sim.analysis.fit.baseline import erlang_a_figures
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.judge import (
    FEW_UNKNOWN,
    NORMAL_95,
    SHOWN,
    WEEK,
    Comparison,
    Foretold,
    compare,
    head_as_json,
    with_waits,
)
from sim.analysis.fit.outofsample import split
from sim.experiment.progress import Progress

BOUNDS: Final = {"mean_wait_s": (0.0, inf)}
"""Where a figure can lie; all others are shares."""
RELATIVE: Final = frozenset({"mean_wait_s"})
"""Errors of these are told as a part of the observed figure, the others as they are."""
SHARE_95: Final = 0.975
MOST_WEEKS: Final = 8
"""The last of a log, from which a fit learns how far it is off: older ones tell little of the next, and take time."""
MIN_WEEKS, ENOUGH_CALLS = 3, 200_000
"""Fewer weeks where calls are many: as many as hold this many calls, and three at least."""
REPLICATIONS: Final = 4
"""Of each of their days..."""
FEWER_REPLICATIONS, MANY_CALLS = 2, 100_000
"""...and where the weeks hold more calls than this: chance weighs little there, and is taken off."""


@dataclass(frozen=True, slots=True)
class Weeks:
    """Each week foretold from the others."""

    weeks: tuple[Comparison, ...]
    """In order of time; the ranges hold chance and the errors of the other weeks."""
    median_error: dict[str, float]
    """The middle of the absolute errors: points of a share, or a part of the mean wait (0.1 is 10 %)."""
    held: dict[str, int]
    """In how many weeks the range held what was observed."""
    formula: tuple[dict[str, float], ...]
    """What Erlang A foretells of each week, with agents counted from the log."""
    formula_error: dict[str, float]
    """The middle of its absolute errors."""


def weeks_of(log: CallLog) -> list[tuple[list[str], list[str]]]:
    """Return the dates to learn from and those to be judged on, for each week of seven days counted from the end.

    Raises:
        BadInput: the log has no two weeks.
    """
    days = log.days()
    found = []
    for last in range(days[-1], days[0] + WEEK - 2, -WEEK):
        test = [day for day in days if last - WEEK < day <= last]
        train = [day for day in days if day not in test]
        if test and train:
            found.append(([date_text(day) for day in train], [date_text(day) for day in test]))
    if not found:
        if len(days) == 1:
            raise BadInput(
                "the log has one date, and judging takes two at least, one to learn from and one to foretell: bring a "
                "longer log, two weeks or more"
            )
        raise BadInput(
            "the log has {n} dates within a week: name some of them with --test, or bring two weeks at least",
            n=len(days),
        )
    return found[::-1]


def days_wanted(log: CallLog, replications: int) -> int:
    """Return how many days `held_out` simulates."""
    return replications * sum(len(test) for _, test in weeks_of(log))


def held_out(log: CallLog, *, replications: int, progress: Progress) -> Weeks:
    """Return each week of a log as the others foretell it.

    Args:
        log: At least two weeks.
        replications: Of each date, 2 or more.
        progress: Told after each simulated day.
    """
    weeks = weeks_of(log)
    raw = _foretold(log, weeks, replications, progress)
    figures = {name: with_model_error([week.figures[name] for week in raw], name) for name in SHOWN}
    formula = tuple(erlang_a_figures(log, train, test) for train, test in weeks)
    told = tuple(replace(week, figures={name: figures[name][n] for name in SHOWN}) for n, week in enumerate(raw))
    return Weeks(
        told,
        {name: _median_error(name, [(week.simulated, week.observed) for week in figures[name]]) for name in SHOWN},
        {name: sum(week.within for week in figures[name]) for name in SHOWN},
        formula,
        {
            name: _median_error(
                name, [(told[name], week.observed) for told, week in zip(formula, figures[name], strict=True)]
            )
            for name in SHOWN
        },
    )


def _foretold(
    log: CallLog, weeks: Sequence[tuple[list[str], list[str]]], replications: int, progress: Progress
) -> list[Comparison]:
    """Return each week by what the others teach, with ranges of chance alone."""
    places = {date_text(day): day for day in log.days()}
    wanted = days_wanted(log, replications)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, wanted)

    return [
        compare(
            log.on([places[date] for date in test]),
            split(log, train, test, replications=replications).days,
            replications,
            step,
        )
        for train, test in weeks
    ]


def latest(log: CallLog) -> CallLog | None:
    """Return the last weeks of a log, those that its error is learnt from; None where it tells none.

    Two weeks at least, and calls whose waits are known: those of a history by intervals are made up.
    """
    days = log.days()
    if log.assumed is not None or np.isnan(log.wait).sum() > FEW_UNKNOWN * len(log):
        return None
    if days[-1] - days[0] < 2 * WEEK - 1:
        return None
    weeks = MOST_WEEKS
    while weeks > MIN_WEEKS and (log.day > days[-1] - weeks * WEEK).sum() > ENOUGH_CALLS:
        weeks -= 1
    return with_waits(log.on([day for day in days if day > days[-1] - weeks * WEEK]))


def replications_of(log: CallLog) -> int:
    """Return how often each day of the latest weeks is simulated."""
    return FEWER_REPLICATIONS if len(log) > MANY_CALLS else REPLICATIONS


def model_error(log: CallLog, *, progress: Progress) -> ModelError:
    """Return how wrong a fit is beyond chance about weeks that it has not seen.

    Args:
        log: What `latest` returns.
        progress: Told after each simulated day, of `days_wanted(log, replications_of(log))`.
    """
    weeks = _foretold(log, weeks_of(log), replications_of(log), progress)
    level, lost, wait = (
        float(np.sqrt(_model_variance([week.figures[name] for week in weeks])))
        for name in ("sl_all", "abandonment", "mean_wait_s")
    )
    return ModelError(len(weeks), level, lost, wait)


def _model_variance(weeks: Sequence[Foretold]) -> float:
    """Return the mean of the squared errors, less what chance explains of them."""
    errors = np.array([week.observed - week.simulated for week in weeks])
    chance = np.array([(week.high - week.simulated) / NORMAL_95 for week in weeks])
    return max(0.0, float((errors**2 - chance**2).mean()))


def with_model_error(weeks: Sequence[Foretold], name: str = "") -> list[Foretold]:
    """Return the weeks with ranges that hold the model's error too, as the other weeks show it.

    The squared errors of the others, less what chance explains of them, are the model's variance; the range is
    Student's, with as many degrees of freedom as there are other weeks. A single week keeps its range of chance.

    >>> week = Foretold(observed=0.50, simulated=0.60, low=0.58, high=0.62)
    >>> [(round(w.low, 2), round(w.high, 2)) for w in with_model_error([week] * 3)]
    [(0.17, 1.0), (0.17, 1.0), (0.17, 1.0)]
    """
    if len(weeks) < 2:
        return list(weeks)
    chance = np.array([(week.high - week.simulated) / NORMAL_95 for week in weeks]) ** 2
    low, high = BOUNDS.get(name, (0.0, 1.0))
    found = []
    for n, week in enumerate(weeks):
        model = _model_variance([other for m, other in enumerate(weeks) if m != n])
        room = float(special.stdtrit(len(weeks) - 1, SHARE_95)) * float(np.sqrt(chance[n] + model))
        found.append(replace(week, low=max(low, week.simulated - room), high=min(high, week.simulated + room)))
    return found


def _median_error(name: str, pairs: Sequence[tuple[float, float]]) -> float:
    apart = [abs(told - seen) / (seen if name in RELATIVE and seen else 1.0) for told, seen in pairs]
    return float(np.median(apart))


def as_json(found: Weeks) -> dict[str, object]:
    """Return them as the JSON output has them."""
    return {
        "weeks": [head_as_json(week) for week in found.weeks],
        "median_error": dict(found.median_error),
        "held": dict(found.held),
        "erlang_a": {"weeks": list(found.formula), "median_error": dict(found.formula_error)},
    }
