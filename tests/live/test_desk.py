"""The desk hears every committed event, and says so when it does not."""

import asyncio

import pytest

import api.live.event_feed

pytestmark = pytest.mark.anyio


async def test_a_board_that_falls_over_an_event_and_cannot_read_on_is_told_of_until_it_can(service, monkeypatch):
    tried = asyncio.Event()

    def broken(*_: object) -> None:
        raise RuntimeError("of ours")

    async def unread(*_: object) -> None:
        tried.set()
        raise RuntimeError("the database is away")

    monkeypatch.setattr(api.live.event_feed, "RETRY_S", 0)
    fold, events_after = service.services.projection.fold, service.live.events_after
    monkeypatch.setattr(service.services.projection, "fold", broken)
    monkeypatch.setattr(service.live, "events_after", unread)
    posted = asyncio.create_task(service.call("x1"))
    await tried.wait()
    deaf = await service.client.get("/readyz")
    monkeypatch.setattr(service.services.projection, "fold", fold)
    monkeypatch.setattr(service.live, "events_after", events_after)
    await posted
    await service.call("x2")
    while service.services.feed.deaf:
        await asyncio.sleep(0)
    text = (await service.client.get("/metrics")).text

    assert (deaf.status_code, deaf.json()["problems"]) == (503, ["board: nobody listens to the events"])
    assert (await service.client.get("/readyz")).status_code == 200
    assert 'callcenter_problems{part="board"} 0.0' in text
    assert "callcenter_board_faults_total 0.0" not in text
