"""Complaints that are not closed, held in memory: for the agent's screen, the list, and what time brings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from api.auth.audit import author
from api.auth.keys import Key
from api.customers.directory.record import Known
from api.customers.zones import Zones
from api.ids import new_id
from api.settings import Settings
from api.state.ports import Commands, Live, Publisher
from api.store.changes import Change, Row, Update
from callcenter import commands as cmd
from callcenter.callbacks import TaskKind
from callcenter.config.words import duration
from callcenter.customers import complaints as co
from callcenter.customers.complaints import BadComplaint, Complaint, ComplaintGrade, ComplaintState
from callcenter.customers.life import soonest
from callcenter.errors import BadInput
from callcenter.ids import TaskId
from callcenter.language.said import said
from callcenter.units import MINUTE, SECOND, Millis

MOST: Final = 1_000_000
TRY_AGAIN: Final = 10 * MINUTE
"""After so long a satisfaction call that could not be planned (the customer has another open task) is tried again."""
COMPLAINT_COLUMNS: Final = tuple(field.name for field in fields(Complaint))
CASE_COLUMNS: Final = ("customer_key", "call_id", "queue", "tier", "opened_by", "resolution", "follow_up")


@dataclass(slots=True)
class Case:
    """A complaint, and whose it is."""

    complaint: Complaint
    customer_key: str | None
    call_id: str | None
    queue: str
    tier: str
    opened_by: str
    resolution: str | None = None
    follow_up: str | None = None
    """The outbound task that asks whether the customer is satisfied."""
    try_at: Millis | None = None
    """When the task that could not be planned is tried again, or looked after."""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Case":
        """Return the case that a row tells of."""
        values = {name: row[name] for name in COMPLAINT_COLUMNS} | {"state": ComplaintState(row["state"])}
        return cls(Complaint(**values), *(row[name] for name in CASE_COLUMNS))

    def row(self) -> dict[str, object]:
        """Return the case as a row."""
        values: dict[str, object] = {name: getattr(self.complaint, name) for name in COMPLAINT_COLUMNS}
        more = {name: getattr(self, name) for name in CASE_COLUMNS}
        return values | more | {"state": str(self.complaint.state)}

    def told(self) -> dict[str, Any]:
        """Return what an agent wants to know of it before saying hello."""
        one = self.complaint
        return {"id": one.id, "grade": one.grade, "state": str(one.state), "level": one.level, "about": one.about}

    def with_(self, complaint: Complaint, resolution: str | None = None) -> "Case":
        """Return the case after a step; how it was resolved stays known."""
        known = self.resolution if resolution is None else resolution
        return replace(self, complaint=complaint, resolution=known, try_at=None)

    def due_at(self) -> Millis | None:
        """Return when time alone changes something about it."""
        return soonest((co.escalates_at(self.complaint), self.try_at))


class Cases:
    """The complaints that somebody still has to do something about, the customer's last word included."""

    def __init__(
        self, live: Live, commands: Commands, hooks: Publisher, settings: Callable[[], Settings], zones: Zones,
        tier_of: Callable[[Known, Millis], str | None],
    ) -> None:  # fmt: skip
        self._live = live
        self._commands = commands
        self._hooks = hooks
        self._settings = settings
        self._zones = zones
        self._tier_of = tier_of
        self.grades = grades_of(settings())
        self.open: dict[str, Case] = {}
        self.of_task: dict[str, str] = {}
        """Satisfaction call → the complaint it is about."""

    async def load(self) -> None:
        """Read what is not closed, and look after the satisfaction calls that are on their way."""
        for state in (*co.UNRESOLVED, ComplaintState.RESOLVED):
            for row in await self._live.find("complaints", {"state": str(state)}, limit=MOST):
                case = Case.of_row(row)
                if state is ComplaintState.RESOLVED:
                    case.try_at = Millis(0)
                self._put(case)

    def _put(self, case: Case) -> None:
        self._hooks.wake()
        before = self.open.pop(case.complaint.id, None)
        if before is not None and before.follow_up is not None:
            self.of_task.pop(before.follow_up, None)
        if case.complaint.state in (ComplaintState.CLOSED, ComplaintState.WITHDRAWN):
            return
        self.open[case.complaint.id] = case
        if case.follow_up is not None and case.complaint.state is ComplaintState.RESOLVED:
            self.of_task[case.follow_up] = case.complaint.id

    def of_customer(self, key: str | None) -> list[Case]:
        """Return a customer's unresolved complaints, the gravest level first."""
        if key is None:
            return []
        found = [case for case in self.open.values() if case.customer_key == key and case.complaint.unresolved]
        return sorted(found, key=lambda case: (-case.complaint.level, case.complaint.opened_at))

    def of_call(self, call_id: str) -> Case | None:
        """Return the complaint that a call was marked as, while it is not closed."""
        return next((case for case in self.open.values() if case.call_id == call_id), None)

    def due_at(self) -> Millis | None:
        """Return the next instant at which time alone changes something."""
        return soonest([case.due_at() for case in self.open.values()])

    # --- changing

    async def keep(self, case: Case, *more: Change) -> None:
        """Make a case durable, and know it."""
        await self._live.keep(_change(case), *self._letters(case), *more)
        self._put(case)

    def _letters(self, case: Case) -> list[Change]:
        """Return what web hooks are told of a complaint that stands otherwise than before: no words of anybody's."""
        one = case.complaint
        known = self.open.get(one.id)
        if known is not None and (known.complaint.state, known.complaint.level) == (one.state, one.level):
            return []
        told = {
            "complaint_id": one.id, "customer_key": case.customer_key, "call_id": case.call_id, "queue": case.queue,
            "tier": case.tier, "grade": one.grade, "state": str(one.state), "level": one.level,
        }  # fmt: skip
        return self._hooks.messages("complaint.changed", self._commands.board.seq, self._live.now(), told)

    def new(
        self, customer: str | None, call_id: str | None, queue: str, tier: str, grade: str | None, about: str, key: Key
    ) -> Case:
        """Return a new case; without a grade it is of the second one.

        Raises:
            BadComplaint: there is no such grade.
        """
        name = grade or list(self.grades)[min(1, len(self.grades) - 1)]
        if name not in self.grades:
            raise BadComplaint(
                said("there is no grade {name!r}: {known}", name=name[:50], known=", ".join(self.grades))
            )
        complaint = co.opened(new_id("k"), self.grades[name], about, self._live.now())
        return Case(complaint, customer, call_id, queue, tier, author(key))

    async def begin(self, case: Case, *more: Change) -> None:
        """Make a new case durable, and know it."""
        row = Row("complaints", {**case.row(), "at": case.complaint.opened_at})
        await self._live.keep(row, *self._letters(case), *more)
        self._put(case)

    async def follow(self, case: Case, known: Known | None, now: Millis, *more: Change) -> None:
        """Plan the call that asks whether the customer is satisfied: an outbound task like any other.

        Where the customer has another open task in this queue, it is tried again later.
        """
        assert case.complaint.state is ComplaintState.RESOLVED, "only what is resolved is asked about"
        if known is None or case.customer_key is None:
            await self.end(case, now, *more)
            return
        due = Millis(now + round(self._settings().follow_up_after_s * SECOND))
        queues = [queue.name for queue in self._live.engine.centre.queues]
        planned = replace(case, follow_up=new_id("t"), try_at=None)
        queue = case.queue if case.queue in queues else queues[0]
        zone = await self._zones.of(None, known, None, queue)
        command = cmd.ScheduleTask(
            TaskId(planned.follow_up or ""), queue, TaskKind.SATISFACTION, self._tier_of(known, now),
            known.key, due, zone=zone,
        )  # fmt: skip
        told = await self._commands.tell(command, [_change(planned), *self._letters(planned), *more])
        if told.refusal is None:
            self._put(planned)
        else:
            await self.keep(replace(case, follow_up=None, try_at=Millis(now + TRY_AGAIN)), *more)

    async def end(self, case: Case, now: Millis, *more: Change) -> None:
        """Close a resolved complaint: the customer was asked, or could not be."""
        await self.keep(replace(case, complaint=co.closed(case.complaint, now), try_at=None), *more)

    async def reopen(self, case: Case, now: Millis, *more: Change) -> None:
        """It is not resolved after all: nobody is asked whether they are satisfied."""
        if case.follow_up is not None:
            await self._commands.tell(cmd.CancelTask(TaskId(case.follow_up), "reopened"))  # it may be over: then it is
        await self.keep(replace(case, complaint=co.reopened(case.complaint, now), follow_up=None, try_at=None), *more)

    async def call_off(self, key: str) -> None:
        """Withdraw a customer's unresolved complaints: once the person is erased there is nobody to answer."""
        now = self._live.now()
        for case in self.of_customer(key):
            await self.keep(case.with_(co.withdrawn(co.escalated(case.complaint, now), now)))

    def forget(self, key: str) -> None:
        """Forget whose they are: the person is erased."""
        for case in self.open.values():
            if case.customer_key == key:
                case.customer_key, case.resolution = None, None
                case.complaint = replace(case.complaint, about="erased")


def _change(case: Case) -> Change:
    return Update("complaints", case.row(), {"id": case.complaint.id})


def grades_of(settings: Settings) -> dict[str, ComplaintGrade]:
    """Return the grades that the settings name, the gravest first.

    Raises:
        BadInput: one of them is none.
    """
    return {name: grade_of(name, text) for name, text in settings.complaint_grades.items()}


def grade_of(name: str, text: str) -> ComplaintGrade:
    """Return a grade whose limits are written `response/resolution`.

    Raises:
        BadInput: they are no two durations, or not in this order.

    >>> grade_of("serious", "2h/24h").resolve_within
    86400000
    """
    respond, _, resolve = text.partition("/")
    try:
        return ComplaintGrade(name, duration(respond), duration(resolve))
    except (ValueError, BadComplaint) as fault:
        raise BadInput(
            "complaint_grades: {name} = {said!r}: {fault} (response/resolution, such as 2h/24h)",
            name=name,
            said=text,
            fault=fault,
        ) from None
