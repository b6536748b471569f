"""The engine with its journal: commands are carried out and numbered; nothing here waits."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.errors import UniqueConflict
from api.live.snapshot_schedule import Snapshots
from api.live.unique_keys import RecentKeys
from api.store.changes import Change, Changes, Told, check
from api.store.codec import write_line
from api.store.rows import CommandRow, SnapshotRow
from callcenter.commands import AdoptCentre, Command
from callcenter.errors import Refusal
from callcenter.events import Event
from callcenter.units import Millis
from routing.engine import RoutingEngine


@dataclass(slots=True)
class Asked:
    """A command that can be journaled, and the changes that go along with it."""

    command: Command
    body: str
    rows: Changes
    given: Sequence[Change]
    """The rows, where they are known before."""


@dataclass(slots=True)
class Done:
    """A command that was carried out, as it goes to the journal."""

    told: Told
    row: CommandRow
    changes: Sequence[Change]
    taken: UniqueConflict | None
    """A key of the rows that were made of what came of it is another row's: they are not kept."""


class JournaledEngine:
    """One engine, from wherever its journal left it."""

    def __init__(self, engine: RoutingEngine) -> None:
        self.begin(engine)

    def begin(self, engine: RoutingEngine, n: int = 0, seq: int = 0, centre_n: int = 0) -> None:
        """Go on from here.

        Args:
            engine: As it was after command `n`.
            n: The last command of the journal.
            seq: Its last event.
            centre_n: The command that adopted the centre in force.
        """
        self.engine = engine
        self.n, self.seq, self.centre_n = n, seq, centre_n
        self.keys = RecentKeys()

    def ask(self, command: Command, rows: Changes) -> Asked:
        """See that a command can be journaled, before anything is done.

        Raises:
            Taken: a key of the rows is another row's.
            BadInput: the command holds what cannot be written.
        """
        given = () if callable(rows) else tuple(rows)
        body = write_line(command)
        check(given)
        taken = self.keys.take(given)
        if taken is not None:
            raise taken
        return Asked(command, body, rows, given)

    def carry_out(self, asked: Asked, now: Millis) -> Done:
        """Carry a command out; whatever is raised here is a fault of ours, and nobody may go on from there."""
        refusal: Refusal | None = None
        given = asked.given
        try:
            self.engine.handle(asked.command, now=now)
        except Refusal as refused:
            refusal = refused
            self.keys.give_back(given)
            given = ()
        told = Told(now, tuple(self.engine.take_events()), refusal)
        taken = None
        if callable(asked.rows):
            given = tuple(asked.rows(told))
            check(given)
            taken = self.keys.take(given)
            if taken is not None:
                given = ()
        self.n += 1
        if told.events:
            self.seq = told.events[-1].seq
        if isinstance(asked.command, AdoptCentre) and refusal is None:
            self.centre_n = self.n
        row = CommandRow(self.n, now, asked.body, None if refusal is None else refusal.code, self.seq)
        return Done(told, row, given, taken)

    def advance(self, now: Millis) -> Sequence[Event]:
        """Carry out what is due by now, and return what happened."""
        self.engine.advance(now=now)
        events = self.engine.take_events()
        if events:
            self.seq = events[-1].seq
        return events

    def copy(self, snapshots: Snapshots, at: Millis) -> SnapshotRow:
        """Return the engine as it is, for the journal."""
        return snapshots.copy(self.engine, self.n, at, self.seq, self.centre_n)
