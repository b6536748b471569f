"""Customers as columns of numbers, one row each; what is not known is nan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FIGURES: Final = {
    "revenue_12m": "what the customer brought in twelve months, any currency; below 0: more went back than came in",
    "last_contact": "the day of the newest dealing, days since 1970-01-01",
    "contacts_12m": "dealings in twelve months",
    "tenure_months": "months as customer",
    "credit_score": "any scale, higher is better",
    "agent_minutes_12m": "agents' time in twelve months, minutes",
    "retention": "chance, 0 to 1, to be still a customer in a year",
}
"""Every figure a method may ask for, and what it is. Column names of a customer file are the same."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers of whom figures are known: columns of one length, a row is one customer."""

    ids: Sequence[str]
    figures: Mapping[str, Floats]
    """By name, of `FIGURES`; nan where a customer's figure is not known. A column may be missing."""
    phones: Sequence[str] = ()
    """One for each customer ("" where there is none), or nothing."""

    def __len__(self) -> int:
        return len(self.ids)

    def figure(self, name: str) -> Floats:
        """Return a column; one that is not there is known of nobody."""
        found = self.figures.get(name)
        return np.full(len(self), np.nan) if found is None else found

    def newest(self) -> int | None:
        """Return the day of the newest dealing of all: the day of reckoning where none is given."""
        days = self.figure("last_contact")
        known = days[np.isfinite(days)]
        return int(known.max()) if len(known) else None
