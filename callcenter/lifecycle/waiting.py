"""Calls that wait, as the day's book keeps them: what it needs when they leave, and no more.

A hundred thousand may wait, and a dictionary of each costs half a kilobyte.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

Kind = tuple[str, str]
"""Queue, tier."""
Plain = dict[str, Any]


class Known(Protocol):
    """A call as another keeps it, too."""

    id: str
    contact: str
    customer: str | None
    queued_at: int


NOTHING: Final[Mapping[str, Known]] = MappingProxyType({})


class Wait:
    """A call that has come to its queue, and has not left it."""

    __slots__ = ("at", "contact", "customer", "kind")

    def __init__(self, kind: Kind, contact: str | None, customer: str | None, at: int) -> None:
        self.kind = kind
        self.contact = contact
        """None: it has the name of the call."""
        self.customer = customer
        self.at = at


class Waits:
    """Call → its wait.

    >>> waits = Waits()
    >>> waits.put("c1", "c1", "sales", "vip", 5, None)
    >>> waits.pop("c1")
    {'contact': 'c1', 'queue': 'sales', 'tier': 'vip', 'at': 5, 'customer': None}
    >>> waits.pop("c1") is None
    True
    """

    def __init__(self) -> None:
        self._waits: dict[str, Wait] = {}
        self._kinds: dict[Kind, Kind] = {}
        """Each once, for all calls that are of it."""

    def put(self, call_id: str, contact: str, queue: str, tier: str, at: int, customer: str | None) -> None:
        """A call comes."""
        kind = (queue, tier)
        kind = self._kinds.setdefault(kind, kind)
        self._waits[call_id] = Wait(kind, None if contact == call_id else contact, customer, at)

    def pop(self, call_id: str) -> Plain | None:
        """Return what is known of a call that leaves; None: it does not wait."""
        wait = self._waits.pop(call_id, None)
        if wait is None:
            return None
        queue, tier = wait.kind
        contact = call_id if wait.contact is None else wait.contact
        return {"contact": contact, "queue": queue, "tier": tier, "at": wait.at, "customer": wait.customer}

    def where(self, call_id: str) -> tuple[int, str, str] | None:
        """Return when a call came, and its queue and tier."""
        wait = self._waits.get(call_id)
        return None if wait is None else (wait.at, *wait.kind)

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._waits

    def __len__(self) -> int:
        return len(self._waits)

    # --- what is kept

    def saved(self) -> Plain:
        """Return all as plain data: a column of each thing that is known."""
        places = {kind: n for n, kind in enumerate(self._kinds)}
        waits = self._waits.values()
        return {
            "ids": list(self._waits), "contacts": [wait.contact for wait in waits],
            "customers": [wait.customer for wait in waits], "at": [wait.at for wait in waits],
            "kinds": [places[wait.kind] for wait in waits], "places": [list(kind) for kind in places],
        }  # fmt: skip

    def go_on(self, plain: Plain, known: Mapping[str, Known] = NOTHING) -> None:
        """Go on from what was saved; of `known` calls the very texts and numbers are kept that are in memory already.

        >>> waits, again = Waits(), Waits()
        >>> waits.put("c1", "c0", "sales", "vip", 5, "ann")
        >>> again.go_on(waits.saved())
        >>> again.pop("c1") == waits.pop("c1"), len(again)
        (True, 0)
        """
        kinds: list[Kind] = [(queue, tier) for queue, tier in plain["places"]]
        self._kinds = {kind: kind for kind in kinds}
        columns = (plain[name] for name in ("ids", "contacts", "customers", "at", "kinds"))
        self._waits = {}
        for call_id, contact, customer, at, place in zip(*columns, strict=True):
            wait = Wait(kinds[place], contact, customer, at)
            there = known.get(call_id)
            if there is None:
                self._waits[call_id] = wait
            else:
                wait.at = there.queued_at if there.queued_at == at else at
                wait.customer = there.customer if there.customer == customer else customer
                self._waits[there.id] = wait
