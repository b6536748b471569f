"""How many of the calls that happened to come Erlang A would have answered in time, less how many it would of all.

A control variate: half hours that are short of agents weigh more than quiet ones. Its expectation is exactly zero
whatever the centre does, as long as calls come by Poisson's law; it tells something where Erlang A is not far from
the truth, so it is there where callers are served in one group and alike.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from scipy import special

from callcenter.erlang import erlang_a
from callcenter.scenario import Scenario, is_on
from callcenter.units import SECOND, Millis
from sim.model.days import extent
from sim.model.expected import alike_in_busyness, expected
from sim.model.laws import mean_s
from sim.model.once import once_for_each
from sim.model.people import fits_all, worked_rules
from sim.model.shifts import duties
from sim.model.streams import Chance, Floats, Ints

WITHIN: Final = Millis(20 * SECOND)
"""The limit where no tier promises one."""
FAR: Final = 10.0
"""Standard deviations up to which numbers of calls are in the tables: more or fewer have never come."""
POINTS: Final = 33
"""Of each table for which the formula is worked out; between them it is a line, of which the mean is as well known."""
MOST_IN_TABLES: Final = 2_000_000
"""Numbers of all tables together, 16 MB: a centre that takes more has no such control."""


class ErlangControl:
    """Tables of one scenario: what each half hour's calls bring, less what is expected of it."""

    def __init__(self, scenario: Scenario) -> None:
        lived = extent(scenario)
        self._scenario: Final = scenario
        self._from: Final = lived.measured_from
        self._until: Final = lived.measured_until
        self._length: Final = scenario.interval
        self._count: Final = -(-(self._until - self._from) // self._length)
        self._tables: Floats = np.empty((0, 0))
        if holds(scenario):
            self._tabulate()

    def of(self, at: Ints) -> float:
        """Return the control of a replication whose measured first attempts came at these instants, UTC ms."""
        if not self._tables.size:
            return 0.0
        came = np.bincount((at - self._from) // self._length, minlength=self._count) - self._first
        return float(self._tables[self._table, np.clip(came, 0, self._tables.shape[1] - 1)].sum())

    def _tabulate(self) -> None:
        alike, self._table = np.unique(np.stack([self._calls(), self._agents()]), axis=1, return_inverse=True)
        means, agents = alike
        spread = FAR * np.sqrt(means)
        first = np.maximum(np.floor(means - spread - FAR), 0.0)
        calls = first[:, None] + np.arange(int((means + spread - first).max() + FAR) + 1)
        if calls.size > MOST_IN_TABLES:
            return
        points = np.unique(np.linspace(0, calls.shape[1] - 1, POINTS).astype(np.int64))
        level = self._answered_in_time(calls[:, points], agents[:, None])
        answered = np.array(
            [np.interp(row, row[points], row[points] * its) for row, its in zip(calls, level, strict=True)]
        )
        often = np.exp(special.xlogy(calls, means[:, None]) - means[:, None] - special.gammaln(calls + 1))
        self._first = first.astype(np.int64)[self._table]
        self._tables = answered - (often * answered).sum(axis=1, keepdims=True)

    def _answered_in_time(self, calls: Floats, agents: Floats) -> Floats:
        """Return the share that Erlang A answers in time of so many calls in half an hour."""
        scenario, aht_s = self._scenario, aht_of(self._scenario)
        return erlang_a(
            load_erl=calls * aht_s / (self._length / SECOND),
            agents=agents,
            patience_s=mean_s(scenario.patience[0].law) if scenario.patience else np.inf,
            aht_s=aht_s,
            within_s=_within(scenario) / SECOND,
        ).p_served_within_t

    def _calls(self) -> Floats:
        """Return the calls expected of each half hour."""
        scenario, known = self._scenario, expected(self._scenario)
        every = [
            known.of(index, row - scenario.horizon.discard)
            for row, number in enumerate(scenario.horizon.lived)
            for index, stream in enumerate(scenario.streams)
            if is_on(stream, number)
        ]
        begin, end, calls = (
            np.concatenate([np.empty(0), *found])
            for found in zip(*((its.begin, its.end, its.calls * its.shares.sum()) for its in every), strict=True)
        )
        there = end > begin
        return self._in_each(begin[there] + known.base, end[there] + known.base, calls[there])

    def _agents(self) -> Floats:
        """Return how many are at their desks in each half hour: the mean, whole."""
        scenario = self._scenario
        stretches = [
            (begin, end, sign * (end - begin))
            for duty in duties(replace(scenario, shrinkage=0.0), Chance(scenario.seed, 0))
            for sign, (begin, end) in ((1, (duty.begin, duty.end)), *((-1, pause) for pause in duty.breaks))
            if end > begin
        ]
        begin, end, time = np.array(stretches, np.float64).reshape(-1, 3).T
        return np.rint(self._in_each(begin, end, time) * (1 - scenario.shrinkage) / self._length)

    def _in_each(self, begin: Floats, end: Floats, amount: Floats) -> Floats:
        """Return how much of what is spread evenly over each stretch falls into each half hour; instants in UTC ms."""
        rates = amount / (end - begin)
        at = np.concatenate([[0.0], begin, end]) - self._from
        order = np.argsort(at, kind="stable")
        rate = np.cumsum(np.concatenate([[0.0], rates, -rates])[order])
        reached = np.concatenate([[0.0], np.cumsum(rate[:-1] * np.diff(at[order]))])
        edges = np.minimum(np.arange(self._count + 1) * self._length, self._until - self._from)
        return np.asarray(np.round(np.diff(np.interp(edges, at[order], reached)), 6))


def holds(scenario: Scenario) -> bool:
    """Tell whether calls come by Poisson's law and are served in one group, each with the same laws."""
    drawn = alike_in_busyness(scenario) and not scenario.recorded and scenario.menu is None
    laws = scenario.handling, scenario.patience, worked_rules(scenario)
    alike = bool(scenario.handling) and all(fits_all(rule) for rules in laws for rule in rules[:1])
    if not (drawn and alike and len(scenario.centre.groups) == 1):
        return False
    waited = [mean_s(rule.law) > 0 for rule in scenario.patience[:1]]
    return 0 < aht_of(scenario) < np.inf and all(waited)


def aht_of(scenario: Scenario) -> float:
    """Return how long a call keeps an agent on average, seconds."""
    return sum(mean_s(rule.law) for rules in (scenario.handling, worked_rules(scenario)) for rule in rules[:1])


def _within(scenario: Scenario) -> Millis:
    return next((tier.target.within for tier in reversed(scenario.centre.tiers) if tier.target is not None), WITHIN)


@once_for_each
def erlang_control(scenario: Scenario) -> ErlangControl:
    """Return a scenario's control: worked out once for all of its replications."""
    return ErlangControl(scenario)
