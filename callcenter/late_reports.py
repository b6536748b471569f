"""Late reports: what they may tell of, and when that really happened, before the engine heard of it."""

from callcenter import events as ev
from callcenter.units import Millis

Reported = (
    ev.OfferEnded
    | ev.CallConnected
    | ev.CallHeld
    | ev.CallResumed
    | ev.CallCompleted
    | ev.CallAbandoned
    | ev.CallConverted
    | ev.CallFailed
    | ev.WrapUpEnded
    | ev.TaskAttempted
    | ev.TaskReached
    | ev.TaskNotReached
    | ev.TaskCompleted
    | ev.TaskCallAgain
)
"""What a report of a telephony system or a desktop may tell of, and date."""


def when(event: Reported) -> Millis:
    """Return when it happened: by the late report that told of it, else when it was decided.

    >>> from callcenter.ids import AgentId, CallId
    >>> held = ev.CallHeld(Millis(9_000), 1, CallId("c1"), AgentId("ana"))
    >>> when(held), when(ev.CallHeld(Millis(9_000), 1, CallId("c1"), AgentId("ana"), Millis(4_000)))
    (9000, 4000)
    """
    return event.at if event.happened_at is None else event.happened_at
