"""A customer's tier: which is in force and why, a person's word on it for a while, and how it has changed."""

from typing import Any

from pydantic import BaseModel, Field

from api.auth.audit import author
from api.customers.directory.record import Known
from api.errors import NotFound
from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.http.formats import In, Instant
from api.http.instants import moment
from api.ids import new_id
from api.routes.calls import Name
from api.routes.customers import WhoIn
from api.routes.person import asked, meant, names_one
from api.services import Ask
from api.state.views import instant
from api.store.changes import Row, Update
from callcenter.customers.life import REVIEW_EVERY, Grade, Override, check_override
from callcenter.units import Millis

routes = router("customers")
SCOPES = ("supervisor",)
WHO_QUERY: tuple[Plain, ...] = tuple(
    {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
    for name in ("customer_id", "number", "customer_key")
)
LIMIT: Plain = {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0}}


class OverrideIn(WhoIn):
    """A person's word on a customer's tier."""

    tier: Name
    reason: str = Field(max_length=500)
    until: Instant = Field(description="RFC 3339, or milliseconds since 1970; a year away at most.")


class OverrideOut(BaseModel):
    """An override."""

    override_id: str
    customer_key: str
    tier: str
    reason: str
    author: str
    begins: str
    ends: str
    ended_at: str | None
    ended_by: str | None
    ended_why: str | None


EXAMPLE: Plain = {
    "override_id": "o77c1", "customer_key": "p3d0", "tier": "vip", "reason": "won the summer prize",
    "author": "anna", "begins": "2026-03-02T09:00:00.000Z", "ends": "2026-04-01T00:00:00.000Z",
    "ended_at": None, "ended_by": None, "ended_why": None,
}  # fmt: skip


def _out(row: dict[str, Any]) -> Plain:
    at = {name: instant(row[name]) for name in ("begins", "ends", "ended_at")}
    names = ("customer_key", "tier", "reason", "author", "ended_by", "ended_why")
    return {"override_id": row["id"], **{name: row[name] for name in names}, **at}


@operation(
    routes, "POST", "/overrides", scopes=SCOPES, secret=True,
    body=OverrideIn, answer=OverrideOut, created=True, fails=(404, 409),
    asks={"customer_id": "C-1001", "tier": "vip", "reason": "won the summer prize", "until": "2026-04-01T00:00:00Z"},
    says=EXAMPLE,
)  # fmt: skip
async def create_override(ask: Ask) -> Reply:
    """Put a customer in a tier for a while, whatever their grade; audited. One that is in force ends.

    A better tier acts at once, also on a call that waits; another one from the next contact.
    """
    wish: OverrideIn = ask.body
    services = ask.services
    standings = services.standings
    async with standings.lock:
        known = await meant(ask, wish)
        now = services.live.now()
        ends = moment(wish.until, "until")
        assert ends is not None, "required"
        override = Override(new_id("o"), wish.tier, wish.reason, author(ask.key), now, ends)
        check_override(override, standings.tiers, now)
        values = {
            "id": override.id, "customer_key": known.key, "tier": override.tier, "reason": override.reason,
            "author": override.author, "begins": now, "ends": ends, "ended_at": None, "ended_by": None,
            "ended_why": None, "at": now,
        }  # fmt: skip
        rows = [
            *_end(standings.overrides.get(known.key), now, override.author, f"replaced by {override.id}"),
            Row("tier_overrides", values),
            services.audited(ask.key, "override.create", override.id, f"{override.tier}: {override.reason}", known.key),
        ]
        listed = standings.entries.get(known.key)
        await standings.decide(known, now, override.author, rows, override=override, listed=listed)
    return Reply(_out(values), 201)


def _end(override: Override | None, now: Millis, by: str, why: str) -> list[Update]:
    if override is None:
        return []
    values = {"ended_at": min(now, override.ends), "ended_by": by, "ended_why": why}
    return [Update("tier_overrides", values, {"id": override.id})]


class WithdrawnIn(In):
    """Why."""

    reason: str = Field(min_length=1, max_length=500)


@operation(
    routes, "POST", "/overrides/{override_id}:withdraw", scopes=SCOPES, secret=True,
    body=WithdrawnIn, answer=OverrideOut,
    fails=(404, 409), asks={"reason": "a mistake"},
    says=EXAMPLE | {"ended_at": "2026-03-03T09:00:00.000Z", "ended_by": "anna", "ended_why": "a mistake"},
)  # fmt: skip
async def withdraw_override(ask: Ask) -> Reply:
    """End an override now; audited. A customer who thereby falls does so from the next contact."""
    services = ask.services
    standings = services.standings
    async with standings.lock:
        override_id = ask.path("override_id")
        key = next((key for key, one in standings.overrides.items() if one.id == override_id), None)
        known = None if key is None else await services.customers.of_key(key)
        if known is None:
            raise NotFound("there is no such override in force")
        now = services.live.now()
        by = author(ask.key)
        rows = [
            *_end(standings.overrides[known.key], now, by, ask.body.reason),
            services.audited(ask.key, "override.withdraw", override_id, ask.body.reason, known.key),
        ]
        listed = standings.entries.get(known.key)
        await standings.decide(known, now, by, rows, override=None, listed=listed)
    [row] = await services.live.find("tier_overrides", {"id": override_id}, limit=1)
    return Reply(_out(row))


