"""What every method returns: a grade for each customer, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callcenter.customers.columns import Ints


@dataclass(frozen=True, slots=True)
class Grading:
    """Customers' grades by one method."""

    grades: tuple[str, ...]
    """The best first."""
    grade: Ints
    """Of each customer, as an index of `grades`."""
    tiers: Mapping[str, str]
    """Grade → the customer class (tier) that it is served as."""
    because: Callable[[int], str]
    """Row → what the grade follows from, without the grade."""

    def why(self, row: int) -> str:
        """Return one sentence that explains the grade of a customer to that customer's account manager."""
        return f"{self.grades[self.grade[row]]}: {self.because(row)}"
