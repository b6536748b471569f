"""Which groups answer which queues: queues and groups that share anybody are one pool."""

from dataclasses import dataclass

from callcenter.centre import Centre, Queue, widest
from callcenter.skills import covers


@dataclass(frozen=True, slots=True)
class Pool:
    """Queues and the groups that serve them, closed: nobody outside takes or sends a call."""

    queues: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the pool as people call it: its groups."""
        return "+".join(self.groups)

    @property
    def shared(self) -> bool:
        """Tell whether several groups share its work, so that a split between them is our choice."""
        return len(self.groups) > 1


def groups_of(centre: Centre, queue: Queue) -> list[str]:
    """Return the groups that may take a call of `queue` at once (or, if there are none, after it has waited)."""
    at_once = [group.name for group in centre.groups if covers(group.skills, queue.needs)]
    return at_once or [group.name for group in centre.groups if covers(group.skills, widest(queue))]


def pools(centre: Centre) -> list[Pool]:
    """Return the pools of a centre, in the order of their first queue; a group that serves no queue is in none.

    Skills relaxed after a wait do not join pools: what they add is help, not the plan.
    """
    serving = {queue.name: groups_of(centre, queue) for queue in centre.queues}
    found: list[tuple[list[str], list[str]]] = []
    for queue, groups in serving.items():
        mine = [part for part in found if any(group in part[1] for group in groups)]
        found = [part for part in found if part not in mine]
        queues = [name for part in mine for name in part[0]] + [queue]
        joined = [name for part in mine for name in part[1]]
        found.append((queues, joined + [name for name in groups if name not in joined]))
    order = [queue.name for queue in centre.queues]
    found.sort(key=lambda part: min(order.index(name) for name in part[0]))
    return [
        Pool(tuple(sorted(queues, key=order.index)), tuple(g.name for g in centre.groups if g.name in groups))
        for queues, groups in found
    ]
