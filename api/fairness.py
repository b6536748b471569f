"""Fairness as it is now: what each tier waits, beside what it takes, over the last hours.

The figures are those of `callcenter simulate`, from the calls that the board remembers: a day of them.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from pydantic import BaseModel

from api.door import Ask, Plain, Reply, number_of, operation, router
from api.lines import CallLine, TaskLine
from api.store.store import Store
from api.truth import instant
from callcenter.centre import Centre
from callcenter.ids import is_first_segment
from callcenter.measures import DEFAULT_THRESHOLD, FORMULAS, Tally, service_level
from callcenter.units import HOUR, SECOND

routes = router("queues")
MOST_HOURS: Final = 24
OVERALL: Final = "overall"


class FairnessOut(BaseModel):
    """Every tier's figures, and those of all."""

    since: str
    until: str
    tiers: dict[str, dict[str, Any]]
    overall: dict[str, Any]


EXAMPLE: Plain = {
    "since": "2026-03-02T08:00:00.000Z", "until": "2026-03-02T09:00:00.000Z",
    "tiers": {
        "vip": {
            "offered": 12, "answered": 11, "abandoned": 1, "short_abandoned": 0, "open": 0, "abandonment": 0.083,
            "wait_p50_s": 0.0, "wait_p95_s": 8.2, "wait_max_s": 11.4,
            "service_level": {"sl_all": 0.92, "sl_answered": 1.0, "sl_offered": 0.92, "sl_forgiving": 1.0,
                              "sl_net": 0.92, "sl_net_overflow": 0.92},
            "agent_time_s": 2_640.0, "share_customers": 0.05, "share_revenue": 0.35, "share_contacts": 0.08,
            "agent_time_share": 0.1,
        },
    },
    "overall": {"offered": 150, "answered": 141, "abandoned": 9},
}  # fmt: skip


@operation(
    routes, "GET", "/fairness", scopes=("supervisor", "metrics"), answer=FairnessOut, says=EXAMPLE,
    query=({"name": "hours", "in": "query", "required": False,
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST_HOURS},
            "description": "How many hours back (24)."},),
)  # fmt: skip
async def fairness(ask: Ask) -> Reply:
    """Tell what each tier waited and what it took of the agents' time, of the calls of the last hours.

    A call counts where it began in that time. Waits are of answered and abandoned calls, agents' time is ringing,
    talk, after-call work and callbacks. Customers and revenue are those of the directory, whose tier says so; without
    revenue there its share is null.
    """
    hours = max(1, number_of(ask, "hours", MOST_HOURS, MOST_HOURS))
    board, centre = ask.desk.board, ask.desk.live.engine.centre
    calls, tasks = list(board.calls.values()), list(board.tasks.values())  # the board goes on meanwhile
    begin = ask.now - hours * HOUR
    found = await asyncio.to_thread(figures, centre, calls, tasks, begin, ask.now)
    _add_worth(found, await ask.desk.live.read(worth, apart=True), centre.default_tier)
    return Reply({"since": instant(begin), "until": instant(ask.now), **found})


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
        told["share_customers"] = sum(customers for customers, _ in mine) / number if number else None
        told["share_revenue"] = sum(revenue for _, revenue in mine) / money if money > 0 else None


@dataclass(slots=True)
class _Tier:
    """What adds up over the calls of a tier."""

    tally: Tally = field(default_factory=Tally)
    waits_ms: list[int] = field(default_factory=list)
    agent_ms: int = 0


def figures(
    centre: Centre, calls: Iterable[CallLine], tasks: Iterable[TaskLine], begin: int, now: int
) -> dict[str, Any]:
    """Return the figures of each tier and of all.

    Args:
        centre: Its tiers and their thresholds.
        calls: Segments; a contact is judged on its first one, agents' time counts on all.
        tasks: Outbound tasks.
        begin: Calls queued and tasks made before this do not count.
        now: How long those who wait have waited by now.
    """
    tiers = {tier.name: _Tier() for tier in centre.tiers}
    limits = {t.name: t.target.within for t in centre.tiers if t.target is not None}
    for call in calls:
        if call.queued_at < begin:
            continue
        tier = tiers.setdefault(call.tier, _Tier())
        tier.agent_ms += _agent_ms(call, now)
        if is_first_segment(call.id):
            _count(call, tier, limits.get(call.tier, DEFAULT_THRESHOLD), now)
    for task in tasks:
        if task.created_at >= begin:
            running = 0 if task.taken_at is None else max(0, now - task.taken_at)
            tiers.setdefault(task.tier, _Tier()).agent_ms += task.busy_ms + running
    everything = _sum(tiers.values())
    return {
        "tiers": {name: _told(tier, everything) for name, tier in tiers.items()},
        OVERALL: _told(everything, everything),
    }


def _agent_ms(call: CallLine, now: int) -> int:
    """Return agents' time on a call: ring, talk so far, after-call work."""
    if call.agent_id is None or call.left_at is None:
        return 0
    until = call.talked_until if call.talked_until is not None else call.ended_at
    return call.ring_ms + max(0, (now if until is None else until) - call.left_at) + call.wrap_ms


OUTCOMES: Final = {
    "abandoned": "abandoned",
    "overflowed": "overflowed",
    "rejected": "rejected",
    "converted_to_callback": "converted",
    "failed": "failed",
}


def _count(call: CallLine, tier: _Tier, limit: int, now: int) -> None:
    tally = tier.tally
    tally.offered += 1
    wait = max(0, (call.left_at if call.left_at is not None else call.ended_at or now) - call.queued_at)
    within = wait <= limit
    if call.agent_id is not None:
        tally.answered += 1
        tally.answered_in += within
    elif not call.ended:
        tally.open += 1
        tally.open_late += not within
        return
    elif call.state == "abandoned":
        tally.abandoned += 1
        tally.abandoned_in += within
        tally.short_abandoned += call.short
    else:
        name = OUTCOMES[call.state]
        setattr(tally, name, getattr(tally, name) + 1)
        return
    tier.waits_ms.append(wait)


def _sum(tiers: Iterable[_Tier]) -> _Tier:
    found = _Tier()
    for tier in tiers:
        found.tally.add(tier.tally)
        found.waits_ms += tier.waits_ms
        found.agent_ms += tier.agent_ms
    return found


def _told(tier: _Tier, everything: _Tier) -> dict[str, Any]:
    tally = tier.tally
    return {
        "offered": tally.offered,
        "answered": tally.answered,
        "abandoned": tally.abandoned,
        "short_abandoned": tally.short_abandoned,
        "overflowed": tally.overflowed,
        "converted": tally.converted,
        "rejected": tally.rejected,
        "failed": tally.failed,
        "open": tally.open,
        "abandonment": tally.abandoned / tally.offered if tally.offered else None,
        **_waits(tier.waits_ms),
        "service_level": {formula: service_level(tally, formula) for formula in FORMULAS},
        "agent_time_s": tier.agent_ms / SECOND,
        "share_contacts": tally.offered / everything.tally.offered if everything.tally.offered else None,
        "agent_time_share": tier.agent_ms / everything.agent_ms if everything.agent_ms else None,
    }


def _waits(waits_ms: Sequence[int]) -> dict[str, float | None]:
    if not waits_ms:
        return {"wait_p50_s": None, "wait_p95_s": None, "wait_max_s": None}
    p50, p95 = np.quantile(np.array(waits_ms), (0.5, 0.95), method="inverted_cdf").tolist()
    return {"wait_p50_s": p50 / SECOND, "wait_p95_s": p95 / SECOND, "wait_max_s": max(waits_ms) / SECOND}
