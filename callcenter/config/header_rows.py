"""The header row of a table: found below titles and blank lines, with the delimiter that the file uses."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

from callcenter.language.said import said

DELIMITERS: Final = (",", ";", "\t", "|")
LINES_ABOVE: Final = 30
"""Titles, filters and dates that reports print above a table."""
SAID: Final = "sep="
"""A line of this and a mark tells spreadsheets what stands between cells."""

TOTALS: Final = frozenset(
    {"total", "totals", "grand total", "subtotal", "sub-total", "sum", "summe", "gesamt", "gesamtsumme",
     "zwischensumme", "total général", "sous-total", "totaux", "average", "averages", "mittelwert", "durchschnitt",
     "moyenne", "promedio", "合计", "总计", "小计", "平均"}
)  # fmt: skip
"""What spreadsheets write before a line of sums or of their means, in lower case and without a colon."""
LONGEST_TOTAL: Final = 40
NAMELESS: Final = re.compile(r"[^\w]+|\d+")
"""What a line of sums is of: a day, so many rows."""


def is_total(cell: str) -> bool:
    """Tell whether a cell that is to name something says that its row holds the sums of the others.

    >>> is_total("Grand Total:"), is_total("Total 2026-03-02"), is_total("Total (500)"), is_total("TotalEnergies")
    (True, True, True, False)
    """
    if len(cell) > LONGEST_TOTAL:
        return False
    text = cell.strip(" :：").casefold()
    return text in TOTALS or (not text[:1].isdigit() and " ".join(NAMELESS.sub(" ", text).split()) in TOTALS)


def delimiter_of(line: str, needed: Sequence[str]) -> str:
    """Return what stands between the cells of a line: what makes the most of the needed names, then of cells.

    >>> delimiter_of("id;name, first;phone", ()), delimiter_of("a,b;c", ("b;c",))
    (';', ',')
    """

    def worth(mark: str) -> tuple[int, int]:
        cells = [cell.strip().strip('"') for cell in line.rstrip("\r\n").split(mark)]
        return sum(cell in needed for cell in cells), len(cells)

    return max(DELIMITERS, key=worth)


def said_delimiter(line: str) -> str | None:
    """Return the mark that a line names as what stands between cells; None: it is no such line.

    >>> said_delimiter("sep=;"), said_delimiter('"sep=|"'), said_delimiter("separated;by")
    (';', '|', None)
    """
    text = line.strip("\r\n\"'\ufeff ")
    named = text[len(SAID) :]
    return named if text.casefold().startswith(SAID) and len(named) == 1 else None


def cells_of(line: str, mark: str, *, quoted: bool = True) -> list[str] | None:
    """Return the cells of one line; None: it is no line of CSV."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=mark, quoting=quoting), [])]
    except csv.Error:
        return None


def names_all(cells: Sequence[str], needed: Sequence[str]) -> bool:
    """Tell whether a line names all the columns that are needed."""
    return bool(needed) and {*needed} <= {*cells}


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return how many cells most rows have; 1 where no two cells stand beside each other."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return max(widths, key=lambda width: (widths[width], width), default=1)


def as_wide_as(rows: Sequence[Sequence[str]], header: Sequence[str]) -> list[str]:
    """Return the names of columns, as many as the first rows have cells, where only empty cells or names are beyond.

    Systems write a mark between cells at the end of each row too, or of the names alone.

    >>> as_wide_as([["1", "2", ""], ["3", "", ""]], ["came", "wait"]), as_wide_as([["1", "2"]], ["came", "wait", ""])
    (['came', 'wait', ''], ['came', 'wait'])
    >>> as_wide_as([["1", "2", ""], ["3", "4", "5"]], ["came", "wait"]), as_wide_as([["1"]], ["came", "wait"])
    (['came', 'wait'], ['came', 'wait'])
    """
    found, widths = list(header), {len(row) for row in rows}
    if len(widths) != 1 or any(any(row[len(found) :]) for row in rows):
        return found
    (wide,) = widths
    if wide < len(found):
        return found if any(found[wide:]) else found[:wide]
    return found + [""] * (wide - len(found))


def likely_head(rows: Sequence[Sequence[str]]) -> int:
    """Return which row names the columns: the first that has as many words as most rows have cells.

    >>> likely_head([["Calls of March"], [], ["came", "wait", ""], ["1", "2", ""], ["3", "4", ""]])
    2
    >>> likely_head([["came", "wait"], ["1", "2", ""], ["3", "4", ""]]), likely_head([["came", "wait", ""], ["1", "2"]])
    (0, 0)
    """
    wide = usual_width(rows)
    if wide < 2:
        return 0
    filled = max((sum(map(bool, row)) for row in rows if len(row) == wide), default=0)
    table = [row for row in rows if len(row) == wide]
    for place, row in enumerate(rows[: LINES_ABOVE + 1]):
        if (len(row) == wide or len(as_wide_as(table, row)) == wide) and sum(map(bool, row)) > 0.7 * filled:
            return place
    return 0


def said_above(lines: int, source: str) -> str:
    """Return that lines above the names of the columns are left out."""
    return said("{source}: lines above the names of the columns left out: {n}", source=source, n=lines)
