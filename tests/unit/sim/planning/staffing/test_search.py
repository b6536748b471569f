"""The search: a plan that is kept, that has no agent too many, and that says what it cannot do."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from callcenter.centre import Centre, Group, Queue, Reserve
from callcenter.config import parse_scenario
from callcenter.errors import BadInput
from callcenter.scenario import Desk, Horizon, Law, LawKind, Rule, Scenario, Stream
from callcenter.tiers import Scope, Sense, Target, Tier
from callcenter.units import HOUR, SECOND, Millis
from sim.planning.staffing import Plan, search
from sim.planning.staffing.promises import everyone, judge, promises
from sim.planning.staffing.rig import Rig, Shard, TooMuchAtOnce, setting
from sim.planning.staffing.walk import Walk

CALLS = (6.0, 20.0, 35.0, 12.0)
BY_INTERVAL = Target(0.8, Millis(20 * SECOND), Scope.INTERVAL)
BY_DAY = Target(0.8, Millis(20 * SECOND))


def morning(target: Target = BY_INTERVAL, **more: object) -> Scenario:
    scenario = Scenario(
        "morning",
        Centre("m", (Queue("q"),), (Group("desk", auto_answer=True),), (Tier("all", 1, target),), default_tier="all"),
        Horizon(first_day=20_514),
        streams=(Stream("s", "q", CALLS, begin=8 * HOUR),),
        handling=(Rule(Law(LawKind.EXPONENTIAL, 300.0)),),
        patience=(Rule(Law(LawKind.EXPONENTIAL, 120.0)),),
    )
    return replace(scenario, **more)  # type: ignore[arg-type]


def few_vips() -> Scenario:
    """A morning whose promise over the day is to so few that a day says little of it."""
    tiers = (Tier("vip", 0, replace(BY_DAY, share=0.95)), Tier("all", 1, BY_DAY))
    scenario = morning(centre=replace(morning().centre, tiers=tiers))
    return replace(scenario, streams=(replace(scenario.streams[0], tiers=(("vip", 0.1), ("all", 0.9))),))


def quiet(doing: str, done: int, of: int) -> None:
    """Tell nobody."""


def found(scenario: Scenario, days: int = 150, **more: object) -> Plan:
    return search(scenario, **{"days": days, "judged_on": 20, "processes": 1} | more)  # type: ignore[arg-type]


def test_every_promise_is_kept_and_one_agent_fewer_breaks_one():
    plan = found(morning())

    assert plan.met
    assert {f.verdict for f in plan.searched} == {"yes"}
    assert [b.interval for b in plan.binding if b.interval in range(16, 20)] == [16, 17, 18, 19]
    assert all(b.fewer.verdict in {"no", "undecided"} for b in plan.binding)
    assert all(b.now is None or b.now.verdict == "yes" for b in plan.binding)


def test_what_the_search_knows_of_its_plan_is_what_the_days_give_when_they_are_lived_anew():
    scenario, days = morning(), range(1_000_000, 1_000_060)
    wanted, most = promises(scenario, everyone(scenario), 48), (12,)
    with Rig(setting(scenario, days, most=most), 1) as rig:
        start = [(9 * (16 <= h < 21),) for h in range(48)]
        walk = Walk(rig, wanted, "sl_net", list(start), most, None, 10**9, quiet)
        walk.search()
    with Rig(setting(scenario, days, most=most), 1) as anew:
        again = Walk(anew, wanted, "sl_net", list(walk.plan), most, None, 10**9, quiet)
        again.again(0)

    assert not walk.hit
    assert sum(map(sum, walk.plan)) < sum(map(sum, start))
    assert all((walk.counts[h] == again.counts[h]).all() for h in range(48))
    assert again.keeps_all()


def test_no_agent_is_added_because_the_fresh_days_were_too_few_to_see():
    few, all_of_them = (found(few_vips(), judged_on=n) for n in (10, 150))

    assert few.agents == all_of_them.agents
    assert few.judged_on > 10


def test_what_fresh_days_lacked_is_added_and_no_agent_more():
    scenario, days = few_vips(), range(1_000_000, 1_000_100)
    wanted = promises(scenario, everyone(scenario), 48)
    vip = next(p for p in wanted if p.who == "vip")
    with Rig(setting(scenario, days, most=(12,)), 1) as rig:
        walk = Walk(rig, wanted, "sl_net", [(8 * (16 <= h < 20),) for h in range(48)], (12,), None, 10**9, quiet)
        walk.search()
    before = list(walk.plan)
    missed = judge(vip, walk.day(), "sl_net", np.empty((100, 0)))
    assert missed is not None
    walk.mend([(missed, 0.02)], np.empty(0))
    rows = {h: walk.counts[h] for h in range(16, 20)}
    with walk.rig as rig:
        rig.begin()
        walk.again(0)
        assert all((walk.counts[h] == counts).all() for h, counts in rows.items())
        assert all(not walk.keeps_all({h: walk.look(h, (walk.plan[h][0] - 1,))}) for h in rows)
        assert walk.keeps_all()

    assert sum(map(sum, walk.plan)) > sum(map(sum, before))
    assert not walk.hit
    assert {b.interval for h in rows for b in walk.binding[h]} == set(rows)
    assert {f.verdict for f in walk.of_their_targets()} == {"yes"}


def test_the_answer_does_not_depend_on_the_number_of_processes():
    alone, shared = found(morning(), days=40), found(morning(), days=40, processes=2)

    assert alone.plain() == shared.plain()


def test_zero_calls_need_zero_agents():
    plan = found(morning(), days=40)

    assert {plan.agents["desk"][h] for h in (*range(16), *range(21, 48))} == {0}


def test_a_plan_becomes_a_scenario():
    plan = found(morning(), days=40)
    applied = plan.applied()

    assert applied.shifts == ()
    assert applied.staffing[0].agents == plan.agents["desk"]
    assert plan.cost == sum(plan.agents["desk"])
    assert plan.plain()["agent_intervals"] == plan.cost


def test_without_the_compiled_engine_whole_days_under_simpy_find_a_plan_that_holds(monkeypatch):
    monkeypatch.setattr(sys.modules["sim.planning.staffing.search"], "can_stop", lambda day: False)
    monkeypatch.setattr(sys.modules["sim.planning.staffing.whole"], "_compiled", lambda *told: None)
    plan = found(morning(), days=20)

    assert plan.met
    assert "whole days" in plan.notes[0]
    assert plan.cost <= 1.15 * found(morning(), days=20).cost


@pytest.mark.parametrize("at_most", [170, 15])
def test_more_agents_than_days_that_stop_have_room_for_are_not_tried(monkeypatch, at_most: int):
    played = Shard._played

    def bounded(shard: Shard, state: object, h: int, heads: tuple[int, ...], following: tuple[int, ...]) -> object:
        if shard._where.most[0] > at_most:
            raise TooMuchAtOnce
        return played(shard, state, h, heads, following)  # type: ignore[arg-type]

    monkeypatch.setattr(Shard, "_played", bounded)
    never = (Rule(Law(LawKind.NEVER, 0.0)),)
    busy = morning(streams=(replace(morning().streams[0], calls=(30.0, 600.0)),), patience=never)
    plan = found(busy, days=12)

    assert plan.met
    assert ("whole days" in plan.notes[0]) == (at_most == 15)


def test_a_promise_over_the_day_is_cheaper_than_one_in_each_half_hour():
    none_together = replace(BY_DAY, share=0.01)
    by_day = found(morning(BY_DAY), together=none_together)
    by_half_hour = found(morning())

    assert by_day.met
    assert 0 < by_day.cost <= by_half_hour.cost


def test_a_probability_promise_takes_more_agents_than_an_expectation():
    surely = Target(0.8, Millis(20 * SECOND), Scope.INTERVAL, Sense.PROBABILITY, 0.9)

    assert found(morning(surely)).cost > found(morning()).cost


def test_what_agents_alone_cannot_keep_is_said_and_the_rest_is_planned():
    slow = (Desk("desk", ring=Law(LawKind.DETERMINISTIC, 25.0)),)
    scenario = morning(desks=slow)
    ringing = replace(scenario.centre, groups=(Group("desk", offer_timeout=Millis(40 * SECOND)),))
    plan = found(replace(scenario, centre=ringing), days=30)

    assert not plan.met
    assert len(plan.unmeetable) >= 4
    assert "agents alone" in " ".join(plan.notes)
    assert sum(plan.agents["desk"]) < 200


def test_too_few_seats_give_the_best_partial_plan():
    plan = found(morning(), days=40, most=5)

    assert max(plan.agents["desk"]) == 5
    assert plan.unmeetable


def test_a_bounded_search_says_that_it_hit_its_bound():
    plan = found(morning(), days=20, tries=1)

    assert plan.hit_bound
    assert "bound" in " ".join(plan.notes)


def test_a_reserve_counts_in_the_search():
    centre = replace(
        morning().centre,
        tiers=(Tier("vip", 0, BY_INTERVAL), Tier("all", 1, BY_INTERVAL)),
        reserves=(Reserve(0, "desk", 1),),
    )
    scenario = morning(centre=centre)
    stream = replace(scenario.streams[0], calls=(6.0, 10.0), tiers=(("vip", 0.3), ("all", 0.7)))
    plan = found(replace(scenario, streams=(stream,)), days=12)

    assert "engine" in plan.notes[0]
    assert plan.cost > 0


@pytest.mark.parametrize("formula", ["sl_answered", "sl_none"])
def test_a_service_level_that_is_decided_late_is_refused(formula: str):
    with pytest.raises(BadInput, match="cannot be staffed for"):
        found(morning(), formula=formula)


def test_without_a_promise_there_is_nothing_to_staff_for():
    centre = replace(morning().centre, tiers=(Tier("all", 1),))

    with pytest.raises(BadInput, match=r"--set tiers.*target=80/20"):
        found(morning(centre=centre))


def test_progress_is_told_and_an_interrupt_comes_through():
    told: list[str] = []

    def stop(doing: str, done: int, of: int) -> None:
        told.append(doing)
        if len(told) > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found(morning(), days=10, progress=stop, processes=2)
    assert told


@pytest.mark.parametrize("date", ["2026-03-29", "2026-10-25"])
def test_a_plan_is_by_the_clock_on_the_wall_where_the_clocks_change(date: str):
    text = """
