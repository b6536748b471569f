"""Cells of text into numbers and instants, a column at a time: what is empty is not known, what cannot be is told."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from callcenter.config.tables import masked
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.units import DAY
from sim.analysis.fit.column import Column
from sim.analysis.fit.isotimes import iso_ms
from sim.model.streams import Floats, Ints

Bools = NDArray[np.bool_]

SCALE: Final = {"seconds": 1.0, "ms": 0.001, "minutes": 60.0}
EITHER: Final = {".": re.compile(r"[+-]?\d{1,3}(,\d{3})+"), ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+")}
"""What could be a fraction with the other mark, or thousands, by the decimal mark of the map."""
KEPT: Final = 100_000
"""Cells whose reading is kept: dates repeat."""
FAR_MS: Final = 1e14
"""No time of this century."""
LAST_EPOCH_S, LAST_EPOCH_MS = 1e11, 1e14
"""Digits up to here are seconds, ms; beyond, µs."""
NEVER_WRITTEN: Final = ("0000-00-00", "1970-01-01")
"""What systems write for no time."""
UNIVERSAL: Final = re.compile(r" ?(?:UTC|GMT)$")
NOON: Final = re.compile(r"\b([AaPp])\.m\.$", re.IGNORECASE)
"""a.m., p.m."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Number:
    """Reads lengths written in one way."""

    def __init__(self, decimal: str, thousands: str | None) -> None:
        self.decimal, self.thousands = decimal, thousands
        mark = re.escape(thousands or "")
        self._grouped = re.compile(rf"[+-]?\d{{1,3}}(?:{mark}\d{{3}})+(?:{re.escape(decimal)}\d+)?")

    def of_column(self, column: Column, unit: str, name: str, source: str) -> tuple[Floats, Bools]:
        """Return the same of a column, each different cell read once."""
        values, bad = self.of(column.different, unit, name, source)
        return values[column.place], bad[column.place]

    def of(self, cells: Sequence[str], unit: str, column: str, source: str) -> tuple[Floats, Bools]:
        """Return seconds (nan: the cell is empty) and which cells cannot be read.

        Raises:
            BadInput: a cell could be a fraction or thousands, and the map does not say which.
        """
        read = self._clock if unit == "clock" else self._number
        values = np.full(len(cells), np.nan)
        bad = np.zeros(len(cells), np.bool_)
        for i, cell in enumerate(cells):
            if not cell:
                continue
            try:
                values[i] = read(cell)
            except ValueError:
                if unit != "clock" and self.thousands is None and EITHER[self.decimal].fullmatch(cell):
                    other = "," if self.decimal == "." else "."
                    raise BadInput(
                        f"{source}: column {column!r}: {masked(cell)} could be a fraction or thousands: write "
                        f"thousands: '{other}' or decimal: '{other}' in the column map"
                    ) from None
                bad[i] = True
        bad |= ~np.isfinite(values) & np.array([bool(cell) for cell in cells])
        return values * SCALE.get(unit, 1.0), bad

    def _number(self, cell: str) -> float:
        text = cell
        if self.thousands is not None and self._grouped.fullmatch(text):
            text = text.replace(self.thousands, "")
        if self.decimal == ",":
            if "." in text:
                raise ValueError(cell)
            text = text.replace(",", ".")
        if "_" in text:  # Python's own mark between digits
            raise ValueError(cell)
        return float(text)

    def _clock(self, cell: str) -> float:
        sign = -1.0 if cell.startswith("-") else 1.0
        parts = cell.removeprefix("-").split(":")
        if not 1 <= len(parts) <= 3:
            raise ValueError(cell)
        seconds = 0.0
        for part in parts:
            seconds = seconds * 60 + self._number(part)
        return sign * seconds


@dataclass(frozen=True, slots=True)
class Moments:
    """Instants of a column, ms since the epoch, shape (n,)."""

    first: Ints
    second: Ints
    """Another instant of the same reading, where the clocks repeat an hour."""
    local: Ints
    """The wall clock's reading, ms since a local 1970-01-01."""
    known: Bools
    bad: Bools
    skipped: Bools
    """Readings that the clocks jumped over."""

    def at(self, places: Ints) -> "Moments":
        """Return the instants at these places."""
        return Moments(
            *(getattr(self, name)[places] for name in ("first", "second", "local", "known", "bad", "skipped"))
        )

    def orelse(self, other: "Moments") -> "Moments":
        """Return these, and the other where these are not known."""
        take = self.known | self.bad

        def chosen(name: str) -> Any:
            return np.where(take, getattr(self, name), getattr(other, name))

        return Moments(*(chosen(n) for n in ("first", "second", "local", "known", "bad", "skipped")))

    @property
    def doubled(self) -> Bools:
        """Which are of an hour that the clocks repeat."""
        return np.asarray(self.first != self.second)


