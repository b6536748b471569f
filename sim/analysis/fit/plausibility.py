"""Plausibility checks of how a log was read: units, clocks and names that cannot well be what the map takes them for.

None of it is proof, so it is said and nothing is refused.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Final
from unicodedata import category, normalize

import numpy as np

from callcenter.config.tables import masked
from callcenter.config.words import date_text, shown
from callcenter.language.said import said
from callcenter.units import DAY, MINUTE
from sim.analysis.fit.arrivals import counts
from sim.analysis.fit.broken_days import hole_of, usual_of
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.presence import MICRO, served_calls
from sim.model.streams import Floats, Ints

MIN_CALLS: Final = 100
"""Calls from which shares tell something."""
MIN_LOST: Final = 20
"""Callers who hung up, each at once, that no chance explains where others wait."""
OVERLAPS: Final = 0.25
"""More services than this that begin while their agent has another are not of people who take one call at a time."""
ONCE, LESS, ROUNDED_S = 0.02, 0.1, 2.0
"""Services of one agent at once, and how many fewer another reading has, from which it is no chance; whole seconds."""
LONG_WAIT_S: Final = 1_200.0
"""Callers who wait like this on the whole are rare."""
SHORT_WAIT_S: Final = 1.0
"""Nobody waits like this on the whole, if anybody has to wait at all."""
FEWEST_DAYS, MONTHS, FURTHER = 3, 12, 3
"""Dates of which each could be the other way round, and lie so many times as far apart as if they were."""
HOUR: Final = 60 * MINUTE
EPOCH: Final = date(1970, 1, 1).toordinal()
ROUND_MINUTES: Final = (60, 30, 20, 15, 10, 5, 1)
STEP: Final = 15 * MINUTE
AROUND: Final = 28
"""Days before and after the clocks change whose calls are compared."""
SURE, PER_CALL = 20.0, 0.05
"""By how much likelier calls have to come an hour off: in all, and for each of them."""
NOON, SMALL_HOURS, OF_THEM = 13, (1, 7), 0.05
"""Calls of the small hours and none of the afternoon are those of a clock that shows twelve hours."""

QUOTES: Final = frozenset("\"'`\u2018\u2019\u201c\u201d\u00b4")
"""Within a word they divide none."""


def doubts(log: CallLog, agents: Iterable[str]) -> list[str]:
    """Return what is to be doubted, a sentence each; `agents` are their codes."""
    found = [
        _another_moment(log) or _overlaps(log),
        _long_waits(log),
        _short_waits(log),
        _lost_at_once(log),
        _of_nobody(log),
        _answered_by_nobody(log),
        _lost_while_talking(log),
        _rounded(log),
        _short(log),
        _twelve_hours(log),
        _months_for_days(log),
        _clock_change(log),
        _holes(log),
        _alike(log.queues, said("queues")),
        _alike(agents, said("agents")),
    ]
    return [sentence for sentence in found if sentence]


def _overlaps(log: CallLog) -> str:
    served = served_calls(log)
    if len(served.day) < MIN_CALLS:
        return ""
    early = int((~served.first[1:] & (served.begin[1:] < served.end[:-1] - MICRO)).sum())
    if early <= OVERLAPS * len(served.day):
        return ""
    return said(
        "{early:,} of {services:,} services begin while their agent is still on another: are the units of wait "
        "and service right (unit: ms, minutes)? Only of chats would that be usual",
        early=early,
        services=len(served.day),
    )


def _another_moment(log: CallLog) -> str:
    """Doubt times of arrival by which agents serve two callers at once, and by which they do not if they are others."""
    form = log.columns
    if form.wait.start is not None or (form.service is not None and form.service.start is not None):
        return ""
    known = log.answered & (log.agent >= 0) & np.isfinite(log.wait) & (log.service > 0)
    at, wait, service = (log.day * DAY / 1000 + log.clock)[known], log.wait[known], log.service[known]
    as_read, answered, ended = (
        _at_once(log.agent[known], begin, service) for begin in (at + wait, at, at - service)
    )  # fmt: skip
    if as_read < max(MIN_LOST, ONCE * len(at)) or min(answered, ended) > LESS * as_read:
        return ""
    return said(
        "{early:,} of {services:,} services begin while their agent is still on another, and {others:,} would if "
        "column {column!r} told when the call {what}: does it tell when the call came (arrival in the column map)?",
        early=as_read,
        services=len(at),
        others=min(answered, ended),
        column=form.arrival.column,
        what=said("was answered") if answered < ended else said("ended"),
    )


def _at_once(agent: Ints, begin: Floats, lasts: Floats) -> int:
    """Return how many services begin before the one before them, of the same agent, is over."""
    order = np.lexsort((begin, agent))
    agent, begin, end = agent[order], begin[order], (begin + lasts)[order]
    return int(((agent[1:] == agent[:-1]) & (begin[1:] < end[:-1] - ROUNDED_S)).sum())


def _long_waits(log: CallLog) -> str:
    waits = log.wait[log.wait > 0]
    if len(waits) < MIN_CALLS or float(np.median(waits)) <= LONG_WAIT_S:
        return ""
    return said(
        "half of those who waited did so for more than {minutes:,.0f} minutes: is the unit of wait right (unit: ms)?",
        minutes=float(np.median(waits)) / 60,
    )


def _short_waits(log: CallLog) -> str:
    waits = log.wait[log.wait > 0]
    if len(waits) < MIN_CALLS or float(np.median(waits)) >= SHORT_WAIT_S:
        return ""
    return said(
        "half of those who waited did so for less than {seconds:.2g} s: is the unit of wait right (unit: seconds, "
        "minutes)?",
        seconds=float(np.median(waits)),
    )


def _lost_at_once(log: CallLog) -> str:
    known = ~np.isnan(log.wait)
    lost, taken = log.wait[log.abandoned & known], log.wait[log.answered & known]
    if len(lost) < MIN_LOST or not len(taken) or (lost > 0).any() or float((taken > 0).mean()) < OF_THEM:
        return ""
    return said(
        "all {lost:,} abandoned calls have waited 0 s, and of the answered {share:.0%} have waited: is that what the "
        "system writes for a wait it does not know? Make such cells empty, or take the wait from two times (wait: "
        "{{from: start, to: [answer, end]}}): else all callers seem to hang up at once",
        lost=len(lost),
        share=float((taken > 0).mean()),
    )


def _of_nobody(log: CallLog) -> str:
    """Doubt answered calls without an agent, where others name one and no call is abandoned."""
    nobody = int((log.answered & (log.agent < 0)).sum())
    if log.abandoned.any() or nobody < MIN_LOST or nobody <= OF_THEM * len(log) or (log.agent < 0).all():
        return ""
    return said(
        "no call was abandoned, and {nobody:,} of {calls:,} answered ones name no agent: are these the abandoned "
        "ones (outcome in the column map)?",
        nobody=nobody,
        calls=len(log),
    )


def _answered_by_nobody(log: CallLog) -> str:
    """Doubt answered calls without an agent and without a talk time, where others have both."""
    known = log.answered & (log.agent >= 0) & (log.service > 0)
    nobody = int((log.answered & (log.agent < 0) & ~(log.service > 0)).sum())
    if nobody < MIN_LOST or nobody <= OF_THEM * log.answered.sum() or not known.any():
        return ""
    return said(
        "{nobody:,} of {answered:,} answered calls have no agent and no talk time: did somebody answer them (outcome "
        "in the column map)?",
        nobody=nobody,
        answered=int(log.answered.sum()),
    )


def _lost_while_talking(log: CallLog) -> str:
    talked, lost = log.tally.talked, int(log.abandoned.sum())
    if talked < MIN_LOST or talked <= OF_THEM * lost:
        return ""
    return said(
        "{talked:,} of {lost:,} abandoned calls have a talk time: were they answered (outcome in the column map), or "
        "is it no talk time?",
        talked=talked,
        lost=lost,
    )


def _rounded(log: CallLog) -> str:
    """Doubt arrivals at whole hours or minutes, of which the seconds are not written."""
    if len(log) < MIN_CALLS or (log.clock % 60).any():
        return ""
    step = next(n for n in ROUND_MINUTES if not (log.clock % (60 * n)).any())
    if step > 1:
        return said(
            "all calls come at times that are whole multiples of {n} minutes: these are no times of single calls: how "
            "calls come within the hour, and what agents do between them, is not to be trusted: export the times with "
            "their seconds",
            n=step,
        )
    if log.columns.wait.start is None:
        return ""
    return said(
        "all calls come at whole minutes: waits, taken from two times, are up to a minute off: export the times with "
        "their seconds, or take a column of waits (wait: COLUMN)"
    )


def _short(log: CallLog) -> str:
    known = log.service[log.answered & (log.service > 0)]
    if len(known) < MIN_CALLS or float(np.median(known)) >= log.columns.short_service:
        return ""
    return said(
        "half the services are shorter than {seconds:.3g} s: is the unit of service right (unit: minutes; days, as "
        "spreadsheets have them)?",
        seconds=float(np.median(known)),
    )


def _twelve_hours(log: CallLog) -> str:
    hour = (log.clock // 3600).astype(np.int64)
    small = int(((hour >= SMALL_HOURS[0]) & (hour < SMALL_HOURS[1])).sum())
    if len(log) < MIN_CALLS or hour.max() >= NOON or small < OF_THEM * len(log):
        return ""
    return said(
        "no call came after 13:00, and {small:,} of {calls:,} before 07:00: does the clock show twelve hours "
        "(a format with %I and %p)?",
        small=small,
        calls=len(log),
    )


def _months_for_days(log: CallLog) -> str:
    """Doubt dates that lie far apart as they are read, and close together with day and month exchanged.

    A spreadsheet of another country exchanges those that can be, and leaves the days from the 13th on as they are.
    """
    days = [date.fromordinal(day + EPOCH) for day in log.days()]
    other = [day.replace(month=day.day, day=day.month) if day.day <= MONTHS else day for day in days]
    if sum(one != two for one, two in zip(days, other, strict=True)) < FEWEST_DAYS:
        return ""
    read = days[-1].toordinal() - days[0].toordinal() + 1
    exchanged = max(other).toordinal() - min(other).toordinal() + 1
    if read < FURTHER * exchanged:
        return ""
    return said(
        "its {n} dates lie within {read:,} days as they are read, and within {exchanged:,} with day and month "
        "exchanged where that can be: is the format right (%d/%m or %m/%d), or has a spreadsheet exchanged them?",
        n=len(days),
        read=read,
        exchanged=exchanged,
    )


def _clock_change(log: CallLog) -> str:
    """Doubt times whose day begins an hour earlier or later from the day on which the centre's clocks change."""
    days = np.array(log.days())
    for start, before, after in zip(log.zone.starts[1:], log.zone.offsets, log.zone.offsets[1:], strict=False):
        changed = (start + after) // DAY
        if not days[0] < changed < days[-1] or abs(after - before) != HOUR:
            continue
        near = np.abs(log.day - changed) <= AROUND
        early, late = (_course(log, near & side) for side in (log.day < changed, log.day > changed))
        if min(early.sum(), late.sum()) < MIN_CALLS:
            continue
        steps = HOUR // STEP
        stays, sooner, later = (_likeness(np.roll(early, by), late) for by in (0, -steps, steps))
        if max(sooner, later) - stays > max(SURE, PER_CALL * late.sum()):
            return said(
                "from {day} on, when the clocks of {zone} were changed, calls come an hour {way} than before: are the "
                "times written in UTC, or in another zone than {zone} (zone in the column map, --zone)?",
                day=date_text(int(changed)),
                zone=log.columns.zone,
                way=said("earlier") if sooner > later else said("later"),
            )
    return ""


