"""The agents of a log as a scenario's staffing: `simulate --agents-from LOG`."""

from dataclasses import replace

import numpy as np

from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.scenario import Scenario, Staffing
from callcenter.units import DAY, Millis
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.presence import presence
from sim.analysis.fit.staffing import whole_agents
from sim.analysis.fit.teams import everybody, teams


def with_agents_of(scenario: Scenario, log: CallLog, source: str) -> Scenario:
    """Return the scenario with the agents that a log shows, by weekday and interval, instead of its own.

    Args:
        scenario: Its groups stay: one takes all agents, several those of the log's teams of the same names.
        log: Names its agents.
        source: What to call it in a refusal.

    Raises:
        BadInput: the log names no agents, or teams that the scenario has no group for.
    """
    if not (log.answered & (log.agent >= 0)).any():
        raise BadInput(
            "{source}: names no agents (--agents-from): give a log that does, agent: COLUMN in the map", source=source
        )
    groups = [group.name for group in scenario.centre.groups]
    parts = everybody(log) if len(groups) == 1 else teams(log)
    named = groups if len(groups) == 1 else list(parts.names)
    missing = [name for name in named if name not in groups]
    if missing:
        raise BadInput(
            "{source}: its agents are the teams {names}, and the scenario has no group {missing!r} "
            "(there is: {groups}): fit the log first, and simulate what comes out",
            source=source,
            names=", ".join(parts.names),
            missing=missing[0],
            groups=", ".join(groups),
        )
    there = presence(log, None, parts)
    weekdays = np.array([weekday(day * DAY) for day in there.days])
    staffing = []
    for day in range(7):
        rows = np.nonzero((weekdays == day) & (there.seen.sum(axis=1) > 0))[0]
        if not len(rows):
            continue
        agents = whole_agents(there.by_team[:, rows].mean(axis=1), there.seen[rows].mean(axis=0))
        for group, row in zip(named, agents.tolist(), strict=True):
            if any(row):
                step = Millis(round(there.interval_s * 1000))
                staffing.append(Staffing(group, tuple(row), 0, step, (day,)))
    return replace(scenario, shifts=(), staffing=tuple(staffing))
