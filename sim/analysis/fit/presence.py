"""Who was there: what a log of served calls can say about agents on duty.

A log shows who served, not who was on duty. Three readings of it, each a figure per interval:

- `seen`: different agents who served in the interval. An agent who took one call counts like one who stayed: a bound
  from above for those who work, though not for those who sat idle all the while;
- `busy`: agents talking, on average: a bound from below;
- `present`: agents in a spell of work, on average: from before its first call to after its last one by as much as they
  usually sat ready between two (a gap longer than `AWAY_S` ends it). This is what a scenario is built from, together
  with the time off the phone inside a spell.

`AWAY_S` and the time at the ends are those that foretold the held-out weeks of two months best; with 20 minutes and
nothing after the last call agents of quiet hours were missing, who sit ready for long.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from callcenter.units import DAY
from sim.analysis.fit.calllog import DAY_S, CallLog, OnDuty
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.order import in_order
from sim.analysis.fit.teams import Teams, everybody
from sim.model.streams import Floats, Ints

MICRO: Final = 1_000_000
"""µs in a second."""
FAR: Final = 3 * DAY * 1_000
"""µs by which one agent's day is put after another's: more than any call lasts."""
AWAY_S: Final = 1800.0
"""A longer gap between two calls of an agent means that the agent was not at work."""

COVERED: Final = 0.95
"""Part of the answered calls that has to fall into times at which events say that their agent was there."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Agents per day and interval; arrays of shape (days, intervals)."""

    days: tuple[int, ...]
    interval_s: float
    seen: Floats
    busy: Floats
    present: Floats
    by_team: Floats
    """`present` of each team, shape (teams, days, intervals)."""


@dataclass(frozen=True, slots=True)
class Served:
    """Served calls by day and agent, each agent's in order; arrays of one length."""

    day: Ints
    agent: Ints
    begin: Ints
    """By the wall clock, µs after the day's midnight: whole numbers, so that a day's place can be added exactly."""
    end: Ints
    first: Bools
    """Whether it is its agent's first on the day."""
    queue: Ints


def served_calls(log: CallLog) -> Served:
    """Return the services whose agent and times the log tells."""
    known = np.flatnonzero(log.answered & (log.agent >= 0) & np.isfinite(log.service) & np.isfinite(log.wait))
    begin = _micros(log.clock[known] + log.wait[known])
    end = begin + _micros(np.minimum(log.service[known], log.columns.longest_service))
    day, agent = log.day[known], log.agent[known]
    order = in_order(day, agent, begin)
    day, agent = day[order], agent[order]
    first = np.append(True, (day[1:] != day[:-1]) | (agent[1:] != agent[:-1]))[: len(day)]
    return Served(day, agent, begin[order], end[order], first, log.queue[known][order])


def _micros(seconds: Floats) -> Ints:
    return np.rint(seconds * MICRO).astype(np.int64)


def presence(log: CallLog, days: list[int] | None = None, parts: Teams | None = None) -> Presence:
    """Return the agents of each interval of `days` (all days of the log when None), in teams if there are any."""
    parts = everybody(log) if parts is None else parts
    step = log.columns.interval / 1000
    wanted = log.days() if days is None else days
    place = {day: i for i, day in enumerate(wanted)}
    shape = (len(wanted), round(DAY_S / step))
    served = served_calls(log if days is None else log.on(wanted))
    shift = np.cumsum(served.first) - 1  # one agent's day
    row = np.searchsorted(np.array(sorted(wanted)), served.day[served.first])
    row = np.array([place[day] for day in sorted(wanted)], np.int64)[row]
    talk = _cover(served.begin, served.end, shift, len(row), step, shape[1])
    seen, busy = (_by_row(row, part, shape) for part in ((talk > 0).astype(np.float64), talk))
    # Spells: calls whose gaps are short, joined. Times of one agent's day are put after those of the one before.
    apart = shift * FAR
    last = np.maximum.accumulate(served.end + apart) - apart
    gap = np.append(0, served.begin[1:] - last[:-1])[: len(shift)]
    first = served.first | (gap > AWAY_S * MICRO)
    begins = np.flatnonzero(first)
    closing = last[np.append(begins[1:] - 1, len(last) - 1)] if len(begins) else last
    # Before the first call of a spell and after the last the agent sat ready for about as long as between them.
    ready = _medians(gap, ~first & (gap > 0), shift, len(row))[shift[begins]]
    there = _cover(served.begin[begins] - ready, closing + ready, shift[begins], len(row), step, shape[1])
    team = np.array([parts.team_of(agent) for agent in served.agent[served.first].tolist()], np.int64)
    by_team = np.zeros((len(parts.names), *shape))
    for n in range(len(parts.names)):
        by_team[n] = _by_row(row[team == n], there[team == n], shape)
    if log.on_duty is not None and _tells_all(log, log.on_duty):
        by_team = _of_events(log.on_duty, parts, place, step, by_team.shape)
    else:
        by_team *= _unnamed(log)
    return Presence(tuple(wanted), step, seen, busy, by_team.sum(axis=0), by_team)


