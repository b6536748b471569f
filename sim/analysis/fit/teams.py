"""Teams: which agents take the calls of which queues.

A log does not say what an agent may take, but it shows what they took. An agent who served while many calls of a queue
were answered, and took (next to) none of them, is not of that queue's team. With the calls of an interval shared out by
chance, the number of a queue that an agent takes is about Poisson; few chances prove nothing, and the agent is taken to
be able.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sim.analysis.fit.arrivals import interval_index, intervals_of
from sim.analysis.fit.calllog import CallLog
from sim.model.streams import Floats, Ints

ALL: Final = "agents"
"""The one team where everybody takes everything."""
SELDOM: Final = 0.2
"""An agent who took less than this part of what chance gives is not of the team …"""
LEVEL: Final = 1e-3
"""… if chance gives so little less often than this."""
MOST: Final = 12
"""More teams than this are joined, those first that lose least by it."""


@dataclass(frozen=True, slots=True)
class Teams:
    """Groups of agents who take the calls of the same queues; the largest first."""

    names: tuple[str, ...]
    takes: NDArray[np.bool_]
    """Whether a team takes a queue's calls, shape (teams, queues)."""
    of_agent: Ints
    """The team of each agent of the log."""

    def team_of(self, agent: int) -> int:
        """Return the team of an agent; one that the log did not know may take the most."""
        return int(self.of_agent[agent]) if agent < len(self.of_agent) else int(self.takes.sum(axis=1).argmax())

    @property
    def one(self) -> bool:
        """Whether everybody takes everything."""
        return len(self.names) == 1 and bool(self.takes.all())


def everybody(log: CallLog) -> Teams:
    """Return the one team of a log whose agents take every call."""
    agents = int(log.agent.max()) + 1 if len(log) else 0
    return Teams((ALL,), np.ones((1, len(log.queues)), np.bool_), np.zeros(agents, np.int64))


def teams(log: CallLog) -> Teams:
    """Return the teams that the log shows."""
    served = log.answered & (log.agent >= 0)
    if len(log.queues) == 1 or not served.any():
        return everybody(log)
    took, chance = _shares(log.only(served))
    able = (took > SELDOM * chance) | (special.pdtr(took, chance) > LEVEL)
    able[~able.any(axis=1)] = True  # served nothing that this log has
    takes, of_agent = np.unique(able, axis=0, return_inverse=True)
    takes, of_agent = _joined(takes, of_agent.reshape(-1), chance)
    order = np.argsort(-np.bincount(of_agent, weights=took.sum(axis=1), minlength=len(takes)), kind="stable")
    takes, of_agent = takes[order], np.argsort(order)[of_agent]
    found = Teams(tuple(_name(log.queues, row) for row in takes), takes, of_agent)
    return everybody(log) if found.one else found


def _shares(log: CallLog) -> tuple[Floats, Floats]:
    """Return what each agent took of each queue, and what chance would have given; shape (agents, queues)."""
    agents, queues = int(log.agent.max()) + 1, len(log.queues)
    cell = np.unique(log.day * intervals_of(log) + interval_index(log), return_inverse=True)[1]
    by_agent = np.zeros((int(cell.max()) + 1, agents))
    by_queue = np.zeros((len(by_agent), queues))
    np.add.at(by_agent, (cell, log.agent), 1.0)
    np.add.at(by_queue, (cell, log.queue), 1.0)
    took = np.zeros((agents, queues))
    np.add.at(took, (log.agent, log.queue), 1.0)
    return took, by_agent.T @ (by_queue / by_queue.sum(axis=1, keepdims=True))


def _joined(takes: NDArray[np.bool_], of_agent: Ints, chance: Floats) -> tuple[NDArray[np.bool_], Ints]:
    """Join teams until there are few enough: a small one takes over the queues of the one most like it."""
    while len(takes) > MOST:
        weight = np.zeros((len(takes), takes.shape[1]))
        np.add.at(weight, of_agent, chance)
        costs = [
            (float(weight[a][takes[a] != takes[b]].sum()), a, b)
            for a in range(len(takes))
            for b in range(len(takes))
            if a != b
        ]
        _, gone, kept = min(costs)
        of_agent = np.where(of_agent == gone, kept, of_agent)
        of_agent = of_agent - (of_agent > gone)
        takes = np.delete(takes, gone, axis=0)
    return takes, of_agent


def _name(queues: Sequence[str], takes: NDArray[np.bool_]) -> str:
    missing = [queue for queue, able in zip(queues, takes, strict=True) if not able]
    if not missing:
        return ALL
    named = [queue for queue, able in zip(queues, takes, strict=True) if able]
    return "not-" + "-".join(missing) if len(missing) < len(named) else "only-" + "-".join(named)
