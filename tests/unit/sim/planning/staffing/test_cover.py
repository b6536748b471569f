"""Several groups are staffed together: at the least cost, with every tier's promise kept in every queue."""

import numpy as np
import pytest

from callcenter.config import parse_scenario
from callcenter.scenario import Scenario
from sim.planning.plan import plan_of
from sim.planning.plan.groups import costs, weighed
from sim.planning.staffing import search
from sim.planning.staffing.cover import Cover, cover_of
from sim.planning.staffing.wholedays import WholeDays

CENTRE = """
version: 1
centre:
  tiers: {vip: {band: 0, target: 90/20}, standard: {band: 1, target: 80/20}}
  queues: {es: {needs: [es]}, ca: {needs: [ca]}}
  groups: {one: {skills: [es], auto_answer: true}, both: {skills: [es, ca], auto_answer: true}}
arrivals:
  - {queue: es, calls_per_hour: 96, from: "09:00", until: "11:00", tiers: {vip: 10%, standard: 90%}}
  - {queue: ca, calls_per_hour: 24, from: "09:00", until: "11:00", tiers: {vip: 10%, standard: 90%}}
handling: {exponential: 4m}
patience: {exponential: 4m}
interval: 1h
"""


@pytest.fixture
def two_languages() -> Scenario:
    return parse_scenario(CENTRE)


def cover(scenario: Scenario) -> Cover:
    from sim.planning.plan import Method, Wishes

    by_formula = plan_of(scenario, Wishes(Method.ERLANG_A))
    return cover_of(scenario, by_formula, by_formula.days[0], (40, 40), 24)


def test_a_cut_asks_for_more_of_those_who_may_take_the_calls_and_of_the_cheapest_among_them(two_languages: Scenario):
    master = cover(two_languages)
    before = master.heads()[9]
    master.ask_for_more(master.heads(), {(9, 0): 1})  # in Spanish, which both groups know
    spanish = master.heads()[9]
    master.ask_for_more(master.heads(), {(9, 1): 1})  # in Catalan: as many in all, one of them another
    catalan = master.heads()[9]

    assert spanish == (before[0] + 1, before[1])
    assert catalan == (spanish[0] - 1, spanish[1] + 1)
    assert master.heads()[10] == master.least[10]


def test_who_serves_fewer_queues_is_cheaper_by_a_hair_and_shift_types_say_what_an_hour_costs(two_languages: Scenario):
    assert costs(two_languages) == (1.0, 1.0)
    assert weighed(two_languages)[0] < weighed(two_languages)[1] < 1.01
    types = """
shift_types:
  a: {group: one, length: 8h, earliest: 08:00, latest: 09:00, cost: 8}
  b: {group: both, length: 8h, earliest: 08:00, latest: 09:00, cost: 12, breaks: [{after: 2h, for: 30m}]}
"""

    assert costs(parse_scenario(CENTRE + types)) == pytest.approx((1.0, 1.6))


@pytest.mark.slow
def test_every_tier_is_served_as_promised_in_every_queue_and_hardly_anybody_is_there_in_vain(two_languages: Scenario):
    plan = search(two_languages, days=60, judged_on=100)
    least = sum(sum(heads) for heads in cover(two_languages).least)
    day = {finding.promise.who: finding.verdict for finding in plan.judged if finding.promise.interval is None}

    assert plan.met
    assert day == dict.fromkeys(["vip", "standard", "vip, es", "standard, es", "vip, ca", "standard, ca"], "yes")
    assert least <= plan.cost <= 1.2 * least
    assert {b.group for b in plan.binding} == {"one", "both"} or np.array(plan.heads)[:, 0].sum() == 0


@pytest.mark.slow
def test_hundreds_of_agents_in_two_groups_keep_what_is_promised_from_the_first_half_hour_on():
    found = parse_scenario("""
version: 1
centre:
  tiers: {all: {band: 0, target: {share: 80%, within: 20s, scope: interval}}}
  queues: {en: {needs: [en]}, es: {needs: [es]}}
  groups: {en: {skills: [en], auto_answer: true}, both: {skills: [en, es], auto_answer: true}}
arrivals:
  - {queue: en, calls_per_hour: 6000, from: "09:00", until: "10:00"}
  - {queue: es, calls_per_hour: 3000, from: "09:00", until: "10:00"}
handling: {lognormal: {mean: 5m, cv: 1}}
patience: {exponential: 4m}
""")
    plan = search(found, judged_on=40)

    assert plan.met
    assert plan.cost <= 1_460  # of 1,373 fresh days fail three promises


@pytest.mark.parametrize(
    "more, said", [(0, "no more than the 21 that"), (11, "by formula, 34% less;"), (-1, "no more than the 21 that")]
)
def test_a_plan_is_compared_with_what_sets_of_queues_would_ask_for_by_themselves(
    two_languages: Scenario, more: int, said: str
):
    found = WholeDays.__new__(WholeDays)  # no days are lived for it
    found.cover = cover(two_languages)
    found.plan = list(found.cover.least)
    found.plan[9] = (found.plan[9][0] + more, found.plan[9][1])

    assert said in found.gap()
