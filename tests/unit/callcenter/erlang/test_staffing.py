"""The fewest agents, by Erlang C: enough, and not one too many."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, SearchEnded, erlang_c, staff_erlang_c, with_shrinkage

targets = st.fixed_dictionaries(
    {},
    optional={
        "service_level": st.floats(0.01, 0.999),
        "max_asa_s": st.floats(0.1, 600),
        "max_p_wait": st.floats(0.01, 1),
        "max_occupancy": st.floats(0.3, 1),
    },
).filter(bool)


def meets(n, load, aht, within, goal):
    found = erlang_c(load_erl=load, agents=n, aht_s=aht, within_s=within)
    return (
        bool(found.stable)
        and found.service_level >= goal.get("service_level", 0)
        and found.asa_s <= goal.get("max_asa_s", np.inf) * (1 + 1e-12)
        and found.p_wait <= goal.get("max_p_wait", 1)
        and found.occupancy <= goal.get("max_occupancy", 1) * (1 + 1e-12)
    )


@given(goal=targets, load=st.floats(1e-6, 3_000), aht=st.floats(1, 3_600), within=st.floats(0, 300))
def test_the_answer_meets_every_target_and_one_fewer_does_not(goal, load, aht, within):
    n = int(staff_erlang_c(load_erl=load, aht_s=aht, within_s=within, **goal))

    assert meets(n, load, aht, within, goal)
    assert not meets(
        n - 1,
        load,
        aht,
        within,
        {k: v * (1 - 1e-9) for k, v in goal.items()} | {k: v for k, v in goal.items() if k == "service_level"},
    )


def test_ten_thousand_half_hours_have_no_wrong_answer():
    rng = np.random.default_rng(11)
    load = np.exp(rng.uniform(np.log(0.2), np.log(1_460), 10_000))
    case = {"load_erl": load, "aht_s": rng.uniform(30, 900, 10_000), "within_s": rng.uniform(5, 60, 10_000)}
    goal = rng.uniform(0.5, 0.99, 10_000)
    n = staff_erlang_c(**case, service_level=goal)

    assert np.all(erlang_c(**case, agents=n).service_level >= goal)
    assert np.all(erlang_c(**case, agents=n - 1).service_level < goal)


def test_fifty_digits_give_the_same_answers():
    rng = np.random.default_rng(5)
    for _ in range(60):
        load, t, goal = np.exp(rng.uniform(-1, 5)), rng.uniform(0, 0.3), rng.uniform(0.5, 0.99)
        with localcontext() as context:
            context.prec = 50
            a, b, k = Decimal(float(load)), Decimal(1), 0
            while True:
                k += 1
                b = a * b / (k + a * b)
                if k > a:
                    late = k * b / (k - a * (1 - b)) * (-(k - a) * Decimal(float(t))).exp()
                    if 1 - late >= Decimal(float(goal)):
                        break
        assert int(staff_erlang_c(load_erl=load, service_level=goal, within_s=t)) == k


@pytest.mark.parametrize(
    ("load", "goal", "t", "answer"),
    [(10_000, 0.80, 20, 10_021), (100_000, 0.99, 20, 100_066), (10, 0.8, 20, 14), (9.6, 0.01, 20, 10)],
)
def test_the_hard_cases_of_other_programs(load, goal, t, answer):
    assert int(staff_erlang_c(load_erl=load, aht_s=300, service_level=goal, within_s=t)) == answer


@pytest.mark.parametrize("goal", [0.9999999, 1 - 1e-12])
@pytest.mark.parametrize("load", [1e-9, 0.5, 50.0, 90_000.0])
def test_extreme_targets_are_walked_to(load, goal):
    n = int(staff_erlang_c(load_erl=load, service_level=goal, within_s=0))
    reached = erlang_c(load_erl=load, agents=[n - 1, n]).service_level

    assert reached[0] < goal <= reached[1] or n == 1


def test_no_calls_need_nobody():
    assert staff_erlang_c(load_erl=[0.0, 3.0], service_level=0.8, within_s=0.1).tolist()[0] == 0
    assert staff_erlang_c(load_erl=0, max_occupancy=0.5).shape == ()


def test_targets_broadcast_against_loads():
    n = staff_erlang_c(load_erl=np.array([5.0, 50.0])[:, None], aht_s=180, service_level=[0.5, 0.8, 0.95], within_s=20)

    assert n.shape == (2, 3)
    assert np.all(np.diff(n, axis=1) > 0)


@pytest.mark.parametrize("name", ["service_level"])
def test_all_calls_in_time_is_refused(name):
    with pytest.raises(BadFigure, match=r"service_level is 1\.0: no number of agents reaches it"):
        staff_erlang_c(load_erl=5, **{name: 1.0}, within_s=20)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("targets", {"service_level": None}),
        ("within_s", {"within_s": None}),
        ("service_level", {"service_level": 80}),
        ("load_erl", {"load_erl": -1}),
        ("load_erl", {"load_erl": float("nan")}),
        ("aht_s", {"aht_s": 0}),
        ("max_asa_s", {"max_asa_s": 0}),
        ("max_p_wait", {"max_p_wait": 0}),
        ("max_occupancy", {"max_occupancy": 1.2}),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(name, change):
    case = {"load_erl": 5, "aht_s": 180, "service_level": 0.8, "within_s": 20} | change
    with pytest.raises(BadFigure, match=f"^{name} is"):
        staff_erlang_c(**case)


def test_the_search_says_where_it_ended():
    with pytest.raises(SearchEnded, match="no answer up to agents = 1000000"):
        staff_erlang_c(load_erl=2e6, service_level=0.8, within_s=20)


def test_shrinkage_does_not_add_an_agent_for_a_last_digit():
    assert with_shrinkage(14, 0.3).tolist() == 20
    assert with_shrinkage([0, 15, 7, 9], [0.3, 0.3, 0.0, 0.1]).tolist() == [0, 22, 7, 10]
    with pytest.raises(BadFigure, match=r"shrinkage is 1\.0"):
        with_shrinkage(10, 1.0)
