"""Callbacks and other outbound tasks: listed, made, moved, called off, and their attempts reported back."""

from typing import Literal

from pydantic import BaseModel, Field

from api.access import new_id
from api.calls import Name
from api.door import Ask, Plain, Reply, number_of, operation, router
from api.formats import In, Instant
from api.instants import instant_of, moment
from api.lines import TaskLine
from api.numbers import normalised
from api.refusals import Invalid
from api.reports import dated
from api.truth import TaskOut, task_out
from api.zones import learn_zone, zone_of
from callcenter import commands as cmd
from callcenter.callbacks import TASK_ENDED, TaskKind
from callcenter.commands import Command
from callcenter.errors import UnknownTask
from callcenter.ids import OfferId, TaskId

routes = router("callbacks")
SCOPES = ("telephony", "supervisor")
EXAMPLE: Plain = {
    "callback_id": "t5b1c", "kind": "deferred", "state": "scheduled", "queue": "hotline", "tier": "mid",
    "due_at": "2026-03-02T11:00:00.000Z", "promise": "2026-03-03T09:00:00.000Z", "late": False, "cannot_keep": False,
    "attempts": 0, "agent_id": None, "offer_id": None, "reached": False, "attempted_in_time": None,
    "reached_in_time": None, "cause": None, "from_call": None,
}  # fmt: skip


class CallbackIn(In):
    """A promise to call a customer."""

    queue: Name
    kind: Literal["deferred", "complaint", "satisfaction"] = "deferred"
    number: str | None = Field(None, max_length=200)
    customer_id: Name | None = None
    tier: Name | None = None
    due_at: Instant | None = None
    promise: Instant | None = None
    zone: Name | None = None


class CallbacksOut(BaseModel):
    """Outbound tasks, the earliest promise first."""

    callbacks: list[TaskOut]


@operation(
    routes, "POST", "/callbacks", scopes=SCOPES, body=CallbackIn, answer=TaskOut, created=True, fails=(409,),
    asks={"queue": "hotline", "number": "+442079460958", "due_at": "2026-03-02T11:00:00Z"}, says=EXAMPLE,
)  # fmt: skip
async def create_callback(ask: Ask) -> Reply:
    """Promise to call a customer; one open task per customer and queue."""
    wish: CallbackIn = ask.body
    desk = ask.desk
    number = normalised(wish.number, desk.region)
    if number is None and wish.customer_id is None:
        raise Invalid("/number: give a number or a customer_id: nobody to call otherwise")
    if wish.zone is not None:
        await learn_zone(desk, wish.zone)
    customer, changes = await desk.customers.recognise(wish.customer_id, number, wish.zone, ask.now)
    zone = await zone_of(desk, wish.zone, customer, number, wish.queue)
    task_id = TaskId(new_id("t"))
    command = cmd.ScheduleTask(
        task_id,
        wish.queue,
        TaskKind(wish.kind),
        desk.standings.of_call(customer, wish.tier, ask.now),
        None if customer is None else customer.key,
        moment(wish.due_at, "due_at"),
        moment(wish.promise, "promise"),
        zone,
    )
    try:
        await ask.tell(command, *changes)
    except BaseException:
        desk.customers.forget_again(customer, changes)
        raise
    return Reply(task_out(task_of(ask, task_id)), 201)


def task_of(ask: Ask, task_id: str) -> TaskLine:
    """Return what is known of a task, or refuse."""
    task = ask.desk.board.tasks.get(task_id)
    if task is None:
        raise UnknownTask(f"there is no callback {task_id}", task_id=task_id)
    return task


@operation(
    routes, "GET", "/callbacks", scopes=(*SCOPES, "agent"), answer=CallbacksOut, says={"callbacks": [EXAMPLE]},
    query=(
        {"name": "state", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "One state, or `open` (the default) or `all`."},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0}},
    ),
)  # fmt: skip
async def list_callbacks(ask: Ask) -> Reply:
    """List callbacks and other outbound tasks; ended ones are remembered for a day."""
    state = ask.asked("state") or "open"
    found = [
        task
        for task in ask.desk.board.tasks.values()
        if state in ("all", task.state) or (state == "open" and task.state not in TASK_ENDED)
    ]
    found.sort(key=lambda task: (task.promise, task.id))
    return Reply({"callbacks": [task_out(task) for task in found[: number_of(ask, "limit", 500, 5_000)]]})


