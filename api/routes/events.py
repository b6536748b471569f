"""Reports: what the telephony system says has happened to calls; and what the engine says, by cursor."""

import asyncio
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from api.auth.event_access import EventAccess
from api.errors import Conflict, Invalid, UniqueConflict
from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.http.formats import In, Instant, NotBool
from api.http.instants import instant_of
from api.http.problems import problem
from api.routes.calls import Name, line_of
from api.services import Ask, Services
from api.state.call_reports import CALLER_GONE, Meaning, Report, ReportType, meaning, segment_of, told
from api.state.event_stream import kinds_of
from api.state.records import CallLine
from api.state.views import CALL_EXAMPLE, CallOut, instant
from api.state.vocabulary import cause_of
from api.store.changes import Row
from callcenter import commands as cmd
from callcenter.errors import CallCenterError, Refusal
from callcenter.units import SECOND
from routing.journal import to_plain

routes = router("events")
LONGEST_BATCH = 1_000
MOST_WAITED_S = 25
"""Below what proxies and clients usually take for a dead line."""


class ReportIn(In):
    """Something that happened to a call."""

    is_of_telephones = True
    type: ReportType
    at: Instant | None = Field(
        None,
        description="When: RFC 3339, or milliseconds since 1970; clamped to the call's life. Both times are kept: "
        "measures count from this one, decisions are those of the arrival.",
    )
    event_id: str | None = Field(
        None, max_length=200, description="For your own logs; what is known is told by the call."
    )
    offer_id: str | None = Field(None, max_length=300)
    agent_id: str | None = Field(None, max_length=100)
    cause: str | None = Field(None, max_length=100, description="With complaint: its grade.")
    talk_s: Annotated[float, Field(ge=0, le=1e7), NotBool] | None = Field(
        None, description="With completed: > 0 implies answered."
    )
    queue: Name | None = Field(None, description="With transferred: to which queue (another name: to outside).")
    kind: Literal["blind", "consult", "return"] = "blind"
    result: Name | None = Field(None, description="With result: what came of the call, by a code of its queue.")
    new_external_call_id: Name | None = Field(None, description="With relinked: the call's new name.")


class NamedReportIn(ReportIn):
    """The same, by the telephony system's own name of the call."""

    source: Name
    external_call_id: Name


class ReportOut(BaseModel):
    """Whether the report taught us something, and how the call stands now."""

    applied: bool
    reason: str | None = None
    at_moved_ms: int | None = Field(
        None,
        description="`at` cannot be: it lay so long before the call came, or (negative) after now, and counts as that "
        "instant. Set the clock right. `completed` of a call that was not answered: `at` less `talk_s`.",
    )
    call: CallOut


REPORT_EXAMPLE: Plain = {"type": "answered", "offer_id": "c3f2a9d1c0b4e8f7a6d5c/o1", "at": "2026-03-02T09:00:07Z"}
REPORTED_EXAMPLE: Plain = {
    "applied": True,
    "call": CALL_EXAMPLE | {"state": "connected", "reason": "connected", "agent_id": "ana"},
}


async def apply(ask: Ask, wish: ReportIn, line: CallLine) -> Plain:
    """Carry out what a report means, and answer with the truth."""
    services = ask.services
    line, others = _segments_meant(services, wish, line)
    said = instant_of(wish.at)
    now = services.live.now()
    at = None if said is None else min(max(said, line.queued_at), now)
    report = Report(
        wish.type, wish.offer_id, wish.agent_id, at, wish.cause, wish.talk_s, wish.queue, wish.kind, wish.result
    )
    if wish.type == "relinked":
        found = await _relink(services, wish, line)
    elif wish.type == "complaint":
        found = await _complain(ask, wish, line)
    else:
        found = await _tell(services, report, line)
        for other in others:
            found.commands += (await _tell(services, report, other)).commands
        if wish.type == "failed" and wish.cause and found.commands and wish.cause != cause_of(wish.cause):
            # The journal has a code; what was written is kept where it can be erased.
            await services.live.keep(services.audited(ask.key, "call.failed", line.id, wish.cause, line.customer))
    answer: Plain = {"applied": found.learned or bool(found.commands)}
    if wish.talk_s and any(isinstance(command, cmd.AcceptOffer) for command in found.commands):
        # Of an answer that nobody told it says the time, too: it cannot have begun before the call came.
        said = (now if said is None else said) - round(wish.talk_s * SECOND)
        at = min(max(said, line.queued_at), now)
    moved = services.source_clocks.moved(line.source, said, at, now)
    if moved is not None:
        answer["at_moved_ms"] = moved
    if found.reason is not None:
        answer["reason"] = found.reason
    return answer | {"call": services.call_answer(services.board.call(line.id) or line)}


