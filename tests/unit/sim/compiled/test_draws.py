"""Tables of uniforms come out of machine code as they do out of numpy, whatever part of them is asked for."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.compiled.draws import CompiledChance
from sim.model.streams import Chance

SEEDS = st.integers(0, 2**63 - 1)


@given(
    counts=st.lists(st.integers(0, 40), min_size=1, max_size=60),
    seed=st.integers(0, 2**200),
    replication=st.integers(0, 2**40),
    numbers=st.lists(SEEDS, max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_each_number_is_the_very_one_that_numpy_draws(counts, seed, replication, numbers):
    columns = np.array(counts, np.int64)

    mine = CompiledChance(seed, replication).cells("handling", columns, *numbers)

    assert np.array_equal(mine, Chance(seed, replication).cells("handling", columns, *numbers))


def test_so_it_does_in_a_table_of_a_million():
    columns = np.random.default_rng(1).poisson(1100, 900)

    assert np.array_equal(CompiledChance(5, 0).cells("x", columns), Chance(5, 0).cells("x", columns))


@given(keys=st.lists(SEEDS, max_size=20), seed=SEEDS, day=st.integers(0, 30_000))
@settings(max_examples=30, deadline=None)
def test_a_draw_by_key_is_the_one_that_python_counts_out(keys, seed, day):
    whose, when = np.array(keys, np.int64), np.full(len(keys), day)

    mine = CompiledChance(seed, 7).ones("shrinkage", whose, when)

    assert mine.tolist() == [Chance(seed, 7).one("shrinkage", key, day) for key in keys]
