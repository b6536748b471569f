"""Random Markov centres of two queues, specialists and generalists, beside the exact answer of their own chain.

Queue 0 goes before queue 1 wherever one agent could take both (its tier has the higher band). Specialists are asked
before generalists; who is free takes what goes first of what they can. Talks are exponential with one mean, each queue
has its own exponential patience and its own places to wait in. The state is how many talk in each group and how many
wait in each queue. Figures, intervals and lengths are those of `test_markov_centres`.
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from callcenter.centre import Centre, Group, Queue
from callcenter.scenario import Horizon, Rule, Scenario, Staffing, Stream
from callcenter.tiers import Tier
from callcenter.units import DAY, HOUR, Millis, millis
from tests.theory.queues import exponential
from tests.theory.test_markov_centres import FIGURES, REPLICATIONS, outside

CENTRES, AT_FIRST, SEED = 20, 3, 15
ALL = CENTRES * 2 * len(FIGURES)
BOTH = 2
"""The group of generalists, after those of the queues."""
State = tuple[int, int, int, int, int]
"""Talking in group 0, in group 1, among generalists; waiting in queue 0, in queue 1."""


@dataclass(frozen=True)
class TwoQueues:
    """Times in seconds; `agents` by group."""

    agents: tuple[int, int, int]
    places: tuple[int, int]
    per_s: tuple[float, float]
    patience_s: tuple[float, float]
    aht_s: float

    def exact(self) -> list[tuple[float, float, float]]:
        """Return, by queue, the shares that hang up and that are turned away, and the mean wait of all (ms)."""
        counts = product(*(range(n + 1) for n in self.agents), *(range(n + 1) for n in self.places))
        states: list[State] = [s for s in counts if self._can_be(s)]  # type: ignore[misc]
        place = {state: n for n, state in enumerate(states)}
        rates = sparse.lil_matrix((len(states), len(states)))
        for state, here in place.items():
            for after, rate in self._moves(state):
                rates[place[after], here] += rate
                rates[here, here] -= rate
        rates[0, :] = 1.0  # in place of one balance equation, which the others imply: all is one
        share = spsolve(rates.tocsc(), np.eye(1, len(states))[0])
        told = []
        for q in range(2):
            queue = sum(p * s[3 + q] for p, s in zip(share, states, strict=True))
            full = sum(p for p, s in zip(share, states, strict=True) if self._arrival(s, q) is None)
            told.append((queue / self.patience_s[q] / self.per_s[q], full, queue / self.per_s[q] * 1000))
        return told

    def _can_be(self, state: tuple[int, ...]) -> bool:
        """Nobody waits whom a free agent could take."""
        return all(not state[3 + q] or all(state[g] == self.agents[g] for g in (q, BOTH)) for q in range(2))

    def _moves(self, state: State) -> list[tuple[State, float]]:
        moves = [(after, self.per_s[q]) for q in range(2) if (after := self._arrival(state, q)) is not None]
        moves += [(self._freed(state, g), state[g] / self.aht_s) for g in range(3) if state[g]]
        moves += [(_plus(state, 3 + q, -1), state[3 + q] / self.patience_s[q]) for q in range(2) if state[3 + q]]
        return moves

    def _arrival(self, state: State, q: int) -> State | None:
        for group in (q, BOTH):
            if state[group] < self.agents[group]:
                return _plus(state, group, 1)
        return _plus(state, 3 + q, 1) if state[3 + q] < self.places[q] else None

    def _freed(self, state: State, group: int) -> State:
        can_take = (0, 1) if group == BOTH else (group,)
        first = next((q for q in can_take if state[3 + q]), None)
        return _plus(state, group, -1) if first is None else _plus(state, 3 + first, -1)

    def scenario(self, calls: float, seed: int) -> Scenario:
        """Return the centre, to be lived through for so many calls after a warm-up."""
        warm_up_s = 20 * (self.aht_s + max(self.patience_s))
        length = millis(warm_up_s + calls / sum(self.per_s))
        length = Millis(length + (length == DAY))
        hours = length // HOUR + 1
        needs = tuple(((f"s{q}", 1),) for q in range(2))
        skills = (*needs, needs[0] + needs[1])
        queues = tuple(Queue(f"q{q}", needs=needs[q], max_waiting=self.places[q]) for q in range(2))
        groups = tuple(Group(f"g{g}", skills=skills[g], auto_answer=True) for g in range(3))
        tiers = (Tier("t0", 0), Tier("t1", 1))
        return Scenario(
            name="two queues",
            centre=Centre("two queues", queues, groups, tiers, "t0"),
            horizon=Horizon(0, warm_up=millis(warm_up_s), length=length),
            streams=tuple(
                Stream(f"c{q}", f"q{q}", (rate * 3600,) * hours, interval=Millis(HOUR), tiers=((f"t{q}", 1.0),))
                for q, rate in enumerate(self.per_s)
            ),
            handling=(Rule(exponential(self.aht_s)),),
            patience=tuple(Rule(exponential(s), tiers=(f"t{q}",)) for q, s in enumerate(self.patience_s)),
            staffing=tuple(
                Staffing(f"g{g}", (n,), interval=Millis(hours * HOUR)) for g, n in enumerate(self.agents) if n
            ),
            seed=seed,
        )


def _plus(state: State, place: int, by: int) -> State:
    return tuple(n + by * (k == place) for k, n in enumerate(state))  # type: ignore[return-value]


def centre(number: int) -> TwoQueues:
    """Return one of the random centres; some have no generalists, or no specialists of a queue."""
    chance = np.random.Generator(np.random.PCG64([SEED, number]))
    agents = tuple(int(n) for n in chance.integers(0, 7, 3))
    if not agents[BOTH]:
        agents = (agents[0] + 1, agents[1] + 1, 0)
    aht_s, load, share = (
        float(chance.uniform(30, 400)),
        float(chance.uniform(0.6, 1.4)),
        float(chance.uniform(0.2, 0.8)),
    )
    arrivals = load * sum(agents) / aht_s
    return TwoQueues(
        agents=agents,  # type: ignore[arg-type]
        places=(int(chance.integers(1, 9)), int(chance.integers(1, 9))),
        per_s=(share * arrivals, (1 - share) * arrivals),
        patience_s=(float(chance.uniform(15, 400)), float(chance.uniform(15, 400))),
        aht_s=aht_s,
    )


def differences(number: int, calls: float) -> list[str]:
    known = centre(number)
    return outside(known.scenario(calls / REPLICATIONS, seed=number), np.array(known.exact()), ALL)


def test_without_generalists_each_queue_is_a_centre_of_its_own() -> None:
    """One agent, one place, as many calls as an agent can take, nobody hangs up soon: three states, a third each."""
    for lost, full, _ in TwoQueues((1, 1, 0), (1, 1), (0.01, 0.01), (1e12, 1e12), 100.0).exact():
        assert (lost, full) == pytest.approx((0.0, 1 / 3), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("number", range(AT_FIRST))
def test_a_random_centre_of_two_queues_lives_as_its_chain_says(number: int) -> None:
    assert differences(number, 20_000) == []


def test_the_intervals_notice_an_agent_who_can_do_more_than_the_chain_knows() -> None:
    known = replace(centre(0), agents=(3, 3, 2))
    blind = replace(known, agents=(3, 4, 1))

    assert outside(known.scenario(100_000 / REPLICATIONS, seed=0), np.array(blind.exact()), ALL) != []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(CENTRES))
def test_a_random_centre_of_two_queues_lives_as_its_chain_says_over_ten_million_calls(number: int) -> None:
    assert differences(number, 1e7) == []
