"""The simulated days that a search tries its candidates on, over processes, with each day's state every half hour.

A day belongs to one process for the whole search; which one makes no difference to what comes out, for a day's
chance comes from the scenario's seed and the day's number alone.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from callcenter.scenario import Scenario, Staffing
from callcenter.units import DAY
from sim.experiment.engines import Engine, choose
from sim.experiment.workers import hired
from sim.model.streams import Ints
from sim.planning.staffing.whole import lived

if TYPE_CHECKING:
    from sim.compiled.resumed import Packed, ResumedDays

Heads = tuple[int, ...]
"""Agents of each group, in the order of the centre."""
Tried = tuple[int, Heads, Heads]
"""Interval, agents there, agents in what follows."""

BACK: Final = 5
"""So many intervals back, days can be lived again at once; further back, from the last of every so many."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Which days: one measured day of a scenario, many times over."""

    scenario: Scenario
    edges: tuple[int, ...]
    """Instants at which the intervals begin, and the last one's end, UTC ms."""
    numbers: tuple[int, ...]
    """Replications of the days."""
    most: Heads = ()
    """Agents of each group at most."""
    before: tuple[Heads, ...] = ()
    """Agents in the intervals before the first one, so that the day begins as the day before left it."""

    @property
    def days(self) -> int:
        """How many days."""
        return len(self.numbers)

    def intervals(self) -> int:
        """Return how many intervals the day has."""
        return len(self.edges) - 1


def edges_of(scenario: Scenario) -> tuple[int, ...]:
    """Return where the intervals of the first measured day begin and end, UTC ms."""
    zone, day = scenario.centre.zone, scenario.horizon.measured.start
    return tuple(range(zone.instant(day * DAY), zone.instant((day + 1) * DAY) + 1, scenario.interval))


def curves(scenario: Scenario, plan: Sequence[Heads], like: Staffing | None = None) -> tuple[Staffing, ...]:
    """Return a plan as a scenario's staffing, one curve for each group, on the days of `like` (None: every day)."""
    return tuple(
        replace(like or Staffing(group.name, ()), group=group.name, agents=tuple(heads[g] for heads in plan),
                begin=0, interval=scenario.interval)
        for g, group in enumerate(scenario.centre.groups)
    )  # fmt: skip


def setting(scenario: Scenario, numbers: Sequence[int], *, most: Heads = (), before: Sequence[Heads] = ()) -> Setting:
    """Return the days to try candidates on; `most`: agents of each group at most, where stretches are played."""
    return Setting(scenario, edges_of(scenario), tuple(numbers), tuple(most), tuple(before))


def can_stop(scenario: Scenario) -> bool:
    """Tell whether the scenario's days can be lived stretch by stretch: where they are lived compiled."""
    return choose(scenario).engine is Engine.COMPILED


class TooMuchAtOnce(Exception):  # not a fault: such days are lived whole
    """A stretch has more calls and agents than days that stop and go on have room for."""


class Shard:
    """Some of the days, in one process.

    Of the days' states the last are kept, and all those that stand at one of so many intervals; others are lived again
    from there.
    """

    EVERY: Final = 4
    AFTER_TRIES: Final = 20_000_000
    """Words of days at most that are kept after what was tried: those tried first are lived again if they are taken."""

    def __init__(self, where: Setting, replications: Sequence[int]) -> None:
        self._where, self._replications = where, list(replications)
        self._states: dict[int, Packed] = {}
        self._plan: dict[int, Heads] = {}
        self._tried: dict[Tried, tuple[Packed | None, Ints]] = {}
        """What was tried → the days after it, where they are kept, and what they counted."""
        self._kept: tuple[dict[int, Packed], dict[int, Heads], dict[Tried, tuple[Packed | None, Ints]]] = {}, {}, {}
        self._days: ResumedDays

    def begin(self) -> None:
        """Bring every day to the start of the first interval, to be played interval by interval."""
        from sim.compiled.resumed import ResumedDays

        where = self._where
        early = len(where.before)
        edges = [where.edges[0] - n * where.scenario.interval for n in range(early, 0, -1)] + list(where.edges)
        self._days = ResumedDays(where.scenario, self._replications, edges, where.most)
        self._states = {-early: self._days.start()}
        for h, heads in enumerate(where.before, -early):
            self.play(h, heads, heads)
            self.commit(h, heads)

    def arrivals(self) -> Ints:
        """Return first attempts, days x intervals."""
        return self._days.arrivals()[:, len(self._where.before) :]

    def play(self, h: int, heads: Heads, following: Heads) -> Ints:
        """Try `heads` in interval `h` on every day; return days x rows x counts."""
        tried = self._tried.get((h, heads, following))
        if tried is None:
            self._tried[h, heads, following] = tried = self._played(self._state(h), h, heads, following)
            self._let_go()
        return tried[1]

    def _let_go(self) -> None:
        """Keep no more days after what was tried than there is room for."""
        words = 0
        for what, (after, counts) in reversed(self._tried.items()):
            words += 0 if after is None else len(after.words)
            if words > self.AFTER_TRIES:
                self._tried[what] = None, counts

    def _played(self, state: "Packed", h: int, heads: Heads, following: Heads) -> "tuple[Packed, Ints]":
        from sim.compiled.day import CannotTell

        try:
            return self._days.play(state, h + len(self._where.before), heads, following)
        except CannotTell:
            raise TooMuchAtOnce from None

    def _state(self, h: int) -> "Packed":
        """Return the days at the start of interval `h`, with the plan lived so far."""
        at = h
        while at not in self._states:
            at -= 1
        for n in range(at, h):
            heads = self._plan[n]
            self._states[n + 1], _ = self._played(self._states[n], n, heads, heads)
            self._forget(n - BACK)
        return self._states[h]

    def _forget(self, h: int) -> None:
        if h % self.EVERY and h in self._states:
            del self._states[h]

    def whole(self, plan: Sequence[Heads]) -> tuple[Ints, Ints]:
        """Live through every day with a plan, by the engine.

        Returns:
            Counts, days x intervals x rows x counts; first attempts, days x intervals.
        """
        where = self._where
        scenario = replace(where.scenario, shifts=(), staffing=curves(where.scenario, plan))
        counts, came = zip(*(lived(scenario, where.edges, number) for number in self._replications), strict=True)
        return np.stack(counts), np.stack(came)

    def commit(self, h: int, heads: Heads) -> None:
        """Let interval `h` have been lived with `heads`, which have been tried: the next one begins from there."""
        self._states = {n: state for n, state in self._states.items() if n <= h}
        after = next((state for (n, mine, _), (state, _) in self._tried.items() if (n, mine) == (h, heads)), None)
        if after is None:
            after, _ = self._played(self._state(h), h, heads, heads)
        self._states[h + 1], self._plan[h] = after, heads
        self._forget(h - BACK)
        self._tried = {what: tried for what, tried in self._tried.items() if what[0] == h}

    def keep(self) -> None:
        """Remember every state, for `undo`."""
        self._kept = dict(self._states), dict(self._plan), dict(self._tried)

    def undo(self) -> None:
        """Go back to the states at the last `keep`."""
        states, plan, tried = self._kept
        self._states, self._plan, self._tried = dict(states), dict(plan), dict(tried)


