"""A service under a long drive: what its process holds, sample by sample, and what it said and kept at the end."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.store.open import reading
from callcenter.events import Event

HERE = Path(__file__).resolve().parent
SCENARIO = HERE / "soak.yaml"
SPEED = 60
LOOK_S = 5.0


@dataclass(slots=True)
class Sample:
    """What the process holds at an instant, seconds from the beginning of the drive."""

    at_s: float
    rss_mb: float
    tasks: int
    files: int
    threads: int
    events: int


@dataclass
class Soaked:
    """What came of it."""

    before: Sample
    """Nobody asks anything yet."""
    after: Sample
    """… any more."""
    samples: list[Sample] = field(default_factory=list)
    metrics: str = ""
    events: list[Event] = field(default_factory=list)
    commands: int = 0
    admitted: int = 0
    """Of these: calls."""
    drive: dict[str, Any] = field(default_factory=dict)
    said: str = ""


class Service:
    """The process, and what it says of itself."""

    def __init__(self, folder: Path, *words: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CALLCENTER_")}
        environment |= {"CALLCENTER_RATE_PER_S": "100000", "PYTHONPATH": str(HERE.parents[1])}
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "forgetful.py"), "serve", "--port", "0", "--centre", str(SCENARIO), *words],
            cwd=folder, stderr=subprocess.PIPE, text=True, env=environment | {"CALLCENTER_LOG_LEVEL": "warning"},
        )  # fmt: skip
        assert self.process.stderr is not None
        self.key, self.said = "", ""
        for line in self.process.stderr:
            self.said += line
            if found := re.search(r"cc_\S+", line):
                self.key = found[0]
            if found := re.search(r"ready on (\S+)", line):
                self.url = found[1]
                break
        else:
            raise AssertionError(self.said)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line

    def ask(self, path: str) -> str:
        request = urllib.request.Request(f"{self.url}{path}", headers={"X-API-Key": self.key})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text: str = answer.read().decode()
        return text

    def sample(self, at_s: float) -> Sample:
        text = self.ask("/metrics")
        status = Path(f"/proc/{self.process.pid}/status").read_text()

        def of(name: str) -> float:
            found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
            assert found is not None, name
            return float(found[1])

        threads = re.search(r"^Threads:\s+(\d+)$", status, re.MULTILINE)
        assert threads is not None
        return Sample(
            round(at_s, 1), round(of("process_resident_memory_bytes") / 2**20, 1), int(of("callcenter_loop_tasks")),
            int(of("process_open_fds")), int(threads[1]), int(of("callcenter_last_event_seq")),
        )  # fmt: skip

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0, self.said
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Service]:
    service = Service(folder, *words)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.end()


def soak(folder: Path, database: str, seconds: float) -> Soaked:
    """Drive a service for so long, and return what it held and what it counted."""
    with serving(folder, "--database", database) as service:
        service.ask("/v1/events?after=0")  # what is opened at the first question stays open
        found = Soaked(service.sample(0), service.sample(0))
        words = ["drive", str(SCENARIO), "--url", service.url, "--speed", str(SPEED), "--json"]
        with subprocess.Popen(
            [sys.executable, "-m", "callcenter", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"CALLCENTER_KEY": service.key},
        ) as driving:  # fmt: skip
            out, found.said = _watched(driving, service, found, seconds)
        assert driving.returncode == 130, found.said
        found.drive = json.loads(out)
        found.after = service.sample(found.samples[-1].at_s)
        found.metrics = service.ask("/metrics")
    with reading(database) as store:
        found.events = store.events_after(0, 10**9)
        kinds = Counter(json.loads(row.body)["is"] for row in store.commands(0))
    found.commands, found.admitted = kinds.total(), kinds["AdmitCall"]
    return found


def _watched(driving: "subprocess.Popen[str]", service: Service, found: Soaked, seconds: float) -> tuple[str, str]:
    """Look at the service for so long, then have the drive leave; return what it wrote and said."""
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < seconds:
        try:
            out, said = driving.communicate(timeout=LOOK_S)
        except subprocess.TimeoutExpired:
            found.samples.append(service.sample(passed))
        else:
            raise AssertionError(f"the drive ended by itself: {out} {said}")
    driving.send_signal(signal.SIGINT)
    return driving.communicate(timeout=60)
