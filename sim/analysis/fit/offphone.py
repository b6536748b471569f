"""Time off the phone between two calls: what a log shows of wrap-up, ringing, a note, a coffee.

An agent who does not take a caller they could take is off the phone. People hurry when callers wait and rest when none
does, so three times are told apart:

- `busy`: after a call that leaves somebody waiting whom the agent could take. Each stretch in which such a caller waits
  is time under observation: the agent was off the phone when it began, and either took a caller before it ended (the
  time was over just then) or had not come back. The rate at which they come back, by the time since their last call, is
  events over time under observation: maximum likelihood for a piecewise constant hazard with late entry and censoring
  (Klein and Moeschberger, "Survival Analysis", 2003, sections 3.5 and 4.6).
- `quiet`: after a call that leaves nobody waiting, for as long as that lasts. If the next caller is taken without a
  wait, the time was over by then; if callers come to wait, it was longer. Turnbull's estimate (JRSS B 38, 1976)
  takes the next call to come when it likes; but it comes the later, the longer the agent was away, so that the time is
  told too short rather than too long.
- `recall`: from the moment on at which somebody waits again, estimated like `busy`.

Gaps longer than `AWAY_S` are absences, which presence knows of.

After calls of one queue agents may be away for longer than after those of another. Each queue has the common rate of
return times a multiplier, drawn towards 1 where it has few calls (`sim.analysis.fit.pooling`); of times that are only
known to lie between two bounds the multiplier is found by expectation and maximisation (Dempster, Laird and Rubin,
JRSS B 39, 1977).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

import numpy as np

from callcenter.scenario import Law, LawKind
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.pooling import multipliers
from sim.analysis.fit.presence import AWAY_S, FAR, MICRO, served_calls
from sim.analysis.fit.survival import MIN_EVENTS
from sim.analysis.fit.teams import Teams
from sim.model.laws import mean_s
from sim.model.streams import Floats, Ints

PICKED_UP_S: Final = 2.0
"""Logs in whole seconds put the end of the wait and the begin of the service up to this far apart."""
EDGES_S: Final = np.unique(np.concatenate([np.arange(0.0, 21.0), np.geomspace(20.0, AWAY_S, 30).round()]))
"""Where the rate may change: every second at first, then ever less often; merged as far as the data ask for."""
ROUNDS: Final = 2_000
CLOSE: Final = 1e-6
"""Turnbull's self-consistency ends when no share moves by more."""
QUANTILES: Final = 201
ALIKE: Final = 0.01
"""Hazards that differ by less are one."""
POOLED: Final = 50
"""Rounds in which the queues' hazards settle."""
LAST, MOST_RISEN = 1 - 1e-15, 36.0
"""The share beyond which nothing is told apart, and its cumulative hazard."""


@dataclass(frozen=True, slots=True)
class OffPhone:
    """Time between the end of a call and readiness for the next."""

    law: Law
    samples: int
    mean_s: float
    median_s: float


@dataclass(frozen=True, slots=True)
class OffPhones:
    """The same while callers wait, while none does, and from when they wait again."""

    busy: OffPhone
    quiet: OffPhone
    recall: OffPhone
    after: "Mapping[str, OffPhones]" = field(default_factory=dict)
    """The same after calls of a queue, where queues differ beyond chance."""


def off_phone(log: CallLog, parts: Teams) -> OffPhones | None:
    """Return the times off the phone, or None where the log does not show them (no agents, no queue)."""
    seen = gaps_of(log, parts)
    if seen.busy.back.sum() < MIN_EVENTS:
        return None
    queues = len(log.queues)
    kinds = [_of_watched(seen.busy, queues)]
    if seen.recall.back.sum() >= MIN_EVENTS and len(seen.quiet.low) >= MIN_EVENTS:
        kinds += [_of_rest(seen.quiet, queues), _of_watched(seen.recall, queues)]
    busy, quiet, recall = kinds if len(kinds) > 1 else kinds * 3

    def law(place: int | None) -> OffPhones:
        return OffPhones(busy.told(place), quiet.told(place), recall.told(place))

    if max(np.ptp(kind.faster) for kind in kinds) < ALIKE:
        return law(None)
    return replace(law(None), after={name: law(place) for place, name in enumerate(log.queues)})


