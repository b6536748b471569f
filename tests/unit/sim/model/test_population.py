"""Customers made up to fit a scenario: the documents' own tables come out of the methods again."""

import json
from dataclasses import replace

import numpy as np
import pytest

from callcenter.cli import main
from callcenter.config import load_scenario
from callcenter.config.grading_rules import read_rules
from callcenter.customers.methods import grade
from callcenter.customers.summary import Summary, summary
from callcenter.errors import BadInput
from scenarios import rules_text
from sim.model.population import population

MANY = 60_000


def graded(scenario: str, count: int) -> Summary:
    """Return the summary of made-up customers by the shipped rules of the scenario's name."""
    chosen = read_rules(None, rules_text(scenario))
    customers = population(load_scenario(scenario), count).customers
    return summary(chosen.method, customers, grade(customers, chosen.method, chosen.rules))


def test_the_banks_table_70_20_10_of_revenue_from_1_19_80_of_customers():
    found = graded("bank-abc", MANY).grades

    assert [g.name for g in found] == ["A", "B", "C"]
    assert [g.share_revenue for g in found] == pytest.approx([0.7, 0.2, 0.1], abs=0.003)
    assert [g.share_customers for g in found] == pytest.approx([0.01, 0.19, 0.8], abs=0.003)
    assert [g.tier for g in found] == ["a", "b", "c"]


def test_the_pyramid_of_1_4_15_80():
    found = graded("value-pyramid", MANY).grades

    assert [g.customers for g in found] == [600, 2_400, 9_000, 48_000]
    assert [g.share_revenue for g in found] == pytest.approx([0.32, 0.24, 0.24, 0.2], abs=0.003)


def test_the_utilitys_four_levels_are_350_700_30_000_and_300_000():
    found = graded("utility-key-accounts", 331_050).grades

    assert [g.customers for g in found] == [350, 700, 30_000, 300_000]
    assert [g.share_revenue for g in found] == pytest.approx([0.38, 0.17, 0.2, 0.25], abs=0.003)


def test_the_operators_three_dimensions_find_the_high_end_without_looking_at_revenue_alone():
    found = graded("telecom-hotline", MANY).grades

    assert [g.share_customers for g in found] == pytest.approx([0.05, 0.15, 0.8], abs=0.001)
    # The scenario's 5 % who bring most bring 35 %; those high in three dimensions bring nearly as much.
    assert 0.25 < found[0].share_revenue < 0.35
    assert [g.tier for g in found] == ["vip", "mid", "standard"]


def test_each_tier_rings_as_often_and_talks_as_long_as_the_scenario_says():
    scenario = load_scenario("bank-abc")
    made = population(scenario, MANY)
    contacts = made.customers.figure("contacts_12m")
    minutes = made.customers.figure("agent_minutes_12m")
    of_tier = [made.tier == n for n in range(3)]

    assert made.tiers == ("a", "b", "c")
    assert [contacts[t].sum() / contacts.sum() for t in of_tier] == pytest.approx([0.05, 0.26, 0.69], abs=0.02)
    assert contacts.sum() == pytest.approx(5_100 * 5 * 52, rel=0.02)
    assert minutes.sum() / contacts.sum() == pytest.approx((225 + 15) / 60, rel=0.02)


def test_who_is_made_up_does_not_depend_on_anything_but_the_seed():
    scenario = load_scenario("value-pyramid")
    one, same, other = population(scenario, 500), population(scenario, 500), population(scenario, 500, seed=7)

    assert one.customers.figure("revenue_12m").tolist() == same.customers.figure("revenue_12m").tolist()
    assert one.customers.figure("revenue_12m").tolist() != other.customers.figure("revenue_12m").tolist()
    assert np.corrcoef(np.arange(500), one.customers.figure("revenue_12m"))[0, 1] == pytest.approx(0, abs=0.15)


def test_a_scenario_that_says_nothing_of_worth_has_no_customers():
    with pytest.raises(BadInput, match="does not say what its tiers are worth"):
        population(replace(load_scenario("bank-abc"), worth=()), 10)


def test_from_scenario_to_grades_on_the_command_line(tmp_path, capsys):
    path = tmp_path / "customers.csv"
    assert main(["scenario", "customers", "bank-abc", "--customers", "2000", "--out", str(path)]) == 0
    capsys.readouterr()
    assert main(["tiers", str(path), "--rules", "bank-abc", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert [g["customers"] for g in found["grades"]] == pytest.approx([20, 380, 1600], abs=3)
    assert sum(g["share_agent_time"] for g in found["grades"]) == pytest.approx(1)


def test_too_few_or_too_many_customers_are_refused(tmp_path, capsys):
    status = main(["scenario", "customers", "bank-abc", "--customers", "0", "--out", str(tmp_path / "x.csv")])

    assert status == 2
    assert "--customers 0: 1 to 10,000,000 are possible" in capsys.readouterr().err
