"""Pools: which groups serve which queues, how many of each group a plan asks for, and pools that nobody calls."""

from dataclasses import replace

import numpy as np
import pytest

from callcenter.centre import Group, Queue
from callcenter.erlang import LoadMethod, staff_erlang_c
from callcenter.errors import BadInput
from callcenter.scenario import NEVER, Desk, Horizon, Rule, Stream
from callcenter.tiers import Target, Tier
from callcenter.units import HOUR, Millis
from sim.planning.plan import Method, Wishes, plan_of
from sim.planning.plan.groups import cheapest
from sim.planning.plan.outcome import plan_result
from sim.planning.plan.pools import pools
from tests.unit.sim.planning.plans import EVERY_HALF_HOUR, MONDAY, WITHIN, agents, centre, scenario


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
