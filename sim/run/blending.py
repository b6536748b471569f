"""What callers pay for campaign and care calls: their waits while somebody who could take them talked to a list.

It is the talk in progress and nothing else (`tests/rules/test_outreach.py`). A wait moves what comes after it, so what
lists cost in all is told by a comparison with a day without them, call by call (`compare … --set outreach=[]`).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from callcenter import events as ev
from callcenter.callbacks import OUTREACH
from callcenter.centre import Centre, widest
from callcenter.skills import covers
from sim.model.streams import Ints
from sim.run.columns import Columns

BEHIND_COUNTS: Final = ("calls", "wait_ms")
Span = tuple[int, int]


class ListTalks:
    """Hears when agents are busy with customers of lists, after-call work included."""

    def __init__(self) -> None:
        self._since: dict[str, tuple[str, int]] = {}
        """Task → group, instant."""
        self.spans: defaultdict[str, list[Span]] = defaultdict(list)
        """Group → from, to."""
        self.folds: dict[type[ev.Event], Callable[..., None]] = {
            ev.TaskAttempted: self._attempted, ev.TaskNotReached: self._over, ev.TaskCompleted: self._over,
            ev.TaskCallAgain: self._over, ev.WrapUpEnded: self._wrapped_up,
        }  # fmt: skip

    def _attempted(self, event: ev.TaskAttempted) -> None:
        if event.kind in OUTREACH:
            self._since[event.task_id] = event.group, event.at

    def _over(self, event: ev.TaskNotReached | ev.TaskCompleted | ev.TaskCallAgain) -> None:
        found = self._since.get(event.task_id)
        if found is not None:
            self.spans[found[0]].append((found[1], event.at))

    def _wrapped_up(self, event: ev.WrapUpEnded) -> None:
        if event.subject in self._since:
            self.spans[event.group].append((event.started_at, event.at))

    def before(self, groups: Sequence[str], instants: Ints) -> Ints:
        """Return how long, ms, before each instant at least one agent of the groups was so busy."""
        spans = sorted(span for group in groups for span in self.spans[group])
        begins, ends = _union(spans)
        if not len(begins):
            return np.zeros(len(instants), np.int64)
        whole = np.concatenate(([0], np.cumsum(ends - begins)))
        n = np.searchsorted(begins, instants, side="right")
        last = np.maximum(n - 1, 0)
        inside: Ints = np.where(n > 0, np.clip(instants, begins[last], ends[last]) - begins[last], 0)
        return np.where(n > 0, whole[last] + inside, 0)


def _union(spans: Sequence[Span]) -> tuple[Ints, Ints]:
    """Return begins and ends of what sorted spans cover together."""
    found: list[list[int]] = []
    for begin, end in spans:
        if found and begin <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([begin, end])
    table = np.array(found, np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def waited_behind(centre: Centre, talks: ListTalks, columns: Columns) -> Ints:
    """Return, for each tier, how many calls waited while an agent who could take them talked to a list, and how long.

    Returns:
        Shape (tiers, 2): count, ms.
    """
    table = np.zeros((len(centre.tiers), len(BEHIND_COUNTS)), np.int64)
    for n, queue in enumerate(centre.queues):
        groups = [group.name for group in centre.groups if covers(group.skills, widest(queue))]
        mine = columns.queue == n
        tiers = columns.tier[mine]
        behind = talks.before(groups, columns.left[mine]) - talks.before(groups, columns.queued[mine])
        for tier in range(len(table)):
            waits = behind[tiers == tier]
            table[tier] += np.count_nonzero(waits), int(waits.sum())
    return table
