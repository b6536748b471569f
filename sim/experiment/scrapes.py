"""One simulated day as Prometheus would have scraped it: the live service's series, read at regular instants."""

from array import array
from collections.abc import Iterator
from itertools import chain
from typing import Final

from callcenter import events as ev
from callcenter.metrics import catalogue as names
from callcenter.metrics.catalogue import Kind, Series
from callcenter.metrics.counting import Counting
from callcenter.metrics.numbers import Samples
from callcenter.metrics.text import family, flat, number
from callcenter.scenario import Scenario
from callcenter.units import HOUR, SECOND, Millis
from routing.explain.gauges import gauges
from sim.run.driver import Day
from sim.run.loop import Reactions
from sim.run.moments import Moment

EVERY: Final = Millis(30 * SECOND)
"""Between two scrapes: alerts look at five minutes, so ten of them at least."""
RUN_OFF: Final = Millis(HOUR)
"""Where days go on after the measured stretch: so long it is watched still, for those who wait then."""
UP: Final = Series("up", Kind.GAUGE, "0 or 1", (), "Whether the scrape went well: always, of a simulated day.", "1.")
UP_NOW: Final[Samples] = {(): 1}
TARGET: Final = 'instance="simulated",job="callcenter"'
"""The labels that a scrape adds."""


class WatchedDay(Day):
    """A day that is counted as it is lived, and read every so often within its measured stretch."""

    def __init__(self, scenario: Scenario, replication: int = 0, every: Millis = EVERY) -> None:
        self.counting = Counting(scenario.centre)
        self.instants: list[Millis] = []
        """When it was read."""
        self._every = every
        self._columns: dict[Series, dict[str, tuple[int, array[float]]]] = {}
        """Series → sample → at which reading it was first there, and its values from then on."""
        super().__init__(scenario, replication)
        self.watched_until = self.measured_until if self.end == self.measured_until else self.measured_until + RUN_OFF
        self.loop.at(self.measured_from, self._begin, "")

    def _heard_by(self, *folds: Reactions) -> None:
        counting = self.counting
        told = dict.fromkeys((ev.CallConnected, ev.CallAbandoned), self._tell)
        super()._heard_by(
            *folds, told, counting.calls.folds, counting.tasks.folds, counting.time.folds, counting.handling.folds
        )

    def _tell(self, event: ev.CallConnected | ev.CallAbandoned) -> None:
        """Let a call that leaves be scored by what it was told when it came."""
        band = self.customers.told.get(event.call_id)
        if band is not None:
            self.counting.calls.told(event.call_id, event.queued_at, band.p50_ms, band.p90_ms)

    def _begin(self, moment: Moment) -> None:
        self.counting.begin_anew(self.now)
        self._look(moment)

    def _look(self, moment: Moment) -> None:
        self._read()
        if self.now + self._every <= self.watched_until:
            self.loop.after(self._every, self._look, "")

    def run(self) -> "WatchedDay":
        """Live through it, and read it a last time when the last caller has gone."""
        super().run()
        if self.instants and self.instants[-1] < self.now <= self.watched_until + RUN_OFF:
            self._read()
        return self

    def _read(self) -> None:
        now = self.now
        place = len(self.instants)
        self.instants.append(now)
        readings = chain(self.counting.readings(now), gauges(self.engine.view(), self.scenario.centre, now))
        for series, samples in chain(((UP, UP_NOW),), readings):
            columns = self._columns.setdefault(series, {})
            for head, value in flat(series, samples):
                column = columns.get(head)
                if column is None:
                    column = columns[head] = (place, array("d"))
                column[1].append(value)

    def written(self) -> Iterator[str]:
        """Yield the readings as OpenMetrics with instants, family by family."""
        stamps = [f" {at / SECOND:.3f}\n" for at in self.instants]
        for series in (UP, *names.CATALOGUE):
            columns = self._columns.get(series)
            if columns is None:
                continue
            yield family(series)
            for head, (place, values) in columns.items():
                labelled = _with_target(head)
                yield "".join(
                    f"{labelled} {number(value)}{stamp}" for value, stamp in zip(values, stamps[place:], strict=False)
                )
        yield "# EOF\n"


def _with_target(head: str) -> str:
    """Return a sample's name and labels with those of the scrape.

    >>> _with_target('up'), _with_target('x{tier="vip"}')
    ('up{instance="simulated",job="callcenter"}', 'x{tier="vip",instance="simulated",job="callcenter"}')
    """
    return f"{head[:-1]},{TARGET}}}" if head.endswith("}") else f"{head}{{{TARGET}}}"
