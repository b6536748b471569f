"""Servers as processes of their own, and what they have cost so far."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.live.served import announced, clean_environment

# Nobody is turned away for posting too fast, or for being one too many.
ENVIRONMENT = {"CALLCENTER_RATE_PER_S": "1000000", "CALLCENTER_BURST": "1000000", "CALLCENTER_LOG_LEVEL": "warning"}
CPU_CLOCK: Final = 2
"""The kind of clock of another process that is its CPU time: clock_getcpuclockid(3) makes the same number."""
CORES: Final = sorted(os.sched_getaffinity(0))


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """Let what is started in here run on these cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Server:
    """A running server."""

    pid: int
    port: int
    key: str
    folder: Path

    def cpu_s(self) -> float:
        """Return the CPU seconds of all its threads so far, ended ones included (Linux: to the nanosecond)."""
        return time.clock_gettime(~self.pid << 3 | CPU_CLOCK)


@contextmanager
def serving(*words: str) -> Iterator[Server]:
    """Give `python -m …` as a server in a folder of its own; it is stopped at the end.

    Args:
        words: The module, and its words.
    """
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=folder, stderr=subprocess.PIPE, text=True,
            env=clean_environment() | ENVIRONMENT | paths,
        )  # fmt: skip
        try:
            url, key = announced(process)
            yield Server(process.pid, int(url.rpartition(":")[2]), key, Path(folder))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
