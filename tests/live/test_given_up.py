"""A poster who gives up while the journal hangs falls back, and no agent is rung before the call is confirmed."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from api.live import suspended_calls
from api.live.clock import HandClock
from tests.live.conftest import BEGIN, Service

pytestmark = pytest.mark.anyio
# A freephone number tells of no zone: one that did would have the engine learn it first, a command of its own.
CALL = {"source": "pbx", "external_call_id": "e1", "caller": "+18005550199"}


@contextmanager
def locked(service: Service) -> Iterator[None]:
    """Let another process, as it were, hold the lock of the database."""
    other = sqlite3.connect(service.live.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def given_up(service: Service, **more: Any) -> httpx2.Response:
    """Post a call, have nothing become durable for as long as its poster waits, and then all of it."""
    patience(service, 50)
    with locked(service):
        answer = await service.client.post("/v1/calls", json=CALL, **more)
        assert service.live.backlog
    patience(service, 30_000)
    await service.live.settled()
    await service.passes(1)
    return answer


def rings(service: Service) -> bool:
    return service.services.board.agents["ana"].offer is not None


def patience(service: Service, answer_ms: int) -> None:
    commits = service.live.commits
    commits.limits = replace(commits.limits, answer_ms=answer_ms, stuck_ms=answer_ms * 4 // 5)
    if commits._overdue is not None:
        commits._overdue.cancel()
        commits._overdue = None  # it was set by the limits before


@pytest.fixture(params=[{}, {"headers": {"Idempotency-Key": "k1"}}], ids=["plain", "one breath"])
def how(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(request.param)


async def test_the_poster_is_told_to_fall_back(service: Service, how: dict[str, Any]):
    answer = await given_up(service, **how)

    assert (answer.status_code, answer.json()["decision"]) == (503, "fallback")
    assert answer.headers["retry-after"]


async def test_nobody_hears_of_an_offer_before_it_is_over(service: Service, how: dict[str, Any]):
    heard: list[list[str]] = []
    await service.agent()
    service.live.follow(lambda events: heard.append([type(event).__name__ for event in events]))
    heard.clear()
    await given_up(service, **how)

    (told,) = [kinds for kinds in heard if "CallOffered" in kinds or "CallSuspended" in kinds]
    assert told == ["CallQueued", "CallOffered", "OfferEnded", "CallSuspended"]
    assert not rings(service)


async def test_posted_again_the_call_takes_its_turn(service: Service, how: dict[str, Any]):
    await given_up(service, **how)
    await service.agent()
    assert not rings(service)

    again = await service.client.post("/v1/calls", json=CALL)
    assert (again.status_code, again.json()["decision"]) == (200, "offer")


async def test_listed_by_a_reconcile_the_call_takes_its_turn(service: Service):
    await given_up(service)
    await service.agent()

    await service.post("/reconcile", 200, source="pbx", live_call_ids=["e1"])
    assert rings(service)


async def test_missing_in_two_reconciles_the_call_is_lost(service: Service):
    await given_up(service)
    assert (await service.post("/reconcile", 200, source="pbx", live_call_ids=[]))["missing"] == 1
    await service.passes(60)

    assert len((await service.post("/reconcile", 200, source="pbx", live_call_ids=[]))["closed"]) == 1


async def test_of_which_nobody_speaks_the_call_ends(service: Service):
    await given_up(service)
    await service.passes(suspended_calls.KEPT_MS / 1000)
    await service.services.suspended_calls.stop()

    line = next(iter(service.services.board.calls.values()))
    assert (line.state, line.reason) == ("failed", "given_up")


async def test_the_caller_is_known_by_the_same_key_when_they_call_again(service: Service, how: dict[str, Any]):
    await given_up(service, **how)
    first = next(iter(service.services.board.calls.values()))
    again = await service.call("e2", caller=CALL["caller"])

    assert service.services.board.calls[again["call_id"]].customer == first.customer


async def test_while_nothing_becomes_durable_nothing_more_is_taken(service: Service):
    patience(service, 50)
    with locked(service):
        await service.call()
        waiting = service.live.backlog
        for _ in range(3):
            assert (await service.call())["decision"] == "fallback"
        assert service.live.backlog == waiting
        answer = await service.client.get("/readyz")
        assert answer.status_code == 503
        assert "nothing became durable" in answer.text
    patience(service, 30_000)
    await service.live.settled()
    assert (await service.call())["decision"] == "queue"


async def test_after_a_restart_it_is_still_in_doubt(serving: Any):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        await given_up(service)
    async with serving(clock=clock) as service:
        await service.agent()
        assert not rings(service)
        assert list(service.services.board.suspended)


async def test_a_journal_that_fails_and_kept_it_all_the_same_leaves_it_in_doubt(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    """The connection breaks just as the commit is on its way back: nobody knows, and the next look says it is there."""
    from api.store.errors import StoreFailed
    from api.store.rows import Batch
    from api.store.store import Store

    write = Store.write

    def broken(store: Store, batch: Batch) -> None:
        write(store, batch)
        if any("AdmitCall" in row.body for row in batch.commands):
            raise StoreFailed("cut off")

    await service.agent()
    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", broken)
        assert (await service.client.post("/v1/calls", json=CALL)).status_code == 503
    service.live.tick()
    async with asyncio.timeout(20):
        while service.live.problems():
            await asyncio.sleep(0)
    await service.services.feed.catch_up()

    assert not rings(service)
    again = await service.client.post("/v1/calls", json=CALL)
    assert (again.status_code, again.json()["decision"]) == (200, "offer")
