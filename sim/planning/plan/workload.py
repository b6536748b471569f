"""What a day asks of the agents: calls and load by pool, band, tier and interval.

Times are the centre's local wall clock. Two days are looked at for each: the evening before works on into the
morning. Calls outside opening hours ask for nothing; the menu keeps back those whom it serves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Final

import numpy as np

from callcenter.centre import Group, Queue
from callcenter.erlang import Handling, LoadMethod, offered_load
from callcenter.errors import BadInput
from callcenter.hours import weekday
from callcenter.scenario import Desk, LawKind, RecordedCall, Scenario, Stream, is_on
from callcenter.units import DAY, MINUTE, SECOND, Millis
from sim.model.laws import law_for
from sim.model.people import forced_wrap_up, worked_rules
from sim.model.streams import Floats
from sim.planning.plan.moments import Moments, moments
from sim.planning.plan.pools import Pool, pools

LEAST_STEP: Final = MINUTE
"""Where calls or hours begin inside an interval, it is looked at in steps that fit them, but in no shorter ones."""
NO_CALLS = 1e-9
"""Fewer expected calls in an interval are none."""
LEAST_PATIENCE_S = 0.001


class MixedContacts(BadInput):
    """Contacts that take different shares of the same agents: no formula tells them."""


FURTHER: Final = 70
"""Days after those lived in which a day of the week is looked for that is like any other of its kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Calls alike to a formula: band, tier, handling (talk, pace, wrap-up, ring) and mean patience."""

    band: int
    tier: str
    handling: Moments
    patience_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """What one pool has to do on one kind of day; arrays have the day's intervals on their last axis."""

    pool: Pool
    bands: tuple[int, ...]
    """Precedence levels with calls, first served first: tiers' own, and those of urgent intents."""
    tiers: tuple[str, ...]
    calls: Floats
    """Expected calls, shape (bands, tiers, intervals)."""
    loads: dict[LoadMethod, Floats]
    """Offered load, erlangs, by method; each of shape (bands, intervals)."""
    aht_s: Floats
    """Mean time of an agent on a call that comes in the interval, ring and wrap-up included, seconds."""
    patience_s: Floats
    """Mean patience as one exponential law has it (calls ÷ sum of rates), seconds; infinite: nobody hangs up."""
    peaks: Floats
    """Highest rate of calls inside each interval, in times its mean rate: 1 where it is even."""
    ring_s: float
    """Mean time a phone rings before it is answered: part of the caller's wait too."""
    at_once: int = 1
    """Contacts that one agent has in hand at once: to a formula, so many servers."""
    cost: float = 1.0
    """Share of an agent that one contact takes."""

    @property
    def busy(self) -> Floats:
        """Calls of all tiers, shape (intervals,)."""
        return np.asarray(self.calls.sum(axis=(0, 1)))


@dataclass(frozen=True, slots=True)
class DayKind:
    """Days on which the same is expected: days of the week, or dates that are unlike their day of the week."""

    weekdays: tuple[int, ...]
    """None where it is about dates alone, `days`."""
    days: tuple[int, ...]
    """Local day numbers of the measured days among them."""
    work: tuple[Workload, ...]
    """By pool."""
    like: int
    """Local day number of a day of this kind."""
    but: tuple[int, ...] = ()
    """Dates on these days of the week that are of another kind."""

    @property
    def dates(self) -> tuple[int, ...]:
        """The dates that it is about, where it is about dates alone."""
        return () if self.weekdays else self.days

    def holds(self, day: int) -> bool:
        """Tell whether local day number `day` is of this kind."""
        return day in self.days if not self.weekdays else weekday(day * DAY) in self.weekdays and day not in self.but


