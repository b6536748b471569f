"""Events → the counts of the catalogue: one fold for a live service and a simulated day.

It keeps what the counts need of who waits, rings, talks and is promised a call, and forgets it when that ends: its
size follows the calls in hand, its label values the centre. A past that is known in part only (events are kept for
days, not for ever) counts as far as it is known.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from callcenter.centre import Centre
from callcenter.events import Event
from callcenter.metrics import catalogue as names
from callcenter.metrics.calls import CallCounts
from callcenter.metrics.catalogue import Series
from callcenter.metrics.handling import HandlingTimes
from callcenter.metrics.numbers import Counts, Fold, Histogram, Labels, Samples
from callcenter.metrics.tasks import TaskCounts
from callcenter.metrics.time_spent import TimeSpent


class Counting:
    """Counts what happened."""

    def __init__(self, centre: Centre) -> None:
        self.calls = CallCounts()
        self.tasks = TaskCounts(self.calls.offer_ends)
        self.time = TimeSpent()
        self.handling = HandlingTimes()
        self.folds: dict[type[Event], tuple[Fold, ...]] = {}
        """Event type → who counts it; events of other types change no count."""
        for part in (self.calls, self.tasks, self.time, self.handling):
            for kind, fold in part.folds.items():
                self.folds[kind] = (*self.folds.get(kind, ()), fold)
        self.adopt(centre)

    def state(self) -> dict[str, dict[str, Any]]:
        """Return everything that was counted and is kept to count on, by part: its attributes, or what it says."""
        others = {
            name: {key: value for key, value in vars(part).items() if key != "folds"}
            for name, part in vars(self).items()
            if name not in ("folds", "calls")
        }
        return {"calls": self.calls.state()} | others

    def go_on(self, state: dict[str, dict[str, Any]]) -> None:
        """Go on from a state."""
        for name, attributes in state.items():
            if name == "calls":
                self.calls.go_on(attributes)
            else:
                vars(getattr(self, name)).update(attributes)

    def adopt(self, centre: Centre) -> None:
        """Take another centre: a series born at 1 is invisible to `rate`, so all are born at 0."""
        self.calls.adopt(centre)
        self.tasks.adopt(centre)
        self.time.adopt(centre)
        self.handling.adopt(centre)

    def begin_anew(self, at: int) -> None:
        """Let all counts be 0 from `at` on; calls that came before count no more, tasks and agents go on."""
        self.calls.begin_anew()
        self.tasks.begin_anew()
        self.time.begin_anew(at)
        self.handling.begin_anew()

    def fold(self, events: Iterable[Event]) -> None:
        """Count what happened, oldest first."""
        folds = self.folds
        for event in events:
            for fold in folds.get(type(event), ()):
                fold(event)

    def counters(self) -> Iterator[tuple[Series, Counts]]:
        """Yield the plain counters that follow from events alone."""
        yield from self.calls.counters()
        yield from self.tasks.counters()

    def histograms(self) -> Iterator[tuple[Series, dict[Labels, Histogram]]]:
        """Yield the histograms that follow from events alone."""
        yield names.WAIT, self.calls.waits
        yield names.OUTCOME_WAIT, self.calls.outcome_waits
        yield names.TALK, self.handling.talk
        yield names.HANDLING, self.handling.handling

    def readings(self, now: int) -> Iterator[tuple[Series, Samples]]:
        """Yield what events come to by `now`, and the gauges that follow from them."""
        self.calls.pass_thresholds(now)
        yield from self.counters()
        yield from self.calls.readings(now)
        yield from self.time.readings(now)
        yield from self.handling.readings()
        yield from self.tasks.readings(now)
