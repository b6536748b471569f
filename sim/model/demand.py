"""When calls reach the centre: the arrivals of a whole horizon, as sorted arrays, and the menu before the queue.

Each stream has, on each day, a table of draws of its own: a column for each interval, a row for each call of it. The
number of calls in an interval is the Poisson quantile of one uniform, so more volume adds calls below the rows that
were there; positions are uniform inside the interval. Thinning a faster process would give the same law, but there
every change of a rate moves the calls after it: with tables, a change of one stream, of one interval or of the
staffing leaves every other call as it was, down to its patience (common random numbers).

Days are numbered from the first that is measured, so that a day lived before it changes none of its draws.

Time: an interval is a stretch of the local wall clock, and its calls are a rate. Where clocks go forward over it there
is nothing of it and no call comes; where they go back over it, it comes twice, each time with its calls. Source of
the busyness model: Avramidis, Deslauriers and L'Ecuyer, "Modeling daily arrivals to a telephone call center",
Management Science 50(7), 2004.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from callcenter.errors import BadInput
from callcenter.scenario import Scenario, Stream, is_on
from callcenter.units import DAY, Millis
from sim.model import streams as draw
from sim.model.days import midnights
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
        return self._in_order([self.chance.keys(b.counts, *_numbers(self.scenario, b))[b.cells] for b in self._blocks])

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
        drawn = [self.chance.cells(purpose, b.counts, *_numbers(self.scenario, b))[b.cells] for b in self._blocks]
        found = np.concatenate(drawn or [np.empty(0)]) if len(drawn) != 1 else drawn[0]
        return found if self._order is None else found[self._order]

    def parts(self, purpose: str) -> Iterator[Floats]:
        """Yield `uniforms` in parts, so that little of them stands in memory at one time."""
        if len(self._blocks) != 1 or self._order is not None:
            yield self.uniforms(purpose)
            return
        block = self._blocks[0]
        drawn = self.chance.cells(purpose, block.counts, *_numbers(self.scenario, block))
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
    base = midnights(scenario)[0]
    _check_names(scenario)
    blocks = [
        _draw(scenario, chance, index, day)
        for day, number in enumerate(scenario.horizon.lived, -scenario.horizon.discard)
        for index, stream in enumerate(scenario.streams)
        if is_on(stream, number)
    ]
    if scenario.recorded:
        blocks.append(_recorded(scenario, base))
    blocks = [block for block in blocks if len(block.at)]
    at = _joined([block.at for block in blocks])
    tier = _joined([block.tier for block in blocks])
    order = None if (at[1:] >= at[:-1]).all() else in_order(at)
    if order is not None:
        at, tier = at[order], tier[order]
    return Arrivals(scenario, chance, base, at, tier, blocks, order)


def _joined(parts: list[Ints]) -> Ints:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


_PLACES_BITS = 25


def in_order(at: Ints) -> Ints:
    """Return the stable order of instants, ms: `np.argsort(at, kind="stable")`, several times sooner where it can be.

    Instant and place fit into one number, and numbers are sorted much faster than places are.
    """
    count = len(at)
    if count == 0 or count >= 1 << _PLACES_BITS or at.min() < 0 or at.max() >= 1 << 62 - _PLACES_BITS:
        return np.argsort(at, kind="stable")
    both = (at << _PLACES_BITS) | np.arange(count)
    both.sort()
    return np.asarray(both & ((1 << _PLACES_BITS) - 1))


def _numbers(scenario: Scenario, block: _Block) -> tuple[int, int]:
    # By name, not by place: a stream added before this one must not change its calls.
    name = scenario.streams[block.stream].name if block.stream != NONE else ""
    return number_of(f"stream {name}" if name or block.stream != NONE else "recorded"), block.day


def _check_names(scenario: Scenario) -> None:
    """Raise `BadInput` where a stream or a recorded call names a queue or an intent that the centre has not."""
    queues = [queue.name for queue in scenario.centre.queues]
    intents = [intent.name for intent in scenario.centre.intents]
    for stream in scenario.streams:
        _index("queue", stream.queue, queues, f"stream {stream.name!r}")
        for name, _ in stream.intents:
            _index("intent", name, intents, f"stream {stream.name!r}")
    for call in scenario.recorded:
        _index("queue", call.queue, queues, "a recorded call")


def _index(what: str, name: str, names: Sequence[str], where: str) -> int:
    if name not in names:
        raise BadInput(
            "{where}: there is no {what} {name!r} in the centre (there is: {names})",
            where=where,
            what=what,
            name=name,
            names=", ".join(names) or "none",
        )
    return names.index(name)


def _expected(scenario: Scenario, chance: Chance, stream: Stream, day: int) -> tuple[Ints, Floats]:
    """Return the tiers of `stream` and their weights on this day: shares times the day's busyness."""
    names = [tier.name for tier in scenario.centre.tiers]
    mix = stream.tiers or ((scenario.centre.default_tier, 1.0),)
    tiers = np.array([_index("tier", name, names, f"stream {stream.name!r}") for name, _ in mix], dtype=np.int64)
    weights = np.array([share for _, share in mix], dtype=np.float64)
    weights /= weights.sum()
    return tiers, weights * np.array([_busyness(scenario, chance, day, name) for name, _ in mix])


