"""Named deadlines as data: set, cancel, next, pop due; ties by the order in which they were set."""

from collections.abc import Iterator
from enum import StrEnum
from heapq import heapify, heappop, heappush

from callcenter.units import Millis


class Due(StrEnum):
    """Why time alone changes something."""

    OFFER = "offer"  # an agent lets the phone ring too long
    WRAP_UP = "wrap_up"  # after-call work ends by itself
    MAX_WAIT = "max_wait"  # a call may wait no longer
    RELAX = "relax"  # a call's needs loosen by a step
    HOLD = "hold"  # the preferred agents' window ends
    RESERVE = "reserve"  # a call has waited long enough to use reserved agents
    EXCLUSION = "exclusion"  # an agent may be offered a call again that they missed
    PHONE = "phone"  # a busy or unreachable phone is tried again
    DOUBT = "doubt"  # a call that failed at one agent after another is tried again
    BACK = "back"  # an agent who stopped responding is available again by rule
    HOURS = "hours"  # a queue opens or closes
    TASK_DUE = "task_due"  # an outbound task takes its place in line
    TASK_RISE = "task_rise"  # its promise is near: it enters its band
    TASK_LATE = "task_late"  # its promise passes
    TASK_EXPIRE = "task_expire"  # it is given up
    TASK_WINDOW = "task_window"  # the customer's calling window closes


SHIFTED_BY_A_GAP = frozenset(
    {
        Due.OFFER,
        Due.WRAP_UP,
        Due.MAX_WAIT,
        Due.RELAX,
        Due.HOLD,
        Due.RESERVE,
        Due.EXCLUSION,
        Due.PHONE,
        Due.BACK,
    }
)
"""What a restart shifts; promises, windows and opening hours are the world's, and stay."""


DONE_WHEN_BACK = frozenset({Due.HOURS, Due.DOUBT, Due.TASK_DUE, Due.TASK_RISE, Due.TASK_EXPIRE})
"""What fell due in a gap and is done at its end: before, nobody's phone could have been rung for it."""


class Deadline:
    """One deadline in the heap; cancelled ones stay there as `live = False` until they surface."""

    __slots__ = ("at", "due", "live", "serial", "subject")

    def __init__(self, at: Millis, serial: int, due: Due, subject: str) -> None:
        self.at = at
        self.serial = serial
        self.due = due
        self.subject = subject
        self.live = True


class Deadlines:
    """All deadlines, earliest first; at one instant, in the order they were set."""

    __slots__ = ("_cancelled", "heap", "serial")

    def __init__(self) -> None:
        self.heap: list[tuple[Millis, int, Deadline]] = []
        self.serial = 0
        self._cancelled = 0

    def set(self, at: Millis, due: Due, subject: str) -> Deadline:
        """Add a deadline and return it, for `cancel`."""
        self.serial = serial = self.serial + 1
        deadline = Deadline(at, serial, due, subject)
        heappush(self.heap, (at, serial, deadline))
        return deadline

    def cancel(self, deadline: Deadline | None) -> None:
        """Make `deadline` void, if there is one; a second time changes nothing."""
        if deadline is not None and deadline.live:
            deadline.live = False
            self._cancelled += 1
            if self._cancelled > 64 and self._cancelled * 2 > len(self.heap):
                self.heap = [entry for entry in self.heap if entry[2].live]
                heapify(self.heap)
                self._cancelled = 0

    def next_at(self) -> Millis | None:
        """Return the instant of the earliest live deadline."""
        heap = self.heap
        while heap:
            if heap[0][2].live:
                return heap[0][0]
            heappop(heap)
            self._cancelled -= 1
        return None

    def pop_due(self, now: Millis) -> Deadline | None:
        """Take out the earliest live deadline that is not after `now`."""
        at = self.next_at()
        if at is None or at > now:
            return None
        deadline = heappop(self.heap)[2]
        deadline.live = False
        return deadline

    def shift(self, gap_ms: int, now: Millis) -> None:
        """Move the deadlines that a gap of `gap_ms`, which ends `now`, has put off."""
        for _, _, deadline in self.heap:
            if deadline.due in SHIFTED_BY_A_GAP:
                deadline.at = Millis(deadline.at + gap_ms)
            elif deadline.due in DONE_WHEN_BACK and deadline.at < now:
                deadline.at = now
        self.heap = [(d.at, d.serial, d) for _, _, d in self.heap if d.live]
        heapify(self.heap)
        self._cancelled = 0

    def drop(self, due: Due) -> None:
        """Make void all deadlines of one kind."""
        for _, _, deadline in list(self.heap):
            if deadline.due is due:
                self.cancel(deadline)

    def live(self) -> Iterator[Deadline]:
        """Yield the live deadlines, earliest first."""
        return (entry[2] for entry in sorted(self.heap, key=lambda e: e[:2]) if entry[2].live)
