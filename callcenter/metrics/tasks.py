"""Outbound tasks counted: promises made, kept, missed; attempts; what is open and what is about to be late."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Final

from callcenter import events as ev
from callcenter.callbacks import TASK_ENDED, TaskKind, TaskState
from callcenter.centre import Centre
from callcenter.metrics import catalogue as names
from callcenter.metrics.catalogue import Series
from callcenter.metrics.numbers import Counts, Fold, Samples
from callcenter.units import HOUR

OUTCOMES: Final = ("completed", "unreachable", "out_of_time", "cancelled", "superseded")
PROMISES: Final = ("kept", "missed", "void")
RESULTS: Final = ("reached", "not_reached")
SOLVED: Final = {True: "yes", False: "no", None: "unsaid"}
OPEN_STATES: Final = tuple(str(state) for state in TaskState if state not in TASK_ENDED)
NEAR_MS: Final = HOUR
"""A promise that ends so soon is about to be missed."""


class _Promise:
    """An open outbound task."""

    __slots__ = ("kind", "promise", "queue", "standing", "state", "tier")

    def __init__(self, event: ev.TaskScheduled) -> None:
        self.kind = str(event.kind)
        self.queue = event.queue
        self.tier = event.tier
        self.promise = event.promise
        self.state = "scheduled"
        self.standing = "open"
        """open, kept, missed."""


class TaskCounts:
    """Counts outbound tasks; keeps those that are open."""

    def __init__(self, offer_ends: Counts) -> None:
        self.scheduled: Counts = defaultdict(int)
        self.ended: Counts = defaultdict(int)
        self.promises: Counts = defaultdict(int)
        self.attempts: Counts = defaultdict(int)
        self.solved: Counts = defaultdict(int)
        self._tiers: tuple[str, ...] = ()
        self._offer_ends = offer_ends
        self._tasks: dict[str, _Promise] = {}
        self.folds: dict[type[ev.Event], Fold] = {
            ev.TaskScheduled: self._scheduled,
            ev.TaskDue: self._due,
            ev.TaskPutOff: self._put_off,
            ev.TaskOffered: self._offered,
            ev.OfferEnded: self._offer_ended,
            ev.TaskAttempted: self._attempted,
            ev.TaskReached: self._reached,
            ev.TaskNotReached: self._not_reached,
            ev.TaskCallAgain: self._call_again,
            ev.TaskCompleted: self._completed,
            ev.TaskLate: self._late,
            ev.TaskExpired: self._expired,
            ev.TaskCancelled: self._cancelled,
            ev.TaskSuperseded: self._superseded,
        }

    def adopt(self, centre: Centre) -> None:
        """Take another centre: a series born at 1 is invisible to `rate`, so all are born at 0."""
        self._tiers = tuple(tier.name for tier in centre.tiers)
        said = (
            (self.ended, OUTCOMES), (self.promises, PROMISES), (self.attempts, RESULTS), (self.solved, SOLVED.values()),
        )  # fmt: skip
        for kind, tier in product(map(str, TaskKind), self._tiers):
            self.scheduled[kind, tier] += 0
            for counts, values in said:
                for value in values:
                    counts[kind, tier, value] += 0

    def begin_anew(self) -> None:
        """Let all counts be 0; open tasks go on."""
        for _, counts in self.counters():
            counts.update(dict.fromkeys(counts, 0))

    def counters(self) -> Iterator[tuple[Series, Counts]]:
        """Yield the counters."""
        yield names.TASKS_SCHEDULED, self.scheduled
        yield names.TASKS_ENDED, self.ended
        yield names.PROMISES, self.promises
        yield names.ATTEMPTS, self.attempts
        yield names.SOLVED, self.solved

    def readings(self, now: int) -> Iterator[tuple[Series, Samples]]:
        """Yield what is open."""
        standing: Counts = defaultdict(int, {(str(k), state, "open"): 0 for k in TaskKind for state in OPEN_STATES})
        near: Counts = defaultdict(int, {(str(k), tier): 0 for k in TaskKind for tier in self._tiers})
        for task in self._tasks.values():
            standing[task.kind, task.state, task.standing] += 1
            near[task.kind, task.tier] += task.standing == "open" and task.promise - now <= NEAR_MS
        yield names.TASKS_OPEN, standing
        yield names.TASKS_NEAR, near

    def _scheduled(self, event: ev.TaskScheduled) -> None:
        self._tasks[event.task_id] = _Promise(event)
        self.scheduled[str(event.kind), event.tier] += 1

    def _moved(self, task_id: str, state: str) -> _Promise | None:
        task = self._tasks.get(task_id)
        if task is not None:
            task.state = state
        return task

    def _due(self, event: ev.TaskDue) -> None:
        self._moved(event.task_id, "due")

    def _put_off(self, event: ev.TaskPutOff) -> None:
        self._moved(event.task_id, "scheduled")

    def _offered(self, event: ev.TaskOffered) -> None:
        self._moved(event.task_id, "offered")

    def _offer_ended(self, event: ev.OfferEnded) -> None:
        task = self._moved(event.subject, "due")
        if task is not None:
            self._offer_ends[task.queue, str(event.end)] += 1

    def _attempted(self, event: ev.TaskAttempted) -> None:
        task = self._tasks.get(event.task_id)
        if task is not None:
            if task.state == "offered":  # a customer-first attempt has no offer
                self._offer_ends[task.queue, "accepted"] += 1
            task.state = "attempting"

    def _reached(self, event: ev.TaskReached) -> None:
        task = self._tasks.get(event.task_id)
        if task is not None:
            self.attempts[task.kind, task.tier, "reached"] += 1
            if event.in_time:
                self._decide(task, "kept")

    def _not_reached(self, event: ev.TaskNotReached) -> None:
        task = self._moved(event.task_id, "retry")
        if task is not None:
            self.attempts[task.kind, task.tier, "not_reached"] += 1

    def _decide(self, task: _Promise, promise: str) -> None:
        if task.standing == "open":
            task.standing = promise
            self.promises[task.kind, task.tier, promise] += 1

    def _late(self, event: ev.TaskLate) -> None:
        task = self._tasks.get(event.task_id)
        if task is not None:
            self._decide(task, "missed")

    def _left(self, task_id: str, outcome: str, promise: str) -> None:
        task = self._tasks.pop(task_id, None)
        if task is not None:
            self._decide(task, promise)
            self.ended[task.kind, task.tier, outcome] += 1

    def _call_again(self, event: ev.TaskCallAgain) -> None:
        task = self._moved(event.task_id, "retry")
        if task is not None and task.standing == "open":
            task.promise = event.promise

    def _completed(self, event: ev.TaskCompleted) -> None:
        task = self._tasks.get(event.task_id)
        if task is not None:
            self.solved[task.kind, task.tier, SOLVED[event.solved]] += 1
        self._left(event.task_id, "completed", "missed")

    def _expired(self, event: ev.TaskExpired) -> None:
        self._left(event.task_id, str(event.cause), "missed")

    def _cancelled(self, event: ev.TaskCancelled) -> None:
        self._left(event.task_id, "cancelled", "void")

    def _superseded(self, event: ev.TaskSuperseded) -> None:
        self._left(event.task_id, "superseded", "void")
