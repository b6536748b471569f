"""Activity by turnover, as brokers see their accounts: from very frequent to silent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from callcenter.customers.columns import Customers
from callcenter.customers.grading import Grading
from callcenter.customers.ranking import Step, cut, places, told_place, told_step


@dataclass(frozen=True, slots=True)
class ActivityRules:
    """How many accounts are how active, from the top."""

    sizes: tuple[Step, ...] = (
        Step("very_frequent", 0.05), Step("active", 0.10), Step("normal", 0.25), Step("inactive", 0.30), Step("silent"),
    )  # fmt: skip
    tiers: Mapping[str, str] = field(
        default_factory=lambda: {
            "very_frequent": "vip", "active": "mid",
            "normal": "standard", "inactive": "standard", "silent": "standard",
        }
    )  # fmt: skip


def activity(customers: Customers, rules: ActivityRules, as_of: int | None = None) -> Grading:
    """Grade by place in turnover: 5 % very frequent, 10 % active, 25 % normal, 30 % inactive, the others silent.

    An account without turnover is silent wherever it stands, so the silent are 30 % or more.
    """
    turnover = customers.figure("revenue_12m")
    grade, place = cut(turnover, rules.sizes), places(turnover)
    grade[~(turnover > 0)] = len(rules.sizes) - 1

    def because(row: int) -> str:
        if np.isnan(turnover[row]):
            return "the turnover is not known"
        if not turnover[row] > 0:
            return f"a turnover of {turnover[row]:,.2f} is none"
        where = told_place(place[row], len(customers))
        return f"a turnover of {turnover[row]:,.2f} is {where}, among {told_step(rules.sizes, grade[row])}"

    return Grading(tuple(step.grade for step in rules.sizes), grade, rules.tiers, because)
