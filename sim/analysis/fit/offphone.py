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
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from callcenter.scenario import Law, LawKind
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.presence import AWAY_S, FAR, MICRO, served_calls
from sim.analysis.fit.survival import FEWEST_EVENTS
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


def off_phone(log: CallLog, parts: Teams) -> OffPhones | None:
    """Return the times off the phone, or None where the log does not show them (no agents, no queue)."""
    seen = gaps_of(log, parts)
    busy = _come_back(seen.busy)
    if busy is None:
        return None
    recall = _come_back(seen.recall)
    if recall is None or len(seen.quiet[0]) < FEWEST_EVENTS:
        return OffPhones(busy, busy, busy)
    return OffPhones(busy, _at_rest(*seen.quiet), recall)


@dataclass(frozen=True, slots=True)
class Watched:
    """Stretches under observation: agents off the phone while a caller waits whom they could take."""

    begin: Floats
    """Seconds since the last call, or since somebody waited again."""
    end: Floats
    back: Bools
    """Whether a caller was taken at the end."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What the gaps between calls tell."""

    busy: Watched
    recall: Watched
    quiet: tuple[Floats, Floats]
    """After quiet calls: the time off the phone was above the first figure and at most the second, seconds."""


def gaps_of(log: CallLog, parts: Teams) -> Gaps:
    """Return what is seen between an agent's calls of one day."""
    served = served_calls(log)
    days = np.unique(served.day)
    same = ~served.first[1:]
    left = _on_one_axis(days, served.day, served.end)[:-1][same]
    next_ = _on_one_axis(days, served.day, served.begin)[1:][same]
    agent = served.agent[:-1][same]
    # Beyond AWAY_S it is an absence; below zero two of the agent's calls overlap in the log.
    some = (next_ >= left) & (next_ - left <= AWAY_S * MICRO)
    left, next_, agent = left[some], next_[some], agent[some]
    team = np.array([parts.team_of(n) for n in range(int(agent.max()) + 1)], np.int64)[agent] if len(agent) else agent
    found = []
    for n, takes in enumerate(parts.takes):
        begins, ends = _someone_waits(log, days, takes)
        found.append(_of_team(left[team == n], next_[team == n], begins, ends))

    def joined(name: str) -> Watched:
        watched = [getattr(one, name) for one in found]
        return Watched(*(np.concatenate([getattr(w, part) for w in watched]) for part in ("begin", "end", "back")))

    quiet = tuple(np.concatenate([one.quiet[i] for one in found]) for i in range(2))
    return Gaps(joined("busy"), joined("recall"), (quiet[0], quiet[1]))


def _on_one_axis(days: Ints, day: Ints, micros: Ints) -> Ints:
    """Return times of the day as µs on one axis, days far enough apart that no call reaches the next."""
    return np.searchsorted(days, day) * FAR + micros


def _of_team(left: Ints, next_: Ints, begins: Ints, ends: Ints) -> Gaps:
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
        return Watched((watch - since[gap])[here] / MICRO, (until - since[gap])[here] / MICRO, back[here])

    return Gaps(told(busy[gap]), told(~busy[gap]), (low, high))


def _someone_waits(log: CallLog, days: Ints, takes: Bools) -> tuple[Ints, Ints]:
    """Return the begins and ends of the stretches in which a caller waits whom such an agent could take, µs."""
    here = (log.wait > PICKED_UP_S) & takes[log.queue] & np.isin(log.day, days)
    begin = np.rint(log.clock[here] * MICRO).astype(np.int64)  # the log is in order of arrival
    end = begin + np.rint(log.wait[here] * MICRO).astype(np.int64)
    begin, end = (_on_one_axis(days, log.day[here], times) for times in (begin, end))
    end = np.maximum.accumulate(end)
    first = np.flatnonzero(np.append(True, begin[1:] > end[:-1])[: len(begin)])
    return begin[first], end[np.append(first[1:] - 1, len(end) - 1)] if len(first) else end


def _come_back(watched: Watched) -> OffPhone | None:
    if watched.back.sum() < FEWEST_EVENTS:
        return None
    edges, rates = rates_of_return(watched.begin, watched.end, watched.back)
    risen = np.concatenate(([0.0], np.cumsum(rates * np.diff(edges))))  # the cumulative hazard at the edges
    shares = np.linspace(0.0, 1.0, QUANTILES)
    shares[-1] = 1 - 1 / (4 * (QUANTILES - 1))  # the tail ends where one in 800 is left
    # Nobody of a spell of work is off the phone for longer than to its end.
    return _told(np.interp(-np.log1p(-shares), risen, edges), len(watched.begin))


def _at_rest(low: Floats, high: Floats) -> OffPhone:
    reached = np.concatenate(([0.0], np.cumsum(turnbull(low, high, EDGES_S))))
    return _told(np.interp(np.linspace(0.0, 1.0, QUANTILES), reached, EDGES_S), len(low))


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
        if seen >= FEWEST_EVENTS:
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
