"""Agents: their state, phone, breaks, heartbeat. A desktop says what its agent does; a supervisor can force it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import BaseModel, Field

from api.auth.keys import check_agent
from api.errors import Conflict, ContactTaken, Forbidden
from api.http.endpoint import Plain, Reply, operation, router, word_of
from api.http.formats import In, Skills, Whole
from api.routes.calls import AgentName, Name
from api.routes.known_agents import see_that_known
from api.services import LOG, Ask, Services
from api.state.views import AgentOut, agent_now, agent_out
from api.state.vocabulary import reason_of
from api.store.changes import Change, Delete, Row
from callcenter import commands as cmd
from callcenter.agents import InHand, Phone, Presence
from callcenter.centre import Centre
from callcenter.commands import Command
from callcenter.errors import AgentAlreadyLoggedIn, CallCenterError, IllegalMove, UnknownAgent
from callcenter.ids import AgentId, CallId
from callcenter.language.said import N_, said
from callcenter.skills import levels
from callcenter.units import SECOND, Millis

routes = router("agents")
SCOPES = ("agent", "telephony", "supervisor")
SILENT = "no_heartbeat"


class StateIn(In):
    """What the agent does from now on."""

    state: Literal["available", "not_ready", "break", "wrapup_done", "logged_out"]
    reason: Name | None = Field(None, description="With not_ready and break.")
    group: Name | None = Field(
        None, description="At the log-in, of an agent whom the centre does not name and where there are several groups."
    )
    skills: Skills | None = Field(None, max_length=50)
    contact: Name | None = Field(
        None,
        description="How the phone is reached, such as PJSIP/1001. One telephone is one agent's: 409 contact_taken.",
    )
    take_over: bool = Field(False, description="Log out whoever is reached by this telephone, unless they talk.")
    forced: bool = Field(False, description="At once, by a supervisor; audited.")


EXAMPLE: Plain = {
    "agent_id": "ana", "group": "desk", "state": "available", "presence": "available", "reason": "", "phone": "free",
    "since": "2026-03-02T09:00:00.000Z", "state_since": "2026-03-02T09:04:10.000Z",
    "contact": "PJSIP/1001", "wants_break": None, "pending": None,
    "offer_id": None,
    "contacts": [], "wrap_up": [], "wrap_up_ends_at": None,
}  # fmt: skip


def wanted(wish: StateIn, agent_id: AgentId, centre: Centre, reasons: tuple[str, ...], *, there: bool) -> list[Command]:
    """Return the commands that bring an agent where they want to be."""
    match wish.state:
        case "available":
            skills = None if wish.skills is None else levels(wish.skills)
            if there:
                return [cmd.SetAvailable(agent_id)]
            named = any(agent.id == agent_id for agent in centre.agents)
            only = centre.groups[0].name if len(centre.groups) == 1 and not named else None
            return [cmd.LogIn(agent_id, wish.group or only, skills)]
        case "not_ready":
            return [cmd.SetNotReady(agent_id, reason_of(wish.reason, "not_ready", reasons))]
        case "break":
            reason = reason_of(wish.reason, "break", reasons)
            return [cmd.SetNotReady(agent_id, reason) if wish.forced else cmd.RequestBreak(agent_id, reason)]
        case "wrapup_done":
            return [cmd.EndWrapUp(agent_id)]
        case "logged_out":
            return [cmd.LogOut(agent_id, wish.forced)] if there else []


@operation(
    routes, "POST", "/agents/{agent_id}/state", scopes=SCOPES, body=StateIn, answer=AgentOut, fails=(404, 409),
    flat=True, asks={"state": "available", "group": "desk", "contact": "PJSIP/1001"}, says=EXAMPLE,
)  # fmt: skip
async def set_agent_state(ask: Ask) -> Reply:
    """Say what an agent does from now on; `available` logs in. A break is granted under the group's cap, else waits.

    409: another group or other skills than those of the log-in (`agent_already_logged_in`), a telephone that is
    another's (`contact_taken`), another telephone while the agent's own rings or is talked on. 404: `logged_out` of a
    name that is nobody's.
    """
    wish: StateIn = ask.body
    agent_id = AgentId(_name(ask))
    services = ask.services
    if wish.forced and not ask.key.may("supervisor"):
        raise Forbidden("only a supervisor forces a state")
    if wish.state == "logged_out":
        await see_that_known(services, ask.key, agent_id)
    if wish.contact is not None:
        _stays_at(services, agent_id, wish.contact)
    reason = reason_of(wish.reason, "", services.settings.break_reasons) or None
    changes: list[Change] = []
    if wish.contact is not None and services.contacts.get(agent_id) != wish.contact:
        name = f"contact:{agent_id}"
        changes = [Delete("settings", {"name": name}), Row("settings", {"name": name, "value": wish.contact})]
    if wish.forced or (ask.key.may("supervisor") and ask.key.agent_id is None):
        changes.append(services.audited(ask.key, f"agent.{wish.state}", agent_id, reason))
    if wish.contact is not None or (wish.state == "available" and not services.live.engine.has_agent(agent_id)):
        await _alone_at(ask, agent_id, wish)
    there = agent_id in services.board.agents
    if there and wish.state == "available":
        _sits_as(services, agent_id, wish)
    other_phone = (
        not there and wish.contact is not None and services.contacts.get(agent_id, wish.contact) != wish.contact
    )
    for command in wanted(wish, agent_id, services.live.engine.centre, services.settings.break_reasons, there=there):
        with _reached_at(services, agent_id, wish.contact):
            try:
                await ask.tell(command, *changes)
            except IllegalMove:
                if not (isinstance(command, cmd.RequestBreak) and _has(services, agent_id, command.reason)):
                    raise
                if changes:
                    await services.live.keep(*changes)
    line = services.board.agents.get(agent_id)
    if other_phone and line is not None and line.phone != Phone.FREE:  # what was known is of the phone they had
        await ask.tell(cmd.SetPhone(agent_id, Phone.FREE))
    return Reply(agent_now(services, agent_id))


def _has(services: Services, agent_id: AgentId, reason: str) -> bool:
    """Tell whether an agent is on the break that they ask for, or waits for it: the answer to the first was lost."""
    line = services.board.agents[agent_id]
    return reason == (line.wants_break or line.reason)


def _sits_as(services: Services, agent_id: AgentId, wish: StateIn) -> None:
    """See that an agent who is logged in asks for no other group or skills: those are of the log-in.

    Raises:
        AgentAlreadyLoggedIn: they do.
    """
    skills = None if wish.skills is None else levels(wish.skills)
    engine = services.live.engine
    if not engine.has_agent(agent_id) or engine.sits_as(agent_id, wish.group, skills):
        return
    raise AgentAlreadyLoggedIn(
        said(
            "agent {agent_id} is logged in, in group {group}: log out, then in again, for another group or other "
            "skills",
            agent_id=agent_id,
            group=services.board.agents[agent_id].group,
        ),
        agent_id=agent_id,
    )


def _stays_at(services: Services, agent_id: AgentId, contact: str) -> None:
    """See that an agent's telephone stays theirs while it rings or they talk on it: it would ring for somebody else.

    Raises:
        Conflict: they ask for another one.
    """
    line, now_at = services.board.agents.get(agent_id), services.contact(agent_id)
    if line is None or _same_place(now_at, contact) or not (line.talks or line.offer):
        return
    raise Conflict(
        N_("agent {agent_id} talks on {now_at}: say the other telephone again when that is over")
        if line.talks
        else N_("agent {agent_id} is rung at {now_at}: say the other telephone again when that is over"),
        agent_id=agent_id, now_at=now_at,
    )  # fmt: skip


def _same_place(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


async def _alone_at(ask: Ask, agent_id: AgentId, wish: StateIn) -> None:
    """See that nobody else is reached by the agent's telephone: it would ring for two calls at once.

    Nothing is awaited between the last look and the return.

    Raises:
        ContactTaken: somebody is, and is not to be logged out, or talks.
    """
    services = ask.services
    contact = wish.contact or services.contact(agent_id)
    while (other := _who_is_at(services, contact, agent_id)) is not None:
        line = services.board.agents.get(other)
        if not wish.take_over or (line is not None and line.talks):
            raise ContactTaken(
                N_("agent {other} talks on {contact}: one telephone is one agent's")
                if wish.take_over
                else N_("agent {other} is reached by {contact}: one telephone is one agent's"),
                other=other, contact=contact,
            )  # fmt: skip
        row = services.audited(ask.key, "agent.taken_over", other, f"{contact} by {agent_id}")
        await services.tell(cmd.LogOut(AgentId(other), forced=True), [row])  # refused: gone already


def _who_is_at(services: Services, contact: str, but: str) -> str | None:
    """Return another agent who is logged in and reached in this way."""
    engine = services.live.engine
    for agent_id, known in services.contacts.items():
        if agent_id != but and _same_place(known, contact) and engine.has_agent(AgentId(agent_id)):
            return agent_id
    # Of whom no contact is known the name is the contact.
    alone = AgentId(contact)
    return alone if alone != but and alone not in services.contacts and engine.has_agent(alone) else None


@contextmanager
def _reached_at(services: Services, agent_id: AgentId, contact: str | None) -> Iterator[None]:
    """Let an agent's phone be reached in this way, as what is told may be an offer; not if it is refused."""
    if contact is None:
        yield
        return
    before = services.contacts.get(agent_id)
    services.contacts[agent_id] = contact
    try:
        yield
    except BaseException:
        if before is None:
            del services.contacts[agent_id]
        else:
            services.contacts[agent_id] = before
        raise


