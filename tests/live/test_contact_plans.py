"""Contact plans, live: whose turn it is is called in time, as many as in the simulation, over restarts."""

from pathlib import Path

import pytest

from api.live.clock import HandClock
from api.settings import Settings
from callcenter.callbacks import TaskKind
from callcenter.cli import main
from callcenter.scenario import Law, LawKind, Outreach
from callcenter.units import DAY, HOUR
from tests.live.conftest import BEGIN, CENTRE, Service, running

pytestmark = pytest.mark.anyio
PLAN = Settings(contact_plans={"vip": 15}, contact_plan_queue="sales")
FIRST = BEGIN // DAY


async def turns(service: Service) -> int:
    """Let the plan look, and return how many turns it begins."""
    await service.services.care_calls.settled()
    return await service.services.care_calls.begin_turns(service.live.now())


async def know(service: Service, count: int, **more: object) -> None:
    for n in range(count):
        await service.post("/customers", 200, customer_id=f"C-{n:02}", tier="vip", consent=True, **more)


async def test_as_many_are_called_each_day_as_in_the_simulation_over_restarts_too(tmp_path: Path):
    path, clock, called = tmp_path / "x", HandClock(BEGIN), {}
    simulated = Outreach(
        TaskKind.CARE, "sales", "vip", 31, Law(LawKind.DETERMINISTIC, 60.0), weekdays=(0, 1, 2, 3, 4), every_days=15
    )
    for day in range(10):
        async with running(path, settings=PLAN, clock=clock) as service:
            if day == 0:
                await know(service, 31)
            await turns(service)
            assert await turns(service) == 0, "each has one turn"
            called[FIRST + day] = (await service.get("/contact-plans"))["plans"][0]["taken_today"]
        clock.move(DAY)
    assert called == {FIRST + day: simulated.due_on(FIRST + day) for day in range(10)}
    assert main(["replay", str(path)]) == 0


async def test_who_is_due_and_what_breaks_next_is_told(tmp_path: Path):
    async with running(tmp_path / "x", settings=PLAN) as service:
        for name, last, consent in (
            ("late", "2026-02-01", True), ("soon", "2026-02-20", True), ("due", "2026-02-15", True),
            ("unasked", "2026-01-01", None), ("never", None, True),
        ):  # fmt: skip
            more = {} if consent is None else {"consent": consent}
            await service.post("/customers", 200, customer_id=name, tier="vip", last_contact=last, **more)
        told = await service.get("/contact-plans")
        listed = [(one["due_on"], one["customer_id"], one["overdue_days"]) for one in told["customers"]]
        assert [one[0] for one in listed] == sorted(one[0] for one in listed), "what breaks next is told first"
        assert sorted(listed) == [
            ("2026-02-16", "late", 14), ("2026-03-02", "due", 0), ("2026-03-02", "never", 0), ("2026-03-09", "soon", 0),
        ]  # fmt: skip
        (plan,) = told["plans"]
        assert (plan["customers"], plan["agreed"], plan["due"], plan["overdue"]) == (5, 4, 3, 1)
        assert await turns(service) == 2, "whose turn is today, and of those who wait the longest overdue"
        who = {task.customer for task in service.services.board.tasks.values()}
        keys = {one["customer_id"]: one["customer_key"] for one in told["customers"]}
        assert who == {keys["due"], keys["late"]}
        task = (await service.get("/callbacks"))["callbacks"][0]
        assert (task["kind"], task["queue"], task["tier"]) == ("care", "sales", "vip")
        (plan,) = (await service.get("/contact-plans"))["plans"]
        assert (plan["taken_today"], plan["due"], plan["overdue"]) == (2, 1, 0)


async def test_a_talk_the_customer_began_puts_the_turn_off_and_the_blacklist_takes_it(tmp_path: Path):
    async with running(tmp_path / "x", settings=PLAN) as service:
        await service.post("/customers", 200, customer_id="rings", tier="vip")
        await service.agent("ana")
        call = await service.call(customer_id="rings")
        await service.report(call["call_id"], "answered")
        await service.passes(60)
        await service.report(call["call_id"], "completed")
        await service.post("/agents/ana/state", 200, state="logged_out", forced=True)
        for name in ("rings", "listed", "last"):
            await service.post("/customers", 200, customer_id=name, tier="vip", consent=True, last_contact="2026-01-01")
        await service.post("/blacklist", 201, customer_id="listed", reason="rude", review_at=BEGIN + 30 * DAY)
        told = {one["customer_id"]: one for one in (await service.get("/contact-plans"))["customers"]}
        assert told["rings"]["last_contact"] == "2026-03-02"
        assert told["rings"]["due_on"] == "2026-03-17"
        await turns(service)
        who = {task.customer for task in service.services.board.tasks.values()}
        listed = (await service.get("/customers/listed"))["customer_key"]
        assert listed not in who


async def test_turns_begin_by_themselves(tmp_path: Path):
    clock = HandClock(BEGIN)
    async with running(tmp_path / "x", CENTRE, PLAN, clock) as service:
        await know(service, 1, last_contact="2026-01-01")
        await service.passes(HOUR // 1_000)
        await service.services.care_calls.settled()
        assert len((await service.get("/callbacks"))["callbacks"]) == 1


async def test_no_plan_no_calls(tmp_path: Path):
    async with running(tmp_path / "x") as service:
        await know(service, 3)
        assert await turns(service) == 0
        assert await service.get("/contact-plans") == {"plans": [], "customers": []}


async def test_a_centre_without_the_tier_of_a_plan_is_not_put_in_force(tmp_path: Path):
    async with running(tmp_path / "x", settings=PLAN) as service:
        without = "version: 1\nname: small\ntiers: {standard: {band: 0}}\nqueues: {sales: {}}\ngroups: {desk: {}}\n"
        refused = await service.post("/centre", 422, yaml=without)

        assert "contact_plans: the centre has no tier 'vip'" in refused["detail"]
        assert (await service.get("/contact-plans"))["plans"][0]["tier"] == "vip"
