"""How customers stand: overrides and blacklist entries, held in memory, so that no call waits for a look-up."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from api.access import new_id
from api.customers.record import Known
from api.live import Change, Delete, Row, Update
from callcenter import commands as cmd
from callcenter.centre import Centre
from callcenter.customers import blacklist as bl
from callcenter.customers import life
from callcenter.customers.blacklist import BlacklistRules, Entry, EntryState, EntryStep
from callcenter.customers.life import Grade, Override, Source, Standing, Tiers
from callcenter.ids import CallId
from callcenter.units import DAY, Millis

if TYPE_CHECKING:
    from api.desk import Desk

MOST: Final = 1_000_000
PERSONS: Final = (Source.OVERRIDE, Source.BLACKLIST)
"""What a person decided."""
REGRADED: Final = "tiers:regraded"
ENTRY_COLUMNS: Final = tuple(field.name for field in fields(Entry) if field.name not in ("customer", "number_only"))


class Listed:
    """An entry on the blacklist, and what became of its customer's calls."""

    def __init__(self, entry: Entry, calls: int = 0, answered: int = 0) -> None:
        self.entry = entry
        self.calls = calls
        self.answered = answered

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Listed":
        """Return the entry that a row tells of."""
        values = {name: row[name] for name in ENTRY_COLUMNS} | {"state": EntryState(row["state"])}
        entry = Entry(customer=row["customer_key"], number_only=bool(row["number_only"]), **values)
        return cls(entry, row["calls"], row["answered"])

    def row(self) -> dict[str, object]:
        """Return the entry as a row."""
        entry = self.entry
        values: dict[str, object] = {name: getattr(entry, name) for name in ENTRY_COLUMNS}
        more = {"customer_key": entry.customer, "number_only": int(entry.number_only), "state": str(entry.state)}
        return values | more | {"calls": self.calls, "answered": self.answered}

    def change(self) -> Change:
        """Return what changes its row; of an open entry the counts are written by who counts, and nobody else."""
        values = self.row()
        if self.entry.is_open:
            del values["calls"], values["answered"]
        return Update("blacklist_entries", values, {"id": self.entry.id})


