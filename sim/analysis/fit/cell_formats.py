"""How the cells of a column are written: numbers, clocks, lengths with units, days and moments in all usual ways."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy as np

from callcenter.config.nothing import NO_FIGURE
from callcenter.config.tables import masked
from callcenter.errors import BadInput
from callcenter.hours import UTC
from callcenter.units import DAY
from sim.analysis.fit.cells import NOON, ZONE_NAME, Clock
from sim.analysis.fit.dates import lie_together
from sim.analysis.fit.lengths import Number, said_s
from sim.model.streams import Floats

FEW: Final = 12
"""Different cells that are shown: more could be persons."""
TRIED: Final = (1, 20, 500, 20_000)
"""Cells on which a way of writing is tried: most ways fail at the first."""
DAYS: Final = ("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y", "%m-%d-%Y",
               "%d-%m-%y", "%m-%d-%y", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y",
               "%d %B %Y", "%a, %d %b %Y", "%a %d %b %Y", "%d-%b-%y", "%Y%m%d", "%y-%m-%d", "%y/%m/%d")  # fmt: skip
CLOCKS: Final = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%f")
MOMENTS: Final = tuple(f"{day}{between}{clock}" for day in DAYS for between in (" ", ", ") for clock in CLOCKS)
LEAST_ISO: Final = len("2026-03-02")
TWELVE_HOURS: Final = ("%I:%M:%S %p", "%I:%M %p")
CLOCK: Final = re.compile(r"-?\d{1,4}(:\d{2}){1,2}(\.\d+)?")
EPOCHS: Final = tuple((9.4e8 * unit, 2.3e9 * unit) for unit in (1, 1e3, 1e6, 1e9))
"""The years 2000 to 2042 in seconds, ms, µs, ns."""
SERIALS: Final = (36_526, 55_000)
"""The same in days of spreadsheets, to 2050."""
PERSONS: Final = ("agent", "user", "operator", "customer", "caller", "clid", "src", "phone", "number", "mail", "rep",
                  "worker", "resource", "employee", "login", "mitarbeiter", "anrufer", "appelant", "rufnummer",
                  "remote",
                  "originator", "calling", "name", "destination", "坐席", "客户", "号码")  # fmt: skip
"""Words in the names of columns whose cells are not shown, few as they may be."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: no cells of it are shown unless they are few, and repeat."""

    name: str
    holds: str
    """times, epochs, numbers, clock, lengths, words, empty; or `times written` and how."""
    empty: int
    different: int
    cells: tuple[tuple[str, int], ...] = ()
    texts: tuple[str, ...] = field(default=(), repr=False)
    """Of each row looked at; never shown."""
    ways: tuple[str, ...] = ()
    """How its moments or days may be written, as the map says it; two where days and months could be either way
    round."""
    decimal: str = "."
    mixed: tuple[str, ...] = ()
    """A cell of each way, where its moments or days are written in several."""

    @property
    def merged(self) -> bool:
        """Whether its cells look merged."""
        return looks_merged(self.texts)

    @property
    def plain(self) -> str:
        """The name as words: `queueTime (s)` is `queue time s`.

        >>> Column("QUEUE_WAIT-Time", "", 0, 0).plain, Column("queueTimeMs", "", 0, 0).plain
        ('queue wait time', 'queue time ms')
        """
        return " ".join(re.sub(r"[^\w%']+|_", " ", re.sub(r"([a-z])([A-Z])", r"\1 \2", self.name)).casefold().split())

    @property
    def is_moment(self) -> bool:
        """Whether its cells tell day and time."""
        return bool(self.ways) and not self.is_day

    @property
    def is_day(self) -> bool:
        """Whether its cells tell a day only."""
        return bool(self.ways) and "%" in self.ways[0] and not any(p in self.ways[0] for p in ("%H", "%I"))

    @property
    def is_length(self) -> bool:
        """Whether its cells could say how long something took."""
        return self.holds in {"numbers", "clock", "lengths"}

    @property
    def is_words(self) -> bool:
        """Whether its cells are names, or few enough to be."""
        return self.holds == "words" or (self.holds == "numbers" and 0 < self.different <= FEW)

    def seconds(self, unit: str = "seconds") -> Floats:
        """Return its lengths, nan where there is none."""
        try:
            return Number(self.decimal, None).of(self.texts, unit, self.name, "", plain=True)[0]
        except BadInput:
            return np.full(len(self.texts), np.nan)


