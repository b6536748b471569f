"""Rows in order of several whole numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.fit.names import numbered
from sim.analysis.fit.order import in_order

SMALL = st.integers(-3, 3)
FAR = st.integers(-(2**62), 2**62)


@given(st.lists(st.tuples(SMALL, SMALL, st.one_of(SMALL, FAR)), max_size=30))
def test_rows_are_in_order_of_their_keys_and_equal_ones_stay_as_they_stand(rows: list[tuple[int, int, int]]) -> None:
    keys = [np.array([row[i] for row in rows], np.int64) for i in range(3)]
    assert in_order(*keys).tolist() == sorted(range(len(rows)), key=rows.__getitem__)
    assert in_order(keys[2]).tolist() == sorted(range(len(rows)), key=lambda i: rows[i][2])


@given(st.lists(st.one_of(SMALL, FAR), max_size=30))
def test_marks_are_numbered_as_they_first_come(marks: list[int]) -> None:
    known = {mark: n for n, mark in enumerate(dict.fromkeys(mark for mark in marks if mark))}
    assert numbered(np.array(marks, np.int64)).tolist() == [known.get(mark, -1) for mark in marks]
