"""How a call enters a queue, waits there and leaves it by rule."""

from typing import NamedTuple

from callcenter.calls import CallState
from callcenter.events import RejectReason
from callcenter.ids import CallId
from callcenter.skills import Levels, covers, relaxed
from callcenter.tiers import Leave, WayOut
from callcenter.units import Millis
from routing import promises
from routing.deadlines import Due
from routing.facts import calls as facts
from routing.floor import Floor
from routing.line import Lane
from routing.matching import find_agent, offer, place, try_again
from routing.state import AgentState, Call, QueueState, Waiting


class TurnedAway(NamedTuple):
    """Why and by which way a call may not come in."""

    way: WayOut
    reason: RejectReason


def admission(floor: Floor, call: Call, now: Millis) -> AgentState | TurnedAway | None:
    """Return who takes a call that has just come, why it may not come in, or None: it waits. Nothing changes."""
    queue = call.queue
    config = queue.config
    if not queue.open:
        return TurnedAway(config.when_closed, RejectReason.CLOSED)
    if not config.join_empty and not somebody_for(floor, call):
        return TurnedAway(config.when_empty, RejectReason.EMPTY)
    agent = find_agent(floor, call, _lane_at_entry(floor, call), now)
    if agent is None and config.max_waiting is not None and queue.waiting >= config.max_waiting:
        return TurnedAway(config.when_full, RejectReason.FULL)
    return agent


def _lane_at_entry(floor: Floor, call: Call) -> Lane:
    """Return the lane of a new call; for the ordinary ones without computing its key."""
    if call.needs is call.queue.config.needs and call.cost == 100 and call.band == call.tier.band:
        ordinary = call.queue.ordinary
        lane = ordinary.get(call.tier.name)
        if lane is None:
            lane = ordinary[call.tier.name] = floor.lane_of(call)
        return lane
    return floor.lane_of(call)


def enter(floor: Floor, call: Call, now: Millis) -> None:
    """Let a call into its queue, to an agent or to wait, unless the queue is closed, empty or full."""
    answer = admission(floor, call, now)
    if isinstance(answer, TurnedAway):
        turn_away(floor, call, answer.way, answer.reason, now, new=True)
        return
    facts.queued(floor, call, now)
    if answer is not None:
        offer(floor, call, answer, now)
    else:
        wait(floor, call, now)


def somebody_for(floor: Floor, item: Waiting) -> bool:
    """Tell whether an agent is logged in who could ever serve `item`."""
    needs = widest_of(item)
    return any(crew.logged_in and covers(crew.skills, needs) for crew in floor.crews.values())


def wait(floor: Floor, call: Call, now: Millis) -> None:
    """Put a call in line and set, when it is there for the first time, what becomes due while it waits.

    What fell due while the call was ringing takes effect now.
    """
    config = call.queue.config
    if call.deadlines is None:
        call.deadlines = []
        limits = [t for t in (config.max_wait, call.tier.max_wait) if t is not None]
        if limits:
            _set(floor, call, min(limits), Due.MAX_WAIT, now)
        for step in config.relaxation:
            _set(floor, call, step.after, Due.RELAX, now)
        for reserve_wait in floor.reserve_waits:
            _set(floor, call, reserve_wait, Due.RESERVE, now)
    until = call.queued_at + config.hold_for_preferred
    if call.preferred and now < until and _preferred_there(floor, call):
        facts.hold_for_preferred(floor, call)
        call.deadlines.append(floor.deadlines.set(Millis(until), Due.HOLD, call.id))
    else:
        facts.stand_in_line(floor, call)


def _set(floor: Floor, call: Call, after: int, due: Due, now: Millis) -> None:
    assert call.deadlines is not None
    call.deadlines.append(floor.deadlines.set(Millis(max(now, call.queued_at + after)), due, call.id))


def _preferred_there(floor: Floor, call: Call) -> bool:
    """Tell whether a preferred agent is logged in who has the skills the call needs now."""
    for agent_id in call.preferred:
        agent = floor.agents.get(agent_id)
        if agent is not None and covers(agent.crew.skills, call.needs):
            return True
    return False


def release_from(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Let go of the calls held for an agent who logged out, when no other preferred agent is there."""
    for item in list(agent.personal):
        if isinstance(item, Call) and not _preferred_there(floor, item):
            facts.released(floor, item, now)
            try_again(floor, item, now)


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
    policy = call.queue.config.callbacks
    earned = call.tier.callback and reason in _FOR_WANT_OF_AGENTS
    if reason is RejectReason.CLOSED and call.tier.callback:
        earned = policy.when_closed
    if earned or way.leave is Leave.CALLBACK:
        promises.promise_callback(floor, call, now)
    if reason in _FOR_WANT_OF_AGENTS:
        facts.lost(floor, call, now)


_FOR_WANT_OF_AGENTS = (RejectReason.FULL, RejectReason.MAX_WAIT, RejectReason.EMPTY)


def follow_up(floor: Floor, call: Call, queue: QueueState, now: Millis) -> Call:
    """Return a new segment of the same contact for `queue`, with the original virtual start."""
    number = floor.segments.get(call.contact, 1) + 1
    floor.segments[call.contact] = number
    floor.serial += 1
    segment = Call(CallId(f"{call.contact}/s{number}"), call.contact, queue, call.tier, call.band, floor.serial, now)
    segment.turn = call.turn
    segment.segment = number
    segment.customer = call.customer
    segment.cost = call.cost
    segment.zone = call.zone
    return segment


def waited_too_long(floor: Floor, call: Call, now: Millis) -> None:
    """The longest wait passed: the call leaves; one that rings may be answered yet."""
    if call.state is not CallState.QUEUED:
        return
    config = call.queue.config
    tier = call.tier
    own = tier.max_wait is not None and (config.max_wait is None or tier.max_wait <= config.max_wait)
    turn_away(floor, call, tier.after_max_wait if own else config.after_max_wait, RejectReason.MAX_WAIT, now)


def overdue(call: Call, now: Millis) -> bool:
    """Tell whether a call that is back in line has waited its longest wait already."""
    limits = [t for t in (call.queue.config.max_wait, call.tier.max_wait) if t is not None]
    return bool(limits) and now >= call.queued_at + min(limits)


def widest_of(item: Waiting) -> Levels:
    """Return what `item` needs after all relaxation steps."""
    needs = item.base_needs
    for step in item.queue.config.relaxation:
        needs = relaxed(needs, step)
    return needs


def requeue(floor: Floor, item: Waiting, now: Millis) -> None:
    """Give a call or task whose offer ended its own turn again, or the next agent."""
    if isinstance(item, Call):
        if overdue(item, now):
            waited_too_long(floor, item, now)
        elif not place(floor, item, now):
            wait(floor, item, now)
    elif not place(floor, item, now):
        facts.stand_in_line(floor, item)


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
