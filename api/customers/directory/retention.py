"""Retention: rows older than their limit are deleted once a day, a few hundred at a time."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from api.auth.audit import audit_row
from api.customers.directory.directory import Customers
from api.live.periodic import Periodic
from api.settings import Settings
from api.state.board import Board
from api.state.ports import Repository
from api.store.retention import EVENTS_KEPT
from api.store.store import Store
from api.store.tables import TABLES
from callcenter.errors import CallCenterError
from callcenter.units import DAY, MINUTE, Millis

LOG: Final = logging.getLogger("callcenter")
BATCH_SIZE: Final = 200
"""Rows in one transaction: some milliseconds, in which no call becomes durable."""
AGAIN: Final = 5 * MINUTE
"""After so long what failed is tried again."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of a table that have had their time; `?` is the instant before which they have."""

    table: str
    old: str
    period: str | Millis
    """The setting that says how many days, or how long where nobody can say."""


RULES: Final = (
    Rule("natural_keys", "at < ?", "keep_calls_days"),
    Rule("call_details", "at < ?", "keep_calls_days"),
    Rule("task_details", "at < ?", "keep_calls_days"),
    Rule("notes", "at < ?", "keep_calls_days"),
    Rule("contacts", "at < ?", "keep_calls_days"),
    Rule("campaigns", "at < ?", "keep_calls_days"),
    Rule("agent_days", "day < ?", "keep_agents_days"),
    Rule("agent_plans", "begin < ?", "keep_agents_days"),
    Rule("plans", "at < ?", "keep_plans_days"),
    Rule("imports", "at < ? AND state IN ('done', 'broken')", "keep_calls_days"),
    Rule("tier_changes", "at < ?", "keep_treatment_days"),
    Rule("tier_overrides", "ended_at < ?", "keep_treatment_days"),
    Rule("blacklist_entries", "ended_at < ?", "keep_treatment_days"),
    Rule("complaints", "closed_at < ?", "keep_treatment_days"),
    Rule("surveys", "at < ?", "keep_treatment_days"),
    Rule("audit", "at < ?", "keep_audit_days"),
    # A web hook that is dead would have its letters gather for ever: they go with the events that they tell of.
    Rule("outbox", "at < ?", Millis(EVENTS_KEPT)),
)
"""Calls go before the strangers who made them."""
STRANGERS: Final = Rule(
    "customers",
    "at < ? AND customer_id IS NULL AND name IS NULL AND tier IS NULL AND notes IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM call_details d WHERE d.customer_key = customers.key) "
    "AND NOT EXISTS (SELECT 1 FROM blacklist_entries b WHERE b.customer_key = customers.key AND b.ended_at IS NULL) "
    "AND NOT EXISTS (SELECT 1 FROM tier_overrides o WHERE o.customer_key = customers.key AND o.ended_at IS NULL)",
    "keep_strangers_days",
)


class Retention(Periodic):
    """Carries the periods out, once a day."""

    def __init__(self, store: Repository, board: Board, customers: Customers, settings: Callable[[], Settings]) -> None:
        super().__init__(Millis(DAY))
        self._store = store
        self._board = board
        self._customers = customers
        self._settings = settings

    async def _run(self, now: Millis) -> None:
        try:
            gone = {rule.table: await self._carry_out(rule, now) for rule in (*RULES, STRANGERS)}
            if any(gone.values()):
                told = ", ".join(f"{count} {table}" for table, count in gone.items() if count)
                await self._store.keep(audit_row(now, "time", "retention", None, told))
                LOG.info("had their time: %s", told)
        except CallCenterError as fault:
            self._next = Millis(now + AGAIN)
            LOG.warning("what has had its time could not be removed: %s", fault)

    async def _carry_out(self, rule: Rule, now: Millis) -> int:
        """Remove what a rule says, and return how much."""
        before = now - (getattr(self._settings(), rule.period) * DAY if isinstance(rule.period, str) else rule.period)
        live, gone = self._store, 0
        busy = {task.customer for task in self._board.tasks.values() if task.ended_at is None}
        while keys := await live.read(lambda store: _old(store, rule, before), apart=True):
            doomed = [key for key in keys if not (rule is STRANGERS and key[0] in busy)]
            await live.change(lambda store, doomed=doomed: _remove(store, rule.table, doomed))  # type: ignore[misc]
            if rule is STRANGERS:
                for (key,) in doomed:
                    self._customers.forget(key)
            gone += len(doomed)
            if len(keys) < BATCH_SIZE or not doomed:
                break
        return gone


def _old(store: Store, rule: Rule, before: int) -> list[tuple[Any, ...]]:
    columns = ", ".join(TABLES[rule.table].key)
    return store.connection.execute(
        f"SELECT {columns} FROM {rule.table} WHERE {rule.old} LIMIT {BATCH_SIZE}", (before,)
    )


def _remove(store: Store, table: str, keys: list[tuple[Any, ...]]) -> None:
    same = " AND ".join(f"{column} = ?" for column in TABLES[table].key)
    for key in keys:
        store.connection.execute(f"DELETE FROM {table} WHERE {same}", key)
        if table == "customers":
            store.connection.execute("DELETE FROM customer_numbers WHERE customer_key = ?", key)
