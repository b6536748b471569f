"""The weighted scorecard: points for each criterion, a weight for each, limits of the sum."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from callcenter.customers.columns import Customers, Floats
from callcenter.customers.grading import Grading
from callcenter.customers.ranking import standing, steady


@dataclass(frozen=True, slots=True)
class Criterion:
    """A figure that counts, and how: by standing among all customers, or by fixed limits."""

    figure: str
    weight: float
    limits: tuple[tuple[float, float], ...] = ()
    """From this figure on → so many points, 0 to 100, both rising. None: 100 × the share of customers below."""


@dataclass(frozen=True, slots=True)
class ScorecardRules:
    """The criteria, and how many points a grade needs (the last one none)."""

    criteria: tuple[Criterion, ...] = (
        Criterion("revenue_12m", 50),
        Criterion("tenure_months", 20),
        Criterion("contacts_12m", 10),
        Criterion("last_contact", 10),
        Criterion("credit_score", 10),
    )
    grades: tuple[tuple[str, float], ...] = (("A", 80), ("B", 60), ("C", 40), ("D", 0))
    tiers: Mapping[str, str] = field(default_factory=lambda: {"A": "vip", "B": "mid", "C": "standard", "D": "standard"})


def scorecard(customers: Customers, rules: ScorecardRules, as_of: int | None = None) -> Grading:
    """Grade by the weighted mean of each criterion's points: 80 of 100 are an A, 60 a B, 40 a C.

    Not known: no points. With limits in money the grade follows the currency; by standing it does not.
    """
    each = [points(customers.figure(criterion.figure), criterion) for criterion in rules.criteria]
    weights = np.array([criterion.weight for criterion in rules.criteria])
    total = steady(sum((w * p for w, p in zip(weights, each, strict=True)), np.zeros(len(customers))) / weights.sum())
    needed = np.array([limit for _, limit in rules.grades[:-1]])
    grade = (total[:, None] < needed).sum(axis=1).astype(np.int64)

    def because(row: int) -> str:
        parts = ", ".join(f"{c.figure} {p[row]:.0f}" for c, p in zip(rules.criteria, each, strict=True))
        return f"{total[row]:.1f} of 100 points ({parts})"

    return Grading(tuple(name for name, _ in rules.grades), grade, rules.tiers, because)


def points(values: Floats, criterion: Criterion) -> Floats:
    """Return the points of each value, 0 to 100.

    >>> points(np.array([500.0, 1000.0, np.nan]), Criterion("revenue_12m", 1, ((1000, 60), (2000, 100))))
    array([ 0., 60.,  0.])
    """
    if not criterion.limits:
        return 100 * standing(values)
    limits = np.array([limit for limit, _ in criterion.limits])
    worth = np.array([0.0, *(earned for _, earned in criterion.limits)])
    reached = np.searchsorted(limits, np.nan_to_num(values, nan=-np.inf), side="right")
    return np.asarray(worth[reached])
