"""How a call enters a queue, waits there and leaves it by rule."""

from typing import NamedTuple

from callcenter.calls import CallState
from callcenter.events import RejectReason
from callcenter.ids import CallId
from callcenter.skills import covers
from callcenter.tiers import Leave, WayOut
from callcenter.units import Millis
from routing.decide import promises
from routing.decide.matching import find_agent, held_until, offer, place, preferred_there, try_again
from routing.decide.needs import widest_of
from routing.facts import calls as facts
from routing.state.deadlines import Due
from routing.state.floor import Floor
from routing.state.line import Lane
from routing.state.records import AgentState, Call, QueueState, Task, Waiting


class TurnedAway(NamedTuple):
    """Why and by which way a call may not come in."""

    way: WayOut
    reason: RejectReason


def admission(floor: Floor, call: Call, lane: Lane, now: Millis) -> AgentState | TurnedAway | None:
    """Return who takes a call that has just come, why it may not come in, or None: it waits. Nothing changes.

    `lane` is where the call belongs.
    """
    queue = call.queue
    config = queue.config
    if not queue.open:
        return TurnedAway(config.when_closed, RejectReason.CLOSED)
    if not config.join_empty and not somebody_for(floor, call):
        return TurnedAway(config.when_empty, RejectReason.EMPTY)
    if config.max_waiting is not None and queue.waiting >= config.max_waiting:
        agent = find_agent(floor, call, lane, now, may_wait=False)
        return TurnedAway(config.when_full, RejectReason.FULL) if agent is None else agent
    return find_agent(floor, call, lane, now)


def enter(floor: Floor, call: Call, now: Millis) -> None:
    """Let a call into its queue, to an agent or to wait, unless the queue is closed, empty or full."""
    lane = floor.lane_of(call)
    answer = admission(floor, call, lane, now)
    if answer is None:
        facts.queued(floor, call, now)
        wait(floor, call, lane, now)
    elif isinstance(answer, TurnedAway):
        turn_away(floor, call, answer.way, answer.reason, now, new=True)
    else:
        facts.queued(floor, call, now)
        offer(floor, call, answer, now)


def somebody_for(floor: Floor, item: Waiting) -> bool:
    """Tell whether an agent is logged in who could ever serve `item`."""
    needs = widest_of(item)
    return any(crew.logged_in and covers(crew.skills, needs) for crew in floor.crews.values())


def wait(floor: Floor, call: Call, lane: Lane, now: Millis) -> None:
    """Put a call in line and set, when it is there for the first time, what becomes due while it waits.

    What fell due while the call was ringing takes effect now.
    """
    if call.deadlines is None:
        call.deadlines = ()
        for after, due in lane.dues if lane.dues is not None else _dues_of(floor, lane):
            _set(floor, call, after, due, now)
    if call.preferred and now < held_until(call) and preferred_there(floor, call):
        facts.hold_for_preferred(floor, call)
        call.deadlines = (*call.deadlines, floor.deadlines.set(Millis(held_until(call)), Due.HOLD, call.id))
    else:
        facts.stand_in_line(call, lane)


def _dues_of(floor: Floor, lane: Lane) -> tuple[tuple[int, Due], ...]:
    """Return what becomes due how long after a call of this lane came: the same for all, so it is kept."""
    limit = longest_wait(lane)
    lane.dues = (
        *(() if limit is None else ((limit, Due.MAX_WAIT),)),
        *((step.after, Due.RELAX) for step in lane.queue.config.relaxation),
        *((reserve_wait, Due.RESERVE) for reserve_wait in floor.reserve_waits),
    )
    return lane.dues


def longest_wait(where: Call | Lane) -> Millis | None:
    """Return how long a call may wait: the shorter of its queue's limit and its tier's, or None."""
    return min((t for t in (where.queue.config.max_wait, where.tier.max_wait) if t is not None), default=None)


def limit_wait(floor: Floor, call: Call, now: Millis) -> None:
    """Set the longest wait anew for a call whose tier changed while it had one running."""
    if call.deadlines is None:
        return
    for deadline in call.deadlines:
        if deadline.due is Due.MAX_WAIT:
            floor.deadlines.cancel(deadline)
    call.deadlines = tuple(deadline for deadline in call.deadlines if deadline.due is not Due.MAX_WAIT)
    limit = longest_wait(call)
    if limit is not None:
        _set(floor, call, limit, Due.MAX_WAIT, now)


def _set(floor: Floor, call: Call, after: int, due: Due, now: Millis) -> None:
    assert call.deadlines is not None
    at = Millis(max(now, call.queued_at + call.away_ms + after))
    call.deadlines = (*call.deadlines, floor.deadlines.set(at, due, call.id))


