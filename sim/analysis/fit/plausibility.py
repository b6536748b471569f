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
from callcenter.units import MINUTE
from sim.analysis.fit.arrivals import counts
from sim.analysis.fit.broken_days import hole_of, usual_of
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.presence import MICRO, served_calls

MIN_CALLS: Final = 100
"""Calls from which shares tell something."""
MIN_LOST: Final = 20
"""Callers who hung up, each at once, that no chance explains where others wait."""
OVERLAPS: Final = 0.25
"""More services than this that begin while their agent has another are not of people who take one call at a time."""
LONG_WAIT_S: Final = 1_200.0
"""Callers who wait like this on the whole are rare."""
SHORT_WAIT_S: Final = 1.0
"""Nobody waits like this on the whole, if anybody has to wait at all."""
FEWEST_DAYS, MONTHS, FURTHER = 3, 12, 3
"""Dates of which each could be the other way round, and lie so many times as far apart as if they were."""
EPOCH: Final = date(1970, 1, 1).toordinal()
NOON, SMALL_HOURS, OF_THEM = 13, (1, 7), 0.05
"""Calls of the small hours and none of the afternoon are those of a clock that shows twelve hours."""


def doubts(log: CallLog, agents: Iterable[str]) -> list[str]:
    """Return what is to be doubted, a sentence each; `agents` are their codes."""
    found = [
        _overlaps(log),
        _long_waits(log),
        _short_waits(log),
        _lost_at_once(log),
        _of_nobody(log),
        _whole_minutes(log),
        _short(log),
        _twelve_hours(log),
        _months_for_days(log),
        _holes(log),
        _alike(log.queues, "queues"),
        _alike(agents, "agents"),
    ]
    return [sentence for sentence in found if sentence]


def _overlaps(log: CallLog) -> str:
    served = served_calls(log)
    if len(served.day) < MIN_CALLS:
        return ""
    early = int((~served.first[1:] & (served.begin[1:] < served.end[:-1] - MICRO)).sum())
    if early <= OVERLAPS * len(served.day):
        return ""
    return (
        f"{early:,} of {len(served.day):,} services begin while their agent is still on another: are the units of wait "
        "and service right (unit: ms, minutes)? Only of chats would that be usual"
    )


def _long_waits(log: CallLog) -> str:
    waits = log.wait[log.wait > 0]
    if len(waits) < MIN_CALLS or float(np.median(waits)) <= LONG_WAIT_S:
        return ""
    return (
        f"half of those who waited did so for more than {float(np.median(waits)) / 60:,.0f} minutes: is the unit of "
        "wait right (unit: ms)?"
    )


def _short_waits(log: CallLog) -> str:
    waits = log.wait[log.wait > 0]
    if len(waits) < MIN_CALLS or float(np.median(waits)) >= SHORT_WAIT_S:
        return ""
    return (
        f"half of those who waited did so for less than {float(np.median(waits)):.2g} s: is the unit of wait right "
        "(unit: seconds, minutes)?"
    )


def _lost_at_once(log: CallLog) -> str:
    known = ~np.isnan(log.wait)
    lost, taken = log.wait[log.abandoned & known], log.wait[log.answered & known]
    if len(lost) < MIN_LOST or not len(taken) or (lost > 0).any() or float((taken > 0).mean()) < OF_THEM:
        return ""
    return (
        f"all {len(lost):,} abandoned calls have waited 0 s, and of the answered {float((taken > 0).mean()):.0%} have "
        "waited: is that what the system writes for a wait it does not know? Make such cells empty, or take the wait "
        "from two times (wait: {from: start, to: [answer, end]}): else all callers seem to hang up at once"
    )


def _of_nobody(log: CallLog) -> str:
    """Doubt answered calls without an agent, where others name one and no call is abandoned."""
    nobody = int((log.answered & (log.agent < 0)).sum())
    if log.abandoned.any() or nobody < MIN_LOST or nobody <= OF_THEM * len(log) or (log.agent < 0).all():
        return ""
    return (
        f"no call was abandoned, and {nobody:,} of {len(log):,} answered ones name no agent: are these the abandoned "
        "ones (outcome in the column map)?"
    )


def _whole_minutes(log: CallLog) -> str:
    """Doubt waits that are taken from moments of which one is written without its seconds."""
    if len(log) < MIN_CALLS or log.columns.wait.start is None or (log.clock % 60).any():
        return ""
    return (
        "all calls come at whole minutes: waits, taken from two times, are up to a minute off: export the times with "
        "their seconds, or take a column of waits (wait: COLUMN)"
    )


def _short(log: CallLog) -> str:
    known = log.service[log.answered & (log.service > 0)]
    if len(known) < MIN_CALLS or float(np.median(known)) >= log.columns.short_service:
        return ""
    return (
        f"half the services are shorter than {float(np.median(known)):.3g} s: is the unit of service right (unit: "
        "minutes)?"
    )


def _twelve_hours(log: CallLog) -> str:
    hour = (log.clock // 3600).astype(np.int64)
    small = int(((hour >= SMALL_HOURS[0]) & (hour < SMALL_HOURS[1])).sum())
    if len(log) < MIN_CALLS or hour.max() >= NOON or small < OF_THEM * len(log):
        return ""
    return (
        f"no call came after 13:00, and {small:,} of {len(log):,} before 07:00: does the clock show twelve hours "
        "(a format with %I and %p)?"
    )


def _months_for_days(log: CallLog) -> str:
    """Doubt dates that lie far apart as they are read, and close together with day and month exchanged."""
    form = log.columns.date.format if log.columns.date is not None else log.columns.arrival.format or ""
    days = [date.fromordinal(day + EPOCH) for day in log.days()]
    if "%d" not in form or "%m" not in form or len(days) < FEWEST_DAYS or any(day.day > MONTHS for day in days):
        return ""
    other = [day.replace(month=day.day, day=day.month).toordinal() for day in days]
    read, exchanged = days[-1].toordinal() - days[0].toordinal() + 1, max(other) - min(other) + 1
    if read < FURTHER * exchanged:
        return ""
    return (
        f"its {len(days)} dates lie within {read:,} days as they are read, and within {exchanged:,} with day and month "
        f"exchanged: is the format right ({form})?"
    )


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
            found.append(f"{date_text(day)} has no calls between {begin} and {end}, when other days have")
    if not found:
        return ""
    more = f" (and {len(found) - 1} days more like it)" if len(found) > 1 else ""
    return f"{found[0]}{more}: does the log hold that day in whole?"


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
    return (
        f"{sum(more.values()):,} {what} differ from another only in capitals, spaces, zeros before a number or letters "
        f"that look the same ({shown(masked(first[plain]))!r}, {shown(masked(other))!r}): each counts by itself"
    )


def _plain(name: str) -> str:
    """Return a name as somebody would call it who reads it aloud.

    >>> _plain("Hot\u00a0 Line"), _plain("Cafe\u0301\u200b") == _plain("CAF\u00c9"), _plain("007"), _plain("7.0")
    ('hot line', True, '7', '7')
    """
    text = "".join(c for c in normalize("NFKC", name) if category(c) != "Cf")
    text = " ".join(text.split()).casefold()
    return re.sub(r"^0*(?=\d+$)", "", re.sub(r"^(\d+)\.0$", r"\1", text))
