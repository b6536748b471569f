"""What can have happened: facts in the past tense, never refused, each with its instant and its place in the sequence.

Every event carries what a reader needs without a second look-up. None is ever assigned after it is made
(a lint rule rather than `frozen`, which costs four times as much on the hot path).
"""

from dataclasses import dataclass
from enum import StrEnum

from callcenter.ids import AgentId, CallId, ContactId, CustomerKey, OfferId, TaskId
from callcenter.units import Millis


class OfferEnd(StrEnum):
    """How an offer ended; `accepted` is told by `CallConnected` or `TaskAttempted` itself."""

    ACCEPTED = "accepted"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    CALLER_GONE = "caller_gone"
    AGENT_GONE = "agent_gone"
    SYSTEM = "system"


class RejectReason(StrEnum):
    """Why a call was turned away."""

    FULL = "full"
    MAX_WAIT = "max_wait"
    CLOSED = "closed"
    EMPTY = "no_agents"
    WITHDRAWN = "withdrawn"
    BLACKLISTED = "blacklisted"


@dataclass(slots=True)
class Event:
    """A fact: `at` is its own instant (however late the driver woke), `seq` its place in the one sequence.

    Where a report came late and said so, `happened_at` is when it had happened, at most `at`: the decision was made
    at `at`, measures count from `happened_at`. Instants of earlier facts (`queued_at`, `connected_at`…) are those of
    their decisions.
    """

    at: Millis
    seq: int


# --- calls


@dataclass(slots=True)
class CallQueued(Event):
    """A call entered a queue; it waits, or the next event offers it at once."""

    call_id: CallId
    contact_id: ContactId
    queue: str
    tier: str
    band: int
    virtual_start: Millis
    customer: CustomerKey | None


@dataclass(slots=True)
class CallOffered(Event):
    """An agent's phone rings for this call, until `expires_at` (None: answered by the headset at once)."""

    call_id: CallId
    queue: str
    tier: str
    agent_id: AgentId
    group: str
    offer_id: OfferId
    expires_at: Millis | None


@dataclass(slots=True)
class OfferEnded(Event):
    """An offer ended without acceptance; the call or task takes its own turn again, unless it is gone."""

    offer_id: OfferId
    subject: str
    agent_id: AgentId
    group: str
    end: OfferEnd
    offered_at: Millis
    happened_at: Millis | None = None
    cost: int = 100
    """Of the agent's capacity, percent."""


@dataclass(slots=True)
class CallConnected(Event):
    """A person answered: the wait is over and was `at - queued_at`; the phone rang for `at - offered_at`."""

    call_id: CallId
    contact_id: ContactId
    queue: str
    tier: str
    agent_id: AgentId
    group: str
    offer_id: OfferId
    queued_at: Millis
    offered_at: Millis
    happened_at: Millis | None = None
    cost: int = 100
    """Of the agent's capacity, percent."""


@dataclass(slots=True)
class CallHeld(Event):
    """The customer was put on hold by the agent they talk to."""

    call_id: CallId
    agent_id: AgentId
    happened_at: Millis | None = None


@dataclass(slots=True)
class CallResumed(Event):
    """The agent took the customer off hold."""

    call_id: CallId
    agent_id: AgentId
    held_at: Millis
    happened_at: Millis | None = None


@dataclass(slots=True)
class CallCompleted(Event):
    """The conversation ended after `at - connected_at`, of which `hold_ms` on hold."""

    call_id: CallId
    queue: str
    tier: str
    agent_id: AgentId
    group: str
    connected_at: Millis
    hold_ms: int
    happened_at: Millis | None = None


@dataclass(slots=True)
class CallAbandoned(Event):
    """The caller hung up before a person answered, after `at - queued_at`."""

    call_id: CallId
    queue: str
    tier: str
    queued_at: Millis
    short: bool
    happened_at: Millis | None = None


@dataclass(slots=True)
class CallOverflowed(Event):
    """The call left by rule to `target` (a queue, or a name the telephony system knows)."""

    call_id: CallId
    queue: str
    tier: str
    queued_at: Millis
    target: str
    reason: RejectReason
    contact_id: ContactId | None = None
    """None in what was written down before it was told; so is the customer."""
    customer: CustomerKey | None = None

    @property
    def contact(self) -> str:
        """The contact it belongs to."""
        return self.call_id.partition("/s")[0] if self.contact_id is None else self.contact_id


