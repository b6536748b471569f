"""Who takes which shift: people and a roster's shifts become a programme for HiGHS, with rules nobody may break.

Rules: a person's groups, hours of the day, days off, absences, rest between shifts, days in a row, contract hours a
week with overtime; limits on people and part-timers. What cannot be filled within them stays open and is named. What
is made small, in this order of weight: open hours, hours short of a contract, wishes not met, and the largest share of
unpopular hours (nights and weekends) that anybody has for their contract.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy import sparse

from callcenter.hours import weekday
from callcenter.ids import AgentId
from callcenter.language.said import N_
from callcenter.people import People, Person, works_in
from callcenter.scenario import Scenario, Shift
from callcenter.units import DAY, HOUR
from sim.planning.roster.cover import NothingFound, check_solver
from sim.planning.roster.roster import Line, Roster
from sim.planning.roster.solver import run

OPEN: Final = 1000.0
"""Weight of an hour nobody takes; of an hour short of a contract, by quarters of it; of a wish; of the share of
unpopular hours."""
SHORT: Final = (10.0, 12.0, 15.0, 20.0)
WISH: Final = 20.0
FAIR: Final = 100.0
DAYS_A_WEEK: Final = 5
"""Days a full week of work takes: somebody who can work fewer owes so much less."""
NIGHT: Final = (22 * HOUR, 30 * HOUR)
GAP: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Slot:
    """Shifts that are alike to whoever takes them: so many on one day, of one group and type, from one begin."""

    line: Line
    count: int
    begin: int
    """Ms after the local midnight of `line.day`; `end` likewise."""
    end: int

    @property
    def day(self) -> int:
        """Return the local day number."""
        return self.line.day

    @property
    def unpopular(self) -> float:
        """Return its hours at night, or all of them on a Saturday or Sunday."""
        if weekday(self.day * DAY) >= 5:
            return self.line.hours
        nights = ((NIGHT[0] - DAY, NIGHT[1] - DAY), NIGHT)
        return sum(max(0, min(self.end, end) - max(self.begin, begin)) for begin, end in nights) / HOUR


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """Who works when, what stays open, and how good that is."""

    people: People
    slots: tuple[Slot, ...]
    takes: tuple[tuple[int, ...], ...]
    """By person: the slots they take."""
    gap: float
    """How far at most, relative to what was made small, this is above the best possible."""
    optimal: bool

    def lines(self) -> list[Line]:
        """Return every shift that somebody has, under their name, in order of begin."""
        found = [
            replace(self.slots[s].line, duty=replace(self.slots[s].line.duty, agent_id=AgentId(person.name)))
            for person, takes in zip(self.people.persons, self.takes, strict=True)
            for s in takes
        ]
        return sorted(found, key=lambda line: (line.day, line.duty.begin, line.duty.group, line.duty.agent_id))

    def filled(self) -> list[int]:
        """Return how many of each slot are taken."""
        counts = [0] * len(self.slots)
        for takes in self.takes:
            for s in takes:
                counts[s] += 1
        return counts

    def open_slots(self) -> list[tuple[Slot, int]]:
        """Return slots that want more people than they have, and how many."""
        pairs = zip(self.slots, self.filled(), strict=True)
        return [(slot, slot.count - had) for slot, had in pairs if had < slot.count]

    def hours(self, person: int) -> dict[int, float]:
        """Return hours by week (the local day number of its Monday)."""
        found: dict[int, float] = defaultdict(float)
        for s in self.takes[person]:
            found[week_of(self.slots[s].day)] += self.slots[s].line.hours
        return dict(found)

    def unpopular(self, person: int) -> float:
        """Return hours at night and on weekends."""
        return sum(self.slots[s].unpopular for s in self.takes[person])


def week_of(day: int) -> int:
    """Return the local day number of the Monday of a day's week."""
    return day - weekday(day * DAY)


def slots_of(roster: Roster) -> tuple[Slot, ...]:
    """Return the shifts of a roster's measured days, those that are alike together."""
    zone = roster.scenario.centre.zone
    found: dict[tuple[int, str, str, int], list[Line]] = defaultdict(list)
    for line in roster.lines():
        found[line.day, line.duty.group, line.shift, line.duty.begin].append(line)
    return tuple(
        Slot(same[0], len(same), *(zone.local(at) - day * DAY for at in (same[0].duty.begin, same[0].duty.end)))
        for (day, *_), same in sorted(found.items(), key=lambda pair: (pair[0][0], pair[0][3], pair[0][1:3]))
    )