_shard: Shard | None = None


def _take_up(where: Setting, replications: Sequence[int]) -> None:
    global _shard  # noqa: PLW0603  # a worker process keeps its days all its life
    _shard = Shard(where, replications)


def _play(h: int, heads: Heads, following: Heads) -> Ints:
    assert _shard is not None
    return _shard.play(h, heads, following)


def _live(plan: Sequence[Heads]) -> tuple[Ints, Ints]:
    assert _shard is not None
    return _shard.whole(plan)


def _arrivals() -> Ints:
    assert _shard is not None
    return _shard.arrivals()


def _do(what: str, *arguments: Any) -> None:
    assert _shard is not None
    getattr(_shard, what)(*arguments)


class Rig:
    """All the days; `with Rig(where, processes) as rig:`, as often as they are needed: each time they begin anew."""

    def __init__(self, where: Setting, processes: int) -> None:
        self.where = where
        self.played = 0
        """Stretches tried so far (each on every day)."""
        count = max(1, min(processes, where.days))
        self._mine = [list(where.numbers[k::count]) for k in range(count)]
        self._here: Shard | None = None
        self._workers: list[ProcessPoolExecutor] = []
        self._hired = ExitStack()

    def __enter__(self) -> "Rig":
        if len(self._mine) == 1:
            self._here = Shard(self.where, self._mine[0])
            return self
        # A pool of one worker each: a day's states stay with the process that lived it.
        self._workers = [self._hired.enter_context(hired(1, _take_up, self.where, mine)) for mine in self._mine]
        return self

    def __exit__(self, *why: object) -> None:
        self._hired.__exit__(*why)  # type: ignore[arg-type]

    def play(self, h: int, heads: Heads, following: Heads) -> Ints:
        """Try `heads` in interval `h` on every day; return days x tiers x counts, in order of replication."""
        self.played += 1
        if self._here is not None:
            return self._here.play(h, heads, following)
        return self._whole([worker.submit(_play, h, heads, following) for worker in self._workers])

    def whole(self, plan: Sequence[Heads]) -> tuple[Ints, Ints]:
        """Live through every day with a plan.

        Returns:
            Counts, intervals x days x rows x counts; first attempts, days x intervals.
        """
        if self._here is not None:
            counts, came = self._here.whole(plan)
        else:
            running = [worker.submit(_live, list(plan)) for worker in self._workers]
            parts = [future.result() for future in running]
            counts, came = (self._in_order([part[n] for part in parts]) for n in range(2))
        return counts.swapaxes(0, 1), came

    def begin(self) -> None:
        """Bring every day to the start of the first interval, to be played interval by interval."""
        self._all("begin")

    def arrivals(self) -> Ints:
        """Return first attempts, days x intervals."""
        if self._here is not None:
            return self._here.arrivals()
        return self._whole([worker.submit(_arrivals) for worker in self._workers])

    def _whole(self, running: list[Future[Ints]]) -> Ints:
        return self._in_order([future.result() for future in running])

    def _in_order(self, parts: list[Ints]) -> Ints:
        whole = np.empty((self.where.days, *parts[0].shape[1:]), np.int64)
        for k, part in enumerate(parts):
            whole[k :: len(parts)] = part
        return whole

    def commit(self, h: int, heads: Heads) -> None:
        """Let interval `h` have been lived with `heads`."""
        self._all("commit", h, heads)

    def keep(self) -> None:
        """Remember every state, for `undo`."""
        self._all("keep")

    def undo(self) -> None:
        """Go back to the states at the last `keep`."""
        self._all("undo")

    def _all(self, what: str, *arguments: Any) -> None:
        if self._here is not None:
            act: Callable[..., None] = getattr(self._here, what)
            act(*arguments)
            return
        running: list[Future[None]] = [worker.submit(_do, what, *arguments) for worker in self._workers]
        for future in running:
            future.result()
