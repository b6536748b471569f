"""Cells that a spreadsheet would take for a formula, written as text and read again.

A cell of CSV that begins as a formula does (= + - @, a tab) is taken for one by spreadsheets, whoever's name it holds;
an apostrophe before it makes it text ("CSV injection", OWASP). Figures are left alone.
"""

import re
from typing import Final

FIGURE: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
RISKY: Final = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula.

    >>> harmless("=1+1"), harmless("-3.5"), harmless(-3.5), harmless("Ana")
    ("'=1+1", '-3.5', -3.5, 'Ana')
    """
    if isinstance(cell, str) and cell.startswith(RISKY) and not FIGURE.fullmatch(cell):
        return f"'{cell}"
    return cell


def as_given(cell: str) -> str:
    """Return what `harmless` was given.

    >>> as_given("'=1+1"), as_given("'s")
    ('=1+1', "'s")
    """
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(RISKY) else cell
