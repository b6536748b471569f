"""The facts of a call's life."""

from typing import Final

from callcenter import events as ev
from callcenter.callbacks import TASK_MOVES
from callcenter.calls import CALL_MOVES
from callcenter.events import OfferEnd, RejectReason
from callcenter.ids import OfferId, TaskId
from callcenter.tiers import Tier
from callcenter.units import Millis
from routing.facts.agents import end_talk, leave_pool
from routing.state.deadlines import Due
from routing.state.floor import Floor, LostPlace
from routing.state.line import Lane
from routing.state.records import AgentState, Call, Offer, Task, Waiting

_OFFERED: Final = CALL_MOVES[ev.CallOffered]
_BACK_IN_LINE: Final = CALL_MOVES[ev.OfferEnded]
_TASK_BACK_IN_LINE: Final = TASK_MOVES[ev.OfferEnded]
_CONNECTED: Final = CALL_MOVES[ev.CallConnected]
_COMPLETED: Final = CALL_MOVES[ev.CallCompleted]
_ABANDONED: Final = CALL_MOVES[ev.CallAbandoned]
_OVERFLOWED: Final = CALL_MOVES[ev.CallOverflowed]
_REJECTED: Final = CALL_MOVES[ev.CallRejected]
_CONVERTED: Final = CALL_MOVES[ev.CallConverted]
_FAILED: Final = CALL_MOVES[ev.CallFailed]


def queued(floor: Floor, call: Call, now: Millis) -> None:
    """A call entered its queue."""
    floor.calls[call.id] = call
    pulse = call.queue.pulse
    if now >= pulse.turns_at:
        pulse.turn(now)
    pulse.arriving[call.band] = pulse.arriving.get(call.band, 0) + 1
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.CallQueued(
            now,
            seq,
            call.id,
            call.contact,
            call.queue.name,
            call.tier.name,
            call.band,
            call.turn,
            call.customer,
        )
    )


def stand_in_line(item: Waiting, lane: Lane) -> None:
    """Give a call or task its turn in `lane`, where it belongs (no event: the state says it waits)."""
    item.lane = lane
    lane.add(item)
    if isinstance(item, Call):
        lane.queue.waiting += 1
    item.stood_in_line = True


def leave_line(floor: Floor, item: Waiting) -> None:
    """Take a call or task out of its lane, or out of the personal lines where it is held."""
    lane = item.lane
    if lane is not None:
        lane.remove(item)
        item.lane = None
    elif item.held:
        for agent_id in item.preferred:
            line = floor.held[agent_id]
            line.remove(item)
            if not line and agent_id not in floor.agents:
                del floor.held[agent_id]
        item.held = False
    else:
        return
    if isinstance(item, Call):
        item.queue.waiting -= 1


def hold_for_preferred(floor: Floor, call: Waiting) -> None:
    """Keep a call in the personal lines of its preferred agents."""
    call.held = True
    call.stood_in_line = True
    for agent_id in call.preferred:
        line = floor.held.setdefault(agent_id, [])
        line.append(call)
        line.sort(key=lambda item: (item.turn, item.serial))
        agent = floor.agents.get(agent_id)
        if agent is not None:
            agent.personal = line
    if isinstance(call, Call):
        call.queue.waiting += 1


def released(floor: Floor, call: Call, now: Millis) -> None:
    """The preferred agents' window ended: the call stands in line like any other."""
    leave_line(floor, call)
    stand_in_line(call, floor.lane_of(call))
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallReleased(now, seq, call.id, call.queue.name))


def relaxed(floor: Floor, call: Call, step: int, now: Millis) -> None:
    """A relaxation step is in force; the caller of this moves the call to its new lane."""
    call.relaxed_steps = step
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallRelaxed(now, seq, call.id, call.queue.name, step))


def reprioritised(floor: Floor, call: Call, tier: Tier, band: int, now: Millis) -> None:
    """A waiting call changed tier or band."""
    before, band_before = call.tier.name, call.band
    call.tier, call.band = tier, band
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallReprioritised(now, seq, call.id, call.queue.name, tier.name, band, before, band_before))


def offered(floor: Floor, call: Call, agent: AgentState, now: Millis, expires_at: Millis | None) -> None:
    """An agent's phone rings for a call."""
    call.state = _OFFERED[call.state]
    offer = open_offer(floor, call, agent, now, expires_at)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.CallOffered(
            now,
            seq,
            call.id,
            call.queue.name,
            call.tier.name,
            agent.id,
            agent.crew.group.name,
            offer.id,
            expires_at,
        )
    )


