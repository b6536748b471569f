"""Keys reach as far as they are bound: sources, groups of agents; and nothing goes on for one that has ended."""

import asyncio
import re

import pytest

from api.auth.event_access import EventAccess
from api.auth.keys import Key
from api.routes.customer_search import LEAST_OF_A_NAME
from api.state.event_stream import everything
from tests.live.conftest import Service, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mine(service):
    return await service.key("telephony", sources=["pbx"])


@pytest.fixture
async def theirs(service):
    return await service.key("telephony", sources=["trunk-2", "trunk-3"])


async def test_a_telephony_key_says_its_sources(service):
    made = await service.post("/keys", 201, scopes=["telephony"], sources=["pbx"], groups=["desk"])
    assert (made["sources"], made["groups"]) == (["pbx"], ["desk"])
    fresh = await service.post(f"/keys/{made['id']}:rotate", 200)
    assert (fresh["sources"], fresh["groups"]) == (["pbx"], ["desk"])
    assert (await service.post("/keys", 201, scopes=["telephony"], sources=["*"]))["sources"] is None


async def test_one_that_names_none_is_bound_to_the_first_it_posts_for(serving):
    async with serving() as service:
        call = await service.call("x1")
        made = await service.post("/keys", 201, scopes=["telephony"])
        assert made["sources"] == []
        fresh = {"Authorization": f"Bearer {made['key']}"}
        refused(await service.client.post(f"/v1/calls/{call['call_id']}:withdraw", headers=fresh), 403, "forbidden")

        body = {"source": "trunk", "external_call_id": "t1"}
        assert (await service.client.post("/v1/calls", json=body, headers=fresh)).status_code == 201
        assert service.access.keys[made["id"]].sources == {"trunk"}
        refused(await service.client.post("/v1/calls", json=body | {"source": "pbx"}, headers=fresh), 403, "forbidden")
    async with serving() as service:
        key = service.access.keys[made["id"]]
        assert (key.sources, key.waits_for_source) == ({"trunk"}, False)


async def test_bounds_outlive_a_restart(serving):
    async with serving() as service:
        made = await service.post("/keys", 201, scopes=["telephony"], sources=["a", "b c"], groups=["desk"])
    async with serving() as service:
        key = service.access.keys[made["id"]]
        assert (key.sources, key.groups) == ({"a", "b c"}, {"desk"})


async def test_another_sources_calls_are_out_of_reach(service, mine, theirs):
    await service.agent("ana")
    call = await service.call("x1")
    waiting = await service.call("x2")
    offer = call["offer"]
    post, get = service.client.post, service.client.get
    asked = [
        ("/calls", {"source": "pbx", "external_call_id": "new"}),
        (f"/calls/{call['call_id']}/events", {"type": "abandoned"}),
        ("/events", {"source": "pbx", "external_call_id": "x1", "type": "completed"}),
        ("/events:batch", {"events": [{"source": "pbx", "external_call_id": "x2", "type": "abandoned"}]}),
        ("/events:batch", {"events": [{"call_id": waiting["call_id"], "type": "abandoned"}]}),
        ("/reconcile", {"source": "pbx", "live_call_ids": []}),
        (f"/calls/{waiting['call_id']}:withdraw", {}),
        (f"/calls/{waiting['call_id']}:explain", {}),
        (f"/offers/{offer['id']}:accept", {"token": offer["token"]}),
        (f"/offers/{offer['id']}:reject", {"token": offer["token"]}),
    ]
    for path, body in asked:
        refused(await post("/v1" + path, json=body, headers=theirs), 403, about=path)
    for path in (f"/calls/{call['call_id']}", f"/calls/{call['call_id']}/next", "/calls?source=pbx"):
        refused(await get("/v1" + path, headers=theirs), 403, about=path)
    assert (await get("/v1/calls", headers=theirs)).json()["calls"] == []
    assert (await get("/v1/offers", headers=theirs)).json()["offers"] == []
    assert (await service.get(f"/calls/{waiting['call_id']}"))["state"] == "queued"

    assert len((await get("/v1/calls", headers=mine)).json()["calls"]) == 2
    assert len((await get("/v1/offers", headers=mine)).json()["offers"]) == 1
    answer = await post(f"/v1/offers/{offer['id']}:accept", json={"token": offer["token"]}, headers=mine)
    assert answer.json()["call"]["state"] == "connected"


