"""How customers are treated, live: the blacklist, overrides, demotions and promotions, by a clock moved by hand."""

from dataclasses import replace

import pytest

from api.live.clock import HandClock
from api.settings import Settings
from callcenter.centre import Queue
from callcenter.tiers import Leave, WayOut
from tests.live.conftest import BEGIN, CENTRE
from tests.live.test_imports import send

pytestmark = pytest.mark.anyio
DAY = 86_400
NUMBER, OTHER = "+442079460958", "+442079460111"


def at(days: float) -> int:
    return BEGIN + round(days * DAY * 1000)


async def known(service, customer_id: str = "C-1", number: str = NUMBER, **more):
    return await service.post("/customers", 200, customer_id=customer_id, number=number, **more)


async def listed(service, customer_id: str = "C-1", status: int = 201, **more):
    body = {"customer_id": customer_id, "reason": "threatened two agents", "review_at": at(30)}
    return await service.post("/blacklist", status, **body | more)


async def passes(service, days: float) -> None:
    await service.passes(days * DAY)
    await service.services.sweep.settled()


async def tier_of_next_call(service, number: str = NUMBER) -> str:
    call = await service.call(caller=number)
    await service.report(call["call_id"], "abandoned")
    return call["tier"]


async def served_order(service, calls: list[dict]) -> list[int]:
    """Let one agent take all that waits; return in which order."""
    offer = (await service.agent("ana", group="desk"))["offer_id"]
    order = []
    names = [call["call_id"] for call in calls]
    for _ in calls:
        agent = await service.get("/agents/ana")
        offer = next(o for o in (await service.get("/offers"))["offers"] if o["id"] == agent["offer_id"])
        call_id = offer["id"].rpartition("/o")[0]
        order.append(names.index(call_id))
        await service.post(f"/offers/{offer['id']}:accept", 200, token=offer["token"])
        await service.report(call_id, "completed", talk_s=5)
        await service.report(call_id, "wrapup_done")
    return order


async def test_a_listed_customer_waits_behind_everyone_until_the_entry_lapses_then_is_treated_by_grade(service):
    await known(service, tier="vip")
    entry = await listed(service, expires_at=at(10))
    assert entry["state"] == "in_force"
    first = await service.call(caller=NUMBER, queue="sales")
    later = await service.call(caller=OTHER, queue="sales")
    assert (first["tier"], first["band"], first["position"], later["position"]) == ("blacklisted", 9, 0, 0)
    assert (await service.get(f"/calls/{first['call_id']}"))["position"] == 1
    assert await served_order(service, [first, later]) == [1, 0]
    await service.post("/agents/ana/state", 200, state="logged_out")

    await passes(service, 9.9)
    assert await tier_of_next_call(service) == "blacklisted"
    await passes(service, 0.1)
    assert await tier_of_next_call(service) == "vip"
    told = await service.get(f"/blacklist/{entry['entry_id']}")
    assert (told["state"], told["ended_by"], told["ended_why"], told["days"]) == ("lapsed", "time", "expired", 10.0)


@pytest.mark.parametrize("said", ["vip", "standard", "blacklisted"])
async def test_no_word_of_the_telephony_system_takes_a_listed_customer_out_of_the_last_band(service, said):
    await known(service, tier="vip")
    await listed(service, expires_at=at(10))
    call = await service.call(caller=NUMBER, tier=said, queue="sales")
    other = await service.call(caller=OTHER, queue="sales")
    foretold = await service.post("/decisions:preview", 200, caller=NUMBER, tier=said)

    assert (call["tier"], call["band"], foretold["tier"]) == ("blacklisted", 9, "blacklisted")
    assert await served_order(service, [call, other]) == [1, 0]
    called_back = await service.post("/callbacks", 201, number=NUMBER, queue="sales", tier=said)
    assert called_back["tier"] == "blacklisted"
    await service.post("/agents/ana/state", 200, state="logged_out")
    await passes(service, 10)
    assert (await service.call(caller=NUMBER, tier=said))["tier"] == said, "without an entry it is the call's word"


async def test_an_override_in_force_goes_before_what_the_telephony_system_says_and_a_grade_does_not(service):
    await known(service, tier="vip")
    assert (await service.call(caller=NUMBER, tier="mid"))["tier"] == "mid"
    await service.post("/overrides", 201, customer_id="C-1", tier="vip", reason="court order", until=at(5))
    assert (await service.call(caller=NUMBER, tier="mid"))["tier"] == "vip"
    await passes(service, 5)
    assert (await service.call(caller=NUMBER, tier="mid"))["tier"] == "mid"


