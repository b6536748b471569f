"""How people write times, shares, targets and weekdays, read into numbers; refusals say how to write them."""

import re
from datetime import date
from typing import Final

from callcenter.hours import Span
from callcenter.language.said import said
from callcenter.tiers import Target
from callcenter.units import DAY, HOUR, MINUTE, SECOND, Millis, millis

UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION: Final = re.compile(r"(?:(?:[0-9]+(?:\.[0-9]+)?)(?:ms|[smhd]))+")
DURATION_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhd])")
PERCENT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) *%")
CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})")
TARGET: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) *%? */ *([0-9]+(?:\.[0-9]+)?) *s?")
TARGET_WORDS: Final = re.compile(r"([0-9]+(?:\.[0-9]+)? *%) +within +(\S+)")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SURELY_PER_CENT: Final = 10.0
"""A ratio of so much without a sign: 80 where 80% is meant."""
LONGEST_S: Final = 3660 * 86400.0
"""Ten years: longer than anything that is meant."""

_DURATION_HOW: Final = said("write a number with its unit: 20s, 5m, 1h30m, 24h")
_CLOCK_HOW: Final = said('write a time of day from "00:00" to "24:00"')


def duration_s(value: object) -> float:
    """Return a duration in seconds; a bare number other than 0 is refused, since nobody knows its unit.

    >>> duration_s("1h30m"), duration_s("250ms"), duration_s(0)
    (5400.0, 0.25, 0.0)
    """
    if not isinstance(value, bool | str) and value == 0:
        return 0.0
    text = value.replace(" ", "") if isinstance(value, str) else ""
    if not DURATION.fullmatch(text):
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            raise ValueError(
                said("a duration needs its unit ({value}): write {value}s, {value}m or {value}h", value=value)
            )
        raise ValueError(
            said("is not a duration ({value}): {duration_how}", value=shown(value), duration_how=_DURATION_HOW)
        )
    seconds = sum(float(number) * UNITS_S[unit] for number, unit in DURATION_PART.findall(text))
    if seconds > LONGEST_S:
        raise ValueError(
            said("is longer than ten years ({value}): {duration_how}", value=shown(value), duration_how=_DURATION_HOW)
        )
    return seconds


def duration(value: object) -> Millis:
    """Return a duration in whole milliseconds.

    >>> duration("20s")
    20000
    """
    return millis(duration_s(value))


def share(value: object) -> float:
    """Return a share between 0 and 1, written 90% or 0.9.

    >>> share("90%"), share(0.25)
    (0.9, 0.25)
    """
    how = said("write a share between 0 % and 100 %, such as 90% or 0.9")
    match = PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        number = float(match.group(1)) / 100
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    else:
        raise ValueError(said("is not a share ({value}): {how}", value=shown(value), how=how))
    if number > 1 and not match:
        raise ValueError(
            said("is more than 100 % ({value}): {how}; did you mean {value}%?", value=f"{number:g}", how=how)
        )
    if not 0 <= number <= 1:
        raise ValueError(said("is not between 0 % and 100 % ({value}): {how}", value=shown(value), how=how))
    return number


def ratio(value: object) -> float:
    """Return a number from 0 up that may be written as a percentage: a cv of 80% or 1.2.

    >>> ratio("80%"), ratio(1.2)
    (0.8, 1.2)
    """
    match = PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        return float(match.group(1)) / 100
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < SURELY_PER_CENT:
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and SURELY_PER_CENT <= value <= 1e6:
        raise ValueError(
            said("is {value:g} times, {value_2:g} %: did you mean {value:g}%?", value=value, value_2=value * 100)
        )
    raise ValueError(said("is not a number from 0 up ({value}): write 0.8 or 80%", value=shown(value)))


def clock(value: object) -> int:
    """Return a time of day in ms after midnight; 24:00 is the end of the day.

    >>> clock("08:30") == 8 * HOUR + 30 * MINUTE
    True
    """
    match = CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(said("is not a time of day ({value}): {clock_how}", value=shown(value), clock_how=_CLOCK_HOW))
    at = int(match.group(1)) * HOUR + int(match.group(2)) * MINUTE
    if int(match.group(2)) > 59 or at > DAY:
        raise ValueError(said("is not a time of day ({value}): {clock_how}", value=shown(value), clock_how=_CLOCK_HOW))
    return at


def span(value: object) -> Span:
    """Return a span of the day such as 08:00-20:00; one that ends at or before its begin ends the next day.

    >>> span("22:00-06:00") == (22 * HOUR, 30 * HOUR)
    True
    """
    begin, dash, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not dash:
        raise ValueError(
            said("is not a span of time ({value}): write from-until, such as 08:00-20:00", value=shown(value))
        )
    first, last = clock(begin), clock(end)
    if first == DAY:
        raise ValueError(said("begins at 24:00 ({value}): write 00:00", value=shown(value)))
    return first, last if last > first else last + DAY


def weekdays(value: object) -> tuple[int, ...]:
    """Return days of the week (Monday is 0), written mon-fri, sat, 'mon,wed', all, or as a list of these.

    >>> weekdays("mon-fri"), weekdays(["sat", "sun"]), weekdays("sun-mon")
    ((0, 1, 2, 3, 4), (5, 6), (0, 6))
    """
    if isinstance(value, list) and value:
        return tuple(sorted({day for part in value for day in weekdays(part)}))
    days: set[int] = set()
    for part in str(value).lower().split(","):
        word = part.strip()
        if word in {"all", "daily"}:
            return tuple(range(7))
        first, dash, last = word.partition("-")
        begin, end = _weekday(first, value), _weekday(last if dash else first, value)
        days |= {(begin + i) % 7 for i in range((end - begin) % 7 + 1)}
    return tuple(sorted(days))


