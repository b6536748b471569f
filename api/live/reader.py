"""Reads of what is committed, on a thread and a connection of their own: they never wait for the writer."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from api.errors import Unavailable
from api.store.errors import BadJournal, StoreFailed
from api.store.open import Database
from api.store.store import Store
from callcenter.language.said import said

T = TypeVar("T")


class Reading:
    """One connection that can only read."""

    def __init__(self, database: Database, loop: asyncio.AbstractEventLoop) -> None:
        self._database = database
        self._loop = loop
        self._pool = ThreadPoolExecutor(1, "reader")
        self._store: Store | None = None

    async def ask(self, question: Callable[[Store], T]) -> T:
        """Return the answer of the database; raises `Unavailable` when it has none."""
        return await self._loop.run_in_executor(self._pool, self._ask, question)

    def _ask(self, question: Callable[[Store], T]) -> T:
        for last_try in (False, True):
            try:
                if self._store is None:
                    self._store = self._database.reader()
                return question(self._store)
            except (StoreFailed, BadJournal) as fault:
                if self._store is not None:  # the connection may be stale: once more on a new one
                    self._store.connection.close()
                    self._store = None
                if last_try:
                    raise Unavailable(said("the database cannot be read: {fault}", fault=fault)) from fault
        raise AssertionError

    def close(self, *, wait: bool = True) -> None:
        """Close the connection, after what was asked before; `wait` until that is done."""

        def end() -> None:
            if self._store is not None:
                self._store.connection.close()

        self._pool.submit(end)
        self._pool.shutdown(wait=wait)
