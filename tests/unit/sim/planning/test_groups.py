"""The cheapest heads by group: exact for few groups, rounded for many; the two agree but for an agent or so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.planning.plan import groups
from sim.planning.plan.groups import cheapest

GROUPS = 6


@st.composite
def programmes(draw: st.DrawFn) -> tuple[list[tuple[tuple[int, ...], np.ndarray]], list[float]]:
    """Needs of sets of groups, one interval, and what an agent of each group costs."""
    sets = draw(st.lists(st.sets(st.integers(0, GROUPS - 1), min_size=1), min_size=1, max_size=8))
    needs = [(tuple(sorted(some)), np.array([draw(st.integers(0, 30))])) for some in sets]
    return needs, [draw(st.sampled_from([1.0, 1.001, 1.3])) for _ in range(GROUPS)]


def rounded(needs: list[tuple[tuple[int, ...], np.ndarray]], cost: list[float]) -> np.ndarray:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "FEW_GROUPS", 0)
        return cheapest(needs, cost, 1)


@given(programmes())
@settings(max_examples=60)
def test_rounded_heads_meet_every_need_at_next_to_the_least_cost(programme):
    needs, cost = programme
    exact, found = cheapest(needs, cost, 1)[0], rounded(needs, cost)[0]

    for some, asked in needs:
        assert found[list(some)].sum() >= asked[0]
        assert exact[list(some)].sum() >= asked[0]
    assert exact @ cost <= found @ cost + 1e-6
    assert found @ cost <= exact @ cost + 2 * max(cost)
