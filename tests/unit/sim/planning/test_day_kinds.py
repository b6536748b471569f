"""The work of a day: days that are alike, what the evening before leaves, recorded calls, moments of laws."""

from dataclasses import replace

import numpy as np
import pytest

from callcenter.erlang import LoadMethod
from callcenter.scenario import Law, LawKind, RecordedCall, Rule, Stream
from callcenter.units import HOUR, MINUTE, Millis
from sim.model.laws import mean_s, quantile_s
from sim.planning.plan.moments import moments
from sim.planning.plan.workload import day_kinds
from tests.unit.sim.planning.plans import EVERY_HALF_HOUR, EXPONENTIAL, MONDAY, centre, scenario


def test_the_evening_before_works_on_into_the_morning():
    late = Stream("late", "line", (60.0,), begin=23 * HOUR + 30 * MINUTE, tiers=(("all", 1.0),))
    asked = scenario(centre(EVERY_HALF_HOUR), streams=(late,), handling=(Rule(Law(LawKind.EXPONENTIAL, 1800.0)),))

    load = day_kinds(asked)[0].work[0].loads[LoadMethod.INFINITE_SERVER][0]

    assert load[0] > 10
    assert load[0] > load[1] > load[2]


def test_days_that_are_alike_are_planned_together():
    asked = scenario(centre(EVERY_HALF_HOUR))
    weekend = replace(asked.streams[0], name="weekend", calls=(10.0,) * 6, weekdays=(5, 6))
    week = replace(asked.streams[0], weekdays=(0, 1, 2, 3, 4))

    kinds = day_kinds(replace(asked, streams=(week, weekend)))

    assert [kind.weekdays for kind in kinds] == [(0, 1, 2, 3, 4), (5, 6)]
    assert [kind.days for kind in kinds] == [(MONDAY,), ()]


def test_recorded_calls_are_planned_for_with_their_own_handling_times():
    calls = tuple(RecordedCall(Millis(10 * HOUR + n * MINUTE), "line", "all", handling_s=120.0) for n in range(30))
    asked = scenario(centre(EVERY_HALF_HOUR), streams=(), recorded=calls, handling=())

    work = day_kinds(asked)[0].work[0]

    assert work.busy[20] == 30
    assert work.aht_s[20] == pytest.approx(120)


@pytest.mark.parametrize(
    "law",
    [
        Law(LawKind.LOGNORMAL, 200.0, cv=0.8),
        Law(LawKind.GAMMA, 200.0, cv=0.6),
        Law(LawKind.WEIBULL, 300.0, shape=1.4),
        Law(LawKind.ERLANG, 60.0, shape=3),
        Law(LawKind.EMPIRICAL, values_s=(10.0, 20.0, 90.0)),
        Law(LawKind.EMPIRICAL, values_s=(10.0, 20.0, 90.0), smooth=True),
        Law(LawKind.MIXTURE, parts=((0.3, Law(LawKind.DETERMINISTIC, 10.0)), (0.7, EXPONENTIAL))),
    ],
)
def test_moments_are_those_of_the_law(law: Law):
    uniforms = (np.arange(400_000) + 0.5) / 400_000
    times = quantile_s(law, uniforms)

    assert moments(law).mean_s == pytest.approx(mean_s(law))
    assert moments(law).variance == pytest.approx(times.var(), rel=0.02)
