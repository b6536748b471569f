"""Cells of the day's book: what is counted of a half hour by queue, tier and group, and how cells are added up."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from callcenter.lifecycle.measures import Tally
from callcenter.units import HOUR, MINUTE, SECOND, Millis

HALF_HOUR: Final = Millis(30 * MINUTE)
CLOSED_AFTER: Final = HALF_HOUR
"""So long after its end a half hour is closed; what is told later corrects it."""
Key = tuple[int, str, str, str]
"""Begin (UTC ms), queue, tier, group; `""`: none (a call that nobody answered has no group, presence no queue)."""
Sums = defaultdict[str, int]
WAITED: Final = "waited_"
"""With a wait in ms behind it: how many answered or abandoned calls waited so long. Counts add up, quantiles do not."""
THERE: Final = "there_"
"""With the begin of a half hour behind it: ms of it that an agent was logged in."""
STEPS: Final = ((10 * SECOND, 100), (5 * MINUTE, SECOND), (HOUR, 10 * SECOND))
"""Waits below the first are counted in steps of the second, ms; longer ones in minutes."""
OPEN_LATE: Final = "open_late"
"""Calls that wait still, past their threshold: true of an instant, so it is told and never kept."""
TALKING: Final = "talking"
"""Answered calls whose conversation goes on: their handling time is not known yet."""
WRAPPING: Final = "wrapping"
"""… whose after-call work goes on."""
GOES_ON: Final = "goes_on_ms"
"""Of an agent's time with customers that which is booked while the contact goes on: none of those that are over."""
RESULTS: Final = ("results_unsolved", "results_solved")
"""Calls of which the agent said what came of them."""
GREATEST: Final = frozenset({"wait_max_ms"})
"""Figures of which the greatest is told; all others add up."""
TALLY: Final = ("offered", "answered", "answered_in", "abandoned", "abandoned_in", "short_abandoned", "overflowed",
                "converted", "rejected", "failed")  # fmt: skip


def stepped(wait: int) -> int:
    """Return the step, ms, in which a wait is counted: a tenth of a second below 10 s, a second below five minutes.

    >>> [stepped(ms) for ms in (0, 1_234, 19_999, 20_000, 301_000, 4_000_000)]
    [0, 1200, 19000, 20000, 300000, 3960000]
    """
    step = next((step for below, step in STEPS if wait < below), MINUTE)
    return wait - wait % step


def merged(into: Sums, sums: Mapping[str, int]) -> None:
    """Add the figures of a cell to others."""
    for name, n in sums.items():
        into[name] = max(into[name], n) if name in GREATEST else into[name] + n


def tally(sums: Mapping[str, int], *, late: bool) -> Tally:
    """Return a cell's counts of calls; `late`: all that are open still have waited past their threshold."""
    found = Tally(**{name: sums.get(name, 0) for name in TALLY})
    ended = ("answered", "abandoned", "overflowed", "converted", "rejected", "failed")
    found.open = found.offered - sum(getattr(found, name) for name in ended)
    found.open_late = found.open if late else min(sums.get(OPEN_LATE, 0), found.open)  # some may be taken meanwhile
    return found


def rolled(
    cells: Iterable[tuple[Key, Mapping[str, int]]], by: Iterable[str], of: Callable[[int], int] = int
) -> Iterator[tuple[Key, Sums]]:
    """Yield the cells added up along what is not in `by` (queue, tier, group), in order of begin and name.

    `of`: begin of a half hour → begin of the stretch that it is added to, such as its day.
    """
    kept = tuple(name in by for name in ("queue", "tier", "group"))
    found: dict[Key, Sums] = {}
    for (begin, *where), sums in cells:
        names = tuple(name if keep else "" for name, keep in zip(where, kept, strict=True))
        merged(found.setdefault((of(begin), *names), defaultdict(int)), sums)  # type: ignore[arg-type]  # three names
    yield from ((key, sums) for key, sums in sorted(found.items()) if any(sums.values()))
