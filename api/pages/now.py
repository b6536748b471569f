"""Now: the wall, and what can be done from it: ask why a call waits, move it, take it out, change an agent's state."""

import asyncio
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import Response

from api.pages.api_client import Plain, Refused
from api.pages.page import View, action, environment, page
from api.pages.wording import AGENT_STATES, agent_state, called
from api.pages.words import reason
from callcenter.language.said import N_

SCOPES: Final = ("supervisor",)


@dataclass(slots=True)
class Drawn:
    """The fragment in a language: which picture it is of, its text, the same by gzip; made once for all who look."""

    tag: str | None = None
    text: bytes = b""
    packed: bytes = b""
    rows: dict[tuple[Any, ...], Markup] = field(default_factory=dict)
    """Rows of its long lists by what they tell: one that tells the same is not written anew."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A change rings at every wall at once: one of them has it drawn, the others wait for that."""


@page("/now", N_("Now"), scopes=SCOPES, place=10)
async def now(view: View) -> Response:
    """Show the wall."""
    wall = await view.get("/v1/wall")
    return view.show("now.html", **board(view, wall))


@page("/now/board", scopes=SCOPES, part=True)
async def fragment(view: View) -> Response:
    """Show what moves on the wall; it is the same for everybody, so it is made once.

    Who looks on is admitted by the answer of /v1: fifty walls ask this every second, and once is enough.
    """
    drawn = _drawn(view)
    async with drawn.turn:
        answer = await view.answer("GET", "/v1/wall", known=drawn.tag)
        if answer.status >= 400:
            raise Refused(answer.status, answer.payload)
        if answer.status != 304:
            await view.admit()
            drawn.text = view.render("now_board.html", **board(view, answer.payload, drawn.rows)).encode()
            drawn.tag, drawn.packed = answer.headers["etag"], gzip.compress(drawn.text, 3, mtime=0)
        return view.sent(drawn.text, packed=drawn.packed)


def _drawn(view: View) -> Drawn:
    """Return what was drawn last in the language of who looks on, for this service."""
    state = view.request.app.state
    if not hasattr(state, "drawn"):
        state.drawn = {}
    found: Drawn = state.drawn.setdefault(view.language, Drawn())
    return found


def board(view: View, wall: Plain, kept: dict[tuple[Any, ...], Markup] | None = None) -> Plain:
    """Return the wall as the template takes it: levels by queue, agents by group and state.

    `kept`: rows of the picture before, for a script that counts on by itself; None: who has none reads all times here.
    """
    queues: dict[str, list[Plain]] = {}
    for row in wall["levels"]:
        queues.setdefault(row["queue"], []).append(row)
    groups: dict[str, list[Plain]] = {}
    counts: dict[str, int] = {}
    words = {state: called(view, AGENT_STATES, state) for state in AGENT_STATES}
    asks = view.gettext("asks for a break")
    now_ms = instant_ms(wall["at"])
    for agent in wall["agents"]:
        state = agent["state"]
        agent["said"] = words.get(state, state) if state != "not_ready" else agent_state(view, agent)
        if agent["wants_break"]:
            agent["said"] += f" · {asks}"
        if kept is None:
            agent["for_s"] = (now_ms - instant_ms(agent["state_since"])) / 1000
        groups.setdefault(agent["group"], []).append(agent)
        counts[agent["state"]] = counts.get(agent["state"], 0) + 1
    for agents in groups.values():
        agents.sort(key=lambda agent: (ORDER.get(agent["state"], 99), agent["state_since"], agent["agent_id"]))
    return {
        "wall": wall, "queues": queues, "groups": groups, "counts": counts, "order": [*ORDER], **rows(view, kept),
    }  # fmt: skip


def rows(view: View, kept: dict[tuple[Any, ...], Markup] | None) -> dict[str, Callable[[Plain], Markup]]:
    """Return what writes a row of each long list: anew, or as it is kept where it tells the same."""
    macros = environment(view.language).get_template("components/wall.html").module
    before = {} if kept is None else dict(kept)
    if kept is not None:
        kept.clear()

    def writes(macro: Callable[..., Markup], told: Callable[[Plain], tuple[Any, ...]]) -> Callable[[Plain], Markup]:
        def written(one: Plain) -> Markup:
            if kept is None:
                return macro(one, view.writer, clocks=True)
            key = told(one)
            kept[key] = found = before.get(key) or macro(one, view.writer, clocks=False)
            return found

        return written

    return {
        "waits": writes(macros.waits, itemgetter(*WAITS)),  # type: ignore[attr-defined]
        "present": writes(macros.present, itemgetter(*PRESENT)),  # type: ignore[attr-defined]
    }