def _course(log: CallLog, which: Bools) -> Ints:
    """Return the calls of some days by the time of day."""
    place = (log.clock[which] * 1000).astype(np.int64) % DAY // STEP
    return np.bincount(place, minlength=DAY // STEP)


def _likeness(first: Ints, second: Ints) -> float:
    """Return the log-likelihood of calls by time of day if they come as others did."""
    share = (first + 0.5) / (first + 0.5).sum()
    return float((second * np.log(share)).sum())


def _holes(log: CallLog) -> str:
    """Doubt days that lack hours which others of their weekday have; a first or a last day all the others."""
    days = log.days()
    table = counts(log, days).sum(axis=1)
    found = []
    for row, day in enumerate(days):
        usual = usual_of(days, table, day)
        if usual is None and row in {0, len(days) - 1} and len(days) >= FEWEST_DAYS:
            usual = np.delete(table, row, axis=0).min(axis=0)
        hole = None if usual is None else hole_of(table[row], usual)
        if hole is not None:
            begin, end = (f"{at // 60:02d}:{at % 60:02d}" for at in (n * log.columns.interval // MINUTE for n in hole))
            found.append((date_text(day), begin, end))
    if not found:
        return ""
    day_, begin, end = found[0]
    more = said(" (and {n} days more like it)", n=len(found) - 1) if len(found) > 1 else ""
    return said(
        "{day} has no calls between {begin} and {end}, when other days have{more}: does the log hold that day in "
        "whole?",
        day=day_,
        begin=begin,
        end=end,
        more=more,
    )


def _alike(names: Iterable[str], what: str) -> str:
    first: dict[str, str] = {}
    more: Counter[str] = Counter()
    for name in sorted(names):
        plain = _plain(name)
        if first.setdefault(plain, name) != name:
            more[plain] += 1
    if not more:
        return ""
    plain = min(more)
    other = next(name for name in sorted(names) if name != first[plain] and _plain(name) == plain)
    return said(
        "{n:,} {what} differ from another only in capitals, spaces, punctuation, zeros before a number or letters "
        "that look the same ({one!r}, {other!r}): each counts by itself",
        n=sum(more.values()),
        what=what,
        one=shown(masked(first[plain])),
        other=shown(masked(other)),
    )


def _plain(name: str) -> str:
    """Return a name as somebody would call it who reads it aloud.

    >>> _plain("Hot\u00a0 Line"), _plain("Cafe\u0301\u200b") == _plain("CAF\u00c9"), _plain("007"), _plain("7.0")
    ('hotline', True, '7', '7')
    >>> _plain("Hot-line."), _plain("-")
    ('hotline', '-')
    >>> _plain('sa"les'), _plain("O\u2019Neill") == _plain("ONeill")
    ('sales', True)
    """
    text = "".join(c for c in normalize("NFKC", name) if category(c) != "Cf")
    text = re.sub(r"^(\d+)\.0$", r"\1", " ".join(text.split()).casefold())
    words = "".join(c for c in text if category(c)[0] != "P" and c not in QUOTES and not c.isspace())
    return re.sub(r"^0*(?=\d+$)", "", words or text)
