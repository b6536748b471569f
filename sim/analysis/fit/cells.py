"""Cells of text into numbers and instants, a column at a time: what is empty is not known, what cannot be is told."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from callcenter.config.nothing import NO_DATE, NO_DAY, NO_FIGURE
from callcenter.hours import Zone
from callcenter.units import DAY
from sim.analysis.fit.column import Column
from sim.analysis.fit.isotimes import iso_ms
from sim.analysis.fit.lengths import Number
from sim.model.streams import Floats, Ints

Bools = NDArray[np.bool_]

FIRST_SERIAL: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock's
"""Day 0 of spreadsheets."""
DIGITS_OF_A_MOMENT: Final = 14
"""20260302091533; epochs have fewer or more until the year 2286."""
KEPT: Final = 100_000
"""Cells whose reading is kept: dates repeat."""
FAR_MS: Final = 1e14
"""No time of this century."""
SERIAL: Final = re.compile(r"(?:3[7-9]|4\d|5[0-4])\d{3}(?:\.\d+)?")
"""The years 2001 to 2050 in days of spreadsheets."""
LAST_SERIAL: Final = 80_000
"""The year 2119 in days of spreadsheets."""
ROUNDED_MS: Final = 50
"""By which a whole second may be missed in days written with six digits after the mark."""
EPOCH_UNITS: Final = ((1e11, 1e3), (1e14, 1.0), (1e17, 1e-3))
"""Up to which number an epoch is in seconds, ms, µs, and how many ms one is; beyond in ns."""
NS: Final = 1e-6
WHERE: Final = re.compile(r" ?(?:UTC|GMT|%Z)$|(?<!%)Z$")
"""At the end of a pattern: where its time is of."""
UNIVERSAL: Final = re.compile(r" ?(?:UTC|GMT)$")
ZONE_NAME: Final = re.compile(r" ([A-Z]{3,4})$")
ZONE_HOURS: Final = {
    "WET": (0,), "WEST": (1,), "BST": (1,), "CET": (1,), "CEST": (2,), "MEZ": (1,), "MESZ": (2,), "EET": (2,),
    "EEST": (3,),
    "MSK": (3,), "IST": (1, 2, 5.5), "SAST": (2,), "JST": (9,), "KST": (9,), "HKT": (8,), "SGT": (8,), "AEST": (10,),
    "AEDT": (11,), "EST": (-5,), "EDT": (-4,), "CST": (-6, 8), "CDT": (-5,), "MST": (-7,), "MDT": (-6,), "PST": (-8,),
    "PDT": (-7,),
}  # fmt: skip
"""Hours east of UTC by the short name of a zone's time; it counts only where the centre's clocks show that time."""
END_OF_DAY: Final = re.compile(r"(?<=[T ])24:00(?::00(?:[.,]0+)?)?(?![\d:])")
"""24:00 of a day is 00:00 of the next."""
NOON: Final = re.compile(r"\b([AaPp])\.m\.$", re.IGNORECASE)
"""a.m., p.m."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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

    def where(self, told: Bools) -> "Moments":
        """Return these instants, not known where `told` is not."""
        return Moments(self.first, self.second, self.local, self.known & told, self.bad & told, self.skipped & told)

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

    def __init__(
        self, zone: Zone, kind: str | None, pattern: str | None, day_pattern: str = "%Y-%m-%d", decimal: str = "."
    ) -> None:
        self.kind, self._day_pattern = kind, day_pattern
        # Z and UTC in a pattern are no mere letters: they say where.
        self._pattern = None if pattern is None else WHERE.sub("%z", pattern)
        self._starts = np.array(zone.starts, np.int64)
        self._offsets = np.array(zone.offsets, np.int64)
        self._days: dict[str, int] = {}
        self._number = Number(decimal, None, asks=False)  # no time is written with thousands
        self._moments: dict[str, tuple[int, bool]] = {}
        self.walls = False
        """Whether a time was read that says not where."""
        self.serial = ""
        """A cell that was read as a spreadsheet's number of days, though the map has it otherwise."""

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
            case "spreadsheet":
                return self._serials(cells)
            case "iso_or_epoch" if any(map(_is_epoch, cells)):
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
                # A spreadsheet's own date.
                found = (self._serial(cell) if SERIAL.fullmatch(cell) else datetime.fromisoformat(cell)).date()
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

    def _serials(self, cells: Sequence[str]) -> Moments:
        """Return the instants of days since 1899-12-30, rounded to the millisecond; others may be written as text."""
        number, bad = self._number.of(cells, "seconds", "", "")
        written = self._written([cell if wrong else "" for cell, wrong in zip(cells, bad.tolist(), strict=True)], None)
        known = np.isfinite(number) & (number != 0)
        far = known & ~((number > 0) & (number < LAST_SERIAL))
        local = np.rint(np.where(known & ~far, number, 0.0) * DAY).astype(np.int64) + _SERIAL_MS
        # Parts of a day are kept to some digits only: 09:15:33 comes as 09:15:32.998.
        whole = np.rint(local / 1000).astype(np.int64) * 1000
        local = np.where(np.abs(local - whole) <= ROUNDED_MS, whole, local)
        return self._walls(local, known & ~far, far).orelse(written)

    def _either(self, cells: Sequence[str], days: Sequence[str] | None) -> Moments:
        digits = np.array([_is_epoch(cell) for cell in cells])
        numbers = np.array([float(c) if d else 0.0 for c, d in zip(cells, digits.tolist(), strict=True)])
        ms = numbers * np.select([numbers < to for to, _ in EPOCH_UNITS], [ms for _, ms in EPOCH_UNITS], NS)
        known = digits & (numbers > 0)
        epochs = self._instants(np.rint(ms).astype(np.int64), known, np.zeros(len(cells), np.bool_))
        return epochs.orelse(self._written(["" if d else c for c, d in zip(cells, digits.tolist(), strict=True)], days))

    def _iso(self, cells: Sequence[str]) -> Moments | None:
        """Return instants where all are written 2026-03-02T08:16:58, with one and the same ending; else nothing."""
        found = iso_ms(cells)
        if found is None:
            return None
        ms, known, absolute = found
        there = ms[known]
        if ((there < 2 * DAY) | (there > FAR_MS)).any():  # what systems write for no time may be among them
            return None
        bad = np.zeros(len(cells), np.bool_)
        return self._instants(ms, known, bad) if absolute else self._walls(ms, known, bad)

    def _written(self, cells: Sequence[str], days: Sequence[str] | None) -> Moments:
        size = len(cells)
        ms, absolute = np.zeros(size, np.int64), np.zeros(size, np.bool_)
        known, bad = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        for i, cell in enumerate(cells):
            if cell in NO_FIGURE or cell.startswith(NO_DAY) or NO_DATE.match(cell) is not None:
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
        if "24:00" in cell and (end := END_OF_DAY.search(cell)) is not None:
            ms, absolute = self._moment(f"{cell[: end.start()]}00{cell[end.start() + 2 :]}")
            return ms + DAY, absolute
        cell = NOON.sub(r"\1m", UNIVERSAL.sub("+00:00", cell))
        name = ZONE_NAME.search(cell)
        if name is not None and name.group(1) in ZONE_HOURS:
            bare = None if self._pattern is None else self._pattern.removesuffix("%z").rstrip()
            return self._named(self._read(cell[: name.start()], bare), name.group(1)), True
        found = self._read(cell, self._pattern)
        if found.tzinfo is not None:
            return (found - _EPOCH) // timedelta(milliseconds=1), True
        return (found.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1), False

    def _read(self, cell: str, pattern: str | None) -> datetime:
        if pattern is not None:
            try:
                return datetime.strptime(cell, pattern)  # noqa: DTZ007
            except ValueError:
                pass  # a spreadsheet's own time
        elif len(cell) == DIGITS_OF_A_MOMENT and cell.isdigit():
            return datetime.strptime(cell, "%Y%m%d%H%M%S")  # noqa: DTZ007
        if SERIAL.fullmatch(cell) and "." in cell:
            return self._serial(cell)
        return datetime.fromisoformat(cell)

    def _serial(self, cell: str) -> datetime:
        """Return the moment of a cell that a spreadsheet has left as a number of days, to the second."""
        self.serial = self.serial or cell
        return FIRST_SERIAL + timedelta(seconds=round(float(cell) * DAY / 1000))

    def _named(self, local: datetime, name: str) -> int:
        """Return the instant of a wall clock that shows a zone's time of this name."""
        ms = (local.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
        for hours in ZONE_HOURS[name]:
            away = round(hours * 3_600_000)
            if int(self.offset(np.array([ms - away]))[0]) == away:
                return ms - away
        raise ValueError(name)

    # --- between instants and wall clocks

    def offset(self, instants: Ints) -> Ints:
        """Return local time minus UTC at instants, ms."""
        return np.asarray(self._offsets[np.maximum(np.searchsorted(self._starts, instants, side="right") - 1, 0)])

    def _instants(self, ms: Ints, known: Bools, bad: Bools) -> Moments:
        return Moments(ms, ms, ms + self.offset(ms), known, bad, np.zeros(len(ms), np.bool_))

    def _walls(self, local: Ints, known: Bools, bad: Bools) -> Moments:
        self.walls |= bool(known.any())
        before, after = self.offset(local - DAY), self.offset(local + DAY)
        early, late = local - before, local - after
        is_early, is_late = self.offset(early) == before, self.offset(late) == after
        first = np.where(is_early | ~is_late, early, late)
        second = np.where(is_late, late, first)
        return Moments(first, second, local, known, bad, known & ~is_early & ~is_late)


def _is_epoch(cell: str) -> bool:
    """Tell whether a cell is a number of seconds, ms, µs or ns, no moment written in digits, and no spreadsheet's day.

    >>> _is_epoch("1772439333.123"), _is_epoch("1772439333000"), _is_epoch("20260302091533"), _is_epoch("46083.25")
    (True, True, False, False)
    """
    if cell.isdigit():
        return len(cell) != DIGITS_OF_A_MOMENT and SERIAL.fullmatch(cell) is None
    return cell.replace(".", "", 1).isdigit() and SERIAL.fullmatch(cell) is None


_SERIAL_MS: Final = (FIRST_SERIAL - datetime(1970, 1, 1)) // timedelta(milliseconds=1)  # noqa: DTZ001
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