async def test_a_telephony_key_hears_of_its_own_sources_calls_alone(serving):
    """From memory and from the store, of calls that wait, ring, are transferred, called back and long over."""
    async with serving() as service:
        mine, other = [await service.key("telephony", sources=[name]) for name in ("pbx", "trunk")]
        waits = await service.key("telephony")  # of no source yet
        waits_too = await service.client.post("/v1/keys", json={"scopes": ["telephony"]})
        unbound = {"X-API-Key": waits_too.json()["key"]}
        calls = {}
        await service.agent()
        for source in ("pbx", "trunk"):
            calls[source] = []
            for n in range(3):
                call = await service.call(
                    f"{source}{n}", source=source, tier="mid", caller=f"+44207946{len(source)}{n:03d}"
                )
                calls[source].append(call["call_id"])
                await service.passes(7)
                if call["decision"] == "offer":
                    await service.report(call["call_id"], "answered")
                    await service.report(call["call_id"], "transferred", queue="sales")
                else:
                    await service.report(call["call_id"], "abandoned")
        everyone = (await service.get("/events?limit=10000"))["events"]
        heard = await _hears(service, mine), await _hears(service, other)
        nothing = await _hears(service, unbound)
        everything_too = await _hears(service, waits)
        by_stream = await _streamed(service, mine)
    async with serving(clock=service.clock) as service:
        service.services.board.calls.clear()  # over for more than a day: only the store knows whose they were
        service.services.board.newest.clear()
        after = await _hears(service, mine)

    assert len(everyone) == len(everything_too), "a key for all sources hears all"
    for source, said in zip(("pbx", "trunk"), heard, strict=True):
        about = {name for event in said for name in _calls(event)}
        assert about == set(calls[source]), source
        kinds = {event["is"] for event in said}
        assert {"CallQueued", "CallAbandoned", "TaskScheduled", "AgentLoggedIn"} <= kinds, source
    assert {event["seq"] for part in heard for event in part} == {event["seq"] for event in everyone}, "nothing is lost"
    assert {name for event in nothing for name in _calls(event)} == set()
    assert by_stream == [event["seq"] for event in heard[0]]
    assert [e["seq"] for e in after if _calls(e)][: len(calls["pbx"])] == [e["seq"] for e in heard[0] if _calls(e)][:3]
    assert {name for event in after for name in _calls(event)} == set(calls["pbx"])


def _calls(event: dict[str, object]) -> set[str]:
    """Return the calls that an event names, wherever it does."""
    return {
        text.partition("/")[0]
        for name, text in event.items()
        if isinstance(text, str) and name not in ("is", "customer") and re.fullmatch(r"c[0-9a-f]{20}(/.*)?", text)
    }


