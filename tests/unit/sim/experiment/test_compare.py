"""Variants against the base on common random numbers."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from callcenter.config import load_scenario
from callcenter.scenario import Rule
from sim.experiment.compare import FIGURES, OCCUPANCY, beside, compare, decided, variant_of
from sim.experiment.engines import Engine
from sim.experiment.replicate import run
from sim.report.comparison import difference, page
from sim.results.result import OVERALL
from tests.strategies_centres import Kind, centres
from tests.unit.sim.scenes import exponential

BASE = load_scenario("first-steps", ["replications=6"])


@pytest.fixture(scope="module")
def found():
    more = load_scenario("first-steps", ["staffing.0.agents=10", "seed=99", "replications=3"])
    return compare(BASE, [("same", BASE), ("more", more)], processes=1)


def test_the_same_scenario_differs_in_nothing(found):
    for figures in found.differences[0].values():
        for est in figures.values():
            assert (est.mean, est.ci_low, est.ci_high) == (0.0, 0.0, 0.0)
            assert not decided(est)


@given(centres(Kind(days=1)), st.integers(1, 3))
@settings(max_examples=6)
def test_differences_of_variants_are_the_same_under_both_engines(base, more):
    """Common random numbers hold across engines too: to the last digit, for centres that both know."""
    pytest.importorskip("llvmlite")
    from sim.compiled.coverage import refusal

    base = replace(base, replications=3)
    variant = replace(base, patience=(Rule(exponential(20.0 * more)),), busyness=None)
    assume(refusal(base) is None and refusal(variant) is None)

    def compared(*engines):
        runs = [run(one, processes=1, engine=engine) for one, engine in zip((base, variant), engines, strict=True)]
        found = beside(variant_of("base", runs[0]), [variant_of("variant", runs[1])]).as_json()
        for result in (found["base"], found["variants"][0]["result"]):
            del result["engine"]
        return found

    simpy = compared(Engine.SIMPY, Engine.SIMPY)
    assert compared(Engine.COMPILED, Engine.COMPILED) == simpy
    assert compared(Engine.SIMPY, Engine.COMPILED) == simpy


def test_more_agents_surely_help(found):
    overall = found.differences[1][OVERALL]

    assert decided(overall["sl_net"])
    assert overall["sl_net"].mean > 0 > overall["asa_s"].mean
    assert overall[OCCUPANCY].ci_high < 0


def test_variants_take_the_seed_and_the_replications_of_the_base(found):
    results = [found.base.result, *(variant.result for variant in found.variants)]

    assert {(r["seed"], r["replications"]) for r in results} == {(BASE.seed, 6)}


def test_pairing_is_narrower_than_chance(found):
    """The interval of the difference is narrower than those of its two sides together."""
    ours, theirs = found.variants[1].result[OVERALL], found.base.result[OVERALL]
    apart = sum(
        r["service_level"]["sl_net"]["ci_high"] - r["service_level"]["sl_net"]["ci_low"] for r in (ours, theirs)
    )
    paired = found.differences[1][OVERALL]["sl_net"]

    assert 2 * paired.half_width < apart


def test_the_json_has_every_figure_of_every_tier(found):
    plain = json.loads(json.dumps(found.as_json(), allow_nan=False))
    more = plain["variants"][1]

    assert set(plain) == {"base", "variants"}
    assert more["name"] == "more"
    assert set(more["differences"]) == {"vip", "standard", OVERALL}
    assert set(more["differences"]["vip"]) == set(FIGURES)
    assert set(more["differences"][OVERALL]) == {*FIGURES, OCCUPANCY}
    assert more["differences"][OVERALL]["sl_net"]["decided"] is True
    assert more["result"]["tiers"]["vip"]["target"] is not None


def test_the_difference_is_that_of_the_results(found):
    ours, theirs = found.variants[1].result, found.base.result
    for tier in ("vip", "standard"):
        apart = (
            ours["tiers"][tier]["service_level"]["sl_net"]["mean"]
            - theirs["tiers"][tier]["service_level"]["sl_net"]["mean"]
        )
        assert found.differences[1][tier]["sl_net"].mean == pytest.approx(apart)


def test_tiers_that_the_base_lacks_are_not_compared():
    other = load_scenario("computer-maker", ["replications=2"])
    found = compare(replace(BASE, replications=2), [("other", other)], processes=1)

    assert list(found.differences[0]) == [t.name for t in BASE.centre.tiers if t.name in _names(other)] + [OVERALL]


def _names(scenario) -> list[str]:
    return [tier.name for tier in scenario.centre.tiers]


def test_one_replication_decides_nothing():
    more = load_scenario("first-steps", ["staffing.0.agents=10"])
    found = compare(replace(BASE, replications=1), [("more", more)], processes=1)

    assert not any(decided(est) for figures in found.differences[0].values() for est in figures.values())
    assert "(" not in difference("sl_net", found.differences[0]["vip"]["sl_net"])


def test_the_page_names_every_variant_and_fetches_nothing(found):
    text = page(found, "1")

    assert "<h2>more</h2>" in text
    assert "://" not in text
    assert page(found, "1") == text
