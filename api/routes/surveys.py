"""Surveys over HTTP: what customers say who are asked, by call or by a satisfaction call; and the figures per tier."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from api.auth.audit import author
from api.errors import Conflict, Invalid
from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.http.formats import In, NotBool
from api.http.instants import moment
from api.ids import new_id
from api.routes.calls import Name, line_of
from api.routes.complaints import case_of
from api.routes.person import asked, names_one
from api.routes.tier_overrides import LIMIT, WHO_QUERY
from api.services import Ask
from api.state.records import CallLine
from api.state.views import instant
from api.store.changes import Change, Row, Update
from callcenter.customers.complaints import ComplaintState
from callcenter.customers.satisfaction import Answers, ContactCounts
from callcenter.errors import UnknownTask
from callcenter.language.said import said
from callcenter.units import DAY, Millis

routes = router("complaints")
SPAN: Final = 90 * DAY
"""So far back the figures go unless asked otherwise."""
REPLACED_WITHIN: Final = DAY
"""A customer may change their mind so long."""
MOST: Final = 200_000


class SurveyIn(In):
    """One customer's answers; at least one. Name the call, the satisfaction call or the complaint that it is about."""

    call_id: Name | None = None
    callback_id: Name | None = Field(None, description="The satisfaction call.")
    complaint_id: Name | None = None
    csat: Annotated[int, Field(ge=1, le=5), NotBool] | None = Field(None, description="How satisfied: 1 to 5.")
    nps: Annotated[int, Field(ge=0, le=10), NotBool] | None = Field(
        None, description="Would you recommend us: 0 to 10."
    )
    solved: bool | None = Field(None, description="Was it solved at once? No to a complaint's opens it again.")
    comment: str | None = Field(None, max_length=2_000)


class AnswersOut(BaseModel):
    """What a customer answered."""

    survey_id: str
    at: str
    tier: str
    queue: str | None
    csat: int | None
    nps: int | None
    solved: bool | None


class SurveyOut(AnswersOut):
    """What is kept of it."""

    complaint_id: str | None
    reopened: bool


@operation(
    routes, "POST", "/surveys", scopes=("agent", "supervisor", "telephony"), body=SurveyIn, answer=SurveyOut,
    created=True, fails=(404, 409), asks={"callback_id": "t5b1c", "csat": 4, "nps": 9, "solved": True},
    says={"survey_id": "v4e1", "at": "2026-03-04T10:00:00.000Z", "tier": "vip", "queue": "hotline", "csat": 4,
          "nps": 9, "solved": True, "complaint_id": "k20d4", "reopened": False},
)  # fmt: skip
async def record_survey(ask: Ask) -> Reply:
    """Record what a customer said: by keypad after a call, or to the agent who asked.

    Once for a call, a satisfaction call or a complaint: what comes within a day replaces it, later it is 409. Only for
    calls that were answered.
    """
    wish: SurveyIn = ask.body
    if wish.csat is None and wish.nps is None and wish.solved is None:
        raise Invalid("/csat: record an answer: csat, nps or solved")
    services = ask.services
    async with services.standings.lock:
        row = await _about(ask, wish)
        case = None if row["complaint_id"] is None else await case_of(services, row["complaint_id"])
        again = wish.solved is False and case is not None and case.complaint.state in _ASKED
        now = services.live.now()
        row |= {
            "id": new_id("v"), "at": now, "csat": wish.csat, "nps": wish.nps,
            "solved": None if wish.solved is None else int(wish.solved), "comment": wish.comment,
            "by": author(ask.key),
        }  # fmt: skip
        before = await _before(ask, row)
        change: Change = Row("surveys", row)
        if before is not None:
            if now - before["at"] > REPLACED_WITHIN:
                raise Conflict("the answers of this customer are recorded, more than a day ago: they stay as they are")
            row["id"] = before["id"]
            change = Update("surveys", {name: row[name] for name in _SAID}, {"id": row["id"]})
        if again and case is not None:
            why = "the customer says it is not solved"
            audited = services.audited(ask.key, "complaint.reopen", case.complaint.id, why, case.customer_key)
            await services.cases.reopen(case, now, change, audited)
        else:
            await services.live.keep(change)
    if before is None:
        services.customer_figures.survey(row["tier"], wish.csat, wish.nps)
    names = ("tier", "queue", "csat", "nps", "complaint_id")
    said = {name: row[name] for name in names}
    return Reply({"survey_id": row["id"], "at": instant(now), **said, "solved": wish.solved, "reopened": again}, 201)


