"""Ordering and selection: one small function each, with its source.

An ordering policy scores a call or task that waits; the smaller score goes first, ties by virtual start, then by
sequence. Of one queue, tier and band who came first goes first, so a policy only compares the first of each. Scores use
whole numbers and + - x ÷ only: the same on every machine.

A rule is one function and one line in `ORDERINGS` or `CHOOSERS`; a package brings its own as an entry point of the
group `callcenter.policies` or `callcenter.selections`, a notebook as an argument of `load`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from callcenter.centre import Policy, Selection
from callcenter.rule_names import brought
from callcenter.tiers import Tier

if TYPE_CHECKING:
    from routing.state.records import AgentState, Waiting

NO_PROMISE_MS: Final = 600_000
"""The threshold that `objective` and `slack` assume for a tier without a target: ten minutes."""

Score = tuple[float, float]
Scorer = Callable[["Waiting", int], Score]
"""Call or task (`tier`, `turn`: its virtual start, `needs`, `customer`, `queue`, `expected_handling_ms`), now → score.

The smaller goes first. It reads, and changes nothing.
"""


@dataclass(frozen=True, slots=True)
class Ordering:
    """An ordering policy."""

    score: Scorer
    monotone: bool = False
    """Of two calls of one queue, tier and band the later never scores less: whoever goes before is found by bisection.

    Where this is not so, the first of each compete, and who goes before is counted one by one.
    """
    turning: "Callable[[Waiting], tuple[int, ...]] | None" = None
    """Ages (ms) from which on a score that rises and falls begins anew, the same for a whole queue and tier.

    Between two of them the later never scores less: then bisection serves there, too.
    """


def promised(tier: Tier) -> int:
    """Return the wait that a tier was promised, ms; `NO_PROMISE_MS` where it has no target."""
    return NO_PROMISE_MS if tier.target is None else tier.target.within


def fifo(item: "Waiting", now: int) -> Score:
    """First come, first served; a tier's head start counts as if its calls had arrived that much earlier.

    Source: the priority rule of the Anonymous Bank (I. Guedj and A. Mandelbaum, Technion, 2000): 90 s.
    """
    return (item.turn - item.tier.head_start, 0)


def weighted(item: "Waiting", now: int) -> Score:
    """Longest wait x weight first: priority accumulates with time, at the tier's own rate.

    Source: L. Kleinrock, "A delay dependent queue discipline", Naval Research Logistics Quarterly 11 (1964).
    """
    return (-(now - item.turn) * item.tier.weight, 0)


def objective(item: "Waiting", now: int) -> Score:
    """Largest wait ÷ promise first: speed of answer in proportion to what each tier was promised.

    Source: the rule Avaya's Business Advocate calls dynamic queue position (user guide, 2006).
    """
    return (-(now - item.turn) / max(1, promised(item.tier)), 0)


def slack(item: "Waiting", now: int) -> Score:
    """Least time left to the promise first; calls already late come after, until the tail guard lifts them first.

    A policy that looks at the service level alone gives up on late calls, since they can no longer count: the
    guard bounds what they wait.

    Source: earliest due date (J. R. Jackson, 1955), with the guard of our own.
    """
    waited, within = now - item.turn, promised(item.tier)
    if waited >= item.queue.config.tail_guard:
        return (0, item.turn)
    if waited <= within:
        return (1, within - waited)
    return (2, item.turn)


def turning_of_slack(item: "Waiting") -> tuple[int, int]:
    """Return the ages from which on a call is late, and from which on it is lifted."""
    return promised(item.tier) + 1, item.queue.config.tail_guard


ORDERINGS: Final[dict[Policy, Ordering]] = {
    Policy.FIFO: Ordering(fifo, monotone=True),
    Policy.WEIGHTED: Ordering(weighted, monotone=True),
    Policy.OBJECTIVE: Ordering(objective, monotone=True),
    Policy.SLACK: Ordering(slack, turning=turning_of_slack),
}


def ordering_of(policy: Policy) -> Ordering:
    """Return how a queue of this policy orders; a bare function from outside is taken for not monotone."""
    rule = brought(policy)
    if rule is None:
        return ORDERINGS[policy]
    return rule if isinstance(rule, Ordering) else Ordering(rule)  # type: ignore[arg-type]


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


def chooser_of(selection: Selection) -> Chooser | None:
    """Return how a queue of this rule chooses among agents; None: by the order of the pool."""
    rule = brought(selection)
    return CHOOSERS[selection] if rule is None else rule  # type: ignore[return-value]
