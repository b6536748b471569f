"""The blacklist over HTTP: proposed, approved, reviewed, appealed against, lifted; and a report of what it does."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from api.auth.audit import author
from api.customers.blacklist.entries import Listed
from api.customers.directory.record import Known
from api.errors import Conflict, NotFound
from api.http.endpoint import Plain, Reply, number_of, operation, router, word_of
from api.http.formats import In, Instant
from api.http.instants import moment
from api.ids import new_id
from api.routes.customers import WhoIn
from api.routes.person import asked, found, names_one
from api.routes.tier_overrides import LIMIT, WHO_QUERY
from api.services import Ask
from api.state.numbers import normalised
from api.state.views import instant
from api.store.changes import Change, Row
from callcenter.customers import blacklist as bl
from callcenter.customers.blacklist import Entry, EntryState, EntryStep
from callcenter.customers.satisfaction import ratio
from callcenter.units import DAY, Millis

routes = router("blacklist")
SCOPES = ("supervisor",)
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]


class ProposalIn(WhoIn):
    """Whom, why, and when it is looked at again."""

    reason: Words
    review_at: Instant = Field(description="Until then somebody reviews it, or it is lifted.")
    expires_at: Instant | None = Field(None, description="It ends then, whatever the reviews say.")
    number_only: bool = Field(
        False, description="Of a bare number, knowingly: numbers are shared, spoofed and recycled."
    )


class EntryOut(BaseModel):
    """An entry; `share_answered` is of its customer's calls while it was in force."""

    entry_id: str
    customer_key: str
    state: str
    reason: str
    author: str
    proposed_at: str
    review_at: str
    expires_at: str | None
    number_only: bool
    approved_by: str | None
    in_force_at: str | None
    reviewed_by: str | None
    appeal: str | None
    ended_at: str | None
    ended_by: str | None
    ended_why: str | None
    days: float | None
    calls: int
    answered: int
    share_answered: float | None


EXAMPLE: Plain = {
    "entry_id": "b91e0", "customer_key": "p3d0", "state": "in_force", "reason": "threatened two agents",
    "author": "anna", "proposed_at": "2026-03-02T09:00:00.000Z",
    "review_at": "2026-04-01T00:00:00.000Z", "expires_at": None, "number_only": False,
    "approved_by": "bert", "in_force_at": "2026-03-02T09:30:00.000Z", "reviewed_by": None,
    "appeal": None, "ended_at": None, "ended_by": None, "ended_why": None, "days": 12.5, "calls": 4, "answered": 1,
    "share_answered": 0.25,
}  # fmt: skip


def entry_out(listed: Listed, now: Millis) -> Plain:
    """Return an entry as supervisors see it."""
    entry = listed.entry
    ends = now if entry.ended_at is None else entry.ended_at
    days = None if entry.in_force_at is None else round((ends - entry.in_force_at) / DAY, 2)
    names = ("reason", "author", "number_only", "approved_by", "reviewed_by", "appeal", "ended_by", "ended_why")
    instants = ("proposed_at", "review_at", "expires_at", "in_force_at", "ended_at")
    return {
        "entry_id": entry.id, "customer_key": entry.customer, "state": str(entry.state),
        **{name: getattr(entry, name) for name in names},
        **{name: instant(getattr(entry, name)) for name in instants},
        "days": days, "calls": listed.calls, "answered": listed.answered,
        "share_answered": ratio(listed.answered, listed.calls),
    }  # fmt: skip


@operation(
    routes, "POST", "/blacklist", scopes=SCOPES, secret=True,
    body=ProposalIn, answer=EntryOut, created=True, fails=(404, 409),
    asks={"customer_id": "C-1001", "reason": "threatened two agents", "review_at": "2026-04-01T00:00:00Z"},
    says=EXAMPLE,
)  # fmt: skip
async def propose_entry(ask: Ask) -> Reply:
    """Propose a customer for the blacklist; audited. With four eyes it waits for another person, else it is in force.

    A verified customer, named by customer_id or key; a bare number only if marked `number_only`. A protected customer
    is refused.
    """
    wish: ProposalIn = ask.body
    services = ask.services
    standings = services.standings
    review_at, expires_at = moment(wish.review_at, "review_at"), moment(wish.expires_at, "expires_at")
    assert review_at is not None, "required"
    async with standings.lock:
        if standings.tiers.last is None:
            raise Conflict("the centre has no tier for the blacklist: one alone in the last band, without a target")
        now = services.live.now()
        known, changes = await _whom(ask, wish, now)
        try:
            if known.key in standings.entries:
                raise Conflict("the customer has an entry: {entry}", entry=standings.entries[known.key].entry.id)
            customer = await services.customers.behind(known.key)
            by = author(ask.key)
            entry = Entry(
                new_id("b"), known.key, wish.reason, by, EntryState.PROPOSED, now, review_at,
                expires_at, wish.number_only,
            )  # fmt: skip
            # Named by number, nobody is known to be who they are: several people may share it.
            named = wish.customer_id is not None or wish.customer_key is not None
            verified = named and customer is not None and customer.customer_id is not None
            entry = bl.propose(entry, standings.rules, now, verified=verified, protected=known.protected)
            if not standings.rules.four_eyes:
                entry = bl.approve(entry, by, standings.rules, now)
            listed = Listed(entry)
            rows: list[Change] = [*changes, Row("blacklist_entries", listed.row()), _audited(ask, entry, "propose")]
            override = standings.overrides.get(known.key)
            await standings.decide(known, now, by, rows, override=override, listed=listed)
        except BaseException:
            services.customers.forget_again(known, changes)
            raise
    return Reply(entry_out(listed, now), 201)


