"""The directory, live: who a number is, what several customers share, who is asked first, what is encrypted."""

import base64
import sqlite3

import pytest

from api.customers.directory.key_accounts import Absence
from api.settings import Settings
from api.store.encryption import vault_of
from callcenter.centre import Centre, Group, Queue
from callcenter.units import Millis

pytestmark = pytest.mark.anyio
HOME = "+442079460958"
KEY = base64.b64encode(bytes(range(32))).decode()


async def put(service, customer_id, **more):
    return await service.post("/customers", 200, customer_id=customer_id, **more)


async def test_a_customer_is_known_by_each_of_their_numbers(service):
    await put(service, "C-1", number=HOME, tier="vip")
    await put(service, "C-1", number="+442079460959")

    for number in (HOME, "+442079460959"):
        assert (await service.call(caller=number))["tier"] == "vip"


async def test_a_number_of_two_customers_says_which_line_rings_not_who_speaks(service):
    await put(service, "C-1", number=HOME, tier="vip", name="Ada", account_manager=["ana"])
    await put(service, "C-2", number=HOME, tier="mid", name="Bob")
    first, again = await service.call(caller=HOME), await service.call(caller=HOME)
    keys = {service.services.board.call(call["call_id"]).customer for call in (first, again)}
    persons = {(await service.services.customers.find(name, None)).key for name in ("C-1", "C-2")}

    assert (first["tier"], again["tier"]) == ("vip", "vip"), "the best that any of them is due"
    assert len(keys) == 1, "one line is one caller"
    assert keys.isdisjoint(persons), "and none of the two"
    assert (await service.call(caller=HOME, customer_id="C-2"))["tier"] == "mid", "unless it is said who speaks"


async def test_a_shared_line_takes_nobody_to_the_last_band(service):
    await put(service, "C-1", number=HOME)
    entry = {"customer_id": "C-1", "reason": "threatened two agents", "review_at": "2026-04-01T00:00:00Z"}
    await service.post("/blacklist", 201, **entry)
    assert (await service.call(caller=HOME))["tier"] == "blacklisted"

    await put(service, "C-2", number=HOME)

    assert (await service.call(caller=HOME))["tier"] == "standard"


async def test_a_tier_that_the_centre_does_not_have_any_more_costs_nobody_a_call(service):
    await put(service, "C-1", number=HOME, tier="vip")
    await service.services.live.keep()
    known = await service.services.customers.find("C-1", None)
    customer = await service.services.customers.behind(known.key)
    customer.tier = "diamond"
    await service.services.customers.keep(customer, service.live.now(), new=False)

    assert (await service.call(caller=HOME))["tier"] == "standard"


async def test_calls_are_recognised_while_the_directory_is_still_being_read(serving, monkeypatch):
    async with serving() as service:
        await put(service, "C-1", number=HOME, tier="vip")
    async with serving() as service:
        customers = service.services.customers
        await customers.whole()
        monkeypatch.setattr(customers, "_whole", False)
        monkeypatch.setattr(customers, "_book", type(customers._book)())

        assert (await service.call(caller=HOME))["tier"] == "vip"
        assert (await service.call(customer_id="C-1"))["tier"] == "vip"
        one, two = await service.call(caller="+442079460000"), await service.call(caller="+442079460000")
        keys = {service.services.board.call(call["call_id"]).customer for call in (one, two)}
        assert len(keys) == 1
        assert len(await service.live.find("customers")) == 2


async def test_what_is_known_survives_a_restart(serving):
    async with serving() as service:
        await put(service, "C-1", number=HOME, tier="vip", zone="Europe/London", protected=True)
    async with serving() as service:
        await service.services.customers.whole()
        found = await service.get("/customers/C-1")

        assert (await service.call(caller=HOME))["tier"] == "vip"
        assert (found["protected"], found["zone"], found["numbers"]) == (
            True, "Europe/London", [{"number": HOME, "extension": "", "shared": False}]
        )  # fmt: skip


