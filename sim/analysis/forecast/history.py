"""The past as a forecast sees it: calls and service times by day and interval, nothing of single calls."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from callcenter.hours import weekday
from callcenter.units import DAY
from sim.analysis.fit.arrivals import counts, interval_index, intervals_of
from sim.analysis.fit.broken_days import broken_days
from sim.analysis.fit.calllog import CallLog
from sim.model.streams import Floats, Ints

CLOSED_WEEKS: Final = 4
"""A weekday without a call in this many of its last dates is closed."""


@dataclass(frozen=True, slots=True)
class History:
    """Days with calls, in order; arrays with one row a day."""

    log: CallLog
    days: Ints
    """Local day numbers, shape (days,)."""
    calls: Floats
    """Offered calls, shape (days, queues, intervals)."""
    served: Floats
    """Services with a usable time, shape (days, intervals)."""
    service_s: Floats
    """Their times together, seconds, shape (days, intervals)."""
    service_s2: Floats
    """Their squares together, shape (days, intervals)."""
    broken: tuple[int, ...] = ()
    """Days left out because the log does not hold them in whole."""

    @property
    def weekdays(self) -> Ints:
        """Monday is 0, shape (days,)."""
        return np.array([weekday_of(int(day)) for day in self.days], dtype=np.int64)

    @property
    def totals(self) -> Floats:
        """Calls of each day, shape (days,)."""
        return np.asarray(self.calls.sum(axis=(1, 2)))

    @property
    def first(self) -> int:
        """The first day."""
        return int(self.days[0])

    @property
    def last(self) -> int:
        """The last day."""
        return int(self.days[-1])

    def before(self, day: int) -> "History":
        """Return what was known on the morning of `day`."""
        cut = int(np.searchsorted(self.days, day))
        return replace(
            self,
            log=self.log.only(self.log.day < day),
            days=self.days[:cut],
            calls=self.calls[:cut],
            served=self.served[:cut],
            service_s=self.service_s[:cut],
            service_s2=self.service_s2[:cut],
        )


def weekday_of(day: int) -> int:
    """Return the weekday of a local day number, Monday = 0."""
    return weekday(day * DAY)


def history_of(log: CallLog) -> History:
    """Return the past in `log`.

    Days with fewer calls than the column map asks for are left out, and those that the log does not hold in whole.
    """
    days = [day for day in log.days() if int((log.day == day).sum()) >= log.columns.fewest_calls]
    broken = broken_days(days, counts(log, days).sum(axis=1))
    days = [day for day in days if day not in broken]
    good = log.only(log.answered & (log.service > 0) & (log.service <= log.columns.longest_service))
    shape = (len(days), intervals_of(log))
    place = np.searchsorted(days, good.day)
    here = (place < len(days)) & (np.array([*days, -1])[np.minimum(place, len(days))] == good.day)
    sums: list[Floats] = []
    for power in (0, 1, 2):
        found = np.zeros(shape)
        np.add.at(found, (place[here], interval_index(good)[here]), good.service[here] ** power)
        sums.append(found)
    there = np.array(days, dtype=np.int64)
    return History(log, there, counts(log, days), sums[0], sums[1], sums[2], tuple(broken))


def closed_weekdays(days: Ints) -> tuple[int, ...]:
    """Return the weekdays that had no calls in their last four dates; weeks without any call tell nothing.

    Args:
        days: Local day numbers with calls, in order.
    """
    there = {int(day) for day in days}
    last = int(days[-1])
    # Weeks counted back from the last day: each has every weekday once.
    weeks = [
        range(end - 6, end + 1)
        for end in range(last, int(days[0]) + 5, -7)
        if any(d in there for d in range(end - 6, end + 1))
    ]
    seen = {weekday_of(day) for week in weeks[:CLOSED_WEEKS] for day in week if day in there}
    return tuple(w for w in range(7) if w not in seen) if weeks else ()
