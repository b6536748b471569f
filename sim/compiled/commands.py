"""What one command causes: `routing.decide.on_call`, `on_agent`, `on_task` and `after_contact`.

A command that the engine would refuse returns False and has no effect.
"""

from sim.compiled import layout as at
from sim.compiled import seats
from sim.compiled import task_facts as tasks
from sim.compiled.calls import abandoned, completed, connected, lost, new_item, offer_ended, place_of, withdraw_offer
from sim.compiled.entering import enter, keep_place, leave_where_empty, let_in, line_up, promise_callback, requeue
from sim.compiled.folds import came
from sim.compiled.jit import Memory, compiled
from sim.compiled.lanes import lane_of, leave_line, stand_in_line
from sim.compiled.matching import give_work, seat_or_work, try_again
from sim.compiled.windows import first_open, window_changes

# --- hands that get free


@compiled
def _has_hands_full(m: Memory, agent: int) -> bool:
    return m[agent + at.TALKING_N] or m[agent + at.AGENT_WRAPS] or m[agent + at.RINGS_FOR]


@compiled
def after_talk(m: Memory, agent: int, item: int) -> None:
    """`after_contact.after_talk` with `room_beside_wrap_up`."""
    length = m[m[item + at.QUEUE] + at.WRAP_UP]
    if not length:
        hands_free(m, agent)
        return
    seats.wrap_up_started(m, agent, item, length)
    if m[agent + at.USED] < 100 and not m[agent + at.POOL]:
        seats.take_seat(m, agent)
        give_work(m, agent)


@compiled
def hands_free(m: Memory, agent: int) -> None:
    """`after_contact.hands_free`."""
    wish = m[agent + at.WISH]
    if wish == at.WISHES_NOTHING:
        seat_or_work(m, agent)
    elif not _has_hands_full(m, agent):
        seats.wished(m, agent, at.WISHES_NOTHING)
        if wish == at.WISHES_OUT:
            _leave_seat(m, agent)
        else:
            seats.became_not_ready(m, agent)


@compiled
def _leave_seat(m: Memory, agent: int) -> None:
    """`after_contact.leave_seat`."""
    seats.logged_out(m, agent)
    if not m[m[agent + at.GROUP] + at.LOGGED_IN_N]:
        leave_where_empty(m)


# --- calls


@compiled
def admit(m: Memory, person: int, number: int, people: Memory) -> None:
    """`on_call.admit` and `on_call.arriving`; `person` is the row of people that calls."""
    call = new_item(m)
    m[at.SERIAL] += 1
    kind = people[person, at.P_KIND]
    m[call + at.KIND], m[call + at.ITEM_SERIAL], m[call + at.SEGMENT] = at.CALL, m[at.SERIAL], 1
    m[call + at.NUMBER] = m[call + at.CONTACT] = number
    m[call + at.QUEUE], m[call + at.TIER] = m[kind + at.KIND_QUEUE], m[kind + at.KIND_TIER]
    m[call + at.BAND] = m[kind + at.KIND_BAND]
    m[call + at.TURN] = m[call + at.QUEUED_AT] = m[at.NOW]
    m[call + at.BASE_NEEDS] = m[call + at.NEEDS] = m[kind + at.KIND_NEEDS]
    m[call + at.COST] = m[kind + at.KIND_COST]
    if m[at.KNOWS_CUSTOMERS]:
        m[call + at.CUSTOMER] = people[person, at.P_CUSTOMER]
        _take_up(m, call)
    enter(m, call)


@compiled
def _take_up(m: Memory, call: int) -> None:
    """`on_call._take_up`."""
    there = place_of(m, call)
    if m[at.FOLDS]:
        came(m, there, m[m[call + at.TIER] + at.TIER_INDEX])
    if m[there + 1] > m[at.NOW]:
        m[call + at.TURN], m[call + at.CONTACT] = m[there], m[there + 2]
    m[there + 1] = 0
    task = m[there + 3]
    if task and m[task + at.REACHED_AT] == at.NONE:
        if m[task + at.VIRTUAL_START] != at.NONE:
            m[call + at.TURN] = min(m[call + at.TURN], m[task + at.VIRTUAL_START])
        m[call + at.CONTACT] = m[task + at.CONTACT]
        _supersede(m, task)


@compiled
def abandon(m: Memory, call: int) -> None:
    """`on_call.abandon`, of a call that waits or rings."""
    rung = withdraw_offer(m, call)
    abandoned(m, call)
    queue = m[call + at.QUEUE]
    after = m[queue + at.SHORT] if m[queue + at.CB_AFTER] == at.NONE else m[queue + at.CB_AFTER]
    if m[call + at.STOOD] and m[at.NOW] - m[call + at.QUEUED_AT] >= after and m[m[call + at.TIER] + at.CALLS_BACK]:
        promise_callback(m, call)
    lost(m, call)
    if rung:
        hands_free(m, rung)


