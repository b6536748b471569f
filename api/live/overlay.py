"""The board as it will be when pending events are durable: for answers that are stored in the same transaction.

Everybody else is told of durable events only. An answer that goes into the transaction of its command has to be
written before: from a board that takes copies of what changes, and is thrown away.
"""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from copy import copy
from typing import Any, TypeVar

from api.state.board import Board
from api.state.records import AgentLine, OfferLine
from callcenter.events import Event

V = TypeVar("V")
GONE: Any = object()


class Overlay(Board):
    """A board over another: reads through, writes into copies."""

    def __init__(self, board: Board, in_flight: Iterable[Event]) -> None:
        super().__init__()
        self.seq = board.seq
        self._changing = False
        self.calls = Layer(board.calls, self._own)
        self.newest = Layer(board.newest, self._own)
        self.suspended = Layer(board.suspended, self._own)
        self.offers = Layer(board.offers, self._own)
        self.agents = Layer(board.agents, self._own)
        self.tasks = Layer(board.tasks, self._own)
        self.unended = Layer(board.unended, self._own)
        self.promised = Layer(board.promised, self._own)
        self.fold(in_flight)

    def fold(self, events: Iterable[Event]) -> None:
        """Take in what happened."""
        self._changing = True
        try:
            super().fold(events)
        finally:
            self._changing = False

    def _own(self, value: V) -> V:
        """Return what may be changed: a copy while events are folded, the thing itself when it is only read."""
        if not self._changing or isinstance(value, str | int | tuple | OfferLine):
            return value
        own = copy(value)
        if isinstance(own, AgentLine):
            own.talks, own.wraps = dict(own.talks), dict(own.wraps)
        return own


class Layer(dict[str, V]):
    """A dictionary over another, which it leaves as it is."""

    def __init__(self, below: MutableMapping[str, V], own: Callable[[V], V]) -> None:
        super().__init__()
        self._below = below
        self._take = own

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of `key`, here or below."""
        found = super().get(key, self)
        if found is GONE:
            return default
        if found is not self:
            return found
        below = self._below.get(key)
        if below is None:
            return default
        own = self._take(below)
        if own is not below:
            self[key] = own
        return own

    def __getitem__(self, key: str) -> V:
        found: V = self.get(key, GONE)
        if found is GONE:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return self.get(str(key), GONE) is not GONE

    def pop(self, key: str, default: Any = None) -> Any:
        """Take `key` out; below it stays."""
        found = self.get(key, default)
        super().__setitem__(key, GONE)
        return found

    def __delitem__(self, key: str) -> None:
        super().__setitem__(key, GONE)

    def _whole(self) -> dict[str, V]:
        whole = dict(self._below.items()) | dict(super().items())
        return {key: value for key, value in whole.items() if value is not GONE}

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def keys(self) -> Any:
        """Return the keys, here and below."""
        return self._whole().keys()

    def values(self) -> Any:
        """Return the values, here and below."""
        return self._whole().values()

    def items(self) -> Any:
        """Return keys and values, here and below."""
        return self._whole().items()
