"""When calls reach the centre: the arrivals of a whole horizon, as sorted arrays, and the menu before the queue.

Each stream has, on each day, a table of draws of its own: a column for each interval, a row for each call of it. The
number of calls in an interval is the Poisson quantile of one uniform, so more volume adds calls below the rows that
were there; positions are uniform inside the interval. Thinning a faster process would give the same law, but there
every change of a rate moves the calls after it: with tables, a change of one stream, of one interval or of the
staffing leaves every other call as it was, down to its patience (common random numbers).

Days are numbered from the first that is measured, so that a day lived before it changes none of its draws.

What is expected, and when: `expected`. Source of the busyness model: Avramidis, Deslauriers and L'Ecuyer, "Modeling
daily arrivals to a telephone call center", Management Science 50(7), 2004.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from callcenter.scenario import Scenario, is_on
from callcenter.units import DAY, Millis
from sim.model import streams as draw
from sim.model.days import midnights
from sim.model.expected import Expected, alike_in_busyness, expected, place_of, poisson_quantile
from sim.model.laws import quantile_s, to_ms
from sim.model.streams import Chance, Floats, Ints, number_of

Bools = NDArray[np.bool_]

BATCH_SIZE: Final = 8192
"""Calls drawn together: what that takes of memory stays in the processor's cache."""
NONE = -1
"""No intent; no stream (a recorded call); no recorded call."""


@dataclass(slots=True)
class _Block:
    """The calls of one stream on one day: which cells of the table of draws they are."""

    stream: int
    day: int
    """0 is the first day measured."""
    numbers: tuple[int, int]
    """What its draws are keyed by."""
    counts: Ints
    """Calls of each column."""
    cells: Ints
    """Where each call's draws stand among those of the columns, one column after another."""
    at: Ints
    tier: Ints

    @property
    def recorded(self) -> Ints:
        """Which recorded call each is; NONE where none is."""
        return self.cells if self.stream == NONE else np.full(len(self.at), NONE, np.int64)


@dataclass
class Arrivals:
    """All calls of one replication, in order of arrival; arrays of one length.

    `at` is in ms since `base`, the UTC instant at which the first day lived begins (`base + at` is an instant of the
    engine). `key` names a call for later draws: `chance.one(purpose, key, attempt)`.
    """

    scenario: Scenario
    chance: Chance
    base: Millis
    at: Ints
    tier: Ints
    """Index in `scenario.centre.tiers`."""
    _blocks: list[_Block] = field(repr=False)
    _order: Ints | None = field(repr=False)
    """Of the calls of all blocks; None: as they stand."""

    def __len__(self) -> int:
        return len(self.at)

    # What not every simulation asks for is told when it is asked for.

    @cached_property
    def stream(self) -> Ints:
        """Index in `scenario.streams`, or NONE for a recorded call."""
        return self._in_order([np.full(len(b.at), b.stream, np.int64) for b in self._blocks])

    @cached_property
    def recorded(self) -> Ints:
        """Index in `scenario.recorded`, or NONE."""
        return self._in_order([block.recorded for block in self._blocks])

    @cached_property
    def queue(self) -> Ints:
        """Index in `scenario.centre.queues`."""
        return _queues(self.scenario, self.stream, self.recorded)

    @cached_property
    def day(self) -> Ints:
        """0 is the first day lived."""
        starts = np.array(midnights(self.scenario), np.int64) - self.base
        return np.asarray(np.minimum(np.searchsorted(starts, self.at, side="right") - 1, len(starts) - 2))

    @cached_property
    def clock(self) -> Ints:
        """Local reading when it came, ms after midnight (what `Rule.between` asks for)."""
        return _clock(self.scenario, self.base, self.at)

    @cached_property
    def key(self) -> Ints:
        """The name of each call for later draws."""
        return self._in_order([self.chance.keys(b.counts, *b.numbers)[b.cells] for b in self._blocks])

    @cached_property
    def intent(self) -> Ints:
        """Index in `scenario.centre.intents`, or NONE."""
        return _intents(self)

    @cached_property
    def measured(self) -> Bools:
        """Which calls belong to the days that are measured (not to those discarded, nor to the run-off)."""
        horizon = self.scenario.horizon
        return (self.day >= horizon.discard) & (self.day < horizon.discard + horizon.days)

    def uniforms(self, purpose: str) -> Floats:
        """Return one uniform for each call, fixed by the call and `purpose` alone (first attempts)."""
        drawn = [self.chance.cells(purpose, b.counts, *b.numbers)[b.cells] for b in self._blocks]
        found = np.concatenate(drawn or [np.empty(0)]) if len(drawn) != 1 else drawn[0]
        return found if self._order is None else found[self._order]

    def parts(self, purpose: str) -> Iterator[Floats]:
        """Yield `uniforms` in parts, so that little of them stands in memory at one time."""
        if len(self._blocks) != 1 or self._order is not None:
            yield self.uniforms(purpose)
            return
        block = self._blocks[0]
        drawn = self.chance.cells(purpose, block.counts, *block.numbers)
        for begin in range(0, len(block.cells), BATCH_SIZE):
            yield drawn[block.cells[begin : begin + BATCH_SIZE]]

    def _in_order(self, parts: list[Ints]) -> Ints:
        found = _joined(parts)
        return found if self._order is None else found[self._order]