@dataclass(frozen=True, slots=True)
class _Law:
    """The times after all calls by their cumulative hazard, and how many times that hazard each queue has."""

    edges: Floats
    risen: Floats
    """The cumulative hazard at the edges."""
    faster: Floats
    samples: Ints
    """Of each queue."""
    last: float
    """The share at which the tail ends."""

    def told(self, place: int | None) -> OffPhone:
        """Return the law after calls of a queue; None: of any."""
        times = 1.0 if place is None else float(self.faster[place])
        shares = np.linspace(0.0, 1.0, QUANTILES)
        shares[-1] = self.last
        # Nobody of a spell of work is off the phone for longer than to its end.
        quantiles = np.interp(-np.log1p(-shares) / times, self.risen, self.edges)
        return _told(quantiles, int(self.samples.sum() if place is None else self.samples[place]))


def _of_watched(watched: "Watched", queues: int) -> _Law:
    edges, rates = rates_of_return(watched.begin, watched.end, watched.back)
    risen = np.concatenate(([0.0], np.cumsum(rates * np.diff(edges))))
    under = np.interp(watched.end, edges, risen) - np.interp(watched.begin, edges, risen)
    back = np.bincount(watched.queue[watched.back], minlength=queues).astype(np.float64)
    faster = _apart(back, lambda _: _sums(watched.queue, under, queues))
    # The tail ends where one in 800 is left.
    return _Law(edges, risen, faster, np.bincount(watched.queue, minlength=queues), 1 - 1 / (4 * (QUANTILES - 1)))


def _of_rest(quiet: "Quiet", queues: int) -> _Law:
    reached = np.minimum(np.concatenate(([0.0], np.cumsum(turnbull(quiet.low, quiet.high, EDGES_S)))), 1.0)
    number = np.bincount(quiet.queue, minlength=queues)
    low, high = (np.interp(bound, EDGES_S, reached) for bound in (quiet.low, quiet.high))

    def expected(faster: Floats) -> Floats:
        """Return the hazard that the times of each queue are expected to have gathered, given where they lie."""
        times = faster[quiet.queue]
        a, b = (1 - (1 - share) ** times for share in (low, high))
        wide = b - a > 1e-9
        mean = np.where(
            wide, (_gathered(b) - _gathered(a)) / np.where(wide, b - a, 1.0), -np.log1p(-np.minimum(a, LAST))
        )
        return _sums(quiet.queue, mean / times, queues)

    with np.errstate(divide="ignore"):
        risen = np.minimum(-np.log1p(-reached), MOST_RISEN)
    return _Law(EDGES_S, risen, _apart(number.astype(np.float64), expected), number, 1.0 - 1e-12)


def _sums(queue: Ints, values: Floats, queues: int) -> Floats:
    return np.bincount(queue, values, queues).astype(np.float64)


def _gathered(share: Floats) -> Floats:
    """Return the integral of -ln(1 - u) from 0 to a share."""
    left = 1 - share
    return np.asarray(share + left * np.log(np.maximum(left, 1e-300)))


def _apart(events: Floats, expected: Callable[[Floats], Floats]) -> Floats:
    """Return how many times the common hazard each queue has, drawn towards 1 where there is little evidence."""
    faster = np.ones(len(events))
    for _ in range(POOLED):
        before, faster = faster, multipliers(events, np.maximum(expected(faster), 1e-9))
        if np.abs(faster - before).max() < ALIKE:
            break
    return faster


@dataclass(frozen=True, slots=True)
class Watched:
    """Stretches under observation: agents off the phone while a caller waits whom they could take."""

    begin: Floats
    """Seconds since the last call, or since somebody waited again."""
    end: Floats
    back: Bools
    """Whether a caller was taken at the end."""
    queue: Ints
    """Of the last call."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Gaps after calls that left nobody waiting: the time off the phone was above `low` and at most `high`, seconds."""

    low: Floats
    high: Floats
    queue: Ints
    """Of the last call."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What the gaps between calls tell."""

    busy: Watched
    recall: Watched
    quiet: Quiet


