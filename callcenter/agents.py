"""An agent's life: presence, phone and the contacts in hand, each with its moves as a table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter import events as ev


class Presence(StrEnum):
    """What the agent says of themselves (stored)."""

    LOGGED_OUT = "logged_out"
    AVAILABLE = "available"
    NOT_READY = "not_ready"
    NOT_RESPONDING = "not_responding"


class Phone(StrEnum):
    """What is known of the agent's phone, apart from presence; an offer needs both."""

    FREE = "free"
    BUSY_ELSEWHERE = "busy_elsewhere"
    UNREACHABLE = "unreachable"


class InHand(StrEnum):
    """What an agent is doing with one contact (derived states of the agent, per channel)."""

    OFFERED = "offered"
    BUSY = "busy"
    WRAP_UP = "wrap_up"


P = Presence

PRESENCE_MOVES: Final[Mapping[type[ev.Event], Mapping[Presence, Presence]]] = MappingProxyType(
    {
        ev.AgentLoggedIn: {P.LOGGED_OUT: P.AVAILABLE},
        ev.AgentBecameAvailable: {P.NOT_READY: P.AVAILABLE, P.NOT_RESPONDING: P.AVAILABLE},
        ev.AgentBecameNotReady: {
            P.AVAILABLE: P.NOT_READY,
            P.NOT_READY: P.NOT_READY,  # another reason
            P.NOT_RESPONDING: P.NOT_READY,
        },
        # After too many misses, or the next call would ring the same empty chair for ever.
        ev.AgentStoppedResponding: {P.AVAILABLE: P.NOT_RESPONDING},
        ev.AgentLoggedOut: {
            P.AVAILABLE: P.LOGGED_OUT,
            P.NOT_READY: P.LOGGED_OUT,
            P.NOT_RESPONDING: P.LOGGED_OUT,
        },
    }
)
"""event type → presence before → presence after."""
