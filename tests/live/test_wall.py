"""The wall: the present in one answer, true to the book, to the order of turns, and after a restart."""

import asyncio
import json
from typing import Any

import pytest

from api.state.board import Board
from api.state.ended_calls import CallLines
from callcenter.centre import Centre, Group, Queue
from callcenter.tiers import Target, Tier
from callcenter.units import SECOND, Millis
from tests.live.conftest import Service

pytestmark = pytest.mark.anyio
CENTRE = Centre(
    "wall",
    (Queue("hotline", wrap_up=Millis(10 * SECOND)), Queue("sales")),
    (Group("desk"),),
    (
        Tier("vip", 0, Target(0.9, Millis(20 * SECOND))),
        Tier("standard", 1, Target(0.85, Millis(20 * SECOND))),
    ),
    default_tier="standard",
)


async def look(service: Service) -> dict[str, Any]:
    """Return the wall, a moment later: it is made once for all who ask at once."""
    await service.passes(0.1)
    return await service.get("/wall")


async def level(service: Service, tier: str, queue: str = "hotline") -> dict[str, Any]:
    wall = await look(service)
    [row] = [row for row in wall["levels"] if (row["queue"], row["tier"]) == (queue, tier)]
    return row


async def answered(service: Service, after_s: float, **more: Any) -> None:
    """Let a call wait so long, then be answered and over."""
    call = await service.call(queue="hotline", **more)
    await service.passes(after_s)
    await service.agent()
    await service.report(call["call_id"], "answered")
    await service.report(call["call_id"], "completed")
    await service.report(call["call_id"], "wrapup_done")
    await service.post("/agents/ana/state", 200, state="logged_out")


async def test_who_waits_stands_in_the_order_of_turns(serving: Any):
    async with serving(centre=CENTRE) as service:
        for name, tier in (("a", "standard"), ("b", "vip"), ("c", "standard"), ("d", "vip")):
            await service.call(name, tier=tier, queue="hotline")
            await service.passes(5)
        wall = await look(service)

        assert [row["external_call_id"] for row in wall["waiting"]] == ["b", "d", "a", "c"]
        assert [row["wait_s"] for row in wall["waiting"]] == [15.1, 5.1, 20.1, 10.1]
        assert [row["place"] for row in wall["waiting"]] == [0, 1, 2, 3]
        assert (wall["totals"]["waiting"], wall["totals"]["oldest_wait_s"]) == (4, 20.1)
        await service.agent()
        assert next(row["external_call_id"] for row in (await look(service))["waiting"]) == "d"


async def test_levels_are_of_the_last_half_hour_and_of_the_day(serving: Any):
    async with serving(centre=CENTRE) as service:
        await answered(service, 5, tier="vip")
        await answered(service, 30, tier="vip")
        row = await level(service, "vip")
        assert (row["half_hour"], row["half_hour_calls"], row["day"], row["day_calls"]) == (0.5, 2, 0.5, 2)

        await service.passes(1_801)
        row = await level(service, "vip")
        assert (row["half_hour"], row["half_hour_calls"], row["day"], row["day_calls"]) == (None, 0, 0.5, 2)

        call = await service.call(tier="vip", queue="hotline")
        await service.passes(21)
        row = await level(service, "vip")
        assert (row["half_hour"], row["late"]) == (0, 1), "who waits past the threshold is a miss already"
        assert row["day"] == pytest.approx(1 / 3)
        await service.report(call["call_id"], "abandoned")
        row = await level(service, "vip")
        assert (row["half_hour"], row["late"], row["abandoned_day"]) == (0, 0, 1)


async def test_the_day_is_what_the_book_says(serving: Any):
    async with serving(centre=CENTRE) as service:
        for wait in (1, 25, 3):
            await answered(service, wait, tier="standard")
        row = await level(service, "standard")
        [booked] = (await service.get("/intervals?day=today&per=day&by=queue,tier"))["intervals"]
        again = await level(service, "standard")

        assert row["day"] == booked["sl_net"] == again["day"]

        await service.call(tier="standard", queue="hotline")
        await service.passes(21)  # a miss already, whatever comes
        row = await level(service, "standard")
        by = "day=today&by=queue,tier"
        for per in ("day", "half_hour"):
            [booked] = (await service.get(f"/intervals?{by}&per={per}"))["intervals"]
            assert row["day"] == booked["sl_net"] == 0.5, per
            assert booked["met"] is False


