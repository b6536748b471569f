"""When a group has somebody to serve: the opening hours of its queues, day by day, as shifts have to keep to them."""

from collections.abc import Sequence

from callcenter.centre import Group, Queue
from callcenter.hours import Span, weekday
from callcenter.scenario import Scenario
from callcenter.skills import covers
from callcenter.units import DAY


def open_blocks(scenario: Scenario, group: str, day: int) -> tuple[Span, ...] | None:
    """Return the stretches from local midnight of `day` on, two days long, in which `group` is wanted.

    A day is wanted from its first opening to its last closing, what lies between (a closed noon) included; days that
    touch at midnight are one stretch. None: a queue that the group serves never closes.
    """
    mine = next(g for g in scenario.centre.groups if g.name == group)
    queues = [queue for queue in scenario.centre.queues if _serves(mine, queue)]
    if not queues or any(queue.hours is None for queue in queues):
        return None
    found = list[Span]()
    for offset in (-1, 0, 1, 2):
        spans = [span for queue in queues for span in _spans(scenario, queue, day + offset)]
        if spans:
            begin, end = min(b for b, _ in spans) + offset * DAY, max(e for _, e in spans) + offset * DAY
            if found and begin <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            else:
                found.append((begin, end))
    return tuple(found)


def _serves(group: Group, queue: Queue) -> bool:
    softest = [queue.needs, *(step.needs for step in queue.relaxation)]
    return any(covers(group.skills, needs) for needs in softest)


def _spans(scenario: Scenario, queue: Queue, day: int) -> list[Span]:
    """Return the queue's hours on a day, on the centre's clock."""
    assert queue.hours is not None
    theirs, ours = queue.hours.zone, scenario.centre.zone
    return [
        (
            ours.local(theirs.instant(day * DAY + begin)) - day * DAY,
            ours.local(theirs.instant(day * DAY + end)) - day * DAY,
        )
        for begin, end in queue.hours.spans(day)
    ]


def days_like(scenario: Scenario, weekdays: Sequence[int], days: Sequence[int], but: Sequence[int] = ()) -> list[int]:
    """Return a date for each day of the week: one that is measured where there is one, else the next after them.

    Without days of the week `days` are dates of their own, and all of them count. `but` are dates unlike their days.
    """
    if not weekdays:
        return list(days)
    measured = scenario.horizon.measured
    found = {weekday(day * DAY): day for day in reversed(days)}
    further = range(measured.stop + 7 * (len(but) + 1), measured.start - 1, -1)
    later = {weekday(day * DAY): day for day in further if day not in but}
    return [found.get(day, later[day]) for day in weekdays]
