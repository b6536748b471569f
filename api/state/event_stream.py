"""Server-sent events: each committed event written once, handed to all who listen, each agent's to that agent."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Final, Protocol

from pydantic_core import to_json

from api.errors import Invalid
from api.state.board import Board
from api.state.ports import EventLog
from callcenter.events import Event
from routing.journal import EVENTS, to_plain

KEPT: Final = 20_000
"""Events in memory; a listener who falls further behind reads the rest from the store."""
GATHER_S: Final = 0.1
"""A listener is woken for what gathered in so long: many events, one write."""
SHARE_S: Final = 0.002
"""… and for so long a listener when there are many: two hundred, 0.4 s."""
BATCH_SIZE: Final = 20
"""Listeners that are written to in one go: some milliseconds."""
PAUSE_S: Final = 0.01
"""Between one such group and the next."""
MOST_GATHERED: Final = 1_000
"""Events of one agent that wait to be sent."""
ALIVE_S: Final = 15.0
"""A comment after so long of silence, or a proxy takes the line for dead."""
PAGE: Final = 1_000
FAREWELL: Final = b'event: end\ndata: {"reason":"the service ends"}\n\n'
"""The last word of a stream: come back with the last id, to whoever answers then."""


def kinds_of(text: str | None) -> frozenset[str]:
    """Return the kinds of events that were asked for, by name; none: all."""
    kinds = frozenset(kind for kind in (text or "").split(",") if kind)
    unknown = sorted(kinds - EVENTS.keys())
    if unknown:
        raise Invalid("types: there is no event {unknown!r}", unknown=unknown[0][:50])
    return kinds


def encoded(event: Event) -> bytes:
    """Return an event as one server-sent event; its id is its place in the sequence."""
    plain = to_plain(event)
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, plain["is"].encode(), to_json(plain))


class Broadcast:
    """What all listeners share: what has lately happened, one bell, and each text written once."""

    def __init__(self) -> None:
        self._recent: deque[Event] = deque(maxlen=KEPT)
        self._written: dict[int, bytes] = {}
        self._texts: dict[tuple[int, frozenset[str]], tuple[int, bytes]] = {}
        """After which, which kinds → up to where, and the text; good until something happens."""
        self._woken = asyncio.Event()
        self._turns: dict[int, asyncio.Future[None]] = {}
        """Those who wait, by group."""
        self._gathering: asyncio.Task[None] | None = None
        self._joined = 0
        self._own: dict[str, list[Own]] = {}
        self.listeners = 0
        self.closed = False

    def push(self, events: Sequence[Event]) -> None:
        """Take in what happened; costs next to nothing while nobody listens."""
        self._recent.extend(events)
        if not self.listeners:
            return
        self._texts.clear()
        self._woken.set()
        self._woken = asyncio.Event()
        if self._own:
            for event in events:
                for mine in self._own.get(getattr(event, "agent_id", ""), ()):
                    mine.tell(event)

    def close(self) -> None:
        """End every stream."""
        self.closed = True
        self._woken.set()
        for several in self._own.values():
            for mine in several:
                mine.woken.set()

    def since(self, seq: int) -> list[Event] | None:
        """Return what happened after `seq`, or None where memory does not go back so far."""
        recent = self._recent
        if not recent or recent[-1].seq <= seq:
            return []
        if recent[0].seq > seq + 1:
            return None
        found: list[Event] = []
        for event in reversed(recent):
            if event.seq <= seq:
                break
            found.append(event)
        found.reverse()
        return found

    def written(self, event: Event) -> bytes:
        """Return the event as it is sent, written once for all."""
        text = self._written.get(event.seq)
        if text is None:
            if len(self._written) > KEPT:
                self._written.clear()
            text = self._written[event.seq] = encoded(event)
        return text

    def newest(self, after: int, kinds: frozenset[str]) -> tuple[int, bytes] | None:
        """Return up to where memory goes, and what is sent of it: one text for all who are as far.

        None where there is nothing, or memory does not go back so far.
        """
        found = self._texts.get((after, kinds))
        if found is None:
            events = self.since(after)
            if not events:
                return None
            found = self._texts[after, kinds] = (events[-1].seq, self.chosen(events, kinds))
        return found

    def chosen(self, events: Sequence[Event], kinds: frozenset[str]) -> bytes:
        """Return what is sent of these events."""
        return b"".join(self.written(event) for event in events if not kinds or type(event).__name__ in kinds)

    async def more(self, timeout_s: float) -> bool:
        """Return True when something may have happened, False after a silence."""
        try:
            await asyncio.wait_for(self._woken.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def join(self) -> int:
        """Count one more who listens to everything, and return the group that they are woken with."""
        self.listeners += 1
        self._joined += 1
        return self._joined // BATCH_SIZE

    async def turn(self, group: int) -> None:
        """Return when something has happened and a little more has gathered, or after a silence: for all of a group."""
        turn = self._turns.get(group)
        if turn is None:
            turn = self._turns[group] = asyncio.get_running_loop().create_future()
        if self._gathering is None:
            self._gathering = asyncio.ensure_future(self._gather())
        await asyncio.shield(turn)

    async def _gather(self) -> None:
        """Wake the groups one after another: between two of them calls are answered."""
        if await self.more(ALIVE_S) and not self.closed:
            await asyncio.sleep(max(GATHER_S, self.listeners * SHARE_S))
        turns, self._turns = self._turns, {}
        for n, turn in enumerate(turns.values()):
            if n and not self.closed:
                await asyncio.sleep(PAUSE_S)
            if not turn.done():
                turn.set_result(None)
        # Whoever was woken first may wait again by now.
        self._gathering = asyncio.ensure_future(self._gather()) if self._turns else None

    def listen(self, agent_id: str) -> "Own":
        """Begin to gather what concerns one agent; `leave` ends it."""
        mine = Own(agent_id)
        self._own.setdefault(agent_id, []).append(mine)
        self.listeners += 1
        return mine

    def leave(self, mine: "Own") -> None:
        """Gather no more."""
        self.listeners -= 1
        self._own[mine.agent_id].remove(mine)
        if not self._own[mine.agent_id]:
            del self._own[mine.agent_id]


class Own:
    """What happened to one agent and was not sent yet: nobody is woken for what happens to others."""

    def __init__(self, agent_id: str) -> None:
        self.agent_id = agent_id
        self.woken = asyncio.Event()
        self._events: list[Event] = []
        self.missed = False
        """Too much has gathered: it is better to tell how things stand."""

    def tell(self, event: Event) -> None:
        """Take in an event."""
        if len(self._events) >= MOST_GATHERED:
            self._events.clear()
            self.missed = True
        self._events.append(event)
        self.woken.set()

    async def more(self, timeout_s: float) -> list[Event]:
        """Return what has happened, as soon as something has; nothing after a silence."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), timeout_s)
        self.woken.clear()
        events, self._events = self._events, []
        return events


class Filter(Protocol):
    """What of the events a listener may hear."""

    async def of(self, events: Sequence[Event]) -> list[Event]:
        """Return those that the listener may hear."""
        ...


async def everything(
    broadcast: Broadcast, board: Board, log: EventLog, after: int, kinds: frozenset[str], heard: Filter | None = None
) -> AsyncIterator[bytes]:
    """Yield the stream from `after` on: first what was missed, then what comes; `heard`: of which only so much."""
    group = broadcast.join()
    try:
        yield b"retry: 2000\n\n"
        while not broadcast.closed:
            newest = broadcast.newest(after, kinds) if heard is None else None
            if newest is not None:
                after, text = newest
            elif after < board.seq:
                events = await log.events_after(after, PAGE)
                after = events[-1].seq if events else board.seq
                text = broadcast.chosen(events if heard is None else await heard.of(events), kinds)
            else:
                await broadcast.turn(group)
                text = b": alive\n\n" if after == board.seq else b""
            if text:
                yield text
        yield FAREWELL
    finally:
        broadcast.listeners -= 1
