"""What a formula assumes and a scenario breaks is said of its plan, and nothing else is."""

import pytest

from callcenter.centre import Group, Queue, Reserve
from callcenter.config import parse_scenario
from callcenter.scenario import Law, LawKind, Rule
from callcenter.tiers import Tier
from sim.planning.plan import Wishes, plan_of
from tests.unit.sim.planning.plans import EVERY_HALF_HOUR, EXPONENTIAL, centre, scenario


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
