"""The facts of a call's life: `routing.facts.calls`; offers of tasks too (`routing.facts.tasks.offered`)."""

from sim.compiled import layout as at
from sim.compiled.chains import put_behind, take_out
from sim.compiled.heaps import cancel, give_back, reused, set_deadline, stop_waiting
from sim.compiled.jit import Memory, compiled
from sim.compiled.lanes import leave_line
from sim.compiled.pulse import arrived, finished, left_line
from sim.compiled.seats import end_talk, happen, leave_pool


@compiled
def new_item(m: Memory) -> int:
    """Return a record for a call or task, all zeros."""
    item = reused(m, at.FREE_ITEM, at.ITEM_SIZE)
    for n in range(at.ITEM_SIZE):
        m[item + n] = 0
    return item


@compiled
def free_item(m: Memory, item: int) -> None:
    """Take a record back: nobody will ask about it, and moments about it know it by its serial."""
    m[item + at.ITEM_SERIAL] = 0
    give_back(m, at.FREE_ITEM, item)


@compiled
def queued(m: Memory, call: int) -> None:
    """`facts.calls.queued`."""
    put_behind(m, call, m[at.LIVE_TAIL], at.LIVE_PREV, at.LIVE_NEXT, at.LIVE_HEAD, at.LIVE_TAIL)
    m[at.LIVE_N] += 1
    m[call + at.STATE] = at.QUEUED
    arrived(m, m[call + at.QUEUE], m[call + at.BAND])
    happen(m, at.CALL_QUEUED, call)


@compiled
def _no_longer_live(m: Memory, call: int) -> None:
    m[at.LIVE_N] -= 1
    take_out(m, call, at.LIVE_PREV, at.LIVE_NEXT, at.LIVE_HEAD, at.LIVE_TAIL)


@compiled
def offered(m: Memory, item: int, agent: int, expires_at: int) -> None:
    """`facts.calls.offered`, `facts.tasks.offered` and `open_offer`."""
    m[item + at.OFFERS] += 1
    m[item + at.OFFER_DEADLINE] = set_deadline(m, expires_at, at.DUE_OFFER, item)
    m[item + at.OFFER_AGENT], m[item + at.OFFERED_AT], m[agent + at.RINGS_FOR] = agent, m[at.NOW], item
    m[at.SERIAL] += 1
    m[agent + at.LAST_OFFER] = m[at.SERIAL]
    if m[agent + at.POOL]:
        leave_pool(m, agent)
    if m[item + at.KIND] == at.CALL:
        m[item + at.STATE] = at.OFFERED
        happen(m, at.CALL_OFFERED, item, agent, expires_at - m[at.NOW])
    else:
        m[item + at.STATE] = at.RINGING
        happen(m, at.TASK_OFFERED, item, agent, expires_at - m[at.NOW])


@compiled
def close_offer(m: Memory, item: int) -> None:
    """`facts.calls.close_offer`."""
    agent = m[item + at.OFFER_AGENT]
    m[item + at.OFFER_AGENT] = m[agent + at.RINGS_FOR] = 0
    m[agent + at.OCCUPIED_MS] += (m[at.NOW] - m[item + at.OFFERED_AT]) * m[item + at.COST] // 100
    cancel(m, m[item + at.OFFER_DEADLINE])


@compiled
def offer_ended(m: Memory, item: int) -> int:
    """`facts.calls.offer_ended`: return whose phone rang."""
    agent = m[item + at.OFFER_AGENT]
    close_offer(m, item)
    m[item + at.STATE] = at.QUEUED if m[item + at.KIND] == at.CALL else at.DUE
    happen(m, at.OFFER_ENDED, item, agent, m[item + at.OFFERED_AT])
    return agent


@compiled
def withdraw_offer(m: Memory, item: int) -> int:
    """`matching.withdraw_offer`."""
    return offer_ended(m, item) if m[item + at.OFFER_AGENT] else 0


