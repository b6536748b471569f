"""How things stand with a call, an agent or a task, and what a contact was, as clients are told."""

from typing import Any, Final, Protocol
from urllib.parse import quote

from pydantic import BaseModel, Field

from api.state.board import Board
from api.state.ports import Clock, EngineView
from api.state.records import AgentLine, CallLine, OfferLine, TaskLine
from callcenter.errors import Refusal
from callcenter.events import Event
from callcenter.ids import AgentId, CallId
from callcenter.units import SECOND, Millis
from routing.state.expected_wait import ExpectedWait


class OfferTokens(Protocol):
    """What fences offers."""

    def of(self, offer_id: str) -> str:
        """Return the token of an offer."""
        ...


class Polling(Protocol):
    """How clients ask again."""

    @property
    def poll_ms(self) -> int:
        """So long a telephony system waits between two questions."""
        ...


class EngineNow(Clock, EngineView, Protocol):
    """The engine and the time."""


class Source(Protocol):
    """What answers about calls and agents are made from."""

    @property
    def live(self) -> EngineNow:
        """The engine and the time."""
        ...

    @property
    def board(self) -> Board:
        """What is known of calls, agents and tasks."""
        ...

    @property
    def tokens(self) -> OfferTokens:
        """What fences offers."""
        ...

    @property
    def settings(self) -> Polling:
        """How clients ask again."""
        ...

    def contact(self, agent_id: str) -> str:
        """Return how an agent's phone is reached."""
        ...


class OfferOut(BaseModel):
    """An exclusive, time-limited pairing with an agent; `token` is needed to accept it, `ring_s` is what is left."""

    id: str
    agent_id: str
    contact: str
    expires_at: str | None
    ring_s: int | None = None
    token: str


class CallOut(BaseModel):
    """The decision about a call, or the truth about it now."""

    decision: str
    call_id: str
    state: str
    reason: str | None
    tier: str | None
    band: int | None
    queue: str | None
    position: int | None = Field(description="How many go before it: 0 is next.")
    ewt_p50_s: float | None
    ewt_p90_s: float | None
    target_deadline: str | None
    agent_id: str | None = None
    offer: OfferOut | None = None
    callback: dict[str, Any] | None = None
    overflow_target: str | None = None
    result: str | None = Field(None, description="What came of it, as its agent said: a code of the queue's results.")
    solved: bool | None = Field(None, description="What this code means.")
    next: dict[str, Any] | None


CALL_EXAMPLE: dict[str, Any] = {
    "decision": "offer",
    "call_id": "c3f2a9d1c0b4e8f7a6d5c",
    "state": "offered",
    "reason": "ringing",
    "tier": "vip",
    "band": 0,
    "queue": "hotline",
    "position": None,
    "ewt_p50_s": None,
    "ewt_p90_s": None,
    "target_deadline": "2026-03-02T09:00:20.000Z",
    "offer": {
        "id": "c3f2a9d1c0b4e8f7a6d5c/o1",
        "agent_id": "ana",
        "contact": "PJSIP/1001",
        "expires_at": "2026-03-02T09:00:15.000Z",
        "ring_s": 15,
        "token": "6f1ed002ab5595859014ebf0951522d9",
    },
    "next": {"action": "ring", "after_ms": 2000, "url": "/v1/calls/c3f2a9d1c0b4e8f7a6d5c/next"},
}


