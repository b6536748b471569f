"""What rows come to, added up as they are written: `sim.results.figures`, in whole numbers throughout.

Where a share of an agent is taken, sums are ms x percent.
"""

from sim.compiled import layout as at
from sim.compiled.jit import Memory, apart, compiled

(
    F_BEGIN, F_END, F_INTERVAL, F_INTERVALS, F_TIERS, F_BY_QUEUE, F_LIMITS, F_CELLS, F_QUEUES, F_SUMS,
    F_OVER_TIME, F_GROUP_TIME, F_INSIDE, F_FORECASTS, F_REPEATS,
    F_LAST, F_LAST_BEGIN, F_WAITS_N, F_SIZE, *_,
) = range(20)  # fmt: skip
"""The measured stretch and where the sums stand; the interval that was asked for last; how many waits are over."""
S_WAIT_ANSWERED, S_HANDLING, S_TALK, S_RING, S_AGENT, S_WAIT_ALL, S_SIZE = range(7)
"""In the order of `figures.SUMS`."""
T_WAIT, T_OCCUPIED, T_READY, T_SIZE = range(4)
"""By interval."""
I_LOGGED_IN, I_NOT_READY, I_RING, I_DIAL, I_TALK, I_WRAP_UP, I_SIZE = range(7)
"""By group: the first as `layout` counts spans."""
(
    C_OFFERED, C_ANSWERED, C_ANSWERED_IN, C_ABANDONED, C_ABANDONED_IN, C_SHORT, C_OVERFLOWED, C_CONVERTED, C_REJECTED,
    C_FAILED, C_OPEN, C_OPEN_LATE, COUNTS_SIZE,
) = range(13)  # fmt: skip
"""In the order of `measures.COUNTS`."""
ANSWERED, ABANDONED, OVERFLOWED, CONVERTED, REJECTED, FAILED, OPEN = range(7)
"""Outcomes, in the order of `measures.OUTCOMES`."""
DAY = 86_400_000


@compiled
def fold_talk(m: Memory, people: Memory, call: int, until: int, agent: int, ended: bool) -> None:
    """Add up a conversation; one that goes on yet has no talk time of its own."""
    f, queued, cost = m[at.FOLDS], m[call + at.QUEUED_AT], m[call + at.COST]
    left, rang = m[call + at.CONNECTED_AT], m[call + at.OFFERED_AT]
    tier, group = m[m[call + at.TIER] + at.TIER_INDEX], m[m[agent + at.GROUP] + at.GROUP_INDEX]
    place, spent = m[f + F_INSIDE] + group * I_SIZE, m[f + F_GROUP_TIME] + group * m[f + F_TIERS] + tier
    ring, talk = left - rang, until - left
    m[place + I_TALK] += _spread(m, f, T_OCCUPIED, left, until, cost)
    if ring:
        m[place + I_RING] += _spread(m, f, T_OCCUPIED, rang, left, cost)
    if not ended:
        if m[f + F_BEGIN] <= left < m[f + F_END]:
            m[spent] += talk * cost
        talk = 0
    if not m[f + F_BEGIN] <= queued < m[f + F_END]:
        return
    m[spent] += (ring + talk) * cost
    sums = m[f + F_SUMS] + tier * S_SIZE
    m[sums + S_HANDLING] += talk
    m[sums + S_TALK] += talk
    m[sums + S_RING] += ring
    wait = left - queued
    if m[call + at.TOLD_P90]:
        _score(m, f, call, tier, wait)
    interval = _count(m, f, call, tier, wait, ANSWERED, 0)
    if interval != at.NONE:
        m[sums + S_WAIT_ANSWERED] += wait
        m[m[f + F_OVER_TIME] + interval * T_SIZE + T_WAIT] += wait
        _keep_wait(m, f, people, tier, wait)


@compiled
def fold_loss(m: Memory, people: Memory, call: int, left: int, outcome: int, detail: int) -> None:
    """Add up a segment that ended without a conversation, or waits yet."""
    f, queued = m[at.FOLDS], m[call + at.QUEUED_AT]
    if not m[f + F_BEGIN] <= queued < m[f + F_END]:
        return
    tier, wait = m[m[call + at.TIER] + at.TIER_INDEX], left - queued
    if outcome != OPEN and wait > m[call + at.TOLD_P90] - 1 >= 0:
        _score(m, f, call, tier, wait)
    if _count(m, f, call, tier, wait, outcome, detail) != at.NONE and outcome == ABANDONED:
        _keep_wait(m, f, people, tier, wait)


@compiled
def _count(m: Memory, f: int, call: int, tier: int, wait: int, outcome: int, detail: int) -> int:
    """Count a segment that came in the stretch; return the interval of a first one, else NONE."""
    queue, within = m[m[call + at.QUEUE] + at.QUEUE_INDEX], wait <= m[m[f + F_LIMITS] + tier]
    count(m, m[f + F_QUEUES] + (queue * m[f + F_TIERS] + tier) * COUNTS_SIZE, outcome, within, detail)
    if m[call + at.SEGMENT] != 1:
        return at.NONE
    interval = min(_interval_of(m, f, m[call + at.QUEUED_AT]), m[f + F_INTERVALS] - 1)
    row = queue * m[f + F_BY_QUEUE] + tier
    count(m, m[f + F_CELLS] + (row * m[f + F_INTERVALS] + interval) * COUNTS_SIZE, outcome, within, detail)
    return interval


@compiled
def _keep_wait(m: Memory, f: int, people: Memory, tier: int, wait: int) -> None:
    """Put a wait that is over down behind those of before."""
    m[m[f + F_SUMS] + tier * S_SIZE + S_WAIT_ALL] += wait
    people[m[f + F_WAITS_N], at.P_WAIT] = tier << at.WAIT_BITS | wait
    m[f + F_WAITS_N] += 1