def _segments_meant(services: Services, wish: ReportIn, line: CallLine) -> tuple[CallLine, list[CallLine]]:
    """Return the segment that a report on a call is about, and others that end with it.

    After a consultation two may live. A caller who is gone is gone from both; what an agent's telephone did, without
    an id of whose it was, is of the newest: it must not end the conversation of the other one.
    """
    segments = list(services.board.segments(line.id))
    if len(segments) <= 1:
        return line, []
    if wish.type in CALLER_GONE:
        return line, [one for one in segments if one is not line and not one.ended]
    if wish.offer_id or wish.agent_id:
        return segment_of(wish.type, wish.offer_id, wish.agent_id, segments) or services.board.newest_of(line), []
    return services.board.newest_of(line), []


async def _tell(services: Services, report: Report, line: CallLine, *, again: bool = False) -> Meaning:
    stood = line.state, line.offer
    queues = frozenset(queue.name for queue in services.live.engine.centre.queues)
    found = meaning(report, line, services.board.agents, queues)
    if report.type == "ringing" and found.learned and line.offer is not None:
        line.rings = line.offer.id
    for n, command in enumerate(told(report, found.commands, services.live.now())):
        answer = await services.tell(command)
        if answer.refusal is None:
            continue
        # Time has passed since the board was read, or nobody wraps up in this queue: look again at how things stand.
        if n > 0:
            return found
        fresh = services.board.call(line.id)
        if fresh is not None and not again and (fresh is not line or (fresh.state, fresh.offer) != stood):
            return await _tell(services, report, fresh, again=True)
        raise answer.refusal
    return found


async def _complain(ask: Ask, wish: ReportIn, line: CallLine) -> Meaning:
    """Mark a call, live or of today, as a complaint: by a key on the agent's telephone, for instance."""
    cases = ask.services.cases
    if cases.of_call(line.id) is not None:
        return Meaning([], "duplicate")
    case = cases.new(line.customer, line.id, line.queue, line.tier, wish.cause, "marked on the telephone", ask.key)
    said = f"{case.complaint.grade}: {line.id}"
    row = ask.services.audited(ask.key, "complaint.open", case.complaint.id, said, line.customer)
    await cases.begin(case, row)
    return Meaning([], learned=True)


async def _relink(services: Services, wish: ReportIn, line: CallLine) -> Meaning:
    """Give a call another external name; the old one stays good."""
    if wish.new_external_call_id is None:
        raise Invalid("/new_external_call_id: relinked needs the new name")
    if line.source is None:
        raise Conflict("this call has no external name")
    other = await services.names.find(line.source, wish.new_external_call_id)
    root = line.id.partition("/s")[0]
    if other is not None:
        if other != root:
            raise Conflict(
                "{name} is another call's name: {other}",
                name=wish.new_external_call_id,
                other=other,
            )
        services.names.put(line.source, wish.new_external_call_id, root)
        return Meaning([], "duplicate")
    names = {"source": line.source, "external_call_id": wish.new_external_call_id, "call_id": root}
    try:
        await services.live.keep(Row("natural_keys", {**names, "at": services.live.now()}))
    except UniqueConflict:
        raise Conflict("{name} is another call's name", name=wish.new_external_call_id) from None
    services.names.put(line.source, wish.new_external_call_id, root)
    return Meaning([], learned=True)


async def named_line(services: Services, wish: NamedReportIn) -> CallLine:
    """Return the call that a report by name is about, or refuse."""
    return await services.names.meant(
        wish.source, wish.external_call_id, at=instant_of(wish.at), offer_id=wish.offer_id
    )


@operation(
    routes, "POST", "/calls/{call_id:path}/events", scopes=("telephony",), body=ReportIn, answer=ReportOut,
    fails=(404, 409), flat=True, asks=REPORT_EXAMPLE, says=REPORTED_EXAMPLE,
)  # fmt: skip
async def report_on_call(ask: Ask) -> Reply:
    """Report what happened to a call. Late, repeated and out-of-order reports are welcome.

    A later state implies the earlier ones. `applied` is false, with the reason, only if nothing new was learned.
    """
    return Reply(await apply(ask, ask.body, line_of(ask.services, ask.path("call_id"))))


@operation(
    routes, "POST", "/events", scopes=("telephony",), body=NamedReportIn, answer=ReportOut, fails=(404, 409), flat=True,
    asks={"source": "pbx-1", "external_call_id": "1718031.42", "type": "completed", "talk_s": 183.5},
    says=REPORTED_EXAMPLE,
)  # fmt: skip
async def report_by_name(ask: Ask) -> Reply:
    """Report what happened to a call, by source and external id; also as a form or in the query string."""
    wish: NamedReportIn = ask.body
    return Reply(await apply(ask, wish, await named_line(ask.services, wish)))


