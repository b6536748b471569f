"""People on duty from a scenario file: shifts with breaks, staffing by interval, desks, shift types."""

from collections.abc import Sequence

from callcenter.centre import Centre
from callcenter.config.laws import build_law
from callcenter.config.refusals import Path, Wrong, unknown
from callcenter.config.scenario_form import BreakForm, DeskForm, ShiftForm, ShiftTypeForm, StaffingForm
from callcenter.language.said import said
from callcenter.money import Money
from callcenter.scenario import Break, Desk, Shift, ShiftType, Staffing, is_on
from callcenter.units import DAY, HOUR, MINUTE, Millis


def build_shifts(forms: Sequence[ShiftForm], centre: Centre, base: Path) -> tuple[Shift, ...]:
    """Return the shifts of a scenario."""
    shifts = []
    for i, form in enumerate(forms):
        path: Path = (*base, i)
        _known_group(form.group, centre, (*path, "group"))
        if form.start == DAY:
            raise Wrong((*path, "from"), said("is 24:00: write 00:00 and the next weekday"))
        end = form.end if form.end > form.start else form.end + DAY
        breaks = _breaks(form.breaks, form.start, end - form.start, (*path, "breaks"))
        shifts.append(Shift(form.group, form.agents, form.start, end, breaks, form.weekdays, form.dates, form.but))
    return tuple(shifts)


def build_staffing(forms: Sequence[StaffingForm], centre: Centre, interval: Millis, base: Path) -> tuple[Staffing, ...]:
    """Return the staffing of a scenario; two entries for one group may not overlap."""
    staffing = list[Staffing]()
    for i, form in enumerate(forms):
        path: Path = (*base, i)
        _known_group(form.group, centre, (*path, "group"))
        every = form.every if form.every is not None else interval
        if not MINUTE <= every <= DAY:
            raise Wrong((*path, "every"), said("is not an interval of one minute to one day: write 30m"))
        heads = _heads(form, every, path)
        entry = Staffing(form.group, *heads, weekdays=form.weekdays, dates=form.dates, but=form.but)
        for other in staffing:
            if entry.group == other.group and _overlap(entry, other):
                dated = form.dates or other.dates
                otherwise = said(", or leave the dates out of the other one, but: [...]") if dated else ""
                raise Wrong(
                    path,
                    said(
                        "overlaps an earlier entry for {group!r}: let one end before the other begins{otherwise}",
                        group=form.group, otherwise=otherwise,
                    ),
                )  # fmt: skip
        staffing.append(entry)
    return tuple(staffing)


def _heads(form: StaffingForm, every: Millis, path: Path) -> tuple[tuple[int, ...], int, Millis]:
    """Return agents per interval, the begin and the interval's length."""
    if len(form.agents) == 1 and (form.until is not None or form.every is None):
        length = (DAY if form.until is None else form.until) - form.start
        if length <= 0:
            raise Wrong(
                (*path, "until"), said("is not after from: over midnight, write two, until 24:00 and from 00:00")
            )
        if length % every:
            return tuple(form.agents), form.start, Millis(length)
        return tuple(form.agents) * (length // every), form.start, every
    if form.until is not None:
        raise Wrong((*path, "until"), said("does not go with a list of intervals: the list's length says when it ends"))
    if form.start + len(form.agents) * every > DAY:
        much = said(
            "has {n} intervals of {every} min, which goes past midnight: at most {most} fit",
            n=len(form.agents), every=every // MINUTE, most=(DAY - form.start) // every,
        )  # fmt: skip
        raise Wrong((*path, "agents"), much)
    return tuple(form.agents), form.start, every


def _overlap(one: Staffing, other: Staffing) -> bool:
    dates = one.dates or other.dates
    if not (
        any(is_on(one, d) and is_on(other, d) for d in dates) if dates else set(one.weekdays) & set(other.weekdays)
    ):
        return False
    ends = [entry.begin + len(entry.agents) * entry.interval for entry in (one, other)]
    return one.begin < ends[1] and other.begin < ends[0]


def build_desks(forms: dict[str, DeskForm], centre: Centre, base: Path) -> tuple[Desk, ...]:
    """Return how the people of each group work."""
    desks = []
    for group, form in forms.items():
        path: Path = (*base, group)
        _known_group(group, centre, path)
        ring = build_law(form.ring, (*path, "ring"))
        desks.append(Desk(group, form.pace, form.pace_cv, ring, form.miss, form.back_after))
    return tuple(desks)


def build_shift_types(
    forms: dict[str, ShiftTypeForm], centre: Centre, money: Money | None, base: Path
) -> tuple[ShiftType, ...]:
    """Return the shifts that may be scheduled; one that names no cost costs its wages, where there are any."""
    types = []
    for name, form in forms.items():
        path: Path = (*base, name)
        _known_group(form.group, centre, (*path, "group"))
        if form.latest < form.earliest:
            raise Wrong((*path, "latest"), said("is before earliest: the last possible begin comes after the first"))
        if not 0 < form.length <= DAY:
            raise Wrong((*path, "length"), said("is not between 0 and 24 h: write 8h"))
        if form.step <= 0:
            raise Wrong((*path, "step"), said("is 0: write 30m"))
        for i, part in enumerate(form.breaks):
            if part.at is not None and form.earliest != form.latest:
                raise Wrong(
                    (*path, "breaks", i),
                    said("has a time of day, but the shift's begin is open: write {{after: 4h, for: 30m}}"),
                )
        breaks = _breaks(form.breaks, form.earliest, form.length, (*path, "breaks"))
        begins = (form.earliest, form.latest, form.step)
        cost = form.cost
        if cost is None:
            paid = money is not None and bool(money.wages)
            cost = money.shift(form.group, form.length)[0] if money is not None and paid else form.length / HOUR
        types.append(ShiftType(name, form.group, form.length, *begins, breaks, cost, form.most, form.outside_hours))
    return tuple(types)


def _breaks(forms: Sequence[BreakForm], start: int, length: int, base: Path) -> tuple[Break, ...]:
    breaks = list[Break]()
    for i, form in enumerate(forms):
        path: Path = (*base, i)
        if (form.at is None) == (form.after is None):
            raise Wrong(
                path, said("needs either at (a time of day) or after (from the shift's begin): write 12:00-12:30")
            )
        begin = form.after if form.after is not None else ((form.at or 0) - start) % DAY
        if form.length <= 0 or begin + form.length > length:
            raise Wrong(
                path,
                said(
                    "is not within the shift ({clock}-{clock_2}): move it",
                    clock=_clock(start),
                    clock_2=_clock((start + length) % DAY),
                ),
            )
        if breaks and begin < breaks[-1].begin + breaks[-1].length:
            raise Wrong(
                path, said("begins before the break above it has ended: write breaks in order, not overlapping")
            )
        breaks.append(Break(begin, form.length))
    return tuple(breaks)


def _clock(at: int) -> str:
    return f"{at // HOUR:02}:{at % HOUR // MINUTE:02}"


def _known_group(group: str, centre: Centre, path: Path) -> None:
    groups = [g.name for g in centre.groups]
    if group not in groups:
        raise Wrong(path, unknown("group", group, groups))