@compiled
def _interval_of(m: Memory, f: int, instant: int) -> int:
    """Return in which interval an instant is: mostly the one that was asked for last, and a division takes long."""
    if not 0 <= instant - m[f + F_LAST_BEGIN] < m[f + F_INTERVAL]:
        _look_up(m, f, instant)
    return m[f + F_LAST]


@apart
def _look_up(m: Memory, f: int, instant: int) -> None:
    m[f + F_LAST] = (instant - m[f + F_BEGIN]) // m[f + F_INTERVAL]
    m[f + F_LAST_BEGIN] = m[f + F_BEGIN] + m[f + F_LAST] * m[f + F_INTERVAL]


@compiled
def count(cells: Memory, cell: int, outcome: int, within: bool, detail: int) -> None:
    """`figures.count_by`, of one call; `detail`: as in its row."""
    cells[cell + C_OFFERED] += 1
    if outcome == ANSWERED:
        cells[cell + C_ANSWERED] += 1
        if within:
            cells[cell + C_ANSWERED_IN] += 1
    elif outcome == ABANDONED:
        cells[cell + C_ABANDONED] += 1
        if within:
            cells[cell + C_ABANDONED_IN] += 1
        if detail:
            cells[cell + C_SHORT] += 1
    else:
        cells[cell + C_OVERFLOWED + outcome - OVERFLOWED] += 1
        if outcome == OPEN and not within:
            cells[cell + C_OPEN_LATE] += 1


@compiled
def _score(m: Memory, f: int, call: int, tier: int, wait: int) -> None:
    """`figures._score_forecasts`, of one call."""
    place = m[f + F_FORECASTS] + 3 * tier
    m[place] += 1
    if wait <= m[call + at.TOLD_P50] - 1:
        m[place + 1] += 1
    if wait <= m[call + at.TOLD_P90] - 1:
        m[place + 2] += 1


@compiled
def _spread(m: Memory, f: int, column: int, begin: int, end: int, share: int) -> int:
    """Add a stretch of time, by its share, to the intervals it lies in; return how much lies in any of them."""
    begin, end = max(begin, m[f + F_BEGIN]), min(end, m[f + F_END])
    if begin >= end:
        return 0
    interval = _interval_of(m, f, begin)
    if end <= m[f + F_LAST_BEGIN] + m[f + F_INTERVAL]:
        m[m[f + F_OVER_TIME] + interval * T_SIZE + column] += (end - begin) * share
    else:
        _spread_on(m, f, column, begin, end, share, interval)
    return (end - begin) * share


@apart
def _spread_on(m: Memory, f: int, column: int, begin: int, end: int, share: int, interval: int) -> None:
    length, last = m[f + F_INTERVAL], m[f + F_INTERVALS] - 1
    while begin < end:
        until = end if interval == last else min(end, m[f + F_BEGIN] + (interval + 1) * length)
        m[m[f + F_OVER_TIME] + interval * T_SIZE + column] += (until - begin) * share
        begin = until
        interval += 1


@compiled
def fold_span(m: Memory, span: int) -> None:
    """`figures._Spans`, of one stretch; the time of tasks counts for their group and tier."""
    f = m[at.FOLDS]
    what, group, cost = m[span + at.SPAN_WHAT], m[span + at.SPAN_GROUP], m[span + at.SPAN_COST]
    begin, end, tier = m[span + at.SPAN_BEGIN], m[span + at.SPAN_END], m[span + at.SPAN_TIER]
    share = cost
    column = T_OCCUPIED
    if what == at.SPAN_LOGGED_IN:
        column = T_READY
    elif what == at.SPAN_NOT_READY:
        column, share = T_READY, -cost
    inside = _spread(m, f, column, begin, end, share)
    m[m[f + F_INSIDE] + group * I_SIZE + what] += -inside if what == at.SPAN_NOT_READY else inside
    if what in (at.SPAN_DIAL, at.SPAN_TALK) and tier != at.NONE and m[f + F_BEGIN] <= begin < m[f + F_END]:
        m[m[f + F_GROUP_TIME] + group * m[f + F_TIERS] + tier] += (end - begin) * cost


@compiled
def fold_wrap(m: Memory, wrap: int) -> None:
    """After-call work: of the group, and of the call it follows."""
    f = m[at.FOLDS]
    group, cost = m[wrap + at.WRAPPED_GROUP], m[wrap + at.WRAPPED_COST]
    begin, end, tier = m[wrap + at.WRAPPED_BEGIN], m[wrap + at.WRAPPED_END], m[wrap + at.WRAPPED_TIER]
    m[m[f + F_INSIDE] + group * I_SIZE + I_WRAP_UP] += _spread(m, f, T_OCCUPIED, begin, end, cost)
    if m[wrap + at.WRAPPED_ROW] != at.NONE and m[f + F_BEGIN] <= m[wrap + at.WRAPPED_QUEUED] < m[f + F_END]:
        m[m[f + F_SUMS] + tier * S_SIZE + S_HANDLING] += end - begin
        m[m[f + F_GROUP_TIME] + group * m[f + F_TIERS] + tier] += (end - begin) * cost


@compiled
def came(m: Memory, there: int, tier: int) -> None:
    """`figures._repeats`: count who has called the same queue within the day before; `there`: `calls.place_of`."""
    f, now, before = m[at.FOLDS], m[at.NOW], m[there + 4]
    if before and now - before <= DAY and m[f + F_BEGIN] <= now < m[f + F_END]:
        m[m[f + F_REPEATS] + tier] += 1
    m[there + 4] = now
