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
from routing.facts import tasks as task_facts
from routing.state.deadlines import Deadline, Due
from routing.state.floor import Floor
from routing.state.records import Call, Task


def on_deadline(floor: Floor, deadline: Deadline) -> None:
    """Do what `deadline` asks for, at its own instant."""
    due, subject, now = deadline.due, deadline.subject, deadline.at
    if due in OF_CALLS:
        OF_CALLS[due](floor, floor.calls[CallId(subject)], now)
    elif due in OF_TASKS:
        OF_TASKS[due](floor, floor.tasks[TaskId(subject)], now)
    else:
        OF_OTHERS[due](floor, subject, now)


def _offer_expires(floor: Floor, offer_id: str, now: Millis) -> None:
    on_agent.missed(floor, floor.offers[OfferId(offer_id)], OfferEnd.NO_ANSWER, now)


def _hold_ends(floor: Floor, call: Call, now: Millis) -> None:
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


OF_CALLS: Final[dict[Due, Callable[[Floor, Call, Millis], None]]] = {
    Due.MAX_WAIT: waited_too_long,
    Due.RELAX: on_call.relax,
    Due.HOLD: _hold_ends,
    Due.RESERVE: on_call.open_reserve,
}
OF_TASKS: Final[dict[Due, Callable[[Floor, Task, Millis], None]]] = {
    Due.TASK_DUE: on_task.fall_due,
    Due.TASK_RISE: on_task.rise,
    Due.TASK_LATE: task_facts.late,
    Due.TASK_EXPIRE: on_task.give_up,
    Due.TASK_WINDOW: on_task.window_closes,
}
OF_OTHERS: Final[dict[Due, Callable[[Floor, str, Millis], None]]] = {
    Due.OFFER: _offer_expires,
    Due.WRAP_UP: on_agent.wrap_up_over,
    Due.EXCLUSION: on_agent.exclusion_over,
    Due.PHONE: on_agent.phone_retry,
    Due.DOUBT: _doubt_ends,
    Due.BACK: on_agent.back,
    Due.HOURS: _hours_change,
}
