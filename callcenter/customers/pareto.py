"""ABC: the few who bring 70 % of the revenue, those who bring the next 20 %, and the many who bring the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from callcenter.customers.columns import Customers, Floats
from callcenter.customers.grading import Grading
from callcenter.customers.ranking import SLACK


@dataclass(frozen=True, slots=True)
class AbcRules:
    """Which share of the revenue each class brings, the first class first; they add up to 1."""

    shares: tuple[tuple[str, float], ...] = (("A", 0.7), ("B", 0.2), ("C", 0.1))
    tiers: Mapping[str, str] = field(default_factory=lambda: {"A": "vip", "B": "mid", "C": "standard"})


def abc(customers: Customers, rules: AbcRules, as_of: int | None = None) -> Grading:
    """Grade by the share of the whole revenue that better customers bring: below 70 % A, below 90 % B, else C.

    The customer with whom the sum passes 70 % is still an A. Equals are treated as one. Who brings nothing, takes
    money back or is not known is in the last class, and so is everybody where there is no revenue in all. (Were the
    customer's own share counted, one who brings 75 % alone would be no A, and could lose the grade by buying more.)

    Source: Pareto's curve as used by Dickie, "ABC inventory analysis shoots for dollars", Factory Management 109, 1951.
    """
    revenue = customers.figure("revenue_12m")
    before = revenue_before(revenue)
    bounds = np.cumsum([share for _, share in rules.shares[:-1]])
    grade = np.searchsorted(bounds, before + SLACK, side="right").astype(np.int64)
    grade[~(revenue > 0)] = len(bounds)

    def because(row: int) -> str:
        if np.isnan(revenue[row]):
            return "the revenue is not known"
        if not revenue[row] > 0:
            return f"a revenue of {revenue[row]:,.2f} brings nothing"
        return f"a revenue of {revenue[row]:,.2f}; customers with more bring {100 * before[row]:.1f} % of all revenue"

    return Grading(tuple(name for name, _ in rules.shares), grade, rules.tiers, because)


def revenue_before(revenue: Floats) -> Floats:
    """Return for each customer the share of all revenue that customers with more bring; 1 where there is none.

    >>> revenue_before(np.array([20.0, 70.0, 5.0, 5.0]))
    array([0.7, 0. , 0.9, 0.9])
    """
    known = ~np.isnan(revenue)
    values, inverse, counts = np.unique(revenue[known], return_inverse=True, return_counts=True)
    found = np.ones(len(revenue))
    downward = (values * counts)[::-1]
    total = float(downward.sum())
    if total > 0:
        above = (np.cumsum(downward) - downward)[::-1]
        found[known] = (above / total)[inverse]
    return found
