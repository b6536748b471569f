"""One replication in numbers: what its records come to, as small arrays that can be sent between processes."""

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Final

import numpy as np

from callcenter.measures import COUNTS, DEFAULT_THRESHOLD, OCCUPIED, OUTCOMES, CallRecord, Ledger, Tally, TaskRecord
from callcenter.scenario import Scenario
from sim.demand import Bools
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
    group_ms: Ints
    """Group x tier: agents' time on calls and outbound tasks, ms."""
    repeats: Ints
    """Tier: calls whose customer had called the same queue within the 24 h before."""
    expected_waits: Ints
    """Tier x (told, within P50, within P90): forecasts of the wait, scored; those who hung up sooner than told
    cannot be scored and do not count."""
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


@dataclass(slots=True)
class _Columns:
    """The measured records as arrays of one length, and what they are counted against."""

    tier: Ints
    queue: Ints
    queued: Ints
    left: Ints
    """When the wait ended; the end of the run for those still open."""
    ring: Ints
    """How long the phone rang that was answered, ms."""
    talk: Ints
    wrap: Ints
    outcome: Ints
    short: Bools
    first: Bools
    limit: Ints
    """T of the call's tier, ms."""
    group: Ints
    """Of the agent who answered; NOBODY where nobody did."""
    ended: Bools
    """Talked to the end."""

    def only(self, which: Bools) -> "_Columns":
        """Return some of them."""
        return self if which.all() else _Columns(*(getattr(self, field.name)[which] for field in fields(self)))

    @property
    def wait(self) -> Ints:
        """How long each waited, ms."""
        return self.left - self.queued


_FIELDS: Final = attrgetter(
    "tier", "queue", "queued_at", "left_at", "offered_at", "talk_ms", "wrap_ms", "outcome", "short", "call_id", "group"
)
NOBODY: Final = -1
_COLUMN: Final = {name: n for n, name in enumerate(COUNTS)}


def _columns(scenario: Scenario, records: list[CallRecord], now: int) -> _Columns:
    """Return the records as arrays, in one pass."""
    tiers = {t.name: n for n, t in enumerate(scenario.centre.tiers)}
    queues = {q.name: n for n, q in enumerate(scenario.centre.queues)}
    groups: dict[str | None, int] = {g.name: n for n, g in enumerate(scenario.centre.groups)}
    rows = list(zip(*map(_FIELDS, records), strict=True)) or [()] * 11
    tier, queue, queued, left, offered, talk, wrap, outcome, short, ids, group = rows
    tier_places = np.array([tiers[name] for name in tier], np.int64)
    left_at = np.array([now if at is None else at for at in left], np.int64)
    rang = [end if at is None else at for at, end in zip(offered, left_at.tolist(), strict=True)]
    return _Columns(
        tier=tier_places,
        queue=np.array([queues[name] for name in queue], np.int64),
        queued=np.array(queued, np.int64),
        left=left_at,
        ring=left_at - np.array(rang, np.int64),
        talk=np.array([ms or 0 for ms in talk], np.int64),
        wrap=np.array(wrap, np.int64),
        outcome=np.array([_COLUMN[name] for name in outcome], np.int64),
        short=np.array(short, np.bool_),
        first=np.array(["/s" not in call_id for call_id in ids], np.bool_),
        limit=np.array(thresholds(scenario), np.int64)[tier_places],
        group=np.array([groups.get(name, NOBODY) for name in group], np.int64),
        ended=np.array([ms is not None for ms in talk], np.bool_),
    )