@compiled
def _talks(m: Memory, call: int, agent: int) -> None:
    """Count the end of a wait and the begin of a conversation."""
    if m[call + at.STOOD]:
        left_line(m, m[call + at.QUEUE], m[at.NOW] - m[call + at.QUEUED_AT], False)
    m[call + at.STATE] = at.TALKING
    m[call + at.ITEM_AGENT], m[call + at.CONNECTED_AT] = agent, m[at.NOW]
    m[agent + at.TALKING_N] += 1
    m[agent + at.USED] += m[call + at.COST]
    m[agent + at.TAKEN] += 1


@compiled
def connected(m: Memory, call: int) -> int:
    """`facts.calls.connected`: return who answers."""
    agent = m[call + at.OFFER_AGENT]
    close_offer(m, call)
    stop_waiting(m, call)
    _talks(m, call, agent)
    happen(m, at.CALL_CONNECTED, call, agent)
    return agent


@compiled
def answered_at_once(m: Memory, call: int, agent: int) -> None:
    """`facts.calls.answered_at_once`."""
    m[call + at.OFFERS] += 1
    m[at.SERIAL] += 1
    m[agent + at.LAST_OFFER] = m[at.SERIAL]
    if m[agent + at.POOL]:
        leave_pool(m, agent)
    if m[call + at.HAS_DUES]:
        stop_waiting(m, call)
    m[call + at.OFFERED_AT] = m[at.NOW]
    _talks(m, call, agent)
    happen(m, at.CALL_CONNECTED, call, agent)


@compiled
def completed(m: Memory, call: int) -> None:
    """`facts.calls.completed`."""
    agent, talked = m[call + at.ITEM_AGENT], m[at.NOW] - m[call + at.CONNECTED_AT]
    m[call + at.STATE] = at.GONE
    end_talk(m, agent, call, talked)
    finished(m, m[call + at.QUEUE], talked)
    _no_longer_live(m, call)
    happen(m, at.CALL_COMPLETED, call, agent)


@compiled
def _gone(m: Memory, call: int, new: bool, gave_up: bool) -> None:
    """`facts.calls._gone`; `new`: it never came in."""
    stop_waiting(m, call)
    leave_line(m, call)
    if m[call + at.STOOD]:
        left_line(m, m[call + at.QUEUE], m[at.NOW] - m[call + at.QUEUED_AT], gave_up)
    if not new:
        _no_longer_live(m, call)
    m[call + at.STATE] = at.GONE


@compiled
def abandoned(m: Memory, call: int) -> None:
    """`facts.calls.abandoned`."""
    _gone(m, call, False, True)
    short = 1 if m[at.NOW] - m[call + at.QUEUED_AT] <= m[m[call + at.QUEUE] + at.SHORT] else 0
    happen(m, at.CALL_ABANDONED, call, short)


@compiled
def overflowed(m: Memory, call: int, inside: int, reason: int, new: bool) -> None:
    """`facts.calls.overflowed`; `inside`: the queue it goes to, 0 outside the centre."""
    _gone(m, call, new, False)
    happen(m, at.CALL_OVERFLOWED, call, inside, reason)


@compiled
def rejected(m: Memory, call: int, reason: int, new: bool) -> None:
    """`facts.calls.rejected`."""
    _gone(m, call, new, False)
    happen(m, at.CALL_REJECTED, call, 0, reason)


@compiled
def converted(m: Memory, call: int) -> None:
    """`facts.calls.converted`."""
    _gone(m, call, False, False)
    happen(m, at.CALL_CONVERTED, call)


PLACE_SIZE = 5


@compiled
def place_of(m: Memory, item: int) -> int:
    """Return where a contact's customer's lost place stands (turn, until, contact), open task, and last call."""
    queue = m[m[item + at.QUEUE] + at.QUEUE_INDEX]
    return m[at.PLACES] + PLACE_SIZE * (m[item + at.CUSTOMER] * m[at.QUEUES_N] + queue)


@compiled
def lost(m: Memory, call: int) -> None:
    """`facts.calls.lost`."""
    if not m[at.KNOWS_CUSTOMERS]:
        return
    there = place_of(m, call)
    m[there], m[there + 1] = m[call + at.TURN], m[at.NOW] + m[m[call + at.QUEUE] + at.CB_GRACE]
    m[there + 2] = m[call + at.CONTACT]