@operation(
    routes, "GET", "/callbacks/{callback_id:path}", scopes=(*SCOPES, "agent"), answer=TaskOut, fails=(404,),
    flat=True, says=EXAMPLE,
)  # fmt: skip
async def get_callback(ask: Ask) -> Reply:
    """Tell how a callback stands."""
    return Reply(task_out(task_of(ask, ask.path("callback_id"))))


class CancelIn(In):
    """Why."""

    reason: Name = Field("cancelled", description="For the audit trail.")


@operation(
    routes, "POST", "/callbacks/{callback_id:path}:cancel", scopes=SCOPES, body=CancelIn, answer=TaskOut,
    fails=(404, 409), asks={"reason": "solved by mail"}, says=EXAMPLE | {"state": "cancelled"},
)  # fmt: skip
async def cancel_callback(ask: Ask) -> Reply:
    """Call a callback off; audited."""
    task = task_of(ask, ask.path("callback_id"))
    row = ask.desk.audited(ask.key, "callback.cancel", task.id, ask.body.reason, task.customer)
    await ask.tell(cmd.CancelTask(TaskId(task.id)), row)  # what people write can be erased, the journal cannot
    return Reply(task_out(task_of(ask, task.id)))


class RescheduleIn(In):
    """When instead."""

    due_at: Instant
    promise: Instant | None = None


@operation(
    routes, "POST", "/callbacks/{callback_id:path}:reschedule", scopes=SCOPES, body=RescheduleIn, answer=TaskOut,
    fails=(404, 409), asks={"due_at": "2026-03-02T15:00:00Z"}, says=EXAMPLE,
)  # fmt: skip
async def reschedule_callback(ask: Ask) -> Reply:
    """Call at another time; audited."""
    task_id = ask.path("callback_id")
    due_at = moment(ask.body.due_at, "due_at")
    assert due_at is not None, "required"
    row = ask.desk.audited(ask.key, "callback.reschedule", task_id, str(due_at))
    await ask.tell(cmd.RescheduleTask(TaskId(task_id), due_at, moment(ask.body.promise, "promise")), row)
    return Reply(task_out(task_of(ask, task_id)))


class AttemptIn(In):
    """How an attempt went."""

    outcome: Literal["reached", "completed", "no_answer", "busy", "rejected", "unreachable", "invalid_number"]
    at: Instant | None = Field(None, description="When it was so; a promise kept is kept, however late that is told.")


class AttemptOut(BaseModel):
    """Whether it taught us something, and how the callback stands."""

    applied: bool
    reason: str | None = None
    callback: TaskOut


@operation(
    routes, "POST", "/callbacks/{callback_id:path}/attempts", scopes=("telephony", "agent"), body=AttemptIn,
    answer=AttemptOut, fails=(404, 409), flat=True, asks={"outcome": "reached"},
    says={"applied": True, "callback": EXAMPLE | {"state": "attempting", "reached": True, "attempts": 1}},
)  # fmt: skip
async def report_attempt(ask: Ask) -> Reply:
    """Report how a callback's attempt went; a later outcome implies the earlier ones."""
    task = task_of(ask, ask.path("callback_id"))
    commands, reason = attempt_means(ask.body.outcome, task)
    said = instant_of(ask.body.at)
    at = None if said is None else min(max(said, task.created_at), ask.now)
    for n, command in enumerate(commands):
        told = await ask.desk.tell(dated(command, at))
        if told.refusal is not None and n == 0:
            raise told.refusal
    answer: Plain = {"applied": bool(commands)}
    if reason is not None:
        answer["reason"] = reason
    return Reply(answer | {"callback": task_out(ask.desk.board.tasks.get(task.id, task))})


def attempt_means(outcome: str, task: TaskLine) -> tuple[list[Command], str | None]:
    """Return the commands that an outcome stands for, or why nothing new is learned."""
    task_id = TaskId(task.id)
    if task.ended_at is not None:
        return [], "callback_has_ended"
    accept: list[Command] = [cmd.AcceptOffer(OfferId(task.offer.id))] if task.offer is not None else []
    if outcome == "reached":
        return ([], "duplicate") if task.reached else ([*accept, cmd.ReportReached(task_id)], None)
    if outcome == "completed":
        reached: list[Command] = [] if task.reached else [*accept, cmd.ReportReached(task_id)]
        return [*reached, cmd.EndTask(task_id)], None
    if task.reached:
        return [], "reached_already"
    if task.state == "retry":
        return [], "duplicate"
    return [*accept, cmd.ReportNotReached(task_id, outcome)], None