def column_of(name: str, cells: Sequence[str]) -> Column:
    """Return what a column holds."""
    full = [cell for cell in cells if cell]
    counts = Counter(full)
    shown = not any(word in name.casefold() for word in PERSONS) and len(counts) <= FEW and len(full) >= 2 * len(counts)
    few = tuple((masked(cell), n) for cell, n in counts.most_common()) if shown else ()
    # What stands for nothing hides how the others are written.
    different = [cell for cell in counts if cell not in NO_FIGURE] or list(counts)
    holds, ways, decimal = _kind(name, different)
    mixed = several_ways(different) if holds == "words" else ()
    if mixed:
        holds = f"times in {len(mixed)} ways: {' and '.join(map(masked, mixed))}"
    texts = tuple(cells) if holds == "words" else tuple("" if cell in NO_FIGURE else cell for cell in cells)
    return Column(name, holds, len(cells) - len(full), len(counts), few, texts, ways, decimal, mixed)


def _kind(name: str, cells: list[str]) -> tuple[str, tuple[str, ...], str]:
    """Return what different cells are, how moments are written, and the decimal mark."""
    if not cells:
        return "empty", (), "."
    for decimal in (".", ","):
        numbers = _numbers(cells, decimal)
        if numbers is not None:
            return (*_of_numbers(name, cells, numbers[numbers != 0]), decimal)
    if all(map(CLOCK.fullmatch, cells)):
        return "clock", (), "."
    if all(cell == "0" or said_s(cell) is not None for cell in cells):
        return "lengths", (), "."
    for way in ("iso", "%Y-%m-%d"):
        if _fits(way, cells):
            day = all(len(cell) == len("2026-03-02") for cell in cells)
            return ("times written %Y-%m-%d", ("%Y-%m-%d",), ".") if day else ("times", ("iso",), ".")
    first = NOON.sub(r"\1m", ZONE_NAME.sub("", cells[0]))
    found = tuple(way for way in (*MOMENTS, *DAYS, *TWELVE_HOURS) if reads(way, first) and _fits(way, cells))
    if not found:
        return "words", (), "."
    if found[0] in TWELVE_HOURS:
        return f"times written {found[0]}", (), "."
    return f"times written {found[0]}", found, "."


def _numbers(cells: list[str], decimal: str) -> Floats | None:
    if decimal == "," and not all(re.fullmatch(r"-?\d+(,\d{1,2}|,\d{4,})?|-?0,\d+", cell) for cell in cells):
        return None
    try:
        found, bad = Number(decimal, None).of(cells, "seconds", "", "")
    except BadInput:
        return None
    return None if bad.any() else found


def _of_numbers(name: str, cells: list[str], numbers: Floats) -> tuple[str, tuple[str, ...]]:
    if not len(numbers):
        return "numbers", ()
    if all(len(cell) == 14 and cell[:2] in {"19", "20"} for cell in cells if cell != "0") and _fits("iso", cells):
        return "times", ("iso",)
    if len(cells[0]) == 8 and cells[0][:2] in {"19", "20"} and _fits("%Y%m%d", cells):
        return "times written %Y%m%d", ("%Y%m%d",)
    person = any(word in name.casefold() for word in PERSONS)
    if not person and any(low <= numbers.min() and numbers.max() < high for low, high in EPOCHS):
        return "epochs", ("iso_or_epoch",)
    fraction = bool((numbers % 1 != 0).any())
    if not person and fraction and SERIALS[0] <= numbers.min() and numbers.max() < SERIALS[1]:
        return "times", ("spreadsheet",)
    return "numbers", ()


