"""One replication under the compiled path: what `sim.run.driver.Day` is under SimPy."""

from typing import Any, Final

import numpy as np

from callcenter.scenario import Scenario
from callcenter.units import DAY
from sim.compiled import layout as at
from sim.compiled.callers import people_of, philox_keys
from sim.compiled.calls import PLACE_SIZE
from sim.compiled.draws import CompiledChance
from sim.compiled.folded import Stretch, Sums
from sim.compiled.jit import Memory
from sim.compiled.kept import KeptCalls, KeptRows
from sim.compiled.machine import machine_code
from sim.compiled.roster import Seats
from sim.compiled.setting import Ground
from sim.compiled.walk import CLOSE, DRAIN, LIVE, UNFINISHED
from sim.model.days import extent
from sim.model.demand import arrivals
from sim.model.once import once_for_each
from sim.model.people import FirstAttempts, Paces
from sim.model.shifts import duties
from sim.model.streams import Chance, Ints
from sim.results.figures import Figures
from sim.run.driver import RUN_OFF_STEP

SLICE: Final = 100_000
"""Moments between two looks at whether somebody has pressed Ctrl-C: some tens of milliseconds."""
_SHARE, _WORDS = 12, 400
"""Lines and words of room for each thing: more than `walk` asks for, so that it goes on for a while."""


class CannotTell(Exception):
    """The day came to something that the compiled path does not tell."""


class CompiledDay:
    """One replication: the days of a scenario, lived through."""

    def __init__(
        self,
        scenario: Scenario,
        replication: int,
        *,
        keeps_rows: bool = False,
        keeps_calls: bool = False,
        counted: Stretch | None = None,
    ) -> None:
        """Draw the day.

        Args:
            scenario: What to live.
            replication: Which of its days.
            keeps_rows: Whether all that is written out is asked for afterwards (`written`).
            keeps_calls: Whether its calls are (`calls`).
            counted: The stretch whose calls count, where it is not the one that is measured.
        """
        self.scenario, self.replication = scenario, replication
        chance = CompiledChance(scenario.seed, replication)
        lived = extent(scenario)
        self.begin, self.end = lived.begin, lived.end
        self.measured_from, self.measured_until = lived.measured_from, lived.measured_until
        self._drains = lived.drains
        self.ground = _ground_of(scenario)
        self.written = KeptRows() if keeps_rows else None
        self.calls = KeptCalls() if keeps_calls else None
        self._counted = counted or Stretch(self.measured_from, self.measured_until, scenario.interval)
        drawn = arrivals(scenario, chance)
        self.callers = FirstAttempts(drawn)
        self.people, self.customers = people_of(self.ground, self.callers, drawn)
        self.seats = _seats_of(self.ground, chance)
        self.knows_customers = self.ground.words[at.KNOWS_CUSTOMERS] != 0
        self._ends_early = lived.runs_off and not self.knows_customers
        self._walk = machine_code()
        self.memory = self._begin(chance)

    def _begin(self, chance: Chance) -> Memory:
        """Return the memory at the begin of the day, as `Day.people_come` leaves it."""
        words, count = self.seats.words.copy(), len(self.callers)
        keys = philox_keys(self.ground, chance)
        words[words[at.PHILOX] : words[at.PHILOX] + len(keys)] = keys
        heap = self.seats.heap
        sizes = {
            at.MOMENTS: (at.MOMENTS_CAP, at.MOMENT_SIZE, len(heap) + 4096),
            at.DEADLINES: (at.DEADLINES_CAP, 3, 4096),
            at.OUT: (at.OUT_CAP, at.EVENT_SIZE, 4096),
            at.ROWS: (at.ROWS_CAP, at.ROW_SIZE, 4096),
            at.SPANS: (at.SPANS_CAP, at.SPAN_SIZE, 4096),
            at.WRAPS: (at.WRAPS_CAP, at.WRAPPED_SIZE, 4096),
        }
        top: int = len(words)
        for place, (cap, size, lines) in sizes.items():
            words[place], words[cap] = top, lines
            top += size * lines
        words[at.SCRATCH] = top
        top += len(self.seats.names) + 1
        words[at.PLACES] = top
        if self.knows_customers:
            top += PLACE_SIZE * self.customers * len(self.ground.centre.queues)
        self.sums = Sums(self.scenario, self._counted, top)
        top += self.sums.size
        words[at.TOP] = top
        memory = np.zeros(top + 2**18, np.int64)
        memory[: len(words)] = words
        memory[at.CAPACITY] = len(memory)
        memory[at.KEEPS] = bool(self.written or self.calls)
        self.sums.begin(memory)
        memory[words[at.MOMENTS] : words[at.MOMENTS] + heap.size] = heap.ravel()
        memory[at.MOMENTS_N] = memory[at.EID] = len(heap)
        if count:
            memory[at.EID] += 1
            memory[at.NEXT_AT], memory[at.NEXT_EID] = int(self.callers.at[0]), memory[at.EID]
        memory[at.NOW] = self.begin
        memory[at.FIRST_ATTEMPTS] = memory[at.PEOPLE_N] = count
        memory[at.PEOPLE_CAP] = self.people.room
        return memory

    # --- the walk

    def run(self) -> "CompiledDay":
        """Live through all days and return self; what is undecided at the end stays open.

        Raises:
            CannotTell: the day came to something that is not compiled.
        """
        if self._ends_early:
            self._run_off()
        else:
            self._on(LIVE, self.end)
        if self._drains:
            self._on(DRAIN, self.end + DAY)
        self._make_room()
        self._walk(self.memory, self.people.memory, CLOSE, 0, 0)
        self._write_out()
        return self

    @property
    def now(self) -> int:
        """The simulated instant."""
        return int(self.memory[at.NOW])

    def _run_off(self) -> None:
        """Live until the last call that is measured is over, as `Day._run_off` does."""
        self._on(LIVE, self.measured_until)
        left = self._walk(self.memory, self.people.memory, UNFINISHED, 0, 0)
        while left and self.now < self.end:
            self._on(LIVE, min(self.now + RUN_OFF_STEP, self.end))
            left = self._walk(self.memory, self.people.memory, UNFINISHED, 0, 0)

    def _on(self, what: int, until: int) -> None:
        """Walk on in slices, with a look at the world and more room in between."""
        while (why := self._walk(self.memory, self.people.memory, what, until, SLICE)) != at.DONE:
            if why == at.CANNOT:
                raise CannotTell
            if why == at.GROW:
                self._make_room()

    # --- room

    def _make_room(self) -> None:
        """Take what has been written out, and give more room to what is cramped."""
        self._write_out()
        memory = self.memory
        things = int(memory[at.LIVE_N]) + len(self.seats.names) + 64
        lines = _SHARE * things
        more = 0
        for cap, size, used in _GROWING:
            if memory[cap] - (memory[used] if used else 0) < lines:
                more += size * (2 * int(memory[cap]) + lines)
        free = _WORDS * things
        top = int(memory[at.TOP])
        if len(memory) - top < more + free:
            self.memory = np.zeros(max(2 * len(memory), top + more + 2 * free), np.int64)
            self.memory[: len(memory)] = memory
            memory = self.memory
            memory[at.CAPACITY] = len(memory)
        for place, (cap, size, used) in zip(_PLACES, _GROWING, strict=True):
            if memory[cap] - (memory[used] if used else 0) < lines:
                old, count = int(memory[place]), size * (int(memory[used]) if used else 0)
                fresh = int(memory[at.TOP])
                wanted = 2 * int(memory[cap]) + lines
                memory[fresh : fresh + count] = memory[old : old + count]
                memory[place], memory[cap] = fresh, wanted
                memory[at.TOP] += size * wanted
        if memory[at.PEOPLE_CAP] - memory[at.PEOPLE_N] < 2:
            self.people = self.people.wider(2 * len(self.people) + 1024)
            memory[at.PEOPLE_CAP] = self.people.room

    def _write_out(self) -> None:
        """Take the rows, stretches and after-call work that have been written, where they are kept."""
        for kept in (self.written, self.calls):
            if kept is not None:
                kept.take(self.memory)
        self.memory[at.ROWS_N] = self.memory[at.SPANS_N] = self.memory[at.WRAPS_N] = 0

    # --- what came of it

    def figures(self) -> Figures:
        """Return what the day came to."""
        found = self.sums.figures(self.memory, self.people.column(at.P_WAIT), self.tasks())
        found.self_served, found.hung_up_in_menu = self.callers.self_served, self.callers.hung_up_in_menu
        return found

    @property
    def refused(self) -> int:
        """Commands that were refused."""
        return int(self.memory[at.REFUSED])

    def tasks(self) -> Ints:
        """Return the records of callbacks, in the order in which they were promised."""
        m, found = self.memory, []
        record = int(m[at.TASK_RECORDS_HEAD])
        while record:
            found.append(record)
            record = int(m[record + at.TASK_NEXT])
        return np.asarray(m[np.array(found, np.int64)[:, None] + np.arange(at.TASK_RECORD_SIZE)])


