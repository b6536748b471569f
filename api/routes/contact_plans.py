"""Contact plans: who is due to be called without having asked, and who is next."""

from typing import Any

from pydantic import BaseModel

from api.customers.care_calls import Standing, text_of
from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.routes.tier_overrides import LIMIT
from api.services import Ask

routes = router("customers")


class ContactPlansOut(BaseModel):
    """How each plan stands today, and whose turn is next: overdue ones first, those who did not agree left out."""

    plans: list[dict[str, Any]]
    customers: list[dict[str, Any]]


@operation(
    routes, "GET", "/contact-plans", scopes=("supervisor",), answer=ContactPlansOut, query=(LIMIT,),
    says={"plans": [{"tier": "vip", "every_days": 15, "weekdays": [0, 1, 2, 3, 4], "queue": "hotline",
                     "customers": 64, "agreed": 60, "turns_today": 5, "taken_today": 3, "due": 2, "overdue": 0}],
          "customers": [{"customer_key": "p3d0", "customer_id": "C-1001", "tier": "vip", "due_on": "2026-03-02",
                         "overdue_days": 0, "last_contact": "2026-02-15", "last_turn": None}]},
)  # fmt: skip
async def list_contact_plans(ask: Ask) -> Reply:
    """List who is due to be called by the contact plans (setting `contact_plans`), and what breaks next."""
    services = ask.services
    limit = max(1, number_of(ask, "limit", 500, 5_000))
    found = await services.care_calls.stand(ask.now)
    queue = services.care_calls.queue()
    turns = sorted(((one, turn) for one in found for turn in one.willing), key=lambda pair: (pair[1].due, pair[1].key))
    return Reply({
        "plans": [_plan(one, queue) for one in found],
        "customers": [
            {
                "customer_key": turn.key, "customer_id": turn.customer_id, "tier": one.tier,
                "due_on": text_of(turn.due), "overdue_days": max(0, one.today - turn.due),
                "last_contact": text_of(turn.last_contact), "last_turn": text_of(turn.last_turn),
            }
            for one, turn in turns[:limit]
        ],
    })  # fmt: skip


def _plan(one: Standing, queue: str) -> Plain:
    return {
        "tier": one.tier, "every_days": one.plan.every_days, "weekdays": list(one.plan.weekdays), "queue": queue,
        "customers": len(one.turns), "agreed": len(one.willing),
        "turns_today": one.plan.turns_on(one.today, len(one.willing)), "taken_today": one.taken,
        "due": len(one.due), "overdue": sum(turn.due < one.today for turn in one.due),
    }  # fmt: skip