class BatchIn(In):
    """Many reports, oldest first; each stands for itself."""

    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=LONGEST_BATCH)] = Field(
        description="As for POST /v1/events, or with call_id in place of the name."
    )


class BatchOut(BaseModel):
    """One result per report: applied or not, or a problem."""

    applied: int
    results: list[dict[str, Any]]


@operation(
    routes, "POST", "/events:batch", scopes=("telephony",), body=BatchIn, answer=BatchOut,
    asks={"events": [{"source": "pbx-1", "external_call_id": "1718031.42", "type": "abandoned"}]},
    says={"applied": 1, "results": [{"applied": True, "call_id": "c3f2a9d1c0b4e8f7a6d5c", "state": "abandoned"}]},
)  # fmt: skip
async def report_batch(ask: Ask) -> Reply:
    """Report many things at once; one that cannot be does not keep the others from being applied."""
    results: list[Plain] = []
    for one in ask.body.events:
        try:
            found = await _one(ask, dict(one))
            results.append(
                {"applied": found["applied"], "reason": found.get("reason"), "call_id": found["call"]["call_id"],
                 "state": found["call"]["state"], "callback": found["call"].get("callback")}
                | ({"at_moved_ms": found["at_moved_ms"]} if "at_moved_ms" in found else {})
            )  # fmt: skip
        except (Refusal, Invalid, Conflict, ValidationError) as fault:
            payload, status, _ = problem(fault, posted_call=False, language=ask.language)
            results.append({"applied": False, "status": status, "code": payload["code"], "detail": payload["detail"]})
    return Reply({"applied": sum(bool(r["applied"]) for r in results), "results": results})


async def _one(ask: Ask, one: Plain) -> Plain:
    call_id = one.pop("call_id", None)
    if isinstance(call_id, str):
        return await apply(ask, ReportIn.model_validate(one), line_of(ask.services, call_id))
    wish = NamedReportIn.model_validate(one)
    return await apply(ask, wish, await named_line(ask.services, wish))


# --- what the engine says


class EventsOut(BaseModel):
    """Committed events, oldest first; ask again with `after=next`."""

    events: list[dict[str, Any]]
    next: int
    last: int
    """The newest there is."""


QUERY_AFTER: tuple[Plain, ...] = (
    {"name": "after", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
     "description": "The last seq you have."},
    {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
     "description": "At most 10,000 (default 1,000)."},
    {"name": "types", "in": "query", "required": False, "schema": {"type": "string"},
     "description": "Only these, divided by commas: CallQueued,CallOffered."},
    {"name": "wait_s", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
     "description": "When nothing has happened yet, wait so long for it: 25 s at most (default: answer at once)."},
)  # fmt: skip


@operation(
    routes, "GET", "/events", scopes=("telephony", "supervisor", "agent"), answer=EventsOut, query=QUERY_AFTER,
    says={"events": [{"is": "CallQueued", "at": 1772442000123, "seq": 1, "call_id": "c3f2"}], "next": 1, "last": 1},
)  # fmt: skip
async def list_events(ask: Ask) -> Reply:
    """Read what happened, by cursor; kept for 7 days at least. `wait_s` makes it a bell: one who asks hears at once.

    A telephony key that is bound to sources hears of their calls alone; what is about no call is heard by all.
    """
    after = min(number_of(ask, "after", 0, 2**62), ask.services.board.seq)  # beyond the newest: from now on
    limit = max(1, number_of(ask, "limit", 1_000, 10_000))
    kinds = kinds_of(ask.asked("types"))
    left_s = float(number_of(ask, "wait_s", 0, MOST_WAITED_S))
    broadcast, live, loop = ask.services.broadcast, ask.services.live, asyncio.get_running_loop()
    until = loop.time() + left_s
    heard = EventAccess(ask.services.board, live, ask.key)
    broadcast.listeners += 1
    try:
        with ask.services.access.while_in_force(ask.key):
            while True:
                events = await live.events_after(after, limit)
                after = events[-1].seq if events else after
                chosen = [event for event in events if not kinds or type(event).__name__ in kinds]
                found = [to_plain(event) for event in await heard.of(chosen)]
                left_s = until - loop.time()
                if found or len(events) == limit or left_s <= 0 or broadcast.closed:
                    return Reply({"events": found, "next": after, "last": ask.services.board.seq})
                if ask.services.board.seq <= after:
                    await broadcast.more(left_s)
    finally:
        broadcast.listeners -= 1


__all__ = ["CallCenterError", "apply", "cmd", "instant", "named_line", "routes"]
