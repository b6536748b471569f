"""What one command about a call causes."""

from typing import Final

from callcenter import commands as cmd
from callcenter.callbacks import TaskKind
from callcenter.calls import CALL_MOVES, CallState
from callcenter.errors import DuplicateCall, IllegalMove, OfferNotPending, UnknownChannel
from callcenter.events import CallAbandoned, OfferEnd, RejectReason
from callcenter.ids import CallId, OfferId, TaskId
from callcenter.language.said import said
from callcenter.skills import relaxed
from callcenter.state_words import in_words
from callcenter.tiers import Tier, WayOut
from callcenter.units import Millis
from routing.decide import on_task, promises
from routing.decide.after_contact import after_talk, hands_free, room_beside_wrap_up
from routing.decide.entering import enter, follow_up, limit_wait, requeue, somebody_for, turn_away
from routing.decide.matching import give_work, try_again, withdraw_offer
from routing.decide.needs import needs_besides
from routing.facts import agents as agent_facts
from routing.facts import calls as facts
from routing.state.floor import Floor
from routing.state.records import AgentState, Call, Offer

_WAITS: Final = CALL_MOVES[CallAbandoned]
"""The states in which a call waits or rings: its caller can give up."""


def admit(floor: Floor, command: cmd.AdmitCall, now: Millis) -> None:
    """A call has reached the desk: queue it, offer it, or turn it away."""
    call = arriving(floor, command, now)
    floor.serial += 1
    if call.customer is not None:
        _take_up(floor, call, now)
    enter(floor, call, now)


def arriving(floor: Floor, command: cmd.AdmitCall, now: Millis) -> Call:
    """Return the call that `command` is about, checked against the centre; the floor does not know it yet."""
    call_id = command.call_id
    if call_id in floor.calls or call_id in floor.ended or call_id in floor.tasks:  # type: ignore[comparison-overlap]  # one space of ids
        raise DuplicateCall(said("call {call_id} is known", call_id=call_id), call_id=call_id)
    queue, tier = floor.queue(command.queue), floor.tier(command.tier)
    call = Call(call_id, call_id, queue, tier, tier.band, floor.serial + 1, now)  # type: ignore[arg-type]  # its own contact
    if command.intent is not None or command.skills or command.channel != "voice":
        _particulars(floor, call, command)
    if command.preferred:
        call.preferred = command.preferred
    if command.customer is not None:
        call.customer = command.customer
        call.zone = command.zone
    return call


def _particulars(floor: Floor, call: Call, command: cmd.AdmitCall) -> None:
    """Set what a call brings of its own: intent, skills, channel; refuse what the centre does not know."""
    cost = floor.channels.get(command.channel)
    if cost is None:
        raise UnknownChannel(said("there is no channel {channel!r}", channel=command.channel), channel=command.channel)
    call.cost = cost
    intent = None if command.intent is None else floor.intent(command.intent)
    if intent is not None:
        call.intent = intent.name
        if intent.band is not None:
            call.band = min(call.band, intent.band)
    needs_besides(floor, call, command.skills, () if intent is None else intent.skills)


def _take_up(floor: Floor, call: Call, now: Millis) -> None:
    """One contact, not two: the call takes the place of an open task, or of a call lost a moment ago."""
    assert call.customer is not None
    key = (call.customer, call.queue.name)
    place_lost = floor.lost.pop(key, None)
    if place_lost is not None and now < place_lost.until:
        call.turn = place_lost.virtual_start
        call.contact = place_lost.contact
    task = floor.open_tasks.get((*key, False))
    if task is not None and task.reached_at is None:
        if task.virtual_start is not None:
            call.turn = min(call.turn, task.virtual_start)
        if task.contact is not None:
            call.contact = task.contact
        on_task.supersede(floor, task, call.id, now)


def abandon(floor: Floor, command: cmd.AbandonCall, now: Millis) -> None:
    """The caller hung up."""
    call = _waiting(floor, command.call_id)
    rung = withdraw_offer(floor, call, OfferEnd.CALLER_GONE, now)
    facts.abandoned(floor, call, now)
    policy = call.queue.config.callbacks
    after = call.queue.config.short_abandon if policy.after is None else policy.after
    if call.stood_in_line and now - call.queued_at >= after and call.tier.callback:
        promises.promise_callback(floor, call, now)
    facts.lost(floor, call, now)
    if rung is not None:
        hands_free(floor, rung, now)


