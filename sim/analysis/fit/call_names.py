"""Names of calls: the newest record of each name counts; a column that does not tell calls apart is refused."""

from collections.abc import Container, Sequence
from typing import Any

import numpy as np

from callcenter.config.customer_ids import ROUNDED
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.language.said import listed, said
from sim.analysis.fit.batch import Cells
from sim.analysis.fit.call_table import NEVER, rows_of
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.cells import Bools, Clock
from sim.analysis.fit.column import Column
from sim.analysis.fit.columns import Columns
from sim.analysis.fit.doubles import agents_at_two_calls, check_apart, newest, replaced, together
from sim.analysis.fit.tally import TOLERANCE, Tally
from sim.model.streams import Ints


class CallNames:
    """The names of a log's calls, where its map has a column of them."""

    def __init__(self, columns: Columns, zone: Zone, source: str) -> None:
        self.form, self.source = columns.call, source
        self._stamps = Clock(zone, "iso_or_epoch", None)
        self._there = False

    def look_at(self, header: Container[str]) -> None:
        """Take note whether a file has the column."""
        self._there |= self.form is not None and self.form.column[0] in header

    def marks(self, cells: Cells, good: Bools, file: str) -> tuple[Ints, Ints, Ints]:
        """Return a number for each call's name, how new the record is, and a number for each row as a whole."""
        size, form = len(cells), self.form
        none = np.zeros(size, np.int64)
        if form is None or form.column[0] not in cells:
            return none, none, cells.marks()
        for name in form.column:
            if name in cells:
                _check_rounded(cells[name], name, file)
        key = together([cells[name].numbers() for name in form.column if name in cells])
        if form.latest is None or form.latest not in cells:
            return key, none, none
        stamps = self._stamps.of_column(cells[form.latest], None)
        if (stamps.bad & good).any():
            line = cells.batch.lines[int(np.nonzero(stamps.bad & good)[0][0])]
            raise BadInput(
                "{files}:{line}: column {latest!r} is no time and no number: call.latest has to say "
                "which record of a call is the newest",
                files=file,
                line=line,
                latest=form.latest,
            )
        return key, stamps.first, none

    def only_latest(self, table: dict[str, Any], tally: Tally) -> dict[str, Any]:
        """Return the rows without earlier records of the same call."""
        key = table["key"]
        if not key.any():
            return table
        keep = newest(key, table["latest"])
        tally.doubled = int((~keep).sum())
        gone, kept = replaced(key, keep)
        self._check_key(table["day"], gone, kept)
        queue = table["queue"]
        elsewhere = int(((queue[gone] >= 0) & (queue[kept] >= 0) & (queue[kept] != queue[gone])).sum())
        if elsewhere:
            tally.notes.append(
                said(
                    "{n:,} records of calls are of another queue than the call's last record, and are left out: "
                    "if calls go on from queue to queue, name both (call: {{column: [CALL, QUEUE]}})",
                    n=elsewhere,
                )
            )
        return rows_of(table, keep)

    def _check_key(self, day: Ints, gone: Ints, kept: Ints) -> None:
        """Refuse a name of calls that calls of other days have too: all but one of them would be lost."""
        assert self.form is not None
        both = (day[gone] != NEVER) & (day[kept] != NEVER)
        apart = int((both & (np.abs(day[gone] - day[kept]) > 1)).sum())
        if apart > TOLERANCE * len(day):
            raise BadInput(
                "{source}: column {column!r} does not tell calls apart: {apart:,} of {rows:,} records have the same as "
                "one of another day: name the column that does (call: in the column map), or none (call: null)",
                source=self.source,
                column=self.form.column[0],
                apart=apart,
                rows=len(day),
            )

    def notes(self, log: CallLog, table: dict[str, Any], files: Sequence[str]) -> list[str]:
        """Return what is to be said of calls without a name, or of records that may have come twice.

        Raises:
            BadInput: no call has a name, or two files hold the same calls.
        """
        if self.form is None or not self._there:
            return _about_doubles(log, table, files)
        return self._about_unnamed(self.form.column[0], int((table["key"] == 0).sum()), len(log))

    def _about_unnamed(self, column: str, unnamed: int, calls: int) -> list[str]:
        """Return how many calls have no name; refuse a log in which none has: which of them came twice nobody knows."""
        if unnamed == calls:
            raise BadInput(
                "{source}: column {column!r} is to tell calls apart, and is empty: name another (call: in the column "
                "map), or none (call: null)",
                source=self.source,
                column=column,
            )
        return (
            [said("{n:,} calls have no {column}: each counts by itself", n=unnamed, column=column)] if unnamed else []
        )


def _check_rounded(column: Column, name: str, file: str) -> None:
    """Refuse names of calls that a spreadsheet has rounded: many calls have the same then."""
    if "E+" in "".join(column.cells) and any(map(ROUNDED.fullmatch, map(str.strip, column.cells))):
        raise BadInput(
            "{source}: column {column!r} does not tell calls apart: a spreadsheet has rounded it (1.2E+11): export "
            "it as text, or write call: null in the column map",
            source=file,
            column=name,
        )


def _about_doubles(log: CallLog, table: dict[str, Any], files: Sequence[str]) -> list[str]:
    """Return what looks like records that came twice; refuse files that hold the same calls."""
    rows = table["row"]
    if len(files) > 1:
        check_apart(table, files)
    equal = len(rows) - len(np.unique(rows))
    twice = agents_at_two_calls(log)
    found = []
    if equal:
        found.append(said("{n:,} rows are equal to another one", n=equal))
    if twice:
        found.append(said("{n:,} times an agent has two calls at one instant", n=twice))
    if not found:
        return []
    return [
        said(
            "{what}: if records come more than once, name the column that tells calls apart (call: COLUMN): now "
            "each counts as a call",
            what=listed(found),
        )
    ]
