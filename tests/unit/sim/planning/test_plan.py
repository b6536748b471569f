import sys
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from callcenter.centre import Centre, Group, Queue, Reserve
from callcenter.config import parse_scenario
from callcenter.erlang import LoadMethod, erlang_c, staff_erlang_c, staff_tiers
from callcenter.errors import BadInput
from callcenter.scenario import NEVER, Desk, Horizon, Law, LawKind, RecordedCall, Rule, Scenario, Stream
from callcenter.tiers import Scope, Target, Tier
from callcenter.units import DAY, HOUR, MINUTE, Millis
from sim.model.laws import mean_s, quantile_s
from sim.planning.plan import Method, Wishes, plan_of, simulated
from sim.planning.plan.formula import with_agents
from sim.planning.plan.groups import cheapest
from sim.planning.plan.moments import moments
from sim.planning.plan.outcome import hours_of, plan_result, staffing_rows
from sim.planning.plan.plan import elbow
from sim.planning.plan.pools import pools
from sim.planning.plan.table import levels_by_clock, show_plan
from sim.planning.plan.workload import day_kinds

WITHIN = Millis(20_000)
MONDAY = 20_514
EXPONENTIAL = Law(LawKind.EXPONENTIAL, 180.0)


def centre(*tiers: Tier, **more: object) -> Centre:
    parts: dict[str, object] = {"queues": (Queue("line"),), "groups": (Group("desk", auto_answer=True),)}
    return Centre("test", tiers=tiers, default_tier=tiers[0].name, **(parts | more))  # type: ignore[arg-type]


def scenario(where: Centre, calls: tuple[float, ...] = (100.0,) * 6, **more: object) -> Scenario:
    stream = Stream("calls", where.queues[0].name, calls, begin=9 * HOUR, tiers=((where.tiers[0].name, 1.0),))
    parts: dict[str, object] = {
        "streams": (stream,),
        "handling": (Rule(EXPONENTIAL),),
        "patience": (Rule(Law(LawKind.EXPONENTIAL, 300.0)),),
    }
    return Scenario("test", where, Horizon(MONDAY), **(parts | more))  # type: ignore[arg-type]


EVERY_HALF_HOUR = Tier("all", 0, Target(0.8, WITHIN, Scope.INTERVAL))


def agents(plan_: object) -> list[int]:
    heads = plan_.days[0].pools[0].staffed.agents  # type: ignore[attr-defined]
    return [int(n) for n in heads if n]


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
    from callcenter.scenario import Desk

    desk = Desk("desk", ring=Law(LawKind.DETERMINISTIC, 5.0))
    asked = scenario(centre(tier, groups=(rings,)), desks=(desk,))

    pool = plan_of(asked, Wishes(load=LoadMethod.STATIONARY)).days[0].pools[0]

    load = 100 * 185 / 1800
    assert pool.work.loads[LoadMethod.STATIONARY][0, 20] == pytest.approx(load)
    right = staff_erlang_c(load_erl=load, aht_s=185, service_level=0.8, within_s=15)
    assert pool.staffed.agents[20] == int(right)


