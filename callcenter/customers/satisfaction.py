"""Whether customers are satisfied, per tier: CSAT, NPS, repeat calls, first-contact resolution.

How each is counted::

    csat        = answers of 4 or 5 ÷ answers of 1 to 5
    nps         = (answers of 9 or 10 − answers of 0 to 6) ÷ answers of 0 to 10, times 100: −100 to 100
                  (F. Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003)
    repeat_rate = contacts whose customer had another in the same queue within `repeat_within` before ÷ contacts
    fcr         = answered contacts with no other of the customer in that queue within `settled_after` after
                  ÷ answered contacts that are older than that
    solved      = customers asked who say that it was solved at once ÷ customers asked

A figure of nothing is null, never 0 and never 100 %.
"""

from array import array
from dataclasses import dataclass, field
from typing import Any, Final

from callcenter.units import DAY, Millis

REPEAT_WITHIN: Final = Millis(DAY)
SETTLED_AFTER: Final = Millis(DAY)


@dataclass(slots=True)
class Answers:
    """What customers said who were asked, added up."""

    csat: list[int] = field(default_factory=lambda: [0] * 5)
    """How many gave 1, 2, 3, 4, 5."""
    nps: list[int] = field(default_factory=lambda: [0] * 11)
    """How many gave 0 to 10."""
    solved: int = 0
    not_solved: int = 0

    def add(self, csat: int | None, nps: int | None, solved: bool | None) -> None:
        """Add one customer's answers; None: not asked, or not said."""
        if csat is not None:
            self.csat[csat - 1] += 1
        if nps is not None:
            self.nps[nps] += 1
        if solved is not None:
            self.solved += solved
            self.not_solved += not solved

    def add_all(self, other: "Answers") -> None:
        """Add the answers of `other`."""
        self.csat = [a + b for a, b in zip(self.csat, other.csat, strict=True)]
        self.nps = [a + b for a, b in zip(self.nps, other.nps, strict=True)]
        self.solved += other.solved
        self.not_solved += other.not_solved

    @property
    def csat_share(self) -> float | None:
        """Return the share of 4 and 5."""
        return ratio(sum(self.csat[3:]), sum(self.csat))

    @property
    def csat_mean(self) -> float | None:
        """Return the mean of 1 to 5."""
        return ratio(sum(n * (i + 1) for i, n in enumerate(self.csat)), sum(self.csat))

    @property
    def nps_score(self) -> float | None:
        """Return promoters less detractors, −100 to 100.

        >>> answers = Answers()
        >>> for said in (10, 9, 8, 3): answers.add(None, said, None)
        >>> answers.nps_score
        25.0
        """
        found = ratio(sum(self.nps[9:]) - sum(self.nps[:7]), sum(self.nps))
        return None if found is None else 100 * found

    @property
    def solved_share(self) -> float | None:
        """Return the share who say that it was solved at once."""
        return ratio(self.solved, self.solved + self.not_solved)


