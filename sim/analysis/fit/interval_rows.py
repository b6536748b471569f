"""Rows of an interval history: when each interval begins, which rows are one; sums of others are left out, and said.

Exports hold rows of sums among the others: of a day, of all queues, of the whole time. Counted as intervals they would
double the calls, so they are known by their names, by how long they last, and by being the sum of the rest.
"""

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from callcenter.config.header_rows import is_total
from callcenter.config.nothing import NOTHING
from callcenter.config.tables import Layout, Table, cut_off, masked, read_table, said_parts, tables_in
from callcenter.config.unpacking import Source
from callcenter.config.words import date_text, shown
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.language.said import said
from callcenter.units import DAY, MINUTE
from sim.analysis.fit.cell_formats import DAYS, MOMENTS, reads
from sim.analysis.fit.cells import NOON, SERIAL, ZONE_NAME, Clock, Moments
from sim.analysis.fit.columns import Columns
from sim.analysis.fit.dates import far_from_others, lie_together
from sim.analysis.fit.tally import Tally
from sim.model.streams import Ints

ALSO: Final = {
    "start": ("Interval Start", "Interval", "Start Time", "Date/Time", "starttime", "Time", "Interval Begin",
              "Half Hour", "Uhrzeit", "Zeit", "Intervall", "Von", "Heure", "Hora", "Intervalo"),
    "date": ("row_date", "Date", "Day", "Datum", "Tag", "Jour", "Fecha"),
    "end": ("Interval End", "End Time"),
    "queue": ("Queue Name", "Queue", "Split/Skill", "Split", "Skill", "VDN", "CSQ", "CSQ Name", "Skill Name",
              "Skill Group", "Workgroup", "Warteschlange", "File d'attente", "Cola"),
    "media": ("Media Type", "Media"),
    "offered": ("Offer", "Offered", "Calls Offered", "callsoffered", "Offered Calls", "Contacts Offered", "Presented",
                "Calls Presented", "Angeboten", "Angebotene Anrufe", "Présentés", "Appels présentés", "Offerts",
                "Ofrecidas", "Llamadas ofrecidas"),
    "answered": ("Answer", "Answered", "ACD Calls", "acdcalls", "Calls Answered", "Answered Calls", "Handled",
                 "Calls Handled", "Contacts Handled", "Angenommen", "Angenommene Anrufe", "Beantwortet", "Répondus",
                 "Appels répondus", "Traités", "Appels traités", "Atendidas", "Contestadas", "Llamadas atendidas"),
    "abandoned": ("Abandon", "Abandoned", "Aban Calls", "abncalls", "Calls Abandoned", "Abandoned Calls", "Abandons",
                  "Contacts Abandoned", "Verloren", "Verlorene Anrufe", "Aufgelegt", "Abandonnés", "Appels abandonnés",
                  "Perdus", "Appels perdus", "Abandonadas", "Llamadas abandonadas"),
    "talk": ("Avg Talk", "Avg ACD Time", "Average Talk", "Avg Talk Time", "Average Talk Time",
             "Mittlere Gesprächszeit"),
    "hold": ("Avg Hold", "Avg Hold Time", "Average Hold", "Average Hold Time"),
    "acw": ("Avg ACW", "Avg ACW Time", "Average ACW", "Avg After Call Work", "Average After Call Work", "Avg Wrap Up",
            "Mittlere Nachbearbeitungszeit"),
    "handle": ("Avg Handle", "AHT", "Average Handle", "Avg Handle Time", "Average Handle Time", "Average Handling Time",
               "DMT", "TMO"),
    "asa": ("ASA", "Avg Speed Ans", "Avg Speed of Answer", "Average Speed of Answer", "Avg Speed to Answer",
            "Average Speed to Answer"),
    "abandon_wait": ("Avg Abandon", "Avg Aban Time", "Avg Abandon Time", "Average Abandon Time", "Avg Time to Abandon",
                     "Average Time to Abandon"),
    "level": ("Service Level %", "% Within Service Level", "Service Level", "Servicelevel", "SL %", "SL", "SLA %",
              "SLA"),
    "talk_all": ("acdtime",), "hold_all": ("holdtime",), "acw_all": ("acwtime",), "asa_all": ("anstime",),
    "abandon_wait_all": ("abntime",), "within": ("acceptable",),
}  # fmt: skip
"""Our name for a figure → the columns that hold it; those with `_all` hold the sum over the interval's calls."""
NEEDED: Final = ("start", "offered", "abandoned")
COUNTS: Final = ("offered", "answered", "abandoned")
WHO: Final = ("date", "start", "queue", *COUNTS)
"""A row that ends before these is cut short."""
VOICE: Final = ("voice", "call", "phone", "")
LONGEST: Final = 60 * MINUTE
"""Of an interval: a longer one does not tell how calls come over the day."""
MINUTES: Final = DAY // MINUTE
SHORTEST: Final = 5 * MINUTE
"""Of an interval: begins that lie nearer are numbers of intervals, or times of single calls."""
EVEN_OF_DAY, EVEN = 3, 12
"""Begins of a day, and of days one after the other, that lie evenly, further apart than usual: it is no chance."""
WHOLE_DAY: Final = 23 * 60 * MINUTE
"""A row that lasts as long, among intervals, holds their sum; the clocks may take an hour from a day."""
ALIKE: Final = 10
"""Intervals in which one queue's calls are those of the others, from which it is no chance."""
OTHERS: Final = 5
"""Intervals with calls whose sum a row of midnight may be."""
OF_ALL: Final = re.compile(r"\b(all|alle|total|totals|gesamt|summe|tous|toutes|todas|todos)\b|全部|所有|合计")
"""What a row is called that holds the sums of all queues."""
OFFSET: Final = re.compile(r":\d\d:\d\d-\d\d:\d\d$")
"""How far from UTC, and no end of an interval."""