def arrivals(scenario: Scenario, chance: Chance) -> Arrivals:
    """Return every call of the replication `chance` stands for, recorded ones among them.

    Raises:
        BadInput: a stream or a recorded call names a queue, tier or intent that the centre has not.
    """
    known = expected(scenario)
    blocks = [
        _draw(known, chance, index, day)
        for day, number in enumerate(scenario.horizon.lived, -scenario.horizon.discard)
        for index, stream in enumerate(scenario.streams)
        if is_on(stream, number)
    ]
    if scenario.recorded:
        blocks.append(_recorded(scenario, known.base))
    blocks = [block for block in blocks if len(block.at)]
    at = _joined([block.at for block in blocks])
    tier = _joined([block.tier for block in blocks])
    order = None
    if not (at[1:] >= at[:-1]).all():
        at, order = in_order(at)
        tier = tier[order]
    return Arrivals(scenario, chance, known.base, at, tier, blocks, order)


def _joined(parts: list[Ints]) -> Ints:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


_PLACES_BITS = 25


def in_order(at: Ints) -> tuple[Ints, Ints]:
    """Return instants, ms, in order, and which each is: `np.argsort(at, kind="stable")`, sooner where that can be.

    Instant and place fit into one number, and numbers are sorted much faster than places are.

    >>> in_order(np.array([30, 10, 30, 20]))
    (array([10, 20, 30, 30]), array([1, 3, 0, 2]))
    """
    count = len(at)
    if count == 0 or count >= 1 << _PLACES_BITS or at.min() < 0 or at.max() >= 1 << 62 - _PLACES_BITS:
        order = np.argsort(at, kind="stable")
        return at[order], order
    both = (at << _PLACES_BITS) | np.arange(count)
    both.sort()
    return both >> _PLACES_BITS, both & ((1 << _PLACES_BITS) - 1)


def _busyness(scenario: Scenario, chance: Chance, day: int, tiers: Ints) -> Floats:
    """Return how busy the day is for each of these tiers: gamma variables of mean 1."""
    if scenario.busyness is None or alike_in_busyness(scenario):
        return np.ones(len(tiers))
    shape = scenario.busyness.cv**-2
    names = [scenario.centre.tiers[tier].name for tier in tiers.tolist()]
    whom = [0 if scenario.busyness.common else number_of(f"tier {name}") for name in names]
    drawn = [chance.one(draw.BUSYNESS, number, day % 2**32) for number in whom]
    return np.array([float(special.gammaincinv(shape, one) / shape) for one in drawn])


def _draw(known: Expected, chance: Chance, index: int, day: int) -> _Block:
    """Return the calls of one stream on one day."""
    stream = known.of(index, day)
    weights = stream.shares * _busyness(known.scenario, chance, day, stream.tiers)
    means = stream.calls * weights.sum()
    nobody = np.empty(0, np.int64)
    block = _Block(index, day, stream.numbers, nobody, nobody, nobody, nobody)
    uniforms = chance.cells(draw.COUNT, np.ones(len(means), np.int64), *block.numbers)
    counts = poisson_quantile(uniforms, means) if stream.poisson is None else stream.poisson.quantile(uniforms)
    if not counts.any():
        return block
    block.counts = counts
    inside = chance.cells(draw.POSITION, counts, *block.numbers)
    block.at, block.cells = _placed(inside, counts, stream.begin, stream.end)
    late = int(np.searchsorted(block.at, known.end))
    if late < len(block.at):
        block.at, block.cells = block.at[:late], block.cells[:late]
    if len(stream.tiers) == 1:
        block.tier = np.broadcast_to(stream.tiers[0], late)
    else:
        picks, ends = chance.cells(draw.TIER, counts, *block.numbers), np.cumsum(weights)[:-1] / weights.sum()
        block.tier = np.empty(late, np.int64)
        for first in range(0, late, BATCH_SIZE):
            part = slice(first, first + BATCH_SIZE)
            block.tier[part] = stream.tiers[np.searchsorted(ends, picks[block.cells[part]], side="right")]
    return block


