"""Fairness: what each tier waits, beside what it brings and what it takes; and what a variant does to each."""

from collections.abc import Sequence
from typing import Final

from callcenter.language.said import N_
from sim.report.wording import JSON, UNDEFINED, mean_of, seconds, share, tier_name
from sim.results.result import OVERALL

SHARES: Final = {
    "share_customers": N_("customers"),
    "share_revenue": N_("revenue"),
    "share_contacts": N_("calls"),
    "agent_time_share": N_("agents' time"),
    "paid_time_share": N_("paid time"),
}
"""What a tier has of all, as the result names it and as it is told."""
WAITS: Final = {"wait_p50_s": N_("median wait"), "wait_p95_s": N_("P95 wait"), "wait_max_s": N_("longest")}
OF: Final = {
    "share_customers": N_("of customers"),
    "share_revenue": N_("of revenue"),
    "share_contacts": N_("of calls"),
    "agent_time_share": N_("of agents' time"),
    "paid_time_share": N_("of paid time"),
}
"""The same as the heads of columns."""
HEADER: Final = (*WAITS.values(), N_("abandoned"), *OF.values(), N_("time ÷ revenue"))
TELLING: Final = frozenset({"P95 wait", "longest", "abandoned", "of revenue", "of agents' time", "of paid time"})
"""Where there is no room for all."""
MEANING: Final = N_(
    "Shares are of all tiers. Agents' time is ringing, talk, after-call work and dialling; paid time is the time "
    "logged in, idle or not, of the people who did it; calls are those offered. Time ÷ revenue: what a tier takes "
    "of agents' time for each share of the revenue that it brings."
)


def cells(block: JSON) -> tuple[str, ...]:
    """Return a tier's waits and shares as text, in the order of `HEADER`."""
    waits = (seconds(mean_of(block[key])) for key in WAITS)
    shares = (share(mean_of(block[key])) for key in SHARES)
    return (*waits, share(mean_of(block["abandonment"])), *shares, _times(block))


def _times(block: JSON) -> str:
    time, revenue = mean_of(block["agent_time_share"]), mean_of(block["share_revenue"])
    return UNDEFINED if time is None or not revenue else f"{time / revenue:.2f}"


def side_by_side(results: Sequence[tuple[str, JSON]]) -> list[tuple[str, ...]]:
    """Return for each tier a row of each result, one under the other: tier, result's name, cells.

    Args:
        results: Name and result of the base and of each variant; a tier that one has not is left out of it.
    """
    names = list(dict.fromkeys(tier for _, result in results for tier in result["tiers"]))
    rows = []
    for tier in [*names, OVERALL]:
        for name, result in results:
            block = result[OVERALL] if tier == OVERALL else result["tiers"].get(tier)
            if block is not None:
                rows.append((tier_name(tier), name, *cells(block)))
    return rows
