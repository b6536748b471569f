"""Who is on duty on one day, as memory."""

from sim.compiled import layout as at
from sim.compiled.setting import Ground, bits
from sim.model.people import Paces
from sim.model.shifts import Duty


class Seats:
    """Who is on duty, as memory: agents, and the moments at which they come, rest and go."""

    def __init__(self, ground: Ground, found: list[Duty], paces: Paces) -> None:
        self.names = list(dict.fromkeys(duty.agent_id for duty in found))
        self.groups = {duty.agent_id: duty.group for duty in found}
        self._ground, self._found, self._paces = ground, found, paces

    def agents(self, first: int) -> list[int]:
        """Return the records of the agents and what hangs on them; the first is to stand at `first`."""
        words = list[int]()
        behind = first + len(self.names) * at.AGENT_SIZE
        misses = self._ground.words[at.MISSED_COUNT] + 1
        for n, name in enumerate(self.names):
            record = [0] * at.AGENT_SIZE
            record[at.AGENT_INDEX], record[at.GROUP] = n, self._ground.group_at[self.groups[name]]
            record[at.NOT_READY_SINCE] = at.NONE
            record[at.MISSES] = behind + n * misses
            record[at.PACE] = bits(self._paces.of(name, self.groups[name]))
            words += record
        return words + [0] * (misses * len(self.names))

    def moments(self, first: int) -> list[tuple[int, int, int, int]]:
        """Return who comes, rests and goes when, in the order of `Staff.roster`: instant, act, who, what else."""
        place = {name: first + n * at.AGENT_SIZE for n, name in enumerate(self.names)}
        moments = list[tuple[int, int, int, int]]()
        for duty in self._found:
            who = place[duty.agent_id]
            moments.append((duty.begin, at.COME, who, duty.end))
            moments.append((duty.end, at.GO, who, 0))
            for begin, end in duty.breaks:
                moments += [(begin, at.REST, who, 0), (end, at.WORK_ON, who, 0)]
        return moments
