"""Local time without a clock: zones as tables of transitions, opening hours, calling windows.

The tables are computed where files are read, from pinned tzdata; the core only looks them up.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from callcenter.units import DAY, Millis

EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday (Monday is 0)."""


@dataclass(frozen=True, slots=True)
class Zone:
    """An IANA time zone as its transitions: from `starts[i]` (UTC ms) on, local time is UTC + `offsets[i]` ms."""

    name: str
    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    def local(self, at: int) -> int:
        """Return the local wall-clock reading at instant `at`, as ms since a local 1970-01-01."""
        return at + self.offsets[max(0, bisect_right(self.starts, at) - 1)]

    def instant(self, local: int) -> Millis:
        """Return the first instant whose local reading is `local` or, where clocks jump over it, the jump itself."""
        guess = bisect_right(self.starts, local - self.offsets[0]) - 1
        for i in range(max(0, guess - 2), len(self.starts)):
            at = max(local - self.offsets[i], self.starts[i])
            if i + 1 == len(self.starts) or at < self.starts[i + 1]:
                return Millis(at)
        raise AssertionError("the last transition has no end")

    def instants(self, local: int) -> tuple[Millis, ...]:
        """Return every instant that reads `local`: none where clocks jump over it, two where they go back."""
        found = []
        around = bisect_right(self.starts, local - self.offsets[0])
        for i in range(max(0, around - 3), min(len(self.starts), around + 3)):
            at = local - self.offsets[i]
            if self.starts[i] <= at and (i + 1 == len(self.starts) or at < self.starts[i + 1]):
                found.append(Millis(at))
        return tuple(found)

    def stretches(self, begin: int, end: int) -> tuple[tuple[Millis, Millis], ...]:
        """Return the stretches of time whose local reading is in [`begin`, `end`), in order.

        Where clocks jump over all of it there is none; where they go back over it, it comes twice.
        """
        found = list[tuple[Millis, Millis]]()
        around = bisect_right(self.starts, begin - self.offsets[0])
        for i in range(max(0, around - 3), min(len(self.starts), around + 3)):
            until = end - self.offsets[i]
            if i + 1 < len(self.starts):
                until = min(until, self.starts[i + 1])
            since = max(begin - self.offsets[i], self.starts[i])
            if since >= until:
                continue
            if found and found[-1][1] == since:  # the clocks change, and it goes on
                found[-1] = (found[-1][0], Millis(until))
            else:
                found.append((Millis(since), Millis(until)))
        return tuple(found)

    def length(self, begin: int, end: int) -> Millis:
        """Return for how long the local reading is in [`begin`, `end`): an hour that comes twice is two hours long."""
        return Millis(sum(until - since for since, until in self.stretches(begin, end)))

    def jumps(self, begin: int, end: int) -> list[Millis]:
        """Return the transitions whose new local reading lies from `begin` to `end`."""
        i = max(0, bisect_right(self.starts, begin - 2 * DAY))
        j = bisect_right(self.starts, end + 2 * DAY)
        return [Millis(at) for at in self.starts[i:j] if begin <= self.local(at) <= end]


UTC = Zone("UTC", (-(2**62),), (0,))


def weekday(local: int) -> int:
    """Return the weekday of a local reading, Monday = 0."""
    return (local // DAY + EPOCH_WEEKDAY) % 7


Span = tuple[int, int]
"""From, until, in ms after local midnight; `until` may be 24:00."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Weekly spans in a zone's local time, and days that differ (holidays are days with no span)."""

    zone: Zone
    week: tuple[tuple[Span, ...], ...]
    """Seven days, Monday first; each day's spans in order, not overlapping."""
    special: tuple[tuple[int, tuple[Span, ...]], ...] = ()
    """Local day number (days since 1970-01-01) → its spans; in order of days."""

    def spans(self, day: int) -> tuple[Span, ...]:
        """Return the spans of local day number `day`."""
        place = bisect_left(self.special, day, key=itemgetter(0))
        if place < len(self.special) and self.special[place][0] == day:
            return self.special[place][1]
        return self.week[(day + EPOCH_WEEKDAY) % 7]

    def is_open(self, at: int) -> bool:
        """Tell whether instant `at` lies within the hours (the closing instant itself does not)."""
        day, clock = divmod(self.zone.local(at), DAY)
        return any(begin <= clock < end for begin, end in self.spans(day))

    def next_change(self, at: int) -> Millis | None:
        """Return the first instant after `at` when the hours begin or end, or None within 400 days."""
        if not self.special and all(spans == ((0, DAY),) for spans in self.week):
            return None  # always open: nothing to look for on 400 days
        state = self.is_open(at)
        first = self.zone.local(at) // DAY
        for day in range(first - 1, first + 400):
            # A day and the next together: where clocks go back over midnight, the days overlap.
            edges = [d * DAY + edge for d in (day, day + 1) for span in self.spans(d) for edge in span]
            instants = [instant for edge in edges for instant in self.zone.instants(edge)]
            for instant in sorted([*instants, *self.zone.jumps(day * DAY, (day + 2) * DAY)]):
                if instant > at and self.is_open(instant) != state:
                    return instant
        return None


@dataclass(frozen=True, slots=True)
class CommonHours:
    """Hours in several zones at once: open while every one of them is."""

    parts: tuple[OpeningHours, ...]

    def is_open(self, at: int) -> bool:
        """Tell whether instant `at` lies within the hours of every zone."""
        return all(part.is_open(at) for part in self.parts)

    def next_change(self, at: int) -> Millis | None:
        """Return the first instant after `at` when the common hours begin or end, or None within some 400 days."""
        state = self.is_open(at)
        until = at + 400 * DAY
        while at < until:
            changes = [change for part in self.parts if (change := part.next_change(at)) is not None]
            if not changes:
                return None
            at = min(changes)
            if self.is_open(at) != state:
                return Millis(at)
        return None


Hours = OpeningHours | CommonHours


@lru_cache(maxsize=4096)
def daily_window(zone: Zone, begin: int, end: int) -> OpeningHours:
    """Return the window `begin`-`end` (ms after local midnight) on every day of the week, in `zone`."""
    return OpeningHours(zone, (((begin, end),),) * 7)


def window_in_all(zones: tuple[Zone, ...], begin: int, end: int) -> Hours:
    """Return the window `begin`-`end` of every day as far as it is open in all of these zones (at least one).

    >>> window_in_all((Zone("a", (0,), (0,)), Zone("b", (0,), (3_600_000,))), 0, 7_200_000).is_open(3_600_000)
    False
    """
    if len(zones) == 1:
        return daily_window(zones[0], begin, end)
    return CommonHours(tuple(daily_window(zone, begin, end) for zone in zones))


def first_open(hours: Hours, at: int) -> Millis | None:
    """Return `at` if it lies within `hours`, else the next instant that does (None: none within 400 days)."""
    if hours.is_open(at):
        return Millis(at)
    return hours.next_change(at)
