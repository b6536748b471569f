"""A customer's tier before and after something is known of them, and what has to be reported of the difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from api.customers.blacklist.entries import Listed
from api.customers.directory.record import Known
from api.ids import new_id
from api.store.changes import Change, Row
from callcenter.customers import blacklist as bl
from callcenter.customers import life
from callcenter.customers.blacklist import Entry, EntryState, EntryStep
from callcenter.customers.life import Grade, Override, Standing, Tiers
from callcenter.units import Millis

if TYPE_CHECKING:
    from api.store.store import Store

MOST: Final = 1_000_000
OPEN: Final = (EntryState.PROPOSED, EntryState.IN_FORCE)


@dataclass(slots=True)
class Verdict:
    """What follows from new knowledge of some customers."""

    rows: list[Change] = field(default_factory=list)
    """What tells of it; to go into the transaction of the knowledge, so that no crash comes between."""
    moves: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Customer key → tier before, tier after."""
    lifted: list[str] = field(default_factory=list)
    """Customers who leave the blacklist."""


class Judge:
    """At most one override and one open blacklist entry for each customer, and what follows from them."""

    def __init__(self) -> None:
        self.overrides: dict[str, Override] = {}
        """Customer key → the override that has not ended."""
        self.entries: dict[str, Listed] = {}
        """Customer key → the entry that is proposed or in force."""
        self._serial = count()

    @property
    def tiers(self) -> Tiers:
        """The tiers of the centre in force."""
        raise NotImplementedError

    def messages(self, kind: str, at: Millis, data: dict[str, Any]) -> list[Change]:
        """Return what web hooks are told."""
        raise NotImplementedError

    def of(self, known: Known, now: Millis, grade: Grade | None = None) -> Standing:
        """Return how a customer stands, and why; `grade` is what is known of it beside the directory's tier."""
        listed = self.entries.get(known.key)
        return self.would(known, now, self.overrides.get(known.key), None if listed is None else listed.entry, grade)

    def would(
        self, known: Known, now: Millis, override: Override | None, entry: Entry | None, grade: Grade | None = None
    ) -> Standing:
        """Return how a customer would stand with this override and this entry."""
        if grade is None and known.tier is not None:
            grade = Grade(known.tier, "the directory says so", Millis(now + life.REVIEW_EVERY))
        return life.standing(now, self.tiers, grade=grade, override=override, entry=None if known.protected else entry)

    def judge(self, pairs: Sequence[tuple[Known, Known]], by: str, now: Millis) -> Verdict:
        """Return what follows for customers of whom the directory says something new: (before, after) of each.

        Who is found to be protected leaves the blacklist.
        """
        found = Verdict()
        for before, after in pairs:
            was, stands = self.of(before, now), self.of(after, now)
            listed = self.entries.get(after.key)
            if after.protected and listed is not None:
                entry = bl.ended(listed.entry, EntryStep.PROTECT, by, "the customer is protected", now)
                ended = Listed(entry, listed.calls, listed.answered)
                found.rows += [ended.change(), *self.stepped(ended, now)]
                found.lifted.append(after.key)
            found.rows += self.changed(after.key, was, stands, by, now)
            if was.tier != stands.tier:
                found.moves[after.key] = (was.tier, stands.tier)
        return found

    def changed(self, key: str, before: Standing, after: Standing, by: str, at: Millis) -> list[Change]:
        """Return what tells of another tier, nothing where it is the same. Ids of rows sort as the changes happened."""
        if before.tier == after.tier:
            return []
        values = {
            "id": f"m{at:015d}{next(self._serial):09d}{new_id('')}",
            "customer_key": key, "at": at, "before": before.tier, "after": after.tier,
            "source": str(after.source), "why": after.why, "by": by,
        }  # fmt: skip
        told = {name: values[name] for name in ("customer_key", "before", "after", "source")}
        return [Row("tier_changes", values), *self.messages("tier.changed", at, told)]

    def stepped(self, listed: Listed | None, at: Millis) -> list[Change]:
        """Return what web hooks are told of an entry that stands otherwise than before."""
        entry = None if listed is None else listed.entry
        known = None if entry is None else self.entries.get(entry.customer)
        if entry is None or (known is not None and known.entry.state is entry.state):
            return []
        told = {"entry_id": entry.id, "customer_key": entry.customer, "state": str(entry.state)}
        return self.messages("blacklist.changed", at, told)


class StoppedJudge(Judge):
    """Of a database that no service has open: what bears on tiers is read from it, and no web hook is told."""

    def __init__(self, store: "Store", tiers: Tiers) -> None:
        super().__init__()
        self._tiers = tiers
        for row in store.find("tier_overrides", {"ended_at": None}, None, MOST):
            self.overrides[str(row["customer_key"])] = override_of(row)
        for state in OPEN:
            for row in store.find("blacklist_entries", {"state": str(state)}, None, MOST):
                self.entries[str(row["customer_key"])] = Listed.of_row(row)

    @property
    def tiers(self) -> Tiers:
        return self._tiers

    def messages(self, kind: str, at: Millis, data: dict[str, Any]) -> list[Change]:
        return []


def override_of(row: Mapping[str, Any]) -> Override:
    """Return the override that a row tells of."""
    return Override(row["id"], row["tier"], row["reason"], row["author"], row["begins"], row["ends"])
