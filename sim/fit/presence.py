"""Who was there: what a log of served calls can say about agents on duty, and about their time off the phone.

A log shows who served, not who was on duty. Three readings of it, each a figure per interval:

- `seen`: different agents who served in the interval. An agent who took one call counts like one who stayed: a bound
  from above for those who work, though not for those who sat idle all the while;
- `busy`: agents talking, on average: a bound from below;
- `present`: agents between the first and the last call of a spell of work (a gap longer than `AWAY_S` ends it), on
  average. This is what a scenario is built from, together with the time off the phone inside a spell.

Time off the phone after a call (wrap-up, a note, a coffee) shows only while callers wait: an agent who does not take
one of them is off the phone. Once nobody waits, the agent may be idle as well, so the time is censored there, and
Kaplan-Meier puts the rest together. Taking the gaps between two calls of a busy queue alone would miss those who stay
away longer than the queue lasts. Both readings are of the same spells, so that no absence is counted twice.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from callcenter.scenario import Law, LawKind
from sim.fit.calllog import DAY_S, CallLog
from sim.fit.survival import FEWEST_EVENTS, KaplanMeier, kaplan_meier, piecewise_hazard
from sim.streams import Floats

AWAY_S: Final = 1200.0
"""A longer gap between two calls of an agent means that the agent was not at work."""
_PICKED_UP_S: Final = 2.0
"""Logs in whole seconds put the end of the wait and the begin of the service up to this far apart."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Agents per day and interval; arrays of shape (days, intervals)."""

    days: tuple[int, ...]
    interval_s: float
    seen: Floats
    busy: Floats
    present: Floats


@dataclass(frozen=True, slots=True)
class OffPhone:
    """Time between the end of a call and readiness for the next."""

    law: Law
    samples: int
    seen_back: int
    """Of the samples, those whose end was seen: a waiting caller was taken."""
    mean_s: float
    median_s: float


@dataclass(frozen=True, slots=True)
class _Spells:
    """Served calls by agent: begins and ends in seconds after the day's midnight, in order."""

    day: int
    agent: int
    begin: Floats
    end: Floats


def _served(log: CallLog) -> list[_Spells]:
    """Return the services of each agent on each day."""
    known = log.answered & (log.agent >= 0) & np.isfinite(log.service)
    begin = log.clock + log.wait
    found = []
    for day in log.days():
        today = known & (log.day == day)
        for agent in np.unique(log.agent[today]):
            mine = np.nonzero(today & (log.agent == agent))[0]
            mine = mine[np.argsort(begin[mine], kind="stable")]
            end = begin[mine] + np.minimum(log.service[mine], log.columns.longest_service)
            found.append(_Spells(day, int(agent), begin[mine], end))
    return found


def presence(log: CallLog, days: list[int] | None = None) -> Presence:
    """Return the agents of each interval of `days` (all days of the log when None)."""
    step = log.columns.interval / 1000
    wanted = log.days() if days is None else days
    place = {day: i for i, day in enumerate(wanted)}
    shape = (len(wanted), round(DAY_S / step))
    seen, busy, present = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for served in _served(log):
        if served.day not in place:
            continue
        row = place[served.day]
        talk = _cover(served.begin, served.end, step, shape[1])
        seen[row] += talk > 0
        busy[row] += talk
        # Spells: calls whose gaps are short, joined.
        last = np.maximum.accumulate(served.end)
        gaps = served.begin[1:] - last[:-1]
        first = np.nonzero(np.concatenate(([True], gaps > AWAY_S)))[0]
        closing = last[np.append(first[1:] - 1, len(last) - 1)]
        # Before the first call of a spell the agent sat ready for about as long as before the others.
        within = gaps[(gaps > 0) & (gaps <= AWAY_S)]
        ready = float(np.median(within)) if len(within) else 0.0
        present[row] += _cover(served.begin[first] - ready, closing, step, shape[1])
    return Presence(tuple(wanted), step, seen, busy, present * _unnamed(log))


def _unnamed(log: CallLog) -> float:
    """Return by how much presence is to be raised for answered calls whose agent the log does not name."""
    named = int((log.answered & (log.agent >= 0)).sum())
    return float(log.answered.sum()) / named if named else 1.0


def _cover(begin: Floats, end: Floats, step: float, intervals: int) -> Floats:
    """Return the share of each interval that the spans cover (they may overlap: at most all of it)."""
    edges = np.arange(intervals + 1) * step
    covered = (np.clip(end[:, None], edges[:-1], edges[1:]) - np.clip(begin[:, None], edges[:-1], edges[1:])).sum(
        axis=0
    )
    return np.asarray(np.minimum(covered / step, 1.0))


def off_phone(log: CallLog) -> OffPhone | None:
    """Return the time off the phone after a call, or None where the log does not show it (no agents, no queue)."""
    times: list[float] = []
    back: list[bool] = []
    spells = _served(log)
    waits = {day: _someone_waits(log, day) for day in dict.fromkeys(s.day for s in spells)}
    for served in spells:
        begins, ends = waits[served.day]
        nexts = np.append(served.begin[1:], np.inf)
        place = np.searchsorted(begins, served.end, side="right") - 1
        until = np.where(place >= 0, ends[np.maximum(place, 0)] if len(ends) else -np.inf, -np.inf)
        for over, following, empty in zip(served.end, nexts, until, strict=True):
            if empty <= over or following < over:
                continue  # nobody waited, or two of the agent's calls overlap in the log
            if following - over > AWAY_S:
                continue  # the spell ended: `present` knows, it must not count twice
            taken = following <= empty + _PICKED_UP_S / 2
            times.append(float(following if taken else empty) - float(over))
            back.append(bool(taken))
    if sum(back) < FEWEST_EVENTS:
        return None
    seconds, ended = np.array(times), np.array(back)
    km = kaplan_meier(seconds, ended)
    law = _law(seconds, ended, km)
    mean = float(np.trapezoid(km.at(np.arange(0.0, AWAY_S + 1)), dx=1.0))
    return OffPhone(law, len(times), int(ended.sum()), mean, km.quantile_s(0.5) or 0.0)


def _someone_waits(log: CallLog, day: int) -> tuple[Floats, Floats]:
    """Return the begins and ends of the stretches of a day in which at least one caller waits."""
    here = (log.day == day) & (log.wait > _PICKED_UP_S)
    begin = log.clock[here]  # the log is in order of arrival
    end = np.maximum.accumulate(begin + log.wait[here]) if here.any() else begin
    if not len(begin):
        return begin, end
    fresh = np.concatenate(([True], begin[1:] > end[:-1]))
    first = np.nonzero(fresh)[0]
    return begin[first], end[np.append(first[1:] - 1, len(end) - 1)]


def _law(times: Floats, ended: np.ndarray[tuple[int], np.dtype[np.bool_]], km: KaplanMeier) -> Law:
    """Return a law through Kaplan-Meier; nobody of a spell is off the phone for longer than `AWAY_S`."""
    _, hazard = piecewise_hazard(np.maximum(times, 1e-3), ended)
    shares = np.linspace(0.0, 1.0, 401)
    values = np.minimum(hazard.quantiles_s(np.minimum(shares, 1 - 1 / 1600)), AWAY_S)
    return Law(LawKind.EMPIRICAL, values_s=tuple(float(round(v, 3)) for v in values), smooth=True)
