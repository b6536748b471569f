"""Call logs read into arrays: every row counted, bad ones by reason; records that come twice count once.

Cells are read a column at a time, some thousands of rows together, so that ten million calls take a minute or two and
need no more memory than their figures.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np

from callcenter.config.tables import Table, cut_off, masked
from callcenter.config.unpacking import Source
from callcenter.config.words import date_text
from callcenter.errors import BadInput
from callcenter.language.said import listed, said
from callcenter.units import DAY
from sim.analysis.fit.batch import BadRows, Cells, check_head
from sim.analysis.fit.calllog import DAY_S, UNKNOWN, CallLog, OnDuty, count_notes
from sim.analysis.fit.cells import Bools, Clock, Moments, Number, between_s, parts_of
from sim.analysis.fit.column import NOTHING, Column
from sim.analysis.fit.columns import (
    Columns,
    LengthForm,
    named_cells,
    needed,
    queue_names,
    tier_names,
    zone_of,
)  # fmt: skip
from sim.analysis.fit.doubles import agents_at_two_calls, check_apart, newest, replaced, together
from sim.analysis.fit.formats import opened
from sim.analysis.fit.names import Names, Persons, marks_of, numbered
from sim.analysis.fit.plausibility import doubts
from sim.analysis.fit.queuelog import Duty, Presence
from sim.analysis.fit.tally import TOLERANCE, Tally
from sim.model.streams import Floats, Ints

YEAR_DAYS: Final = 366
LAST_DAY: Final = 47_482
"""2100-01-01."""
MOST_LOOKED_AT: Final = 20
"""Rows of a batch that are looked at one by one."""
FAR_DAYS: Final = 400
"""Dates this far from all others, and fewer than those, come from a clock that jumped."""
LENGTHS: Final = {"wait": said("wait"), "service": said("service"), "wrap_up": said("wrap_up")}
FEWEST: Final = 10
"""Calls that do not all come at midnight by chance."""
EDGE: Final = 0.01
"""Of the calls, at each end of the day: some always come at odd times."""
ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?E\+\d+")
"""What a spreadsheet makes of a long number."""
KINDS: Final = ("answered", "abandoned", "overflowed", "ignored", "refuse")
ANSWERED, ABANDONED, OVERFLOWED, IGNORED, REFUSED = range(5)
NOT_OFFERED: Final = 5

Progress = Callable[[int, int], None]
"""Told how many bytes were read, and of how many."""


def read_log(data: bytes, columns: Columns, source: str) -> CallLog:
    """Return the calls in a file that is in memory (see `read_logs`)."""
    return read_logs([Source.of(data, source)], columns)


def read_logs(
    sources: Sequence[Source], columns: Columns, progress: Progress | None = None, format_name: str | None = None
) -> CallLog:
    """Return the calls in files of one layout.

    Args:
        sources: CSV (plain, gzip, zstd), spreadsheets or Parquet.
        columns: Which column holds what.
        format_name: Of a known system, where its rows are no calls yet (`sim.analysis.fit.formats`).
        progress: Told how far the reading is.

    Raises:
        BadInput: a file is empty, lacks a column, is in another encoding or has no call; names of queues are not
            mapped; more than 5 % of the rows cannot be, or those that cannot are not spread like the rest.
    """
    reader = LogReader(columns, "the logs" if len(sources) > 1 else sources[0].name)
    total, before = sum(source.size for source in sources), 0
    for source in sources:

        def tell(done: int, of: int, before: int = before, size: int = source.size) -> None:
            if progress is not None:
                progress(before + size * done // max(1, of), total)

        table, presence = opened(source, columns, format_name, tell)
        with closing(table):
            reader.take(table, presence)
        before += source.size
        tell(0, 1, before)
    return reader.done()


@dataclass(slots=True)
class _Rows:
    """Figures of the rows of one batch that can be; arrays of one length."""

    day: Ints
    clock: Floats
    wait: Floats
    kind: np.ndarray[Any, np.dtype[np.int8]]
    service: Floats
    wrap_up: Floats
    tier: Ints
    queue: Ints
    agent: Ints
    customer: Ints
    """A number that tells each from others; 0: not known."""
    line: Ints
    file: Ints
    key: Ints
    """A number for each call's name; 0: it has none."""
    latest: Ints
    row: Ints
    """A number for each row's cells together."""