@dataclass(slots=True)
class Rows:
    """Cells of the rows by figure."""

    cells: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in ALSO})
    lines: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def only(self, kept: Sequence[int]) -> "Rows":
        """Return the rows at these places."""
        return Rows({name: [of[i] for i in kept] for name, of in self.cells.items()}, [self.lines[i] for i in kept])


@dataclass(frozen=True, slots=True)
class Intervals:
    """The rows that are intervals, in the order of the file."""

    rows: Rows
    begin: Ints
    """Of each, ms since a local 1970-01-01."""
    length: int
    """Of them all, ms."""


def intervals_of(sources: Sequence[Source], form: Columns, zone: Zone, tally: Tally) -> Intervals:
    """Return the intervals in files with a line of column names.

    Raises:
        BadInput: a file lacks a figure, a begin cannot be read, days and months could be either way round, two rows
            differ on one interval, or intervals are of several lengths, or longer than an hour.
    """
    called = sources[0].name if len(sources) == 1 else "the files"
    rows = Rows()
    for source in sources:
        layout = Layout(
            delimiter=form.delimiter, encoding=form.encoding, skip=form.skip, also=ALSO, needed=NEEDED
        )  # fmt: skip
        parts = tables_in(source, layout)
        tally.notes += said_parts(source, parts)
        for part in parts:
            table = read_table(part, layout)
            with closing(table):
                _take(table, rows, tally)
            tally.notes += table.notes()
    pairs = zip(rows.cells["date"], rows.cells["start"], strict=True)
    spans = [_span(" ".join(filter(None, pair))) for pair in pairs]
    timed = _with_clock([begin for begin, _ in spans])
    tally.ignored += len(rows) - len(timed)
    rows, spans = rows.only(timed), [spans[i] for i in timed]
    if not len(rows):
        raise BadInput(
            "{called}: holds no interval: it has a line of column names and one line an interval", called=called
        )
    clock, begin = _begins([text for text, _ in spans], rows, form.arrival.format, zone, called)
    ends = [_to_the_minute(end or tail) for end, (_, tail) in zip(rows.cells["end"], spans, strict=True)]
    kept = _of_one_length(begin, clock.of(ends, None), rows, called)
    kept = _once(kept, begin, rows, tally, called)
    kept = _without_sums(kept, begin.local, rows, tally)
    nameless = [i for i in kept if not rows.cells["queue"][i]]
    if 0 < len(nameless) < len(kept):
        tally.notes.append(
            said(
                "{n:,} rows name no queue and count as one of their own, the first in line {line}: are the cells of "
                "queues merged?",
                n=len(nameless),
                line=rows.lines[nameless[0]],
            )
        )
    tally.ignored += len(rows) - len(kept) - tally.doubled
    at, rows = begin.local[kept], rows.only(kept)
    _check_dates(at, rows, called)
    length = _length(at, called)
    _check_steps(at, length, rows, called)
    return Intervals(rows, at, length)


