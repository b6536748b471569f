"""Whole lives of calls: as many open lines as agents, each posting a call, answering it and ending it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final

from benchmarks.posting.servers import Server

LINES: Final = 32


class Line:
    """An open line to a server: one request at a time."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """Return the body of the answer, which must be a good one."""
        if self._ends is None:
            self._ends = await asyncio.open_connection("127.0.0.1", self._server.port, limit=2**24)
        reader, writer = self._ends
        data = b"" if body is None else json.dumps(body).encode()
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {self._server.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode()
            + data
        )
        head = await reader.readuntil(b"\r\n\r\n")
        answer = await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        if head[9:10] != b"2":
            raise RuntimeError(f"{method} {path}: {head!r} {answer!r}")
        return answer


class Lives:
    """Calls and agents of one server."""

    def __init__(self, server: Server, lines: int = LINES) -> None:
        self.server = server
        self._lines = [Line(server) for _ in range(lines)]
        self._serial = count()

    async def log_in(self, agents: int) -> None:
        """Let so many agents be there."""
        names = (f"agent-{n}" for n in range(agents))
        wish = {"state": "available", "group": "desk"}
        await self._all(agents, lambda line: line.ask("POST", f"/v1/agents/{next(names)}/state", wish))

    async def live(self, calls: int) -> None:
        """Let so many calls be posted, answered and ended."""
        await self._all(calls, self._life)

    async def _all(self, times: int, what: Callable[[Line], Awaitable[Any]]) -> None:
        turns = iter(range(times))

        async def work(line: Line) -> None:
            for _ in turns:
                await what(line)

        await asyncio.gather(*map(work, self._lines))

    async def _life(self, line: Line) -> None:
        n = next(self._serial)
        body = {"source": "pbx", "external_call_id": f"life-{n}", "caller": f"+44207{n % 1_000:07}"}
        path = f"/v1/calls/{json.loads(await line.ask('POST', '/v1/calls', body))['call_id']}/events"
        await line.ask("POST", path, {"type": "answered"})
        await line.ask("POST", path, {"type": "completed"})
