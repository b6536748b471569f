"""Small tables that people hand in, whatever their spreadsheet made of them: as plain CSV text."""

import csv
import io
import re
from contextlib import closing
from typing import Final

from callcenter.config.encodings import Decoding, text_lines
from callcenter.config.tables import Layout, read_table
from callcenter.config.unpacking import MARKS, Source

DECIMAL_COMMA: Final = re.compile(r"\s*[+-]?\d+,\d+\s*%?\s*")


def comma_csv(data: bytes, name: str) -> str:
    r"""Return a table as CSV text with commas: of a spreadsheet (XLSX, ODS), or of text with semicolons or tabs.

    Where cells are parted by semicolons or tabs, 1,5 is one and a half.

    Raises:
        BadInput: it cannot be read.

    >>> comma_csv("group;agents;share\nteam;4;2,5\n".encode(), "x.csv")
    'group,agents,share\nteam,4,2.5\n'
    """
    if any(data.startswith(mark) for mark in MARKS):
        with closing(read_table(Source.of(data, name), Layout())) as table:
            return _written([table.header, *(row for _, row in table.rows())])
    text = "".join(text_lines(io.BytesIO(data), name, None, Decoding("utf-8")))
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count) if first else ","
    if delimiter == ",":
        return text
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return _written([[_point(cell) for cell in row] for row in rows])


def _point(cell: str) -> str:
    return cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell


def _written(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
