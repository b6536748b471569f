"""Erases one person: their rows, what calls told of them, and what nobody could keep any more: callbacks, complaints.

The engine's journal knows a random key only; it leads nowhere afterwards, and the journal replays the same.
"""

import json
from typing import Final

from api.customers.complaints.open_cases import Cases
from api.customers.directory.directory import Customers
from api.customers.tiers.standings import Standings
from api.ids import new_hex
from api.state.ports import Commands, Repository
from api.store.changes import Change, Delete, Update
from api.store.encryption import SECRET_BYTES
from api.store.schema import ERASE_AGAIN, NOBODY
from callcenter import commands as cmd
from callcenter.ids import TaskId

FORGOTTEN: Final = (
    "customers", "customer_numbers", "call_details", "audit",
    "tier_changes", "tier_overrides", "blacklist_entries", "complaints", "surveys",
    "task_details", "notes", "contacts",
)  # fmt: skip
"""Tables that know something of a person. Answers stored for an Idempotency-Key do not: `operation(secret=True)`."""
NOTHING: Final = {"caller": None, "called": None, "callback_number": None, "attributes": None, "customer_key": None}
MOST_CALLS: Final = 10_000


class Erasure:
    """Erases people."""

    def __init__(
        self, store: Repository, commands: Commands, customers: Customers, standings: Standings, cases: Cases
    ) -> None:
        self._store = store
        self._commands = commands
        self._customers = customers
        self._standings = standings
        self._cases = cases

    async def erase(self, key: str | None, number: str | None, *more: Change) -> bool:
        """Forget who has this key or number; `more` goes with it. Returns whether there was anything to forget.

        Args:
            key: Of the customer, if one is known.
            number: E.164; calls from it whose caller was not known are forgotten too.
            more: What else becomes durable, such as who asked for it.
        """
        person = await self._customers.behind(key)
        numbers = [one.number for one in person.numbers if not one.shared] if person is not None else []
        if number is not None and number not in numbers and person is None:
            numbers.append(number)
        theirs = [] if key is None else await self._store.find("call_details", {"customer_key": key}, limit=MOST_CALLS)
        changes: list[Change] = []
        known = len(theirs)
        for one in numbers:
            for column in ("caller", "callback_number"):
                # Those of another customer stay: a number may have had two owners.
                where = {column: one, "customer_key": None}
                theirs += await self._store.find("call_details", where, limit=MOST_CALLS)
                changes.append(Update("call_details", NOTHING, where))
            strangers = await self._store.find("task_details", {"number": one, "customer_key": None}, limit=MOST_CALLS)
            theirs += [row | {"call_id": row["task_id"]} for row in strangers]
            changes.append(Delete("task_details", {"number": one, "customer_key": None}))
        if key is None and not theirs:
            return False
        if len(theirs) > known:
            changes.append(Update("settings", {"value": new_hex(SECRET_BYTES)}, {"name": NOBODY}))
        if key is not None:
            async with self._standings.lock:
                await self._cases.call_off(key)
        tasks = [task for task in self._commands.board.tasks.values() if key is not None and task.customer == key]
        subjects = [str(row["call_id"]) for row in theirs]
        for table in ("tier_overrides", "blacklist_entries", "complaints"):
            rows = [] if key is None else await self._store.find(table, {"customer_key": key}, limit=MOST_CALLS)
            subjects += [str(row["id"]) for row in rows]
        subjects += [f"{call_id}/cb" for call_id in subjects] + [task.id for task in tasks]
        # Who did what and when stays in the audit trail; what they wrote about this person does not. Subjects: rows
        # from before the trail said about whom it speaks.
        changes += [Update("audit", {"detail": None}, {"subject": subject}) for subject in dict.fromkeys(subjects)]
        changes += [Delete("notes", {"contact": subject}) for subject in dict.fromkeys(subjects)]
        if key is not None:
            changes.append(Update("audit", {"detail": None}, {"customer_key": key}))
            changes.append(Update("call_details", NOTHING, {"customer_key": key}))
            changes += [Delete(table, {"customer_key": key}) for table in ("task_details", "notes", "contacts")]
            changes += self._standings.forget(key)
            self._cases.forget(key)
        for task in tasks:
            if task.ended_at is None:
                await self._commands.tell(cmd.CancelTask(TaskId(task.id), "erased"))
        if key is None:
            await self._store.keep(*changes, *more)
        else:
            await self._customers.erase(key, *changes, *more)
        return True

    async def erase_again(self) -> None:
        """Call off what a restored copy still promises to people who were erased after it was made."""
        for row in await self._store.find("settings", {"name": ERASE_AGAIN}, limit=1):
            for key in json.loads(str(row["value"])):
                await self.erase(key, None)
            await self._store.keep(Delete("settings", {"name": ERASE_AGAIN}))