def open_offer(floor: Floor, item: Waiting, agent: AgentState, now: Millis, expires_at: Millis | None) -> Offer:
    """Pair `item` with `agent`, exclusively, until `expires_at`."""
    item.offers += 1
    offer_id = OfferId(f"{item.id}/o{item.offers}")
    deadline = floor.deadlines.set(expires_at, Due.OFFER, offer_id) if expires_at is not None else None
    offer = item.offer = agent.offer = floor.offers[offer_id] = Offer(offer_id, item, agent, now, deadline)
    floor.serial = agent.last_offer = floor.serial + 1
    if agent.pool is not None:
        leave_pool(agent)
    return offer


def close_offer(floor: Floor, offer: Offer, now: Millis) -> None:
    """Undo the pairing; what becomes of the two is for the caller of this to say."""
    del floor.offers[offer.id]
    offer.item.offer = None
    offer.agent.offer = None
    offer.agent.occupied_ms += (now - offer.offered_at) * offer.item.cost // 100
    floor.deadlines.cancel(offer.deadline)


def offer_ended(floor: Floor, offer: Offer, end: OfferEnd, now: Millis) -> None:
    """An offer ended without acceptance."""
    close_offer(floor, offer, now)
    item = offer.item
    if isinstance(item, Call):
        item.state = _BACK_IN_LINE[item.state]
    elif isinstance(item, Task):
        item.state = _TASK_BACK_IN_LINE[item.state]
    agent = offer.agent
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.OfferEnded(
            now, seq, offer.id, item.id, agent.id, agent.crew.group.name, end, offer.offered_at, None, item.cost
        )
    )


def connected(floor: Floor, offer: Offer, now: Millis) -> None:
    """A person answered."""
    call = offer.item
    assert isinstance(call, Call)
    call.state = _CONNECTED[call.state]
    agent = offer.agent
    close_offer(floor, offer, now)
    stop_waiting(floor, call)
    call.agent = agent
    call.connected_at = now
    agent.talks[call.id] = call
    agent.used += call.cost
    agent.taken += 1
    if call.stood_in_line:
        call.queue.pulse.left_line(now - call.queued_at, False)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.CallConnected(
            now,
            seq,
            call.id,
            call.contact,
            call.queue.name,
            call.tier.name,
            agent.id,
            agent.crew.group.name,
            offer.id,
            call.queued_at,
            offer.offered_at,
            None,
            call.cost,
        )
    )


def answered_at_once(floor: Floor, call: Call, agent: AgentState, now: Millis) -> None:
    """The headset opened by itself: `offered` and `connected` in one, for an offer that never stands open."""
    call.state = _CONNECTED[_OFFERED[call.state]]
    call.offers = offers = call.offers + 1
    offer_id: OfferId = f"{call.id}/o{offers}"  # type: ignore[assignment]  # naming it costs a call
    floor.serial = agent.last_offer = floor.serial + 1
    if agent.pool is not None:
        leave_pool(agent)
    if call.deadlines is not None:  # after a restart it may be empty: what fell due is not remembered
        stop_waiting(floor, call)
    if call.stood_in_line:
        call.queue.pulse.left_line(now - call.queued_at, False)
    call.agent = agent
    call.connected_at = now
    agent.talks[call.id] = call
    agent.used += call.cost
    agent.taken += 1
    call_id, queue, tier, group = call.id, call.queue.name, call.tier.name, agent.crew.group.name
    seq = floor.seq + 1
    floor.seq = seq + 1
    out = floor.out
    out.append(ev.CallOffered(now, seq, call_id, queue, tier, agent.id, group, offer_id, None))
    out.append(
        ev.CallConnected(
            now,
            seq + 1,
            call_id,
            call.contact,
            queue,
            tier,
            agent.id,
            group,
            offer_id,
            call.queued_at,
            now,
            None,
            call.cost,
        )
    )


def stop_waiting(floor: Floor, item: Waiting) -> None:
    """Make void what would have become due had the wait gone on."""
    if item.deadlines is not None:
        for deadline in item.deadlines:
            floor.deadlines.cancel(deadline)
        item.deadlines = None


def held(floor: Floor, call: Call, now: Millis) -> None:
    """The customer was put on hold."""
    assert call.agent is not None
    call.held_at = now
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallHeld(now, seq, call.id, call.agent.id))


def resumed(floor: Floor, call: Call, now: Millis) -> None:
    """The customer was taken off hold."""
    assert call.agent is not None
    assert call.held_at is not None
    call.hold_ms += now - call.held_at
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallResumed(now, seq, call.id, call.agent.id, call.held_at))
    call.held_at = None


