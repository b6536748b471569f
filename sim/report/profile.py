"""The intervals of a result as charts show them: as they are, or the days laid on each other where there are many."""

from collections.abc import Sequence

import numpy as np

from callcenter.lifecycle.measures import DEFAULT_FORMULA
from callcenter.scenario import Scenario
from sim.report.wording import JSON
from sim.results.estimates import mean, ratio
from sim.results.figures import Figures
from sim.results.replication_figures import stacked
from sim.results.result import OVERALL, as_json, local_time, shares_of

MOST_DAYS = 2
"""More days than these are laid on each other: a chart of a month shows nothing."""


def intervals_shown(
    scenario: Scenario, result: JSON, days: Sequence[Figures], starts: Sequence[int]
) -> tuple[list[JSON], int]:
    """Return the intervals to draw, and how many days each of them stands for at most."""
    shown: list[JSON] = result["intervals"]
    dates = dict.fromkeys(interval["start"][:10] for interval in shown)
    if len(dates) <= MOST_DAYS:
        return shown, 1
    first, last = shown[0]["start"], shown[-1]["start"]
    by_clock: dict[str, list[int]] = {}
    for n, start in enumerate(starts):
        local = local_time(scenario.centre.zone, start)
        if first <= local <= last:
            by_clock.setdefault(local[11:], []).append(n)
    date = first[:10]
    days = stacked(days)
    folded = [_folded(scenario, days, f"{date}T{clock}", by_clock[clock]) for clock in sorted(by_clock)]
    busy = [n for n, interval in enumerate(folded) if interval[OVERALL]["offered"]["mean"] or interval["occupancy"]]
    return (folded[busy[0] : busy[-1] + 1] if busy else folded), len(dates)


def _folded(scenario: Scenario, days: Sequence[Figures], start: str, places: list[int]) -> JSON:
    """Return one interval of the mean day: shares over all its days together, counts as means of a day."""
    sums = np.array([day.interval_sums[places].sum(axis=0) for day in days])
    found: JSON = {
        "start": start,
        "agents": mean(sums[:, 2] / scenario.interval / len(places)),
        "occupancy": ratio(sums[:, 1], sums[:, 2]),
        "tiers": {tier.name: _cell(days, n, places) for n, tier in enumerate(scenario.centre.tiers)},
        OVERALL: _cell(days, None, places),
    }
    plain: JSON = as_json(found)
    return plain


def _cell(days: Sequence[Figures], tier: int | None, places: list[int]) -> JSON:
    parts = [shares_of(days, tier, place) for place in places]
    offered = [(day.counts if tier is None else day.counts[tier : tier + 1])[:, places, 0].sum() for day in days]
    return {
        "offered": mean(np.array(offered, np.float64) / len(places)),
        "service_level": {DEFAULT_FORMULA: ratio(sum(above for above, _ in parts), sum(below for _, below in parts))},
    }
