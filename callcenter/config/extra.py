"""People more or fewer than rostered: `extra: {group: 2}` whenever the group is there, or by spans of the day.

`extra: {desk: {10:00-12:00: 2, 15:00-15:30: -1}}` is what a planner tries half hour by half hour: two more come, or one
who is rostered is off the phone. Everybody else stays who they are, so that a comparison differs by these people alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import gcd

from callcenter.centre import Centre
from callcenter.config.refusals import Path, Wrong, unknown
from callcenter.config.words import span
from callcenter.hours import weekday
from callcenter.language.said import said, text_of
from callcenter.scenario import Break, Shift, Staffing
from callcenter.units import DAY, HOUR, MINUTE, Millis

Span = tuple[int, int]
Wanted = Mapping[Span, int]
"""Span of the day (ms after midnight) → heads more, or fewer."""


def with_extra(
    extra: Mapping[str, int | Mapping[str, int]], shifts: Sequence[Shift], staffing: Sequence[Staffing], centre: Centre,
    base: Path,
) -> tuple[tuple[Shift, ...], tuple[Staffing, ...]]:  # fmt: skip
    """Return shifts and staffing with those people more or fewer, on every day on which the group is there.

    A number is for whenever somebody of the group is rostered; where fewer are there than shall be taken away, nobody
    is left. Who comes besides has a shift of just that time. Who is taken away is on a break: the first of the group
    who are there for the whole stretch, the same people as long as they are.

    Raises:
        Wrong: a group that is not there, no span of a day, spans that overlap, or fewer people than shall go on
            every day.
    """
    groups = [group.name for group in centre.groups]
    for group, wish in extra.items():
        path: Path = (*base, group)
        if group not in groups:
            raise Wrong(path, unknown("group", group, groups))
        there = _there(group, shifts, staffing)
        if not any(there.values()):
            raise Wrong(path, said("has nobody on duty on any day: give it shifts or staffing first"))
        shifts, staffing = _changed(group, wish, there, list(shifts), list(staffing), path)
    return tuple(shifts), tuple(staffing)


def _changed(
    group: str, wish: int | Mapping[str, int], there: Mapping[int, list[Span]], shifts: list[Shift],
    staffing: list[Staffing], path: Path,
) -> tuple[list[Shift], list[Staffing]]:  # fmt: skip
    """Return all shifts and staffing with one group's wish carried out, day of the week by day of the week."""
    always = isinstance(wish, int)
    spans = {} if isinstance(wish, int) else _spans(wish, path)
    wanted = {
        day: dict.fromkeys(parts, wish) if isinstance(wish, int) else spans for day, parts in there.items() if parts
    }
    fewer = {
        day: {part: -n for part, n in spans_.items() if n < 0} for day, spans_ in wanted.items()
    }  # fmt: skip
    if any(fewer.values()):
        parts: list[Shift | Staffing] = [*shifts, *staffing]
        if any(part.group == group and (part.dates or part.but) for part in parts):
            raise Wrong(path, said("has people by date: take who shall not be there off their agents instead"))
        shifts, staffing = _without(group, fewer, shifts, staffing, path, most=always)
    for (begin, end, agents), days in _shifts_of(wanted).items():
        shifts.append(Shift(group, agents, begin, end, weekdays=tuple(days)))
    return shifts, staffing


def _spans(wish: Mapping[str, int], path: Path) -> dict[Span, int]:
    found: dict[Span, int] = {}
    for text, heads in wish.items():
        try:
            begin, end = span(text)
        except ValueError as error:
            raise Wrong((*path, text), text_of(error)) from None
        if end > DAY:
            raise Wrong((*path, text), said("goes past midnight: write two spans, to 24:00 and from 00:00"))
        found[begin, end] = heads
    ordered = sorted(found)
    for (_, end), (begin, last) in pairwise(ordered):
        if begin < end:
            raise Wrong((*path, f"{_clock(begin)}-{_clock(last)}"), said("overlaps another span: let one end before"))
    return {part: found[part] for part in ordered if found[part]}


def _there(group: str, shifts: Sequence[Shift], staffing: Sequence[Staffing]) -> dict[int, list[Span]]:
    """Return the stretches in which somebody of the group is rostered, by day of the week on which they begin."""
    raw: dict[int, list[Span]] = {day: [] for day in range(7)}
    for shift in shifts:
        if shift.group == group and shift.agents:
            for day in _weekdays(shift):
                raw[day].append((shift.begin, shift.end))
    for curve in staffing:
        if curve.group == group:
            spans = [
                (curve.begin + n * curve.interval, curve.begin + (n + 1) * curve.interval)
                for n, heads in enumerate(curve.agents) if heads
            ]  # fmt: skip
            for day in _weekdays(curve):
                raw[day] += spans
    return {day: _union(parts) for day, parts in raw.items()}


def _weekdays(part: Shift | Staffing) -> tuple[int, ...]:
    return tuple(sorted({weekday(day * DAY) for day in part.dates})) if part.dates else part.weekdays


