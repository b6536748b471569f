"""One replication in numbers: what its records come to, as small arrays that can be sent between processes."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from callcenter.callbacks import OUTREACH
from callcenter.lifecycle.measures import COUNTS, OCCUPIED, OUTCOMES, Tally, TaskRecord
from callcenter.scenario import Scenario
from sim.model.demand import Bools
from sim.model.streams import Floats, Ints
from sim.results.call_table import CallTable
from sim.run.blending import ListTalks, waited_behind
from sim.run.columns import COLUMN, NOBODY, Columns, Places, by_name
from sim.run.driver import Day

TASK_COUNTS: Final = (
    "scheduled",
    "completed",
    "attempted_in_time",
    "reached",
    "reached_in_time",
    "solved",
    "unsolved",
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
    """Per tier: waits of answered and abandoned calls, ms, the shortest first."""
    tasks: Ints
    """Tier x `TASK_COUNTS`: what customers were promised."""
    outreach: dict[str, Ints]
    """Kind (campaign, care) → tier x `TASK_COUNTS`: what the centre calls about of its own accord."""
    behind: Ints
    """Tier x `BEHIND_COUNTS`: what callers waited while agents who could take them talked to customers of lists."""
    spans: dict[str, dict[str, int]]
    """Group → ms logged in, not ready, ring, talk, wrap_up, dial within the measured stretch; the time of a contact
    counts by the share of the agent that it takes."""
    group_ms: Ints
    """Group x tier: agents' time on calls and outbound tasks, ms, by the share of the agent that they take."""
    repeats: Ints
    """Tier: calls whose customer had called the same queue within the 24 h before."""
    expected_waits: Ints
    """Tier x (told, within P50, within P90): forecasts of the wait, scored; those who hung up sooner than told
    cannot be scored and do not count."""
    refused: int
    self_served: int
    hung_up_in_menu: int
    calls: CallTable | None = None
    """Only where asked for: every measured segment."""
    task_records: list[TaskRecord] | None = None
    """Likewise: every task promised in the measured stretch."""
    controls: Floats = field(default_factory=lambda: np.empty(0))
    """Only where asked for: what its callers happened to be (`sim.model.controls`)."""
    fell_back: bool = False
    """SimPy lived it, since it came to something that the compiled engine, which had begun it, does not tell."""

    def tally(self, tier: int | None = None, interval: int | None = None) -> Tally:
        """Return the counts of a tier (None: all) in an interval (None: all)."""
        part = self.counts if tier is None else self.counts[tier : tier + 1]
        part = part if interval is None else part[:, interval : interval + 1]
        return Tally(*(int(n) for n in part.sum(axis=(0, 1))))


SPANS: Final = ("logged_in", "not_ready", "ring", "dial", "talk")
"""What a stretch of an agent's time that no call's row tells is about."""
_SPAN: Final = {what: n for n, what in enumerate(SPANS)}


@dataclass(slots=True)
class Lived:
    """A day that has been lived, under whatever engine: all that its figures are told from."""

    scenario: Scenario
    begin: int
    """The measured stretch: calls that came outside it do not count."""
    end: int
    now: int
    calls: Columns
    told: Ints
    """Call x (P50, P90) that it was told to expect, ms; -1: it was told nothing."""
    customer: Ints | None
    """Of each call, by number; None: nobody knows."""
    spans: Ints
    """Stretches that no call tells: what (`SPANS`), group, begin, end, tier (NOBODY: none), cost."""
    wraps: Ints
    """After-call work that ended: group, begin, end, cost."""
    tasks: list[TaskRecord]
    list_talks: ListTalks
    """When agents talked to customers of lists."""
    refused: int
    self_served: int
    hung_up_in_menu: int


def interval_starts(lived: Lived | Day) -> list[int]:
    """Return the instants at which the intervals of the measured stretch begin, UTC ms."""
    begin, end = (lived.begin, lived.end) if isinstance(lived, Lived) else (lived.measured_from, lived.measured_until)
    return list(range(begin, end, lived.scenario.interval))