async def test_a_restart_changes_nothing_of_it(serving: Any):
    async with serving(centre=CENTRE) as service:
        await answered(service, 5, tier="vip")
        await answered(service, 30, tier="vip")
        await service.call("waits", tier="vip", queue="hotline")
        before = await look(service)
        clock = service.clock
    async with serving(centre=CENTRE, clock=clock) as service:
        after = await look(service)

        [was], [now] = before["levels"], after["levels"]
        assert now == was | {"oldest_wait_s": 0.2}
        assert [row["external_call_id"] for row in after["waiting"]] == ["waits"]


async def test_a_missed_promise_is_an_alert(serving: Any):
    async with serving(centre=CENTRE) as service:
        assert (await look(service))["alerts"] == []
        await service.call(tier="vip", queue="hotline")
        codes = [alert["code"] for alert in (await look(service))["alerts"]]
        assert codes == ["nobody_serves"]
        await service.passes(21)
        codes = [alert["code"] for alert in (await look(service))["alerts"]]
        assert codes == ["waits_too_long", "nobody_serves"]
        promise = service.clock.now() + 60_000
        await service.post("/callbacks", 201, queue="sales", number="+442079460958", promise=promise)
        alerts = (await look(service))["alerts"]
        assert "promise_near" in [alert["code"] for alert in alerts]


async def test_a_draw_looks_at_no_call_but_those_it_shows(serving: Any, monkeypatch: pytest.MonkeyPatch):
    async with serving(centre=CENTRE) as service:
        await look(service)
        for n in range(3):
            await service.call(f"c{n}", tier=("vip", "standard", "standard")[n], queue="hotline")
            await service.passes(10)
        monkeypatch.setattr(Board, "in_hand", _never)
        monkeypatch.setattr(CallLines, "values", _never)
        late = {row["tier"]: row["late"] for row in (await look(service))["levels"]}

        assert late == {"vip": 1, "standard": 1}, "the third has waited for ten seconds"


async def test_a_call_that_was_moved_is_late_in_the_tier_it_came_with_as_the_metrics_count_it(serving: Any):
    async with serving(centre=CENTRE) as service:
        call = await service.call(tier="standard", queue="hotline")
        await service.post(f"/calls/{call['call_id']}:reprioritize", 200, tier="vip")
        await service.passes(21)
        late = {row["tier"]: row["late"] for row in (await look(service))["levels"]}

        assert late == {"vip": 0, "standard": 1}


def _never(*_: object) -> None:
    raise AssertionError("all calls are looked at")


async def test_agents_say_since_when_they_do_what_they_do(serving: Any):
    async def since(service: Service) -> tuple[str, str]:
        [agent] = (await look(service))["agents"]
        return agent["state"], agent["state_since"][14:19]

    async with serving(centre=CENTRE) as service:
        await service.agent()
        await service.passes(10)
        assert await since(service) == ("available", "00:00")
        call = await service.call(queue="hotline")
        assert await since(service) == ("offered", "00:10")
        await service.passes(3)
        await service.report(call["call_id"], "answered")
        assert await since(service) == ("busy", "00:13")
        await service.passes(30)
        await service.report(call["call_id"], "completed")
        assert await since(service) == ("wrap_up", "00:43")
        await service.passes(10)
        assert await since(service) == ("available", "00:53")


async def test_a_change_rings_and_is_in_the_next_picture(serving: Any):
    async with serving(centre=CENTRE) as service:
        rings = service.services.wall.rings()
        assert b"retry" in await anext(rings)
        await look(service)
        waits = asyncio.ensure_future(anext(rings))
        await asyncio.sleep(0)
        await service.call("rung", queue="hotline")
        told = json.loads((await waits).split(b"data: ")[1].split(b"\n")[0])
        wall = await look(service)
        await rings.aclose()

        assert wall["seq"] >= told["seq"]
        assert [row["external_call_id"] for row in wall["waiting"]] == ["rung"]