def figures(day: Day, *, keep_records: bool = False) -> Figures:
    """Return what a day that has been lived comes to; calls that came outside the measured stretch do not count."""
    scenario, ledger = day.scenario, day.ledger
    begin, end, now = day.measured_from, day.measured_until, day.now
    everything = _columns(scenario, ledger.calls, now)
    mine = [r for r in ledger.calls if begin <= r.queued_at < end]
    tasks = [t for t in ledger.tasks if begin <= t.scheduled_at < end]
    spans = _Spans(ledger, everything, [g.name for g in scenario.centre.groups])
    columns = everything.only((everything.queued >= begin) & (everything.queued < end))
    interval = np.minimum((columns.queued - begin) // scenario.interval, len(interval_starts(day)) - 1)
    shape = (len(scenario.centre.tiers), len(interval_starts(day)))
    decided = columns.first & ((columns.outcome == _COLUMN["answered"]) | (columns.outcome == _COLUMN["abandoned"]))
    found = Figures(
        counts=_count(columns, columns.first, (columns.tier, interval), shape),
        queue_counts=_count(
            columns,
            np.ones(len(mine), np.bool_),
            (columns.queue, columns.tier),
            (len(scenario.centre.queues), shape[0]),
        ),
        sums=_sums(scenario, columns, ledger, begin, end),
        interval_sums=_interval_sums(columns, interval, spans, _edges(day)),
        waits=[columns.wait[decided & (columns.tier == t)] for t in range(shape[0])],
        tasks=_count_tasks(scenario, tasks),
        spans=spans.inside(begin, end),
        group_ms=_group_time(scenario, columns, ledger, begin, end),
        repeats=_repeats(day),
        expected_waits=_score_forecasts(day, mine),
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


def _count(columns: _Columns, which: Bools, by: tuple[Ints, Ints], shape: tuple[int, int]) -> Ints:
    """Return the counts of `which` calls by two indexes, as an array of `shape` x `COUNTS`."""
    within = columns.wait <= columns.limit
    answered, abandoned = columns.outcome == _COLUMN["answered"], columns.outcome == _COLUMN["abandoned"]
    cell = (by[0] * shape[1] + by[1])[which]
    counts = np.zeros((shape[0] * shape[1], len(COUNTS)), np.int64)

    def add(column: str, mask: Bools) -> None:
        counts[:, _COLUMN[column]] = np.bincount(cell[mask[which]], minlength=len(counts))

    for name in OUTCOMES:
        add(name, columns.outcome == _COLUMN[name])
    add("offered", np.ones(len(columns.tier), np.bool_))
    add("answered_in", answered & within)
    add("abandoned_in", abandoned & within)
    add("short_abandoned", abandoned & columns.short)
    add("open_late", (columns.outcome == _COLUMN["open"]) & ~within)
    return counts.reshape(*shape, len(COUNTS))


def _sums(scenario: Scenario, columns: _Columns, ledger: Ledger, begin: int, end: int) -> Floats:
    """Return what is added up over the calls of each tier, in the order of `SUMS`."""
    answered, abandoned = columns.outcome == _COLUMN["answered"], columns.outcome == _COLUMN["abandoned"]
    names = {t.name: n for n, t in enumerate(scenario.centre.tiers)}

    def total(what: Ints, mask: Bools) -> Floats:
        weights = what[mask].astype(np.float64)
        return np.asarray(np.bincount(columns.tier[mask], weights=weights, minlength=len(names)), np.float64)

    sums = {
        "wait_answered_ms": total(columns.wait, answered & columns.first),
        "handling_ms": total(columns.talk + columns.wrap, answered),
        "talk_ms": total(columns.talk, answered),
        "ring_ms": total(columns.ring, answered),
        "agent_ms": total(columns.ring + columns.talk + columns.wrap, answered),
        "wait_all_ms": total(columns.wait, (answered | abandoned) & columns.first),
    }
    for span in ledger.spans:
        if span.what in {"dial", "talk"} and span.tier in names and begin <= span.begin < end:  # outbound tasks
            sums["agent_ms"][names[span.tier]] += span.end - span.begin
    return np.stack([sums[name] for name in SUMS], axis=1)


def _group_time(scenario: Scenario, columns: _Columns, ledger: Ledger, begin: int, end: int) -> Ints:
    """Return agents' time by group and tier, ms: ring, talk, wrap-up and dialling."""
    tiers = {t.name: n for n, t in enumerate(scenario.centre.tiers)}
    groups = {g.name: n for n, g in enumerate(scenario.centre.groups)}
    served = (columns.outcome == _COLUMN["answered"]) & (columns.group != NOBODY)
    cell = columns.group[served] * len(tiers) + columns.tier[served]
    spent = (columns.ring + columns.talk + columns.wrap)[served].astype(np.float64)
    found = np.bincount(cell, weights=spent, minlength=len(groups) * len(tiers)).astype(np.int64)
    found = found.reshape(len(groups), len(tiers))
    for span in ledger.spans:
        if span.what in {"dial", "talk"} and span.tier in tiers and begin <= span.begin < end:  # outbound tasks
            found[groups[span.group], tiers[span.tier]] += span.end - span.begin
    return found


def _edges(day: Day) -> Ints:
    """Return where the intervals of the measured stretch begin, and where the last one ends."""
    return np.array([*interval_starts(day), day.measured_until], np.int64)


class _Spans:
    """Agents' time as arrays: begins and ends by what it was and by group."""

    def __init__(self, ledger: Ledger, calls: _Columns, groups: list[str]) -> None:
        whats = ("logged_in", "not_ready", *OCCUPIED)
        cells: dict[tuple[str, str], tuple[list[int], list[int]]] = {(w, g): ([], []) for w in whats for g in groups}
        for span in ledger.spans:
            begins, ends = cells[span.what, span.group]
            begins.append(span.begin)
            ends.append(span.end)
        self._cells = {key: (np.array(b, np.int64), np.array(e, np.int64)) for key, (b, e) in cells.items()}
        self._groups = groups
        for n, group in enumerate(groups):
            theirs = calls.group == n
            talked, rang = theirs & calls.ended, theirs & (calls.ring > 0)
            self._add("talk", group, calls.left[talked], (calls.left + calls.talk)[talked])
            self._add("ring", group, (calls.left - calls.ring)[rang], calls.left[rang])

    def _add(self, what: str, group: str, begins: Ints, ends: Ints) -> None:
        more_begins, more_ends = self._cells[what, group]
        self._cells[what, group] = (np.concatenate((more_begins, begins)), np.concatenate((more_ends, ends)))

    def inside(self, begin: int, end: int) -> dict[str, dict[str, int]]:
        """Return by group and kind how much of it lies between two instants, ms."""
        found: dict[str, dict[str, int]] = {group: {} for group in self._groups}
        for (what, group), (begins, ends) in self._cells.items():
            found[group][what] = int(np.maximum(np.minimum(ends, end) - np.maximum(begins, begin), 0).sum())
        return found

    def between(self, edges: Ints, whats: tuple[str, ...]) -> Floats:
        """Return how much time of these kinds lies between each edge and the next, ms, all groups together."""
        cells = [self._cells[what, group] for what in whats for group in self._groups]
        if not cells:
            return np.zeros(len(edges) - 1)
        return np.diff(
            _time_before(edges, np.concatenate([b for b, _ in cells]), np.concatenate([e for _, e in cells]))
        )


def _interval_sums(columns: _Columns, interval: Ints, spans: _Spans, edges: Ints) -> Floats:
    """Return by interval: waits of answered calls that arrived in it, agents' occupied and ready time in it."""
    answered = columns.first & (columns.outcome == _COLUMN["answered"])
    waits = np.bincount(interval[answered], weights=columns.wait[answered].astype(np.float64), minlength=len(edges) - 1)
    ready = spans.between(edges, ("logged_in",)) - spans.between(edges, ("not_ready",))
    return np.stack([waits, spans.between(edges, OCCUPIED), ready], axis=1)


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


def _score_forecasts(day: Day, records: list[CallRecord]) -> Ints:
    """Count, by tier, forecasts that can be scored and those that held."""
    names = {t.name: n for n, t in enumerate(day.scenario.centre.tiers)}
    scores = np.zeros((len(names), 3), np.int64)
    told = day.customers.told
    for record in records:
        band = told.get(record.call_id)
        if band is None or record.left_at is None:
            continue
        wait = record.left_at - record.queued_at
        if record.outcome == "answered" or wait > band.p90_ms:
            scores[names[record.tier]] += (1, wait <= band.p50_ms, wait <= band.p90_ms)
    return scores


_DAY_MS: Final = 86_400_000


def _repeats(day: Day) -> Ints:
    """Count, by tier, first segments whose customer was in the same queue within the 24 h before."""
    names = {t.name: n for n, t in enumerate(day.scenario.centre.tiers)}
    repeats = np.zeros(len(names), np.int64)
    if not day.knows_customers:
        return repeats
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