class OverridesOut(BaseModel):
    """Overrides: those in force, the one that ends next first; of one customer all, the newest first."""

    overrides: list[OverrideOut]


@operation(
    routes, "GET", "/overrides", scopes=SCOPES, answer=OverridesOut, fails=(404,), query=WHO_QUERY,
    says={"overrides": [EXAMPLE]},
)  # fmt: skip
async def list_overrides(ask: Ask) -> Reply:
    """List the overrides in force, or all that one customer has had."""
    if names_one(ask):
        where = {"customer_key": (await asked(ask)).key}
        rows = await ask.services.live.find("tier_overrides", where, order="-begins", limit=1_000)
        return Reply({"overrides": [_out(row) for row in rows]})
    rows = await ask.services.live.find("tier_overrides", {"ended_at": None}, order="ends", limit=10_000)
    return Reply({"overrides": [_out(row) for row in rows]})


# --- how a customer stands


class StandingOut(BaseModel):
    """The tier in force, on what it rests, and what the customer may be told."""

    customer_key: str
    tier: str
    source: str
    why: str
    until: str | None
    grade: str | None
    grade_why: str | None
    graded_at: str | None
    review_at: str | None
    protected: bool
    override_id: str | None
    entry_id: str | None
    complaints: list[str]


async def graded(ask: Ask, known: Known) -> tuple[dict[str, Any], Grade | None]:
    """Return a customer's row in the directory, and what it says of the grade."""
    rows = await ask.services.live.find("customers", {"key": known.key}, limit=1)
    if not rows:
        raise NotFound("there is no such customer")
    row: dict[str, Any] = rows[0]
    if row["tier"] is None:
        return row, None
    row["at"] = max(row["at"], ask.services.standings.regraded_at)
    return row, Grade(row["tier"], row["why"] or "the directory says so", Millis(row["at"] + REVIEW_EVERY))


@operation(
    routes, "GET", "/standing", scopes=(*SCOPES, "agent"), answer=StandingOut, fails=(404,), query=WHO_QUERY,
    says={"customer_key": "p3d0", "tier": "vip", "source": "override",
          "why": "vip by override of anna: won the summer prize (29 days left)",
          "until": "2026-04-01T00:00:00.000Z", "grade": "gold", "grade_why": "revenue 8,200: in the first 5 %",
          "graded_at": "2026-02-27T02:00:00.000Z", "review_at": "2026-05-28T02:00:00.000Z", "protected": False,
          "override_id": "o77c1", "entry_id": None, "complaints": []},
)  # fmt: skip
async def get_standing(ask: Ask) -> Reply:
    """Tell which tier a customer is in now, and why: override before blacklist before grade before default."""
    known = await asked(ask)
    standings = ask.services.standings
    row, grade = await graded(ask, known)
    now = ask.services.live.now()
    standing = standings.of(known, now, grade)
    override, listed = standings.overrides.get(known.key), standings.entries.get(known.key)
    return Reply(
        {
            "customer_key": known.key, "tier": standing.tier, "source": str(standing.source), "why": standing.why,
            "until": instant(standing.until), "grade": row["grade"], "grade_why": row["why"],
            "graded_at": None if grade is None else instant(row["at"]),
            "review_at": None if grade is None else instant(grade.review_at), "protected": bool(known.protected),
            "override_id": None if override is None else override.id,
            "entry_id": None if listed is None else listed.entry.id,
            "complaints": [case.complaint.id for case in ask.services.cases.of_customer(known.key)],
        }
    )  # fmt: skip


class TierChangesOut(BaseModel):
    """Promotions and demotions, the newest first."""

    changes: list[dict[str, Any]]


@operation(
    routes, "GET", "/tier-changes", scopes=SCOPES, answer=TierChangesOut, fails=(404,), query=(*WHO_QUERY, LIMIT),
    says={"changes": [{"at": "2026-03-02T09:00:00.000Z", "customer_key": "p3d0", "before": "mid", "after": "vip",
                       "promotion": True, "source": "override", "by": "anna",
                       "why": "vip by override of anna: won the summer prize (29 days left)"}]},
)  # fmt: skip
async def list_tier_changes(ask: Ask) -> Reply:
    """List how tiers have changed: of one customer, or of everybody."""
    limit = max(1, number_of(ask, "limit", 200, 5_000))
    where = {"customer_key": (await asked(ask)).key} if names_one(ask) else None
    tiers = ask.services.standings.tiers
    found = []
    for row in await ask.services.live.find("tier_changes", where, order="-id", limit=limit):
        before, after = str(row["before"]), str(row["after"])
        both = before in tiers.order and after in tiers.order
        names = ("customer_key", "before", "after", "source", "why", "by")
        promotion = tiers.is_promotion(before, after) if both else None
        found.append({"at": instant(int(str(row["at"]))), "promotion": promotion} | {n: row[n] for n in names})
    return Reply({"changes": found})
