"""Interval history (offered, answered, abandoned, mean times per half hour and queue) as a log of calls.

Each call counts in its interval, evenly spread, with the interval's mean talk time and after-call work: counts and
means come out exactly. What such a file cannot tell is assumed, and said: that talk times are exponential, and
patience, from abandonment and waits by Erlang A (`sim.analysis.fit.assumed`).
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from math import log as ln
from typing import Any, Final

import numpy as np

from callcenter.config.tables import Layout, Table, read_table
from callcenter.config.unpacking import Source
from callcenter.config.zones import zone
from callcenter.errors import BadInput
from callcenter.scenario import Law, LawKind
from callcenter.units import DAY, MINUTE, SECOND
from sim.analysis.fit.assumed import Seen, assumed, erlang_a_patience_s
from sim.analysis.fit.calllog import UNKNOWN, CallLog
from sim.analysis.fit.cells import Number
from sim.analysis.fit.columns import Columns
from sim.analysis.fit.handling import HandlingFit, HandlingLaw, Kind
from sim.analysis.fit.offphone import OffPhone, OffPhones
from sim.analysis.fit.survival import SurvivalFit
from sim.analysis.fit.tally import Tally
from sim.model.streams import Floats, Ints

ALSO: Final = {
    "start": ("Interval Start", "Interval", "Start Time", "Date/Time", "starttime"),
    "date": ("row_date", "Date"),
    "end": ("Interval End", "End Time"),
    "queue": ("Queue Name", "Queue", "Split/Skill", "Split", "Skill", "VDN"),
    "media": ("Media Type", "Media"),
    "offered": ("Offer", "Offered", "Calls Offered", "callsoffered"),
    "answered": ("Answer", "Answered", "ACD Calls", "acdcalls"),
    "abandoned": ("Abandon", "Abandoned", "Aban Calls", "abncalls"),
    "talk": ("Avg Talk", "Avg ACD Time", "Average Talk"),
    "hold": ("Avg Hold", "Avg Hold Time"),
    "acw": ("Avg ACW", "Avg ACW Time"),
    "handle": ("Avg Handle", "AHT", "Average Handle"),
    "asa": ("ASA", "Avg Speed Ans", "Avg Speed of Answer"),
    "abandon_wait": ("Avg Abandon", "Avg Aban Time", "Avg Abandon Time"),
    "level": ("Service Level %", "% Within Service Level", "Service Level"),
    "talk_all": ("acdtime",), "hold_all": ("holdtime",), "acw_all": ("acwtime",), "asa_all": ("anstime",),
    "abandon_wait_all": ("abntime",), "within": ("acceptable",),
}  # fmt: skip
"""Our name for a figure → the columns that hold it; those with `_all` hold the sum over the interval's calls."""
MEANS: Final = {"talk": "answered", "hold": "answered", "acw": "answered", "handle": "answered", "asa": "answered",
                "abandon_wait": "abandoned"}  # fmt: skip
PATTERNS: Final = (
    "%m/%d/%y %I:%M %p", "%d/%m/%y %I:%M %p", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p", "%m/%d/%y %H:%M",
    "%d/%m/%y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%d.%m.%y %H:%M", "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S",
)  # fmt: skip
"""How intervals' begins are written; the one under which every row can be read counts."""
MS_FROM: Final = 5_000.0
"""A mean talk time from here on is in milliseconds: nobody talks for an hour and a half on average."""
VOICE: Final = ("voice", "call", "phone", "")
UNTOLD_S: Final = 180.0
"""Stands where no talk time is told."""
WITHIN_S: Final = 20.0
"""The threshold of a service level whose file does not say it."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What an interval history does not tell, as it is taken: the laws of talk, patience and after-call work."""

    handling: HandlingFit
    patience: SurvivalFit
    off_phone: OffPhones | None


@dataclass(slots=True)
class _Rows:
    """Cells of the rows by figure, and the instants at which their intervals begin."""

    cells: dict[str, list[str]] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)


