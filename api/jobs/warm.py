"""The pre-started process that forks each job's process (`callcenter.cli.jobs.server`), and our ends of their sockets.

It is started for the first job, and again when it has died. It gets no path, no environment, no open file of ours, and
an empty folder to stand in; what is forked from it limits itself.
"""

import asyncio
import json
import logging
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from tempfile import TemporaryDirectory
from typing import Any, Final

LOG: Final = logging.getLogger("callcenter.jobs")
ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""All that a job finds there: threads of numpy's BLAS would take memory for nothing."""
MOST_OUTPUT: Final = 10_000_000
"""Characters of one line: a result."""
MOST_LINE: Final = 500
GONE: Final = -9
"""What a job's status is when the process that would tell it has died."""


class Child:
    """A job's process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ended: asyncio.Future[int]) -> None:
        self._reader = reader
        self._writer = writer
        self._ended = ended

    async def ask(self, asked: dict[str, Any]) -> None:
        """Send what is asked, a line."""
        with suppress(ConnectionError):  # it has ended: its status tells why
            self._writer.write(json.dumps(asked).encode() + b"\n")
            await self._writer.drain()

    async def line(self) -> str:
        """Return what it says next, or nothing when it has ended."""
        try:
            return (await self._reader.readline()).decode()
        except ConnectionError:
            return ""
        except ValueError:
            raise ValueError(f"a job wrote a line of more than {MOST_OUTPUT:,} bytes") from None

    async def status(self) -> int:
        """Return its exit status; a signal's number is below zero."""
        return await asyncio.shield(self._ended)

    def close(self) -> None:
        """Let it see that nothing more is asked."""
        self._writer.close()


class Warm:
    """The process that jobs are forked from."""

    def __init__(self, memory: int, seconds: int) -> None:
        self.seconds: Final = seconds
        self._memory = memory
        self._control: socket.socket | None = None
        self._process: Process | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._numbers = count(1)
        self._ended: dict[str, asyncio.Future[int]] = {}
        self.said: list[str] = []
        """The last lines of standard error: what a job that failed said, for the log."""

    @asynccontextmanager
    async def child(self) -> AsyncIterator[Child]:
        """Give a new job's process; it is ended afterwards, whatever it does.

        Raises:
            OSError: it could not be started.
        """
        await self._see_that_it_runs()
        control = self._control
        assert control is not None
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        job = str(next(self._numbers))
        ended = self._ended[job] = asyncio.get_running_loop().create_future()
        try:
            with theirs:
                socket.send_fds(control, [f"run {job}".encode()], [theirs.fileno()])
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=MOST_OUTPUT)
        except BaseException:
            ours.close()
            del self._ended[job]
            raise
        try:
            yield Child(reader, writer, ended)
        finally:
            writer.close()
            if not ended.done():
                with suppress(OSError):
                    control.send(f"end {job}".encode())

    async def stop(self) -> None:
        """End it, and with it every job."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
        if self._listening is not None:
            await asyncio.gather(self._listening, return_exceptions=True)
        self._forget()

    # --- the process

    async def _see_that_it_runs(self) -> None:
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return
            self._forget()
            folder = TemporaryDirectory(prefix="callcenter-")
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.setblocking(False)
            with theirs:
                try:
                    process = await asyncio.create_subprocess_exec(
                        # -I: neither its environment nor its folder says what is imported.
                        sys.executable, "-I", "-B", "-m", "callcenter.cli.jobs.server", str(self._memory),
                        str(self.seconds), cwd=folder.name, env=ENVIRONMENT, stdin=theirs.fileno(), stdout=PIPE,
                        stderr=PIPE,
                    )  # fmt: skip
                except BaseException:
                    ours.close()
                    folder.cleanup()
                    raise
            self._process, self._control, self._folder = process, ours, folder
            asyncio.get_running_loop().add_reader(ours.fileno(), self._hear)
            self._listening = asyncio.create_task(self._listen(process))

    def _hear(self) -> None:
        """Take note of jobs that have ended."""
        assert self._control is not None
        try:
            while message := self._control.recv(200):
                _, job, status = message.decode().split()
                self._end(job, int(status))
        except BlockingIOError:
            return
        except OSError as fault:
            LOG.info("the process that jobs are forked from has ended: %s", fault.strerror)
        self._forget()

    def _end(self, job: str, status: int) -> None:
        ended = self._ended.pop(job, None)
        if ended is not None and not ended.done():
            ended.set_result(status)

    async def _listen(self, process: Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self.said[:] = [*self.said[-20:], line.decode(errors="replace").strip()[:MOST_LINE]]
        await process.wait()

    def _forget(self) -> None:
        """Forget a process that has ended, with its jobs."""
        for job in list(self._ended):
            self._end(job, GONE)
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
