"""What was counted since midnight: the counts less what they were then. The day is that of the centre's zone."""

from callcenter.hours import UTC, Zone
from callcenter.metrics.numbers import Counts, Labels
from callcenter.units import DAY


class Today:
    """Watches counts that only grow; told the time often, it begins a day with the first thing that happens in it."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._before: dict[Labels, int] = {}
        """The counts as the day began."""
        self._zone = UTC
        self.begun = 0
        """When the day began, ms; 0: nothing was heard yet."""
        self.until = 0
        """When the next day begins, ms."""

    def adopt(self, zone: Zone) -> None:
        """Take another zone: the day that goes on ends at the first midnight there."""
        if zone != self._zone:
            self._zone = zone
            if self.begun:
                self.until = self._midnight(self.begun, 1)

    def _midnight(self, at: int, days: int) -> int:
        return self._zone.instant((self._zone.local(at) // DAY + days) * DAY)

    def turn(self, at: int) -> None:
        """Begin another day if `at` lies in it."""
        if at >= self.until:
            self._before = dict(self._counts)
            self.begun, self.until = self._midnight(at, 0), self._midnight(at, 1)

    def begin_anew(self) -> None:
        """Let it be that nothing was counted today; the counts are 0."""
        self._before = {}

    def read(self, now: int) -> dict[Labels, int]:
        """Return what was counted since midnight."""
        self.turn(now)
        before = self._before
        return {labels: n - before.get(labels, 0) for labels, n in self._counts.items()}

    def go_on(self, begun: int, until: int, today: dict[Labels, int]) -> None:
        """Let the day be the one that began then, with so much counted in it; the counts are known already."""
        self.begun, self.until = begun, until
        self._before = {labels: n - today.get(labels, 0) for labels, n in self._counts.items()}