def gaps_of(log: CallLog, parts: Teams) -> Gaps:
    """Return what is seen between an agent's calls of one day."""
    served = served_calls(log)
    days = np.unique(served.day)
    same = ~served.first[1:]
    left = _on_one_axis(days, served.day, served.end)[:-1][same]
    next_ = _on_one_axis(days, served.day, served.begin)[1:][same]
    agent, queue = served.agent[:-1][same], served.queue[:-1][same]
    # Beyond AWAY_S it is an absence; below zero two of the agent's calls overlap in the log.
    some = (next_ >= left) & (next_ - left <= AWAY_S * MICRO)
    left, next_, agent, queue = left[some], next_[some], agent[some], queue[some]
    team = np.array([parts.team_of(n) for n in range(int(agent.max()) + 1)], np.int64)[agent] if len(agent) else agent
    found = []
    for n, takes in enumerate(parts.takes):
        begins, ends = _someone_waits(log, days, takes)
        found.append(_of_team(left[team == n], next_[team == n], queue[team == n], begins, ends))

    def joined(name: str) -> Any:
        some = [getattr(one, name) for one in found]
        kind = type(some[0])
        return kind(*(np.concatenate([getattr(one, part.name) for one in some]) for part in fields(kind)))

    return Gaps(joined("busy"), joined("recall"), joined("quiet"))


def _on_one_axis(days: Ints, day: Ints, micros: Ints) -> Ints:
    """Return times of the day as µs on one axis, days far enough apart that no call reaches the next."""
    return np.searchsorted(days, day) * FAR + micros


def _of_team(left: Ints, next_: Ints, queue: Ints, begins: Ints, ends: Ints) -> Gaps:
    """Return what the gaps of a team tell, beside the stretches in which somebody waits whom it could take."""
    first = np.searchsorted(ends, left, side="right")
    after = np.searchsorted(begins, next_, side="left")
    waited = np.maximum(after - first, 0)
    some = waited > 0
    since = left.copy()
    busy = np.zeros(len(left), np.bool_)
    busy[some] = begins[first[some]] <= left[some]
    later = some & ~busy
    since[later] = begins[first[later]]
    rested = ~busy
    low = np.where(some, since - left, 0)[rested] / MICRO
    high = np.where(some, AWAY_S, (next_ - left) / MICRO)[rested]
    # Each gap with each stretch inside it.
    gap = np.repeat(np.arange(len(left)), waited)
    stretch = first[gap] + np.arange(len(gap)) - np.repeat(np.cumsum(waited) - waited, waited)
    back = next_[gap] <= ends[stretch] + round(PICKED_UP_S * MICRO / 2)
    # Only waits of some length count, so nobody is seen to end one before: the watch begins after that.
    watch = np.maximum(begins[stretch] + round(PICKED_UP_S * MICRO), since[gap])
    until = np.where(back, next_[gap], ends[stretch])
    good = until > watch

    def told(which: Bools) -> Watched:
        here = good & which
        return Watched(
            (watch - since[gap])[here] / MICRO, (until - since[gap])[here] / MICRO, back[here], queue[gap[here]]
        )

    return Gaps(told(busy[gap]), told(~busy[gap]), Quiet(low, high, queue[rested]))


def _someone_waits(log: CallLog, days: Ints, takes: Bools) -> tuple[Ints, Ints]:
    """Return the begins and ends of the stretches in which a caller waits whom such an agent could take, µs."""
    here = (log.wait > PICKED_UP_S) & takes[log.queue] & np.isin(log.day, days)
    begin = np.rint(log.clock[here] * MICRO).astype(np.int64)  # the log is in order of arrival
    end = begin + np.rint(log.wait[here] * MICRO).astype(np.int64)
    begin, end = (_on_one_axis(days, log.day[here], times) for times in (begin, end))
    end = np.maximum.accumulate(end)
    first = np.flatnonzero(np.append(True, begin[1:] > end[:-1])[: len(begin)])
    return begin[first], end[np.append(first[1:] - 1, len(end) - 1)] if len(first) else end


