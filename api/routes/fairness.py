"""Fairness as it is: what each tier waits, beside what it takes, over the last hours or some of the days before.

The figures are those of `callcenter simulate`, from the calls that the board remembers (a day of them), or from the
events that are kept.
"""

import asyncio
from typing import Any, Final

from pydantic import BaseModel

from api.errors import Conflict, Invalid
from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.http.instants import moment
from api.jobs.past_days import seen_beside
from api.services import Ask
from api.state.tier_shares import OVERALL, figures
from api.state.views import instant
from api.store.retention import EVENTS_KEPT
from api.store.store import Store
from callcenter.errors import BadInput
from callcenter.language.said import text_of
from callcenter.lifecycle.measures import limits_of
from callcenter.units import DAY, HOUR

routes = router("queues")
MOST_HOURS: Final = 24


class FairnessOut(BaseModel):
    """Every tier's figures, and those of all."""

    since: str
    until: str
    tiers: dict[str, dict[str, Any]]
    overall: dict[str, Any]
    intervals: dict[str, Any]


EXAMPLE: Plain = {
    "since": "2026-03-02T08:00:00.000Z", "until": "2026-03-02T09:00:00.000Z",
    "tiers": {
        "vip": {
            "offered": 12, "answered": 11, "abandoned": 1, "short_abandoned": 0, "open": 0, "abandonment": 0.083,
            "wait_p50_s": 0.0, "wait_p95_s": 8.2, "wait_max_s": 11.4,
            "service_level": {"sl_all": 0.92, "sl_answered": 1.0, "sl_offered": 0.92, "sl_forgiving": 1.0,
                              "sl_net": 0.92, "sl_net_overflow": 0.92},
            "agent_time_s": 2_640.0,
            "customers": 50, "revenue_12m": 350_000.0,
            "share_customers": 0.05, "share_revenue": 0.35, "share_contacts": 0.08,
            "agent_time_share": 0.1,
            "ci": {"wait_p95_s": {"ci_low": 4.1, "ci_high": 14.0}, "abandonment": {"ci_low": 0.01, "ci_high": 0.35}},
        },
    },
    "overall": {"offered": 150, "answered": 141, "abandoned": 9},
    "intervals": {"confidence": 0.95, "batch": "1 hour", "batches": 8, "fewest_batches": 3},
}  # fmt: skip


def _when(name: str, about: str) -> Plain:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": about}


@operation(
    routes, "GET", "/fairness", scopes=("supervisor", "metrics"), answer=FairnessOut, says=EXAMPLE,
    query=({"name": "hours", "in": "query", "required": False,
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_HOURS},
            "description": "How many hours back (24)."},
           _when("from", "Instead of hours: RFC 3339, or milliseconds since 1970; events are kept 7 days."),
           _when("to", "Until when (now).")),
)  # fmt: skip
async def fairness(ask: Ask) -> Reply:
    """Tell what each tier waited and what it took of the agents' time, of the calls of the last hours or some days.

    A call counts where it began in that time. Waits are of answered and abandoned calls, agents' time is ringing,
    talk, after-call work and callbacks. Customers and revenue are those of the directory, whose tier says so; without
    revenue there its share is null. `ci` has the 95 % intervals, `intervals` says how they were made.
    """
    services, now = ask.services, ask.now
    centre = services.live.engine.centre
    span = _span(ask)
    if span is None:
        hours = max(1, number_of(ask, "hours", MOST_HOURS, MOST_HOURS))
        begin, until = int(now - hours * HOUR), int(now)
        calls, tasks = (
            services.board.calls.values(),
            list(services.board.tasks.values()),
        )  # as they are: the board goes on
        found = await asyncio.to_thread(figures, centre, calls, tasks, begin, now)
    else:
        begin, until = span
        if _READING.locked():
            raise Conflict("other days are being read: ask again when that is done")
        async with _READING:
            try:
                found = await seen_beside(
                    services.live.database.address, limits_of(centre.tiers), begin, until + (until == now), now
                )
            except BadInput as bad:
                raise Invalid(text_of(bad)) from None
    _add_worth(found, await services.live.read(worth, apart=True), centre.default_tier)
    return Reply({"since": instant(begin), "until": instant(until), **found})


_READING: Final = asyncio.Lock()
"""One at a time: it takes a core."""


def _span(ask: Ask) -> tuple[int, int] | None:
    """Return from when to when, where the question says so."""
    if ask.asked("from") is None and ask.asked("to") is None:
        return None
    if ask.asked("hours") is not None:
        raise Invalid("hours: give hours, or from and to")
    to = moment(ask.asked("to"), "to")
    until: int = ask.now if to is None else min(to, ask.now)
    since = moment(ask.asked("from"), "from")
    begin: int = until - DAY if since is None else since
    if begin >= until:
        raise Invalid("from: lies after to, or in the future")
    if begin < ask.now - EVENTS_KEPT:
        raise Invalid("from: events are kept for {days} days: ask for those", days=EVENTS_KEPT // DAY)
    return begin, until


Worth = dict[str | None, tuple[int, float]]
"""Tier (None: nobody said) → customers and what they bring in twelve months."""


def worth(store: Store) -> Worth:
    """Return what the directory has of each tier; strangers, known by a number alone, are no customers."""
    rows: Any = store.connection.execute(
        "SELECT tier, COUNT(*), SUM(revenue_12m) FROM customers WHERE customer_id IS NOT NULL GROUP BY tier"
    )
    return {tier: (int(number), float(revenue or 0.0)) for tier, number, revenue in rows}


def _add_worth(found: dict[str, Any], known: Worth, default_tier: str) -> None:
    """Add to each tier its shares of customers and of revenue."""
    number = sum(customers for customers, _ in known.values())
    money = sum(revenue for _, revenue in known.values())
    for name, told in [*found["tiers"].items(), (OVERALL, found[OVERALL])]:
        mine = [part for tier, part in known.items() if name in {OVERALL, default_tier if tier is None else tier}]
        told["customers"] = sum(customers for customers, _ in mine)
        told["revenue_12m"] = sum(revenue for _, revenue in mine) if money > 0 else None
        told["share_customers"] = sum(customers for customers, _ in mine) / number if number else None
        told["share_revenue"] = sum(revenue for _, revenue in mine) / money if money > 0 else None
