"""One line of the board for each offer, call, agent and task: what is known of it."""

from collections.abc import Iterable
from heapq import nsmallest

from callcenter import events as ev


class OfferLine:
    """A live offer."""

    __slots__ = ("agent_id", "at", "expires_at", "group", "id", "is_task", "subject")

    def __init__(self, event: ev.CallOffered | ev.TaskOffered, subject: str, *, is_task: bool) -> None:
        self.id = str(event.offer_id)
        self.subject = subject
        self.agent_id = str(event.agent_id)
        self.group = event.group
        self.at = event.at
        self.expires_at = event.expires_at
        self.is_task = is_task


class CallLine:
    """One segment of a contact.

    What a call that waits has stands in `__init__`, what comes later in the class: so a hundred thousand that wait
    share their names of attributes, and take a third of what dictionaries of their own would.
    """

    state = "queued"
    offer: OfferLine | None = None
    agent_id: str | None = None
    accepted: str | None = None
    """The offer that made it a conversation."""
    ended_at: int | None = None
    held = False
    target: str | None = None
    reason: str | None = None
    task_id: str | None = None
    suspended: str | None = None
    """Why it is in doubt whether the caller is there: no agent is rung for it."""
    missing_since: int | None = None
    """When a reconcile first did not have it."""
    rings: str | None = None
    """The offer whose phone is known to ring."""
    left_at: int | None = None
    """When the wait was over: by an answer, or by departure; as reported."""
    ring_ms = 0
    """Of the phone that was answered."""
    talked_until: int | None = None
    wrap_ms = 0
    short = False
    """Hung up too soon to count."""
    result: str | None = None
    """What came of it, as its agent said."""
    solved: bool | None = None
    first_tier: str | None = None
    """That it came with, where it has another now."""

    def __init__(self, call_id: str, contact: str, queue: str, tier: str, customer: str | None, at: int) -> None:
        self.id = call_id
        self.contact = contact
        self.queue = queue
        self.tier = tier
        self.customer = customer
        self.queued_at = at
        self.band = 0
        self.source: str | None = None
        self.external_id: str | None = None
        self.caller: int | None = None
        """What the caller is compared by when the name comes again; None: not looked up since a restart."""

    @property
    def ended(self) -> bool:
        """Terminal states absorb."""
        return self.ended_at is not None

    @property
    def came_as(self) -> str:
        """The tier that it came with."""
        return self.tier if self.first_tier is None else self.first_tier


class AgentLine:
    """An agent who is logged in."""

    reason = ""
    phone = "free"
    offer: OfferLine | None = None
    wants_break: str | None = None
    seen_at: int | None = None
    """The last heartbeat."""
    silent = False
    """Not ready because the heartbeat stopped."""
    stands_since: int | None = None
    """When what they do now began: to ring, to talk, after-call work, to be free (None: with their presence)."""

    def __init__(self, agent_id: str, group: str, at: int) -> None:
        self.id = agent_id
        self.group = group
        self.presence = "available"
        self.since = at
        self.logged_in_at = at
        self.talks: dict[str, None] = {}
        self.wraps: dict[str, int] = {}
        """What after-call work is about → when it ends."""


class TaskLine:
    """One outbound task."""

    attempts = 0
    agent_id: str | None = None
    offer: OfferLine | None = None
    reached = False
    late = False
    attempted_in_time: bool | None = None
    reached_in_time: bool | None = None
    cause: str | None = None
    result: str | None = None
    """The code of the last conversation."""
    solved: bool | None = None
    ended_at: int | None = None
    taken_at: int | None = None
    """Since when an agent has been dialling or talking."""
    busy_ms = 0
    """Agents' time so far: dialling, talk and after-call work."""

    def __init__(self, event: ev.TaskScheduled) -> None:
        self.id = str(event.task_id)
        self.kind = event.kind
        self.queue = event.queue
        self.tier = event.tier
        self.customer = event.customer
        self.state = "scheduled"
        self.due_at = event.due_at
        self.promise = event.promise
        self.from_call = event.from_call
        self.intent = event.intent
        self.cannot_keep = event.cannot_keep
        self.zone = event.zone
        self.created_at = event.at


def breaks_next(tasks: Iterable[TaskLine], most: int | None = None) -> list[TaskLine]:
    """Return tasks in the order in which their promises break: first those undecided, then broken and kept ones.

    `most`: so many of them (None: all).
    """

    def place(task: TaskLine) -> tuple[bool, int, str]:
        return task.late or task.reached_in_time is not None, task.promise, task.id

    return sorted(tasks, key=place) if most is None else nsmallest(most, tasks, place)