def read_intervals(sources: Sequence[Source], form: Columns) -> CallLog:
    """Return an interval history as a log of calls.

    Args:
        sources: Files with a line of column names.
        form: Name, zone, encoding, marks; how the begin is written, if `arrival.format` says it.

    Raises:
        BadInput: a file lacks a figure, a cell cannot be read, or days and months could be either way round.
    """
    called = sources[0].name if len(sources) == 1 else "the files"
    rows, tally = _Rows(), Tally()
    for source in sources:
        layout = Layout(
            delimiter=form.delimiter, encoding=form.encoding, skip=form.skip, also=ALSO,
            needed=("start", "offered", "abandoned"),
        )  # fmt: skip
        table = read_table(source, layout)
        with closing(table):
            _take(table, rows, tally)
        tally.notes += table.notes()
    rows = _once(rows, tally, called)
    if not rows.lines:
        raise BadInput(
            "{called}: holds no interval: it has a line of column names and one line an interval", called=called
        )
    begin = _begins(rows, form.arrival.format, called)
    length = _length(begin)
    figures = _figures(rows, form, tally, called)
    return _log(begin, figures, rows, form.model_copy(update={"interval": length}), tally)


def _take(table: Table, rows: _Rows, tally: Tally) -> None:
    place = {name: table.place(name) for name in ALSO if name in table.header}
    for line, row in table.rows():
        cells = {name: row[at].strip() if at < len(row) else "" for name, at in place.items()}
        if not any(cells.values()):
            continue
        tally.rows += 1
        if "media" in cells and cells["media"].casefold() not in VOICE:
            tally.elsewhere += 1
            continue
        if not cells["start"] or not any(c.isdigit() for c in cells["start"]):  # a line of totals
            tally.ignored += 1
            continue
        rows.lines.append(line)
        for name in ALSO:
            rows.cells.setdefault(name, []).append(cells.get(name, ""))


def _once(rows: _Rows, tally: Tally, source: str) -> _Rows:
    """Return the rows without equal ones; two that differ on one interval and queue are refused."""
    seen: dict[tuple[str, ...], int] = {}
    kept = []
    for i, line in enumerate(rows.lines):
        key = tuple(rows.cells[name][i] for name in ("date", "start", "queue"))
        if key in seen:
            other = seen[key]
            if any(rows.cells[name][i] != rows.cells[name][other] for name in ALSO):
                raise BadInput(
                    "{source}:{line}: has an interval and queue of line {lines} again, with other figures: "
                    "leave one of them out of the export",
                    source=source,
                    line=line,
                    lines=rows.lines[other],
                )
            tally.doubled += 1
            continue
        seen[key] = i
        kept.append(i)
    return _Rows({name: [cells[i] for i in kept] for name, cells in rows.cells.items()}, [rows.lines[i] for i in kept])


def _begins(rows: _Rows, pattern: str | None, source: str) -> Ints:
    """Return the begins of the intervals, ms since a local 1970-01-01."""
    pairs = zip(rows.cells["date"], rows.cells["start"], strict=True)
    texts = [_clock(" ".join(part for part in pair if part)) for pair in pairs]
    fits: dict[tuple[int, ...], str] = {}
    for form in (pattern,) if pattern is not None else PATTERNS:
        try:
            found = tuple(_ms(datetime.strptime(text, form)) for text in texts)  # noqa: DTZ007 - the wall clock's
        except ValueError:
            continue
        fits.setdefault(found, form)
    if not fits:
        how = pattern or "2026-03-02 09:30 or 03/02/26 09:30 AM"
        raise BadInput(
            "{source}:{lines}: its intervals do not begin at times written {how}: say how in a map, "
            'arrival: {{column: start, format: "%d/%m/%Y %H:%M"}}',
            source=source,
            lines=rows.lines[0],
            how=how,
        )
    if len(fits) > 1:
        both = " and ".join(f'"{form}"' for form in list(fits.values())[:2])
        raise BadInput(
            "{source}: days and months could be either way round ({both} fit every row): say which "
            "in a map, arrival: {{column: start, format: …}}",
            source=source,
            both=both,
        )
    return np.array(next(iter(fits)), np.int64)


def _clock(text: str) -> str:
    """Return the begin of an interval as text; CMS writes half past nine as 930.

    >>> _clock("2026-03-02 930"), _clock("03/02/26 09:00 AM"), _clock("2026-03-02 09:00-09:30")
    ('2026-03-02 09:30', '03/02/26 09:00 AM', '2026-03-02 09:00')
    """
    day, _, clock = text.partition(" ")
    if clock.isdigit() and len(clock) <= 4:
        return f"{day} {int(clock) // 100:02d}:{int(clock) % 100:02d}"
    head, dash, tail = text.rpartition("-")
    return head.strip() if dash and ":" in tail and ":" in head else text


def _ms(moment: datetime) -> int:
    return (moment.toordinal() - 719_163) * DAY + (moment.hour * 60 + moment.minute) * MINUTE + moment.second * SECOND


