"""How a call enters a queue, waits there and leaves by rule: `routing.decide.entering`, `routing.decide.promises`."""

from sim.compiled import layout as at
from sim.compiled.calls import converted, lost, new_item, overflowed, place_of, queued, rejected
from sim.compiled.heaps import add_due
from sim.compiled.jit import Memory, apart, compiled
from sim.compiled.lanes import covers, in_background, lane_of, longest_wait, stand_in_line
from sim.compiled.matching import find_agent, offer, place
from sim.compiled.task_facts import due, put_off, rose, scheduled
from sim.compiled.windows import first_open, window_changes, window_open


@compiled
def somebody_for(m: Memory, item: int) -> bool:
    """`entering.somebody_for`."""
    queue = m[m[item + at.QUEUE] + at.QUEUE_INDEX]
    needs = m[m[at.WIDEST] + queue * m[at.NEEDS_N] + m[item + at.BASE_NEEDS]]
    for n in range(m[at.GROUPS_N]):
        group = m[at.GROUPS] + n * at.GROUP_SIZE
        if m[group + at.LOGGED_IN_N] and covers(m, group, needs):
            return True
    return False


@compiled
def enter(m: Memory, call: int) -> None:
    """`entering.enter` with `entering.admission`; a call that overflows goes on as a new segment, and so on."""
    while call:
        queue = m[call + at.QUEUE]
        lane = lane_of(m, call)
        if not m[queue + at.OPEN]:
            call = turn_away_once(m, call, m[queue + at.WHEN_CLOSED], m[queue + at.WHEN_CLOSED_TO], at.CLOSED, True)
            continue
        if not m[queue + at.JOIN_EMPTY] and not somebody_for(m, call):
            call = turn_away_once(m, call, m[queue + at.WHEN_EMPTY], m[queue + at.WHEN_EMPTY_TO], at.EMPTY, True)
            continue
        agent = find_agent(m, call, lane)
        if not agent and m[queue + at.MAX_WAITING] != at.NONE and m[queue + at.WAITING] >= m[queue + at.MAX_WAITING]:
            call = turn_away_once(m, call, m[queue + at.WHEN_FULL], m[queue + at.WHEN_FULL_TO], at.FULL, True)
            continue
        queued(m, call)
        if agent:
            offer(m, call, agent)
        else:
            wait(m, call, lane)
        return


@compiled
def wait(m: Memory, call: int, lane: int) -> None:
    """`entering.wait`."""
    if not m[call + at.HAS_DUES]:
        m[call + at.HAS_DUES] = 1
        if m[lane + at.LIMIT] != at.NONE:
            _becomes_due(m, call, m[lane + at.LIMIT], at.DUE_MAX_WAIT)
        queue = m[lane + at.LANE_QUEUE]
        for n in range(m[queue + at.RELAXATIONS]):
            _becomes_due(m, call, m[m[queue + at.RELAX_AFTER] + n], at.DUE_RELAX)
        for n in range(m[at.RESERVE_WAITS_N]):
            _becomes_due(m, call, m[m[at.RESERVE_WAITS] + n], at.DUE_RESERVE)
    stand_in_line(m, call, lane)


@compiled
def _becomes_due(m: Memory, call: int, after: int, due: int) -> None:
    """`entering._set`."""
    add_due(m, call, max(m[at.NOW], m[call + at.QUEUED_AT] + after), due)


@compiled
def turn_away(m: Memory, call: int, way: int, target: int, reason: int) -> None:
    """`entering.turn_away`, of a call that is in the queue."""
    segment = turn_away_once(m, call, way, target, reason, False)
    if segment:
        enter(m, segment)


@apart
def turn_away_once(m: Memory, call: int, way: int, target: int, reason: int, new: bool) -> int:
    """`entering.turn_away` without what comes of it: return the segment that enters another queue, or 0."""
    if way == at.OVERFLOW:
        overflowed(m, call, target, reason, new)
        return follow_up(m, call, target) if target else 0
    rejected(m, call, reason, new)
    if _earns_callback(m, call, way, reason):
        promise_callback(m, call)
    if reason != at.CLOSED:
        lost(m, call)
    return 0


