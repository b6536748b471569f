"""An agent's own stream: how they stand, the offer that rings with what is known of who calls, then what comes."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from pydantic_core import to_json

from api.auth.keys import Key
from api.customers.reasons import why_called
from api.services import Services
from api.state.event_stream import ALIVE_S, FAREWELL
from api.state.numbers import masked
from api.state.records import TaskLine
from api.state.views import agent_now, contact_out, instant, offer_out
from callcenter import events as ev
from callcenter.events import Event

LAST_SHOWN: Final = 3
"""Contacts on the screen-pop."""


async def screen_pop(services: Services, customer_key: str | None, tier: str) -> dict[str, Any]:
    """Return what an agent wants to know before saying hello."""
    customer = await services.customers.behind(customer_key)
    pending = services.board.promised.get(customer_key or "", ())
    cases = services.cases.of_customer(customer_key)
    found: dict[str, Any] = {
        "tier": tier,
        "pending_callback": pending[0] if pending else None,
        "open_complaint": None if not cases else cases[0].told(),
    }
    if customer is None:
        return found | {"known": False}
    lately = await services.history.contacts_of(customer.key, LAST_SHOWN)
    found["last_contacts"] = [contact_out(row) for row in lately]
    return found | {
        "known": True,
        "name": customer.name,
        "number": customer.number,
        "customer_id": customer.customer_id,
        "grade": customer.grade,
        "why": customer.why,
        "account_manager": customer.account_manager,
        "language": customer.language,
        "protected": customer.protected,
        "notes": customer.notes,
    }


async def why_of(services: Services, task: TaskLine | None) -> dict[str, Any]:
    """Return why a customer is called, for the agent who is asked to."""
    return {} if task is None else {"why_called": await why_called(services.live, task)}


def sees_numbers(key: Key) -> bool:
    """Tell whether this key is one that talks to customers; who only looks on sees numbers masked."""
    return key.may("agent") or key.may("telephony")


async def pop_of(
    services: Services, customer: str | None, tier: str, task: TaskLine | None, *, plain: bool
) -> dict[str, Any]:
    """Return all that an agent is shown of a customer; `plain`: with whole numbers."""
    told = await screen_pop(services, customer, tier) | await why_of(services, task)
    if not plain:
        for about in (told, told.get("why_called") or {}):
            if "number" in about:
                about["number"] = masked(about["number"])
    return told


async def offer_of(services: Services, event: ev.CallOffered | ev.TaskOffered, *, plain: bool) -> dict[str, Any]:
    """Return an offer as its agent's desktop is told."""
    is_call = isinstance(event, ev.CallOffered)
    subject = event.call_id if isinstance(event, ev.CallOffered) else event.task_id
    line = services.board.calls.get(subject)
    task = services.board.tasks.get(subject)
    customer = line.customer if line is not None else task.customer if task is not None else None
    return {
        "offer_id": event.offer_id,
        "token": services.tokens.of(event.offer_id),
        "kind": "call" if is_call else "callback",
        "subject": subject,
        "queue": event.queue,
        "expires_at": instant(event.expires_at),
        "screen_pop": await pop_of(services, customer, event.tier, task, plain=plain),
    }


async def _own(services: Services, events: Sequence[Event], *, plain: bool) -> list[bytes]:
    """Return what concerns one agent, offers with their screen-pop."""
    told = []
    for event in events:
        if isinstance(event, ev.CallOffered | ev.TaskOffered):
            told.append(_sse(event.seq, "offer", await offer_of(services, event, plain=plain)))
        else:
            told.append(services.broadcast.written(event))
    return told


def _sse(seq: int, kind: str, payload: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (seq, kind.encode(), to_json(payload))


async def own(services: Services, agent_id: str, *, plain: bool) -> AsyncIterator[bytes]:
    """Yield an agent's stream: how they stand, the offer that rings, then what comes; `plain`: numbers whole."""
    broadcast = services.broadcast
    mine = broadcast.listen(agent_id)
    after = services.board.seq
    try:
        yield b"retry: 1000\n\n" + _sse(after, "state", agent_now(services, agent_id))
        line = services.board.agents.get(agent_id)
        if line is not None and line.offer is not None:
            yield _sse(after, "offer", await ringing(services, agent_id, plain=plain))
        while not broadcast.closed:
            events = await mine.more(ALIVE_S)
            if mine.missed:  # too far behind to matter: tell how things stand instead
                mine.missed = False
                yield _sse(services.board.seq, "state", agent_now(services, agent_id))
            elif events:
                yield b"".join(await _own(services, events, plain=plain))
            elif not broadcast.closed:
                yield b": alive\n\n"
        yield FAREWELL
    finally:
        broadcast.leave(mine)


async def ringing(services: Services, agent_id: str, *, plain: bool) -> dict[str, Any]:
    """Return the offer that rings when a desktop begins to listen."""
    offer = services.board.agents[agent_id].offer
    assert offer is not None
    line = services.board.calls.get(offer.subject)
    task = services.board.tasks.get(offer.subject)
    customer = line.customer if line is not None else task.customer if task is not None else None
    tier = line.tier if line is not None else task.tier if task is not None else ""
    told = offer_out(services, offer)
    return {
        "offer_id": offer.id,
        "token": told["token"],
        "kind": "callback" if offer.is_task else "call",
        "subject": offer.subject,
        "queue": line.queue if line is not None else task.queue if task is not None else "",
        "expires_at": told["expires_at"],
        "screen_pop": await pop_of(services, customer, tier, task, plain=plain),
    }
