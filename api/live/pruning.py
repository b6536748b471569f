"""Pruning of the journal in small batches: commands behind the oldest kept snapshot, events of last week.

A start needs the newest snapshot and what came after. The first snapshot of each day is kept as long as the journal is,
so that `callcenter replay` has where to begin. Where an archive is asked for, commands are on its disk before they go:
after a crash some may be in it twice, and none is missing.
"""

import asyncio
import gzip
import json
import logging
import os
from pathlib import Path
from typing import Final

from api.live.periodic import Periodic
from api.live.protocol import LiveEngine
from api.store import retention
from api.store.rows import CommandRow
from callcenter.errors import BadInput, CallCenterError
from callcenter.units import DAY, MINUTE, Millis

LOG: Final = logging.getLogger("callcenter")
BATCH_SIZE: Final = 500
"""Rows in one transaction: some milliseconds, in which no call becomes durable."""
EVERY: Final = MINUTE


class Pruning(Periodic):
    """Prunes once a minute."""

    def __init__(self, live: LiveEngine, keep_days: int, archive: Path | None) -> None:
        super().__init__(Millis(EVERY))
        self._live = live
        self.keep_days = keep_days
        self.archive = archive

    async def _run(self, now: Millis) -> None:
        try:
            await self.prune(now)
        except (CallCenterError, OSError) as fault:
            LOG.warning("the journal is pruned later: %s", fault)

    async def prune(self, now: Millis) -> int:
        """Prune all that may go by now; return how many commands went.

        Raises:
            Unavailable: the database cannot now.
            OSError: the archive cannot be written; nothing went.
        """
        live, gone = self._live, 0
        before = now - self.keep_days * DAY
        await live.change(lambda store: retention.thin_snapshots(store.connection, before))
        while rows := await live.read(
            lambda store: retention.prunable(store.connection, before, BATCH_SIZE), apart=True
        ):
            if self.archive is not None:
                await asyncio.to_thread(_append, self.archive, rows)
            await live.change(lambda store, last=rows[-1].n: retention.prune(store.connection, last))  # type: ignore[misc]
            gone += len(rows)
        while await live.change(lambda store: retention.forget_events(store.connection, now, BATCH_SIZE)):
            pass
        if gone:
            LOG.info("%d commands behind the oldest kept snapshot went from the journal", gone)
        return gone


def check_archive(archive: Path | None) -> None:
    """Refuse an archive that could not be written a week from now; none is good."""
    if archive is not None and (archive.is_dir() or not os.access(archive.parent, os.W_OK)):
        raise BadInput(
            "journal_archive {archive}: cannot be written: name a file in a folder that can be", archive=archive
        )


def _append(archive: Path, rows: list[CommandRow]) -> None:
    """Add commands to an archive, one line of JSON each, and return when they are on the disk.

    Each batch is a gzip member of its own: a file of them reads as one, and a batch cut short spoils no other.
    """
    lines = "".join(
        json.dumps({"n": row.n, "at": row.at, "refused": row.refused, "seq": row.seq, "sum": row.sum, "body": row.body})
        + "\n"
        for row in rows
    )
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(os.dup(descriptor), "ab") as file:
            file.write(gzip.compress(lines.encode(), 6))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
