"""What the store asks of a database: the little in which SQLite and PostgreSQL differ."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Values = Sequence[object]


class Connection(Protocol):
    """One connection, used by one thread at a time. Whatever fails is a `StoreFailed`; a unique key, a `Conflict`."""

    @property
    def name(self) -> str:
        """The database, for messages; no password in it."""
        ...

    def execute(self, sql: str, values: Values = ()) -> list[tuple[object, ...]]:
        """Carry out a statement (`?` stands for a value) and return its rows."""
        ...

    def insert(self, table: str, columns: tuple[str, ...], rows: Sequence[Values], otherwise: str = "") -> None:
        """Insert many rows in as few steps as the database can; `otherwise`: an ON CONFLICT clause."""
        ...

    def read_in(self, sql: str, values: Sequence[str]) -> list[tuple[object, ...]]:
        """Return the rows of a question whose `{}` stands for "is one of `values`"."""
        ...

    def pages(self, sql: str, values: Values = ()) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a large answer, some thousands at a time."""
        ...

    def delete_in(self, table: str, column: str, values: Sequence[str]) -> None:
        """Delete the rows whose `column` is one of `values`."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All of the block, durable at its end, or nothing of it."""
        ...

    def scrub(self) -> None:
        """Let what was deleted be gone from the files, too, as far as that can be done at once."""
        ...

    def has_table(self, table: str) -> bool: ...

    def close(self) -> None: ...