def possible(scenario: Scenario, person: Person, slot: Slot) -> str:
    """Return why somebody cannot take a slot on any plan, or nothing."""
    if slot.line.duty.group not in works_in(person, scenario.centre):
        return "another group"
    if slot.day in person.absences:
        return N_("absent")
    if weekday(slot.day * DAY) in person.days_off:
        return N_("day off")
    if slot.begin < person.earliest or slot.end > person.latest:
        return N_("hours of the day")
    if slot.line.hours > person.hours_per_week + person.overtime:
        return N_("contract hours")
    return ""


def owed(person: Person, days: Iterable[int]) -> dict[int, float]:
    """Return contract hours by week of the days rostered: a week with fewer than five days to work in owes less."""
    there: dict[int, int] = defaultdict(int)
    for day in days:
        if day not in person.absences and weekday(day * DAY) not in person.days_off:
            there[week_of(day)] += 1
        else:
            there[week_of(day)] += 0
    usual = min(DAYS_A_WEEK, 7 - len(person.days_off)) or 1
    return {week: person.hours_per_week * min(1.0, n / usual) for week, n in there.items()}


def rests_between(first: Slot, second: Slot, person: Person) -> bool:
    """Tell whether somebody has had their rest between two shifts, the first beginning first."""
    return second.line.duty.begin - first.line.duty.end >= person.rest


