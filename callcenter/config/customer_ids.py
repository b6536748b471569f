"""What stands where customers are named and names nobody: a line of totals, a number that a spreadsheet has rounded."""

import re
from typing import Final

from callcenter.config.header_rows import is_total
from callcenter.config.nothing import NOTHING
from callcenter.language.said import said

ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?E\+\d+")
"""What a spreadsheet makes of a long number."""


def names_nobody(cell: str) -> str | None:
    """Return why a cell is no customer's name, and what to do; None where it may be one.

    >>> names_nobody("1.00E+11")
    'was rounded by a spreadsheet: export the column as text'
    >>> names_nobody("Grand total:")
    'seems to be a line of totals, and no customer: take it out'
    >>> names_nobody("NULL")
    'stands for nothing: give each customer a name of its own'
    >>> names_nobody("1042.0")
    'was made a decimal number by a program: export the column as text'
    >>> names_nobody("C-100"), names_nobody("4.2")
    (None, None)
    """
    if cell in NOTHING:
        return said("stands for nothing: give each customer a name of its own")
    if is_total(cell):
        return said("seems to be a line of totals, and no customer: take it out")
    if "E+" in cell and ROUNDED.fullmatch(cell):
        return said("was rounded by a spreadsheet: export the column as text")
    if cell.endswith(".0") and cell[:-2].isdigit():
        return said("was made a decimal number by a program: export the column as text")
    return None