def _length(begin: Ints) -> int:
    """Return how long an interval is, ms: the shortest step that is usual."""
    steps = np.diff(np.unique(begin))
    common = Counter(steps[(steps > 0) & (steps <= 60 * MINUTE)].tolist()).most_common(1)
    return int(common[0][0]) if common else 30 * MINUTE


def _figures(rows: _Rows, form: Columns, tally: Tally, source: str) -> dict[str, Floats]:
    """Return the figures of each row: counts, means in seconds, nan where the file has none."""
    number = Number(form.decimal, form.thousands)
    found: dict[str, Floats] = {}
    for name in ALSO:
        if name in {"start", "date", "end", "queue", "media"}:
            continue
        cells = [cell.removesuffix("%").strip() for cell in rows.cells[name]]
        clock = any(":" in cell for cell in cells)
        found[name], bad = number.of(cells, "clock" if clock else "seconds", name, source)
        if bad.any():
            line = rows.lines[int(np.nonzero(bad)[0][0])]
            raise BadInput(
                "{source}:{line}: the figure {name!r} ({also}) is no number",
                source=source,
                line=line,
                name=name,
                also=", ".join(ALSO[name][:2]),
            )
    if np.isnan(found["offered"]).all():
        raise BadInput("{source}: its column of calls offered is empty: export it with the figure", source=source)
    if np.isnan(found["abandoned"]).all():
        if np.isnan(found["answered"]).all():
            raise BadInput(
                "{source}: its columns of calls answered and abandoned are empty: export it with one of them",
                source=source,
            )
        tally.notes.append("its column of calls abandoned is empty: those offered and not answered are taken for them")
        found["abandoned"] = found["offered"] - np.nan_to_num(found["answered"])
    counts = {name: np.nan_to_num(found[name]) for name in ("offered", "answered", "abandoned")}
    if not counts["offered"].any():
        raise BadInput("{source}: no call was offered in any of its intervals", source=source)
    if np.isnan(found["answered"]).all():
        counts["answered"] = counts["offered"] - counts["abandoned"]
    found |= counts
    for name, of in MEANS.items():
        whole = found.get(f"{name}_all")
        if whole is not None and np.isfinite(whole).any():
            with np.errstate(divide="ignore", invalid="ignore"):
                found[name] = np.where(counts[of] > 0, whole / counts[of], np.nan)
    lasting = found["talk"] if np.isfinite(found["talk"]).any() else found["handle"]
    if np.isfinite(lasting).any() and np.nanmedian(lasting[lasting > 0]) >= MS_FROM:
        tally.notes.append("times are read as milliseconds: in seconds nobody could talk so long")
        for name in MEANS:
            found[name] = found[name] / 1000
    if np.isnan(found["talk"]).all() and np.isfinite(found["handle"]).any():
        found["talk"] = found["handle"] - np.nan_to_num(found["acw"])
    found["talk"] = found["talk"] + np.nan_to_num(found["hold"])
    if np.isfinite(found["within"]).any():
        with np.errstate(divide="ignore", invalid="ignore"):
            found["level"] = 100 * found["within"] / counts["offered"]
    return found


def _log(begin: Ints, figures: dict[str, Floats], rows: _Rows, form: Columns, tally: Tally) -> CallLog:
    offered = np.rint(figures["offered"]).astype(np.int64)
    abandoned = np.minimum(np.rint(figures["abandoned"]).astype(np.int64), offered)
    answered = np.minimum(np.rint(figures["answered"]).astype(np.int64), offered - abandoned)
    moved = int((offered - abandoned - answered).sum())
    tally.notes += _notes(moved)
    names = sorted(set(rows.cells["queue"])) if any(rows.cells["queue"]) else [form.queue.default]
    queue = np.array([names.index(cell) if cell else 0 for cell in rows.cells["queue"]], np.int64)
    row = np.repeat(np.arange(len(offered)), offered)
    place = np.arange(len(row)) - np.repeat(np.cumsum(offered) - offered, offered)
    share = (place + 0.5) / offered[row]
    at = begin[row] + share * form.interval
    # Spread over the interval: those who hang up are every so manieth, not the first of them.
    turn = (place * 7_919 + 3) % np.maximum(offered[row], 1)
    rank = _ranks(row, turn)
    is_answered = rank < answered[row]
    is_abandoned = ~is_answered & (rank < (answered + abandoned)[row])
    day, clock = np.divmod(np.rint(at).astype(np.int64), DAY)
    nothing = np.full(len(row), np.nan)
    order = np.lexsort((rank, queue[row], clock, day))
    nobody = np.full(len(row), UNKNOWN)
    log = CallLog(
        form, zone(form.zone), tally, day, clock / 1000, nothing, is_answered, ~is_answered & ~is_abandoned,
        np.where(is_answered, figures["talk"][row], np.nan), np.where(is_answered, figures["acw"][row], np.nan),
        np.zeros(len(row), np.int64), queue[row], nobody, nobody, (form.tier.default,), tuple(names),
    ).only(order)  # fmt: skip
    return log.with_assumed(_assumed(log, begin, figures, form.interval / SECOND))