def _union(parts: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in sorted(parts):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return found


def _shifts_of(wanted: Mapping[int, Wanted]) -> dict[tuple[int, int, int], list[int]]:
    """Return the shifts of who comes besides: begin, end and how many → days of the week.

    One person stays for spans that follow one another.
    """
    found: dict[tuple[int, int, int], list[int]] = {}
    for day, spans in wanted.items():
        more = {part: n for part, n in spans.items() if n > 0}
        layers = [
            stretch
            for level in range(1, max(more.values(), default=0) + 1)
            for stretch in _union([part for part, n in more.items() if n >= level])
        ]
        for (begin, end), same in groupby(sorted(layers)):
            found.setdefault((begin, end, len(list(same))), []).append(day)
    return found


# --- fewer


@dataclass(slots=True)
class _Seat:
    """One person of a shift, and when they are taken off the phone, by day of the week."""

    shift: int
    off: dict[int, list[Span]]


def _without(
    group: str, fewer: Mapping[int, Wanted], shifts: list[Shift], staffing: list[Staffing], path: Path, *, most: bool
) -> tuple[list[Shift], list[Staffing]]:
    """Return the people without those who shall not be there; with `most`, as many of them as there are."""
    mine = {n: shift for n, shift in enumerate(shifts) if shift.group == group}
    seats = [_Seat(n, {}) for n, shift in mine.items() for _ in range(shift.agents)]
    curves = {n: curve for n, curve in enumerate(staffing) if curve.group == group}
    cut: dict[int, dict[int, dict[Span, int]]] = {n: {} for n in curves}
    best: dict[Span, tuple[int, int]] = {}
    for day, spans in fewer.items():
        on = {n: curve for n, curve in curves.items() if day in curve.weekdays}
        edges = _edges([shift for shift in mine.values() if day in shift.weekdays], list(on.values()))
        for whole, count in spans.items():
            fewest = count
            for begin, end in _pieces(whole, edges):
                here = [seat for seat in seats if _is_there(mine[seat.shift], day, begin, end)]
                for seat in here[:count]:
                    seat.off.setdefault(day, []).append((begin, end))
                left = count - min(count, len(here))
                for n, curve in on.items():
                    took = min(left, _heads(curve, begin, end))
                    if took:
                        cut[n].setdefault(day, {})[begin, end] = took
                        left -= took
                fewest = min(fewest, count - left)
            best[whole] = max(best.get(whole, (0, count)), (fewest, count))
    for (begin, end), (there, count) in best.items() if not most else ():
        if there < count:
            text = f"{_clock(begin)}-{_clock(end)}"
            raise Wrong(
                (*path, text),
                said("is {what}, but {there} are there all that time: take fewer", what=-count, there=there),
            )
    return (
        [part for n, shift in enumerate(shifts) for part in (_reseated(shift, n, seats) if n in mine else [shift])],
        [part for n, curve in enumerate(staffing) for part in (_lowered(curve, cut[n]) if n in cut else [curve])],
    )


def _edges(shifts: Sequence[Shift], curves: Sequence[Staffing]) -> list[int]:
    """Return the instants at which somebody comes, goes, or takes a break."""
    found = {curve.begin + n * curve.interval for curve in curves for n in range(len(curve.agents) + 1)}
    for shift in shifts:
        found |= {shift.begin, shift.end}
        for pause in shift.breaks:
            found |= {shift.begin + pause.begin, shift.begin + pause.begin + pause.length}
    return sorted(found)


def _pieces(whole: Span, edges: Sequence[int]) -> list[Span]:
    return list(pairwise([whole[0], *(edge for edge in edges if whole[0] < edge < whole[1]), whole[1]]))


def _is_there(shift: Shift, day: int, begin: int, end: int) -> bool:
    if day not in shift.weekdays or not (shift.begin <= begin and end <= shift.end):
        return False
    return not any(
        shift.begin + pause.begin < end and begin < shift.begin + pause.begin + pause.length for pause in shift.breaks
    )


def _heads(curve: Staffing, begin: int, end: int) -> int:
    """Return the fewest heads of a curve between two times."""
    first, last = (begin - curve.begin) // curve.interval, (end - 1 - curve.begin) // curve.interval
    return min((curve.agents[n] if 0 <= n < len(curve.agents) else 0 for n in range(first, last + 1)), default=0)


def _reseated(shift: Shift, number: int, seats: Sequence[_Seat]) -> list[Shift]:
    """Return a shift once for each way in which its people are off the phone, in the order of its people."""
    mine = [seat for seat in seats if seat.shift == number]
    if not any(seat.off for seat in mine):
        return [shift]
    found = []
    for off, same in groupby(mine, key=lambda seat: seat.off):
        agents = len(list(same))
        by_pattern: dict[tuple[Span, ...], list[int]] = {}
        for day in shift.weekdays:
            by_pattern.setdefault(tuple(_union(off.get(day, []))), []).append(day)
        for spans, days in by_pattern.items():
            own = [(shift.begin + pause.begin, shift.begin + pause.begin + pause.length) for pause in shift.breaks]
            breaks = tuple(Break(b - shift.begin, Millis(e - b)) for b, e in _union([*own, *spans]))
            found.append(replace(shift, agents=agents, breaks=breaks, weekdays=tuple(days)))
    return found


def _lowered(curve: Staffing, cut: Mapping[int, Mapping[Span, int]]) -> list[Staffing]:
    """Return a staffing curve with fewer heads where they shall be fewer."""
    by_cut: dict[tuple[tuple[Span, int], ...], list[int]] = {}
    for day in curve.weekdays:
        by_cut.setdefault(tuple(cut.get(day, {}).items()), []).append(day)
    found = []
    for spans, days in by_cut.items():
        step = curve.interval
        for (begin, end), _ in spans:
            step = Millis(gcd(step, begin - curve.begin, end - curve.begin))
        step = Millis(max(step, 1))
        agents = [heads for heads in curve.agents for _ in range(curve.interval // step)]
        for (begin, end), count in spans:
            for n in range((begin - curve.begin) // step, (end - curve.begin) // step):
                agents[n] -= count
        found.append(replace(curve, agents=tuple(agents), interval=step, weekdays=tuple(days)))
    return found


def _clock(at: int) -> str:
    return f"{at // HOUR:02}:{at % HOUR // MINUTE:02}"
