"""Dynamic re-grading: a customer's tier follows a figure of the directory, with hysteresis, again and again.

A ladder (settings `ladder`, `ladder_figure`, `ladder_width`) says which figure earns which tier. With one, a tier that
is said of a customer counts only where the figure is not known; a person's word on the tier is an override.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from api.customers.directory.directory import Customers
from api.customers.directory.lookup import Profile
from api.customers.directory.record import Customer, Known
from api.customers.tiers.judgements import Judge, Verdict
from api.customers.tiers.standings import Standings
from api.settings import Settings
from api.state.ports import Live
from api.store.store import Store
from callcenter.customers.hysteresis import Ladder
from callcenter.customers.life import Tiers
from callcenter.errors import BadInput
from callcenter.ids import CustomerKey
from callcenter.units import Millis

PAGE_SIZE: Final = 2_000
"""Customers read and changed in one transaction: calls are journaled between two."""


@dataclass(frozen=True, slots=True)
class GradeStep:
    """A ladder over one figure of the directory."""

    ladder: Ladder
    figure: str

    @classmethod
    def of(cls, settings: Settings, tiers: Tiers) -> "GradeStep | None":
        """Return the ladder that the settings name; None: tiers are what the CRM says.

        Raises:
            BadInput: a tier that the centre has not, or that nobody can earn; edges that do not fall.
        """
        if not settings.ladder:
            return None
        for tier in settings.ladder:
            if tier not in tiers.order or tier in (tiers.last, tiers.default):
                earned = ", ".join(name for name in tiers.order if name not in (tiers.last, tiers.default))
                raise BadInput(
                    "ladder: {tier!r} cannot be earned in this centre; these can: {earned}", tier=tier, earned=earned
                )
        grades, edges = (*settings.ladder, tiers.default), tuple(settings.ladder.values())
        try:
            return cls(Ladder(grades, edges, settings.ladder_width), settings.ladder_figure)
        except BadInput as fault:
            raise BadInput("ladder: {fault}", fault=fault) from None

    def tier(self, held: str | None, value: float) -> str:
        """Return the tier that a figure earns a customer who holds `held`."""
        return self.ladder.regrade(held, value)

    def why(self, tier: str, value: float) -> str:
        """Return one sentence that explains the tier."""
        place = self.ladder.grades.index(tier)
        figure = self.figure.removesuffix("_12m").replace("_", " ")
        edges = self.ladder.edges
        rule = f"{tier} from {edges[place]:,.0f}" if place < len(edges) else f"below {edges[-1]:,.0f}"
        kept = f", kept within {self.ladder.width:,.0f} of an edge" if self.ladder.width else ""
        return f"{figure} of {value:,.0f}: {rule}{kept}"

    def regrade(self, customer: Customer, held: str | None) -> None:
        """Let a customer's tier be what the figure earns; where it is not known, what was said stays."""
        value = getattr(customer, self.figure)
        if value is not None:
            customer.tier = self.tier(held, value)
            customer.why = self.why(customer.tier, value)


@dataclass(frozen=True, slots=True)
class Moved:
    """A customer whose tier in the directory is another by now."""

    key: str
    before: Known
    profile: Profile


def regrade_some(
    rung: GradeStep, after: str, now: Millis, judge: Judge, by: str
) -> Callable[[Store], tuple[list[Moved], Verdict, str | None]]:
    """Return what re-grades the next customers after a key: who moved, what follows, the last key (None: that was all).

    What tells of it goes into the same transaction, so that no crash comes between the two.
    """

    def work(store: Store) -> tuple[list[Moved], Verdict, str | None]:
        rows: Any = store.connection.execute(
            f"SELECT key, tier, {rung.figure}, account_manager, zone, protected, customer_id IS NULL FROM customers "
            f"WHERE key > ? AND {rung.figure} IS NOT NULL ORDER BY key LIMIT {PAGE_SIZE}",
            (after,),
        )
        moved = []
        for key, held, value, manager, zone, protected, stranger in rows:
            tier = rung.tier(held, value)
            if tier != held:
                store.connection.execute(
                    "UPDATE customers SET tier = ?, why = ?, at = ? WHERE key = ?",
                    (tier, rung.why(tier, value), now, key),
                )
                before = Known(CustomerKey(key), held, protected=bool(protected))
                moved.append(Moved(key, before, Profile(tier, manager, zone, bool(protected), bool(stranger))))
        verdict = judge.judge([(one.before, replace(one.before, tier=one.profile.tier)) for one in moved], by, now)
        store.carry_out(verdict.rows)
        return moved, verdict, rows[-1][0] if len(rows) == PAGE_SIZE else None

    return work


async def regrade_all(
    live: Live, standings: Standings, customers: Customers, rung: GradeStep, by: str
) -> tuple[int, int]:
    """Re-grade everybody and act on it; return how many rose and how many fell."""
    after: str | None = ""
    rose = fell = 0
    while after is not None:
        async with standings.lock:
            work = regrade_some(rung, after, live.now(), standings, by)
            moved, verdict, after = await live.change(work)
            for one in moved:
                customers.put(one.key, None, one.profile, None)
            up, down = await standings.act(verdict)
        rose, fell = rose + up, fell + down
    return rose, fell