async def _whom(ask: Ask, wish: ProposalIn, now: Millis) -> tuple[Known, list[Change]]:
    """Return whom a proposal is about; a number that nobody has rung from yet becomes known if it is meant as such."""
    known = await found(ask, wish)
    number = normalised(wish.number, ask.services.region)
    if known is not None:
        return known, []
    if not wish.number_only or number is None or wish.customer_id or wish.customer_key:
        bare = number is not None and not (wish.customer_id or wish.customer_key)
        if bare:
            raise NotFound("nobody is known by this number: number_only lists a number by itself")
        raise NotFound("there is no such customer: make the customer known first (POST /v1/customers)")
    fresh, changes = await ask.services.customers.recognise(None, number, None, now)
    assert fresh is not None, "a number is somebody"
    return fresh, changes


def _audited(ask: Ask, entry: Entry, step: str, note: str | None = None) -> Change:
    said = note if note is not None else entry.reason
    return ask.services.audited(ask.key, f"blacklist.{step}", entry.id, said, entry.customer)


async def _step(ask: Ask, step: str, note: str | None = None, review_at: Millis | None = None) -> Reply:
    """Carry out a person's step on an open entry."""
    services = ask.services
    standings = services.standings
    async with standings.lock:
        listed = await _entry(ask)
        now = services.live.now()
        entry, by = bl.passed(listed.entry, now), author(ask.key)
        match step:
            case "approve":
                entry = bl.approve(entry, by, standings.rules, now)
            case "review":
                assert review_at is not None, "a review names the next one"
                entry = bl.review(entry, by, review_at, standings.rules, now)
            case "appeal":
                entry = bl.appealed(entry, note or "")
            case _:
                entry = bl.ended(entry, EntryStep(step), by, note or "", now)
        known = await services.customers.of_key(entry.customer)
        if known is None:
            raise NotFound("the customer was erased")
        after = Listed(entry, listed.calls, listed.answered)
        rows: list[Change] = [after.change(), _audited(ask, entry, step, note)]
        override = standings.overrides.get(known.key)
        await standings.decide(known, now, by, rows, override=override, listed=after)
    return Reply(entry_out(after, now))


async def _entry(ask: Ask) -> Listed:
    """Return the entry of this address: an open one from memory, an ended one from the table."""
    entry_id = ask.path("entry_id")
    for listed in ask.services.standings.entries.values():
        if listed.entry.id == entry_id:
            return listed
    rows = await ask.services.live.find("blacklist_entries", {"id": entry_id}, limit=1)
    if not rows:
        raise NotFound("there is no such entry")
    return Listed.of_row(rows[0])


@operation(
    routes, "POST", "/blacklist/{entry_id}:approve", scopes=SCOPES, secret=True,
    answer=EntryOut, fails=(404, 409), says=EXAMPLE,
)  # fmt: skip
async def approve_entry(ask: Ask) -> Reply:
    """Put a proposed entry in force; with four eyes by another person than its author. Audited."""
    return await _step(ask, "approve")


class WhyIn(In):
    """Why."""

    reason: Words


@operation(
    routes, "POST", "/blacklist/{entry_id}:reject", scopes=SCOPES, secret=True,
    body=WhyIn, answer=EntryOut, fails=(404, 409),
    asks={"reason": "one loud call is no threat"}, says=EXAMPLE | {"state": "rejected"},
)  # fmt: skip
async def reject_entry(ask: Ask) -> Reply:
    """Turn a proposed entry down; audited."""
    return await _step(ask, "reject", ask.body.reason)


@operation(
    routes, "POST", "/blacklist/{entry_id}:lift", scopes=SCOPES, secret=True,
    body=WhyIn, answer=EntryOut, fails=(404, 409),
    asks={"reason": "apologised"}, says=EXAMPLE | {"state": "lifted", "ended_why": "apologised"},
)  # fmt: skip
async def lift_entry(ask: Ask) -> Reply:
    """Lift an entry now: a call that waits takes the place of its grade at once. Audited."""
    return await _step(ask, "lift", ask.body.reason)


class ReviewIn(In):
    """When it is looked at again."""

    review_at: Instant
    note: str | None = Field(None, max_length=1_000)


