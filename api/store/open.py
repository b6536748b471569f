"""A database by its address: a path, sqlite:///path or postgresql://host/name."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from api.store import sqlite
from api.store.connection import Connection
from api.store.encryption import Clear, Vault
from api.store.schema import migrate
from api.store.store import Store
from callcenter.errors import BadInput


def check_address(address: str) -> None:
    """Refuse what can be no database; an address is not repeated where it may hold a password.

    Raises:
        BadInput: what is wrong, and what to write.
    """
    if address.startswith(("postgresql://", "postgres://")):
        try:
            urlsplit(address)
        except ValueError as error:
            raise BadInput(
                "--database: is no address ({error}): write postgresql://user@host/name", error=error
            ) from None
    elif "\0" in address or "://" in address.removeprefix("sqlite:///"):
        raise BadInput("--database: is no database that is known: write a path, or postgresql://user@host/name")
    elif Path(address.removeprefix("sqlite:///")).is_dir():
        raise BadInput("--database {address}: is a folder, check the path: name a file in it", address=address)


@dataclass(slots=True)
class Database:
    """Where the journal is, and how to reach it again after it was lost."""

    address: str
    holder: str = ""
    vault: Vault = field(default_factory=Clear)
    _lock: sqlite.FileLock | None = None

    def __post_init__(self) -> None:
        check_address(self.address)
        self.holder = self.holder or f"callcenter on {socket.gethostname()}, process {os.getpid()}"

    @property
    def is_postgres(self) -> bool:
        return self.address.startswith(("postgresql://", "postgres://"))

    @property
    def path(self) -> Path:
        """The file, of SQLite."""
        return Path(self.address.removeprefix("sqlite:///"))

    def writer(self) -> Store:
        """Return the store with the one connection that writes, tables up to date.

        Raises:
            BadJournal: another service has it, or it is newer than this program.
            StoreFailed: the database cannot be reached.
        """
        connection: Connection
        if self.is_postgres:
            from api.store import postgres

            connection = postgres.open_writer(self.address, self.holder)
        else:
            if self._lock is None:
                self._lock = sqlite.FileLock(self.path, self.holder)
            connection = sqlite.open_writer(self.path)
        try:
            migrate(connection, "postgres" if self.is_postgres else "sqlite")
        except BaseException:
            connection.close()
            raise
        return Store(connection, self.vault)

    def reader(self) -> Store:
        """Return a store that can only read; any number of them may be open."""
        if self.is_postgres:
            from api.store import postgres

            return Store(postgres.open_reader(self.address), self.vault)
        return Store(sqlite.open_reader(self.path), self.vault)

    def release(self) -> None:
        """Let another service have the file."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


@contextmanager
def reading(address: str, vault: Vault | None = None) -> Iterator[Store]:
    """Give a store that can only read, for the length of a block."""
    store = Database(address, vault=vault or Clear()).reader()
    try:
        yield store
    finally:
        store.connection.close()
