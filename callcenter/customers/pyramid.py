"""The value pyramid: the few who bring most, by their share of customers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from callcenter.customers.columns import Customers
from callcenter.customers.grading import Grading
from callcenter.customers.ranking import Step, cut, places, told_place, told_step


@dataclass(frozen=True, slots=True)
class PyramidRules:
    """Who is in which storey, from the top."""

    sizes: tuple[Step, ...] = (Step("platinum", 0.01), Step("gold", 0.04), Step("iron", 0.15), Step("lead"))
    tiers: Mapping[str, str] = field(
        default_factory=lambda: {"platinum": "vip", "gold": "vip", "iron": "mid", "lead": "standard"}
    )


def pyramid(customers: Customers, rules: PyramidRules, as_of: int | None = None) -> Grading:
    """Grade by place in revenue: the top 1 % platinum, the next 4 % gold, the next 15 % iron, the others lead.

    Equals share the place in their middle and so a grade. Not known: the lowest grade.

    Source: Zeithaml, Rust and Lemon, "The customer pyramid", California Management Review 43(4), 2001.
    """
    revenue = customers.figure("revenue_12m")
    grade, place = cut(revenue, rules.sizes), places(revenue)

    def because(row: int) -> str:
        if np.isnan(revenue[row]):
            return "the revenue is not known"
        where = told_place(place[row], len(customers))
        return f"a revenue of {revenue[row]:,.2f} is {where}, among {told_step(rules.sizes, grade[row])}"

    return Grading(tuple(step.grade for step in rules.sizes), grade, rules.tiers, because)