@pytest.mark.parametrize("method", list(Method))
def test_agents_who_have_three_chats_at_once_are_a_third_as_many(method: Method):
    alone, shared = (centre(EVERY_HALF_HOUR, channels=(("chat", cost),)) for cost in (100, 33))
    calls = (100.0,) * 6
    chats = (Stream("calls", "line", calls, begin=9 * HOUR, tiers=(("all", 1.0),), channel="chat"),)
    wishes = Wishes(method, LoadMethod.STATIONARY)
    one, three = (plan_of(scenario(where, streams=chats), wishes) for where in (alone, shared))

    assert agents(three) == [-(-n // 3) for n in agents(one)]
    assert three.days[0].pools[0].staffed.occupancy[18] == pytest.approx(10 * 0.33 / agents(three)[0], rel=0.05)
    assert any("up to 3 at once" in broken.here for broken in three.breaks)


def test_contacts_that_take_different_shares_of_the_same_agents_are_refused_by_name():
    where = centre(EVERY_HALF_HOUR, channels=(("voice", 100), ("chat", 33)))
    both = tuple(
        Stream(c, "line", (20.0,), begin=9 * HOUR, tiers=(("all", 1.0),), channel=c) for c in ("voice", "chat")
    )

    with pytest.raises(BadInput, match=r"voice \(100 % of an agent\) and chat \(33 % of an agent\) share .*desk"):
        plan_of(scenario(where, streams=both), Wishes())


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


def test_a_pool_without_calls_on_a_day_is_ordinary_to_every_formula():
    where = centre(
        EVERY_HALF_HOUR,
        queues=(Queue("line", (("x", 1),)), Queue("shut", (("y", 1),))),
        groups=(Group("desk", (("x", 1),)), Group("other", (("y", 1),))),
    )
    for method in Method:
        plan = plan_of(scenario(where), Wishes(method))
        day = plan_result(plan, str(method), None)["days"][0]

        assert {row["pool"] for row in day["intervals"]} == {"desk"}
        assert day["pools"][1]["elbow"]["service_level"] == {}


def test_half_hours_below_a_promise_that_is_kept_over_the_day_are_marked():
    daily = centre(Tier("all", 0, Target(0.8, WITHIN)))
    calls = (8.0, 20.0, 60.0, 90.0, 60.0, 30.0)
    marked, kept = (
        [row["below"] for row in plan_result(plan_of(asked, wishes), "erlang-c", None)["days"][0]["intervals"]]
        for asked, wishes in (
            (scenario(daily, calls), Wishes(floor=0.5)),
            (scenario(centre(EVERY_HALF_HOUR), calls), Wishes()),
        )
    )

    assert ["all"] in marked
    assert [] in marked
    assert kept == [[]] * 6


def test_no_targets_are_refused():
    with pytest.raises(BadInput, match=r"--set tiers.*target=80/20"):
        plan_of(scenario(centre(Tier("all", 0))), Wishes())


def test_queues_of_their_own_groups_are_pools_and_shared_groups_are_split():
    where = centre(
        EVERY_HALF_HOUR,
        queues=(Queue("a", (("x", 1),)), Queue("b", (("y", 1),)), Queue("c", (("z", 1),))),
        groups=(Group("one", (("x", 1),)), Group("two", (("y", 1),)), Group("three", (("y", 1), ("z", 1)))),
    )

    found = pools(where)

    assert [(pool.queues, pool.groups) for pool in found] == [(("a",), ("one",)), (("b", "c"), ("two", "three"))]


@pytest.mark.parametrize("share", [0.8, 0.5, 0.2])
def test_those_who_know_one_language_do_what_they_can_and_as_many_know_both_as_the_other_needs(share: float):
    where = centre(
        EVERY_HALF_HOUR,
        queues=(Queue("es", (("es", 1),)), Queue("ca", (("ca", 1),))),
        groups=(Group("one", (("es", 1),)), Group("both", (("es", 1), ("ca", 1)))),
    )
    by_queue = {"es": share, "ca": 1 - share}
    streams = tuple(
        Stream(name, name, (100.0 * part,) * 6, begin=9 * HOUR, tiers=(("all", 1.0),))
        for name, part in by_queue.items()
    )
    plan = plan_of(scenario(where, streams=streams), Wishes(load=LoadMethod.STATIONARY))
    heads = {name: int(n[20]) for name, n in plan.days[0].groups().items()}

    assert sum(heads.values()) == 14  # as one queue of 100 calls a half hour needs
    assert heads["both"] == int(staff_erlang_c(load_erl=10 * (1 - share), service_level=0.8, within_s=20, aht_s=180))


def test_a_cheaper_group_does_what_it_can():
    needs = [((0, 1), np.array([5, 0])), ((1, 2), np.array([4, 2])), ((0, 1, 2), np.array([8, 2]))]

    assert cheapest(needs, (1.0, 1.2, 1.0), 2).tolist() == [[4, 1, 3], [0, 0, 2]]


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


def test_what_breaks_the_assumptions_is_said():
    tiers = (EVERY_HALF_HOUR, Tier("other", 1, callback=True))
    where = centre(*tiers, reserves=(Reserve(0, "desk", 2),))
    asked = scenario(where, handling=(Rule(Law(LawKind.LOGNORMAL, 240.0), tiers=("all",)), Rule(EXPONENTIAL)))

    said = {part.assumption for part in plan_of(asked, Wishes()).breaks}

    assert "nobody hangs up" in said
    assert "no agent idles while a call waits" in said
    assert "one handling time for all tiers" in said
    assert "there is no other work than calls" in said
    assert "handling times are exponential" in said


@pytest.mark.parametrize("skills, told", [((), False), ((("other", 1),), False), ((("es", 1),), True)])
def test_that_agents_cannot_take_every_call_is_said_only_of_groups_that_cannot(
    skills: tuple[tuple[str, int], ...], told: bool
):
    where = centre(
        EVERY_HALF_HOUR,
        queues=(Queue("line"), Queue("es", skills if told else ())),
        groups=(Group("day"), Group("night", skills)),
    )

    said = {part.assumption for part in plan_of(scenario(where, patience=()), Wishes()).breaks}

    assert ("every agent can take every call" in said) is told


def test_nothing_is_broken_where_the_formula_is_exact():
    patient = scenario(centre(EVERY_HALF_HOUR), patience=())

    assert plan_of(patient, Wishes()).breaks == ()


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


def test_the_elbow_rises_with_the_agents():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR)), Wishes())

    curve = elbow(plan, plan.days[0].pools[0])

    assert curve.asked in curve.agents
    assert list(curve.levels["all"]) == sorted(curve.levels["all"])