def release_from(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Let go of the calls held for an agent who logged out, when no other preferred agent is there."""
    free = [call for call in agent.personal if isinstance(call, Call) and not preferred_there(floor, call)]
    for call in free:
        facts.released(floor, call, now)
    for call in sorted(free, key=lambda call: floor.key(call, now)):
        try_again(floor, call, now)


def turn_away(floor: Floor, call: Call, way: WayOut, reason: RejectReason, now: Millis, *, new: bool = False) -> None:
    """Let a call leave by rule, and promise a callback where tier or rule says so."""
    if way.leave is Leave.OVERFLOW:
        assert way.target is not None
        facts.overflowed(floor, call, way.target, reason, now, new)
        if way.target in floor.queues:
            segment = follow_up(floor, call, floor.queues[way.target], now)
            enter(floor, segment, now)
        return
    facts.rejected(floor, call, reason, now, new)
    if earns_callback(call, way, reason):
        promises.promise_callback(floor, call, now)
    if reason in _FOR_WANT_OF_AGENTS:
        facts.lost(floor, call, now)


def earns_callback(call: Call, way: WayOut, reason: RejectReason) -> bool:
    """Tell whether a customer who is turned away for this reason is called back, by tier or by rule."""
    if way.leave is Leave.CALLBACK:
        return True
    if reason is RejectReason.CLOSED:
        return call.tier.callback and call.queue.config.callbacks.when_closed
    return call.tier.callback and reason in _FOR_WANT_OF_AGENTS


_FOR_WANT_OF_AGENTS = (RejectReason.FULL, RejectReason.MAX_WAIT, RejectReason.EMPTY)


def follow_up(floor: Floor, call: Call, queue: QueueState, now: Millis) -> Call:
    """Return a new segment of the same call for `queue`, with the original virtual start.

    Its name is the call's, not the contact's: of a customer who rang again the telephony system knows the second call.
    """
    first = call.id if call.segment == 1 else CallId(call.id.rpartition("/s")[0])
    if floor.centre.rules < 3:  # a journal's commands name the segment as it was named then
        first = CallId(call.contact)
    number = floor.segments.get(first, 1) + 1
    while (segment_id := CallId(f"{first}/s{number}")) in floor.calls or segment_id in floor.ended:
        number += 1
    floor.segments[first] = number
    floor.serial += 1
    segment = Call(segment_id, call.contact, queue, call.tier, call.band, floor.serial, now)
    segment.turn = call.turn
    segment.segment = number
    segment.customer = call.customer
    segment.cost = call.cost
    segment.zone = call.zone
    segment.intent = call.intent
    return segment


def waited_too_long(floor: Floor, call: Call, now: Millis) -> None:
    """The longest wait passed: the call leaves; one that rings may be answered yet, one in doubt be there yet."""
    if call.state is not CallState.QUEUED or call.suspended:
        return
    config = call.queue.config
    tier = call.tier
    own = tier.max_wait is not None and (config.max_wait is None or tier.max_wait <= config.max_wait)
    turn_away(floor, call, tier.after_max_wait if own else config.after_max_wait, RejectReason.MAX_WAIT, now)


def overdue(call: Call, now: Millis) -> bool:
    """Tell whether a call that is back in line has waited its longest wait already."""
    limit = longest_wait(call)
    return limit is not None and now >= call.queued_at + call.away_ms + limit


def requeue(floor: Floor, item: Waiting, now: Millis) -> None:
    """Give a call or task whose offer ended its own turn again, or the next agent."""
    if isinstance(item, Call):
        if overdue(item, now):
            waited_too_long(floor, item, now)
        elif not item.queue.open and not item.queue.config.serve_out:
            turn_away(floor, item, item.queue.config.when_closed, RejectReason.CLOSED, now)
        elif not place(floor, item, now):
            wait(floor, item, floor.lane_of(item), now)
    elif isinstance(item, Task):
        promises.back_in_line(floor, item, now)


def leave_where_empty(floor: Floor, now: Millis) -> None:
    """Let calls leave that nobody logged in could ever serve, in queues whose rule says so."""
    for queue in floor.queues.values():
        if queue.config.leave_empty:
            for call in waiting_calls(floor, queue):
                if not somebody_for(floor, call):
                    turn_away(floor, call, queue.config.when_empty, RejectReason.EMPTY, now)


def waiting_calls(floor: Floor, queue: QueueState) -> list[Call]:
    """Return the calls that wait in `queue`, not those that ring, in order of admission."""
    return [c for c in floor.calls.values() if c.queue is queue and (c.lane is not None or c.held)]
