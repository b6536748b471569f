"""A call's life: its states and every move between them, as a table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter import events as ev


class CallState(StrEnum):
    """Where a call (one segment) stands."""

    QUEUED = "queued"
    OFFERED = "offered"
    CONNECTED = "connected"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    OVERFLOWED = "overflowed"
    REJECTED = "rejected"
    CONVERTED = "converted_to_callback"
    FAILED = "failed"


S = CallState

ENDED: Final = frozenset({S.COMPLETED, S.ABANDONED, S.OVERFLOWED, S.REJECTED, S.CONVERTED, S.FAILED})
"""Terminal states: a call that is here never moves again."""

_UNSERVED: Final = (S.QUEUED, S.OFFERED)
Moves = Mapping[type[ev.Event], Mapping[CallState | None, CallState]]


def _from_unserved(to: CallState, *, new: bool = False) -> dict[CallState | None, CallState]:
    return dict.fromkeys((None, *_UNSERVED) if new else _UNSERVED, to)


CALL_MOVES: Final[Moves] = MappingProxyType(
    {
        ev.CallQueued: {None: S.QUEUED},
        ev.CallOffered: {S.QUEUED: S.OFFERED},
        # A missed offer gives the call back to its own turn, not to the head: two offers can expire at once.
        ev.OfferEnded: {S.OFFERED: S.QUEUED},
        ev.CallConnected: {S.OFFERED: S.CONNECTED},
        ev.CallCompleted: {S.CONNECTED: S.COMPLETED},
        ev.CallAbandoned: _from_unserved(S.ABANDONED),
        ev.CallOverflowed: _from_unserved(S.OVERFLOWED, new=True),
        ev.CallRejected: _from_unserved(S.REJECTED, new=True),
        ev.CallConverted: _from_unserved(S.CONVERTED),
        ev.CallFailed: _from_unserved(S.FAILED) | {S.CONNECTED: S.FAILED},
    }
)
"""event type → state before → state after; `None` is a call that has just been received."""
