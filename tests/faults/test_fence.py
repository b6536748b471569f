"""A service is frozen, another takes its database over, the first wakes: it writes nothing and tells nobody anything.

Real processes: SIGSTOP is what a virtual machine that is paused, or a machine that swaps, looks like from outside.
"""

import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from api.store.open import reading
from tests import postgres
from tests.live.served import start

pytestmark = pytest.mark.ci
CALLERS = 8
PATIENCE_S = 60.0


class Frozen:
    """A service as a process of its own that can be frozen and woken."""

    def __init__(self, folder: Path, database: str, key: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.process, self.url, first = start(folder, "--database", database)
        self.key = key or first
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self.client = httpx2.Client(base_url=self.url, headers={"X-API-Key": self.key}, timeout=PATIENCE_S)

    def _listen(self) -> None:
        assert self.process.stderr is not None
        self.said += self.process.stderr

    def call(self, name: str) -> tuple[int, dict[str, Any]]:
        answer = self.client.post("/v1/calls", json={"source": "pbx", "external_call_id": name})
        return answer.status_code, answer.json()

    def taken(self, name: str) -> int:
        """Post a call until it is not refused for now: who comes with all that piled up may be."""
        end = time.monotonic() + PATIENCE_S
        while (status := self.call(name)[0]) == 503:
            assert time.monotonic() < end, "it refuses for good"
        return status

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.client.post(f"/v1{path}", json=body)
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def problems(self) -> list[str]:
        found: list[str] = self.client.get("/readyz").json()["problems"]
        return found

    def ends(self) -> int:
        """Wait until the process ends by itself, and return its status."""
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE_S)
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


@contextmanager
def running(folder: Path, database: str, key: str = "") -> Iterator[Frozen]:
    service = Frozen(folder, database, key)
    try:
        yield service
    finally:
        service.close()


class Load:
    """Callers who post until they are not answered 200 or 201; the freeze catches each of them half-way."""

    def __init__(self, service: Frozen) -> None:
        self.answered: dict[str, str] = {}
        self.fell_back: list[str] = []
        self._busy = threading.Event()
        self._service = service
        self._threads = [threading.Thread(target=self._post, args=(number,)) for number in range(CALLERS)]
        for thread in self._threads:
            thread.start()
        assert self._busy.wait(PATIENCE_S)

    def _post(self, number: int) -> None:
        with httpx2.Client(base_url=self._service.url, headers={"X-API-Key": self._service.key}, timeout=300) as client:
            for turn in range(100_000):
                name = f"{number}-{turn}"
                call = {"source": "pbx", "external_call_id": name}
                answer = None
                for _ in range(2):  # a connection that slept too long is closed: everybody tries again
                    with suppress(httpx2.TransportError):
                        answer = client.post("/v1/calls", json=call)
                        break
                if answer is None:
                    return  # the service has ended
                if answer.status_code not in (200, 201):
                    assert (answer.status_code, answer.json()["decision"]) == (503, "fallback"), answer.text
                    self.fell_back.append(name)
                    return
                self.answered[name] = answer.json()["call_id"]
                if turn == 20:
                    self._busy.set()

    def end(self) -> None:
        for thread in self._threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive(), "a caller was never answered"


def refusal(folder: Path, *words: str) -> str:
    """Start a service that cannot start, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "callcenter", "serve", "--port", "0", *words],
        cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    return done.stderr


def end_session(server: postgres.Server, pid: int) -> None:
    """Do what the operator does who was told which session has the journal (or what ends it when a host is gone)."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        assert connection.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,)).fetchall() == [(True,)]


def test_an_owner_who_slept_through_a_take_over_writes_nothing_and_answers_fallback(
    server: postgres.Server, tmp_path: Path
):
    address = server.database("slept")
    with running(tmp_path / "first", address) as first:
        first.post("/agents/ana/state", state="available", group="desk")
        load = Load(first)
        first.process.send_signal(signal.SIGSTOP)
        told = refusal(tmp_path, "--database", address)
        session = re.search(r"another service has it open \(.*process (\d+), server process (\d+)\)", told)
        assert session is not None, told
        assert int(session[1]) == first.process.pid
        end_session(server, int(session[2]))

        with running(tmp_path / "second", address, first.key) as second:
            before = dict(load.answered)
            again = {name: second.call(name) for name in before}
            assert {name: call["call_id"] for name, (_, call) in again.items()} == before, "a call is lost"
            assert {status for status, _ in again.values()} == {200}, "a call was made twice"
            doomed = second.post("/keys", scopes=["telephony"], sources=["*"])
            second.post("/agents/ben/state", state="available", group="desk")
            assert second.call("theirs")[0] == 201

            first.process.send_signal(signal.SIGCONT)
            load.end()
            # New, known to both, and known to the second alone: what the first remembers is the truth no more.
            for name in ("new", *list(before)[:3], "theirs"):
                status, body = first.call(name)
                assert (status, body["decision"], body["code"]) == (503, "fallback", "degraded"), body
            for path in ("/v1/agents", "/v1/queues", f"/v1/calls/{next(iter(before.values()))}"):
                assert first.client.get(path).status_code == 503, path
            assert "another service" in first.problems()[0]
            kept = {name: call for name, call in load.answered.items() if name not in before}
            for name, call_id in kept.items():  # committed before the freeze, answered after it
                assert second.call(name) == (200, second.client.get(f"/v1/calls/{call_id}").json())
            for name in load.fell_back:  # tried again, where there is somebody
                assert second.call(name)[0] in (200, 201)
            assert second.problems() == []
            second.post(f"/keys/{doomed['id']}:revoke")

        # The journal is free, but what the first knows of keys, customers and calls is old: it must not go on.
        assert first.ends() != 0
        assert "another service has had it meanwhile" in first.said[-1]

    with reading(address) as store:
        keys = Counter(row["external_call_id"] for row in store.find("natural_keys", None, None, 1_000_000))
        owners = store.head().epoch
    assert set(keys) == {*load.answered, *load.fell_back, "theirs"}
    assert set(keys.values()) == {1}
    assert owners == 2, "the first took the journal back"
    with running(tmp_path / "third", address, first.key) as third:
        assert third.problems() == []
        assert all(third.call(name)[0] == 200 for name in keys)


def test_a_file_stays_a_frozen_services_own_and_the_second_says_whose_it_is(tmp_path: Path):
    address = str(tmp_path / "frozen.db")
    with running(tmp_path, address) as first:
        load = Load(first)
        first.process.send_signal(signal.SIGSTOP)
        told = refusal(tmp_path, "--database", address)
        first.process.send_signal(signal.SIGCONT)
        assert "another service has it open (callcenter on " in told
        assert f"process {first.process.pid})" in told
        assert first.taken("after") == 201, "it was only slow"
        first.process.send_signal(signal.SIGTERM)
        load.end()
    with running(tmp_path, address, first.key) as second:
        assert {name: second.call(name)[1]["call_id"] for name in load.answered} == load.answered
