"""Interval history (offered, answered, abandoned, mean times per half hour and queue) as a log of calls.

Each call counts in its interval, evenly spread, with the interval's mean talk time and after-call work: counts and
means come out exactly. What such a file cannot tell is assumed, and said: that talk times are exponential, and
patience, from abandonment and waits by Erlang A (`sim.analysis.fit.assumed_patience`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log as ln
from typing import Any, Final

import numpy as np

from callcenter.config.tables import masked
from callcenter.config.unpacking import Source
from callcenter.config.zones import zone
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.scenario import Law, LawKind
from callcenter.units import DAY, MINUTE, SECOND
from sim.analysis.fit.assumed_patience import Seen, assumed, erlang_a_patience_s
from sim.analysis.fit.calllog import UNKNOWN, CallLog
from sim.analysis.fit.columns import Columns
from sim.analysis.fit.handling import HandlingFit, HandlingLaw, Kind
from sim.analysis.fit.interval_rows import ALSO, COUNTS, Intervals, Rows, intervals_of
from sim.analysis.fit.lengths import HALF_CLOCK, Number
from sim.analysis.fit.offphone import OffPhone, OffPhones
from sim.analysis.fit.plausibility import doubts
from sim.analysis.fit.sixties import sixty_of
from sim.analysis.fit.survival import SurvivalFit
from sim.analysis.fit.tally import TOLERANCE, Tally
from sim.model.streams import Floats, Ints

MEANS: Final = {"talk": "answered", "hold": "answered", "acw": "answered", "handle": "answered", "asa": "answered",
                "abandon_wait": "abandoned"}  # fmt: skip
MS_FROM: Final = 5_000.0
"""A mean talk time from here on is in milliseconds: nobody talks for an hour and a half on average."""
MINUTES_TO, DAYS_TO = 15.0, 0.25
"""One up to here is in minutes, in a spreadsheet's days: nobody talks for some seconds on average, or some hours."""
OF_LENGTH: Final = re.compile(r"[:a-z]", re.IGNORECASE)
"""In a cell that says itself in what it is."""
FEW: Final = 20
"""Calls that may be offered before a file begins, and answered in it."""
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


def read_intervals(sources: Sequence[Source], form: Columns) -> CallLog:
    """Return an interval history as a log of calls.

    Args:
        sources: Files with a line of column names.
        form: Name, zone, encoding, marks; how the begin is written, if `arrival.format` says it.

    Raises:
        BadInput: a file lacks a figure, a cell cannot be read, or days and months could be either way round.
    """
    called = sources[0].name if len(sources) == 1 else "the files"
    tally = Tally()
    found = intervals_of(sources, form, zone(form.zone), tally)
    figures = _figures(found.rows, form, tally, called)
    log = _log(found, figures, form.model_copy(update={"interval": found.length}), tally)
    tally.notes += doubts(log, ())
    return log