def _name(ask: Ask) -> str:
    agent_id = ask.path("agent_id")
    check_agent(ask.key, agent_id)
    return agent_id


class LongerIn(In):
    """How much longer."""

    more_s: Whole = Field(ge=1, le=3_600)
    call_id: Name | None = Field(None, description="After-call work of this call or callback; left out: of all.")


WRAPS_UP: Plain = EXAMPLE | {
    "state": "wrap_up", "wrap_up": ["c3f2a9d1c0b4e8f7a6d5c"], "wrap_up_ends_at": "2026-03-02T09:01:30.000Z",
}  # fmt: skip


@operation(
    routes, "POST", "/agents/{agent_id}/wrap-up", scopes=SCOPES, body=LongerIn, answer=AgentOut, fails=(404, 409),
    flat=True, asks={"more_s": 60}, says=WRAPS_UP,
)  # fmt: skip
async def extend_wrap_up(ask: Ask) -> Reply:
    """Ask for more time for after-call work: it ends later, by as much as the queue's cap leaves.

    409 `wrap_up_at_cap` when it leaves nothing; the state `wrapup_done` ends it at once.
    """
    agent_id = AgentId(_name(ask))
    wish: LongerIn = ask.body
    await ask.tell(cmd.ExtendWrapUp(agent_id, Millis(wish.more_s * SECOND), wish.call_id))
    return Reply(agent_now(ask.services, agent_id))


