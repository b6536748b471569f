"""Plans by formula: as many agents as targets, caps and floors ask for, and what no formula can plan is refused."""

from dataclasses import replace

import numpy as np
import pytest

from callcenter.centre import Group
from callcenter.config import parse_scenario
from callcenter.erlang import LoadMethod, erlang_c, staff_erlang_c, staff_tiers
from callcenter.errors import BadInput
from callcenter.scenario import NEVER, Desk, Law, LawKind, Rule
from callcenter.tiers import Scope, Target, Tier
from callcenter.units import DAY
from sim.planning.plan import Method, Wishes, plan_of
from sim.planning.plan.formula import with_agents
from sim.planning.plan.plan import elbow
from tests.unit.sim.planning.plans import EVERY_HALF_HOUR, WITHIN, agents, centre, scenario


def test_one_tier_judged_by_the_interval_is_plain_erlang_c():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR)), Wishes(load=LoadMethod.STATIONARY))

    assert agents(plan) == [14] * 6
    levels = plan.days[0].pools[0].staffed.levels
    expected = erlang_c(load_erl=10, agents=14, aht_s=180, within_s=20).service_level
    assert levels[0, 18:24] == pytest.approx(float(expected))


def test_the_offered_load_asks_for_fewer_agents_when_the_line_opens():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR), (100.0,) * 3), Wishes())

    found = plan.days[0].pools[0].by_load
    assert found[LoadMethod.STATIONARY][18] > found[LoadMethod.INFINITE_SERVER][18]
    assert found[LoadMethod.STATIONARY][20] == found[LoadMethod.INFINITE_SERVER][20]


def test_no_calls_need_no_agents():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR), (0.0, 0.0)), Wishes())

    assert plan.hours() == 0
    assert plan.staffing() == ()


def test_an_empty_half_hour_in_the_middle_of_the_day_has_no_agents():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR), (50.0, 0.0, 50.0)), Wishes())

    heads = plan.days[0].pools[0].staffed.agents
    assert heads[18] > 0
    assert heads[19] == 0
    assert heads[20] > 0


def test_tiers_meet_their_own_targets_under_the_priority_rule():
    tiers = (
        Tier("vip", 0, Target(0.9, WITHIN, Scope.INTERVAL)),
        Tier("other", 1, Target(0.85, WITHIN, Scope.INTERVAL)),
    )
    asked = scenario(centre(*tiers))
    stream = replace(asked.streams[0], tiers=(("vip", 0.2), ("other", 0.8)))

    plan = plan_of(replace(asked, streams=(stream,)), Wishes(load=LoadMethod.STATIONARY))

    right = staff_tiers(load_erl=[2.0, 8.0], service_level=[0.9, 0.85], within_s=20, aht_s=180)
    assert agents(plan) == [int(right)] * 6


def test_a_tier_without_a_target_asks_for_nothing_but_takes_time():
    tiers = (EVERY_HALF_HOUR, Tier("blacklisted", 9))
    asked = scenario(centre(*tiers))
    half = replace(asked.streams[0], tiers=(("all", 0.5), ("blacklisted", 0.5)))

    alone = plan_of(replace(asked, streams=(replace(asked.streams[0], calls=(50.0,) * 6),)), Wishes())
    both = plan_of(replace(asked, streams=(half,)), Wishes())

    assert agents(alone)[1] < agents(both)[1] < 14


def test_a_target_over_the_day_takes_no_more_agents_than_one_in_every_interval():
    calls = tuple(float(n) for n in (10, 40, 90, 120, 110, 60, 30, 8))
    by_interval = plan_of(scenario(centre(EVERY_HALF_HOUR), calls), Wishes())
    daily = centre(Tier("all", 0, Target(0.8, WITHIN, Scope.DAY)))
    over_the_day = plan_of(scenario(daily, calls), Wishes(floor=0.5))
    kept_up = plan_of(scenario(daily, calls), Wishes())

    assert over_the_day.hours() < by_interval.hours()
    assert kept_up.hours() == by_interval.hours()  # one tier: the floor is its target
    pool = over_the_day.days[0].pools[0]
    answered = np.nansum(pool.staffed.levels[0] * pool.work.busy)
    assert answered >= 0.8 * sum(calls)
    assert np.nanmin(pool.staffed.levels[0]) >= 0.5


def test_a_plan_over_the_day_has_no_agent_to_spare():
    calls = tuple(float(n) for n in (10, 40, 90, 120, 110, 60, 30, 8))
    daily = centre(Tier("all", 0, Target(0.8, WITHIN, Scope.DAY)))
    pool = plan_of(scenario(daily, calls), Wishes(floor=0.0, load=LoadMethod.STATIONARY)).days[0].pools[0]
    answered = float(np.nansum(pool.staffed.levels[0] * pool.work.busy))

    for i in np.flatnonzero(pool.work.busy).tolist():
        n, load = int(pool.staffed.agents[i]), float(pool.work.loads[LoadMethod.STATIONARY][:, i].sum())
        with_ = erlang_c(load_erl=load, agents=n, aht_s=180, within_s=20).service_level
        fewer = erlang_c(load_erl=load, agents=n - 1, aht_s=180, within_s=20)
        loss = float(with_ - fewer.service_level) * float(pool.work.busy[i])
        assert not fewer.stable or answered - loss < 0.8 * sum(calls)


