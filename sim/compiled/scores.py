"""Ordering and selection: `routing.policies`, by number instead of by name."""

from sim.compiled import layout as at
from sim.compiled.jit import Memory, compiled


@compiled
def score(m: Memory, lane: int, turn: int, now: int) -> tuple[float, float]:
    """`Floor.score`: the smaller goes first inside a band.

    `policies.fifo`, `policies.weighted`, `policies.objective`, `policies.slack`.
    """
    if not m[lane + at.LIVES]:
        return float(turn), 0.0
    queue, tier = m[lane + at.LANE_QUEUE], m[lane + at.LANE_TIER]
    policy = m[queue + at.POLICY]
    if policy == at.FIFO:
        return float(turn - m[tier + at.HEAD_START]), 0.0
    waited = now - turn
    if policy == at.WEIGHTED:
        return float(-waited * m[tier + at.WEIGHT]), 0.0
    within = m[tier + at.WITHIN]
    if policy == at.OBJECTIVE:
        return -waited / max(1, within), 0.0
    if waited >= m[queue + at.TAIL_GUARD]:
        return 0.0, float(turn)
    if waited <= within:
        return 1.0, float(within - waited)
    return 2.0, float(turn)


@compiled
def goes_before(m: Memory, lane: int, item: int, other_lane: int, other: int, now: int) -> bool:
    """`matching._before`: by score, then turn, then serial."""
    a, b = score(m, lane, m[item + at.TURN], now)
    c, d = score(m, other_lane, m[other + at.TURN], now)
    if a != c:
        return a < c
    if b != d:
        return b < d
    if m[item + at.TURN] != m[other + at.TURN]:
        return m[item + at.TURN] < m[other + at.TURN]
    return m[item + at.ITEM_SERIAL] < m[other + at.ITEM_SERIAL]


@compiled
def preference(m: Memory, agent: int, item: int, now: int) -> float:
    """`Floor.preference` but for the serial that breaks ties: the smaller is chosen.

    `policies.least_occupied`, `policies.best_skill`, `policies.fewest_calls`, `policies.round_robin`.
    """
    selection = m[m[item + at.QUEUE] + at.SELECTION]
    if selection == at.LEAST_OCCUPIED:
        return m[agent + at.OCCUPIED_MS] / max(1, now - m[agent + at.LOGGED_IN_AT])
    if selection == at.BEST_SKILL:
        group = m[m[agent + at.GROUP] + at.GROUP_INDEX]
        return float(-m[m[at.LEVEL_SUMS] + group * m[at.NEEDS_N] + m[item + at.NEEDS]])
    if selection == at.FEWEST_CALLS:
        return float(m[agent + at.TAKEN])
    if selection == at.ROUND_ROBIN:
        return float(m[agent + at.LAST_OFFER])
    return 0.0


@compiled
def is_preferred(m: Memory, agent: int, other: int, item: int, now: int) -> bool:
    """Tell whether `agent` is chosen before `other`."""
    mine, theirs = preference(m, agent, item, now), preference(m, other, item, now)
    if mine != theirs:
        return mine < theirs
    return m[agent + at.IDLE_SERIAL] < m[other + at.IDLE_SERIAL]