def lived_of(day: Day) -> Lived:
    """Return what a day under SimPy leaves."""
    everything = day.calls.columns(day.now)
    told = np.full((len(everything.ids), 2), -1, np.int64)
    bands = day.customers.told
    for row, call_id in enumerate(everything.ids) if bands else ():
        if call_id in bands:
            told[row] = bands[call_id]
    customer = None
    if day.knows_customers:
        known: dict[str, int] = {}
        names = (day.callers.customer[day.customers.number(call_id)] for call_id in everything.ids)
        customer = np.array([known.setdefault(name, len(known)) for name in names], np.int64)
    tiers, groups = by_name(day.scenario.centre.tiers), day.calls.groups
    spans = [
        (_SPAN[s.what], groups[s.group], s.begin, s.end, tiers.get(s.tier or "", NOBODY), s.cost)
        for s in day.apart.spans
    ]
    return Lived(
        scenario=day.scenario,
        begin=day.measured_from,
        end=day.measured_until,
        now=day.now,
        calls=everything,
        told=told,
        customer=customer,
        spans=np.array(spans, np.int64).reshape(-1, 6),
        wraps=np.array(day.calls.wraps, np.int64).reshape(-1, 5)[:, 1:],
        tasks=day.apart.tasks,
        list_talks=day.list_talks,
        refused=day.refused,
        self_served=day.callers.self_served,
        hung_up_in_menu=day.callers.hung_up_in_menu,
    )


def figures(day: Day) -> Figures:
    """Return what a day under SimPy comes to; calls that came outside the measured stretch do not count."""
    return figures_of(lived_of(day))


def with_records(found: Figures, begin: int, end: int, calls: CallTable, tasks: list[TaskRecord]) -> Figures:
    """Return figures with the records of the measured stretch, of a whole day's."""
    of_stretch = [task for task in tasks if begin <= task.scheduled_at < end]
    return replace(found, calls=calls.between(begin, end), task_records=of_stretch)


