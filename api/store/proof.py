"""A journal run again from its first command: the same decisions, or the first that differs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.store.codec import read_command, read_event, write_line
from api.store.faults import BadJournal
from api.store.store import PAGE, Store
from callcenter.commands import AdoptCentre
from callcenter.errors import BadInput, Refusal
from callcenter.events import Event
from routing.engine import RoutingEngine


@dataclass(frozen=True, slots=True)
class Differs:
    """The first difference: about command `n`; `seq` is the event's number, or None where the refusal differs."""

    n: int
    seq: int | None
    recorded: str | None
    replayed: str | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What a replay found."""

    commands: int
    refused: int
    events: int
    compared: int
    """Events that are still kept; older ones are told by the commands alone (their number is checked)."""
    difference: Differs | None


def prove(store: Store, progress: Callable[[int, int], None] | None = None) -> Proof:
    """Tell a fresh engine the whole journal and lay its decisions beside the recorded ones.

    Raises:
        BadJournal: the journal is empty or damaged.
    """
    head = store.head()
    if not head.last_n:
        raise BadJournal(f"{store.connection.name}: its journal is empty")
    comparing = _Comparing(store, head.last_seq)
    engine: RoutingEngine | None = None
    n = refused_count = 0
    for row in store.commands(0):
        if row.n > head.last_n:
            break
        n = row.n
        command = read_command(row.body)
        refused = None
        if engine is None:
            if not isinstance(command, AdoptCentre):
                raise BadJournal(f"{store.connection.name}: its first command adopts no centre: restore a copy")
            engine = RoutingEngine(command.centre)
            engine.advance(now=row.at)
        else:
            try:
                engine.handle(command, now=row.at)
            except Refusal as refusal:
                refused = refusal.code
        refused_count += refused is not None
        difference = comparing.hear(n, engine.take_events())
        if difference is None and refused != row.refused:
            difference = Differs(n, None, row.refused, refused)
        if difference is None and comparing.seq != row.seq:
            difference = Differs(n, comparing.seq + 1, comparing.recorded_after(comparing.seq), None)
        if difference is not None:
            return Proof(n, refused_count, comparing.seq, comparing.compared, difference)
        if progress is not None and n % PAGE == 0:
            progress(n, head.last_n)
    difference = None
    if engine is not None and head.reached is not None:
        engine.advance(now=head.reached)
        difference = comparing.hear(n, engine.take_events())
    if difference is None and comparing.seq < head.last_seq:
        difference = Differs(n, comparing.seq + 1, comparing.recorded_after(comparing.seq), None)
    return Proof(n, refused_count, comparing.seq, comparing.compared, difference)


class _Comparing:
    """Replayed events beside the recorded ones, in one pass."""

    def __init__(self, store: Store, last_seq: int) -> None:
        self._store = store
        self._last_seq = last_seq
        self._lines = self._recorded()
        self._next = next(self._lines, None)
        self.seq = 0
        self.compared = 0

    def _recorded(self) -> Iterator[tuple[int, str]]:
        after = 0
        while page := self._store.event_lines(after, PAGE):
            for seq, body in page:
                if seq > self._last_seq:
                    return
                yield seq, body
            after = page[-1][0]

    def hear(self, n: int, events: list[Event]) -> Differs | None:
        for event in events:
            if self._next is not None and self._next[0] <= event.seq:
                seq, line = self._next
                if seq != event.seq or not _same(line, event):
                    return Differs(n, event.seq, line, write_line(event))
                self._next = next(self._lines, None)
                self.compared += 1
            elif self.compared:
                return Differs(n, event.seq, None, write_line(event))
            self.seq = event.seq
        return None

    def recorded_after(self, seq: int) -> str | None:
        found = self._store.event_lines(seq, 1)
        return found[0][1] if found else None


def _same(line: str, event: Event) -> bool:
    if line == write_line(event):
        return True
    try:
        return read_event(line) == event  # written by an older version, with its order of fields
    except BadInput:
        return False