@once_for_each
def _ground_of(scenario: Scenario) -> Ground:
    return Ground(scenario)


def _seats_of(ground: Ground, chance: Chance) -> Seats:
    """Return who is on duty: the same on every day of a scenario where nobody is away and all work alike."""
    if ground.scenario.shrinkage > 0 or not ground.words[at.ALIKE]:
        return _drawn_seats(ground, chance)
    return _seats_of_all(ground)


@once_for_each
def _seats_of_all(ground: Ground) -> Seats:
    return _drawn_seats(ground, Chance(ground.scenario.seed, 0))


def _drawn_seats(ground: Ground, chance: Chance) -> Seats:
    return Seats(ground, duties(ground.scenario, chance), Paces(ground.scenario, chance))


_PLACES: Final = (at.MOMENTS, at.DEADLINES, at.OUT, at.ROWS, at.SPANS, at.WRAPS)
_GROWING: Final[tuple[tuple[int, int, Any], ...]] = (
    (at.MOMENTS_CAP, at.MOMENT_SIZE, at.MOMENTS_N),
    (at.DEADLINES_CAP, 3, at.DEADLINES_N),
    (at.OUT_CAP, at.EVENT_SIZE, None),
    (at.ROWS_CAP, at.ROW_SIZE, at.ROWS_N),
    (at.SPANS_CAP, at.SPAN_SIZE, at.SPANS_N),
    (at.WRAPS_CAP, at.WRAPPED_SIZE, at.WRAPS_N),
)
