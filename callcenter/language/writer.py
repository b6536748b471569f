"""How a language writes numbers, shares, durations and instants, by Babel."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers


@dataclass(frozen=True)
class Writer:
    """Writes numbers, dates and durations in one language, instants in one zone."""

    language: str
    zone: tzinfo = UTC

    @property
    def locale(self) -> Locale:
        """The language as Babel knows it."""
        return Locale.parse(self.language)

    def number(self, value: float | None, places: int = 0) -> str:
        """Return a number; None is a dash.

        >>> Writer("en").number(12345.678), Writer("en").number(1.5, 1), Writer("en").number(None)
        ('12,346', '1.5', '–')
        """
        if value is None:
            return NOTHING
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return numbers.format_decimal(value, format=pattern, locale=self.locale)

    def percent(self, share: float | None, places: int = 0) -> str:
        """Return a share as per cent; what is below 100 % is never rounded up to it, nor what is above 0 down.

        >>> Writer("en").percent(0.853), Writer("en").percent(0.9999), Writer("en").percent(None)
        ('85%', '99%', '–')
        """
        if share is None:
            return NOTHING
        least = 10 ** -(places + 2)
        if 0 < share < 1:
            share = min(max(share, least), 1 - least)
        pattern = "#,##0" + ("." + "0" * places if places else "") + "%"
        return numbers.format_percent(share, format=pattern, locale=self.locale)

    def duration(self, seconds: float | None) -> str:
        """Return a duration as hours, minutes and seconds, which reads alike in every language.

        >>> [Writer("en").duration(s) for s in (0, 75.4, 3_661, -5, None)]
        ['0:00', '1:15', '1:01:01', '-0:05', '–']
        """
        if seconds is None:
            return NOTHING
        minutes, rest = divmod(int(abs(seconds)), 60)
        hours, minutes = divmod(minutes, 60)
        sign = "-" if seconds < 0 and int(abs(seconds)) else ""
        return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"

    def _at(self, instant: str | int) -> datetime:
        if isinstance(instant, int):
            return datetime.fromtimestamp(instant / 1000, self.zone)
        return datetime.fromisoformat(instant).astimezone(self.zone)

    def clock(self, instant: str | int | None) -> str:
        """Return hours and minutes of an instant (RFC 3339, or milliseconds since 1970) in the zone."""
        return NOTHING if instant is None else dates.format_time(self._at(instant), "HH:mm", locale=self.locale)

    def second(self, instant: str | int | None) -> str:
        """Return the time of an instant in the zone, to the second."""
        return NOTHING if instant is None else dates.format_time(self._at(instant), "HH:mm:ss", locale=self.locale)

    def day(self, instant: str | int | None) -> str:
        """Return the day of an instant in the zone."""
        return NOTHING if instant is None else dates.format_date(self._at(instant).date(), "medium", locale=self.locale)

    def date(self, day: date) -> str:
        """Return a day of the calendar with its weekday."""
        return dates.format_date(day, "full", locale=self.locale)

    def near(self, instant: str | int, now: int) -> str:
        """Return an instant with no more of its day than tells it from today: the clock, the day and the clock.

        >>> from datetime import UTC
        >>> write, noon = Writer("en", UTC), 1_772_452_800_000  # on 2 March 2026
        >>> [write.near(noon + days * 86_400_000, noon) for days in (0, 1, -365)]
        ['12:00', 'Mar 3 12:00', 'Mar 2, 2025 12:00']
        """
        at, today = self._at(instant).date(), self._at(now).date()
        if at.year != today.year:
            return self.moment(instant)
        day = "" if at == today else f"{dates.format_skeleton('MMMd', at, locale=self.locale)} "
        return day + self.clock(instant)

    def moment(self, instant: str | int | None) -> str:
        """Return day and time of an instant in the zone."""
        return NOTHING if instant is None else f"{self.day(instant)} {self.clock(instant)}"


NOTHING: Final = "–"
"""What cannot be told."""


@cache
def zone_of(name: str) -> tzinfo:
    """Return a time zone."""
    return ZoneInfo(name)
