"""Time limits of requests, all kept by one timer: a timer for each would cost more than the decision."""

import asyncio
from collections import deque
from types import TracebackType


class Limited:
    """Work that is cut off: `TimeoutError` where the `with` statement ends."""

    __slots__ = ("_cancelled_before", "over", "task", "until")

    def __init__(self, task: "asyncio.Task[object]", until: float) -> None:
        self.task: asyncio.Task[object] | None = task
        """None: it is done with."""
        self.until = until
        self.over = False
        self._cancelled_before = task.cancelling()

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """End; whoever else cancelled the task meanwhile is obeyed."""
        task, self.task = self.task, None
        if not self.over or task is None:
            return
        alone = task.uncancel() <= self._cancelled_before
        if alone and kind is asyncio.CancelledError:
            raise TimeoutError from fault


class TimeLimits:
    """Cuts off what takes too long.

    Work that begins later ends later: a limit that was made shorter holds when what began before it is over.
    """

    def __init__(self) -> None:
        self._begun: deque[Limited] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def of(self, seconds: float) -> Limited:
        """Return the limit of what this task is about to do."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "requests are tasks"
        limited = Limited(task, loop.time() + seconds)
        self._begun.append(limited)
        if self._timer is None:
            self._timer = loop.call_later(seconds, self._look, loop)
        return limited

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        begun, now = self._begun, loop.time()
        while begun and (begun[0].task is None or begun[0].until <= now):
            limited = begun.popleft()
            if limited.task is not None:
                limited.over = True
                limited.task.cancel()
        self._timer = loop.call_at(begun[0].until, self._look, loop) if begun else None