NARROW: Final = {"kind": np.int8, "tier": np.int32, "queue": np.int32, "agent": np.int32,
                 "file": np.int16, "day": np.int32}  # fmt: skip


class LogReader:
    """Turns tables into the arrays of a `CallLog`."""

    def __init__(self, columns: Columns, source: str) -> None:
        self.columns, self.source = columns, source
        self.zone = zone_of(columns)
        self.tally = Tally()
        self.agents = Persons(columns.agent)
        day_pattern = columns.date.format if columns.date else "%Y-%m-%d"
        self._clock = Clock(self.zone, columns.arrival.kind, columns.arrival.format, day_pattern, columns.decimal)
        self._stamps = Clock(self.zone, "iso_or_epoch", None)
        self._number = Number(columns.decimal, columns.thousands)
        self._asks = not {"decimal", "thousands"} & columns.model_fields_set
        outcome = columns.outcome
        self._outcomes = {cell: KINDS.index(kind) for kind in KINDS[:4] for cell in getattr(outcome, kind)}
        self._otherwise = KINDS.index(outcome.otherwise)
        self._queues = Names(columns.queue, queue_names(columns), "queue")
        self._tiers = Names(columns.tier, tier_names(columns), "tier")
        self._nothing = NOTHING - named_cells(columns)
        self._found: list[_Rows] = []
        self._files: list[str] = []
        self._duties: list[Duty] = []
        self._doubled_hours = self._skipped_hours = 0
        self._has_key = False

    def take(self, table: Table, presence: Presence | None = None) -> None:
        """Take the rows of a table, and who was there while they came."""
        self._files.append(table.name)
        wanted = set(needed(self.columns))
        place = {name: table.place(name) for name in table.header if name in wanted}
        self._has_key |= self.columns.call is not None and self.columns.call.column[0] in place
        for batch in table.batches:
            cells = Cells(batch, place, table, self._nothing)
            self.tally.rows += len(cells)
            if len(cells):
                self._found.append(self._rows(cells, table.name))
                if self._ends_within(cells) and table.is_cut():
                    raise cut_off(table.name, cells.batch.lines[-1])
        if presence is not None:
            self._duties += presence.duties()
        self.tally.notes += table.notes()

    # --- a batch

    def _rows(self, cells: "Cells", source: str) -> _Rows:
        columns, size = self.columns, len(cells)
        good = np.ones(size, np.bool_)
        for name, allowed in columns.where.items():
            if name in cells:
                good &= cells[name].each(set(allowed).__contains__, np.bool_)
        self.tally.elsewhere += size - int(good.sum())
        named = np.zeros(size, np.bool_)
        for name in columns.where:
            if name in cells:
                named |= cells[name].each(cells.header.__contains__, np.bool_)
        self._check_heads(named & ~good, cells, source)
        cell = cells[columns.outcome.column] if columns.outcome.column in cells else Column([""] * size)
        kind = cell.each(lambda cell: self._outcomes.get(cell, self._otherwise), np.int8)
        bad = BadRows(good.copy())
        bad.where(cells.short, said("the row is cut short"), cells.told_width)
        bad.where(
            cells.long,
            said("the row has more cells than there are columns"),
            cells.told_width,
        )
        bad.where(
            kind == REFUSED,
            said("the outcome (column {column!r}) is not in the map", column=columns.outcome.column),
            cell.__getitem__,
        )
        looked = good & (kind != IGNORED)
        arrival = self._arrival(cells, bad, looked, source)
        answered = kind == ANSWERED
        lengths = {
            name: self._length(
                form, name, cells, bad, looked if name == "wait" else looked & answered, answered, source
            )
            for name in ("wait", "service", "wrap_up")
            if (form := getattr(columns, name)) is not None
        }
        wait = lengths["wait"]
        service, wrap_up = (np.where(answered, lengths.get(n, np.nan), np.nan) for n in ("service", "wrap_up"))
        kind[self._not_offered(cells, kind, wait) & looked] = NOT_OFFERED
        day, clock = np.divmod(arrival.local, DAY)
        self._tell_kinds(cells, cell, looked, bad, np.where(arrival.known, clock, -1))
        self._drop(bad, cells, source)
        take = good & ~bad.mask
        offered = take & (kind < IGNORED)
        self._doubled_hours += int((arrival.doubled & offered).sum())
        self._skipped_hours += int((arrival.skipped & offered).sum())
        tier = self._tiers.of(cells, offered)
        if columns.tier.known_when_waited:
            tier[~(wait > 0)] = UNKNOWN
        served = offered & answered
        rows = _Rows(
            day, clock / 1000, wait, kind, service, wrap_up,
            tier, self._queues.of(cells, offered),
            self.agents.of(cells, served), marks_of(cells, offered, columns.customer),
            np.array(cells.batch.lines, np.int64), np.full(size, len(self._files) - 1), *self._marks(cells, good),
        )  # fmt: skip
        return _Rows(*(_narrow(name, getattr(rows, name)[take]) for name in _Rows.__slots__))

    def _ends_within(self, cells: "Cells") -> bool:
        """Tell whether the last row of a batch is a call's, and lacks cells at its end."""
        column = self.columns.arrival.column
        return bool(cells.width[-1] < cells.width.max() and self._moments(cells, column).known[-1])

    def _arrival(self, cells: "Cells", bad: "BadRows", looked: Bools, source: str) -> Moments:
        column = self.columns.arrival.column
        moments = self._moments(cells, column)
        unread = moments.bad | (~moments.known & ~self._never_offered(cells))
        what = (
            said("the time of day (column {column!r}) is outside the day or has no date", column=column)
            if self.columns.arrival.kind in {"clock", "seconds_after_midnight"}
            else _no_time(column)
        )
        bad.where(looked & unread, what, cells[column].__getitem__)
        return moments

    def _moments(self, cells: "Cells", column: str) -> Moments:
        """Return the instants of a column; each column once in a batch."""
        if column not in cells.moments:
            form = self.columns.date
            days = cells[form.column] if form is not None else None
            cells.moments[column] = self._clock.of_column(cells[column], days)
        return cells.moments[column]

    def _length(
        self, form: LengthForm, what: str, cells: "Cells", bad: "BadRows", looked: Bools, answered: Bools, source: str
    ) -> Floats:
        told: Callable[[int], str]
        if form.column is not None:
            column = form.column
            if column not in cells:
                return np.full(len(cells), np.nan)
            seconds, unread = self._number.of_column(cells[column], form.unit, column, source)
            bad.where(
                looked & unread,
                _no_number(column),
                cells[column].__getitem__,
            )
            added = [name for name in form.plus if name in cells]
            for name in added:
                more, unread = self._number.of_column(cells[name], form.unit, name, source)
                bad.where(
                    looked & unread,
                    _no_number(name),
                    cells[name].__getitem__,
                )
                seconds = seconds + np.nan_to_num(more)

            def told(i: int) -> str:
                return " + ".join(f"{name} = {masked(cells[name][i])}" for name in (column, *added))
        else:
            assert form.start is not None
            ends = [name for name in form.ends if name in cells]
            begin = self._moments(cells, form.start)
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

    def _end(self, form: LengthForm, ends: Sequence[str], cells: "Cells", answered: Bools) -> Moments:
        """Return the first end that is there; the last of several is not that of the wait of an answered call."""
        others = ~answered if len(form.ends) > 1 and form == self.columns.wait else np.ones(len(cells), np.bool_)
        found = [self._moments(cells, name).where(others | (name != form.ends[-1])) for name in ends]
        return reduce(Moments.orelse, found)

    def _never_offered(self, cells: "Cells") -> Bools:
        """Return which rows have an empty cell where an offered call has none."""
        found = np.zeros(len(cells), np.bool_)
        for name in self.columns.not_offered.empty:
            if name in cells:
                found |= cells[name].each(_is_empty, np.bool_)
        return found

    def _not_offered(self, cells: "Cells", kind: Any, wait: Floats) -> Bools:
        found = self._never_offered(cells)
        within = self.columns.not_offered.abandoned_within
        if within is not None:
            with np.errstate(invalid="ignore"):
                found |= (kind == ABANDONED) & (wait <= within)
        return found

    def _marks(self, cells: "Cells", good: Bools) -> tuple[Ints, Ints, Ints]:
        """Return a number for each call's name, how new the record is, and a number for each row as a whole."""
        size, form = len(cells), self.columns.call
        none = np.zeros(size, np.int64)
        if form is None or form.column[0] not in cells:
            return none, none, cells.marks()
        for name in form.column:
            if name in cells:
                self._check_rounded(cells[name], name)
        key = together([cells[name].numbers() for name in form.column if name in cells])
        if form.latest is None or form.latest not in cells:
            return key, none, none
        stamps = self._stamps.of_column(cells[form.latest], None)
        if (stamps.bad & good).any():
            line = cells.batch.lines[int(np.nonzero(stamps.bad & good)[0][0])]
            raise BadInput(
                "{files}:{line}: column {latest!r} is no time and no number: call.latest has to say "
                "which record of a call is the newest",
                files=self._files[-1],
                line=line,
                latest=form.latest,
            )
        return key, stamps.first, none

    def _check_rounded(self, column: Column, name: str) -> None:
        """Refuse names of calls that a spreadsheet has rounded: many calls have the same then."""
        if "E+" in "".join(column.cells) and any(map(ROUNDED.fullmatch, map(str.strip, column.cells))):
            raise BadInput(
                "{source}: column {column!r} does not tell calls apart: a spreadsheet has rounded it (1.2E+11): export "
                "it as text, or write call: null in the column map",
                source=self._files[-1],
                column=name,
            )

    def _tell_kinds(self, cells: "Cells", outcome: Column, looked: Bools, bad: "BadRows", clock: Ints) -> None:
        wrong = bad.mask & looked
        queue = self.columns.queue.column
        for rows, into in ((looked, self.tally.seen), (wrong, self.tally.seen_bad)):
            if not rows.any():
                continue
            for cell, n in outcome.counts(rows):
                into("outcome", cell if cell in self._outcomes else KINDS[self._otherwise], n)
            hours = clock[rows & (clock >= 0)] // 3_600_000
            for hour, n in enumerate(np.bincount(hours, minlength=24).tolist()):
                into("hour", f"{hour:02d}", n)
            if queue is not None and queue in cells:
                for cell, n in cells[queue].counts(rows):
                    into("queue", self._queues.part(cell), n)

    def _check_heads(self, which: Bools, cells: "Cells", source: str) -> None:
        """Refuse rows that name the columns in another order: from there on cells would be taken for others."""
        for i in np.flatnonzero(which)[:MOST_LOOKED_AT].tolist():
            row = [cell.strip("\ufeff ") for cell in cells.batch.rows[i]]
            check_head(row, cells.header, cells.batch.lines[i], source)

    def _drop(self, bad: "BadRows", cells: "Cells", source: str) -> None:
        self._check_heads(bad.mask, cells, source)
        shown_source = source if len(self._files) > 1 else ""
        for reason, which, value in bad.reasons:
            for i in which.tolist():
                self.tally.drop(reason, cells.batch.lines[i], value(i), source=shown_source)

    # --- all of it

    def done(self) -> CallLog:
        """Return the log, or refuse it."""
        tally, source = self.tally, self.source
        names = _Rows.__slots__
        table: dict[str, Any] = {}
        for name in names:
            parts = [getattr(rows, name) for rows in self._found]
            table[name] = np.concatenate(parts) if parts else np.empty(0)
            for rows in self._found:
                setattr(rows, name, None)
        if len(table["day"]):
            self._check_years(table["day"])
            table = self._only_latest(table)
            table = self._without_far(table)
        kind = table["kind"]
        tally.ignored, tally.not_offered = int((kind == IGNORED).sum()), int((kind == NOT_OFFERED).sum())
        tally.check(source)
        self._number.check_sixties(source)
        if self._asks:
            self._number.check(source)
        self._queues.check(source)
        self._tiers.check(source)
        offered = kind < IGNORED
        self._check_clock(table["clock"][offered])
        if tally.rows and tally.elsewhere == tally.rows:
            where = ", ".join(f"{name}: {' or '.join(map(repr, cells))}" for name, cells in self.columns.where.items())
            raise BadInput(
                "{source}: none of its {rows:,} rows is asked for ({where}): look at where and delimiter in the map",
                source=source,
                rows=tally.rows,
                where=where,
            )
        if not offered.any():
            raise BadInput(
                "{source}: holds no call that was offered to an agent: look at 'outcome' in the map", source=source
            )
        table = _rows_of(table, offered)
        log = self._log(table)
        self._notes(log, table)
        return log

    def _log(self, table: dict[str, Any]) -> CallLog:
        # Names before the order: it is not to hang on which name came first.
        queues, table["queue"] = self._queues.sorted(table["queue"])
        tiers, table["tier"] = self._tiers.sorted(table["tier"])
        table["agent"] = self.agents.by_code(table["agent"])
        order = _in_order(table)
        for name in table:
            table[name] = table[name][order]
        table["customer"] = numbered(table["customer"])
        kind = table["kind"]
        return CallLog(
            self.columns, self.zone, self.tally, table["day"].astype(np.int64), table["clock"], table["wait"],
            kind == ANSWERED, kind == OVERFLOWED, table["service"], table["wrap_up"],
            table["tier"], table["queue"], table["agent"], table["customer"], tiers, queues,
            self._on_duty(),
        )  # fmt: skip

    def _on_duty(self) -> OnDuty | None:
        """Return when agents who answered calls were there, where the log tells."""
        form = self.columns.agent
        if form is None or not self._duties:
            return None
        part, order = parts_of(form.pattern), {code: i for i, code in enumerate(sorted(self.agents.codes))}
        known = [(order[code], d.begin, d.end) for d in self._duties if (code := part(d.agent)) in order]
        agent, begin, end = (
            (np.array(values, np.int64) for values in zip(*sorted(known), strict=True))
            if known
            else (np.empty(0, np.int64) for _ in range(3))
        )
        return OnDuty(agent, begin + self._stamps.offset(begin), end + self._stamps.offset(end))

    def _check_years(self, day: Ints) -> None:
        if np.median(day) > LAST_DAY:
            raise BadInput(
                "{source}: the calls come out after the year 2100: is the arrival (column {column!r}) "
                "written so (as: epoch_s, epoch_ms, spreadsheet, or a format)?",
                source=self.source,
                column=self.columns.arrival.column,
            )
        if np.median(day) < YEAR_DAYS:
            raise BadInput(
                "{source}: the calls come out in 1970: is the unit of the arrival (column {column!r}) "
                "right (as: epoch_s, epoch_ms, iso_or_epoch)?",
                source=self.source,
                column=self.columns.arrival.column,
            )

    def _check_clock(self, clock: Floats) -> None:
        """Refuse calls that all come at midnight: how they come over the day is what a centre is made for."""
        if len(clock) >= FEWEST and not clock.any():
            raise BadInput(
                "{source}: all calls come at 00:00: column {column!r} tells days and no time of day: name the column "
                "that does, or export it with the time",
                source=self.source,
                column=self.columns.arrival.column,
            )

    def _only_latest(self, table: dict[str, Any]) -> dict[str, Any]:
        """Return the rows without earlier records of the same call."""
        key = table["key"]
        if not key.any():
            return table
        keep = newest(key, table["latest"])
        self.tally.doubled = int((~keep).sum())
        gone, kept = replaced(key, keep)
        self._check_key(table["day"], gone, kept)
        queue = table["queue"]
        elsewhere = int(((queue[gone] >= 0) & (queue[kept] >= 0) & (queue[kept] != queue[gone])).sum())
        if elsewhere:
            self.tally.notes.append(
                said(
                    "{n:,} records of calls are of another queue than the call's last record, and are left out: "
                    "if calls go on from queue to queue, name both (call: {{column: [CALL, QUEUE]}})",
                    n=elsewhere,
                )
            )
        return _rows_of(table, keep)

    def _check_key(self, day: Ints, gone: Ints, kept: Ints) -> None:
        """Refuse a name of calls that calls of other days have too: all but one of them would be lost."""
        assert self.columns.call is not None
        apart = int((np.abs(day[gone] - day[kept]) > 1).sum())
        if apart > TOLERANCE * len(day):
            raise BadInput(
                "{source}: column {column!r} does not tell calls apart: {apart:,} of {rows:,} records have the same as "
                "one of another day: name the column that does (call: in the column map), or none (call: null)",
                source=self.source,
                column=self.columns.call.column[0],
                apart=apart,
                rows=len(day),
            )

    def _without_far(self, table: dict[str, Any]) -> dict[str, Any]:
        far = far_from_others(table["day"])
        for i in np.nonzero(far)[0].tolist():
            reason = said("the date is far from all others (a clock that jumped?)")
            shown_source = self._files[int(table["file"][i])] if len(self._files) > 1 else ""
            self.tally.drop(reason, int(table["line"][i]), date_text(int(table["day"][i])), source=shown_source)
        return _rows_of(table, ~far)

    def _notes(self, log: CallLog, table: dict[str, Any]) -> None:
        notes = self.tally.notes
        if self.columns.call is None or not self._has_key:
            notes += self._about_doubles(log, table)
        else:
            self._check_unnamed(self.columns.call.column[0], int((table["key"] == 0).sum()), len(log))
        if self._doubled_hours:
            notes.append(
                said(
                    "{n:,} calls arrived in an hour that the clocks repeat, written without an offset: waits are taken "
                    "as short as they can be",
                    n=self._doubled_hours,
                )
            )
        if self._skipped_hours:
            notes.append(
                said("{n:,} calls arrived at a time that the clocks jumped over: is zone right?", n=self._skipped_hours)
            )
        notes += count_notes(log)
        notes += doubts(log, self.agents.codes)
        if "zone" not in self.columns.model_fields_set:
            notes.append(said("the zone is not given, UTC is taken: say it (zone: Europe/Berlin, or --zone)"))
        elif self._clock.walls:
            begin, end = np.quantile(log.clock, (EDGE, 1 - EDGE)).tolist()
            notes.append(
                said(
                    "times are written without a zone and taken as the clock of {zone}: by it most calls come between "
                    "{begin} and {end}",
                    zone=self.columns.zone,
                    begin=_clock_text(begin),
                    end=_clock_text(end),
                )
            )

    def _check_unnamed(self, column: str, unnamed: int, calls: int) -> None:
        """Say how many calls have no name; refuse a log in which none has: which of them came twice nobody knows."""
        if unnamed == calls:
            raise BadInput(
                "{source}: column {column!r} is to tell calls apart, and is empty: name another (call: in the column "
                "map), or none (call: null)",
                source=self.source,
                column=column,
            )
        if unnamed:
            self.tally.notes.append(
                said("{n:,} calls have no {column}: each counts by itself", n=unnamed, column=column)
            )

    def _about_doubles(self, log: CallLog, table: dict[str, Any]) -> list[str]:
        """Return what looks like records that came twice; refuse files that hold the same calls."""
        rows = table["row"]
        if len(self._files) > 1:
            check_apart(table, self._files)
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