_SAID: Final = ("at", "csat", "nps", "solved", "comment", "by")


async def _before(ask: Ask, row: Plain) -> Plain | None:
    """Return what is recorded about the same call, satisfaction call or complaint."""
    for name in ("task_id", "call_id", "complaint_id"):
        if row[name] is not None:
            where = {name: row[name]} | ({"task_id": None, "call_id": None} if name == "complaint_id" else {})
            found = await ask.services.live.find("surveys", where, order="-at", limit=1)
            return found[0] if found else None
    return None


_ASKED: Final = (ComplaintState.RESOLVED, ComplaintState.CLOSED)


async def _about(ask: Ask, wish: SurveyIn) -> Plain:
    """Return whose answers they are, and about what: tier and queue as they were."""
    services = ask.services
    complaint_id, task_id, call_id = wish.complaint_id, wish.callback_id, wish.call_id
    customer: str | None
    if task_id is not None:
        task = services.board.tasks.get(task_id)
        if task is None:
            raise UnknownTask(said("there is no callback {task_id}", task_id=task_id), task_id=task_id)
        complaint_id = complaint_id or services.cases.of_task.get(task_id) or await _asked_by(ask, task_id)
        customer, queue, tier = task.customer, task.queue, task.tier
    elif call_id is not None:
        line = line_of(services, call_id)
        if not any(_answered(segment) for segment in services.board.segments(call_id)):
            raise Conflict("call {call_id} was not answered: there is nothing to be asked about", call_id=call_id)
        call_id = line.contact
        customer, queue, tier = line.customer, line.queue, line.tier
    elif complaint_id is not None:
        case = await case_of(services, complaint_id)
        customer, queue, tier = case.customer_key, case.queue, case.tier
    else:
        raise Invalid("/call_id: name the call, the callback or the complaint that it is about")
    return {
        "customer_key": customer, "queue": queue, "tier": tier, "call_id": call_id, "task_id": task_id,
        "complaint_id": complaint_id,
    }  # fmt: skip


def _answered(line: CallLine) -> bool:
    """Tell whether somebody talked with the caller."""
    return line.state in ("connected", "completed") or (line.state == "failed" and line.agent_id is not None)


async def _asked_by(ask: Ask, task_id: str) -> str | None:
    """Return the complaint that a satisfaction call was about, once it is closed."""
    rows = await ask.services.live.find("complaints", {"follow_up": task_id}, limit=1)
    return str(rows[0]["id"]) if rows else None


class SaidOut(AnswersOut):
    """What a customer said, and about what."""

    comment: str | None
    call_id: str | None
    callback_id: str | None
    complaint_id: str | None
    by: str


class SurveysOut(BaseModel):
    """What was said, the newest first."""

    surveys: list[SaidOut]


@operation(
    routes, "GET", "/surveys", scopes=("supervisor",), answer=SurveysOut, fails=(404,), query=(*WHO_QUERY, LIMIT),
    says={"surveys": [{"survey_id": "v4e1", "at": "2026-03-04T10:00:00.000Z", "tier": "vip", "queue": "hotline",
                       "csat": 4, "nps": 9, "solved": True, "comment": None, "call_id": None, "callback_id": "t5b1c",
                       "complaint_id": "k20d4", "by": "ana"}]},
)  # fmt: skip
async def list_surveys(ask: Ask) -> Reply:
    """List what customers said who were asked: of one customer, or of everybody."""
    limit = max(1, number_of(ask, "limit", 100, 1_000))
    where = {"customer_key": (await asked(ask)).key} if names_one(ask) else None
    rows = await ask.services.live.find("surveys", where, order="-at", limit=limit)
    names = ("tier", "queue", "csat", "nps", "complaint_id", "call_id", "comment", "by")
    return Reply(
        {
            "surveys": [
                {
                    "survey_id": row["id"], "at": instant(int(str(row["at"]))), "callback_id": row["task_id"],
                    "solved": None if row["solved"] is None else bool(row["solved"]),
                    **{name: row[name] for name in names},
                }
                for row in rows
            ]
        }
    )  # fmt: skip


# --- the figures


class SatisfactionOut(BaseModel):
    """Figures per tier, and over all; what nothing is known of is null."""

    since: str
    formulas: dict[str, str]
    tiers: dict[str, dict[str, Any]]
    overall: dict[str, Any]


