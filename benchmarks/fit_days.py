"""Days that differ as a whole in handling and patience: do they make a fit's errors smaller, or its ranges hold more?

`python -m benchmarks.fit_days MAP.yaml LOG...` holds out each week of each log twice: simulated as it is fitted, and
with a factor for each day on all its handling times and one on its callers' hanging up, lognormal, as far apart as the
days of the other weeks are beyond chance (moments).
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.fit_families import Week, _apart, _scaled, weeks_in
from callcenter.cli.logs import read_calls
from callcenter.config.parse import scenario_of
from callcenter.config.words import date_text
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.fitted import People
from sim.analysis.fit.judge import SHOWN, Foretold, _calls, _foretold, _pooled, with_waits
from sim.analysis.fit.outofsample import figures, given
from sim.analysis.fit.weeks import with_model_error
from sim.model.streams import Chance

REPLICATIONS: Final = 4
NOBODY: Final = (0.0, 0.0)
Spread = tuple[float, float]
"""Coefficients of variation of days: of their handling times, of how fast their callers hang up."""


def spread_of_days(log: CallLog) -> Spread:
    """Return how far days lie apart beyond chance, each weighed by what is expected of it."""
    usable = log.answered & (log.service > 0) & (log.service <= log.columns.longest_service)
    means = {queue: log.service[usable & (log.queue == queue)].mean() for queue in np.unique(log.queue[usable])}
    rate = log.abandoned.sum() / log.wait.sum()
    talked, left = [], []
    for day in log.days():
        mine = usable & (log.day == day)
        if mine.sum() > 1:
            expected = sum(mean * (log.queue[mine] == queue).sum() for queue, mean in means.items())
            chance = log.service[mine].var(ddof=1) * mine.sum() / expected**2
            talked.append((log.service[mine].sum() / expected, expected, chance))
        expected = rate * log.wait[log.day == day].sum()
        if expected > 0:
            left.append((log.abandoned[log.day == day].sum() / expected, expected, 1 / expected))
    return _beyond_chance(talked), _beyond_chance(left)


def _beyond_chance(days: list[tuple[float, float, float]]) -> float:
    ratio, weight, chance = np.array(days).T
    weight = weight / weight.sum()
    return float(np.sqrt(max(0.0, weight @ ((ratio - weight @ ratio) ** 2 - chance))))


def of_a_day(people: People, spread: Spread, rng: np.random.Generator) -> People:
    """Return people as they are on one day, by two factors drawn with the mean 1."""
    talk, haste = (float(np.exp(cv * rng.normal() - cv**2 / 2)) for cv in spread)
    handling = {kind: replace(found, law=_scaled(found.law, talk)) for kind, found in people.handling.laws.items()}
    patience = {kind: replace(found, law=_scaled(found.law, 1 / haste)) for kind, found in people.patience.laws.items()}
    return replace(
        people,
        handling=replace(people.handling, laws=handling),
        patience=replace(people.patience, laws=patience),
    )


def foretold(week: Week, number: int, *, apart: bool) -> dict[str, Foretold]:
    """Return a week as the others foretell it, its days alike or apart."""
    places = {date_text(day): day for day in week.log.days()}
    test = [places[date] for date in week.test]
    real = week.log.on(test)
    spread = spread_of_days(week.known) if apart else NOBODY
    made = []
    for replication in range(REPLICATIONS):
        parts = []
        for day in test:
            rng = Chance(REPLICATIONS * number + replication, 0).generator(f"day {day}")
            people = of_a_day(week.people, spread, rng)
            ((date, mapping),) = given(week.log, week.known, people, [day], replications=1).days
            parts.append(_calls(scenario_of(mapping, date), replication))
        made.append(_pooled(parts))
    seen = figures(real.wait, real.answered)
    return {name: _foretold(seen[name], [one[name] for one in made]) for name in SHOWN}


def main(columns: str, *logs: str) -> None:
    """Print the table."""
    months = [weeks_in(with_waits(read_calls([Path(log)], Path(columns), None, None))) for log in logs]
    spreads = np.array([spread_of_days(week.known) for weeks in months for week in weeks])
    low, high = (np.round(100 * edge(spreads, axis=0), 1) for edge in (np.min, np.max))
    print(
        f"days differ in handling by {low[0]} to {high[0]} %, in hanging up by {low[1]} to {high[1]} %, beyond chance"
    )
    print(f"{'':20}" + "".join(f"{name:>14}" for name in SHOWN) + "   held by chance alone, with the model's error")
    for name, apart in (("days alike", False), ("days apart", True)):
        told = [[foretold(week, n, apart=apart) for n, week in enumerate(weeks)] for weeks in months]
        found = [week for weeks in told for week in weeks]
        errors = [[_apart(key, week[key].simulated, week[key].observed) for key in SHOWN] for week in found]
        median = 100 * np.median(np.abs(errors), axis=0)
        alone = sum(week[key].within for week in found for key in SHOWN)
        ranged = [with_model_error([week[key] for week in weeks], key) for weeks in told for key in SHOWN]
        held = sum(week.within for weeks in ranged for week in weeks)
        cells = "".join(f"{value:14.1f}" for value in median)
        print(f"{name:20}{cells}   {alone}, {held} of {len(found) * len(SHOWN)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
