"""What each deadline causes when it falls due."""

from collections.abc import Callable
from typing import Final

from callcenter.commands import ConfirmCall
from callcenter.events import OfferEnd, QueueClosed, QueueOpened, RejectReason
from callcenter.ids import CallId, OfferId, TaskId
from callcenter.units import Millis
from routing.decide import on_agent, on_call, on_task
from routing.decide.entering import turn_away, waited_too_long, waiting_calls
from routing.decide.matching import try_again
from routing.facts import calls as call_facts
from routing.state.deadlines import Deadline, Due
from routing.state.floor import Floor


def on_deadline(floor: Floor, deadline: Deadline) -> None:
    """Do what `deadline` asks for, at its own instant."""
    ON_DUE[deadline.due](floor, deadline.subject, deadline.at)


def _offer_expires(floor: Floor, offer_id: str, now: Millis) -> None:
    on_agent.missed(floor, floor.offers[OfferId(offer_id)], OfferEnd.NO_ANSWER, now)


def _max_wait(floor: Floor, call_id: str, now: Millis) -> None:
    waited_too_long(floor, floor.calls[CallId(call_id)], now)


def _relax(floor: Floor, call_id: str, now: Millis) -> None:
    on_call.relax(floor, floor.calls[CallId(call_id)], now)


def _reserve_opens(floor: Floor, call_id: str, now: Millis) -> None:
    on_call.open_reserve(floor, floor.calls[CallId(call_id)], now)


def _hold_ends(floor: Floor, call_id: str, now: Millis) -> None:
    call = floor.calls[CallId(call_id)]
    if call.held:
        call_facts.released(floor, call, now)
        try_again(floor, call, now)


def _doubt_ends(floor: Floor, call_id: str, now: Millis) -> None:
    call = floor.calls.get(CallId(call_id))
    if call is not None and call.suspended and call.doubt_until is not None and call.doubt_until <= now:
        on_call.confirm(floor, ConfirmCall(call.id), now)


def _hours_change(floor: Floor, name: str, now: Millis) -> None:
    queue = floor.queues[name]
    hours = queue.config.hours
    if hours is None:
        return
    was_open, queue.open = queue.open, hours.is_open(now)
    if queue.open is not was_open:
        floor.seq += 1
        floor.out.append(QueueOpened(now, floor.seq, name) if queue.open else QueueClosed(now, floor.seq, name))
    change = hours.next_change(now)
    if change is not None:
        floor.deadlines.set(change, Due.HOURS, name)
    if not queue.open and not queue.config.serve_out:
        for call in waiting_calls(floor, queue):
            turn_away(floor, call, queue.config.when_closed, RejectReason.CLOSED, now)


def open_doors(floor: Floor, now: Millis) -> None:
    """At the first instant told: see which queues are open, and when that changes."""
    for queue in floor.queues.values():
        hours = queue.config.hours
        queue.open = hours is None or hours.is_open(now)
        if hours is not None:
            change = hours.next_change(now)
            if change is not None:
                floor.deadlines.set(change, Due.HOURS, queue.name)


def _task_due(floor: Floor, task_id: str, now: Millis) -> None:
    on_task.fall_due(floor, floor.tasks[TaskId(task_id)], now)


def _task_rises(floor: Floor, task_id: str, now: Millis) -> None:
    on_task.rise(floor, floor.tasks[TaskId(task_id)], now)


def _task_late(floor: Floor, task_id: str, now: Millis) -> None:
    on_task.promise_passes(floor, floor.tasks[TaskId(task_id)], now)


def _task_expires(floor: Floor, task_id: str, now: Millis) -> None:
    on_task.give_up(floor, floor.tasks[TaskId(task_id)], now)


def _task_window_closes(floor: Floor, task_id: str, now: Millis) -> None:
    on_task.window_closes(floor, floor.tasks[TaskId(task_id)], now)


ON_DUE: Final[dict[Due, Callable[[Floor, str, Millis], None]]] = {
    Due.OFFER: _offer_expires,
    Due.WRAP_UP: on_agent.wrap_up_over,
    Due.MAX_WAIT: _max_wait,
    Due.RELAX: _relax,
    Due.HOLD: _hold_ends,
    Due.RESERVE: _reserve_opens,
    Due.EXCLUSION: on_agent.exclusion_over,
    Due.PHONE: on_agent.phone_retry,
    Due.DOUBT: _doubt_ends,
    Due.BACK: on_agent.back,
    Due.HOURS: _hours_change,
    Due.TASK_DUE: _task_due,
    Due.TASK_RISE: _task_rises,
    Due.TASK_LATE: _task_late,
    Due.TASK_EXPIRE: _task_expires,
    Due.TASK_WINDOW: _task_window_closes,
}
