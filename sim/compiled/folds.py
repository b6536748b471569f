"""What rows come to, added up as soon as they have been written: `sim.results.figures`, in whole numbers throughout.

Where a share of an agent is taken, sums are ms x percent.
"""

from sim.compiled import layout as at
from sim.compiled.book import ABANDONED, ANSWERED, OPEN
from sim.compiled.chance import part
from sim.compiled.jit import Memory, compiled

(
    F_BEGIN, F_END, F_INTERVAL, F_INTERVALS, F_TIERS, F_BY_QUEUE, F_LIMITS, F_COLUMNS, F_CELLS, F_QUEUES, F_SUMS,
    F_OVER_TIME, F_GROUP_TIME, F_INSIDE, F_FORECASTS, F_REPEATS,
    F_LAST, F_LAST_BEGIN, F_SIZE, *_,
) = range(20)  # fmt: skip
"""The measured stretch and where the sums stand; the interval that was asked for last."""
(
    C_OFFERED, C_ANSWERED, C_ANSWERED_IN, C_ABANDONED, C_ABANDONED_IN, C_SHORT, C_OPEN_LATE, C_OUTCOMES,
) = range(8)  # fmt: skip
"""`F_COLUMNS`: at which place of `measures.COUNTS` each stands; then those of the outcomes."""
S_WAIT_ANSWERED, S_HANDLING, S_TALK, S_RING, S_AGENT, S_WAIT_ALL, S_SIZE = range(7)
"""In the order of `figures.SUMS`."""
T_WAIT, T_OCCUPIED, T_READY, T_SIZE = range(4)
"""By interval."""
I_LOGGED_IN, I_NOT_READY, I_RING, I_DIAL, I_TALK, I_WRAP_UP, I_SIZE = range(7)
"""By group: the first as `layout` counts spans."""
COUNTS_SIZE = 12
"""Of `measures.COUNTS`."""
DAY = 86_400_000


@compiled
def fold(m: Memory) -> int:
    """Add up what has been written; return how many waits stand in place of the rows: tier << 48 | ms."""
    waits = 0
    for n in range(m[at.ROWS_N]):
        if _fold_row(m, m[at.ROWS] + n * at.ROW_SIZE, m[at.ROWS] + waits):
            waits += 1
    for n in range(m[at.SPANS_N]):
        _fold_span(m, m[at.SPANS] + n * at.SPAN_SIZE)
    for n in range(m[at.WRAPS_N]):
        _fold_wrap(m, m[at.WRAPS] + n * at.WRAPPED_SIZE)
    m[at.ROWS_BEFORE] += m[at.ROWS_N]
    m[at.ROWS_N] = m[at.SPANS_N] = m[at.WRAPS_N] = 0
    return waits


