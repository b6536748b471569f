"""Many days of one scenario that are lived stretch by stretch, with any number of agents: `stretch` from Python."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple
from weakref import finalize

import numpy as np

from callcenter.lifecycle.measures import COUNTS
from callcenter.scenario import Scenario
from sim.compiled import layout as at
from sim.compiled import stretch as st
from sim.compiled.callers import Table, people_of, philox_keys
from sim.compiled.calls import PLACE_SIZE
from sim.compiled.day import CannotTell
from sim.compiled.draws import CompiledChance
from sim.compiled.machine import machine_code
from sim.compiled.setting import Ground, bits
from sim.model import streams as draw
from sim.model.demand import arrivals
from sim.model.people import FirstAttempts, Paces
from sim.model.streams import Chance, Ints, number_of
from sim.run.columns import thresholds

_WORDS: Final = 500_000
"""Of memory for what comes up on a day, at first: some two thousand agents and calls at one time. More is taken for a
day that needs it."""
_LINES: Final = 32_000
"""Likewise, of each list of what is to happen or has."""
_MOST_WORDS: Final = 4_000_000
"""Of all days at one instant, kept: with more, memory would be short before a search is over, and nothing is told."""
_HEAD: Final = 7
_AT_ONCE: Final = 10_000
"""Words that the rest of one packed day may take, once its length without them is known to fit."""
_MORE: Final = 2_000
"""Words by which a packed day grows in a stretch, at first guess: memory that was in use is taken up again sooner."""


class Packed(NamedTuple):
    """Days as they stand at one instant."""

    words: Ints
    begins: Ints


class ResumedDays:
    """Some days, to be lived stretch by stretch from any instant at which they have been packed."""

    def __init__(self, scenario: Scenario, days: Sequence[int], edges: Sequence[int], most: Sequence[int]) -> None:
        """Draw the days.

        Args:
            scenario: What to live; its shifts and staffing are left aside.
            days: Replications.
            edges: Where the stretches begin, and the last one's end, UTC ms.
            most: Agents of each group at most, in the order of the centre.
        """
        self.scenario = replace(scenario, shifts=(), staffing=())
        self.edges, self._days = list(edges), list(days)
        centre = scenario.centre
        self._within = max(thresholds(scenario))
        self._order = sorted(range(len(centre.groups)), key=lambda g: centre.groups[g].name)
        self._bases = np.cumsum([0, *(most[g] for g in self._order)])
        groups = [centre.groups[g].name for g in self._order]
        self._people = [
            (f"{g}-s{k:03d}", g)
            for n, g in enumerate(groups)
            for k in range(1, self._bases[n + 1] - self._bases[n] + 1)
        ]
        self._tables: list[Table] = []
        self._firsts: list[Ints] = []
        ground = Ground(self.scenario)
        self._groups_at = np.array([ground.group_at[centre.groups[g].name] for g in self._order], np.int64)
        agents, count = int(self._bases[-1]), len(self._days)
        self._away, self._paces = np.zeros((count, agents), np.int64), np.zeros((count, agents), np.int64)
        words, begins = list[Ints](), [0]
        most_places = 0
        for n, day in enumerate(self._days):
            chance = CompiledChance(scenario.seed, day)
            drawn = arrivals(self.scenario, chance)
            first = FirstAttempts(drawn)
            table, customers = people_of(ground, first, drawn)
            self._tables.append(table)
            self._firsts.append(first.at)
            self._people_today(n, chance)
            words.append(self._start(ground, chance, first.at))
            begins.append(begins[-1] + len(words[-1]))
            most_places = max(most_places, customers * len(centre.queues))
        self._tables_at = np.array([table.memory.ctypes.data for table in self._tables], np.int64)
        self._counts = np.array([len(first) for first in self._firsts], np.int64)
        self._start_state = Packed(np.concatenate(words), np.array(begins, np.int64))
        places = PLACE_SIZE * most_places if ground.words[at.KNOWS_CUSTOMERS] else 0
        self._beside = agents + 1, places
        """Words that are the same in any room: to order agents in, and for lost places."""
        self._give_room(1)
        self._rows = len(centre.queues) * len(centre.tiers)
        self._play = machine_code("play")
        self._spare: list[Ints] = []
        """Memory of packed days that nobody has any longer: to be given pages anew costs a fifth of a stretch."""

    def arrivals(self) -> Ints:
        """Return first attempts, days x stretches."""
        return np.array([np.diff(np.searchsorted(first, self.edges)) for first in self._firsts], np.int64)

    def start(self) -> Packed:
        """Return the days before the first stretch: nobody is there."""
        return self._start_state

    def play(self, state: Packed, h: int, heads: Sequence[int], following: Sequence[int]) -> tuple[Packed, Ints]:
        """Live through stretch `h` with `heads` agents of each group rostered.

        Returns:
            The days at its end, and the counts of the calls that came in it, days x rows x counts; those undecided
            at the end are followed for as long as a threshold lasts, with `following` agents.

        Raises:
            CannotTell: a day came to something that is not compiled, or the days take too much memory.
        """
        room = len(state.words) * 5 // 4 + _MORE * len(self._days) + _AT_ONCE
        while (found := self._played(state, h, heads, following, room)) is None:
            room *= 2
        if len(found[0].words) > _MOST_WORDS:
            raise CannotTell
        return found

    def _played(
        self, state: Packed, h: int, heads: Sequence[int], following: Sequence[int], room: int
    ) -> tuple[Packed, Ints] | None:
        """Return what `play` does; None: the days after it take more than so many words."""
        count = len(self._days)
        after = self._room(room)
        room = len(after)
        cells = np.zeros((count, self._rows, len(COUNTS)), np.int64)
        begins = np.zeros(count + 1, np.int64)
        arrays = {
            st.S_MEMORY: self._memory,
            st.S_FROM: state.words,
            st.S_FROM_AT: state.begins,
            st.S_TO: after,
            st.S_TO_AT: begins,
            st.S_CELLS: cells,
            st.S_PEOPLE: self._tables_at,
            st.S_FIRST: self._counts,
            st.S_AWAY: self._away,
            st.S_HEADS: np.array([heads[g] for g in self._order], np.int64),
            st.S_FOLLOWING: np.array([following[g] for g in self._order], np.int64),
            st.S_BASES: self._bases,
            st.S_LIMITS: np.array(thresholds(self.scenario), np.int64),
            st.S_GROUPS_AT: self._groups_at,
            st.S_PACES: self._paces,
            st.S_ROOM: self._room_told,
            st.S_PEOPLE_CAPS: np.array([table.room for table in self._tables], np.int64),
        }
        told = np.zeros(st.S_SIZE, np.int64)
        for field, array in arrays.items():
            told[field] = array.ctypes.data
        end = self.edges[h + 1]
        for field, value in {
            st.S_DAYS: count,
            st.S_TO_MOST: room - _AT_ONCE,
            st.S_ROWS: self._rows,
            st.S_BEGIN: self.edges[h],
            st.S_END: end,
            st.S_LAST: end + self._within + 1,
            st.S_GROUPS: len(self._order),
            st.S_ROOM_N: len(self._room_told),
        }.items():
            told[field] = value
        why = self._play(told, told, 0, 0, 0)
        if why == st.NO_ROOM:
            return None
        if why <= st.CRAMPED:
            self._grow(st.CRAMPED - why)
            return self._played(state, h, heads, following, room)
        if why:
            raise CannotTell
        words = after[: begins[-1]]
        finalize(words, self._spare.append, after).atexit = False
        return Packed(words, begins), cells

    def _room(self, words: int) -> Ints:
        """Return memory for so many words at least; what is spare and too small is given back."""
        while self._spare:
            found = self._spare.pop()
            if len(found) >= words:
                return found
        return np.empty(words * 5 // 4, np.int64)

    def _give_room(self, times: int) -> None:
        """Take memory for a day, so many times what there is at first; days kept in less are taken up in it too."""
        words, lines = times * _WORDS, times * _LINES
        told, place = {at.CAPACITY: words}, words
        for buffer, (cap, size) in _BUFFERS.items():
            told[buffer], told[cap] = place, lines
            place += size * lines
        scratch, places = self._beside
        told[at.SCRATCH], told[at.PLACES] = place, place + scratch
        self._times = times
        self._memory = np.zeros(place + scratch + places, np.int64)
        self._room_told = np.array(list(told.items()), np.int64)

    def _grow(self, n: int) -> None:
        """Give more room to day `n`, which was cramped: in its table of people, or in memory."""
        table, memory = self._tables[n], self._memory
        times = self._times
        if memory[at.PEOPLE_CAP] - memory[at.PEOPLE_N] < 2:
            self._tables[n] = table = table.wider(2 * len(table) + 1024)
            self._tables_at[n] = table.memory.ctypes.data
        else:
            times *= 2
        self._give_room(times)  # anew: what the day has left in it would be taken for the next one's

    # --- the begin of a day

    def _people_today(self, n: int, chance: Chance) -> None:
        """Draw, for each agent, whether they are away on the day and how fast they are."""
        paces, share = Paces(self.scenario, chance), self.scenario.shrinkage
        today = self.scenario.horizon.first_day
        if share > 0:
            keys = np.array([number_of(f"agent {name}") for name, _ in self._people], np.int64)
            self._away[n] = chance.ones(draw.SHRINKAGE, keys, np.full(len(keys), today)) < share
        if paces.all_alike:
            self._paces[n] = bits(1.0)
        else:
            self._paces[n] = [bits(paces.of(name, group)) for name, group in self._people]

    def _start(self, ground: Ground, chance: Chance, first: Ints) -> Ints:
        """Return a day, packed, before anybody comes."""
        words, agents = ground.words.copy(), int(self._bases[-1])
        keys = philox_keys(ground, chance)
        words[words[at.PHILOX] : words[at.PHILOX] + len(keys)] = keys
        words[at.AGENTS] = len(words)
        words[at.AGENTS_END] = len(words) + agents * at.AGENT_SIZE
        words[at.TOP] = words[at.AGENTS_END] + agents * (words[at.MISSED_COUNT] + 1)
        words[at.NOW], words[at.KEEPS] = self.edges[0], 1
        words[at.EID] = 2**40  # who comes and goes at an instant does so before whatever else happens then
        count, begin = len(first), int(np.searchsorted(first, self.edges[0]))
        words[at.FIRST_ATTEMPTS] = words[at.PEOPLE_N] = count
        words[at.NEXT_CALL] = begin
        if begin < count:
            words[at.EID] += 1
            words[at.NEXT_AT], words[at.NEXT_EID] = int(first[begin]), words[at.EID]
        head = [len(words), words[at.TOP], words[at.AGENTS_END], 0, 0, 0, 0]
        assert len(head) == _HEAD
        behind = [0] * (words[at.TOP] - words[at.AGENTS_END])
        return np.array(head + words + behind, np.int64)


_BUFFERS: Final = {
    at.MOMENTS: (at.MOMENTS_CAP, at.MOMENT_SIZE),
    at.DEADLINES: (at.DEADLINES_CAP, 3),
    at.OUT: (at.OUT_CAP, at.EVENT_SIZE),
    at.ROWS: (at.ROWS_CAP, at.ROW_SIZE),
    at.SPANS: (at.SPANS_CAP, at.SPAN_SIZE),
    at.WRAPS: (at.WRAPS_CAP, at.WRAPPED_SIZE),
}
