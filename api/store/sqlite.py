"""SQLite by the standard library: WAL, synchronous=FULL, one connection that writes, and a lock file that says whose.

Two connections that write or checkpoint at the same moment can corrupt a WAL database in versions 3.7.0 to 3.51.2:
hence the lock, and readers that cannot write (`mode=ro`).
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from api.store.connection import Values
from api.store.errors import BadJournal, Conflict, Owned, StoreFailed

MOST_VALUES: Final = 8_000
"""In one list of a statement; SQLite allows 32,766."""
PAGE: Final = 5_000
"""Rows of a large answer at a time."""
ROWS_PER_STATEMENT: Final = 128
"""Rows in one statement."""
PREPARED: Final = 1_024
"""Statements that stay prepared: one for each table and number of rows."""
LARGE: Final = 65_536
"""Characters or bytes of a value that comes alone: a snapshot, or what the day's book goes on from."""
BUSY_S: Final = 5.0
LOG_PAGES: Final = 4_000
"""Of 4 kB, in the write-ahead log before it is copied into the file."""
CACHE_KB: Final = 4_096
"""Of pages, in the memory of who writes. Rows come in order of time, so that few pages are written again and again:
a posted call costs as much with 64 MB."""


class SqliteConnection:
    """A connection to one file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection

    @property
    def name(self) -> str:
        return str(self._path)

    def execute(self, sql: str, values: Values = ()) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(sql, tuple(values)).fetchall()
        except sqlite3.IntegrityError as error:
            raise Conflict(f"{self.name}: {error}") from error
        except sqlite3.Error as error:
            raise StoreFailed(f"{self.name}: {error}") from error

    def insert(self, table: str, columns: tuple[str, ...], rows: Sequence[Values], otherwise: str = "") -> None:
        # Many rows in one statement: each statement gives the interpreter away and waits to have it back. Up to
        # ROWS_PER_STATEMENT rows the text is made for just so many, and stays prepared.
        if len(rows) == 1 and any(isinstance(value, str | bytes) and len(value) > LARGE for value in rows[0]):
            self._insert_large(table, columns, rows[0], otherwise)
            return
        row = f"({','.join('?' * len(columns))})"
        for begun in range(0, len(rows), ROWS_PER_STATEMENT):
            some = rows[begun : begun + ROWS_PER_STATEMENT]
            marks = ",".join([row] * len(some))
            values = [value for one in some for value in one]
            self.execute(f"INSERT INTO {table} ({','.join(columns)}) VALUES {marks} {otherwise}", values)

    def _insert_large(self, table: str, columns: tuple[str, ...], row: Values, otherwise: str) -> None:
        """Insert a row of which nothing stays in memory: a statement that is prepared keeps what it was given last."""
        sql = f"INSERT INTO {table} ({','.join(columns)}) SELECT {','.join('?' * len(columns))} WHERE ? {otherwise}"
        try:
            self.execute(sql, (*row, 1))
        finally:
            self.execute(sql, (*[None] * len(columns), 0))

    def read_in(self, sql: str, values: Sequence[str]) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for begun in range(0, len(values), MOST_VALUES):
            some = values[begun : begun + MOST_VALUES]
            found += self.execute(sql.format(f"IN ({','.join('?' * len(some))})"), some)
        return found

    def pages(self, sql: str, values: Values = ()) -> Iterator[list[tuple[Any, ...]]]:
        try:
            cursor = self._connection.execute(sql, tuple(values))
            while page := cursor.fetchmany(PAGE):
                yield page
        except sqlite3.Error as error:
            raise StoreFailed(f"{self.name}: {error}") from error

    def delete_in(self, table: str, column: str, values: Sequence[str]) -> None:
        for begun in range(0, len(values), MOST_VALUES):
            some = values[begun : begun + MOST_VALUES]
            self.execute(f"DELETE FROM {table} WHERE {column} IN ({','.join('?' * len(some))})", some)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(StoreFailed):  # a full disk has rolled back already
                self.execute("ROLLBACK")
            raise

    def scrub(self) -> None:
        with suppress(StoreFailed):  # a reader is at it: the next checkpoint will do
            self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def has_table(self, table: str) -> bool:
        return bool(self.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)))

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()


def open_writer(path: Path) -> SqliteConnection:
    """Return the connection that writes; the caller holds the lock of the file."""
    try:
        raw = sqlite3.connect(
            path, timeout=BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=PREPARED
        )
    except sqlite3.Error as error:
        raise StoreFailed(f"{path}: {error}") from error
    connection = SqliteConnection(path, raw)
    try:
        mode = connection.execute("PRAGMA journal_mode=WAL")
        if mode != [("wal",)]:
            raise BadJournal(
                "{path}: SQLite cannot keep a write-ahead log here ({mode}): use a local disk",
                path=path,
                mode=mode[0][0],
            )
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")  # an erased person is gone from the file, too
        connection.execute("PRAGMA journal_size_limit=67108864")
        # Pages that are written again and again are copied into the file once in so many: less to write, and to sync.
        connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KB}")
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> SqliteConnection:
    """Return a connection that can only read."""
    if not path.exists():
        raise BadJournal("{path}: there is no such file", path=path)
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        raw = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        connection = SqliteConnection(path, raw)
        if not path.with_name(path.name + "-wal").exists() and not os.access(path.parent, os.W_OK):
            connection.close()  # a copy in a place where nobody writes needs no log
            raw = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None, check_same_thread=False)
            connection = SqliteConnection(path, raw)
    except sqlite3.Error as error:
        raise StoreFailed(f"{path}: {error}") from error
    try:
        connection.execute("SELECT count(*) FROM sqlite_master")
    except StoreFailed as fault:
        connection.close()
        raise BadJournal("{fault}: is it a callcenter database?", fault=fault) from fault
    return connection


def give_to_owner_of(database: Path, file: Path) -> None:
    """Let a file that root has made belong to whoever has the database, else its folder: their service opens it."""
    if os.geteuid() == 0:
        there = (database if database.exists() else database.parent).stat()
        with suppress(OSError):  # a root without that right, as in a container
            os.chown(file, there.st_uid, there.st_gid)


def _check_alone(path: Path) -> None:
    """See that a file has no second name: SQLite's log is named after the one it was opened by.

    What is committed under one name is not seen under the other, and the lock of the one is not the other's.

    Raises:
        BadJournal: it has; which, where that can be seen.
    """
    if not path.is_file() or path.stat().st_nlink == 1:
        return
    with suppress(OSError):
        beside = (one for one in path.parent.iterdir() if one != path and one.is_file() and one.samefile(path))
        found = next(beside, None)
        other = f"find / -xdev -samefile {path}" if found is None else found.name
        raise BadJournal(
            "{path}: the file has another name, too (a hard link: {other}), and what is written under one name is "
            "lost under the other: stop who uses it, keep the name that has a -wal beside it, remove the other",
            path=path,
            other=other,
        )


class FileLock:
    """Who may write to the file: one process; the system lets go of it when that process ends, however it ends."""

    def __init__(self, path: Path, holder: str) -> None:
        if path.is_dir() or not path.name:
            raise BadJournal("--database {path}: is a folder: name a file in it", path=path)
        real = path.resolve()  # a link to the file is the file
        _check_alone(real)
        self.path = real.with_name(real.name + ".lock")
        is_new = not self.path.exists()
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise BadJournal(
                "{path}: cannot be written ({strerror}): check the folder", path=self.path, strerror=error.strerror
            ) from error
        if is_new:
            give_to_owner_of(real, self.path)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            who = os.pread(self._descriptor, 500, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            raise Owned(str(path), who or "unknown") from error
        with suppress(OSError):  # on a full disk the lock holds all the same
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{holder}\n".encode(), 0)

    def release(self) -> None:
        """Let another service have the file."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1
