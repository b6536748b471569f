"""An outbound task's life (callback, complaint follow-up, satisfaction call): states and moves, as a table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter import events as ev


class TaskKind(StrEnum):
    """Why the centre calls a customer; one machinery serves them all."""

    DEFERRED = "deferred"
    """The documents' 24-hour callback: made by the system after a lost call."""
    VIRTUAL_HOLD = "virtual_hold"
    """The caller hung up by agreement and kept the place in line."""
    COMPLAINT = "complaint"
    SATISFACTION = "satisfaction"
    CAMPAIGN = "campaign"
    """A list of customers who agreed to be called."""
    CARE = "care"
    """A customer who is called now and then by plan: a key account twice a month."""


OUTREACH: Final = frozenset({TaskKind.CAMPAIGN, TaskKind.CARE})
"""Calls that the centre makes of its own accord: nobody waits for them, so no live call ever waits for one."""


class TaskState(StrEnum):
    """Where an outbound task stands."""

    SCHEDULED = "scheduled"
    DUE = "due"
    OFFERED = "offered"
    ATTEMPTING = "attempting"
    RETRY = "retry"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


S = TaskState

TASK_ENDED: Final = frozenset({S.COMPLETED, S.EXPIRED, S.CANCELLED, S.SUPERSEDED})
_OPEN: Final = (S.SCHEDULED, S.DUE, S.OFFERED, S.ATTEMPTING, S.RETRY)

Moves = Mapping[type[ev.Event], Mapping[TaskState | None, TaskState]]


def _from(*states: TaskState, to: TaskState) -> dict[TaskState | None, TaskState]:
    return dict.fromkeys(states, to)


TASK_MOVES: Final[Moves] = MappingProxyType(
    {
        ev.TaskScheduled: {None: S.SCHEDULED},
        ev.TaskDue: {S.SCHEDULED: S.DUE, S.RETRY: S.DUE},
        # Back out of line because its calling window closed, or because someone moved it.
        ev.TaskPutOff: {S.SCHEDULED: S.SCHEDULED, S.DUE: S.SCHEDULED, S.RETRY: S.SCHEDULED},
        ev.TaskOffered: {S.DUE: S.OFFERED},
        ev.OfferEnded: {S.OFFERED: S.DUE},
        ev.TaskAttempted: {S.OFFERED: S.ATTEMPTING, S.DUE: S.ATTEMPTING},
        ev.TaskReached: {S.ATTEMPTING: S.ATTEMPTING},
        ev.TaskNotReached: {S.ATTEMPTING: S.RETRY},
        # Reached, and to be called once more: by agreement, or because this was not the person.
        ev.TaskCallAgain: {S.ATTEMPTING: S.RETRY},
        ev.TaskCompleted: {S.ATTEMPTING: S.COMPLETED},
        ev.TaskExpired: _from(S.SCHEDULED, S.DUE, S.OFFERED, S.RETRY, to=S.EXPIRED),
        ev.TaskCancelled: _from(*_OPEN, to=S.CANCELLED),
        ev.TaskSuperseded: _from(*_OPEN, to=S.SUPERSEDED),
    }
)
"""event type → state before → state after; `None` is a task that does not exist yet."""
