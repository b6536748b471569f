"""History kept for years: the day's book, agents' days, and the past contacts of known customers.

One fold of the committed events, written now and then in one transaction with how far it is: nothing is counted twice
and nothing is left out, whatever ends the service in between.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from api.errors import Unavailable
from api.memory import give_back
from api.state.ports import Live
from api.store.store import Store
from callcenter.errors import CallCenterError
from callcenter.events import CentreAdopted, Event
from callcenter.lifecycle.cells import CLOSED_AFTER, HALF_HOUR, Key, Sums, merged
from callcenter.lifecycle.half_hours import Book
from callcenter.units import MINUTE, Millis

LOG: Final = logging.getLogger("callcenter")
NAME: Final = "book"
PAGE_SIZE: Final = 1_000
GATHERED: Final = 5_000
"""Contacts, on the way through what happened before this service began, before they are written: each takes half a
kilobyte."""
VOICE: Final = "voice"
"""How the centre calls, and callers whose system did not say."""
EVERY: Final = MINUTE
PER_CALL: Final = 10
"""Ms longer between two writes for each call in hand: what is saved of it costs a moment."""
Mark = tuple[int, int]
"""Event, instant: up to where the tables go."""
Batch = tuple[Mark, Mark, dict[Key, Sums], dict[tuple[str, int], Sums], list[dict[str, Any]], dict[str, str], str]


TIES: Final = 50
"""A customer has no more contacts in one millisecond: databases order them each in their own way."""


class History:
    """Keeps the book: events are folded into it as they are committed; the engine's timer has it written."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.book = Book(live.engine.centre)
        self._written: Mark = (0, 0)
        self._pending: Batch | None = None
        """On its way; nobody may know whether it has arrived."""
        self._catching_up: asyncio.Task[None] | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._next = Millis(0)
        self._read: tuple[Mark, int, dict[tuple[str, str], Sums]] | None = None
        """What `day` read last: up to where the tables went then, from when, and by queue and tier."""

    async def start(self) -> None:
        """Go on from what is written, and hear in the background what has happened since."""
        rows = await self._live.find("projections", {"name": NAME}, limit=1)
        if rows:
            self._written = int(str(rows[0]["seq"])), int(str(rows[0]["at"]))
            self.book.go_on(self._written[0], json.loads(str(rows[0]["body"])), self._live.projections.board.lines())
        self._catching_up = asyncio.create_task(self._catch_up())

    async def stop(self) -> None:
        """Write what is not written."""
        if self._catching_up is not None and not self._catching_up.done():
            self._catching_up.cancel()
            with suppress(asyncio.CancelledError):
                await self._catching_up
            return
        if self._flushing is not None:
            await asyncio.wait([self._flushing])
        try:
            await self.flush()
        except CallCenterError as fault:
            LOG.warning("the day's book goes on from event %d: %s", self._written[0], fault)

    async def _catch_up(self) -> None:
        at = Millis(0)
        while True:
            try:
                if len(self.book.contacts) >= max(GATHERED, self.book.in_hand):  # what is in hand is written with them
                    async with self._lock:
                        await self._write_up_to(at)
                events = await self._live.events_after(self.book.seq, PAGE_SIZE)
            except CallCenterError as fault:
                LOG.warning("the day's book cannot read on yet: %s", fault)
                await asyncio.sleep(1)
                continue
            if not events:
                break
            self.book.fold(events, self._live.projections.board.lines())
            at = events[-1].at
        give_back()

    def fold(self, events: Sequence[Event]) -> None:
        """Take in what was committed; after a gap the store tells first."""
        if self._catching_up is None or not self._catching_up.done():
            return
        if events[0].seq > self.book.seq + 1:
            self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())
            return
        self.book.fold(events, self._live.projections.board.lines())
        if any(isinstance(event, CentreAdopted) for event in events):
            self.book.adopt(self._live.engine.centre)

    def tick(self, now: Millis) -> None:
        """Begin to write, now and then."""
        idle = self._flushing is None or self._flushing.done()
        if now >= self._next and idle and self.book.seq > self._written[0]:
            self._next = Millis(now + EVERY + PER_CALL * self.book.in_hand)
            self._flushing = asyncio.get_running_loop().create_task(self._write_on())

    async def _write_on(self) -> None:
        try:
            await self.flush()
        except CallCenterError as fault:
            LOG.warning("the day's book is written later: %s", fault)

    async def flush(self) -> None:
        """Return when everything that is committed by now is in the tables.

        Raises:
            Unavailable: it is not, or nobody knows; it is tried again.
        """
        while True:
            while self._catching_up is not None and not self._catching_up.done():
                await asyncio.wait([self._catching_up])
            async with self._lock:
                if self._catching_up is None or self._catching_up.done():  # it may have begun anew meanwhile
                    await self._write_up_to(self._live.now())
                    return

    async def _write_up_to(self, at: Millis) -> None:
        """Write what is folded, as it is at this instant; the caller has the lock."""
        if self._pending is not None:
            await self._send()
        self.book.cut(at)
        cells, days, contacts, results = self.book.take()
        if cells or days or contacts or results:
            body = json.dumps(self.book.saved(), separators=(",", ":"))
            mark = (self.book.seq, max(at, self._written[1] + 1))
            self._pending = (self._written, mark, cells, days, contacts, results, body)
            await self._send()

    async def _send(self) -> None:
        batch = self._pending
        assert batch is not None
        await self._live.change(lambda store: _write(store, batch))
        self._written, self._pending = batch[1], None

    async def day(self, begin: int) -> dict[tuple[str, str], Sums]:
        """Return what has come to pass since the half hour of `begin`, by queue and tier, up to the last event.

        What is written is read when more was written, once a minute or so; the rest is in memory.
        """
        if self._read is None or self._read[:2] != (self._written, begin):
            mark = self._written
            cells = await self._live.read(partial(_read_since, begin), apart=True)
            self._read = (mark, begin, cells)
            if mark != self._written:  # written meanwhile: some of it may be in both, or in neither
                return await self.day(begin)
        found = {where: defaultdict(int, sums) for where, sums in self._read[2].items()}
        waiting = [self.book.cells, *([] if self._pending is None else [self._pending[2]])]
        for fresh in waiting:
            for (at, queue, tier, _), sums in fresh.items():
                if at >= begin:
                    merged(found.setdefault((queue, tier), defaultdict(int)), sums)
        return found

    async def has_seen(self, agent_id: str) -> bool:
        """Tell whether an agent was ever logged in, or planned to be, as far back as agents' days are kept."""
        waiting = [self.book.days, *([] if self._pending is None else [self._pending[3]])]
        if any(who == agent_id for days in waiting for who, _ in days):
            return True
        for table in ("agent_days", "agent_plans"):
            if await self._live.find(table, {"agent_id": agent_id}, limit=1):
                return True
        return False

    async def contacts_of(
        self, customer: str, limit: int, before: int | None = None, shown: int = 0
    ) -> list[dict[str, Any]]:
        """Return a customer's contacts that are over, the newest first; those that are not written yet among them.

        Args:
            customer: Their key.
            limit: How many at most.
            before: Only those before this instant …
            shown: … and those of this very instant, but for so many that were told already.
        """
        waiting = [*self.book.contacts, *([] if self._pending is None else self._pending[4])]
        fresh = [row for row in waiting if row["customer_key"] == customer]
        since = ({} if self._pending is None else self._pending[5]) | self.book.results
        most = 2**62 if before is None else before if shown else before - 1

        def look(store: Store) -> list[dict[str, Any]]:
            rows: Any = store.connection.execute(
                f"SELECT {', '.join(CONTACT)} FROM contacts WHERE customer_key = ? AND at <= ? "
                "ORDER BY at DESC, id DESC LIMIT ?",
                (customer, most, limit + shown + TIES),
            )
            found = {(row[0], row[1]): dict(zip(CONTACT, row, strict=True)) for row in rows}
            found |= {(row["at"], row["id"]): row for row in fresh if row["at"] <= most}
            found = {key: row | {"result": since.get(row["id"], row["result"])} for key, row in found.items()}
            newest = [found[key] for key in sorted(found, reverse=True)[shown : shown + limit]]
            said = store.find("surveys", {"customer_key": customer}, "-at", 1_000)
            csat = {str(row["call_id"] or row["task_id"]): row["csat"] for row in said}
            about = [csat.get(str(row["id"]), csat.get(str(row["contact"]))) for row in newest]
            ids = [str(row[name]) for row in newest for name in ("id", "contact")]
            posted: Any = store.connection.execute(
                "SELECT call_id, channel FROM call_details WHERE customer_key = ? "
                f"AND call_id IN ({', '.join('?' * len(ids)) or 'NULL'})",
                (customer, *ids),
            )
            channels = dict(posted)
            return [
                row | {"csat": said if row["agent_id"] else None} | {"channel": _channel(row, channels)}
                for row, said in zip(newest, about, strict=True)
            ]

        return await self._live.read(look)


