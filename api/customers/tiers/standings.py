"""How customers stand: overrides and blacklist entries, held in memory, so that no call waits for a look-up."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from api.customers.blacklist.entries import Listed
from api.customers.directory.record import Known
from api.customers.tiers.judgements import MOST, OPEN, Judge, Verdict, override_of
from api.customers.tiers.waiting_calls import Moves
from api.settings import Settings
from api.state.ports import Commands, Live, Publisher
from api.store.changes import Change, Delete, Update
from callcenter.centre import Centre
from callcenter.customers import life
from callcenter.customers.blacklist import BlacklistRules
from callcenter.customers.life import Grade, Override, Source, Tiers
from callcenter.units import DAY, Millis

PERSONS: Final = (Source.OVERRIDE, Source.BLACKLIST)
"""What a person decided."""
REGRADED: Final = "tiers:regraded"


class Standings(Judge):
    """What bears on a customer's tier besides the directory's grade."""

    def __init__(self, live: Live, commands: Commands, hooks: Publisher, settings: Settings) -> None:
        super().__init__()
        self._live = live
        self._commands = commands
        self._hooks = hooks
        self.rules = BlacklistRules(settings.blacklist_four_eyes, Millis(settings.blacklist_review_days * DAY))
        self.regraded_at = Millis(0)
        """When everybody was last graded anew: no grade is older than that."""
        self.moves = Moves(live, commands, lambda: self.tiers)
        self.lock = asyncio.Lock()
        """Who decides on what somebody else may be deciding on holds it."""
        self._centre: Centre | None = None
        self._tiers = Tiers((), "", None)

    async def load(self) -> None:
        """Read what has not ended."""
        for row in await self._live.find("settings", {"name": REGRADED}, limit=1):
            self.regraded_at = Millis(int(str(row["value"])))
        for row in await self._live.find("tier_overrides", {"ended_at": None}, limit=MOST):
            self.overrides[str(row["customer_key"])] = override_of(row)
        for state in OPEN:
            for row in await self._live.find("blacklist_entries", {"state": str(state)}, limit=MOST):
                self.entries[str(row["customer_key"])] = Listed.of_row(row)

    # --- asking

    @property
    def tiers(self) -> Tiers:
        """The tiers of the centre in force."""
        centre = self._live.engine.centre
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

    def messages(self, kind: str, at: Millis, data: dict[str, Any]) -> list[Change]:
        """Return what web hooks are told."""
        return self._hooks.messages(kind, self._commands.board.seq, at, data)

    # --- changing

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
        grade = await self._grade(known)
        before = self.of(known, instant if at is None else Millis(at - 1))
        after = self.would(known, instant, override, None if listed is None else listed.entry, grade)
        change = self.changed(known.key, before, after, by, instant)
        await self._live.keep(*rows, *change, *self.stepped(listed, instant))
        _put(self.overrides, known.key, override)
        _put(self.entries, known.key, listed if listed is not None and listed.entry.is_open else None)
        await self.act(Verdict(moves={known.key: (before.tier, after.tier)}))

    async def _grade(self, known: Known) -> Grade | None:
        """Return why a customer has the grade that they fall back on, and its review; memory has the tier alone."""
        for row in await self._live.find("customers", {"key": known.key}, limit=1):
            if row["tier"] is not None and row["tier"] == known.tier:
                graded_at = max(int(str(row["at"])), self.regraded_at)
                why = str(row["why"] or "the directory says so")
                return Grade(str(row["tier"]), why, Millis(graded_at + life.REVIEW_EVERY))
        return None

    async def act(self, verdict: Verdict) -> tuple[int, int]:
        """Act on what is durable by now; return how many rose and how many fell.

        A promotion acts at once on calls that wait, a demotion from the next contact.
        """
        for key in verdict.lifted:
            self.entries.pop(key, None)
        self._hooks.wake()
        await self.moves.act(verdict.moves)
        rose = sum(self.tiers.is_promotion(before, after) for before, after in verdict.moves.values())
        return rose, len(verdict.moves) - rose

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
