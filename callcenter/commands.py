"""What can be asked, in the imperative; each may be refused. Plain data, no method decides."""

from dataclasses import dataclass
from typing import Literal

from callcenter.agents import Phone
from callcenter.callbacks import TaskKind
from callcenter.centre import Centre
from callcenter.events import OfferEnd
from callcenter.hours import Zone
from callcenter.ids import AgentId, CallId, CustomerKey, OfferId, TaskId
from callcenter.skills import Levels
from callcenter.units import Millis

# --- calls


@dataclass(slots=True)
class AdmitCall:
    """A call has reached the desk: queue it, offer it, or turn it away."""

    call_id: CallId
    queue: str
    tier: str | None = None
    customer: CustomerKey | None = None
    intent: str | None = None
    skills: Levels = ()
    """Needed besides the queue's own."""
    preferred: tuple[AgentId, ...] = ()
    """Account manager or last agent: asked first, while the queue's window lasts."""
    channel: str = "voice"
    zone: str | None = None
    """The customer's IANA time zone, for a callback; several, divided by commas, where it may be any of them."""


@dataclass(slots=True)
class AcceptOffer:
    """The agent takes the call or task; exactly one acceptance wins."""

    offer_id: OfferId


@dataclass(slots=True)
class EndOffer:
    """The offer failed, for this cause."""

    offer_id: OfferId
    end: OfferEnd


@dataclass(slots=True)
class AbandonCall:
    """The caller hung up."""

    call_id: CallId


@dataclass(slots=True)
class EndCall:
    """The conversation is over."""

    call_id: CallId


@dataclass(slots=True)
class FailCall:
    """The call was lost for a technical cause."""

    call_id: CallId
    cause: str


@dataclass(slots=True)
class HoldCall:
    """The agent puts the customer on hold."""

    call_id: CallId


@dataclass(slots=True)
class ResumeCall:
    """The agent takes the customer off hold."""

    call_id: CallId


@dataclass(slots=True)
class TransferCall:
    """A connected call needs someone else: a new segment of the same contact, with the original virtual start.

    `blind` closes the agent's part at once; `consult` keeps the agent on the line until their own part ends;
    `return` goes back to the agent who had the contact before, who is held for.
    """

    call_id: CallId
    queue: str
    kind: Literal["blind", "consult", "return"] = "blind"


@dataclass(slots=True)
class ConvertCall:
    """The waiting caller chooses to be called back and keeps the place (virtual hold)."""

    call_id: CallId


@dataclass(slots=True)
class ReprioritiseCall:
    """A waiting call changes tier or band, at once."""

    call_id: CallId
    tier: str | None = None
    band: int | None = None


@dataclass(slots=True)
class WithdrawCall:
    """Someone takes a waiting call out of the queue."""

    call_id: CallId


@dataclass(slots=True)
class SuspendCall:
    """Nobody knows whether this waiting call is still there: no agent is rung for it until `ConfirmCall`."""

    call_id: CallId
    cause: str


@dataclass(slots=True)
class ConfirmCall:
    """The source of a suspended call says that it is there: it takes its turn again."""

    call_id: CallId


# --- agents


@dataclass(slots=True)
class LogIn:
    """An agent takes a seat; the group may be left out for a named agent of the centre."""

    agent_id: AgentId
    group: str | None = None
    skills: Levels | None = None


@dataclass(slots=True)
class LogOut:
    """The agent leaves: when the contacts in hand and their wrap-up are done, or at once if forced."""

    agent_id: AgentId
    forced: bool = False


@dataclass(slots=True)
class SetAvailable:
    """The agent takes calls (again)."""

    agent_id: AgentId


@dataclass(slots=True)
class SetNotReady:
    """The agent takes no calls for a while: now, or when the contacts in hand are done."""

    agent_id: AgentId
    reason: str = "break"


