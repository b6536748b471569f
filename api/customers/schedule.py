"""What falls due about customers: overrides that end, reviews, escalations; driven by the engine's timer.

Nothing depends on when it runs: which tier is in force is computed for the instant of the call, and each change carries
the instant at which it fell due. What fell due while the service was down is caught up at the start.
"""

import logging
from typing import Final

from api.auth.audit import audit_row
from api.customers.blacklist.entries import Listed
from api.customers.complaints.open_cases import Case, Cases
from api.customers.directory.directory import Customers
from api.customers.projection import CustomerProjection
from api.customers.tiers.standings import Standings
from api.live.periodic import Periodic
from api.state.board import Board
from api.state.ports import Clock
from api.store.changes import Change, Update
from callcenter.callbacks import TASK_ENDED, TaskState
from callcenter.customers import blacklist as bl
from callcenter.customers import complaints as co
from callcenter.customers.complaints import ComplaintState
from callcenter.customers.life import soonest
from callcenter.errors import CallCenterError
from callcenter.units import SECOND, Millis

LOG: Final = logging.getLogger("callcenter")
TIME: Final = "time"
"""Who did it, where nobody did."""
EVERY: Final = SECOND
"""The engine's timer rings more often than there is need to look."""
RETRY: Final = 5 * SECOND
"""After so long what failed (the journal was not there) is tried again."""


class Sweep(Periodic):
    """Carries out what has fallen due."""

    def __init__(
        self, clock: Clock, board: Board, customers: Customers, standings: Standings, cases: Cases,
        projection: CustomerProjection,
    ) -> None:  # fmt: skip
        super().__init__(Millis(EVERY))
        self._clock = clock
        self._board = board
        self._customers = customers
        self._standings = standings
        self._cases = cases
        self._projection = projection

    def due_at(self) -> Millis | None:
        """Return when there is something to do."""
        moves = self._standings.moves
        if moves.owed or not moves.looked:
            return Millis(0)
        return soonest((self._standings.due_at(), self._cases.due_at()))

    def _due(self, now: Millis) -> bool:
        self._projection.flush()
        due = self.due_at()
        return due is not None and due <= now

    async def _run(self, now: Millis) -> None:
        try:
            await self.catch_up()
        except CallCenterError as fault:
            self._next = Millis(self._clock.now() + RETRY)
            LOG.warning("what fell due for customers could not be seen to: %s", fault)

    async def catch_up(self) -> None:
        """Carry out all that is due by now, oldest first."""
        now = self._clock.now()
        async with self._standings.lock:
            standings = self._standings
            if not standings.moves.looked:
                await standings.moves.look()
            await standings.moves.settle()
            due: list[tuple[Millis, str]] = []
            for key, override in standings.overrides.items():
                if override.ends <= now:
                    due.append((override.ends, key))
            for key, listed in standings.entries.items():
                at = listed.entry.due_at
                if at is not None and at <= now:
                    due.append((at, key))
            for at, key in sorted(due):
                await self._standing(key, at, now)
            for case in list(self._cases.open.values()):
                at = case.due_at()
                if at is not None and at <= now:
                    await self._case(case, now)

    async def _standing(self, key: str, at: Millis, now: Millis) -> None:
        """End what ends at `at` for a customer."""
        standings = self._standings
        known = await self._customers.of_key(key)
        if known is None:  # erased meanwhile
            standings.forget(key)
            return
        rows: list[Change] = []
        override, listed = standings.overrides.get(key), standings.entries.get(key)
        if override is not None and override.ends <= at:
            values = {"ended_at": override.ends, "ended_by": TIME, "ended_why": "its time was over"}
            rows.append(Update("tier_overrides", values, {"id": override.id}))
            rows.append(audit_row(now, TIME, "override.end", override.id, "its time was over", key))
            override = None
        if listed is not None:
            entry = bl.passed(listed.entry, at)
            if not entry.is_open:
                listed = Listed(entry, listed.calls, listed.answered)
                rows.append(listed.change())
                rows.append(audit_row(now, TIME, f"blacklist.{entry.state}", entry.id, entry.ended_why, key))
        await standings.decide(known, now, TIME, rows, override=override, listed=listed, at=at)

    async def _case(self, case: Case, now: Millis) -> None:
        """Escalate a complaint that has passed a limit, or look after its satisfaction call."""
        cases = self._cases
        if case.complaint.state is ComplaintState.RESOLVED:
            await self._follow_up(case, now)
            return
        after = co.escalated(case.complaint, now)
        row = audit_row(now, TIME, "complaint.escalate", after.id, f"level {after.level}", case.customer_key)
        await cases.keep(case.with_(after), row)

    async def _follow_up(self, case: Case, now: Millis) -> None:
        """Plan the satisfaction call, plan it again if the customer's own call took its place, or close."""
        cases = self._cases
        task = self._board.tasks.get(case.follow_up or "")
        known = None if case.customer_key is None else await self._customers.of_key(case.customer_key)
        if task is not None and task.state not in TASK_ENDED:
            case.try_at = None  # on its way
        elif case.follow_up is None or (task is not None and task.state == TaskState.SUPERSEDED):
            await cases.follow(case, known, now)
        else:
            await cases.end(case, now)
