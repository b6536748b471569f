"""Nobody is forgotten: what is due for review, and valuable customers who fall silent."""

from typing import Any, Final

from pydantic import BaseModel

from api.auth.audit import author
from api.customers.tiers.regrading import regrade_all
from api.customers.tiers.standings import REGRADED
from api.errors import Conflict, Invalid
from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.routes.tier_overrides import LIMIT
from api.services import Ask
from api.state.views import instant
from api.store.changes import Delete, Row
from api.store.store import Store
from callcenter.customers.life import REVIEW_EVERY
from callcenter.customers.silent import SilentRule, Trend, silent_signals
from callcenter.units import DAY, Millis

routes = router("customers")
SCOPES = ("supervisor",)
MOST: Final = 1_000_000


class ReviewsOut(BaseModel):
    """What a supervisor looks at next, the earliest first; `overdue` by now."""

    reviews: list[dict[str, Any]]


WITHIN: Plain = {
    "name": "within_days", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
    "description": "How far ahead (default 14).",
}  # fmt: skip


@operation(
    routes, "GET", "/reviews", scopes=SCOPES, answer=ReviewsOut, query=(WITHIN, LIMIT),
    says={"reviews": [{"kind": "blacklist", "id": "b91e0", "customer_key": "p3d0", "tier": "blacklisted",
                       "review_at": "2026-03-09T00:00:00.000Z", "overdue": False,
                       "then": "the entry is lifted unless it is reviewed"}]},
)  # fmt: skip
async def list_reviews(ask: Ask) -> Reply:
    """List what is due: blacklist entries, overrides that end, grades that nothing has changed for a quarter."""
    services = ask.services
    now = services.live.now()
    until = now + number_of(ask, "within_days", 14, 3_660) * DAY
    limit = max(1, number_of(ask, "limit", 500, 5_000))
    standings = services.standings
    found: list[tuple[int, str, Plain]] = []

    def due(kind: str, name: str, key: str, tier: str | None, at: int, then: str) -> None:
        if at <= until:
            line = {"kind": kind, "id": name, "customer_key": key, "tier": tier, "review_at": instant(at),
                    "overdue": at <= now, "then": then}  # fmt: skip
            found.append((at, name, line))

    for key, listed in standings.entries.items():
        then = "the entry is lifted unless it is reviewed"
        due("blacklist", listed.entry.id, key, standings.tiers.last, listed.entry.review_at, then)
    for key, override in standings.overrides.items():
        due("override", override.id, key, override.tier, override.ends, "the grade is in force again")
    for row in await services.live.find("customers", order="at", limit=limit):
        if row["tier"] is not None:
            key = str(row["key"])
            at = max(int(str(row["at"])), standings.regraded_at) + REVIEW_EVERY
            due("grade", key, key, str(row["tier"]), at, "the grade stays: grade anew, or override")
    found.sort(key=lambda one: one[:2])
    return Reply({"reviews": [line for _, _, line in found[:limit]]})


class RegradedOut(BaseModel):
    """How many rose and how many fell, of how good a figure."""

    figure: str
    promoted: int
    demoted: int


@operation(
    routes, "POST", "/tiers:regrade", scopes=SCOPES, answer=RegradedOut, fails=(409,),
    says={"figure": "revenue_12m", "promoted": 12, "demoted": 31},
)  # fmt: skip
async def regrade_customers(ask: Ask) -> Reply:
    """Let everybody's tier follow the ladder of the settings, with its hysteresis; audited, and each change told.

    Overrides and the blacklist stay in force. Who rises does so at once, who falls from the next contact.
    """
    services = ask.services
    if services.grade_step is None:
        raise Conflict("there is no ladder: set `ladder`, such as {vip = 50000, mid = 5000}")
    promoted, demoted = await regrade_all(
        services.live, services.standings, services.customers, services.grade_step, author(ask.key)
    )
    detail = f"{promoted} up, {demoted} down"
    now = services.live.now()
    await services.live.keep(
        Delete("settings", {"name": REGRADED}), Row("settings", {"name": REGRADED, "value": str(now)}),
        services.audited(ask.key, "tiers.regrade", services.grade_step.figure, detail),
    )  # fmt: skip
    services.standings.regraded_at = now
    return Reply({"figure": services.grade_step.figure, "promoted": promoted, "demoted": demoted})


FIGURES: Final = ("contacts", "contacts_before", "spending", "spending_before")