def between_s(begin: Moments, end: Moments) -> Floats:
    """Return seconds from one instant to another, nan where one is not known.

    Of an hour that comes twice the pair counts that is nearest without going back.
    """
    lasted = (end.first - begin.first).astype(np.float64)
    if begin.doubled.any() or end.doubled.any():
        pairs = np.stack([b - a for a in (begin.first, begin.second) for b in (end.first, end.second)])
        forward = np.where(pairs >= 0, pairs, np.iinfo(np.int64).max).min(axis=0)
        lasted = np.where((pairs >= 0).any(axis=0), forward, lasted).astype(np.float64)
    return np.asarray(np.where(begin.known & end.known, lasted / 1000, np.nan))


class Clock:
    """Reads instants written in one way, in one zone."""

    def __init__(self, zone: Zone, kind: str | None, pattern: str | None, day_pattern: str = "%Y-%m-%d") -> None:
        self.kind, self._pattern, self._day_pattern = kind, pattern, day_pattern
        self._starts = np.array(zone.starts, np.int64)
        self._offsets = np.array(zone.offsets, np.int64)
        self._days: dict[str, int] = {}
        self._number = Number(".", None)
        self._moments: dict[str, tuple[int, bool]] = {}

    def of_column(self, column: Column, days: Column | None) -> Moments:
        """Return the instants of a column, each different cell read once; `days` is the date column."""
        if self._pattern is None and self.kind in {"iso", "iso_or_epoch"}:
            fast = self._iso(column.cells)
            if fast is not None:
                return fast
        if days is None:
            return self.of(column.different, None).at(column.place)
        many = len(days.different)
        pairs, place = np.unique(column.place * many + days.place, return_inverse=True)
        cells = [column.different[pair // many] for pair in pairs.tolist()]
        return self.of(cells, [days.different[pair % many] for pair in pairs.tolist()]).at(place.reshape(-1))

    def of(self, cells: Sequence[str], days: Sequence[str] | None) -> Moments:
        """Return the instants of cells; `days` are the cells of the date column, where there is one."""
        match self.kind:
            case "seconds_after_midnight" | "clock":
                assert days is not None
                return self._of_day(cells, days)
            case "epoch_s" | "epoch_ms":
                return self._epochs(cells, 1000.0 if self.kind == "epoch_s" else 1.0)
            case "iso_or_epoch" if any(cell.replace(".", "", 1).isdigit() for cell in cells):
                return self._either(cells, days)
        fast = self._iso(cells) if self._pattern is None else None
        return self._written(cells, days) if fast is None else fast

    def day(self, cell: str) -> int:
        """Return the day number of a cell of the date column.

        Raises:
            ValueError: it is not written so.
        """
        if cell not in self._days:
            try:
                found = datetime.strptime(cell, self._day_pattern).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                found = datetime.fromisoformat(cell).date()  # a spreadsheet's own date
            if len(self._days) >= KEPT:
                self._days.clear()
            self._days[cell] = (found - date(1970, 1, 1)).days
        return self._days[cell]

    # --- the ways to write an instant

    def _of_day(self, cells: Sequence[str], days: Sequence[str]) -> Moments:
        clock, bad = self._number.of(cells, "clock" if self.kind == "clock" else "seconds", "", "")
        number = np.zeros(len(cells), np.int64)
        for i, cell in enumerate(days):
            try:
                number[i] = self.day(cell)
            except ValueError:
                bad[i] = True
        known = np.isfinite(clock)
        bad |= known & ((clock < 0) | (clock >= 2 * DAY / 1000))
        known &= ~bad
        local = number * DAY + np.rint(np.where(known, clock, 0.0) * 1000).astype(np.int64)
        return self._walls(local, known, bad)

    def _epochs(self, cells: Sequence[str], scale: float) -> Moments:
        number, bad = self._number.of(cells, "seconds", "", "")
        number = number * scale
        known = np.isfinite(number) & (number != 0)  # an epoch of 0 is no time
        bad |= known & ~(np.abs(number) < FAR_MS)
        known &= ~bad
        return self._instants(np.rint(np.where(known, number, 0.0)).astype(np.int64), known, bad)

    def _either(self, cells: Sequence[str], days: Sequence[str] | None) -> Moments:
        digits = np.array([cell.replace(".", "", 1).isdigit() for cell in cells])
        numbers = np.array([float(c) if d else 0.0 for c, d in zip(cells, digits.tolist(), strict=True)])
        ms = np.where(
            numbers < LAST_EPOCH_S, numbers * 1000, np.where(numbers < LAST_EPOCH_MS, numbers, numbers / 1000)
        )
        known = digits & (numbers > 0)
        epochs = self._instants(np.rint(ms).astype(np.int64), known, np.zeros(len(cells), np.bool_))
        return epochs.orelse(self._written(["" if d else c for c, d in zip(cells, digits.tolist(), strict=True)], days))

    def _iso(self, cells: Sequence[str]) -> Moments | None:
        """Return instants where all are written 2026-03-02T08:16:58, with one and the same ending; else nothing."""
        found = iso_ms(cells)
        if found is None:
            return None
        ms, known, absolute = found
        if (np.abs(ms[known]) < 2 * DAY).any():  # what systems write for no time may be among them
            return None
        bad = np.zeros(len(cells), np.bool_)
        return self._instants(ms, known, bad) if absolute else self._walls(ms, known, bad)

    def _written(self, cells: Sequence[str], days: Sequence[str] | None) -> Moments:
        size = len(cells)
        ms, absolute = np.zeros(size, np.int64), np.zeros(size, np.bool_)
        known, bad = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        for i, cell in enumerate(cells):
            if not cell or cell.startswith(NEVER_WRITTEN):
                continue
            try:
                if cell not in self._moments:
                    if len(self._moments) >= KEPT:
                        self._moments.clear()
                    self._moments[cell] = self._moment(cell)
                ms[i], absolute[i] = self._moments[cell]
                # A column that holds a time of day only is of the row's date.
                if days is not None and not absolute[i] and ms[i] < 0 and _is_time_of_day(int(ms[i])):
                    ms[i] += (self.day(days[i]) - _NO_YEAR) * DAY
                known[i] = True
            except (ValueError, OverflowError):
                bad[i] = True
        return self._instants(ms, known & absolute, bad).orelse(self._walls(ms, known & ~absolute, bad))

    def _moment(self, cell: str) -> tuple[int, bool]:
        """Return a moment in ms since 1970-01-01, and whether that is UTC (else local)."""
        cell = NOON.sub(r"\1m", UNIVERSAL.sub("+00:00", cell))
        if self._pattern is None:
            found = datetime.fromisoformat(cell)
        else:
            try:
                found = datetime.strptime(cell, self._pattern)  # noqa: DTZ007
            except ValueError:
                found = datetime.fromisoformat(cell)  # a spreadsheet's own time
        if found.tzinfo is not None:
            return (found - _EPOCH) // timedelta(milliseconds=1), True
        return (found.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1), False

    # --- between instants and wall clocks

    def offset(self, instants: Ints) -> Ints:
        """Return local time minus UTC at instants, ms."""
        return np.asarray(self._offsets[np.maximum(np.searchsorted(self._starts, instants, side="right") - 1, 0)])

    def _instants(self, ms: Ints, known: Bools, bad: Bools) -> Moments:
        return Moments(ms, ms, ms + self.offset(ms), known, bad, np.zeros(len(ms), np.bool_))

    def _walls(self, local: Ints, known: Bools, bad: Bools) -> Moments:
        before, after = self.offset(local - DAY), self.offset(local + DAY)
        early, late = local - before, local - after
        is_early, is_late = self.offset(early) == before, self.offset(late) == after
        first = np.where(is_early | ~is_late, early, late)
        second = np.where(is_late, late, first)
        return Moments(first, second, local, known, bad, known & ~is_early & ~is_late)


_NO_YEAR: Final = (date(1900, 1, 1) - date(1970, 1, 1)).days


def _is_time_of_day(ms: int) -> bool:
    return ms // DAY == _NO_YEAR


def parts_of(pattern: str | None) -> Callable[[str], str]:
    """Return what gives the part of a cell that counts; a cell that does not fit counts as a whole."""
    if pattern is None:
        return lambda cell: cell
    search = re.compile(pattern).search

    def part(cell: str) -> str:
        found = search(cell)
        return cell if found is None else (found.group(1) or "").strip()

    return part
