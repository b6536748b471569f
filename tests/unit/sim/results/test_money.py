"""What service costs: every total is the sum of its rows, a roster costs what its lines cost, nothing is made up."""

from dataclasses import replace

import pytest

from callcenter.config import parse_scenario
from callcenter.errors import BadInput
from callcenter.scenario import Scenario
from callcenter.units import HOUR
from sim.experiment.compare import compare
from sim.experiment.replicate import run
from sim.experiment.sweep import rows, sweep
from sim.results.money import wages
from sim.results.result import as_json, result

CENTRE = """
version: 1
centre:
  zone: Europe/Madrid
  tiers: {vip: {band: 0, target: 90/20}, standard: {band: 1, target: 80/20}}
  queues: {desk: {}}
  groups: {day: {auto_answer: true}, night: {auto_answer: true}}
arrivals:
  - {calls_per_hour: 30, from: "08:00", until: "20:00", tiers: {vip: 20%, standard: 80%}}
handling: {exponential: 4m}
patience: {exponential: 1m}
shifts:
  - {group: day, agents: 2, from: "08:00", to: "18:00"}
staffing:
  - {group: night, agents: 1, from: "18:00", until: "20:00"}
replications: 6
"""
MONEY = """
money:
  currency: EUR
  wages: {day: 20, night: 30}
  overtime: {after: 8h, pay: 150%}
  lost_call: {vip: 10, standard: 2}
  revenue: {vip: 100, standard: 5}
"""


def lived(text: str) -> dict[str, object]:
    scenario = parse_scenario(text)
    found = run(scenario, processes=1)
    told: dict[str, object] = as_json(result(scenario, found.figures, found.starts))
    return told


def test_wages_are_of_the_hours_rostered_with_overtime_after_the_hours_agreed():
    # Two agents of 8 h at 20 and 2 h at 30; one agent for 2 h at 30, by interval: no overtime.
    assert wages(parse_scenario(CENTRE + MONEY)) == {"day": (2 * (160 + 60), 2 * 60), "night": (60, 0)}


def test_a_shift_over_midnight_is_paid_once_on_the_day_on_which_it_begins_by_the_hours_it_really_has():
    """In the night of 28 March 2026 an hour is left out."""
    night = CENTRE.replace('from: "08:00", to: "18:00"}', 'from: "22:00", to: "06:00", weekdays: sat}')
    scenario = parse_scenario(night + MONEY + 'horizon: {start: "2026-03-28", days: 2}\n')

    assert wages(scenario)["day"] == (2 * 7 * 20, 0)
    assert wages(replace(scenario, shrinkage=0.5)) == wages(scenario)


def test_every_total_is_the_sum_of_its_rows_and_the_cost_is_wages_and_lost_calls():
    money = lived(CENTRE + MONEY)["money"]
    assert isinstance(money, dict)

    def mean(est: dict[str, float]) -> float:
        return est["mean"]

    assert mean(money["wages"]["total"]) == sum(map(mean, money["wages"]["groups"].values())) == 500
    for part in ("lost_calls", "revenue_at_risk"):
        assert mean(money[part]["total"]) == pytest.approx(sum(map(mean, money[part]["tiers"].values())))
    assert mean(money["lost_calls"]["tiers"]["vip"]) * 10 == pytest.approx(
        mean(money["revenue_at_risk"]["tiers"]["vip"])
    )
    assert mean(money["cost"]["total"]) == pytest.approx(
        mean(money["wages"]["total"]) + mean(money["lost_calls"]["total"])
    )
    assert all(est["total"]["ci_low"] <= est["total"]["mean"] <= est["total"]["ci_high"] for est in
               (money[part] for part in ("wages", "lost_calls", "cost", "revenue_at_risk")))  # fmt: skip


def test_where_nothing_is_priced_nothing_is_said():
    assert "money" not in lived(CENTRE)
    assert set(lived(CENTRE + "money: {currency: CNY, lost_call: 3}\n")["money"]) == {"currency", "lost_calls"}  # type: ignore[call-overload]


def test_variants_differ_by_what_their_people_cost_and_two_currencies_are_refused():
    base = parse_scenario(CENTRE + MONEY)
    more = replace(base, shifts=(replace(base.shifts[0], agents=3),))
    found = compare(base, [("one more", more)], processes=1).as_json()["variants"][0]["differences_by_money"]

    assert found["wages"]["mean"] == 220
    assert found["lost_calls"]["mean"] < 0
    assert found["cost"]["mean"] == pytest.approx(220 + found["lost_calls"]["mean"])
    with pytest.raises(BadInput, match="USD"):
        compare(base, [("abroad", parse_scenario(CENTRE + MONEY.replace("EUR", "USD")))], processes=1)


def test_a_sweep_has_the_money_of_each_setting_by_tier_and_together():
    scenario = parse_scenario(CENTRE + MONEY)
    table = rows(sweep("s", [("seed", ["1"])], [((("seed", "1"),), scenario)]))
    together = next(row for row in table if row["tier"] == "overall")

    assert together["wages"] == 500
    assert together["currency"] == "EUR"
    assert together["lost_calls"] == pytest.approx(sum(r["lost_calls"] for r in table if r["tier"] != "overall"))  # type: ignore[misc]
    assert all(row["wages"] is None for row in table if row["tier"] != "overall")


TYPES = """
shift_types:
  full: {group: day, length: 9h, earliest: 08:00, latest: 11:00}
  late: {group: night, length: 4h, earliest: 16:00, latest: 16:00}
"""


def test_a_shift_type_without_a_cost_of_its_own_costs_its_wages_or_its_hours():
    def prices(scenario: Scenario) -> dict[str, float]:
        return {kind.name: kind.cost for kind in scenario.shift_types}

    assert prices(parse_scenario(CENTRE + MONEY + TYPES)) == {"full": 190, "late": 120}
    assert prices(parse_scenario(CENTRE + TYPES)) == {"full": 9, "late": 4}
    assert prices(parse_scenario(CENTRE + MONEY + TYPES.replace("9h,", "9h, cost: 7,")))["full"] == 7
    assert parse_scenario(CENTRE + MONEY).money.shift("day", 9 * HOUR) == (190, 30)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("money: {currency: EUR}", "has a currency and no price"),
        ("money: {currency: EUR, wages: {day: 20}}", "says nothing of the group 'night'"),
        ("money: {currency: EUR, wages: {dya: 20, night: 3}}", "day"),
        ("money: {currency: EUR, lost_call: {gold: 20}}", "gold"),
        ("money: {currency: EUR, lost_call: -2}", "greater than or equal to 0|at least 0|below 0"),
        ("money: {currency: EUR, lost_call: 1, overtime: {after: 8h}}", "needs wages"),
        ("money: {currency: EUR, wages: 20, overtime: {after: 8h, pay: 50%}}", "less than the wage"),
        ("money: {wages: 20}", "currency"),
        ("money: {currency: '12', wages: 20}", "currency"),
    ],
)
def test_a_wrong_price_is_refused_by_name(written: str, said: str):
    with pytest.raises(BadInput, match=said):
        parse_scenario(CENTRE + written + "\n")


def test_overtime_at_the_wage_is_a_price_like_any_other():
    money = parse_scenario(CENTRE + "money: {currency: EUR, wages: 20, overtime: {after: 8h, pay: 100%}}\n").money

    assert money is not None
    assert money.shift("day", 9 * HOUR)[0] == 180