@compiled
def convert(m: Memory, call: int) -> bool:
    """`on_call.convert`."""
    if m[place_of(m, call) + 3]:
        return False
    rung = withdraw_offer(m, call)
    keep_place(m, call)
    if rung:
        hands_free(m, rung)
    return True


@compiled
def _move(m: Memory, call: int) -> None:
    """`on_call.move`."""
    if m[call + at.LANE]:
        leave_line(m, call)
        stand_in_line(m, call, lane_of(m, call))
        try_again(m, call)


@compiled
def relax(m: Memory, call: int) -> None:
    """`on_call.relax`."""
    step = m[call + at.RELAXED_STEPS] + 1
    m[call + at.RELAXED_STEPS] = step
    queue = m[m[call + at.QUEUE] + at.QUEUE_INDEX]
    table = m[m[at.RELAXED] + queue] + (step - 1) * m[at.NEEDS_N]
    needs = m[table + m[call + at.NEEDS]]
    if needs != m[call + at.NEEDS]:
        m[call + at.NEEDS] = needs
        _move(m, call)


@compiled
def open_reserve(m: Memory, call: int) -> None:
    """`on_call.open_reserve`."""
    for n in range(m[at.RESERVE_WAITS_N]):
        wait = m[m[at.RESERVE_WAITS] + n]
        if m[call + at.QUEUED_AT] + wait <= m[at.NOW]:
            m[call + at.WAITED] = wait
    _move(m, call)


@compiled
def accept(m: Memory, item: int) -> None:
    """`on_call.accept`, of an offer that is pending."""
    if m[item + at.KIND] == at.TASK:
        tasks.attempted(m, item, m[item + at.OFFER_AGENT])
        return
    agent = connected(m, item)
    if m[agent + at.USED] < 100:
        seats.take_seat(m, agent)
        give_work(m, agent)


@compiled
def end(m: Memory, call: int) -> None:
    """`on_call.end`, of a conversation."""
    agent = m[call + at.ITEM_AGENT]
    completed(m, call)
    after_talk(m, agent, call)


# --- agents


@compiled
def log_in(m: Memory, agent: int) -> bool:
    """`on_agent.log_in`."""
    if m[agent + at.LOGGED_IN]:
        return False
    seats.logged_in(m, agent)
    give_work(m, agent)
    return True


@compiled
def log_out(m: Memory, agent: int) -> bool:
    """`on_agent.log_out`, not by force."""
    if not m[agent + at.LOGGED_IN]:
        return False
    item = m[agent + at.RINGS_FOR]
    if item:
        seats.wished(m, agent, at.WISHES_OUT)
        offer_ended(m, item)
        requeue(m, item)
    if m[agent + at.TALKING_N] or m[agent + at.AGENT_WRAPS]:
        seats.wished(m, agent, at.WISHES_OUT)
    elif m[agent + at.LOGGED_IN]:
        seats.wished(m, agent, at.WISHES_NOTHING)
        _leave_seat(m, agent)
    return True


@compiled
def set_available(m: Memory, agent: int) -> bool:
    """`on_agent.set_available`."""
    if not m[agent + at.LOGGED_IN]:
        return False
    if m[agent + at.PRESENCE] == at.AVAILABLE:
        if m[agent + at.WISH] == at.WISHES_NOTHING:
            return True
        seats.wished(m, agent, at.WISHES_NOTHING)
        seats.take_seat(m, agent)
    else:
        seats.wished(m, agent, at.WISHES_NOTHING)
        seats.became_available(m, agent)
    give_work(m, agent)
    return True


@compiled
def set_not_ready(m: Memory, agent: int) -> bool:
    """`on_agent.set_not_ready`."""
    if not m[agent + at.LOGGED_IN]:
        return False
    if _has_hands_full(m, agent):
        seats.wished(m, agent, at.WISHES_REST)
    else:
        seats.became_not_ready(m, agent)
    return True


@compiled
def end_wrap_up(m: Memory, agent: int, subject: int) -> bool:
    """`on_agent.end_wrap_up`; `subject` is the serial of the contact."""
    if not m[agent + at.LOGGED_IN]:
        return False
    wrap = m[agent + at.AGENT_WRAPS]
    while wrap and m[wrap + at.WRAP_SUBJECT] != subject:
        wrap = m[wrap]
    if not wrap:
        return False
    seats.wrap_up_ended(m, agent, wrap)
    hands_free(m, agent)
    return True


@compiled
def missed(m: Memory, item: int) -> None:
    """`on_agent.missed`, of a phone that nobody answered."""
    agent = offer_ended(m, item)
    seats.excluded(m, agent, item)
    _count_miss(m, agent)
    requeue(m, item)
    hands_free(m, agent)