def test_a_plan_is_plain_data_and_verified_by_simulation():
    plan = plan_of(scenario(centre(EVERY_HALF_HOUR), (20.0,) * 3), Wishes())

    found = plan_result(plan, "erlang-c", simulated(plan.applied(), replications=2, processes=1))

    assert [cell["start"] for cell in found["days"][0]["intervals"]] == ["09:00", "09:30", "10:00"]
    assert found["simulated"]["tiers"]["all"]["service_level"]["sl_net"]["mean"] > 0.6
    assert [row[1] for row in staffing_rows(found)] == ["09:00", "09:30", "10:00"]


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


@pytest.mark.parametrize("method", Method)
def test_a_pool_that_nobody_calls_on_a_saturday_is_ordinary(method):
    where = centre(
        Tier("all", 0, Target(0.8, WITHIN)),
        queues=(Queue("a", needs=(("a", 1),)), Queue("b", needs=(("b", 1),)), Queue("never", needs=(("c", 1),))),
        groups=(Group("ga", (("a", 1),)), Group("gb", (("b", 1),)), Group("gc", (("c", 1),))),
    )
    asked = replace(scenario(where), horizon=Horizon(MONDAY, days=7))
    [all_week] = asked.streams
    streams = (
        all_week,
        replace(all_week, name="b", queue="b", weekdays=(0, 1, 2, 3, 4)),
        replace(all_week, name="gap", queue="b", begin=16 * HOUR, calls=(10.0, 0.0, 0.0, 10.0), weekdays=(0,)),
        replace(all_week, name="never", queue="never", calls=(0.0,) * 4),
    )
    plan = plan_of(replace(asked, streams=streams), Wishes(method))
    result = plan_result(plan, str(method), None)

    days = {tuple(day["weekdays"]): {row["pool"] for row in day["intervals"]} for day in result["days"]}
    assert [len(pools_) for pools_ in days.values()] == [2, 2, 1]
    rows = [(row["rostered"], len(day["dates"])) for day in result["days"] for row in day["intervals"]]
    assert result["rostered_hours"] == sum(heads * dates for heads, dates in rows) / 2
    assert {entry.group for entry in plan.staffing()} == {"ga", "gb"}


def test_an_hour_without_calls_between_two_with_is_ordinary_to_erlang_a():
    asked = scenario(centre(EVERY_HALF_HOUR), (100.0, 0.0, 0.0, 100.0))
    plan = plan_of(asked, Wishes(Method.ERLANG_A))

    assert all(np.isfinite(plan.days[0].pools[0].staffed.occupancy))


def test_mails_that_nobody_hangs_up_are_planned_by_erlang_c_beside_calls_that_are_planned_by_erlang_a():
    where = centre(
        EVERY_HALF_HOUR,
        queues=(Queue("calls", needs=(("a", 1),)), Queue("mails", needs=(("b", 1),))),
        groups=(Group("ga", (("a", 1),)), Group("gb", (("b", 1),))),
    )
    asked = scenario(where, (30.0,) * 4)
    [calls] = asked.streams
    mails = replace(calls, name="mails", queue="mails")
    patience = (Rule(NEVER, queues=("mails",)), *asked.patience)
    both = plan_of(replace(asked, streams=(calls, mails), patience=patience), Wishes(Method.ERLANG_A))
    by_a = plan_of(replace(asked, streams=(calls,)), Wishes(Method.ERLANG_A))
    by_c = plan_of(replace(asked, streams=(calls,)), Wishes(Method.ERLANG_C))

    assert both.days[0].groups()["ga"].tolist() == by_a.days[0].groups()["ga"].tolist()
    assert both.days[0].groups()["gb"].tolist() == by_c.days[0].groups()["ga"].tolist()
    assert "nobody hangs up in mails (planned by erlang-c)" in [b.here for b in both.breaks]


def week_with_a_saturday() -> Scenario:
    asked = replace(scenario(centre(EVERY_HALF_HOUR)), horizon=Horizon(MONDAY, days=7))
    [calls] = asked.streams
    return replace(
        asked,
        streams=(
            replace(calls, weekdays=(0, 1, 2, 3, 4)),
            replace(calls, name="sat", calls=(4.0,) * 2, weekdays=(5,)),
        ),
    )


