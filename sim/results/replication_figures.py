"""The figures of many replications, stacked into arrays once, so that no question goes through them one by one."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import overload

import numpy as np

from callcenter.lifecycle.measures import COUNTS
from sim.model.streams import Floats, Ints
from sim.results.figures import Figures


class ReplicationFigures(Sequence[Figures]):
    """Replications, and their tables with the replication as the last index."""

    def __init__(self, days: Sequence[Figures]) -> None:
        self._days = tuple(days)

    def __len__(self) -> int:
        return len(self._days)

    def __iter__(self) -> Iterator[Figures]:
        return iter(self._days)

    @overload
    def __getitem__(self, n: int) -> Figures: ...

    @overload
    def __getitem__(self, n: slice) -> "ReplicationFigures": ...

    def __getitem__(self, n: int | slice) -> "Figures | ReplicationFigures":
        return ReplicationFigures(self._days[n]) if isinstance(n, slice) else self._days[n]

    def counts(self, tier: int | None, interval: int | None) -> Ints:
        """Return `COUNTS` x replication, of a tier (None: all) in an interval (None: all)."""
        if interval is None:
            return np.asarray(self._of_day.sum(axis=0) if tier is None else self._of_day[tier])
        return np.asarray(self._of_all[interval] if tier is None else self._counts[tier, interval])

    @cached_property
    def controls(self) -> Floats:
        """Replication x what its callers happened to be: of no width where not all tell."""
        told = [day.controls for day in self._days]
        width = min(map(len, told), default=0)
        return np.array([each[:width] for each in told], np.float64).reshape(len(told), width)

    @cached_property
    def interval_sums(self) -> Floats:
        """Interval x what is added up in each x replication."""
        return np.ascontiguousarray(np.moveaxis(np.array([day.interval_sums for day in self._days]), 0, -1))

    @cached_property
    def _counts(self) -> Ints:
        """Tier x interval x `COUNTS` x replication."""
        shape = (*self._days[0].counts.shape[:2], len(COUNTS), len(self._days))
        found = np.empty(shape, np.int64)
        for n, day in enumerate(self._days):
            found[..., n] = day.counts
        return found

    @cached_property
    def _of_day(self) -> Ints:
        """Tier x `COUNTS` x replication."""
        return np.asarray(self._counts.sum(axis=1))

    @cached_property
    def _of_all(self) -> Ints:
        """Interval x `COUNTS` x replication."""
        return np.asarray(self._counts.sum(axis=0))


def stacked(days: Sequence[Figures]) -> ReplicationFigures:
    """Return replications beside each other, the same object where they are already."""
    return days if isinstance(days, ReplicationFigures) else ReplicationFigures(days)