def day_kinds(scenario: Scenario) -> list[DayKind]:
    """Return the kinds of day that have calls, those with measured days first.

    Raises:
        BadInput: Expected calls for which no rule gives a handling time.
    """
    lived, measured = scenario.horizon.lived, scenario.horizon.measured
    after = range(lived.stop, lived.stop + FURTHER)
    by_date = dates_apart(scenario, (*lived, *after))
    found: dict[bytes, tuple[list[int], list[Workload], int]] = {}
    seen: set[int] = set()
    for day in (*measured, *(day for day in lived if day not in measured), *after):
        if day in by_date or weekday(day * DAY) in seen:
            continue
        seen.add(weekday(day * DAY))
        work = [workload(scenario, pool, day) for pool in pools(scenario.centre)]
        if any(part.busy.any() for part in work):
            found.setdefault(_fingerprint(work), ([], work, day))[0].append(weekday(day * DAY))
    kinds = []
    for weekdays, work, like in found.values():
        days = tuple(day for day in measured if weekday(day * DAY) in weekdays and day not in by_date)
        but = tuple(day for day in by_date if weekday(day * DAY) in weekdays)
        kinds.append(DayKind(tuple(sorted(weekdays)), days, tuple(work), like, but))
    apart: dict[bytes, tuple[list[int], list[Workload]]] = {}
    for day in (day for day in measured if day in by_date):
        work = [workload(scenario, pool, day) for pool in pools(scenario.centre)]
        if any(part.busy.any() for part in work):
            apart.setdefault(_fingerprint(work), ([], work))[0].append(day)
    kinds += [DayKind((), tuple(days), tuple(work), days[0]) for days, work in apart.values()]
    return sorted(kinds, key=lambda kind: (not kind.days, kind.days, kind.weekdays))


def dates_apart(scenario: Scenario, days: Sequence[int]) -> tuple[int, ...]:
    """Return those of `days` that may be unlike others of their day of the week: calls or hours are given by date."""
    named = {day for stream in scenario.streams for day in (*stream.dates, *stream.but)}
    named |= {
        day
        for queue in scenario.centre.queues
        if queue.hours is not None
        for day, spans in queue.hours.special
        if spans != queue.hours.week[weekday(day * DAY)]
    }
    return tuple(day for day in days if day in named)


def _fingerprint(work: list[Workload]) -> bytes:
    """Return what tells kinds of day apart: calls and load, to a thousandth."""
    found = b""
    for part in work:
        tables = np.concatenate([part.calls.sum(axis=1), part.loads[LoadMethod.INFINITE_SERVER]]).round(3)
        # A band that rang yesterday only is no difference; + 0.0: no minus zero.
        rows = zip((*part.bands, *part.bands), tables + 0.0, strict=True)
        found += b"".join(b"%d " % band + row.tobytes() for band, row in rows if row.any()) + b"/"
    return found


