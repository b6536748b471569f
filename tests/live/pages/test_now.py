"""The wall as a page: what it shows, what can be done from it, and by whom."""

import asyncio
import re
from urllib.parse import quote

import httpx2
import pytest

from api.pages.page import View
from tests.live.conftest import Service
from tests.live.pages.conftest import HOST, browser, token

pytestmark = pytest.mark.anyio
XSS = "<script>alert(1)</script>\"'&"


async def test_the_wall_shows_who_waits_and_who_is_there(service: Service):
    client = await browser(service, "supervisor")
    await service.call("first", tier="vip", queue="hotline")
    await service.agent("ana", group="desk")
    await service.call("second", queue="sales")
    page = (await client.get("/now")).text

    assert re.search(r'<section class="card" id="waiting".*second', page, re.S)
    assert 'id="agent-ana" class="s-offered"' in page
    assert "vip" in page


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_whatever_people_are_called_is_text(service: Service, language: str):
    client = await browser(service)
    await client.post("/preferences", data={"language": language, "csrf": token(client)})
    name = XSS.replace("/", "")
    call = await service.call(XSS, caller=XSS, queue="hotline")
    await service.agent(name, reason=None)
    pages = [
        (await client.get("/now")).text,
        (await client.get("/now/board")).text,
        (await client.get(f"/now/calls/{call['call_id']}")).text,
        (await client.get("/now/agents/" + name.replace("<", "%3C").replace(">", "%3E"))).text,
    ]

    assert all("<script>alert" not in page for page in pages)
    assert any("&lt;script&gt;alert" in page for page in pages)


async def test_why_a_call_waits_is_told_in_words(service: Service):
    client = await browser(service, "supervisor")
    call = await service.call(queue="hotline")
    page = await client.get(f"/now/calls/{call['call_id']}")
    part = await client.get(f"/now/calls/{call['call_id']}", headers={"HX-Request": "true"})

    assert "no agent is logged in" in page.text
    assert "<html" in page.text
    assert "<html" not in part.text
    assert "no agent is logged in" in part.text


async def test_a_call_is_moved_and_taken_out_and_that_is_written_down(service: Service):
    client = await browser(service, "supervisor", name="Vera")
    call = await service.call(queue="hotline", tier="standard")
    about = {"csrf": token(client), "call_id": call["call_id"]}

    assert (await client.post("/now/calls:reprioritize", data={"call_id": call["call_id"]})).status_code == 403
    moved = await client.post("/now/calls:reprioritize", data=about | {"tier": "vip"})
    assert (moved.status_code, moved.headers["location"]) == (303, "/now")
    assert (await service.get(f"/calls/{call['call_id']}"))["tier"] == "vip"
    gone = await client.post("/now/calls:withdraw", data=about | {"reason": "prank"}, headers={"HX-Request": "1"})
    assert gone.status_code == 204
    assert "done" in gone.headers["hx-trigger"]
    assert (await service.get(f"/calls/{call['call_id']}"))["state"] == "rejected"
    again = await client.post("/now/calls:withdraw", data=about | {"reason": "prank"})
    assert again.status_code == 409
    actions = [entry["action"] for entry in (await service.get("/audit"))["entries"]]
    assert {"call.reprioritize", "call.withdraw"} <= set(actions)


async def test_an_agents_state_is_changed_by_a_supervisor_alone(service: Service):
    await service.agent("ana")
    client = await browser(service, "supervisor")
    wish = {"csrf": token(client), "agent_id": "ana", "state": "not_ready", "reason": "meeting"}
    await client.post("/now/agents:state", data=wish)
    assert (await service.get("/agents/ana"))["reason"] == "meeting"
    await client.post("/now/agents:state", data=wish | {"state": "logged_out", "forced": "1"})
    assert (await service.get("/agents/ana"))["state"] == "logged_out"

    agent = await browser(service, "agent")
    assert (await agent.post("/now/agents:state", data=wish | {"csrf": token(agent)})).status_code == 403


