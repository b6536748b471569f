"""Lengths of time as cells have them: numbers of a unit, clocks, minutes and seconds, words that name their units."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from callcenter.config.nothing import NO_FIGURE
from callcenter.config.tables import masked
from callcenter.config.thousands import GROUPED, Marks, number_of
from callcenter.errors import BadInput
from sim.analysis.fit.column import Column
from sim.analysis.fit.sixties import Sixties, seconds_of
from sim.model.streams import Floats

Bools = NDArray[np.bool_]

SCALE: Final = {"seconds": 1.0, "ms": 0.001, "minutes": 60.0, "days": 86_400.0}
WORDS: Final = re.compile(
    r"([\d.,]+) ?(h|m|s|ms|hrs?|hours?|mins?|minutes?|secs?|seconds?|std|stunden?|minuten?|sek)(?![a-z])\.? ?"
)
"""A part of a length that names its unit: 1h 02m 05s."""
ISO: Final = re.compile(r"p(?:0d)?t(?=\d)((?:[\d.]+h)?(?:[\d.]+m)?(?:[\d.]+s)?)")
"""The same by ISO 8601: PT1H2M5S."""
TOLD: Final = ("clock", "words", "m.ss", "hhmmss")
"""Units whose cells cannot be taken for other numbers."""
OF_WORDS: Final = {"h": 3600.0, "st": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
"""A unit by its first letters."""
DAYS: Final = re.compile(r"(\d+) days?,? +(?=\d+:)")
"""Before a clock, as programs of statistics write it: 0 days 00:03:36."""
NO_DAY: Final = re.compile(r"1899-12-3[01][ T]")
"""The day that a spreadsheet gives to a length."""
MIDNIGHT: Final = re.compile(r"12(:\d\d:\d\d) ?AM", re.IGNORECASE)
"""0:03:36 as a spreadsheet shows it where clocks go to twelve."""
WHOLE_CLOCK: Final = re.compile(r"-?\d{1,4}:[0-5]\d:[0-6]\d(?:[.,]\d+)?")
"""Hours, minutes and seconds, and nothing else."""
HALF_CLOCK: Final = re.compile(r"-?\d{1,4}:[0-6]\d(?:[.,]\d+)?")
"""Minutes and seconds, or hours and minutes."""


class Number:
    """Reads lengths written in one way."""

    def __init__(self, decimal: str, thousands: str | None, *, asks: bool = True) -> None:
        self.decimal, self.thousands, self._asks = decimal, thousands, asks and thousands is None
        self._marks: dict[str, Marks] = {}
        self._sixties: dict[str, Sixties] = {}
        self.plain: dict[str, str] = {}
        """Column → a cell that is no number of its unit and says by itself how long it lasted."""
        mark = re.escape(thousands or "")
        self._grouped = re.compile(rf"[+-]?\d{{1,3}}(?:{mark}\d{{3}})+(?:{re.escape(decimal)}\d+)?")

    def of_column(self, column: Column, unit: str, name: str, source: str) -> tuple[Floats, Bools]:
        """Return the same of a column, each different cell read once."""
        values, bad = self.of(column.different, unit, name, source, plain=True)
        if unit not in TOLD:
            text = "\n".join(column.different)
            self._marks.setdefault(name, Marks()).take(text)
            if unit in {"seconds", "minutes"}:
                self._sixties.setdefault(name, Sixties()).take(text)
        return values[column.place], bad[column.place]

    def _take_plain(self, cells: Sequence[str], values: Floats, bad: Bools, name: str) -> None:
        """Read those that say by themselves what they are, whatever the unit of the others is."""
        for i in np.flatnonzero(bad).tolist():
            seconds = said_s(cells[i], self._number)
            if seconds is not None:
                values[i], bad[i] = seconds, False
                self.plain.setdefault(name, cells[i])

    def of(
        self, cells: Sequence[str], unit: str, column: str, source: str, *, plain: bool = False
    ) -> tuple[Floats, Bools]:
        """Return seconds (nan: the cell is empty) and which cells cannot be read.

        Args:
            cells: As they stand, stripped.
            unit: Of those that do not name it.
            column: What to call their column.
            source: What to call the file.
            plain: Whether cells that say by themselves how long it lasted are read so, whatever the unit.

        Raises:
            BadInput: a cell could be a fraction or thousands, and the map does not say which.
        """
        read: Callable[[str], float]
        match unit:
            case "m.ss" | "hhmmss":
                read = partial(seconds_of, way=unit)
            case "clock":
                read = partial(clock_s, number=self._number)
            case "words":
                read = partial(words_s, number=self._number)
            case _:
                read = self._number
        values = np.full(len(cells), np.nan)
        bad = np.zeros(len(cells), np.bool_)
        for i, cell in enumerate(cells):
            if cell in NO_FIGURE:
                continue
            try:
                values[i] = read(cell)
            except ValueError:
                if unit not in TOLD and self._asks and GROUPED[self.decimal].fullmatch(cell):
                    other = "," if self.decimal == "." else "."
                    raise BadInput(
                        "{source}: column {column!r}: {cell} could be a fraction or thousands: write thousands: "
                        "'{other}' or decimal: '{other}' in the column map",
                        source=source,
                        column=column,
                        cell=masked(cell),
                        other=other,
                    ) from None
                bad[i] = True
        bad |= ~np.isfinite(values) & np.array([cell not in NO_FIGURE for cell in cells], np.bool_)
        values *= SCALE.get(unit, 1.0)
        if plain and bad.any():
            self._take_plain(cells, values, bad, column)
        return values, bad

    def check_sixties(self, source: str) -> None:
        """Refuse a column of numbers that are minutes and seconds.

        Raises:
            BadInput: there is one.
        """
        for name, sixties in self._sixties.items():
            sixties.check(source, name)

    def check(self, source: str) -> None:
        """Refuse a column in which 1.234 may be thousands: nobody has said that its point is a decimal mark.

        Raises:
            BadInput: all its other cells are whole numbers below a thousand.
        """
        for name, marks in self._marks.items():
            if marks.is_whole_else:
                raise BadInput(
                    "{source}: column {column!r}: {cell} could be thousands, all others being whole numbers: write "
                    "decimal: ',' with thousands: '.', or decimal: '.', in the column map",
                    source=source,
                    column=name,
                    cell=masked(marks.either or ""),
                )

    def _number(self, cell: str) -> float:
        text = cell
        if self.thousands is not None and self._grouped.fullmatch(text):
            text = text.replace(self.thousands, "")
        if self.decimal == ",":
            if "." in text:
                raise ValueError(cell)
            text = text.replace(",", ".")
        return number_of(text)


def clock_s(cell: str, number: Callable[[str], float] = number_of) -> float:
    """Return the seconds of a length written H:MM:SS or MM:SS.

    >>> clock_s("0:03:36"), clock_s("3:36"), clock_s("75"), clock_s("-0:05")
    (216.0, 216.0, 75.0, -5.0)
    >>> clock_s("0 days 00:03:36"), clock_s("1899-12-30 00:03:36"), clock_s("12:03:36 AM")
    (216.0, 216.0, 216.0)

    Raises:
        ValueError: it is not.
    """
    bare = MIDNIGHT.sub(r"0\1", NO_DAY.sub("", cell))
    before = DAYS.match(bare)
    days, bare = (0, bare) if before is None else (int(before[1]), bare[before.end() :])
    sign = -1.0 if bare.startswith("-") else 1.0
    parts = bare.removeprefix("-").split(":")
    if not 1 <= len(parts) <= 3:
        raise ValueError(cell)
    # Without a colon 75 is seconds; 0.3858 could be a spreadsheet's part of a day.
    if len(parts) == 1 and not float(parts[0]).is_integer():
        raise ValueError(cell)
    seconds = 0.0
    for place, part in enumerate(parts):
        value = number(part)
        if place and not 0 <= value <= 60:  # rounding makes 0:60 of 59.6 s
            raise ValueError(cell)
        seconds = seconds * 60 + value
    return sign * (days * 86_400 + seconds)


def words_s(cell: str, number: Callable[[str], float] = number_of) -> float:
    """Return the seconds of a length that names its units.

    >>> [words_s(cell) for cell in ("1h 02m 05s", "62 sec", "-1 min 5 s", "3m36s", "PT1H2M5S", "0")]
    [3725.0, 62.0, -65.0, 216.0, 3725.0, 0.0]

    Raises:
        ValueError: it does not.
    """
    text = ISO.sub(r"\1", cell.casefold().removeprefix("-").strip())
    if text == "0":
        return 0.0
    if not text or WORDS.sub("", text):
        raise ValueError(cell)
    parts = [(number(n), OF_WORDS.get(u[:2], OF_WORDS.get(u[0], 1.0))) for n, u in WORDS.findall(text)]
    return (-1.0 if cell.startswith("-") else 1.0) * sum(n * of for n, of in parts)


def said_s(cell: str, number: Callable[[str], float] = number_of) -> float | None:
    """Return the seconds of a length that can be read in one way only, whatever the unit of its column.

    >>> said_s("0:03:36"), said_s("3 min 36 s"), said_s("03:36"), said_s("soon")
    (216.0, 216.0, None, None)
    """
    bare = DAYS.sub("", MIDNIGHT.sub(r"0\1", NO_DAY.sub("", cell)), count=1)
    try:
        return clock_s(cell, number) if WHOLE_CLOCK.fullmatch(bare) else words_s(cell, number)
    except ValueError:
        return None
