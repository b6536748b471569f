"""Complaints over HTTP: a call is marked as one, answered, resolved; the customer is asked afterwards."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from api.customers.complaints.open_cases import Case
from api.errors import Invalid, NotFound
from api.http.endpoint import Plain, Reply, number_of, operation, router, word_of
from api.http.formats import In
from api.routes.calls import Name, line_of
from api.routes.customers import WhoIn
from api.routes.person import asked, found, names_one
from api.routes.tier_overrides import LIMIT, WHO_QUERY
from api.services import Ask, Services
from api.state.views import instant
from callcenter.customers import complaints as co
from callcenter.customers.complaints import ComplaintState
from callcenter.units import Millis

routes = router("complaints")
SCOPES = ("supervisor", "agent")
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class ComplaintIn(WhoIn):
    """A complaint: of the call that is marked, or of a customer."""

    call_id: Name | None = Field(None, description="The call that it was made in, live or of today.")
    grade: Name | None = Field(None, description="How grave; absent: the second of the service's grades.")
    about: Words
    queue: Name | None = Field(None, description="Whose business it is; absent: the call's queue.")


class ComplaintOut(BaseModel):
    """A complaint; `level` counts the limits it has passed, 3 at most."""

    complaint_id: str
    customer_key: str | None
    call_id: str | None
    queue: str
    tier: str
    grade: str
    about: str
    state: str
    level: int
    overdue: bool
    opened_at: str
    respond_by: str
    resolve_by: str
    responded_at: str | None
    resolved_at: str | None
    closed_at: str | None
    responded_in_time: bool | None
    resolved_in_time: bool | None
    reopened: int
    opened_by: str
    resolution: str | None
    follow_up: str | None


EXAMPLE: Plain = {
    "complaint_id": "k20d4", "customer_key": "p3d0", "call_id": "c3f2a9d1c0b4e8f7a6d5c", "queue": "hotline",
    "tier": "vip", "grade": "serious", "about": "cut off twice, money taken twice", "state": "open", "level": 0,
    "overdue": False, "opened_at": "2026-03-02T09:00:00.000Z", "respond_by": "2026-03-02T11:00:00.000Z",
    "resolve_by": "2026-03-03T09:00:00.000Z", "responded_at": None, "resolved_at": None, "closed_at": None,
    "responded_in_time": None, "resolved_in_time": None, "reopened": 0, "opened_by": "ana", "resolution": None,
    "follow_up": None,
}  # fmt: skip


def complaint_out(case: Case, now: Millis) -> Plain:
    """Return a complaint as agents and supervisors see it."""
    one = case.complaint
    instants = ("opened_at", "respond_by", "resolve_by", "responded_at", "resolved_at", "closed_at")
    return {
        "complaint_id": one.id, "customer_key": case.customer_key, "call_id": case.call_id, "queue": case.queue,
        "tier": case.tier, "grade": one.grade, "about": one.about, "state": str(one.state), "level": one.level,
        "overdue": one.overdue(now), **{name: instant(getattr(one, name)) for name in instants},
        "responded_in_time": one.responded_in_time, "resolved_in_time": one.resolved_in_time,
        "reopened": one.reopened, "opened_by": case.opened_by, "resolution": case.resolution,
        "follow_up": case.follow_up,
    }  # fmt: skip


@operation(
    routes, "POST", "/complaints", scopes=(*SCOPES, "telephony"), secret=True,
    body=ComplaintIn, answer=ComplaintOut, created=True,
    fails=(404, 409), says=EXAMPLE,
    asks={"call_id": "c3f2a9d1c0b4e8f7a6d5c", "grade": "serious", "about": "cut off twice, money taken twice"},
)  # fmt: skip
async def open_complaint(ask: Ask) -> Reply:
    """Mark a call as a complaint, or take one down without a call. Its grade sets the limits; audited."""
    wish: ComplaintIn = ask.body
    services = ask.services
    now = services.live.now()
    case = services.cases.new(*await _of(ask, wish, now), wish.grade, wish.about, ask.key)
    one = case.complaint
    said = f"{one.grade}: {case.call_id or case.customer_key}"
    row = services.audited(ask.key, "complaint.open", one.id, said, case.customer_key)
    await services.cases.begin(case, row)
    return Reply(complaint_out(case, now), 201)


async def _of(ask: Ask, wish: ComplaintIn, now: Millis) -> tuple[str | None, str | None, str, str]:
    """Return whose complaint it is: customer, call, queue, tier."""
    services = ask.services
    queues = [queue.name for queue in services.live.engine.centre.queues]
    if wish.queue is not None and wish.queue not in queues:
        raise Invalid("/queue: there is no queue {queue!r}", queue=wish.queue)
    if wish.call_id is not None:
        line = line_of(services, wish.call_id)
        return line.customer, line.id, wish.queue or line.queue, line.tier
    if not (wish.customer_id or wish.number or wish.customer_key):
        raise Invalid("/call_id: give a call_id, or whose complaint it is: customer_id, number or customer_key")
    known = await found(ask, wish)
    if known is None:
        raise NotFound("there is no such customer: give a call_id, or make the customer known")
    tier = services.standings.tier(known, now) or services.standings.tiers.default
    return known.key, None, wish.queue or services.settings.default_queue or queues[0], tier


async def case_of(services: Services, complaint_id: str) -> Case:
    """Return a complaint: an open one from memory, a closed one from the table."""
    case = services.cases.open.get(complaint_id)
    if case is not None:
        return case
    rows = await services.live.find("complaints", {"id": complaint_id}, limit=1)
    if not rows:
        raise NotFound("there is no such complaint")
    return Case.of_row(rows[0])


class NoteIn(In):
    """What was said or done."""

    note: Words


@operation(
    routes, "POST", "/complaints/{complaint_id}:respond", scopes=SCOPES, secret=True, body=NoteIn, answer=ComplaintOut,
    fails=(404, 409), asks={"note": "told her who sees to it, and until when"}, says=EXAMPLE | {"state": "responded"},
)  # fmt: skip
async def respond_to_complaint(ask: Ask) -> Reply:
    """Say that the customer has been told who sees to it; audited. The response limit is kept by that."""
    return await _step(ask, "respond", ask.body.note)


@operation(
    routes, "POST", "/complaints/{complaint_id}:resolve", scopes=SCOPES, secret=True, body=NoteIn, answer=ComplaintOut,
    fails=(404, 409), asks={"note": "refunded, line replaced"}, says=EXAMPLE | {"state": "resolved"},
)  # fmt: skip
async def resolve_complaint(ask: Ask) -> Reply:
    """Say that it is mended or explained; audited. A satisfaction call is planned, as any other outbound task.

    Not for a customer who is unknown or does not want to be called: the complaint is then closed at once.
    """
    return await _step(ask, "resolve", ask.body.note)


@operation(
    routes, "POST", "/complaints/{complaint_id}:reopen", scopes=SCOPES, secret=True, body=NoteIn, answer=ComplaintOut,
    fails=(404, 409), asks={"note": "it happened again"}, says=EXAMPLE | {"level": 1, "reopened": 1},
)  # fmt: skip
async def reopen_complaint(ask: Ask) -> Reply:
    """Say that it is not resolved after all: its limits run anew, one level up; audited."""
    return await _step(ask, "reopen", ask.body.note)


@operation(
    routes, "POST", "/complaints/{complaint_id}:withdraw", scopes=("supervisor",), secret=True,
    body=NoteIn, answer=ComplaintOut,
    fails=(404, 409), asks={"note": "meant for another company"}, says=EXAMPLE | {"state": "withdrawn"},
)  # fmt: skip
async def withdraw_complaint(ask: Ask) -> Reply:
    """Take a complaint back: it was none; audited."""
    return await _step(ask, "withdraw", ask.body.note)


async def _step(ask: Ask, step: str, note: str) -> Reply:
    services = ask.services
    async with services.standings.lock:
        case = await case_of(services, ask.path("complaint_id"))
        now = services.live.now()
        # A limit that passed before this is passed, even if nobody had looked yet.
        complaint = co.escalated(case.complaint, now)
        row = services.audited(ask.key, f"complaint.{step}", complaint.id, note, case.customer_key)
        if step == "resolve":
            case = case.with_(co.resolved(complaint, now), resolution=note)
            known = None if case.customer_key is None else await services.customers.of_key(case.customer_key)
            customer = await services.customers.behind(case.customer_key)
            willing = customer is not None and customer.consent is not False
            await services.cases.follow(case, known if willing else None, now, row)
        elif step == "reopen":
            await services.cases.reopen(case, now, row)
        else:
            after = {"respond": co.responded, "withdraw": co.withdrawn}[step](complaint, now)
            await services.cases.keep(case.with_(after), row)
    return Reply(complaint_out(await case_of(services, complaint.id), now))


class ComplaintsOut(BaseModel):
    """Complaints, the highest level first; and the grades that there are, the gravest first."""

    complaints: list[ComplaintOut]
    grades: list[str]


def _flag(name: str, about: str) -> Plain:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": about}


@operation(
    routes, "GET", "/complaints", scopes=SCOPES, answer=ComplaintsOut, fails=(404,),
    says={"complaints": [EXAMPLE], "grades": ["serious"]},
    query=(
        *WHO_QUERY,
        _flag("state", "One state, or `unresolved` (the default; of one customer: `all`) or `all`."),
        _flag("grade", "One grade."), _flag("overdue", "`true`: only those past a limit."), LIMIT,
    ),
)  # fmt: skip
async def list_complaints(ask: Ask) -> Reply:
    """List complaints: by default those that somebody still has to do something about; or all of one customer."""
    live, now = ask.services.live, ask.services.live.now()
    grades = list(ask.services.cases.grades)
    state = word_of(ask, "state", ("unresolved", "all", *ComplaintState))
    overdue = word_of(ask, "overdue", ("true", "false")) == "true"
    limit = max(1, number_of(ask, "limit", 500, 5_000))
    where: dict[str, Any] = {"customer_key": (await asked(ask)).key} if names_one(ask) else {}
    if state is None:
        state = "all" if where else "unresolved"
    grade = ask.asked("grade")
    if grade and not await live.find("complaints", {"grade": grade}, limit=1):  # a grade of before has complaints still
        word_of(ask, "grade", grades)
    if grade:
        where["grade"] = grade
    if state not in ("unresolved", "all"):
        where["state"] = state
    if overdue or state == "unresolved":  # who is past a limit is unresolved
        chosen = [
            case
            for case in ask.services.cases.open.values()
            if (case.complaint.overdue(now) if overdue else case.complaint.unresolved)
            and where.items() <= case.row().items()
        ]
        chosen.sort(key=lambda case: (-case.complaint.level, case.complaint.resolve_by, case.complaint.id))
    else:
        chosen = [Case.of_row(row) for row in await live.find("complaints", where, order="-at", limit=limit)]
    return Reply({"complaints": [complaint_out(case, now) for case in chosen[:limit]], "grades": grades})


@operation(
    routes, "GET", "/complaints/{complaint_id}", scopes=SCOPES, answer=ComplaintOut, fails=(404,), says=EXAMPLE,
)  # fmt: skip
async def get_complaint(ask: Ask) -> Reply:
    """Tell how a complaint stands."""
    return Reply(complaint_out(await case_of(ask.services, ask.path("complaint_id")), ask.services.live.now()))
