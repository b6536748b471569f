"""The engine as it was at the last commit: newest whole snapshot, then the tail of the journal."""

from contextlib import suppress
from dataclasses import dataclass

from api.store.codec import read_command
from api.store.errors import BadJournal
from api.store.store import Head, SnapshotRow, Store, size_of
from callcenter.centre import Centre
from callcenter.commands import AdoptCentre
from callcenter.errors import BadInput, Refusal
from routing.engine import RoutingEngine


@dataclass(slots=True)
class Recovered:
    """The engine, how far its journal goes, which command adopted its centre, and what it took."""

    engine: RoutingEngine
    head: Head
    centre_n: int
    snapshot_n: int
    size: int
    """Of the snapshot."""


def recover(store: Store, holder: str, before: int = 0) -> Recovered | None:
    """Own the journal and return the engine as of its last commit; None where nothing was ever journaled.

    Raises:
        BadJournal: damaged, or this program decides otherwise than the one that wrote it.
        Replaced: there was another owner since epoch `before`.
        StoreFailed: the database cannot now.
    """
    head = store.claim(holder, before)
    return restore(store, head) if head.last_n else None


def restore(store: Store, head: Head) -> Recovered:
    """Return the engine as of `head`, which only reads.

    Raises:
        BadJournal: damaged, or this program decides otherwise than the one that wrote it.
    """
    engine, snapshot, size = _newest(store, head.last_n)
    n, seq, centre_n = (snapshot.n, snapshot.seq, snapshot.centre_n) if snapshot is not None else (1, 0, 1)
    snapshot_n = n
    for row in store.commands(n):
        if row.n > head.last_n:
            break
        n = row.n
        command = read_command(row.body)
        refused = None
        try:
            engine.handle(command, now=row.at)
        except Refusal as refusal:
            refused = refusal.code
        if isinstance(command, AdoptCentre) and refused is None:
            centre_n = n
        seq += len(engine.take_events())
        if (seq, refused) != (row.seq, row.refused):
            raise _differs(store, n)
    if head.reached is not None:
        engine.advance(now=head.reached)
        seq += len(engine.take_events())
    if (n, seq) != (head.last_n, head.last_seq):
        raise _differs(store, n)
    return Recovered(engine, head, centre_n, snapshot_n, size)


def _newest(store: Store, last_n: int) -> tuple[RoutingEngine, SnapshotRow | None, int]:
    """Return the engine of the newest snapshot that this program can read, or a fresh one of the first centre."""
    for snapshot in store.snapshots():
        if snapshot.n <= last_n:
            with suppress(BadInput):  # an older one will do, or the journal from its first command
                plain = snapshot.plain
                return RoutingEngine.restore(_centre(store, snapshot.centre_n), plain), snapshot, size_of(plain)
    engine = RoutingEngine(_centre(store, 1))
    first = next(iter(store.commands(0)))
    engine.advance(now=first.at)
    return engine, None, 0


def _centre(store: Store, n: int) -> Centre:
    command = read_command(store.command(n))
    if not isinstance(command, AdoptCentre):
        raise BadJournal(f"{store.connection.name}: command {n} adopts no centre: restore a copy")
    return command.centre


def _differs(store: Store, n: int) -> BadJournal:
    return BadJournal(
        f"{store.connection.name}: about command {n} this program decides otherwise than the one that wrote it: "
        "`callcenter replay` shows where; start the version that wrote it"
    )
