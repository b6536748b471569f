"""Making a promise to call a customer: deferred callbacks, kept places, calling windows."""

from callcenter.callbacks import OUTREACH, TaskKind
from callcenter.errors import DuplicateTask
from callcenter.hours import Hours, first_open, window_in_all
from callcenter.ids import CallId, CustomerKey, TaskId
from callcenter.language.said import said
from callcenter.units import Millis
from routing.decide.matching import place
from routing.facts import calls as call_facts
from routing.facts import tasks as facts
from routing.state.floor import Floor, in_background
from routing.state.records import Call, QueueState, Task


def window_of(floor: Floor, task: Task) -> Hours:
    """Return when the customer may be called: the queue's window, in the customer's own zone (else the centre's).

    Where several zones are possible, divided by commas, it is open while it is in each of them.
    """
    names = (task.zone or "").split(",")
    zones = tuple(floor.zones[name] for name in names if name in floor.zones)
    return window_in_all(zones or (floor.centre.zone,), *task.queue.config.callbacks.window)


def promise_callback(floor: Floor, call: Call, now: Millis) -> None:
    """Promise to call back a customer whose call was lost, unless unknown or promised already."""
    if not can_promise(floor, call):
        return
    task = _from_call(floor, call, TaskKind.DEFERRED, now)
    task.turn = task.promise  # among deferred tasks: the earliest promise first
    plan(floor, task, now)


def can_promise(floor: Floor, call: Call) -> bool:
    """Tell whether a callback can be promised: the customer is known and has none promised already."""
    if call.customer is None or (call.customer, call.queue.name, False) in floor.open_tasks:
        return False
    return not known(floor, TaskId(f"{call.id}/cb"))


def keep_place(floor: Floor, call: Call, now: Millis) -> None:
    """Turn a waiting call into a callback that keeps its place in line (virtual hold)."""
    task = _from_call(floor, call, TaskKind.VIRTUAL_HOLD, now)
    task.virtual_start = task.turn = call.turn
    task.band = call.band
    call_facts.converted(floor, call, task.id, now)
    facts.scheduled(floor, task, False, now)
    line_up(floor, task, None, now)


def line_up(floor: Floor, task: Task, window_closes: Millis | None, now: Millis) -> None:
    """Let a task whose time has come take its place, or an agent."""
    facts.due(floor, task, window_closes, now)
    if not place(floor, task, now):
        call_facts.stand_in_line(task, floor.lane_of(task))


def back_in_line(floor: Floor, task: Task, now: Millis) -> None:
    """Give a task whose offer ended its place again; its window may have closed or its promise come near meanwhile."""
    if let_in(floor, task, now) and not place(floor, task, now):
        call_facts.stand_in_line(task, floor.lane_of(task))


def let_in(floor: Floor, task: Task, now: Millis) -> bool:
    """Let a task into line, into its band once its promise is near; while its window is closed, put it off: False."""
    window = window_of(floor, task)
    if task.virtual_start is None and not window.is_open(now):
        opens = window.next_change(now)
        facts.put_off(floor, task, task.promise if opens is None else opens, now)
        return False
    if near(task, now):
        facts.rose(floor, task, now)
    return True


def near(task: Task, now: Millis) -> bool:
    """Tell whether the promise of a task without a place of its own has come near: it enters its band."""
    rise = task.promise - task.queue.config.callbacks.rise_before
    return in_background(task) and task.kind not in OUTREACH and rise <= now


def _from_call(floor: Floor, call: Call, kind: TaskKind, now: Millis) -> Task:
    floor.serial += 1
    task = Task(TaskId(f"{call.id}/cb"), kind, call.queue, call.tier, floor.serial, now)
    task.customer = call.customer
    task.contact = call.contact
    task.from_call = call.id
    task.zone = call.zone
    task.intent = call.intent
    task.base_needs = task.needs = call.base_needs
    task.promise = Millis(now + call.queue.config.callbacks.promise)
    return task


def plan(floor: Floor, task: Task, now: Millis) -> None:
    """Set when the task is due first, in its window, and record the promise; flag one that cannot be kept."""
    opens = first_open(window_of(floor, task), max(now, task.due_at))
    cannot_keep = opens is None or opens > task.promise
    task.due_at = task.promise if opens is None else opens
    facts.scheduled(floor, task, cannot_keep, now)


def known(floor: Floor, task_id: TaskId) -> bool:
    """Tell whether a call or task of this id is there or has ended: calls and tasks share the names of their offers."""
    return task_id in floor.tasks or CallId(task_id) in floor.calls or task_id in floor.ended


def check_free(floor: Floor, task_id: TaskId, kind: TaskKind, customer: CustomerKey | None, queue: QueueState) -> None:
    """Refuse a second task of this id, or a second open one for customer and queue.

    What the centre calls about of its own accord is one more than what the customer waits for.
    """
    if known(floor, task_id):
        raise DuplicateTask(said("task {task_id} is known", task_id=task_id), task_id=task_id)
    if customer is not None:
        task = floor.open_tasks.get((customer, queue.name, kind in OUTREACH))
        if task is not None:
            raise DuplicateTask(
                said("the customer has an open task in {queue}: {task}", queue=queue.name, task=task.id),
                task_id=task.id,
            )
