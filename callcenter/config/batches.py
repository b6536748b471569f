"""Some rows of a table together: as lists of cells, or, where all lines are alike, cut at once and taken by column."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final

import numpy as np

LONGEST_CELL: Final = 100_000


@dataclass(slots=True)
class Batch:
    """Some rows: cells as they stand, and the line on which each begins."""

    lines: Sequence[int]
    rows: list[list[str]]

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, place: int) -> list[str]:
        """The cells of a row."""
        return self.rows[place]


@dataclass(slots=True)
class EvenBatch:
    """Rows with as many cells as the table has columns, each on a line of its own, none of them empty or a header."""

    lines: range
    cells: list[str]
    """Of all rows, one row after the other."""
    width: int

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def rows(self) -> list[list[str]]:
        """The rows as lists of cells."""
        return [self.cells[at : at + self.width] for at in range(0, len(self.cells), self.width)]

    def row(self, place: int) -> list[str]:
        """The cells of a row."""
        return self.cells[place * self.width : (place + 1) * self.width]

    def column(self, place: int) -> list[str]:
        """Return the cells of a column."""
        return self.cells[place :: self.width]


AnyBatch = Batch | EvenBatch


def cut(block: bytes, mark: str, header: Sequence[str], *, quoted: bool) -> list[str] | None:
    r"""Return the cells of lines that a CSV reader would cut at each mark and nowhere else; None where others could be.

    What needs a second look is left to the reader that takes a row at a time: cells of several lines, quotation marks
    left open, ends of lines as old Macs had them, lines with more or fewer cells, empty ones, a header in between,
    bytes that are not UTF-8.

    Args:
        block: Whole lines.
        mark: Between cells.
        header: The names of the columns.
        quoted: Whether quotation marks hold cells together.

    >>> cut(b"1,a\n2,b\n", ",", ["n", "x"], quoted=True), cut(b'1,"a"\n', ",", ["n", "x"], quoted=True)
    (['1', 'a', '2', 'b'], ['1', 'a'])
    >>> cut(b'1,"a, b"\n', ",", ["n", "x"], quoted=True), cut(b'1,"a\nb"\n', ",", ["n", "x"], quoted=True)
    (['1', 'a, b'], None)
    >>> cut(b"1,2,3\n4\n", ",", ["n", "x"], quoted=True), cut(b"n,x\n", ",", ["n", "x"], quoted=True)
    (None, None)
    """
    width = len(header)
    if width < 2 or b"\0" in block:
        return None
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
        if b"\r" in block:
            return None
    try:
        text = block.removesuffix(b"\n").decode()
    except UnicodeDecodeError:
        return None
    if quoted and '"' in text:
        lines = text.split("\n")
        if max(map(len, lines)) >= LONGEST_CELL:
            return None
        cells = _cut_all_quoted(text, lines, mark, width) or _cut_quoted(lines, mark, width)
    elif _is_even(block.removesuffix(b"\n"), mark, width):
        cells = text.replace("\n", mark).split(mark)
    else:
        return None
    if not cells:
        return None
    perhaps = header[0] in text or '"' in header[0]  # its quotation marks would be doubled
    if perhaps and header[0] in map(str.strip, cells[::width]):
        return None
    empty = not all(cells[::width]) and not all(any(cells[at : at + width]) for at in range(0, len(cells), width))
    return None if empty else cells


def _is_even(block: bytes, mark: str, width: int) -> bool:
    """Tell whether each line has so many cells, and none is among the longest."""
    if not mark.isascii():
        return False
    signs = np.frombuffer(block, np.uint8)
    stops = np.flatnonzero((signs == ord(mark)) | (signs == ord("\n")))
    if len(stops) % width != width - 1:
        return False
    ends = stops[width - 1 :: width]
    others = signs[stops] == ord(mark)
    long = np.diff(ends, prepend=-1, append=len(signs)).max()
    return bool(long < LONGEST_CELL and not others[width - 1 :: width].any() and others.sum() == len(stops) - len(ends))


def _cut_all_quoted(text: str, lines: list[str], mark: str, width: int) -> list[str] | None:
    """Cut rows of which each cell stands between quotation marks and has none in it: three times as fast."""
    between = f'"{mark}"'
    if text[0] != '"' or text[-1] != '"' or text.count('"') != 2 * width * len(lines):
        return None
    if set(map(str.count, lines, repeat(between))) != {width - 1}:
        return None
    cells = text[1:-1].replace('"\n"', between).split(between)
    return cells if len(cells) == width * len(lines) else None


def _cut_quoted(lines: list[str], mark: str, width: int) -> list[str] | None:
    """Cut lines in which quotation marks hold some cells together, where each line is a row of its own."""
    try:
        rows = list(csv.reader(lines, delimiter=mark, strict=True))
    except csv.Error:
        return None
    even = len(rows) == len(lines) and set(map(len, rows)) == {width}
    return list(chain.from_iterable(rows)) if even else None