def withdraw(floor: Floor, command: cmd.WithdrawCall, now: Millis) -> None:
    """Someone takes a waiting call out of the queue."""
    call = _waiting(floor, command.call_id)
    rung = withdraw_offer(floor, call, OfferEnd.CALLER_GONE, now)
    turn_away(floor, call, WayOut(), RejectReason.WITHDRAWN, now)
    if rung is not None:
        hands_free(floor, rung, now)


def suspend(floor: Floor, command: cmd.SuspendCall, now: Millis) -> None:
    """Nobody knows whether the caller is still there: no agent is rung before somebody does."""
    call = _waiting(floor, command.call_id)
    if call.suspended:
        raise IllegalMove(said("call {call} is suspended already", call=call.id), call_id=call.id, state=call.state)
    rung = withdraw_offer(floor, call, OfferEnd.SYSTEM, now)
    facts.leave_line(floor, call)
    facts.suspended(floor, call, command.cause, now)
    if rung is not None:
        hands_free(floor, rung, now)


def confirm(floor: Floor, command: cmd.ConfirmCall, now: Millis) -> None:
    """The caller is still there: the call takes its turn, or leaves by a rule that has come to apply meanwhile."""
    call = floor.call(command.call_id)
    if not call.suspended:
        raise IllegalMove(said("call {call} is not suspended", call=call.id), call_id=call.id, state=call.state)
    facts.confirmed(floor, call, now)
    config = call.queue.config
    if config.leave_empty and not somebody_for(floor, call):
        turn_away(floor, call, config.when_empty, RejectReason.EMPTY, now)
    else:
        requeue(floor, call, now)


def convert(floor: Floor, command: cmd.ConvertCall, now: Millis) -> None:
    """The waiting caller chooses to be called back and keeps the place."""
    call = _waiting(floor, command.call_id)
    if call.customer is None:
        raise IllegalMove(
            said("call {call} is anonymous: nobody to call back", call=call.id), call_id=call.id, state=call.state
        )
    promises.check_free(floor, TaskId(f"{call.id}/cb"), TaskKind.VIRTUAL_HOLD, call.customer, call.queue)
    rung = withdraw_offer(floor, call, OfferEnd.CALLER_GONE, now)
    promises.keep_place(floor, call, now)
    if rung is not None:
        hands_free(floor, rung, now)


def _waiting(floor: Floor, call_id: CallId) -> Call:
    """Return a call that waits or rings, or refuse."""
    call = floor.call(call_id)
    if call.state not in _WAITS:
        raise IllegalMove(
            said("call {call} is {state}: it does not wait", call=call.id, state=in_words(call.state)),
            call_id=call.id,
            state=call.state,
        )
    return call


# --- changing a waiting call


def reprioritise(floor: Floor, command: cmd.ReprioritiseCall, now: Millis) -> None:
    """A waiting call changes tier or band, at once."""
    call = _waiting(floor, command.call_id)
    tier: Tier = call.tier if command.tier is None else floor.tier(command.tier)
    band = command.band
    if band is None:
        band = tier.band if command.tier is not None else call.band
    if band < 0:
        raise IllegalMove(said("band {band} does not exist: bands count from 0", band=band), call_id=call.id)
    retier = tier is not call.tier
    facts.reprioritised(floor, call, tier, band, now)
    move(floor, call, now)
    if retier:
        limit_wait(floor, call, now)


def move(floor: Floor, call: Call, now: Millis) -> None:
    """Stand a call that changed in the lane where it belongs now, if it is in line; offer it if that opens an agent."""
    if call.lane is not None:
        facts.leave_line(floor, call)
        facts.stand_in_line(call, floor.lane_of(call))
    try_again(floor, call, now)


def relax(floor: Floor, call: Call, now: Millis) -> None:
    """A relaxation step is due: the call needs less from now on."""
    step = call.relaxed_steps + 1
    if step > len(call.queue.config.relaxation):
        return  # another centre is in force, with fewer steps
    facts.relaxed(floor, call, step, now)
    needs = relaxed(call.needs, call.queue.config.relaxation[step - 1])
    if needs != call.needs:
        call.needs = needs
        move(floor, call, now)