def _take(table: Table, rows: Rows, tally: Tally) -> None:
    place = {name: table.place(name) for name in ALSO if name in table.header}
    width = 1 + max(place[name] for name in WHO if name in place)
    short: list[tuple[int, int]] = []
    begun = 0
    last = len(table.header)
    above = Above()
    for line, row in table.rows():
        cells = {name: _cell(row[at]) if at < len(row) else "" for name, at in place.items()}
        given = [cell.strip().casefold() for cell in row]
        if not any(cells.values()) or given == [name.strip().casefold() for name in table.written]:
            continue
        tally.rows += 1
        above.fill(cells)
        named = [cells.get(name, "") for name in ("date", "start", "queue")]
        alone = sum(map(bool, row)) == 1  # a remark below the table, or all there is of a last row
        begun = line if alone and row[0][:1].isdigit() else 0
        if alone or any(map(is_total, named)) or not any(map(str.isdigit, cells["start"])):
            tally.ignored += 1
            continue
        last = len(row)
        if "media" in cells and cells["media"].casefold() not in VOICE:
            tally.elsewhere += 1
            continue
        if last < width:
            short.append((line, last))
        above.take(cells)
        rows.lines.append(line)
        for name in ALSO:
            rows.cells[name].append(cells.get(name, ""))
    if above.filled:
        tally.notes.append(
            said(
                "{source}: {n:,} rows do not say of which interval they are, and are taken for that of the row above "
                "them, as merged cells are",
                source=table.name,
                n=above.filled,
            )
        )
    if (begun or last < len(table.header)) and table.is_cut():
        raise cut_off(table.name, begun or rows.lines[-1])
    if short:
        raise BadInput(
            "{source}:{line}: has {n} cells where the line of names has {width}: mend the row or take it out",
            source=table.name,
            line=short[0][0],
            n=short[0][1],
            width=len(table.header),
        )


