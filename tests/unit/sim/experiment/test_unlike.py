"""What a variant has otherwise than the base: its days, its interval, its calls; and that it is said."""

from dataclasses import replace

import pytest

from callcenter.config import load_scenario
from callcenter.scenario import Busyness
from callcenter.units import MINUTE, Millis
from sim.experiment.compare import compare
from sim.experiment.unlike import unlike
from sim.report.comparison import page
from sim.report.what_if import lines_of

BASE = load_scenario("first-steps", ["replications=2"])


def causes(variant) -> list[str]:
    return [note["cause"] for note in unlike(BASE, variant)]


def with_set(*sets: str):
    return load_scenario("first-steps", ["replications=2", *sets])


@pytest.mark.parametrize(
    "variant, told",
    [
        (with_set("staffing.0.agents=10", "tiers.vip.target=95/20"), []),
        (with_set("horizon.days=2"), ["other_days", "other_calls"]),
        (replace(BASE, horizon=replace(BASE.horizon, first_day=BASE.horizon.first_day + 1)), ["other_days"]),
        (replace(BASE, interval=Millis(15 * MINUTE)), ["other_interval"]),
        (with_set("volume*=1.1"), ["other_calls"]),
        (replace(BASE, busyness=Busyness(0.3)), ["other_calls"]),
    ],
)
def test_other_days_intervals_and_calls_are_told(variant, told):
    assert causes(variant) == told


def test_the_same_callers_in_other_queues_are_the_same_callers():
    own_people, one_pool = (load_scenario(name, ["replications=1"]) for name in ("bank-abc-dedicated", "bank-abc"))
    found = compare(own_people, [("one pool", one_pool)], processes=1)

    assert unlike(own_people, one_pool) == []
    assert "same chance" in page(found, "1")


def test_calls_are_told_in_numbers():
    [note] = unlike(BASE, with_set("volume*=2"))

    assert note["calls"] == pytest.approx(2 * note["base_calls"])
    assert (
        note["says"]
        == f"its calls are others: {note['calls']:,.0f} are expected, in the base {note['base_calls']:,.0f}"
    )


def test_the_same_chance_is_claimed_only_where_it_is_had():
    found = {
        name: compare(BASE, [(name, with_set(text))], processes=1)
        for name, text in {"more agents": "staffing.0.agents=10", "more calls": "volume*=2"}.items()
    }

    for name, alike in {"more agents": True, "more calls": False}.items():
        assert ("same chance" in page(found[name], "1")) == alike
        assert ("same chance" in "\n".join(lines_of(found[name].as_json()))) == alike
    assert "more calls: its calls are others" in page(found["more calls"], "1")
    assert found["more calls"].as_json()["variants"][0]["notes"][0]["cause"] == "other_calls"
