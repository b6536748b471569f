"""Lifetime value: what a customer will still bring, from margin, retention and discount."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from callcenter.customers.columns import Customers, Floats
from callcenter.customers.grading import Grading
from callcenter.customers.ranking import Step, cut, places, steady, told_place, told_step


@dataclass(frozen=True, slots=True)
class LtvRules:
    """Margin and discount of all; retention by tenure, where a customer's own is not known."""

    margin: float = 0.3
    """Share of the revenue that is left after cost."""
    discount: float = 0.1
    """A year's: a sum a year from now is worth this much less. Above 0."""
    retention: tuple[tuple[float, float], ...] = ((0, 0.6), (12, 0.75), (36, 0.85), (60, 0.9))
    """From so many months as customer → chance to be still one in a year."""
    sizes: tuple[Step, ...] = (Step("high", 0.05), Step("middle", 0.15), Step("low"))
    tiers: Mapping[str, str] = field(default_factory=lambda: {"high": "vip", "middle": "mid", "low": "standard"})


def ltv(customers: Customers, rules: LtvRules, as_of: int | None = None) -> Grading:
    """Grade by lifetime value: margin × revenue × r ÷ (1 + d − r); the top 5 % high, the next 15 % middle.

    r is the customer's own `retention`, or that of the tenure; d the discount. It is the present value of the margins
    of all years to come, the first a year from now, at constant margin and retention, without end. The revenue not
    known: the lowest grade; tenure not known: that of a new customer. Where the revenue is negative, staying longer
    makes it worse.

    Source: Gupta and Lehmann, "Customers as assets", Journal of Interactive Marketing 17(1), 2003.
    """
    kept = retention(customers, rules)
    revenue = customers.figure("revenue_12m")
    value = lifetime_value(rules.margin * revenue, kept, rules.discount)
    grade, place = cut(steady(value), rules.sizes), places(steady(value))

    def because(row: int) -> str:
        if np.isnan(value[row]):
            return "the revenue is not known"
        return (
            f"a margin of {rules.margin * revenue[row]:,.2f} a year at {100 * kept[row]:.0f} % retention is worth "
            f"{value[row]:,.2f}, {told_place(place[row], len(customers))}, among {told_step(rules.sizes, grade[row])}"
        )

    return Grading(tuple(step.grade for step in rules.sizes), grade, rules.tiers, because)


def lifetime_value(margin: Floats, retention: Floats, discount: float) -> Floats:
    """Return the present value of all margins to come.

    Args:
        margin: A year's, any currency.
        retention: Chance to stay a year, 0 to 1.
        discount: A year's, above 0.

    >>> lifetime_value(np.array([100.0, 100.0]), np.array([0.8, 0.85]), 0.1).round(1)
    array([266.7, 340. ])
    """
    return np.asarray(margin * retention / (1 + discount - retention), np.float64)


def retention(customers: Customers, rules: LtvRules) -> Floats:
    """Return each customer's chance to stay a year."""
    months = np.nan_to_num(customers.figure("tenure_months"), nan=0.0)
    begins = np.array([begin for begin, _ in rules.retention])
    chances = np.array([chance for _, chance in rules.retention])
    by_tenure = chances[np.maximum(np.searchsorted(begins, months, side="right") - 1, 0)]
    own = customers.figure("retention")
    return np.where(np.isnan(own), by_tenure, np.clip(own, 0.0, 1.0))
