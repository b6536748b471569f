"""Shift types become a programme of cover, one for each group and kind of day; its answer becomes shifts.

Rows are stretches of the day between any two instants at which something may change (a shift, a break, an interval),
so a break of 15 minutes in a half hour counts as what it is. A shift past midnight covers the early hours of the same
kind of day: the day before is taken to be like this one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from callcenter.errors import BadInput
from callcenter.scenario import Scenario, Shift, ShiftType
from callcenter.units import DAY, HOUR
from sim.roster.cover import Aim, Cover, Problem, cover, uncoverable
from sim.roster.need import Need
from sim.streams import Floats, Ints

MOST_BEGINS: Final = 2_000
"""Possible begins of all shift types of a group: more is a step that nobody means."""


@dataclass(frozen=True, slots=True)
class Begin:
    """A shift type at one of its begins (ms after midnight)."""

    type: ShiftType
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class GroupRoster:
    """One group on one kind of day."""

    need: Need
    group: str
    begins: tuple[Begin, ...]
    edges: Ints
    """Of the stretches, ms after midnight, from 0 to 24 h."""
    cover: Cover

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

    def hours(self, heads: Floats) -> float:
        """Return head hours of figures by stretch."""
        return float((heads * self.lengths).sum()) / HOUR

    def shifts(self) -> list[Shift]:
        """Return what was chosen as shifts, in order of begin."""
        chosen = [(b, int(n)) for b, n in zip(self.begins, self.cover.chosen, strict=True) if n > 0]
        return [
            Shift(self.group, n, b.at, b.at + b.type.length, b.type.breaks, self.need.weekdays)
            for b, n in sorted(chosen, key=lambda pair: (pair[0].at, pair[0].type.name))
        ]

    def names(self) -> list[str]:
        """Return the shift types of `shifts`, in the same order."""
        chosen = [b for b, n in zip(self.begins, self.cover.chosen, strict=True) if n > 0]
        return [b.type.name for b in sorted(chosen, key=lambda b: (b.at, b.type.name))]

    def first_short(self) -> tuple[int, str] | None:
        """Return the first interval that is not covered (ms after midnight), and why."""
        short = np.flatnonzero(self.worst(self.cover.under) > 0)
        if not short.size:
            return None
        n = int(short[0])
        begin, end = n * self.need.interval, (n + 1) * self.need.interval
        had = self.cover.given[(self.edges[:-1] >= begin) & (self.edges[:-1] < end)].min()
        types = [b.type for b in self.begins if self._reaches(b, begin, end)]
        if not types:
            return begin, "no shift type is at work then"
        limits = "limits of the shift types, breaks"
        return begin, f"needs {int(self.required[n])}, at most {had:.0f} can be there ({limits})"

    def _reaches(self, b: Begin, begin: int, end: int) -> bool:
        return any(b.at + day < end and begin < b.at + b.type.length + day for day in (0, -DAY))


def roster_groups(scenario: Scenario, need: Need, *, aim: Aim, time_limit_s: float) -> list[GroupRoster]:
    """Return the best roster of every group that is needed on this kind of day.

    Raises:
        BadInput: No shift types at all, too many possible begins, no HiGHS.
        NothingFound: The time limit came before any plan.
    """
    if not scenario.shift_types:
        group = scenario.centre.groups[0].name
        how = f"shift_types: {{early: {{group: {group}, length: 8h, earliest: 07:00, latest: 10:00}}}}"
        raise BadInput(f"{scenario.name}: has no shift_types to schedule: write {how}")
    return [
        _roster_group(scenario, need, group, aim, time_limit_s) for group, heads in need.heads.items() if heads.any()
    ]


def _roster_group(scenario: Scenario, need: Need, group: str, aim: Aim, time_limit_s: float) -> GroupRoster:
    begins = begins_of([kind for kind in scenario.shift_types if kind.group == group])
    edges = edges_of(begins, need)
    problem = problem_of(begins, edges, need, group)
    if not begins:
        problem = Problem(problem.need, sparse.csr_array((len(edges) - 1, 0)), np.zeros(0), weight=problem.weight)
        empty = -1 * np.minimum(-problem.need, 0.0)
        found = Cover(
            np.zeros(0, np.int64), np.zeros(len(edges) - 1), 0.0, 0.0, 0.0, True, empty, np.zeros(len(edges) - 1),
            time_limit_s, False,
        )  # fmt: skip
        return GroupRoster(need, group, (), edges, found)
    return GroupRoster(need, group, tuple(begins), edges, cover(problem, aim=aim, time_limit_s=time_limit_s))


def begins_of(types: Sequence[ShiftType]) -> list[Begin]:
    """Return every shift type at every begin it may have.

    Raises:
        BadInput: More begins than anybody means.
    """
    count = sum((kind.latest - kind.earliest) // kind.step + 1 for kind in types)
    if count > MOST_BEGINS:
        raise BadInput(f"shift_types have {count:,} possible begins: at most {MOST_BEGINS:,}: make step longer")
    return [Begin(kind, at) for kind in types for at in range(kind.earliest, kind.latest + 1, kind.step)]


def edges_of(begins: Sequence[Begin], need: Need) -> Ints:
    """Return the instants of the day at which anything may change, 0 and 24 h among them."""
    found = list(range(0, DAY + 1, need.interval))
    for b in begins:
        found += [b.at % DAY, (b.at + b.type.length) % DAY]
        for part in b.type.breaks:
            found += [(b.at + part.begin) % DAY, (b.at + part.begin + part.length) % DAY]
    return np.unique(np.array([*found, 0, DAY], dtype=np.int64))


def problem_of(begins: Sequence[Begin], edges: Ints, need: Need, group: str) -> Problem:
    """Return the programme of one group: a row for each stretch of the day, a column for each begin."""
    starts = edges[:-1]
    heads = need.heads[group]
    wanted = heads[np.minimum(starts // need.interval, len(heads) - 1)].astype(np.float64)
    covers = np.zeros((len(starts), len(begins)))
    for n, b in enumerate(begins):
        at = (starts - b.at) % DAY
        there = at < b.type.length
        for part in b.type.breaks:
            there &= ~((at >= part.begin) & (at < part.begin + part.length))
        covers[:, n] = there
    types = list(dict.fromkeys(b.type for b in begins))
    together = tuple(
        (tuple(n for n, b in enumerate(begins) if b.type is kind), float(kind.most))
        for kind in types
        if kind.most is not None
    )
    cost = np.array([b.type.cost for b in begins])
    weight = np.diff(edges) / need.interval
    return Problem(wanted, sparse.csr_array(covers), cost, weight=weight, together=together)


def never_covered(roster: GroupRoster) -> list[int]:
    """Return the stretches (ms after midnight) that need somebody and that no shift type reaches."""
    problem = problem_of(roster.begins, roster.edges, roster.need, roster.group)
    return [int(roster.edges[n]) for n in uncoverable(problem)]
