"""Why a customer is called: what the call they lost told, what was said when the call was promised, agents' notes.

Names, numbers and words live in side tables that can be erased; the engine knows a random key.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from pydantic_core import to_json

from api.auth.audit import author
from api.auth.keys import Key
from api.ids import new_id
from api.state.numbers import masked
from api.state.ports import Reader
from api.state.records import TaskLine
from api.state.views import instant, task_out
from api.store.changes import Row
from api.store.store import Store

NOTES_SHOWN: Final = 10
BY_AGREEMENT: Final = {
    "virtual_hold": "kept place", "campaign": "campaign", "care": "care call", "complaint": "complaint",
    "satisfaction": "satisfaction",
}  # fmt: skip


def root_of(subject: str) -> str:
    """Return the contact that a call, segment or callback is a part of.

    >>> root_of("c1/s2"), root_of("c1/cb"), root_of("t5")
    ('c1', 'c1', 't5')
    """
    return subject.partition("/")[0]


def details_row(task_id: str, customer: str | None, now: int, **said: object) -> Row:
    """Return the row of what was said of a task when it was promised."""
    attributes = said.get("attributes")
    values = {
        "number": None, "note": None, "campaign": None, **said,
        "attributes": to_json(attributes).decode() if attributes else None,
    }  # fmt: skip
    return Row("task_details", {"task_id": task_id, "customer_key": customer, "at": now, **values})


def note_row(key: Key, now: int, subject: str, customer: str | None, text: str) -> Row:
    """Return the row of an agent's note."""
    values = {
        "id": new_id("n", now), "at": now, "contact": root_of(subject), "subject": subject,
        "customer_key": customer, "author": author(key), "text": text,
    }  # fmt: skip
    return Row("notes", values)


def _details(store: Store, task: TaskLine) -> dict[str, Any]:
    """Return what was said of a task: at its own making, else by the telephony system of the call that was lost."""
    found = store.find("task_details", {"task_id": task.id}, None, 1)
    if not found and task.from_call is not None and task.customer is not None:
        where = {"customer_key": task.customer, "call_id": root_of(task.from_call)}
        found = store.find("call_details", where, None, 1)
        for row in found:
            row["number"] = row["callback_number"] or row["caller"]
    return dict(found[0]) if found else {}


def notes_of(store: Store, contact: str) -> list[dict[str, Any]]:
    """Return what agents wrote of a contact, the newest first."""
    rows = store.find("notes", {"contact": contact}, "-at", NOTES_SHOWN)
    return [
        {"at": instant(int(str(row["at"]))), "by": row["author"], "text": row["text"]}
        for row in rows
        if row["text"] is not None
    ]


def _number_of(store: Store, customer: str | None) -> str | None:
    if customer is None:
        return None
    rows = store.find("customer_numbers", {"customer_key": customer}, "place", 1)
    return str(rows[0]["number"]) if rows else None


def why(store: Store, task: TaskLine) -> dict[str, Any]:
    """Return why this customer is called, and their number in plain."""
    details = _details(store, task)
    contact = root_of(task.from_call or task.id)
    # What was said first stands beside what agents wrote later, of the lost call and of each attempt.
    notes = notes_of(store, contact) + ([] if contact == root_of(task.id) else notes_of(store, task.id))
    return {
        "reason": BY_AGREEMENT.get(task.kind, "promised" if task.from_call is None else "lost call"),
        "intent": task.intent,
        "attributes": json.loads(str(details.get("attributes") or "{}")),
        "note": details.get("note"),
        "notes": notes,
        "number": details.get("number") or _number_of(store, task.customer),
    }


async def why_called(store: Reader, task: TaskLine) -> dict[str, Any]:
    """Return why a customer is called, for the agent who is asked to."""
    return await store.read(lambda rows: why(rows, task))


def who(store: Store, customer: str | None) -> dict[str, Any]:
    """Return whom a call or task is about, as far as they are known."""
    rows = [] if customer is None else store.find("customers", {"key": customer}, None, 1)
    names = ("customer_id", "name")
    key = customer if rows else None
    return {"customer_key": key, **{name: rows[0][name] if rows else None for name in names}}


def may_see(key: Key, task: TaskLine) -> bool:
    """Tell whether this key may know who a task is about: an agent only of one's own."""
    if key.may("supervisor") or key.may("telephony"):
        return True
    theirs = {task.agent_id, None if task.offer is None else task.offer.agent_id}
    return key.agent_id is not None and key.agent_id in theirs


async def described(store: Reader, key: Key, tasks: Sequence[TaskLine]) -> list[dict[str, Any]]:
    """Return how tasks stand, with whom they are about and why, as far as this key may know."""
    known = [task for task in tasks if may_see(key, task)]
    plain = key.may("telephony")

    def look(rows: Store) -> dict[str, dict[str, Any]]:
        return {task.id: who(rows, task.customer) | why(rows, task) for task in known}

    found = await store.read(look) if known else {}
    answers = []
    for task in tasks:
        about = found.get(task.id)
        if about is not None and not plain:
            about["number"] = masked(about["number"])
        answers.append(task_out(task) | (about or {}))
    return answers
