"""What the pages cost and how soon they are there: the wall of 500 agents and 200 waiting calls; What if; the demo.

What fifty open walls cost is measured in interleaved pairs, CPU seconds are the server's own. Times in a browser are of
Debian's Chromium, where it is installed.
"""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from benchmarks.http import SERVE, US, listening, ratio
from benchmarks.pairs import median
from benchmarks.posting.lives import Line, Lives
from benchmarks.posting.servers import Server, serving
from benchmarks.posting.walls import Wall, signed_in
from tests.live.served import CLI, clean_environment

AGENTS: Final = 500
WAITING: Final = 200
WALLS: Final = 50
LINES: Final = 4
"""As many clients as keep the service busy without its turning any away."""
PAIRS: Final = 15
LIVES: Final = 400
EVENTS_PER_S: Final = 50
LAG_S: Final = 10
DRAWS: Final = 60
LOADS: Final = 10
FLAGSHIP: Final = "telecom-hotline"
CENTRE: Final = """
version: 1
queues:
  hotline: {}
  nobody-serves-it: {needs: [rare]}
groups:
  desk: {}
  others: {skills: [rare]}
"""
"""Calls of the first queue are answered at once, those of the second wait."""


async def peopled(server: Server) -> Lives:
    """Let 500 agents be there and 200 calls wait."""
    lives = Lives(server, LINES)
    await lives.log_in(AGENTS)
    line = Line(server)
    for n in range(WAITING):
        await waits(line, f"waits-{n}", ("vip", "standard")[n % 2])
    return lives


async def waits(line: Line, name: str, tier: str) -> None:
    """Post a call that waits."""
    call = {"source": "pbx", "external_call_id": name, "queue": "nobody-serves-it", "tier": tier}
    await line.ask("POST", "/v1/calls", call)


async def _watched(alone: Server, watched: Server) -> None:
    both = {server: await peopled(server) for server in (alone, watched)}
    cpu: dict[Server, list[float]] = {server: [] for server in both}
    per_s: dict[Server, list[float]] = {server: [] for server in both}
    with listening(watched, WALLS, "walls"):
        for pair in range(-1, PAIRS):
            for server in (alone, watched) if pair % 2 else (watched, alone):
                begun, before = time.perf_counter(), server.cpu_s()
                await both[server].live(LIVES)
                if pair >= 0:  # what is made once is made by then
                    cpu[server].append((server.cpu_s() - before) / LIVES * US)
                    per_s[server].append(LIVES / (time.perf_counter() - begun))
    print(
        f"  lives per second: alone {median(per_s[alone]).value:.0f}, watched {ratio(per_s[watched], per_s[alone])} of "
        f"that (at least 0.9 asked)\n  server CPU per life: alone {median(cpu[alone]).value:.0f} µs, watched "
        f"{ratio(cpu[watched], cpu[alone])} of that",
        flush=True,
    )


async def _lag(server: Server) -> None:
    """A wall while 50 calls a second come and go: how long after its answer a call stands on it."""
    lives, line = await peopled(server), Line(server)
    posted: dict[str, float] = {}
    late: list[float] = []

    def drawn(text: str) -> None:
        now = time.perf_counter()
        for name in [name for name in posted if name in text]:
            late.append(now - posted.pop(name))

    wall = Wall(server.port, await signed_in(server.port, server.key), drawn)
    listens = asyncio.Event()
    following = asyncio.create_task(wall.follow(listens.set))
    await listens.wait()
    before, begun = server.cpu_s(), time.perf_counter()
    for n in range(LAG_S * 2):  # three events of a life and more: some 50 a second
        await lives.live(EVENTS_PER_S // 8)
        name = f"now-{n:03}"
        await waits(line, name, "vip")
        await line.ask(
            "POST", "/v1/events", {"source": "pbx", "external_call_id": f"waits-{2 * n}", "type": "abandoned"}
        )
        posted[name] = time.perf_counter()
        await asyncio.sleep(max(0.0, begun + (n + 1) / 2 - time.perf_counter()))
    while posted:
        await asyncio.sleep(0.05)
    cpu, gone = server.cpu_s() - before, time.perf_counter() - begun
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    late.sort()
    print(
        f"  on the wall after p50 {late[len(late) // 2] * 1e3:.0f} ms, at most {late[-1] * 1e3:.0f} ms (1,000 asked); "
        f"{len(wall.took_s) / gone:.1f} fragments a second of {wall.packed / 1e3:.1f} kB; "
        f"{cpu / gone * 100:.0f} % of a core for calls and the wall",
        flush=True,
    )


async def _drawn(server: Server) -> None:
    """What one picture costs: the server's CPU for the wall told, filled in, packed; and for one more who looks."""
    await peopled(server)
    line, cookie = Line(server), await signed_in(server.port, server.key)
    for what, changes in (("made anew", True), ("for one more", False)):
        wall = Wall(server.port, cookie)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**22)
        rings = asyncio.Event()
        drawing = asyncio.create_task(wall.draw(rings, reader, writer))
        spent = 0.0
        for n in range(DRAWS):
            if changes:
                await line.ask("POST", f"/v1/agents/agent-{n}/state", {"state": "not_ready", "reason": "lunch"})
                await asyncio.sleep(0.15)  # a picture is kept for 100 ms whatever happens
            before, fresh = server.cpu_s(), len(wall.took_s)
            rings.set()
            while len(wall.took_s) == fresh:
                await asyncio.sleep(0)
            spent += server.cpu_s() - before
        drawing.cancel()
        print(f"  {what}: {spent / DRAWS * 1e3:.1f} ms of CPU", flush=True)


