"""Tables of uniforms come out of machine code as they do out of numpy, whatever part of them is asked for."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.compiled.draws import CompiledChance
from sim.model.streams import Chance


@given(
    counts=st.lists(st.integers(0, 40), min_size=1, max_size=60),
    seed=st.integers(0, 2**63 - 1),
    replication=st.integers(0, 3_000_000),
    numbers=st.lists(st.integers(0, 2**63 - 1), max_size=2),
)
@settings(max_examples=60, deadline=None)
def test_each_number_is_the_very_one_that_numpy_draws(counts, seed, replication, numbers):
    columns = np.array(counts, np.int64)

    mine = CompiledChance(seed, replication).cells("handling", columns, *numbers)

    assert np.array_equal(mine, Chance(seed, replication).cells("handling", columns, *numbers))


def test_so_it_does_in_a_table_of_a_million():
    columns = np.random.default_rng(1).poisson(1100, 900)

    assert np.array_equal(CompiledChance(5, 0).cells("x", columns), Chance(5, 0).cells("x", columns))
