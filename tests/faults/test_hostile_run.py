"""Hostile clients over sockets while all goes wrong that can: and in the end every invariant holds of what was decided.

More requests at once than can be served; the service and its database stand still and go on; the disk is full and has
room again; the power is cut, and the wall clock is an hour earlier afterwards. Then the journal is told to an engine
anew, beside which the oracle of `tests/rules` checks every decision from commands and events (design, section 5).
"""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from api.recovery.verification import prove
from api.store.codec import read_command, read_event
from api.store.open import reading
from callcenter import commands as cmd
from routing.replay import first_difference
from tests import postgres
from tests.faults.hostile import Run
from tests.faults.steered import WALL, Steered
from tests.faults.test_disk import small_disk
from tests.faults.test_hang import stopped
from tests.rules.day import Day

CENTRE: Final = """\
version: 1
name: attacked
queues:
  hotline: {wrap_up: 2s, offer_timeout: 2s, callbacks: {window: "00:00-24:00", retry_after: [1s, 2s]}}
  sales: {offer_timeout: 2s, max_waiting: 20}
groups: {desk: {break_cap: 2}}
"""
AN_HOUR_EARLIER: Final = f"{WALL}-3600"
Fault = Callable[[], AbstractContextManager[None]]


class Attacked:
    """A service under attack, over its restarts."""

    def __init__(self, folder: Path, database: str) -> None:
        (folder / "centre.yaml").write_text(CENTRE)
        self.folder, self.database = folder, database
        self.said: list[str] = []
        self.service = self._begin(f"{WALL}0")
        self.keys = [self.service.key, "cc_a_b"]
        with self.client() as client:
            for scope in ("telephony", "agent", "supervisor"):
                body = {"scopes": [scope]} | ({"sources": ["*"]} if scope == "telephony" else {})
                self.keys.append(client.post("/keys", json=body).json()["key"])

    def _begin(self, clock: str) -> Steered:
        words = ("--centre", "centre.yaml", "--database", self.database)
        return Steered(self.folder, clock, *words, CALLCENTER_RECONCILE_GAP_S="0.5")

    def client(self) -> httpx2.Client:
        headers = {"X-API-Key": self.keys[0] if hasattr(self, "keys") else self.service.key}
        return httpx2.Client(base_url=f"{self.service.url}/v1", headers=headers, timeout=30, trust_env=False)

    def again(self, clock: str, how: int) -> None:
        """End it and start it anew."""
        self.end(how)
        self.service = self._begin(clock)

    def end(self, how: int) -> None:
        self.service.end(how)
        self.said += self.service.said

    def answers(self) -> None:
        """Return when it takes commands again."""
        end = time.monotonic() + 60
        while (said := httpx2.get(f"{self.service.url}/readyz", timeout=30, trust_env=False)).status_code != 200:
            assert time.monotonic() < end, f"it does not come back: {said.text} {self.service.said[-20:]}"
            time.sleep(0.02)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of an SQLite file."""
    other = sqlite3.connect(path, isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Fill a small disk but for some pages."""
    room = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(b"x" * max(0, room.f_bavail * room.f_bsize - 100_000))
    try:
        yield
    finally:
        filler.unlink()


