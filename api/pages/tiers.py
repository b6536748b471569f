"""Each tier's share of customers, revenue, contacts and agents' time, side by side with what it waits and thinks."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from api.pages.customer_pages import CUSTOMERS
from api.pages.page import View, page
from callcenter.language.said import N_
from callcenter.units import DAY

SPANS: Final = (("1", N_("Last hour")), ("24", N_("Last 24 hours")), ("week", N_("Last 7 days")))
SHARES: Final = (
    ("share_customers", N_("Customers")), ("share_revenue", N_("Revenue")), ("share_contacts", N_("Contacts")),
    ("agent_time_share", N_("Agents’ time")),
)  # fmt: skip
"""Figure → how it is called."""


@page("/customers/tiers", scopes=("supervisor",))
async def tiers(view: View) -> Response:
    """Show the tiers side by side."""
    span = view.asked("span")
    span = span if span in dict(SPANS) else "24"
    asked: dict[str, Any] = {"from": view.now - 7 * DAY + 1} if span == "week" else {"hours": span}
    fairness, satisfaction, known, silent = await asyncio.gather(
        view.get("/v1/fairness", **asked), view.get("/v1/satisfaction"), view.get("/v1/tiers"),
        view.get("/v1/silent-customers", limit=50),
    )  # fmt: skip
    order = [one["tier"] for one in known["tiers"]]
    names = [*order, *sorted(set(fairness["tiers"]) - set(order))]
    rows = [
        {"name": name, "said": fairness["tiers"].get(name), "satisfied": satisfaction["tiers"].get(name)}
        for name in names
        if name in fairness["tiers"]
    ]
    return view.show(
        "tiers.html", parts=CUSTOMERS, rows=rows, overall=fairness["overall"], satisfied=satisfaction["overall"],
        targets={one["tier"]: one["target"] for one in known["tiers"]}, spans=SPANS, span=span, shares=SHARES,
        since=fairness["since"], until=fairness["until"], silent=silent["customers"],
    )  # fmt: skip