def _busyness(scenario: Scenario, chance: Chance, day: int, tier: str) -> float:
    """Return how busy the day is for `tier`: a gamma variable of mean 1."""
    if scenario.busyness is None or scenario.busyness.cv == 0:
        return 1.0
    shape = scenario.busyness.cv**-2
    whom = 0 if scenario.busyness.common else number_of(f"tier {tier}")
    return float(special.gammaincinv(shape, chance.one(draw.BUSYNESS, whom, day % 2**32)) / shape)


def poisson_quantile(uniforms: Floats, means: Floats) -> Ints:
    """Return the smallest counts whose Poisson distribution function reaches `uniforms`.

    >>> poisson_quantile(np.array([0.0, 0.5, 0.999]), np.array([0.0, 3.0, 3.0])).tolist()
    [0, 3, 10]
    """
    means = np.asarray(means, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        guess = np.ceil(np.nan_to_num(special.pdtrik(uniforms, means), nan=0.0))
    guess = np.maximum(guess, 0.0)
    below = np.maximum(guess - 1, 0.0)
    # pdtrik is real: rounding up can be one too many where it is whole but for an ulp.
    return np.asarray(np.where(special.pdtr(below, means) >= uniforms, below, guess)).astype(np.int64)


def _draw(scenario: Scenario, chance: Chance, index: int, day: int) -> _Block:
    """Return the calls of one stream on one day."""
    stream = scenario.streams[index]
    tiers, weights = _expected(scenario, chance, stream, day)
    nobody = np.empty(0, np.int64)
    block = _Block(index, day, nobody, nobody, nobody, nobody)
    numbers = _numbers(scenario, block)
    begin, end, share = _stretches(scenario, stream, day)
    means = share * weights.sum()
    counts = poisson_quantile(chance.rows(draw.COUNT, 1, len(means), *numbers)[0], means)
    if not counts.any():
        return block
    block.counts = counts
    block.at, block.cells = _placed(chance.cells(draw.POSITION, counts, *numbers), counts, begin, end)
    late = int(np.searchsorted(block.at, _end(scenario)))
    if late < len(block.at):
        block.at, block.cells = block.at[:late], block.cells[:late]
    if len(tiers) == 1:
        block.tier = np.broadcast_to(tiers[0], late)
    else:
        picks, ends = chance.cells(draw.TIER, counts, *numbers), np.cumsum(weights)[:-1] / weights.sum()
        block.tier = np.empty(late, np.int64)
        for first in range(0, late, BATCH_SIZE):
            part = slice(first, first + BATCH_SIZE)
            block.tier[part] = tiers[np.searchsorted(ends, picks[block.cells[part]], side="right")]
    return block


def _placed(inside: Floats, counts: Ints, begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return when the calls of each interval come, in order, and which of them each is.

    Args:
        inside: Where in its interval each comes, a share of it; one interval after another.
        counts: Calls of each interval.
        begin: Of each interval; those that come a second time stand behind all others.
        end: Of each interval.
    """
    at, which = np.empty(len(inside), np.int64), np.empty(len(inside), np.int64)
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
        order = in_order(came)
        at[cells] = came[order]
        np.add(order, first, out=which[cells])
        here = until
    return at, which


def _stretches(scenario: Scenario, stream: Stream, day: int) -> tuple[Ints, Ints, Floats]:
    """Return when calls of `stream` come on this day, and how many: begins and ends, ms since the base; expected calls.

    One for each interval, as long as the clocks let it be; then those that come a second time.
    """
    zone, horizon = scenario.centre.zone, scenario.horizon
    base = zone.instant(horizon.first_day * DAY)
    midnight = (horizon.measured.start + day) * DAY + stream.begin
    length = len(stream.calls) * stream.interval
    whole = zone.stretches(midnight, midnight + length)
    if len(whole) == 1 and bisect_right(zone.starts, whole[0][0]) == bisect_left(zone.starts, whole[0][1]):
        begin = whole[0][0] - base + np.arange(len(stream.calls), dtype=np.int64) * stream.interval
        expected = np.array(stream.calls, dtype=np.float64)
        return begin, begin + stream.interval, expected * stream.interval / stream.interval  # rounded as below
    first, again = [], []
    for i, calls in enumerate(stream.calls):
        local = midnight + i * stream.interval
        found = zone.stretches(local, local + stream.interval) or ((Millis(base), Millis(base)),)
        first.append((*found[0], calls))
        again += [(*later, calls) for later in found[1:]]
    begins, ends, calls_of = zip(*first, *again, strict=True)
    begin, end = np.array(begins, dtype=np.int64) - base, np.array(ends, dtype=np.int64) - base
    return begin, end, np.array(calls_of, dtype=np.float64) * (end - begin) / stream.interval


def _end(scenario: Scenario) -> int:
    """Return when calls stop coming, ms since the base: the last day's end, or `length` into a stationary one."""
    horizon, zone = scenario.horizon, scenario.centre.zone
    base = zone.instant(horizon.first_day * DAY)
    if horizon.length != DAY and horizon.run_off == 0:
        return zone.instant(horizon.measured[-1] * DAY + horizon.length) - base
    # A stream may run past midnight; the calls of the last day's night belong to it.
    return 2**62


def _recorded(scenario: Scenario, base: Millis) -> _Block:
    """Return the recorded calls; each is the row of its place in the log."""
    names = [tier.name for tier in scenario.centre.tiers]
    zone, first = scenario.centre.zone, scenario.horizon.first_day * DAY
    at = np.array([zone.instant(first + call.at) - base for call in scenario.recorded], dtype=np.int64)
    tier = np.array([_index("tier", call.tier, names, "a recorded call") for call in scenario.recorded], np.int64)
    return _Block(NONE, 0, np.array([len(at)]), np.arange(len(at), dtype=np.int64), at, tier)


def _clock(scenario: Scenario, base: Millis, at: Ints) -> Ints:
    """Return the local readings at `at`, ms after midnight: `Zone.local` for arrays."""
    zone = scenario.centre.zone
    instants = at + base
    which = np.maximum(np.searchsorted(np.array(zone.starts, dtype=np.int64), instants, side="right") - 1, 0)
    return np.asarray((instants + np.array(zone.offsets, dtype=np.int64)[which]) % DAY)


def _queues(scenario: Scenario, stream: Ints, recorded: Ints) -> Ints:
    names = [queue.name for queue in scenario.centre.queues]
    by_stream = [_index("queue", s.queue, names, f"stream {s.name!r}") for s in scenario.streams]
    by_record = [_index("queue", call.queue, names, "a recorded call") for call in scenario.recorded]
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
            known = [_index("intent", name, names, f"stream {stream.name!r}") for name, _ in stream.intents]
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
