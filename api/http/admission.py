"""Admission control: which requests are served at once, wait for a turn, or are refused as they would be too late.

Nothing here knows a clock or an event loop: instants are given. In a round so many requests begin as take `ROUND_S`;
then the event loop reads what has come. So what waits does it here, where it is counted, and hardly in the kernel.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

CALLS_S: Final = 0.2
"""So long a new call may have to wait for its turn; to become durable and to be answered comes on top."""
OTHERS_S: Final = 0.35
"""… and anything else: reports and answers of agents end calls, and free agents for those who wait."""
LATE_S: Final = 0.3
"""A new call that has waited so long is refused all the same: it took longer than was thought."""
JOURNAL_S: Final = 1.0
"""What was told so long ago is not durable yet: no new calls. `/readyz` turns before."""
ROUND_S: Final = 0.01
"""What begins in one round takes about so long."""
MIN_PER_ROUND: Final = 4
"""Requests of a round, however long they take."""
EACH_S: Final = 0.0005
"""What one request takes, until it is measured."""
MEMORY: Final = 0.95
"""Of the running sums that is kept from round to round."""
PAUSE: Final = 4
"""A round counts at most as so many: one pause of the process says nothing of what requests take."""

T = TypeVar("T")


class Admission(Generic[T]):
    """Requests whose head is read, until they begin; `T` is whatever leads back to one of them."""

    def __init__(self) -> None:
        self.journal_s: Callable[[], float] = float
        """Says for how long the oldest of what was told has waited to be durable."""
        self._read = [0, 0]
        """Read and not begun: others, new calls."""
        self._others: deque[tuple[float, T]] = deque()
        self._calls: deque[tuple[float, T]] = deque()
        self._begun = 0
        """In this round."""
        self._busy_since: float | None = None
        """When the last round began, if it left somebody waiting: then this one followed it without a pause."""
        self._time_s, self._count, self._rounds = EACH_S * 100, 100.0, 5.0

    @property
    def each_s(self) -> float:
        """What one request takes while others wait: what it costs when it is durable and answered, too."""
        return self._time_s / self._count

    @property
    def waiting(self) -> int:
        """Requests that are read and have not begun."""
        return self._read[0] + self._read[1]

    @property
    def queued(self) -> bool:
        """Tell whether somebody waits for a round."""
        return bool(self._others or self._calls)

    def wait_s(self, call: bool) -> float:
        """Return how long a request that is read now would wait, and has waited unread: reports come before calls."""
        ahead = self.waiting if call else self._read[0]
        unread = self._time_s / self._rounds if self.queued else 0.0
        return ahead * self.each_s + unread

    def refuses(self, call: bool, now: float) -> bool:
        """Tell whether a request that is just read would come too late."""
        if not call:
            return self.wait_s(call) > OTHERS_S
        oldest_s = now - self._calls[0][0] if self._calls else 0.0
        return max(self.wait_s(call), oldest_s) > CALLS_S or self.journal_s() > JOURNAL_S

    def joined(self, call: bool) -> None:
        """One more is read, and will begin."""
        self._read[call] += 1

    def begins(self, call: bool) -> bool:
        """Tell whether a request may begin at once: nobody is before it, and there is room in this round."""
        if self.queued or self._begun >= self._share:
            return False
        self._begun += 1
        self._read[call] -= 1
        return True

    def waits(self, call: bool, since: float, request: T) -> None:
        """Let a request wait that was read at `since`."""
        (self._calls if call else self._others).append((since, request))

    def round(self, now: float) -> list[tuple[T, bool]]:
        """Begin a round; return who begins in it, and whether they are in time (else they are to be refused)."""
        if self._busy_since is not None and self._begun:
            self._measure(now - self._busy_since)
        self._begun = 0
        turns: list[tuple[T, bool]] = []
        share = self._share
        while self._begun < share and self.queued:
            call = not self._others
            since, request = (self._calls if call else self._others).popleft()
            in_time = not call or now - since <= LATE_S
            self._begun += in_time
            self._read[call] -= 1
            turns.append((request, in_time))
        self._busy_since = now if self.queued else None
        return turns

    @property
    def _share(self) -> int:
        return max(MIN_PER_ROUND, round(ROUND_S / self.each_s))

    def _measure(self, took_s: float) -> None:
        counted_s = min(took_s, PAUSE * self.each_s * self._begun)
        self._time_s = self._time_s * MEMORY + counted_s
        self._count = self._count * MEMORY + self._begun
        self._rounds = self._rounds * MEMORY + 1
