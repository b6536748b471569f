"""The facts of a callback's life: `routing.facts.tasks`."""

from sim.compiled import layout as at
from sim.compiled.calls import close_offer, place_of
from sim.compiled.heaps import add_due, stop_waiting
from sim.compiled.jit import Memory, compiled
from sim.compiled.lanes import leave_line
from sim.compiled.seats import end_talk, happen, leave_pool


@compiled
def scheduled(m: Memory, task: int) -> None:
    """`facts.tasks.scheduled`."""
    m[place_of(m, task) + 3] = task
    m[task + at.STATE] = at.SCHEDULED
    happen(m, at.TASK_SCHEDULED, task)
    set_deadlines(m, task)


@compiled
def set_deadlines(m: Memory, task: int) -> None:
    """`facts.tasks.set_deadlines`."""
    stop_waiting(m, task)
    now, queue = m[at.NOW], m[task + at.QUEUE]
    add_due(m, task, max(now, m[task + at.DUE_AT]), at.DUE_TASK)
    _set_promise_deadlines(m, task)
    add_due(m, task, max(now, m[task + at.PROMISE] + m[queue + at.CB_GIVE_UP]), at.DUE_TASK_EXPIRE)


@compiled
def _set_promise_deadlines(m: Memory, task: int) -> None:
    """`facts.tasks.set_promise_deadlines`."""
    now = m[at.NOW]
    if not m[task + at.RISEN] and m[task + at.VIRTUAL_START] == at.NONE:
        rise = m[task + at.PROMISE] - m[m[task + at.QUEUE] + at.CB_RISE]
        add_due(m, task, max(now, rise), at.DUE_TASK_RISE)
    if not m[task + at.LATE] and m[task + at.REACHED_AT] == at.NONE:
        add_due(m, task, max(now, m[task + at.PROMISE]), at.DUE_TASK_LATE)


@compiled
def due(m: Memory, task: int, window_closes: int) -> None:
    """`facts.tasks.due`."""
    m[task + at.STATE] = at.DUE
    if window_closes != at.NONE:
        add_due(m, task, window_closes, at.DUE_TASK_WINDOW)


@compiled
def rose(m: Memory, task: int) -> None:
    """`facts.tasks.rose`."""
    m[task + at.RISEN] = 1
    m[task + at.TURN] = m[at.NOW]


@compiled
def put_off(m: Memory, task: int, due_at: int) -> None:
    """`facts.tasks.put_off`."""
    leave_line(m, task)
    m[task + at.STATE] = at.SCHEDULED
    m[task + at.DUE_AT] = due_at
    set_deadlines(m, task)


@compiled
def attempted(m: Memory, task: int, agent: int) -> None:
    """`facts.tasks.attempted`."""
    now, offered_at = m[at.NOW], m[at.NOW]
    m[task + at.STATE] = at.ATTEMPTING
    if m[task + at.OFFER_AGENT]:
        offered_at = m[task + at.OFFERED_AT]
        close_offer(m, task)
    else:
        m[at.SERIAL] += 1
        m[agent + at.LAST_OFFER] = m[at.SERIAL]
    if m[agent + at.POOL]:
        leave_pool(m, agent)
    stop_waiting(m, task)
    m[task + at.ITEM_AGENT], m[task + at.ATTEMPTED_AT] = agent, now
    m[task + at.ATTEMPTS] += 1
    m[agent + at.TALKING_N] += 1
    m[agent + at.USED] += m[task + at.COST]
    happen(m, at.TASK_ATTEMPTED, task, agent, offered_at)
    if not m[task + at.LATE]:
        add_due(m, task, max(now, m[task + at.PROMISE]), at.DUE_TASK_LATE)


@compiled
def reached(m: Memory, task: int) -> None:
    """`facts.tasks.reached`."""
    stop_waiting(m, task)
    m[task + at.REACHED_AT] = m[at.NOW]
    m[m[task + at.ITEM_AGENT] + at.TAKEN] += 1
    happen(m, at.TASK_REACHED, task, m[task + at.ITEM_AGENT])


@compiled
def not_reached(m: Memory, task: int, next_due: int) -> None:
    """`facts.tasks.not_reached`."""
    agent = m[task + at.ITEM_AGENT]
    m[task + at.STATE] = at.RETRY
    stop_waiting(m, task)
    end_talk(m, agent, task, m[at.NOW] - m[task + at.ATTEMPTED_AT])
    happen(m, at.TASK_NOT_REACHED, task)
    if next_due != at.NONE:
        m[task + at.DUE_AT] = next_due
        set_deadlines(m, task)


@compiled
def call_again(m: Memory, task: int, next_due: int, promise: int) -> None:
    """`facts.tasks.call_again`."""
    agent = m[task + at.ITEM_AGENT]
    m[task + at.STATE] = at.RETRY
    stop_waiting(m, task)
    end_talk(m, agent, task, m[at.NOW] - m[task + at.ATTEMPTED_AT])
    m[task + at.DUE_AT], m[task + at.PROMISE] = next_due, promise
    m[task + at.VIRTUAL_START] = m[task + at.REACHED_AT] = at.NONE
    m[task + at.RISEN] = m[task + at.LATE] = 0
    m[task + at.TURN] = promise
    happen(m, at.TASK_AGAIN, task)
    set_deadlines(m, task)


@compiled
def completed_task(m: Memory, task: int, solved: int) -> None:
    """`facts.tasks.completed`; `solved`: 1, 0, or NONE where nothing was said."""
    end_talk(m, m[task + at.ITEM_AGENT], task, m[at.NOW] - m[task + at.ATTEMPTED_AT])
    _closed(m, task)
    happen(m, at.TASK_COMPLETED, task, solved)


@compiled
def late(m: Memory, task: int) -> None:
    """`facts.tasks.late`."""
    m[task + at.LATE] = 1
    happen(m, at.TASK_LATE, task)


@compiled
def expired(m: Memory, task: int, cause: int) -> None:
    """`facts.tasks.expired`."""
    _closed(m, task)
    happen(m, at.TASK_EXPIRED, task, cause)


@compiled
def superseded(m: Memory, task: int) -> None:
    """`facts.tasks.superseded`."""
    if m[task + at.ITEM_AGENT] and m[task + at.ATTEMPTED_AT] != at.NONE:
        end_talk(m, m[task + at.ITEM_AGENT], task, m[at.NOW] - m[task + at.ATTEMPTED_AT])
    _closed(m, task)
    happen(m, at.TASK_SUPERSEDED, task)


@compiled
def _closed(m: Memory, task: int) -> None:
    """`facts.tasks._closed`."""
    stop_waiting(m, task)
    leave_line(m, task)
    m[task + at.STATE] = at.ENDED
    m[place_of(m, task) + 3] = 0