class ResultIn(In):
    """What came of a call."""

    result: Name = Field(description="A code of the results of the call's queue.")
    call_id: Name | None = Field(None, description="Of which call; left out: of the only one there is.")


@operation(
    routes, "POST", "/agents/{agent_id}/result", scopes=SCOPES, body=ResultIn, answer=AgentOut, fails=(404, 409),
    flat=True, asks={"result": "solved"}, says=WRAPS_UP,
)  # fmt: skip
async def note_result(ask: Ask) -> Reply:
    """Say what came of a call that the agent talks on, or does after-call work of; what is said last counts.

    409 `unknown_result` when the queue has no such code. A callback's result goes with its attempt.
    """
    agent_id = AgentId(_name(ask))
    wish: ResultIn = ask.body
    await ask.tell(cmd.NoteResult(agent_id, wish.result, None if wish.call_id is None else CallId(wish.call_id)))
    return Reply(agent_now(ask.services, agent_id))


class PhoneIn(In):
    """What the telephony system knows of the phone."""

    phone: Literal["free", "busy_elsewhere", "unreachable"]


@operation(
    routes, "POST", "/agents/{agent_id}/phone", scopes=("telephony", "agent", "supervisor"), body=PhoneIn,
    answer=AgentOut, fails=(404, 409), flat=True, asks={"phone": "busy_elsewhere"},
    says=EXAMPLE | {"phone": "busy_elsewhere", "state": "busy_elsewhere"},
)  # fmt: skip
async def set_agent_phone(ask: Ask) -> Reply:
    """Say how an agent's phone stands: a phone busy on a direct call gets no offer."""
    agent_id = AgentId(_name(ask))
    await ask.tell(cmd.SetPhone(agent_id, Phone(ask.body.phone)))
    return Reply(agent_now(ask.services, agent_id))


@operation(
    routes,
    "POST",
    "/agents/{agent_id}/heartbeat",
    scopes=SCOPES,
    answer=AgentOut,
    fails=(404,),
    flat=True,
    says=EXAMPLE,
)
async def heartbeat(ask: Ask) -> Reply:
    """Say that the agent's desktop lives. One that has begun to and then falls silent gets no more offers."""
    agent_id = _name(ask)
    services = ask.services
    line = services.board.agents.get(agent_id)
    if line is None:
        raise UnknownAgent(said("agent {agent_id} is not logged in", agent_id=agent_id), agent_id=agent_id)
    services.seen[agent_id] = ask.now
    if line.presence == "not_ready" and line.reason == SILENT:
        await ask.tell(cmd.SetAvailable(AgentId(agent_id)))
    return Reply(agent_now(services, agent_id))