async def test_a_waiting_call_takes_the_place_of_its_grade_the_moment_the_entry_lapses(service):
    await known(service, tier="vip")
    await listed(service, expires_at=BEGIN + 60_000)
    waits = await service.call(caller=NUMBER, queue="sales")
    others = [await service.call(caller=f"+44207946{n:04}", queue="sales") for n in range(3)]
    assert (await service.get(f"/calls/{waits['call_id']}"))["position"] == 3

    await service.passes(60)
    await service.services.sweep.settled()

    moved = await service.get(f"/calls/{waits['call_id']}")
    assert (moved["tier"], moved["band"], moved["position"]) == ("vip", 0, 0)
    assert await served_order(service, [waits, *others]) == [0, 1, 2, 3]


async def test_an_overdue_review_lifts_and_a_review_in_time_does_not(service):
    await known(service)
    entry = await listed(service)
    await passes(service, 29)
    await service.post(f"/blacklist/{entry['entry_id']}:review", 200, review_at=at(50), note="rang again")
    await passes(service, 2)
    assert await tier_of_next_call(service) == "blacklisted"
    await passes(service, 19)
    assert await tier_of_next_call(service) == "standard"
    told = await service.get(f"/blacklist/{entry['entry_id']}")
    assert (told["state"], told["ended_why"]) == ("lifted", "nobody reviewed it in time")
    changes = (await service.get("/tier-changes?customer_id=C-1"))["changes"]
    assert [(c["before"], c["after"], c["by"]) for c in changes] == [
        ("blacklisted", "standard", "time"),
        ("standard", "blacklisted", entry["author"]),
    ]
    assert changes[0]["at"] == "2026-04-21T09:00:00.000Z", "at its own instant"


async def test_what_fell_due_while_the_service_was_down_is_caught_up_at_its_own_instant(serving):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        await known(service)
        entry = await listed(service)
    clock.move(45 * DAY * 1000)
    async with serving(clock=clock) as service:
        await service.services.sweep.settled()
        told = await service.get(f"/blacklist/{entry['entry_id']}")
        assert (told["state"], told["ended_at"]) == ("lifted", "2026-04-01T09:00:00.000Z")
        assert await tier_of_next_call(service) == "standard"


async def test_overrides_and_entries_survive_a_restart(serving):
    async with serving() as service:
        await known(service)
        await known(service, "C-2", OTHER)
        await listed(service)
        await service.post("/overrides", 201, customer_id="C-2", tier="vip", reason="a prize", until=at(9))
    async with serving() as service:
        assert await tier_of_next_call(service) == "blacklisted"
        assert await tier_of_next_call(service, OTHER) == "vip"


async def test_a_protected_customer_is_refused_and_one_found_to_be_is_lifted(service):
    await known(service, protected=True)
    assert (await listed(service, status=409))["code"] == "customer_protected"
    call = await service.call(caller=NUMBER, tier="blacklisted")
    assert call["tier"] == "standard"

    await known(service, "C-2", OTHER)
    entry = await listed(service, "C-2")
    waits = await service.call(caller=OTHER)
    await service.post("/customers", 200, customer_id="C-2", protected=True)
    assert (await service.get(f"/blacklist/{entry['entry_id']}"))["state"] == "lifted"
    assert (await service.get(f"/calls/{waits['call_id']}"))["tier"] == "standard"


async def test_a_bare_number_is_refused_unless_it_is_marked_as_one(service):
    await service.call(caller=NUMBER)
    body = {"number": NUMBER, "reason": "robot calls", "review_at": at(30)}
    assert (await service.post("/blacklist", 409, **body))["code"] == "customer_not_verified"
    await known(service, "C-2", OTHER)
    assert (await service.post("/blacklist", 409, **body | {"number": OTHER}))["code"] == "customer_not_verified"

    marked = await service.post("/blacklist", 201, **body, number_only=True)
    never_rang = await service.post("/blacklist", 201, **body | {"number": "+442079460222"}, number_only=True)
    assert (marked["number_only"], never_rang["state"]) == (True, "in_force")
    assert await tier_of_next_call(service, "+442079460222") == "blacklisted"
    assert (await service.post("/blacklist", 404, **body | {"number": "+442079460333"}))["code"] == "not_found"