def _placed(inside: Floats, counts: Ints, begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return when the calls of each interval come, in order, and which of them each is.

    Args:
        inside: Where in its interval each comes, a share of it; one interval after another. It is written over.
        counts: Calls of each interval.
        begin: Of each interval; those that come a second time stand behind all others.
        end: Of each interval.
    """
    at, which = inside.view(np.int64), np.empty(len(inside), np.int64)
    parted = bool((begin[1:] >= end[:-1]).all())  # one part's calls come after all of the part before
    last = np.cumsum(counts)
    here = 0
    while here < len(counts):
        first = int(last[here] - counts[here])
        until = int(np.searchsorted(last, first + BATCH_SIZE, side="right")) if parted else len(counts)
        until = max(until, here + 1)
        cells, intervals = slice(first, int(last[until - 1])), slice(here, until)
        part = inside[cells] * np.repeat((end - begin)[intervals].astype(np.float64), counts[intervals])
        came = part.astype(np.int64)  # rounded down: none is below 0
        came += np.repeat(begin[intervals], counts[intervals])
        at[cells], order = in_order(came)
        np.add(order, first, out=which[cells])
        here = until
    return at, which


def _recorded(scenario: Scenario, base: Millis) -> _Block:
    """Return the recorded calls; each is the row of its place in the log."""
    names = [tier.name for tier in scenario.centre.tiers]
    zone, first = scenario.centre.zone, scenario.horizon.first_day * DAY
    at = np.array([zone.instant(first + call.at) - base for call in scenario.recorded], dtype=np.int64)
    tier = np.array([place_of("tier", call.tier, names, "a recorded call") for call in scenario.recorded], np.int64)
    return _Block(
        NONE, 0, (number_of("recorded"), 0), np.array([len(at)]), np.arange(len(at), dtype=np.int64), at, tier
    )


def _clock(scenario: Scenario, base: Millis, at: Ints) -> Ints:
    """Return the local readings at `at`, ms after midnight: `Zone.local` for arrays."""
    zone = scenario.centre.zone
    instants = at + base
    which = np.maximum(np.searchsorted(np.array(zone.starts, dtype=np.int64), instants, side="right") - 1, 0)
    return np.asarray((instants + np.array(zone.offsets, dtype=np.int64)[which]) % DAY)


def _queues(scenario: Scenario, stream: Ints, recorded: Ints) -> Ints:
    names = [queue.name for queue in scenario.centre.queues]
    by_stream = [place_of("queue", s.queue, names, f"stream {s.name!r}") for s in scenario.streams]
    by_record = [place_of("queue", call.queue, names, "a recorded call") for call in scenario.recorded]
    # The last place answers for NONE, which counts from the end.
    return np.where(
        stream == NONE,
        np.array([*by_record, NONE], np.int64)[recorded],
        np.array([*by_stream, NONE], np.int64)[stream],
    )


def _intents(found: Arrivals) -> Ints:
    """Return the intents of calls: one uniform each, against the shares of their stream; the rest has none."""
    scenario, intents = found.scenario, np.full(len(found), NONE, np.int64)
    if not any(stream.intents for stream in scenario.streams):
        return intents
    names = [intent.name for intent in scenario.centre.intents]
    uniforms = found.uniforms(draw.INTENT)
    for index, stream in enumerate(scenario.streams):
        if stream.intents:
            mine = found.stream == index
            known = [place_of("intent", name, names, f"stream {stream.name!r}") for name, _ in stream.intents]
            ends = np.cumsum([share for _, share in stream.intents])
            picked = np.searchsorted(ends, uniforms[mine], side="right")
            intents[mine] = np.array([*known, NONE], np.int64)[picked]
    return intents


@dataclass(frozen=True, slots=True)
class MenuStage:
    """What the voice menu does with each call; arrays of one length."""

    time: Ints
    """In the menu, ms; the call reaches the desk (or leaves) this much after it came."""
    self_served: Bools
    hung_up: Bools


def menu_stage(found: Arrivals) -> MenuStage:
    """Return what the menu does with every call: the two shares are of all calls that enter it."""
    menu = found.scenario.menu
    nobody = np.zeros(len(found), dtype=np.bool_)
    if menu is None:
        return MenuStage(np.zeros(len(found), np.int64), nobody, nobody.copy())
    names = [tier.name for tier in found.scenario.centre.tiers]
    skip = np.isin(found.tier, [names.index(name) for name in menu.skipped_by if name in names])
    time = np.where(skip, 0, to_ms(quantile_s(menu.time, found.uniforms(draw.MENU_TIME))))
    end = found.uniforms(draw.MENU_END)
    self_served = ~skip & (end < menu.self_service)
    hung_up = ~skip & ~self_served & (end < menu.self_service + menu.hang_up)
    return MenuStage(time, self_served, hung_up)
