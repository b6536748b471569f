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
from sim.analysis.fit.presence import AWAY_S, served_by_agent
from sim.analysis.fit.survival import FEWEST_EVENTS
from sim.analysis.fit.teams import Teams
from sim.model.laws import mean_s
from sim.model.streams import Floats

_PICKED_UP_S: Final = 2.0
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
    seen = _seen(log, parts)
    busy = _come_back(seen.busy)
    if busy is None:
        return None
    recall = _come_back(seen.recall)
    if recall is None or len(seen.quiet) < FEWEST_EVENTS:
        return OffPhones(busy, busy, busy)
    return OffPhones(busy, _at_rest(*np.array(seen.quiet).T), recall)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the gaps between calls tell, seconds."""

    busy: list[tuple[float, float, bool]]
    """Stretches under observation, since the last call: begin, end, whether a caller was taken at the end."""
    recall: list[tuple[float, float, bool]]
    """Likewise after quiet calls, since somebody waited again."""
    quiet: list[tuple[float, float]]
    """After quiet calls: the time off the phone was above the first figure and at most the second."""


def _seen(log: CallLog, parts: Teams) -> _Seen:
    seen = _Seen([], [], [])
    stretches: dict[tuple[int, int], tuple[Floats, Floats]] = {}
    for served in served_by_agent(log):
        team = parts.team_of(served.agent)
        if (served.day, team) not in stretches:
            stretches[served.day, team] = _someone_waits(log, served.day, parts.takes[team])
        begins, ends = stretches[served.day, team]
        over, following = served.end[:-1], served.begin[1:]
        first = np.searchsorted(ends, over, side="right")
        after = np.searchsorted(begins, following, side="left")
        for left, next_, i, j in zip(over.tolist(), following.tolist(), first.tolist(), after.tolist(), strict=True):
            if not 0 <= next_ - left <= AWAY_S:
                continue  # an absence; below zero two of the agent's calls overlap in the log
            waited = list(zip(begins[i:j].tolist(), ends[i:j].tolist(), strict=True))
            busy = bool(waited) and waited[0][0] <= left
            since, told = (left, seen.busy) if busy or not waited else (waited[0][0], seen.recall)
            if not busy:
                seen.quiet.append((waited[0][0] - left, AWAY_S) if waited else (0.0, next_ - left))
            for begin, end in waited:
                back = next_ <= end + _PICKED_UP_S / 2
                # Only waits of some length count, so nobody is seen to end one before: the watch begins after that.
                watch = max(begin + _PICKED_UP_S, since)
                until = next_ if back else end
                if until > watch:
                    told.append((watch - since, until - since, back))
    return seen


def _someone_waits(log: CallLog, day: int, takes: Bools) -> tuple[Floats, Floats]:
    """Return the begins and ends of the stretches of a day in which a caller waits whom the agent could take."""
    here = (log.day == day) & (log.wait > _PICKED_UP_S) & takes[log.queue]
    begin = log.clock[here]  # the log is in order of arrival
    end = np.maximum.accumulate(begin + log.wait[here]) if here.any() else begin
    if not len(begin):
        return begin, end
    fresh = np.concatenate(([True], begin[1:] > end[:-1]))
    first = np.nonzero(fresh)[0]
    return begin[first], end[np.append(first[1:] - 1, len(end) - 1)]


def _come_back(watched: list[tuple[float, float, bool]]) -> OffPhone | None:
    begin, end, back = np.array(watched, np.float64).reshape(len(watched), 3).T
    if back.sum() < FEWEST_EVENTS:
        return None
    edges, rates = rates_of_return(begin, end, back > 0)
    risen = np.concatenate(([0.0], np.cumsum(rates * np.diff(edges))))  # the cumulative hazard at the edges
    shares = np.linspace(0.0, 1.0, QUANTILES)
    shares[-1] = 1 - 1 / (4 * (QUANTILES - 1))  # the tail ends where one in 800 is left
    # Nobody of a spell of work is off the phone for longer than to its end.
    return _told(np.interp(-np.log1p(-shares), risen, edges), len(watched))


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
    lows, highs = EDGES_S[:-1], EDGES_S[1:]
    watched = np.array(
        [np.clip(np.minimum(end, b) - np.maximum(begin, a), 0, None).sum() for a, b in zip(lows, highs, strict=True)]
    )
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
