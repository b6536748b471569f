"""Calls that find nobody on duty who could take them: what a planner has forgotten, told before a day is lived."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from callcenter.centre import Queue
from callcenter.scenario import Scenario, Shift, Staffing, is_on
from callcenter.skills import Levels, covers, levels, relaxed
from callcenter.units import DAY, MINUTE, Millis
from sim.model.streams import Floats

STEP = 5 * MINUTE
"""Time is looked at in steps of this length."""
STEPS = DAY // STEP
LEAST = 0.01
"""Share of a queue's calls that is worth a word."""


@dataclass(frozen=True, slots=True)
class Unserved:
    """Calls of a queue that come while nobody with their skills is on duty."""

    queue: str
    calls: float
    """Expected, on all measured days."""
    first: tuple[int, int]
    """Local day number and time of day (ms) of the first such step."""
    groups: tuple[str, ...]
    """Groups that could take them; none: no group has the skills."""


def unserved(scenario: Scenario) -> list[Unserved]:
    """Return, by queue, the expected calls that come to an open line while nobody who could take them is on duty.

    Queues that turn such callers away by a rule of their own (`join_empty: false`) are left out, breaks count as there,
    and a step of relaxation helps from the first second: what is told is never a mere delay.
    """
    days = scenario.horizon.measured
    there = {group.name: _there(scenario, group.name, days) for group in scenario.centre.groups}
    queues = [queue for queue in scenario.centre.queues if queue.join_empty]
    return [found for queue in queues for found in _of(scenario, queue, days, there)]


def shut_out(scenario: Scenario) -> list[tuple[str, float, float]]:
    """Return the queues most of whose calls come while they are closed: name, such calls, all calls."""
    days, zone = scenario.horizon.measured, scenario.centre.zone
    found = []
    for queue in scenario.centre.queues:
        closed = every = 0.0
        for day in days if queue.hours is not None else ():
            for stream in (s for s in scenario.streams if s.queue == queue.name and is_on(s, day)):
                by_step = _calls(stream.calls, stream.begin, stream.interval)
                for step in np.flatnonzero(by_step).tolist():
                    every += by_step[step]
                    at = zone.instant(day * DAY + step * STEP + STEP // 2)
                    closed += by_step[step] * (queue.hours is not None and not queue.hours.is_open(at))
        if closed > every / 2:
            found.append((queue.name, closed, every))
    return found


def _of(scenario: Scenario, queue: Queue, days: range, there: dict[str, Floats]) -> Iterator[Unserved]:
    every, calls, first, groups = 0.0, 0.0, None, tuple[str, ...]()
    for stream in scenario.streams:
        if stream.queue != queue.name or not any(stream.calls):
            continue
        needs = _least(queue, levels(dict((*queue.needs, *stream.skills))))
        able = tuple(group.name for group in scenario.centre.groups if covers(group.skills, needs))
        somebody = np.sum([there[name] for name in able], axis=0) if able else np.zeros((len(days), STEPS))
        expected = np.array([_calls(stream.calls, stream.begin, stream.interval) * is_on(stream, day) for day in days])
        every += float(expected.sum())
        lost = np.where(somebody > 0, 0.0, expected)
        for row, step in np.argwhere(lost > 0).tolist():
            local = days[row] * DAY + step * STEP
            if queue.hours is not None and not queue.hours.is_open(scenario.centre.zone.instant(local + STEP // 2)):
                continue
            calls += float(lost[row, step])
            at = (days[row], step * STEP)
            first, groups = (at if first is None else min(first, at)), able
    if first is not None and calls > LEAST * every:
        yield Unserved(queue.name, calls, first, groups)


def _least(queue: Queue, needs: Levels) -> Levels:
    """Return what is needed after the last step of relaxation."""
    for step in queue.relaxation:
        needs = relaxed(needs, step)
    return needs


def _calls(calls: tuple[float, ...], begin: int, interval: Millis) -> Floats:
    """Return a stream's calls of its own day by step."""
    edges = begin + interval * np.arange(len(calls) + 1)
    sums = np.concatenate([[0.0], np.cumsum(calls)])
    return np.diff(np.interp(np.arange(0, DAY + 1, STEP), edges, sums))


def _there(scenario: Scenario, group: str, days: range) -> Floats:
    """Return heads of a group on each day, by step; the shift of the evening before works on into the morning."""
    heads = np.zeros((len(days) + 2, STEPS))  # the day before, the days, the day after
    line = heads.reshape(-1)

    def add(day: int, begin: int, end: int, agents: int) -> None:
        start = (day - days.start + 1) * STEPS
        line[max(0, start + begin // STEP) : start - (-end // STEP)] += agents

    everybody: tuple[Shift | Staffing, ...] = (*scenario.shifts, *scenario.staffing)
    parts = [part for part in everybody if part.group == group]
    for day in range(days.start - 1, days.stop):
        for part in parts:
            if not is_on(part, day):
                continue
            if isinstance(part, Shift):
                add(day, part.begin, part.end, part.agents)
            else:
                for n, agents in enumerate(part.agents):
                    at = part.begin + n * part.interval
                    add(day, at, at + part.interval, agents)
    return heads[1:-1]
