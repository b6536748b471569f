"""The history of one contact, read from the kept events: calls, segments, offers, callbacks.

Events have no index by call, for that would cost every call; their instants never decrease, so that a call's are found
by when it came, and read until it was over.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic_core import to_json

from api.customers.reasons import root_of
from api.store.store import Store
from callcenter.units import HOUR, MINUTE

MOST_READ: Final = 500_000
"""Events read for one story."""
PAGE_SIZE: Final = 20_000
AFTERWARDS: Final = 2 * HOUR
"""So long after its end something may still be told of a call: after-call work, a late report."""
AROUND: Final = MINUTE
"""A call is posted and queued at the same instant; a journal that is behind makes it seconds."""
SUBJECTS: Final = ("call_id", "task_id", "subject", "from_call")
Plain = dict[str, Any]


def events_of(store: Store, contact: str, begin: int, end: int) -> tuple[list[Plain], bool]:
    """Return the events of a contact from `begin` to `end` (ms), and whether all that are kept of then were read."""
    after, found = first_after(store, begin) - 1, []
    like = f'%"{_escaped(to_json(contact).decode()[1:-1])}%'
    for _ in range(MOST_READ // PAGE_SIZE):
        rows: Any = store.connection.execute(
            "SELECT seq, at, body FROM events WHERE seq > ? AND seq <= ? AND body LIKE ? ESCAPE '!' ORDER BY seq",
            (after, after + PAGE_SIZE, like),
        )
        found += [told for _, _, body in rows if (told := json.loads(body)) and about(told, contact)]
        after += PAGE_SIZE
        newest: Any = store.connection.execute("SELECT at FROM events WHERE seq > ? ORDER BY seq LIMIT 1", (after,))
        if not newest or newest[0][0] > end:
            return found, True
    return found, False


def about(event: Plain, contact: str) -> bool:
    """Tell whether an event is about a contact: its call, a segment, an offer or a callback of it."""
    return any(root_of(str(event[name])) == contact for name in SUBJECTS if event.get(name) is not None)


def _escaped(text: str) -> str:
    return "".join(f"!{c}" if c in "!%_" else c for c in text)


def first_after(store: Store, at: int) -> int:
    """Return the number of the first event at `at` or later, or one beyond the last; in some twenty look-ups."""
    ends: Any = store.connection.execute("SELECT min(seq), max(seq) FROM events")
    low, high = ends[0]
    if low is None:
        return 1
    high += 1
    while low < high:
        middle = (low + high) // 2
        row: Any = store.connection.execute("SELECT seq, at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,))
        if not row or row[0][1] >= at:
            high = middle
        else:
            low = int(row[0][0]) + 1
    return int(low)


def details_of(store: Store, call_id: str, at: int) -> Plain | None:
    """Return what the telephony system told of a call that came about `at`; None: nobody knows, or it was erased."""
    keys: Any = store.connection.execute(
        "SELECT source, external_call_id FROM call_details WHERE at >= ? AND at <= ? AND call_id = ?",
        (at - AROUND, at + AROUND, call_id),
    )
    for source, external in keys:
        rows = store.find("call_details", {"source": source, "external_call_id": external, "call_id": call_id}, None, 1)
        if rows:
            return dict(rows[0])
    return None


def steps_of(store: Store, contact: str, begin: int, end: int) -> Iterator[Plain]:
    """Yield what people did to a contact, as the audit trail has it, oldest first."""
    rows: Any = store.connection.execute(
        "SELECT at, principal, action, subject, detail FROM audit WHERE at >= ? AND at <= ? ORDER BY at, id",
        (begin, end),
    )
    for at, principal, action, subject, detail in rows:
        if subject is not None and root_of(subject) == contact:
            yield {"at": at, "by": principal, "action": action, "detail": detail}
