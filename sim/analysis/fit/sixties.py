"""Lengths written as minutes and seconds without a colon: 3.36 and 000336 for 3 min 36 s, which look like numbers.

What could be a number of sixties shows it by what is missing: among many numbers none ends in .60 to .99 (60 to 99).
"""

import re
from collections.abc import Iterable
from typing import Final, Literal

from callcenter.errors import BadInput

Sixty = Literal["m.ss", "hhmmss"]
MARKED: Final = re.compile(r"^[ \t]*0*([1-9]\d*)[.,](\d{1,2})0*[ \t]*$", re.MULTILINE)
ANY_MARK: Final = re.compile(r"^.*\d[.,]\d.*$", re.MULTILINE)
WHOLE: Final = re.compile(r"^[ \t]*(\d{1,6})(?:\.0)?[ \t]*$", re.MULTILINE)
OTHER: Final = re.compile(r"^(?=.*\S)(?![ \t]*-?\d+(?:[.,]\d*)?[ \t]*$).*$", re.MULTILINE)
"""What is no number."""
FEWEST, ENDS = 20, 15
"""Different numbers, and different seconds among them, from which it is no chance that none reaches 60: six in ten do
not, and all of twenty do so once in thirty thousand times. Tenths and quarters have not so many."""
KEPT: Final = 1_000
MINUTE: Final = 100
"""A minute as it is written there: what lies below is the same in seconds."""


class Sixties:
    r"""What the cells of a column tell, taken some at a time.

    >>> sixties = Sixties()
    >>> sixties.take("\n".join(f"{n // 60}.{n % 60:02d}" for n in range(61, 300, 7)))
    >>> sixties.found
    'm.ss'
    >>> sixties.take("3.75")
    >>> sixties.found is None
    True
    """

    __slots__ = ("_marked", "_open", "_whole", "example")

    def __init__(self) -> None:
        self._open: set[Sixty] = {"m.ss", "hhmmss"}
        self._marked: set[tuple[str, str]] = set()
        self._whole: set[int] = set()
        self.example = ""
        """A cell that could be either."""

    def take(self, cells: str) -> None:
        """Take cells, a line each."""
        if not self._open:
            return
        if OTHER.search(cells) is not None:
            self._open.clear()
            return
        if "." in cells or "," in cells:
            self._take_marked(cells)
        if "hhmmss" in self._open:
            self._take_whole(cells)

    def _take_marked(self, cells: str) -> None:
        for cell in ANY_MARK.findall(cells):
            fraction = re.split(r"[.,]", cell.strip())[-1].rstrip("0")
            if fraction:
                self._open.discard("hhmmss")
            if len(fraction) > 2 or (fraction and int(fraction.ljust(2, "0")) >= 60):
                self._open.discard("m.ss")
                return
        if len(self._marked) < KEPT:
            fresh = MARKED.findall(cells)
            self._marked |= set(fresh)
            if fresh and not self.example:
                self.example = ".".join(fresh[0])

    def _take_whole(self, cells: str) -> None:
        numbers = {int(cell) for cell in WHOLE.findall(cells)}
        if any(n % 100 >= 60 or n // 100 % 100 >= 60 for n in numbers):
            self._open.discard("hhmmss")
        elif len(self._whole) < KEPT:
            self._whole |= {n for n in numbers if n >= MINUTE}

    @property
    def found(self) -> Sixty | None:
        """How the column is written, where no chance explains that none of its numbers reaches 60."""
        seen: dict[Sixty, tuple[int, int]] = {
            "m.ss": (len(self._marked), len({end.ljust(2, "0") for _, end in self._marked})),
            "hhmmss": (len(self._whole), len({n % 100 for n in self._whole})),
        }
        return next(
            (way for way, (n, ends) in seen.items() if way in self._open and n >= FEWEST and ends >= ENDS), None
        )

    def check(self, source: str, column: str) -> None:
        """Refuse a column that is read as numbers.

        Raises:
            BadInput: it holds minutes and seconds.
        """
        match self.found:
            case "m.ss":
                raise BadInput(
                    "{source}: column {column!r}: of many numbers such as {cell} none ends in .60 to .99: these are "
                    "minutes and seconds (3.36 is 3 min 36 s): write unit: m.ss in the column map",
                    source=source,
                    column=column,
                    cell=self.example,
                )
            case "hhmmss":
                raise BadInput(
                    "{source}: column {column!r}: of many numbers none ends in 60 to 99: these are minutes and seconds "
                    "(336 is 3 min 36 s): write unit: hhmmss in the column map",
                    source=source,
                    column=column,
                )


def sixty_of(cells: Iterable[str]) -> Sixty | None:
    """Return how a column of lengths is written, if it is as minutes and seconds."""
    sixties = Sixties()
    sixties.take("\n".join(cells))
    return sixties.found


def seconds_of(cell: str, way: Sixty) -> float:
    """Return the seconds of a length that is written so.

    >>> seconds_of("3.36", "m.ss"), seconds_of("3,4", "m.ss"), seconds_of("3", "m.ss")
    (216.0, 220.0, 180.0)
    >>> seconds_of("000336", "hhmmss"), seconds_of("12005", "hhmmss"), seconds_of("36.0", "hhmmss")
    (216.0, 4805.0, 36.0)

    Raises:
        ValueError: it is not.
    """
    sign = -1.0 if cell.startswith("-") else 1.0
    text = cell.removeprefix("-")
    if way == "m.ss":
        minutes, _, end = text.replace(",", ".").partition(".")
        hours, seconds = 0, int(end.rstrip("0").ljust(2, "0") or "0")
        parts = (hours, int(minutes), seconds)
    else:
        number = int(text.removesuffix(".0"))
        parts = (number // 10_000, number // 100 % 100, number % 100)
        if parts[1] >= 60:
            raise ValueError(cell)
    if not text[:1].isdigit() or "_" in text or parts[2] >= 60:
        raise ValueError(cell)
    return sign * (parts[0] * 3600 + parts[1] * 60 + parts[2])
