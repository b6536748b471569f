"""An agent's desk in one answer: how they stand, what rings, whom they talk to, what is to be wrapped up."""

from typing import Any

from pydantic import BaseModel, Field

from api.auth.keys import check_agent
from api.http.endpoint import Plain, Reply, operation, router
from api.routes.agent_stream import pop_of, ringing, sees_numbers
from api.routes.agents import EXAMPLE as AGENT
from api.services import Ask, Services
from api.state.views import agent_now, instant

routes = router("agents")


class DeskOut(BaseModel):
    """What an agent's desktop shows."""

    agent: dict[str, Any]
    group: str | None = Field(description="Theirs, by the centre file; null: they say which when they sign in.")
    offer: dict[str, Any] | None = Field(description="What rings, with the token that accepts it and the screen-pop.")
    contacts: list[dict[str, Any]] = Field(
        description="In hand or to be wrapped up, with screen-pop, result codes of the queue, and the `result` noted."
    )


EXAMPLE: Plain = {
    "agent": AGENT, "group": "desk", "offer": None,
    "contacts": [{"subject": "c3f2a9d1c0b4e8f7a6d5c", "kind": "call", "queue": "hotline", "state": "talk",
                  "since": "2026-03-02T09:00:00.000Z", "until": None, "results": ["solved", "unsolved"], "result": None,
                  "reached": True,
                  "screen_pop": {"tier": "vip", "known": True, "name": "Ada"}}],
}  # fmt: skip


@operation(
    routes, "GET", "/agents/{agent_id}/desk", scopes=("agent", "supervisor"), answer=DeskOut, fails=(404,), says=EXAMPLE
)
async def get_desk(ask: Ask) -> Reply:
    """Tell what an agent's desktop shows, for one that does not keep it from the stream."""
    agent_id = ask.path("agent_id")
    check_agent(ask.key, agent_id)
    services, plain = ask.services, sees_numbers(ask.key)
    line = services.board.agents.get(agent_id)
    offer = None if line is None or line.offer is None else await ringing(services, agent_id, plain=plain)
    contacts = []
    if line is not None:
        contacts += [await _contact(services, subject, None, plain=plain) for subject in list(line.talks)]
        contacts += [
            await _contact(services, subject, until, plain=plain) for subject, until in list(line.wraps.items())
        ]
    group = next((one.group for one in services.live.engine.centre.agents if one.id == agent_id), None)
    return Reply({"agent": agent_now(services, agent_id), "group": group, "offer": offer, "contacts": contacts})


async def _contact(services: Services, subject: str, until: int | None, *, plain: bool) -> Plain:
    """Return a contact in hand; `until`: when its after-call work ends, if it is over."""
    call, task = services.board.calls.get(subject), services.board.tasks.get(subject)
    line = call if call is not None else task
    queue = "" if line is None else line.queue
    customer, tier = (None, "") if line is None else (line.customer, line.tier)
    queues = services.live.engine.centre.queues
    known = next((one for one in queues if one.name == queue), None)
    codes = () if known is None else known.results if task is None else known.callbacks.results
    return {
        "subject": subject,
        "kind": "callback" if task is not None else "call",
        "queue": queue,
        "state": "talk" if until is None else "wrap_up",
        "since": instant(call.left_at if call is not None else task.taken_at if task is not None else None),
        "until": instant(until),
        "reached": task is None or task.reached,
        "results": [code for code, _ in codes],
        "result": call.result if call is not None else None,
        "screen_pop": await pop_of(services, customer, tier, task, plain=plain),
    }
