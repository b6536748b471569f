"""GET /v1/fairness: what each tier waits, brings and takes, as it is."""

import pytest

from api.live.clock import HandClock
from tests.live.conftest import BEGIN

pytestmark = pytest.mark.anyio
HOUR, DAY = 3_600, 86_400


async def test_each_tier_has_its_waits_its_time_and_its_worth(service):
    for who, tier, revenue in (("v", "vip", 700), ("s1", "standard", 200), ("s2", None, 100)):
        await service.post("/customers", None, customer_id=who, revenue_12m=revenue, **({"tier": tier} if tier else {}))
    await service.agent()
    first = await service.call(customer_id="v")
    await service.report(first["call_id"], "answered")
    second = await service.call(customer_id="s1")
    await service.passes(30)
    await service.report(first["call_id"], "completed")
    await service.passes(10)  # after-call work
    told = await service.get(f"/calls/{second['call_id']}")
    assert told["state"] == "offered"
    await service.report(second["call_id"], "answered")
    await service.passes(20)
    await service.report(second["call_id"], "completed")
    await service.passes(10)

    found = await service.get("/fairness?hours=1")
    vip, standard = found["tiers"]["vip"], found["tiers"]["standard"]

    assert (vip["wait_max_s"], standard["wait_max_s"]) == (0.0, 40.0)
    assert (vip["agent_time_s"], standard["agent_time_s"]) == (40.0, 30.0)
    assert (vip["agent_time_share"], vip["share_contacts"]) == (pytest.approx(4 / 7), 0.5)
    assert (vip["share_customers"], vip["share_revenue"]) == (pytest.approx(1 / 3), 0.7)
    assert (standard["share_customers"], standard["share_revenue"]) == (pytest.approx(2 / 3), pytest.approx(0.3))
    assert (vip["service_level"]["sl_net"], standard["service_level"]["sl_net"]) == (1.0, 0.0)
    assert found["overall"]["offered"] == 2


async def test_calls_before_the_hours_asked_for_do_not_count(service):
    await service.call()
    await service.passes(2 * 3600)

    assert (await service.get("/fairness?hours=1"))["overall"]["offered"] == 0
    assert (await service.get("/fairness"))["overall"]["offered"] == 1


async def test_without_calls_or_customers_there_is_nothing_to_share(service):
    found = await service.get("/fairness")

    assert found["overall"]["wait_p95_s"] is None
    assert found["tiers"]["vip"]["agent_time_share"] is None
    assert found["tiers"]["vip"]["share_revenue"] is None


async def test_hours_that_are_no_number_are_refused(service):
    assert (await service.get("/fairness?hours=soon", 422))["code"] == "validation_failed"


async def test_days_gone_by_are_told_with_their_intervals_over_a_restart(serving):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        await service.agent()
        for n in range(4):
            for served in range(3 + n):
                call = await service.call(f"{n}-{served}")
                await service.passes(5)
                await service.report(call["call_id"], "answered" if served else "abandoned")
                await service.passes(60)
                if served:
                    await service.report(call["call_id"], "completed")
                    await service.passes(10)
            await service.passes(DAY)
    async with serving(clock=clock) as service:
        await service.call("today")
        whole = await service.get(f"/fairness?from={BEGIN}")
        first = await service.get(f"/fairness?from={BEGIN}&to={BEGIN + HOUR * 1000}")
        told = whole["tiers"]["standard"]

        assert (first["overall"]["offered"], first["overall"]["abandoned"]) == (3, 1)
        assert (told["offered"], told["abandoned"], told["open"]) == (19, 4, 1)
        assert (whole["intervals"]["batch"], whole["intervals"]["batches"]) == ("1 day", 5)
        low, high = told["ci"]["abandonment"].values()
        assert 0 < low < told["abandonment"] < high < 1
        assert first["overall"]["ci"]["abandonment"] == {"ci_low": None, "ci_high": None}, "one hour says nothing"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-01-01T00:00:00Z", "events are kept for 7 days"),
        (f"from={BEGIN + 1}&to={BEGIN}", "after to, or in the future"),
        (f"from={BEGIN - 1000}&hours=2", "give hours, or from and to"),
        ("from=yesterday", "yesterday"),
    ],
)
async def test_days_that_cannot_be_told_are_refused_in_one_line(service, query, said):
    assert said in (await service.get(f"/fairness?{query}", 422))["detail"]
