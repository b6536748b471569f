"""A service goes on from stored projections; what does not fit is folded again from the events, and that is said."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from api.live.clock import HandClock
from api.recovery.snapshotter import snapshot_beside
from api.state.projections import Projections
from api.store.objects import form
from tests.live.conftest import BEGIN, Service, running
from tests.live.served import served  # noqa: F401
from tests.unit.api.state.test_projections import state

pytestmark = pytest.mark.anyio


async def lived(service: Service) -> None:
    """Let there be calls in every state, an agent, a callback, a name that came again, an alias."""
    await service.agent("ana")
    await service.agent("ben")
    first = await service.call("x1", caller="+442079460958")
    await service.report(first["call_id"], "answered")
    second = await service.call("x2")
    await service.report(second["call_id"], "answered")
    await service.passes(30)
    await service.report(second["call_id"], "completed")
    waiting = await service.call("x3")
    lost = await service.call("x4")
    await service.passes(40)
    await service.report(lost["call_id"], "abandoned")
    await service.passes(3)
    await service.report(waiting["call_id"], "relinked", new_external_call_id="x3b")
    assert waiting["decision"] == "queue"


def shown(service: Service) -> Any:
    """Return what is folded, less what is good in one process only."""
    for line in service.services.board.in_hand():
        line.caller = None
    for line in list(service.services.board.calls.values()):
        line.caller = None
    return state(service.services.projections)


async def test_what_is_stored_at_the_end_is_what_the_next_start_has(tmp_path: Path):
    clock, path = HandClock(BEGIN), tmp_path / "x.sqlite3"
    async with running(path, clock=clock) as service:
        await lived(service)
        calls = (await service.client.get("/v1/calls")).json()["calls"]
        before = await service.client.get("/metrics")
    async with running(path, clock=clock) as service:
        assert (await service.client.get("/v1/calls")).json()["calls"] == calls
        after = await service.client.get("/metrics")
        assert counters(after.text) == counters(before.text)


def said_twice(service: Service) -> list[str]:
    """Return what the engine and the board have in memory of calls in hand, each for itself."""
    calls = list(service.live.engine._floor.calls.values())
    assert calls
    lines = service.services.board.calls
    return [
        f"{call.id}: {name}"
        for call in calls
        for name in ("id", "contact", "customer", "queued_at")
        if getattr(call, name) is not getattr(lines[call.id], name)
    ] + [f"{call.id}: its contact" for call in calls if call.id == call.contact and call.id is not call.contact]


def counters(text: str) -> list[str]:
    """Return what is counted of events."""
    kept = ("callcenter_calls", "callcenter_sl_", "callcenter_contacts", "callcenter_wait_", "callcenter_tasks")
    return [line for line in text.splitlines() if line.startswith(kept) and "_created" not in line]


async def test_a_child_process_folds_what_the_service_has_folded(tmp_path: Path):
    async with running(tmp_path / "x.sqlite3") as service:
        await lived(service)
        await service.live.settled()
        row, _ = await snapshot_beside(str(tmp_path / "x.sqlite3"))
        assert row.folded is not None
        assert row.folded.form == form()
        found = Projections.of(row.folded.body, service.live.engine.centre)

        assert state(found) == shown(service)


@pytest.mark.parametrize(
    "spoil", ["UPDATE snapshot_projections SET form = 1", "UPDATE snapshot_projections SET sum = 1",
              "UPDATE snapshot_projections SET seq = 1", "DELETE FROM snapshot_projections"]
)  # fmt: skip
async def test_projections_that_do_not_fit_are_folded_again_and_that_is_said(
    tmp_path: Path, spoil: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("api.recovery.progress.SOON_S", 0)
    monkeypatch.setattr("api.recovery.restore.PAGE", 2)
    clock, path = HandClock(BEGIN), tmp_path / "x.sqlite3"
    async with running(path, clock=clock) as service:
        await lived(service)
        calls = (await service.client.get("/v1/calls")).json()["calls"]
        before = await service.client.get("/metrics")
        await service.live.change(lambda store: store.connection.execute("SELECT 1"))
    import sqlite3

    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM snapshot_projections").fetchone() != (0,)
        connection.execute(spoil)
    connection.close()
    with caplog.at_level(logging.INFO):
        async with running(path, clock=clock) as service:
            assert (await service.client.get("/v1/calls")).json()["calls"] == calls
            assert counters((await service.client.get("/metrics")).text) == counters(before.text)
            assert said_twice(service) == []
    assert "folded again" in caplog.text
    assert re.search(r"events folded: \d+ of \d+, about \d+ s left", caplog.text)
