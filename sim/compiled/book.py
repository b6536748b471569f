"""What the day's book is told: `sim.run.rows.CallRows` and, of what belongs to no call, the ledger.

All of it is added up at once (`folds`) in a day that is counted, and kept in a day that keeps its rows.
"""

from sim.compiled import layout as at
from sim.compiled.folds import ANSWERED, OPEN, fold_loss, fold_span, fold_talk, fold_wrap
from sim.compiled.heaps import allocate, give_back
from sim.compiled.jit import Memory, apart, compiled


@compiled
def write_talk(m: Memory, people: Memory, call: int, until: int, agent: int, ended: bool) -> None:
    """Tell of a conversation that has ended, or goes on yet."""
    _written(m, call)
    if m[at.FOLDS]:
        fold_talk(m, people, call, until, agent, ended)
    if m[at.KEEPS]:
        left, rang = m[call + at.CONNECTED_AT], m[call + at.OFFERED_AT]
        _keep_row(m, call, left, rang, until if ended else at.NONE, ANSWERED, agent, 0)


@compiled
def write_loss(m: Memory, people: Memory, call: int, left: int, outcome: int, detail: int = 0) -> None:
    """Tell of a segment that has ended without a conversation, or waits yet; `detail`: as in its row."""
    _written(m, call)
    if m[at.FOLDS]:
        fold_loss(m, people, call, left, outcome, detail)
    if m[at.KEEPS]:
        _keep_row(m, call, left, left, left, outcome, 0, detail)


@compiled
def _written(m: Memory, call: int) -> None:
    m[at.ROWS_WRITTEN] += 1
    m[at.LAST_ROW_OF] = m[call + at.ITEM_SERIAL]


@apart
def _keep_row(m: Memory, call: int, left: int, rang: int, until: int, outcome: int, agent: int, detail: int) -> None:
    row = m[at.ROWS] + m[at.ROWS_N] * at.ROW_SIZE
    m[at.ROWS_N] += 1
    m[row + at.ROW_QUEUED], m[row + at.ROW_LEFT], m[row + at.ROW_RANG] = m[call + at.QUEUED_AT], left, rang
    m[row + at.ROW_UNTIL], m[row + at.ROW_OUTCOME], m[row + at.ROW_DETAIL] = until, outcome, detail
    m[row + at.ROW_TIER] = m[m[call + at.TIER] + at.TIER_INDEX]
    m[row + at.ROW_QUEUE] = m[m[call + at.QUEUE] + at.QUEUE_INDEX]
    m[row + at.ROW_NUMBER], m[row + at.ROW_SEGMENT] = m[call + at.NUMBER], m[call + at.SEGMENT]
    m[row + at.ROW_CONTACT] = m[call + at.CONTACT]
    m[row + at.ROW_P50], m[row + at.ROW_P90] = m[call + at.TOLD_P50], m[call + at.TOLD_P90]
    if agent:
        m[row + at.ROW_GROUP] = m[m[agent + at.GROUP] + at.GROUP_INDEX]
        m[row + at.ROW_AGENT], m[row + at.ROW_COST] = m[agent + at.AGENT_INDEX], m[call + at.COST]
    else:
        m[row + at.ROW_GROUP], m[row + at.ROW_AGENT], m[row + at.ROW_COST] = at.NONE, at.NONE, 0


@compiled
def write_span(m: Memory, what: int, group: int, begin: int, end: int, tier: int, cost: int) -> None:
    """Write a stretch of an agent's time that no call's row tells."""
    span = m[at.SPANS] + m[at.SPANS_N] * at.SPAN_SIZE
    m[at.SPANS_N] += m[at.KEEPS]
    m[span + at.SPAN_WHAT], m[span + at.SPAN_GROUP] = what, m[group + at.GROUP_INDEX]
    m[span + at.SPAN_BEGIN], m[span + at.SPAN_END] = begin, end
    m[span + at.SPAN_TIER], m[span + at.SPAN_COST] = tier, cost
    if m[at.FOLDS]:
        fold_span(m, span)


@compiled
def wrap_begins(m: Memory, wrap: int) -> None:
    """`CallRows._wrap_up_started`."""
    if m[at.LAST_ROW_OF] == m[wrap + at.WRAP_SUBJECT]:
        m[wrap + at.WRAP_ROW] = m[at.ROWS_WRITTEN] - 1


@compiled
def wrap_ends(m: Memory, wrap: int, agent: int, now: int) -> None:
    """`CallRows._wrap_up_ended`; the record is free again."""
    row = m[at.WRAPS] + m[at.WRAPS_N] * at.WRAPPED_SIZE
    m[at.WRAPS_N] += m[at.KEEPS]
    m[row + at.WRAPPED_ROW], m[row + at.WRAPPED_GROUP] = m[wrap + at.WRAP_ROW], m[m[agent + at.GROUP] + at.GROUP_INDEX]
    m[row + at.WRAPPED_BEGIN], m[row + at.WRAPPED_END] = m[wrap + at.WRAP_BEGAN], now
    m[row + at.WRAPPED_COST], m[row + at.WRAPPED_QUEUED] = m[wrap + at.WRAP_COST], m[wrap + at.WRAP_QUEUED_AT]
    m[row + at.WRAPPED_TIER] = m[m[wrap + at.WRAP_TIER] + at.TIER_INDEX]
    if m[at.FOLDS]:
        fold_wrap(m, row)
    m[wrap + at.WRAP_SUBJECT] = 0
    give_back(m, at.FREE_WRAP, wrap)