def _ranks(row: Ints, turn: Ints) -> Ints:
    """Return the place of each call among those of its row, by `turn`."""
    order = np.lexsort((turn, row))
    rank = np.empty(len(row), np.int64)
    first = np.concatenate(([0], np.nonzero(np.diff(row[order]))[0] + 1)) if len(row) else np.zeros(0, np.int64)
    starts = np.repeat(first, np.diff(np.append(first, len(row))))
    rank[order] = np.arange(len(row)) - starts
    return rank


def _notes(moved: int) -> list[str]:
    found = [
        "an interval history tells no single call: talk times are assumed to be exponential, patience is assumed to be "
        "exponential and estimated by Erlang A, and who is there is not known"
    ]
    if moved:
        found.append(f"{moved:,} calls were neither answered nor abandoned in their interval: taken as overflowed")
    return found


# --- what is assumed


def _assumed(log: CallLog, begin: Ints, figures: dict[str, Floats], step_s: float) -> Assumed:
    def law(which: Any) -> HandlingLaw:
        times = log.service[which & np.isfinite(log.service)]
        # Without any the fit refuses (`check_times`); the forecast needs counts alone.
        mean = float(times.mean()) if len(times) else UNTOLD_S
        return HandlingLaw(Law(LawKind.EXPONENTIAL, mean), len(times), mean, 0.0, 0.0, 0.0, 0.0)

    everyone = log.answered
    laws: dict[Kind, HandlingLaw] = {(None, None): law(everyone)}
    if len(log.queues) > 1:
        of = {name: everyone & (log.queue == i) & np.isfinite(log.service) for i, name in enumerate(log.queues)}
        laws |= {(name, None): law(which) for name, which in of.items() if which.any()}
    left_out = int((log.answered & ~np.isfinite(log.service)).sum())
    work = log.wrap_up[np.isfinite(log.wrap_up)]
    off = None
    if len(work) and work.mean() > 0:
        mean = float(work.mean())
        one = OffPhone(Law(LawKind.EXPONENTIAL, mean), len(work), mean, mean * ln(2))
        off = OffPhones(one, one, one)
    handled = laws[None, None].mean_s + (float(work.mean()) if len(work) else 0.0)
    return Assumed(HandlingFit(laws, left_out), _patience(log, begin, figures, step_s, handled), off)


def _patience(log: CallLog, begin: Ints, figures: dict[str, Floats], step_s: float, aht_s: float) -> SurvivalFit:
    """Return the patience that abandonment comes to: from all time waited where that is known, else by Erlang A."""
    answered, left = int(log.answered.sum()), int(log.abandoned.sum())
    waited = figures["asa"] * figures["answered"], figures["abandon_wait"] * figures["abandoned"]
    if left and all(np.isfinite(part).any() for part in waited):
        total = sum(float(np.nansum(part)) for part in waited)
        return assumed(total / left, answered + left, left)
    days = begin // DAY
    # Weekdays apart: on Saturday there are others, and fewer.
    clock = (days % 7) * DAY + begin % DAY
    kinds, which = np.unique(clock, return_inverse=True)

    def pooled(values: Floats) -> Floats:
        return np.bincount(which, np.nan_to_num(values), len(kinds)).astype(np.float64)

    offered = pooled(figures["offered"])
    dates = np.array([len(np.unique(days[which == k])) for k in range(len(kinds))])
    levels = pooled(figures["level"] / 100 * figures["offered"])
    waits = pooled(figures["asa"] * figures["answered"])
    seen = Seen(
        calls=offered, load_erl=offered / np.maximum(dates, 1) * aht_s / step_s, aht_s=aht_s,
        abandoned=pooled(figures["abandoned"]) / np.maximum(offered, 1),
        level=levels / np.maximum(offered, 1) if np.isfinite(figures["level"]).any() else None,
        asa_s=waits / np.maximum(pooled(figures["answered"]), 1) if np.isfinite(figures["asa"]).any() else None,
        within_s=WITHIN_S,
    )  # fmt: skip
    return assumed(erlang_a_patience_s(seen), answered + left, left)
