"""The facts of an outbound task's life."""

from callcenter import events as ev
from callcenter.callbacks import OUTREACH, TASK_MOVES
from callcenter.ids import CallId
from callcenter.units import Millis
from routing.facts.agents import end_talk, leave_pool
from routing.facts.calls import close_offer, leave_line, open_offer, stop_waiting
from routing.state.deadlines import Due
from routing.state.floor import Floor
from routing.state.records import AgentState, Task


def scheduled(floor: Floor, task: Task, cannot_keep: bool, now: Millis) -> None:
    """A promise was made; its deadlines are set."""
    floor.tasks[task.id] = task
    if task.customer is not None:
        floor.open_tasks[task.customer, task.queue.name, task.kind in OUTREACH] = task
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.TaskScheduled(
            now,
            seq,
            task.id,
            task.kind,
            task.queue.name,
            task.tier.name,
            task.customer,
            task.due_at,
            task.promise,
            task.from_call,
            cannot_keep,
            task.zone,
            task.intent,
        )
    )
    set_deadlines(floor, task, now)


def set_deadlines(floor: Floor, task: Task, now: Millis) -> None:
    """Set what becomes due for a task that is not in line: its turn, its rise, its promise, its end."""
    stop_waiting(floor, task)
    policy = task.queue.config.callbacks
    task.deadlines = (floor.deadlines.set(Millis(max(now, task.due_at)), Due.TASK_DUE, task.id),)
    set_promise_deadlines(floor, task, now)
    expires = Millis(max(now, task.promise + policy.give_up_after))
    _set(floor, task, expires, Due.TASK_EXPIRE)


def _set(floor: Floor, task: Task, at: Millis, due: Due) -> None:
    assert task.deadlines is not None
    task.deadlines = (*task.deadlines, floor.deadlines.set(at, due, task.id))


def set_promise_deadlines(floor: Floor, task: Task, now: Millis) -> None:
    """Set the deadlines that follow from the promise: when the task rises, when it is late."""
    rise = task.promise - task.queue.config.callbacks.rise_before
    if not task.risen and task.virtual_start is None and task.kind not in OUTREACH:
        _set(floor, task, Millis(max(now, rise)), Due.TASK_RISE)
    if not task.late and task.reached_at is None:
        _set(floor, task, Millis(max(now, task.promise)), Due.TASK_LATE)


def due(floor: Floor, task: Task, window_closes: Millis | None, now: Millis) -> None:
    """The task's time has come; the caller of this stands it in line or finds an agent."""
    task.state = TASK_MOVES[ev.TaskDue][task.state]
    if window_closes is not None:
        _set(floor, task, window_closes, Due.TASK_WINDOW)
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.TaskDue(now, seq, task.id, task.queue.name))


def rose(floor: Floor, task: Task, now: Millis) -> None:
    """The promise is near: from here on the task's place is that of a call that came at this instant."""
    task.risen = True
    task.turn = now
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.TaskRose(now, seq, task.id, task.queue.name, task.band, now))


def put_off(floor: Floor, task: Task, due_at: Millis, now: Millis) -> None:
    """The task left the line until `due_at`."""
    leave_line(floor, task)
    task.state = TASK_MOVES[ev.TaskPutOff][task.state]
    task.due_at = due_at
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.TaskPutOff(now, seq, task.id, task.queue.name, due_at))
    set_deadlines(floor, task, now)


def offered(floor: Floor, task: Task, agent: AgentState, now: Millis, expires_at: Millis | None) -> None:
    """An agent is asked to take a task."""
    task.state = TASK_MOVES[ev.TaskOffered][task.state]
    offer = open_offer(floor, task, agent, now, expires_at)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.TaskOffered(
            now,
            seq,
            task.id,
            task.kind,
            task.queue.name,
            task.tier.name,
            agent.id,
            agent.crew.group.name,
            offer.id,
            expires_at,
        )
    )


def attempted(floor: Floor, task: Task, agent: AgentState, now: Millis) -> None:
    """The customer is being dialled, with the agent on the line or reserved."""
    task.state = TASK_MOVES[ev.TaskAttempted][task.state]
    offered_at = now
    if task.offer is not None:
        offered_at = task.offer.offered_at
        close_offer(floor, task.offer, now)
    else:
        floor.serial = agent.last_offer = floor.serial + 1
    if agent.pool is not None:
        leave_pool(agent)
    stop_waiting(floor, task)
    task.agent = agent
    task.attempts += 1
    task.attempted_at = now
    agent.talks[task.id] = task
    agent.used += task.cost
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.TaskAttempted(
            now,
            seq,
            task.id,
            task.kind,
            task.queue.name,
            task.tier.name,
            task.customer,
            agent.id,
            agent.crew.group.name,
            task.attempts,
            offered_at,
            now <= task.promise,
            None,
            task.cost,
        )
    )
    if not task.late:  # the promise goes on running while the phone rings
        task.deadlines = (floor.deadlines.set(Millis(max(now, task.promise)), Due.TASK_LATE, task.id),)


