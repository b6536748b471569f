"""The mid-tier story end to end: a caller gives up in the busy hour, is called in the morning, and it is solved.

On both databases, over a kill −9: book, metrics, story and journal agree.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from api.live.clock import HandClock
from api.settings import Settings
from api.store.open import reading
from api.store.verification import prove
from callcenter.centre import Centre, Group, Queue
from callcenter.tiers import CallbackPolicy
from callcenter.units import HOUR
from tests.live.conftest import BEGIN, Service, running

IN_LOS_ANGELES = "+13105550142"
WINDOW = (9 * HOUR, 21 * HOUR)
CENTRE = Centre("desk", (Queue("hotline", callbacks=CallbackPolicy(window=WINDOW)),), (Group("desk"),))


async def killed() -> None:
    """A process that is killed writes nothing more."""


async def gives_up(service: Service) -> tuple[str, str]:
    """Let a mid caller with a story give up: 09:00Z is one in the morning in Los Angeles."""
    call = await service.call(
        caller=IN_LOS_ANGELES, tier="mid", zone="America/Los_Angeles", attributes={"order": "77"}, menu="2>1"
    )
    await service.passes(90)
    told = await service.report(call["call_id"], "abandoned")
    assert call["decision"] == "queue"
    return call["call_id"], told["call"]["callback"]["id"]


async def is_called(service: Service, task_id: str) -> str:
    """Let ana, who sits there all day, be asked when it is morning where the customer is; return when that was."""
    await service.agent()
    await service.passes(8 * 3_600 - 91)
    assert (await service.get("/offers"))["offers"] == [], "nobody is called at night"
    await service.passes(1)
    (offer,) = (await service.get("/offers"))["offers"]
    seen = await service.get(f"/callbacks/{task_id}")
    assert (seen["reason"], seen["attributes"]) == ("lost call", {"order": "77", "menu": "2>1"})
    await service.post(f"/offers/{offer['id']}:accept", 200, token=offer["token"])
    path = f"/callbacks/{task_id}/attempts"
    await service.post(path, 200, outcome="reached")
    await service.passes(120)
    await service.post(path, 200, outcome="completed", result="solved", note="sent again")
    return str(seen["due_at"])


@pytest.mark.ci
def test_a_lost_call_is_solved_in_the_morning_of_the_caller_over_a_kill(new_database: Callable[[], str]):
    address = new_database()
    where = Path(address) if "://" not in address else address
    clock = HandClock(BEGIN)

    async def story() -> None:
        async with running(where, CENTRE, Settings(), clock) as service:  # type: ignore[arg-type]
            _, task_id = await gives_up(service)
            service.services.history.stop = killed  # type: ignore[method-assign]
        async with running(where, CENTRE, Settings(), clock) as service:  # type: ignore[arg-type]
            asked = await is_called(service, task_id)
            book = (await service.get("/intervals?by=tier,queue"))["intervals"]
            metrics = (await service.client.get("/metrics")).text
            customer = service.services.board.tasks[task_id].customer
            told = await service.services.history.contacts_of(customer, 10)

        assert asked == "2026-03-02T17:00:00.000Z", "nine in the morning in Los Angeles"
        (half_hour,) = [row for row in book if row["offered"]]
        assert (half_hour["start"], half_hour["tier"], half_hour["abandoned"]) == ("2026-03-02T09:00:00.000Z", "mid", 1)
        names = ("made", "attempts", "reached", "kept", "solved", "owed")
        assert [half_hour[f"callbacks_{name}"] for name in names] == [1, 1, 1, 1, 1, 0]
        for line in (
            'callcenter_tasks_solved_total{kind="deferred",solved="yes",tier="mid"} 1.0',
            'callcenter_task_promises_total{kind="deferred",promise="kept",tier="mid"} 1.0',
        ):
            assert line in metrics
        assert [(one["outcome"], one["result"]) for one in told] == [("reached", "solved"), ("abandoned", None)]
        with reading(address) as store:
            assert prove(store).difference is None, "the journal tells the same"
            solved = [body for _, body in store.event_lines(0, 10_000) if '"TaskCompleted"' in body]
        assert len(solved) == 1
        assert '"solved":true' in solved[0].replace(" ", "")

    asyncio.run(story())
