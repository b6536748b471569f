"""Who is on duty on one day, as memory."""

from typing import Final

import numpy as np

from sim.compiled import layout as at
from sim.compiled.setting import Ground, bits
from sim.model.people import Paces
from sim.model.shifts import Duty
from sim.model.streams import Ints


class Seats:
    """Who is on duty, as memory: agents, and the moments at which they come, rest and go."""

    def __init__(self, ground: Ground, found: list[Duty], paces: Paces) -> None:
        self.names: Final = list(dict.fromkeys(duty.agent_id for duty in found))
        self.ground: Final = ground
        first = len(ground.words)
        words = ground.words + self._agents(first, {duty.agent_id: duty.group for duty in found}, paces)
        words[at.AGENTS], words[at.AGENTS_N] = first, len(self.names)
        self.words: Final[Ints] = np.array(words, np.int64)
        """The memory of a day before anybody comes, agents and all."""
        heap = sorted(
            (2 * instant + 1, n + 1, who * at.ACTS + act, more)
            for n, (instant, act, who, more) in enumerate(self._moments(first, found))
        )
        self.heap: Final[Ints] = np.array(heap, np.int64).reshape(-1, at.MOMENT_SIZE)
        """The moments, as the walk has them."""

    def _agents(self, first: int, groups: dict[str, str], paces: Paces) -> list[int]:
        """Return the records of the agents and what hangs on them; the first is to stand at `first`."""
        words = list[int]()
        behind = first + len(self.names) * at.AGENT_SIZE
        misses = self.ground.words[at.MISSED_COUNT] + 1
        for n, name in enumerate(self.names):
            record = [0] * at.AGENT_SIZE
            record[at.AGENT_INDEX], record[at.GROUP] = n, self.ground.group_at[groups[name]]
            record[at.NOT_READY_SINCE] = at.NONE
            record[at.MISSES] = behind + n * misses
            record[at.PACE] = bits(paces.of(name, groups[name]))
            words += record
        return words + [0] * (misses * len(self.names))

    def _moments(self, first: int, found: list[Duty]) -> list[tuple[int, int, int, int]]:
        """Return who comes, rests and goes when, in the order of `Staff.roster`: instant, act, who, what else."""
        place = {name: first + n * at.AGENT_SIZE for n, name in enumerate(self.names)}
        moments = list[tuple[int, int, int, int]]()
        for duty in found:
            who = place[duty.agent_id]
            moments.append((duty.begin, at.COME, who, duty.end))
            moments.append((duty.end, at.GO, who, 0))
            for begin, end in duty.breaks:
                moments += [(begin, at.REST, who, 0), (end, at.WORK_ON, who, 0)]
        return moments