async def test_four_eyes_are_another_persons(serving):
    async with serving(settings=Settings(blacklist_four_eyes=True)) as service:
        await known(service)
        anna = await service.key("supervisor", name="anna")
        bert = await service.key("supervisor", name="bert")
        body = {"customer_id": "C-1", "reason": "threats", "review_at": at(30)}
        entry = (await service.client.post("/v1/blacklist", json=body, headers=anna)).json()
        assert (entry["state"], entry["author"]) == ("proposed", "anna")
        assert await tier_of_next_call(service) == "standard"

        again = await service.key("supervisor", name="anna")
        for hers in (anna, again):
            refused = await service.client.post(f"/v1/blacklist/{entry['entry_id']}:approve", headers=hers)
            assert (refused.status_code, refused.json()["code"]) == (409, "four_eyes")
        approved = await service.client.post(f"/v1/blacklist/{entry['entry_id']}:approve", headers=bert)
        assert (approved.json()["state"], approved.json()["approved_by"]) == ("in_force", "bert")
        assert await tier_of_next_call(service) == "blacklisted"
        audit = (await service.get("/audit"))["entries"]
        steps = [row["action"] for row in audit if row["subject"] == entry["entry_id"]]
        assert steps == ["blacklist.approve", "blacklist.propose"]


async def test_an_agent_notes_an_appeal_and_nothing_else(service):
    await known(service)
    entry = await listed(service)
    agent = await service.key("agent", agent_id="ana")
    path = f"/v1/blacklist/{entry['entry_id']}"
    noted = await service.client.post(f"{path}:appeal", json={"note": "it was his brother"}, headers=agent)
    lifted = await service.client.post(f"{path}:lift", json={"reason": "nice voice"}, headers=agent)
    assert (noted.json()["appeal"], lifted.status_code) == ("it was his brother", 403)


async def test_the_report_tells_what_share_of_their_calls_was_answered_over_a_restart(serving):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        await known(service)
        await listed(service)
        for _ in range(3):
            assert await tier_of_next_call(service) == "blacklisted"
        await service.passes(1)
        await service.services.projection.stop()
    async with serving(clock=clock) as service:
        await service.agent("ana")
        call = await service.call("the fourth", caller=NUMBER)
        await service.report(call["call_id"], "answered")
        told = await service.get("/blacklist/report")
        assert (told["in_force"], told["calls"], told["answered"], told["share_answered"]) == (1, 4, 1, 0.25)
        assert (told["reviews_overdue"], told["reviews_within_7_days"]) == (0, 0)
        text = (await service.client.get("/metrics")).text
        assert 'callcenter_blacklist_entries{state="in_force"} 1.0' in text
        assert "callcenter_blacklist_reviews_overdue 0.0" in text


async def test_a_call_of_theirs_that_is_sent_elsewhere_at_once_counts_among_their_calls(serving):
    full = Queue("hotline", max_waiting=0, when_full=WayOut(Leave.OVERFLOW, "+34 900"))
    async with serving(centre=replace(CENTRE, queues=(full,))) as service:
        await known(service)
        await listed(service)
        await service.call(caller=NUMBER)
        told = await service.get("/blacklist/report")

    assert (told["calls"], told["answered"]) == (1, 0)


async def test_counts_not_yet_written_when_the_service_died_are_heard_again_and_none_twice(serving):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        await known(service)
        await listed(service)
        await tier_of_next_call(service)
        service.services.projection._fresh.clear()  # as if it died before the next tick
    async with serving(clock=clock) as service:
        assert (await service.get("/blacklist/report"))["calls"] == 1
        await service.passes(1)
        await service.services.projection.stop()
    async with serving(clock=clock) as service:
        assert (await service.get("/blacklist/report"))["calls"] == 1


# --- promotions and demotions


async def test_a_promotion_moves_a_waiting_call_to_the_front_at_once(service):
    await known(service, tier="standard")
    others = [await service.call(caller=f"+44207946{n:04}") for n in range(3)]
    waits = await service.call(caller=NUMBER)
    await service.post("/overrides", 201, customer_id="C-1", tier="vip", reason="won the prize", until=at(30))

    moved = await service.get(f"/calls/{waits['call_id']}")
    assert (moved["tier"], moved["band"], moved["position"]) == ("vip", 0, 0)
    assert await served_order(service, [*others, waits]) == [3, 0, 1, 2]


async def test_a_better_grade_from_the_crm_moves_a_waiting_call_too(service):
    await known(service, tier="standard")
    waits = await service.call(caller=NUMBER)
    await known(service, tier="vip")

    assert (await service.get(f"/calls/{waits['call_id']}"))["tier"] == "vip"


