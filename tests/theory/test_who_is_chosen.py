"""A call centre of two languages that loses whom it cannot serve: occupancies by group, exact by its Markov chain."""

from itertools import product

import numpy as np
import pytest

from callcenter.centre import Centre, Group, Queue, Selection
from callcenter.scenario import Horizon, Law, LawKind, Rule, Scenario, Staffing, Stream
from callcenter.tiers import Tier
from callcenter.units import DAY, HOUR, Millis
from sim.experiment.replicate import one

GROUPS = {"english": ("en",), "french": ("fr",), "both": ("en", "fr")}
HEADS = {"english": 3, "french": 2, "both": 2}
PER_HOUR = {"en": 40.0, "fr": 20.0}
SERVICE_S = 240.0
DAYS = 24


def centre(keep: bool) -> Centre:
    queues = tuple(
        Queue(skill, ((skill, 1),), selection=Selection.RANDOM, max_waiting=0, keep_generalists_free=keep)
        for skill in PER_HOUR
    )
    groups = tuple(Group(name, tuple((s, 1) for s in skills), auto_answer=True) for name, skills in GROUPS.items())
    return Centre("two languages", queues, groups, (Tier("all", 0),), default_tier="all")


def simulated(keep: bool) -> np.ndarray:
    scenario = Scenario(
        "two languages",
        centre(keep),
        Horizon(20_514),
        streams=tuple(
            Stream(skill, skill, (calls,) * 24, interval=Millis(HOUR), tiers=(("all", 1.0),))
            for skill, calls in PER_HOUR.items()
        ),
        handling=(Rule(Law(LawKind.EXPONENTIAL, SERVICE_S)),),
        staffing=tuple(Staffing(name, (heads,), interval=Millis(DAY)) for name, heads in HEADS.items()),
        seed=3,
    )
    busy = [[one(scenario, n).spans[name]["talk"] for name in GROUPS] for n in range(DAYS)]
    return np.array(busy) / (DAY * np.array(list(HEADS.values())))


def exact(keep: bool) -> np.ndarray:
    """Return each group's occupancy, from the chain of how many of each group are busy."""
    names = list(GROUPS)
    states = list(product(*(range(HEADS[name] + 1) for name in names)))
    place = {state: n for n, state in enumerate(states)}
    rates = np.zeros((len(states), len(states)))

    def after(state: tuple[int, ...], group: int, change: int) -> int:
        return place[tuple(busy + change * (g == group) for g, busy in enumerate(state))]

    for state in states:
        for group, busy in enumerate(state):
            if busy:
                rates[place[state], after(state, group, -1)] += busy / SERVICE_S
        for skill, calls in PER_HOUR.items():
            idle = [(HEADS[name] - state[g]) * (skill in GROUPS[name]) for g, name in enumerate(names)]
            if keep and sum(idle[:2]):
                idle[2] = 0
            for group, free in enumerate(idle):
                if free:
                    rates[place[state], after(state, group, 1)] += calls / 3600 * free / sum(idle)
    np.fill_diagonal(rates, -rates.sum(axis=1))
    equations = np.vstack([rates.T, np.ones(len(states))])
    shares = np.linalg.lstsq(equations, np.append(np.zeros(len(states)), 1.0), rcond=None)[0]
    return (shares @ np.array(states)) / np.array(list(HEADS.values()))


@pytest.mark.parametrize("keep", [True, False], ids=["generalists kept free", "all alike"])
def test_occupancies_by_group_are_those_of_the_chain(keep: bool):
    found = simulated(keep)
    error = found.std(axis=0, ddof=1) / np.sqrt(DAYS)

    assert (abs(found.mean(axis=0) - exact(keep)) < 4 * error + 0.002).all()
    assert (abs(found.mean(axis=0) - exact(not keep)) > 8 * error).any()
