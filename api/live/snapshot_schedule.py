"""When a snapshot is made, and where: here and now of a small floor, by a child process of a large one."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from api.recovery.snapshotter import snapshot_beside
from api.store.errors import StoreFailed
from api.store.rows import SnapshotRow, packed, size_of
from callcenter.units import Millis
from routing.engine import RoutingEngine

LOG: Final = logging.getLogger("callcenter.live")
COST: Final = 16
"""A snapshot of so many calls, agents and ended calls comes after a sixteenth as many commands: a start replays no more
than that, and what came while it was made."""


class Snapshots:
    """Bounds how much a restart has to replay, without ever pausing the live loop for long."""

    def __init__(self, address: str, every: int, here: int) -> None:
        self._address = address
        self._every = every
        self._here = here
        self._due = self._most = 0
        """`_most` calls, tasks, agents and ended calls are on the floor at most."""
        self._beside: asyncio.Task[None] | None = None

    def begin(self, n: int, last_n: int, size: int) -> None:
        """The newest snapshot is of command `n`, and of this size; the journal goes up to `last_n`."""
        self._due = n + max(self._every, size // COST)
        self._most = size + last_n - n

    def due(self, n: int) -> bool:
        """Take note of command `n`, and tell whether a snapshot is to be made."""
        self._most += 1
        return n >= self._due

    @property
    def small(self) -> bool:
        """Whether the floor can be copied at once."""
        return self._most <= self._here

    def copy(self, engine: RoutingEngine, n: int, at: Millis, seq: int, centre_n: int) -> SnapshotRow:
        """Return a snapshot of the engine as it is, after command `n`."""
        plain = engine.snapshot()
        self.begin(n, n, size_of(plain))
        return SnapshotRow(n, at, seq, centre_n, packed(plain))

    def make_beside(self, n: int, keep: Callable[[SnapshotRow], None]) -> None:
        """Have a child process make one, unless one is at it; `keep` gets it."""
        if self._beside is None or self._beside.done():
            self._beside = asyncio.get_running_loop().create_task(self._wait_for_child(n, keep))

    async def _wait_for_child(self, n: int, keep: Callable[[SnapshotRow], None]) -> None:
        try:
            row, size = await snapshot_beside(self._address)
        except (OSError, StoreFailed) as fault:
            LOG.warning("%s", fault)  # the journal is whole without it; the next start takes longer
            self._due = n + max(self._every, self._most // COST)
        else:
            self._due = row.n + max(self._every, size // COST)
            self._most = size + max(n - row.n, 0)
            keep(row)

    async def at_rest(self) -> None:
        """Return when no child is at it."""
        if self._beside is not None:
            await asyncio.wait([self._beside])

    async def close(self) -> None:
        """End the child, if there is one."""
        if self._beside is not None:
            self._beside.cancel()
            await asyncio.wait([self._beside])