def _read_since(begin: int, store: Store) -> dict[tuple[str, str], Sums]:
    found: dict[tuple[str, str], Sums] = {}
    rows: Any = store.connection.execute("SELECT queue, tier, body FROM intervals WHERE begin >= ?", (begin,))
    for queue, tier, body in rows:
        merged(found.setdefault((queue, tier), defaultdict(int)), json.loads(body))
    return found


def _channel(row: Mapping[str, Any], channels: Mapping[str, str | None]) -> str:
    """Return how a contact went: a segment after a transfer as its contact came, a call of the centre by voice."""
    posted = row["id"] if row["id"] in channels else row["contact"]
    return (channels.get(posted) if row["kind"] == "call" else None) or VOICE


CONTACT: Final = ("at", "id", "contact", "kind", "queue", "tier", "outcome", "wait_ms", "agent_id", "talk_ms", "result")


def _write(store: Store, batch: Batch) -> None:
    """Write a batch if it is not there yet."""
    before, after, cells, days, contacts, results, body = batch
    now = after[1]
    execute = store.connection.execute
    found: Any = execute("SELECT seq, at FROM projections WHERE name = ?", (NAME,))
    there = (int(found[0][0]), int(found[0][1])) if found else (0, 0)
    if there == after:
        return  # it had arrived
    if there != before:
        raise Unavailable("another service keeps the day's book")
    for (begin, queue, tier, crew), sums in cells.items():
        where = (begin, queue, tier, crew)
        rows: Any = execute(
            "SELECT version, body FROM intervals WHERE begin = ? AND queue = ? AND tier = ? AND crew = ?", where
        )
        total: Sums = defaultdict(int, json.loads(rows[0][1]) if rows else {})
        merged(total, sums)
        late = now >= begin + HALF_HOUR + CLOSED_AFTER
        told = json.dumps({name: n for name, n in sorted(total.items()) if n})
        if rows and told == rows[0][1]:
            continue
        version = (int(rows[0][0]) if rows else 0) + late
        if rows:
            execute(
                "UPDATE intervals SET version = ?, body = ? WHERE begin = ? AND queue = ? AND tier = ? AND crew = ?",
                (version, told, *where),
            )
        else:
            columns = ("begin", "queue", "tier", "crew", "version", "closed_at", "body")
            store.connection.insert("intervals", columns, [(*where, version, None, told)])
    for (agent_id, day), sums in days.items():
        rows = execute("SELECT body FROM agent_days WHERE agent_id = ? AND day = ?", (agent_id, day))
        total = defaultdict(int, json.loads(rows[0][0]) if rows else {})
        merged(total, sums)
        execute("DELETE FROM agent_days WHERE agent_id = ? AND day = ?", (agent_id, day))
        store.connection.insert("agent_days", ("agent_id", "day", "body"), [(agent_id, day, json.dumps(total))])
    for row in contacts:
        # Who was erased meanwhile is not remembered by what is heard late.
        if execute("SELECT 1 FROM customers WHERE key = ?", (row["customer_key"],)):
            store.connection.insert("contacts", tuple(row), [tuple(row.values())])
    for call_id, result in results.items():
        execute("UPDATE contacts SET result = ? WHERE id = ?", (result, call_id))
    execute("DELETE FROM projections WHERE name = ?", (NAME,))
    store.connection.insert("projections", ("name", "seq", "at", "body"), [(NAME, *after, body)])
