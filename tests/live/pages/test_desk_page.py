"""The agent's desk as a page: an hour of work by forms alone, with the agent's own key."""

import re

import pytest

from callcenter.units import HOUR
from tests.live.conftest import Service
from tests.live.pages.conftest import browser, token

pytestmark = pytest.mark.anyio


async def test_an_agent_works_an_hour_by_forms_alone(service: Service):
    client = await browser(service, "agent", agent_id="ana")
    await service.post("/customers", 200, customer_id="C-1", number="+442079460958", name="Ada <b>", tier="vip")

    async def do(address: str, **fields: str) -> None:
        answer = await client.post(address, data={"csrf": token(client), **fields})
        assert (answer.status_code, answer.headers.get("location")) == (303, "/desk"), answer.text

    await do("/desk/state", state="available", group="desk", contact="PJSIP/1001")
    assert (await service.get("/agents/ana"))["contact"] == "PJSIP/1001"
    call = await service.call(caller="+442079460958", queue="hotline")
    page = (await client.get("/desk")).text
    assert "A call rings" in page
    assert "Ada &lt;b&gt;" in page
    offer = re.search(r'name="offer" value="([^"]+)"', page)
    secret = re.search(r'name="token" value="([^"]+)"', page)
    assert offer is not None
    assert secret is not None
    await do("/desk/offer", offer=offer[1], token=secret[1], answer="accept")
    assert (await service.get(f"/calls/{call['call_id']}"))["state"] == "connected"
    assert "In conversation" in (await client.get("/desk/now")).text
    await do("/desk/note", subject=call["call_id"], kind="call", text="wants the invoice corrected")
    await do("/desk/result", subject=call["call_id"], result="unsolved")
    await service.report(call["call_id"], "completed")
    page = (await client.get("/desk")).text
    assert "After-call work" in page
    assert '<option value="unsolved" selected>not solved</option>' in page
    await do("/desk/longer")
    await do("/desk/wrapped-up", subject=call["call_id"], result="solved")
    assert (await service.get(f"/calls/{call['call_id']}"))["result"] == "solved"
    assert (await service.get("/agents/ana"))["state"] == "available"

    made = await service.post("/callbacks", 201, queue="hotline", customer_id="C-1", due_at=service.clock.now())
    await service.passes(1)
    page = (await client.get("/desk")).text
    assert "A callback is to be made" in page
    offer, secret = re.search(r'name="offer" value="([^"]+)"', page), re.search(r'name="token" value="([^"]+)"', page)
    assert offer is not None
    assert secret is not None
    await do("/desk/offer", offer=offer[1], token=secret[1], answer="accept")
    page = (await client.get("/desk")).text
    assert "Calling the customer" in page
    assert "+442079460958" in page, "who is to be called"
    await do("/desk/attempt", subject=made["callback_id"], outcome="reached")
    await do("/desk/attempt", subject=made["callback_id"], outcome="completed", result="solved", text="all is well")
    assert (await service.get(f"/callbacks/{made['callback_id']}"))["result"] == "solved"
    await do("/desk/state", state="wrapup_done")
    await do("/desk/state", state="logged_out")
    assert (await service.get("/agents/ana"))["state"] == "logged_out"


async def test_a_desk_is_its_own_agents_alone(service: Service):
    await service.agent("bo")
    client = await browser(service, "agent", agent_id="ana")

    assert "Desk of ana" in (await client.get("/desk?agent=bo")).text
    assert (await client.get("/v1/agents/bo/desk")).status_code == 403
    assert (await (await browser(service, "supervisor")).get("/desk")).status_code == 403


async def test_a_key_of_no_agent_says_whose_desk(service: Service):
    client = await browser(service)

    assert "Whose desk?" in (await client.get("/desk")).text
    assert "Desk of bo" in (await client.get("/desk?agent=bo")).text


async def test_a_callback_of_others_stands_on_an_agents_desk_without_whom_it_is_about(service: Service):
    await service.post("/customers", 200, customer_id="C-1", number="+442079460958", name="Ada Lovelace")
    await service.post("/callbacks", 201, queue="hotline", customer_id="C-1", due_at=service.clock.now() + HOUR)
    client = await browser(service, "agent", agent_id="ana")
    await service.post("/agents/ana/state", 200, state="available", group="desk")
    page = await client.get("/desk")

    assert page.status_code == 200
    assert 'id="task-' in page.text
    assert "Ada" not in page.text