def _browser() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def browsing(key: str, port: int) -> Iterator[Any]:
    """Give a page in which somebody is signed in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=_browser(), args=arguments)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/sign-in")
        page.locator("input[name=key]").fill(key)
        page.locator("input[name=key]").press("Enter")
        page.wait_for_url("**/now")
        yield page
        browser.close()


def painted(server: Server) -> None:
    """The wall's first paint in the browser, kept files and fresh ones; what the first page weighs."""
    with browsing(server.key, server.port) as page:
        paints: dict[bool, list[float]] = {True: [], False: []}
        weights: list[int] = []
        for n in range(2 * LOADS):
            fresh = n % 2 == 0
            if fresh:
                page.context.new_cdp_session(page).send("Network.clearBrowserCache")
            page.goto(f"http://127.0.0.1:{server.port}/now", wait_until="load")
            page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
            paints[fresh].append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            if fresh:
                weights.append(page.evaluate(WEIGHT))
        print(
            f"  first paint {median(paints[True]).value:.0f} ms with nothing kept, {median(paints[False]).value:.0f} "
            f"with files kept (1,000 asked); {max(weights) / 1e3:.0f} kB over the line (200 asked)",
            flush=True,
        )


WEIGHT: Final = """performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
  .reduce((sum, one) => sum + one.transferSize, 0)"""


def slid(server: Server) -> None:
    """What if on the flagship's day: from a moved slider to its answer, as one sees it."""
    with browsing(server.key, server.port) as page:
        page.set_default_timeout(120_000)
        page.goto(f"http://127.0.0.1:{server.port}/what-if?scenario={FLAGSHIP}")
        page.wait_for_function("() => document.querySelector('#tried')?.textContent.includes('20')")
        took = []
        for n in range(LOADS):
            value = 105 + 5 * n
            said = f"volume*={value / 100:g}"
            begun = time.perf_counter()
            page.locator("#f-volume").fill(str(value))
            page.wait_for_function("said => document.querySelector('#tried').textContent.includes(said)", arg=said)
            took.append((time.perf_counter() - begun) * 1e3)
        print(f"  p50 {median(took).value:.0f} ms, at most {max(took):.0f} ms (1,000 ms asked)", flush=True)


def demo() -> None:
    """The demo: from the command to a wall on which people talk."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [*CLI, "serve", "--demo", "--port", "0"], cwd=folder, stderr=subprocess.PIPE, text=True,
            env=clean_environment(),
        )  # fmt: skip
        assert process.stderr is not None
        said = ""
        try:
            while "ready on" not in said:
                said += process.stderr.readline()
            reader = threading.Thread(target=process.stderr.read, daemon=True)
            reader.start()
            ready = time.perf_counter() - begun
            link = re.search(r"http://\S+/sign-in/once/\S+", said)
            assert link is not None
            from playwright.sync_api import sync_playwright

            with sync_playwright() as playwright:
                arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
                page = playwright.chromium.launch(executable_path=_browser(), args=arguments).new_page()
                page.goto(link[0])
                page.locator("main button").click()
                page.locator(".agents .s-busy").first.wait_for(timeout=120_000)
            print(f"  ready after {ready:.1f} s, people talk after {time.perf_counter() - begun:.1f} s (10 s asked)")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def main() -> None:
    """Print what walls cost and how soon pages are there."""
    with tempfile.TemporaryDirectory() as folder:
        centre = Path(folder, "centre.yaml")
        centre.write_text(CENTRE)
        words = (*SERVE, "--centre", str(centre))
        print(f"{WALLS} walls open, {AGENTS} agents, {WAITING} waiting; {PAIRS} interleaved pairs, {LINES} lines")
        with ExitStack() as stack:
            asyncio.run(_watched(stack.enter_context(serving(*words)), stack.enter_context(serving(*words))))
        print("One wall, some 50 events a second")
        with serving(*words) as server:
            asyncio.run(_lag(server))
        print("One picture")
        with serving(*words) as server:
            asyncio.run(_drawn(server))
            if _browser() is None:
                print("  in a browser not measured: sudo apt-get install chromium")
                return
            print("In a browser")
            painted(server)
        print("A slider of What if")
        with serving(*SERVE) as server:
            slid(server)
    print("The demo")
    demo()


if __name__ == "__main__":
    main()
