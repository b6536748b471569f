"""Whole Markov chains, solved densely: what the formulas are held against."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from callcenter.erlang.array_types import Floats

State = TypeVar("State")


def shares(states: Sequence[State], moves: Callable[[State], Iterable[tuple[State, float]]]) -> Floats:
    """Return the share of time in each state; `moves`: state → the next ones and their rates, others are cut off."""
    place = {state: at for at, state in enumerate(states)}
    rates = np.zeros((len(states), len(states)))
    for state, at in place.items():
        for to, rate in moves(state):
            if to in place and rate > 0:
                rates[at, place[to]] += rate
                rates[at, at] -= rate
    system = rates.T.copy()
    system[-1] = 1
    right = np.zeros(len(states))
    right[-1] = 1
    return np.linalg.solve(system, right)