def reached(floor: Floor, task: Task, now: Millis) -> None:
    """The customer answered the callback."""
    assert task.agent is not None
    assert task.attempted_at is not None
    stop_waiting(floor, task)
    task.reached_at = now
    task.agent.taken += 1
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.TaskReached(
            now,
            seq,
            task.id,
            task.queue.name,
            task.tier.name,
            task.agent.id,
            now <= task.promise,
            task.attempted_at,
        )
    )


def not_reached(floor: Floor, task: Task, cause: str, next_due: Millis | None, now: Millis) -> None:
    """An attempt failed; the agent's hands are empty again."""
    task.state = TASK_MOVES[ev.TaskNotReached][task.state]
    stop_waiting(floor, task)
    agent, attempted_at = _let_go(task, now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.TaskNotReached(
            now,
            seq,
            task.id,
            task.queue.name,
            task.tier.name,
            agent.id,
            agent.crew.group.name,
            task.attempts,
            cause,
            attempted_at,
            next_due,
        )
    )
    if next_due is not None:
        task.due_at = next_due
        set_deadlines(floor, task, now)


def call_again(floor: Floor, task: Task, result: str, next_due: Millis, promise: Millis, now: Millis) -> None:
    """The customer was reached and is to be called once more: from `next_due` on, by the new promise."""
    assert task.reached_at is not None
    task.state = TASK_MOVES[ev.TaskCallAgain][task.state]
    stop_waiting(floor, task)
    agent, _ = _let_go(task, now)
    task.due_at = next_due
    task.promise = promise
    task.virtual_start = None  # the place that was kept has been used
    task.risen = task.late = False  # a promise of its own
    task.turn = task.promise
    reached_at, task.reached_at = task.reached_at, None
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.TaskCallAgain(
            now,
            seq,
            task.id,
            task.kind,
            task.queue.name,
            task.tier.name,
            agent.id,
            agent.crew.group.name,
            result,
            reached_at,
            next_due,
            task.promise,
        )
    )
    set_deadlines(floor, task, now)


def completed(floor: Floor, task: Task, result: str | None, solved: bool | None, now: Millis) -> None:
    """The customer was called back and served."""
    assert task.reached_at is not None
    agent, _ = _let_go(task, now)
    _closed(floor, task, ev.TaskCompleted, now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.TaskCompleted(
            now,
            seq,
            task.id,
            task.kind,
            task.queue.name,
            task.tier.name,
            agent.id,
            agent.crew.group.name,
            task.reached_at,
            None,
            result,
            solved,
        )
    )


def late(floor: Floor, task: Task, now: Millis) -> None:
    """The promise passed unkept."""
    task.late = True
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.TaskLate(now, seq, task.id, task.kind, task.queue.name, task.tier.name))


def expired(floor: Floor, task: Task, cause: str, now: Millis) -> None:
    """The task was given up."""
    _closed(floor, task, ev.TaskExpired, now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.TaskExpired(now, seq, task.id, task.kind, task.queue.name, task.tier.name, cause))


def cancelled(floor: Floor, task: Task, reason: str, now: Millis) -> None:
    """The call to the customer was called off."""
    _closed(floor, task, ev.TaskCancelled, now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.TaskCancelled(now, seq, task.id, task.kind, task.queue.name, task.tier.name, reason))


def superseded(floor: Floor, task: Task, by_call: CallId, now: Millis) -> None:
    """The customer rang again."""
    _closed(floor, task, ev.TaskSuperseded, now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.TaskSuperseded(now, seq, task.id, task.kind, task.queue.name, task.tier.name, by_call))


def _let_go(task: Task, now: Millis) -> tuple[AgentState, Millis]:
    """Take the task out of the hands of the agent who dials or talks; return who that is, and since when."""
    assert task.agent is not None
    assert task.attempted_at is not None
    agent, since = task.agent, task.attempted_at
    end_talk(agent, task, now - since)
    return agent, since


def _closed(floor: Floor, task: Task, event: type[ev.Event], now: Millis) -> None:
    """Take a task that ends off the floor, and out of the hands of who is dialling."""
    task.state = TASK_MOVES[event][task.state]
    if task.agent is not None:
        _let_go(task, now)
    stop_waiting(floor, task)
    leave_line(floor, task)
    del floor.tasks[task.id]
    if task.customer is not None:
        del floor.open_tasks[task.customer, task.queue.name, task.kind in OUTREACH]
    floor.remember(task.id, task.state, now)