def instant_ms(text: str) -> float:
    """Return an instant as milliseconds since 1970."""
    return datetime.fromisoformat(text).timestamp() * 1000


WAITS: Final = (
    "id", "kind", "place", "queue", "tier", "since", "held", "late", "ewt_p50_s", "ewt_p90_s", "external_call_id",
)  # fmt: skip
PRESENT: Final = ("agent_id", "state", "said", "state_since")
"""What the rows of the two lists tell, but for how long it has been so."""
ORDER: Final = {state: place for place, state in enumerate(AGENT_STATES)}


# --- a call


@page("/now/calls/{call_id:path}", scopes=SCOPES)
async def call(view: View) -> Response:
    """Say why a call waits, and offer what can be done."""
    return await _call(view, view.request.path_params["call_id"])


async def _call(view: View, call_id: str, status: int = 200, wrong: str = "") -> Response:
    why = await view.post(f"/v1/calls/{quote(call_id)}:explain")
    tiers = (await view.get("/v1/tiers"))["tiers"]
    reasons = [reason(view, one) for one in why["reasons"]]
    given = {
        "why": why, "reasons": reasons, "tiers": [(tier["tier"], tier["tier"]) for tier in tiers], "wrong": wrong,
    }  # fmt: skip
    return view.show("now_call.html" if not view.is_fragment else "components/call.html", status, **given)


@action("/now/calls:reprioritize", scopes=SCOPES)
async def reprioritise(view: View) -> Response:
    """Put a waiting call into another tier's place."""
    call_id, tier = view.field("call_id"), view.field("tier")
    await view.post(f"/v1/calls/{quote(call_id)}:reprioritize", {"tier": tier})
    return done(view, view._("Call %(call)s now waits as %(tier)s.", call=call_id, tier=tier))


@action("/now/calls:withdraw", scopes=SCOPES)
async def withdraw(view: View) -> Response:
    """Take a waiting call out of its queue."""
    call_id = view.field("call_id")
    await view.post(f"/v1/calls/{quote(call_id)}:withdraw", {"reason": view.field("reason") or None})
    return done(view, view._("Call %(call)s was taken out.", call=call_id))


# --- an agent


@page("/now/agents/{agent_id}", scopes=SCOPES)
async def agent(view: View) -> Response:
    """Say how an agent stands, and offer other states."""
    found = await view.get(f"/v1/agents/{quote(view.request.path_params['agent_id'], safe='')}")
    given = {"agent": found, "state": agent_state(view, found)}
    return view.show("now_agent.html" if not view.is_fragment else "components/agent.html", **given)


@action("/now/agents:state", scopes=SCOPES)
async def set_state(view: View) -> Response:
    """Bring an agent into another state."""
    agent_id = view.field("agent_id")
    body = {"state": view.field("state"), "reason": view.field("reason") or None, "forced": bool(view.field("forced"))}
    found = await view.post(
        f"/v1/agents/{quote(agent_id, safe='')}/state", {k: v for k, v in body.items() if v is not None}
    )
    said = view._("%(agent)s: %(state)s", agent=agent_id, state=agent_state(view, found))
    if found["pending"]:
        said = view._("%(agent)s: as soon as the contacts in hand are done", agent=agent_id)
    return done(view, said)


@action("/now/agents:break", scopes=SCOPES)
async def decide_break(view: View) -> Response:
    """Grant or turn down a break that an agent asked for."""
    agent_id = view.field("agent_id")
    grant = view.field("grant") == "yes"
    found = await view.post(f"/v1/agents/{quote(agent_id, safe='')}:decide-break", {"grant": grant})
    return done(view, view._("%(agent)s: %(state)s", agent=agent_id, state=agent_state(view, found)))


def done(view: View, said: str) -> Response:
    """Close the dialog and say what was done; without scripts, go back to the wall."""
    if not view.is_fragment:
        return view.go("/now")
    answer = view.sent(b"", 204)
    answer.headers["hx-trigger"] = json.dumps({"done": said})  # ASCII: a header
    return answer
