"""How a customer is treated for two months, on both databases: over restarts, to the instant; the journal replays."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.live.clock import HandClock
from api.recovery.verification import prove
from api.settings import Settings
from api.store.open import reading
from tests.live.conftest import BEGIN, CENTRE, running

DAY = 86_400_000
NUMBER = "+442079460958"


def test_two_months_of_one_customer_are_kept_over_restarts_and_replays_the_same(new_database: Callable[[], str]):
    address = new_database()
    clock = HandClock(BEGIN)
    settings = Settings(blacklist_four_eyes=True, ladder={"vip": 50_000, "mid": 5_000}, ladder_width=1_000)

    def service() -> Any:
        return running(Path(address) if "://" not in address else address, CENTRE, settings, clock)  # type: ignore[arg-type]

    async def work() -> None:
        async with service() as one:
            await one.post("/customers", 200, customer_id="C-1", number=NUMBER, revenue_12m=60_000)
            body = {"customer_id": "C-1", "reason": "threats", "review_at": BEGIN + 30 * DAY}
            entry = await one.post("/blacklist", 201, **body)
            bert = await one.key("supervisor", name="bert")
            await one.client.post(f"/v1/blacklist/{entry['entry_id']}:approve", headers=bert)
            waits = await one.call("first", caller=NUMBER)
            others = [await one.call(f"other{n}", caller=f"+44207946{n:04}") for n in range(3)]
            assert (waits["tier"], (await one.get(f"/calls/{waits['call_id']}"))["position"]) == ("blacklisted", 3)
            complaint = await one.post(
                "/complaints", 201, call_id=waits["call_id"], grade="serious", about="kept waiting"
            )
            for call in [waits, *others]:
                await one.report(call["call_id"], "abandoned")
        clock.move(31 * DAY)
        async with service() as one:
            await one.services.sweep.settled()
            listed = await one.get(f"/blacklist/{entry['entry_id']}")
            assert (listed["state"], listed["ended_at"], listed["calls"]) == ("lifted", "2026-04-01T09:00:00.000Z", 1)
            assert (await one.get(f"/complaints/{complaint['complaint_id']}"))["level"] == 3
            waits = await one.call("second", caller=NUMBER)
            assert (waits["tier"], waits["band"]) == ("vip", 0)
            await one.post("/customers", 200, customer_id="C-1", revenue_12m=49_500)
            await one.post("/customers", 200, customer_id="C-1", revenue_12m=48_000)
            assert (await one.get(f"/calls/{waits['call_id']}"))["tier"] == "vip", "down from the next contact"
            await one.report(waits["call_id"], "abandoned")
            waits = await one.call("third", caller=NUMBER)
            assert waits["tier"] == "mid"
            await one.post("/overrides", 201, customer_id="C-1", tier="vip", reason="sorry", until=BEGIN + 60 * DAY)
            assert (await one.get(f"/calls/{waits['call_id']}"))["tier"] == "vip", "up at once"
            await one.post(f"/complaints/{complaint['complaint_id']}:resolve", 200, note="called her")
            assert (await one.get("/silent-customers?least_contacts=1"))["customers"] == []
        clock.move(31 * DAY)
        async with service() as one:
            await one.services.sweep.settled()
            changes = (await one.get("/tier-changes?customer_id=C-1"))["changes"]
            assert [(c["before"], c["after"]) for c in reversed(changes)] == [
                ("vip", "blacklisted"), ("blacklisted", "vip"), ("vip", "mid"), ("mid", "vip"), ("vip", "mid"),
            ]  # fmt: skip
            assert changes[0]["at"] == "2026-05-01T09:00:00.000Z"

    asyncio.run(work())
    with reading(address) as store:
        assert prove(store).difference is None
