"""Copies of a database of either kind: taken while a service writes to it, checked, and put back in its place.

A copy is a SQLite file. What it says of persons is encrypted by keys that are not in it (`people.py`): they are in one
file beside all copies, which each copy writes anew. So an erasure reaches the copies that were made before it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic_core import to_json

from api.store import sqlite
from api.store.connection import Connection
from api.store.errors import BadJournal, StoreFailed
from api.store.open import Database
from api.store.people import NO_ONE, Keys, opened, sealed
from api.store.rows import Head
from api.store.schema import ERASE_AGAIN, LINEAGE, MIGRATIONS, NOBODY, migrate, schema_version
from api.store.store import Store
from api.store.tables import OWNED, TABLES
from callcenter.errors import BadInput

KEYS_NAME: Final = "callcenter.keys"
"""The file of keys beside copies."""
PEOPLE: Final = "CREATE TABLE people (n INTEGER PRIMARY KEY, owner TEXT, name TEXT, body BLOB)"
LEFT_OUT: Final = {
    "import_rows": "FALSE",
    "imports": "state IN ('done', 'broken')",
    "settings": f"name <> '{NOBODY}'",
}
"""What goes into a copy of tables that do not go as they are: customers on their way in are imported again."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What came of putting a copy back."""

    head: Head
    erased: int
    """Customers of the copy who have been erased or forgotten since; nothing of them came back."""
    apart: bool
    """What the copy said of persons was encrypted; of a copy by an older version it was not."""


def copy(database: Database, target: Path, keys: Path | None = None) -> Head:
    """Copy a database as it is at one instant, and return how far the copy's journal goes.

    The copy comes to its place whole or not at all, and not before the keys that read it.

    Args:
        database: Where it is; a service may have it.
        target: The copy.
        keys: Where the persons' keys go, in place of those of before (None: `callcenter.keys` beside the copy).

    Raises:
        BadInput: there is no such database, or the copy cannot be written.
        BadJournal: it is damaged.
    """
    if not database.is_postgres and not database.path.is_file():
        raise BadInput("{path}: there is no such file: check the path", path=database.path)
    half = target.with_name(target.name + ".part")
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        with closing_store(database.reader()) as store, _at_one_instant(store.connection, database):
            if schema_version(store.connection) != len(MIGRATIONS):
                raise BadInput(
                    "{connection}: is of an older version: start the service once", connection=store.connection.name
                )
            held = Keys.read(store)
            with closing(_fresh(half)) as other:
                _copy_out(store, other, held)
        head = check(half)
        _synced(half)
        held.save(keys or target.with_name(KEYS_NAME), database.vault)
        half.replace(target)
        _synced(target.absolute().parent)
    except (OSError, sqlite3.Error) as fault:
        raise BadInput(
            "{target}: no copy could be made ({fault}): check both paths and the space",
            target=target,
            fault=getattr(fault, "strerror", None) or fault,
        ) from None
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
    return head


def check(path: Path) -> Head:
    """Return how far the journal of a copy goes; raises `BadJournal` for one that is damaged or is none."""
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise BadJournal("{path}: is damaged ({found})", path=path, found=found)
    with closing_store(Store(sqlite.open_reader(path))) as store:
        return store.head()


def put_back(copied: Path, database: Database, keys: Path | None = None, *, over: bool = False) -> PutBack:
    """Put a copy in the place of a database that no service has open.

    Of persons it brings back whom the keys still know: those of the file, and of the database that was there if it is
    the same one further on; never who was erased there.

    Args:
        copied: The copy.
        database: Its place.
        keys: The file of keys (None: `callcenter.keys` beside the copy).
        over: Let a database that is there go.

    Raises:
        BadInput: there is a database in that place, and `over` is not set; or the keys are missing.
        Owned: a service has it open.
        BadJournal: the copy is damaged.
    """
    head = check_source(copied)
    with closing_store(Store(sqlite.open_reader(copied))) as source:
        apart = source.connection.has_table("people")
        held = _keys_for(source, copied, keys, database) if apart else None
        place = _postgres if database.is_postgres else _sqlite
        with place(database, schema_version(source.connection), over=over) as target:
            erased = _copy_in(source, target, held)
    return PutBack(head, erased, apart)


def check_source(copied: Path) -> Head:
    """Return how far the journal of a backup goes."""
    if not copied.is_file():
        raise BadInput("{copied}: there is no such file: check the path", copied=copied)
    try:
        return check(copied)
    except sqlite3.Error as fault:
        raise BadJournal("{copied}: is no backup ({fault})", copied=copied, fault=fault) from None


# --- out


def _copy_out(store: Store, other: sqlite.SqliteConnection, keys: Keys) -> None:
    other.execute(PEOPLE)
    with other.transaction():
        for name in ("shard", "settings"):  # the rows of new tables
            other.execute(f"DELETE FROM {name}")
        for name, table in TABLES.items():
            if name not in OWNED:
                _pour(store.connection, other, name, tuple(table.columns), LEFT_OUT.get(name))
        for who, name, body in sealed(store, keys):
            other.execute("INSERT INTO people (owner, name, body) VALUES (?, ?, ?)", (who, name, body))


