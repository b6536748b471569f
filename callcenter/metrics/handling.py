"""How long conversations take, and how much work comes with them: talk, and handling with the after-call work."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.late_reports import when
from callcenter.metrics import catalogue as names
from callcenter.metrics.catalogue import Series
from callcenter.metrics.numbers import Fold, Histogram, Labels, Samples
from callcenter.units import SECOND

TALK_BUCKETS_S: Final = (15, 30, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1800, 3600)


class _Talk(NamedTuple):
    """A conversation: whose, and since when; once it is over, how long it took."""

    queue: str
    contact: str
    at: int
    ms: int = 0


class HandlingTimes:
    """Counts conversations by their length; keeps those that go on, and the after-call work of those that are over."""

    def __init__(self) -> None:
        self.talk: dict[Labels, Histogram] = {}
        self.handling: dict[Labels, Histogram] = {}
        self._talks: dict[str, _Talk] = {}
        self._over: tuple[str, _Talk] | None = None
        """The call whose conversation ended last: its wrap-up begins with the next event, or never."""
        self._wraps: dict[tuple[str, str], _Talk] = {}
        """Agent and call → a conversation that is over, and its after-call work goes on."""
        self.folds: dict[type[ev.Event], Fold] = {
            ev.CallConnected: self._connected,
            ev.CallCompleted: self._ended,
            ev.CallFailed: self._ended,
            ev.WrapUpStarted: self._wrap_up_started,
            ev.WrapUpEnded: self._wrap_up_ended,
        }

    def adopt(self, centre: Centre) -> None:
        """Take another centre: new label values begin at 0."""
        for queue in centre.queues:
            for histograms in (self.talk, self.handling):
                histograms.setdefault((queue.name,), Histogram(TALK_BUCKETS_S))

    def begin_anew(self) -> None:
        """Let all counts be 0; what goes on, goes on."""
        self._no_wrap_up()
        for histograms in (self.talk, self.handling):
            histograms.update({labels: Histogram(TALK_BUCKETS_S) for labels in histograms})

    def readings(self) -> Iterator[tuple[Series, Samples]]:
        """Yield what was counted; what one command caused is heard together, so that no wrap-up is to come."""
        self._no_wrap_up()
        yield names.TALK, self.talk
        yield names.HANDLING, self.handling

    def _connected(self, event: ev.CallConnected) -> None:
        at = event.at if event.happened_at is None else event.happened_at
        self._talks[event.call_id] = _Talk(event.queue, event.contact_id, at)

    def _ended(self, event: ev.CallCompleted | ev.CallFailed) -> None:
        talk = self._talks.pop(event.call_id, None)
        if talk is None:
            return
        self._no_wrap_up()
        at = max(when(event), talk.at)
        talk = talk._replace(at=at, ms=at - talk.at)
        self._over = (event.call_id, talk)
        _count(self.talk, talk, talk.ms)

    def _no_wrap_up(self) -> None:
        if self._over is not None:
            _, talk = self._over
            self._over = None
            _count(self.handling, talk, talk.ms)

    def _wrap_up_started(self, event: ev.WrapUpStarted) -> None:
        if self._over is not None and self._over[0] == event.subject:
            self._wraps[event.agent_id, event.subject] = self._over[1]
            self._over = None

    def _wrap_up_ended(self, event: ev.WrapUpEnded) -> None:
        talk = self._wraps.pop((event.agent_id, event.subject), None)
        if talk is not None:
            at = max(event.at if event.happened_at is None else event.happened_at, talk.at)
            _count(self.handling, talk._replace(at=at), talk.ms + at - talk.at)


def _count(histograms: dict[Labels, Histogram], talk: _Talk, ms: int) -> None:
    found = histograms.get((talk.queue,))
    if found is None:
        found = histograms[talk.queue,] = Histogram(TALK_BUCKETS_S)
    found.observe_of(talk.contact, ms / SECOND, talk.at)
