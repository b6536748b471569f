"""A real Prometheus and a real Alertmanager on free loopback ports, in folders of their own, stopped by their ids."""

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

MISSING = next(
    (
        f"no {name} here: apt-get install {name}"
        for name in ("prometheus", "prometheus-alertmanager")
        if not shutil.which(name)
    ),
    None,
)
PATIENCE_S = 60.0
ALONE = "{route: {receiver: nobody}, receivers: [{name: nobody}]}"


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


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def _running(words: list[str], url: str, log_file: Path) -> Iterator[None]:
    """Run a program until it has been ready and the body is done."""
    with log_file.open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)

    def ready() -> bool:
        assert process.poll() is None, log_file.read_text()
        with suppress(OSError):
            urllib.request.urlopen(f"{url}/-/ready", timeout=2).close()
            return True
        return False

    try:
        until(ready, f"{words[0]} does not become ready")
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def prometheus(folder: Path, configuration: str, *, data: Path | None = None) -> Iterator[Prometheus]:
    """Give a Prometheus that runs `configuration`, in which OWN is its own address."""
    folder.mkdir(parents=True, exist_ok=True)
    address = f"127.0.0.1:{_free_port()}"
    (folder / "prometheus.yml").write_text(configuration.replace("OWN", address))
    words = [
        "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={data or folder / 'data'}",
        f"--web.listen-address={address}", "--storage.tsdb.retention.time=10y",
    ]  # fmt: skip
    with _running(words, f"http://{address}", folder / "log"):
        yield Prometheus(f"http://{address}")


@contextmanager
def alertmanager(folder: Path, configuration: str = ALONE) -> Iterator[str]:
    """Give the address of an Alertmanager that runs `configuration`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(configuration)
    address = f"127.0.0.1:{_free_port()}"
    words = [
        "prometheus-alertmanager", f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}", f"--web.listen-address={address}", "--cluster.listen-address=",
    ]  # fmt: skip
    with _running(words, f"http://{address}", folder / "log"):
        yield f"http://{address}"