def workload(scenario: Scenario, pool: Pool, day: int) -> Workload:
    """Return what the calls of a pool's queues ask for on a day."""
    tiers = [tier.name for tier in scenario.centre.tiers]
    count = DAY // scenario.interval
    step = _step(scenario, pool)
    steps = scenario.interval // step
    cost = _cost(scenario, pool)
    kinds: dict[Kind, Floats] = {}
    for offset in (-1, 0):  # yesterday's evening, today
        for kind, calls in _kinds(scenario, pool, day + offset, step):
            line = kinds.setdefault(kind, np.zeros(2 * count * steps))
            begin = (offset + 1) * count * steps
            line[begin:] += calls[: len(line) - begin]
    bands = sorted({kind.band for kind in kinds})
    calls_of = np.zeros((len(bands), len(tiers), count))
    loads = {method: np.zeros((len(bands), count)) for method in LoadMethod}
    time, rate = np.zeros(count), np.zeros(count)
    coming = (
        np.sum([line[count * steps :] for line in kinds.values()], axis=0).reshape(count, steps)
        if kinds
        else np.zeros((count, steps))
    )
    weights = _weights(coming)
    for kind, line in kinds.items():
        today = line[count * steps :].reshape(count, steps).sum(axis=1)
        calls_of[bands.index(kind.band), tiers.index(kind.tier)] += today
        time += today * kind.handling.mean_s
        rate += today / max(kind.patience_s, LEAST_PATIENCE_S)
        for method, load in loads.items():
            found = _load(line, kind.handling, method, step)[count * steps :].reshape(count, steps)
            load[bands.index(kind.band)] += (found * weights).sum(axis=1)
    total = calls_of.sum(axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        aht = np.where(total > NO_CALLS, time / total, 1.0)
        # Where nobody rings, those who still talk are as patient as the day's callers.
        usual = np.divide(total.sum(), rate.sum()) if rate.any() else np.inf
        patience = np.where(rate > 0, total / rate, np.where(total > NO_CALLS, np.inf, usual))
    ring = float(np.mean([_ring(scenario, pool, group).mean_s for group in _groups(scenario, pool)]))
    peaks = weights.max(axis=1) * steps
    return Workload(
        pool, tuple(bands), tuple(tiers), calls_of, loads, aht, patience, peaks, ring, 100 // cost, cost / 100
    )


def _step(scenario: Scenario, pool: Pool) -> Millis:
    """Return the longest step in which the pool's calls and opening hours are even; the interval, if they are in it."""
    edges: list[int] = [scenario.interval]
    for stream in scenario.streams:
        if stream.queue in pool.queues:
            edges += [stream.begin, stream.interval]
    for queue in scenario.centre.queues:
        if queue.name in pool.queues and queue.hours is not None:
            days = (*queue.hours.week, *(spans for _, spans in queue.hours.special))
            edges += [edge for spans in days for span in spans for edge in span]
    step = gcd(*edges)
    if step < LEAST_STEP:
        step = gcd(scenario.interval, LEAST_STEP) if scenario.interval > LEAST_STEP else scenario.interval
    return Millis(step)


def _weights(coming: Floats) -> Floats:
    """Return how much each step of an interval counts for its load: as many calls as come in it meet that load."""
    steps = coming.shape[1]
    total = coming.sum(axis=1, keepdims=True)
    even = np.full_like(coming, 1 / steps)
    return np.asarray(np.divide(coming, total, out=even, where=total > NO_CALLS))


def _cost(scenario: Scenario, pool: Pool) -> int:
    """Return the share of an agent, percent, that a contact of this pool takes: the same for all of them.

    Raises:
        MixedContacts: Contacts that take different shares and share agents.
    """
    costs = dict(scenario.centre.channels)
    mine = [stream for stream in scenario.streams if stream.queue in pool.queues and any(stream.calls)]
    shares = {stream.channel: costs.get(stream.channel, 100) for stream in mine}
    if any(call.queue in pool.queues for call in scenario.recorded):
        shares.setdefault("voice", costs.get("voice", 100))
    if len({100 // cost for cost in shares.values()}) > 1:
        said = " and ".join(f"{channel} ({cost} % of an agent)" for channel, cost in shares.items())
        raise MixedContacts(
            "{said} share the agents of {groups}: no formula is right for both at once; use --method simulation",
            said=said,
            groups=", ".join(pool.groups),
        )
    return max(shares.values(), default=100)


def _load(calls: Floats, handling: Moments, method: LoadMethod, interval: Millis) -> Floats:
    cv = handling.cv
    law = Handling.LOGNORMAL if cv > 0 else Handling.DETERMINISTIC
    if abs(cv - 1) < 1e-9:
        law = Handling.EXPONENTIAL
    found = offered_load(calls, interval_s=interval / SECOND, aht_s=handling.mean_s, method=method, handling=law, cv=cv)
    return np.maximum(found, 0.0)  # a sum that comes to nothing can round to a little less


def _kinds(scenario: Scenario, pool: Pool, day: int, step: Millis) -> Iterator[tuple[Kind, Floats]]:
    """Yield kinds of calls with their number in each step of `day` and the night after it."""
    queues = {queue.name: queue for queue in scenario.centre.queues}
    extra = _desk_time(scenario, pool)
    open_ = {name: _open(scenario, queues[name], day, step) for name in pool.queues}
    for stream in scenario.streams:
        if stream.queue in pool.queues and is_on(stream, day):
            calls = _on_grid(stream, step) * open_[stream.queue]
            yield from _kinds_of_stream(scenario, queues[stream.queue], stream, calls, extra)
    lived = [d for d in scenario.horizon.lived if weekday(d * DAY) == weekday(day * DAY)]
    for queue in pool.queues:
        for tier in scenario.centre.tiers:
            mine = [
                call
                for call in scenario.recorded
                if call.queue == queue and call.tier == tier.name
                and scenario.horizon.first_day + call.at // DAY in lived
            ]  # fmt: skip
            if mine:
                yield _recorded(scenario, queues[queue], mine, len(lived), extra, open_[queue])


def _kinds_of_stream(
    scenario: Scenario, queue: Queue, stream: Stream, calls: Floats, extra: tuple[float, Moments]
) -> Iterator[tuple[Kind, Floats]]:
    bands = {tier.name: tier.band for tier in scenario.centre.tiers}
    intents = {intent.name: intent for intent in scenario.centre.intents}
    plain = 1.0 - sum(share for _, share in stream.intents)
    for tier, share in stream.tiers or ((scenario.centre.default_tier, 1.0),):
        for name, part in (*stream.intents, ("", plain)):
            intent = intents.get(name)
            own = (*stream.skills, *(intent.skills if intent is not None else ()))
            skills = tuple(skill for skill, _ in (*queue.needs, *own))
            band = intent.band if intent is not None and intent.band is not None else bands[tier]
            if share * part > 0:
                yield from _by_clock(scenario, (band, tier, queue.name, skills), calls * share * part, extra)


def _by_clock(
    scenario: Scenario, who: tuple[int, str, str, tuple[str, ...]], calls: Floats, extra: tuple[float, Moments]
) -> Iterator[tuple[Kind, Floats]]:
    """Yield the calls by the rules that hold when they come."""
    band, tier, queue, skills = who
    calls = calls * _menu_share(scenario, tier)
    found: dict[Kind, Floats] = {}
    step = 2 * DAY // len(calls)
    for n in np.flatnonzero(calls > NO_CALLS).tolist():
        clock = Millis((n * step + step // 2) % DAY)
        talk = law_for(scenario.handling, tier=tier, queue=queue, skills=skills, clock=clock)
        if talk is None:
            raise BadInput(
                "no handling time fits tier {tier!r} in queue {queue!r}: add a rule without conditions",
                tier=tier,
                queue=queue,
            )
        patience = law_for(scenario.patience, tier=tier, queue=queue, skills=skills, clock=clock)
        wrap_up = _wrap_up(scenario, who, clock)
        handling = _handling(moments(talk), wrap_up, extra)
        kind = Kind(band, tier, handling, np.inf if patience is None else moments(patience).mean_s)
        found.setdefault(kind, np.zeros(len(calls)))[n] += calls[n]
    yield from found.items()


def _recorded(
    scenario: Scenario, queue: Queue, mine: list[RecordedCall], days: int, extra: tuple[float, Moments], open_: Floats
) -> tuple[Kind, Floats]:
    """Return recorded calls of one tier and queue: their number a day, their own handling times."""
    tier = mine[0].tier
    band = next(t.band for t in scenario.centre.tiers if t.name == tier)
    skills = tuple(skill for skill, _ in queue.needs)
    at = np.array([call.at % DAY for call in mine])
    calls = np.bincount(at // (2 * DAY // len(open_)), minlength=len(open_)) / days
    times = [call.handling_s for call in mine if call.handling_s is not None]
    law = law_for(scenario.handling, tier=tier, queue=queue.name, skills=skills, clock=int(at[0]))
    if times:
        talk = Moments(float(np.mean(times)), float(np.var(times)))
    elif law is not None:
        talk = moments(law)
    else:
        raise BadInput(
            "no handling time fits tier {tier!r} in queue {queue!r}: add a rule without conditions",
            tier=tier,
            queue=queue.name,
        )
    patience = law_for(scenario.patience, tier=tier, queue=queue.name, skills=skills, clock=int(at[0]))
    handling = _handling(talk, _wrap_up(scenario, (band, tier, queue.name, skills), int(at[0])), extra)
    patience_s = np.inf if patience is None else moments(patience).mean_s
    return Kind(band, tier, handling, patience_s), calls * open_ * _menu_share(scenario, tier)


def _handling(talk: Moments, wrap_up: Moments, extra: tuple[float, Moments]) -> Moments:
    """Return talk at the desk's pace, wrap-up and ring together."""
    pace, ring = extra
    mean = talk.mean_s * pace + wrap_up.mean_s + ring.mean_s
    if mean <= 0:
        raise BadInput("handling takes no time: give a mean above 0 s")
    return Moments(mean, talk.variance * pace * pace + wrap_up.variance + ring.variance)


def _wrap_up(scenario: Scenario, who: tuple[int, str, str, tuple[str, ...]], clock: int) -> Moments:
    """Return the after-call work: drawn where the scenario has a law, else the length the queue allows."""
    rules = worked_rules(scenario)
    queue = next(q for q in scenario.centre.queues if q.name == who[2])
    if not rules:
        return Moments(forced_wrap_up(scenario, queue) / SECOND, 0.0)
    law = law_for(rules, tier=who[1], queue=who[2], skills=who[3], clock=clock)
    return Moments(0.0, 0.0) if law is None else moments(law)


def _menu_share(scenario: Scenario, tier: str) -> float:
    menu = scenario.menu
    return 1.0 if menu is None or tier in menu.skipped_by else 1.0 - menu.self_service - menu.hang_up


def _groups(scenario: Scenario, pool: Pool) -> list[Group]:
    return [group for group in scenario.centre.groups if group.name in pool.groups]


def _ring(scenario: Scenario, pool: Pool, group: Group) -> Moments:
    """Return how long a phone of `group` rings for one answered call, offers missed before it included."""
    if group.auto_answer:
        return Moments(0.0, 0.0)
    desk = next((desk for desk in scenario.desks if desk.group == group.name), Desk(group.name))
    ring = moments(desk.ring)
    missed = desk.miss / (1 - desk.miss) if desk.miss < 1 else 0.0
    limits = [
        group.offer_timeout or queue.offer_timeout for queue in scenario.centre.queues if queue.name in pool.queues
    ]
    limit_s = sum(limits) / len(limits) / SECOND
    return Moments(ring.mean_s + missed * limit_s, ring.variance)


def _desk_time(scenario: Scenario, pool: Pool) -> tuple[float, Moments]:
    """Return the mean pace of the pool's groups, and their mean ring."""
    paces = {desk.group: desk.pace for desk in scenario.desks}
    rings = [_ring(scenario, pool, group) for group in _groups(scenario, pool)]
    pace = float(np.mean([paces.get(group, 1.0) for group in pool.groups]))
    return pace, Moments(float(np.mean([r.mean_s for r in rings])), float(np.mean([r.variance for r in rings])))


def _on_grid(stream: Stream, step: Millis) -> Floats:
    """Return the stream's calls in each step of its day and of the night after it."""
    edges = stream.begin + stream.interval * np.arange(len(stream.calls) + 1)
    sums = np.concatenate([[0.0], np.cumsum(stream.calls)])
    grid = np.arange(0, 2 * DAY + 1, step)
    return np.diff(np.interp(grid, edges, sums))


def _open(scenario: Scenario, queue: Queue, day: int, step: Millis) -> Floats:
    """Return whether `queue` is open in each step of `day` and the day after: 1 or 0."""
    count = 2 * DAY // step
    if queue.hours is None:
        return np.ones(count)
    zone, hours = scenario.centre.zone, queue.hours
    return np.array([hours.is_open(zone.instant(day * DAY + n * step + step // 2)) for n in range(count)], np.float64)


def exponential(scenario: Scenario) -> bool:
    """Tell whether every handling law is exponential, and nothing is added to it."""
    laws = [rule.law for rule in scenario.handling]
    return all(law.kind is LawKind.EXPONENTIAL for law in laws) and not worked_rules(scenario)
