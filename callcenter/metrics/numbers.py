"""Instruments: histograms, and meters of running time."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Labels = tuple[str, ...]
"""Values, in the order of the series' labels."""
Counts = defaultdict[Labels, int]
Fold = Callable[[Any], None]
"""What counts one event."""


Exemplar = tuple[str, float, int]
"""A contact whose value was counted, the value, and when (ms)."""


class Histogram:
    """Counts by size: `edges` are the greatest values of their buckets, what is greater comes last."""

    __slots__ = ("counts", "edges", "exemplars", "total")

    def __init__(self, edges: Iterable[float]) -> None:
        self.edges = tuple(sorted(set(edges)))
        self.counts = [0] * (len(self.edges) + 1)
        self.total: float = 0
        self.exemplars: dict[int, Exemplar] = {}
        """Bucket → the last that was counted in it, where it is known whose value it was."""

    def observe(self, value: float) -> None:
        """Count a value; one that equals an edge is in its bucket.

        >>> waits = Histogram((10, 20))
        >>> waits.observe(20), waits.observe(20.5), waits.counts, waits.total
        (None, None, [0, 1, 1], 40.5)
        """
        self.counts[bisect_left(self.edges, value)] += 1
        self.total += value

    def observe_of(self, contact: str, value: float, at: int) -> None:
        """Count a contact's value, and keep it as an example of its bucket.

        >>> waits = Histogram((10, 20))
        >>> waits.observe_of("c1", 3, 5_000), waits.exemplars
        (None, {0: ('c1', 3, 5000)})
        """
        bucket = bisect_left(self.edges, value)
        self.counts[bucket] += 1
        self.total += value
        self.exemplars[bucket] = (contact, value, at)


Samples = Mapping[Labels, float | Histogram]


class Meters:
    """Time that runs, added up by labels: known at any instant, for two additions at each end of a stretch.

    The sum of (end - begin) over ended and running stretches is `base` + running x now. A stretch counts by the share
    of an agent that it takes, in percent: three chats at a third each are one agent's time.
    """

    def __init__(self) -> None:
        self._base: defaultdict[Labels, int] = defaultdict(int)
        self._running: defaultdict[Labels, int] = defaultdict(int)
        self._shown: dict[Labels, int] = {}

    def show(self, labels: Labels) -> None:
        """Let it be there before anything is counted."""
        self._base[labels] += 0

    def begin(self, labels: Labels, at: int, percent: int = 100) -> None:
        self._base[labels] -= at * percent
        self._running[labels] += percent

    def end(self, labels: Labels, at: int, percent: int = 100) -> None:
        self._base[labels] += at * percent
        self._running[labels] -= percent

    def add(self, labels: Labels, ms: int, percent: int = 100) -> None:
        """Add a stretch that is over."""
        self._base[labels] += ms * percent

    def read(self, now: int) -> dict[Labels, float]:
        """Return the sums up to `now`, in seconds.

        None is ever less than it was: an end that was heard of late must not look like a counter's reset.
        """
        shown = self._shown
        for labels, base in self._base.items():
            shown[labels] = max(base + self._running[labels] * now, shown.get(labels, 0))
        return {labels: ms / 100_000 for labels, ms in shown.items()}

    def set_to(self, labels: Labels, ms: int, at: int) -> None:
        """Let the sum be `ms` at the instant `at`; what runs, runs on."""
        self._base[labels] = ms * 100 - self._running[labels] * at

    def begin_anew(self, at: int) -> None:
        """Let all sums be 0 at `at`."""
        self._shown.clear()
        for labels in self._base:
            self.set_to(labels, 0, at)

    def sums(self, at: int) -> dict[Labels, int]:
        """Return the sums at `at`, ms."""
        return {labels: (base + self._running[labels] * at) // 100 for labels, base in self._base.items()}