@dataclass(slots=True)
class CallRejected(Event):
    """The call was turned away."""

    call_id: CallId
    contact_id: ContactId
    queue: str
    tier: str
    queued_at: Millis
    reason: RejectReason
    customer: CustomerKey | None


@dataclass(slots=True)
class CallConverted(Event):
    """The caller chose to be called back and keeps the place in line (virtual hold)."""

    call_id: CallId
    queue: str
    tier: str
    queued_at: Millis
    task_id: TaskId
    happened_at: Millis | None = None


@dataclass(slots=True)
class CallFailed(Event):
    """The call was lost for a technical cause."""

    call_id: CallId
    queue: str
    tier: str
    agent_id: AgentId | None
    group: str | None
    queued_at: Millis
    connected_at: Millis | None
    cause: str
    happened_at: Millis | None = None


@dataclass(slots=True)
class CallRelaxed(Event):
    """Waiting loosened what the call needs: relaxation step `step` (1 is the first) is in force."""

    call_id: CallId
    queue: str
    step: int


@dataclass(slots=True)
class CallReleased(Event):
    """The window of the preferred agents ended: any eligible agent may take the call now."""

    call_id: CallId
    queue: str


@dataclass(slots=True)
class CallReprioritised(Event):
    """A waiting call changed tier or band."""

    call_id: CallId
    queue: str
    tier: str
    band: int
    tier_before: str
    band_before: int


@dataclass(slots=True)
class CallSuspended(Event):
    """A waiting call is in doubt: no agent is rung for it before its source says that it is there."""

    call_id: CallId
    queue: str
    cause: str


@dataclass(slots=True)
class CallConfirmed(Event):
    """The source of a suspended call says that it is there: it takes its turn again."""

    call_id: CallId
    queue: str


# --- agents


@dataclass(slots=True)
class AgentLoggedIn(Event):
    """An agent took a seat and is available."""

    agent_id: AgentId
    group: str


@dataclass(slots=True)
class AgentBecameAvailable(Event):
    """An agent takes calls again."""

    agent_id: AgentId
    group: str
    since: Millis


@dataclass(slots=True)
class AgentBecameNotReady(Event):
    """An agent stopped taking calls, and says why."""

    agent_id: AgentId
    group: str
    reason: str
    since: Millis


@dataclass(slots=True)
class AgentStoppedResponding(Event):
    """Too many missed offers: no further ones until the agent, or the way back, says otherwise."""

    agent_id: AgentId
    group: str
    since: Millis


@dataclass(slots=True)
class AgentLoggedOut(Event):
    """An agent left the seat."""

    agent_id: AgentId
    group: str
    since: Millis


@dataclass(slots=True)
class PhoneChanged(Event):
    """The agent's phone is free, busy elsewhere or unreachable."""

    agent_id: AgentId
    group: str
    phone: str


@dataclass(slots=True)
class BreakRequested(Event):
    """An agent asked for a break that the cap does not allow yet; it is granted when a place frees."""

    agent_id: AgentId
    group: str
    reason: str


@dataclass(slots=True)
class WrapUpStarted(Event):
    """After-call work began; `ends_at` is when it ends by itself."""

    agent_id: AgentId
    group: str
    subject: str
    tier: str
    ends_at: Millis


@dataclass(slots=True)
class WrapUpExtended(Event):
    """After-call work ends by itself only at `ends_at`: the agent asked for more time."""

    agent_id: AgentId
    group: str
    subject: str
    tier: str
    ends_at: Millis


@dataclass(slots=True)
class WrapUpEnded(Event):
    """After-call work ended after `at - started_at`."""

    agent_id: AgentId
    group: str
    subject: str
    tier: str
    started_at: Millis
    happened_at: Millis | None = None
    cost: int = 100  # as a connected call's


@dataclass(slots=True)
class ResultNoted(Event):
    """The agent said what came of a call; `solved_before` is what they had said of it until then (None: nothing)."""

    agent_id: AgentId
    call_id: CallId
    queue: str
    tier: str
    result: str
    solved: bool
    solved_before: bool | None