async def test_a_break_is_granted_or_turned_down(service: Service):
    for name in ("ana", "bo"):  # one at a time may have a break
        await service.agent(name)
        await service.post(f"/agents/{name}/state", 200, state="break", reason="lunch")
    client = await browser(service, "supervisor")
    assert "Asks for a break: lunch" in (await client.get("/now/agents/bo")).text
    await client.post("/now/agents:break", data={"csrf": token(client), "agent_id": "bo", "grant": "yes"})

    assert (await service.get("/agents/bo"))["state"] == "not_ready"


async def test_however_many_walls_ask_at_once_the_picture_is_drawn_once(service: Service, monkeypatch):
    client = await browser(service, "supervisor")
    drawn: list[str] = []
    render = View.render

    def counted(view: View, template: str, /, **given: object) -> str:
        drawn.append(template)
        return render(view, template, **given)

    monkeypatch.setattr(View, "render", counted)
    for _ in range(2):
        await service.agent("ana" if not drawn else "ben")
        await service.passes(1)
        pages = await asyncio.gather(*(client.get("/now/board") for _ in range(20)))
        assert len({page.text for page in pages}) == 1

    assert drawn == ["now_board.html"] * 2


async def test_of_two_pictures_only_the_rows_that_tell_something_else_are_written_anew(service: Service):
    client = await browser(service, "supervisor")
    for name in ("ana", "ben"):
        await service.agent(name)
    await service.passes(1)
    before = _by_id((await client.get("/now/board")).text)
    await service.post("/agents/ben/state", 200, state="not_ready", reason="lunch")
    await service.passes(65)
    after = _by_id((await client.get("/now/board")).text)
    whole = _by_id((await client.get("/now")).text)

    assert before["agent-ana"] == after["agent-ana"]
    assert "lunch" in after["agent-ben"]
    assert "lunch" in whole["agent-ben"]
    assert "1:06" in whole["agent-ana"], "who has no script reads how long"


def _by_id(page: str) -> dict[str, str]:
    return dict(re.findall(r'<li id="(agent-[^"]+)"(.*?)</li>', page, re.S))


async def test_who_may_not_see_the_wall_sees_no_part_of_it(service: Service):
    await (await browser(service)).get("/now/board")
    agent = await (await browser(service, "agent")).get("/now/board", headers={"HX-Request": "true"})
    nobody = await httpx2.AsyncClient(transport=httpx2.ASGITransport(app=service.app), base_url=HOST).get("/now/board")

    assert agent.status_code == 403
    assert "board-at" not in agent.text
    assert nobody.headers["location"] == "/sign-in?next=/now/board"


@pytest.mark.parametrize("name", ["José", "a b", "50%25", "ana+bo", "阿娜"])
async def test_an_agent_of_any_name_is_worked_with_under_that_name(service: Service, name: str):
    await service.agent(quote(name))
    client = await browser(service, "supervisor")
    page = await client.get(f"/now/agents/{quote(name)}")
    wish = {"csrf": token(client), "agent_id": name, "state": "not_ready", "reason": "meeting"}
    await client.post("/now/agents:state", data=wish)
    [agent] = (await service.get("/agents"))["agents"]

    assert "free" in page.text
    assert (agent["agent_id"], agent["reason"]) == (name, "meeting")


@pytest.mark.parametrize("name", ["José", "a b", "50%25"])
async def test_an_agent_of_any_name_sits_at_a_desk_of_that_name(service: Service, name: str):
    client = await browser(service, "agent", agent_id=name)
    wish = {"csrf": token(client), "agent": name, "state": "available", "group": "desk"}
    await client.post("/desk/state", data=wish)
    [agent] = (await service.get("/agents"))["agents"]
    await client.post("/desk/state", data=wish | {"state": "logged_out"})
    page = (await client.get("/desk")).text

    assert agent["agent_id"] == name
    assert re.search(r'name="contact" type="text" value=""', page), "its own name is no telephone"
