"""The store: the journal and the rows beside it, on one connection of either database."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from api.store.changes import Change, Delete, Row, Update, Value
from api.store.codec import read_event, write_line
from api.store.connection import Connection
from api.store.encryption import Clear, Vault
from api.store.errors import BadJournal, Replaced
from api.store.retention import let_old_snapshots_go
from api.store.rows import Batch, CommandRow, FoldedRow, Head, SnapshotRow
from api.store.tables import TABLES
from callcenter.events import CallConnected, CallOffered, Event, OfferEnded, TaskAttempted, TaskOffered
from routing.journal import VERSION

T = TypeVar("T")
PAGE: Final = 5_000
ENDLESS: Final = 1 << 62
"""Beyond every command."""


class Store:
    """The journal of one shard; the writer thread has the one that writes."""

    def __init__(self, connection: Connection, vault: Vault | None = None) -> None:
        self.connection = connection
        self.vault = vault or Clear()
        self.epoch = 0
        """Ours, once the journal is claimed."""
        self._sum = 0

    # --- reading

    def head(self) -> Head:
        """Return how far the journal goes; raises `BadJournal` for one of a newer format."""
        if not self.connection.has_table("shard"):
            raise BadJournal("{connection}: holds no journal", connection=self.connection.name)
        row: Any = self.connection.execute("SELECT journal, epoch, reached, last_n, last_seq FROM shard WHERE id = 1")
        journal, epoch, reached, last_n, last_seq = row[0]
        if journal > VERSION:
            raise BadJournal(
                "{connection}: its journal is of format {journal}, this program knows {version}: it was "
                "written by a newer callcenter; start that one",
                connection=self.connection.name,
                journal=journal,
                version=VERSION,
            )
        return Head(epoch, reached, last_n, last_seq, self.sum_of(last_n))

    def head_since(self, before: int) -> Head:
        """Return how far the journal goes; raises `Replaced` if another owned it since epoch `before` (0: whenever)."""
        head = self.head()
        if before and head.epoch != before:
            raise Replaced(f"{self.connection.name}: another service has had it meanwhile: start this one anew")
        return head

    def sum_of(self, n: int) -> int:
        """Return the checksum of the journal up to command `n`."""
        found: Any = self.connection.execute(
            "SELECT sum FROM commands WHERE n = ? UNION ALL SELECT pruned_sum FROM shard WHERE pruned = ?", (n, n)
        )
        if not found and n:
            raise BadJournal(
                "{connection}: command {n} is missing: restore a copy", connection=self.connection.name, n=n
            )
        return int(found[0][0]) if n else 0

    def commands(self, after: int, last: int = ENDLESS) -> Iterator[CommandRow]:
        """Yield the commands after number `after`, up to `last`, each checked; raises `BadJournal` at a damaged one."""
        checked = self.sum_of(after)
        while True:
            rows: Any = self.connection.execute(
                f"SELECT n, at, body, refused, seq, sum FROM commands WHERE n > ? AND n <= ? ORDER BY n LIMIT {PAGE}",
                (after, last),
            )
            for values in rows:
                row = CommandRow(*values)
                after += 1
                checked = row.summed(checked)
                if row.n != after or row.sum != checked:
                    raise BadJournal(
                        "{connection}: command {after} is missing or damaged: restore a copy",
                        connection=self.connection.name,
                        after=after,
                    )
                yield row
            if len(rows) < PAGE:
                return

    def command(self, n: int) -> str:
        """Return the body of command `n`."""
        found = self.connection.execute("SELECT body FROM commands WHERE n = ?", (n,))
        if not found:
            raise BadJournal(
                "{connection}: command {n} is missing: restore a copy", connection=self.connection.name, n=n
            )
        return str(found[0][0])

    def snapshots(self) -> Iterator[SnapshotRow]:
        """Yield the snapshots that are whole, newest first."""
        numbers: Any = self.connection.execute("SELECT n FROM snapshots ORDER BY n DESC")
        for (n,) in numbers:
            found: Any = self.connection.execute("SELECT at, seq, centre_n, sum, body FROM snapshots WHERE n = ?", (n,))
            at, seq, centre_n, checked, body = found[0]
            if zlib.crc32(bytes(body)) == checked:
                yield SnapshotRow(n, at, seq, centre_n, bytes(body))

    def folded(self, n: int, form: int) -> FoldedRow | None:
        """Return what was folded beside the snapshot of command `n`, if it is whole and of this form."""
        rows: Any = self.connection.execute("SELECT seq, form, sum, body FROM snapshot_projections WHERE n = ?", (n,))
        for seq, of_form, checked, body in rows:
            if of_form == form and zlib.crc32(bytes(body)) == checked:
                return FoldedRow(seq, of_form, bytes(body))
        return None

    def names_since(self, at: int) -> list[tuple[str, str, str]]:
        """Return source, external id and call of the names given since an instant, the oldest first."""
        rows: Any = self.connection.execute(
            "SELECT source, external_call_id, call_id FROM natural_keys WHERE at >= ? ORDER BY at", (at,)
        )
        return list(rows)

    def names_after(self, last: tuple[int, str, str], limit: int) -> list[tuple[int, str, str]]:
        """Return instant, source and external id of names after one of them, in that order."""
        rows: Any = self.connection.execute(
            "SELECT at, source, external_call_id FROM natural_keys WHERE (at, source, external_call_id) > (?, ?, ?) "
            "ORDER BY at, source, external_call_id LIMIT ?",
            (*last, limit),
        )
        return list(rows)

    def events_after(self, seq: int, limit: int) -> list[Event]:
        """Return events after `seq`, oldest first."""
        return [read_event(body) for _, body in self.event_lines(seq, limit)]

    def event_lines(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return the numbers and bodies of events after `after`, oldest first."""
        rows: Any = self.connection.execute(
            "SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
        )
        return list(rows)

    def find(
        self, table: str, where: Mapping[str, object] | None, order: str | None, limit: int
    ) -> list[dict[str, Value]]:
        """Return rows whose columns equal `where`."""
        columns = tuple(TABLES[table].columns)
        wanted, values = _where(table, self._sought(table, where or {}))
        if order is not None:
            name = order.removeprefix("-")
            assert name in columns, f"{table} has no column {name}"
            wanted += f" ORDER BY {name}{' DESC' if order.startswith('-') else ''}"
        rows: Any = self.connection.execute(
            f"SELECT {', '.join(columns)} FROM {table}{wanted} LIMIT ?", (*values, limit)
        )
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        for column in TABLES[table].sealed:
            place = f"{table}.{column}"
            for row in found:
                if row[column] is not None:
                    row[column] = self.vault.open(row[column], place)
        return found

    def _kept(self, table: str, values: Mapping[str, object]) -> Mapping[str, object]:
        """Return a row as it is kept: numbers encrypted, where they are, with what they are searched by."""
        sealed = TABLES[table].sealed
        if not sealed:
            return values
        kept = dict(values)
        for column, twin in sealed.items():
            if column in kept:
                text = kept[column]
                kept[column] = self.vault.seal(text, f"{table}.{column}") if isinstance(text, str) else None
                if twin is not None:
                    kept[twin] = self.vault.blind(text) if isinstance(text, str) else None
        return kept

    def _sought(self, table: str, where: Mapping[str, object]) -> Mapping[str, object]:
        """Return what is searched by as it is kept."""
        sealed = TABLES[table].sealed
        if not sealed:
            return where
        found = {}
        for column, value in where.items():
            twin = sealed.get(column)
            assert twin is not None or column not in sealed, f"{table} cannot be searched by {column}"
            found[twin or column] = self.vault.blinds(value) if twin is not None and isinstance(value, str) else value
        return found

    def count(self, table: str, column: str, since: int, until: int) -> dict[str, int]:
        """Return how many rows have each value of `column` (null left out) with `at` from `since` to before `until`."""
        columns = TABLES[table].columns
        assert {column, "at"} <= columns.keys(), f"{table} has no columns {column} and at"
        rows: Any = self.connection.execute(
            f"SELECT {column}, count(*) FROM {table} WHERE at >= ? AND at < ? AND {column} IS NOT NULL "
            f"GROUP BY {column}",
            (since, until),
        )
        return {str(value): int(n) for value, n in rows}

    # --- writing

    def claim(self, holder: str, before: int = 0) -> Head:
        """Be the one who writes: whoever did before is refused from now on. Returns how far the journal goes.

        Args:
            holder: Who that is, for messages.
            before: The epoch in which this service wrote until now; 0: it begins.

        Raises:
            Replaced: there was another owner since `before`.
        """
        head = self.head_since(before)
        with self.connection.transaction():
            # Rows that the head does not vouch for are of a write cut short; nobody was told of them.
            for table, last, column in (("commands", head.last_n, "n"), ("events", head.last_seq, "seq")):
                self.connection.execute(f"DELETE FROM {table} WHERE {column} > ?", (last,))
            for table in ("snapshots", "snapshot_projections"):
                self.connection.execute(f"DELETE FROM {table} WHERE n > ?", (head.last_n,))
            self.connection.execute(
                "UPDATE shard SET epoch = epoch + 1, holder = ?, journal = ? WHERE id = 1", (holder, VERSION)
            )
        head.epoch += 1
        self.epoch, self._sum = head.epoch, head.sum
        return head

    def write(self, batch: Batch) -> None:
        """Make `batch` durable, all of it or nothing.

        Raises:
            Conflict: a unique key is taken.
            StoreFailed: the database cannot now.
        """
        connection, checked = self.connection, self._sum
        for row in batch.commands:
            checked = row.sum = row.summed(checked)
        with connection.transaction():
            self._reach(batch)
            if batch.commands:
                connection.insert(
                    "commands",
                    tuple(TABLES["commands"].columns),
                    [(row.n, row.at, row.body, row.refused, row.seq, row.sum) for row in batch.commands],
                )
            if batch.events:
                connection.insert(
                    "events",
                    tuple(TABLES["events"].columns),
                    [(event.seq, event.at, type(event).__name__, write_line(event)) for event in batch.events],
                )
                self._keep_offers(batch.events)
            self.carry_out(batch.changes)
            if batch.snapshot is not None:
                self._keep_snapshot(batch.snapshot)
        self._sum = checked
        if any(isinstance(change, Delete) and change.table == "customers" for change in batch.changes):
            connection.scrub()  # a person was erased

    def change(self, work: Callable[["Store"], T]) -> T:
        """Do `work` in a transaction, unless somebody else is the one who writes."""
        with self.connection.transaction():
            self.connection.execute(
                "UPDATE shard SET last_n = CASE WHEN epoch = ? THEN last_n END WHERE id = 1", (self.epoch,)
            )
            return work(self)

    def _reach(self, batch: Batch) -> None:
        """Move the head. Of an owner who was replaced, the columns become null, which they cannot: nothing is kept."""
        last_n = batch.commands[-1].n if batch.commands else None
        last_seq = batch.events[-1].seq if batch.events else None
        self.connection.execute(
            "UPDATE shard SET reached = ?, last_n = CASE WHEN epoch = ? THEN coalesce(?, last_n) END, "
            "last_seq = coalesce(?, last_seq) WHERE id = 1",
            (batch.reached, self.epoch, last_n, last_seq),
        )

    def _keep_offers(self, events: Sequence[Event]) -> None:
        """Keep the live offers: those that ended go, those that began and still live come."""
        begun: dict[str, tuple[str, str, str, int]] = {}
        ended: list[str] = []
        for event in events:
            if isinstance(event, CallOffered):
                begun[event.offer_id] = (event.offer_id, event.agent_id, event.call_id, event.at)
            elif isinstance(event, TaskOffered):
                begun[event.offer_id] = (event.offer_id, event.agent_id, event.task_id, event.at)
            elif isinstance(event, OfferEnded | CallConnected):
                if begun.pop(event.offer_id, None) is None:
                    ended.append(event.offer_id)
            elif isinstance(event, TaskAttempted):
                mine = [offer_id for offer_id, offer in begun.items() if offer[2] == event.task_id]
                for offer_id in mine:
                    del begun[offer_id]
                if not mine:
                    self.connection.execute("DELETE FROM live_offers WHERE subject = ?", (event.task_id,))
        if ended:
            self.connection.delete_in("live_offers", "offer_id", ended)
        if begun:
            self.connection.insert("live_offers", ("offer_id", "agent_id", "subject", "at"), list(begun.values()))

    def carry_out(self, changes: Sequence[Change]) -> None:
        """Carry out changes, in the caller's transaction; rows of one kind go in together, if nothing came between."""
        waiting: dict[tuple[str, tuple[str, ...]], list[tuple[object, ...]]] = {}
        for change in changes:
            if isinstance(change, Row):
                row = self._kept(change.table, change.values)
                waiting.setdefault((change.table, tuple(row)), []).append(tuple(row.values()))
                continue
            self._insert_all(waiting)
            wanted, values = _where(change.table, self._sought(change.table, change.where))
            if isinstance(change, Update):
                row = self._kept(change.table, change.values)
                sets = ", ".join(f"{column} = ?" for column in row)
                self.connection.execute(f"UPDATE {change.table} SET {sets}{wanted}", (*row.values(), *values))
            else:
                self.connection.execute(f"DELETE FROM {change.table}{wanted}", values)
        self._insert_all(waiting)

    def _insert_all(self, waiting: dict[tuple[str, tuple[str, ...]], list[tuple[object, ...]]]) -> None:
        for (table, columns), rows in waiting.items():
            self.connection.insert(table, columns, rows)
        waiting.clear()

    def _keep_snapshot(self, row: SnapshotRow) -> None:
        """Keep a snapshot, and let go of what is too old to be asked for."""
        body = row.body
        self.connection.execute("DELETE FROM snapshots WHERE n = ?", (row.n,))
        columns = tuple(TABLES["snapshots"].columns)
        self.connection.insert("snapshots", columns, [(row.n, row.at, row.seq, row.centre_n, zlib.crc32(body), body)])
        let_old_snapshots_go(self.connection, row.n, row.at)
        if row.folded is not None:
            folded = row.folded
            columns = tuple(TABLES["snapshot_projections"].columns)
            values = (row.n, folded.seq, folded.form, zlib.crc32(folded.body), folded.body)
            self.connection.insert("snapshot_projections", columns, [values])


def _where(table: str, where: Mapping[str, object]) -> tuple[str, tuple[object, ...]]:
    columns = TABLES[table].columns
    assert where.keys() <= columns.keys(), f"{table} has no column {min(where.keys() - columns.keys())}"
    parts, values = list[str](), list[object]()
    for column, value in where.items():
        if value is None:
            parts.append(f"{column} IS NULL")
            continue
        either = value if isinstance(value, tuple) else (value,)
        parts.append(f"{column} IN ({', '.join('?' * len(either))})" if len(either) > 1 else f"{column} = ?")
        values += either
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), tuple(values)