@compiled
def _earns_callback(m: Memory, call: int, way: int, reason: int) -> bool:
    """`entering.earns_callback`."""
    if way == at.CALLBACK:
        return True
    calls_back = m[m[call + at.TIER] + at.CALLS_BACK] != 0
    if reason == at.CLOSED:
        return calls_back and m[m[call + at.QUEUE] + at.CB_WHEN_CLOSED] != 0
    return calls_back


@compiled
def follow_up(m: Memory, call: int, queue: int) -> int:
    """`entering.follow_up`."""
    m[at.SERIAL] += 1
    segment = new_item(m)
    m[segment + at.KIND], m[segment + at.ITEM_SERIAL] = at.CALL, m[at.SERIAL]
    m[segment + at.NUMBER], m[segment + at.CONTACT] = m[call + at.NUMBER], m[call + at.CONTACT]
    m[segment + at.SEGMENT] = m[call + at.SEGMENT] + 1
    m[segment + at.QUEUE], m[segment + at.TIER], m[segment + at.BAND] = queue, m[call + at.TIER], m[call + at.BAND]
    m[segment + at.TURN], m[segment + at.QUEUED_AT] = m[call + at.TURN], m[at.NOW]
    m[segment + at.BASE_NEEDS] = m[segment + at.NEEDS] = m[queue + at.QUEUE_NEEDS]
    m[segment + at.CUSTOMER], m[segment + at.COST] = m[call + at.CUSTOMER], m[call + at.COST]
    return segment


@compiled
def waited_too_long(m: Memory, call: int) -> None:
    """`entering.waited_too_long`."""
    if m[call + at.STATE] != at.QUEUED:
        return
    queue, tier = m[call + at.QUEUE], m[call + at.TIER]
    mine, theirs = m[queue + at.MAX_WAIT], m[tier + at.TIER_MAX_WAIT]
    if theirs != at.NONE and (mine == at.NONE or theirs <= mine):
        turn_away(m, call, m[tier + at.TIER_AFTER], m[tier + at.TIER_AFTER_TO], at.WAITED_TOO_LONG)
    else:
        turn_away(m, call, m[queue + at.AFTER_MAX_WAIT], m[queue + at.AFTER_MAX_WAIT_TO], at.WAITED_TOO_LONG)


@compiled
def requeue(m: Memory, item: int) -> None:
    """`entering.requeue`."""
    if m[item + at.KIND] == at.TASK:
        back_in_line(m, item)
        return
    queue = m[item + at.QUEUE]
    limit = longest_wait(m, queue, m[item + at.TIER])
    if limit != at.NONE and m[at.NOW] >= m[item + at.QUEUED_AT] + limit:
        waited_too_long(m, item)
    elif not m[queue + at.OPEN] and not m[queue + at.SERVE_OUT]:
        turn_away(m, item, m[queue + at.WHEN_CLOSED], m[queue + at.WHEN_CLOSED_TO], at.CLOSED)
    elif not place(m, item):
        wait(m, item, lane_of(m, item))


@compiled
def leave_where_empty(m: Memory) -> None:
    """`entering.leave_where_empty`."""
    for n in range(m[at.QUEUES_N]):
        queue = m[at.QUEUES] + n * at.QUEUE_SIZE
        if m[queue + at.LEAVE_EMPTY]:
            last, call = m[at.LIVE_TAIL], m[at.LIVE_HEAD]
            while call:
                # Who overflows meanwhile comes after the last there was.
                following = 0 if call == last else m[call + at.LIVE_NEXT]
                if m[call + at.QUEUE] == queue and m[call + at.LANE] and not somebody_for(m, call):
                    turn_away(m, call, m[queue + at.WHEN_EMPTY], m[queue + at.WHEN_EMPTY_TO], at.EMPTY)
                call = following


