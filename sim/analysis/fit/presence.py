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
from sim.analysis.fit.teams import Teams, everybody
from sim.model.streams import Floats

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
    """Served calls by agent: begins and ends in seconds after the day's midnight, in order."""

    day: int
    agent: int
    begin: Floats
    end: Floats


def served_by_agent(log: CallLog) -> list[Served]:
    """Return the services of each agent on each day."""
    known = log.answered & (log.agent >= 0) & np.isfinite(log.service) & np.isfinite(log.wait)
    begin = log.clock + log.wait
    found = []
    calls = np.nonzero(known)[0]
    calls = calls[np.lexsort((begin[calls], log.agent[calls], log.day[calls]))]
    day, agent = log.day[calls], log.agent[calls]
    fresh = np.nonzero((day[1:] != day[:-1]) | (agent[1:] != agent[:-1]))[0] + 1
    for mine in np.split(calls, fresh) if len(calls) else ():
        end = begin[mine] + np.minimum(log.service[mine], log.columns.longest_service)
        found.append(Served(int(log.day[mine[0]]), int(log.agent[mine[0]]), begin[mine], end))
    return found


def presence(log: CallLog, days: list[int] | None = None, parts: Teams | None = None) -> Presence:
    """Return the agents of each interval of `days` (all days of the log when None), in teams if there are any."""
    parts = everybody(log) if parts is None else parts
    step = log.columns.interval / 1000
    wanted = log.days() if days is None else days
    place = {day: i for i, day in enumerate(wanted)}
    shape = (len(wanted), round(DAY_S / step))
    seen, busy, by_team = np.zeros(shape), np.zeros(shape), np.zeros((len(parts.names), *shape))
    for served in served_by_agent(log):
        if served.day not in place:
            continue
        row = place[served.day]
        talk = _cover(served.begin, served.end, step, shape[1])
        seen[row] += talk > 0
        busy[row] += talk
        # Spells: calls whose gaps are short, joined.
        last = np.maximum.accumulate(served.end)
        gaps = served.begin[1:] - last[:-1]
        first = np.nonzero(np.concatenate(([True], gaps > AWAY_S)))[0]
        closing = last[np.append(first[1:] - 1, len(last) - 1)]
        # Before the first call of a spell and after the last the agent sat ready for about as long as between them.
        within = gaps[(gaps > 0) & (gaps <= AWAY_S)]
        ready = float(np.median(within)) if len(within) else 0.0
        by_team[parts.team_of(served.agent), row] += _cover(
            served.begin[first] - ready, closing + ready, step, shape[1]
        )
    if log.on_duty is not None and _tells_all(log, log.on_duty):
        by_team = _of_events(log.on_duty, parts, place, step, by_team.shape)
    else:
        by_team *= _unnamed(log)
    return Presence(tuple(wanted), step, seen, busy, by_team.sum(axis=0), by_team)


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
                span = np.array([begin / 1000 - day * DAY_S]), np.array([end / 1000 - day * DAY_S])
                found[parts.team_of(agent), place[day]] += _cover(*span, step, shape[2])
    return found


def _unnamed(log: CallLog) -> float:
    """Return by how much presence is to be raised for answered calls whose agent the log does not name."""
    named = int((log.answered & (log.agent >= 0)).sum())
    return float(log.answered.sum()) / named if named else 1.0


def _cover(begin: Floats, end: Floats, step: float, intervals: int) -> Floats:
    """Return the share of each interval that the spans cover (they may overlap: at most all of it)."""
    edges = np.arange(intervals + 1) * step
    covered = (np.clip(end[:, None], edges[:-1], edges[1:]) - np.clip(begin[:, None], edges[:-1], edges[1:])).sum(
        axis=0
    )
    return np.asarray(np.minimum(covered / step, 1.0))
