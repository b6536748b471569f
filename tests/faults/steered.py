"""`callcenter serve` whose clock is moved from outside: `python steered.py BEGIN_MS serve …`, then `MS` lines as input.

Everything else is the real service: sockets, store, timers. A line moves the clock on by so many ms, lets what is due
happen, and is answered by `at INSTANT` on standard output.
"""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.live.served import clean_environment

WALL = "wall:"
"""In place of BEGIN, with seconds behind it: the real clock, on a machine whose wall clock was stepped by so much."""
ROOT = Path(__file__).resolve().parents[2]


class Steered:
    """A service in a process of its own, with a clock that stands still until it is moved."""

    def __init__(self, folder: Path, begin: int | str, *words: str, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.steered", str(begin), "serve", "--port", "0", *words],
            cwd=folder, env=clean_environment() | {"PYTHONPATH": str(ROOT)} | settings,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.url = self.key = ""
        self.said: list[str] = []
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(r"cc_\S+", line):
                self.key = found[0]
            if found := re.search(r"ready on (\S+)", line):
                self.url = found[1]
                break
        assert self.url, "".join(self.said)
        self.reader = threading.Thread(target=self.said.extend, args=(self.process.stderr,), daemon=True)
        self.reader.start()

    def passes(self, seconds: float) -> int:
        """Let time pass, and return the instant that it is then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{round(seconds * 1000)}\n")
        self.process.stdin.flush()
        word, instant = self.process.stdout.readline().split()
        assert word == "at"
        return int(instant)

    def end(self, how: int = signal.SIGKILL) -> None:
        """End it: as a power cut would, unless told."""
        self.process.send_signal(how)
        self.process.wait(30)
        self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


@contextmanager
def steered(folder: Path, begin: int, key: str, *words: str) -> Iterator[tuple[Steered, httpx2.Client]]:
    """Give a service and a client of it, and end it by kill -9."""
    service = Steered(folder, begin, *words)
    try:
        headers = {"X-API-Key": service.key or key}
        with httpx2.Client(base_url=f"{service.url}/v1", headers=headers, timeout=30, trust_env=False) as client:
            yield service, client
    finally:
        service.end()


def main() -> int:
    """Serve, and let whoever writes to our input move the clock."""
    import asyncio

    from api import serve
    from api.live.clock import HandClock
    from callcenter.cli import main as callcenter

    if sys.argv[1].startswith(WALL):
        step_ns = int(sys.argv[1].removeprefix(WALL)) * 10**9
        told = time.time_ns
        time.time_ns = lambda: told() + step_ns
        return callcenter(sys.argv[2:])
    clock = HandClock(int(sys.argv[1]))
    open_as_ever, make_app = serve.Dispatcher.open, serve.create_app

    def opened(*args: Any, **more: Any) -> Any:
        return open_as_ever(*args, clock=clock, **more)

    def made(live: Any, *args: Any) -> Any:
        app = make_app(live, *args)
        loop = asyncio.get_running_loop()

        async def move(by_ms: int) -> None:
            clock.move(by_ms)
            live.tick()
            await app.state.services.feed.catch_up()

        def steer() -> None:
            for line in sys.stdin:
                asyncio.run_coroutine_threadsafe(move(int(line)), loop).result()
                print("at", clock.now(), flush=True)

        threading.Thread(target=steer, daemon=True).start()
        return app

    serve.Dispatcher.open, serve.create_app = opened, made  # type: ignore[method-assign,assignment]
    return callcenter(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
