"""Rows of CSV below its header: blocks of lines that are all alike are cut at once, others are read row by row.

Both ways tell the same of every file, to the line on which a row begins and the words of a refusal: what the quick way
is not sure of it leaves to the careful one (`callcenter.config.batches.cut`).
"""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf
from operator import eq
from typing import Final, Literal

from callcenter.config.batches import AnyBatch, Batch, EvenBatch, cut
from callcenter.config.encodings import BOM, LONGEST_LINE, Decoding, text_lines
from callcenter.config.unpacking import Lines
from callcenter.errors import BadInput

BATCH_SIZE: Final = 5_000
"""Rows handed on together."""
FEWEST_CELLS, ALIKE = 3, 0.75
"""Lines with as many cells as the table, numbers where others have numbers, are rows and no remark of several lines."""


@dataclass(frozen=True, slots=True)
class RowReader:
    """How the rows of a file are read."""

    source: str
    mark: str
    """Between cells."""
    header: Sequence[str]
    quoted: bool
    encoding: str | None
    decoding: Decoding
    """Told how the text was read."""
    tell: Callable[[], None]
    """Called after each batch."""

    def of_lines(self, text: Iterable[str], above: int) -> Iterator[Batch]:
        """Yield the rows of lines, `above` of which come before them in the file."""
        return self._one_by_one(text, above, None)

    def of_blocks(self, lines: Lines, first: bytes, above: int) -> Iterator[AnyBatch]:
        """Yield the rows of a file; `first` is a line of them that has been taken already."""
        while block := first + lines.block():
            first = b""
            if BOM_UTF8 in block:  # files joined with their marks
                block = block.replace(BOM_UTF8, b"")
            cells = cut(block, self.mark, self.header, quoted=self.quoted)
            if cells is None:
                text = _Text(self, block, lines, above)
                yield from self._one_by_one(text, above, text)
                above += text.given
            else:
                rows = len(cells) // len(self.header)
                self.tell()
                yield EvenBatch(range(above + 1, above + 1 + rows), cells, len(self.header))
                above += rows

    def _holds_rows(self, row: Sequence[str]) -> bool:
        """Tell whether the lines of a row are rows of the table, held together by a stray quotation mark."""
        lines = self.mark.join(row).split("\n")
        first, *others = ([cell.strip('" \r')[:1].isdigit() for cell in line.split(self.mark)] for line in lines)
        width = len(self.header)
        return width >= FEWEST_CELLS and all(
            len(line) == width == len(first) and sum(map(eq, line, first)) >= ALIKE * width for line in others
        )

    def _one_by_one(self, lines: Iterable[str], above: int, block: "_Text | None") -> Iterator[Batch]:
        """Yield rows; those of a block until one ends where the block does."""
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        rows = csv.reader(lines, delimiter=self.mark, quoting=quoting, strict=True)
        begun, last = 1, 0
        try:
            while block is None or not block.over:
                taken: list[list[str]] = []
                for row in rows:
                    taken.append(row)
                    last = rows.line_num
                    if len(taken) == BATCH_SIZE or (block is not None and block.over):
                        break
                if not taken:
                    return
                if rows.line_num - begun + 1 == len(taken):  # each on a line of its own
                    places: Sequence[int] = range(above + begun, above + begun + len(taken))
                else:
                    places, at = [], above + begun
                    for row in taken:
                        places.append(at)
                        more = sum(cell.count("\n") for cell in row)
                        if more and self._holds_rows(row):
                            raise swallowing(self.source, at, at + more)
                        at += 1 + more
                begun = rows.line_num + 1
                self.tell()
                yield Batch(places, taken)
        except csv.Error as error:
            raise BadInput(
                "{source}:{last}: is not CSV from here on ({error}): close every quotation mark",
                source=self.source,
                last=last + 1 + above,
                error=error,
            ) from None


def swallowing(source: str, line: int, last: int) -> BadInput:
    """Return the refusal of a quotation mark that makes one cell of several rows."""
    return BadInput(
        "{source}:{line}: a quotation mark is open from here to line {last}, and what stands between are rows of the "
        "table: take out the stray mark on either line, or double it",
        source=source,
        line=line,
        last=last,
    )


class _Text:
    """The lines of a block, and of those that follow while a row is open at its end.

    From the first block on that is not plain UTF-8 it is all the rest of the file, looked at line by line.
    """

    def __init__(self, reader: RowReader, block: bytes, lines: Lines, above: int) -> None:
        self._reader, self._lines, self._above = reader, lines, above
        self.given = 0
        self._has = 0.0
        self._text: Iterator[str] = iter(())
        self._take(block)

    @property
    def over(self) -> bool:
        """Whether all lines at hand have been given."""
        return self.given == self._has

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._text, "")
        if not line:
            block = b"" if self._has == inf else self._lines.block()
            if not block:
                raise StopIteration
            self._take(block)
            line = next(self._text)
        self.given += 1
        return line

    def _take(self, block: bytes) -> None:
        text = _plain(block)
        if text is None:
            reader, above = self._reader, self._above + self.given
            whole = chain(io.BytesIO(block), self._lines)
            self._text = text_lines(whole, reader.source, reader.encoding, reader.decoding, above=above)
            self._has = inf
        else:
            self._text = io.StringIO(text.replace(BOM, ""), newline="\n")
            self._has += text.count("\n") + (not text.endswith("\n"))


def _plain(block: bytes) -> str | None:
    """Return a block as text; None where its lines have to be looked at one by one."""
    if b"\0" in block or max(map(len, block.split(b"\n"))) >= LONGEST_LINE - 1:
        return None
    try:
        return block.decode()
    except UnicodeDecodeError:
        return None
