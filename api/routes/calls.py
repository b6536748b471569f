"""Calls: posted, asked about, explained, moved, withdrawn. Nothing is decided here."""

import json
from asyncio import CancelledError
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from api.auth.bindings import without_others_tokens
from api.errors import Invalid, Unavailable, UniqueConflict
from api.http.endpoint import Reply, number_of, operation, router, word_of
from api.http.formats import In, Instant, Listed, NotBool, Skills
from api.http.instants import instant_of
from api.live.suspended_calls import confirm
from api.services import Ask, Services
from api.state.call_ids import call_name
from api.state.call_names import print_of
from api.state.numbers import normalised, short
from api.state.records import CallLine
from api.state.views import CALL_EXAMPLE, CallOut, instant
from api.store.changes import Change, Delete, Row
from api.telemetry.spans import Span
from callcenter import commands as cmd
from callcenter.calls import ENDED, CallState
from callcenter.errors import CallHasEnded, DuplicateCall, UnknownCall
from callcenter.ids import AgentId, CallId
from callcenter.language.said import said
from callcenter.skills import levels
from callcenter.state_words import in_words
from callcenter.units import Millis

routes = router("calls")
ENDS_RETRY_S: Final = 5
"""After so long a service that was asked to end has mostly been started again, or a standby is there."""
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Address = Annotated[str, AfterValidator(short)]
"""Of a caller or whom they dialled; one that is too long is shortened, for a call is not lost for it."""
AgentName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f/]+$")]


class CallIn(In):
    """An incoming call; (source, external_call_id) names it while it lives and for a while after its end."""

    is_of_telephones = True
    source: Name = Field(description="The telephony system or trunk.")
    external_call_id: Name = Field(description="What that system calls the call.")
    caller: Address | None = Field(
        None,
        description="E.164 or an address; absent or `anonymous`. One beyond 200 characters counts without its "
        "parameters, and one that is longer still as anonymous.",
    )
    called: Address | None = None
    queue: Name | None = None
    tier: Name | None = Field(None, description="Absent: what is known of the customer, else the default tier.")
    customer_id: Name | None = Field(None, description="The CRM's id, better than the number.")
    intent: Name | None = None
    channel: Name = "voice"
    skills: Skills = Field(default_factory=dict, max_length=20, description='{"spanish": 2}, or "spanish:2,billing".')
    preferred_agents: Annotated[list[AgentName], Listed] = Field(default_factory=list, max_length=10)
    attributes: dict[str, str] = Field(default_factory=dict, max_length=30)
    menu: str | None = Field(None, max_length=500, description="The way through the menu, such as 1>3; an attribute.")
    callback_number: Address | None = None
    zone: Name | None = Field(None, description="The customer's IANA time zone.")
    received_at: Instant | None = Field(
        None,
        description="When your system got the call: RFC 3339, or milliseconds since 1970. Where names come again it "
        "tells a repeat from a new call: one that was received after the end of the old one is new. What cannot be "
        "(after now, or an hour before the old one was posted) counts as not said.",
    )


@operation(
    routes, "POST", "/calls", scopes=("telephony",), body=CallIn, answer=CallOut, created=True, repeats=True,
    posted_call=True, flat=True, fails=(409,), says=CALL_EXAMPLE,
    asks={"source": "pbx-1", "external_call_id": "1718031.42", "caller": "+442079460958", "queue": "hotline"},
)  # fmt: skip
async def post_call(ask: Ask) -> Reply:
    """Post an incoming call: 201 with the decision.

    The same (source, external_call_id) again, whatever its headers: 200 with the current truth, while the call lives
    and for `call_guard_s` after its end. After that, or from another caller, the name is a new call's: 201. Also as a
    form or in the query string.
    """
    reply = await _post(ask)
    if ask.services.traces is not None:
        ask.services.traces.posted(_leg(ask, reply), ask.request.headers.get("traceparent"))
    return reply


