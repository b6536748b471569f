"""What it costs to be watched: a posted call and a whole life beside a service that counts nothing; a scrape.

Measured in interleaved pairs; CPU seconds are the server's own, of all its threads.
"""

import asyncio
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.http import CALLS, SERVE, US, measuring, ratio
from benchmarks.pairs import median
from benchmarks.posting.lives import LINES, Line, Lives
from benchmarks.posting.servers import Server, serving

PAIRS: Final = 31
LIVES: Final = 700
"""Calls in one round."""
MOST: Final = 1.05
"""Asked: the CPU of a service that counts over that of one that does not, at most."""
UNCOUNTED: Final = ("benchmarks.posting.uncounted", *SERVE[1:])
DESK: Final = "queues: {hotline: {wrap_up: 0s}}\ngroups: {desk: {}}\n"
AGENTS, QUEUES, SCRAPES = 1_000, 50, 200
LARGE: Final = "groups: {desk: {}}\nqueues:\n" + "".join(f"  queue-{n}: {{}}\n" for n in range(QUEUES))
SCRAPE_MS: Final = 50


def told(what: str, counted: list[float], uncounted: list[float]) -> None:
    """Print what counting costs."""
    found = ratio(counted, uncounted)
    verdict = "missed" if found.lowest > MOST else "kept"
    print(
        f"  {what}: {median(uncounted).value:.0f} µs of CPU uncounted; counted {found} of that "
        f"(at most {MOST} asked: {verdict})",
        flush=True,
    )


def posted_calls() -> None:
    """Posted calls, which wait."""
    with measuring("counted", *SERVE) as counted, measuring("uncounted", *UNCOUNTED) as uncounted:
        for pair in range(PAIRS):
            for one in (counted, uncounted) if pair % 2 else (uncounted, counted):
                one.round()
                one.clients.withdraw(CALLS)
        told("a posted call", counted.cpu_us, uncounted.cpu_us)


async def _lived(counted: Lives, uncounted: Lives) -> None:
    costs: dict[Lives, list[float]] = {counted: [], uncounted: []}
    for lives in costs:
        await lives.log_in(LINES)
        await lives.live(LIVES)  # what is made once is made by now
    for pair in range(PAIRS):
        for lives in (counted, uncounted) if pair % 2 else (uncounted, counted):
            before = lives.server.cpu_s()
            await lives.live(LIVES)
            costs[lives].append((lives.server.cpu_s() - before) / LIVES * US)
    told("posted, answered, ended", costs[counted], costs[uncounted])


async def _scraped(server: Server) -> None:
    await Lives(server).log_in(AGENTS)
    line, other = Line(server), Line(server)
    waits, meanwhile, size = [], [], 0
    before = server.cpu_s()
    for _ in range(SCRAPES):
        begun = time.perf_counter()
        size = len(await line.ask("GET", "/metrics"))
        waits.append((time.perf_counter() - begun) * 1e3)
    cpu_ms = (server.cpu_s() - before) / SCRAPES * 1e3
    for _ in range(SCRAPES):
        reading = asyncio.create_task(line.ask("GET", "/metrics"))
        await asyncio.sleep(0.001)  # by now it is read: who comes waits until it is written
        begun = time.perf_counter()
        await other.ask("GET", "/healthz")
        meanwhile.append((time.perf_counter() - begun) * 1e3)
        await reading
    for what, times in (("a scrape", waits), ("another request meanwhile", meanwhile)):
        ranked = statistics.quantiles(times, n=100)
        print(f"  {what}: p50 {ranked[49]:.1f} ms, p99 {ranked[98]:.1f} ms")
    print(f"  {size / 1e3:.0f} kB, {cpu_ms:.1f} ms of CPU (below {SCRAPE_MS} ms asked)", flush=True)


def main() -> None:
    """Print what counting and being scraped cost."""
    print(f"{PAIRS} interleaved pairs; medians with 95 % intervals; SQLite, each commit synced")
    posted_calls()
    with TemporaryDirectory() as folder:
        desk, large = Path(folder, "desk.yaml"), Path(folder, "large.yaml")
        desk.write_text(DESK)
        large.write_text(LARGE)
        with (
            serving(*SERVE, "--centre", str(desk)) as counted,
            serving(*UNCOUNTED, "--centre", str(desk)) as uncounted,
        ):
            asyncio.run(_lived(Lives(counted), Lives(uncounted)))
        print(f"A scrape with {AGENTS:,} agents and {QUEUES} queues")
        with serving(*SERVE, "--centre", str(large)) as server:
            asyncio.run(_scraped(server))


if __name__ == "__main__":
    main()
