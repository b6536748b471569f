"""Part of a simulated day: from a time of day on, for some minutes; calls begun by then are served to their end."""

from typing import Final

from callcenter.scenario import Scenario
from callcenter.units import DAY, MINUTE, Millis
from sim.model.shifts import Duty
from sim.run.driver import Day

BEFORE: Final = Millis(5 * MINUTE)
"""Calls of so long before a stretch that begins in the middle of a day come too: nobody finds a desk at rest."""


class PartialDay(Day):
    """A day that is joined late or ends early: so many minutes after the first person acts, or when its scenario does.

    `since`: ms after local midnight of the first day. Who came before it is there; what happened before is passed over.
    """

    def __init__(self, scenario: Scenario, replication: int, minutes: float | None, since: int | None = None) -> None:
        super().__init__(scenario, replication, keep_records=True)
        self._minutes = minutes
        self._drains = True
        self.arriving.lets_in = self._lets_in
        self.first = self.begin
        """When the first person acts, or the stretch begins."""
        zone, day = scenario.centre.zone, scenario.horizon.first_day
        self._since = None if since is None else zone.instant(Millis(day * DAY + since))

    def people_come(self) -> list[Duty]:
        """Schedule who comes when, and when it is over."""
        found = super().people_come()
        if self.env.moments:
            self.first = Millis(int(self.env.peek()))
        if self._since is not None:
            self.first = max(self.first, self._since)
        if self._minutes is not None:
            self.end = Millis(min(self.end, int(self.first + self._minutes * MINUTE)))
        return found

    def _lets_in(self) -> bool:
        """Tell whether a call may come now: its time is not over, and the stretch near."""
        return self.now < self.end and (self._since is None or self.now >= self._since - BEFORE)