async def _hears(service: Service, key: dict[str, str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    after = 0
    while True:
        answer = await service.client.get(f"/v1/events?limit=7&after={after}", headers=key)
        assert answer.status_code == 200
        page = answer.json()
        if page["next"] == after:
            return found
        found += page["events"]
        after = page["next"]


async def _streamed(service: Service, header: dict[str, str]) -> list[int]:
    """Return the ids that a stream says from the beginning to the newest."""
    key = service.access.keys[header["X-API-Key"].split("_")[1]]
    heard: list[int] = []
    stream = everything(
        service.services.broadcast, service.services.board, service.live, 0, frozenset(),
        EventAccess(service.services.board, service.live, key),
    )  # fmt: skip
    await anext(stream)
    heard += [int(line) for line in re.findall(rb"id: (\d+)", await anext(stream))]
    await stream.aclose()
    return heard


async def test_a_key_of_a_group_speaks_for_its_agents_only(service):
    key = await service.key("agent", groups=["elsewhere"])
    await service.agent("ana")
    for path, body in [("state", {"state": "logged_out"}), ("phone", {"phone": "unreachable"}), ("heartbeat", {})]:
        refused(await service.client.post(f"/v1/agents/ana/{path}", json=body, headers=key), 403)
    login = {"state": "available", "group": "desk"}
    refused(await service.client.post("/v1/agents/ben/state", json=login, headers=key), 403)
    own = await service.key("agent", groups=["desk"])
    assert (await service.client.post("/v1/agents/ana/heartbeat", headers=own)).status_code == 200


async def test_a_key_tells_which_of_its_groups_the_centre_has_not(service):
    """It was taken without a word, and spoke for nobody: a slip of the pen looked like any other key."""
    slip = await service.post("/keys", 201, scopes=["agent"], groups=["desk", "dsek"])
    good = await service.post("/keys", 201, scopes=["agent"], groups=["desk"])
    listed = {key["id"]: key["unknown_groups"] for key in (await service.get("/keys"))["keys"]}

    assert (slip["unknown_groups"], good["unknown_groups"]) == (["dsek"], None)
    assert (listed[slip["id"]], listed[good["id"]]) == (["dsek"], None)


async def test_an_agent_sees_no_other_agents_token(service):
    await service.agent("ana")
    call = await service.call("x1")
    for agent, token in (("ben", None), ("ana", call["offer"]["token"])):
        key = await service.key("agent", agent_id=agent)
        seen = (await service.client.get(f"/v1/calls/{call['call_id']}", headers=key)).json()
        assert seen["offer"]["token"] == token


async def test_a_stream_ends_with_its_key(service):
    made = await service.post("/keys", 201, scopes=["supervisor"])
    key: Key = service.access.keys[made["id"]]

    async def listen():
        said = []
        with service.access.while_in_force(key):
            async for chunk in everything(
                service.services.broadcast, service.services.board, service.live, 0, frozenset()
            ):
                said.append(chunk)
        return said

    listening = asyncio.create_task(listen())
    polling = asyncio.create_task(
        service.client.get("/v1/events?after=999999&wait_s=25", headers={"X-API-Key": made["key"]})
    )
    await asyncio.sleep(0.05)
    service.access.end_what_is_over(service.live.now())
    assert not listening.done()
    await service.post(f"/keys/{made['id']}:revoke", 200)
    service.access.end_what_is_over(service.live.now())
    refused(await asyncio.wait_for(polling, 5), 401)
    with pytest.raises(Exception, match="revoked"):
        await asyncio.wait_for(listening, 5)
    assert service.services.broadcast.listeners == 0


async def test_what_is_done_for_a_key_ends_when_it_expires(service):
    made = await service.post("/keys", 201, scopes=["supervisor"], expires_in_s=60)
    key = {"X-API-Key": made["key"]}
    polling = asyncio.create_task(service.client.get("/v1/events?after=999999&wait_s=25", headers=key))
    await asyncio.sleep(0.05)
    service.clock.move(61_000)
    service.access.end_what_is_over(service.live.now())
    problem = refused(await asyncio.wait_for(polling, 5), 401)
    assert "expired" in problem["detail"]


@pytest.mark.ci
async def test_a_simulation_ends_with_the_key_of_whoever_asked(service):
    made = await service.post("/keys", 201, scopes=["supervisor"])
    body = {"scenario": "telecom-hotline", "replications": 1000}
    job = (await service.client.post("/v1/simulations", json=body, headers={"X-API-Key": made["key"]})).json()
    await service.post(f"/keys/{made['id']}:revoke", 200)
    for _ in range(200):
        found = await service.get(f"/simulations/{job['id']}")
        if found["state"] == "cancelled":
            break
        await asyncio.sleep(0.02)
    assert "revoked" in found["error"]


async def test_what_a_query_does_not_know_is_refused(service):
    document = service.app.openapi()
    asked = 0
    for path, methods in document["paths"].items():
        for method, what in methods.items():
            if "text/xml" in str(what["responses"]["200" if "200" in what["responses"] else "201"]):
                continue  # a vendor sends what it likes
            address = path.replace("{", "").replace("}", "")
            answer = await service.client.request(method.upper(), f"{address}?no_such_field=1")
            assert answer.status_code == 422, (method, path, answer.text)
            asked += 1
    assert asked > 90
    problem = await service.get("/customers?limt=3", 422)
    assert "did you mean limit" in problem["detail"]


async def test_customers_are_found_by_number_id_and_name(service):
    await service.post("/customers", 200, customer_id="C-1", number="+442079460958", name="Ada Löwe", tier="vip")
    await service.post("/customers", 200, customer_id="C-2", number="+442079460959", name="Bob 100%")

    async def found(query):
        return [one["customer_id"] for one in (await service.get(f"/customers?{query}"))["customers"]]

    assert await found("number=%2B442079460958") == ["C-1"]
    assert await found("number=sip:%2B442079460959@gw") == ["C-2"]
    assert await found("customer_id=C-2") == ["C-2"]
    assert await found("name=ada") == ["C-1"]
    assert await found("name=L%C3%B6we") == ["C-1"]
    assert await found("name=100%25") == ["C-2"]
    assert await found("name=a%25a") == []
    assert await found("name=ada&customer_id=C-2") == []
    assert await found("number=%2B442079460000") == []
    await service.get("/customers?name=" + "x" * (LEAST_OF_A_NAME - 1), 422)
    actions = [entry["action"] for entry in (await service.get("/audit"))["entries"]]
    assert actions.count("customer.search") == 9


async def test_what_was_known_of_a_phone_is_of_that_phone(service):
    await service.agent("ana", contact="PJSIP/1")
    await service.post("/agents/ana/phone", 200, phone="unreachable")
    await service.post("/agents/ana/state", 200, state="logged_out")
    assert (await service.agent("ana", contact="PJSIP/1"))["phone"] == "unreachable"
    await service.post("/agents/ana/state", 200, state="logged_out")
    assert (await service.agent("ana", contact="PJSIP/2"))["phone"] == "free"


@pytest.mark.parametrize(
    "slip",
    ["calls?state=qeued", "agents?state=avilable", "agents?group=desc", "callbacks?queue=hotlin", "callbacks?tier=vpi",
     "callbacks?kind=deferd", "callbacks?state=opn", "callbacks?sort=prom", "intervals?per=hour"],
)  # fmt: skip
async def test_a_slip_in_a_lists_filter_is_refused_and_not_answered_with_an_empty_list(service, slip):
    problem = await service.get(f"/{slip}", 422)

    assert "is none" in problem["detail"]
    assert "there is: " in problem["detail"]
