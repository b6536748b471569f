"""A customer as the store knows them, and the little of it that a call needs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from callcenter.ids import AgentId, CustomerKey
from callcenter.units import DAY, Millis

SPENDING_SPAN: Final = Millis(90 * DAY)
"""What was brought before is looked at anew once in so long."""


@dataclass(frozen=True, slots=True)
class Number:
    """One way to reach a customer."""

    number: str
    """E.164, or an address in lower case."""
    extension: str = ""
    shared: bool = False
    """A household's, a switchboard's: it does not say who speaks."""


@dataclass(slots=True)
class Known:
    """What a call needs to know of who rings."""

    key: CustomerKey
    tier: str | None = None
    managers: tuple[AgentId, ...] = ()
    zone: str | None = None
    protected: bool = False
    stranger: bool = False


def managers_of(account_manager: str | None) -> tuple[AgentId, ...]:
    """Return the agents of an account manager's field.

    >>> managers_of("ana, bob")
    ('ana', 'bob')
    """
    return tuple(AgentId(part.strip()) for part in (account_manager or "").split(",") if part.strip())


@dataclass(slots=True)
class Customer:
    """One person, as the store knows them; without `customer_id` a stranger, known by the number of a call."""

    key: CustomerKey
    customer_id: str | None = None
    name: str | None = None
    tier: str | None = None
    grade: str | None = None
    why: str | None = None
    """The grade in one sentence."""
    revenue_12m: float | None = None
    last_contact: str | None = None
    """A date: 2026-03-02."""
    contacts_12m: int | None = None
    tenure_months: float | None = None
    credit_score: float | None = None
    account_manager: str | None = None
    """Agents divided by commas, the first is asked first."""
    language: str | None = None
    zone: str | None = None
    consent: bool | None = None
    """May be called without having asked for it (surveys, follow-ups); None: never asked."""
    protected: bool = False
    """Elderly or disabled, for instance: never in the last band."""
    notes: str | None = None
    revenue_before: float | None = None
    """What the figure was, before it was stated first in a span; `revenue_before_at` is when that was."""
    revenue_before_at: Millis | None = None
    numbers: tuple[Number, ...] = ()

    @classmethod
    def of_rows(cls, row: Mapping[str, Any], numbers: list[dict[str, Any]]) -> "Customer":
        """Return the customer that the store's rows tell of."""
        values = {name: row[name] for name in COLUMNS}
        values["protected"] = bool(values["protected"])
        values["consent"] = None if values["consent"] is None else bool(values["consent"])
        found = sorted(numbers, key=lambda line: line["place"])
        return cls(**values, numbers=tuple(Number(n["number"], n["extension"], bool(n["shared"])) for n in found))

    def row(self, now: Millis) -> dict[str, object]:
        """Return the customer's row, which has no numbers."""
        values = {name: getattr(self, name) for name in COLUMNS}
        values["protected"] = int(self.protected)
        values["consent"] = None if self.consent is None else int(self.consent)
        return {**values, "at": now}

    def number_rows(self, now: Millis) -> list[dict[str, object]]:
        """Return the rows of the numbers, in their order."""
        return [
            {
                "customer_key": self.key,
                "extension": one.extension,
                "number": one.number,
                "shared": int(one.shared),
                "place": place,
                "at": now,
            }
            for place, one in enumerate(self.numbers)
        ]

    def brings(self, revenue_12m: float, now: Millis) -> None:
        """Take note of what the customer brings, and of what they brought before."""
        due = self.revenue_before_at is None or now - self.revenue_before_at >= SPENDING_SPAN
        if self.revenue_12m is not None and due:
            self.revenue_before, self.revenue_before_at = self.revenue_12m, now
        self.revenue_12m = revenue_12m

    @property
    def known(self) -> Known:
        """What a call needs of it."""
        managers = managers_of(self.account_manager)
        return Known(self.key, self.tier, managers, self.zone, self.protected, self.customer_id is None)

    @property
    def number(self) -> str | None:
        """The first number."""
        return self.numbers[0].number if self.numbers else None


COLUMNS: Final = tuple(field.name for field in fields(Customer) if field.name != "numbers")
