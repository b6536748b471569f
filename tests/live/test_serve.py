"""`callcenter serve` as it is started: a real process, a real socket, a real clock."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.live.served import served, start

CLI = [sys.executable, "-m", "callcenter"]


def ask(url: str, key: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"X-API-Key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, json.loads(fault.read())


@pytest.mark.ci
def test_it_starts_with_nothing_configured_and_ends_gracefully_when_asked(tmp_path: Path):
    with served(tmp_path) as (url, key):
        assert ask(f"{url}/readyz", "")[0] == 200
        status, call = ask(f"{url}/v1/calls", key, {"source": "pbx", "external_call_id": "1"})
        assert (status, call["decision"]) == (201, "queue")
        stream = urllib.request.urlopen(urllib.request.Request(f"{url}/v1/stream", headers={"X-API-Key": key}))
        assert stream.readline() == b"retry: 2000\n"
    stream.close()
    assert (tmp_path / "callcenter.sqlite3").exists()


@pytest.mark.ci
def test_what_was_answered_before_a_kill_is_there_after_it(tmp_path: Path):
    process, url, key = start(tmp_path)
    names = [str(n) for n in range(50)]
    posted = [ask(f"{url}/v1/calls", key, {"source": "pbx", "external_call_id": n})[1]["call_id"] for n in names]
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    with served(tmp_path) as (url, none):
        assert none == "", "the admin key is shown once"
        again = [ask(f"{url}/v1/calls", key, {"source": "pbx", "external_call_id": n}) for n in names]

    assert [status for status, _ in again] == [200] * 50
    assert [call["call_id"] for _, call in again] == posted


@pytest.mark.ci
def test_a_second_service_on_one_file_refuses_to_start(tmp_path: Path):
    with served(tmp_path):
        again = [*CLI, "serve", "--port", "0"]
        second = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert second.returncode == 2
    assert "another service has it open" in second.stderr


@pytest.mark.ci
def test_a_scenarios_people_can_be_driven_against_it(tmp_path: Path):
    (tmp_path / "callcenter.toml").write_text("always_open = true\n")
    with served(tmp_path, "--centre", "first-steps") as (url, key):
        done = subprocess.run(
            [*CLI, "drive", "first-steps", "--url", url, "--speed", "120", "--minutes", "20", "--json"],
            capture_output=True, text=True, check=False, env=os.environ | {"CALLCENTER_KEY": key}, timeout=120,
        )  # fmt: skip
    found = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert found["http"]["failed"] == 0
    assert sum(tier["answered"] for tier in found["tiers"].values()) > 0


@pytest.mark.parametrize(
    ("words", "environment", "says"),
    [
        (["--centre", "nowhere"], {}, "there is no shipped centre"),
        ([], {"CALLCENTER_PORT": "many"}, "CALLCENTER_PORT"),
        ([], {"CALLCENTER_RATE_PER_S": "-1"}, "CALLCENTER_RATE_PER_S"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, words, environment, says):
    done = subprocess.run(
        [*CLI, "serve", "--check", *words], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | environment,
    )  # fmt: skip

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert says in done.stderr


def test_check_only_validates(tmp_path: Path):
    (tmp_path / "callcenter.toml").write_text('port = 9090\ncentre = "telecom"\n')
    done = subprocess.run([*CLI, "serve", "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "centre 'telecom'" in done.stderr
    assert ":9090" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["callcenter.toml"]