@dataclass(slots=True)
class Above:
    """What merged cells say of the rows below the first: the day and the begin stand once, in the row above."""

    filled: int = 0
    """Rows that were told so."""
    _when: dict[str, str] = field(default_factory=dict)
    _calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls offered so far, by queue: of all days, and of the day."""
    _rows: Counter[tuple[str, str]] = field(default_factory=Counter)

    def fill(self, cells: dict[str, str]) -> None:
        """Give a row the day and the interval that it leaves out, unless it holds the sums of its queue."""
        queue = cells.get("queue", "")
        if not self._when or is_total(queue) or OF_ALL.search(queue.casefold()) or not cells["offered"]:
            return
        lacks_day = "date" in cells and not cells["date"] and any(map(str.isdigit, cells["start"]))
        lacks_begin = not cells["start"] and bool(queue) and not cells.get("date")
        if not (lacks_day or lacks_begin):
            return
        spans = [(queue, day) for day in ("", self._day) if self._rows[queue, day] >= OTHERS]
        if lacks_begin and _count(cells["offered"]) in {self._calls[span] for span in spans}:
            return
        for name, cell in self._when.items():
            if name in cells and not cells[name]:
                cells[name] = cell
        self.filled += 1

    def take(self, cells: dict[str, str]) -> None:
        """Take note of a row of an interval."""
        self._when = {name: cells[name] for name in ("date", "start", "end") if cells.get(name)}
        for day in ("", self._day):
            span = (cells.get("queue", ""), day)
            self._calls[span] += _count(cells["offered"])
            self._rows[span] += 1

    @property
    def _day(self) -> str:
        return self._when.get("date", "") or self._when["start"].partition(" ")[0]


def _cell(cell: str) -> str:
    text = cell.strip()
    return "" if text in NOTHING else text


# --- when


def _span(text: str) -> tuple[str, str]:
    """Return the begin of an interval as text, and its end if that stands beside it; CMS writes half past nine as 930.

    >>> _span("2026-03-02 930"), _span("03/02/26 09:00 AM"), _span("2026-03-02 09:00-09:30")
    (('2026-03-02 09:30', ''), ('03/02/26 09:00 AM', ''), ('2026-03-02 09:00', '09:30'))
    >>> _span("2026-03-02T09:00:00-05:00"), _span("2026-03-02T09:00Z/2026-03-02T09:30Z")
    (('2026-03-02T09:00:00-05:00', ''), ('2026-03-02T09:00Z', '2026-03-02T09:30Z'))
    """
    day, _, clock = text.partition(" ")
    if clock.isdigit() and len(clock) <= 4:
        return f"{day} {int(clock) // 100:02d}:{int(clock) % 100:02d}", ""
    for mark in (" - ", "/", "-"):
        head, _, tail = text.partition(mark) if mark == " - " else text.rpartition(mark)
        if ":" in tail and ":" in head and (mark != "/" or "T" in head) and OFFSET.search(text) is None:
            return head.strip(), tail.strip()
    return _to_the_minute(text), ""


def _to_the_minute(text: str) -> str:
    """Return a spreadsheet's number of days at a whole minute: it keeps parts of a day to some digits only.

    >>> _to_the_minute("46286.35417") == repr(46286 + 8.5 / 24), _to_the_minute("09:30")
    (True, '09:30')
    """
    return repr(round(float(text) * MINUTES) / MINUTES) if SERIAL.fullmatch(text) else text


def _with_clock(begins: Sequence[str]) -> list[int]:
    """Return the places of the rows that name a time of day; where most do, one that names a day holds its sum."""
    clocks = [":" in text for text in begins]
    return [i for i, there in enumerate(clocks) if there] if 2 * sum(clocks) > len(clocks) else list(range(len(clocks)))


def _begins(texts: list[str], rows: Rows, pattern: str | None, zone: Zone, source: str) -> tuple[Clock, Moments]:
    """Return the begins of the intervals, and what reads them."""
    if pattern is None and all(map(SERIAL.fullmatch, texts)):
        days = Clock(zone, "spreadsheet", None)
        return days, days.of(texts, None)
    known = NOON.sub(r"\1m", ZONE_NAME.sub("", texts[0]))
    ways = [pattern] if pattern is not None else ["", *(way for way in (*MOMENTS, *DAYS) if reads(way, known))]
    tried = [(way, clock := _clock(zone, way), clock.of(texts, None)) for way in ways]
    fits: dict[bytes, tuple[str, Clock, Moments]] = {}
    for way, clock, found in tried:
        if found.known.all():
            fits.setdefault(found.local.tobytes(), (way, clock, found))
    if not fits:
        _, _, found = max(tried, key=lambda one: int(one[2].known.sum()))
        row = int(np.flatnonzero(~found.known)[0])
        raise BadInput(
            "{source}:{line}: its interval does not begin at a time written {how} (it says {text}): say how in a map, "
            'arrival: {{column: start, format: "%d/%m/%Y %H:%M"}}, or take the row out',
            source=source,
            line=rows.lines[row],
            how=pattern or "2026-03-02 09:30 or 03/02/26 09:30 AM",
            text=masked(texts[row]),
        )
    near = {reading: one for reading, one in fits.items() if lie_together(one[2].local // DAY)}
    fits = near or fits
    if len(fits) > 1:
        both = " and ".join(f'"{way}"' for way, _, _ in list(fits.values())[:2])
        raise BadInput(
            "{source}: days and months could be either way round ({both} fit every row): say which "
            "in a map, arrival: {{column: start, format: …}}",
            source=source,
            both=both,
        )
    _, clock, found = next(iter(fits.values()))
    return clock, found


def _clock(zone: Zone, way: str) -> Clock:
    return Clock(zone, None, way) if way else Clock(zone, "iso_or_epoch", None)


def _of_one_length(begin: Moments, end: Moments, rows: Rows, source: str) -> list[int]:
    """Return the places of the rows that last as long as most, without those that last for days: they hold sums.

    Raises:
        BadInput: others are longer or shorter: some of their calls would count twice.
    """
    lasts = np.where(end.known & ~end.bad, end.first - begin.first, 0)
    # 08:00 to 08:29 or 08:29:59 is half an hour: ends may be those of its last minute or second.
    minutes = (lasts + MINUTE - 1) // MINUTE
    minutes += (minutes % 5 == 4) & (lasts > 0)
    if not (minutes > 0).any():
        return list(range(len(rows)))
    usual = Counter(minutes[minutes > 0].tolist()).most_common(1)[0][0]
    kept = []
    for i, n in enumerate(minutes.tolist()):
        if usual * MINUTE <= LONGEST and n * MINUTE >= WHOLE_DAY:
            continue
        if n > 0 and n != usual and not begin.doubled[i]:
            raise BadInput(
                "{source}:{line}: its interval lasts {n} minutes, and most last {usual}: export all in one length",
                source=source,
                line=rows.lines[i],
                n=n,
                usual=usual,
            )
        kept.append(i)
    return kept


def _length(begin: Ints, source: str) -> int:
    """Return how long an interval is, ms: the shortest step that is usual."""
    steps = np.diff(np.unique(begin))
    common = Counter(steps[(steps > 0) & (steps <= LONGEST)].tolist()).most_common(1)
    if not common and len(steps):
        raise BadInput(
            "{source}: its intervals begin more than an hour apart, and do not tell how calls come over the day: "
            "export them by half hours",
            source=source,
        )
    length = int(common[0][0]) if common else 30 * MINUTE
    if length < SHORTEST:
        raise BadInput(
            "{source}: its intervals begin {n:g} minutes apart, the first at {first}: what says when they begin has to "
            "be a time of day (09:30, 930), and no number of the interval",
            source=source,
            n=length / MINUTE,
            first=_time_of(int(begin[0])),
        )
    return length


def _check_steps(begin: Ints, length: int, rows: Rows, source: str) -> None:
    """Refuse days on which intervals are of another length: their calls would come in a part of their time, or twice.

    On such days intervals begin in between, or lie evenly further apart; where a row without calls is left out they do
    not lie evenly.
    """
    days = begin // DAY
    places = np.flatnonzero((begin - begin[0]) % length).tolist()
    order = np.argsort(begin, kind="stable")
    found, usual = list[int](), 0
    for of_day in np.split(order, np.flatnonzero(np.diff(days[order])) + 1):
        steps = np.diff(np.unique(begin[of_day]))
        if len(steps) < EVEN_OF_DAY - 1 or not length < steps.min() == steps.max() <= LONGEST:
            found = []
            continue
        found = [
            *(found if steps[0] == usual else []),
            *of_day[np.unique(begin[of_day], return_index=True)[1]].tolist(),
        ]
        usual = int(steps[0])
        if len(found) >= EVEN:
            places.append(found[0])
            break
    if places:
        raise BadInput(
            "{source}:{line}: on {day} intervals are of another length than on most days, on which it is {n} minutes: "
            "export all in one length",
            source=source,
            line=rows.lines[places[0]],
            day=date_text(int(days[places[0]])),
            n=length // MINUTE,
        )


def _check_dates(begin: Ints, rows: Rows, source: str) -> None:
    """Refuse a day that lies years from the others: a mistake, or days and months that are read as years."""
    if lie_together(begin // DAY):
        return
    place = int(np.flatnonzero(far_from_others(begin // DAY))[0])
    raise BadInput(
        "{source}:{line}: its interval begins on {day}, far from all others: say how days are written in a map, "
        'arrival: {{column: start, format: "%d/%m/%Y %H:%M"}}, mend the row or take it out',
        source=source,
        line=rows.lines[place],
        day=date_text(int(begin[place] // DAY)),
    )


def _time_of(begin: int) -> str:
    return f"{begin % DAY // (60 * MINUTE):02d}:{begin // MINUTE % 60:02d}"


# --- which rows count


def _once(kept: Sequence[int], begin: Moments, rows: Rows, tally: Tally, source: str) -> list[int]:
    """Return the places without equal rows; two that differ on one interval and queue are refused.

    In the hour that the clocks repeat there are two of each.
    """
    seen: dict[tuple[int, int, str], int] = {}
    found = []
    for i in kept:
        key = (int(begin.first[i]), 0, rows.cells["queue"][i])
        other = seen.get(key)
        if other is not None and any(rows.cells[name][i] != rows.cells[name][other] for name in ALSO):
            key = (key[0], 1, key[2])
            if not key[2] and any(rows.cells["queue"]):
                raise BadInput(
                    "{source}:{line}: names no queue, as line {lines} of the same interval: write the queue on each "
                    "line (merged cells hold it on the first only)",
                    source=source,
                    line=rows.lines[i],
                    lines=rows.lines[other],
                )
            if not begin.doubled[i] or key in seen:
                raise BadInput(
                    "{source}:{line}: has an interval and queue of line {lines} again, with other figures: "
                    "leave one of them out of the export",
                    source=source,
                    line=rows.lines[i],
                    lines=rows.lines[other],
                )
        elif other is not None:
            tally.doubled += 1
            continue
        seen[key] = i
        found.append(i)
    return found


def _without_sums(kept: Sequence[int], local: Ints, rows: Rows, tally: Tally) -> list[int]:
    """Return the places without rows that hold the sum of others: of a day at its midnight, of all queues."""
    calls = [tuple(_count(rows.cells[name][i]) for name in COUNTS) for i in range(len(rows))]
    queue = rows.cells["queue"]
    days: dict[tuple[int, str], list[int]] = {}
    for i in kept:
        days.setdefault((int(local[i]) // DAY, queue[i]), []).append(i)
    gone = {
        i for of_day in days.values() for i in of_day
        if local[i] % DAY == 0 and _is_sum(i, [k for k in of_day if k != i], calls)
    }  # fmt: skip
    if gone:
        tally.notes.append(
            said("rows of midnight with the sum of the day's other intervals left out: {n:,}", n=len(gone))
        )
    kept = [i for i in kept if i not in gone]
    name = _of_all(kept, local, queue, calls)
    if name is None:
        return kept
    called = said("queue {name!r}", name=shown(masked(name))) if name else said("no queue")
    many = sum(queue[i] == name for i in kept)
    tally.notes.append(said("rows of {queue} left out, which hold the sums of the others: {n:,}", queue=called, n=many))
    return [i for i in kept if queue[i] != name]


def _of_all(kept: Sequence[int], local: Ints, queue: Sequence[str], calls: Sequence[tuple[int, ...]]) -> str | None:
    """Return the name under which the sums of all other queues stand; None: there is none.

    Of two queues alike it is the one that has no name, or one that says so.
    """
    at: dict[int, list[int]] = {}
    for i in kept:
        at.setdefault(int(local[i]), []).append(i)
    names = {queue[i] for i in kept}
    for name in sorted(names):
        says_so = not name or OF_ALL.search(name.casefold()) is not None
        own = [i for i in kept if queue[i] == name]
        others = [[k for k in at[int(local[i])] if k != i] for i in own]
        if len(own) < ALIKE or len(own) < len(at) or not all(others) or (len(names) < 3 and not says_so):
            continue
        if all(_adds_up(calls[i], [calls[k] for k in rest]) for i, rest in zip(own, others, strict=True)):
            return name
    return None


def _count(cell: str) -> int:
    digits = re.sub(r"\.0+$|\D", "", cell)
    return int(digits) if digits else 0


def _is_sum(row: int, others: Sequence[int], calls: Sequence[tuple[int, ...]]) -> bool:
    full = [calls[k] for k in others if calls[k][0]]
    return len(full) >= OTHERS and _adds_up(calls[row], full)


def _adds_up(whole: tuple[int, ...], parts: Sequence[tuple[int, ...]]) -> bool:
    return whole == tuple(map(sum, zip(*parts, strict=True)))
