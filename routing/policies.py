"""Ordering and selection: one small function each, with its source.

An ordering policy scores the head of a lane; the smaller score goes first, ties by virtual start, then by
sequence. Inside a lane (one queue, one tier) order is always by virtual start, so a policy only compares heads.
Scores use whole numbers and + - x ÷ only: the same on every machine.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from callcenter.centre import Policy, Selection
from callcenter.tiers import Tier

if TYPE_CHECKING:
    from routing.state.records import AgentState, Waiting

NO_PROMISE_MS: Final = 600_000
"""The threshold that `objective` and `slack` assume for a tier without a target: ten minutes."""

Score = tuple[float, float]
Scorer = Callable[[Tier, int, int, int], Score]
"""tier, virtual start, now, tail guard → score (smaller goes first)."""


def fifo(tier: Tier, virtual_start: int, now: int, tail_guard: int) -> Score:
    """First come, first served; a tier's head start counts as if its calls had arrived that much earlier.

    Source: the priority rule of the Anonymous Bank (I. Guedj and A. Mandelbaum, Technion, 2000): 90 s.
    """
    return (virtual_start - tier.head_start, 0)


def weighted(tier: Tier, virtual_start: int, now: int, tail_guard: int) -> Score:
    """Longest wait x weight first: priority accumulates with time, at the tier's own rate.

    Source: L. Kleinrock, "A delay dependent queue discipline", Naval Research Logistics Quarterly 11 (1964).
    """
    return (-(now - virtual_start) * tier.weight, 0)


def objective(tier: Tier, virtual_start: int, now: int, tail_guard: int) -> Score:
    """Largest wait ÷ promise first: speed of answer in proportion to what each tier was promised.

    Source: the rule Avaya's Business Advocate calls dynamic queue position (user guide, 2006).
    """
    within = tier.target.within if tier.target is not None else NO_PROMISE_MS
    return (-(now - virtual_start) / max(1, within), 0)


def slack(tier: Tier, virtual_start: int, now: int, tail_guard: int) -> Score:
    """Least time left to the promise first; calls already late come after, until the tail guard lifts them first.

    A policy that looks at the service level alone gives up on late calls, since they can no longer count: the
    guard bounds what they wait.

    Source: earliest due date (J. R. Jackson, 1955), with the guard of our own.
    """
    waited = now - virtual_start
    within = tier.target.within if tier.target is not None else NO_PROMISE_MS
    if waited >= tail_guard:
        return (0, virtual_start)
    if waited <= within:
        return (1, within - waited)
    return (2, virtual_start)


SCORERS: Final[dict[Policy, Scorer]] = {
    Policy.FIFO: fifo,
    Policy.WEIGHTED: weighted,
    Policy.OBJECTIVE: objective,
    Policy.SLACK: slack,
}

Preference = tuple[float, ...]
Chooser = Callable[["AgentState", "Waiting", int, int], Preference]
"""agent, call or task, now, seed → preference (smaller is chosen); ties go to the longest idle."""


def least_occupied(agent: "AgentState", item: "Waiting", now: int, seed: int) -> Preference:
    """Return the share of the time since login that the agent was occupied (ring, talk, hold, wrap-up)."""
    return (agent.occupied_ms / max(1, now - agent.logged_in_at),)


def best_skill(agent: "AgentState", item: "Waiting", now: int, seed: int) -> Preference:
    """Return minus the sum of the agent's levels in the skills that the call needs."""
    has = dict(agent.crew.skills)
    return (-sum(has.get(skill, 0) for skill, _ in item.needs),)


def fewest_calls(agent: "AgentState", item: "Waiting", now: int, seed: int) -> Preference:
    """Return how many contacts the agent has taken since login."""
    return (agent.taken,)


def round_robin(agent: "AgentState", item: "Waiting", now: int, seed: int) -> Preference:
    """Return when the agent's turn last came, as the serial of their last offer (never: first)."""
    return (agent.last_offer,)


def random(agent: "AgentState", item: "Waiting", now: int, seed: int) -> Preference:
    """Return a keyed hash of seed, call and agent: as good as drawn, and the same on every replay."""
    key = f"{seed}\x1f{item.id}\x1f{item.offers}\x1f{agent.id}".encode()
    return (int.from_bytes(blake2b(key, digest_size=6).digest(), "big"),)


CHOOSERS: Final[dict[Selection, Chooser | None]] = {
    Selection.LONGEST_IDLE: None,  # the order of the pool itself
    Selection.LEAST_OCCUPIED: least_occupied,
    Selection.BEST_SKILL: best_skill,
    Selection.FEWEST_CALLS: fewest_calls,
    Selection.ROUND_ROBIN: round_robin,
    Selection.RANDOM: random,
}
