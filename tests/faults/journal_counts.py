"""The counters of `/metrics`, counted anew from the journal's events by the words of the catalogue, the plain way."""

from collections import Counter

from callcenter.events import Event

Sample = str
"""A counter's name and labels, as it is written."""
QUEUE_GONE = {
    "CallConnected": "answered", "CallAbandoned": "abandoned", "CallOverflowed": "overflowed",
    "CallRejected": "rejected", "CallConverted": "converted", "CallFailed": "failed",
}  # fmt: skip
TASK_GONE = {"TaskCompleted": "completed", "TaskCancelled": "cancelled", "TaskSuperseded": "superseded"}


def written(name: str, **labels: str) -> Sample:
    inside = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return f"callcenter_{name}{{{inside}}}"


def first_segment(call_id: str) -> bool:
    return "/s" not in call_id


class Journal:
    """Counts one event after another; keeps all it has seen, for it is no service."""

    def __init__(self, limits: dict[str, int]) -> None:
        self.counts: Counter[Sample] = Counter()
        self._limits = limits
        """Tier → T, ms."""
        self._queued: dict[str, tuple[str, str, int]] = {}
        """Call → queue, tier and instant of its entry."""
        self._tasks: dict[str, tuple[str, str]] = {}
        """Task → kind and queue."""
        self._decided: set[str] = set()
        self._rings: set[str] = set()
        """Tasks that ring at an agent."""

    def add(self, event: Event) -> None:
        name = type(event).__name__
        call_id, task_id = str(getattr(event, "call_id", "")), str(getattr(event, "task_id", ""))
        if name == "CallQueued":
            self._enter(call_id, event)
        elif name in QUEUE_GONE and not (name == "CallFailed" and event.connected_at is not None):  # type: ignore[attr-defined]
            self._leave(call_id, name, event)
        elif name == "OfferEnded":
            subject = str(event.subject)  # type: ignore[attr-defined]
            queue = self._queued[subject][0] if subject in self._queued else self._tasks[subject][1]
            self.counts[written("offers_total", queue=queue, end=str(event.end))] += 1  # type: ignore[attr-defined]
            self._rings.discard(subject)
        elif task_id and name.startswith("Task"):
            self._task(task_id, name, event)

    def _enter(self, call_id: str, event: Event) -> None:
        queue, tier = event.queue, event.tier  # type: ignore[attr-defined]
        self._queued[call_id] = (queue, tier, event.at)
        self.counts[written("calls_offered_total", queue=queue, tier=tier)] += 1
        if first_segment(call_id):
            self.counts[written("contacts_offered_total", tier=tier)] += 1
            if event.customer is not None:  # type: ignore[attr-defined]
                self.counts[written("contacts_total", tier=tier)] += 1

    def _leave(self, call_id: str, name: str, event: Event) -> None:
        if call_id not in self._queued:  # turned away at the door
            self._enter(call_id, event)
        queue, tier, since = self._queued[call_id]
        outcome = QUEUE_GONE[name] + ("_short" if getattr(event, "short", False) else "")
        happened = getattr(event, "happened_at", None)
        waited = (event.at if happened is None else happened) - since
        within = "true" if waited <= self._limits[tier] else "false"
        self.counts[written("sl_outcomes_total", queue=queue, tier=tier, outcome=outcome, within=within)] += 1
        self.counts[written("sl_breaches_total", queue=queue, tier=tier)] += within == "false"
        if first_segment(call_id):
            self.counts[written("contacts_sl_outcomes_total", tier=tier, outcome=outcome, within=within)] += 1
            self.counts[written("contacts_sl_breaches_total", tier=tier)] += within == "false"
        self.counts[written("wait_seconds_count", queue=queue, tier=tier)] += 1
        if name in ("CallOverflowed", "CallRejected"):
            away = written("calls_turned_away_total", queue=event.queue, cause=str(event.reason))  # type: ignore[attr-defined]
            self.counts[away] += 1
        if name == "CallConnected":
            self.counts[written("offers_total", queue=event.queue, end="accepted")] += 1  # type: ignore[attr-defined]

    def _task(self, task_id: str, name: str, event: Event) -> None:
        if name == "TaskScheduled":
            about = {"kind": str(event.kind), "tier": event.tier}  # type: ignore[attr-defined]
            self._tasks[task_id] = (about, event.queue)  # type: ignore[attr-defined]
            self.counts[written("tasks_scheduled_total", **about)] += 1
        about, queue = self._tasks[task_id]
        if name == "TaskOffered":
            self._rings.add(task_id)
        elif name == "TaskAttempted" and task_id in self._rings:
            self._rings.discard(task_id)
            self.counts[written("offers_total", queue=queue, end="accepted")] += 1
        elif name in ("TaskReached", "TaskNotReached"):
            result = "reached" if name == "TaskReached" else "not_reached"
            self.counts[written("task_attempts_total", **about, result=result)] += 1
            if name == "TaskReached" and event.in_time:  # type: ignore[attr-defined]
                self._decide(task_id, "kept")
        elif name == "TaskLate":
            self._decide(task_id, "missed")
        elif name in TASK_GONE or name == "TaskExpired":
            outcome = TASK_GONE.get(name) or str(event.cause)  # type: ignore[attr-defined]
            self.counts[written("tasks_total", **about, outcome=outcome)] += 1
            if name == "TaskCompleted":
                solved = {True: "yes", False: "no", None: "unsaid"}[event.solved]  # type: ignore[attr-defined]
                self.counts[written("tasks_solved_total", **about, solved=solved)] += 1
            self._decide(task_id, "void" if outcome in ("cancelled", "superseded") else "missed")

    def _decide(self, task_id: str, promise: str) -> None:
        if task_id not in self._decided:
            self._decided.add(task_id)
            self.counts[written("task_promises_total", **self._tasks[task_id][0], promise=promise)] += 1