def test_shrinkage_rosters_more_than_are_on_duty():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR), shrinkage=0.3), Wishes(load=LoadMethod.STATIONARY))

    assert plan.staffing()[0].agents == (20,) * 6  # 14 / 0.7 is 20, not 21


def test_ring_time_adds_to_the_load_and_to_the_wait():
    rings = Group("desk")
    tier = Tier("all", 0, Target(0.8, WITHIN, Scope.INTERVAL))

    desk = Desk("desk", ring=Law(LawKind.DETERMINISTIC, 5.0))
    asked = scenario(centre(tier, groups=(rings,)), desks=(desk,))

    pool = plan_of(asked, Wishes(load=LoadMethod.STATIONARY)).days[0].pools[0]

    load = 100 * 185 / 1800
    assert pool.work.loads[LoadMethod.STATIONARY][0, 20] == pytest.approx(load)
    right = staff_erlang_c(load_erl=load, aht_s=185, service_level=0.8, within_s=15)
    assert pool.staffed.agents[20] == int(right)


def test_an_occupancy_cap_adds_agents():
    capped = plan_of(scenario(centre(EVERY_HALF_HOUR)), Wishes(load=LoadMethod.STATIONARY, max_occupancy=0.5))

    assert agents(capped) == [20] * 6


def test_erlang_a_needs_fewer_agents_than_erlang_c():
    asked = scenario(centre(EVERY_HALF_HOUR))

    assert plan_of(asked, Wishes(Method.ERLANG_A)).hours() < plan_of(asked, Wishes()).hours()


def test_erlang_a_without_patience_is_refused():
    patient = scenario(centre(EVERY_HALF_HOUR), patience=(Rule(NEVER),))

    with pytest.raises(BadInput, match="nobody hangs up"):
        plan_of(patient, Wishes(Method.ERLANG_A))


def test_no_targets_are_refused():
    with pytest.raises(BadInput, match=r"--set tiers.*target=80/20"):
        plan_of(scenario(centre(Tier("all", 0))), Wishes())


def test_the_elbow_rises_with_the_agents():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR)), Wishes())

    curve = elbow(plan, plan.days[0].pools[0])

    assert curve.asked in curve.agents
    assert list(curve.levels["all"]) == sorted(curve.levels["all"])


def test_callers_who_would_wait_a_year_are_planned_as_if_they_never_hung_up():
    text = """
version: 1
centre: {tiers: {vip: {band: 0, target: 90/20}, all: {band: 1, target: 80/20}}, queues: {q: {}}, groups: {desk: {}}}
arrivals: [{calls_per_hour: 60, from: 09:00, until: 10:00, tiers: {vip: 10%, all: 90%}}]
handling: {exponential: 4m}
patience: {exponential: 365d}
"""
    by_a, by_c = (plan_of(parse_scenario(text), Wishes(method=method)) for method in (Method.ERLANG_A, Method.ERLANG_C))

    assert agents(by_a) == agents(by_c)
    assert elbow(by_a, by_a.days[0].pools[0]).levels == elbow(by_c, by_c.days[0].pools[0]).levels
    assert any("planned by erlang-c" in one.here for one in by_a.breaks)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("scope", [Scope.DAY, Scope.INTERVAL])
def test_a_floor_above_the_targets_is_kept_in_every_interval_with_nobody_to_spare(method: Method, scope: Scope):
    where = centre(Tier("all", 0, Target(0.8, WITHIN, scope)))
    patience = (Rule(Law(LawKind.EXPONENTIAL, 120.0)),)
    plan = plan_of(scenario(where, patience=patience), Wishes(method=method, floor=0.99))
    pool = plan.days[0].pools[0]
    some = np.flatnonzero(pool.staffed.agents)
    fewer = with_agents(pool.work, where.tiers, plan.wishes, pool.staffed.agents - 1)

    assert (pool.staffed.levels[0, some] >= 0.99).all()
    assert (fewer.levels[0, some] < 0.99).all()


def test_a_closed_queue_asks_for_nobody():
    text = """
version: 1
centre:
  zone: UTC
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {line: {hours: {mon-fri: "09:00-10:00"}}}
  groups: {desk: {auto_answer: true}}
arrivals: [{calls_per_hour: 60, from: "08:00", until: "12:00"}]
handling: {exponential: 3m}
"""
    plan = plan_of(parse_scenario(text), Wishes())

    assert np.flatnonzero(plan.days[0].pools[0].staffed.agents).tolist() == [18, 19]
    assert DAY // plan.scenario.interval == 48


def test_an_hour_without_calls_between_two_with_is_ordinary_to_erlang_a():
    asked = scenario(centre(EVERY_HALF_HOUR), (100.0, 0.0, 0.0, 100.0))
    plan = plan_of(asked, Wishes(Method.ERLANG_A))

    assert all(np.isfinite(plan.days[0].pools[0].staffed.occupancy))
