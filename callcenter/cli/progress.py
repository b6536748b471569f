"""A bar on standard error for work of more than two seconds; plain lines where that is no terminal."""

import math
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from threading import current_thread, main_thread
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Never, Self

from callcenter.language.spoken import _

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SOON_S: Final = 2.0
"""What is over sooner needs no bar."""
DRAWN_S: Final = 0.1
"""Between two drawings of the bar."""
TENTHS: Final = 10
BLOCKS: Final = 5
"""In which the steps that are done are looked at: hiring workers holds up one of them, not the others."""
ENOUGH: Final = 2 * BLOCKS
"""Steps from which a time is told, where they are less than a tenth of all."""
TERMINATED: Final = 128 + signal.SIGTERM
"""Exit status of a process that was asked to end."""


class Pace:
    """How long work of equal steps takes still, by the steps that are done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:  # noqa: TID251  # shown, never part of what comes out
        self._clock = clock
        self._steps: list[tuple[float, int]] = []

    def __call__(self, done: int) -> None:
        """Take note of how many steps are done."""
        if not self._steps or done > self._steps[-1][1]:
            self._steps.append((self._clock(), done))

    def left_s(self, wanted: int) -> float | None:
        """Return how many seconds it takes until so many are done; None where that cannot be told yet.

        The first step does not count: it also loads what the others find there. Nor does the slowest of some blocks
        of the others, in which workers may have been hired.
        """
        steps = self._steps[1:] if self._steps and self._steps[0][1] == 0 else self._steps
        if len(steps) < 2:
            return None
        if steps[-1][1] - steps[0][1] < ENOUGH and steps[-1][1] * TENTHS < wanted:
            return None
        blocks = min(BLOCKS, max(1, (len(steps) - 1) // 2))
        ends = [steps[n * (len(steps) - 1) // blocks] for n in range(blocks + 1)]
        took = sorted((until - begun, after - before) for (begun, before), (until, after) in pairwise(ends))
        counted = took[:-1] or took
        return sum(s for s, _ in counted) / sum(n for _, n in counted) * (wanted - steps[-1][1])


class Bar:
    """Counts replications; shows itself when the work takes a while.

    Called with how many are done and how many are wanted, which may grow. Nothing is written to standard output.
    Work whose parts take what nobody knows beforehand (`timed` false) names its part (`turn_to`) and no time left.
    While the work lasts, being asked to end (SIGTERM) unwinds it as Ctrl-C does: workers would outlive us otherwise.
    It has no thread: beside one, workers could not be forked (`sim.experiment.workers`). An alarm shows it.
    """

    def __init__(self, what: str, wanted: int, *, timed: bool = True) -> None:
        self._timed = timed
        self._what = what
        self._wanted = wanted
        self._done = 0
        self._said = 0
        self._pace = Pace()
        self._late = False
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._drawn = 0.0
        self._before: dict[int, Any] = {}
        """Handlers of signals from before."""

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"),
            console=Console(file=sys.stderr), transient=True, auto_refresh=False,
        )  # fmt: skip
        self._task = self._bar.add_task(self._what, total=self._wanted, left="")
        if current_thread() is main_thread():
            for number, handler in ((signal.SIGTERM, _end), (signal.SIGALRM, self._rung)):
                self._before[number] = signal.signal(number, handler)
            signal.setitimer(signal.ITIMER_REAL, SOON_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._before:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._bar is not None and self._late and self._bar.console.is_terminal:
            self._bar.stop()

    def turn_to(self, what: str) -> None:
        """Begin another part of the work, with a count of its own."""
        if what != self._what:
            self._what, self._said, self._pace = what, 0, Pace()
            if self._bar is not None and self._task is not None:
                self._bar.reset(self._task, description=what)

    def __call__(self, done: int, wanted: int) -> None:
        """Take note of how far the work is."""
        self._done, self._wanted = done, wanted
        if self._bar is None or self._task is None:
            return
        self._pace(done)
        self._bar.update(self._task, completed=done, total=wanted, left=self._left().lstrip(",， "))
        if self._late:
            self._draw() if self._bar.console.is_terminal else self._tell()

    def _rung(self, number: int, frame: FrameType | None) -> None:
        with suppress(RuntimeError):  # in the midst of a line to a full pipe, nothing else can be written
            self._show()

    def _show(self) -> None:
        if self._bar is None:
            return
        self._late = True
        if self._bar.console.is_terminal:
            self._bar.start()
        else:
            self._tell()

    def _draw(self) -> None:
        now = time.monotonic()  # noqa: TID251  # as in `Pace`
        if self._bar is not None and now - self._drawn >= DRAWN_S:
            self._drawn = now
            self._bar.refresh()

    def _tell(self) -> None:
        """Print a line at each tenth of the way."""
        tenth = TENTHS * self._done // max(1, self._wanted)
        if self._said and tenth < self._said:
            return
        self._said = tenth + 1
        left, line = self._left(), _("{what}: {part} of {whole}", what=self._what, part=self._done, whole=self._wanted)
        print(line + left, file=sys.stderr, flush=True)

    def _left(self) -> str:
        left = self._pace.left_s(self._wanted) if self._timed and self._done < self._wanted else None
        return "" if left is None else _(", about {seconds:.0f} s left", seconds=left)


def _end(number: int, frame: FrameType | None) -> Never:
    raise SystemExit(TERMINATED)


class Patience:
    """How long a search may go on: until a time limit, or Ctrl-C, asks for the best so far (a second one ends it)."""

    def __init__(self, limit_s: float | None) -> None:
        self._limit_s = math.inf if limit_s is None else limit_s
        self._until = math.inf
        self._stopped = False
        self._before: Any = None

    def __enter__(self) -> Self:
        self._until = time.monotonic() + self._limit_s  # noqa: TID251  # how long one wants to wait, in seconds of one's own
        if current_thread() is main_thread():
            self._before = signal.signal(signal.SIGINT, self._asked)
        return self

    def __exit__(self, *why: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def is_over(self) -> bool:
        """Tell whether the search is to end with what it has."""
        return self._stopped or time.monotonic() >= self._until  # noqa: TID251  # as above

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if self._stopped:
            raise KeyboardInterrupt
        self._stopped = True
        print(_("ending with the best so far; once more to end at once"), file=sys.stderr, flush=True)
