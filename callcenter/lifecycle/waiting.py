"""Calls that wait, as the day's book keeps them: what it needs when they leave, and no more.

A hundred thousand may wait, and a dictionary of each costs half a kilobyte.
"""

from collections.abc import Iterator, Mapping
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
    queue: str
    queued_at: int

    @property
    def came_as(self) -> str:
        """The tier that it came with."""
        ...


NOTHING: Final[Mapping[str, Known]] = MappingProxyType({})


class Wait:
    """A call that has come to its queue, and has not left it."""

    __slots__ = ("contact", "customer", "kind", "queued_at")

    def __init__(self, kind: Kind, contact: str, customer: str | None, at: int) -> None:
        self.kind = kind
        self.contact = contact
        self.customer = customer
        self.queued_at = at

    @property
    def queue(self) -> str:
        """Where it waits."""
        return self.kind[0]

    @property
    def came_as(self) -> str:
        """The tier that it came with."""
        return self.kind[1]


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
        self._waits: dict[str, Wait | Known] = {}
        self._kinds: dict[Kind, Kind] = {}
        """Each once, for all calls that are of it."""

    def put(
        self, call_id: str, contact: str, queue: str, tier: str, at: int, customer: str | None,
        known: Mapping[str, Known] = NOTHING,
    ) -> None:  # fmt: skip
        """A call comes; one that is `known` just so is kept as the very object that is in memory already."""
        kind = (queue, tier)
        kind = self._kinds.setdefault(kind, kind)
        there = known.get(call_id)
        if there is not None and (there.contact, there.queue, there.came_as, there.queued_at, there.customer) == (
            contact, queue, tier, at, customer,
        ):  # fmt: skip
            self._waits[there.id] = there
        else:
            self._waits[call_id] = Wait(kind, call_id if contact == call_id else contact, customer, at)

    def pop(self, call_id: str) -> Plain | None:
        """Return what is known of a call that leaves; None: it does not wait."""
        wait = self._waits.pop(call_id, None)
        if wait is None:
            return None
        return {
            "contact": wait.contact, "queue": wait.queue, "tier": wait.came_as, "at": wait.queued_at,
            "customer": wait.customer,
        }  # fmt: skip

    def where(self, call_id: str) -> tuple[int, str, str] | None:
        """Return when a call came, and its queue and tier."""
        wait = self._waits.get(call_id)
        return None if wait is None else (wait.queued_at, wait.queue, wait.came_as)

    def late(self, within: Mapping[str, int], otherwise: int, now: int) -> Iterator[tuple[int, str, str]]:
        """Yield when a call came, its queue and tier, of each that waits longer than its tier may, ms."""
        for wait in self._waits.values():
            if now - wait.queued_at > within.get(wait.came_as, otherwise):
                yield wait.queued_at, wait.queue, wait.came_as

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
            "ids": list(self._waits),
            "contacts": [None if wait.contact == call_id else wait.contact for call_id, wait in self._waits.items()],
            "customers": [wait.customer for wait in waits], "at": [wait.queued_at for wait in waits],
            "kinds": [places[wait.queue, wait.came_as] for wait in waits], "places": [list(kind) for kind in places],
        }  # fmt: skip

    def go_on(self, plain: Plain, known: Mapping[str, Known] = NOTHING) -> None:
        """Go on from what was saved; calls that are `known` just so are kept as the very objects in memory already.

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
            queue, tier = kinds[place]
            self.put(call_id, call_id if contact is None else contact, queue, tier, at, customer, known)
