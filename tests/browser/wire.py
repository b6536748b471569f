"""A wire between a browser and a service that can be cut: with a bang, or so that nothing goes through any more."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Wire:
    """Passes bytes on while it is whole."""

    def __init__(self, target: str) -> None:
        place = urlsplit(target)
        self._target = place.hostname, place.port
        self._lines: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._whole = asyncio.Event()
        self._whole.set()
        self._refuses = False
        self.url = ""

    def cut(self) -> None:
        """Close what is open, and let nobody in."""
        self._refuses = True
        self._loop.call_soon_threadsafe(self._close)

    def freeze(self) -> None:
        """Let nothing through, without a word."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self) -> None:
        """Let everything through again."""
        self._refuses = False
        self._loop.call_soon_threadsafe(self._whole.set)

    def _close(self) -> None:
        for line in self._lines:
            line.transport.abort()
        self._lines.clear()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while part := await reader.read(65_536):
                await self._whole.wait()
                writer.write(part)
                await writer.drain()
        writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(*self._target)
        self._lines |= {writer, back}
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        self._lines -= {writer, back}

    async def _run(self, ready: threading.Event) -> None:
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await self._end.wait()
        server.close()
        self._close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._end.set)


@contextmanager
def wire_to(target: str) -> Iterator[Wire]:
    """Give a wire to a service."""
    wire, ready = Wire(target), threading.Event()
    thread = threading.Thread(target=wire._loop.run_until_complete, args=(wire._run(ready),))
    thread.start()
    ready.wait(10)
    try:
        yield wire
    finally:
        wire.stop()
        thread.join(10)
        wire._loop.close()
