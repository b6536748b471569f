"""What a centre's service costs: wages, overtime, lost calls; and what its customers bring."""

from dataclasses import dataclass

from callcenter.units import HOUR

Prices = tuple[tuple[str, float], ...]
"""Name and amount of each."""


@dataclass(frozen=True, slots=True)
class Money:
    """Prices, all in one currency."""

    currency: str
    """As it is printed before every amount."""
    wages: Prices = ()
    """Of an hour on the roster, by group: breaks are paid, and people who are away that day."""
    overtime_after: int | None = None
    """Of a shift, what is longer than this is overtime, ms; None: nothing is."""
    overtime_pay: float = 1.5
    """An hour of overtime costs so many times the wage."""
    lost_call: Prices = ()
    """Of a call that nobody answered, by tier."""
    revenue: Prices = ()
    """What an answered call brings, by tier: at risk when nobody answers."""

    def wage(self, group: str) -> float:
        """Return what an hour of a group's people costs; 0 where nothing is said."""
        return dict(self.wages).get(group, 0.0)

    def shift(self, group: str, length: int) -> tuple[float, float]:
        """Return what one shift of `length` ms costs, and how much of that is overtime.

        >>> Money("EUR", (("desk", 20.0),), overtime_after=8 * HOUR).shift("desk", 9 * HOUR)
        (190.0, 30.0)
        """
        wage = self.wage(group)
        over = 0 if self.overtime_after is None else max(0, length - self.overtime_after)
        overtime = wage * self.overtime_pay * over / HOUR
        return wage * (length - over) / HOUR + overtime, overtime
