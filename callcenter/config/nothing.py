"""What stands in a cell that holds nothing: words of databases and tools, dashes, and the days they write for none."""

import re
from datetime import date
from typing import Final

NO_DAY: Final = ("0000-00-00", "0001-01-01", "1601-01-01", "1753-01-01", "1900-01-01", "1970-01-01", "9999-12-31")
"""What systems write for no time: the first or the last day that they can, or none."""
NO_DAY_ELSEWHERE: Final = ("00.00.0000", "00/00/0000", "01.01.1900", "01/01/1900", "1/1/1900", "00.01.1900",
                           "1/0/1900", "01/00/1900", "01.01.1970", "01/01/1970", "1/1/1970", "31.12.9999",
                           "12/31/9999", "31/12/9999")  # fmt: skip
"""The same as countries write days."""
NO_HOURS: Final = ("", *(f"{mark}{clock}" for mark in " T" for clock in ("00:00:00", "00:00:00Z", "00:00:00.000",
                   "00:00:00.000Z", "00:00", "0:00", "23:59:59", "23:59:59.997", "23:59:59.999")))  # fmt: skip
BEGIN_OF_TIME: Final = tuple(
    [f"1970-01-01{mark}{hour:02d}:00:00" for hour in range(15) for mark in " T"]
    + [f"1969-12-31{mark}{hour:02d}:00:00" for hour in range(12, 24) for mark in " T"]
)
"""The instant 0 on the clocks of the world."""
NOTHING: Final = frozenset(
    {"NULL", "Null", "null", "\\N", "None", "none", "NaN", "nan", "NaT", "N/A", "n/a", "#N/A", "#NV", "#NULL!",
     "n.a.", "k.A.", "k. A.", "-", "--", "---", "\u2013", "\u2014", "\u2015", "\u2212", "\u2026", "...", "(null)",
     "<null>", "<NULL>", "[NULL]", "(blank)", "(leer)", "(vide)",
     *BEGIN_OF_TIME, *(f"{day}{clock}" for day in (*NO_DAY, *NO_DAY_ELSEWHERE) for clock in NO_HOURS)}
)  # fmt: skip
"""What databases, spreadsheets and tools write into a cell that holds nothing, or no time."""
NO_FIGURE: Final = NOTHING | {"", "NA", "na", "nil"}
"""The same where numbers or dates stand: among names these letters may be one."""
NO_DATE: Final = re.compile(r"0{1,4}[-./]0{1,2}[-./]0{1,4}(?!\d)|0?1/0/1900|0?0\.0?1\.1900")
"""A date of zeros, and what spreadsheets show of a 0 that is to be a date."""
_DAYS: Final = frozenset(date.fromisoformat(day) for day in NO_DAY[1:]) | {date(1899, 12, day) for day in (30, 31)}


def is_no_day(day: date) -> bool:
    """Tell whether a day stands for none.

    >>> is_no_day(date(1900, 1, 1)), is_no_day(date(2026, 3, 2))
    (True, False)
    """
    return day in _DAYS
