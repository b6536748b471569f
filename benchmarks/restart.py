"""How soon a service is back after kill -9 and after SIGTERM, and a standby in its place; disk and memory of calls.

The journals are made by the real engine through the real writer (`benchmarks.posting.filling`), and so is what is
measured: `callcenter serve` as a process, from its start to its "ready". The start of an empty service stands beside
each figure: on a machine that does something else, both grow. CALLCENTER_BENCH_SCALE makes the journals smaller.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.live.served import clean_environment

SCALE: Final = float(os.environ.get("CALLCENTER_BENCH_SCALE", "1"))
WAITING: Final = round(100_000 * SCALE)
LIVED: Final = round(250_000 * SCALE)
"""Calls that came, were answered and ended: four commands each."""
MEGA: Final = 1e6
RESTING_S: Final = 0.1
"""Of the processor in a second: so little is no work."""
Service = subprocess.Popen[str]


@dataclass(frozen=True)
class Start:
    """What a start took."""

    ready_s: float
    cpu_s: float
    memory_mb: float

    def __str__(self) -> str:
        return f"{self.ready_s:5.1f} s, {self.cpu_s:4.1f} s of CPU, {self.memory_mb:4.0f} MB"


def _serve(folder: Path, *words: str) -> Service:
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-m", "callcenter", "serve", "--port", "0", *words], cwd=folder, stderr=subprocess.PIPE,
        text=True, env=clean_environment() | paths,
    )  # fmt: skip


def _say_of(service: Service, pattern: str) -> None:
    assert service.stderr is not None
    said = []
    for line in service.stderr:
        said.append(line)
        if re.search(pattern, line):
            return
    raise RuntimeError("".join(said) or "the service said nothing")


def _cpu_s(service: Service) -> float:
    fields = Path(f"/proc/{service.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(service: Service) -> float:
    pages = int(Path(f"/proc/{service.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGA


def _end(service: Service, how: signal.Signals) -> None:
    service.send_signal(how)
    service.communicate()


def at_rest(service: Service) -> None:
    """Return when a service has read what it reads behind its readiness: the day's book, the names of calls."""
    before = -1.0
    for _ in range(60):
        now = _cpu_s(service)
        if now - before < RESTING_S:
            return
        before = now
        time.sleep(1)


def started(folder: Path, end: signal.Signals, *, rests: bool = False) -> Start:
    """Start a service, and end it in this way; `rests`: when it has nothing to do, and its memory is that of then."""
    begun = time.perf_counter()
    service = _serve(folder)
    _say_of(service, "ready on")
    found = Start(time.perf_counter() - begun, _cpu_s(service), _memory_mb(service))
    if rests:
        at_rest(service)
        found = replace(found, memory_mb=_memory_mb(service))
    _end(service, end)
    return found


def taken_over(folder: Path) -> float:
    """Return how long after kill -9 of a service the standby is ready."""
    first = _serve(folder)
    _say_of(first, "ready on")
    second = _serve(folder, "--standby")
    _say_of(second, "follows the journal")
    begun = time.perf_counter()
    first.kill()
    _say_of(second, "ready on")
    took = time.perf_counter() - begun
    first.communicate()
    _end(second, signal.SIGKILL)
    return took


def filled(folder: Path, waiting: int, ended: int) -> None:
    """Make a journal; its maker is killed at the end."""
    database = str(folder / "callcenter.sqlite3")
    words = [sys.executable, "-m", "benchmarks.posting.filling", database, str(waiting), str(ended)]
    subprocess.run(words, stdout=subprocess.DEVNULL, check=False)


def measured(name: str, waiting: int, ended: int, empty: Start) -> Start:
    """Measure the starts on one journal; return the last one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = Path(place)
        filled(folder, waiting, ended)
        disk = sum(file.stat().st_size for file in folder.iterdir()) / MEGA
        calls = waiting + ended
        print(f"  {name}: {disk:,.0f} MB on the disk, {disk / calls * 1e5:,.0f} MB per 100,000 calls", flush=True)
        killed = started(folder, signal.SIGTERM)
        print(f"    after kill -9:  {killed}", flush=True)
        after = started(folder, signal.SIGKILL)
        print(f"    after SIGTERM:  {after}", flush=True)
        print(f"    a standby took over after {taken_over(folder):.1f} s", flush=True)
        resting = started(folder, signal.SIGKILL, rests=True)
        grown, rests = ((one.memory_mb - empty.memory_mb) / calls * 1e5 for one in (after, resting))
        print(f"    memory beyond an empty service: {grown:.0f} MB per 100,000 calls when it is ready,", flush=True)
        print(f"    {rests:.0f} MB when it has read on behind that", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
    return after


def main() -> None:
    """Measure an empty service, one with many waiting, one that has lived through many."""
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        started(Path(place), signal.SIGTERM)
        empty = started(Path(place), signal.SIGTERM)
        print(f"  empty:            {empty}", flush=True)
    measured(f"{WAITING:,} calls waiting", WAITING, 0, empty)
    measured(f"{LIVED:,} calls ended, {LIVED * 4:,} commands", 0, LIVED, empty)
