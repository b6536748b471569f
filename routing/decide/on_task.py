"""What one command about an outbound task causes."""

from callcenter import commands as cmd
from callcenter.callbacks import TaskState
from callcenter.errors import IllegalMove, UnknownResult
from callcenter.events import OfferEnd
from callcenter.hours import first_open
from callcenter.ids import CallId, TaskId
from callcenter.language.said import said
from callcenter.state_words import in_words
from callcenter.tiers import Finish
from callcenter.units import Millis
from routing.decide.after_contact import after_talk, hands_free
from routing.decide.matching import try_again, withdraw_offer
from routing.decide.needs import needs_besides
from routing.decide.promises import check_free, let_in, line_up, plan, window_of
from routing.facts import calls as call_facts
from routing.facts import tasks as facts
from routing.state.floor import Floor
from routing.state.records import Offer, Task


def schedule(floor: Floor, command: cmd.ScheduleTask, now: Millis) -> None:
    """Promise to call a customer."""
    queue = floor.queue(command.queue)
    tier = floor.tier(command.tier)
    check_free(floor, command.task_id, command.kind, command.customer, queue)
    task = Task(command.task_id, command.kind, queue, tier, floor.serial + 1, now)
    task.customer = command.customer
    task.zone = command.zone
    task.due_at = Millis(max(now, command.due_at or now))
    task.promise = (
        command.promise if command.promise is not None else Millis(task.due_at + queue.config.callbacks.promise)
    )
    task.turn = task.promise
    if command.intent is not None:
        intent = floor.intent(command.intent)
        task.intent = intent.name
        needs_besides(floor, task, intent.skills)
    floor.serial += 1
    plan(floor, task, now)


def reschedule(floor: Floor, command: cmd.RescheduleTask, now: Millis) -> None:
    """Call at another time than planned."""
    task = floor.task(command.task_id)
    if task.state in (TaskState.ATTEMPTING, TaskState.OFFERED):
        raise IllegalMove(
            said("task {task} is {state}: too late to move", task=task.id, state=in_words(task.state)),
            task_id=task.id,
            state=task.state,
        )
    call_facts.leave_line(floor, task)  # by its turn of before
    if command.promise is not None:
        task.promise = command.promise
        task.late = False
    task.risen = False
    if task.virtual_start is None:
        task.turn = task.promise
    opens = first_open(window_of(floor, task), max(now, command.due_at))
    facts.put_off(floor, task, command.due_at if opens is None else opens, now)


def cancel(floor: Floor, command: cmd.CancelTask, now: Millis) -> None:
    """The call to the customer is called off."""
    task = floor.task(command.task_id)
    if task.reached_at is not None:
        raise IllegalMove(
            said("task {task}: the customer is on the line", task=task.id), task_id=task.id, state=task.state
        )
    agent = withdraw_offer(floor, task, OfferEnd.SYSTEM, now) or task.agent
    facts.cancelled(floor, task, command.reason, now)
    if agent is not None:
        hands_free(floor, agent, now)


def supersede(floor: Floor, task: Task, by_call: CallId, now: Millis) -> None:
    """The customer rang again: the live call takes the task's place; a dialling agent is free again."""
    agent = withdraw_offer(floor, task, OfferEnd.CALLER_GONE, now) or task.agent
    facts.superseded(floor, task, by_call, now)
    if agent is not None:
        hands_free(floor, agent, now)


def start(floor: Floor, offer: Offer, now: Millis) -> None:
    """The agent takes the task: the customer is dialled."""
    task = offer.item
    assert isinstance(task, Task)
    facts.attempted(floor, task, offer.agent, now)


def reached(floor: Floor, command: cmd.ReportReached, now: Millis) -> None:
    """The customer answered the callback."""
    task = _dialling(floor, command.task_id)
    facts.reached(floor, task, now)


def _dialling(floor: Floor, task_id: TaskId) -> Task:
    task = floor.task(task_id)
    if task.state is not TaskState.ATTEMPTING or task.reached_at is not None:
        state = "reached" if task.reached_at is not None else str(task.state)
        raise IllegalMove(
            said("task {task_id} is {state}: nobody is being dialled", task_id=task_id, state=in_words(state)),
            task_id=task_id,
            state=state,
        )
    return task


