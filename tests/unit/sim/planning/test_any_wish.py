"""What is asked for and what it costs, on centres drawn at random: never the other way round.

Of promises in every interval: one that is kept over the day is planned by taking agents away one at a time, and is
least only in that no single one can go (see `sim.planning.plan.formula`).
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.config import parse_scenario
from sim.planning.plan import Method, Wishes, plan_of

GROUPS = {"first": "[a]", "both": "[a, b]", "second": "[b]"}
WISHES = st.fixed_dictionaries(
    {
        "calls": st.sampled_from([2.0, 7.0, 25.0, 80.0]),
        "aht_s": st.sampled_from([60, 200, 500]),
        "vip": st.sampled_from([60, 75, 85]),
        "std": st.sampled_from([50, 70, 80]),
        "within_s": st.sampled_from([0, 10, 60]),
    }
)


def hours(method: Method, names: tuple[str, ...] = tuple(GROUPS), **wish: object) -> float:
    """Return the agent hours of a centre of two queues and three groups."""
    groups = "".join(f"    {name}: {{skills: {GROUPS[name]}, auto_answer: true}}\n" for name in names)
    calls = float(str(wish["calls"]))
    within = f"within: {wish['within_s']}s, scope: interval"
    text = f"""
version: 1
centre:
  tiers:
    vip: {{band: 0, target: {{share: {wish["vip"]}%, {within}}}}}
    std: {{band: 1, target: {{share: {wish["std"]}%, {within}}}}}
  default_tier: std
  queues: {{qa: {{needs: [a]}}, qb: {{needs: [b]}}}}
  groups:
{groups}
arrivals:
  - {{queue: qa, from: "08:00", every: 1h, calls: [{calls}, {2 * calls}, 0], tiers: {{vip: 20%, std: 80%}}}}
  - {{queue: qb, from: "08:00", every: 1h, calls: [{calls / 2}, 3, 8], tiers: {{vip: 10%, std: 90%}}}}
handling: {{exponential: {wish["aht_s"]}s}}
patience: {{exponential: 2m}}
"""
    return plan_of(parse_scenario(text), Wishes(method)).hours()


@pytest.mark.slow
@pytest.mark.parametrize("method", Method)
@settings(max_examples=6)
@given(wish=WISHES)
def test_who_asks_for_more_never_pays_less_and_the_order_of_groups_costs_nothing(
    method: Method, wish: dict[str, object]
):
    asked = hours(method, **wish)
    number = {name: float(str(wish[name])) for name in ("calls", "aht_s", "vip", "std", "within_s")}

    assert hours(method, **wish | {"vip": number["vip"] + 8}) >= asked
    assert hours(method, **wish | {"std": number["std"] + 8}) >= asked
    assert hours(method, **wish | {"within_s": number["within_s"] + 15}) <= asked
    assert hours(method, **wish | {"calls": number["calls"] * 1.3}) >= asked
    assert hours(method, **wish | {"aht_s": number["aht_s"] * 1.2}) >= asked
    assert hours(method, ("second", "both", "first"), **wish) == asked
