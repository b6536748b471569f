"""What changed since last time: who rose, who fell, who is new and who is gone."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from callcenter.customers.columns import Customers
from callcenter.customers.grading import Grading


@dataclass(slots=True)
class Changes:
    """Customers by what became of their grade."""

    promoted: int = 0
    demoted: int = 0
    unchanged: int = 0
    new: int = 0
    gone: int = 0
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(grade before, grade now) → customers, of those whose grade changed."""

    def as_json(self) -> dict[str, Any]:
        """Return it as `callcenter tiers --json` prints it."""
        counts = {name: getattr(self, name) for name in ("promoted", "demoted", "unchanged", "new", "gone")}
        moves = [{"from": a, "to": b, "customers": n} for (a, b), n in sorted(self.moves.items())]
        return {**counts, "moves": moves}


def changes(before: Mapping[str, str], customers: Customers, grading: Grading) -> Changes:
    """Return what changed.

    Args:
        before: Customer → grade of last time, by the same method.
        customers: Those of now.
        grading: Their grades now.
    """
    found = Changes()
    for _, old, now in changed(before, customers, grading):
        if old is None:
            found.new += 1
            continue
        found.moves[old, now] += 1
        if grading.grades.index(now) < grading.grades.index(old):
            found.promoted += 1
        else:
            found.demoted += 1
    found.unchanged = len(customers) - found.new - found.promoted - found.demoted
    found.gone = len(before) - (len(customers) - found.new)
    return found


def changed(before: Mapping[str, str], customers: Customers, grading: Grading) -> Iterator[tuple[str, str | None, str]]:
    """Yield each customer whose grade is another: id, grade before (None: was not there), grade now."""
    names = [grading.grades[n] for n in grading.grade]
    for who, now in zip(customers.ids, names, strict=True):
        old = before.get(who)
        if old != now:
            yield who, old, now
