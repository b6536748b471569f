"""Times written 2026-03-02T08:16:58 and alike, a column at once: all of one shape, or nothing is told."""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.model.streams import Ints

SHAPE: Final = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(?:\.(\d{3}(?:\d{3})?))?(Z|[+-]\d\d:\d\d)?")
_DIGITS: Final = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_MARKS: Final = ((4, "-"), (7, "-"), (13, ":"), (16, ":"))
_ZERO: Final = ord("0")
_MONTH_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_SECONDS: Final = 19
"""Characters up to the seconds."""
Bytes = NDArray[np.uint8]


def iso_ms(cells: Sequence[str]) -> tuple[Ints, NDArray[np.bool_], bool] | None:
    """Return ms since 1970-01-01, which cells hold a time, and whether they say where (an offset or Z).

    None where cells are written in different ways or one is no time: then each has to be looked at by itself.

    >>> iso_ms(["1970-01-02T00:00:01", ""])
    (array([86401000, 0]), array([ True, False]), False)
    >>> iso_ms(["1970-01-01T02:00:00.5+02:00"]), iso_ms(["1970-02-30T00:00:00"]), iso_ms(["1 May"])
    (None, None, None)
    """
    first = next(filter(None, cells), "")
    shape = SHAPE.fullmatch(first)
    if shape is None:
        return None
    long = np.fromiter(map(len, cells), np.int64, len(cells))
    there = long > 0
    text = "".join(cells)
    if not text.isascii() or (long[there] != len(first)).any():
        return None
    ms = _read(np.frombuffer(text.encode(), np.uint8).reshape(-1, len(first)), shape)
    if ms is None:
        return None
    found = np.zeros(len(cells), np.int64)
    found[there] = ms
    return found, there, shape.group(3) is not None


def _read(text: Bytes, shape: "re.Match[str]") -> Ints | None:
    """Return the ms of times of one shape, one a row; None where one is no time."""
    number = _digits(text, _DIGITS)
    if number is None or any((text[:, at] != ord(mark)).any() for at, mark in (*_MARKS, (10, shape.group(1)))):
        return None
    year = number[0] * 1000 + number[1] * 100 + number[2] * 10 + number[3]
    month, day, hour, minute, second = (number[i] * 10 + number[i + 1] for i in range(4, 14, 2))
    if _outside(month, 1, 12) or _outside(year, 1, 9999):
        return None
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)) & (month == 2)
    if (day < 1).any() or (day > _MONTH_DAYS[month] + leap).any():
        return None
    if _outside(hour, 0, 23) or _outside(minute, 0, 59) or _outside(second, 0, 59):
        return None
    ms = (_days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000
    end = _SECONDS
    fraction, offset = shape.group(2), shape.group(3)
    if fraction is not None:
        digits = _digits(text, range(end + 1, end + 1 + len(fraction)))
        if digits is None or (text[:, end] != ord(".")).any():
            return None
        ms = ms + digits[0] * 100 + digits[1] * 10 + digits[2]
        end += 1 + len(fraction)
    if offset == "Z":
        return None if (text[:, end] != ord("Z")).any() else ms
    return ms if offset is None else _to_utc(ms, text[:, end:])


def _to_utc(ms: Ints, offset: Bytes) -> Ints | None:
    digits = _digits(offset, (1, 2, 4, 5))
    east = offset[:, 0] == ord("+")
    if digits is None or not (east | (offset[:, 0] == ord("-"))).all() or (offset[:, 3] != ord(":")).any():
        return None
    hours, minutes = digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]
    if _outside(hours, 0, 23) or _outside(minutes, 0, 59):
        return None
    away = (hours * 60 + minutes) * 60_000
    return np.asarray(np.where(east, ms - away, ms + away))


def _digits(text: Bytes, places: Any) -> Ints | None:
    """Return the digits at some places, one row a place; None where one is none."""
    found = text[:, list(places)].T - _ZERO  # what lies below wraps round
    return None if (found > 9).any() else found.astype(np.int64)


def _outside(values: Ints, least: int, most: int) -> bool:
    return bool(((values < least) | (values > most)).any())


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Return days since 1970-01-01 (the proleptic Gregorian calendar, years that begin in March)."""
    late = month <= 2
    y, m = year - late, month + 12 * late - 3
    return np.asarray(365 * y + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + day - 1 - 719_468)
