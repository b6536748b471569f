"""A small centre with every treatment (callbacks, a blacklist), lived through once for all tests of the report."""

import pytest

from callcenter.config import parse_scenario
from callcenter.scenario import Scenario
from sim.experiment.replicate import Run, run
from sim.report.wording import JSON
from sim.results.result import as_json, result

DAY = """
version: 1
title: "<b>Busy</b> & [bold]small[/bold]"
about: "Gold 白金 <script>alert(1)</script>"
centre:
  tiers:
    vip: {band: 0, target: 90/20}
    mid: {band: 1, target: 85/20, callback: true}
    standard: {band: 1, target: 85/20}
    blacklisted: {band: 9, max_wait: 15m, after_max_wait: reject}
  queues: {hotline: {hours: {all: 08:00-12:00}, short_abandon: 5s}}
  groups: {desk: {auto_answer: true}}
arrivals:
  - {calls_per_hour: 60, from: 08:00, until: 12:00, tiers: {vip: 10%, mid: 30%, standard: 58%, blacklisted: 2%}}
handling: {exponential: 4m}
patience: {exponential: 3m}
staffing: [{group: desk, agents: 4, from: 08:00, until: 12:00}]
worth:
  vip: {customers: 5%, revenue: 40%}
  mid: {customers: 15%, revenue: 35%}
  standard: {customers: 79%, revenue: 24%}
  blacklisted: {customers: 1%, revenue: 1%}
horizon: {start: 2026-03-02, days: 1}
replications: 6
seed: 7
"""


@pytest.fixture(scope="session")
def busy() -> Scenario:
    """Give the scenario."""
    return parse_scenario(DAY, "busy.yaml")


@pytest.fixture(scope="session")
def lived(busy: Scenario) -> Run:
    """Give its replications, the first with records."""
    return run(busy, processes=1, keep_records=True)


@pytest.fixture(scope="session")
def found(lived: Run) -> JSON:
    """Give what they come to, as plain data."""
    plain: JSON = as_json(result(lived.scenario, lived.figures, lived.starts))
    return plain
