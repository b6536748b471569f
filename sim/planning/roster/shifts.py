"""Shift types become a programme of cover, one for each group; its answer becomes shifts.

Rows are stretches of the day between any two instants at which something may change (a shift, a break, an interval),
so a break of 15 minutes in a half hour counts as what it is. Columns are shift types at each begin, on each kind of
day. Where no shift goes past midnight, kinds of day are solved one by one. Where one may, the week is solved as a
whole and as a ring: Monday's early hours are covered by those who began on Sunday, whatever Sunday is like.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import fsum
from typing import Final

import numpy as np
from scipy import sparse

from callcenter.config.words import date_text
from callcenter.contact_plan import EVERY_DAY
from callcenter.errors import BadInput
from callcenter.hours import Zone, weekday
from callcenter.scenario import Scenario, Shift, ShiftType
from callcenter.units import DAY, HOUR
from sim.model.streams import Floats, Ints
from sim.planning.roster.cover import Aim, Cover, Problem, cover
from sim.planning.roster.need import Need
from sim.planning.roster.opening import days_like, open_blocks

MOST_BEGINS: Final = 2_000
"""Possible begins of all shift types of a group: more is a step that nobody means."""


@dataclass(frozen=True, slots=True)
class Begin:
    """A shift type at one of its begins (ms after midnight)."""

    type: ShiftType
    at: int

    @property
    def end(self) -> int:
        """Return when it ends, ms after the midnight before its begin."""
        return self.at + self.type.length


@dataclass(frozen=True, slots=True, eq=False)
class KindShifts:
    """The shifts of one group that begin on one kind of day."""

    need: Need
    group: str
    begins: tuple[Begin, ...]
    chosen: Ints
    """How many of each."""

    def taken(self) -> list[tuple[Begin, int]]:
        """Return what was chosen and how many of it, in order of begin."""
        some = [(b, int(n)) for b, n in zip(self.begins, self.chosen, strict=True) if n > 0]
        return sorted(some, key=lambda pair: (pair[0].at, pair[0].type.name))

    def shifts(self) -> list[Shift]:
        """Return what was chosen as shifts."""
        need = self.need
        on, dates = (need.weekdays, ()) if need.weekdays else (EVERY_DAY, need.days)
        return [Shift(self.group, n, b.at, b.end, b.type.breaks, on, dates, need.but) for b, n in self.taken()]

    def names(self) -> list[str]:
        """Return the shift types of `shifts`, in the same order."""
        return [b.type.name for b, _ in self.taken()]

    @property
    def cost(self) -> float:
        """Of one such day."""
        return float(sum(b.type.cost * n for b, n in self.taken()))


@dataclass(frozen=True, slots=True, eq=False)
class GroupRoster:
    """One group on days that are alike, those of the day before included where their shifts go on past midnight."""

    need: Need
    kind: KindShifts
    before: KindShifts | None
    """Whose shifts of the day before go on into this one; None: nobody's."""
    edges: Ints
    """Of the stretches, ms after midnight, from 0 to 24 h."""
    given: Floats
    """Heads in each stretch; `under` are those missing, `over` those too many."""
    under: Floats
    over: Floats

    @property
    def group(self) -> str:
        """Return the group's name."""
        return self.kind.group

    @property
    def required(self) -> Ints:
        """Heads needed by interval."""
        return self.need.heads[self.group]

    @property
    def lengths(self) -> Floats:
        """Of the stretches, ms."""
        return np.diff(self.edges).astype(np.float64)

    def by_interval(self, heads: Floats) -> Floats:
        """Return the mean over each interval of figures by stretch."""
        count = len(self.required)
        where = np.minimum(self.edges[:-1] // self.need.interval, count - 1)
        return np.bincount(where, heads * self.lengths, count) / self.need.interval

    def worst(self, heads: Floats) -> Floats:
        """Return the largest in each interval of figures by stretch."""
        count = len(self.required)
        where = np.minimum(self.edges[:-1] // self.need.interval, count - 1)
        found = np.zeros(count)
        np.maximum.at(found, where, heads)
        return found

    def hours(self, heads: Floats, zone: Zone) -> float:
        """Return head hours of figures by stretch on all of its measured days, as long as those days are."""
        return fsum(float(heads @ self._lengths_on(day, zone)) for day in self.need.days) / HOUR

    def _lengths_on(self, day: int, zone: Zone) -> Floats:
        midnight = day * DAY
        if zone.instant(midnight + DAY) - zone.instant(midnight) == DAY:
            return self.lengths
        spans = pairwise((midnight + self.edges).tolist())
        return np.array([zone.length(begin, end) for begin, end in spans], np.float64)

    def first_short(self) -> tuple[int, str] | None:
        """Return the first interval that is not covered (ms after midnight), and why."""
        short = np.flatnonzero(self.worst(self.under) > 0)
        if not short.size:
            return None
        n = int(short[0])
        begin, end = n * self.need.interval, (n + 1) * self.need.interval
        had = self.given[(self.edges[:-1] >= begin) & (self.edges[:-1] < end)].min()
        if not self._reached(begin, end):
            return begin, "no shift type is at work then"
        limits = "limits of the shift types, breaks, opening hours"
        return begin, f"needs {int(self.required[n])}, at most {had:.0f} can be there ({limits})"

    def never(self) -> list[int]:
        """Return the stretches (ms after midnight) that need somebody and that no shift type reaches."""
        wanted = self.required[np.minimum(self.edges[:-1] // self.need.interval, len(self.required) - 1)]
        spans = zip(self.edges[:-1].tolist(), self.edges[1:].tolist(), wanted.tolist(), strict=True)
        return [begin for begin, end, heads in spans if heads > 0 and not self._reached(begin, end)]

    def _reached(self, begin: int, end: int) -> bool:
        today = any(b.at < end and begin < b.end for b in self.kind.begins)
        before = self.before.begins if self.before is not None else ()
        return today or any(begin < b.end - DAY for b in before)


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A group's shifts on kinds of day that were solved together, and how good they are on the measured days."""

    kinds: tuple[KindShifts, ...]
    parts: tuple[GroupRoster, ...]
    value: float
    """What was made small on the measured days: the cost, or the distance from the need in head intervals."""
    bound: float
    """Nothing can be below this (for the same shifts on the days that are not measured)."""
    optimal: bool
    """Proved: no other choice is better."""
    seconds_limit: float
    hit_limit: bool


def solve_group(
    scenario: Scenario, needs: Sequence[Need], group: str, *, aim: Aim, time_limit_s: float
) -> list[Solved]:
    """Return the best shifts of a group on every kind of day.

    Raises:
        BadInput: Too many possible begins, no HiGHS.
        NothingFound: The time limit came before any plan.
    """
    types = [kind for kind in scenario.shift_types if kind.group == group]
    kinds = [KindShifts(need, group, tuple(begins_of(scenario, types, need)), _nobody()) for need in needs]
    if all(b.end <= DAY for kind in kinds for b in kind.begins):
        some = [kind for kind in kinds if kind.need.heads[group].any()]
        return [_solve([kind], aim, time_limit_s) for kind in some]
    if any(not need.weekdays for need in needs):
        dates = ", ".join(date_text(day) for need in needs if not need.weekdays for day in need.days[:3])
        raise BadInput(
            "shift types of {group} go past midnight, which cannot be scheduled with dates that are unlike their "
            "days of the week ({dates}): write two shift types for a night, one until 24:00 and one from 00:00, "
            "or schedule a week without such dates (horizon.week)",
            group=group,
            dates=dates,
        )
    kinds = [
        KindShifts(
            need, group, tuple(b for b in begins_of(scenario, types, need) if b.end > DAY or not at_rest), _nobody()
        )
        for need, at_rest in _by_morrow(needs, _rest(scenario, needs))
    ]
    return [_solve(kinds, aim, time_limit_s)] if any(kind.need.heads[group].any() for kind in kinds) else []


def _nobody() -> Ints:
    return np.zeros(0, dtype=np.int64)


def _rest(scenario: Scenario, needs: Sequence[Need]) -> Need | None:
    """Return the need of the days of the week that need nobody: their evenings may serve the next day."""
    free = tuple(day for day in range(7) if not any(day in need.weekdays for need in needs))
    if not free:
        return None
    days = tuple(day for day in scenario.horizon.measured if weekday(day * DAY) in free)
    heads = {group: np.zeros_like(line) for group, line in needs[0].heads.items()}
    return Need(free, days, needs[0].interval, heads)


def _by_morrow(needs: Sequence[Need], rest: Need | None) -> list[tuple[Need, bool]]:
    """Return kinds of day apart by what the next day is like, and whether they need nobody themselves.

    An evening shift is for the next day too: on a Friday before a closed Saturday it is not what it is on a Thursday.
    """
    kinds = [*needs, *([rest] if rest is not None else [])]
    of = {day: n for n, need in enumerate(kinds) for day in need.weekdays}
    found = []
    for need in kinds:
        apart: dict[int | None, list[int]] = {}
        for day in need.weekdays:
            apart.setdefault(of.get((day + 1) % 7), []).append(day)
        found += [(_only(need, weekdays), need is rest) for weekdays in apart.values()]
    return found


def _only(need: Need, weekdays: Sequence[int]) -> Need:
    days = tuple(day for day in need.days if weekday(day * DAY) in weekdays)
    return replace(need, weekdays=tuple(weekdays), days=days)


def begins_of(scenario: Scenario, types: Sequence[ShiftType], need: Need) -> list[Begin]:
    """Return every shift type at every begin it may have on such days: within opening hours, unless it says otherwise.

    Raises:
        BadInput: More begins than anybody means.
    """
    count = sum((kind.latest - kind.earliest) // kind.step + 1 for kind in types)
    if count > MOST_BEGINS:
        raise BadInput(
            "shift_types have {count:,} possible begins: at most {most_begins:,}: make step longer",
            count=count,
            most_begins=MOST_BEGINS,
        )
    found = [Begin(kind, at) for kind in types for at in range(kind.earliest, kind.latest + 1, kind.step)]
    if not types:
        return found
    dates = days_like(scenario, need.weekdays, need.days, need.but)
    blocks = [open_blocks(scenario, types[0].group, day) for day in dates]
    return [
        b
        for b in found
        if b.type.outside_hours
        or all(some is None or any(begin <= b.at and b.end <= end for begin, end in some) for some in blocks)
    ]


def edges_of(begins: Sequence[Begin], need: Need) -> Ints:
    """Return the instants of the day at which anything may change, 0 and 24 h among them."""
    found = list(range(0, DAY + 1, need.interval))
    for b in begins:
        found += [b.at % DAY, b.end % DAY]
        for part in b.type.breaks:
            found += [(b.at + part.begin) % DAY, (b.at + part.begin + part.length) % DAY]
    return np.unique(np.array([*found, 0, DAY], dtype=np.int64))


def _sections(kinds: Sequence[KindShifts]) -> list[tuple[Need, KindShifts, KindShifts | None]]:
    """Return kinds of day apart by what the day before is like, where its shifts go on past midnight."""
    of = {day: kind for kind in kinds for day in kind.need.weekdays}
    found: list[tuple[Need, KindShifts, KindShifts | None]] = []
    for kind in kinds:
        if not kind.need.weekdays:
            found.append((kind.need, kind, None))
            continue
        apart: dict[int, list[int]] = {}
        for day in kind.need.weekdays:
            eve = of.get((day - 1) % 7)
            goes_on = eve is not None and any(b.end > DAY for b in eve.begins)
            apart.setdefault(kinds.index(eve) if eve is not None and goes_on else -1, []).append(day)
        for before_, weekdays in apart.items():
            before = kinds[before_] if before_ >= 0 else None
            found.append((_only(kind.need, weekdays), kind, before))
    return found


def _solve(kinds: list[KindShifts], aim: Aim, time_limit_s: float) -> Solved:
    """Return the best shifts on kinds of day that hang together."""
    group = kinds[0].group
    sections = _sections(kinds)
    edges = edges_of([b for kind in kinds for b in kind.begins], kinds[0].need)
    starts = edges[:-1]
    columns = [(k, b) for k, kind in enumerate(kinds) for b in kind.begins]
    blocks, wanted, weights = [], [], []
    for need, kind, before in sections:
        heads = need.heads[group]
        wanted.append(heads[np.minimum(starts // need.interval, len(heads) - 1)].astype(np.float64))
        weights.append(np.diff(edges) / need.interval * _times(need))
        blocks.append(_covering(columns, kinds.index(kind), -1 if before is None else kinds.index(before), starts))
    covers = sparse.csr_array(np.vstack(blocks))
    often = np.array([_times(kind.need) for kind in kinds])
    cost = np.array([b.type.cost * often[k] for k, b in columns])
    need_, weight = np.concatenate(wanted), np.concatenate(weights)
    problem = Problem(need_, covers, cost, weight=weight, together=_together(columns))
    found = cover(problem, aim=aim, time_limit_s=time_limit_s) if columns else _uncovered(problem, time_limit_s)
    done = tuple(
        replace(kind, chosen=found.chosen[[n for n, (k, _) in enumerate(columns) if k == i]])
        for i, kind in enumerate(kinds)
    )
    parts = tuple(
        GroupRoster(
            need, done[kinds.index(kind)], None if before is None else done[kinds.index(before)], edges,
            *(figure[n * len(starts) : (n + 1) * len(starts)] for figure in (found.given, found.under, found.over)),
        )
        for n, (need, kind, before) in enumerate(sections)
    )  # fmt: skip
    return _judged(done, parts, found, aim)


def _times(need: Need) -> int:
    """Return how often such a day counts: as often as it is measured, or as it comes in a week."""
    return len(need.days) or len(need.weekdays)


def _covering(columns: Sequence[tuple[int, Begin]], today: int, before: int, starts: Ints) -> Floats:
    """Return which column has somebody on the phone in which stretch of a day of kind `today` after one of `before`."""
    found = np.zeros((len(starts), len(columns)))
    for n, (kind, b) in enumerate(columns):
        for which, offset in ((today, 0), (before, DAY)):
            if kind == which:
                at = starts + offset - b.at
                there = (at >= 0) & (at < b.type.length)
                for part in b.type.breaks:
                    there &= ~((at >= part.begin) & (at < part.begin + part.length))
                found[:, n] += there
    return found


def _together(columns: Sequence[tuple[int, Begin]]) -> tuple[tuple[tuple[int, ...], float], ...]:
    """Return the columns of each shift type with a limit, day by day."""
    found: dict[tuple[int, str], list[int]] = {}
    most: dict[tuple[int, str], float] = {}
    for n, (kind, b) in enumerate(columns):
        if b.type.most is not None:
            found.setdefault((kind, b.type.name), []).append(n)
            most[kind, b.type.name] = float(b.type.most)
    return tuple((tuple(members), most[key]) for key, members in found.items())


def _uncovered(problem: Problem, time_limit_s: float) -> Cover:
    """Return what there is without any shift: nobody."""
    nobody = np.zeros(len(problem.need))
    return Cover(_nobody(), nobody, 0.0, 0.0, 0.0, True, problem.need, nobody.copy(), time_limit_s, False)


def _judged(kinds: tuple[KindShifts, ...], parts: tuple[GroupRoster, ...], found: Cover, aim: Aim) -> Solved:
    """Return the answer with its word on the measured days alone."""
    if aim is Aim.COST:
        value = sum(kind.cost * len(kind.need.days) for kind in kinds)
    else:
        value = sum(
            float(((part.under + part.over) * part.lengths).sum()) / part.need.interval * len(part.need.days)
            for part in parts
        )
    bound = max(0.0, value - (found.value - found.bound))
    return Solved(kinds, parts, value, bound, found.optimal, found.seconds_limit, found.hit_limit)