async def test_a_demotion_leaves_the_waiting_call_alone_and_acts_from_the_next_contact(service):
    await known(service, tier="vip")
    waits = await service.call(caller=NUMBER)
    await known(service, tier="standard")
    assert (await service.get(f"/calls/{waits['call_id']}"))["tier"] == "vip"
    await service.report(waits["call_id"], "abandoned")
    assert await tier_of_next_call(service) == "standard"

    await known(service, tier="vip")
    waits = await service.call(caller=NUMBER)
    await listed(service)
    assert (await service.get(f"/calls/{waits['call_id']}"))["tier"] == "vip"
    await service.report(waits["call_id"], "abandoned")
    assert await tier_of_next_call(service) == "blacklisted"


async def test_an_override_goes_before_the_blacklist_and_ends_by_itself(service):
    await known(service, tier="mid", why="82nd by revenue")
    await listed(service)
    made = await service.post("/overrides", 201, customer_id="C-1", tier="vip", reason="court order", until=at(5))
    stands = await service.get("/standing?customer_id=C-1")
    assert (stands["tier"], stands["source"]) == ("vip", "override")
    assert stands["why"].startswith("vip by override of ")
    await passes(service, 5)
    assert (await service.get("/standing?customer_id=C-1"))["source"] == "blacklist"
    assert made["override_id"] not in str((await service.get("/overrides"))["overrides"])
    await passes(service, 25)
    stands = await service.get("/standing?customer_id=C-1")
    assert (stands["tier"], stands["source"]) == ("mid", "grade")
    assert stands["why"] == "mid by grade: 82nd by revenue (review in 60 days)"


async def test_a_new_override_ends_the_one_before_and_a_withdrawn_one_is_over(service):
    await known(service)
    first = await service.post("/overrides", 201, customer_id="C-1", tier="mid", reason="one", until=at(5))
    second = await service.post("/overrides", 201, customer_id="C-1", tier="vip", reason="two", until=at(5))
    assert [o["override_id"] for o in (await service.get("/overrides"))["overrides"]] == [second["override_id"]]
    assert await tier_of_next_call(service) == "vip"
    ended = await service.post(f"/overrides/{second['override_id']}:withdraw", 200, reason="a mistake")
    assert ended["ended_why"] == "a mistake"
    assert await tier_of_next_call(service) == "standard"
    await service.post(f"/overrides/{first['override_id']}:withdraw", 404, reason="again")


async def test_the_blacklists_tier_is_reached_by_no_other_way(service):
    await known(service)
    body = {"customer_id": "C-1", "tier": "blacklisted", "reason": "rude", "until": at(5)}
    assert (await service.post("/overrides", 422, **body))["code"] == "bad_override"
    assert (await service.post("/customers", 422, customer_id="C-1", tier="blacklisted"))["code"] == "validation_failed"


async def test_an_urgent_call_keeps_its_band_when_its_customer_is_promoted(serving):
    from callcenter.centre import Centre, Group, Queue
    from callcenter.tiers import Intent, Tier

    tiers = (Tier("vip", 1), Tier("standard", 2))
    centre = Centre("bank", (Queue("cards"),), (Group("desk"),), tiers=tiers, intents=(Intent("card_loss", 0),))
    async with serving(centre=centre) as service:
        await known(service)
        waits = await service.call(caller=NUMBER, intent="card_loss")
        await service.post("/overrides", 201, customer_id="C-1", tier="vip", reason="a prize", until=at(5))
        moved = await service.get(f"/calls/{waits['call_id']}")
        assert (moved["tier"], moved["band"]) == ("vip", 0)
        assert (await listed(service, status=409))["code"] == "conflict", "no tier for a blacklist here"


async def test_what_is_due_for_review_is_listed(service):
    await known(service, tier="mid")
    entry = await listed(service)
    override = await service.post("/overrides", 201, customer_id="C-1", tier="vip", reason="a prize", until=at(5))
    found = (await service.get("/reviews?within_days=100"))["reviews"]
    assert [(one["kind"], one["id"]) for one in found] == [
        ("override", override["override_id"]),
        ("blacklist", entry["entry_id"]),
        ("grade", entry["customer_key"]),
    ]
    await passes(service, 91)
    overdue = (await service.get("/reviews"))["reviews"]
    assert [(one["kind"], one["overdue"]) for one in overdue] == [("grade", True)]


