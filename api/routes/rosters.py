"""Rosters over HTTP: planned in a process of their own, kept, changed by hand, and each person's calendar."""

import json
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field
from starlette.responses import Response

from api.auth.audit import audit_row, principal
from api.auth.keys import hashed
from api.errors import Conflict, Invalid, NotFound
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, NotBool
from api.ids import new_id, new_secret
from api.jobs.jobs import MOST_KEPT, Failed, Job
from api.routes.plans import ROSTER, kept_row, rows_of
from api.routes.simulations import EXAMPLE, BaseIn, SimulationOut, base_of, jobs_of
from api.routes.simulations import shown as shown_job
from api.services import Ask
from api.state.views import instant
from api.store.changes import Delete, Row, Update
from callcenter.errors import BadInput
from callcenter.language.said import text_of

routes = router("rosters")
SCOPES: Final = ("supervisor",)
MOST_LINKS: Final = 10_000
PersonName = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]


class RosterIn(BaseIn):
    """What is to be covered, and by whom: a scenario with shift types, and people as in a file of people (YAML)."""

    people: str | None = Field(None, max_length=200_000, description="The text of a file of people.")


class MoveIn(In):
    """What becomes of one line: other times, another date, another person, or nothing."""

    line: Annotated[int, Field(ge=1), NotBool]
    by_minutes: Annotated[int, Field(ge=-1440, le=1440), NotBool] = Field(0, description="Later; earlier below 0.")
    date: str | None = Field(None, pattern=r"^\d{4}-\d\d-\d\d$")
    person: PersonName | None = None
    remove: bool = False


class LinkIn(In):
    """Whose shifts."""

    person: PersonName


RosterIn.model_config["str_max_length"] = 200_000
RosterIn.model_rebuild(force=True)


class RosterOut(BaseModel):
    """A roster that is kept: lines, coverage by half hour, rules that are broken, cost, and its last simulation."""

    id: str
    name: str
    at: str
    by: str
    base: str
    has_people: bool
    roster: dict[str, Any] | None
    change: dict[str, float] | None


class RostersOut(BaseModel):
    """Rosters that are kept, the newest first, without their lines."""

    rosters: list[RosterOut]


class LinkOut(BaseModel):
    """A secret address: whoever has it sees this person's shifts. It is shown once, and kept as a hash."""

    person: str
    path: str


class CalendarOut(BaseModel):
    """A calendar (iCalendar)."""


SAYS: Plain = {
    "id": "p4c1", "name": "first week of March", "at": "2026-03-02T09:00:00.000Z", "by": "key:1f3a9c02",
    "base": "telecom-hotline", "has_people": False, "roster": None, "change": None,
}  # fmt: skip
FIGURES: Final = ("cost", "paid_hours", "under_hours", "over_hours")


def shown(row: Plain, roster: Plain | None, change: Plain | None = None) -> Plain:
    """Return what is told of a roster."""
    asked = json.loads(row["asked"])
    return {
        "id": row["id"],
        "name": row["name"],
        "at": instant(row["at"]),
        "by": row["principal"],
        "base": asked["name"].removesuffix(".yaml"),
        "has_people": bool(asked.get("people")),
        "roster": roster,
        "change": change,
    }


@operation(
    routes, "POST", "/rosters:plan", scopes=SCOPES, body=RosterIn, answer=SimulationOut, created=True, fails=(409,),
    asks={"scenario": "telecom-hotline"}, says=EXAMPLE | {"kind": "roster"},
)  # fmt: skip
async def plan_roster(ask: Ask) -> Reply:
    """Plan shifts that cover the need at least cost, give them to people, and simulate them: a job like a simulation.

    `GET /v1/simulations/{id}` tells how far it is; `:keep` makes it a roster that can be changed by hand.
    """
    wish: RosterIn = ask.body
    jobs = jobs_of(ask)
    if sum(not job.is_over for job in jobs.jobs.values()) >= MOST_KEPT:
        raise Conflict("too many simulations wait: cancel some")
    asked = base_of(wish) | {"kind": "roster", "replications": None, "seed": None, "people": wish.people}
    job = Job(new_id("s"), "roster", asked, ask.now, ask.key)
    jobs.start(job)
    return Reply(shown_job(job, ask.language), 201)


@operation(routes, "GET", "/rosters", scopes=SCOPES, answer=RostersOut, says={"rosters": [SAYS]})
async def list_rosters(ask: Ask) -> Reply:
    """List the rosters that are kept."""
    return Reply({"rosters": [shown(row, None) for row in await rows_of(ask, ROSTER)]})


@operation(routes, "GET", "/rosters/{kept_id}", scopes=SCOPES, answer=RosterOut, fails=(404,), says=SAYS)
async def get_roster(ask: Ask) -> Reply:
    """Show a roster."""
    row = await kept_row(ask, ROSTER)
    return Reply(shown(row, json.loads(row["body"])))