def attack(one: Attacked, run: Run, requests: int, faults: list[Fault]) -> None:
    """Pour requests, through all that goes wrong."""

    def pour(most: int, at_once: int) -> None:
        asyncio.run(run.pour(one.service.url, one.keys, most, at_once))

    pour(requests, 64)  # closed loop of 64: several times what it can do
    faults = [lambda: stopped(one.service.process.pid), *faults]
    for fault in faults:
        with fault():  # nobody is served meanwhile
            asyncio.run(_briefly(run, one, requests // 10))
        one.answers()
        pour(requests // 4, 16)
    one.again(AN_HOUR_EARLIER, signal.SIGKILL)
    pour(requests // 2, 32)
    one.again(AN_HOUR_EARLIER, signal.SIGTERM)
    pour(requests // 4, 16)


async def _briefly(run: Run, one: Attacked, requests: int) -> None:
    """Ask while nobody answers, for a second at most."""
    try:
        async with asyncio.timeout(1.5):
            await run.pour(one.service.url, one.keys, requests, 16)
    except TimeoutError:
        return


SETTLED_S: Final = 60.0
"""Less than after how long the service gives a call up of itself of which its source says nothing."""


def clear_up(one: Attacked) -> list[Any]:
    """Let the telephone side say that nothing lives, until nothing does; return what lives though it was told so.

    Two passes without a call, a gap apart, end it. But what was posted last, and given up by its poster, may become
    durable after the first pass or the second: a service that gets no time to run, or whose database does not, has
    calls then that have missed one pass only. A source may have any name: some bodies were made up.
    """
    end = time.monotonic() + SETTLED_S
    sources = {"pbx", "trunk"}
    with one.client() as client:
        while True:
            for _ in range(3):
                for source in sorted(sources):
                    client.post("/reconcile", json={"source": source, "live_call_ids": []}).raise_for_status()
                time.sleep(0.6)
            left: list[Any] = client.get("/calls?limit=10000").json()["calls"]
            if not left or time.monotonic() > end:
                return left
            sources |= {call["source"] for call in left if call["source"]}


def every_invariant_holds(database: str, taken: list[str]) -> None:
    """Tell the journal to an engine anew, and let the oracle object to any decision."""
    with reading(database) as store:
        proof = prove(store)
        assert proof.difference is None, "a replay decides the same"
        rows = list(store.commands(0))
        events = [read_event(body) for _, body in store.event_lines(0, 10_000_000)]
        names = {str(row["call_id"]) for row in store.find("call_details", None, None, 10_000_000)}
    assert set(taken) <= names, "what was answered 201 is there"
    first = read_command(rows[0].body)
    assert isinstance(first, cmd.AdoptCentre)
    day = Day(first.centre, rows[0].at)
    for row in rows[1:]:
        command = read_command(row.body)
        gap = command.gap_ms if isinstance(command, cmd.Resume) else 0
        day.pass_time(row.at - gap - day.now)
        carried_out = day.do(command)
        assert carried_out == (row.refused is None), (row.n, row.refused)
    day.pass_time(max(0, events[-1].at - day.now))
    day.end()
    assert first_difference(events, day.history[: len(events)]) is None, "the events are those of the journal"
    admitted = [event.call_id for event in events if type(event).__name__ in ("CallQueued", "CallRejected")]
    assert set(taken) <= {call.partition("/")[0] for call in admitted}


def nobody_was_hurt(one: Attacked, run: Run) -> None:
    assert run.faults == []
    assert not [line for line in one.said if "Traceback" in line]
    assert run.taken, "calls were taken"
    assert {200, 201, 409, 422} <= run.statuses.keys()


def lived_through(folder: Path, database: str, requests: int, faults: Callable[[Attacked], list[Fault]]) -> None:
    run = Run(20261129)
    one = Attacked(folder, database)
    try:
        attack(one, run, requests, faults(one))
        left = clear_up(one)
    finally:
        one.end(signal.SIGTERM)
    print(f"{run.posted} requests: {dict(sorted(run.statuses.items()))}, {len(run.taken)} calls taken")
    nobody_was_hurt(one, run)
    assert left == [], "nothing lives that the telephone side does not know"
    every_invariant_holds(database if "://" in database else str(folder / database), run.taken)


SIZES = [pytest.param(400, marks=pytest.mark.ci, id="short"), pytest.param(12_000, marks=pytest.mark.slow, id="long")]


@pytest.mark.parametrize("requests", SIZES)
@pytest.mark.parametrize("small_disk", [128], indirect=True, ids=["128 MB"])  # MB: what the long form journals fits
def test_hostile_clients_a_full_disk_a_held_lock_and_kills_break_no_rule_on_sqlite(small_disk: Path, requests: int):
    def faults(one: Attacked) -> list[Fault]:
        return [lambda: locked(small_disk / "attacked.sqlite3"), lambda: full(small_disk)]

    lived_through(small_disk, "attacked.sqlite3", requests, faults)


@pytest.mark.parametrize("requests", SIZES)
def test_hostile_clients_a_database_that_stands_still_and_kills_break_no_rule_on_postgresql(
    server: postgres.Server, tmp_path: Path, requests: int
):
    process = server.process
    assert process is not None

    def faults(one: Attacked) -> list[Fault]:
        return [lambda: stopped(process.pid)]

    lived_through(tmp_path, server.database(f"attacked{requests}"), requests, faults)


__all__ = ["small_disk"]
