"""SIGTERM over real sockets: no new call, everything else, a last word on streams, a snapshot; SIGHUP in the midst."""

import json
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.recovery.verification import prove
from api.store.open import reading
from tests import postgres
from tests.faults.steered import ROOT
from tests.live.served import CLI, announced, clean_environment

pytestmark = pytest.mark.ci
DRAIN_S = 3


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "drained.sqlite3")
    server: postgres.Server = request.getfixturevalue("server")
    return server.database(f"drained_{tmp_path.name}")


def draining(folder: Path, database: str, drain_s: float = DRAIN_S) -> tuple["subprocess.Popen[str]", str, str]:
    process = subprocess.Popen(
        [*CLI, "serve", "--port", "0", "--database", database], cwd=folder, stderr=subprocess.PIPE, text=True,
        env=clean_environment() | {"CALLCENTER_DRAIN_S": str(drain_s), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return process, *announced(process)


def until_it_drains(client: httpx2.Client, url: str) -> dict[str, Any]:
    end = time.monotonic() + 20
    while (said := client.get(f"{url}/readyz")).status_code == 200:
        assert time.monotonic() < end
    found: dict[str, Any] = said.json()
    return found


def test_sigterm_takes_no_new_call_but_reports_says_farewell_and_leaves_a_snapshot(tmp_path: Path, database: str):
    process, url, key = draining(tmp_path, database)
    assert process.stderr is not None
    call = {"source": "pbx", "external_call_id": "1"}
    with httpx2.Client(headers={"X-API-Key": key}, trust_env=False, timeout=20) as client:
        client.post(f"{url}/v1/agents/ana/state", json={"state": "available", "group": "desk"}).raise_for_status()
        first = client.post(f"{url}/v1/calls", json=call).json()
        client.post(f"{url}/v1/events", json=call | {"type": "answered"}).raise_for_status()
        second = client.post(f"{url}/v1/calls", json=call | {"external_call_id": "2"}).json()
        assert (first["decision"], second["decision"]) == ("offer", "queue")
        with (
            client.stream("GET", f"{url}/v1/stream?after=0") as everything,
            client.stream("GET", f"{url}/v1/agents/ana/stream") as own,
        ):
            process.send_signal(signal.SIGTERM)
            assert until_it_drains(client, url)["problems"] == ["service: ends, and takes no new calls"]

            refused = client.post(f"{url}/v1/calls", json=call | {"external_call_id": "3"})
            again = client.post(f"{url}/v1/calls", json=call | {"external_call_id": "2"})
            report = client.post(f"{url}/v1/events", json=call | {"type": "completed"})

            told = [list(stream.iter_lines()) for stream in (everything, own)]
    said = process.communicate(timeout=30)[1]

    assert process.returncode == 0, said
    assert "no new calls; ends in" in said
    assert (refused.status_code, refused.json()["decision"]) == (503, "fallback")
    assert int(refused.headers["retry-after"]) > 0
    assert (again.status_code, again.json()["decision"]) == (200, "queue"), "whoever waits goes on waiting"
    assert (report.status_code, report.json()["applied"]) == (200, True)
    assert report.headers["connection"] == "close", "the next request finds another service"
    for lines in told:
        assert [line for line in lines if line][-2:] == ["event: end", 'data: {"reason":"the service ends"}']
    heard = [json.loads(line.removeprefix("data: ")).get("is") for line in told[0] if line.startswith("data: ")]
    assert "CallCompleted" in heard, "what is reported while it drains is still told"
    with reading(database) as store:
        newest = next(iter(store.snapshots()))
        assert newest.n == store.head().last_n, "the next start has nothing to replay"
        assert prove(store).difference is None


def test_a_second_sigterm_ends_it_at_once(tmp_path: Path):
    process, url, _ = draining(tmp_path, str(tmp_path / "x.sqlite3"), 60)
    with httpx2.Client(trust_env=False) as client:
        process.send_signal(signal.SIGTERM)
        until_it_drains(client, url)
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)

    assert process.returncode == 0


def test_a_line_that_was_open_before_the_signal_is_answered_not_cut(tmp_path: Path):
    """A telephony system keeps its connections; it must not learn of the end by a line that breaks under its post."""
    process, url, key = draining(tmp_path, str(tmp_path / "x.sqlite3"))
    host, port = url.removeprefix("http://").split(":")
    body = b'{"source":"pbx","external_call_id":"9"}'
    head = f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection((host, int(port)), timeout=20) as line, httpx2.Client(trust_env=False) as client:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        process.send_signal(signal.SIGTERM)
        until_it_drains(client, url)
        line.sendall(head + body)
        answer = line.recv(65_536)
    process.communicate(timeout=30)

    assert answer.startswith(b"HTTP/1.1 503"), answer
    assert b"fallback" in answer
    assert process.returncode == 0


def test_sighup_while_it_drains_changes_nothing_about_its_end(tmp_path: Path):
    process, url, _ = draining(tmp_path, str(tmp_path / "x.sqlite3"))
    with httpx2.Client(trust_env=False) as client:
        process.send_signal(signal.SIGTERM)
        until_it_drains(client, url)
        process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)

    assert process.returncode == 0