@operation(
    routes, "POST", "/rosters/{kept_id}:move", scopes=SCOPES, body=MoveIn, answer=RosterOut, fails=(404, 409),
    asks={"line": 7, "by_minutes": 30}, says=SAYS,
)  # fmt: skip
async def move_line(ask: Ask) -> Reply:
    """Move a line of a roster by hand: what it does to coverage, rules and cost; `change` is the difference.

    A rule that is broken is told, and hinders nothing: it is the supervisor's roster.
    """
    row = await kept_row(ask, ROSTER)
    before = json.loads(row["body"])
    after = json.loads(
        await _quick(ask, row, {"lines": before["lines"], "move": ask.body.model_dump()}, "roster moved")
    )
    after |= {key: before[key] for key in ("unmet", "open", "simulated") if key in before}
    after["simulated_before"] = True
    await _store(ask, row, after)
    return Reply(shown(row, after, {name: after[name] - before[name] for name in FIGURES}))


@operation(routes, "POST", "/rosters/{kept_id}:simulate", scopes=SCOPES, answer=RosterOut, fails=(404, 409), says=SAYS)
async def simulate_roster(ask: Ask) -> Reply:
    """Simulate a roster as it is now: service levels and heads by half hour."""
    row = await kept_row(ask, ROSTER)
    roster = json.loads(row["body"])
    roster["simulated"] = json.loads(await _quick(ask, row, {"lines": roster["lines"]}, "roster lived"))
    roster["simulated_before"] = False
    await _store(ask, row, roster)
    return Reply(shown(row, roster))


@operation(routes, "POST", "/rosters/{kept_id}:forget", scopes=SCOPES, answer=RosterOut, fails=(404,), says=SAYS)
async def forget_roster(ask: Ask) -> Reply:
    """Remove a roster; calendars that told of it tell of the newest one that is left."""
    row = await kept_row(ask, ROSTER)
    await ask.services.live.keep(Delete("plans", {"id": row["id"]}))
    return Reply(shown(row, None))


async def _quick(ask: Ask, row: Plain, more: Plain, kind: str) -> str:
    try:
        return await jobs_of(ask).quick(json.loads(row["asked"]) | more | {"kind": kind})
    except BadInput as wrong:
        raise Invalid(text_of(wrong)) from None
    except Failed as wrong:
        raise Conflict(text_of(wrong)) from None


async def _store(ask: Ask, row: Plain, roster: Plain) -> None:
    """Keep a roster, unless somebody else has changed it meanwhile.

    Raises:
        Conflict: they have.
    """
    newest = await ask.services.live.find("plans", {"id": row["id"], "kind": ROSTER}, limit=1)
    if not newest or newest[0]["body"] != row["body"]:
        raise Conflict("somebody else has changed this roster meanwhile: look at it anew")
    await ask.services.live.keep(Update("plans", {"body": json.dumps(roster)}, {"id": row["id"]}))


# --- calendars


@operation(
    routes, "POST", "/calendar-links", scopes=SCOPES, body=LinkIn, answer=LinkOut, created=True, fails=(409,),
    asks={"person": "Ana"}, says={"person": "Ana", "path": "/v1/calendars/…"}, secret=True,
)  # fmt: skip
async def make_calendar_link(ask: Ask) -> Reply:
    """Make the address of somebody's calendar, in place of any before: a secret, shown once. Audited."""
    person = ask.body.person
    live = ask.services.live
    if len(await live.find("calendar_links", limit=MOST_LINKS)) >= MOST_LINKS:
        raise Conflict("there are {n:,} links already", n=MOST_LINKS)
    secret = new_secret()
    values = {"id": hashed(secret), "person": person, "at": ask.now, "principal": principal(ask.key)}
    await live.keep(
        Delete("calendar_links", {"person": person}),
        Row("calendar_links", values),
        audit_row(ask.now, principal(ask.key), "calendar.link", person, None),
    )
    return Reply({"person": person, "path": f"/v1/calendars/{secret}"}, 201)


@operation(
    routes, "GET", "/calendars/{secret}", scopes=(), answer=CalendarOut, fails=(404, 409), files=("text/calendar",)
)
async def get_calendar(ask: Ask) -> Response:
    """Give a person's shifts as a calendar (iCalendar) to whoever has the secret address: the newest roster's."""
    live = ask.services.live
    links = await live.find("calendar_links", {"id": hashed(ask.path("secret"))}, limit=1)
    if not links:
        raise NotFound("there is no such calendar (any more)")
    person = str(links[0]["person"])
    for row in await rows_of(ask, ROSTER):
        for found in await live.find("plans", {"id": row["id"]}, limit=1):
            roster = json.loads(str(found["body"]))
            lines = [line for line in roster["lines"] if line["person"] == person]
            if lines:
                return await _calendar(ask, lines, roster["zone"], person)
    return await _calendar(ask, [], "UTC", person)


async def _calendar(ask: Ask, lines: list[Plain], zone: str, person: str) -> Response:
    wish = {"kind": "calendar", "lines": lines, "zone": zone, "name": person}
    try:
        found = json.loads(await jobs_of(ask).quick(wish))
    except (BadInput, Failed) as wrong:
        raise Conflict(text_of(wrong)) from None
    named = {"Content-Disposition": 'inline; filename="shifts.ics"', "Cache-Control": "private, max-age=300"}
    return Response(found["text"].encode(), media_type="text/calendar; charset=utf-8", headers=named)
