"""What 1,234 and 1.234 are, a fraction or thousands, as far as the other cells of their column tell."""

import re
from typing import Final

from callcenter.errors import BadInput

GROUPED: Final = {
    ".": re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"),
    ",": re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?"),
}
"""Thousands set apart, by the decimal mark."""
APART: Final = re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u2009\u202f'\u2019]\d{3})+(?:\.\d+)?")
"""Thousands set apart by a space or an apostrophe, which nothing else can be."""
EITHER: Final = re.compile(r"^[ \t]*[+-]?([1-9]\d{0,2}[.,]\d{3})[ \t]*$", re.MULTILINE)
"""What could be a fraction or thousands, by which mark is the decimal one."""
SETTLED: Final = re.compile(rf"^(?!{EITHER.pattern[1:]}).*\d[.,]\d", re.MULTILINE)
"""What tells which it is for the whole column: 12.50, 0.250, 1,234.5, 1,234,567."""
WHOLE: Final = re.compile(r"^[ \t]*[+-]?[1-9]\d{0,2}[ \t]*$", re.MULTILINE)
"""A number below a thousand that has no mark, where thousands would have one."""
UNMARKED: Final = re.compile(r"^[ \t]*[+-]?[1-9]\d{3,}[ \t]*$", re.MULTILINE)
"""A number from a thousand on that has none: then no other has it either."""


class Marks:
    """What the cells of a column tell of its marks, taken some at a time.

    >>> marks = Marks()
    >>> marks.take("1.234")
    >>> marks.take("217")
    >>> marks.either, marks.is_whole_else
    ('1.234', True)
    >>> marks.take("12.5")
    >>> marks.either, marks.is_whole_else
    (None, False)
    """

    __slots__ = ("_either", "_settled", "_whole")

    def __init__(self) -> None:
        self._either: str | None = None
        self._settled = self._whole = False

    def take(self, cells: str) -> None:
        """Take cells, a line each."""
        self._whole = self._whole or WHOLE.search(cells) is not None
        if self._settled:
            return
        marked = "." in cells or "," in cells
        self._settled = (marked and SETTLED.search(cells) is not None) or UNMARKED.search(cells) is not None
        if marked and self._either is None and (found := EITHER.search(cells)):
            self._either = found[1]

    @property
    def either(self) -> str | None:
        """The first cell that may be a fraction or thousands, where no other cell of the column tells which."""
        return None if self._settled else self._either

    @property
    def is_whole_else(self) -> bool:
        """Whether all cells without such a mark are whole numbers below a thousand, as they are beside thousands."""
        return self.either is not None and self._whole


def check_marks(marks: Marks, source: str, column: str) -> None:
    """Refuse a column with 1.234 in it, all other cells of which are whole numbers below a thousand.

    Where 1,234 stands beside such numbers, the decimal mark being a point, it is thousands.

    Raises:
        BadInput: it is such a column.
    """
    if marks.is_whole_else and "." in (marks.either or ""):
        raise BadInput(
            "{source}: column {column!r}: {cell} could be thousands, all others being whole numbers below a thousand: "
            "write decimal: ',' in the map where it is, decimal: '.' where it is a fraction",
            source=source,
            column=column,
            cell=marks.either,
        )


def number_of(text: str) -> float:
    """Return the number that a cell holds; its decimal mark is the point.

    >>> number_of("1'429.41"), number_of("1\u202f429"), number_of("12")
    (1429.41, 1429.0, 12.0)

    Raises:
        ValueError: it is none.
    """
    if "_" in text:  # Python's own mark between digits
        raise ValueError(text)
    try:
        return float(text)
    except ValueError:
        if APART.fullmatch(text) is None:
            raise
    return float(re.sub(r"[^\d.+-]", "", text))


def figure_of(text: str, decimal: str) -> float:
    """Return the number that a cell holds in which thousands may be set apart; a point is no decimal comma.

    >>> figure_of("1,234.5", "."), figure_of("1.234,5", ","), figure_of("12", ",")
    (1234.5, 1234.5, 12.0)

    Raises:
        ValueError: it is none: 12.5 where the decimal mark is a comma, for one.
    """
    other = "," if decimal == "." else "."
    if GROUPED[decimal].fullmatch(text):
        text = text.replace(other, "")
    if decimal == ",":
        if "." in text:
            raise ValueError(text)
        text = text.replace(",", ".")
    return number_of(text)