def _told(quantiles: Floats, samples: int) -> OffPhone:
    law = Law(LawKind.EMPIRICAL, values_s=tuple(float(v) for v in quantiles.round(3)), smooth=True)
    return OffPhone(law, samples, mean_s(law), float(np.median(quantiles)))


def turnbull(low: Floats, high: Floats, edges: Floats) -> Floats:
    """Return the share of times in each cell of a grid, when each is known to lie above `low` and at most at `high`.

    Args:
        low: Seconds, shape (n,).
        high: Seconds, shape (n,), at most the last edge.
        edges: Ascending, shape (cells + 1,).

    >>> turnbull(np.array([0.0, 1.0, 0.0]), np.array([1.0, 2.0, 2.0]), np.array([0.0, 1.0, 2.0])).round(3)
    array([0.5, 0.5])
    """
    cells = len(edges) - 1
    last = np.clip(np.searchsorted(edges, high, side="left") - 1, 0, cells - 1)
    first = np.minimum(np.clip(np.searchsorted(edges, low, side="right") - 1, 0, cells - 1), last)
    pairs, number = np.unique(np.stack([first, last]), axis=1, return_counts=True)
    masses = np.full(cells, 1.0 / cells)
    for _ in range(ROUNDS):
        before = np.concatenate(([0.0], np.cumsum(masses)))
        weight = number / np.maximum(before[pairs[1] + 1] - before[pairs[0]], 1e-300)
        change = np.zeros(cells + 1)
        np.add.at(change, pairs[0], weight)
        np.add.at(change, pairs[1] + 1, -weight)
        fresh = masses * np.cumsum(change)[:-1] / len(low)
        if np.abs(fresh - masses).max() < CLOSE:
            return fresh
        masses = fresh
    return masses


def rates_of_return(begin: Floats, end: Floats, back: Bools) -> tuple[Floats, Floats]:
    """Return where the rate changes (seconds) and the rate between, per second.

    Args:
        begin: Of each stretch under observation, seconds since the last call, shape (n,).
        end: Likewise.
        back: Whether the agent came back at its end.

    >>> edges, rates = rates_of_return(np.zeros(20), np.full(20, 2.0), np.full(20, True))
    >>> edges.tolist(), rates.tolist()
    ([0.0, 2.0], [0.5])
    """
    place = np.searchsorted(EDGES_S, end, side="left") - 1
    events = np.bincount(np.clip(place[back], 0, None), minlength=len(EDGES_S) - 1)[: len(EDGES_S) - 1]
    highs = EDGES_S[1:]
    watched = np.diff(_within(end) - _within(begin))
    pieces: list[tuple[int, float, float]] = []
    seen, time = 0, 0.0
    for n, on_watch, edge in zip(events.tolist(), watched.tolist(), highs.tolist(), strict=True):
        seen, time = seen + n, time + on_watch
        if seen >= MIN_EVENTS:
            pieces.append((seen, time, edge))
            seen, time = 0, 0.0
    if time or not pieces:  # too few to tell of a rate of their own
        before = pieces.pop() if pieces else (0, 0.0, 0.0)
        pieces.append((before[0] + seen, before[1] + time, float(EDGES_S[-1])))
    rates = [n / watched_s if watched_s else 0.0 for n, watched_s, _ in pieces]
    return np.array([0.0, *(edge for _, _, edge in pieces)]), np.array(rates)


def _within(times: Floats) -> Floats:
    """Return for each edge the sum over the times of what lies before it."""
    ordered = np.sort(times)
    reached = np.searchsorted(ordered, EDGES_S, side="right")
    return np.append(0.0, np.cumsum(ordered))[reached] + EDGES_S * (len(ordered) - reached)