def _valuable(store: Store, chosen: list[str], since: int) -> list[tuple[str, dict[str, Any]]]:
    """Return the customers of these tiers, and those who fell out of them since: silence is why they did."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for tier in chosen:
        found |= {str(row["key"]): (tier, row) for row in store.find("customers", {"tier": tier}, None, MOST)}
    changes: Any = store.connection.execute(
        "SELECT customer_key, before FROM tier_changes WHERE at >= ? AND source IN ('grade', 'default') ORDER BY id",
        (since,),
    )
    for key, before in changes:
        if before in chosen and key not in found:
            for row in store.find("customers", {"key": key}, None, 1):
                found[key] = (before, row)
    return list(found.values())


class SilentOut(BaseModel):
    """Valuable customers with signals, the best tier first."""

    rule: dict[str, Any]
    customers: list[dict[str, Any]]


def _field(name: str, kind: str, about: str) -> Plain:
    return {"name": name, "in": "query", "required": False, "schema": {"type": kind}, "description": about}


@operation(
    routes, "GET", "/silent-customers", scopes=SCOPES, answer=SilentOut,
    query=(
        _field("tiers", "string", "Whose silence matters, divided by commas (default: the tiers above the default)."),
        _field("fall_percent", "integer", "A signal: contacts or spending down by so much (default 50)."),
        _field("days", "integer", "Calls of the last so many days against as many before (default 90)."),
        _field("least_contacts", "integer", "… of at least so many before (default 3)."),
        _field("complaint_days", "integer", "A complaint unresolved for so long (default 7)."), LIMIT,
    ),
    says={"rule": {"fall": 0.5, "days": 90, "least_contacts": 3, "complaint_days": 7, "tiers": ["vip", "mid"]},
          "customers": [{"customer_key": "p3d0", "customer_id": "C-1001", "tier": "vip",
                         "valued_as": "vip", "contacts": 1, "contacts_before": 8, "spending": 9000.0,
                         "spending_before": 9500.0, "spending_before_until": "2026-01-02T09:00:00.000Z",
                         "signals": ["contacts fell by 88 %: from 8 to 1"]}]},
)  # fmt: skip
async def list_silent_customers(ask: Ask) -> Reply:
    """List valuable customers who come less, spend less, or wait for an answer to a complaint: each with its reason."""
    services = ask.services
    now = services.live.now()
    tiers = services.standings.tiers
    better = tiers.order[: tiers.order.index(tiers.default)]
    chosen = [name.strip() for name in (ask.asked("tiers") or ",".join(better)).split(",") if name.strip()]
    unknown = [name for name in chosen if name not in tiers.order]
    if unknown:
        raise Invalid("tiers: there is no tier {unknown!r}", unknown=unknown[0][:50])
    fall = number_of(ask, "fall_percent", 50, 100)
    if fall < 1:
        raise Invalid("fall_percent: from 1 to 100")
    days = max(1, number_of(ask, "days", 90, 3_660))
    complaint_days = number_of(ask, "complaint_days", 7, 3_660)
    rule = SilentRule(
        fall / 100, number_of(ask, "least_contacts", 3, 1_000_000), complaint_after=Millis(complaint_days * DAY)
    )
    limit = max(1, number_of(ask, "limit", 500, 5_000))
    begins = now - days * DAY
    calls = await services.live.read(
        lambda store: store.count("call_details", "customer_key", begins, now + 1), apart=True
    )
    before = await services.live.read(
        lambda store: store.count("call_details", "customer_key", begins - days * DAY, begins), apart=True
    )
    complained: dict[str, Millis] = {}
    for case in services.cases.open.values():
        if case.customer_key is not None and case.complaint.unresolved:
            opened = complained.get(case.customer_key, case.complaint.opened_at)
            complained[case.customer_key] = min(opened, case.complaint.opened_at)
    found: list[tuple[int, Plain]] = []
    for tier, row in await services.live.read(lambda store: _valuable(store, chosen, begins), apart=True):
        key = str(row["key"])
        trend = Trend(
            contacts=calls.get(key, 0) if key in before else None, contacts_before=before.get(key),
            spending=row["revenue_12m"], spending_before=row["revenue_before"], complaint_since=complained.get(key),
        )  # fmt: skip
        signals = silent_signals(trend, rule, now)
        if signals:
            figures = {name: getattr(trend, name) for name in FIGURES}
            line = {
                "customer_key": key, "customer_id": row["customer_id"], "tier": row["tier"] or tiers.default,
                "valued_as": tier, "signals": signals, **figures,
                "spending_before_until": instant(row["revenue_before_at"]),
            }  # fmt: skip
            found.append((tiers.order.index(tier), line))
    found.sort(key=lambda one: (one[0], -len(one[1]["signals"])))
    said = {"fall": fall / 100, "days": days, "least_contacts": rule.least_contacts,
            "complaint_days": complaint_days, "tiers": chosen}  # fmt: skip
    return Reply({"rule": said, "customers": [line for _, line in found[:limit]]})
