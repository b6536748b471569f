"""Families of models of a centre's people, each judged on every week of some logs as the other weeks foretell it.

`python -m benchmarks.fit_families MAP.yaml LOG...` prints a table: median and mean of the absolute errors over all
weeks of all logs, and the median that would be left if each family's mean error were known and taken off: what no
calibration mends.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from callcenter.cli.logs import read_calls
from callcenter.config.words import date_text
from callcenter.scenario import Law
from sim.analysis.fit.baseline import erlang_a_figures
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.fitted import People, fit_people
from sim.analysis.fit.judge import SHOWN, compare, with_waits
from sim.analysis.fit.offphone import OffPhones
from sim.analysis.fit.outofsample import figures, given
from sim.analysis.fit.weeks import RELATIVE, weeks_of
from sim.model.streams import Floats

REPLICATIONS: Final = 2
AGENTS: Final = (1.0, 1.03, 1.06)
"""Times the agents that a log shows at work."""
REST: Final = (1.0, 2.5)
"""Times the rest that it shows while nobody waits, which it tells too short."""
GOAL: Final = {"sl_all": 0.03, "abandonment": 0.005, "mean_wait_s": 0.1, "no_wait": 0.03}
PLAIN: Final = (AGENTS[0], REST[0])


@dataclass(frozen=True, slots=True)
class Week:
    """A week held out: what to learn from, and whom."""

    log: CallLog
    train: tuple[str, ...]
    test: tuple[str, ...]
    known: CallLog
    people: People


def weeks_in(log: CallLog) -> list[Week]:
    """Return every week of a log, with people as the others show them."""
    places = {date_text(day): day for day in log.days()}
    found = []
    for train, test in weeks_of(log):
        known = log.on([places[date] for date in train])
        found.append(Week(log, tuple(train), tuple(test), known, fit_people(known)))
    return found


def errors(week: Week, change: Callable[[People], People], agents: float) -> Floats:
    """Return simulated less observed, by figure (the wait: as a part of the observed)."""
    places = {date_text(day): day for day in week.log.days()}
    test = [places[date] for date in week.test]
    people = change(week.people)
    days = given(week.log, week.known, people, test, replications=REPLICATIONS, agents_times=agents).days
    found = compare(week.log.on(test), days, REPLICATIONS, lambda: None).figures
    return np.array([_apart(name, found[name].simulated, found[name].observed) for name in SHOWN])


def formula_errors(week: Week, observed: dict[str, float]) -> Floats:
    """Return the same of Erlang A."""
    told = erlang_a_figures(week.log, week.train, week.test)
    return np.array([_apart(name, told[name], observed[name]) for name in SHOWN])


def _apart(name: str, told: float, seen: float) -> float:
    return (told - seen) / (seen if name in RELATIVE else 1.0)


def one_law(people: People) -> People:
    """Return people who are off the phone alike after the calls of every queue."""
    if people.off_phone is None:
        return people
    return replace(people, off_phone=replace(people.off_phone, after={}))


def longer_rest(times: float) -> Callable[[People], People]:
    """Return a change: rest while nobody waits lasts so many times as long."""

    def rest(away: OffPhones) -> OffPhones:
        return replace(away, quiet=replace(away.quiet, law=_scaled(away.quiet.law, times)))

    def change(people: People) -> People:
        if people.off_phone is None or times == 1:
            return people
        after = {name: rest(away) for name, away in people.off_phone.after.items()}
        return replace(people, off_phone=replace(rest(people.off_phone), after=after))

    return change


def _scaled(law: Law, times: float) -> Law:
    values = tuple(value * times for value in law.values_s)
    parts = tuple((share, _scaled(part, times)) for share, part in law.parts)
    return replace(law, mean_s=law.mean_s * times, values_s=values, parts=parts)


def chosen_by_the_others(by_setting: dict[tuple[float, float], Floats]) -> Floats:
    """Return each week's errors under the setting that suits the other weeks best, by errors in parts of the goal."""
    goal = np.array([GOAL[name] for name in SHOWN])
    settings = list(by_setting)
    cost = np.stack([(abs(by_setting[setting]) / goal).sum(axis=1) for setting in settings])
    weeks = cost.shape[1]
    others = cost.sum(axis=1, keepdims=True) - cost
    return np.stack([by_setting[settings[int(others[:, week].argmin())]][week] for week in range(weeks)])


def line(name: str, found: Floats) -> str:
    """Return a family's line of the table."""
    median, mean = np.median(abs(found), axis=0), abs(found).mean(axis=0)
    left = np.median(abs(found - found.mean(axis=0)), axis=0)
    cells = (f"{100 * a:.1f} ({100 * b:.1f}, {100 * c:.1f})" for a, b, c in zip(median, mean, left, strict=True))
    return f"{name:44}" + "".join(f"{cell:>21}" for cell in cells)


def main(columns: str, *logs: str) -> None:
    """Print the table."""
    weeks = [week for log in logs for week in weeks_in(with_waits(read_calls([Path(log)], Path(columns), None, None)))]
    by_setting = {
        (agents, rest): np.stack([errors(week, longer_rest(rest), agents) for week in weeks])
        for agents in AGENTS
        for rest in REST
    }
    seen = []
    for week in weeks:
        places = {date_text(day): day for day in week.log.days()}
        real = week.log.on([places[date] for date in week.test])
        seen.append({name: value for name, value in figures(real.wait, real.answered).items() if value is not None})
    print(f"{len(weeks)} weeks held out, absolute errors: median (mean, median without the mean error), points or %")
    print(f"{'':44}" + "".join(f"{name:>21}" for name in SHOWN))
    print(line("Erlang A, agents counted from the log", np.stack([*map(formula_errors, weeks, seen)])))
    print(line("one law of time off the phone", np.stack([errors(week, one_law, 1.0) for week in weeks])))
    print(line("a law after each queue's calls, pooled", by_setting[PLAIN]))
    print(line("the same, agents and rest as suit other weeks", chosen_by_the_others(by_setting)))


if __name__ == "__main__":
    main(*sys.argv[1:])