@compiled
def close_doors(m: Memory, queue: int) -> None:
    """The end of `on_deadline._hours_change`: a queue that has closed turns away who waits."""
    last, call = m[at.LIVE_TAIL], m[at.LIVE_HEAD]
    while call:
        following = 0 if call == last else m[call + at.LIVE_NEXT]
        if m[call + at.QUEUE] == queue and m[call + at.LANE]:
            turn_away(m, call, m[queue + at.WHEN_CLOSED], m[queue + at.WHEN_CLOSED_TO], at.CLOSED)
        call = following


# --- callbacks


@compiled
def promise_callback(m: Memory, call: int) -> None:
    """`promises.promise_callback`."""
    if not m[at.KNOWS_CUSTOMERS] or m[place_of(m, call) + 3]:
        return
    task = _from_call(m, call, at.DEFERRED)
    m[task + at.TURN] = m[task + at.PROMISE]
    opens = first_open(m, m[task + at.QUEUE], max(m[at.NOW], m[task + at.DUE_AT]))
    m[task + at.DUE_AT] = m[task + at.PROMISE] if opens == at.NONE else opens
    scheduled(m, task)


@compiled
def _from_call(m: Memory, call: int, kind: int) -> int:
    """`promises._from_call`."""
    m[at.SERIAL] += 1
    task = new_item(m)
    m[task + at.KIND], m[task + at.ITEM_SERIAL], m[task + at.TASK_KIND] = at.TASK, m[at.SERIAL], kind
    m[task + at.QUEUE], m[task + at.TIER] = m[call + at.QUEUE], m[call + at.TIER]
    m[task + at.BAND] = m[m[call + at.TIER] + at.TIER_BAND]
    m[task + at.TURN] = m[task + at.QUEUED_AT] = m[task + at.DUE_AT] = m[at.NOW]
    m[task + at.COST] = 100
    m[task + at.BASE_NEEDS] = m[task + at.NEEDS] = m[call + at.BASE_NEEDS]
    m[task + at.CUSTOMER], m[task + at.CONTACT] = m[call + at.CUSTOMER], m[call + at.CONTACT]
    m[task + at.FROM_NUMBER], m[task + at.FROM_SEGMENT] = m[call + at.NUMBER], m[call + at.SEGMENT]
    m[task + at.PROMISE] = m[at.NOW] + m[m[call + at.QUEUE] + at.CB_PROMISE]
    m[task + at.VIRTUAL_START] = m[task + at.ATTEMPTED_AT] = m[task + at.REACHED_AT] = at.NONE
    return task


@compiled
def keep_place(m: Memory, call: int) -> None:
    """`promises.keep_place`."""
    task = _from_call(m, call, at.VIRTUAL_HOLD)
    m[task + at.VIRTUAL_START] = m[task + at.TURN] = m[call + at.TURN]
    m[task + at.BAND] = m[call + at.BAND]
    converted(m, call)
    scheduled(m, task)
    line_up(m, task, at.NONE)


@compiled
def line_up(m: Memory, task: int, window_closes: int) -> None:
    """`promises.line_up`."""
    due(m, task, window_closes)
    if not place(m, task):
        stand_in_line(m, task, lane_of(m, task))


@compiled
def back_in_line(m: Memory, task: int) -> None:
    """`promises.back_in_line`."""
    if let_in(m, task) and not place(m, task):
        stand_in_line(m, task, lane_of(m, task))


@compiled
def let_in(m: Memory, task: int) -> bool:
    """`promises.let_in` and `promises.near`."""
    queue, now = m[task + at.QUEUE], m[at.NOW]
    if m[task + at.VIRTUAL_START] == at.NONE and not window_open(m, queue, now):
        opens = window_changes(m, queue, now)
        put_off(m, task, m[task + at.PROMISE] if opens == at.NONE else opens)
        return False
    if in_background(m, task) and m[task + at.PROMISE] - m[queue + at.CB_RISE] <= now:
        rose(m, task)
    return True
