"""What is expected of each stream on each day, the same in every replication: when calls come, and how many.

Time: an interval is a stretch of the local wall clock, and its calls are a rate. Where clocks go forward over it there
is nothing of it and no call comes; where they go back over it, it comes twice, each time with its calls.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Final

import numpy as np
from scipy import special

from callcenter.errors import BadInput
from callcenter.scenario import Scenario, Stream, is_on
from callcenter.units import DAY, Millis
from sim.model.days import extent, midnights
from sim.model.once import once_for_each
from sim.model.streams import Floats, Ints, number_of

MOST_IN_TABLES: Final = 2_000_000
"""Numbers of all tables of the Poisson law together: 16 MB."""


@dataclass(frozen=True, slots=True)
class OfStream:
    """One stream on one day."""

    begin: Ints
    """Of each interval, ms since the first day lived begins; those that come a second time stand behind all others."""
    end: Ints
    calls: Floats
    """Expected of each interval, of all tiers together."""
    tiers: Ints
    """Whose calls come in the stream: index in `scenario.centre.tiers`."""
    shares: Floats
    """Of each of them; 1 in all."""
    numbers: tuple[int, int]
    """What its draws are keyed by."""
    poisson: "PoissonTable | None"
    """How many calls come in each interval; None: days differ in busyness, or tables would take too much memory."""


class Expected:
    """One scenario's streams."""

    def __init__(self, scenario: Scenario) -> None:
        """Look at all names.

        Raises:
            BadInput: a stream or a recorded call names a queue or an intent that the centre has not.
        """
        _check_names(scenario)
        self.scenario: Final = scenario
        self.base: Final[Millis] = midnights(scenario)[0]
        self.end: Final = _end(scenario, self.base)
        """When calls stop coming, ms since the base: the last day's end, or `length` into a stationary one."""
        self._found: dict[tuple[int, int], OfStream] = {}
        self._tables: dict[bytes, PoissonTable | None] = {}
        # Tables of a single replication would be looked up once: working them out takes longer than its calls.
        self._room = MOST_IN_TABLES if alike_in_busyness(scenario) and scenario.replications > 1 else 0

    def of(self, index: int, day: int) -> OfStream:
        """Return what is expected of a stream on a day; 0 is the first one measured.

        Raises:
            BadInput: it names a tier that the centre has not.
        """
        found = self._found.get((index, day))
        if found is None:
            stream = self.scenario.streams[index]
            tiers, shares = _mix(self.scenario, stream)
            # By name, not by place: a stream added before this one must not change its calls.
            numbers = number_of(f"stream {stream.name}"), day
            begin, end, calls = _stretches(self.scenario, stream, day)
            found = OfStream(begin, end, calls, tiers, shares, numbers, self._poisson(calls * shares.sum()))
            self._found[index, day] = found
        return found

    @cached_property
    def measured(self) -> tuple[float, float]:
        """Mean and variance of how many drawn calls come in the measured stretch; recorded ones are fixed."""
        horizon, lived = self.scenario.horizon, extent(self.scenario)
        means = np.zeros((len(horizon.lived), len(self.scenario.centre.tiers)))
        for row, number in enumerate(horizon.lived):
            for index, stream in enumerate(self.scenario.streams):
                if is_on(stream, number):
                    its = self.of(index, row - horizon.discard)
                    first = np.maximum(its.begin, lived.measured_from - self.base)
                    last = np.minimum(its.end, lived.measured_until - self.base)
                    inside = np.maximum(last - first, 0) / np.maximum(its.end - its.begin, 1)
                    np.add.at(means[row], its.tiers, its.shares * float(its.calls @ inside))
        mean = float(means.sum())
        busyness = self.scenario.busyness
        if busyness is None:
            return mean, mean
        alike = means.sum(axis=1) if busyness.common else means
        return mean, mean + busyness.cv**2 * float((alike**2).sum())

    def _poisson(self, means: Floats) -> "PoissonTable | None":
        """Return the table of these means, the one that is there where another day has the same."""
        key = means.tobytes()
        if key not in self._tables:
            size = PoissonTable.size(means)
            self._tables[key] = PoissonTable(means) if size <= self._room else None
            self._room -= size if self._tables[key] is not None else 0
        return self._tables[key]


@once_for_each
def expected(scenario: Scenario) -> Expected:
    """Return what is expected of a scenario's streams: worked out once for all of its replications.

    Raises:
        BadInput: a stream or a recorded call names a queue or an intent that the centre has not.
    """
    return Expected(scenario)


