"""Expected calls by queue, tier and interval as streams of a scenario file."""

from callcenter.config.tree import Tree
from callcenter.config.words import WEEKDAYS
from sim.analysis.fit.arrivals import WeekdayClass
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.spelling import clock_text, days_text, trimmed
from sim.model.streams import Floats


def streams_of(log: CallLog, group: WeekdayClass) -> list[Tree]:
    """Return the streams of the weekdays of a class."""
    days = "-".join(WEEKDAYS[day] for day in group.weekdays) if len(group.weekdays) < 7 else "all"
    return stream_mappings(log, group.calls, days, days_text(group.weekdays))


def stream_mappings(log: CallLog, calls: Floats, name: str, weekdays: Tree) -> list[Tree]:
    """Return streams of expected calls, shape (queues, tiers, intervals): one for each queue and tier."""
    found: list[Tree] = []
    for q, queue in enumerate(log.queues):
        for t, tier in enumerate(log.tiers):
            first, values = trimmed([round(float(value), 3) for value in calls[q, t]])
            if values:
                stream: dict[str, Tree] = {
                    "name": f"{queue} {tier} {name}",
                    "queue": queue,
                    "from": clock_text(first * log.columns.interval),
                    "calls": list(values),
                    "tiers": {tier: 1.0},
                    "weekdays": weekdays,
                }
                found.append(stream)
    return found
