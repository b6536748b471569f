"""A real Prometheus on a free loopback port, in a folder of its own, stopped by its process id."""

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import isnan
from pathlib import Path
from typing import Any

MISSING = None if shutil.which("prometheus") else "no prometheus here: apt-get install prometheus"
PATIENCE_S = 60.0


def until(so: Callable[[], Any], why: str, patience_s: float = PATIENCE_S) -> Any:
    """Return what `so` returns as soon as it is true."""
    end = time.monotonic() + patience_s
    while not (found := so()):
        assert time.monotonic() < end, why
        threading.Event().wait(0.2)
    return found


class Prometheus:
    """Asks it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, **query: str) -> Any:
        address = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as fault:
            raise AssertionError(f"{query}: {fault.read().decode()}") from None

    def ask(self, expr: str, at: float | None = None) -> dict[tuple[tuple[str, str], ...], float]:
        """Return labels → value of an instant query; what is not a number is left out."""
        when = {} if at is None else {"time": str(at)}
        found = self.get("/api/v1/query", query=expr, **when)["result"]
        rows = {tuple(sorted(row["metric"].items())): float(row["value"][1]) for row in found}
        return {labels: value for labels, value in rows.items() if not isnan(value)}

    def by(self, expr: str, label: str, at: float | None = None) -> dict[str, float]:
        """Return the values by one label."""
        return {dict(labels)[label]: value for labels, value in self.ask(expr, at).items()}


@contextmanager
def prometheus(folder: Path, configuration: str, *, data: Path | None = None) -> Iterator[Prometheus]:
    """Give a Prometheus that runs `configuration`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prometheus.yml").write_text(configuration)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [
            "prometheus", f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={data or folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=10y",
        ],
        stdout=log, stderr=log,
    )  # fmt: skip
    log.close()
    found = Prometheus(f"http://127.0.0.1:{port}")

    def ready() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        with suppress(OSError):
            urllib.request.urlopen(f"{found.url}/-/ready", timeout=2).close()
            return True
        return False

    try:
        until(ready, "Prometheus does not become ready")
        yield found
    finally:
        process.terminate()
        process.wait(20)
