"""Agents on duty by team and interval as a scenario file has them: in whole numbers, as a log shows them at work."""

import numpy as np

from callcenter.config.tree import Tree
from callcenter.units import SECOND
from sim.analysis.fit.arrivals import WeekdayClass
from sim.analysis.fit.fitted import Fitted, People
from sim.analysis.fit.spelling import clock_text, days_text, duration_text, trimmed
from sim.analysis.fit.teams import Teams
from sim.model.streams import Floats, Ints


def staffing_of(fitted: Fitted, group: WeekdayClass) -> list[Tree]:
    """Return the staffing of the weekdays of a class; none where the log names no agents or not on these days."""
    there = fitted.presence
    if there is None:
        return []
    rows = [i for i, day in enumerate(there.days) if day in group.days]
    if not rows:
        return []
    agents = whole_agents(there.by_team[:, rows].mean(axis=1), there.seen[rows].mean(axis=0))
    return staffing_mapping(fitted.people.teams, agents, there.interval_s, days_text(group.weekdays))


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
            # One that has had more than its own owes, and is behind the others: not behind those who are away.
            team = int((np.where(here > 0, owed, -np.inf) if here.any() else owed).argmax())
            found[team, i] += 1
            owed[team] -= 1.0
    return found


def staffing_mapping(parts: Teams, agents: Ints, interval_s: float, weekdays: Tree) -> list[Tree]:
    """Return staffing by team and interval as a scenario has it."""
    staffs: list[Tree] = []
    for name, row in zip(parts.names, agents, strict=True):
        first, values = trimmed([float(n) for n in row])
        if values:
            staff: dict[str, Tree] = {
                "group": name,
                "from": clock_text(round(first * interval_s * SECOND)),
                "agents": [int(n) for n in values],
                "every": duration_text(interval_s),
                "weekdays": weekdays,
            }
            staffs.append(staff)
    return staffs


def one_each(people: People) -> list[Tree]:
    """Return one agent of every team all day: where a log does not tell how many there are."""
    return [{"group": name, "agents": 1} for name in people.teams.names]