def alike_in_busyness(scenario: Scenario) -> bool:
    """Tell whether no day's busyness is drawn: each has the calls that are expected of it."""
    return scenario.busyness is None or scenario.busyness.cv == 0


def poisson_quantile(uniforms: Floats, means: Floats) -> Ints:
    """Return the smallest counts whose Poisson distribution function reaches `uniforms`.

    From a guess that is one off at most where some calls are expected, one by one to the count that is right.

    >>> poisson_quantile(np.array([0.0, 0.5, 0.999]), np.array([0.0, 3.0, 3.0])).tolist()
    [0, 3, 10]
    """
    uniforms, means = np.asarray(uniforms, dtype=np.float64), np.asarray(means, dtype=np.float64)
    z = special.ndtri(uniforms)
    with np.errstate(invalid="ignore"):
        near = np.floor(means + np.sqrt(means) * z + (z * z + 2) / 6)  # Cornish and Fisher, to the second term
    found: Floats = np.maximum(np.nan_to_num(near, nan=0.0, neginf=0.0), 0.0)
    too_few = special.pdtr(found, means) < uniforms
    wrong = np.flatnonzero(too_few)
    while len(wrong):
        found[wrong] += 1
        wrong = wrong[special.pdtr(found[wrong], means[wrong]) < uniforms[wrong]]
    wrong = np.flatnonzero(~too_few & (found > 0))
    while len(wrong := wrong[special.pdtr(found[wrong] - 1, means[wrong]) >= uniforms[wrong]]):
        found[wrong] -= 1
        wrong = wrong[found[wrong] > 0]
    return found.astype(np.int64)


class PoissonTable:
    """`poisson_quantile` of the same means again and again: their distribution functions, looked up.

    From ten standard deviations and more below the mean to as many above: no uniform of 53 bits lies beyond.
    """

    def __init__(self, means: Floats) -> None:
        self._first: Final = np.maximum(np.floor(means - 10 * np.sqrt(means) - 10), 0.0).astype(np.int64)
        places = self._first[:, None] + np.arange(self._width(means))
        self._reached: Final[Floats] = special.pdtr(places, means[:, None])

    @classmethod
    def size(cls, means: Floats) -> int:
        """Return how many numbers the table of so many means would hold."""
        return len(means) * cls._width(means)

    @staticmethod
    def _width(means: Floats) -> int:
        return int(20 * sqrt(means.max(initial=0.0))) + 80

    def quantile(self, uniforms: Floats) -> Ints:
        """Return the smallest counts whose distribution functions reach `uniforms`."""
        counts = self._first + (self._reached < uniforms[:, None]).sum(axis=1)
        return np.where(uniforms > 0, counts, 0)


def _mix(scenario: Scenario, stream: Stream) -> tuple[Ints, Floats]:
    """Return the tiers of `stream` and their shares."""
    names = [tier.name for tier in scenario.centre.tiers]
    mix = stream.tiers or ((scenario.centre.default_tier, 1.0),)
    tiers = np.array([place_of("tier", name, names, f"stream {stream.name!r}") for name, _ in mix], dtype=np.int64)
    shares = np.array([share for _, share in mix], dtype=np.float64)
    return tiers, shares / shares.sum()


def _check_names(scenario: Scenario) -> None:
    queues = [queue.name for queue in scenario.centre.queues]
    intents = [intent.name for intent in scenario.centre.intents]
    for stream in scenario.streams:
        place_of("queue", stream.queue, queues, f"stream {stream.name!r}")
        for name, _ in stream.intents:
            place_of("intent", name, intents, f"stream {stream.name!r}")
    for call in scenario.recorded:
        place_of("queue", call.queue, queues, "a recorded call")


def place_of(what: str, name: str, names: Sequence[str], where: str) -> int:
    """Return which of `names` it is.

    Raises:
        BadInput: none, said as `where` and `what`.
    """
    if name not in names:
        raise BadInput(
            "{where}: there is no {what} {name!r} in the centre (there is: {names})",
            where=where,
            what=what,
            name=name,
            names=", ".join(names) or "none",
        )
    return names.index(name)


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


def _end(scenario: Scenario, base: Millis) -> int:
    horizon, zone = scenario.horizon, scenario.centre.zone
    if horizon.length != DAY and horizon.run_off == 0:
        return zone.instant(horizon.measured[-1] * DAY + horizon.length) - base
    # A stream may run past midnight; the calls of the last day's night belong to it.
    return 2**62