def _leg(ask: Ask, reply: Reply) -> Span:
    """Return the post itself as a part of its call."""
    call_id = str(reply.payload["call_id"])
    line = ask.services.board.call(call_id)
    contact, subject = (call_id, call_id) if line is None else (line.contact, line.id)
    fields = {"decision": str(reply.payload["decision"])}
    return Span("post", "call", contact, subject, ask.now, ask.services.live.now(), fields, str(ask.now))


async def _post(ask: Ask) -> Reply:
    call: CallIn = ask.body
    services = ask.services
    before = await services.names.find(call.source, call.external_call_id)
    if before is not None:
        line = await _remembered(services, before)
        if line is not None:
            received_at = instant_of(call.received_at, "received_at")
            if not await services.names.is_another(line, call.external_call_id, call.caller, received_at):
                await confirm(services.commands, line)
                return Reply(services.call_answer(line))
            await services.names.give_up(line, call.external_call_id)
    if services.ends:
        raise Unavailable("the service ends: post the call to another one", ENDS_RETRY_S)
    now = ask.now
    number = normalised(call.callback_number or call.caller, services.region)
    if call.zone is not None:
        await services.zones.learn(call.zone)
    customer, changes = await services.customers.recognise(call.customer_id, number, call.zone, now)
    queue = call.queue or services.settings.default_queue or services.live.engine.centre.queues[0].name
    zone = await services.zones.of(call.zone, customer, number, queue)
    preferred = tuple(AgentId(a) for a in call.preferred_agents)
    if not preferred and customer is not None:
        preferred = customer.managers
    command = cmd.AdmitCall(
        CallId(call_name(services.settings.call_ids, call.source, call.external_call_id, before)),
        queue,
        services.standings.of_call(customer, call.tier, now),
        None if customer is None else customer.key,
        call.intent,
        levels(call.skills),
        preferred,
        call.channel,
        zone,
    )

    def undo() -> None:
        """Forget a new customer, unless the call is on its way to the journal, and the row with it."""
        if services.live.trouble is not None or not services.live.engine.has(command.call_id):
            services.customers.forget_again(customer, changes)

    try:
        reply = await _admit(services, call, command, now, changes, before)
        if changes:
            services.commands.when_durable(_nothing, undo)
        return reply
    except UniqueConflict as taken:
        services.customers.forget_again(customer, changes)
        if taken.table != "customers":
            raise
        # Erased a moment ago, and back: the call comes first, who calls is learned another time.
        command.customer = None
        return await _admit(services, call, command, now, [], before)
    except BaseException:
        undo()
        raise


def _nothing() -> None:
    """There is nothing more to do."""


async def _remembered(services: Services, call_id: str) -> CallLine | None:
    """Return what is known of a call; None: it ended more than a day ago."""
    line = services.board.call(call_id)
    if line is None:
        await services.feed.catch_up()
        line = services.board.call(call_id)
    return line


async def _admit(
    services: Services, call: CallIn, command: cmd.AdmitCall, now: Millis, changes: list[Change], before: str | None
) -> Reply:
    """Tell the engine of a call; one whose name is taken is the call of that name.

    `before`: the call that had the name before.
    """
    gone = partial(services.suspended_calls.give_up, call.source, call.external_call_id, command.call_id)
    try:
        told = await services.tell(command, [*changes, *_rows(services, call, command, now, before)])
    except UniqueConflict as taken:
        if taken.table == "customers":
            raise
        await services.feed.catch_up()
        known = await services.names.find(call.source, call.external_call_id, look=True)
        if known is None:
            raise
        return Reply(await _confirmed(services, known))
    except (Unavailable, CancelledError):
        gone()
        raise
    if isinstance(told.refusal, DuplicateCall):  # the engine knows it, the names do not
        await services.feed.catch_up()
        return Reply(await _confirmed(services, command.call_id))
    if told.refusal is not None:
        raise told.refusal
    services.commands.when_durable(_nothing, gone)
    caller = print_of(call.caller, services.region)
    services.names.put(call.source, call.external_call_id, command.call_id, caller)
    line = services.board.call(command.call_id)
    assert line is not None, "an admitted call is on the board"
    return Reply(services.call_answer(line), 201)