@compiled
def close_book(m: Memory, people: Memory) -> None:
    """Write what is open yet: calls, and the stretches of agents' time, cut now."""
    call = m[at.LIVE_HEAD]
    while call:
        if m[call + at.STATE] == at.TALKING:
            write_talk(m, people, call, m[at.NOW], m[call + at.ITEM_AGENT], False)
        else:
            write_loss(m, people, call, m[at.NOW], OPEN)
        call = m[call + at.LIVE_NEXT]
    for n in range(m[at.AGENTS_N]):
        agent = m[at.AGENTS] + n * at.AGENT_SIZE
        if m[agent + at.LOGGED_IN]:
            write_span(m, at.SPAN_LOGGED_IN, m[agent + at.GROUP], m[agent + at.LOGGED_IN_AT], m[at.NOW], at.NONE, 100)
        ready_again(m, agent, m[at.NOW])


# --- agents


@compiled
def not_ready(m: Memory, agent: int, now: int) -> None:
    """`Ledger._became_not_ready`."""
    if m[agent + at.NOT_READY_SINCE] == at.NONE:
        m[agent + at.NOT_READY_SINCE] = now


@compiled
def ready_again(m: Memory, agent: int, now: int) -> None:
    """`Ledger._ready_again`."""
    since = m[agent + at.NOT_READY_SINCE]
    if since != at.NONE:
        write_span(m, at.SPAN_NOT_READY, m[agent + at.GROUP], since, now, at.NONE, 100)
        m[agent + at.NOT_READY_SINCE] = at.NONE


@compiled
def went(m: Memory, agent: int, now: int) -> None:
    """`Ledger._agent_out`."""
    ready_again(m, agent, now)
    write_span(m, at.SPAN_LOGGED_IN, m[agent + at.GROUP], m[agent + at.LOGGED_IN_AT], now, at.NONE, 100)


# --- callbacks


@compiled
def open_record(m: Memory, task: int, now: int) -> None:
    """`Ledger._scheduled`."""
    record = allocate(m, at.TASK_RECORD_SIZE)
    if m[at.TASK_RECORDS_HEAD]:
        m[m[at.TASK_RECORDS_TAIL] + at.TASK_NEXT] = record
    else:
        m[at.TASK_RECORDS_HEAD] = record
    m[at.TASK_RECORDS_TAIL] = record
    m[task + at.RECORD] = record
    m[record + at.T_KIND], m[record + at.T_SCHEDULED_AT] = m[task + at.TASK_KIND], now
    m[record + at.T_QUEUE] = m[m[task + at.QUEUE] + at.QUEUE_INDEX]
    m[record + at.T_TIER] = m[m[task + at.TIER] + at.TIER_INDEX]
    m[record + at.T_SOLVED] = m[record + at.T_ENDED_AT] = at.NONE
    m[record + at.T_FROM], m[record + at.T_FROM_SEGMENT] = m[task + at.FROM_NUMBER], m[task + at.FROM_SEGMENT]
    m[record + at.T_DUE_AT], m[record + at.T_PROMISE] = m[task + at.DUE_AT], m[task + at.PROMISE]


@compiled
def attempt_begins(m: Memory, task: int, agent: int, offered_at: int, now: int) -> None:
    """`Ledger._attempted`."""
    record = m[task + at.RECORD]
    m[record + at.T_ATTEMPTS] += 1
    if now <= m[task + at.PROMISE]:
        m[record + at.T_IN_TIME] = 1
    m[task + at.SINCE], m[task + at.DOING], m[task + at.DOING_GROUP] = now, at.SPAN_DIAL, m[agent + at.GROUP]
    if now != offered_at:
        tier = m[m[task + at.TIER] + at.TIER_INDEX]
        write_span(m, at.SPAN_RING, m[agent + at.GROUP], offered_at, now, tier, m[task + at.COST])


@compiled
def attempt_reaches(m: Memory, task: int, agent: int, now: int) -> None:
    """`Ledger._reached`."""
    record = m[task + at.RECORD]
    if not m[record + at.T_REACHED]:
        m[record + at.T_REACHED] = 1
        m[record + at.T_REACHED_IN_TIME] = 1 if now <= m[task + at.PROMISE] else 0
    spent(m, task, now)
    m[task + at.DOING], m[task + at.DOING_GROUP] = at.SPAN_TALK, m[agent + at.GROUP]


@compiled
def spent(m: Memory, task: int, now: int) -> None:
    """`Ledger._spent`."""
    if m[task + at.DOING]:
        tier = m[m[task + at.TIER] + at.TIER_INDEX]
        write_span(m, m[task + at.DOING], m[task + at.DOING_GROUP], m[task + at.SINCE], now, tier, m[task + at.COST])
        m[task + at.SINCE], m[task + at.DOING] = now, 0


@compiled
def close_record(m: Memory, task: int, outcome: int, solved: int, now: int) -> None:
    """`Ledger._task_left`."""
    spent(m, task, now)
    record = m[task + at.RECORD]
    m[record + at.T_OUTCOME], m[record + at.T_ENDED_AT] = outcome, now
    if outcome == at.T_COMPLETED:
        m[record + at.T_SOLVED] = solved
