"""Three dimensions of an operator's customer: spend per month, time as customer, credit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from callcenter.customers.columns import Customers
from callcenter.customers.grading import Grading
from callcenter.customers.ranking import Step, cut, places, standing, steady, told_place, told_step


@dataclass(frozen=True, slots=True)
class Value3dRules:
    """What each dimension weighs, and how many customers have each grade."""

    spend: float = 0.5
    tenure: float = 0.25
    credit: float = 0.25
    sizes: tuple[Step, ...] = (Step("high", 0.05), Step("middle", 0.15), Step("ordinary"))
    tiers: Mapping[str, str] = field(default_factory=lambda: {"high": "vip", "middle": "mid", "ordinary": "standard"})


def value3d(customers: Customers, rules: Value3dRules, as_of: int | None = None) -> Grading:
    """Grade by the weighted standing in spend per month, tenure and credit: the top 5 % high, the next 15 % middle.

    A standing is the share of customers whom one is above, so each dimension counts by its weight and not by its
    unit. Not known: standing 0 in that dimension; what is not known never helps.
    """
    spend, tenure, credit = (
        standing(customers.figure(name)) for name in ("revenue_12m", "tenure_months", "credit_score")
    )
    weight = rules.spend + rules.tenure + rules.credit
    value = steady((rules.spend * spend + rules.tenure * tenure + rules.credit * credit) / weight)
    grade, place = cut(value, rules.sizes), places(value)
    revenue = customers.figure("revenue_12m")

    def because(row: int) -> str:
        above = f"spend {revenue[row] / 12:,.2f} a month is above {100 * spend[row]:.0f} % of customers" \
            if spend[row] else "spend is not known"  # fmt: skip
        return (
            f"{above}, tenure above {100 * tenure[row]:.0f} %, credit above {100 * credit[row]:.0f} %: "
            f"together {told_place(place[row], len(customers))}, among {told_step(rules.sizes, grade[row])}"
        )

    return Grading(tuple(step.grade for step in rules.sizes), grade, rules.tiers, because)
