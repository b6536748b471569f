"""Walls that follow as a browser's do, until their input ends: `… benchmarks.posting.walls PORT KEY COUNT`.

Each holds the stream open and fetches the fragment, packed, whenever it rings; what rings meanwhile asks once more.
"""

import asyncio
import gzip
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

ROOM = 1 << 22


async def signed_in(port: int, key: str) -> str:
    """Return the cookie of a session."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = urlencode({"key": key})
    writer.write(
        f"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    answer = (await reader.read()).decode()
    writer.close()
    cookie = next((line for line in answer.split("\r\n") if line.lower().startswith("set-cookie:")), None)
    if cookie is None:
        raise RuntimeError(f"nobody was signed in: {answer[:300]}")
    return cookie.partition(":")[2].partition(";")[0].strip()


@dataclass
class Wall:
    """One wall, and what it has seen."""

    port: int
    cookie: str
    drawn: Callable[[str], None] | None = None
    """Is told of each fragment."""
    took_s: list[float] = field(default_factory=list)
    """From a ring to the fragment."""
    packed: int = 0
    """Bytes of the last fragment."""

    def _head(self, path: str) -> bytes:
        return (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n"
            "Accept-Encoding: gzip\r\nHX-Request: true\r\n\r\n"
        ).encode()

    async def follow(self, listens: Callable[[], None]) -> None:
        """Follow until cancelled."""
        stream, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=ROOM)
        ends = await asyncio.open_connection("127.0.0.1", self.port, limit=ROOM)
        writer.write(self._head("/v1/wall/stream"))
        if b" 200 " not in await stream.readline():
            raise RuntimeError("the stream is refused")
        rings = asyncio.Event()
        drawing = asyncio.create_task(self.draw(rings, *ends))
        listens()
        try:
            while line := await stream.readline():
                if line.startswith(b"event: wall"):
                    rings.set()
        finally:
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing

    async def draw(self, rings: asyncio.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Fetch the fragment whenever it rings, until cancelled."""
        while await rings.wait():
            rings.clear()
            begun = time.perf_counter()
            writer.write(self._head("/now/board"))
            head = await reader.readuntil(b"\r\n\r\n")
            if head[9:12] != b"200":
                raise RuntimeError(f"no fragment: {head!r}")
            size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(size)
            self.took_s.append(time.perf_counter() - begun)
            self.packed = size
            if self.drawn is not None:
                self.drawn(gzip.decompress(body).decode())


async def main(port: int, key: str, count: int) -> None:
    """Follow until nobody is at the other end of standard input; then say how it went."""
    cookie = await signed_in(port, key)
    walls = [Wall(port, cookie) for _ in range(count)]
    tasks = [asyncio.create_task(wall.follow(lambda: print("listens", flush=True))) for wall in walls]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    took = sorted(s * 1e3 for wall in walls for s in wall.took_s)
    if len(took) > 1:
        ranked = statistics.quantiles(took, n=100)
        size = walls[0].packed / 1e3
        print(f"{len(took):,} fragments of {size:.1f} kB, p50 {ranked[49]:.0f} ms, p99 {ranked[98]:.0f} ms")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
