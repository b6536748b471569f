"""A journal run again from its first command: the same decisions, or the first that differs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from api.recovery.restore import advance_to, restored
from api.store import retention
from api.store.codec import read_command, read_event, write_line
from api.store.errors import BadJournal
from api.store.rows import CommandRow, Head, SnapshotRow
from api.store.store import PAGE, Store
from callcenter.commands import AdoptCentre
from callcenter.errors import BadInput, Refusal
from callcenter.events import CallOverflowed, Event
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
    after: int = 0
    """The command of the snapshot from which it began: what was before is pruned; 0: it began at the beginning."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command told again: what came of it. The last step has no row: time went on after the last command."""

    row: CommandRow | None
    refused: str | None
    events: list[Event]
    engine: RoutingEngine


def begins(store: Store) -> SnapshotRow | None:
    """Return the snapshot from which a pruned journal can be told again; None: from its first command.

    Raises:
        BadJournal: it is pruned, and none of its snapshots is whole.
    """
    pruned = retention.pruned(store.connection)
    if not pruned:
        return None
    kept = [snapshot for snapshot in store.snapshots() if snapshot.n > pruned]
    if not kept:
        raise BadJournal(
            "{connection}: is pruned up to command {pruned}, without a snapshot: restore a copy",
            connection=store.connection.name,
            pruned=pruned,
        )
    return kept[-1]


def tell_again(store: Store, head: Head) -> Iterator[Step]:
    """Tell a fresh engine the whole journal, up to `head`; of a pruned one what comes after its oldest snapshot.

    Raises:
        BadJournal: the journal is empty or damaged.
    """
    engine: RoutingEngine | None = None
    begun = begins(store)
    seq = 0 if begun is None else begun.seq
    if begun is not None:
        engine = restored(store, begun)
    for row in store.commands(0 if begun is None else begun.n):
        if row.n > head.last_n:
            break
        command = read_command(row.body)
        refused = None
        if engine is None:
            if not isinstance(command, AdoptCentre):
                raise BadJournal(
                    "{connection}: its first command adopts no centre: restore a copy", connection=store.connection.name
                )
            engine = RoutingEngine(command.centre)
            engine.advance(now=row.at)
        else:
            try:
                engine.handle(command, now=row.at)
            except Refusal as refusal:
                refused = refusal.code
        seq = row.seq
        yield Step(row, refused, engine.take_events(), engine)
    if engine is None:
        raise BadJournal("{connection}: its journal is empty", connection=store.connection.name)
    advance_to(head, engine, seq)
    yield Step(None, None, engine.take_events(), engine)


def prove(store: Store, progress: Callable[[int, int], None] | None = None) -> Proof:
    """Tell a fresh engine the whole journal and lay its decisions beside the recorded ones.

    Raises:
        BadJournal: the journal is empty or damaged.
    """
    head = store.head()
    begun = begins(store)
    comparing = _Comparing(store, head.last_seq, 0 if begun is None else begun.seq)
    n = refused = 0
    for step in tell_again(store, head):
        if step.row is not None:
            n = step.row.n
            refused += step.refused is not None
        difference = comparing.hear(n, step.events) or _otherwise(step, comparing)
        if difference is not None:
            return Proof(n, refused, comparing.seq, comparing.compared, difference, 0 if begun is None else begun.n)
        if progress is not None and n % PAGE == 0:
            progress(n, head.last_n)
    missing = comparing.seq < head.last_seq or comparing.left_over
    difference = comparing.missing(n) if missing else None
    return Proof(n, refused, comparing.seq, comparing.compared, difference, 0 if begun is None else begun.n)


def _otherwise(step: Step, comparing: "_Comparing") -> Differs | None:
    """Return how the command itself came out otherwise, its events being the same."""
    row = step.row
    if row is None:
        return None
    if step.refused != row.refused:
        return Differs(row.n, None, row.refused, step.refused)
    return comparing.missing(row.n) if comparing.seq != row.seq else None


class _Comparing:
    """Replayed events beside the recorded ones, in one pass."""

    def __init__(self, store: Store, last_seq: int, after: int) -> None:
        self._store = store
        self._last_seq = last_seq
        self.seq = after
        self._lines = self._recorded()
        self._next = next(self._lines, None)
        self.compared = 0

    def _recorded(self) -> Iterator[tuple[int, str]]:
        after = self.seq
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

    @property
    def left_over(self) -> bool:
        """Whether events are recorded that nothing has told again."""
        return self._next is not None

    def missing(self, n: int) -> Differs:
        """Return the difference of an event that was recorded, and is not told again."""
        found = self._store.event_lines(self.seq, 1)
        return Differs(n, self.seq + 1, found[0][1] if found else None, None)


def _same(line: str, event: Event) -> bool:
    if line == write_line(event):
        return True
    try:
        recorded = read_event(line)  # written by an older version, with its order of fields
    except BadInput:
        return False
    if isinstance(recorded, CallOverflowed) and isinstance(event, CallOverflowed) and recorded.contact_id is None:
        recorded = replace(recorded, contact_id=event.contact_id, customer=event.customer)  # it did not tell them
    return recorded == event