def open_reserve(floor: Floor, call: Call, now: Millis) -> None:
    """The call has waited long enough to take an agent that a reserve keeps."""
    call.waited = max((w for w in floor.reserve_waits if call.queued_at + call.away_ms + w <= now), default=call.waited)
    move(floor, call, now)


# --- offers


def the_offer(floor: Floor, offer_id: str) -> Offer:
    """Return a live offer, or refuse with the truth."""
    found = floor.offers.get(OfferId(offer_id))
    if found is None:
        item_id = offer_id.rpartition("/o")[0]
        live = floor.calls.get(CallId(item_id)) or floor.tasks.get(TaskId(item_id))
        state = live.state if live is not None else floor.how_ended(item_id) or "unknown"
        raise OfferNotPending(
            said(
                "offer {offer_id} is not pending: {item_id} is {state}",
                offer_id=offer_id,
                item_id=item_id,
                state=in_words(state),
            ),
            offer_id=offer_id,
            state=state,
        )
    return found


def accept(floor: Floor, command: cmd.AcceptOffer, now: Millis) -> None:
    """The agent takes the call or task; exactly one acceptance wins."""
    pending = the_offer(floor, command.offer_id)
    if isinstance(pending.item, Call):
        facts.connected(floor, pending, now)
        if pending.agent.used < 100:  # who takes several contacts at a time may have room for one more
            agent_facts.take_seat(floor, pending.agent)
            give_work(floor, pending.agent, now)
    else:
        on_task.start(floor, pending, now)


# --- the conversation


def _connected(floor: Floor, call_id: CallId) -> tuple[Call, AgentState]:
    call = floor.call(call_id)
    if call.agent is None or call.state is not CallState.CONNECTED:
        raise IllegalMove(
            said("call {call_id} is {state}: nobody talks", call_id=call_id, state=in_words(call.state)),
            call_id=call_id,
            state=call.state,
        )
    return call, call.agent


def end(floor: Floor, command: cmd.EndCall, now: Millis) -> None:
    """The conversation is over."""
    call, agent = _connected(floor, command.call_id)
    facts.completed(floor, call, now)
    after_talk(floor, agent, call, now)


def fail(floor: Floor, command: cmd.FailCall, now: Millis) -> None:
    """The call was lost for a technical cause."""
    call = floor.call(command.call_id)
    agent = call.agent
    rung = withdraw_offer(floor, call, OfferEnd.SYSTEM, now)
    facts.failed(floor, call, command.cause, now)
    facts.lost(floor, call, now)
    if agent is not None:
        after_talk(floor, agent, call, now)
    elif rung is not None:
        hands_free(floor, rung, now)


def hold(floor: Floor, command: cmd.HoldCall, now: Millis) -> None:
    """The agent puts the customer on hold."""
    call, _ = _connected(floor, command.call_id)
    if call.held_at is not None:
        raise IllegalMove(said("call {call} is on hold already", call=call.id), call_id=call.id, state="held")
    facts.held(floor, call, now)


def resume(floor: Floor, command: cmd.ResumeCall, now: Millis) -> None:
    """The agent takes the customer off hold."""
    call, _ = _connected(floor, command.call_id)
    if call.held_at is None:
        raise IllegalMove(said("call {call} is not on hold", call=call.id), call_id=call.id, state=call.state)
    facts.resumed(floor, call, now)


def transfer(floor: Floor, command: cmd.TransferCall, now: Millis) -> None:
    """A connected call needs someone else: a new segment of the same contact."""
    call, agent = _connected(floor, command.call_id)
    queue = floor.queue(command.queue)
    if command.kind == "return" and call.served_by is None:
        raise IllegalMove(said("call {call} was with nobody before: nowhere to return", call=call.id), call_id=call.id)
    wraps = command.kind != "consult" and call.queue.config.wrap_up > 0
    if command.kind != "consult":
        facts.completed(floor, call, now)
        if agent.pool is not None:
            agent_facts.leave_pool(agent)  # the segment looks for someone else first
    if wraps:
        agent_facts.wrap_up_started(floor, agent, call, now)
    segment = follow_up(floor, call, queue, now)
    segment.served_by = agent.id
    if command.kind == "return":
        assert call.served_by is not None
        segment.preferred = (call.served_by,)
    enter(floor, segment, now)
    if wraps:
        room_beside_wrap_up(floor, agent, now)
    elif command.kind != "consult":
        hands_free(floor, agent, now)
