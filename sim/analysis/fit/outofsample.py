"""Out-of-sample check of a fit: behaviour learnt on some dates, tested on others.

Of the other dates only what a planner would know is used: how many calls came in each half hour, and how many agents
were at work. How long they talk, how long callers wait, which tier they are of, comes from the training dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from callcenter.config.tree import Tree
from callcenter.config.words import WEEKDAYS, date_text
from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.units import DAY, SECOND
from sim.analysis.fit.arrivals import counts, interval_index, intervals_of
from sim.analysis.fit.call_streams import stream_mappings
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.fitted import People, fit_people
from sim.analysis.fit.law_rules import people_mapping
from sim.analysis.fit.presence import presence
from sim.analysis.fit.scenario import frame
from sim.analysis.fit.spelling import duration_text
from sim.analysis.fit.staffing import one_each, staffing_mapping, whole_agents

WITHIN_S: Final = 20.0
Figures = dict[str, float | None]
"""calls; sl_all (answered within 20 s, of all offered); abandonment; mean_wait_s (of all); no_wait (share)."""


@dataclass(frozen=True, slots=True)
class OutOfSample:
    """Scenarios to simulate and what really happened."""

    days: tuple[tuple[str, dict[str, Tree]], ...]
    """Date → a scenario of that one day; pool their calls to compare with `observed`."""
    observed: "Observed"


@dataclass(frozen=True, slots=True)
class Observed:
    """What the log says about the test dates."""

    overall: Figures
    by_interval: tuple[Figures, ...]
    """All test dates together, by interval of the day from midnight on."""
    by_date: tuple[tuple[str, Figures], ...]


def split(
    log: CallLog, train_dates: Sequence[str], test_dates: Sequence[str], *, replications: int = 20
) -> OutOfSample:
    """Return a scenario for each test date, fitted on the train dates alone, and the figures to compare with.

    Args:
        log: A log that holds both.
        train_dates: As 1999-02-01; none of them may be a test date.
        test_dates: Likewise.
        replications: Of each day.

    Raises:
        BadInput: a date is not in the log, or in both lists.
    """
    train, test = days_of(log, train_dates, "train"), days_of(log, test_dates, "test")
    both = [date_text(day) for day in test if day in train]
    if both:
        raise BadInput("test dates: {both} is a train date too: what was learnt from proves nothing", both=both[0])
    return lived_again(log, train, test, replications=replications)


def lived_again(log: CallLog, train: list[int], test: list[int], *, replications: int) -> OutOfSample:
    """Return a scenario for each test day by what the train days taught (in sample, where they are the same)."""
    known = log.on(train)
    return given(log, known, fit_people(known), test, replications=replications)


def given(
    log: CallLog, known: CallLog, people: People, test: list[int], *, replications: int, agents_times: float = 1.0
) -> OutOfSample:
    """Return a scenario for each test day with people who behave as is said.

    Args:
        log: Holds the test days.
        known: What was learnt from.
        people: How they behave.
        test: Local day numbers.
        replications: Of each day.
        agents_times: Of the agents that the log shows at work, so many times.
    """
    tested = log.on(test)
    there = presence(tested, test, people.teams)
    calls = counts(tested, test)
    found = []
    for row, day in enumerate(test):
        scenario = frame(known, people)
        scenario["name"] = f"{log.columns.name} {date_text(day)}"
        scenario["title"] = f"{date_text(day)}, its calls and agents given"
        name = WEEKDAYS[weekday(day * DAY)]
        scenario["arrivals"] = stream_mappings(known, calls[row][:, None, :] * people.mix, name, name)
        scenario.update(people_mapping(people))
        agents = whole_agents(agents_times * there.by_team[:, row], there.seen[row])
        staffing = staffing_mapping(people.teams, agents, there.interval_s, name)
        scenario["staffing"] = staffing or one_each(people)
        scenario["horizon"] = {"start": date_text(day), "days": 1, "discard": 0, "run_off": 0}
        scenario["interval"] = duration_text(log.columns.interval / SECOND)
        scenario["replications"] = replications
        scenario["seed"] = 1
        found.append((date_text(day), scenario))
    return OutOfSample(tuple(found), observe(tested))


def days_of(log: CallLog, dates: Sequence[str], what: str) -> list[int]:
    """Return the days that dates name.

    Args:
        log: That has calls on them.
        dates: As files have them.
        what: They are for, as the refusal calls them.

    Raises:
        BadInput: which date the log has no calls on.
    """
    there = {date_text(day): day for day in log.days()}
    for date in dates:
        if date not in there:
            raise BadInput(
                "{what} dates: the log has no calls on {date} (it runs from {there} to {there_2})",
                what=what,
                date=date,
                there=min(there),
                there_2=max(there),
            )
    if not dates:
        raise BadInput("{what} dates: there are none: name at least one", what=what)
    return sorted(there[date] for date in dates)


def observe(log: CallLog) -> Observed:
    """Return what the log says: overall, by interval of the day, and by date."""
    interval = interval_index(log)
    return Observed(
        figures(log.wait, log.answered),
        tuple(figures(log.wait[interval == i], log.answered[interval == i]) for i in range(intervals_of(log))),
        tuple((date_text(d), figures(log.wait[log.day == d], log.answered[log.day == d])) for d in log.days()),
    )


def figures(wait_s: NDArray[np.float64], answered: NDArray[np.bool_]) -> Figures:
    """Return the figures of some calls, real or simulated; undefined ones are None.

    Args:
        wait_s: Until the answer or the hang-up, seconds, of all offered calls.
        answered: Whether an agent took it.

    >>> figures(np.array([0.0, 20.0, 60.0, 10.0]), np.array([True, True, True, False]))
    {'calls': 4, 'sl_all': 0.5, 'abandonment': 0.25, 'mean_wait_s': 22.5, 'no_wait': 0.25}
    """
    if not len(wait_s):
        return {"calls": 0, "sl_all": None, "abandonment": None, "mean_wait_s": None, "no_wait": None}
    return {
        "calls": len(wait_s),
        "sl_all": float((answered & (wait_s <= WITHIN_S)).mean()),
        "abandonment": float((~answered).mean()),
        "mean_wait_s": float(wait_s.mean()),
        "no_wait": float((wait_s == 0).mean()),
    }
