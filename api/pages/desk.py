"""The agent's desk: my state, what rings, whom I talk to and why they call, after-call work, my callbacks."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from api.pages.api_client import Plain
from api.pages.now import done
from api.pages.page import View, action, page
from api.pages.wording import RESULTS, agent_state, called
from callcenter.language.said import N_

SCOPES: Final = ("agent",)
SHOWN: Final = 10
"""Callbacks."""


@page("/desk", N_("Desk"), scopes=SCOPES, place=90)
async def desk(view: View) -> Response:
    """Show the desk of the agent whose key it is; a key of several agents says whose."""
    agent_id = whose(view, view.asked("agent"))
    if agent_id is None:
        return view.show("desk_whose.html")
    return view.show("desk.html", **await _told(view, agent_id))


@page("/desk/now", scopes=SCOPES)
async def fragment(view: View) -> Response:
    """Show what changes on the desk."""
    agent_id = whose(view, view.asked("agent"))
    assert agent_id is not None, "the page that asks says whose"
    return view.show("desk_now.html", **await _told(view, agent_id))


def whose(view: View, wished: str | None) -> str | None:
    """Return whose desk is meant: the key's own agent, else whoever was named."""
    own: str | None = view.me["agent_id"]
    return own or wished


def address(agent_id: str) -> str:
    """Return where /v1 has an agent."""
    return f"/v1/agents/{quote(agent_id, safe='')}"


async def _told(view: View, agent_id: str) -> Plain:
    found = await view.get(f"{address(agent_id)}/desk")
    promised = await view.get("/v1/callbacks", sort="breaks", limit=SHOWN)
    mine = [task for task in promised["callbacks"] if task["agent_id"] in (None, agent_id)]
    for one in found["contacts"]:
        one["codes"] = [(code, called(view, RESULTS, code)) for code in one["results"]]
        if one["kind"] == "call":
            one["codes"].insert(0, ("", view.gettext("not said")))
    return {
        "desk": found, "agent_id": agent_id, "state": agent_state(view, found["agent"]), "callbacks": mine,
        "groups": [(group, group) for group in view.me["centre"]["groups"]],
    }  # fmt: skip


@action("/desk/state", scopes=SCOPES)
async def set_state(view: View) -> Response:
    """Say what I do from now on."""
    agent_id = whose(view, view.field("agent")) or ""
    wish = {name: view.field(name) for name in ("state", "reason", "group", "contact") if view.field(name)}
    found = await view.post(f"{address(agent_id)}/state", wish)
    return _back(view, agent_id, agent_state(view, found))


@action("/desk/offer", scopes=SCOPES)
async def answer_offer(view: View) -> Response:
    """Take what rings, or decline it."""
    agent_id = whose(view, view.field("agent")) or ""
    takes = view.field("answer") == "accept"
    verb = "accept" if takes else "reject"
    await view.post(f"/v1/offers/{quote(view.field('offer'))}:{verb}", {"token": view.field("token")})
    return _back(view, agent_id, view.gettext("Taken") if takes else view.gettext("Declined: it goes to a colleague"))


@action("/desk/note", scopes=SCOPES)
async def note(view: View) -> Response:
    """Write down what the next should know."""
    agent_id = whose(view, view.field("agent")) or ""
    kind = "callbacks" if view.field("kind") == "callback" else "calls"
    await view.post(f"/v1/{kind}/{quote(view.field('subject'))}/notes", {"text": view.field("text")})
    return _back(view, agent_id, view.gettext("Noted"))


@action("/desk/attempt", scopes=SCOPES)
async def attempt(view: View) -> Response:
    """Say how calling a customer went, by the result code of the queue."""
    agent_id = whose(view, view.field("agent")) or ""
    outcome = view.field("outcome")
    body = {"outcome": outcome}
    if outcome == "completed" and view.field("result"):
        body["result"] = view.field("result")
    if view.field("text"):
        body["note"] = view.field("text")
    await view.post(f"/v1/callbacks/{quote(view.field('subject'))}/attempts", body)
    return _back(view, agent_id, view.gettext("Noted"))


@action("/desk/result", scopes=SCOPES)
async def result(view: View) -> Response:
    """Say what came of a call, by a code of its queue."""
    agent_id = whose(view, view.field("agent")) or ""
    await _note_result(view, agent_id)
    return _back(view, agent_id, view.gettext("Noted"))


async def _note_result(view: View, agent_id: str) -> None:
    if view.field("result"):
        body = {"result": view.field("result"), "call_id": view.field("subject")}
        await view.post(f"{address(agent_id)}/result", body)


@action("/desk/wrapped-up", scopes=SCOPES)
async def wrapped_up(view: View) -> Response:
    """Say what came of the call, and that after-call work is done."""
    agent_id = whose(view, view.field("agent")) or ""
    await _note_result(view, agent_id)
    found = await view.post(f"{address(agent_id)}/state", {"state": "wrapup_done"})
    return _back(view, agent_id, agent_state(view, found))


@action("/desk/longer", scopes=SCOPES)
async def longer(view: View) -> Response:
    """Ask for a minute more of after-call work."""
    agent_id = whose(view, view.field("agent")) or ""
    await view.post(f"{address(agent_id)}/wrap-up", {"more_s": 60})
    return _back(view, agent_id, view.gettext("One minute more"))


def _back(view: View, agent_id: str, said: str) -> Response:
    if view.is_fragment:
        return done(view, said)
    return view.go("/desk" if view.me["agent_id"] else f"/desk?agent={quote(agent_id, safe='')}")
