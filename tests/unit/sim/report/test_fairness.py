"""Fairness: what each tier waits, brings and takes, told side by side and the same everywhere."""

from dataclasses import replace

import pytest

from callcenter.config import load_scenario
from sim.experiment.compare import compare
from sim.experiment.replicate import Run, run
from sim.report.comparison import page as compared_page
from sim.report.fairness import HEADER, SHARES, cells, side_by_side
from sim.report.page import report
from sim.report.wording import JSON
from sim.results.result import as_json, result

STAFF = {"a": 7 / 45, "b": 11 / 45, "c": 27 / 45}
"""The documents' bank: 15, 25 and 60 % of the people."""


@pytest.fixture(scope="module")
def dedicated() -> Run:
    return run(replace(load_scenario("bank-abc-dedicated"), replications=2), processes=1)


@pytest.fixture(scope="module")
def told(dedicated: Run) -> JSON:
    found: JSON = as_json(result(dedicated.scenario, dedicated.figures, dedicated.starts))
    return found


def test_people_whom_a_tier_has_to_itself_are_that_tiers_paid_time(told: JSON):
    for tier, part in STAFF.items():
        assert told["tiers"][tier]["paid_time_share"]["mean"] == pytest.approx(part, abs=0.004)


def test_what_a_tier_brings_is_what_the_scenario_says(told: JSON):
    brings = {name: (b["share_customers"]["mean"], b["share_revenue"]["mean"]) for name, b in told["tiers"].items()}

    assert brings == {"a": (0.01, 0.7), "b": (0.19, 0.2), "c": (0.8, 0.1)}
    assert told["tiers"]["a"]["share_revenue"]["ci_low"] is None


@pytest.mark.parametrize("key", SHARES)
def test_shares_of_all_tiers_add_up_to_one(told: JSON, key: str):
    assert sum(block[key]["mean"] for block in told["tiers"].values()) == pytest.approx(1)
    assert told["overall"][key]["mean"] == pytest.approx(1)


def test_agents_time_by_group_and_tier_is_that_of_the_tiers(dedicated: Run):
    for day in dedicated.figures:
        by_tier = [day.sums[n, 4] for n in range(3)]
        assert day.group_ms.sum(axis=0).tolist() == pytest.approx(by_tier)


def test_agents_time_on_callbacks_counts_for_group_and_tier():
    lived = run(replace(load_scenario("telecom-hotline"), replications=1), processes=1)
    day = lived.figures[0]

    assert day.tasks[:, 0].sum() > 0
    assert day.group_ms.sum(axis=0).tolist() == pytest.approx(day.sums[:, 4].tolist())


def test_a_scenario_that_says_nothing_of_worth_has_no_such_shares():
    lived = run(replace(load_scenario("first-steps"), replications=1), processes=1)
    block = as_json(result(lived.scenario, lived.figures, lived.starts))["overall"]

    assert block["share_revenue"] is None
    assert cells(block)[-1] == "–"


def test_a_variants_row_stands_under_the_bases_for_each_tier(told: JSON):
    rows = side_by_side([("before", told), ("after", told)])

    assert [(row[0], row[1]) for row in rows[:4]] == [
        ("a", "before"), ("a", "after"), ("b", "before"), ("b", "after"),
    ]  # fmt: skip
    assert all(len(row) == len(HEADER) + 2 for row in rows)


def test_the_banks_table_before_and_after_is_in_the_comparison():
    few = replace(load_scenario("bank-abc-dedicated"), replications=2)
    found = compare(few, [("bank-abc", load_scenario("bank-abc"))], processes=1)
    text = compared_page(found, "1.2.3")

    fair = text[text.index('id="fair"') :]
    assert fair.count('<th scope="row">bank-abc</th>') == 4  # three tiers and overall
    before = found.base.result["tiers"]["c"]
    after = found.variants[0].result["tiers"]["c"]
    assert before["paid_time_share"]["mean"] == pytest.approx(0.6, abs=0.004)
    assert after["wait_p95_s"]["mean"] < before["wait_p95_s"]["mean"]


def test_the_report_has_waits_and_shares_in_one_table(dedicated: Run, told: JSON):
    text = report(dedicated, told, "1.2.3")
    fair = text[text.index('id="fair"') : text.index('id="shares"')]

    for title in HEADER:
        assert f">{title}</th>".replace("'", "&#39;") in fair
    assert "<td>70.0 %</td>" in fair
