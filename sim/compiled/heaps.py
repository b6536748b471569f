"""Time: SimPy's queue of moments (`sim.run.moments`), the engine's deadlines (`routing.state.deadlines`), in order."""

from sim.compiled import layout as at
from sim.compiled.jit import Memory, apart, compiled


@compiled
def allocate(m: Memory, size: int) -> int:
    """Return a new stretch of `size` zeros; the walk sees to it that there is room."""
    found = m[at.TOP]
    m[at.TOP] = found + size
    return found


@compiled
def reused(m: Memory, free: int, size: int) -> int:
    """Return a stretch that was given back to `free`, as it was left there, or a new one of `size` zeros."""
    found = m[free]
    if not found:
        return allocate(m, size)
    m[free] = m[found]
    return found


@compiled
def give_back(m: Memory, free: int, thing: int) -> None:
    """Keep a stretch that nobody needs any more for the next who does."""
    m[thing] = m[free]
    m[free] = thing


BEHIND_ALL = 2**63 - 1

# --- moments


@compiled
def put(m: Memory, instant: int, act: int, who: int, more: int, urgent: bool = False) -> None:
    """`SimulatedTime.put`: let `act` come at `instant`."""
    m[at.EID] += 1
    key, eid, what = 2 * instant + (0 if urgent else 1), m[at.EID], who * at.ACTS + act
    if m[at.GAP]:
        m[at.GAP] = 0
        _sink(m, m[at.MOMENTS_N], key, eid, what, more)
        return
    heap = m[at.MOMENTS]
    place = m[at.MOMENTS_N]
    m[at.MOMENTS_N] = place + 1
    while place > 0:
        above = (place - 1) >> 1
        there = heap + above * at.MOMENT_SIZE
        if m[there] < key or (m[there] == key and m[there + 1] < eid):
            break
        _move(m, there, heap + place * at.MOMENT_SIZE)
        place = above
    _write(m, heap + place * at.MOMENT_SIZE, key, eid, what, more)


@compiled
def drop_first(m: Memory) -> None:
    """Take the first moment out: the next that is put down may have its place, as the end of a call has its begin's."""
    m[at.GAP] = 1


@compiled
def close_gap(m: Memory) -> None:
    """Put the moments in order again, where the place of the first has not been taken."""
    if m[at.GAP]:
        m[at.GAP] = 0
        count = m[at.MOMENTS_N] - 1
        m[at.MOMENTS_N] = count
        last = m[at.MOMENTS] + count * at.MOMENT_SIZE
        _sink(m, count, m[last], m[last + 1], m[last + 2], m[last + 3])


@compiled
def _sink(m: Memory, count: int, key: int, eid: int, what: int, more: int) -> None:
    """Put a moment down, of so many, where the first one was."""
    heap = here = m[at.MOMENTS]
    end = heap + count * at.MOMENT_SIZE
    m[end] = BEHIND_ALL  # who has no right neighbour is compared with it
    while True:
        there = 2 * here - heap + at.MOMENT_SIZE
        if there >= end:
            break
        left, right = m[there], m[there + at.MOMENT_SIZE]
        later = 1 if right < left else 0
        if right == left:
            later = 1 if m[there + at.MOMENT_SIZE + 1] < m[there + 1] else 0
        there += later * at.MOMENT_SIZE
        if key < m[there] or (key == m[there] and eid < m[there + 1]):
            break
        _move(m, there, here)
        here = there
    _write(m, here, key, eid, what, more)


@compiled
def _move(m: Memory, there: int, here: int) -> None:
    m[here], m[here + 1], m[here + 2], m[here + 3] = m[there], m[there + 1], m[there + 2], m[there + 3]


@compiled
def _write(m: Memory, here: int, key: int, eid: int, what: int, more: int) -> None:
    m[here], m[here + 1], m[here + 2], m[here + 3] = key, eid, what, more


# --- deadlines


@compiled
def set_deadline(m: Memory, instant: int, due: int, subject: int, subject_2: int = 0) -> int:
    """`Deadlines.set`."""
    m[at.DEADLINE_SERIAL] += 1
    stamp = m[at.DEADLINE_SERIAL]
    deadline = reused(m, at.FREE_DEADLINE, at.DEADLINE_SIZE)
    m[deadline + at.DEADLINE_AT], m[deadline + at.DEADLINE_STAMP] = instant, stamp
    m[deadline + at.DUE_KIND], m[deadline + at.SUBJECT], m[deadline + at.SUBJECT_2] = due, subject, subject_2
    m[deadline + at.LIVE], m[deadline + at.IN_HEAP], m[deadline + at.IN_CHAIN] = 1, 1, 0
    _sift_up(m, m[at.DEADLINES_N], instant, stamp, deadline)
    m[at.DEADLINES_N] += 1
    return deadline