async def _confirmed(services: Services, call_id: str) -> dict[str, Any]:
    """Return the truth about a call that was posted before and is posted again, which says that it is there."""
    line = line_of(services, call_id)
    await confirm(services.commands, line)
    return services.call_answer(line)


def _rows(services: Services, call: CallIn, command: cmd.AdmitCall, now: Millis, before: str | None) -> list[Change]:
    name = {"source": call.source, "external_call_id": call.external_call_id}
    names = {**name, "call_id": command.call_id, "at": now}
    region = services.region
    details = {
        **names,
        "customer_key": command.customer,
        "caller": normalised(call.caller, region),
        "called": call.called,
        "callback_number": normalised(call.callback_number, region),
        "attributes": _attributes(call),
        "channel": call.channel,
    }
    rows: list[Change] = [Row("natural_keys", names), Row("call_details", details)]
    return rows if before is None else [Delete("natural_keys", name), *rows]


def _attributes(call: CallIn) -> str | None:
    """Return what was told of the call, as it is kept."""
    told = call.attributes if call.menu is None else call.attributes | {"menu": call.menu}
    return to_json(told).decode() if told else None


def line_of(services: Services, call_id: str) -> CallLine:
    """Return what is known of a call, or refuse."""
    line = services.board.call(call_id)
    if line is None:
        raise UnknownCall(said("there is no call {call_id}", call_id=call_id), call_id=call_id)
    return line


NEXT_EXAMPLE = CALL_EXAMPLE | {"decision": "queue", "state": "queued", "reason": "waiting", "position": 3}


@operation(
    routes, "GET", "/calls/{call_id:path}/next", scopes=("telephony", "supervisor"), answer=CallOut, fails=(404,),
    flat=True, posted_call=True, says=NEXT_EXAMPLE,
)  # fmt: skip
async def next_of_call(ask: Ask) -> Reply | Response:
    """Ask what to do next with a call, cheaply: poll again after `next.after_ms`, with If-None-Match if you can."""
    line = line_of(ask.services, ask.path("call_id"))
    offer = line.offer.id if line.offer is not None else ""
    tag = f'"{quote(f"{line.id}-{line.state}-{offer}")}"'
    headers = {"ETag": tag}
    if line.state != "queued" and ask.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Reply(ask.services.call_answer(line), headers=headers)


@operation(
    routes, "GET", "/calls/{call_id:path}", scopes=("telephony", "supervisor", "agent"), answer=CallOut, fails=(404,),
    flat=True, says=CALL_EXAMPLE,
)  # fmt: skip
async def get_call(ask: Ask) -> Reply:
    """Tell how things stand with a call; an ended one is remembered for a day."""
    return Reply(without_others_tokens(ask.key, ask.services.call_answer(line_of(ask.services, ask.path("call_id")))))


class LiveCallOut(BaseModel):
    """A call that has not ended, by every name it has."""

    call_id: str
    source: str | None
    external_call_id: str | None
    state: str
    queue: str
    tier: str
    agent_id: str | None
    queued_at: str


class LiveCallsOut(BaseModel):
    """Calls that have not ended, the oldest first; `more`: there are others beyond `limit`."""

    calls: list[LiveCallOut]
    more: bool


LIVE_EXAMPLE: dict[str, Any] = {
    "call_id": "c3f2a9d1c0b4e8f7a6d5c", "source": "pbx-1", "external_call_id": "1718031.42", "state": "connected",
    "queue": "hotline", "tier": "vip", "agent_id": "ana", "queued_at": "2026-03-02T09:00:00.000Z",
}  # fmt: skip