class Standings:
    """What bears on a customer's tier besides the directory's grade: at most one override and one open entry each."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        settings = desk.settings
        self.rules = BlacklistRules(settings.blacklist_four_eyes, Millis(settings.blacklist_review_days * DAY))
        self.overrides: dict[str, Override] = {}
        """Customer key → the override that has not ended."""
        self.entries: dict[str, Listed] = {}
        """Customer key → the entry that is proposed or in force."""
        self.regraded_at = Millis(0)
        """When everybody was last graded anew: no grade is older than that."""
        self.lock = asyncio.Lock()
        """Who decides on what somebody else may be deciding on holds it."""
        self._serial = count()
        self._centre: Centre | None = None
        self._tiers = Tiers((), "", None)

    async def load(self) -> None:
        """Read what has not ended."""
        for row in await self._desk.live.find("settings", {"name": REGRADED}, limit=1):
            self.regraded_at = Millis(int(str(row["value"])))
        for row in await self._desk.live.find("tier_overrides", {"ended_at": None}, limit=MOST):
            found = _override(row)
            self.overrides[str(row["customer_key"])] = found
        for state in (EntryState.PROPOSED, EntryState.IN_FORCE):
            for row in await self._desk.live.find("blacklist_entries", {"state": str(state)}, limit=MOST):
                self.entries[str(row["customer_key"])] = Listed.of_row(row)

    # --- asking

    @property
    def tiers(self) -> Tiers:
        """The tiers of the centre in force."""
        centre = self._desk.live.engine.centre
        if centre is not self._centre:
            self._centre, self._tiers = centre, Tiers.of(centre)
        return self._tiers

    def tier(self, known: Known | None, now: Millis) -> str | None:
        """Return the tier of a customer's call at `now`; None: the centre's default."""
        if known is None:
            return None
        if known.key in self.overrides or known.key in self.entries:
            return self.of(known, now).tier
        tiers = self.tiers
        return known.tier if known.tier in tiers.order and known.tier != tiers.last else None

    def of_call(self, known: Known | None, said: str | None, now: Millis) -> str | None:
        """Return the tier of a call: as its telephony system `said`, but a person's word goes before a machine's.

        An override or a blacklist entry in force stands, whatever was said; and nothing that is said puts a protected
        customer in the last band.
        """
        if said is None or known is None:
            return said or self.tier(known, now)
        if known.key in self.overrides or known.key in self.entries:
            standing = self.of(known, now)
            if standing.source in PERSONS:
                return standing.tier
        return self.tier(known, now) if known.protected and said == self.tiers.last else said

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

    # --- changing

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
        return [Row("tier_changes", values), *self._letters("tier.changed", at, told)]

    def _letters(self, kind: str, at: Millis, data: dict[str, Any]) -> list[Change]:
        return self._desk.hooks.letters(kind, self._desk.board.seq, at, data)

    def _stepped(self, listed: Listed | None, at: Millis) -> list[Change]:
        """Return what web hooks are told of an entry that stands otherwise than before."""
        entry = None if listed is None else listed.entry
        known = None if entry is None else self.entries.get(entry.customer)
        if entry is None or (known is not None and known.entry.state is entry.state):
            return []
        told = {"entry_id": entry.id, "customer_key": entry.customer, "state": str(entry.state)}
        return self._letters("blacklist.changed", at, told)

    async def keep(self, tiers_of: Mapping[str, tuple[str, str]], rows: Sequence[Change]) -> None:
        """Make changes durable; a promotion acts at once on calls that wait, a demotion from the next contact.

        Args:
            tiers_of: Customer key → tier before, tier after.
            rows: What tells of it; goes along with the first call that moves.
        """
        tiers = self.tiers
        raised = {key: after for key, (before, after) in tiers_of.items() if tiers.is_promotion(before, after)}
        kept = not rows
        for line in self._waiting(raised):
            tier = raised[line.customer or ""]
            if not tiers.is_promotion(line.tier, tier):
                continue  # it waits in a better one by somebody's word
            bands = {t.name: t.band for t in self._desk.live.engine.centre.tiers}
            # An urgent intent has a band of its own, which a better tier does not take away.
            command = cmd.ReprioritiseCall(CallId(line.id), tier, min(line.band, bands[tier]))
            told = await self._desk.tell(command, () if kept else rows)
            kept = kept or told.refusal is None
        if not kept:
            await self._desk.live.keep(*rows)
        if rows:
            self._desk.hooks.wake()

    def _waiting(self, raised: Mapping[str, str]) -> list[Any]:
        if not raised:
            return []
        lines = self._desk.board.calls.values()
        return [line for line in lines if line.customer in raised and line.state in ("queued", "offered")]

    async def decide(
        self, known: Known, now: Millis, by: str, rows: Sequence[Change], *, override: Override | None,
        listed: Listed | None, at: Millis | None = None,
    ) -> None:  # fmt: skip
        """Let a customer have this override and this entry from now on (None: none), and act on it.

        Args:
            known: The customer.
            now: When.
            by: Who decided; `time` where nobody did.
            rows: What tells of the decision.
            override: In force from now on.
            listed: In force, or proposed, from now on.
            at: The instant that the change carries; None: `now`.
        """
        instant = now if at is None else at
        before = self.of(known, instant if at is None else Millis(at - 1))
        after = self.would(known, instant, override, None if listed is None else listed.entry)
        change = self.changed(known.key, before, after, by, instant)
        await self.keep({known.key: (before.tier, after.tier)}, [*rows, *change, *self._stepped(listed, instant)])
        _put(self.overrides, known.key, override)
        _put(self.entries, known.key, listed if listed is not None and listed.entry.is_open else None)

    async def regraded(self, pairs: Sequence[tuple[Known, Known]], by: str, now: Millis) -> tuple[int, int]:
        """Act on what the directory says now of customers whom it knew before: (before, after) of each.

        Who is found to be protected leaves the blacklist. Returns how many rose and how many fell.
        """
        async with self.lock:
            rows: list[Change] = []
            moves: dict[str, tuple[str, str]] = {}
            for before, after in pairs:
                was = self.of(before, now)
                listed = self.entries.get(after.key)
                if after.protected and listed is not None:
                    entry = bl.ended(listed.entry, EntryStep.PROTECT, by, "the customer is protected", now)
                    ended = Listed(entry, listed.calls, listed.answered)
                    rows += [ended.change(), *self._stepped(ended, now)]
                stands = self.of(after, now)
                rows += self.changed(after.key, was, stands, by, now)
                if was.tier != stands.tier:
                    moves[after.key] = (was.tier, stands.tier)
            await self.keep(moves, rows)
            for _, after in pairs:
                if after.protected:
                    self.entries.pop(after.key, None)
            rose = sum(self.tiers.is_promotion(before, after) for before, after in moves.values())
            return rose, len(moves) - rose

    def forget(self, key: str) -> list[Change]:
        """Return what erases a person here, and forget them."""
        self.overrides.pop(key, None)
        self.entries.pop(key, None)
        where = {"customer_key": key}
        return [
            *(Delete(table, where) for table in ("tier_changes", "tier_overrides", "blacklist_entries")),
            Update("complaints", {"customer_key": None, "about": "erased", "resolution": None}, where),
            Update("surveys", {"customer_key": None, "comment": None}, where),
        ]

    def due_at(self) -> Millis | None:
        """Return the next instant at which time alone ends something."""
        ends = [override.ends for override in self.overrides.values()]
        return life.soonest([*ends, *(listed.entry.due_at for listed in self.entries.values())])


def _put(into: dict[str, Any], key: str, value: Any) -> None:
    if value is None:
        into.pop(key, None)
    else:
        into[key] = value


def _override(row: Mapping[str, Any]) -> Override:
    return Override(row["id"], row["tier"], row["reason"], row["author"], row["begins"], row["ends"])