def _pour(source: Connection, target: Connection, name: str, columns: tuple[str, ...], which: str | None) -> None:
    where = "" if which is None else f" WHERE {which}"
    for page in source.pages(f"SELECT {', '.join(columns)} FROM {name}{where}"):
        target.insert(name, columns, [tuple(bytes(c) if isinstance(c, memoryview) else c for c in row) for row in page])


def _fresh(path: Path) -> sqlite.SqliteConnection:
    """Return a connection to a new database with the newest tables, which nobody else sees."""
    connection = _unshared(path)
    migrate(connection, "sqlite")
    return connection


def _unshared(path: Path) -> sqlite.SqliteConnection:
    raw = sqlite3.connect(path, isolation_level=None)
    connection = sqlite.SqliteConnection(path, raw)
    connection.execute("PRAGMA synchronous=OFF")  # it is synced as a whole before anybody relies on it
    return connection


@contextmanager
def _at_one_instant(connection: Connection, database: Database) -> Iterator[None]:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if database.is_postgres else "BEGIN")
    try:
        yield
    finally:
        with suppress(StoreFailed):
            connection.execute("ROLLBACK")


# --- back


def _copy_in(source: Store, target: Connection, keys: Keys | None) -> int:
    """Fill a database whose tables are of the copy's version; return how many persons did not come back."""
    there = source.connection
    gone: set[str] = set()
    with target.transaction():
        for name in ("shard", "settings"):
            target.execute(f"DELETE FROM {name}")
        for name, table in TABLES.items():
            has = set(there.execute(f"SELECT name FROM pragma_table_info('{name}')"))
            columns = tuple(column for column in table.columns if (column,) in has)
            if columns:
                _pour(there, target, name, columns, None)
        if keys is None:
            return 0
        asked = "SELECT owner, name, body FROM people ORDER BY n"
        for who, name, columns, rows in opened((line for page in there.pages(asked) for line in page), keys):
            if columns:
                target.insert(name, columns, rows)
            elif who != NO_ONE:
                gone.add(who)
        target.insert("settings", ("name", "value"), [(NOBODY, keys.of[NO_ONE])])
        if gone:
            target.execute("DELETE FROM settings WHERE name = ?", (ERASE_AGAIN,))
            target.insert("settings", ("name", "value"), [(ERASE_AGAIN, to_json(sorted(gone)).decode())])
    return len(gone)


def _keys_for(source: Store, copied: Path, file: Path | None, database: Database) -> Keys:
    """Return the keys that read a copy, of the file and the database in its place; of those erased there, none."""
    found: Any = source.connection.execute("SELECT value FROM settings WHERE name = ?", (LINEAGE,))
    lineage = str(found[0][0])
    path = file or copied.with_name(KEYS_NAME)
    kept = Keys.load(path, database.vault) if file is not None or path.exists() else None
    if kept is not None and kept.lineage != lineage:
        raise BadInput("{path}: has the keys of another database: name the file of this one (--keys)", path=path)
    with suppress(BadJournal, StoreFailed), closing_store(database.reader()) as store:
        if schema_version(store.connection) == len(MIGRATIONS):
            here = Keys.read(store)
            if here.lineage == lineage:
                erased = set(store.connection.execute("SELECT subject FROM audit WHERE action = 'customer.erase'"))
                both = (kept.of if kept is not None else {}) | here.of
                return Keys(lineage, {who: key for who, key in both.items() if (who,) not in erased})
    if kept is None:
        raise BadInput(
            "{path}: is missing: it has the keys of the persons in {copied}: name it (--keys)",
            path=path,
            copied=copied.name,
        )
    return kept


@contextmanager
def _sqlite(database: Database, version: int, *, over: bool) -> Iterator[Connection]:
    """Give a new file that takes the database's place at the end."""
    path = database.path
    if path.exists() and not over:
        raise BadInput("{path}: is there already: move it away, or say --over", path=path)
    logs = [path.with_name(path.name + log) for log in ("-wal", "-shm")]
    if not over and (beside := next((log for log in logs if log.exists()), None)) is not None:
        raise BadInput("{beside}: belongs to another database: move it away, or say --over", beside=beside)
    lock = sqlite.FileLock(path, "callcenter restore")
    half = path.with_name(path.name + ".part")
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        with closing(_unshared(half)) as connection:
            migrate(connection, "sqlite", version)
            yield connection
        sqlite.give_to_owner_of(path, half)
        _synced(half)
        half.replace(path)
        for log in logs:
            log.unlink(missing_ok=True)
        _synced(path.absolute().parent)
    finally:
        half.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _postgres(database: Database, version: int, *, over: bool) -> Iterator[Connection]:
    """Give the database emptied; whatever was there is there again if putting back fails."""
    from api.store import postgres

    connection = postgres.open_writer(database.address, "callcenter restore")
    try:
        if connection.has_table("shard") and not over:
            raise BadInput(
                "{connection}: has tables already: name an empty database, or say --over", connection=connection.name
            )
        with connection.transaction():
            for name in (*TABLES, "schema_version"):
                connection.execute(f"DROP TABLE IF EXISTS {name}")
            migrate(connection, "postgres", version)
            yield connection
    finally:
        connection.close()


@contextmanager
def closing_store(store: Store) -> Iterator[Store]:
    """Give a store for the length of a block."""
    try:
        yield store
    finally:
        store.connection.close()


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