@compiled
def _count_miss(m: Memory, agent: int) -> None:
    """`on_agent._count_miss`."""
    now, kept, misses = m[at.NOW], 0, m[agent + at.MISSES]
    for n in range(m[agent + at.MISSES_N]):
        if m[misses + n] > now - m[at.MISSED_WINDOW]:
            m[misses + kept] = m[misses + n]
            kept += 1
    m[misses + kept] = now
    m[agent + at.MISSES_N] = kept + 1
    if kept + 1 >= m[at.MISSED_COUNT] and m[agent + at.PRESENCE] == at.AVAILABLE:
        seats.stopped_responding(m, agent)


@compiled
def exclusion_over(m: Memory, agent: int, serial: int) -> None:
    """`on_agent.exclusion_over`."""
    seats.no_longer_excluded(m, agent, serial)
    if m[agent + at.LOGGED_IN]:
        give_work(m, agent)


@compiled
def back(m: Memory, agent: int) -> None:
    """`on_agent.back`."""
    m[agent + at.BACK] = 0
    seats.became_available(m, agent)
    give_work(m, agent)


# --- callbacks


@compiled
def _supersede(m: Memory, task: int) -> None:
    """`on_task.supersede`."""
    rung = withdraw_offer(m, task)
    agent = rung if rung else m[task + at.ITEM_AGENT]
    tasks.superseded(m, task)
    if agent:
        hands_free(m, agent)


@compiled
def reached(m: Memory, task: int) -> bool:
    """`on_task.reached`."""
    if m[task + at.STATE] != at.ATTEMPTING or m[task + at.REACHED_AT] != at.NONE:
        return False
    tasks.reached(m, task)
    return True


@compiled
def not_reached(m: Memory, task: int) -> bool:
    """`on_task.not_reached`."""
    if m[task + at.STATE] != at.ATTEMPTING or m[task + at.REACHED_AT] != at.NONE:
        return False
    agent, next_due = m[task + at.ITEM_AGENT], _retry_at(m, task)
    tasks.not_reached(m, task, next_due)
    if next_due == at.NONE:
        tasks.expired(m, task, at.T_UNREACHABLE)
    hands_free(m, agent)
    return True


@compiled
def _retry_at(m: Memory, task: int) -> int:
    """`on_task._retry_at`."""
    queue = m[task + at.QUEUE]
    if m[task + at.ATTEMPTS] > m[queue + at.CB_RETRIES]:
        return at.NONE
    opens = first_open(m, queue, m[at.NOW] + m[m[queue + at.CB_RETRY] + m[task + at.ATTEMPTS] - 1])
    return opens if opens != at.NONE and opens < m[task + at.PROMISE] + m[queue + at.CB_GIVE_UP] else at.NONE


@compiled
def finish(m: Memory, task: int, again: bool, solved: int) -> bool:
    """`on_task.finish`; `solved`: 1, 0, or NONE where nothing was said."""
    agent = m[task + at.ITEM_AGENT]
    if not agent or m[task + at.REACHED_AT] == at.NONE:
        return False
    next_due = _retry_at(m, task) if again else at.NONE
    if next_due != at.NONE:
        promise = max(next_due + m[m[task + at.QUEUE] + at.CB_RISE], m[task + at.PROMISE])
        tasks.call_again(m, task, next_due, promise)
    else:
        tasks.completed_task(m, task, 0 if again else solved)
    after_talk(m, agent, task)
    return True


@compiled
def fall_due(m: Memory, task: int) -> None:
    """`on_task.fall_due`."""
    if m[task + at.STATE] != at.SCHEDULED and m[task + at.STATE] != at.RETRY:
        return
    if let_in(m, task):
        kept = m[task + at.VIRTUAL_START] != at.NONE
        line_up(m, task, at.NONE if kept else window_changes(m, m[task + at.QUEUE], m[at.NOW]))


@compiled
def rise(m: Memory, task: int) -> None:
    """`on_task.rise`."""
    if m[task + at.RISEN] or not m[task + at.LANE]:
        return
    leave_line(m, task)
    tasks.rose(m, task)
    stand_in_line(m, task, lane_of(m, task))
    try_again(m, task)


@compiled
def window_closes(m: Memory, task: int) -> None:
    """`on_task.window_closes`."""
    if m[task + at.LANE]:
        opens = window_changes(m, m[task + at.QUEUE], m[at.NOW])
        tasks.put_off(m, task, m[task + at.PROMISE] if opens == at.NONE else opens)


@compiled
def give_up(m: Memory, task: int) -> None:
    """`on_task.give_up`."""
    if m[task + at.STATE] == at.ATTEMPTING:
        return
    agent = withdraw_offer(m, task)
    tasks.expired(m, task, at.T_UNREACHABLE if m[task + at.ATTEMPTS] else at.T_OUT_OF_TIME)
    if agent:
        hands_free(m, agent)