def not_reached(floor: Floor, command: cmd.ReportNotReached, now: Millis) -> None:
    """The attempt failed: the next one by the retry plan, or the task is given up as unreachable."""
    task = _dialling(floor, command.task_id)
    agent = task.agent
    assert agent is not None
    next_due = _retry_at(floor, task, now)
    facts.not_reached(floor, task, command.cause, next_due, now)
    if next_due is None:
        facts.expired(floor, task, "unreachable", now)
    hands_free(floor, agent, now)


def finish(floor: Floor, command: cmd.EndTask, now: Millis) -> None:
    """The conversation with the customer who was called back is over."""
    task = floor.task(command.task_id)
    agent = task.agent
    if agent is None or task.reached_at is None:
        raise IllegalMove(
            said("task {task} is {state}: nobody talks", task=task.id, state=in_words(task.state)),
            task_id=task.id,
            state=task.state,
        )
    meaning = _meaning(task, command.result)
    next_due = _next_call(floor, task, command.again_at, now) if meaning is Finish.AGAIN else None
    if next_due is not None:
        assert command.result is not None
        # From a time that was agreed on it stands among the waiting calls, as if the promise were near.
        by = Millis(next_due + task.queue.config.callbacks.rise_before)
        promise = by if command.again_at is not None else Millis(max(by, task.promise))
        facts.call_again(floor, task, command.result, next_due, promise, now)
    else:
        facts.completed(floor, task, command.result, None if meaning is None else meaning is Finish.SOLVED, now)
    after_talk(floor, agent, task, now)


def _meaning(task: Task, result: str | None) -> Finish | None:
    """Return what a result code of the task's queue means; None: nothing was said."""
    if result is None:
        return None
    codes = dict(task.queue.config.callbacks.results)
    if result not in codes:
        there = ", ".join(codes)
        raise UnknownResult(
            said(
                "queue {queue} has no result {result!r} (there is: {there})",
                queue=task.queue.name,
                result=result,
                there=there,
            ),
            result=result,
        )
    return codes[result]


def _next_call(floor: Floor, task: Task, agreed: Millis | None, now: Millis) -> Millis | None:
    """Return when a customer who was reached is called once more: as agreed, else by the retry plan; None: never."""
    if agreed is None:
        return _retry_at(floor, task, now)
    opens = first_open(window_of(floor, task), max(now, agreed))
    return agreed if opens is None else opens


def _retry_at(floor: Floor, task: Task, now: Millis) -> Millis | None:
    """Return when the next attempt is due by the plan, or None: the plan is used up."""
    policy = task.queue.config.callbacks
    if task.attempts > len(policy.retry_after):
        return None
    opens = first_open(window_of(floor, task), now + policy.retry_after[task.attempts - 1])
    return opens if opens is not None and opens < task.promise + policy.give_up_after else None


# --- what time brings


def fall_due(floor: Floor, task: Task, now: Millis) -> None:
    """The task's time has come: it stands in line while its window is open."""
    if task.state not in (TaskState.SCHEDULED, TaskState.RETRY):
        return
    if let_in(floor, task, now):
        closes = None if task.virtual_start is not None else window_of(floor, task).next_change(now)
        line_up(floor, task, closes, now)


def rise(floor: Floor, task: Task, now: Millis) -> None:
    """The promise is near: a task in line moves into its band; one that is not in line rises when it is due."""
    if task.risen or task.lane is None:
        return
    call_facts.leave_line(floor, task)
    facts.rose(floor, task, now)
    call_facts.stand_in_line(task, floor.lane_of(task))
    try_again(floor, task, now)


def window_closes(floor: Floor, task: Task, now: Millis) -> None:
    """The customer's calling window ended: a task in line waits for the next one."""
    if task.lane is None:
        return
    opens = window_of(floor, task).next_change(now)
    facts.put_off(floor, task, task.promise if opens is None else opens, now)


def give_up(floor: Floor, task: Task, now: Millis) -> None:
    """The task has lived its time."""
    if task.state is TaskState.ATTEMPTING:
        return
    agent = withdraw_offer(floor, task, OfferEnd.SYSTEM, now)
    facts.expired(floor, task, "unreachable" if task.attempts else "out_of_time", now)
    if agent is not None:
        hands_free(floor, agent, now)
