"""`callcenter serve --demo`: the flagship's people play against an empty service, in a folder that goes away."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

from callcenter.cli.driving.service import KEY
from callcenter.cli.options import note
from callcenter.language.spoken import _

SCENARIO: Final = "telecom-hotline"
JOINED_AT: Final = "10:00"
"""The busiest hour of its day."""
BUSIER: Final = "arrivals.*.calls_per_day*=1.1"
"""More than was planned for: somebody waits, and one sees who."""


class Players:
    """The people, in a process of their own."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def play(self, url: str, key: str) -> None:
        """Let them come."""
        words = [sys.executable, "-m", "callcenter", "drive", SCENARIO, "--url", url, "--from", JOINED_AT]
        self._process = subprocess.Popen(
            [*words, "--set", BUSIER, "--replications", "1"], env=os.environ | {KEY: key}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        note(
            _(
                "callcenter: {scenario} plays its day from {joined_at}, one second a second; Ctrl-C ends it all",
                scenario=SCENARIO,
                joined_at=JOINED_AT,
            )
        )
        Thread(target=self._watch, args=(self._process,), daemon=True).start()

    def _watch(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        said = list(process.stderr)[-1:]
        if process.wait() > 0:
            note(_("callcenter: the demo's people have left: {said}", said=" ".join(said).strip()))

    def stop(self) -> None:
        """Send them away: with the service goes all they have done."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def demo() -> "Iterator[tuple[dict[str, object], Players]]":
    """Give the settings of the demonstration, and its people, for as long as it lasts."""
    players = Players()
    with TemporaryDirectory(prefix="callcenter-demo-") as folder:
        given: dict[str, object] = {
            "centre": SCENARIO, "database": str(Path(folder) / "demo.sqlite3"), "always_open": True,
            "log_level": "warning",
        }  # fmt: skip
        try:
            yield given, players
        finally:
            players.stop()
