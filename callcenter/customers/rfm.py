"""RFM: how recently, how often, how much; a score for each, and a table that makes grades of the scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from callcenter.customers.columns import Customers, Floats, Ints
from callcenter.customers.grading import Grading
from callcenter.customers.ranking import SLACK, standing


@dataclass(frozen=True, slots=True)
class Segment:
    """A grade, and the scores that are enough for it."""

    grade: str
    recency: int = 1
    frequency: int = 1
    money: int = 1


@dataclass(frozen=True, slots=True)
class RfmRules:
    """How many scores there are, and the table: the first line whose scores are all reached counts.

    Lines ask for minimums only, so a better score can never lead to a later line.
    """

    quantiles: int = 5
    segments: tuple[Segment, ...] = (
        Segment("champions", 4, 4, 4),
        Segment("loyal", 3, 3, 3),
        Segment("at_risk", 1, 3, 3),
        Segment("promising", 4),
        Segment("sleeping", 2),
        Segment("lost"),
    )
    tiers: Mapping[str, str] = field(
        default_factory=lambda: {
            "champions": "vip", "loyal": "mid", "at_risk": "mid",
            "promising": "standard", "sleeping": "standard", "lost": "standard",
        }
    )  # fmt: skip


def rfm(customers: Customers, rules: RfmRules, as_of: int | None = None) -> Grading:
    """Grade by recency (last contact), frequency (contacts) and money (revenue), each scored 1 to 5 by quantile.

    A score says in which fifth of the customers one is: the grade depends on the others too. Equals have equal scores;
    a figure that all share scores the middle (3). Not known: score 1.

    Args:
        customers: Their figures.
        rules: Number of quantiles and the table.
        as_of: Day of reckoning (days since 1970-01-01), for the words only: recency is a rank. None: the newest day.

    Source: Hughes, "Strategic database marketing", 1994 (quintiles of recency, frequency and monetary value).
    """
    names = ("last_contact", "contacts_12m", "revenue_12m")
    recency, frequency, money = (score(customers.figure(name), rules.quantiles) for name in names)
    grade = np.full(len(customers), len(rules.segments) - 1, np.int64)
    for n, segment in reversed(list(enumerate(rules.segments))):
        enough = (recency >= segment.recency) & (frequency >= segment.frequency) & (money >= segment.money)
        grade[enough] = n
    last, contacts, revenue = (customers.figure(name) for name in names)
    day = as_of if as_of is not None else customers.newest()

    def because(row: int) -> str:
        ago = "not known" if np.isnan(last[row]) or day is None else f"{max(0, int(day - last[row]))} days ago"
        often = "not known" if np.isnan(contacts[row]) else f"{contacts[row]:g}"
        much = "not known" if np.isnan(revenue[row]) else f"{revenue[row]:,.2f}"
        return (
            f"last contact {ago} (score {recency[row]}), contacts {often} ({frequency[row]}), "
            f"revenue {much} ({money[row]})"
        )

    return Grading(tuple(segment.grade for segment in rules.segments), grade, rules.tiers, because)


def score(values: Floats, quantiles: int) -> Ints:
    """Return in which quantile each value is, 1 (lowest, or not known) to `quantiles`.

    >>> score(np.array([10.0, 20.0, 30.0, 40.0, 50.0]), 5), score(np.array([7.0, 7.0, 7.0, np.nan]), 5)
    (array([1, 2, 3, 4, 5]), array([4, 4, 4, 1]))
    """
    found = np.floor(standing(values) * quantiles + SLACK).astype(np.int64) + 1
    return np.clip(found, 1, quantiles)
