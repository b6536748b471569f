"""One replication in numbers: what its records come to, as small arrays that can be sent between processes."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from callcenter.measures import COUNTS, DEFAULT_THRESHOLD, OCCUPIED, CallRecord, Ledger, Tally, TaskRecord
from callcenter.scenario import Scenario
from callcenter.units import Millis
from sim.driver import Day
from sim.streams import Floats, Ints

TASK_COUNTS: Final = (
    "scheduled",
    "completed",
    "attempted_in_time",
    "reached_in_time",
    "unreachable",
    "out_of_time",
    "cancelled",
    "superseded",
    "late",
    "open",
)
SUMS: Final = ("wait_answered_ms", "handling_ms", "talk_ms", "ring_ms", "agent_ms", "wait_all_ms")
"""What is added up over the calls of a tier (agent_ms: over outbound tasks too)."""


@dataclass(slots=True)
class Figures:
    """The measured part of one replication; tiers in the order of the centre."""

    counts: Ints
    """Tier x interval of arrival x `COUNTS`: first segments, which are what a contact is judged on."""
    queue_counts: Ints
    """Queue x tier x `COUNTS`: every segment in its own queue."""
    sums: Floats
    """Tier x `SUMS`."""
    interval_sums: Floats
    """Interval x (wait_answered_ms, occupied ms, ready ms)."""
    waits: list[Ints]
    """Per tier: waits of answered and abandoned calls, ms, in order of arrival."""
    tasks: Ints
    """Tier x `TASK_COUNTS`."""
    spans: dict[str, dict[str, int]]
    """Group → ms logged in, not ready, ring, talk, wrap_up, dial within the measured stretch."""
    repeats: Ints
    """Tier: calls whose customer had called the same queue within the 24 h before."""
    refused: int
    self_served: int
    hung_up_in_menu: int
    records: list[CallRecord] = field(default_factory=list)
    """Only where asked for: every measured segment."""
    task_records: list[TaskRecord] = field(default_factory=list)

    def tally(self, tier: int | None = None, interval: int | None = None) -> Tally:
        """Return the counts of a tier (None: all) in an interval (None: all)."""
        part = self.counts if tier is None else self.counts[tier : tier + 1]
        part = part if interval is None else part[:, interval : interval + 1]
        return Tally(*(int(n) for n in part.sum(axis=(0, 1))))


def interval_starts(day: Day) -> list[int]:
    """Return the instants at which the intervals of the measured stretch begin, UTC ms."""
    return list(range(day.measured_from, day.measured_until, day.scenario.interval))


def figures(day: Day, *, keep_records: bool = False) -> Figures:
    """Return what a day that has been lived comes to; calls that came outside the measured stretch do not count."""
    scenario, ledger = day.scenario, day.ledger
    begin, end, now = day.measured_from, day.measured_until, day.now
    mine = [r for r in ledger.calls if begin <= r.queued_at < end]
    tasks = [t for t in ledger.tasks if begin <= t.scheduled_at < end]
    starts = len(interval_starts(day))
    first = [r for r in mine if r.first_segment]
    counts, waits = _count(scenario, first, begin, now, starts)
    found = Figures(
        counts=counts,
        queue_counts=_count_by_queue(scenario, mine, now),
        sums=_sums(scenario, mine, ledger, begin, end),
        interval_sums=_interval_sums(scenario, first, ledger, begin, end, starts),
        waits=waits,
        tasks=_count_tasks(scenario, tasks),
        spans=_spans(scenario, ledger, begin, end),
        repeats=_repeats(scenario, day, mine),
        refused=day.refused,
        self_served=day.callers.self_served,
        hung_up_in_menu=day.callers.hung_up_in_menu,
        records=mine if keep_records else [],
        task_records=tasks if keep_records else [],
    )
    _check_identity(found)
    return found


def _check_identity(found: Figures) -> None:
    """Every offered call is in exactly one outcome: an accounting fault of ours is a crash."""
    tally = found.tally()
    parts = tally.answered + tally.abandoned + tally.overflowed + tally.converted
    assert tally.offered == parts + tally.rejected + tally.failed + tally.open, "a call was lost or counted twice"


def thresholds(scenario: Scenario) -> list[int]:
    """Return T of each tier in ms: its target's, else 20 s."""
    return [t.target.within if t.target is not None else DEFAULT_THRESHOLD for t in scenario.centre.tiers]


