"""Events → records of calls, tasks and agents' time: a pure fold, the same for a live day and a simulated one."""

from collections.abc import Callable, Iterable

from callcenter import events as ev
from callcenter.events import Event
from callcenter.ids import AgentId
from callcenter.late_reports import when
from callcenter.lifecycle.measures import CallRecord, Span, TaskRecord
from callcenter.units import Millis

Fold = Callable[..., None]


class Ledger:
    """Folds events into records of calls, tasks and agents' time; holds no opinion and forgets no open call."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []
        self.tasks: list[TaskRecord] = []
        self.spans: list[Span] = []
        """Stretches that no call's record tells (ring and talk of an answered call are in its record)."""
        self._call: dict[str, CallRecord] = {}
        self._ended: CallRecord | None = None
        """The call whose conversation ended last: its wrap-up begins at once, or never."""
        self._wrapping: dict[str, CallRecord] = {}
        self._task: dict[str, TaskRecord] = {}
        self._logged_in: dict[AgentId, tuple[str, Millis]] = {}
        self._not_ready: dict[AgentId, Millis] = {}
        self.folds: dict[type[Event], Fold] = {
            ev.CallQueued: self._queued,
            ev.CallConnected: self._connected,
            ev.CallHeld: self._held,
            ev.CallResumed: self._resumed,
            ev.CallCompleted: self._completed,
            ev.CallAbandoned: self._abandoned,
            ev.CallOverflowed: self._overflowed,
            ev.CallRejected: self._rejected,
            ev.CallConverted: self._converted,
            ev.CallFailed: self._failed,
            ev.OfferEnded: self._offer_ended,
            ev.WrapUpStarted: self._wrap_up_started,
            ev.WrapUpEnded: self._wrap_up_ended,
            ev.AgentLoggedIn: self._agent_in,
            ev.AgentLoggedOut: self._agent_out,
            ev.AgentBecameAvailable: self._available,
            ev.AgentBecameNotReady: self._became_not_ready,
            ev.AgentStoppedResponding: self._became_not_ready,
            ev.TaskScheduled: self._scheduled,
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
        """Event type → fold; events of other types change no figure."""

    def fold(self, events: Iterable[Event]) -> None:
        """Take in what happened, oldest first."""
        folds = self.folds
        for event in events:
            fold = folds.get(type(event))
            if fold is not None:
                fold(event)

    def close(self, now: Millis) -> None:
        """End the day at `now`: agents' open stretches are cut there; open calls and tasks stay open."""
        for agent_id, begin in self._not_ready.items():
            self.spans.append(Span("not_ready", self._logged_in[agent_id][0], begin, now))
        for group, begin in self._logged_in.values():
            self.spans.append(Span("logged_in", group, begin, now))
        for record in self._call.values():
            if record.outcome == "answered" and record.talk_ms is None and record.left_at is not None:
                self.spans.append(Span("talk", record.group or "", record.left_at, now, record.tier, record.cost))
        self._logged_in.clear()
        self._not_ready.clear()

    # --- calls

    def _queued(self, event: ev.CallQueued) -> None:
        record = CallRecord(event.call_id, event.contact_id, event.queue, event.tier, event.at)
        if event.customer is not None:
            record.customer = event.customer
        self.calls.append(record)
        self._call[event.call_id] = record

    def _connected(self, event: ev.CallConnected) -> None:
        record = self._call[event.call_id]
        record.outcome = "answered"
        record.left_at = event.at if event.happened_at is None else event.happened_at
        record.agent = event.agent_id
        record.group = event.group
        record.offered_at = event.offered_at
        record.cost = event.cost

    def _completed(self, event: ev.CallCompleted) -> None:
        record = self._ended = self._call.pop(event.call_id)
        at = event.at if event.happened_at is None else event.happened_at
        assert record.left_at is not None
        record.talk_ms = at - record.left_at if at > record.left_at else 0
        if record.held_at is not None:
            self._off_hold(record, at)

    def _held(self, event: ev.CallHeld) -> None:
        record = self._call[event.call_id]
        record.held_at = max(when(event), record.left_at or event.at)

    def _resumed(self, event: ev.CallResumed) -> None:
        self._off_hold(self._call[event.call_id], when(event))

    def _off_hold(self, record: CallRecord, at: Millis) -> None:
        assert record.held_at is not None
        record.hold_ms += max(0, at - record.held_at)
        record.held_at = None

    def _left(self, call_id: str, at: Millis, outcome: str) -> CallRecord:
        record = self._call.pop(call_id)
        record.outcome = outcome
        record.left_at = at
        return record

    def _abandoned(self, event: ev.CallAbandoned) -> None:
        self._left(event.call_id, when(event), "abandoned").short = event.short

    def _turned_away(self, event: ev.CallOverflowed | ev.CallRejected, contact: str, outcome: str) -> CallRecord:
        if event.call_id not in self._call:  # it never came in
            record = CallRecord(event.call_id, contact, event.queue, event.tier, event.queued_at)
            record.customer = event.customer
            self.calls.append(record)
            self._call[event.call_id] = record
        return self._left(event.call_id, event.at, outcome)

    def _overflowed(self, event: ev.CallOverflowed) -> None:
        self._turned_away(event, event.contact, "overflowed").target = event.target

    def _rejected(self, event: ev.CallRejected) -> None:
        self._turned_away(event, event.contact_id, "rejected").target = event.reason

    def _converted(self, event: ev.CallConverted) -> None:
        self._left(event.call_id, when(event), "converted")

    def _failed(self, event: ev.CallFailed) -> None:
        if event.connected_at is not None:  # the customer was answered, and lost later: answered stays true
            record = self._ended = self._call.pop(event.call_id)
            record.talk_ms = max(0, when(event) - (record.left_at or event.connected_at))
            if record.held_at is not None:
                self._off_hold(record, when(event))
            record.target = event.cause
        else:
            self._left(event.call_id, when(event), "failed").target = event.cause

    # --- agents

    def _offer_ended(self, event: ev.OfferEnded) -> None:
        at = when(event)
        if at != event.offered_at:
            self.spans.append(Span("ring", event.group, event.offered_at, at, cost=event.cost))

    def _wrap_up_started(self, event: ev.WrapUpStarted) -> None:
        record = self._ended
        if record is not None and record.call_id == event.subject:
            self._wrapping[event.subject] = record

    def _wrap_up_ended(self, event: ev.WrapUpEnded) -> None:
        record = self._wrapping.pop(event.subject, None)
        begin, at = event.started_at, event.at if event.happened_at is None else event.happened_at
        if record is not None:
            if record.left_at is not None and record.talk_ms is not None:
                begin = Millis(record.left_at + record.talk_ms)  # when the talk ended, not when that was reported
            record.wrap_ms += at - begin
        self.spans.append(Span("wrap_up", event.group, begin, at, event.tier, event.cost))

    def _agent_in(self, event: ev.AgentLoggedIn) -> None:
        self._logged_in[event.agent_id] = (event.group, event.at)

    def _agent_out(self, event: ev.AgentLoggedOut) -> None:
        self._ready_again(event.agent_id, event.at)
        group, begin = self._logged_in.pop(event.agent_id)
        self.spans.append(Span("logged_in", group, begin, event.at))

    def _became_not_ready(self, event: ev.AgentBecameNotReady | ev.AgentStoppedResponding) -> None:
        self._not_ready.setdefault(event.agent_id, event.at)

    def _available(self, event: ev.AgentBecameAvailable) -> None:
        self._ready_again(event.agent_id, event.at)

    def _ready_again(self, agent_id: AgentId, at: Millis) -> None:
        begin = self._not_ready.pop(agent_id, None)
        if begin is not None:
            self.spans.append(Span("not_ready", self._logged_in[agent_id][0], begin, at))

    # --- outbound tasks

    def _scheduled(self, event: ev.TaskScheduled) -> None:
        record = self._task[event.task_id] = TaskRecord(event)
        self.tasks.append(record)

    def _attempted(self, event: ev.TaskAttempted) -> None:
        record = self._task[event.task_id]
        record.attempts += 1
        record.cost = event.cost
        record.attempted_in_time = record.attempted_in_time or event.in_time
        record.since = when(event)
        record.doing = ("dial", event.group)
        if record.since != event.offered_at:
            self.spans.append(Span("ring", event.group, event.offered_at, record.since, event.tier, event.cost))

    def _reached(self, event: ev.TaskReached) -> None:
        record = self._task[event.task_id]
        if not record.reached:  # the promise is about the first time; one who is called again was reached
            record.reached, record.reached_in_time = True, event.in_time
        group = self._logged_in[event.agent_id][0]
        self._spent(record, when(event))
        record.doing = ("talk", group)

    def _not_reached(self, event: ev.TaskNotReached) -> None:
        self._spent(self._task[event.task_id], when(event))

    def _spent(self, record: TaskRecord, until: Millis) -> None:
        """End the stretch that an agent spent on a task, if one did."""
        if record.doing is not None:
            what, group = record.doing
            at = max(until, record.since)
            self.spans.append(Span(what, group, record.since, at, record.tier, record.cost))
            record.since = at
            record.doing = None

    def _task_left(self, task_id: str, at: Millis, outcome: str) -> None:
        record = self._task.pop(task_id)
        self._spent(record, at)  # cancelled, say, while the customer's phone rang
        record.outcome = outcome
        record.ended_at = at

    def _call_again(self, event: ev.TaskCallAgain) -> None:
        self._spent(self._task[event.task_id], when(event))

    def _task_completed(self, event: ev.TaskCompleted) -> None:
        record = self._task[event.task_id]
        self._spent(record, when(event))
        record.solved = event.solved
        self._task_left(event.task_id, event.at, "completed")

    def _task_late(self, event: ev.TaskLate) -> None:
        record = self._task[event.task_id]
        record.late = record.late or not record.reached

    def _task_expired(self, event: ev.TaskExpired) -> None:
        self._task_left(event.task_id, event.at, event.cause)

    def _task_cancelled(self, event: ev.TaskCancelled) -> None:
        self._task_left(event.task_id, event.at, "cancelled")

    def _task_superseded(self, event: ev.TaskSuperseded) -> None:
        self._task_left(event.task_id, event.at, "superseded")
