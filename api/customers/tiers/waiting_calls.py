"""Calls that wait while their customer rises: they move at once, and what a crash or a full disk kept back, later.

That a tier has changed is durable before a call moves. So what is still owed to a call can be read at every start: the
newest change of its customer since it began to wait, unless somebody has moved the call by hand after that.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from api.state.ports import Commands, Live
from api.state.records import CallLine
from api.store.store import Store
from callcenter import commands as cmd
from callcenter.customers.life import Tiers
from callcenter.ids import CallId

WAITS: Final = ("queued", "offered")
BY_HAND: Final = "call.reprioritize"


class Moves:
    """Which waiting calls are still to get a better tier."""

    def __init__(self, live: Live, commands: Commands, tiers: Callable[[], Tiers]) -> None:
        self._live = live
        self._commands = commands
        self._tiers = tiers
        self.owed: dict[str, str] = {}
        """Call → tier."""
        self.looked = False
        """Whether what a service before this one owed is known."""

    async def act(self, tiers_of: Mapping[str, tuple[str, str]]) -> None:
        """Let waiting calls of customers who rose have the better tier; a demotion acts from the next contact.

        Args:
            tiers_of: Customer key → tier before, tier after.
        """
        tiers = self._tiers()
        raised = {key: after for key, (before, after) in tiers_of.items() if tiers.is_promotion(before, after)}
        if raised:
            for line in self._waiting():
                if line.customer in raised:
                    self.owed[line.id] = raised[line.customer]
        await self.settle()

    async def settle(self) -> None:
        """Move the calls that are owed it; what cannot be done now stays owed."""
        board, centre = self._commands.board, self._live.engine.centre
        bands = {tier.name: tier.band for tier in centre.tiers}
        for call_id, tier in list(self.owed.items()):
            line = board.call(call_id)
            # A call may wait in a better tier by somebody's word.
            if line is not None and line.state in WAITS and self._better(line.tier, tier):
                # An urgent intent has a band of its own, which a better tier does not take away.
                await self._commands.tell(cmd.ReprioritiseCall(CallId(call_id), tier, min(line.band, bands[tier])))
            self.owed.pop(call_id, None)

    async def look(self) -> None:
        """Find what a service that ended owed to calls that still wait."""
        waiting = self._waiting()
        if waiting:
            since = min(line.queued_at for line in waiting)
            changes, by_hand = await self._live.read(lambda store: _since(store, since), apart=True)
            for line in waiting:
                after, at = changes.get(line.customer or "", ("", -1))
                if at >= line.queued_at and by_hand.get(line.id, -1) < at and self._better(line.tier, after):
                    self.owed[line.id] = after
        self.looked = True

    def _better(self, held: str, other: str) -> bool:
        tiers = self._tiers()
        return other in tiers.order and held in tiers.order and tiers.is_promotion(held, other)

    def _waiting(self) -> list[CallLine]:
        return [line for line in self._commands.board.in_hand() if line.state in WAITS and line.customer is not None]


def _since(store: Store, since: int) -> tuple[dict[str, tuple[str, int]], dict[str, int]]:
    """Return the newest change of each customer's tier, and when which call was moved by hand."""
    changes: dict[str, tuple[str, int]] = {}
    asked: Any = "SELECT customer_key, after, at FROM tier_changes WHERE at >= ? ORDER BY id"
    for page in store.connection.pages(asked, (since,)):
        changes |= {key: (after, at) for key, after, at in page}
    rows: Any = store.connection.execute(
        "SELECT subject, max(at) FROM audit WHERE action = ? AND at >= ? GROUP BY subject", (BY_HAND, since)
    )
    return changes, {str(call): int(at) for call, at in rows}
