"""The first minutes of a day, lived as they are driven: nobody rings afterwards, those on the line are served out."""

from callcenter.scenario import Scenario
from callcenter.units import MINUTE, Millis
from sim.model.shifts import Duty
from sim.run.driver import Day


class PartialDay(Day):
    """A day that ends early: so many minutes after the first person acts, or when its scenario does."""

    def __init__(self, scenario: Scenario, replication: int, minutes: float | None) -> None:
        super().__init__(scenario, replication, keep_records=True)
        self._minutes = minutes
        self._drains = True
        self.first = self.begin
        """When the first person acts."""

    def people_come(self) -> list[Duty]:
        """Schedule who comes when, and when it is over."""
        found = super().people_come()
        if self.env.moments:
            self.first = Millis(int(self.env.peek()))
        if self._minutes is not None:
            self.end = Millis(min(self.end, int(self.first + self._minutes * MINUTE)))
        return found

    def admit(self, number: int) -> None:
        """Let a call come, unless the time is up."""
        if self.now < self.end:
            super().admit(number)
