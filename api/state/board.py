"""The board: what committed events say of calls, offers, agents and tasks, for answers, lists and streams.

The engine decides; the board only remembers, an ended call or task for a day, so that a late report can be answered.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Final

from api.state import ended_calls as ended
from api.state.ended_calls import CallLines
from api.state.records import AgentLine, CallLine, OfferLine, TaskLine
from callcenter import events as ev
from callcenter.events import Event
from callcenter.late_reports import when

Fold = Callable[[Any], None]
STATE: Final = ("seq", "newest", "suspended", "offers", "agents", "tasks", "_past")
"""What is known besides calls."""


class Board:
    """What is known, by id; `forget` is told of each call that has had its time."""

    def __init__(self, forget: Callable[[CallLine], None] = lambda line: None) -> None:
        self.seq = 0
        self._forget = forget
        self.calls: MutableMapping[str, CallLine] = CallLines(self._forgotten)
        self.newest: dict[str, str] = {}
        """Contact → its newest segment, where it has several."""
        self.suspended: dict[str, int] = {}
        """Calls in doubt → since when."""
        self.offers: dict[str, OfferLine] = {}
        self.agents: dict[str, AgentLine] = {}
        self.tasks: dict[str, TaskLine] = {}
        self.unended: dict[str, str] = {}
        """Tasks that have not ended, each by its id: a wall looks at them twice a second, not at all of a day."""
        self.promised: dict[str, tuple[str, ...]] = {}
        """Customer → tasks of theirs that have not ended, the oldest first: asked whenever a telephone rings."""
        self._past: deque[tuple[int, str]] = deque()
        """Tasks that have ended, and when."""
        self.folds: dict[type[Event], Fold] = {
            ev.CallQueued: self._queued,
            ev.CallOffered: self._offered,
            ev.TaskOffered: self._task_offered,
            ev.OfferEnded: self._offer_ended,
            ev.CallConnected: self._connected,
            ev.CallHeld: self._held,
            ev.CallResumed: self._resumed,
            ev.CallCompleted: self._completed,
            ev.CallAbandoned: self._abandoned,
            ev.CallOverflowed: self._overflowed,
            ev.CallRejected: self._rejected,
            ev.CallConverted: self._converted,
            ev.CallFailed: self._failed,
            ev.CallReprioritised: self._reprioritised,
            ev.CallSuspended: self._suspended,
            ev.CallConfirmed: self._confirmed,
            ev.AgentLoggedIn: self._logged_in,
            ev.AgentBecameAvailable: self._available,
            ev.AgentBecameNotReady: self._not_ready,
            ev.AgentStoppedResponding: self._stopped_responding,
            ev.AgentLoggedOut: self._logged_out,
            ev.PhoneChanged: self._phone,
            ev.BreakRequested: self._break_requested,
            ev.WrapUpStarted: self._wrap_up,
            ev.WrapUpExtended: self._wrap_up_extended,
            ev.WrapUpEnded: self._wrap_up_ended,
            ev.ResultNoted: self._result_noted,
            ev.TaskScheduled: self._scheduled,
            ev.TaskDue: self._task_due,
            ev.TaskPutOff: self._put_off,
            ev.TaskAttempted: self._attempted,
            ev.TaskReached: self._reached,
            ev.TaskNotReached: self._not_reached,
            ev.TaskCallAgain: self._call_again,
            ev.TaskCompleted: self._task_completed,
            ev.TaskLate: self._task_late,
            ev.TaskExpired: self._task_expired,
            ev.TaskCancelled: self._task_cancelled,
            ev.TaskSuperseded: self._task_superseded,
        }

    def fold(self, events: Iterable[Event]) -> None:
        """Take in what happened, oldest first; what is known already is passed over."""
        folds = self.folds
        for event in events:
            if event.seq <= self.seq:
                continue
            self.seq = event.seq
            fold = folds.get(type(event))
            if fold is not None:
                fold(event)

    def state(self) -> dict[str, Any]:
        """Return all that is known."""
        assert isinstance(self.calls, CallLines)
        return {"calls": self.calls.state()} | {name: getattr(self, name) for name in STATE}

    def go_on(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        assert isinstance(self.calls, CallLines)
        self.calls.go_on(state["calls"])
        for name in STATE:
            setattr(self, name, state[name])
        self.promised = {}
        self.unended = {task.id: task.id for task in self.tasks.values() if task.ended_at is None}
        for task in self.open_tasks():
            self._promise(task)

    def lines(self) -> Mapping[str, CallLine]:
        """Return the calls that are lines: whoever keeps their ids and instants too can keep the very same ones."""
        assert isinstance(self.calls, CallLines)
        return self.calls.as_lines()

    def call(self, call_id: str) -> CallLine | None:
        """Return the newest segment of the call that `call_id` began, or the very segment that it names.

        Of a call that lives it is the newest that does: whom an agent consulted for may be theirs again.
        """
        newest = self.newest.get(call_id)
        if newest is None:
            return self.calls.get(call_id)
        line = self.calls.get(newest)
        if line is not None and line.ended:
            return next((one for one in reversed([*self.segments(call_id)]) if not one.ended), line)
        return line

    def newest_of(self, line: CallLine) -> CallLine:
        """Return the newest segment of the call that `line` began; of a later segment itself."""
        newest = self.newest.get(line.id)
        return line if newest is None else self.calls.get(newest) or line

    def name(self, names: Iterable[tuple[str, str, str]]) -> None:
        """Let calls have the names that telephony systems gave them: source, external id, call; the newest last.

        All segments of a call have its name: after a consultation the first one may live as long as the last.
        """
        assert isinstance(self.calls, CallLines)
        told: dict[str, tuple[str, str]] = {}
        for source, name, call_id in names:
            told |= dict.fromkeys(self._segment_ids(call_id), (source, name))
        self.calls.name(told)

    def _segment_ids(self, root: str) -> Iterator[str]:
        """Yield what the segments of a contact are called, known or not; the oldest first."""
        yield root
        last = self.newest.get(root)
        if last is not None:
            yield from (f"{root}/s{n}" for n in range(2, int(last.partition("/s")[2]) + 1))

    def segments(self, call_id: str) -> Iterator[CallLine]:
        """Yield the segments that are known of the contact that `call_id` is, or is a part of; the oldest first."""
        for segment in self._segment_ids(call_id.partition("/s")[0]):
            line = self.calls.get(segment)
            if line is not None:
                yield line

    def lives(self, call_id: str) -> bool:
        """Tell whether any segment of the contact has not ended: after a consultation the first one may outlast it."""
        return any(not line.ended for line in self.segments(call_id))

    # --- calls

    def _new(self, call_id: str, contact: str, queue: str, tier: str, customer: str | None, at: int) -> CallLine:
        line = CallLine(call_id, contact, queue, tier, customer, at)
        root = call_id.partition("/s")[0]
        if root != call_id:
            before = self.calls.get(self.newest.get(root, root))
            if before is not None:
                line.source, line.external_id, line.caller = before.source, before.external_id, before.caller
            self.newest[root] = call_id
        self.calls[call_id] = line
        return line

    def _queued(self, event: ev.CallQueued) -> None:
        line = self._new(event.call_id, event.contact_id, event.queue, event.tier, event.customer, event.at)
        line.band = event.band

    def _offered(self, event: ev.CallOffered) -> None:
        line = self.calls.get(event.call_id)
        offer = OfferLine(event, event.call_id, is_task=False)
        self._open(offer)
        if line is not None:
            line.state = "offered"
            line.offer = offer

    def _task_offered(self, event: ev.TaskOffered) -> None:
        offer = OfferLine(event, event.task_id, is_task=True)
        self._open(offer)
        task = self.tasks.get(event.task_id)
        if task is not None:
            task.state = "offered"
            task.offer = offer

    def _open(self, offer: OfferLine) -> None:
        self.offers[offer.id] = offer
        agent = self.agents.get(offer.agent_id)
        if agent is not None:
            agent.offer = offer
            agent.stands_since = offer.at

    def _close(self, offer_id: str, at: int) -> None:
        offer = self.offers.pop(offer_id, None)
        if offer is not None:
            agent = self.agents.get(offer.agent_id)
            if agent is not None and agent.offer is offer:
                agent.offer = None
                agent.stands_since = at

    def _offer_ended(self, event: ev.OfferEnded) -> None:
        self._close(event.offer_id, event.at)
        line = self.calls.get(event.subject)
        if line is not None:
            line.state = "queued"
            line.offer = None
        task = self.tasks.get(event.subject)
        if task is not None:
            task.state = "due"
            task.offer = None

    def _connected(self, event: ev.CallConnected) -> None:
        self._close(event.offer_id, event.at)
        line = self.calls.get(event.call_id)
        if line is not None:
            line.state = "connected"
            line.agent_id, line.accepted = event.agent_id, str(event.offer_id)
            line.left_at = when(event)
            line.ring_ms = max(0, line.left_at - event.offered_at)
        self._talks(event.agent_id, event.call_id, event.at)

    def _talks(self, agent_id: str, subject: str, at: int) -> None:
        agent = self.agents.get(agent_id)
        if agent is not None:
            agent.talks[subject] = None
            agent.stands_since = at

    def _held(self, event: ev.CallHeld) -> None:
        self._hold(event.call_id, True)

    def _resumed(self, event: ev.CallResumed) -> None:
        self._hold(event.call_id, False)

    def _hold(self, call_id: str, held: bool) -> None:
        line = self.calls.get(call_id)
        if line is not None:
            line.held = held

    def _end(self, call_id: str, state: str, at: int) -> CallLine | None:
        line = self.calls.get(call_id)
        if line is None:
            return None
        line.state = state
        line.ended_at = at
        line.offer = None
        line.held = False
        if line.suspended is not None:
            line.suspended = None
            self.suspended.pop(call_id, None)
        if line.agent_id is not None and (agent := self.agents.get(line.agent_id)) is not None:
            agent.talks.pop(call_id, None)
            agent.stands_since = at
        if isinstance(self.calls, CallLines):
            self.calls.end(call_id, at)
            self._forget_tasks(at)
        return line

    def _forgotten(self, line: CallLine) -> None:
        root = line.id.partition("/s")[0]
        if self.newest.get(root) == line.id:
            del self.newest[root]
        self._forget(line)

    def in_hand(self) -> list[CallLine]:
        """Return the calls that have not ended, the oldest first."""
        if isinstance(self.calls, CallLines):
            return self.calls.in_hand()
        return [line for line in self.calls.values() if not line.ended]

    def _completed(self, event: ev.CallCompleted) -> None:
        line = self._end(event.call_id, "completed", event.at)
        if line is not None:
            line.talked_until = when(event)

    def _abandoned(self, event: ev.CallAbandoned) -> None:
        line = self._end(event.call_id, "abandoned", event.at)
        if line is not None:
            line.left_at, line.short = when(event), event.short

    def _turned_away(self, event: ev.CallOverflowed | ev.CallRejected, contact: str, customer: str | None) -> None:
        if event.call_id not in self.calls:
            self._new(event.call_id, contact, event.queue, event.tier, customer, event.queued_at)

    def _overflowed(self, event: ev.CallOverflowed) -> None:
        self._turned_away(event, event.contact, event.customer)
        line = self._end(event.call_id, "overflowed", event.at)
        if line is not None:
            line.target = event.target
            line.reason = str(event.reason)

    def _rejected(self, event: ev.CallRejected) -> None:
        self._turned_away(event, event.contact_id, event.customer)
        line = self._end(event.call_id, "rejected", event.at)
        if line is not None:
            line.reason = str(event.reason)

    def _converted(self, event: ev.CallConverted) -> None:
        line = self._end(event.call_id, "converted_to_callback", event.at)
        if line is not None:
            line.task_id = event.task_id

    def _failed(self, event: ev.CallFailed) -> None:
        line = self._end(event.call_id, "failed", event.at)
        if line is not None:
            line.reason = event.cause

    def _reprioritised(self, event: ev.CallReprioritised) -> None:
        line = self.calls.get(event.call_id)
        if line is not None:
            line.first_tier = line.came_as
            line.tier, line.band = event.tier, event.band

    def _suspended(self, event: ev.CallSuspended) -> None:
        line = self.calls.get(event.call_id)
        if line is not None:
            line.suspended = event.cause
            self.suspended[line.id] = event.at

    def _confirmed(self, event: ev.CallConfirmed) -> None:
        line = self.calls.get(event.call_id)
        if line is not None:
            line.suspended = None
            self.suspended.pop(line.id, None)

    # --- agents

    def _logged_in(self, event: ev.AgentLoggedIn) -> None:
        self.agents[event.agent_id] = AgentLine(event.agent_id, event.group, event.at)

    def _presence(self, agent_id: str, presence: str, reason: str, at: int) -> None:
        agent = self.agents.get(agent_id)
        if agent is not None:
            agent.presence, agent.reason, agent.since = presence, reason, at
            agent.stands_since = at
            agent.wants_break = None
            if presence == "available":
                agent.silent = False

    def _available(self, event: ev.AgentBecameAvailable) -> None:
        self._presence(event.agent_id, "available", "", event.at)

    def _not_ready(self, event: ev.AgentBecameNotReady) -> None:
        self._presence(event.agent_id, "not_ready", event.reason, event.at)

    def _stopped_responding(self, event: ev.AgentStoppedResponding) -> None:
        self._presence(event.agent_id, "not_responding", "", event.at)

    def _logged_out(self, event: ev.AgentLoggedOut) -> None:
        self.agents.pop(event.agent_id, None)

    def _phone(self, event: ev.PhoneChanged) -> None:
        agent = self.agents.get(event.agent_id)
        if agent is not None:
            agent.phone = event.phone
            agent.stands_since = event.at

    def _break_requested(self, event: ev.BreakRequested) -> None:
        agent = self.agents.get(event.agent_id)
        if agent is not None:
            agent.wants_break = event.reason

    def _wrap_up(self, event: ev.WrapUpStarted) -> None:
        agent = self.agents.get(event.agent_id)
        if agent is not None:
            agent.talks.pop(event.subject, None)
            agent.wraps[event.subject] = event.ends_at
            agent.stands_since = event.at

    def _wrap_up_extended(self, event: ev.WrapUpExtended) -> None:
        agent = self.agents.get(event.agent_id)
        if agent is not None:
            agent.wraps[event.subject] = event.ends_at

    def _wrap_up_ended(self, event: ev.WrapUpEnded) -> None:
        agent = self.agents.get(event.agent_id)
        if agent is not None:
            agent.wraps.pop(event.subject, None)
            agent.stands_since = event.at
        spent = max(0, when(event) - event.started_at)
        line = self.calls.get(event.subject)
        if line is not None:
            line.wrap_ms += spent
        task = self.tasks.get(event.subject)
        if task is not None:
            task.busy_ms += spent

    def _result_noted(self, event: ev.ResultNoted) -> None:
        line = self.calls.get(event.call_id)
        if line is not None:
            line.result, line.solved = event.result, event.solved

    # --- outbound tasks

    def _scheduled(self, event: ev.TaskScheduled) -> None:
        task = self.tasks[event.task_id] = TaskLine(event)
        self.unended[task.id] = task.id
        self._promise(task)
        line = self.calls.get(event.from_call or "")
        if line is not None:
            line.task_id = event.task_id

    def open_tasks(self) -> list[TaskLine]:
        """Return the tasks that have not ended, the oldest first."""
        return [self.tasks[task_id] for task_id in self.unended]

    def _promise(self, task: TaskLine) -> None:
        if task.customer is not None:
            self.promised[task.customer] = (*self.promised.get(task.customer, ()), task.id)

    def _promise_is_over(self, task: TaskLine) -> None:
        if task.customer is not None:
            rest = tuple(other for other in self.promised.get(task.customer, ()) if other != task.id)
            if rest:
                self.promised[task.customer] = rest
            else:
                self.promised.pop(task.customer, None)

    def _task_due(self, event: ev.TaskDue) -> None:
        self._task_state(event.task_id, "due")

    def _put_off(self, event: ev.TaskPutOff) -> None:
        task = self._task_state(event.task_id, "scheduled")
        if task is not None:
            task.due_at = event.due_at

    def _task_state(self, task_id: str, state: str) -> TaskLine | None:
        task = self.tasks.get(task_id)
        if task is not None:
            task.state = state
        return task

    def _attempted(self, event: ev.TaskAttempted) -> None:
        task = self._task_state(event.task_id, "attempting")
        if task is not None:
            if task.offer is not None:
                self._close(task.offer.id, event.at)
                task.offer = None
            task.attempts = event.attempt
            task.agent_id = event.agent_id
            task.taken_at = when(event)
            task.attempted_in_time = task.attempted_in_time or event.in_time
        self._talks(event.agent_id, event.task_id, event.at)

    def _reached(self, event: ev.TaskReached) -> None:
        task = self.tasks.get(event.task_id)
        if task is not None:
            task.reached = True
            if task.reached_in_time is None:  # the promise is about the first time
                task.reached_in_time = event.in_time

    def _not_reached(self, event: ev.TaskNotReached) -> None:
        task = self._task_state(event.task_id, "retry")
        if task is not None:
            self._let_go(task, when(event))
            task.cause = event.cause
            if event.next_due is not None:
                task.due_at = event.next_due

    def _let_go(self, task: TaskLine, at: int) -> None:
        if task.taken_at is not None:
            task.busy_ms += max(0, at - task.taken_at)
            task.taken_at = None
        if task.agent_id is not None and (agent := self.agents.get(task.agent_id)) is not None:
            agent.talks.pop(task.id, None)
            agent.stands_since = at
        task.agent_id = None

    def _task_end(
        self, task_id: str, state: str, at: int, cause: str | None = None, happened: int | None = None
    ) -> None:
        task = self._task_state(task_id, state)
        if task is not None:
            if task.offer is not None:
                self._close(task.offer.id, at)
                task.offer = None
            self._let_go(task, happened if happened is not None else at)
            self._promise_is_over(task)
            task.ended_at = at
            task.cause = cause
            self.unended.pop(task_id, None)
            self._past.append((at, task_id))
            self._forget_tasks(at)

    def _forget_tasks(self, now: int) -> None:
        """Forget tasks that ended a day ago."""
        past = self._past
        while past and past[0][0] < now - ended.KEPT_MS:
            self.tasks.pop(past.popleft()[1], None)

    def _call_again(self, event: ev.TaskCallAgain) -> None:
        task = self._task_state(event.task_id, "retry")
        if task is not None:
            self._let_go(task, when(event))
            task.reached, task.late, task.result = False, False, event.result
            task.due_at, task.promise = event.next_due, event.promise

    def _task_completed(self, event: ev.TaskCompleted) -> None:
        self._task_end(event.task_id, "completed", event.at, happened=event.happened_at)
        task = self.tasks.get(event.task_id)
        if task is not None:
            task.result, task.solved = event.result, event.solved

    def _task_late(self, event: ev.TaskLate) -> None:
        task = self.tasks.get(event.task_id)
        if task is not None:
            task.late = True

    def _task_expired(self, event: ev.TaskExpired) -> None:
        self._task_end(event.task_id, "expired", event.at, event.cause)

    def _task_cancelled(self, event: ev.TaskCancelled) -> None:
        self._task_end(event.task_id, "cancelled", event.at, event.reason)

    def _task_superseded(self, event: ev.TaskSuperseded) -> None:
        self._task_end(event.task_id, "superseded", event.at, str(event.by_call))
