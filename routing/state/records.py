"""What the engine keeps of a call, a task, an agent and a queue while they live. Written by `routing.facts` only."""

from typing import TYPE_CHECKING, Final

from callcenter.agents import Phone, Presence
from callcenter.callbacks import TaskKind, TaskState
from callcenter.calls import CallState
from callcenter.centre import Queue
from callcenter.ids import AgentId, CallId, ContactId, CustomerKey, OfferId, TaskId
from callcenter.skills import Levels
from callcenter.tiers import Tier
from callcenter.units import Millis
from routing.policies import chooser_of, ordering_of
from routing.state.deadlines import Deadline

if TYPE_CHECKING:
    from routing.state.crews import Crew, Pool
    from routing.state.expected_wait import Pulse
    from routing.state.line import Lane


_QUEUED: Final = CallState.QUEUED  # read once: compiled, a default is set of each call that is made


class QueueState:
    """A queue with what changes while it runs."""

    __slots__ = ("choose", "config", "lanes", "name", "open", "ordering", "ordinary", "pulse", "score", "waiting")

    def __init__(self, config: Queue, pulse: "Pulse") -> None:
        self.config = config
        self.name = config.name
        self.ordering = ordering_of(config.policy)
        self.score = self.ordering.score
        self.choose = chooser_of(config.selection)
        self.open = True
        self.waiting = 0
        """Calls that wait in line now (not ringing, not tasks)."""
        self.lanes: list[Lane] = []
        self.ordinary: dict[tuple[str, int], Lane] = {}
        """Tier, band → the lane of calls that bring nothing of their own: the common case, found at once."""
        self.pulse = pulse
        """What the expected wait is estimated from."""


class Waiting:
    """What a call and an outbound task have in common: a place in line and an agent to be found.

    What most of them never change stands in the class: an admission then sets a third of the attributes.
    """

    customer: CustomerKey | None = None
    relaxed_steps: int = 0
    waited: int = 0
    """The longest reserve wait (ms) that has passed."""
    away_ms: int = 0
    """How long the driver was away while this waited: the limits on its wait shift by that."""
    cost: int = 100
    preferred: tuple[AgentId, ...] = ()
    zone: str | None = None
    lane: "Lane | None" = None
    held: bool = False
    """In the personal lines of the preferred agents, not in a lane."""
    suspended: bool = False
    """In no line at all, until its source says that it is still there."""
    failed_at: tuple[AgentId, ...] = ()
    """Whose telephones it could not reach, one after another: three, and the call is suspect itself."""
    doubt_until: Millis | None = None
    """When a suspect call is tried again though its source has said nothing."""
    stood_in_line: bool = False
    offers: int = 0
    offer: "Offer | None" = None
    agent: "AgentState | None" = None
    deadlines: tuple[Deadline, ...] | None = None
    """What becomes due while it waits, nothing as a rule; None: it has not waited, or waits no more."""

    def __init__(self, item_id: str, queue: QueueState, tier: Tier, band: int, serial: int, now: Millis) -> None:
        self.id = item_id
        self.queue = queue
        self.tier = tier
        self.band = band
        self.serial = serial
        """The order of admission; breaks every tie."""
        self.turn: Millis = now
        """The virtual start (calls) or what stands for it (tasks): used for ordering only."""
        self.queued_at: Millis = now
        self.base_needs: Levels = queue.config.needs
        """Needed before any relaxation."""
        self.needs: Levels = queue.config.needs

    @property
    def expected_handling_ms(self) -> float | None:
        """How long its queue's conversations, wrap-up included, have taken on average; None: there was none yet."""
        pulse = self.queue.pulse
        return pulse.handled_ms / pulse.handled if pulse.handled else None


class Call(Waiting):
    """One segment: a stay of a customer in one queue with one agent."""

    id: CallId
    state: CallState = _QUEUED
    segment: int = 1
    connected_at: Millis | None = None
    held_at: Millis | None = None
    hold_ms: int = 0
    intent: str | None = None
    served_by: AgentId | None = None
    """Who had the contact before (transfers)."""
    solved: bool | None = None
    """What came of it, as the agent said."""

    def __init__(
        self, call_id: CallId, contact: ContactId, queue: QueueState, tier: Tier, band: int, serial: int, now: Millis
    ) -> None:
        # Waiting.__init__ inlined for speed: on the hot path a second call would cost a tenth of an admission.
        self.id = call_id
        self.queue = queue
        self.tier = tier
        self.band = band
        self.serial = serial
        self.turn = self.queued_at = now
        self.base_needs = self.needs = queue.config.needs
        self.contact = contact
        # What is set of each that waits, a restart's `away_ms` too, is set here: Python lets objects share the names
        # of their attributes while few of them are made, and one that gets another later has a dictionary of its own.
        self.customer = None
        self.away_ms = 0
        self.stood_in_line = False
        self.lane = None
        self.deadlines = None


