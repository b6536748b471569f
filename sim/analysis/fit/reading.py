"""Call logs read into arrays: every row counted, bad ones by reason; records that come twice count once.

Cells are read a column at a time, some thousands of rows together, so that ten million calls take a minute or two and
need no more memory than their figures.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Final

import numpy as np

from callcenter.config.nothing import NOTHING
from callcenter.config.tables import Table, cut_off, said_parts, tables_in
from callcenter.config.unpacking import Source
from callcenter.errors import BadInput
from callcenter.language.said import said
from sim.analysis.fit.batch import Cells
from sim.analysis.fit.call_names import CallNames
from sim.analysis.fit.call_rows import RowReader
from sim.analysis.fit.call_table import (
    ANSWERED,
    IGNORED,
    NEVER,
    NOT_OFFERED,
    OVERFLOWED,
    Rows,
    joined,
    order_of_arrival,
    rows_of,
)
from sim.analysis.fit.calllog import CallLog, OnDuty, count_notes
from sim.analysis.fit.cells import Clock, parts_of
from sim.analysis.fit.columns import Columns, layout_of, named_cells, needed, zone_of
from sim.analysis.fit.dates import check_time_of_day, check_years, without_far
from sim.analysis.fit.formats import opened
from sim.analysis.fit.names import numbered
from sim.analysis.fit.plausibility import doubts
from sim.analysis.fit.queuelog import Duty, Presence
from sim.analysis.fit.tally import Tally

EDGE: Final = 0.01
"""Of the calls, at each end of the day: some always come at odd times."""

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

        parts = tables_in(source, layout_of(columns))
        reader.tally.notes += said_parts(source, parts)
        for part in parts:
            table, presence = opened(part, columns, format_name, tell)
            with closing(table):
                reader.take(table, presence)
        before += source.size
        tell(0, 1, before)
    return reader.done()


class LogReader:
    """Turns tables into the arrays of a `CallLog`."""

    def __init__(self, columns: Columns, source: str) -> None:
        self.columns, self.source = columns, source
        self.zone = zone_of(columns)
        self.tally = Tally()
        self._names = CallNames(columns, self.zone, source)
        self._reader = RowReader(columns, self.zone, self._names, self.tally)
        self._nothing = NOTHING - named_cells(columns)
        self._found: list[Rows] = []
        self._files: list[str] = []
        self._duties: list[Duty] = []

    def take(self, table: Table, presence: Presence | None = None) -> None:
        """Take the rows of a table, and who was there while they came."""
        self._files.append(table.name)
        wanted = set(needed(self.columns))
        place = {name: table.place(name) for name in table.header if name in wanted}
        self._names.look_at(place)
        for batch in table.batches:
            cells = Cells(batch, place, table, self._nothing)
            self.tally.rows += len(cells)
            if len(cells):
                self._found.append(self._reader.rows(cells, len(self._files) - 1, table.name))
                if self._reader.ends_within(cells) and table.is_cut():
                    raise cut_off(table.name, cells.batch.lines[-1])
        if presence is not None:
            self._duties += presence.duties()
        self.tally.notes += table.notes()

    def done(self) -> CallLog:
        """Return the log, or refuse it."""
        tally, source = self.tally, self.source
        arrival = self.columns.arrival.column
        table = joined(self._found)
        if (table["day"] != NEVER).any():
            check_years(table["day"][table["day"] != NEVER], arrival, source)
            table = self._names.only_latest(table, tally)
            table = without_far(table, self._files, tally)
        kind = table["kind"]
        tally.ignored, tally.not_offered = int((kind == IGNORED).sum()), int((kind == NOT_OFFERED).sum())
        if tally.too_many:
            self._reader.times.check_ways(source)
        tally.check(source)
        self._reader.times.check(source)
        self._reader.queues.check(source)
        self._reader.tiers.check(source)
        offered = kind < IGNORED
        check_time_of_day(table["clock"][offered], arrival, source)
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
        table = rows_of(table, offered)
        log = self._log(table)
        tally.notes += self._notes(log, table)
        return log

    def _log(self, table: dict[str, Any]) -> CallLog:
        # Names before the order: it is not to hang on which name came first.
        queues, table["queue"] = self._reader.queues.sorted(table["queue"])
        tiers, table["tier"] = self._reader.tiers.sorted(table["tier"])
        table["agent"] = self._reader.agents.by_code(table["agent"])
        order = order_of_arrival(table)
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
        part, order = parts_of(form.pattern), {code: i for i, code in enumerate(sorted(self._reader.agents.codes))}
        known = [(order[code], d.begin, d.end) for d in self._duties if (code := part(d.agent)) in order]
        agent, begin, end = (
            (np.array(values, np.int64) for values in zip(*sorted(known), strict=True))
            if known
            else (np.empty(0, np.int64) for _ in range(3))
        )
        clock = Clock(self.zone, "iso_or_epoch", None)
        return OnDuty(agent, begin + clock.offset(begin), end + clock.offset(end))

    def _notes(self, log: CallLog, table: dict[str, Any]) -> list[str]:
        """Return what is worth knowing about the log, a sentence each."""
        notes = [*self._names.notes(log, table, self._files), *self._reader.times.notes()]
        notes += [*self._reader.queues.notes(), *self._reader.tiers.notes()]
        if self.tally.sums:
            notes.append(
                said(
                    "{n:,} rows hold sums or means of others and are no calls, the first in {where}",
                    n=self.tally.sums,
                    where=self.tally.first_sum,
                )
            )
        if self._reader.doubled_hours:
            notes.append(
                said(
                    "{n:,} calls arrived in an hour that the clocks repeat, written without an offset: waits are taken "
                    "as short as they can be",
                    n=self._reader.doubled_hours,
                )
            )
        if self._reader.skipped_hours:
            notes.append(
                said(
                    "{n:,} calls arrived at a time that the clocks jumped over: is zone right?",
                    n=self._reader.skipped_hours,
                )
            )
        notes += count_notes(log)
        notes += doubts(log, self._reader.agents.codes)
        if "zone" not in self.columns.model_fields_set:
            notes.append(said("the zone is not given, UTC is taken: say it (zone: Europe/Berlin, or --zone)"))
        elif self._reader.times.clock.walls:
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
        return notes


def _clock_text(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}"