def far_from_others(day: Ints) -> Bools:
    """Return which days lie more than `FAR_DAYS` from the days that most calls are of and all that are near those.

    >>> far_from_others(np.array([10, 10, 300, 600, 900, 5_000])).tolist()
    [False, False, False, False, False, True]
    """
    days, place, calls = np.unique(day, return_inverse=True, return_counts=True)
    part = np.cumsum(np.append(False, np.diff(days) > FAR_DAYS))
    most = int(np.bincount(part, calls).argmax())
    return np.asarray((part != most)[place.reshape(-1)])


def _rows_of(table: dict[str, Any], which: Bools) -> dict[str, Any]:
    """Return some of the rows; the table itself is used up, since there may be ten million of them."""
    if not which.all():
        for name in table:
            table[name] = table[name][which]
    return table


def _no_number(column: str) -> str:
    return said("the number in column {column!r} cannot be read", column=column)


def _no_time(column: str) -> str:
    return said("the time (column {column!r}) cannot be read", column=column)


def _clock_text(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}"


def _is_empty(cell: str) -> bool:
    return not cell


def _narrow(name: str, values: Any) -> Any:
    return values.astype(NARROW[name]) if name in NARROW else values


def _in_order(table: dict[str, Any]) -> Ints:
    """Return the order of arrival; of calls that come together one that does not hang on the order of the rows."""
    at = table["day"].astype(np.int64) * DAY + np.rint(table["clock"] * 1000).astype(np.int64)
    order = np.argsort(at, kind="stable")
    ordered = at[order]
    together = np.append(False, ordered[1:] == ordered[:-1])
    places = np.flatnonzero(together | np.append(together[1:], False))
    if len(places):
        keys = ("service", "wait", "agent", "tier", "queue", "kind")
        rows = order[places]
        order[places] = rows[np.lexsort((*(table[name][rows] for name in keys), at[rows]))]
    return order
