"""The engine as it was at the last commit, and what is folded of the events: newest whole snapshot, then the tail."""

import logging
from contextlib import suppress
from typing import Any, Final

from api.recovery.progress import Progress
from api.state.projections import COUNTS, Projections
from api.store import retention
from api.store.codec import read_command
from api.store.errors import BadJournal
from api.store.objects import form
from api.store.rows import FoldedRow, Head, SnapshotRow, size_of
from api.store.store import PAGE, Store
from callcenter.centre import Centre
from callcenter.commands import AdoptCentre
from callcenter.errors import BadInput, Refusal
from callcenter.units import MINUTE
from routing.columns import Rows
from routing.engine import RoutingEngine
from routing.snapshot import Snapshot

LOG: Final = logging.getLogger("callcenter.live")
OFTEN: Final = 1_000
"""So many commands are carried out between two looks at how long it takes still."""
MARGIN: Final = MINUTE
"""A name is looked up so long before the projections end: it is dated when it is told, not when it is durable."""


class Recovered:
    """An engine and its projections that follow a journal by reading it, from the newest snapshot on.

    A start goes on from it; a standby lets it follow while it waits; what makes snapshots is one, too.

    Raises:
        BadJournal: the journal is damaged.
    """

    def __init__(self, store: Store, last_n: int, *, folding: bool = True) -> None:
        self.head: Head
        """How far it has followed."""
        self.projections: Projections | None
        self.engine, snapshot, self.size, self.projections = _newest(store, last_n, folding=folding)
        self.n, self.seq, self.centre_n = 1, 0, 1
        if snapshot is not None:
            self.n, self.seq, self.centre_n = snapshot.n, snapshot.seq, snapshot.centre_n
        self.snapshot_n = self.n
        self.sum = store.sum_of(self.n)

    def follows(self, store: Store) -> bool:
        """Tell whether the journal is still the one that was followed."""
        with suppress(BadJournal):
            return store.sum_of(self.n) == self.sum
        return False

    def follow(self, store: Store, head: Head) -> None:
        """Go on to `head`, which only reads.

        Raises:
            BadJournal: damaged, or this program decides otherwise than the one that wrote it.
        """
        engine, projections = self.engine, self.projections
        since = 0 if projections is None else projections.at
        begun = self.n
        told = Progress("the journal: commands carried out again", head.last_n - begun)
        for row in store.commands(begun, head.last_n):
            self.n, self.sum = row.n, row.sum
            if not row.n % OFTEN:
                told(row.n - begun)
            command = read_command(row.body)
            refused = None
            try:
                engine.handle(command, now=row.at)
            except Refusal as refusal:
                refused = refusal.code
            if isinstance(command, AdoptCentre) and refused is None:
                self.centre_n = row.n
            self._take()
            if (self.seq, refused) != (row.seq, row.refused):
                raise _differs(store, row.n)
        advance_to(head, engine, self.seq)
        self._take()
        if (self.n, self.seq) != (head.last_n, head.last_seq):
            raise _differs(store, self.n)
        self.head = head
        if projections is not None:
            _name_calls(store, projections, since)

    def _take(self) -> None:
        events = self.engine.take_events()
        self.seq += len(events)
        if events and self.projections is not None:
            self.projections.fold(events, self.engine.centre)


def advance_to(head: Head, engine: RoutingEngine, seq: int) -> None:
    """Let time go on to `head` for an engine that has told all its commands, and events up to `seq`.

    What the last command let fall due at its own instant is told by the clock, a transaction later: a crash or a copy
    may come between the two. Then time has not gone on yet.
    """
    due = engine.due_at()
    untold = seq == head.last_seq and due is not None and head.reached is not None and due <= head.reached
    if head.reached is not None and not untold:
        engine.advance(now=head.reached)


def recover(
    store: Store, holder: str, before: int = 0, *, folding: bool = True, warm: Recovered | None = None
) -> Recovered | None:
    """Own the journal and return the engine as of its last commit; None where nothing was ever journaled.

    It is read before it is owned: who cannot read it leaves it to its owner.

    Args:
        store: Where it is.
        holder: Who owns it from now on.
        before: The epoch in which this service wrote until now; 0: it begins.
        folding: The projections, too.
        warm: What has followed this journal until a moment ago.

    Raises:
        BadJournal: damaged, or this program decides otherwise than the one that wrote it.
        Replaced: there was another owner since epoch `before`.
        StoreFailed: the database cannot now.
    """
    head = store.head_since(before)
    if head.last_n:
        warm = restore(store, head, folding=folding, warm=warm)
    head = store.claim(holder, before)
    return restore(store, head, folding=folding, warm=warm) if head.last_n else None


def restore(store: Store, head: Head, *, folding: bool = True, warm: Recovered | None = None) -> Recovered:
    """Return the engine as of `head`, which only reads.

    Raises:
        BadJournal: damaged, or this program decides otherwise than the one that wrote it.
    """
    found = warm
    if found is None or found.n > head.last_n or not found.follows(store):
        found = Recovered(store, head.last_n, folding=folding)
    found.follow(store, head)
    return found