_COLUMN: Final = {name: n for n, name in enumerate(COUNTS)}
_OUTCOME_COLUMN: Final = {
    name: _COLUMN[name] for name in ("answered", "abandoned", "overflowed", "converted", "rejected", "failed", "open")
}


def _count(
    scenario: Scenario, records: list[CallRecord], begin: int, now: int, intervals: int
) -> tuple[Ints, list[Ints]]:
    """Return the counts by tier and interval of arrival, and the waits by tier."""
    names = {t.name: n for n, t in enumerate(scenario.centre.tiers)}
    n = len(records)
    tier = np.fromiter((names[r.tier] for r in records), np.int64, n)
    queued = np.fromiter((r.queued_at for r in records), np.int64, n)
    left = np.fromiter((now if r.left_at is None else r.left_at for r in records), np.int64, n)
    outcome = np.fromiter((_OUTCOME_COLUMN[r.outcome] for r in records), np.int64, n)
    short = np.fromiter((r.short for r in records), np.bool_, n)
    wait = left - queued
    limit = np.array(thresholds(scenario), np.int64)[tier] if n else wait
    interval = np.minimum((queued - begin) // scenario.interval, intervals - 1)
    counts = np.zeros((len(names), intervals, len(COUNTS)), np.int64)
    answered, abandoned = outcome == _COLUMN["answered"], outcome == _COLUMN["abandoned"]
    is_open = outcome == _COLUMN["open"]
    for column, mask in (
        ("offered", np.ones(n, np.bool_)),
        ("answered_in", answered & (wait <= limit)),
        ("abandoned_in", abandoned & (wait <= limit)),
        ("short_abandoned", abandoned & short),
        ("open_late", is_open & (wait > limit)),
        *((name, outcome == place) for name, place in _OUTCOME_COLUMN.items()),
    ):
        np.add.at(counts[:, :, _COLUMN[column]], (tier[mask], interval[mask]), 1)
    decided = answered | abandoned
    return counts, [wait[decided & (tier == t)] for t in range(len(names))]


def _count_by_queue(scenario: Scenario, records: list[CallRecord], now: int) -> Ints:
    tiers = {t.name: n for n, t in enumerate(scenario.centre.tiers)}
    limits = thresholds(scenario)
    tallies = {(q.name, t): Tally() for q in scenario.centre.queues for t in tiers}
    for record in records:
        record.count(tallies[record.queue, record.tier], limits[tiers[record.tier]], Millis(now))
    flat = [[getattr(tallies[q.name, t], name) for name in COUNTS] for q in scenario.centre.queues for t in tiers]
    return np.array(flat, np.int64).reshape(len(scenario.centre.queues), len(tiers), len(COUNTS))


def _sums(scenario: Scenario, records: list[CallRecord], ledger: Ledger, begin: int, end: int) -> Floats:
    names = {t.name: n for n, t in enumerate(scenario.centre.tiers)}
    sums = np.zeros((len(names), len(SUMS)))
    for r in records:
        if r.left_at is None:
            continue
        row = sums[names[r.tier]]
        if r.first_segment and r.outcome in {"answered", "abandoned"}:
            row[5] += r.left_at - r.queued_at
        if r.outcome == "answered":
            if r.first_segment:
                row[0] += r.left_at - r.queued_at
            talk = r.talk_ms or 0
            row[1] += talk + r.wrap_ms
            row[2] += talk
            row[3] += r.left_at - (r.offered_at or r.left_at)
            row[4] += r.agent_ms()
    for span in ledger.spans:
        if span.what == "dial" and span.tier in names and begin <= span.begin < end:
            sums[names[span.tier], 4] += span.end - span.begin
    return sums


def _interval_sums(
    scenario: Scenario, records: list[CallRecord], ledger: Ledger, begin: int, end: int, intervals: int
) -> Floats:
    """Return by interval: waits of answered calls that arrived in it, agents' occupied and ready time in it."""
    sums = np.zeros((intervals, 3))
    everything = list(ledger.all_spans())
    length = scenario.interval
    for r in records:
        if r.outcome == "answered" and r.left_at is not None:
            sums[min((r.queued_at - begin) // length, intervals - 1), 0] += r.left_at - r.queued_at
    edges = begin + length * np.arange(intervals + 1)
    edges[-1] = end
    for column, plus, minus in ((1, OCCUPIED, ()), (2, ("logged_in",), ("not_ready",))):
        for what, sign in ((plus, 1.0), (minus, -1.0)):
            spans = [s for s in everything if s.what in what]
            if spans:
                low = np.array([s.begin for s in spans])
                high = np.array([s.end for s in spans])
                sums[:, column] += sign * np.diff(_time_before(edges, low, high))
    return sums


def _time_before(edges: Ints, low: Ints, high: Ints) -> Floats:
    """Return, for each edge, how much of all spans lies before it."""
    starts, ends = np.sort(low), np.sort(high)
    started, ended = np.searchsorted(starts, edges), np.searchsorted(ends, edges)
    sum_starts = np.concatenate(([0.0], np.cumsum(starts, dtype=np.float64)))
    sum_ends = np.concatenate(([0.0], np.cumsum(ends, dtype=np.float64)))
    before = started * edges.astype(np.float64) - sum_starts[started]
    return np.asarray(before - (ended * edges.astype(np.float64) - sum_ends[ended]))


def _count_tasks(scenario: Scenario, tasks: list[TaskRecord]) -> Ints:
    names = {t.name: n for n, t in enumerate(scenario.centre.tiers)}
    counts = np.zeros((len(names), len(TASK_COUNTS)), np.int64)
    place = {name: n for n, name in enumerate(TASK_COUNTS)}
    for task in tasks:
        row = counts[names[task.tier]]
        row[place["scheduled"]] += 1
        row[place[task.outcome]] += 1
        row[place["attempted_in_time"]] += task.attempted_in_time
        row[place["reached_in_time"]] += task.reached_in_time
        row[place["late"]] += task.late
    return counts


def _spans(scenario: Scenario, ledger: Ledger, begin: int, end: int) -> dict[str, dict[str, int]]:
    found = {g.name: dict.fromkeys(("logged_in", "not_ready", *OCCUPIED), 0) for g in scenario.centre.groups}
    for span in ledger.all_spans():
        inside = min(span.end, end) - max(span.begin, begin)
        if inside > 0:
            found[span.group][span.what] += inside
    return found


_DAY_MS: Final = 86_400_000


def _repeats(scenario: Scenario, day: Day, records: list[CallRecord]) -> Ints:
    """Count, by tier, first segments whose customer was in the same queue within the 24 h before."""
    names = {t.name: n for n, t in enumerate(scenario.centre.tiers)}
    repeats = np.zeros(len(names), np.int64)
    last: dict[tuple[str, str], int] = {}
    for record in day.ledger.calls:
        if not record.first_segment:
            continue
        key = (day.callers.customer[day.customers.number(record.call_id)], record.queue)
        before = last.get(key)
        last[key] = record.queued_at
        counted = day.measured_from <= record.queued_at < day.measured_until
        if counted and before is not None and record.queued_at - before <= _DAY_MS:
            repeats[names[record.tier]] += 1
    return repeats
