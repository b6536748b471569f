"""A grade at the edge does not flicker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers.hysteresis import Ladder
from callcenter.errors import BadInput

WHOLE = st.integers(-1_000, 1_000)


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    edges = sorted(draw(st.sets(WHOLE, min_size=1, max_size=5)), reverse=True)
    names = tuple(f"g{n}" for n in range(len(edges) + 1))
    return Ladder(names, tuple(map(float, edges)), float(draw(st.integers(0, 300))))


@given(ladders(), st.lists(WHOLE, min_size=1, max_size=40))
def test_a_grade_never_goes_for_a_change_below_the_width_since_it_was_set(ladder: Ladder, scores: list[int]):
    held, set_at = None, 0
    for score in scores:
        before, held = held, ladder.regrade(held, score)
        if before is not None and held != before:
            assert abs(score - set_at) >= ladder.width
        if held != before:
            set_at = score


@given(ladders(), st.lists(WHOLE, min_size=1, max_size=40))
def test_a_customer_who_stays_within_the_width_keeps_one_grade(ladder: Ladder, scores: list[int]):
    first = scores[0]
    near = [s for s in scores if abs(s - first) < ladder.width] or [first]
    held = ladder.regrade(None, first)

    for score in near:
        assert ladder.regrade(held, score) == held


@given(ladders(), WHOLE, st.integers(0, 1_000))
def test_a_rising_score_never_lowers_a_grade(ladder: Ladder, score: int, more: int):
    for held in (None, *ladder.grades):
        place = ladder.grades.index(ladder.regrade(held, score))
        assert ladder.grades.index(ladder.regrade(held, score + more)) <= place


@given(ladders(), WHOLE)
def test_far_beyond_the_edge_only_the_score_counts(ladder: Ladder, score: int):
    if all(abs(score - edge) > ladder.width for edge in ladder.edges):
        assert {ladder.regrade(held, score) for held in ladder.grades} == {ladder.own(score)}


@given(ladders(), WHOLE)
def test_grading_twice_is_grading_once(ladder: Ladder, score: int):
    for held in (None, *ladder.grades):
        once = ladder.regrade(held, score)
        assert ladder.regrade(once, score) == once


def test_without_width_every_score_has_its_own_grade():
    ladder = Ladder(("gold", "iron", "lead"), (100.0, 10.0), 0.0)

    assert [ladder.regrade("iron", s) for s in (100, 99.9, 10, 9.9)] == ["gold", "iron", "iron", "lead"]


@pytest.mark.parametrize(
    "grades, edges, width",
    [(("a",), (1.0,), 0.0), (("a", "a"), (1.0,), 0.0), (("a", "b", "c"), (1.0, 2.0), 0.0), (("a", "b"), (1.0,), -1.0),
     (("a", "b"), (1.0,), float("nan"))],
)  # fmt: skip
def test_a_ladder_that_is_none_is_refused(grades: tuple[str, ...], edges: tuple[float, ...], width: float):
    with pytest.raises(BadInput):
        Ladder(grades, edges, width)


def test_a_ladder_says_how_many_edges_its_grades_need():
    with pytest.raises(BadInput, match="3 different grades need 2 edges"):
        Ladder(("a", "b", "c"), (1.0,), 0.0)
