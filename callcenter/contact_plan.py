"""Contact plans: each customer of a tier is called once in so many days, without having asked for it.

One rule for the simulator, which knows how many customers there are, and the service, which knows who they are: a turn
that falls on a weekday without such calls is taken on the next day that has them, and so many turns fall on a day as
would if the customers' turns were spread evenly. Days are counted from 1970-01-01, local.
"""

from dataclasses import dataclass
from typing import Final

from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.units import DAY

EVERY_DAY: Final = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """Once in `every_days`, on `weekdays` (0 is Monday).

    >>> plan = ContactPlan(15)
    >>> [plan.turns_on(day, 31) for day in range(3)], sum(plan.turns_on(day, 31) for day in range(30))
    ([3, 2, 2], 62)
    """

    every_days: int
    weekdays: tuple[int, ...] = EVERY_DAY

    def __post_init__(self) -> None:
        if not 1 <= self.every_days <= 366:
            raise BadInput("every {every_days} days: from 1 to 366", every_days=self.every_days)
        if not self.weekdays:
            raise BadInput("no weekday is left to call on")

    def has(self, day: int) -> bool:
        """Tell whether there are such calls on a day."""
        return weekday(day * DAY) in self.weekdays

    def taken_on(self, day: int) -> int:
        """Return the day on which a turn of this day is taken."""
        while not self.has(day):
            day += 1
        return day

    def next_turn(self, last: int | None, today: int) -> int:
        """Return the day of a customer's next turn, who was last talked to, or had a turn, on day `last` (None: never).

        >>> ContactPlan(30).next_turn(100, 110), ContactPlan(30).next_turn(None, 110)
        (130, 110)
        """
        return self.taken_on(today if last is None else last + self.every_days)

    def turns_on(self, day: int, customers: int) -> int:
        """Return how many of so many customers have their turn on a day, spread evenly; nobody has two."""
        if not self.has(day):
            return 0
        turns, before = self._share(day, customers), day - 1
        while not self.has(before):
            turns += self._share(before, customers)
            before -= 1
        return min(turns, customers)

    def _share(self, day: int, customers: int) -> int:
        return customers // self.every_days + (day % self.every_days < customers % self.every_days)