@operation(
    routes, "POST", "/blacklist/{entry_id}:review", scopes=SCOPES, secret=True,
    body=ReviewIn, answer=EntryOut, fails=(404, 409),
    asks={"review_at": "2026-06-01T00:00:00Z", "note": "rang again last week"}, says=EXAMPLE,
)  # fmt: skip
async def review_entry(ask: Ask) -> Reply:
    """Keep an entry until another review; audited. One that nobody keeps is lifted at its review date."""
    return await _step(ask, "review", ask.body.note, moment(ask.body.review_at, "review_at"))


class AppealIn(In):
    """What the customer has to say."""

    note: Words


@operation(
    routes, "POST", "/blacklist/{entry_id}:appeal", scopes=(*SCOPES, "agent"), secret=True,
    body=AppealIn, answer=EntryOut,
    fails=(404, 409), asks={"note": "says that it was his brother"},
    says=EXAMPLE | {"appeal": "says that it was his brother"},
)  # fmt: skip
async def appeal_entry(ask: Ask) -> Reply:
    """Note what the customer says against an entry, for whoever reviews it; audited."""
    return await _step(ask, "appeal", ask.body.note)


class BlacklistOut(BaseModel):
    """Entries, the next review first."""

    entries: list[EntryOut]


@operation(
    routes, "GET", "/blacklist", scopes=SCOPES, answer=BlacklistOut, fails=(404,), says={"entries": [EXAMPLE]},
    query=(
        *WHO_QUERY,
        {"name": "state", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "One state, or `open` (the default; of one customer: `all`) or `all`."},
        LIMIT,
    ),
)  # fmt: skip
async def list_blacklist(ask: Ask) -> Reply:
    """List the entries: those proposed and in force, or the past ones too; or all that one customer has had."""
    state = word_of(ask, "state", ("open", "all", *EntryState))
    limit = max(1, number_of(ask, "limit", 500, 5_000))
    now = ask.services.live.now()
    of = {"customer_key": (await asked(ask)).key} if names_one(ask) else {}
    if state is None:
        state = "all" if of else "open"
    if state == "open":
        open_ = ask.services.standings.entries.values()
        entries = sorted(open_, key=lambda one: (one.entry.review_at, one.entry.id))
        entries = [one for one in entries if of.get("customer_key") in (None, one.entry.customer)]
    else:
        where = of if state == "all" else of | {"state": state}
        order = "-proposed_at" if of else "review_at"
        rows = await ask.services.live.find("blacklist_entries", where, order=order, limit=limit)
        entries = [Listed.of_row(row) for row in rows]
    return Reply({"entries": [entry_out(one, now) for one in entries[:limit]]})


class BlacklistReportOut(BaseModel):
    """What the blacklist does: to how many, for how long, and what it denies them."""

    in_force: int
    proposed: int
    reviews_overdue: int
    reviews_within_7_days: int
    longest_days: float | None
    mean_days: float | None
    calls: int
    answered: int
    share_answered: float | None
    appeals: int
    entries: list[EntryOut]


@operation(
    routes, "GET", "/blacklist/report", scopes=SCOPES, answer=BlacklistReportOut,
    says={"in_force": 1, "proposed": 0, "reviews_overdue": 0, "reviews_within_7_days": 0, "longest_days": 12.5,
          "mean_days": 12.5, "calls": 4, "answered": 1, "share_answered": 0.25, "appeals": 0, "entries": [EXAMPLE]},
)  # fmt: skip
async def report_blacklist(ask: Ask) -> Reply:
    """Tell who is on the blacklist, for how long, what share of their calls was answered, and which reviews are due."""
    now = ask.services.live.now()
    listed = sorted(ask.services.standings.entries.values(), key=lambda one: (one.entry.review_at, one.entry.id))
    held = [one for one in listed if one.entry.holds(now)]
    days: list[Any] = [entry_out(one, now)["days"] for one in held]
    calls, answered = sum(one.calls for one in held), sum(one.answered for one in held)
    return Reply(
        {
            "in_force": len(held),
            "proposed": sum(one.entry.state is EntryState.PROPOSED for one in listed),
            "reviews_overdue": sum(one.entry.review_at <= now for one in listed),
            "reviews_within_7_days": sum(now < one.entry.review_at <= now + 7 * DAY for one in held),
            "longest_days": max(days, default=None),
            "mean_days": ratio(sum(days), len(days)),
            "calls": calls, "answered": answered, "share_answered": ratio(answered, calls),
            "appeals": sum(one.entry.appeal is not None for one in held),
            "entries": [entry_out(one, now) for one in listed],
        }
    )  # fmt: skip


@operation(routes, "GET", "/blacklist/{entry_id}", scopes=SCOPES, answer=EntryOut, fails=(404,), says=EXAMPLE)
async def get_entry(ask: Ask) -> Reply:
    """Tell how an entry stands, an ended one too."""
    return Reply(entry_out(await _entry(ask), ask.services.live.now()))