async def test_a_supervisor_sees_masked_numbers(service):
    await put(service, "C-1", number=HOME)
    header = await service.key("supervisor")
    answer = await service.client.get("/v1/customers/C-1", headers=header)

    assert answer.json()["numbers"][0]["number"] == "+44*******58"


async def test_an_account_manager_who_is_there_rings_first(service):
    await put(service, "C-1", number=HOME, account_manager=["eva", "ana"])
    await service.agent("bob")
    await service.agent("ana")

    assert (await service.call(caller=HOME))["offer"]["agent_id"] == "ana"


async def test_a_deputy_stands_in_for_a_manager_on_leave_or_logged_out(service):
    await put(service, "C-1", number=HOME, account_manager=["ana"])
    for agent in ("bob", "ana", "dora"):
        await service.agent(agent)
    managers, now = service.services.customers.managers, service.live.now()
    await managers.keep(Absence("ana", "dora", now, now + 1_000), now)

    assert (await service.call(caller=HOME))["offer"]["agent_id"] == "dora"
    await service.passes(1)
    assert (await service.call(caller=HOME))["offer"]["agent_id"] == "ana"


async def test_with_a_key_the_database_holds_no_number(serving, tmp_path):
    path = tmp_path / "live.sqlite3"
    vault = vault_of(KEY)
    async with serving(vault=vault) as service:
        await put(service, "C-1", number=HOME, tier="vip")
        await service.call(caller=HOME)
        await service.call(caller="+442079460000", callback_number="+442079460001")
        await service.post("/callbacks", 201, queue="sales", number="+442079460002")
    kept = (
        path.read_bytes()
        + path.with_name(path.name + "-wal").read_bytes() * path.with_name(path.name + "-wal").exists()
    )

    assert [n for n in ("2079460958", "2079460000", "2079460001", "2079460002") if n.encode() in kept] == []
    async with serving(vault=vault) as service:
        await service.services.customers.whole()
        assert (await service.call(caller=HOME))["tier"] == "vip"
        assert (await service.get("/customers/C-1"))["numbers"][0]["number"] == HOME
    rows = sqlite3.connect(path).execute("SELECT lookup, number FROM customer_numbers").fetchall()
    assert all(number.startswith("sealed:") for _, number in rows)


async def test_the_load_of_each_account_manager_is_told(service):
    await put(service, "C-1", number=HOME, account_manager=["ana"])
    await put(service, "C-2", account_manager=["ana", "eva"])
    await service.agent("ana")
    await service.call(caller=HOME)
    call = await service.call(customer_id="C-2", queue="sales")
    await service.report(call["call_id"], "abandoned")
    told = await service.post("/account-managers/eva", 200, deputy="dora", away_from=service.live.now())
    found = {one["agent_id"]: one for one in (await service.get("/account-managers"))["account_managers"]}

    assert (told["away"], told["deputy"]) == (True, "dora")
    assert [found["ana"][name] for name in ("customers", "open_calls", "calls_today", "here")] == [2, 1, 2, True]
    assert [found["eva"][name] for name in ("customers", "open_calls", "calls_today", "here")] == [1, 0, 1, False]
    for wrong in ({"deputy": "ana"}, {"away_from": 2_000, "away_until": 1_000}, {"away_until": 5}):
        await service.post("/account-managers/ana", 422, **wrong)


async def test_an_absence_survives_a_restart(serving):
    async with serving() as service:
        await service.post("/account-managers/ana", 200, deputy="dora", away_from=0, reason="leave")
    async with serving() as service:
        assert service.services.customers.managers.there(["ana"], service.live.now()) == ("dora",)


