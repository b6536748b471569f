"""A CRM's file into a running service: all or nothing, no call waits, a service that ends goes on."""

import asyncio

import pytest

from api.customers.imports import background as importing
from api.settings import Settings

pytestmark = pytest.mark.anyio
NUMBER = "+442079460001"


async def send(service, content: str, **query):
    """Post a file, and wait until nothing more happens to it."""
    answer = await service.client.post("/v1/customers:import", content=content.encode(), params=query)
    assert answer.status_code == 201, answer.text
    one = service.app.state.imports.imports[answer.json()["id"]]
    await asyncio.wait([one.task])
    return await service.get(f"/imports/{one.id}")


async def test_a_file_comes_in_and_calls_know_at_once(service):
    waiting = await service.call(caller=NUMBER)
    told = await send(service, f"customer_id,phone,tier\nC-1,{NUMBER},vip\nC-2,,mid\n")

    assert (told["state"], told["imported"], told["rejected"]) == ("done", 2, 0)
    assert (await service.call(caller=NUMBER))["tier"] == "vip"
    key = (await service.get("/customers/C-1"))["customer_key"]
    assert service.services.board.call(waiting["call_id"]).customer == key, "who rang before is the same customer"
    assert (await service.get(f"/calls/{waiting['call_id']}"))["tier"] == "vip", "a promotion acts at once"
    assert await service.live.find("import_rows") == []


@pytest.mark.parametrize(("query", "state"), [({}, "refused"), ({"dry_run": "true"}, "checked")])
async def test_a_bad_row_stops_it_all_and_is_named(service, query, state):
    told = await send(service, "customer_id,tier\nC-1,vip\nC-2,diamond\n", **query)

    assert (told["state"], told["imported"], told["accepted"]) == (state, 0, 1)
    assert [(one["line"], one["column"], one["value"]) for one in told["rejects"]] == [(3, "tier", "diamond")]
    assert await service.live.find("customers") == []


async def test_bad_rows_can_be_left_out(service):
    told = await send(service, "customer_id,tier\nC-1,vip\nC-2,diamond\n", skip_rejected="true")

    assert (told["state"], told["imported"]) == ("done", 1)


async def test_what_is_no_customer_file_is_refused_in_one_line(service):
    told = await send(service, "name\nAda\n", file="crm.csv")

    assert told["state"] == "refused"
    assert told["error"].startswith("crm.csv:1: has no column 'customer_id'")
    assert (await service.client.post("/v1/customers:import", content=b"")).status_code == 422
    wrong = await service.client.post("/v1/customers:import", content=b"x", params={"columns": "teir: x"})
    assert (wrong.status_code, "teir" in wrong.json()["detail"]) == (422, True)


async def test_a_service_that_ends_while_it_takes_customers_in_goes_on_at_the_next_start(serving, monkeypatch):
    rows = "".join(f"C-{n},+4420794{n:05},vip\n" for n in range(20))
    monkeypatch.setattr(importing, "TAKEN_BATCH_SIZE", 3)
    taken = importing.put_staged
    async with serving() as service:
        asked = 0

        def twice(*arguments):
            nonlocal asked
            asked += 1
            if asked > 2:
                raise importing.Unavailable("pulled the plug")
            return taken(*arguments)

        monkeypatch.setattr(importing, "put_staged", twice)
        told = await send(service, "customer_id,phone,tier\n" + rows)
        assert (told["state"], told["imported"]) == ("failed", 6)
    monkeypatch.setattr(importing, "put_staged", taken)
    async with serving() as service:
        await service.app.state.imports._resuming
        assert len(await service.live.find("customers")) == 20
        assert (await service.call(caller="+442079400019"))["tier"] == "vip"
        assert [row["state"] for row in await service.live.find("imports")] == ["done"]


async def test_a_file_that_was_not_there_as_a_whole_is_forgotten(serving, monkeypatch):
    async with serving() as service:
        monkeypatch.setattr(importing, "STAGED_BATCH_SIZE", 2)
        staged = importing.stage

        def once(import_id, rows):
            if rows[0][0] > 2:
                raise importing.Unavailable("pulled the plug")
            return staged(import_id, rows)

        monkeypatch.setattr(importing, "stage", once)
        told = await send(service, "customer_id,tier\n" + "".join(f"C-{n},vip\n" for n in range(9)))
        assert told["state"] == "failed"
    async with serving() as service:
        await service.app.state.imports._resuming
        assert await service.live.find("customers") == []
        assert await service.live.find("import_rows") == []
        assert [row["state"] for row in await service.live.find("imports")] == ["broken"]


async def test_customers_are_listed_page_by_page(service):
    await send(service, "customer_id,phone\n" + "".join(f"C-{n},+4420794{n:05}\n" for n in range(7)))
    header, found, after = await service.key("supervisor"), [], ""
    while after is not None:
        answer = await service.client.get("/v1/customers", params={"limit": 3, "after": after}, headers=header)
        found += answer.json()["customers"]
        after = answer.json()["next"]

    assert sorted(one["customer_id"] for one in found) == [f"C-{n}" for n in range(7)]
    assert all("*" in one["numbers"][0]["number"] for one in found)


async def test_a_listed_customer_whom_a_file_calls_protected_leaves_the_blacklist_and_the_last_band_at_once(service):
    await send(service, f"customer_id,phone\nC-1,{NUMBER}\n")
    review = service.live.now() + 86_400_000
    entry = await service.post("/blacklist", 201, customer_id="C-1", reason="threats", review_at=review)
    waits = await service.call(caller=NUMBER)
    told = await send(service, "customer_id,protected\nC-1,yes\n")

    assert (waits["tier"], told["promoted"]) == ("blacklisted", 1)
    assert (await service.get(f"/calls/{waits['call_id']}"))["tier"] == "standard"
    ended = await service.get(f"/blacklist/{entry['entry_id']}")
    assert (ended["state"], ended["ended_by"], ended["ended_why"]) == ("lifted", "import", "the customer is protected")


async def test_a_file_that_is_too_large_is_not_taken_in(serving):
    async with serving(settings=Settings(import_limit=1_024)) as service:
        content = b"customer_id,name\n" + b"C-1,Ada\n" * 200
        answer = await service.client.post("/v1/customers:import", content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert await service.live.find("imports") == []
        assert service.app.state.imports.imports == {}