class Task(Waiting):
    """One outbound task: a callback or another call to a customer."""

    id: TaskId

    def __init__(
        self,
        task_id: TaskId,
        kind: TaskKind,
        queue: QueueState,
        tier: Tier,
        serial: int,
        now: Millis,
    ) -> None:
        super().__init__(task_id, queue, tier, tier.band, serial, now)
        self.kind = kind
        self.state = TaskState.SCHEDULED
        self.due_at: Millis = now
        self.promise: Millis = now
        self.virtual_start: Millis | None = None
        """Virtual hold: the place that was kept."""
        self.contact: ContactId | None = None
        self.from_call: CallId | None = None
        self.intent: str | None = None
        self.attempts = 0
        self.attempted_at: Millis | None = None
        self.reached_at: Millis | None = None
        self.risen = False
        self.late = False


class Offer:
    """An exclusive, time-limited pairing of a call or task and an agent."""

    __slots__ = ("agent", "deadline", "id", "item", "offered_at")

    def __init__(
        self,
        offer_id: OfferId,
        item: Waiting,
        agent: "AgentState",
        offered_at: Millis,
        deadline: Deadline | None,
    ) -> None:
        self.id = offer_id
        self.item = item
        self.agent = agent
        self.offered_at = offered_at
        self.deadline = deadline


class WrapUp:
    """After-call work of one contact."""

    __slots__ = ("cost", "deadline", "queue", "solved", "started_at", "subject", "tier")

    def __init__(
        self, subject: str, queue: QueueState, tier: str, cost: int, started_at: Millis, deadline: Deadline,
        solved: bool | None = None,
    ) -> None:  # fmt: skip
        self.subject = subject
        self.queue = queue
        self.tier = tier
        self.cost = cost
        self.started_at = started_at
        self.deadline = deadline
        self.solved = solved
        """What came of a call, as the agent said."""


class Wish:
    """What an agent with contacts in hand does when they are done; the last wish wins."""

    __slots__ = ("log_out", "on_break", "reason")

    def __init__(self, log_out: bool, reason: str = "", on_break: bool = False) -> None:
        self.log_out = log_out
        self.reason = reason
        self.on_break = on_break


class Absent:
    """What is still known of an agent who has left: it is of their phone and of calls, not of their seat."""

    __slots__ = ("excluded", "phone", "phone_retry")

    def __init__(self, phone: Phone, phone_retry: Deadline | None, excluded: dict[str, Deadline]) -> None:
        self.phone = phone
        self.phone_retry = phone_retry
        self.excluded = excluded

    @property
    def says_something(self) -> bool:
        """Whether there is anything to remember."""
        return self.phone is not Phone.FREE or bool(self.excluded)


class AgentState:
    """An agent who is logged in."""

    __slots__ = (
        "back",
        "crew",
        "excluded",
        "id",
        "idle_serial",
        "last_offer",
        "logged_in_at",
        "misses",
        "occupied_ms",
        "offer",
        "on_break",
        "personal",
        "phone",
        "phone_retry",
        "pool",
        "presence",
        "reason",
        "since",
        "taken",
        "talks",
        "used",
        "wish",
        "wraps",
    )

    def __init__(self, agent_id: AgentId, crew: "Crew", now: Millis) -> None:
        self.id = agent_id
        self.crew = crew
        self.presence = Presence.LOGGED_OUT
        self.reason = ""
        self.since = now
        self.logged_in_at = now
        self.phone = Phone.FREE
        self.phone_retry: Deadline | None = None
        self.back: Deadline | None = None
        self.used = 0
        """Share of the agent in use, percent, over all channels."""
        self.talks: dict[str, Waiting] = {}
        self.wraps: dict[str, WrapUp] = {}
        self.offer: Offer | None = None
        self.pool: Pool | None = None
        """Where the agent stands free, or None."""
        self.idle_serial = 0
        """The order of becoming idle."""
        self.excluded: dict[str, Deadline] = {}
        """Calls this agent missed and is not offered again for a while."""
        self.personal: list[Waiting] = []
        """Calls held for this agent, by turn."""
        self.misses: list[Millis] = []
        self.wish: Wish | None = None
        self.on_break = False
        self.taken = 0
        self.last_offer = 0
        self.occupied_ms = 0
