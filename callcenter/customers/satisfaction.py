"""Whether customers are satisfied, per tier: CSAT, NPS, repeat calls, first-contact resolution.

    csat        = answers of 4 or 5 ÷ answers of 1 to 5
    nps         = (answers of 9 or 10 − answers of 0 to 6) ÷ answers of 0 to 10, times 100: −100 to 100
                  (F. Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003)
    repeat_rate = contacts whose customer had another in the same queue within `repeat_within` before ÷ contacts
    fcr         = answered contacts with no other of the customer in that queue within `settled_after` after
                  ÷ answered contacts that are older than that
    solved      = customers asked who say that it was solved at once ÷ customers asked

A figure of nothing is null, never 0 and never 100 %.
"""

from collections import deque
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


@dataclass(slots=True)
class _Contact:
    customer: str
    queue: str
    tier: str
    at: Millis
    answered: bool = False
    again: bool = False


class Contacts:
    """Folds contacts, in the order they begin, into counts per tier; remembers each for `settled_after` at most."""

    def __init__(self, repeat_within: Millis = REPEAT_WITHIN, settled_after: Millis = SETTLED_AFTER) -> None:
        self._repeat_within = repeat_within
        self._settled_after = settled_after
        self._last: dict[str, dict[str, _Contact]] = {}
        """Queue → customer → the newest contact."""
        self._open: deque[_Contact] = deque()
        self._counts: dict[str, ContactCounts] = {}

    def state(self) -> dict[str, Any]:
        """Return what is remembered and counted."""
        return {"last": self._last, "open": self._open, "counts": self._counts}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._last, self._open, self._counts = state["last"], state["open"], state["counts"]

    def begin(self, customer: str, queue: str, tier: str, at: Millis) -> None:
        """A customer's contact begins."""
        self._settle(at)
        counts = self._counts.setdefault(tier, ContactCounts())
        counts.contacts += 1
        last = self._last.setdefault(queue, {})
        before = last.get(customer)
        if before is not None:
            before.again = True
            if at - before.at <= self._repeat_within:
                counts.repeats += 1
            customer = before.customer  # one text for all of a customer's contacts
        fresh = last[customer] = _Contact(customer, queue, tier, at)
        self._open.append(fresh)

    def answer(self, customer: str, queue: str) -> None:
        """The customer's newest contact in this queue is answered."""
        found = self._last.get(queue, {}).get(customer)
        if found is not None:
            found.answered = True

    def counts(self, now: Millis) -> dict[str, ContactCounts]:
        """Return the counts per tier as of `now`, in the order the tiers came."""
        self._settle(now)
        return self._counts

    def _settle(self, now: Millis) -> None:
        """Judge the contacts that are old enough."""
        while self._open and now - self._open[0].at > self._settled_after:
            contact = self._open.popleft()
            last = self._last[contact.queue]
            if last.get(contact.customer) is contact:
                del last[contact.customer]
            if contact.answered:
                counts = self._counts[contact.tier]
                counts.answered += 1
                counts.settled += not contact.again


def ratio(part: float, whole: float) -> float | None:
    """Return part ÷ whole; null of nothing."""
    return part / whole if whole else None
