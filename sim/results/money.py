"""What lived days cost, in the scenario's currency: wages of who was rostered, calls lost, revenue at risk."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from callcenter.ids import AgentId
from callcenter.lifecycle.measures import COUNTS
from callcenter.money import Money, Prices
from callcenter.scenario import Scenario, is_on
from callcenter.units import DAY, HOUR
from sim.model.shifts import duty_on
from sim.model.streams import Floats
from sim.results.estimates import Est, mean
from sim.results.figures import Figures

JSON = dict[str, Any]
LOST: Final = ("abandoned", "rejected", "failed")
"""Outcomes of a call that nobody answered; one that rings again and is answered has been lost once all the same."""
PARTS: Final = ("wages", "lost_calls", "cost", "revenue_at_risk")
"""Of an account; cost is wages and lost calls together."""


def wages(scenario: Scenario) -> dict[str, tuple[float, float]]:
    """Return what each group's people cost on the measured days, and how much of that is overtime.

    A shift is paid as it is rostered, on the day on which it begins. Staffing by interval has heads and no shifts, so
    no overtime.
    """
    money = scenario.money
    found = {group.name: (0.0, 0.0) for group in scenario.centre.groups}
    for group, length, heads, whole in rostered(scenario) if money is not None else ():
        assert money is not None
        cost, over = money.shift(group, length) if whole else (money.wage(group) * length / HOUR, 0.0)
        before = found[group]
        found[group] = before[0] + heads * cost, before[1] + heads * over
    return found


def rostered(scenario: Scenario) -> Iterator[tuple[str, int, int, bool]]:
    """Yield group, length (ms), heads, and whether these are whole shifts, of all that begins on measured days."""
    horizon, zone = scenario.horizon, scenario.centre.zone
    for day in horizon.measured:
        # A stationary run ends at an instant of its last day.
        until = zone.instant((day + 2) * DAY)
        if horizon.length != DAY and day == horizon.measured[-1]:
            until = zone.instant(day * DAY + horizon.length)
        for shift in scenario.shifts:
            if is_on(shift, day):
                duty = duty_on(zone, day, shift, AgentId(""))
                yield shift.group, max(0, min(duty.end, until) - duty.begin), shift.agents, True
        for curve in scenario.staffing:
            for n, heads in enumerate(curve.agents) if is_on(curve, day) else ():
                local = day * DAY + curve.begin + n * curve.interval
                for begin, end in zone.stretches(local, local + curve.interval):
                    yield curve.group, max(0, min(end, until) - begin), heads, False


def account(scenario: Scenario, days: Sequence[Figures]) -> JSON | None:
    """Return what the measured days cost, with `Est` for figures; None where the scenario has no prices."""
    money = scenario.money
    if money is None:
        return None
    found: JSON = {"currency": money.currency}
    if money.wages:
        paid = wages(scenario)
        found["wages"] = {
            "total": _sure(sum(cost for cost, _ in paid.values())),
            "overtime": _sure(sum(over for _, over in paid.values())),
            "groups": {group: _sure(cost) for group, (cost, _) in paid.items()},
        }
    for part, prices in (("lost_calls", money.lost_call), ("revenue_at_risk", money.revenue)):
        if prices:
            each = _lost(scenario, days, prices)
            total = np.sum(list(each.values()), axis=0)
            found[part] = {"total": mean(total), "tiers": {tier: mean(amount) for tier, amount in each.items()}}
    if money.wages and money.lost_call:
        found["cost"] = {"total": mean(totals(scenario, days)["cost"])}
    return found


def totals(scenario: Scenario, days: Sequence[Figures]) -> dict[str, Floats]:
    """Return each part's total over replications; parts that have no price are left out."""
    money = scenario.money
    assert money is not None
    found: dict[str, Floats] = {}
    if money.wages:
        found["wages"] = np.full(len(days), sum(cost for cost, _ in wages(scenario).values()))
    for part, prices in (("lost_calls", money.lost_call), ("revenue_at_risk", money.revenue)):
        if prices:
            found[part] = np.asarray(np.sum(list(_lost(scenario, days, prices).values()), axis=0))
    if "wages" in found and "lost_calls" in found:
        found["cost"] = found["wages"] + found["lost_calls"]
    return {part: found[part] for part in PARTS if part in found}


def _lost(scenario: Scenario, days: Sequence[Figures], prices: Prices) -> dict[str, Floats]:
    """Return by tier what its lost calls come to, over replications."""
    columns, price = [COUNTS.index(outcome) for outcome in LOST], dict(prices)
    return {
        tier.name: price.get(tier.name, 0.0)
        * np.array([day.counts[place][:, columns].sum() for day in days], np.float64)
        for place, tier in enumerate(scenario.centre.tiers)
    }


def _sure(amount: float) -> Est:
    return Est(amount, amount, amount)


def roster_account(money: Money, shifts: Sequence[tuple[str, int]]) -> JSON:
    """Return what rostered shifts (group, length in ms) cost, as plain data: the sum over the lines."""
    paid = [(group, *money.shift(group, length)) for group, length in shifts]
    groups = dict.fromkeys((group for group, _, _ in paid), 0.0)
    for group, cost, _ in paid:
        groups[group] += cost
    return {
        "currency": money.currency,
        "wages": {
            "total": sum(groups.values()),
            "overtime": sum(over for _, _, over in paid),
            "groups": groups,
        },
    }