def instant(at: int | None) -> str | None:
    """Return an instant as RFC 3339, UTC, milliseconds.

    >>> instant(1_772_442_000_123)
    '2026-03-02T09:00:00.123Z'
    """
    if at is None:
        return None
    days, ms = divmod(at, 86_400_000)
    # Civil from days (H. Hinnant, "chrono-compatible low-level date algorithms"): no clock, no time zone, 1 µs.
    z = days + 719_468
    era, doe = divmod(z, 146_097)
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    day = doy - (153 * mp + 2) // 5 + 1
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (month <= 2)
    seconds, milli = divmod(ms, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{milli:03d}Z"


ACTIONS = {
    "queued": "wait",
    "offered": "ring",
    "connected": "talk",
    "overflowed": "route",
    "completed": "end",
    "abandoned": "end",
    "rejected": "end",
    "failed": "end",
    "converted_to_callback": "end",
}
REASONS = {"queued": "waiting", "offered": "ringing"}


def place_of(live: EngineNow, line: CallLine) -> tuple[int | None, ExpectedWait | None]:
    """Return how many go before a waiting call, and its expected wait; nothing of a call that does not wait."""
    if line.state != "queued":
        return None, None
    engine, call_id = live.engine, line.id
    now = Millis(max(live.now(), engine.now or 0))
    try:
        ahead = engine.position(CallId(call_id), now=now)
        return ahead, None if ahead is None else engine.expected_wait(CallId(call_id), now=now)
    except Refusal:
        return None, None


def offer_out(services: Source, offer: OfferLine) -> dict[str, Any]:
    """Return an offer for those who may accept it."""
    return {
        "id": offer.id,
        "agent_id": offer.agent_id,
        "contact": services.contact(offer.agent_id),
        "expires_at": instant(offer.expires_at),
        # Whole seconds, for those who cannot read an instant; rounded down, so that they give up before we do.
        "ring_s": None if offer.expires_at is None else max(1, (offer.expires_at - services.live.now()) // SECOND),
        "token": services.tokens.of(offer.id),
    }


ENDED: Final = frozenset({"completed", "abandoned", "failed"})
"""The caller has left: there is nothing to carry out."""


def decided(line: CallLine) -> str:
    """Return the decision that a telephony system has to carry out now."""
    if line.state in ENDED:
        return "ended"
    if line.state == "queued":
        return "queue"
    if line.state in ("offered", "connected"):
        return "offer"
    if line.state == "overflowed":
        return "overflow"
    return "callback" if line.task_id is not None else "reject"


def call_out(services: Source, line: CallLine, place: int | None, ewt: ExpectedWait | None) -> dict[str, Any]:
    """Return the truth about a call, with what `place_of` says of it; less than 4 kB in every format."""
    tiers = services.live.engine.centre.tiers
    within = next((tier.target.within for tier in tiers if tier.name == line.tier and tier.target is not None), None)
    first = line.id.partition("/s")[0]
    answer: dict[str, Any] = {
        "decision": decided(line),
        "call_id": line.id,
        "state": line.state,
        "reason": line.reason or REASONS.get(line.state, line.state),
        "tier": line.tier,
        "band": line.band,
        "queue": line.queue,
        "position": place,
        "ewt_p50_s": None if ewt is None else round(ewt.p50_ms / 1000, 1),
        "ewt_p90_s": None if ewt is None else round(ewt.p90_ms / 1000, 1),
        "target_deadline": None if within is None else instant(line.queued_at + within),
    }
    if line.agent_id is not None:
        answer["agent_id"] = line.agent_id
    if line.offer is not None:
        answer["offer"] = offer_out(services, line.offer)
    elif line.state == "connected" and line.agent_id is not None:
        contact = services.contact(line.agent_id)
        answer["offer"] = {
            "id": "", "agent_id": line.agent_id, "contact": contact, "expires_at": None, "token": "",
        }  # fmt: skip
    task = services.board.tasks.get(line.task_id or "")
    if task is not None:
        answer["callback"] = {
            "id": task.id, "state": task.state, "promise": instant(task.promise), "zone": task.zone,
        }  # fmt: skip
    if line.target is not None:
        answer["overflow_target"] = line.target
    if line.result is not None:
        answer["result"], answer["solved"] = line.result, line.solved
    answer["next"] = {
        "action": ACTIONS[line.state],
        "after_ms": None if line.ended else services.settings.poll_ms,
        "url": f"/v1/calls/{first if first.isalnum() and first.isascii() else quote(first, safe='')}/next",
    }
    return answer


class AgentOut(BaseModel):
    """An agent who is logged in; `state` is the one word that a wallboard shows."""

    agent_id: str
    group: str
    state: str
    presence: str
    reason: str
    phone: str
    since: str = Field(description="When the presence began.")
    state_since: str | None = Field(None, description="When the state began: since when they ring, talk or are free.")
    contact: str
    wants_break: str | None
    pending: dict[str, str] | None = Field(
        description="What comes when the contacts in hand are done: `state` (logged_out, break, not_ready), `reason`."
    )
    offer_id: str | None
    contacts: list[str]
    wrap_up: list[str]
    wrap_up_ends_at: str | None


def agent_out(services: Source, agent: AgentLine) -> dict[str, Any]:
    """Return how an agent stands."""
    state = agent.presence
    wish = services.live.engine.last_wish(AgentId(agent.id))
    since = instant(agent.since)
    if agent.offer is not None:
        state = "offered"
    elif agent.talks:
        state = "busy"
    elif agent.wraps:
        state = "wrap_up"
    elif agent.presence == "available" and agent.phone != "free":
        state = agent.phone
    return {
        "agent_id": agent.id,
        "group": agent.group,
        "state": state,
        "presence": agent.presence,
        "reason": agent.reason,
        "phone": agent.phone,
        "since": since,
        "state_since": since if agent.stands_since is None else instant(agent.stands_since),
        "contact": services.contact(agent.id),
        "wants_break": agent.wants_break,
        "pending": None if wish is None else {"state": wish[0], "reason": wish[1]},
        "offer_id": None if agent.offer is None else agent.offer.id,
        "contacts": list(agent.talks),
        "wrap_up": list(agent.wraps),
        "wrap_up_ends_at": instant(max(agent.wraps.values())) if agent.wraps else None,
    }


class TaskOut(BaseModel):
    """An outbound task: a callback or another promised call to a customer."""

    callback_id: str
    kind: str
    state: str
    queue: str
    tier: str
    due_at: str
    promise: str
    late: bool
    cannot_keep: bool
    attempts: int
    agent_id: str | None
    offer_id: str | None
    reached: bool
    attempted_in_time: bool | None
    reached_in_time: bool | None
    cause: str | None
    from_call: str | None
    zone: str | None = Field(
        None,
        description="In whose local time the calling window is kept; several, divided by commas, where the number "
        "leaves it open: the window is open in all of them. Null: not known, the centre's own.",
    )
    intent: str | None = None
    result: str | None = None
    """The code that the agent gave of the queue's list."""
    solved: bool | None = None


LOGGED_OUT: Final[dict[str, Any]] = {
    "group": "", "state": "logged_out", "presence": "logged_out", "reason": "", "phone": "free", "since": "",
    "state_since": None,
    "wants_break": None, "pending": None, "offer_id": None, "contacts": [], "wrap_up": [], "wrap_up_ends_at": None,
}  # fmt: skip


def agent_now(services: Source, agent_id: str) -> dict[str, Any]:
    """Return how an agent stands, logged out included."""
    line = services.board.agents.get(agent_id)
    return (
        {"agent_id": agent_id, **LOGGED_OUT, "contact": services.contact(agent_id)}
        if line is None
        else agent_out(services, line)
    )


def task_out(task: TaskLine) -> dict[str, Any]:
    """Return how an outbound task stands."""
    return {
        "callback_id": task.id,
        "kind": task.kind,
        "state": task.state,
        "queue": task.queue,
        "tier": task.tier,
        "due_at": instant(task.due_at),
        "promise": instant(task.promise),
        "late": task.late,
        "cannot_keep": task.cannot_keep,
        "attempts": task.attempts,
        "agent_id": task.agent_id,
        "offer_id": None if task.offer is None else task.offer.id,
        "reached": task.reached,
        "attempted_in_time": task.attempted_in_time,
        "reached_in_time": task.reached_in_time,
        "cause": task.cause,
        "from_call": task.from_call,
        "zone": task.zone,
        "intent": task.intent,
        "result": task.result,
        "solved": task.solved,
    }


def contact_out(row: dict[str, Any]) -> dict[str, Any]:
    """Return a contact as it is told; the tier is that of then."""
    return {
        "at": instant(row["at"]),
        "call_id": row["id"],
        "contact": row["contact"],
        **{name: row[name] for name in ("kind", "channel", "queue", "tier", "outcome")},
        "wait_s": None if row["wait_ms"] is None else row["wait_ms"] / 1000,
        "agent_id": row["agent_id"],
        "talk_s": None if row["talk_ms"] is None else row["talk_ms"] / 1000,
        "result": row["result"],
        "csat": row["csat"],
    }


def happened(events: tuple[Event, ...], call_id: str) -> bool:
    """Tell whether something happened to this call."""
    return any(getattr(event, "call_id", None) == call_id for event in events)
