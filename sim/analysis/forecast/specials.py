"""Special days: holidays of a country, lunar ones too, or of a list; what they do to the calls is learnt elsewhere.

A holiday that follows a lunar calendar (Eid, Pesach, the Chinese New Year) falls on another date each year, so it is
known by its name. Source of the countries: the package `holidays` (MIT), which reckons or tabulates the Chinese,
Hebrew, Hindu and Islamic calendars; dates of the future that hang on the sight of the moon are its estimates.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcenter.config.country import country_holidays
from callcenter.config.refusals import unknown
from callcenter.config.words import day_number, shown
from callcenter.errors import BadInput

ASIDE: Final = re.compile(r"\s*\([^()]*\)")
COLUMNS: Final = ("date", "name", "factor")
MOST_FACTOR: Final = 10.0
"""More is a share without its sign: 40 for 40 %."""


@dataclass(frozen=True, slots=True)
class Special:
    """Why a day is unlike its weekday."""

    name: str
    kind: str
    """Days of one kind are thought alike until the log says more: public, bank, half_day, optional, listed."""
    factor: float | None = None
    """Calls of the day over those of an ordinary one, where it is given; 0: closed. None: learnt from the log."""


Specials = Mapping[int, Special]
"""Local day number → why it is special."""


def country_days(code: str, days: Iterable[int]) -> dict[int, Special]:
    """Return those of `days` that are holidays of a country.

    Args:
        code: ISO 3166, with a subdivision where holidays differ inside the country: IL, CN, ES-MD.
        days: Local day numbers.

    Raises:
        BadInput: the country or the part of it is not known, or the package is not installed.
    """
    try:
        found = country_holidays(code, days)
    except ImportError:
        raise BadInput(
            "--holidays: countries need the package holidays: install callcenter[staffing], or give a CSV file with "
            "the columns date,name,factor"
        ) from None
    except ValueError as error:
        raise BadInput(
            "--holidays {code_}: {error}, or give a CSV file with the columns date,name,factor", code_=code, error=error
        ) from None
    return {day: Special(plain_name(name), category) for day, (name, category) in found.items()}


def plain_name(name: str) -> str:
    """Return a holiday's name without what belongs to one year.

    >>> plain_name("Eid al-Fitr Holiday (observed, estimated)"), plain_name("Day off (substituted from 01/04/2026)")
    ('Eid al-Fitr Holiday', 'Day off')
    """
    return ASIDE.sub("", name).strip() or name


def listed_days(text: str, source: str) -> dict[int, Special]:
    """Return the days of a CSV text with the columns date, name and, if wished, factor (0: closed, 40%, 1.3).

    Raises:
        BadInput: one line that says where, what, and how to fix it.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    header = [name.strip().casefold() for name in reader.fieldnames or []]
    reader.fieldnames = header
    if "date" not in header or "name" not in header:
        raise BadInput("{source}:1: is no list of special days: the first line is date,name,factor", source=source)
    strange = [name for name in header if name and name not in COLUMNS]
    if strange:
        raise BadInput("{source}:1: {unknown}", source=source, unknown=unknown("column", strange[0], list(COLUMNS)))
    found: dict[int, Special] = {}
    lines: dict[int, int] = {}
    for row in reader:
        cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str) and _is_text(value)}
        if not any(cells.values()):
            continue
        where = f"{source}:{reader.line_num}"
        if any(part.strip() for part in row.get(None) or ()):
            raise BadInput(
                "{source}:{line}: has more cells than there are columns: put a cell that holds the separator in quotes",
                source=source,
                line=reader.line_num,
            )
        try:
            day = int(day_number(cells.get("date", "")))
        except ValueError:
            raise BadInput(
                "{where}: {date} is no date: write 2026-03-02", where=where, date=shown(cells.get("date", ""))
            ) from None
        name = cells.get("name") or "special"
        special = Special(name, "listed", _factor(cells.get("factor", ""), where))
        if found.setdefault(day, special) != special:
            raise BadInput(
                "{where}: {date} stands in line {first} already, as {before}, and here as {after}: keep one",
                where=where,
                date=cells["date"],
                first=lines[day],
                before=_written(found[day]),
                after=_written(special),
            )
        lines.setdefault(day, reader.line_num)
    return found


def _written(special: Special) -> str:
    return special.name if special.factor is None else f"{special.name},{special.factor:g}"


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _factor(cell: str, where: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell.removesuffix("%")) / (100 if cell.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MOST_FACTOR:
        raise BadInput(
            "{where}: factor {cell} is no multiple of an ordinary day (10 at most): write 0 (closed), 40% or 1.3",
            where=where,
            cell=shown(cell),
        )
    return value
