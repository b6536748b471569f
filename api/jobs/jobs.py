"""Simulations as jobs: processes of their own, so that a what-if never shares the live engine's loop.

A job is told all of its work in one line, and nothing of us. At most so many run at once, and one of each key: who
asks for a week does not keep the next supervisor from a day.
"""

import asyncio
import json
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from api.auth.keys import Access, Key
from api.errors import Unauthorized
from api.jobs.warm import GONE, MOST_LINE, Child, Warm
from callcenter.errors import BadInput
from callcenter.language.said import N_, said, text_of, unpacked

LOG: Final = logging.getLogger("callcenter.jobs")
MOST_KEPT: Final = 100
MOST_RESULTS: Final = 50_000_000
"""Characters of all results together; the oldest go first."""
MAX_CONCURRENT_QUICK: Final = 2
QUICK_S: Final = 30.0
"""Checks and exports: they have a place of their own, and little time."""
OUR_FAULT: Final = N_("this is our fault, not yours; the operator finds it in the log")
RESULT: Final = '{"result": '


class Failed(Exception):
    """A job came to nothing; the message is one line for whoever asked."""


@dataclass(slots=True)
class Job:
    """One simulation, comparison or sweep."""

    id: str
    kind: str
    asked: dict[str, Any]
    """What its process is told."""
    created_at: int
    key: Key
    """Whose it is: it ends with the key."""
    state: str = "waiting"
    done: int = 0
    wanted: int = 0
    error: str | None = None
    """What came in between, to be told in the language of who asks."""
    result: str | None = None
    """As JSON."""
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in ("waiting", "running")


class Turns:
    """Who may run: so many at once, one of each key, in the order in which they came."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._running: dict[str, int] = {}
        self._changed = asyncio.Condition()
        self._waiting: list[tuple[str, object]] = []

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it."""
        mine = (key, object())
        self._waiting.append(mine)
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: self._next() is mine)
                self._waiting.remove(mine)
                self._running[key] = self._running.get(key, 0) + 1
                self._changed.notify_all()
        except BaseException:
            if mine in self._waiting:
                self._waiting.remove(mine)
            await self._tell()
            raise
        try:
            yield
        finally:
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]
            await self._tell()

    def _next(self) -> tuple[str, object] | None:
        if sum(self._running.values()) >= self._at_once:
            return None
        return next((one for one in self._waiting if one[0] not in self._running), None)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class Jobs:
    """The jobs of this process; they do not outlive it."""

    def __init__(self, access: Access, at_once: int, seconds: int, memory: int) -> None:
        self._access = access
        self._turns = Turns(at_once)
        self._quick = asyncio.Semaphore(MAX_CONCURRENT_QUICK)
        self._seconds = seconds
        self.warm = Warm(memory, seconds)
        self.jobs: dict[str, Job] = {}

    def start(self, job: Job) -> None:
        """Let a job run when there is a place."""
        self.jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job))
        job.task.add_done_callback(lambda _: self._forget())

    async def stop(self) -> None:
        """End every job."""
        tasks = [job.task for job in self.jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.warm.stop()

    async def quick(self, asked: dict[str, Any]) -> str:
        """Return the result, as JSON, of what takes no time: a check, an export.

        Raises:
            BadInput: what is asked is wrong: one line.
            Failed: it took too long, or we are at fault.
        """
        try:
            async with self._quick, asyncio.timeout(QUICK_S), self.warm.child() as child:
                await child.ask(asked)
                return await self.answer(child)
        except TimeoutError:
            raise Failed(said("took longer than {seconds:.0f} s", seconds=QUICK_S)) from None
        except OSError as fault:
            raise Failed(said("its process could not be started: {why}", why=fault.strerror)) from None

    def _forget(self) -> None:
        """Drop the oldest of those that are over, beyond what is kept."""
        over = [job for job in self.jobs.values() if job.task is not None and job.task.done()]
        size = sum(len(job.result or "") for job in over)
        for n, job in enumerate(over[:-1]):
            if len(over) - n <= MOST_KEPT and size <= MOST_RESULTS:
                return
            size -= len(job.result or "")
            del self.jobs[job.id]

    async def _run(self, job: Job) -> None:
        try:
            with self._access.while_in_force(job.key):
                await self._in_turn(job)
        except asyncio.CancelledError:
            job.state = "cancelled"
        except Unauthorized as ended:
            job.state, job.error = "cancelled", said("whoever asked for it may not any more: {why}", why=ended)
        except TimeoutError:
            job.state, job.error = "failed", said("took longer than {seconds:.0f} s", seconds=self._seconds)
        except OSError as fault:
            job.state, job.error = "failed", said("its process could not be started: {why}", why=fault.strerror)
        except (BadInput, Failed) as fault:
            job.state, job.error = "failed", text_of(fault)
        except Exception:
            LOG.exception("simulation %s failed", job.id)
            job.state, job.error = "failed", OUR_FAULT

    async def _in_turn(self, job: Job) -> None:
        async with self._turns.turn(job.key.id), asyncio.timeout(self._seconds), self.warm.child() as child:
            job.state = "running"
            await child.ask(job.asked)
            job.result = await self.answer(child, job)
            job.state = "done"

    async def answer(self, child: Child, job: Job | None = None) -> str:
        """Return what a job's process answers, as JSON; on the way `job` learns how far it is.

        Raises:
            BadInput: what is asked is wrong: one line.
            Failed: it took too long, or we are at fault.
        """
        while line := await child.line():
            if line.startswith(RESULT):
                # The text is kept, for reading it would hold up the loop.
                return line.rstrip("\n").removeprefix(RESULT).removesuffix("}")
            answered = json.loads(line)
            if "error" in answered:
                text = unpacked(answered["error"])
                raise BadInput(text if len(text) <= MOST_LINE else text[:MOST_LINE])
            if job is not None:
                job.done, job.wanted = answered["done"], answered["wanted"]
        status = await child.status()
        if status == -signal.SIGXCPU:
            raise Failed(said("took longer than {seconds} s of processor time", seconds=self._seconds))
        about = "" if status == GONE else f": {' / '.join(self.warm.said)}"
        LOG.error("a job ended with status %d%s", status, about)
        raise Failed(OUR_FAULT)