async def test_valuable_customers_who_fall_silent_are_listed_with_the_reason(service):
    await known(service, tier="vip")
    await known(service, "C-2", OTHER, tier="standard")
    for _ in range(4):
        await tier_of_next_call(service)
        await tier_of_next_call(service, OTHER)
    await passes(service, 95)
    await tier_of_next_call(service)
    told = await service.get("/silent-customers")
    assert [(one["customer_id"], one["signals"]) for one in told["customers"]] == [
        ("C-1", ["contacts fell by 75 %: from 4 to 1"])
    ]


async def test_who_spends_less_is_listed_with_before_and_after_also_when_the_grade_fell_with_it(serving):
    async with serving(settings=Settings(ladder={"vip": 50_000})) as service:
        for customer, said in (("C-1", [60_000, 58_000, 51_000]), ("C-2", [90_000, 20_000]), ("C-3", [70_000, 60_000])):
            for revenue in said:
                await service.post("/customers", 200, customer_id=customer, revenue_12m=revenue)
                await passes(service, 10)
        await send(service, "customer_id,revenue_12m\nC-1,50500\nC-3,30000\n")
        told = (await service.get("/silent-customers?fall_percent=40"))["customers"]

        assert [(one["customer_id"], one["tier"], one["valued_as"]) for one in told] == [
            ("C-2", "standard", "vip"), ("C-3", "standard", "vip"),
        ]  # fmt: skip
        assert [(one["spending_before"], one["spending"], one["signals"]) for one in told] == [
            (90_000, 20_000, ["spending fell by 78 %: from 90,000.00 to 20,000.00"]),
            (70_000, 30_000, ["spending fell by 57 %: from 70,000.00 to 30,000.00"]),
        ]
        assert all(one["spending_before_until"].startswith("2026-") for one in told)


async def test_what_was_spent_before_is_looked_at_anew_once_in_ninety_days_however_it_is_said(service):
    async def then(customer: str, revenue: int) -> tuple[float, float]:
        if customer == "imported":
            await send(service, f"customer_id,revenue_12m,tier\n{customer},{revenue},vip\n")
        else:
            await service.post("/customers", 200, customer_id=customer, revenue_12m=revenue, tier="vip")
        [row] = await service.live.find("customers", {"customer_id": customer})
        return row["revenue_before"], row["revenue_12m"]

    for days, said in ((0, (None, 100)), (91, (100, 90)), (60, (100, 80)), (31, (80, 70))):
        await passes(service, days)
        assert [await then(customer, said[1]) for customer in ("imported", "said")] == [said, said]


async def test_a_state_that_entries_have_not_is_refused_and_one_of_a_customers_entries_is_kept_to(service):
    await known(service)
    entry = await listed(service)
    await service.post(f"/blacklist/{entry['entry_id']}:lift", 200, reason="apologised")
    again = await listed(service)

    problem = await service.get("/blacklist?state=pending", 422)
    assert "'pending' is none (there is: open, all, proposed, in_force" in problem["detail"]

    async def shown(query: str) -> list[str]:
        return [one["entry_id"] for one in (await service.get(f"/blacklist?customer_id=C-1{query}"))["entries"]]

    assert {*await shown("")} == {*await shown("&state=all")} == {entry["entry_id"], again["entry_id"]}
    assert (await shown("&state=lifted"), await shown("&state=open")) == ([entry["entry_id"]], [again["entry_id"]])


async def test_who_cannot_be_listed_because_nobody_knows_them_is_said_with_the_way_on(service):
    body = {"reason": "robot calls", "review_at": at(30)}

    assert "number_only" in (await service.post("/blacklist", 404, number=OTHER, **body))["detail"]
    assert "/v1/customers" in (await service.post("/blacklist", 404, customer_id="C-9", **body))["detail"]


async def test_who_falls_back_on_their_grade_is_told_its_reason_and_its_own_review(service):
    await known(service, tier="vip", why="revenue of 51,000: vip from 50,000")
    await service.passes(30 * DAY)
    entry = await service.post("/blacklist", 201, customer_id="C-1", reason="threatened two agents", review_at=at(60))
    await service.post(f"/blacklist/{entry['entry_id']}:lift", 200, reason="apologised")
    newest = (await service.get("/tier-changes?customer_id=C-1"))["changes"][0]

    assert newest["why"] == (await service.get("/standing?customer_id=C-1"))["why"]
    assert newest["why"] == "vip by grade: revenue of 51,000: vip from 50,000 (review in 60 days)"
