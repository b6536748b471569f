"""A second service that waits for the first one's end, whatever end that is, and goes on where it ended."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import postgres
from tests.live.served import CLI, clean_environment, start
from tests.live.test_serve import ask

pytestmark = pytest.mark.ci


def say_of(process: "subprocess.Popen[str]", pattern: str) -> re.Match[str]:
    """Read on until the process says it."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"it ended without saying {pattern!r}")


@contextmanager
def on_standby(folder: Path, *words: str) -> "Iterator[subprocess.Popen[str]]":
    """Give a service that waits; it is ended at the end, if it has not ended."""
    process = subprocess.Popen(
        [*CLI, "serve", "--port", "0", "--standby", *words], cwd=folder, stderr=subprocess.PIPE, text=True,
        env=clean_environment(),
    )  # fmt: skip
    try:
        say_of(process, "on standby .* process [0-9]+")
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "both.sqlite3")
    server: postgres.Server = request.getfixturevalue("server")
    return server.database(f"standby_{tmp_path.name}")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_it_takes_over_when_the_other_ends_and_knows_every_call(tmp_path: Path, database: str, end: signal.Signals):
    first, url, key = start(tmp_path, "--database", database)
    call = {"source": "pbx", "external_call_id": "1"}
    posted = ask(f"{url}/v1/calls", key, call)[1]
    with on_standby(tmp_path, "--database", database) as second:
        first.send_signal(end)
        first.communicate()
        url = say_of(second, r"ready on (\S+)")[1]
        status, again = ask(f"{url}/v1/calls", key, call)

    assert (status, again["call_id"], again["state"]) == (200, posted["call_id"], "queued")


def test_one_that_waits_ends_when_asked(tmp_path: Path, database: str):
    first, _, _ = start(tmp_path, "--database", database)
    with on_standby(tmp_path, "--database", database) as second:
        second.send_signal(signal.SIGTERM)
        said = second.communicate(timeout=20)[1]
        first.send_signal(signal.SIGTERM)
        first.communicate()

    assert (second.returncode, said) == (0, "")
