"""Whether a day leaves the next one anything: calls that are on the line, or wait, at midnight."""

from collections.abc import Sequence
from math import inf
from typing import Final

from callcenter.centre import Centre, Queue
from callcenter.scenario import Law, LawKind, Rule, Stream
from callcenter.units import DAY, SECOND

LONGEST: Final = 10
"""So many mean times are a long one: of exponential times, one in 20,000 is longer."""


def lasts_overnight(
    centre: Centre, streams: Sequence[Stream], handling: Sequence[Rule], patience: Sequence[Rule]
) -> bool:
    """Tell whether calls of one day may still wait, or be talked to, when the next begins.

    Then a day that is lived alone begins as no day does: with nobody on the line.

    Args:
        centre: The queues and their hours.
        streams: Who calls when.
        handling: How long calls last.
        patience: How long callers wait; no rule is for ever.

    >>> from callcenter.centre import Group
    >>> centre = Centre("c", (Queue("q"),), (Group("g"),))
    >>> talk, wait = [Rule(Law(LawKind.EXPONENTIAL, 180.0))], [Rule(Law(LawKind.EXPONENTIAL, 300.0))]
    >>> [lasts_overnight(centre, [Stream("s", "q", (9.0,) * n)], talk, wait) for n in (40, 48)]
    [False, True]
    """
    queues = {queue.name: queue for queue in centre.queues}
    talk = LONGEST * max((_mean_s(rule.law) for rule in handling), default=0.0)
    wait = LONGEST * max((_mean_s(rule.law) for rule in patience), default=inf)
    for stream in streams:
        last = max((n + 1 for n, calls in enumerate(stream.calls) if calls > 0), default=0)
        if not last:
            continue
        closes = _closes(centre, queues[stream.queue])
        ends = stream.begin + last * stream.interval
        # Who waits when a queue closes is served by those who are there, or turned away: not for ever.
        lasts = ends + (talk + wait) * SECOND if closes is None else min(ends, closes) + talk * SECOND
        if lasts > DAY:
            return True
    return False


def _closes(centre: Centre, queue: Queue) -> int | None:
    """Return when `queue` closes at the latest, ms after midnight; None where it is open over a midnight."""
    if queue.hours is None or queue.hours.zone != centre.zone:
        return None
    days = (*queue.hours.week, *(spans for _, spans in queue.hours.special))
    latest = max((end for spans in days for _, end in spans), default=0)
    return None if latest == DAY else latest


def _mean_s(law: Law) -> float:
    match law.kind:
        case LawKind.NEVER:
            return inf
        case LawKind.EMPIRICAL:
            return sum(law.values_s) / max(1, len(law.values_s))
        case LawKind.MIXTURE:
            return max(_mean_s(part) for _, part in law.parts)
        case _:
            return law.mean_s