# --- outbound tasks


@dataclass(slots=True)
class TaskScheduled(Event):
    """A promise to call a customer was made."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str
    customer: CustomerKey | None
    due_at: Millis
    promise: Millis
    from_call: CallId | None
    cannot_keep: bool
    """True: window and calendar leave no instant before the promise (flagged at creation)."""
    zone: str | None = None  # of the calling window, as the command said; None: the centre's own
    intent: str | None = None  # what it is about


@dataclass(slots=True)
class TaskDue(Event):
    """The task stands in line: its time has come and its window is open."""

    task_id: TaskId
    queue: str


@dataclass(slots=True)
class TaskRose(Event):
    """The promise is near: the task entered its band among the waiting calls."""

    task_id: TaskId
    queue: str
    band: int
    virtual_start: Millis


@dataclass(slots=True)
class TaskPutOff(Event):
    """The task left the line until `due_at`: its window closed, or someone moved it."""

    task_id: TaskId
    queue: str
    due_at: Millis


@dataclass(slots=True)
class TaskOffered(Event):
    """An agent is asked to take this task (agent first)."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str
    agent_id: AgentId
    group: str
    offer_id: OfferId
    expires_at: Millis | None


@dataclass(slots=True)
class TaskAttempted(Event):
    """The customer's phone is being dialled, attempt number `attempt`; the agent is on the line or reserved."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str
    customer: CustomerKey | None
    agent_id: AgentId
    group: str
    attempt: int
    offered_at: Millis
    in_time: bool
    happened_at: Millis | None = None
    cost: int = 100  # as a connected call's


@dataclass(slots=True)
class TaskReached(Event):
    """The customer answered the callback."""

    task_id: TaskId
    queue: str
    tier: str
    agent_id: AgentId
    in_time: bool
    attempted_at: Millis
    happened_at: Millis | None = None


@dataclass(slots=True)
class TaskNotReached(Event):
    """The attempt failed (`cause`); the next one is due at `next_due`, or the plan is used up (None)."""

    task_id: TaskId
    queue: str
    tier: str
    agent_id: AgentId
    group: str
    attempt: int
    cause: str
    attempted_at: Millis
    next_due: Millis | None
    happened_at: Millis | None = None


@dataclass(slots=True)
class TaskCompleted(Event):
    """The customer was called back and served; whether the business is finished, where the agent said so."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str
    agent_id: AgentId
    group: str
    reached_at: Millis
    happened_at: Millis | None = None
    result: str | None = None  # the code that the agent chose of the queue's list
    solved: bool | None = None


@dataclass(slots=True)
class TaskCallAgain(Event):
    """The customer was reached and is to be called once more, at `next_due`; `promise` is the new one."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str
    agent_id: AgentId
    group: str
    result: str
    reached_at: Millis
    next_due: Millis
    promise: Millis
    happened_at: Millis | None = None


@dataclass(slots=True)
class TaskLate(Event):
    """The promise passed without a call to the customer being answered."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str


@dataclass(slots=True)
class TaskExpired(Event):
    """The task was given up: `unreachable` after the whole plan, or `out_of_time`."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str
    cause: str


@dataclass(slots=True)
class TaskCancelled(Event):
    """Someone called the task off."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str
    reason: str


@dataclass(slots=True)
class TaskSuperseded(Event):
    """The customer rang again: the live call `by_call` takes the task's place."""

    task_id: TaskId
    kind: str
    queue: str
    tier: str
    by_call: CallId


# --- the centre


@dataclass(slots=True)
class QueueOpened(Event):
    """Opening hours began."""

    queue: str


@dataclass(slots=True)
class QueueClosed(Event):
    """Opening hours ended."""

    queue: str


@dataclass(slots=True)
class CentreAdopted(Event):
    """Another centre is in force from here on."""

    name: str


@dataclass(slots=True)
class ZonesLearned(Event):
    """Calling windows are kept in these time zones, too; nothing else changed."""

    zones: tuple[str, ...]


@dataclass(slots=True)
class ServiceResumed(Event):
    """The driver was away for `gap_ms`; live offers ended as `system`, running waits were shifted."""

    gap_ms: int
