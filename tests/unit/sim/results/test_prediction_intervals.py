"""Days of a fitted centre: what is printed holds chance and the model's error, and says so."""

from dataclasses import replace

import pytest

from callcenter.config import parse_scenario
from callcenter.scenario import Scenario
from sim.experiment.replicate import run
from sim.report.wording import doubts
from sim.results.result import as_json, result

CENTRE = """
version: 1
centre:
  zone: UTC
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {line: {}}
  groups: {desk: {auto_answer: true}}
arrivals: [{calls_per_hour: 30, from: "08:00", until: "12:00"}]
handling: {exponential: 3m}
patience: {exponential: 2m}
staffing: [{group: desk, agents: 3}]
horizon: {start: 2026-03-02}
model_error: {weeks: 4, service_level: 4%, abandonment: 2%, wait: 3s}
"""


def came_to(scenario: Scenario, replications: int = 12) -> dict:
    lived = run(replace(scenario, replications=replications), processes=1)
    return as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))


def width(found: dict, figure: str) -> float:
    return found["foretold"][figure]["ci_high"] - found["foretold"][figure]["ci_low"]


def test_more_replications_do_not_make_the_range_of_a_fitted_centre_narrow():
    asked = parse_scenario(CENTRE)
    few, many = came_to(asked, 12), came_to(asked, 60)
    level = many["overall"]["service_level"]["sl_all"]

    assert many["foretold"]["sl_all"]["mean"] == level["mean"]
    assert width(many, "sl_all") > 2 * 2.77 * 0.04  # Student's, 4 degrees of freedom, of the model's error alone
    assert width(many, "sl_all") > 0.6 * width(few, "sl_all")
    assert level["ci_high"] - level["ci_low"] < 0.5 * width(many, "sl_all")


def test_a_smaller_error_of_the_model_makes_the_range_narrower_down_to_chance():
    asked = parse_scenario(CENTRE)
    widths = [
        width(came_to(parse_scenario(CENTRE, sets=[f"model_error.abandonment={error}"])), "abandonment")
        for error in ("0%", "1%", "2%")
    ]

    assert widths == sorted(widths)
    assert "foretold" not in came_to(replace(asked, model_error=None))


def test_the_range_is_said_in_words_beside_the_intervals():
    said = doubts(came_to(parse_scenario(CENTRE)))

    assert any("as 4 weeks held out show it, 95 % of such days lie within: within 20 s" in line for line in said)
    assert any("one replication tells nothing of chance" in line for line in doubts(came_to(parse_scenario(CENTRE), 1)))


def test_the_error_of_the_level_within_20_s_is_not_taken_for_that_of_another_promise():
    found = came_to(parse_scenario(CENTRE, sets=["centre.tiers.all.target=80/40"]))

    assert set(found["foretold"]) == {"weeks", "abandonment", "wait_mean_s"}


@pytest.mark.parametrize("error", ["{weeks: 0, service_level: 4%, abandonment: 2%, wait: 3s}", "{weeks: 4}", "4%"])
def test_an_error_that_says_too_little_is_refused(error):
    with pytest.raises(Exception, match="model_error"):
        parse_scenario(CENTRE.replace("{weeks: 4, service_level: 4%, abandonment: 2%, wait: 3s}", error))