class _Programme:
    """The rows of the programme as they are written, columns numbered as they are made."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self._rows: list[int] = []
        self._columns: list[int] = []
        self._values: list[float] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def column(self, cost: float = 0.0, *, upper: float = 1.0, whole: bool = True) -> int:
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, terms: Iterable[tuple[int, float]], *, least: float = -np.inf, most: float = np.inf) -> None:
        for column, value in terms:
            self._rows.append(len(self.low))
            self._columns.append(column)
            self._values.append(value)
        self.low.append(least)
        self.high.append(most)

    def matrix(self) -> sparse.csr_array:
        shape = (len(self.low), len(self.cost))
        return sparse.csr_array(sparse.coo_array((self._values, (self._rows, self._columns)), shape=shape))


def assign(roster: Roster, people: People, *, time_limit_s: float) -> Assigned:
    """Return who takes which shift of a roster.

    Raises:
        BadInput: The solver is not installed.
        NothingFound: The time limit came before anything was found.
    """
    check_solver()
    scenario, slots = roster.scenario, slots_of(roster)
    days = scenario.horizon.measured
    programme = _Programme()
    takes = [
        {
            s: programme.column(_wish_cost(person, slot))
            for s, slot in enumerate(slots)
            if not possible(scenario, person, slot)
        }
        for person in people.persons
    ]
    for s, slot in enumerate(slots):
        missing = programme.column(OPEN * slot.line.hours, upper=float(slot.count))
        programme.row(
            [(mine[s], 1.0) for mine in takes if s in mine] + [(missing, 1.0)], least=slot.count, most=slot.count
        )
    worst = programme.column(FAIR, upper=np.inf, whole=False)
    for person, mine in zip(people.persons, takes, strict=True):
        _rules_of(programme, person, mine, slots, days)
        unpopular = [(column, slots[s].unpopular) for s, column in mine.items() if slots[s].unpopular > 0]
        if unpopular and person.hours_per_week > 0:
            weight = len({week_of(day) for day in days}) * person.hours_per_week
            programme.row([*((column, hours / weight) for column, hours in unpopular), (worst, -1.0)], most=0.0)
    _rules_of_all(programme, people, takes, slots)
    chosen, gap, optimal = _solved(programme, time_limit_s)
    found = tuple(tuple(s for s, column in mine.items() if chosen[column]) for mine in takes)
    return Assigned(people, slots, found, gap, optimal)


def _wish_cost(person: Person, slot: Slot) -> float:
    """Return what taking this slot costs in wishes: a day that was wished off; a wished shift is worth as much."""
    mine = [wish for wish in person.wishes if wish.about(slot.day, weekday(slot.day * DAY))]
    return sum(WISH if wish.shift is None else -WISH if wish.shift == slot.line.shift else 0.0 for wish in mine)


def _rules_of(
    programme: _Programme, person: Person, mine: dict[int, int], slots: Sequence[Slot], days: Sequence[int]
) -> None:
    """Write what holds for one person."""
    by_day: dict[int, list[int]] = defaultdict(list)
    for s in mine:
        by_day[slots[s].day].append(s)
    for same in by_day.values():
        programme.row([(mine[s], 1.0) for s in same], most=1.0)
    for s, column in mine.items():
        near = [t for d in (1, 2) for t in by_day.get(slots[s].day + d, ())]
        clash = [t for t in near if not rests_between(slots[s], slots[t], person)]
        for day in sorted({slots[t].day for t in clash}):
            terms = [(mine[t], 1.0) for t in clash if slots[t].day == day]
            programme.row([(column, 1.0), *terms], most=1.0)
    for day in days:
        window = [s for d in range(day, day + person.days_in_a_row + 1) for s in by_day.get(d, ())]
        if len({slots[s].day for s in window}) > person.days_in_a_row:
            programme.row([(mine[s], 1.0) for s in window], most=float(person.days_in_a_row))
    for week, hours in owed(person, days).items():
        terms = [(mine[s], slots[s].line.hours) for s in mine if week_of(slots[s].day) == week]
        if terms:
            programme.row(terms, most=person.hours_per_week + person.overtime)
            # The more somebody is short already, the dearer the next hour: what is missing is spread.
            steps = [programme.column(cost, upper=hours / len(SHORT), whole=False) for cost in SHORT]
            programme.row([*terms, *((step, 1.0) for step in steps)], least=hours)


def _rules_of_all(
    programme: _Programme, people: People, takes: Sequence[dict[int, int]], slots: Sequence[Slot]
) -> None:
    """Write what holds for all together."""
    rules = people.rules
    if rules.most_people is not None:
        used = []
        for mine in takes:
            there = programme.column()
            used.append((there, 1.0))
            for column in mine.values():
                programme.row([(column, 1.0), (there, -1.0)], most=0.0)
        programme.row(used, most=float(rules.most_people))
    if rules.part_timers is not None:
        part = [person.hours_per_week < rules.part_time_below for person in people.persons]
        for day in sorted({slot.day for slot in slots}):
            terms = [
                (column, (1.0 if part[n] else 0.0) - rules.part_timers)
                for n, mine in enumerate(takes)
                for s, column in mine.items()
                if slots[s].day == day
            ]
            programme.row(terms, most=1e-9)


def _solved(programme: _Programme, time_limit_s: float) -> tuple[list[bool], float, bool]:
    import highspy

    made: Any = highspy.Highs
    solver = made()
    for option, value in (
        ("output_flag", False), ("time_limit", float(time_limit_s)), ("mip_rel_gap", GAP), ("random_seed", 1),
        ("threads", 1),
    ):  # fmt: skip
        solver.setOptionValue(option, value)
    matrix = programme.matrix()
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(programme.cost), matrix.shape[0]
    model.col_cost_, model.col_upper_ = np.array(programme.cost), np.array(programme.upper)
    model.col_lower_ = np.zeros(len(programme.cost))
    model.row_lower_, model.row_upper_ = np.array(programme.low), np.array(programme.high)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data.astype(np.float64)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[int(whole)] for whole in programme.whole]
    solver.passModel(model)
    run(solver)
    info = solver.getInfo()
    if info.primal_solution_status != 2:
        raise NothingFound(
            "nobody was assigned within {time_limit_s:g} s: give more time (--time-limit)", time_limit_s=time_limit_s
        )
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    gap = 0.0 if optimal else float(info.mip_gap)
    return [value > 0.5 for value in solver.getSolution().col_value], gap, optimal


def applied(roster: Roster, assigned: Assigned) -> Scenario:
    """Return the scenario with the shifts that somebody has; on days that are not measured, as the roster has them."""
    scenario = roster.scenario
    measured = tuple(scenario.horizon.measured)
    others = [replace(shift, but=measured) for shift in roster.shifts()]
    named = []
    for slot, had in zip(assigned.slots, assigned.filled(), strict=True):
        if had:
            kind = next(kind for kind in scenario.shift_types if kind.name == slot.line.shift)
            named.append(
                Shift(slot.line.duty.group, had, slot.begin, slot.begin + kind.length, kind.breaks, dates=(slot.day,))
            )
    return replace(scenario, shifts=(*others, *named), staffing=())


def why_not(roster: Roster, assigned: Assigned, person: int, slot: Slot) -> str:
    """Return why somebody does not take a slot that is open: one word of the rules."""
    who = assigned.people.persons[person]
    static = possible(roster.scenario, who, slot)
    if static:
        return static
    mine = [assigned.slots[s] for s in assigned.takes[person]]
    if any(other.day == slot.day for other in mine):
        return N_("works that day")
    earlier = (other for other in mine if other.day < slot.day)
    later = (other for other in mine if other.day > slot.day)
    if not all(rests_between(other, slot, who) for other in earlier) or not all(
        rests_between(slot, other, who) for other in later
    ):
        return N_("rest between shifts")
    hours = assigned.hours(person).get(week_of(slot.day), 0.0)
    if hours + slot.line.hours > who.hours_per_week + who.overtime + 1e-9:
        return N_("contract hours")
    worked = {other.day for other in mine} | {slot.day}
    for day in range(slot.day - who.days_in_a_row, slot.day + 1):
        if all(d in worked for d in range(day, day + who.days_in_a_row + 1)):
            return N_("days in a row")
    return N_("rules for all") if assigned.optimal else N_("the time limit")