def reads(way: str, cell: str) -> bool:
    """Tell whether a cell is written so."""
    try:
        datetime.strptime(cell, way)  # noqa: DTZ007 - whether it can be read is all that is asked
    except ValueError:
        return False
    return True


def is_moment(cell: str) -> bool:
    """Tell whether a cell tells a day, or a day and a time, in one of the usual ways.

    >>> is_moment("02/03/2026 08:00:32"), is_moment("2026-03-02T08:00:32Z"), is_moment("Ana"), is_moment("12")
    (True, True, False, False)
    """
    return any(_reads(way, cell) for way in ("iso", *MOMENTS, *DAYS))


def several_ways(cells: Sequence[str]) -> tuple[str, ...]:
    """Return a cell of each way, where all cells tell moments or days and it takes several ways to read them.

    >>> several_ways(["2026-03-02 08:00", "02/03/2026 08:01", "03/03/2026 08:01"])
    ('2026-03-02 08:00', '02/03/2026 08:01')
    >>> several_ways(["02.03.2026", "Ana"]), several_ways(["02.03.2026", "03.03.2026"])
    ((), ())
    """
    found, rest = list[str](), list(cells)
    while rest:
        left = [
            [cell for cell in rest if not _reads(way, cell)] for way in ("iso", *MOMENTS, *DAYS) if _reads(way, rest[0])
        ]
        if not left:
            return ()
        found.append(rest[0])
        rest = min(left, key=len)
    return tuple(found) if len(found) > 1 else ()


def _reads(way: str, cell: str) -> bool:
    if way != "iso":
        return reads(way, cell)
    try:
        return len(cell) >= LEAST_ISO and bool(datetime.fromisoformat(cell))
    except ValueError:
        return False


def looks_merged(cells: Sequence[str]) -> bool:
    """Tell whether a column is filled in the first row of each block only, as merged cells come out.

    >>> looks_merged(["a", "", "", "b", ""]), looks_merged(["a", "", "", "a", ""]), looks_merged(["a", "a", "", "b"])
    (True, False, False)
    """
    filled = [cell for cell in cells if cell]
    return bool(
        filled and cells[0] and 2 * len(filled) <= len(cells) and all(one != next_ for one, next_ in pairwise(filled))
    )


def _fits(way: str, cells: list[str]) -> bool:
    """Tell whether all cells are written so."""
    kind, pattern = (way, None) if way in {"iso", "iso_or_epoch", "spreadsheet"} else (None, way)
    clock = Clock(UTC, kind, pattern)
    days = [""] if pattern is None or "%d" in pattern else ["1970-01-01"]
    for n in TRIED:
        some = [ZONE_NAME.sub("", cell) for cell in cells[:n]]
        try:
            if clock.of(some, days * len(some) if days[0] else None).bad.any():
                return False
        except BadInput:
            return False
        if n >= len(cells):
            break
    return True


def one_way(column: Column) -> tuple[str | None, bool]:
    """Return how a column's moments or days are written, and whether days and months could be either way round.

    Where both ways can be read it is the one by which the file is in order, or lies within a far shorter time; None:
    the file does not tell.
    """
    if len(column.ways) < 2:
        return (column.ways[0] if column.ways else None), False
    cells = [ZONE_NAME.sub("", cell) for cell in column.texts if cell]
    told = {way: Clock(UTC, None, way).of(cells, None).local for way in column.ways}
    # Read as years, days lie years apart.
    told = {way: local for way, local in told.items() if lie_together(local // DAY)} or told
    if len(told) < 2:
        return next(iter(told)), False
    (one, first), (other, second) = list(told.items())[:2]
    if (first == second).all():
        return one, False
    ordered = {way: bool((np.diff(local) >= 0).all()) for way, local in told.items()}
    if ordered[one] != ordered[other]:
        return (one if ordered[one] else other), True
    span = {way: (int(local.max()) - int(local.min())) // DAY + 1 for way, local in list(told.items())[:2]}
    near, far = sorted(span, key=lambda way: span[way])
    return (near if 3 * span[near] <= span[far] else None), True
