"""Metric counts as plain data and back: a restarted service goes on counting, though its events are not all kept.

Without it, a service that restarts after its oldest events are gone would count less than it did before; Prometheus
would take that for a reset and add all of it once more.
"""

from typing import Any, Final

from callcenter.metrics.catalogue import WAIT
from callcenter.metrics.counting import Counting
from callcenter.metrics.numbers import Histogram, Meters

FORMAT: Final = 1
Plain = dict[str, Any]


def saved(counting: Counting, at: int) -> Plain:
    """Return what was counted up to the instant `at`, that of the last event heard."""
    return {
        "format": FORMAT,
        "passed": counting.calls.passed,
        "counts": {s.name: [[*labels, n] for labels, n in counts.items()] for s, counts in counting.counters()},
        "histograms": {
            series.name: [[*labels, [*h.edges], h.counts, h.total] for labels, h in histograms.items()]
            for series, histograms in counting.histograms()
        },
        "today": [
            counting.calls.today.begun,
            counting.calls.today.until,
            [[*labels, n] for labels, n in counting.calls.today.read(at).items()],
        ],
        "agent_ms": [[*labels, ms] for labels, ms in counting.time.by_group.sums(at).items()],
        "tier_ms": [[*labels, ms] for labels, ms in counting.time.by_tier.sums(at).items()],
    }


def resume(counting: Counting, plain: Plain, at: int) -> None:
    """Let the counts be those that were saved at `at`; who waits, rings and talks stays as it was heard."""
    if plain.get("format") != FORMAT:
        return
    counting.calls.pass_thresholds(plain.get("passed", at))  # those breaches are among the counts
    day = counting.calls.today
    today = day.read(at)
    for series, counts in counting.counters():
        for *labels, n in plain["counts"].get(series.name, ()):
            if len(labels) == len(series.labels):  # those of an older version may lack one: they begin anew
                counts[tuple(labels)] = n
    was = plain.get("histograms", {WAIT.name: plain.get("waits", ())})  # an older version knew of waits alone
    for series, histograms in counting.histograms():
        for *labels, edges, counts, total in was.get(series.name, ()):
            found = Histogram(edges)
            found.counts, found.total = counts, total
            there = histograms.get(tuple(labels))
            if there is None or there.edges == found.edges:
                histograms[tuple(labels)] = found
    begun, until, saved_today = plain.get("today", (day.begun, day.until, None))
    # What an older version saved tells nothing of the day: it is what was heard of it.
    day.go_on(begun, until, today if saved_today is None else {tuple(labels): n for *labels, n in saved_today})
    for meters, name in ((counting.time.by_group, "agent_ms"), (counting.time.by_tier, "tier_ms")):
        _resume(meters, plain[name], at)


def _resume(meters: Meters, sums: list[list[Any]], at: int) -> None:
    for *labels, ms in sums:
        meters.set_to(tuple(labels), ms, at)
