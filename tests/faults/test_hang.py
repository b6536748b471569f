"""A database that hangs, a service that hangs: posters hear `fallback` within their 2 s, and nobody is rung in vain."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests import postgres
from tests.live.served import served

pytestmark = pytest.mark.ci
POSTER_S = 2.0
"""Posters wait so long, as the documentation tells them."""


@contextmanager
def stopped(process: int) -> Iterator[None]:
    """Let a process and its children stand still for the length of a block."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    family = [process, *map(int, children)]
    try:
        for one in family:
            os.kill(one, signal.SIGSTOP)
        yield
    finally:
        for one in family:
            os.kill(one, signal.SIGCONT)


def call(client: httpx2.Client, name: str) -> httpx2.Response:
    return client.post("/v1/calls", json={"source": "pbx", "external_call_id": name})


def test_a_database_that_stands_still_is_no_silence(server: postgres.Server, tmp_path: Path):
    with served(tmp_path, "--database", server.database("hangs")) as (url, key):
        headers = {"X-API-Key": key}
        with httpx2.Client(base_url=url, headers=headers, timeout=POSTER_S) as client:
            client.post("/v1/agents/ana/state", json={"state": "available"}).raise_for_status()
            assert server.process is not None
            with stopped(server.process.pid):
                told = [call(client, f"e{n}").json()["decision"] for n in range(3)]
                assert told == ["fallback"] * 3
                assert client.get("/readyz").status_code == 503
            kinds: list[str] = []
            while "CallSuspended" not in kinds:  # the last of what had hung
                kinds = [event["is"] for event in client.get("/v1/events?after=0").json()["events"]]
            assert kinds[-1] == "CallSuspended", "nobody rings for a caller who has gone elsewhere"
            assert client.get("/readyz").status_code == 200
            assert call(client, "e0").json()["decision"] == "offer"
            assert call(client, "new").json()["decision"] == "queue"


def test_another_process_that_holds_the_lock_of_the_file_is_no_silence(tmp_path: Path):
    with served(tmp_path) as (url, key), httpx2.Client(base_url=url, timeout=POSTER_S) as client:
        client.headers["X-API-Key"] = key
        other = sqlite3.connect(tmp_path / "callcenter.sqlite3", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        told = [call(client, f"e{n}").json()["decision"] for n in range(3)]
        other.close()
        assert told == ["fallback"] * 3
        while client.get("/readyz").status_code != 200:
            pass
        assert call(client, "e0").json()["decision"] == "queue"
