"""The fewest agents, by Erlang A: enough, not one too many, and below the load where that is enough."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.erlang import BadFigure, SearchEnded, erlang_a, staff_erlang_a, staff_erlang_c

LEVELS = [
    "p_served_within_t",
    "p_wait_le_t_given_served",
    "sl_excl_abandoned_within_t",
    "p_virtual_wait_le_t",
]
targets = st.fixed_dictionaries(
    {},
    optional={
        "service_level": st.floats(0.05, 0.999),
        "max_asa_s": st.floats(0.1, 600),
        "max_p_abandon": st.floats(0.001, 0.9),
        "max_p_wait": st.floats(0.01, 1),
        "max_occupancy": st.floats(0.3, 1),
    },
).filter(bool)


def meets(n, case, goal, level_of, hair):
    if n == 0:
        return False
    found = erlang_a(**case, agents=n)
    return (
        getattr(found, level_of) >= goal.get("service_level", 0) - hair
        and found.asa_s <= goal.get("max_asa_s", np.inf) * (1 + hair)
        and found.p_abandon <= goal.get("max_p_abandon", 1) + hair
        and found.p_wait <= goal.get("max_p_wait", 1) + hair
        and found.occupancy <= goal.get("max_occupancy", 1) + hair
    )


@given(
    goal=targets,
    level_of=st.sampled_from(LEVELS),
    case=st.fixed_dictionaries(
        {
            "load_erl": st.floats(1e-6, 1_000),
            "aht_s": st.floats(1, 3_600),
            "patience_s": st.floats(1, 36_000),
            "within_s": st.floats(0, 300),
        }
    ),
)
def test_the_answer_meets_every_target_and_one_fewer_does_not(goal, level_of, case):
    n = int(staff_erlang_a(**case, **goal, level_of=level_of))

    assert meets(n, case, goal, level_of, 1e-11)
    assert not meets(n - 1, case, goal, level_of, -1e-11)


@pytest.mark.parametrize("level_of", LEVELS)
def test_a_target_a_billionth_beside_what_some_staff_reach_is_decided_to_the_last_digits(level_of):
    """Far from a goal a coarser rule decides; here it could not."""
    rng = np.random.default_rng(14)
    load = np.exp(rng.uniform(np.log(0.5), np.log(5_000), 1_500))
    staff = np.maximum(1, np.round(load + rng.normal(0, 2, load.size) * np.sqrt(load)))
    case = {"load_erl": load, "patience_s": np.exp(rng.uniform(0, 9, load.size)), "aht_s": 180.0, "within_s": 20.0}
    reached = erlang_a(**case, agents=staff)
    level, asa = getattr(reached, level_of), reached.asa_s
    plain = (level > 0.01) & (level < 0.999) & (asa > 1e-3)
    case = {name: np.broadcast_to(figure, load.shape)[plain] for name, figure in case.items()}
    level, asa, staff = level[plain], asa[plain], staff[plain]

    assert plain.sum() > 500
    for more, less in ((1 - 1e-9, 1 + 1e-9), (1 + 1e-9, 1 - 1e-9)):
        enough = more < 1
        by_level = staff_erlang_a(**case, service_level=level * more, level_of=level_of)
        by_wait = staff_erlang_a(**case, max_asa_s=asa * less)
        assert np.all((by_level <= staff) == enough)
        assert np.all((by_wait <= staff) == enough)


@pytest.mark.parametrize("level_of", LEVELS)
def test_a_thousand_half_hours_have_no_wrong_answer(level_of):
    rng = np.random.default_rng(2)
    case = {
        "load_erl": np.exp(rng.uniform(np.log(0.2), np.log(1_460), 1_000)),
        "aht_s": rng.uniform(30, 900, 1_000),
        "within_s": rng.uniform(0, 60, 1_000),
        "patience_s": rng.uniform(30, 600, 1_000),
    }
    goal = rng.uniform(0.5, 0.99, 1_000)
    n = staff_erlang_a(**case, service_level=goal, level_of=level_of)

    assert np.all(getattr(erlang_a(**case, agents=n), level_of) >= goal)
    fewer = getattr(erlang_a(**case, agents=n - 1), level_of)
    assert np.all((fewer < goal) | (n == 1))


def test_a_search_from_one_upwards_finds_the_same():
    for load in (0.5, 4.0, 25.0):
        case = {"load_erl": load, "aht_s": 180, "patience_s": 90, "within_s": 20}
        levels = erlang_a(**case, agents=np.arange(60)).p_served_within_t
        first = int(np.argmax(levels >= 0.85))

        assert int(staff_erlang_a(**case, service_level=0.85)) == first


def test_it_staffs_below_the_load_where_those_who_hang_up_make_that_enough():
    case = {"aht_s": 300, "service_level": 0.8, "within_s": 20}
    agents = staff_erlang_a(load_erl=190, patience_s=120, **case)

    assert agents < 190 < staff_erlang_c(load_erl=190, **case)


def test_a_hundred_thousand_agents_and_none():
    n = staff_erlang_a(load_erl=[100_000, 0], patience_s=120, aht_s=300, service_level=0.99, within_s=20)

    reached = erlang_a(load_erl=100_000, agents=[n[0] - 1, n[0]], patience_s=120, aht_s=300, within_s=20)
    assert reached.service_level[0] < 0.99 <= reached.service_level[1]
    assert n[1] == 0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("targets", {"service_level": None}),
        ("within_s", {"within_s": None}),
        ("service_level", {"service_level": 1.0}),
        ("patience_s", {"patience_s": 0}),
        ("patience_s", {"patience_s": float("inf")}),
        ("max_p_abandon", {"max_p_abandon": 0}),
        ("level_of", {"level_of": "the_best_one"}),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(name, change):
    case = {"load_erl": 5, "aht_s": 180, "patience_s": 60, "service_level": 0.8, "within_s": 20} | change
    with pytest.raises(BadFigure, match=f"^{name} is"):
        staff_erlang_a(**case)


def test_the_search_says_where_it_ended():
    with pytest.raises(SearchEnded, match="no answer up to agents = 1000000"):
        staff_erlang_a(load_erl=3e6, patience_s=60, service_level=0.8, within_s=20)
