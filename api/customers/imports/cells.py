"""One cell of a customer file → what the directory holds; a cell that cannot be says why, and what to write."""

import re
from collections.abc import Callable, Collection, Mapping
from math import isfinite
from typing import Any, Final
from zoneinfo import available_timezones

from api.state.numbers import NotANumber, dialled
from callcenter.config.customer_columns import FigureColumn
from callcenter.config.directory_columns import WORDS, DirectoryColumns, ValuesColumn
from callcenter.config.nothing import NO_FIGURE, NOTHING
from callcenter.config.refusals import near
from callcenter.config.thousands import figure_of
from callcenter.customers.life import Tiers
from callcenter.language.said import N_, said, text_of

Read = Callable[[str], Any]
YES: Final = frozenset({"1", "yes", "y", "true", "t", "是", "x"})
NO: Final = frozenset({"0", "no", "n", "false", "f", "否"})
LONGEST: Final = {"notes": 2_000, "why": 500}
LARGEST: Final = 1e15
EITHER: Final = re.compile(r"[+-]?\d{1,3},\d{3}")
"""A fraction with a decimal comma, or thousands."""
MOST_NUMBERS: Final = 20


class BadCell(ValueError):
    """Why a cell cannot be, and what would do."""


def text(longest: int) -> Read:
    """Return what reads a cell of words."""

    def read(cell: str) -> str | None:
        found = cell.strip()
        if len(found) > longest:
            raise BadCell(said("has {n} letters: {most} or fewer are kept", n=len(found), most=longest))
        if not found.isprintable():
            raise BadCell(said("holds a control character (a line break, a tab): take it out"))
        return found or None

    return read


def word(column: ValuesColumn, read: Read) -> Read:
    """Return what reads a cell whose words may be the CRM's own."""
    if not column.values and column.otherwise is None:
        return read
    known = {cell: read(ours) for cell, ours in column.values.items()}
    otherwise = None if column.otherwise is None else read(column.otherwise)

    def mapped(cell: str) -> Any:
        found = cell.strip()
        if found in known:
            return known[found]
        return read(cell) if otherwise is None else otherwise

    return mapped


def one_of(what: str, words: Collection[str]) -> Read:
    """Return what reads a cell that must be one of some words."""

    def read(cell: str) -> str | None:
        found = cell.strip()
        if found in NOTHING:
            return None
        if found and found not in words:
            listed = said(" (there is: {known})", known=", ".join(sorted(words))) if len(words) <= 12 else ""
            raise BadCell(said("is no {what}{hint}{listed}", what=said(what), hint=near(found, words), listed=listed))
        return found or None

    return read


def tier_of(tiers: Tiers) -> Read:
    """Return what reads a tier that a file may give: any but the blacklist's, which is given by an entry only."""
    known = [tier for tier in tiers.order if tier != tiers.last]
    read = one_of(N_("tier of the centre"), known)

    def checked(cell: str) -> Any:
        if cell.strip() == tiers.last:
            raise BadCell(
                said(
                    "is the blacklist's: give another ({known}), and propose an entry for them", known=", ".join(known)
                )
            )
        return read(cell)

    return checked


def yes_or_no(cell: str) -> int | None:
    """Return 1 for yes, 0 for no, None for an empty cell."""
    if cell.strip() in NO_FIGURE:
        return None
    found = cell.strip().lower()
    if found in YES:
        return 1
    if found in NO:
        return 0
    raise BadCell(said("is neither yes nor no: write yes, no, or leave it empty"))


def agents(cell: str) -> str | None:
    """Return agents divided by commas."""
    given = (part.strip() for part in cell.replace(";", ",").replace("|", ",").split(","))
    names = [name for name in given if name and name not in NOTHING]
    if len(names) > 10:
        raise BadCell(said("names {n} agents: 10 or fewer can be account managers of one customer", n=len(names)))
    for name in names:
        if len(name) > 100 or not name.isprintable() or "/" in name:
            raise BadCell(said("is no agent's name: up to 100 letters, no line break and no slash"))
    return ",".join(names) or None


def figure(columns: DirectoryColumns, form: FigureColumn | None, *, whole: bool, low: float) -> Read:
    """Return what reads a cell that is a number."""
    how = "1234,50" if columns.decimal == "," else "1234.50"
    times = 1.0 if form is None else form.times
    missing = columns.no_figures

    def read(cell: str) -> float | int | None:
        found = cell.strip()
        if found in missing:
            return None
        try:
            value = figure_of(found, columns.decimal) * times
        except ValueError:
            value = float("nan")
        if columns.decimal == "." and EITHER.fullmatch(found):
            raise BadCell(said("could be a fraction or thousands: write 1234 or 1.234, or decimal: ',' in the map"))
        if not isfinite(value):
            raise BadCell(said("is not a number: write {how}, or leave it empty", how=how))
        if not low <= value <= LARGEST:
            raise BadCell(
                said("is below 0: write 0 or more") if value < low else said("is beyond {most:g}", most=LARGEST)
            )
        if whole:
            if value != int(value):
                raise BadCell(said("is not a whole number: write 12, or leave it empty"))
            return int(value)
        return value

    return read


def day(columns: DirectoryColumns) -> Read:
    """Return what reads a date."""
    missing = columns.no_figures

    def read(cell: str) -> str | None:
        shown = cell.strip()
        try:
            found = None if shown in missing else columns.day(shown)
        except ValueError:
            raise BadCell(said("is not a date: write it {how}", how=columns.how_days_are_written())) from None
        return None if found is None else found.isoformat()[:10]

    return read


def numbers(region: str | None) -> Read:
    """Return what reads a cell of numbers: `+442079460958 | +442079460959 ext. 12 (shared)`."""

    def read(cell: str) -> list[tuple[str, str, int]]:
        if cell[:1] == "+" and cell[1:].isdigit():
            return [(*_dialled(cell, region), 0)]
        found = []
        for part in cell.replace(";", "|").split("|"):
            given = part.strip()
            if given in NO_FIGURE:
                continue
            shared = given.endswith("(shared)")
            given = given.removesuffix("(shared)").strip()
            if given:
                found.append((*_dialled(given, region), int(shared)))
        return found

    return read


def _dialled(given: str, region: str | None) -> tuple[str, str]:
    try:
        return dialled(given, region)
    except NotANumber as no:
        raise BadCell(text_of(no)) from None


def readers(columns: DirectoryColumns, tiers: Tiers, region: str | None) -> Mapping[str, Read]:
    """Return what reads a cell of each column of ours."""
    found: dict[str, Read] = {
        "customer_id": text(200),
        "phone": numbers(region),
        "revenue_12m": figure(columns, columns.revenue_12m, whole=False, low=-LARGEST),
        "last_contact": day(columns),
        "contacts_12m": figure(columns, columns.contacts_12m, whole=True, low=0),
        "tenure_months": figure(columns, columns.tenure_months, whole=False, low=0),
        "credit_score": figure(columns, columns.credit_score, whole=False, low=-LARGEST),
        "tier": tier_of(tiers),
        "zone": one_of(N_("IANA time zone"), available_timezones()),
        "account_manager": agents,
        "consent": yes_or_no,
        "protected": lambda cell: yes_or_no(cell) or 0,
    }
    for name in ("name", "grade", "why", "language", "notes"):
        found[name] = text(LONGEST.get(name, 200))
    for name in WORDS:
        found[name] = word(columns.words(name), found[name])
    return found
