"""Skills: one canonical form, cover, and steps that only ever loosen."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.skills import RelaxationStep, covers, levels, relaxed
from callcenter.units import Millis

some = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3))


@given(some)
def test_equal_needs_compare_equal_in_any_order(of: dict[str, int]):
    assert levels(of) == levels(dict(reversed(of.items())))
    assert all(level > 0 for _, level in levels(of))


@given(some, some)
def test_who_has_at_least_each_level_covers_the_need(has: dict[str, int], needs: dict[str, int]):
    slow = all(has.get(skill, 0) >= level for skill, level in needs.items())

    assert covers(levels(has), levels(needs)) == slow


@given(some, some, some)
def test_a_step_never_tightens_a_need(has: dict[str, int], needs: dict[str, int], to: dict[str, int]):
    after = relaxed(levels(needs), RelaxationStep(Millis(1), tuple(to.items())))

    assert not covers(levels(has), levels(needs)) or covers(levels(has), after)
    assert set(dict(after)) <= set(dict(levels(needs)))
