"""The table of methods: what each is called, what it needs, and its rules where nobody wrote others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from callcenter.customers.activity import ActivityRules, activity
from callcenter.customers.columns import Customers
from callcenter.customers.grading import Grading
from callcenter.customers.loyalty import LoyaltyRules, loyalty
from callcenter.customers.ltv import LtvRules, ltv
from callcenter.customers.pareto import AbcRules, abc
from callcenter.customers.pyramid import PyramidRules, pyramid
from callcenter.customers.rfm import RfmRules, rfm
from callcenter.customers.scorecard import ScorecardRules, scorecard
from callcenter.customers.value3d import Value3dRules, value3d


@dataclass(frozen=True, slots=True)
class Method:
    """A way to grade."""

    about: str
    needs: tuple[str, ...]
    """The figures it asks for."""
    grade: Callable[[Customers, Any, int | None], Grading]
    rules: Any
    """Its rules by default; others are of the same type."""


METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        "pyramid": Method("the top 1 / 4 / 15 / 80 % by revenue", ("revenue_12m",), pyramid, PyramidRules()),
        "abc": Method("who brings 70 / 20 / 10 % of the revenue", ("revenue_12m",), abc, AbcRules()),
        "rfm": Method(
            "recency, frequency, money: quantiles and a table",
            ("last_contact", "contacts_12m", "revenue_12m"), rfm, RfmRules(),
        ),
        "value3d": Method(
            "spend per month, tenure and credit, weighted",
            ("revenue_12m", "tenure_months", "credit_score"), value3d, Value3dRules(),
        ),
        "loyalty": Method("length and number of dealings", ("tenure_months", "contacts_12m"), loyalty, LoyaltyRules()),
        "activity": Method("turnover: 5 / 10 / 25 / 30 / 30 %", ("revenue_12m",), activity, ActivityRules()),
        "ltv": Method("margin, retention, discount", ("revenue_12m", "tenure_months"), ltv, LtvRules()),
        "scorecard": Method(
            "points by criterion, weighted",
            ("revenue_12m", "tenure_months", "contacts_12m", "last_contact", "credit_score"), scorecard,
            ScorecardRules(),
        ),
    }
)  # fmt: skip
"""By the name on the command line."""


def grade(customers: Customers, method: str, rules: Any = None, *, as_of: int | None = None) -> Grading:
    """Grade customers.

    Args:
        customers: Their figures; a missing column is known of nobody.
        method: One of `METHODS`.
        rules: Of the method's type; None: its own.
        as_of: Day of reckoning, days since 1970-01-01 (None: the newest contact).
    """
    chosen = METHODS[method]
    return chosen.grade(customers, chosen.rules if rules is None else rules, as_of)


def needed(method: str, rules: Any = None) -> tuple[str, ...]:
    """Return the figures that a method asks for under these rules."""
    if isinstance(rules, ScorecardRules):
        return tuple(criterion.figure for criterion in rules.criteria)
    return METHODS[method].needs