@operation(
    routes, "GET", "/calls", scopes=("telephony", "supervisor"), answer=LiveCallsOut,
    says={"calls": [LIVE_EXAMPLE], "more": False},
    query=(
        {"name": "source", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "state", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
         "description": "At most 10,000 (default 1,000)."},
    ),
)  # fmt: skip
async def list_calls(ask: Ask) -> Reply:
    """List the calls that have not ended: what a telephony system asks after a restart of its own."""
    source = ask.asked("source")
    state = word_of(ask, "state", [state for state in CallState if state not in ENDED])
    limit = max(1, number_of(ask, "limit", 1_000, 10_000))
    found = [
        line
        for line in ask.services.board.in_hand()
        if (not ask.key.sources or line.source in ask.key.sources)
        and source in (None, line.source)
        and state in (None, line.state)
    ]
    shown = [
        {
            "call_id": line.id,
            "source": line.source,
            "external_call_id": line.external_id,
            "state": line.state,
            "queue": line.queue,
            "tier": line.tier,
            "agent_id": line.agent_id,
            "queued_at": instant(line.queued_at),
        }
        for line in found[:limit]
    ]
    return Reply({"calls": shown, "more": len(found) > limit})


class ExplanationOut(BaseModel):
    """Why a call stands where it stands, and why nobody has taken it yet."""

    call_id: str
    state: str
    queue: str
    tier: str
    band: int
    policy: str
    centre: str
    position: int
    score: list[float]
    ahead: list[str]
    reasons: list[dict[str, Any]]
    expected_wait: dict[str, Any] | None


def explained(ask: Ask, line: CallLine) -> dict[str, Any]:
    """Return the engine's explanation."""
    if line.ended:
        raise CallHasEnded(
            said("call {call_id} has ended: {state}", call_id=line.id, state=in_words(line.state)),
            call_id=line.id,
            state=line.state,
        )
    found = ask.services.live.engine.explain(CallId(line.id), now=ask.now)
    wait = found.expected_wait
    return asdict(found) | {"expected_wait": None if wait is None else wait._asdict()}


@operation(
    routes, "POST", "/calls/{call_id:path}:explain", scopes=("supervisor", "telephony"), answer=ExplanationOut,
    fails=(404, 409),
)  # fmt: skip
async def explain_call(ask: Ask) -> Reply:
    """Tell why a call stands where it stands and why nobody has taken it yet; nothing changes."""
    return Reply(explained(ask, line_of(ask.services, ask.path("call_id"))))


class ReprioritiseIn(In):
    """A tier, a band, or both."""

    tier: Name | None = None
    band: Annotated[int, Field(ge=0, le=1_000), NotBool] | None = None
    reason: str | None = Field(None, max_length=500)


@operation(
    routes, "POST", "/calls/{call_id:path}:reprioritize", scopes=("supervisor",), body=ReprioritiseIn, answer=CallOut,
    fails=(404, 409), asks={"tier": "vip"}, says=CALL_EXAMPLE,
)  # fmt: skip
async def reprioritize_call(ask: Ask) -> Reply:
    """Change the tier or band of a waiting call, at once; audited."""
    wish: ReprioritiseIn = ask.body
    if wish.tier is None and wish.band is None:
        raise Invalid("give a tier, a band, or both")
    line = line_of(ask.services, ask.path("call_id"))
    detail = json.dumps(wish.model_dump(exclude_none=True))
    await ask.tell(
        cmd.ReprioritiseCall(CallId(line.id), wish.tier, wish.band),
        ask.services.audited(ask.key, "call.reprioritize", line.id, detail, line.customer),
    )
    return Reply(ask.services.call_answer(line_of(ask.services, line.id)))


class WithdrawIn(In):
    """Why."""

    reason: str | None = Field(None, max_length=500)


@operation(
    routes, "POST", "/calls/{call_id:path}:withdraw", scopes=("supervisor", "telephony"), body=WithdrawIn,
    answer=CallOut, fails=(404, 409), asks={"reason": "prank call"},
    says=CALL_EXAMPLE | {"decision": "reject", "state": "rejected", "reason": "withdrawn", "offer": None},
)  # fmt: skip
async def withdraw_call(ask: Ask) -> Reply:
    """Take a waiting call out of the queue; audited."""
    line = line_of(ask.services, ask.path("call_id"))
    await ask.tell(
        cmd.WithdrawCall(CallId(line.id)),
        ask.services.audited(ask.key, "call.withdraw", line.id, ask.body.reason, line.customer),
    )
    return Reply(ask.services.call_answer(line_of(ask.services, line.id)))