def figures_of(day: Lived) -> Figures:
    """Return what a day that has been lived comes to."""
    scenario, begin, end = day.scenario, day.begin, day.end
    everything = day.calls
    tasks = [t for t in day.tasks if begin <= t.scheduled_at < end]
    spans = _Spans(day)
    measured = (everything.queued >= begin) & (everything.queued < end)
    columns = everything.only(measured)
    interval = np.minimum((columns.queued - begin) // scenario.interval, len(interval_starts(day)) - 1)
    shape = (len(scenario.centre.tiers), len(interval_starts(day)))
    decided = columns.first & ((columns.outcome == COLUMN["answered"]) | (columns.outcome == COLUMN["abandoned"]))
    group_ms = _group_time(day, columns, everything)
    found = Figures(
        counts=count_by(columns, columns.first, (columns.tier, interval), shape),
        queue_counts=count_by(
            columns,
            np.ones(len(columns.tier), np.bool_),
            (columns.queue, columns.tier),
            (len(scenario.centre.queues), shape[0]),
        ),
        sums=_sums(columns, group_ms.sum(axis=0)),
        interval_sums=_interval_sums(columns, interval, spans, _edges(day)),
        waits=[np.sort(columns.wait[decided & (columns.tier == t)]) for t in range(shape[0])],
        tasks=_count_tasks(scenario, [task for task in tasks if task.kind not in OUTREACH]),
        outreach={
            kind: _count_tasks(scenario, [task for task in tasks if task.kind == kind])
            for kind in dict.fromkeys(str(entry.kind) for entry in scenario.outreach)
        },
        behind=waited_behind(scenario.centre, day.list_talks, columns),
        spans=spans.inside(begin, end),
        group_ms=group_ms,
        repeats=_repeats(day, everything),
        expected_waits=_score_forecasts(shape[0], columns, day.told[measured]),
        refused=day.refused,
        self_served=day.self_served,
        hung_up_in_menu=day.hung_up_in_menu,
    )
    _check_identity(found)
    return found


def _check_identity(found: Figures) -> None:
    """Every offered call is in exactly one outcome: an accounting fault of ours is a crash."""
    tally = found.tally()
    parts = tally.answered + tally.abandoned + tally.overflowed + tally.converted
    assert tally.offered == parts + tally.rejected + tally.failed + tally.open, "a call was lost or counted twice"


def count_by(columns: Columns, which: Bools, by: tuple[Ints, Ints], shape: tuple[int, int]) -> Ints:
    """Return the counts of `which` calls by two indexes, as an array of `shape` x `COUNTS`."""
    within = columns.wait <= columns.limit
    answered, abandoned = columns.outcome == COLUMN["answered"], columns.outcome == COLUMN["abandoned"]
    cell = (by[0] * shape[1] + by[1])[which]
    counts = np.zeros((shape[0] * shape[1], len(COUNTS)), np.int64)

    def add(column: str, mask: Bools) -> None:
        counts[:, COLUMN[column]] = np.bincount(cell[mask[which]], minlength=len(counts))

    for name in OUTCOMES:
        add(name, columns.outcome == COLUMN[name])
    add("offered", np.ones(len(columns.tier), np.bool_))
    add("answered_in", answered & within)
    add("abandoned_in", abandoned & within)
    add("short_abandoned", abandoned & columns.short)
    add("open_late", (columns.outcome == COLUMN["open"]) & ~within)
    return counts.reshape(*shape, len(COUNTS))


def _sums(columns: Columns, agent_ms: Ints) -> Floats:
    """Return what is added up over the calls of each tier, in the order of `SUMS`."""
    answered, abandoned = columns.outcome == COLUMN["answered"], columns.outcome == COLUMN["abandoned"]

    def total(what: Ints, mask: Bools) -> Floats:
        weights = what[mask].astype(np.float64)
        return np.asarray(np.bincount(columns.tier[mask], weights=weights, minlength=len(agent_ms)), np.float64)

    sums = {
        "wait_answered_ms": total(columns.wait, answered & columns.first),
        "handling_ms": total(columns.talk + columns.wrap, answered),
        "talk_ms": total(columns.talk, answered),
        "ring_ms": total(columns.ring, answered),
        "agent_ms": agent_ms.astype(np.float64),
        "wait_all_ms": total(columns.wait, (answered | abandoned) & columns.first),
    }
    return np.stack([sums[name] for name in SUMS], axis=1)


def _group_time(day: Lived, columns: Columns, everything: Columns) -> Ints:
    """Return agents' time by group and tier, ms: ring, talk, wrap-up and dialling."""
    begin, end, now = day.begin, day.end, day.now
    shape = len(day.scenario.centre.groups), len(day.scenario.centre.tiers)
    found = np.zeros(shape[0] * shape[1], np.int64)

    def add(group: Ints, tier: Ints, spent: Ints) -> None:
        np.add.at(found, group * shape[1] + tier, spent)

    answered = columns.outcome == COLUMN["answered"]
    spent = (columns.ring + columns.talk + columns.wrap) * columns.cost
    add(columns.group[answered], columns.tier[answered], spent[answered])
    talks_on = (everything.outcome == COLUMN["answered"]) & ~everything.ended
    talks_on &= (everything.left >= begin) & (everything.left < end)
    talked = (now - everything.left[talks_on]) * everything.cost[talks_on]
    add(everything.group[talks_on], everything.tier[talks_on], talked)
    what, group, since, until, tier, cost = day.spans.T
    tasks = ((what == _SPAN["dial"]) | (what == _SPAN["talk"])) & (tier != NOBODY) & (begin <= since) & (since < end)
    add(group[tasks], tier[tasks], (until[tasks] - since[tasks]) * cost[tasks])
    return found.reshape(shape) // 100


def _edges(day: Lived) -> Ints:
    """Return where the intervals of the measured stretch begin, and where the last one ends."""
    return np.array([*interval_starts(day), day.end], np.int64)


class _Spans:
    """Agents' time as arrays: begins, ends and shares of the agent, by what it was and by group."""

    def __init__(self, day: Lived) -> None:
        groups, calls = by_name(day.scenario.centre.groups), day.calls
        self._cells: dict[tuple[str, str], list[tuple[Ints, Ints, Ints]]] = {
            (what, group): [] for what in ("logged_in", "not_ready", *OCCUPIED) for group in groups
        }
        self._groups = list(groups)
        what, group, begins, ends, _, costs = day.spans.T
        for name in SPANS:
            mine = what == _SPAN[name]
            self._add(name, groups, group[mine], (begins[mine], ends[mine], costs[mine]))
        talking = calls.outcome == COLUMN["answered"]
        hung_up = np.where(calls.ended, calls.left + calls.talk, day.now)
        self._add("talk", groups, calls.group[talking], (calls.left[talking], hung_up[talking], calls.cost[talking]))
        rang = calls.ring > 0
        stretch = (calls.left - calls.ring)[rang], calls.left[rang], calls.cost[rang]
        self._add("ring", groups, calls.group[rang], stretch)
        group, begins, ends, costs = day.wraps.T
        self._add("wrap_up", groups, group, (begins, ends, costs))

    def _add(self, what: str, groups: Places, group: Ints, stretches: tuple[Ints, Ints, Ints]) -> None:
        begins, ends, costs = stretches
        if not len(begins):
            return
        for name, n in groups.items():
            theirs = group == n
            self._cells[what, name].append((begins[theirs], ends[theirs], costs[theirs]))

    def inside(self, begin: int, end: int) -> dict[str, dict[str, int]]:
        """Return by group and kind how much of it lies between two instants, ms."""
        found: dict[str, dict[str, int]] = {group: {} for group in self._groups}
        for (what, group), parts in self._cells.items():
            inside = (
                np.maximum(np.minimum(ends, end) - np.maximum(begins, begin), 0) * costs
                for begins, ends, costs in parts
            )
            found[group][what] = int(sum(stretches.sum() for stretches in inside)) // 100
        return found

    def between(self, edges: Ints, whats: tuple[str, ...]) -> Ints:
        """Return how much time of these kinds lies between each edge and the next, ms x percent, in all groups."""
        cells = [part for what in whats for group in self._groups for part in self._cells[what, group]]
        if not cells:
            return np.zeros(len(edges) - 1, np.int64)
        begins, ends, costs = (np.concatenate([cell[n] for cell in cells]) for n in range(3))
        return np.diff(_time_before(edges, begins, ends, costs))


def _interval_sums(columns: Columns, interval: Ints, spans: _Spans, edges: Ints) -> Floats:
    """Return by interval: waits of answered calls that arrived in it, agents' occupied and ready time in it."""
    answered = columns.first & (columns.outcome == COLUMN["answered"])
    waits = np.bincount(interval[answered], weights=columns.wait[answered].astype(np.float64), minlength=len(edges) - 1)
    ready = spans.between(edges, ("logged_in",)) - spans.between(edges, ("not_ready",))
    return np.stack([waits, spans.between(edges, OCCUPIED) / 100, ready / 100], axis=1)


def _time_before(edges: Ints, low: Ints, high: Ints, weights: Ints) -> Ints:
    """Return, for each edge, how much of all spans lies before it, each by its weight.

    Products and sums may overflow 64 bits; what is left of them in the end is right, for it fits.
    """

    def time_since(instants: Ints) -> Ints:
        order = np.argsort(instants, kind="stable")
        passed = np.searchsorted(instants[order], edges)
        weight = np.concatenate(([0], np.cumsum(weights[order])))
        moment = np.concatenate(([0], np.cumsum(weights[order] * instants[order])))
        return np.asarray(weight[passed] * edges - moment[passed])

    return time_since(low) - time_since(high)


def _count_tasks(scenario: Scenario, tasks: list[TaskRecord]) -> Ints:
    names = {t.name: n for n, t in enumerate(scenario.centre.tiers)}
    counts = np.zeros((len(names), len(TASK_COUNTS)), np.int64)
    place = {name: n for n, name in enumerate(TASK_COUNTS)}
    for task in tasks:
        row = counts[names[task.tier]]
        row[place["scheduled"]] += 1
        row[place[task.outcome]] += 1
        row[place["attempted_in_time"]] += task.attempted_in_time
        row[place["reached"]] += task.reached
        row[place["reached_in_time"]] += task.reached_in_time
        row[place["solved"]] += task.solved is True
        row[place["unsolved"]] += task.solved is False
        row[place["late"]] += task.late
    return counts


def _score_forecasts(tiers: int, calls: Columns, told: Ints) -> Ints:
    """Count, by tier, forecasts that can be scored and those that held."""
    asked = np.flatnonzero(told[:, 1] >= 0)
    outcome, tier, wait = calls.outcome[asked], calls.tier[asked], calls.wait[asked]
    p50, p90 = told[asked].T
    scored = (outcome == COLUMN["answered"]) | ((outcome != COLUMN["open"]) & (wait > p90))
    held = (scored, scored & (wait <= p50), scored & (wait <= p90))
    return np.stack([np.bincount(tier[mask], minlength=tiers) for mask in held], axis=1).astype(np.int64)


_DAY_MS: Final = 86_400_000


def _repeats(day: Lived, calls: Columns) -> Ints:
    """Count, by tier, first segments whose customer was in the same queue within the 24 h before."""
    tiers = len(day.scenario.centre.tiers)
    if day.customer is None:
        return np.zeros(tiers, np.int64)
    rows = np.flatnonzero(calls.first)
    key = day.customer[rows] * len(day.scenario.centre.queues) + calls.queue[rows]
    rows = rows[np.argsort(key, kind="stable")]  # by customer and queue, and each one's calls in order of arrival
    key, queued = np.sort(key, kind="stable"), calls.queued[rows]
    again = (key[1:] == key[:-1]) & (queued[1:] - queued[:-1] <= _DAY_MS)
    again &= (queued[1:] >= day.begin) & (queued[1:] < day.end)
    return np.bincount(calls.tier[rows[1:]][again], minlength=tiers).astype(np.int64)