def _newest(
    store: Store, last_n: int, *, folding: bool
) -> tuple[RoutingEngine, SnapshotRow | None, int, Projections | None]:
    """Return the engine of the newest snapshot that this program can read, or a fresh one of the first centre.

    With the snapshot, its size, and, where they are asked for, the projections: those that are stored beside it, or,
    where these do not fit, folded again.
    """
    for snapshot in store.snapshots():
        if snapshot.n <= last_n:
            with suppress(BadInput):  # an older one will do, or the journal from its first command
                centre, projections = _centre(store, snapshot.centre_n), None
                if folding:
                    projections = _stored(store, centre, snapshot)
                    if projections is None:
                        projections = _folded(store, centre, snapshot)
                plain = snapshot.plain  # what stays in memory was read first: else it lies between what goes
                if projections is not None:
                    _say_once(plain, projections)
                return RoutingEngine.restore(centre, plain), snapshot, size_of(plain), projections
    if pruned := retention.pruned(store.connection):
        raise BadJournal(
            "{connection}: none of its snapshots can be read, and commands up to {pruned} are "
            "pruned: start the version that wrote it, or restore a copy",
            connection=store.connection.name,
            pruned=pruned,
        )
    engine = RoutingEngine(_centre(store, 1))
    first = next(iter(store.commands(0)))
    engine.advance(now=first.at)
    return engine, None, 0, Projections(engine.centre) if folding else None


def _say_once(plain: Snapshot, projections: Projections) -> None:
    """Let the calls of a snapshot be told in the very texts and numbers that the board has of them.

    Else a hundred thousand calls that wait have their ids, customers and instants in memory twice, until they end.
    """
    calls = plain["calls"]
    if isinstance(calls, Rows):
        had: dict[Any, Any] = {}
        for line in projections.board.lines().values():
            for thing in (line.id, line.contact, line.customer, line.queued_at):
                had.setdefault(thing, thing)
        for name in ("id", "contact", "customer", "queued_at", "turn"):
            calls.change(name, lambda value: had.get(value, value))


def restored(store: Store, snapshot: SnapshotRow) -> RoutingEngine:
    """Return the engine of a snapshot; raises `BadInput` for one that this program cannot read."""
    return RoutingEngine.restore(_centre(store, snapshot.centre_n), snapshot.plain)


def _stored(store: Store, centre: Centre, snapshot: SnapshotRow) -> Projections | None:
    """Return the projections that are stored beside a snapshot; None: there are none that fit."""
    row = store.folded(snapshot.n, form())
    if row is not None:
        with suppress(BadInput):
            return _up_to(store, centre, row, snapshot.seq)
    return None


def _folded(store: Store, centre: Centre, snapshot: SnapshotRow) -> Projections:
    """Return the projections as of a snapshot, folded again from the events."""
    LOG.warning("board and counts are folded again from the events that are kept: none are stored that fit")
    found = Projections(centre)
    for counts in store.find("settings", {"name": COUNTS}, None, 1):
        found.carry_on(str(counts["value"]))
    _fold_stored(store, found, centre, snapshot.seq)
    _name_calls(store, found, 0)
    return found


def _up_to(store: Store, centre: Centre, row: FoldedRow, seq: int) -> Projections:
    """Return stored projections as of event `seq`; raises `BadInput` where they do not lead there."""
    found = Projections.of(row.body, centre)
    if found.seq != row.seq or row.seq > seq:
        raise BadInput("they stand at another event")
    if row.seq < seq:
        after = store.event_lines(row.seq, 1)
        if not after or after[0][0] != row.seq + 1:
            raise BadInput("the events after them are gone")
        _fold_stored(store, found, centre, seq)
    return found


def _fold_stored(store: Store, projections: Projections, centre: Centre, seq: int) -> None:
    """Fold the events that are kept, up to `seq`."""
    after = projections.seq
    first = store.event_lines(after, 1)
    before = first[0][0] - 1 if first else after  # those between are kept no longer
    told = Progress("board and counts: events folded", seq - before)
    while after < seq and (events := store.events_after(after, min(PAGE, seq - after))):
        after = events[-1].seq
        projections.fold([event for event in events if event.seq <= seq], centre)
        told(after - before)


def _name_calls(store: Store, projections: Projections, since: int) -> None:
    """Let the calls of the board have their names in the telephony systems, the newest where there are several."""
    projections.board.name(store.names_since(since - MARGIN))


def _centre(store: Store, n: int) -> Centre:
    command = read_command(store.command(n))
    if not isinstance(command, AdoptCentre):
        raise BadJournal(
            "{connection}: command {n} adopts no centre: restore a copy", connection=store.connection.name, n=n
        )
    return command.centre


def _differs(store: Store, n: int) -> BadJournal:
    return BadJournal(
        "{connection}: about command {n} this program decides otherwise than the one that wrote "
        "it: `callcenter replay` shows where; start the version that wrote it",
        connection=store.connection.name,
        n=n,
    )
