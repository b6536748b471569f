"""A call log read into arrays: every row counted, the impossible ones by reason, too many of them refused."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from callcenter.errors import BadInput
from callcenter.files.words import date_text, shown
from callcenter.hours import Zone
from callcenter.units import DAY
from sim.fit.columns import Columns, LengthForm, PersonColumn, missing_column, needed, queue_names, tier_names, zone_of
from sim.streams import Floats, Ints

Bools = NDArray[np.bool_]

TOLERANCE: Final = 0.05
"""Logs have bad rows: up to this share they are counted and left out; above it the map or the log is wrong."""
UNKNOWN: Final = -1
DAY_S: Final = DAY / 1000
FAR_DAYS: Final = 400
"""A date this far from the middle of the log comes from a clock that jumped."""
MOST_BYTES: Final = 2_000_000_000
"""Of a log once unpacked."""


@dataclass(slots=True)
class Tally:
    """What became of each row of the file."""

    rows: int = 0
    ignored: int = 0
    not_offered: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    """Reason → rows that cannot be."""
    example: dict[str, str] = field(default_factory=dict)
    """Reason → the first such row: its line and its value."""

    def drop(self, reason: str, line: int, value: object) -> None:
        """Count one impossible row."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1
        self.example.setdefault(reason, f"line {line}: {shown(value)}")


@dataclass(frozen=True, slots=True)
class CallLog:
    """The calls offered to the agents, in order of arrival; arrays of one length."""

    columns: Columns
    zone: Zone
    tally: Tally
    day: Ints
    """Local day number."""
    clock: Floats
    """Arrival, seconds after local midnight (by the wall clock)."""
    wait: Floats
    """Seconds until the answer or the hang-up."""
    answered: Bools
    service: Floats
    """Seconds; nan where not served or not told."""
    tier: Ints
    """Index in `tiers`, or UNKNOWN."""
    queue: Ints
    agent: Ints
    """A number for each agent, or UNKNOWN."""
    customer: Ints
    """A number for each customer, or UNKNOWN."""
    tiers: tuple[str, ...]
    queues: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.day)

    def only(self, which: Bools) -> "CallLog":
        """Return the part of the log where `which` is true."""
        names = ("day", "clock", "wait", "answered", "service", "tier", "queue", "agent", "customer")
        return replace(self, **{name: getattr(self, name)[which] for name in names})

    def on(self, days: list[int]) -> "CallLog":
        """Return the part of the log on these local day numbers."""
        return self.only(np.isin(self.day, days))

    def days(self) -> list[int]:
        """Return the days with calls, in order."""
        return [int(day) for day in np.unique(self.day)]

    @property
    def at(self) -> Floats:
        """Arrivals as seconds since a local 1970-01-01."""
        return np.asarray(self.day * DAY_S + self.clock)


class _BadRow(ValueError):
    """A row that cannot be: the reason, and the value that shows it."""

    def __init__(self, reason: str, value: object) -> None:
        super().__init__(reason)
        self.reason, self.value = reason, value


def unpacked(data: bytes, source: str) -> bytes:
    """Return the bytes of a file, unpacked where it is gzip (told by its first bytes, not by its name)."""
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.open(io.BytesIO(data)) as file:
            plain = file.read(MOST_BYTES + 1)
    except (OSError, EOFError) as error:
        raise BadInput(f"{source}: cannot be unpacked ({error}): is the file whole?") from None
    if len(plain) > MOST_BYTES:
        raise BadInput(f"{source}: is larger than {MOST_BYTES:,} bytes unpacked: fit a few months at a time")
    return plain


def read_log(data: bytes, columns: Columns, source: str) -> CallLog:
    """Return the calls in a CSV file.

    Args:
        data: The file, gzip or plain.
        columns: Which column holds what.
        source: What to call the file in a refusal.

    Raises:
        BadInput: the file is empty, lacks a column, is in another encoding, has no call, or more than 5 % of its
            rows cannot be; one line names the row, its value and the way out.
    """
    plain = unpacked(data, source)
    try:
        text = plain.decode("utf-8-sig" if columns.encoding.lower() in {"utf-8", "utf8"} else columns.encoding)
    except UnicodeDecodeError as error:
        line = plain.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{source}:{line}: is not {columns.encoding}: set 'encoding' in the column map") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=columns.delimiter)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not any(header):
            raise BadInput(f"{source}:1: is empty: a log has a line of column names and one line a call")
        for name in needed(columns):
            if name not in header:
                raise missing_column(name, header, source)
        return _Reader(columns, header, source).read(reader)
    except csv.Error as error:
        raise BadInput(f"{source}:{reader.line_num}: is not CSV ({error})") from None


