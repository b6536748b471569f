import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from callcenter.errors import BadInput
from sim.planning.roster.cover import Aim, Problem, cover


def shifts(rows: int, length: int) -> sparse.csr_array:
    """Return every shift of this length that fits into so many rows."""
    columns = rows - length + 1
    return sparse.csr_array(np.array([[float(c <= r < c + length) for c in range(columns)] for r in range(rows)]))


@given(st.lists(st.integers(0, 9), min_size=4, max_size=8))
def test_everything_is_covered_and_never_at_less_than_its_bound(need: list[int]):
    problem = Problem(np.array(need, np.float64), shifts(len(need), 3), np.ones(len(need) - 2))

    found = cover(problem)

    assert not found.under.any()
    assert found.optimal
    assert found.cost >= max(need)
    assert np.array_equal(found.given - problem.need, found.over)


@given(st.lists(st.integers(0, 5), min_size=4, max_size=6))
def test_the_optimum_is_that_of_trying_everything(need: list[int]):
    covers = shifts(len(need), 3)
    grid = np.stack(np.meshgrid(*[np.arange(6)] * covers.shape[1], indexing="ij"), axis=-1).reshape(-1, covers.shape[1])
    enough = np.all(grid @ covers.T.toarray() >= np.array(need), axis=1)

    found = cover(Problem(np.array(need, np.float64), covers, np.ones(covers.shape[1])))

    assert found.cost == grid[enough].sum(axis=1).min()


def test_what_cannot_be_covered_is_left_as_small_as_it_can_be():
    need = np.array([2.0, 5.0, 5.0, 1.0])
    covers = sparse.csr_array(np.array([[1.0], [1.0], [1.0], [0.0]]))

    found = cover(Problem(need, covers, np.ones(1), most=np.array([4.0])))

    assert found.chosen.tolist() == [4]
    assert found.under.tolist() == [0, 1, 1, 1]
    assert found.over.tolist() == [2, 0, 0, 0]


def test_limits_of_several_columns_together_hold():
    covers = sparse.csr_array(np.ones((1, 3)))
    problem = Problem(np.array([9.0]), covers, np.ones(3), together=(((0, 1), 2.0),))

    found = cover(problem)

    assert found.chosen[:2].sum() <= 2
    assert found.chosen.sum() == 9


def test_the_closest_match_may_lie_below_the_need():
    found = cover(Problem(np.array([1.0, 0.0, 0.0]), shifts(3, 3), np.ones(1)), aim=Aim.MATCH)

    assert found.chosen.tolist() == [0]
    assert found.value == 1


@pytest.mark.parametrize(
    "need, cost, limit",
    [
        ([np.nan], [1.0], 1.0),
        ([-1.0], [1.0], 1.0),
        ([1.0], [np.inf], 1.0),
        ([1.0], [1.0], 0.0),
        ([1.0, 2.0], [1.0], 1.0),
    ],
)
def test_wrong_figures_are_refused(need: list[float], cost: list[float], limit: float):
    with pytest.raises(BadInput):
        cover(Problem(np.array(need), sparse.csr_array(np.ones((1, 1))), np.array(cost)), time_limit_s=limit)


def test_a_missing_solver_is_said_kindly(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sim.planning.roster.cover.find_spec", lambda name: None)

    with pytest.raises(BadInput, match="HiGHS is not installed"):
        cover(Problem(np.array([1.0]), sparse.csr_array(np.ones((1, 1))), np.ones(1)))
