"""Streams: what is drawn depends on what it is for, and on nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.model.streams import Chance, _philox, number_of


def test_one_seed_repeats_one_day():
    assert (Chance(7, 3).rows("handling", 5, 4) == Chance(7, 3).rows("handling", 5, 4)).all()


def test_seed_replication_purpose_and_number_each_make_another_stream():
    first = Chance(7, 3).rows("handling", 1, 4)
    others = [
        Chance(8, 3).rows("handling", 1, 4),
        Chance(7, 4).rows("handling", 1, 4),
        Chance(7, 3).rows("patience", 1, 4),
        Chance(7, 3).rows("handling", 1, 4, 1),
    ]

    assert all((first != other).all() for other in others)


def test_more_rows_leave_the_first_ones_as_they_were():
    assert (Chance(1, 0).rows("tier", 3, 48) == Chance(1, 0).rows("tier", 90, 48)[:3]).all()


def test_more_calls_in_one_column_leave_those_of_the_others_as_they_were():
    few, many = np.array([3, 0, 5]), np.array([3, 7, 90])

    for draw in (lambda counts: Chance(1, 0).cells("tier", counts), Chance(1, 0).keys):
        assert (draw(few) == np.concatenate([draw(many)[:3], draw(many)[10:15]])).all()


def test_a_counter_draw_does_not_depend_on_who_asked_before():
    calm, busy = Chance(1, 0), Chance(1, 0)
    for key in range(50):
        busy.one("retrial", key)

    assert calm.one("patience", 99, attempt=2) == busy.one("patience", 99, attempt=2)


def test_counter_draws_are_even_and_unlike_each_other():
    chance = Chance(1, 0)
    drawn = np.array([[chance.one("patience", key, attempt) for key in range(4_000)] for attempt in (0, 1)])

    assert abs(drawn.mean() - 0.5) < 0.015
    assert abs(np.corrcoef(drawn)[0, 1]) < 0.05
    assert abs(np.corrcoef(drawn[0, :-1], drawn[0, 1:])[0, 1]) < 0.05
    assert ((drawn >= 0) & (drawn < 1)).all()


def test_neighbouring_seeds_and_replications_are_not_alike():
    rows = np.array([Chance(seed, rep).rows("handling", 1, 2_000)[0] for seed in (1, 2) for rep in (0, 1)])

    assert np.abs(np.corrcoef(rows) - np.eye(4)).max() < 0.1


def test_a_word_has_the_same_number_in_every_process():
    assert number_of("handling") == 6155149913841213993


@given(st.integers(0, 2**63 - 2), st.integers(0, 2**40), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_counter_draw_is_that_of_numpys_philox(key, attempt, k0, k1):
    numpys = np.random.Philox(counter=[0, key, attempt, 1], key=np.array([k0, k1], np.uint64))

    assert _philox(key, attempt, k0, k1) == numpys.random_raw()