def completed(floor: Floor, call: Call, now: Millis) -> None:
    """The conversation ended; the agent's wrap-up, if there is one, is a fact of its own."""
    call.state = _COMPLETED[call.state]
    agent = call.agent
    assert agent is not None
    assert call.connected_at is not None
    if call.held_at is not None:
        call.hold_ms += now - call.held_at
        call.held_at = None
    talked = now - call.connected_at
    call_id = call.id
    del agent.talks[call_id]  # `end_talk`, inlined for speed
    agent.used -= call.cost
    agent.occupied_ms += talked * call.cost // 100
    call.agent = None
    call.queue.pulse.finished(talked)
    del floor.calls[call_id]
    floor.remember(call.id, "completed", now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.CallCompleted(
            now,
            seq,
            call.id,
            call.queue.name,
            call.tier.name,
            agent.id,
            agent.crew.group.name,
            call.connected_at,
            call.hold_ms,
        )
    )


def _gone(floor: Floor, call: Call, how: str, now: Millis, gave_up: bool = False) -> None:
    """Take a call that was not answered off the floor."""
    stop_waiting(floor, call)
    leave_line(floor, call)
    if call.stood_in_line and call.connected_at is None:
        call.queue.pulse.left_line(now - call.queued_at, gave_up)
    floor.calls.pop(call.id, None)
    floor.remember(call.id, how, now)


def abandoned(floor: Floor, call: Call, now: Millis) -> None:
    """The caller hung up before a person answered."""
    call.state = _ABANDONED[call.state]
    _gone(floor, call, "abandoned", now, gave_up=True)
    short = now - call.queued_at <= call.queue.config.short_abandon
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallAbandoned(now, seq, call.id, call.queue.name, call.tier.name, call.queued_at, short))


def overflowed(floor: Floor, call: Call, target: str, reason: RejectReason, now: Millis, new: bool) -> None:
    """The call left by rule to another destination."""
    call.state = _OVERFLOWED[None if new else call.state]
    _gone(floor, call, "overflowed", now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.CallOverflowed(
            now,
            seq,
            call.id,
            call.queue.name,
            call.tier.name,
            call.queued_at,
            target,
            reason,
            call.contact,
            call.customer,
        )
    )


def rejected(floor: Floor, call: Call, reason: RejectReason, now: Millis, new: bool) -> None:
    """The call was turned away."""
    call.state = _REJECTED[None if new else call.state]
    _gone(floor, call, "rejected", now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.CallRejected(
            now,
            seq,
            call.id,
            call.contact,
            call.queue.name,
            call.tier.name,
            call.queued_at,
            reason,
            call.customer,
        )
    )


def converted(floor: Floor, call: Call, task_id: TaskId, now: Millis) -> None:
    """The caller will be called back and keeps the place."""
    call.state = _CONVERTED[call.state]
    _gone(floor, call, "converted_to_callback", now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallConverted(now, seq, call.id, call.queue.name, call.tier.name, call.queued_at, task_id))


def failed(floor: Floor, call: Call, cause: str, now: Millis) -> None:
    """The call was lost for a technical cause."""
    call.state = _FAILED[call.state]
    agent = call.agent
    if agent is not None and call.connected_at is not None:
        end_talk(agent, call, now - call.connected_at)
    _gone(floor, call, "failed", now)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.CallFailed(
            now,
            seq,
            call.id,
            call.queue.name,
            call.tier.name,
            agent.id if agent is not None else None,
            agent.crew.group.name if agent is not None else None,
            call.queued_at,
            call.connected_at,
            cause,
        )
    )


def lost(floor: Floor, call: Call, now: Millis) -> None:
    """Remember where a lost call stood, for a customer who rings again within the grace."""
    if call.customer is None:
        return
    until = Millis(now + call.queue.config.callbacks.grace)
    if len(floor.lost) >= 1024 and not len(floor.lost) % 1024:
        floor.lost = {key: place for key, place in floor.lost.items() if place.until > now}
    floor.lost[call.customer, call.queue.name] = LostPlace(call.turn, until, call.contact)


def suspended(floor: Floor, call: Call, cause: str, now: Millis) -> None:
    """Nobody knows whether the caller is still there."""
    call.suspended = True
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallSuspended(now, seq, call.id, call.queue.name, cause))


def confirmed(floor: Floor, call: Call, now: Millis) -> None:
    """The caller is still there."""
    call.suspended, call.doubt_until = False, None
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.CallConfirmed(now, seq, call.id, call.queue.name))
