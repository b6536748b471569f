"""Trials: a process that keeps a base simulated, and answers one change after another while somebody watches."""

import asyncio
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from api.auth.keys import Access, Key
from api.errors import Conflict
from api.jobs.jobs import Failed, Jobs
from api.jobs.warm import Child
from callcenter.errors import BadInput
from callcenter.language.said import said

MOST_OPEN: Final = 6
"""Bases that are kept lived, of all keys together; the one used longest ago makes room."""
MOST_OF_A_KEY: Final = 2
IDLE_S: Final = 300.0
ANSWER_S: Final = 60.0


@dataclass(slots=True)
class Desk:
    """A base that is kept lived for a key."""

    key: Key
    child: Child
    stack: AsyncExitStack
    used: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Trials:
    """The bases that are kept lived."""

    def __init__(self, jobs: Jobs, access: Access) -> None:
        self._jobs = jobs
        self._access = access
        self._desks: dict[tuple[str, str], Desk] = {}
        self._opening = asyncio.Lock()
        self._idle: asyncio.Task[None] | None = None

    async def tried(self, key: Key, base: dict[str, Any], wish: dict[str, Any]) -> str:
        """Return, as JSON, how a change differs from the base.

        Raises:
            BadInput: a set is wrong, or it is too much to be watched.
            Failed: it took too long, or we are at fault.
            Conflict: too many are being tried.
        """
        mark = (key.id, sha256(json.dumps(base, sort_keys=True).encode()).hexdigest())
        with self._access.while_in_force(key):
            desk = await self._desk(mark, key, base)
            try:
                async with desk.lock, asyncio.timeout(ANSWER_S):
                    desk.used = _now()
                    await desk.child.ask(wish)
                    return await self._jobs.answer(desk.child)
            except BadInput:
                raise
            except TimeoutError:
                await self._close(mark)
                raise Failed(
                    said("took longer than {seconds:.0f} s: run it as a simulation", seconds=ANSWER_S)
                ) from None
            except BaseException:
                await self._close(mark)  # its next line would answer another question
                raise

    async def stop(self) -> None:
        """End them all."""
        if self._idle is not None:
            self._idle.cancel()
            await asyncio.gather(self._idle, return_exceptions=True)
        for mark in list(self._desks):
            await self._close(mark)

    async def _desk(self, mark: tuple[str, str], key: Key, base: dict[str, Any]) -> Desk:
        async with self._opening:
            found = self._desks.get(mark)
            if found is None:
                await self._make_room(key)
                stack = AsyncExitStack()
                child = await stack.enter_async_context(self._jobs.warm.child())
                await child.ask(base | {"kind": "trial"})
                found = self._desks[mark] = Desk(key, child, stack, _now())
            if self._idle is None or self._idle.done():
                self._idle = asyncio.create_task(self._end_idle())
            return found

    async def _make_room(self, key: Key) -> None:
        """Close what was used longest ago, where there are too many, of this key or in all."""
        for mine, most in ((True, MOST_OF_A_KEY), (False, MOST_OPEN)):
            there = [(mark, desk) for mark, desk in self._desks.items() if not mine or desk.key is key]
            if len(there) < most:
                continue
            free = [(desk.used, mark) for mark, desk in there if not desk.lock.locked()]
            if not free:
                raise Conflict("too much is being tried at once: wait for an answer")
            await self._close(min(free)[1])

    async def _close(self, mark: tuple[str, str]) -> None:
        desk = self._desks.pop(mark, None)
        if desk is not None:
            await desk.stack.aclose()

    async def _end_idle(self) -> None:
        while self._desks:
            await asyncio.sleep(IDLE_S / 10)
            now = _now()
            for mark, desk in list(self._desks.items()):
                if now - desk.used > IDLE_S and not desk.lock.locked():
                    await self._close(mark)


def _now() -> float:
    """Return the loop's time, s: what has been idle is ended, and nothing else is decided by it."""
    return asyncio.get_running_loop().time()