def test_what_is_simulated_is_shown_beside_its_own_day(capsys):
    found = plan_result(plan_of(week_with_a_saturday(), Wishes()), "erlang-c", None)
    level = {"mean": 0.5, "ci_low": 0.5, "ci_high": 0.5}
    saturday = level | {"mean": 0.25}
    found["simulated"] = {
        "intervals": [
            {"start": f"{date}T09:00", "overall": {"service_level": {"sl_net": seen}}}
            for date, seen in (("2026-03-02", level), ("2026-03-07", saturday))
        ],
        "tiers": {}, "overall": {"target": None, "service_level": {"sl_net": level}, "abandonment": level},
        "replications": 2,
    }  # fmt: skip

    show_plan(Console(file=sys.stdout, width=200), found)

    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("09:00")]
    assert ["50.0 %" in row for row in rows] == [True, False]
    assert ["25.0 %" in row for row in rows] == [False, True]


def test_of_an_hour_that_comes_twice_the_worse_is_shown():
    level = {"mean": 0.5, "ci_low": 0.5, "ci_high": 0.5}
    seen = [("2026-10-25T02:00+02:00", 0.5), ("2026-10-25T02:00+01:00", 0.25), ("2026-10-26T02:00", 0.0)]
    simulated = {
        "intervals": [
            {"start": start, "overall": {"service_level": {"sl_net": level | {"mean": mean}}}} for start, mean in seen
        ]
    }

    assert levels_by_clock(simulated, ["2026-10-25"]) == {"02:00": level | {"mean": 0.25}}
    assert levels_by_clock(None, ["2026-10-25"]) == {}


def test_the_level_of_a_plan_is_that_of_all_its_days():
    plan = plan_of(week_with_a_saturday(), Wishes())
    found = plan_result(plan, "erlang-c", None)
    answered = calls = 0.0
    for day in found["days"]:
        for cell in day["intervals"]:
            answered += len(day["dates"]) * cell["calls"] * (cell["service_level"]["all"] or 0)
            calls += len(day["dates"]) * cell["calls"]

    assert found["service_level"]["all"] == pytest.approx(answered / calls)


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_hours_of_a_plan_are_those_of_the_day_and_its_wages_are_its_hours(date: str, hours: int):
    text = f"""
version: 1
centre:
  zone: Europe/Berlin
  tiers: {{all: {{band: 0, target: {{share: 80%, within: 20s, scope: interval}}}}}}
  default_tier: all
  queues: {{line: {{}}}}
  groups: {{desk: {{auto_answer: true}}}}
arrivals: [{{calls_per_hour: 60}}]
handling: {{exponential: 3m}}
money: {{currency: EUR, wages: 10}}
horizon: {{start: {date}, days: 1}}
"""
    plan = plan_of(parse_scenario(text), Wishes(load=LoadMethod.STATIONARY))
    found = plan_result(plan, "erlang-c", None)

    assert found["agent_hours"] == 5 * hours
    assert found["money"]["wages"]["total"] == 10 * found["rostered_hours"]
    assert hours_of(plan.applied())["agent_hours"] == 5 * hours


def test_campaign_calls_are_said_to_be_work_that_the_formula_does_not_know():
    text = """
version: 1
centre:
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {line: {}}
  groups: {desk: {auto_answer: true}}
arrivals: [{calls_per_hour: 60, from: "08:00", until: "12:00"}]
handling: {exponential: 3m}
outreach: [{kind: campaign, queue: line, customers: 400, talk: {exponential: 6m}}]
"""
    told = plan_of(parse_scenario(text), Wishes()).breaks

    assert "campaign and care calls to 400 customers a day, up to 40.0 h of talk (line)" in [str(b.here) for b in told]


def test_a_missed_offer_rings_as_long_as_the_pools_own_queues_let_it():
    where = centre(
        EVERY_HALF_HOUR,
        queues=(
            Queue("brief", needs=(("a", 1),), offer_timeout=Millis(5_000)),
            Queue("long", needs=(("b", 1),), offer_timeout=Millis(45_000)),
        ),
        groups=(Group("ga", (("a", 1),)), Group("gb", (("b", 1),))),
    )
    asked = scenario(where, desks=(Desk("ga", miss=0.5), Desk("gb", miss=0.5)))
    [calls] = asked.streams
    both = replace(asked, streams=(calls, replace(calls, name="b", queue="long")))

    assert [pool.work.ring_s for pool in plan_of(both, Wishes()).days[0].pools] == [5.0, 45.0]