@dataclass(slots=True)
class ContactCounts:
    """One tier's contacts of known customers."""

    contacts: int = 0
    repeats: int = 0
    answered: int = 0
    """Answered, and long enough ago to be judged."""
    settled: int = 0
    """… of which nothing more was heard."""

    def add(self, other: "ContactCounts") -> None:
        """Add the counts of `other`."""
        for name in ("contacts", "repeats", "answered", "settled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def repeat_rate(self) -> float | None:
        """Return the share of contacts that are repeats."""
        return ratio(self.repeats, self.contacts)

    @property
    def fcr(self) -> float | None:
        """Return the share of answered contacts that settled the matter."""
        return ratio(self.settled, self.answered)


ANSWERED: Final = 1
AGAIN: Final = 2
"""What is known of a contact besides: the customer was served; has come again."""
TRIMMED: Final = 4_096
"""So many that were judged go in one go."""


class Contacts:
    """Folds contacts, in the order they begin, into counts per tier; remembers each for `settled_after` at most.

    In columns: a centre has a hundred thousand contacts in that time, and an object of each would cost ten times as
    much.
    """

    def __init__(self, repeat_within: Millis = REPEAT_WITHIN, settled_after: Millis = SETTLED_AFTER) -> None:
        self._repeat_within = repeat_within
        self._settled_after = settled_after
        self._last: dict[str, dict[str, int]] = {}
        """Queue → customer → the number of the newest contact, counted from the first one ever."""
        self._counts: dict[str, ContactCounts] = {}
        self._places: list[tuple[str, str]] = []
        """Queue and tier."""
        self._begun = array("q")
        """Of each contact that is remembered: when it began; …"""
        self._place = array("H")
        """… where, in `_places`; …"""
        self._known = bytearray()
        """… what is known of it; …"""
        self._customers: list[str] = []
        """… whose it is."""
        self._first = 0
        """The number of the first that is in the columns."""
        self._judged = 0
        """So many of those are over."""

    def state(self) -> dict[str, Any]:
        """Return what is remembered and counted."""
        return {
            "last": self._last, "counts": self._counts, "places": self._places, "begun": self._begun.tobytes(),
            "place": self._place.tobytes(), "known": bytes(self._known), "customers": self._customers,
            "first": self._first, "judged": self._judged,
        }  # fmt: skip

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._last, self._counts, self._places = state["last"], state["counts"], state["places"]
        self._begun, self._place = array("q"), array("H")
        self._begun.frombytes(state["begun"])
        self._place.frombytes(state["place"])
        self._known, self._customers = bytearray(state["known"]), state["customers"]
        self._first, self._judged = state["first"], state["judged"]

    def begin(self, customer: str, queue: str, tier: str, at: Millis) -> None:
        """A customer's contact begins."""
        self._settle(at)
        counts = self._counts.setdefault(tier, ContactCounts())
        counts.contacts += 1
        last = self._last.setdefault(queue, {})
        before = last.get(customer)
        if before is not None:
            row = before - self._first
            self._known[row] |= AGAIN
            if at - self._begun[row] <= self._repeat_within:
                counts.repeats += 1
            customer = self._customers[row]  # one text for all of a customer's contacts
        last[customer] = self._first + len(self._begun)
        self._begun.append(at)
        self._place.append(self._place_of(queue, tier))
        self._known.append(0)
        self._customers.append(customer)

    def _place_of(self, queue: str, tier: str) -> int:
        """Return the number of a queue and tier: there are a few dozen."""
        place = (queue, tier)
        if place not in self._places:
            self._places.append(place)
        return self._places.index(place)

    def answer(self, customer: str, queue: str) -> None:
        """The customer's newest contact in this queue is answered."""
        found = self._last.get(queue, {}).get(customer)
        if found is not None:
            self._known[found - self._first] |= ANSWERED

    def counts(self, now: Millis) -> dict[str, ContactCounts]:
        """Return the counts per tier as of `now`, in the order the tiers came."""
        self._settle(now)
        return self._counts

    def _settle(self, now: Millis) -> None:
        """Judge the contacts that are old enough."""
        row = self._judged
        while row < len(self._begun) and now - self._begun[row] > self._settled_after:
            queue, tier = self._places[self._place[row]]
            last, customer = self._last[queue], self._customers[row]
            if last.get(customer) == self._first + row:
                del last[customer]
            known = self._known[row]
            if known & ANSWERED:
                counts = self._counts[tier]
                counts.answered += 1
                counts.settled += not known & AGAIN
            self._customers[row] = ""
            row += 1
        self._judged = row
        if row >= TRIMMED:
            for column in (self._begun, self._place, self._known, self._customers):
                del column[:row]
            self._first += row
            self._judged = 0


def ratio(part: float, whole: float) -> float | None:
    """Return part ÷ whole; null of nothing."""
    return part / whole if whole else None