FORMULAS: Final = {
    "csat": "answers of 4 or 5 / answers of 1 to 5",
    "nps": "100 x (answers of 9 or 10 - answers of 0 to 6) / answers of 0 to 10",
    "repeat_rate": "contacts within 24 h of one before, same customer and queue / contacts of known customers",
    "fcr": "answered contacts without another within 24 h, same customer and queue / answered contacts 24 h old",
    "solved": "customers who say that it was solved at once / customers asked",
    "complaints_in_time": "complaints resolved within their limit / complaints resolved",
}
EXAMPLE: Final[Plain] = {
    "surveys": 40, "csat": 0.8, "csat_mean": 4.1, "nps": 25.0, "solved": 0.9, "contacts": 310, "repeats": 22,
    "repeat_rate": 0.071, "fcr": 0.91, "complaints": 3, "complaints_unresolved": 1, "complaints_in_time": 1.0,
}  # fmt: skip


@operation(
    routes, "GET", "/satisfaction", scopes=("supervisor",), answer=SatisfactionOut,
    query=({"name": "since", "in": "query", "required": False, "schema": {"type": "string"},
            "description": "RFC 3339 or milliseconds since 1970 (default: 90 days ago)."},),
    says={"since": "2025-12-02T09:00:00.000Z", "formulas": FORMULAS, "tiers": {"vip": EXAMPLE}, "overall": EXAMPLE},
)  # fmt: skip
async def get_satisfaction(ask: Ask) -> Reply:
    """Tell how satisfied each tier is: CSAT, NPS, complaints in time; repeats and first contacts of the week."""
    services = ask.services
    now = services.live.now()
    since = moment(ask.asked("since"), "since") if ask.asked("since") else Millis(max(0, now - SPAN))
    assert since is not None, "given or chosen"
    tiers = [tier.name for tier in services.live.engine.centre.tiers]
    sums = {name: _Sum() for name in tiers}
    for row in await services.live.find("surveys", order="-at", limit=MOST):
        if int(str(row["at"])) < since:
            break
        sums.setdefault(str(row["tier"]), _Sum()).survey(row)
    for row in await services.live.find("complaints", order="-at", limit=MOST):
        if int(str(row["at"])) < since:
            break
        sums.setdefault(str(row["tier"]), _Sum()).complaint(row)
    for name, counts in services.projections.contacts.counts(now).items():
        sums.setdefault(name, _Sum()).add_contacts(counts)
    overall = _Sum()
    for one in sums.values():
        overall.add(one)
    told = {name: one.out() for name, one in sums.items()}
    return Reply({"since": instant(since), "formulas": FORMULAS, "tiers": told, "overall": overall.out()})


class _Sum:
    """One tier's figures, added up."""

    def __init__(self) -> None:
        self.answers = Answers()
        self.contacts = ContactCounts()
        self.surveys = self.complaints = self.unresolved = self.resolved = self.in_time = 0

    def survey(self, row: dict[str, Any]) -> None:
        self.surveys += 1
        self.answers.add(row["csat"], row["nps"], None if row["solved"] is None else bool(row["solved"]))

    def complaint(self, row: dict[str, Any]) -> None:
        self.complaints += 1
        self.unresolved += row["state"] in ("open", "responded")
        if row["resolved_at"] is not None:
            self.resolved += 1
            self.in_time += row["resolved_at"] <= row["resolve_by"]

    def add_contacts(self, counts: ContactCounts) -> None:
        self.contacts.add(counts)

    def add(self, other: "_Sum") -> None:
        self.answers.add_all(other.answers)
        self.contacts.add(other.contacts)
        for name in ("surveys", "complaints", "unresolved", "resolved", "in_time"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def out(self) -> Plain:
        answers, contacts = self.answers, self.contacts
        return {
            "surveys": self.surveys, "csat": answers.csat_share, "csat_mean": answers.csat_mean,
            "nps": answers.nps_score, "solved": answers.solved_share, "contacts": contacts.contacts,
            "repeats": contacts.repeats, "repeat_rate": contacts.repeat_rate, "fcr": contacts.fcr,
            "complaints": self.complaints, "complaints_unresolved": self.unresolved,
            "complaints_in_time": self.in_time / self.resolved if self.resolved else None,
        }  # fmt: skip