def _weekday(word: str, value: object) -> int:
    for number, name in enumerate(WEEKDAYS):
        if len(word.strip()) >= 3 and WEEKDAYS_LONG[number].startswith(word.strip()):
            return number
        if word.strip() == name:
            return number
    raise ValueError(
        said(
            "is not a day of the week ({value}): write mon, tue, wed, thu, fri, sat, sun, mon-fri or all",
            value=shown(value),
        )
    )


WEEKDAYS_LONG: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def target(value: object) -> Target:
    """Return a service-level promise written 90/20 or 90% within 20s.

    >>> target("90/20") == target("90% within 20s") == Target(0.9, Millis(20_000))
    True
    """
    how = said("write 90/20, or 90% within 20s")
    text = value.strip() if isinstance(value, str) else ""
    if match := TARGET.fullmatch(text):
        percent, within = float(match.group(1)), millis(float(match.group(2)))
    elif match := TARGET_WORDS.fullmatch(text):
        percent, within = float(match.group(1).rstrip("% ")), _within(match.group(2), how)
    else:
        raise ValueError(said("is not a target ({value}): {how}", value=shown(value), how=how))
    if 0 < percent < 1 and "%" not in text:
        meant = f"{percent * 100:g}/{within / SECOND:g}"
        raise ValueError(
            said(
                "promises {percent:g} % ({value}): did you mean {meant}?",
                percent=percent,
                value=shown(value),
                meant=meant,
            )
        )
    if not 0 < percent < 100:
        raise ValueError(
            said(
                "promises {percent:g} % ({value}): above 0 % and below 100 % is possible; {how}",
                percent=percent,
                value=shown(value),
                how=how,
            )
        )
    return Target(percent / 100, within)


def _within(text: str, how: str) -> Millis:
    try:
        return duration(text)
    except ValueError as error:
        raise ValueError(said("{error}; {how}", error=error, how=how)) from None


def day_number(value: object) -> int:
    """Return a date written 2026-03-02 as days since 1970-01-01; the cells of spreadsheets have its midnight.

    >>> day_number("1970-01-05"), day_number("1970-01-05 00:00:00")
    (4, 4)
    """
    try:
        found = date.fromisoformat(value.strip().removesuffix(" 00:00:00")) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 2059:
        raise ValueError(said("is not a date ({value}): write year-month-day, such as 2026-03-02", value=shown(value)))
    return (found - date(1970, 1, 1)).days


def dates(value: object) -> tuple[int, ...]:
    """Return dates as day numbers, in order: single ones, and from..to with both ends.

    >>> dates(["1970-01-02..1970-01-04", "1970-01-09"])
    (1, 2, 3, 8)
    """
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise ValueError(
            said("is not a list of dates ({value}): write [2026-12-24, 2026-12-27..2026-12-30]", value=shown(value))
        )
    found = dict[int, None]()
    for part in parts:
        first, dots, last = part.partition("..") if isinstance(part, str) else (part, "", "")
        begin = day_number(first)
        end = day_number(last) if dots else begin
        if end < begin:
            raise ValueError(
                said(
                    "has a stretch that ends before it begins ({part}): write {last}..{first}",
                    part=shown(part),
                    last=last,
                    first=first,
                )
            )
        for day in range(begin, end + 1):
            if day in found:
                raise ValueError(said("names {day} twice: let stretches not overlap", day=date_text(day)))
            found[day] = None
    return tuple(sorted(found))


def date_text(day: int) -> str:
    """Return day number `day` as people write it.

    >>> date_text(4)
    '1970-01-05'
    """
    return date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat()


def offset_text(offset: int) -> str:
    """Return how far local time is from UTC, in ms, as ISO 8601 writes it.

    >>> offset_text(2 * HOUR), offset_text(-(3 * HOUR + 30 * MINUTE))
    ('+02:00', '-03:30')
    """
    hours, rest = divmod(abs(offset) // MINUTE, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}:{rest:02d}"


def shown(value: object) -> str:
    """Return a value as it stood in the file, short enough for one line."""
    match value:
        case None:
            text = "empty"
        case bool():
            text = str(value).lower()
        case dict():
            text = "{" + ", ".join(f"{key}: …" for key in list(value)[:3]) + (", …}" if len(value) > 3 else "}")
        case list():
            text = f"a list of {len(value)}"
        case _:
            text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


def pairs(words: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Return shares by name, scaled to add up to exactly 1 where they nearly do."""
    total = sum(words.values())
    scale = 1.0 if abs(total - 1.0) < 1e-12 else 1.0 / total
    return tuple((name, number * scale) for name, number in words.items())


def counted(n: int, one: str, several: str = "") -> str:
    """Return a count with its noun.

    >>> counted(1, "row"), counted(2, "row"), counted(1_200, "is", "are")
    ('1 row', '2 rows', '1,200 are')
    """
    return f"{n:,} {one if n == 1 else several or f'{one}s'}"