@dataclass(slots=True)
class RequestBreak:
    """The agent asks for a break; granted under the group's cap, else when a place frees."""

    agent_id: AgentId
    reason: str = "break"


@dataclass(slots=True)
class SetPhone:
    """The telephony system tells the state of an agent's phone."""

    agent_id: AgentId
    phone: Phone


@dataclass(slots=True)
class EndWrapUp:
    """After-call work is done (of one contact, or of all in hand)."""

    agent_id: AgentId
    subject: str | None = None


@dataclass(slots=True)
class ExtendWrapUp:
    """The agent needs `more` time for after-call work (of one contact, or of all in hand), up to the queue's cap."""

    agent_id: AgentId
    more: Millis
    subject: str | None = None


@dataclass(slots=True)
class NoteResult:
    """The agent says what came of a call in hand or in after-call work, by a code of its queue; the last one counts."""

    agent_id: AgentId
    result: str
    call_id: CallId | None = None
    """None: the only call there is."""


# --- outbound tasks


@dataclass(slots=True)
class ScheduleTask:
    """Promise to call a customer."""

    task_id: TaskId
    queue: str
    kind: TaskKind = TaskKind.DEFERRED
    tier: str | None = None
    customer: CustomerKey | None = None
    due_at: Millis | None = None
    promise: Millis | None = None
    zone: str | None = None
    intent: str | None = None
    """What it is about; the agent must have the intent's skills."""


@dataclass(slots=True)
class RescheduleTask:
    """Call at another time than planned."""

    task_id: TaskId
    due_at: Millis
    promise: Millis | None = None


@dataclass(slots=True)
class CancelTask:
    """The call to the customer is called off."""

    task_id: TaskId
    reason: str = "cancelled"


@dataclass(slots=True)
class ReportReached:
    """The customer answered the callback."""

    task_id: TaskId


@dataclass(slots=True)
class ReportNotReached:
    """The customer did not answer (no_answer, busy, invalid_number, …)."""

    task_id: TaskId
    cause: str = "no_answer"


@dataclass(slots=True)
class EndTask:
    """The conversation with the customer who was called back is over; `result` is a code of the queue's list."""

    task_id: TaskId
    result: str | None = None
    again_at: Millis | None = None
    """With a result that means `again`: the time agreed with the customer."""


# --- reports that come late


Reportable = (
    AcceptOffer
    | EndOffer
    | AbandonCall
    | EndCall
    | FailCall
    | HoldCall
    | ResumeCall
    | TransferCall
    | ConvertCall
    | EndWrapUp
    | ReportReached
    | ReportNotReached
    | EndTask
)


@dataclass(slots=True)
class Reported:
    """A command that is the report of what happened earlier: carried out now, measured as of `happened_at`."""

    command: Reportable
    happened_at: Millis


# --- the centre


@dataclass(slots=True)
class AdoptCentre:
    """Another centre is in force from now on; first in every journal."""

    centre: Centre


@dataclass(slots=True)
class LearnZones:
    """Customers live in these time zones, too: calling windows can be kept in them from now on."""

    zones: tuple[Zone, ...]


@dataclass(slots=True)
class Resume:
    """The driver is back after a gap: live offers end as `system`, running waits are shifted by the gap."""

    gap_ms: int


Command = (
    AdmitCall
    | AcceptOffer
    | EndOffer
    | AbandonCall
    | EndCall
    | FailCall
    | HoldCall
    | ResumeCall
    | TransferCall
    | ConvertCall
    | ReprioritiseCall
    | WithdrawCall
    | SuspendCall
    | ConfirmCall
    | LogIn
    | LogOut
    | SetAvailable
    | SetNotReady
    | RequestBreak
    | SetPhone
    | EndWrapUp
    | ExtendWrapUp
    | NoteResult
    | ScheduleTask
    | RescheduleTask
    | CancelTask
    | ReportReached
    | ReportNotReached
    | EndTask
    | Reported
    | AdoptCentre
    | LearnZones
    | Resume
)
