"""Read models kept in memory: the board, the metrics' counts, the contacts of known customers.

One state with the number of the event that it stands at. It is stored beside the engine's snapshots and goes on from
there, so that a start folds what came after and not what a service has lived through. What cannot be read (it was
written by another version, or is damaged) is folded again from the events that are kept, and from the counts that
were saved.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from api.state.board import Board
from api.store import objects
from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.customers.satisfaction import Contacts
from callcenter.errors import BadInput
from callcenter.events import Event
from callcenter.ids import is_first_segment
from callcenter.metrics import saved_counts
from callcenter.metrics.counting import Counting

COUNTS: Final = "counts"
"""The setting that holds the metrics' counts, for a version that cannot read the rest."""
Fold = Callable[[Any], None]


class Projections:
    """Folds each event once, in order."""

    def __init__(self, centre: Centre) -> None:
        self.board = Board()
        self.counting = Counting(centre)
        self.contacts = Contacts()
        self.at = 0
        """The instant of the last event."""
        self._carried: dict[str, Any] | None = None
        contacts: dict[type[Event], Fold] = {
            ev.CallQueued: self._queued, ev.CallConnected: self._connected, ev.CallRejected: self._rejected,
        }  # fmt: skip
        kinds = {**self.board.folds, **self.counting.folds}
        self._folds: dict[type[Event], tuple[Fold, ...]] = {
            kind: (
                *([self.board.folds[kind]] if kind in self.board.folds else ()),  # it comes first: others look at it
                *self.counting.folds.get(kind, ()),
                *([contacts[kind]] if kind in contacts else ()),
            )
            for kind in kinds
        }

    @property
    def seq(self) -> int:
        """The last event that was folded."""
        return self.board.seq

    def fold(self, events: Sequence[Event], centre: Centre) -> None:
        """Take in what happened; what is known already is passed over.

        Args:
            events: Oldest first.
            centre: In force after them.
        """
        known = self.board.seq
        if not events or events[-1].seq <= known:
            return
        fresh: Iterable[Event] = events if events[0].seq > known else [event for event in events if event.seq > known]
        folds, board = self._folds, self.board
        for event in fresh:
            board.seq = event.seq
            if self._carried is not None and event.seq > self._carried["seq"]:
                self._go_on_counting()
            for fold in folds.get(type(event), ()):
                fold(event)
            if type(event) is ev.CentreAdopted:
                self.counting.adopt(centre)
        self.at = events[-1].at

    # --- contacts

    def _queued(self, event: ev.CallQueued) -> None:
        if event.customer is not None and is_first_segment(event.call_id):  # a transfer goes on with the same contact
            self.contacts.begin(event.customer, event.queue, event.tier, event.at)

    def _connected(self, event: ev.CallConnected) -> None:
        line = self.board.calls.get(event.call_id)
        if line is not None and line.customer is not None:
            self.contacts.answer(line.customer, event.queue)

    def _rejected(self, event: ev.CallRejected) -> None:
        if event.customer is not None and event.at == event.queued_at:  # it never came in
            self.contacts.begin(event.customer, event.queue, event.tier, event.at)

    # --- over a restart

    def saved(self) -> bytes:
        """Return all of the state."""
        parts = (self.board, self.counting, self.contacts)
        return objects.written({"at": self.at, "parts": [part.state() for part in parts]})

    @classmethod
    def of(cls, body: bytes, centre: Centre) -> "Projections":
        """Return what was saved; `centre`: the one in force.

        Raises:
            BadInput: it cannot be read.
        """
        found, plain = cls(centre), objects.read(body)
        try:
            found.at = plain["at"]
            board, counting, contacts = plain["parts"]
            found.board.go_on(board)
            found.counting.go_on(counting)
            found.contacts.go_on(contacts)
            found.counting.adopt(centre)
        except (KeyError, TypeError, AttributeError, ValueError) as fault:
            raise BadInput("no projections ({fault})", fault=fault) from fault
        return found

    def counts(self) -> str:
        """Return the counts alone, with the event they go up to: as any version can read them."""
        return json.dumps({"seq": self.seq, "at": self.at, **saved_counts.saved(self.counting, self.at)})

    def carry_on(self, counts: str) -> None:
        """Let the counts be these at the event where they were saved; the events are folded from now on."""
        self._carried = json.loads(counts)

    def all_folded(self) -> None:
        """The kept past is over: nothing happened after the counts were saved."""
        if self._carried is not None:
            self._go_on_counting()
        self.counting.calls.pass_thresholds(self.at)  # else those who wait would stand among those in time until asked

    def _go_on_counting(self) -> None:
        assert self._carried is not None
        saved_counts.resume(self.counting, self._carried, self._carried["at"])
        self._carried = None