async def miss_heartbeats(services: Services) -> None:
    """Take agents whose desktop has fallen silent out of the offers, and log them out when it stays so."""
    now = services.live.now()
    for agent_id, seen_at in list(services.seen.items()):
        line = services.board.agents.get(agent_id)
        if line is None:
            del services.seen[agent_id]
            continue
        silent_ms = now - seen_at
        silenced = line.presence == "not_ready" and line.reason == SILENT
        if silent_ms >= services.settings.heartbeat_logout_s * SECOND:
            del services.seen[agent_id]
            await services.tell(cmd.LogOut(AgentId(agent_id)))
        elif silent_ms >= services.settings.heartbeat_timeout_s * SECOND and not silenced and not line.silent:
            line.silent = True  # asked once: with contacts in hand it comes true when they are done
            if line.presence == "available":
                await services.tell(cmd.SetNotReady(AgentId(agent_id), SILENT))
        elif silent_ms < services.settings.heartbeat_timeout_s * SECOND:
            line.silent = False


async def watch_keys(services: Services) -> None:
    """End twice a second, for ever, what is being done for keys that were revoked or have expired."""
    while True:
        await asyncio.sleep(0.5)
        services.access.end_what_is_over(services.live.now())


async def watch_heartbeats(services: Services) -> None:
    """Look at the heartbeats once a second, for ever."""
    while True:
        await asyncio.sleep(1)
        try:
            await miss_heartbeats(services)
        except CallCenterError as fault:
            LOG.warning("heartbeats could not be seen to: %s", fault)


class AgentsOut(BaseModel):
    """Everyone who is logged in."""

    agents: list[AgentOut]


@operation(
    routes, "GET", "/agents", scopes=("supervisor", "telephony"), answer=AgentsOut, says={"agents": [EXAMPLE]},
    query=(
        {"name": "group", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "state", "in": "query", "required": False, "schema": {"type": "string"}},
    ),
)  # fmt: skip
async def list_agents(ask: Ask) -> Reply:
    """List the agents who are logged in."""
    agents = ask.services.board.agents.values()
    groups = (*(group.name for group in ask.services.live.engine.centre.groups), *(agent.group for agent in agents))
    group = word_of(ask, "group", groups)
    state = word_of(ask, "state", dict.fromkeys((*Presence, *InHand, *Phone)))
    found = [agent_out(ask.services, a) for a in agents if group in (None, a.group)]
    return Reply({"agents": [agent for agent in found if state in (None, agent["state"])]})


@operation(routes, "GET", "/agents/{agent_id}", scopes=SCOPES, answer=AgentOut, fails=(404,), says=EXAMPLE, flat=True)
async def get_agent(ask: Ask) -> Reply:
    """Tell how an agent stands; one who is not logged in is `logged_out`, one whom nobody knows 404."""
    agent_id = _name(ask)
    await see_that_known(ask.services, ask.key, agent_id)
    return Reply(agent_now(ask.services, agent_id))


class BreakIn(In):
    """Whether the break that was asked for may begin."""

    grant: bool
    reason: str | None = Field(None, max_length=200)


@operation(
    routes, "POST", "/agents/{agent_id}:decide-break", scopes=("supervisor",), body=BreakIn, answer=AgentOut,
    fails=(404, 409), asks={"grant": True}, says=EXAMPLE | {"state": "not_ready", "reason": "lunch"},
)  # fmt: skip
async def decide_break(ask: Ask) -> Reply:
    """Grant a break beyond the cap, or turn the request down; audited."""
    agent_id = AgentId(ask.path("agent_id"))
    line = ask.services.board.agents.get(agent_id)
    if line is None:
        raise UnknownAgent(said("agent {agent_id} is not logged in", agent_id=agent_id), agent_id=agent_id)
    if line.wants_break is None:
        raise Conflict("agent {agent_id} waits for no break", agent_id=agent_id)
    action = "agent.break_granted" if ask.body.grant else "agent.break_refused"
    row = ask.services.audited(ask.key, action, agent_id, ask.body.reason)
    command: Command = cmd.SetNotReady(agent_id, line.wants_break) if ask.body.grant else cmd.SetAvailable(agent_id)
    await ask.tell(command, row)
    line.wants_break = None
    return Reply(agent_now(ask.services, agent_id))


__all__ = ["AgentName", "routes"]
