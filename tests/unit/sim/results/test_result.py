"""The one object behind table, JSON and report: its shape, its identity, and nulls where nothing is defined."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from callcenter.lifecycle.measures import FORMULAS, OUTCOMES
from callcenter.scenario import Scenario
from callcenter.tiers import Scope, Sense, Target, default_tiers
from callcenter.units import Millis
from sim.experiment.replicate import run
from sim.report.files import interval_rows
from sim.report.wording import notes
from sim.results.result import as_json, result, target_met
from tests.unit.sim.scenes import busy, scripted, small_scenarios

H9 = 9 * 3600


def told(scenario: Scenario, replications: int = 3) -> dict:
    lived = run(replace(scenario, replications=replications), processes=1)
    return as_json(result(lived.scenario, lived.figures, lived.starts))


@pytest.fixture(scope="module")
def morning() -> dict:
    return told(busy(), 5)


def test_the_result_is_json_and_nothing_in_it_is_not_a_number(morning: dict):
    assert json.loads(json.dumps(morning, allow_nan=False)) == morning


def test_the_top_has_what_the_design_says(morning: dict):
    wanted = ["scenario", "seed", "replications", "engine", "calls", "tiers", "overall", "agents", "intervals"]

    assert set(wanted) <= set(morning)
    assert (morning["seed"], morning["replications"], morning["engine"]) == (7, 5, "simpy")
    assert list(morning["tiers"]) == ["vip", "mid", "standard", "blacklisted"]


def test_every_block_has_every_figure_and_every_formula(morning: dict):
    wanted = {
        "offered", "answered", "abandoned", "short_abandoned", "overflowed", "converted", "rejected", "open",
        "service_level", "target", "asa_s", "wait_p50_s", "wait_p95_s", "wait_max_s", "aht_s", "agent_time_share",
        "tasks",
    }  # fmt: skip
    for block in (*morning["tiers"].values(), morning["overall"]):
        assert wanted <= set(block)
        assert set(block["service_level"]) == set(FORMULAS)
        assert set(block["asa_s"]) == {"mean", "ci_low", "ci_high"}
        assert block["wait_max_s"]["ci_low"] is None


@given(small_scenarios())
@settings(max_examples=6)
def test_the_identity_holds_in_every_block_of_any_result(scenario: Scenario):
    found = told(scenario, 2)
    for block in (*found["tiers"].values(), found["overall"], *found["queues"].values()):
        assert sum(block[name]["mean"] for name in OUTCOMES) == pytest.approx(block["offered"]["mean"])
    tiers = [block["offered"]["mean"] for block in found["tiers"].values()]
    assert sum(tiers) == pytest.approx(found["overall"]["offered"]["mean"]) == pytest.approx(found["calls"]["mean"])
    assert sum(i["overall"]["offered"]["mean"] for i in found["intervals"]) == pytest.approx(found["calls"]["mean"])


def test_without_calls_ratios_are_null_and_counts_zero():
    found = told(scripted([]))
    block = found["overall"]

    assert block["offered"] == {"mean": 0.0, "ci_low": 0.0, "ci_high": 0.0}
    assert set(block["service_level"].values()) == {None}
    assert block["asa_s"] is block["wait_p95_s"] is block["wait_max_s"] is block["abandonment"] is None
    assert found["agents"]["occupancy"]["mean"] == 0


def test_one_replication_has_no_interval(morning: dict):
    found = told(busy(), 1)

    assert found["calls"]["ci_low"] is found["overall"]["service_level"]["sl_net"]["ci_high"] is None


def test_a_scripted_day_comes_to_what_it_must():
    """Answered at once, after exactly 20 s, after 70 s; hung up after 5 s: 2 of 3 in time once the short is out."""
    calls = [(H9, "standard", 60), (H9 + 40, "standard", 90), (H9 + 80, "standard", 10), (H9 + 81, "blacklisted", 9)]
    found = told(scripted(calls, patience_s={"blacklisted": 5}))
    levels = {name: est["mean"] for name, est in found["overall"]["service_level"].items()}

    assert levels == pytest.approx(
        {
            "sl_all": 2 / 4,
            "sl_answered": 2 / 3,
            "sl_offered": 2 / 4,
            "sl_forgiving": 3 / 4,
            "sl_net": 2 / 3,
            "sl_net_overflow": 2 / 3,
        }
    )
    assert found["overall"]["asa_s"]["mean"] == pytest.approx(90 / 3)
    assert found["overall"]["wait_max_s"]["mean"] == 70
    assert found["overall"]["aht_s"]["mean"] == pytest.approx(160 / 3)
    assert found["agents"]["occupancy"]["mean"] == pytest.approx(160 / 86_400)
    assert found["tiers"]["vip"]["service_level"]["sl_net"] is None
    assert [i["start"] for i in found["intervals"]][18] == "2026-03-02T09:00"


def judged(target: Target, agents: int) -> str:
    tiers = tuple(replace(t, target=target if t.name == "standard" else None) for t in default_tiers())
    scenario = busy(60, agents=agents, replications=6)
    lived = run(replace(scenario, centre=replace(scenario.centre, tiers=tiers)), processes=1)
    return str(target_met(lived.figures, 2, target))


@pytest.mark.parametrize("scope", list(Scope))
def test_a_target_is_met_missed_or_undecided(scope: Scope):
    within = Millis(20_000)

    assert judged(Target(0.8, within, scope), agents=30) == "yes"
    assert judged(Target(0.8, within, scope), agents=1) == "no"


def test_a_target_of_a_probability_asks_how_many_days_reach_it():
    within = Millis(20_000)

    assert judged(Target(0.8, within, Scope.DAY, Sense.PROBABILITY, 0.9), agents=30) == "yes"
    assert judged(Target(0.8, within, Scope.DAY, Sense.PROBABILITY, 0.9), agents=1) == "no"


def test_where_the_interval_holds_the_target_nothing_is_decided():
    lived = run(replace(busy(60, agents=4), replications=4), processes=1)
    level = as_json(result(lived.scenario, lived.figures, lived.starts))["tiers"]["standard"]["service_level"]["sl_net"]

    assert str(target_met(lived.figures, 2, Target(level["mean"], Millis(20_000)))) == "undecided"


def test_a_target_of_every_interval_is_shown_and_judged_in_every_interval():
    tiers = tuple(
        replace(tier, target=Target(0.8, Millis(20_000), Scope.INTERVAL if tier.name == "standard" else Scope.DAY))
        for tier in default_tiers()
    )
    scenario = busy(80.0, agents=5)
    scenario = replace(scenario, centre=replace(scenario.centre, tiers=tiers))
    lived = told(scenario, 5)
    cells = [(i["tiers"], i["overall"]) for i in lived["intervals"]]
    verdicts = {tiers_["standard"]["target"]["met"] for tiers_, _ in cells}

    assert all("target" not in tiers_["vip"] and "target" not in overall for tiers_, overall in cells)
    assert all(tiers_["standard"]["target"]["share"] == 0.8 for tiers_, _ in cells)
    worst = next((met for met in ("no", "undecided") if met in verdicts), "yes")
    assert lived["tiers"]["standard"]["target"]["met"] == worst
    rows = [row for row in interval_rows(lived) if row[1] == "standard"]
    assert [row[-2:] for row in rows] == [(0.8, tiers_["standard"]["target"]["met"]) for tiers_, _ in cells]
    said = [line for line in notes(scenario, lived) if line.startswith("standard")]
    missed = [i["start"][5:].replace("T", " ") for i in lived["intervals"]
              if i["tiers"]["standard"]["target"]["met"] == worst]  # fmt: skip
    assert worst == "yes" or missed[0] in said[0]