@compiled
def _sift_up(m: Memory, place: int, instant: int, stamp: int, deadline: int) -> None:
    heap = m[at.DEADLINES]
    while place > 0:
        above = (place - 1) >> 1
        there, here = heap + 3 * above, heap + 3 * place
        if m[there] < instant or (m[there] == instant and m[there + 1] < stamp):
            break
        m[here], m[here + 1], m[here + 2] = m[there], m[there + 1], m[there + 2]
        place = above
    here = heap + 3 * place
    m[here], m[here + 1], m[here + 2] = instant, stamp, deadline


@compiled
def _sift_down(m: Memory, place: int, count: int, instant: int, stamp: int, deadline: int) -> None:
    heap = m[at.DEADLINES]
    while True:
        below = 2 * place + 1
        if below >= count:
            break
        there = heap + 3 * below
        if below + 1 < count and (
            m[there + 3] < m[there] or (m[there + 3] == m[there] and m[there + 4] < m[there + 1])
        ):
            below, there = below + 1, there + 3
        if instant < m[there] or (instant == m[there] and stamp < m[there + 1]):
            break
        here = heap + 3 * place
        m[here], m[here + 1], m[here + 2] = m[there], m[there + 1], m[there + 2]
        place = below
    here = heap + 3 * place
    m[here], m[here + 1], m[here + 2] = instant, stamp, deadline


@compiled
def _drop_first_deadline(m: Memory) -> None:
    heap = m[at.DEADLINES]
    deadline = m[heap + 2]
    count = m[at.DEADLINES_N] - 1
    m[at.DEADLINES_N] = count
    last = heap + 3 * count
    _sift_down(m, 0, count, m[last], m[last + 1], m[last + 2])
    m[deadline + at.IN_HEAP] = 0
    if not m[deadline + at.IN_CHAIN]:
        give_back(m, at.FREE_DEADLINE, deadline)


@compiled
def cancel(m: Memory, deadline: int) -> None:
    """`Deadlines.cancel`, of one that has not fallen due."""
    if m[deadline + at.LIVE]:
        m[deadline + at.LIVE] = 0
        m[at.CANCELLED] += 1
        if m[at.CANCELLED] > 64 and m[at.CANCELLED] * 2 > m[at.DEADLINES_N]:
            _forget_cancelled(m)


@apart
def _forget_cancelled(m: Memory) -> None:
    heap, kept = m[at.DEADLINES], 0
    for place in range(m[at.DEADLINES_N]):
        there = heap + 3 * place
        deadline = m[there + 2]
        if m[deadline + at.LIVE]:
            here = heap + 3 * kept
            m[here], m[here + 1], m[here + 2] = m[there], m[there + 1], m[there + 2]
            kept += 1
        else:
            m[deadline + at.IN_HEAP] = 0
            if not m[deadline + at.IN_CHAIN]:
                give_back(m, at.FREE_DEADLINE, deadline)
    m[at.DEADLINES_N] = kept
    for place in range(kept // 2 - 1, -1, -1):
        here = heap + 3 * place
        _sift_down(m, place, kept, m[here], m[here + 1], m[here + 2])
    m[at.CANCELLED] = 0


@compiled
def next_due(m: Memory) -> int:
    """`Deadlines.next_at`: the instant of the first that is live, or NONE."""
    heap = m[at.DEADLINES]
    while m[at.DEADLINES_N]:
        if m[m[heap + 2] + at.LIVE]:
            return m[heap]
        _drop_first_deadline(m)
        m[at.CANCELLED] -= 1
    return at.NONE


@compiled
def take_due(m: Memory) -> None:
    """Take out the first deadline, which is live and due: it has fallen due."""
    m[m[m[at.DEADLINES] + 2] + at.LIVE] = 0
    _drop_first_deadline(m)


# --- what becomes due while a contact waits, as a chain


@compiled
def add_due(m: Memory, item: int, instant: int, due: int) -> None:
    """Set a deadline about `item` that `stop_waiting` makes void."""
    deadline = set_deadline(m, instant, due, item)
    m[deadline + at.IN_CHAIN] = 1
    m[deadline + at.CHAIN] = m[item + at.DUES]
    m[item + at.DUES] = deadline
    m[item + at.HAS_DUES] = 1


@compiled
def stop_waiting(m: Memory, item: int) -> None:
    """`facts.calls.stop_waiting`."""
    deadline = m[item + at.DUES]
    m[item + at.DUES] = m[item + at.HAS_DUES] = 0
    while deadline:
        following = m[deadline + at.CHAIN]
        m[deadline + at.IN_CHAIN] = 0
        if m[deadline + at.IN_HEAP]:
            cancel(m, deadline)
        else:
            give_back(m, at.FREE_DEADLINE, deadline)
        deadline = following