def _by_row(row: Ints, part: Floats, shape: tuple[int, int]) -> Floats:
    """Return the sums over the agents of each day."""
    found = np.zeros(shape)
    np.add.at(found, row, part)
    return found


def _medians(values: Ints, counted: Bools, group: Ints, groups: int) -> Ints:
    """Return the median of the counted values of each group, 0 where it has none."""
    value, of = values[counted], group[counted]
    value = value[in_order(of, value)]
    number = np.bincount(of, minlength=groups)
    begin = np.cumsum(number) - number
    found = np.zeros(groups, np.int64)
    some = number > 0
    low, high = begin[some] + (number[some] - 1) // 2, begin[some] + number[some] // 2
    found[some] = (value[low] + value[high]) // 2
    return found


def _tells_all(log: CallLog, there: OnDuty) -> bool:
    """Tell whether the events of agents hold for those who answered: some systems log the breaks of some only."""
    known = np.nonzero(log.answered & (log.agent >= 0) & np.isfinite(log.wait))[0]
    at = np.rint((log.day[known] * DAY_S + log.clock[known] + log.wait[known]) * 1000)
    order = np.lexsort((there.begin, there.agent))
    agent, begin, end = there.agent[order], there.begin[order], there.end[order]
    within = 0
    for one in np.unique(log.agent[known]):
        mine, here = agent == one, at[log.agent[known] == one]
        if not mine.any():
            continue
        i = np.searchsorted(begin[mine], here, side="right") - 1
        within += int(((i >= 0) & (here <= end[mine][np.maximum(i, 0)])).sum())
    return within >= COVERED * max(1, len(known))


def _of_events(there: OnDuty, parts: Teams, place: dict[int, int], step: float, shape: tuple[int, int, int]) -> Floats:
    """Return agents who were there, breaks apart, shape (teams, days, intervals)."""
    found = np.zeros(shape)
    for agent, begin, end in zip(there.agent.tolist(), there.begin.tolist(), there.end.tolist(), strict=True):
        for day in range(begin // DAY, end // DAY + 1):
            if day in place:
                span = np.array([begin - day * DAY]) * 1000, np.array([end - day * DAY]) * 1000
                found[parts.team_of(agent), place[day]] += _cover(*span, np.zeros(1, np.int64), 1, step, shape[2])[0]
    return found


def _unnamed(log: CallLog) -> float:
    """Return by how much presence is to be raised for answered calls whose agent the log does not name."""
    named = int((log.answered & (log.agent >= 0)).sum())
    return float(log.answered.sum()) / named if named else 1.0


def _cover(begin: Ints, end: Ints, group: Ints, groups: int, step: float, intervals: int) -> Floats:
    """Return the share of each interval that the spans of each group cover (they may overlap: at most all of it).

    Args:
        begin: µs after midnight, shape (n,).
        end: Likewise.
        group: Of each span.
        groups: How many there are.
        step: Length of an interval, seconds.
        intervals: Of the day.

    >>> _cover(np.array([900_000_000]), np.array([2_700_000_000]), np.array([0]), 1, 1800.0, 3).tolist()
    [[0.5, 0.5, 0.0]]
    """
    long = round(step * MICRO)
    begin, end = np.maximum(begin, 0), np.minimum(end, long * intervals)
    covered = np.zeros(groups * intervals)
    here = np.flatnonzero(end > begin)
    at = begin[here] // long
    while len(here):
        part = np.minimum(end[here], (at + 1) * long) - np.maximum(begin[here], at * long)
        covered += np.bincount(group[here] * intervals + at, part, len(covered))
        more = (at + 1) * long < end[here]
        here, at = here[more], at[more] + 1
    return np.minimum(covered / long, 1.0).reshape(groups, intervals)
