"""What a grading comes to: how many customers each grade has, what they bring, and what they take."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from callcenter.customers.columns import Customers, Floats
from callcenter.customers.grading import Grading


@dataclass(frozen=True, slots=True)
class GradeSummary:
    """One grade. Shares are of all customers; None where there is nothing to share."""

    name: str
    tier: str
    customers: int
    revenue: float
    """As in the file: what went back is subtracted."""
    contacts: float
    share_customers: float | None
    share_revenue: float | None
    """Of the revenue in all; below 0 where a grade costs more than it brings."""
    share_contacts: float | None
    share_agent_time: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """All grades, the best first."""

    method: str
    grades: tuple[GradeSummary, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as `callcenter tiers --json` prints it."""
        names = ("customers", "share_customers", "share_revenue", "share_contacts", "share_agent_time")
        return {
            "method": self.method,
            "grades": [
                {"name": g.name, **{name: getattr(g, name) for name in names}}
                | {"revenue": g.revenue, "contacts": g.contacts, "tier": g.tier}
                for g in self.grades
            ],
        }


def summary(method: str, customers: Customers, grading: Grading) -> Summary:
    """Return what a grading comes to."""
    counts = np.bincount(grading.grade, minlength=len(grading.grades))
    sums = {name: _sums(customers, grading, name) for name in ("revenue_12m", "contacts_12m", "agent_minutes_12m")}
    shares = {name: _shares(found) for name, found in [*sums.items(), ("customers", counts.astype(np.float64))]}
    return Summary(
        method,
        tuple(
            GradeSummary(
                name,
                grading.tiers[name],
                int(counts[n]),
                float(sums["revenue_12m"][n]),
                float(sums["contacts_12m"][n]),
                shares["customers"][n],
                shares["revenue_12m"][n],
                shares["contacts_12m"][n],
                shares["agent_minutes_12m"][n],
            )
            for n, name in enumerate(grading.grades)
        ),
    )


def _sums(customers: Customers, grading: Grading, name: str) -> Floats:
    """Return a figure's sum by grade, added up from the largest down so that the order of rows cannot show."""
    values = np.nan_to_num(customers.figure(name), nan=0.0)
    order = np.lexsort((-values, grading.grade))
    found = np.bincount(grading.grade[order], weights=values[order], minlength=len(grading.grades))
    return np.asarray(found, np.float64)


def _shares(sums: Floats) -> list[float | None]:
    total = float(sums.sum())
    return [None if total <= 0 else float(part) / total for part in sums]