version: 1
centre:
  zone: Europe/Berlin
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {line: {hours: {mon-sun: 01:00-06:00}}}
  groups: {desk: {auto_answer: true}}
arrivals: [{calls: [0, 0, 10, 20, 30, 40, 20, 10, 20, 5], from: 00:00}]
handling: {exponential: 3m}
patience: {exponential: 2m}
"""
    changing, usual = (
        found(parse_scenario(f"{text}horizon: {{start: {day}, days: 1}}"), days=40) for day in (date, "2026-05-10")
    )

    assert changing.agents == usual.agents
    assert changing.starts == usual.starts
    assert f"the clocks change on {date}" in changing.notes[0]
    assert changing.staffing() == usual.staffing()
    assert changing.applied().centre.zone.name == "Europe/Berlin"
    assert len(changing.applied().centre.zone.starts) > 1


def test_nobody_is_asked_for_where_nobody_calls():
    text = """
version: 1
centre:
  tiers: {vip: {band: 0, target: 99.9/0}, standard: {band: 1, target: 80/20}}
  queues: {line: {}}
  groups: {desk: {auto_answer: true}}
arrivals: [{calls_per_hour: 60, from: 09:00, until: 10:00, tiers: {vip: 10%, standard: 90%}}]
handling: {exponential: 3m}
patience: {exponential: 5m}
"""
    plan = search(parse_scenario(text), processes=1)

    assert [h for h, heads in enumerate(plan.heads) if sum(heads)] == [18, 19]


def test_calls_that_no_promise_counts_are_told():
    impatient = (Rule(Law(LawKind.EXPONENTIAL, 1.0)),)
    most, some = found(morning(patience=impatient), days=40), found(morning(), days=40)

    assert any("of the calls count in no sl_net" in note for note in most.notes)
    assert not any("count in no" in note for note in some.notes)
