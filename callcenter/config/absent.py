"""People who are sick: `absent: {group: 2}` takes so many of a group off duty on every day."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from callcenter.centre import Centre
from callcenter.config.refusals import Path, Wrong, unknown
from callcenter.config.words import WEEKDAYS
from callcenter.language.said import said
from callcenter.scenario import Shift, Staffing


def without(
    absent: Mapping[str, int], shifts: Sequence[Shift], staffing: Sequence[Staffing], centre: Centre, base: Path
) -> tuple[tuple[Shift, ...], tuple[Staffing, ...]]:
    """Return shifts and staffing without those who are absent.

    On each day the absent are taken, one by one, from the shift of the group that still has most people (the first of
    them where two are alike); from its staffing curve, so many in each interval, on days when it has no shift.

    Raises:
        Wrong: a group that is not there, or more absent than there are.
    """
    groups = [group.name for group in centre.groups]
    for group in absent:
        if group not in groups:
            raise Wrong((*base, group), unknown("group", group, groups))
    wanted = {group: count for group, count in absent.items() if count}
    if not wanted:
        return tuple(shifts), tuple(staffing)
    for shift in shifts:
        if shift.group in wanted and (shift.dates or shift.but):
            raise Wrong((*base, shift.group), said("has shifts by date: take who is absent off their agents instead"))
    # heads[i][d]: people of shift i left on weekday d.
    heads = [dict.fromkeys(shift.weekdays, shift.agents) for shift in shifts]
    curves = [dict.fromkeys(entry.weekdays, 0) for entry in staffing]
    for group, count in wanted.items():
        seen = False
        for day in range(7):
            ours = [i for i, shift in enumerate(shifts) if shift.group == group and day in heads[i]]
            flat = [i for i, entry in enumerate(staffing) if entry.group == group and day in curves[i]]
            there = sum(heads[i][day] for i in ours) or max((max(staffing[i].agents) for i in flat), default=0)
            seen = seen or bool(ours or flat)
            if (ours or flat) and count > there:
                raise Wrong(
                    (*base, group),
                    said(
                        "is {count}, but {there} are on duty on {weekdays}: name fewer",
                        count=count,
                        there=there,
                        weekdays=WEEKDAYS[day],
                    ),
                )
            if not ours:
                for i in flat:
                    curves[i][day] = count
            for _ in range(count if ours else 0):
                most = max(ours, key=lambda i: (heads[i][day], -i))  # used at once
                heads[most][day] -= 1
        if not seen:
            raise Wrong((*base, group), said("has nobody on duty who could be absent: add shifts or staffing"))
    return (
        tuple(part for shift, left in zip(shifts, heads, strict=True) for part in _by_heads(shift, left)),
        tuple(part for entry, gone in zip(staffing, curves, strict=True) for part in _by_absent(entry, gone)),
    )


def _by_heads(shift: Shift, left: Mapping[int, int]) -> list[Shift]:
    """Return the shift once for each number of people it has left."""
    if shift.agents == 0 or all(heads == shift.agents for heads in left.values()):
        return [shift]
    return [
        replace(shift, agents=heads, weekdays=tuple(day for day in left if left[day] == heads))
        for heads in dict.fromkeys(left.values())
    ]


def _by_absent(entry: Staffing, gone: Mapping[int, int]) -> list[Staffing]:
    if not any(gone.values()):
        return [entry]
    return [
        replace(
            entry,
            agents=tuple(max(0, heads - count) for heads in entry.agents),
            weekdays=tuple(day for day in gone if gone[day] == count),
        )
        for count in dict.fromkeys(gone.values())
    ]
