"""Callbacks and other outbound tasks: listed, made, moved, called off, and their attempts reported back."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from api.customers.reasons import described, details_row, may_see, note_row
from api.errors import Conflict, Invalid
from api.http.endpoint import Plain, Reply, number_of, operation, router, word_of
from api.http.formats import In, Instant
from api.http.instants import instant_of, moment
from api.ids import new_id
from api.routes.calls import Name
from api.services import Ask, Services
from api.state.call_reports import dated
from api.state.numbers import normalised
from api.state.records import TaskLine, breaks_next
from api.state.views import TaskOut, task_out
from callcenter import commands as cmd
from callcenter.callbacks import TASK_ENDED, TaskKind, TaskState
from callcenter.commands import Command
from callcenter.errors import UnknownTask
from callcenter.ids import OfferId, TaskId
from callcenter.language.said import said
from callcenter.tiers import Finish
from callcenter.units import Millis

routes = router("callbacks")
SCOPES = ("telephony", "supervisor")
EXAMPLE: Plain = {
    "callback_id": "t5b1c", "kind": "deferred", "state": "scheduled", "queue": "hotline", "tier": "mid",
    "due_at": "2026-03-02T11:00:00.000Z", "promise": "2026-03-03T09:00:00.000Z", "late": False, "cannot_keep": False,
    "attempts": 0, "agent_id": None, "offer_id": None, "reached": False, "attempted_in_time": None,
    "reached_in_time": None, "cause": None, "from_call": None, "intent": "billing", "result": None, "solved": None,
}  # fmt: skip
WHO: Plain = EXAMPLE | {
    "customer_id": "C-1001", "name": "Ada", "number": "+44*******58", "reason": "lost call",
    "attributes": {"menu": "1>3"}, "note": None,
    "notes": [{"at": "2026-03-02T09:05:00.000Z", "by": "ana", "text": "wants the invoice of March corrected"}],
}  # fmt: skip
SORTS: Final[dict[str, Callable[[Sequence[TaskLine]], list[TaskLine]]]] = {
    "promise": lambda tasks: sorted(tasks, key=lambda task: (task.promise, task.id)),
    "due": lambda tasks: sorted(tasks, key=lambda task: (task.due_at, task.id)),
    "breaks": breaks_next,
}


class CallbackIn(In):
    """A promise to call a customer."""

    queue: Name
    kind: Literal["deferred", "complaint", "satisfaction", "care"] = "deferred"
    number: str | None = Field(None, max_length=200)
    customer_id: Name | None = None
    tier: Name | None = None
    due_at: Instant | None = Field(None, description="Not before.")
    promise: Instant | None = Field(None, description="By then.")
    preferred_at: Instant | None = Field(
        None, description="When the customer would like it: from then on the callback stands among the waiting calls."
    )
    zone: Name | None = None
    intent: Name | None = Field(None, description="What it is about; the agent has the intent's skills.")
    attributes: dict[str, str] = Field(default_factory=dict, max_length=30)
    note: str | None = Field(None, max_length=2_000, description="For whoever calls.")


class CallbackOut(TaskOut):
    """How a callback stands, with whom it is about and why, as far as the key may know."""

    customer_key: str | None = None
    customer_id: str | None = None
    name: str | None = None
    number: str | None = Field(None, description="Masked for all but telephony systems.")
    reason: str | None = None
    attributes: dict[str, Any] | None = None
    note: str | None = None
    notes: list[dict[str, Any]] | None = None


class CallbacksOut(BaseModel):
    """Outbound tasks, in the order that was asked for."""

    callbacks: list[CallbackOut]


@operation(
    routes, "POST", "/callbacks", scopes=SCOPES, body=CallbackIn, answer=TaskOut, created=True, fails=(409,),
    asks={"queue": "hotline", "number": "+442079460958", "due_at": "2026-03-02T11:00:00Z"}, says=EXAMPLE,
)  # fmt: skip
async def create_callback(ask: Ask) -> Reply:
    """Promise to call a customer; one open task per customer and queue."""
    wish: CallbackIn = ask.body
    services = ask.services
    number = normalised(wish.number, services.region)
    if number is None and wish.customer_id is None:
        raise Invalid("/number: give a number or a customer_id: nobody to call otherwise")
    if wish.zone is not None:
        await services.zones.learn(wish.zone)
    customer, changes = await services.customers.recognise(wish.customer_id, number, wish.zone, ask.now)
    zone = await services.zones.of(wish.zone, customer, number, wish.queue)
    task_id = TaskId(new_id("t"))
    due_at, promise = _times(services, wish)
    if wish.kind == "care":
        await _agreed(services, None if customer is None else customer.key)
    command = cmd.ScheduleTask(
        task_id,
        wish.queue,
        TaskKind(wish.kind),
        services.standings.of_call(customer, wish.tier, ask.now),
        None if customer is None else customer.key,
        due_at,
        promise,
        zone,
        wish.intent,
    )
    said = {"number": number, "attributes": wish.attributes, "note": wish.note}
    details = details_row(task_id, command.customer, ask.now, **said)
    try:
        await ask.tell(command, *changes, details)
    except BaseException:
        services.customers.forget_again(customer, changes)
        raise
    return Reply(task_out(task_of(ask, task_id)), 201)


def _times(services: Services, wish: CallbackIn) -> tuple[Millis | None, Millis | None]:
    """Return when a callback is due and by when it is promised."""
    due_at, promise = moment(wish.due_at, "due_at"), moment(wish.promise, "promise")
    agreed = moment(wish.preferred_at, "preferred_at")
    if agreed is None:
        return due_at, promise
    if due_at is not None or promise is not None:
        raise Invalid("/preferred_at: says when it is due and by when: leave out due_at and promise")
    for queue in services.live.engine.centre.queues:
        if queue.name == wish.queue:
            return agreed, Millis(agreed + queue.callbacks.rise_before)
    return agreed, None  # the engine says that there is no such queue


async def _agreed(services: Services, customer: str | None) -> None:
    """Refuse to call a customer, who waits for no call, without their consent."""
    known = await services.customers.behind(customer)
    if known is None or not known.consent:
        raise Conflict("this customer has not agreed to be called (POST /v1/customers, consent)")


def task_of(ask: Ask, task_id: str) -> TaskLine:
    """Return what is known of a task, or refuse."""
    task = ask.services.board.tasks.get(task_id)
    if task is None:
        raise UnknownTask(said("there is no callback {task_id}", task_id=task_id), task_id=task_id)
    return task


@operation(
    routes, "GET", "/callbacks", scopes=(*SCOPES, "agent"), answer=CallbacksOut, says={"callbacks": [WHO]},
    query=(
        {"name": "promised_before", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "Only those that are promised by then: RFC 3339, or milliseconds since 1970."},
        {"name": "customer_key", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "sort", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "`promise` (the default), `due`, or `breaks`: what breaks next first."},
        {"name": "queue", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "tier", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "kind", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "state", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "One state, or `open` (the default) or `all`."},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0}},
    ),
)  # fmt: skip
async def list_callbacks(ask: Ask) -> Reply:
    """List callbacks and other outbound tasks, whom they are about and why; ended ones are remembered for a day."""
    tasks, centre = ask.services.board.tasks.values(), ask.services.live.engine.centre
    state = word_of(ask, "state", ("open", "all", *TaskState)) or "open"
    wished = {
        "queue": word_of(ask, "queue", [*(queue.name for queue in centre.queues), *(task.queue for task in tasks)]),
        "tier": word_of(ask, "tier", [*(tier.name for tier in centre.tiers), *(task.tier for task in tasks)]),
        "kind": word_of(ask, "kind", TaskKind),
    }
    found = [
        task for task in tasks if state in ("all", task.state) or (state == "open" and task.state not in TASK_ENDED)
    ]
    for name, wanted in wished.items():
        found = [task for task in found if wanted in (None, str(getattr(task, name)))]
    before, whose = moment(ask.asked("promised_before"), "promised_before"), ask.asked("customer_key")
    if whose is not None:  # whose callbacks these are is said to those who may know it
        found = [task for task in found if task.customer == whose and may_see(ask.key, task)]
    found = [task for task in found if before is None or task.promise < before]
    order = word_of(ask, "sort", SORTS) or "promise"
    shown = SORTS[order](found)[: number_of(ask, "limit", 500, 5_000)]
    return Reply({"callbacks": await described(ask.services.live, ask.key, shown)})


@operation(
    routes, "GET", "/callbacks/{callback_id:path}", scopes=(*SCOPES, "agent"), answer=CallbackOut, fails=(404,),
    flat=True, says=WHO,
)  # fmt: skip
async def get_callback(ask: Ask) -> Reply:
    """Tell how a callback stands, whom it is about and why."""
    (found,) = await described(ask.services.live, ask.key, [task_of(ask, ask.path("callback_id"))])
    return Reply(found)


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
    row = ask.services.audited(ask.key, "callback.cancel", task.id, ask.body.reason, task.customer)
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
    row = ask.services.audited(ask.key, "callback.reschedule", task_id, str(due_at))
    await ask.tell(cmd.RescheduleTask(TaskId(task_id), due_at, moment(ask.body.promise, "promise")), row)
    return Reply(task_out(task_of(ask, task_id)))


class AttemptIn(In):
    """How an attempt went."""

    outcome: Literal["reached", "completed", "no_answer", "busy", "rejected", "unreachable", "invalid_number"]
    at: Instant | None = Field(None, description="When it was so; a promise kept is kept, however late that is told.")
    result: Name | None = Field(
        None,
        description="With completed: a code of the queue's list: solved, call_again, wrong_person, refused…",
    )
    again_at: Instant | None = Field(None, description="With a result that means: call again; the time agreed.")
    note: str | None = Field(None, max_length=2_000, description="For whoever talks to this customer next.")


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
    wish: AttemptIn = ask.body
    check_result(ask.services, task, wish)
    commands, reason = attempt_means(wish.outcome, task, wish.result, moment(wish.again_at, "again_at"))
    said = instant_of(ask.body.at)
    at = None if said is None else min(max(said, task.created_at), ask.now)
    rows = (
        [] if wish.note is None else [note_row(ask.key, ask.now, task.from_call or task.id, task.customer, wish.note)]
    )
    if rows and not commands:
        await ask.services.live.keep(*rows)
    for n, command in enumerate(commands):
        told = await ask.services.tell(dated(command, at), rows if n == 0 else ())
        if told.refusal is not None and n == 0:
            raise told.refusal
    answer: Plain = {"applied": bool(commands)}
    if reason is not None:
        answer["reason"] = reason
    return Reply(answer | {"callback": task_out(ask.services.board.tasks.get(task.id, task))})


def check_result(services: Services, task: TaskLine, wish: AttemptIn) -> None:
    """Refuse a result that the queue has not, or that says nothing of how this attempt went."""
    if wish.result is None:
        if wish.again_at is not None:
            raise Invalid("/again_at: goes with a result that means: call again")
        return
    if wish.outcome != "completed":
        raise Invalid("/result: goes with outcome=completed")
    for queue in services.live.engine.centre.queues:
        codes = dict(queue.callbacks.results)
        if queue.name == task.queue and wish.result not in codes:
            there = ", ".join(codes)
            raise Invalid(
                "/result: queue {queue} has no result {result!r} (there is: {there})",
                queue=queue.name,
                result=wish.result[:50],
                there=there,
            )
        if queue.name == task.queue and wish.again_at is not None and codes[wish.result] is not Finish.AGAIN:
            raise Invalid("/again_at: {result} does not mean: call again", result=wish.result)


def attempt_means(
    outcome: str, task: TaskLine, result: str | None = None, again_at: Millis | None = None
) -> tuple[list[Command], str | None]:
    """Return the commands that an outcome stands for, or why nothing new is learned."""
    task_id = TaskId(task.id)
    if task.ended_at is not None:
        return [], "callback_has_ended"
    accept: list[Command] = [cmd.AcceptOffer(OfferId(task.offer.id))] if task.offer is not None else []
    if outcome == "reached":
        return ([], "duplicate") if task.reached else ([*accept, cmd.ReportReached(task_id)], None)
    if outcome == "completed":
        if task.state == "retry" and result is not None and task.result == result:
            return [], "duplicate"
        reached: list[Command] = [] if task.reached else [*accept, cmd.ReportReached(task_id)]
        return [*reached, cmd.EndTask(task_id, result, again_at)], None
    if task.reached:
        return [], "reached_already"
    if task.state == "retry":
        return [], "duplicate"
    return [*accept, cmd.ReportNotReached(task_id, outcome)], None