async def test_everything_that_is_held_about_a_person_is_exported(service):
    await put(service, "C-1", number=HOME, name="Ada", notes="likes tea")
    call = await service.call(caller=HOME, attributes={"ivr": "3"})
    await service.post(f"/calls/{call['call_id']}:reprioritize", 200, tier="vip", reason="she asked")
    await service.call(caller="+442079460000")
    found = await service.get("/customers/C-1:export")
    held = found["held"]

    assert [row["notes"] for row in held["customers"]] == ["likes tea"]
    assert [row["number"] for row in held["customer_numbers"]] == [HOME]
    assert [(row["caller"], row["call_id"]) for row in held["call_details"]] == [(HOME, call["call_id"])]
    assert {row["action"] for row in held["audit"]} == {"customer.put", "call.reprioritize"}
    assert not any("lookup" in column for rows in held.values() for row in rows for column in row)
    actions = [row["action"] for row in await service.live.find("audit", order="-at")]
    assert "customer.export" in actions
    await service.get("/customers/C-9:export", 404)


async def test_what_is_older_than_its_time_goes_and_nothing_else(serving):
    day = 86_400
    settings = Settings(keep_calls_days=30, keep_strangers_days=60, keep_audit_days=20)
    async with serving(settings=settings) as service:
        await put(service, "C-1", number=HOME, tier="vip")
        old = await service.call(caller="+442079460000")
        await service.report(old["call_id"], "abandoned")
        await service.passes(29 * day)
        await service.services.retention.settled()
        await service.call(caller=HOME, external_call_id="young")
        await service.passes(2 * day)
        await service.services.retention.settled()
        assert [row["external_call_id"] for row in await service.live.find("call_details")] == ["young"]
        assert [row["external_call_id"] for row in await service.live.find("natural_keys")] == ["young"]
        assert len(await service.live.find("customers")) == 2, "the stranger is too young to go"
        trail = [(row["principal"], row["action"]) for row in await service.live.find("audit")]
        assert ("key:customer.put") not in str(trail)
        assert ("time", "retention") in trail
        await service.passes(31 * day)
        await service.services.retention.settled()
        assert [row["customer_id"] for row in await service.live.find("customers")] == ["C-1"]
        assert [row["number"] for row in await service.live.find("customer_numbers")] == [HOME]
        assert await service.services.customers.find(None, "+442079460000") is None
        assert (await service.call(caller=HOME))["tier"] == "vip"


async def test_an_account_manager_is_waited_for_as_long_as_the_queue_says_then_the_others_are_asked(serving):
    queue = Queue("sales", wrap_up=Millis(1_000), hold_for_preferred=Millis(30_000))
    async with serving(centre=Centre("held", (queue,), (Group("desk"),))) as service:
        await put(service, "C-1", number=HOME, account_manager=["ana"])
        await service.agent("ana")
        busy = await service.call(caller="+442079460000")
        await service.report(busy["call_id"], "answered")
        await service.agent("bob")
        waits = await service.call(caller=HOME)
        await service.passes(29)
        assert (await service.get(f"/calls/{waits['call_id']}"))["state"] == "queued", "bob is free, ana is asked first"
        await service.passes(1)
        assert (await service.get(f"/calls/{waits['call_id']}"))["offer"]["agent_id"] == "bob"


@pytest.mark.parametrize("before", [None, KEY])
async def test_who_was_known_before_a_rotation_is_still_found_and_erased_by_number_strangers_too(serving, before):
    customer, stranger = HOME, "+442079460111"
    async with serving(vault=vault_of(before)) as service:
        await service.post("/customers", 200, customer_id="C-1", number=customer, tier="vip")
        calls = [await service.call(caller=number) for number in (customer, stranger)]
    async with serving(
        vault=vault_of("\n".join(filter(None, (base64.b64encode(bytes(range(32, 64))).decode(), before))))
    ) as service:
        assert (await service.call(caller=customer))["tier"] == "vip"
        assert [one["customer_id"] for one in (await service.get("/customers?number=%2B442079460958"))["customers"]]
        for number in (customer, stranger):
            key = (await service.get(f"/standing?number=%2B{number[1:]}"))["customer_key"]
            assert (await service.post("/customers:erase", 200, number=number))["erased"]
            assert await service.services.live.find("customer_numbers", {"customer_key": key}) == []
        for call in calls:
            [row] = await service.services.live.find("call_details", {"call_id": call["call_id"]})
            assert (row["caller"], row["customer_key"]) == (None, None)
