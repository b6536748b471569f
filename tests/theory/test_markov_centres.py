"""Random Markov centres, lived through compiled, beside the exact stationary answer of their own chain; and model b.

A centre has tiers in strict order (nobody is interrupted), each with its own exponential patience, exponential talk of
one mean for all, and so many places to wait in. Its state is how many talk and how many of each tier wait: a chain
that a sparse solver answers to machine precision. Every figure must lie inside its interval, at 99.9 % for all figures
of a test together (Bonferroni; Student's t over independent replications, ratios by the delta method). The slow form
lives through 10^7 calls of each centre; a figure outside is a fault of the engine or of the draws, not bad luck.
"""

from dataclasses import dataclass
from itertools import product
from math import sqrt

import numpy as np
import pytest
from scipy import sparse, special
from scipy.sparse.linalg import spsolve

from benchmarks import models
from callcenter.lifecycle.measures import COUNTS
from callcenter.scenario import Scenario
from sim.experiment.engines import Engine
from sim.experiment.replicate import one
from tests.theory.queues import Model, exponential, stationary

CENTRES, AT_FIRST, SEED = 20, 8, 14
"""Of the centres so many are lived through in the short form too."""
REPLICATIONS = 20
WRONG = 0.001
"""All intervals of a test hold together but with this probability."""
MS = 1.0
"""The simulator's times are whole milliseconds: no mean is asked to be nearer."""
SEEN = 1000
"""A share of fewer calls than these in all comes in too few of the replications for Student's t."""
FIGURES = ("lost", "turned_away", "wait_ms")
OFFERED, ABANDONED, REJECTED = (COUNTS.index(name) for name in ("offered", "abandoned", "rejected"))
WAIT_ALL = 5


