"""What each deadline causes when it falls due: `routing.decide.on_deadline`, and `RoutingEngine.advance`."""

from sim.compiled import commands
from sim.compiled import layout as at
from sim.compiled import task_facts as tasks
from sim.compiled.entering import close_doors, waited_too_long
from sim.compiled.heaps import next_due, set_deadline, take_due
from sim.compiled.jit import Memory, apart, compiled
from sim.compiled.seats import wrap_up_ended
from sim.compiled.windows import is_open, next_change


@compiled
def advance(m: Memory, now: int) -> None:
    """`RoutingEngine.advance`: every deadline up to `now`, each at its own instant."""
    if m[at.DEADLINES_N] or not m[at.DOORS_OPEN]:
        _fall_due(m, now)
    m[at.NOW] = now


@apart
def _fall_due(m: Memory, now: int) -> None:
    if not m[at.DOORS_OPEN]:
        m[at.DOORS_OPEN] = 1
        open_doors(m, now)
    while True:
        instant = next_due(m)
        if instant == at.NONE or instant > now:
            break
        deadline = m[m[at.DEADLINES] + 2]
        due, subject, subject_2 = m[deadline + at.DUE_KIND], m[deadline + at.SUBJECT], m[deadline + at.SUBJECT_2]
        take_due(m)
        m[at.NOW] = instant
        on_deadline(m, due, subject, subject_2)


@compiled
def open_doors(m: Memory, now: int) -> None:
    """`on_deadline.open_doors`."""
    for n in range(m[at.QUEUES_N]):
        queue = m[at.QUEUES] + n * at.QUEUE_SIZE
        m[queue + at.OPEN] = 1
        if m[queue + at.HAS_HOURS]:
            _look_at_the_hours(m, queue, now)


@compiled
def _look_at_the_hours(m: Memory, queue: int, now: int) -> None:
    changes, count = m[queue + at.CHANGES], m[queue + at.CHANGES_N]
    m[queue + at.OPEN] = 1 if is_open(m, changes, count, m[queue + at.OPEN_AT_FIRST], now) else 0
    change = next_change(m, changes, count, now)
    if change != at.NONE:
        set_deadline(m, change, at.DUE_HOURS, queue)


@compiled
def on_deadline(m: Memory, due: int, subject: int, subject_2: int) -> None:
    """`on_deadline.on_deadline`."""
    if due == at.DUE_WRAP_UP:
        agent = m[subject + at.WRAP_AGENT]
        wrap_up_ended(m, agent, subject)
        commands.hands_free(m, agent)
    elif due == at.DUE_OFFER:
        commands.missed(m, subject)
    elif due == at.DUE_MAX_WAIT:
        waited_too_long(m, subject)
    elif due == at.DUE_RELAX:
        commands.relax(m, subject)
    elif due == at.DUE_RESERVE:
        commands.open_reserve(m, subject)
    elif due == at.DUE_EXCLUSION:
        commands.exclusion_over(m, subject, subject_2)
    elif due == at.DUE_BACK:
        commands.back(m, subject)
    elif due == at.DUE_HOURS:
        _look_at_the_hours(m, subject, m[at.NOW])
        if not m[subject + at.OPEN] and not m[subject + at.SERVE_OUT]:
            close_doors(m, subject)
    elif due == at.DUE_TASK:
        commands.fall_due(m, subject)
    elif due == at.DUE_TASK_RISE:
        commands.rise(m, subject)
    elif due == at.DUE_TASK_LATE:
        tasks.late(m, subject)
    elif due == at.DUE_TASK_EXPIRE:
        commands.give_up(m, subject)
    else:
        commands.window_closes(m, subject)
