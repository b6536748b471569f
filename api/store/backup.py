"""Copies of a SQLite database: taken while a service writes to it, checked, and put back in its place."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from api.store import sqlite
from api.store.errors import BadJournal, StoreFailed
from api.store.store import Head, Store
from callcenter.errors import BadInput

PAGES: Final = 2_000
"""Copied in one go; between two of them the service's checkpoints go on."""


def copy(source: Path, target: Path) -> Head:
    """Copy a database as it is at one instant, and return how far the copy's journal goes.

    The copy comes to its place whole or not at all.

    Raises:
        BadInput: there is no such database, or the copy cannot be written.
        BadJournal: it is damaged.
    """
    if not source.is_file():
        raise BadInput(f"{source}: there is no such file: check the path")
    half = target.with_name(target.name + ".part")
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))  # customers' numbers are in it
        with (
            closing(sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=ro", uri=True)) as one,
            closing(sqlite3.connect(half)) as other,
        ):
            one.backup(other, pages=PAGES)
            other.execute("PRAGMA journal_mode=DELETE")  # one file, with no log beside it
        head = check(half)
        _synced(half)
        half.replace(target)
        _synced(target.absolute().parent)
    except (OSError, sqlite3.Error) as fault:
        half.unlink(missing_ok=True)
        raise BadInput(f"{target}: no copy could be made ({fault}): check both paths and the space") from None
    except (BadJournal, StoreFailed):
        half.unlink(missing_ok=True)
        raise
    return head


def check(path: Path) -> Head:
    """Return how far the journal of a copy goes; raises `BadJournal` for one that is damaged or is none."""
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise BadJournal(f"{path}: is damaged ({found})")
    connection_ = sqlite.open_reader(path)
    try:
        return Store(connection_).head()
    finally:
        connection_.close()


def put_back(copied: Path, database: Path, *, over: bool = False) -> Head:
    """Put a copy in the place of a database that no service has open, and return how far its journal goes.

    Raises:
        BadInput: there is a database in that place, and `over` is not set.
        Owned: a service has it open.
        BadJournal: the copy is damaged.
    """
    if database.exists() and not over:
        raise BadInput(f"{database}: is there already: move it away, or say --over")
    lock = sqlite.FileLock(database, "callcenter restore")
    try:
        for log in ("-wal", "-shm"):
            if (beside := database.with_name(database.name + log)).exists() and not over:
                raise BadInput(f"{beside}: belongs to another database: move it away, or say --over")
        head = check_source(copied)
        found = copy(copied, database)
        assert found.last_n == head.last_n
        for log in ("-wal", "-shm"):
            database.with_name(database.name + log).unlink(missing_ok=True)
    finally:
        lock.release()
    return found


def check_source(copied: Path) -> Head:
    """Return how far the journal of a backup goes."""
    if not copied.is_file():
        raise BadInput(f"{copied}: there is no such file: check the path")
    try:
        return check(copied)
    except sqlite3.Error as fault:
        raise BadJournal(f"{copied}: is no backup ({fault})") from None


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
