"""Account managers: who is asked first for a customer, and who stands in while they are away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.live.protocol import LiveEngine
from api.store.changes import Change, Delete, Row
from callcenter.ids import AgentId
from callcenter.units import Millis


@dataclass(frozen=True, slots=True)
class Absence:
    """What is said of a manager: who stands in for them, and when they are away."""

    agent_id: AgentId
    deputy: AgentId | None = None
    away_from: Millis | None = None
    away_until: Millis | None = None
    reason: str | None = None

    def is_away(self, now: Millis) -> bool:
        """Tell whether the manager is on leave; a leave without an end lasts until somebody says otherwise."""
        if self.away_from is None or now < self.away_from:
            return False
        return self.away_until is None or now < self.away_until

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Absence":
        """Return what a row of the store tells."""
        return cls(row["agent_id"], row["deputy"], row["away_from"], row["away_until"], row["reason"])


class Managers:
    """Who is asked first: the managers who are there, and the deputies of those who are not."""

    def __init__(self, live: LiveEngine, is_here: Callable[[AgentId], bool]) -> None:
        self._live = live
        self._is_here = is_here
        self.absences: dict[str, Absence] = {}

    async def load(self) -> None:
        """Read what is said of managers."""
        rows = await self._live.find("account_managers", limit=100_000)
        self.absences = {str(row["agent_id"]): Absence.of_row(row) for row in rows}

    def there(self, managers: Sequence[AgentId], now: Millis) -> tuple[AgentId, ...]:
        """Return whom a call prefers now. The engine waits for nobody who is logged out; here we wait for no leave.

        A manager who is busy is waited for (the queue's `hold_for_preferred`); a deputy comes in only for one who is
        on leave or logged out, and is waited for in the same way.
        """
        if not self.absences:
            return tuple(managers)
        asked: list[AgentId] = []
        for manager in managers:
            absence = self.absences.get(manager)
            away = absence is not None and absence.is_away(now)
            if not away:
                asked.append(manager)
            if absence is not None and absence.deputy is not None and (away or not self._is_here(manager)):
                deputy = self.absences.get(absence.deputy)
                if deputy is None or not deputy.is_away(now):
                    asked.append(absence.deputy)
        return tuple(dict.fromkeys(asked))

    async def keep(self, absence: Absence, now: Millis, *more: Change) -> None:
        """Make what is said of a manager durable."""
        values = {name: getattr(absence, name) for name in Absence.__slots__}
        where = {"agent_id": absence.agent_id}
        row = Row("account_managers", {**values, "at": now})
        await self._live.keep(Delete("account_managers", where), row, *more)
        self.absences[absence.agent_id] = absence