def _figures(rows: Rows, form: Columns, tally: Tally, source: str) -> dict[str, Floats]:
    """Return the figures of each row: counts, means in seconds, nan where the file has none."""
    number = Number(form.decimal, form.thousands)
    found: dict[str, Floats] = {}
    plain: set[str] = set()
    for name in ALSO:
        if name in {"start", "date", "end", "queue", "media"}:
            continue
        # A share in place of a count is none.
        cells = [cell if name in COUNTS else cell.removesuffix("%").strip() for cell in rows.cells[name]]
        unit = "clock" if any(map(HALF_CLOCK.fullmatch, cells)) else "seconds"
        if name in MEANS and unit == "seconds" and (sixty := sixty_of(cells)) is not None:
            unit = sixty
            tally.notes.append(
                said(
                    "the figure {name!r} is read as minutes and seconds written {way}: none of its many numbers "
                    "ends in 60 to 99",
                    name=name,
                    way="3.36" if sixty == "m.ss" else "336",
                )
            )
        found[name], bad = number.of(cells, unit, name, source, plain=name not in COUNTS)
        if unit == "seconds" and any(cells) and not any(map(OF_LENGTH.search, cells)):
            plain.add(name.removesuffix("_all"))
        if bad.any():
            line = rows.lines[int(np.nonzero(bad)[0][0])]
            if name in COUNTS and cells[int(np.nonzero(bad)[0][0])].endswith("%"):
                raise BadInput(
                    "{source}:{line}: the figure {name!r} ({also}) is a share, and no number of calls: export "
                    "the number",
                    source=source,
                    line=line,
                    name=name,
                    also=", ".join(ALSO[name][:2]),
                )
            raise BadInput(
                "{source}:{line}: the figure {name!r} ({also}) is no number ({cell}): mend it, or write decimal: ',' "
                "in a map (--columns) where it has a decimal comma",
                source=source,
                cell=masked(cells[int(np.nonzero(bad)[0][0])]),
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
        tally.notes.append(
            said("its column of calls abandoned is empty: those offered and not answered are taken for them")
        )
        found["abandoned"] = found["offered"] - np.nan_to_num(found["answered"])
    _check_counts(found, rows, source)
    counts = {name: np.nan_to_num(found[name]) for name in COUNTS}
    if not counts["offered"].any():
        raise BadInput("{source}: no call was offered in any of its intervals", source=source)
    if np.isnan(found["answered"]).all():
        counts["answered"] = counts["offered"] - counts["abandoned"]
    done, offered = counts["answered"] + counts["abandoned"], counts["offered"]
    if done.sum() > (1 + TOLERANCE) * offered.sum() + FEW:
        raise BadInput(
            "{source}: {done:,.0f} calls were answered or abandoned, and {offered:,.0f} offered: do its columns of "
            "counts hold calls (offered, answered, abandoned)?",
            source=source,
            done=float(done.sum()),
            offered=float(offered.sum()),
        )
    found |= counts
    for name, of in MEANS.items():
        whole = found.get(f"{name}_all")
        if whole is not None and np.isfinite(whole).any():
            with np.errstate(divide="ignore", invalid="ignore"):
                found[name] = np.where(counts[of] > 0, whole / counts[of], np.nan)
    lasting = "talk" if np.isfinite(found["talk"]).any() else "handle"
    if lasting in plain and (scale := _unit_s(found[lasting], tally)) != 1:
        for name in (name for name in MEANS if name in plain):
            found[name] = found[name] * scale
    if np.isnan(found["talk"]).all() and np.isfinite(found["handle"]).any():
        found["talk"] = found["handle"] - np.nan_to_num(found["acw"])
    found["talk"] = found["talk"] + np.nan_to_num(found["hold"])
    if np.isfinite(found["level"]).any() and np.nanmax(found["level"]) <= 1:
        found["level"] = 100 * found["level"]
    if np.isfinite(found["within"]).any():
        with np.errstate(divide="ignore", invalid="ignore"):
            found["level"] = 100 * found["within"] / counts["offered"]
    return found


def _unit_s(lasting: Floats, tally: Tally) -> float:
    """Return how many seconds the unit is in which mean talk times can be; what is no second is said."""
    middle = float(np.median(lasting[lasting > 0])) if (lasting > 0).any() else UNTOLD_S
    if middle >= MS_FROM:
        tally.notes.append(said("times are read as milliseconds: in seconds nobody could talk so long"))
        return 1 / 1000
    if middle <= DAYS_TO:
        tally.notes.append(said("times are read as parts of a day: in seconds nobody could talk so briefly"))
        return DAY / SECOND
    if middle <= MINUTES_TO:
        tally.notes.append(said("times are read as minutes: in seconds nobody could talk so briefly"))
        return MINUTE / SECOND
    return 1


def _check_counts(found: dict[str, Floats], rows: Rows, source: str) -> None:
    """Refuse counts that are no whole numbers from 0 on, and rows in which calls are answered and none is offered."""
    for name in COUNTS:
        told = np.nan_to_num(found[name])
        wrong = (told < 0) | (told % 1 != 0)
        if wrong.any():
            raise BadInput(
                "{source}:{line}: the figure {name!r} ({also}) is no number of calls: a whole one, from 0 on",
                source=source,
                line=rows.lines[int(np.flatnonzero(wrong)[0])],
                name=name,
                also=", ".join(ALSO[name][:2]),
            )
    none = np.isnan(found["offered"]) & (np.nan_to_num(found["answered"]) + np.nan_to_num(found["abandoned"]) > 0)
    if none.any():
        raise BadInput(
            "{source}:{line}: has calls answered or abandoned, and an empty cell for those offered: fill it in, or "
            "take the row out",
            source=source,
            line=rows.lines[int(np.flatnonzero(none)[0])],
        )


def _log(found: Intervals, figures: dict[str, Floats], form: Columns, tally: Tally) -> CallLog:
    begin, rows = found.begin, found.rows
    offered, answered, abandoned = (np.rint(figures[name]).astype(np.int64) for name in COUNTS)
    beyond = _settle(offered, answered, abandoned, begin, rows.cells["queue"])
    tally.notes += _notes(int((offered - abandoned - answered).sum()), beyond)
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


def _settle(offered: Ints, answered: Ints, abandoned: Ints, begin: Ints, queue: Sequence[str]) -> int:
    """Move calls that end in a later interval than they were offered in back to it; return how many fit into none.

    They were offered in the latest interval of that day and queue before which more were offered than ended.
    """
    spare = offered - answered - abandoned
    beyond = 0
    for row in np.flatnonzero(spare < 0).tolist():
        before = [
            k for k in np.flatnonzero((spare > 0) & (begin < begin[row]) & (begin // DAY == begin[row] // DAY)).tolist()
            if queue[k] == queue[row]
        ]  # fmt: skip
        for k in sorted(before, key=lambda k: -begin[k]):
            for ended in (answered, abandoned):
                n = min(int(ended[row]), int(spare[k]), -int(spare[row]))
                ended[row], ended[k] = ended[row] - n, ended[k] + n
                spare[row], spare[k] = spare[row] + n, spare[k] - n
        for ended in (answered, abandoned):
            n = min(int(ended[row]), -int(spare[row]))
            ended[row], spare[row], beyond = ended[row] - n, spare[row] + n, beyond + n
    return beyond


def _ranks(row: Ints, turn: Ints) -> Ints:
    """Return the place of each call among those of its row, by `turn`."""
    order = np.lexsort((turn, row))
    rank = np.empty(len(row), np.int64)
    first = np.concatenate(([0], np.nonzero(np.diff(row[order]))[0] + 1)) if len(row) else np.zeros(0, np.int64)
    starts = np.repeat(first, np.diff(np.append(first, len(row))))
    rank[order] = np.arange(len(row)) - starts
    return rank


def _notes(moved: int, beyond: int) -> list[str]:
    found = [
        said(
            "an interval history tells no single call: talk times are assumed to be exponential, patience is assumed "
            "to be exponential and estimated by Erlang A, and who is there is not known"
        )
    ]
    if moved:
        found.append(
            said("{n:,} calls were neither answered nor abandoned in their interval: taken as overflowed", n=moved)
        )
    if beyond:
        found.append(
            said(
                "{n:,} calls were answered or abandoned in intervals before which none was offered: left out", n=beyond
            )
        )
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