@dataclass(frozen=True)
class Markov:
    """A centre whose chain is finite; times in seconds."""

    agents: int
    places: int
    per_s: tuple[float, ...]
    patience_s: tuple[float, ...]
    aht_s: float

    def exact(self) -> list[tuple[float, float, float]]:
        """Return, by tier, the shares that hang up and that are turned away, and the mean wait of all (ms)."""
        tiers = range(len(self.per_s))
        waiting = [q for q in product(range(self.places + 1), repeat=len(self.per_s)) if sum(q) <= self.places]
        states = [(n, (0,) * len(self.per_s)) for n in range(self.agents)] + [(self.agents, q) for q in waiting]
        place = {state: n for n, state in enumerate(states)}
        rates = sparse.lil_matrix((len(states), len(states)))
        for (n, q), here in place.items():
            moves = [(self._after_call(n, q), n / self.aht_s)]
            moves += [(after, self.per_s[t]) for t in tiers if (after := self._after_arrival(n, q, t)) is not None]
            moves += [((n, _plus(q, t, -1)), q[t] / self.patience_s[t]) for t in tiers if q[t]]
            for after, rate in moves:
                if rate:
                    rates[place[after], here] += rate
                    rates[here, here] -= rate
        rates[0, :] = 1.0  # in place of one balance equation, which the others imply: all is one
        share = spsolve(rates.tocsc(), np.eye(1, len(states))[0])
        queue = [sum(p * q[t] for p, (_, q) in zip(share, states, strict=True)) for t in tiers]
        full = sum(p for p, (_, q) in zip(share, states, strict=True) if sum(q) == self.places)
        return [(queue[t] / self.patience_s[t] / self.per_s[t], full, queue[t] / self.per_s[t] * 1000) for t in tiers]

    def _after_arrival(self, n: int, q: tuple[int, ...], tier: int) -> tuple[int, tuple[int, ...]] | None:
        if n < self.agents:
            return n + 1, q
        return (n, _plus(q, tier, 1)) if sum(q) < self.places else None

    def _after_call(self, n: int, q: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        first = next((t for t, waits in enumerate(q) if waits), None)
        return (max(n - 1, 0), q) if first is None else (n, _plus(q, first, -1))

    def scenario(self, calls: float, seed: int) -> Scenario:
        """Return the centre, to be lived through for so many calls after a warm-up."""
        patience = tuple(exponential(mean) for mean in self.patience_s)
        model = Model(self.per_s, self.agents, exponential(self.aht_s), patience, self.places)
        warm_up = 20 * (self.aht_s + max(self.patience_s))
        return stationary(model, warm_up_s=warm_up, measured_s=calls / sum(self.per_s), seed=seed)


def _plus(q: tuple[int, ...], tier: int, by: int) -> tuple[int, ...]:
    return tuple(n + by * (t == tier) for t, n in enumerate(q))


def centre(number: int) -> Markov:
    """Return one of the random centres."""
    chance = np.random.Generator(np.random.PCG64([SEED, number]))
    tiers, agents = int(chance.integers(1, 4)), int(chance.integers(1, 25))
    aht_s, load = float(chance.uniform(30, 400)), float(chance.uniform(0.6, 1.5))
    shares = chance.dirichlet(np.full(tiers, 3.0))
    return Markov(
        agents=agents,
        places=int(chance.integers(1, 13)),
        per_s=tuple(float(share) * load * agents / aht_s for share in shares),
        patience_s=tuple(float(s) for s in chance.uniform(15, 400, tiers)),
        aht_s=aht_s,
    )


def lived(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """Return calls, and sums of `FIGURES`, replications x tiers."""
    found = [one(scenario, n, engine=Engine.COMPILED) for n in range(REPLICATIONS)]
    counts = np.array([f.counts.sum(axis=1) for f in found], np.float64)
    waits = np.array([f.sums[:, WAIT_ALL] for f in found])
    return counts[..., OFFERED], np.stack([counts[..., ABANDONED], counts[..., REJECTED], waits])


def outside(scenario: Scenario, exact: np.ndarray, figures: int) -> list[str]:
    """Return the figures outside their intervals, in words; `exact` is tiers x `FIGURES`, not told where it is NaN.

    The intervals of so many figures hold together.
    """
    calls, sums = lived(scenario)
    wide = float(special.stdtrit(REPLICATIONS - 1, 1 - WRONG / figures / 2))
    wrong = []
    for n, name in enumerate(FIGURES):
        ratio = sums[n].sum(axis=0) / calls.sum(axis=0)
        off = (sums[n] - ratio * calls) / calls.mean(axis=0)
        error = off.std(axis=0, ddof=1) / sqrt(REPLICATIONS)
        for tier, expected in enumerate(exact[:, n]):
            least = MS if name == "wait_ms" else 0.0
            if name != "wait_ms" and expected * calls[:, tier].sum() < SEEN:
                continue
            if abs(ratio[tier] - expected) > wide * error[tier] + least:
                wrong.append(f"tier {tier}: {name} is {ratio[tier]:.6g} ± {wide * error[tier]:.2g}, not {expected:.6g}")
    return wrong


def differences(number: int, calls: float) -> list[str]:
    known = centre(number)
    figures = CENTRES * 3 * len(FIGURES)
    return outside(known.scenario(calls / REPLICATIONS, seed=number), np.array(known.exact()), figures)


def of_model_b(calls: float) -> list[str]:
    exact = np.array([(lost, 0.0, wait_s * 1000) for wait_s, lost in models.exact("b")])
    model = models.MODELS["b"]
    assert model.patience_s is not None
    rates = tuple(share * model.calls_per_s for share in model.shares)
    patience = (exponential(model.patience_s),) * len(rates)
    queue = Model(rates, model.agents, exponential(models.AHT_S), patience)
    measured_s = calls / REPLICATIONS / model.calls_per_s
    return outside(stationary(queue, warm_up_s=20 * models.AHT_S, measured_s=measured_s), exact, exact.size)


def test_the_chain_gives_the_textbook_answers() -> None:
    """One agent, one place, as many calls as one agent can take, nobody hangs up soon: three states, a third each."""
    ((lost, full, wait_ms),) = Markov(1, 1, (0.01,), (1e12,), 100.0).exact()

    assert (lost, full, wait_ms) == pytest.approx((0.0, 1 / 3, 1 / 3 / 0.01 * 1000), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("number", range(AT_FIRST))
def test_a_random_markov_centre_lives_as_its_chain_says(number: int) -> None:
    assert differences(number, 40_000) == []


def test_model_b_lives_as_the_formula_of_tiers_says() -> None:
    assert of_model_b(200_000) == []


def test_the_intervals_are_no_blanket() -> None:
    """Five per cent more calls are seen."""
    known = centre(0)
    busier = Markov(known.agents, known.places, tuple(1.05 * r for r in known.per_s), known.patience_s, known.aht_s)

    assert outside(busier.scenario(400_000 / REPLICATIONS, seed=0), np.array(known.exact()), CENTRES * 9) != []


@pytest.mark.slow
@pytest.mark.parametrize("number", range(CENTRES))
def test_a_random_markov_centre_lives_as_its_chain_says_over_ten_million_calls(number: int) -> None:
    assert differences(number, 1e7) == []


@pytest.mark.slow
def test_model_b_lives_as_the_formula_of_tiers_says_over_ten_million_calls() -> None:
    assert of_model_b(1e7) == []
