"""Campaigns: only who agreed is called, at the pace that was asked for, and never before a caller who waits."""

import pytest

from callcenter.centre import Centre, Group, Queue
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY
from tests.live.conftest import refused

pytestmark = pytest.mark.anyio
CENTRE = Centre("small", (Queue("hotline", callbacks=CallbackPolicy(window=(0, DAY))),), (Group("desk"),))
SPAN = {"begins": "2026-03-02T09:00:00Z", "ends": "2026-03-04T09:00:00Z"}


async def test_only_who_agreed_is_called_at_the_pace_asked_for_and_callers_go_first(serving):
    async with serving(centre=CENTRE) as service:
        for n, consent in enumerate((True, False, True)):
            await service.post("/customers", 200, customer_id=f"C{n}", number=f"+44207946095{n}", consent=consent)
        listed = [{"customer_id": f"C{n}", "note": f"offer {n}"} for n in range(4)]
        made = await service.post(
            "/campaigns", 201, name="spring", queue="hotline", per_hour=1, customers=listed, **SPAN
        )
        caller = await service.call(tier="standard")
        await service.agent()
        first = (await service.get("/offers"))["offers"]
        await service.report(caller["call_id"], "abandoned")
        await service.passes(1)
        second = (await service.get("/offers"))["offers"]
        (one, other) = (await service.get("/callbacks?kind=campaign&sort=due"))["callbacks"]
        stands = await service.get(f"/campaigns/{made['campaign_id']}")
        late = await service.client.post(
            "/v1/campaigns", json={"name": "x", "queue": "hotline", "customers": listed, **SPAN, "ends": 1}
        )

    assert (made["taken"], made["refused"]) == (2, {"no_consent": 1, "unknown": 1})
    assert [offer["subject"] for offer in first] == [caller["call_id"]]
    assert [offer["subject"] for offer in second] == [one["callback_id"]]
    assert {one["due_at"], other["due_at"]} == {"2026-03-02T09:00:00.000Z", "2026-03-02T10:00:00.000Z"}
    assert {one["note"], other["note"]} == {"offer 0", "offer 2"}
    assert sum(stands["states"].values()) == 2
    refused(late, 422)