@compiled
def _fold_row(m: Memory, row: int, kept: int) -> bool:
    """Add up a row; tell whether its wait has been kept."""
    f = m[at.FOLDS]
    queued, left, cost = m[row + at.ROW_QUEUED], m[row + at.ROW_LEFT], m[row + at.ROW_COST]
    tier, outcome = m[row + at.ROW_TIER], m[row + at.ROW_OUTCOME]
    measured = m[f + F_BEGIN] <= queued < m[f + F_END]
    ring = talk = 0
    if outcome == ANSWERED:
        group, until = m[row + at.ROW_GROUP], m[row + at.ROW_UNTIL]
        ring = left - m[row + at.ROW_RANG]
        talks_on = until == at.NONE
        if talks_on:
            until = m[at.NOW]
        talk = until - left
        place = m[f + F_INSIDE] + group * I_SIZE
        m[place + I_TALK] += _spread(m, f, T_OCCUPIED, left, until, cost)
        if ring:
            m[place + I_RING] += _spread(m, f, T_OCCUPIED, left - ring, left, cost)
        spent = m[f + F_GROUP_TIME] + group * m[f + F_TIERS] + tier
        if measured:
            m[spent] += (ring if talks_on else ring + talk) * cost
        if talks_on:
            if m[f + F_BEGIN] <= left < m[f + F_END]:
                m[spent] += talk * cost
            talk = 0
    if not measured:
        return False
    wait, columns = left - queued, part(m, m[f + F_COLUMNS])
    mine = m[f + F_QUEUES] + (m[row + at.ROW_QUEUE] * m[f + F_TIERS] + tier) * COUNTS_SIZE
    count(m, mine, columns, outcome, wait <= m[m[f + F_LIMITS] + tier], m[row + at.ROW_SHORT] != 0)
    sums = m[f + F_SUMS] + tier * S_SIZE
    if outcome == ANSWERED:
        m[sums + S_HANDLING] += talk
        m[sums + S_TALK] += talk
        m[sums + S_RING] += ring
    _score(m, f, row, tier, outcome, wait)
    if m[row + at.ROW_SEGMENT] != 1:
        return False
    interval = min(_interval_of(m, f, queued), m[f + F_INTERVALS] - 1)
    cell = m[row + at.ROW_QUEUE] * m[f + F_BY_QUEUE] + tier
    first = m[f + F_CELLS] + (cell * m[f + F_INTERVALS] + interval) * COUNTS_SIZE
    count(m, first, columns, outcome, wait <= m[m[f + F_LIMITS] + tier], m[row + at.ROW_SHORT] != 0)
    if outcome == ANSWERED:
        m[sums + S_WAIT_ANSWERED] += wait
        m[m[f + F_OVER_TIME] + interval * T_SIZE + T_WAIT] += wait
    elif outcome != ABANDONED:
        return False
    m[sums + S_WAIT_ALL] += wait
    m[kept] = tier << 48 | wait
    return True


@compiled
def _interval_of(m: Memory, f: int, instant: int) -> int:
    """Return in which interval an instant is: mostly the one that was asked for last, and a division takes long."""
    if not 0 <= instant - m[f + F_LAST_BEGIN] < m[f + F_INTERVAL]:
        m[f + F_LAST] = (instant - m[f + F_BEGIN]) // m[f + F_INTERVAL]
        m[f + F_LAST_BEGIN] = m[f + F_BEGIN] + m[f + F_LAST] * m[f + F_INTERVAL]
    return m[f + F_LAST]


@compiled
def count(cells: Memory, cell: int, columns: Memory, outcome: int, within: bool, short: bool) -> None:
    """`figures.count_by`, of one call."""
    cells[cell + columns[C_OFFERED]] += 1
    cells[cell + columns[C_OUTCOMES + outcome]] += 1
    if outcome == ANSWERED:
        if within:
            cells[cell + columns[C_ANSWERED_IN]] += 1
    elif outcome == ABANDONED:
        if within:
            cells[cell + columns[C_ABANDONED_IN]] += 1
        if short:
            cells[cell + columns[C_SHORT]] += 1
    elif outcome == OPEN and not within:
        cells[cell + columns[C_OPEN_LATE]] += 1


@compiled
def _score(m: Memory, f: int, row: int, tier: int, outcome: int, wait: int) -> None:
    """`figures._score_forecasts`, of one call."""
    p50, p90 = m[row + at.ROW_P50] - 1, m[row + at.ROW_P90] - 1
    if p90 >= 0 and (outcome == ANSWERED or (outcome != OPEN and wait > p90)):
        place = m[f + F_FORECASTS] + 3 * tier
        m[place] += 1
        if wait <= p50:
            m[place + 1] += 1
        if wait <= p90:
            m[place + 2] += 1


@compiled
def _spread(m: Memory, f: int, column: int, begin: int, end: int, share: int) -> int:
    """Add a stretch of time, by its share, to the intervals it lies in; return how much lies in any of them."""
    begin, end = max(begin, m[f + F_BEGIN]), min(end, m[f + F_END])
    if begin >= end:
        return 0
    length, last = m[f + F_INTERVAL], m[f + F_INTERVALS] - 1
    interval = _interval_of(m, f, begin)
    there = begin
    while there < end:
        until = end if interval == last else min(end, m[f + F_BEGIN] + (interval + 1) * length)
        m[m[f + F_OVER_TIME] + interval * T_SIZE + column] += (until - there) * share
        there = until
        interval += 1
    return (end - begin) * share


@compiled
def _fold_span(m: Memory, span: int) -> None:
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
def _fold_wrap(m: Memory, wrap: int) -> None:
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
