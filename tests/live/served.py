"""`callcenter serve` as a process of its own, on a free port."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLI = (sys.executable, "-m", "callcenter")


def clean_environment() -> dict[str, str]:
    """Return the environment without settings of ours, but that nobody is turned away, nor waits for an end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
    return kept | {"CALLCENTER_RATE_PER_S": "100000", "CALLCENTER_DRAIN_S": "0"}


def start(folder: Path, *words: str) -> tuple[subprocess.Popen[str], str, str]:
    """Start the service in `folder`; return it with its address and the admin key (empty on a second start)."""
    process = subprocess.Popen(
        [*CLI, "serve", "--port", "0", *words],
        cwd=folder, stderr=subprocess.PIPE, text=True, env=clean_environment(),
    )  # fmt: skip
    return process, *announced(process)


def announced(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Read on until a server says that it is ready; return its address and the admin key, if it said one."""
    assert process.stderr is not None
    key, said = "", []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"cc_\S+", line):
            key = found[0]
        if found := re.search(r"ready on (\S+)", line):
            return found[1], key
    process.wait()
    process.stderr.close()
    raise AssertionError("".join(said) or "the server said nothing")


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[str, str]]:
    """Give the address and the admin key of a service, and end it."""
    with process_of(folder, *words) as (_, url, key, _said):
        yield url, key


@contextmanager
def process_of(folder: Path, *words: str) -> Iterator[tuple["subprocess.Popen[str]", str, str, list[str]]]:
    """Give a service's process, address, admin key and what it says from then on, and end it."""
    process, url, key = start(folder, *words)
    assert process.stderr is not None
    said = process.stderr
    lines: list[str] = []
    # What it says is read, or a full pipe would stop it.
    reader = threading.Thread(target=lambda: lines.extend(said), daemon=True)
    reader.start()
    try:
        yield process, url, key, lines
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(timeout=20)
        reader.join()
        said.close()
    assert status == 0
