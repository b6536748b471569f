"""Cells that a spreadsheet would take for a formula, written as text and read again.

A cell of CSV that begins as a formula does (= + - @, a tab) is taken for one by spreadsheets, whoever's name it holds;
an apostrophe before it makes it text ("CSV injection", OWASP). Figures are left alone. A cell that has such an
apostrophe of its own is given another, so that every cell comes back as it was.
"""

import re
from typing import Final

FIGURE: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
DECIMAL_COMMA: Final = re.compile(r"[+-]?(\d+(,\d*)?|,\d+)")
RISKY: Final = re.compile(r"'*[=+\-@\t\r]")


def harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula.

    >>> harmless("=1+1"), harmless("-3.5"), harmless(-3.5), harmless("Ana")
    ("'=1+1", '-3.5', -3.5, 'Ana')
    """
    return harmless_text(cell) if isinstance(cell, str) else cell


def harmless_text(cell: str) -> str:
    """Return the same of a cell that is text, as rows of text alone have it.

    >>> harmless_text("-3,5"), harmless_text("'=1")
    ('-3,5', "''=1")
    """
    if RISKY.match(cell) and not (FIGURE.fullmatch(cell) or DECIMAL_COMMA.fullmatch(cell)):
        return f"'{cell}"
    return cell


def as_given(cell: str) -> str:
    """Return what `harmless` was given.

    >>> as_given("'=1+1"), as_given("'s"), as_given("''=1")
    ('=1+1', "'s", "'=1")
    """
    return cell[1:] if cell.startswith("'") and RISKY.match(cell) else cell
