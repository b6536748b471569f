"""The column map of a customer file: which of its columns holds what, so that any export of a CRM is read as it is."""

from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from callcenter.config.encodings import known_encoding
from callcenter.config.fields import Name, Part
from callcenter.config.nothing import NO_DATE, NO_FIGURE, is_no_day
from callcenter.customers.columns import FIGURES
from callcenter.language.said import said

IDENTITY: Final = ("customer_id", "phone")
COLUMNS: Final = (*IDENTITY, *FIGURES)
"""What a customer file may hold; without a map the columns are called so."""


def _column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


def _encoding(value: str | None) -> str | None:
    if value is not None and not known_encoding(value):
        raise ValueError(said("is not known ({value}): write utf-8, cp1252, gb18030, latin-1", value=value))
    return value


def _listed(value: Any) -> Any:
    return [] if value is None else [value] if isinstance(value, str) else value


def _told_apart(formats: list[str]) -> list[str]:
    """Refuse days before months beside months before days: the 9th of August would be read as the 8th of September."""
    for one in formats:
        other = one.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")
        if other != one and other in formats:
            raise ValueError(
                said("cannot be told apart: {one} and {other}: export the dates in one way", one=one, other=other)
            )
    return formats


class FigureColumn(Part):
    """A column of numbers."""

    column: Name
    """Its name in the file."""
    times: float = Field(default=1.0, gt=0, le=1e9)
    """Each number is multiplied by this: 12 makes a year of a month."""


class DayColumn(Part):
    """A column of dates."""

    column: Name
    """Its name in the file."""
    format: Annotated[list[Name], BeforeValidator(_listed), AfterValidator(_told_apart)] = Field(default_factory=list)
    """As Python's strptime writes it, %d/%m/%Y, or several, tried in order; none: 2026-03-02, a time may follow."""


Figure = Annotated[FigureColumn | None, BeforeValidator(_column)]


class CustomerColumns(Part):
    """A column map as it is written; what it leaves out is looked for under its own name."""

    version: Literal[1] = 1
    """Of this format: 1."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Between cells; none: a comma, a semicolon or a tab, whichever the first line has."""
    encoding: Annotated[str | None, AfterValidator(_encoding)] = None
    """Of the text, such as cp1252; none: UTF-8, or what can be told without doubt."""
    header: list[Name] = Field(default_factory=list)
    """The names of the columns, where the file has no line of them."""
    skip: Annotated[int, Field(ge=0, le=1_000)] = 0
    """Lines above the header."""
    decimal: Literal[".", ","] = "."
    """Between whole number and fraction."""
    missing: list[str] = Field(default_factory=list)
    """Cells that mean: not known, besides empty ones and what databases and spreadsheets write for nothing."""
    customer_id: Name = "customer_id"
    """The customer's name in the CRM."""
    phone: Name = "phone"
    """A number to call, or empty."""
    revenue_12m: Figure = None
    """Revenue of twelve months."""
    last_contact: Annotated[DayColumn | None, BeforeValidator(_column)] = None
    """Day of the newest dealing."""
    contacts_12m: Figure = None
    """Dealings in twelve months."""
    tenure_months: Figure = None
    """Months as customer."""
    credit_score: Figure = None
    """Any scale, higher is better."""
    agent_minutes_12m: Figure = None
    """Agents' time in twelve months."""
    retention: Figure = None
    """Chance to be a customer in a year, 0 to 1."""

    def named(self, what: str) -> str:
        """Return what the file calls a column of ours."""
        found = getattr(self, what)
        if isinstance(found, str):
            return found
        return what if found is None else str(found.column)

    @property
    def no_figures(self) -> frozenset[str]:
        """Cells of numbers and days that mean: not known."""
        return NO_FIGURE | {*self.missing}

    def day(self, text: str) -> date | None:
        """Return the day that a cell of `last_contact` means; None for what systems write for no day.

        Raises:
            ValueError: none, by any of the column's formats.
        """
        if NO_DATE.match(text):
            return None
        found = self._day(text)
        return None if is_no_day(found) else found

    def _day(self, text: str) -> date:
        if not self.day_formats:
            return date.fromisoformat(text) if len(text) == len("2026-03-02") else datetime.fromisoformat(text).date()
        for pattern in self.day_formats:
            with suppress(ValueError):
                return datetime.strptime(text, pattern).date()  # noqa: DTZ007  # a day, wherever it is
        raise ValueError(text)

    @property
    def day_formats(self) -> list[str]:
        """How the dates of `last_contact` are written; none: as ISO 8601 has it."""
        return self.last_contact.format if isinstance(self.last_contact, DayColumn) else []

    def how_days_are_written(self) -> str:
        """Say how a date that cannot be read is to be written."""
        if not self.day_formats:
            return said("2026-03-02, or give its format in --columns")
        return said("as {formats}", formats=" or ".join(self.day_formats))

    def times(self, what: str) -> float:
        """Return what a column's numbers are multiplied by."""
        found = getattr(self, what)
        return float(found.times) if isinstance(found, FigureColumn) else 1.0


PLAIN: Final = CustomerColumns()
"""Columns under their own names."""
