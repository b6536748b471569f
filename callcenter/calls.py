"""A call's life: its states and every move between them, as a table."""

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

_LEAVES_UNSERVED: Final = {S.QUEUED: S.QUEUED, S.OFFERED: S.OFFERED}

CALL_MOVES: Final = MappingProxyType(
    {
        ev.CallQueued: {None: S.QUEUED},
        ev.CallOffered: {S.QUEUED: S.OFFERED},
        # A missed offer gives the call back to its own turn, not to the head: two offers can expire at once.
        ev.OfferEnded: {S.OFFERED: S.QUEUED},
        ev.CallConnected: {S.OFFERED: S.CONNECTED},
        ev.CallCompleted: {S.CONNECTED: S.COMPLETED},
        ev.CallAbandoned: dict.fromkeys(_LEAVES_UNSERVED, S.ABANDONED),
        ev.CallOverflowed: {None: S.OVERFLOWED, **dict.fromkeys(_LEAVES_UNSERVED, S.OVERFLOWED)},
        ev.CallRejected: {None: S.REJECTED, **dict.fromkeys(_LEAVES_UNSERVED, S.REJECTED)},
        ev.CallConverted: {None: S.CONVERTED, **dict.fromkeys(_LEAVES_UNSERVED, S.CONVERTED)},
        ev.CallFailed: {**dict.fromkeys(_LEAVES_UNSERVED, S.FAILED), S.CONNECTED: S.FAILED},
    }
)
"""event type → state before → state after; `None` is a call that has just been received."""
