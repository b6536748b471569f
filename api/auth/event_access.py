"""Which events a key may receive: a telephony system gets those of its own sources' calls, and no other's."""

from collections.abc import Sequence
from typing import Any, Final

from api.auth.keys import Key
from api.state.board import Board
from api.state.ports import Reader
from api.store.store import Store
from callcenter.events import Event

ABOUT: Final = ("call_id", "contact_id", "from_call", "task_id", "subject", "offer_id")
"""Where an event names the call that it is about, as CALL, CALL/s2, CALL/cb or CALL/o3."""
MOST_KNOWN: Final = 50_000


def root_of(event: Event) -> str | None:
    """Return the call or task that an event is about; None: it is about an agent, a queue, the centre."""
    for name in ABOUT:
        about = getattr(event, name, None)
        if about:
            return str(about).partition("/")[0]
    return None


class EventAccess:
    """Passes on to one listener what their key reaches."""

    def __init__(self, board: Board, store: Reader, key: Key) -> None:
        self._board = board
        self._store = store
        self._key = key
        self._sources: dict[str, str | None] = {}
        """Root → source, of calls that were heard of; None: nobody's."""

    @property
    def everything(self) -> bool:
        """Whether nothing is kept from the key."""
        return self._key.reaches_all_sources

    async def of(self, events: Sequence[Event]) -> list[Event]:
        """Return those events that the key may hear: all that are about no call, and its own sources' calls."""
        if self.everything:
            return list(events)
        roots = [root_of(event) for event in events]
        await self._learn({root for root in roots if root is not None and root not in self._sources})
        return [event for event, root in zip(events, roots, strict=True) if root is None or self._reaches(root)]

    def _reaches(self, root: str) -> bool:
        if root in self._board.tasks and self._sources.get(root) is None:
            return True  # a call to a customer that no call of theirs had made: whoever dials carries it out
        return self._sources.get(root) in self._key.sources

    async def _learn(self, roots: set[str]) -> None:
        """Find out whose calls these are: from the board, or, of calls that it has forgotten, from the store."""
        if len(self._sources) > MOST_KNOWN:
            self._sources.clear()
        unknown = []
        for root in sorted(roots):
            line = self._board.call(root)
            if line is not None and line.source is not None:
                self._sources[root] = line.source
            elif root not in self._board.tasks:
                unknown.append(root)
        if unknown:
            self._sources |= dict.fromkeys(unknown)
            self._sources |= await self._store.read(lambda store: _sources_of(store, unknown), apart=True)


def _sources_of(store: Store, roots: Sequence[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for begin in range(0, len(roots), 500):
        some = roots[begin : begin + 500]
        rows: Any = store.connection.execute(
            f"SELECT call_id, source FROM natural_keys WHERE call_id IN ({', '.join('?' * len(some))})", tuple(some)
        )
        found |= {str(call_id): str(source) for call_id, source in rows}
    return found
