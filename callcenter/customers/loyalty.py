"""Loyalty: how long a customer has been one, and how often there were dealings in the last twelve months."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from callcenter.customers.columns import Customers
from callcenter.customers.grading import Grading


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, and what is enough for it."""

    grade: str
    months: float = 0.0
    contacts: float = 0.0


@dataclass(frozen=True, slots=True)
class LoyaltyRules:
    """The stages, the most loyal first; the last one asks for nothing."""

    stages: tuple[Stage, ...] = (Stage("loyal", 36, 12), Stage("old", 12, 4), Stage("new", 0, 1), Stage("potential"))
    tiers: Mapping[str, str] = field(
        default_factory=lambda: {"loyal": "vip", "old": "mid", "new": "standard", "potential": "standard"}
    )


def loyalty(customers: Customers, rules: LoyaltyRules, as_of: int | None = None) -> Grading:
    """Grade by stage: potential (no dealings yet), new, old (a year and 4 dealings), loyal (three years and 12).

    The limits are fixed, so a stage depends on nobody else. It moves both ways: dealings are those of the last twelve
    months, and a loyal customer who falls silent becomes an old one, then a new one, then a possible one again.
    Not known counts as 0.
    """
    months = np.nan_to_num(customers.figure("tenure_months"), nan=0.0)
    contacts = np.nan_to_num(customers.figure("contacts_12m"), nan=0.0)
    grade = np.full(len(customers), len(rules.stages) - 1, np.int64)
    for n, stage in reversed(list(enumerate(rules.stages))):
        grade[(months >= stage.months) & (contacts >= stage.contacts)] = n

    def because(row: int) -> str:
        found = f"{months[row]:g} months as customer and {contacts[row]:g} contacts in twelve months"
        at = int(grade[row])
        if at == 0:
            return found
        above = rules.stages[at - 1]
        return f"{found}; {above.grade} needs {above.months:g} months and {above.contacts:g} contacts"

    return Grading(tuple(stage.grade for stage in rules.stages), grade, rules.tiers, because)
