"""Some rows of a table together: as lists of cells, or, where all lines are alike, cut at once and taken by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final

LONGEST_CELL: Final = 100_000


@dataclass(slots=True)
class Batch:
    """Some rows: cells as they stand, and the line on which each begins."""

    lines: Sequence[int]
    rows: list[list[str]]

    def __len__(self) -> int:
        return len(self.rows)


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

    def column(self, place: int) -> list[str]:
        """Return the cells of a column."""
        return self.cells[place :: self.width]


AnyBatch = Batch | EvenBatch


def cut(block: bytes, mark: str, header: Sequence[str], *, quoted: bool) -> list[str] | None:
    r"""Return the cells of lines that a CSV reader would cut at each mark and nowhere else; None where others could be.

    What needs a second look is left to the reader that takes a row at a time: quotation marks, ends of lines as old
    Macs had them, lines with more or fewer cells, empty ones, a header in between, bytes that are not UTF-8.

    Args:
        block: Whole lines.
        mark: Between cells.
        header: The names of the columns.
        quoted: Whether quotation marks hold cells together.

    >>> cut(b"1,a\n2,b\n", ",", ["n", "x"], quoted=True), cut(b'1,"a"\n', ",", ["n", "x"], quoted=True)
    (['1', 'a', '2', 'b'], None)
    >>> cut(b"1,2,3\n4\n", ",", ["n", "x"], quoted=True), cut(b"n,x\n", ",", ["n", "x"], quoted=True)
    (None, None)
    """
    width = len(header)
    if width < 2 or (quoted and b'"' in block) or b"\0" in block:
        return None
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
        if b"\r" in block:
            return None
    try:
        text = block.removesuffix(b"\n").decode()
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")
    if set(map(str.count, lines, repeat(mark))) != {width - 1} or max(map(len, lines)) >= LONGEST_CELL:
        return None
    if mark * (width - 1) in lines:  # an empty row
        return None
    cells = text.replace("\n", mark).split(mark)
    return None if header[0] in map(str.strip, cells[::width]) else cells
