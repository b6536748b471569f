"""When calls came, and how long each waited, was served and was wrapped up: lengths as written, or between instants."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Final

import numpy as np

from callcenter.config.tables import masked
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.language.said import said
from sim.analysis.fit.batch import BadRows, Cells
from sim.analysis.fit.calllog import DAY_S
from sim.analysis.fit.cell_formats import is_moment
from sim.analysis.fit.cells import Bools, Clock, Moments, between_s
from sim.analysis.fit.columns import Columns, LengthForm
from sim.analysis.fit.lengths import HALF_CLOCK, Number
from sim.model.streams import Floats

LENGTHS: Final = {"wait": said("wait"), "service": said("service"), "wrap_up": said("wrap_up")}


class Times:
    """Reads the instants and the lengths of a log's calls, a batch at a time."""

    def __init__(self, columns: Columns, zone: Zone) -> None:
        self.columns = columns
        day_pattern = columns.date.format if columns.date else "%Y-%m-%d"
        self.clock = Clock(zone, columns.arrival.kind, columns.arrival.format, day_pattern, columns.decimal)
        self._number = Number(columns.decimal, columns.thousands)
        self._read, self._unread = dict[str, tuple[str, str]](), dict[str, tuple[str, str]]()
        """By column: the first cell that was read as a time, and the first that was not; each with where it stands."""
        self._asks = not {"decimal", "thousands"} & columns.model_fields_set

    def check(self, source: str) -> None:
        """Refuse lengths that can be read in two ways.

        Raises:
            BadInput: one line, with such a cell.
        """
        self._number.check_sixties(source)
        if self._asks:
            self._number.check(source)

    def check_ways(self, source: str) -> None:
        """Refuse times that one column writes in two ways, where it is that why they cannot be read.

        Raises:
            BadInput: one line, with a cell of each way.
        """
        for column, (other, there) in self._unread.items():
            if column in self._read and is_moment(other):
                one, here = self._read[column]
                raise BadInput(
                    "{source}: column {column!r} writes times in two ways, {one} ({here}) and {other} ({there}): "
                    "export them in one way",
                    source=source,
                    column=column,
                    one=masked(one),
                    here=here,
                    other=masked(other),
                    there=there,
                )

    def arrival(self, cells: Cells, bad: BadRows, looked: Bools, never_offered: Bools, source: str) -> Moments:
        """Return when each call came; rows that are looked at and have no time are bad, unless never offered."""
        column = self.columns.arrival.column
        moments = self.moments(cells, column)
        unread = moments.bad | (~moments.known & ~never_offered)
        for which, firsts in ((looked & moments.known, self._read), (looked & moments.bad, self._unread)):
            if column not in firsts and which.any():
                i = int(which.argmax())
                firsts[column] = cells[column][i], f"{source}:{cells.batch.lines[i]}"
        dates = self.columns.date
        if dates is not None:
            lacks = unread & cells[dates.column].each(_is_empty, np.bool_) & ~cells[column].each(_is_empty, np.bool_)
            bad.where(looked & lacks, _no_date(dates.column), cells[column].__getitem__)
        what = (
            said("the time of day (column {column!r}) is outside the day or has no date", column=column)
            if self.columns.arrival.kind in {"clock", "seconds_after_midnight"}
            else _no_time(column)
        )
        bad.where(looked & unread, what, cells[column].__getitem__)
        return moments

    def moments(self, cells: Cells, column: str) -> Moments:
        """Return the instants of a column; each column once in a batch."""
        if column not in cells.moments:
            form = self.columns.date
            days = cells[form.column] if form is not None else None
            cells.moments[column] = self.clock.of_column(cells[column], days)
        return cells.moments[column]

    def lengths(self, cells: Cells, bad: BadRows, looked: Bools, answered: Bools, source: str) -> dict[str, Floats]:
        """Return the wait, and the service and wrap-up where the map has them, in seconds; nan: not told."""
        return {
            name: self._length(
                form, name, cells, bad, looked if name == "wait" else looked & answered, answered, source
            )
            for name in ("wait", "service", "wrap_up")
            if (form := getattr(self.columns, name)) is not None
        }

    def _length(
        self, form: LengthForm, what: str, cells: Cells, bad: BadRows, looked: Bools, answered: Bools, source: str
    ) -> Floats:
        told: Callable[[int], str]
        if form.column is not None:
            column = form.column
            if column not in cells:
                return np.full(len(cells), np.nan)
            seconds = self._lasted(column, form, cells, bad, looked, source)
            added = [name for name in form.plus if name in cells]
            for name in added:
                seconds = seconds + np.nan_to_num(self._lasted(name, form, cells, bad, looked, source))

            def told(i: int) -> str:
                return " + ".join(f"{name} = {masked(cells[name][i])}" for name in (column, *added))
        else:
            assert form.start is not None
            ends = [name for name in form.ends if name in cells]
            begin = self.moments(cells, form.start)
            end = self._end(form, ends, cells, answered)
            for name, moments in ((form.start, begin), (", ".join(ends), end)):
                bad.where(looked & moments.bad, _no_time(name), lambda _: "")
            seconds = between_s(begin, end)
            names = [form.start, *ends]

            def told(i: int) -> str:
                return ", ".join(f"{name} = {masked(cells[name][i])}" for name in names)

        with np.errstate(invalid="ignore"):
            bad.where(looked & (seconds < 0), said("the {what} ends before it begins", what=LENGTHS[what]), told)
            bad.where(looked & (seconds > DAY_S), said("the {what} lasts longer than a day", what=LENGTHS[what]), told)
        return seconds

    def _lasted(self, name: str, form: LengthForm, cells: Cells, bad: BadRows, looked: Bools, source: str) -> Floats:
        """Return the seconds of a column of lengths; cells that cannot be read are bad."""
        seconds, unread = self._number.of_column(cells[name], form.unit, name, source)
        if unread.any():
            halves = unread & cells[name].each(lambda cell: HALF_CLOCK.fullmatch(cell) is not None, np.bool_)
            bad.where(looked & halves, _half_clock(name), cells[name].__getitem__)
            bad.where(looked & unread, _no_number(name), cells[name].__getitem__)
        return seconds

    def notes(self) -> list[str]:
        """Return which times and lengths were read otherwise than the map has it."""
        notes, plain, serial = list[str](), self._number.plain, self.clock.serial
        if serial:
            notes.append(
                said(
                    "times such as {cell} are taken as days since 1899-12-30, as a spreadsheet leaves dates without a "
                    "format",
                    cell=serial,
                )
            )
        if plain:
            notes.append(
                said(
                    "lengths such as {cell} are taken as they say, in hours, minutes and seconds (columns: {columns})",
                    cell=next(iter(plain.values())),
                    columns=", ".join(plain),
                )
            )
        return notes

    def _end(self, form: LengthForm, ends: Sequence[str], cells: Cells, answered: Bools) -> Moments:
        """Return the first end that is there; the last of several is not that of the wait of an answered call."""
        others = ~answered if len(form.ends) > 1 and form == self.columns.wait else np.ones(len(cells), np.bool_)
        found = [self.moments(cells, name).where(others | (name != form.ends[-1])) for name in ends]
        return reduce(Moments.orelse, found)


def _is_empty(cell: str) -> bool:
    return not cell


def _no_date(column: str) -> str:
    return said(
        "the date (column {column!r}) is empty; merged cells hold it in their first row only: unmerge them, and fill "
        "every row",
        column=column,
    )


def _half_clock(column: str) -> str:
    return said(
        "the length in column {column!r} is no number of its unit: write unit: clock where it is minutes and seconds",
        column=column,
    )


def _no_number(column: str) -> str:
    return said("the number in column {column!r} cannot be read", column=column)


def _no_time(column: str) -> str:
    return said("the time (column {column!r}) cannot be read", column=column)