class _Reader:
    """Turns rows into the columns of a `CallLog`."""

    def __init__(self, columns: Columns, header: list[str], source: str) -> None:
        self.columns, self.header, self.source = columns, header, source
        self.zone = zone_of(columns)
        self.tally = Tally()
        self.tiers, self.queues = tier_names(columns), queue_names(columns)
        self.agents: dict[str, int] = {}
        self.customers: dict[str, int] = {}
        self._arrival = self._instant_reader()
        self._dates: dict[str, int] = {}
        self._at = {name: header.index(name) for name in needed(columns)}
        outcome = columns.outcome
        self._outcomes = {
            **dict.fromkeys(outcome.ignored, "ignored"),
            **dict.fromkeys(outcome.abandoned, "abandoned"),
            **dict.fromkeys(outcome.answered, "answered"),
        }

    def read(self, rows: Iterator[list[str]]) -> CallLog:
        calls: list[tuple[float, ...]] = []
        for line, row in enumerate(rows, start=2):
            if not any(row):
                continue
            self.tally.rows += 1
            try:
                call = self._call(row)
            except _BadRow as bad:
                self.tally.drop(bad.reason, line, bad.value)
            else:
                if call is not None:
                    calls.append((*call, line))
        return self._finish(calls)

    def _finish(self, calls: list[tuple[float, ...]]) -> CallLog:
        table = np.array(calls, dtype=np.float64).reshape(len(calls), 10)
        if len(table):
            far = np.abs(table[:, 0] - np.median(table[:, 0])) > FAR_DAYS
            for day, line in table[far][:, [0, 9]]:
                reason = "the date is far from all others (a clock that jumped?)"
                self.tally.drop(reason, int(line), date_text(int(day)))
            table = table[~far]
        bad = sum(self.tally.dropped.values())
        if bad > TOLERANCE * max(1, self.tally.rows):
            reason = max(self.tally.dropped, key=lambda name: self.tally.dropped[name])
            raise BadInput(
                f"{self.source}: {bad:,} of {self.tally.rows:,} rows cannot be ({bad / self.tally.rows:.0%}, at most "
                f"{TOLERANCE:.0%} may): {reason}, first in {self.tally.example[reason]}: mend the column map or the log"
            )
        if not len(table):
            raise BadInput(f"{self.source}: holds no call that was offered to an agent: look at 'outcome' in the map")
        table = table[np.lexsort((table[:, 1], table[:, 0]))]
        whole = table.astype(np.float64)
        day, tier, queue, agent, customer = (whole[:, i].astype(np.int64) for i in (0, 5, 6, 7, 8))
        return CallLog(
            self.columns, self.zone, self.tally, day, whole[:, 1], whole[:, 2], whole[:, 3] > 0, whole[:, 4],
            tier, queue, agent, customer, tuple(self.tiers), tuple(self.queues),
        )  # fmt: skip

    def _cell(self, row: list[str], name: str) -> str:
        place = self._at[name]
        if place >= len(row):
            raise _BadRow("the row is cut short", " ".join(row))
        return row[place].strip()

    def _call(self, row: list[str]) -> tuple[float, ...] | None:
        columns = self.columns
        said = self._cell(row, columns.outcome.column)
        outcome = self._outcomes.get(said, columns.outcome.otherwise)
        if outcome == "refuse":
            raise _BadRow(f"the outcome (column {columns.outcome.column!r}) is not in the map", said)
        if outcome == "ignored":
            self.tally.ignored += 1
            return None
        day, clock = self._arrival(row)
        wait = self._length(row, columns.wait, "wait")
        within = columns.not_offered.abandoned_within
        left_early = outcome == "abandoned" and within is not None and wait <= within
        if left_early or any(not self._cell(row, name) for name in columns.not_offered.empty):
            self.tally.not_offered += 1
            return None
        answered = outcome == "answered"
        service = np.nan
        if answered and columns.service is not None:
            service = self._length(row, columns.service, "service")
        known = wait > 0 or not columns.tier.known_when_waited
        return (
            day, clock, wait, float(answered), service,
            self._tier(row) if known else UNKNOWN, self._queue(row),
            self._person(row, self.agents, _person_form(columns.agent))
            if answered
            else UNKNOWN,
            self._person(row, self.customers, _person_form(columns.customer)),
        )  # fmt: skip

    def _tier(self, row: list[str]) -> int:
        form = self.columns.tier
        name = form.default if form.column is None else form.values.get(self._cell(row, form.column), form.default)
        return self.tiers.index(name)

    def _queue(self, row: list[str]) -> int:
        form = self.columns.queue
        name = form.default if form.column is None else form.values.get(self._cell(row, form.column), form.default)
        return self.queues.index(name)

    def _person(self, row: list[str], known: dict[str, int], form: tuple[str, list[str]] | None) -> int:
        if form is None:
            return UNKNOWN
        code = self._cell(row, form[0])
        return UNKNOWN if not code or code in form[1] else known.setdefault(code, len(known))

    def _length(self, row: list[str], form: LengthForm, what: str) -> float:
        if form.column is not None:
            cell = self._cell(row, form.column)
            seconds = _seconds(cell, form.unit, form.column)
            value: object = f"{form.column} = {cell}"
        else:
            assert form.start is not None
            assert form.end is not None
            begin, end = self._cell(row, form.start), self._cell(row, form.end)
            (first, start), (last, stop) = (
                self._instant(row, begin, form.start),
                self._instant(row, end, form.end),
            )
            seconds = (last - first) * DAY_S + stop - start
            value = f"{form.start} = {begin}, {form.end} = {end}"
        if seconds < 0:
            raise _BadRow(f"the {what} ends before it begins", value)
        if seconds > DAY_S:
            raise _BadRow(f"the {what} lasts longer than a day", value)
        return seconds

    def _day(self, row: list[str]) -> int:
        form = self.columns.date
        assert form is not None
        cell = self._cell(row, form.column)
        if cell not in self._dates:
            try:
                found = datetime.strptime(cell, form.format).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                raise _BadRow(f"the date (column {form.column!r}) is not written {form.format}", cell) from None
            self._dates[cell] = (found - date(1970, 1, 1)).days
        return self._dates[cell]

    def _instant_reader(self) -> Callable[[list[str]], tuple[int, float]]:
        column = self.columns.arrival.column
        return lambda row: self._instant(row, self._cell(row, column), column)

    def _instant(self, row: list[str], cell: str, column: str) -> tuple[int, float]:
        """Return the local day and the seconds after its midnight that a cell means."""
        form = self.columns.arrival
        try:
            match form.kind:
                case "seconds_after_midnight" | "clock":
                    clock = float(cell) if form.kind != "clock" else _seconds(cell, "clock", column)
                    if not 0 <= clock < 2 * DAY_S:
                        raise _BadRow(f"the time of day (column {column!r}) is outside the day", cell)
                    return self._day(row), clock
                case "epoch_s" | "epoch_ms":
                    instant = float(cell) * (1000 if form.kind == "epoch_s" else 1)
                    return self._local(instant)
                case _:
                    found = _moment(cell, form.format)
        except (ValueError, OverflowError) as error:
            if isinstance(error, _BadRow):
                raise
            raise _BadRow(f"the time (column {column!r}) cannot be read", cell) from None
        if found.tzinfo is not None:
            return self._local(found.timestamp() * 1000)
        clock = found.hour * 3600 + found.minute * 60 + found.second + found.microsecond / 1e6
        day = (found.date() - date(1970, 1, 1)).days
        # A column that holds a time of day only is of the row's date.
        return (self._day(row) if self.columns.date is not None and found.year == 1900 else day), clock

    def _local(self, instant_ms: float) -> tuple[int, float]:
        if not abs(instant_ms) < 1e14:
            raise _BadRow("the time is no time of this century", instant_ms)
        whole = int(instant_ms // 1)
        day, clock = divmod(self.zone.local(whole), DAY)
        return day, clock / 1000 + (instant_ms - whole) / 1000


def _moment(cell: str, pattern: str | None) -> datetime:
    """Return a moment as it is written; without an offset it is local."""
    return datetime.fromisoformat(cell) if pattern is None else datetime.strptime(cell, pattern)  # noqa: DTZ007


def _person_form(form: PersonColumn | None) -> tuple[str, list[str]] | None:
    return None if form is None else (form.column, form.none)


def _seconds(cell: str, unit: str, column: str) -> float:
    """Return a length in seconds; an empty cell is none."""
    if not cell:
        return 0.0
    try:
        if unit == "clock":
            sign = -1.0 if cell.startswith("-") else 1.0
            parts = [float(part) for part in cell.removeprefix("-").split(":")]
            if not 1 <= len(parts) <= 3:
                raise ValueError(cell)
            seconds = 0.0
            for part in parts:
                seconds = seconds * 60 + part
            seconds *= sign
        else:
            seconds = float(cell) * {"seconds": 1.0, "ms": 0.001, "minutes": 60.0}[unit]
        if not np.isfinite(seconds):
            raise ValueError(cell)
    except ValueError:
        raise _BadRow(f"the number in column {column!r} cannot be read", cell) from None
    return seconds
