"""What one command about an agent causes."""

from typing import Final

from callcenter import commands as cmd
from callcenter.agents import Phone, Presence
from callcenter.errors import AgentAlreadyLoggedIn, IllegalMove, UnknownGroup, UnknownResult, WrapUpAtCap
from callcenter.events import OfferEnd
from callcenter.ids import AgentId, CallId
from callcenter.language.said import said
from callcenter.skills import levels
from callcenter.tiers import Finish
from callcenter.units import Millis
from routing.decide.after_contact import break_allowed, go_on_break, grant_breaks, hands_free, leave_seat
from routing.decide.entering import requeue
from routing.decide.matching import give_work
from routing.decide.on_call import the_offer
from routing.facts import agents as facts
from routing.facts import calls as call_facts
from routing.facts import tasks as task_facts
from routing.state.deadlines import Due
from routing.state.floor import Floor
from routing.state.records import AgentState, Call, Offer, Task, Wish, WrapUp

SUSPECT_AT: Final = 3
"""Agents in a row whom a call could not reach before it is held back itself."""
FAILS: Final = "fails_at_every_agent"
"""Why a call is suspended that could not be brought to one agent after another."""


def log_in(floor: Floor, command: cmd.LogIn, now: Millis) -> None:
    """An agent takes a seat."""
    agent_id = command.agent_id
    if agent_id in floor.agents:
        raise AgentAlreadyLoggedIn(said("agent {agent_id} is logged in", agent_id=agent_id), agent_id=agent_id)
    group = command.group
    if group is None:
        named = floor.named.get(agent_id)
        group = named.group if named is not None else None
    if group is None or group not in floor.groups:
        wrong = said("which group?") if group is None else said("there is no group {group!r}", group=group)
        raise UnknownGroup(
            said(
                "agent {agent_id}: {wrong} (there is: {known})",
                agent_id=agent_id,
                wrong=wrong,
                known=", ".join(floor.groups),
            ),
            group=group,
        )
    skills = facts.skills_of(floor, agent_id, group, command.skills)
    agent = facts.logged_in(floor, agent_id, floor.crew(group, levels(dict(skills))), now)
    give_work(floor, agent, now)


def log_out(floor: Floor, command: cmd.LogOut, now: Millis) -> None:
    """The agent leaves: when hands are free, or at once if forced; a ringing offer ends either way."""
    agent = floor.agent(command.agent_id)
    if agent.offer is not None:
        facts.wished(agent, Wish(log_out=True))
        item = agent.offer.item
        call_facts.offer_ended(floor, agent.offer, OfferEnd.AGENT_GONE, now)
        requeue(floor, item, now)
    if command.forced:
        _empty_hands(floor, agent, now)
    if agent.talks or agent.wraps:
        facts.wished(agent, Wish(log_out=True))
    elif agent.id in floor.agents:
        facts.wished(agent, None)
        leave_seat(floor, agent, now)


def _empty_hands(floor: Floor, agent: AgentState, now: Millis) -> None:
    """End what an agent has in hand who is logged out by force: conversations count as failed, wrap-up as done."""
    facts.wished(agent, Wish(log_out=True))
    for item in list(agent.talks.values()):
        if isinstance(item, Call):
            call_facts.failed(floor, item, "agent_gone", now)
        elif isinstance(item, Task):
            if item.reached_at is not None:
                task_facts.completed(floor, item, None, None, now)
            else:
                task_facts.not_reached(floor, item, "agent_gone", now, now)
    for wrap in list(agent.wraps.values()):
        facts.wrap_up_ended(floor, agent, wrap, now)


def set_available(floor: Floor, command: cmd.SetAvailable, now: Millis) -> None:
    """The agent takes calls again; an earlier wish to leave or rest is void."""
    agent = floor.agent(command.agent_id)
    agent.crew.group.wants_break.pop(agent.id, None)
    if agent.presence is Presence.AVAILABLE:
        if agent.wish is None:
            return
        facts.wished(agent, None)
        facts.take_seat(floor, agent)
    else:
        facts.wished(agent, None)
        facts.became_available(floor, agent, now)
        grant_breaks(floor, agent, now)
    give_work(floor, agent, now)


def set_not_ready(floor: Floor, command: cmd.SetNotReady, now: Millis) -> None:
    """The agent takes no calls: now, or when the contacts in hand are done."""
    agent = floor.agent(command.agent_id)
    agent.crew.group.wants_break.pop(agent.id, None)
    if agent.talks or agent.wraps or agent.offer is not None:
        facts.wished(agent, Wish(False, command.reason))
    else:
        was_on_break = agent.on_break
        facts.became_not_ready(floor, agent, command.reason, now)
        if was_on_break:
            grant_breaks(floor, agent, now)


def request_break(floor: Floor, command: cmd.RequestBreak, now: Millis) -> None:
    """The agent asks for a break; under the group's cap it is granted now, else when a place frees."""
    agent = floor.agent(command.agent_id)
    if agent.on_break:
        refused = said(
            "agent {agent} is on a break already ({reason}): another one can be asked for after its end",
            agent=agent.id,
            reason=agent.reason,
        )
        raise IllegalMove(refused, agent_id=agent.id, state=agent.presence)
    if (reason := agent.crew.group.wants_break.get(agent.id)) is not None:
        refused = said(
            "agent {agent} waits for a break already ({reason}): say available to take that back, then ask for another",
            agent=agent.id,
            reason=reason,
        )
        raise IllegalMove(refused, agent_id=agent.id, state=agent.presence)
    if break_allowed(agent):
        go_on_break(floor, agent, command.reason, now)
    else:
        facts.break_requested(floor, agent, command.reason, now)


def set_phone(floor: Floor, command: cmd.SetPhone, now: Millis) -> None:
    """The telephony system tells the state of an agent's phone, also of one who has left and is not forgotten."""
    left = floor.absent.get(command.agent_id)
    if left is not None:
        floor.deadlines.cancel(left.phone_retry)
        left.phone, left.phone_retry = command.phone, None
        facts.remember(floor, command.agent_id, left)
        return
    agent = floor.agent(command.agent_id)
    facts.phone_changed(floor, agent, command.phone, None, now)
    if command.phone is Phone.FREE:
        give_work(floor, agent, now)


def end_wrap_up(floor: Floor, command: cmd.EndWrapUp, now: Millis) -> None:
    """After-call work is done."""
    agent = floor.agent(command.agent_id)
    for wrap in _wraps(agent, command.subject):
        facts.wrap_up_ended(floor, agent, wrap, now)
    hands_free(floor, agent, now)


def extend_wrap_up(floor: Floor, command: cmd.ExtendWrapUp, now: Millis) -> None:
    """After-call work takes longer: as much of what is asked as the cap leaves, of each contact that it leaves any."""
    agent = floor.agent(command.agent_id)
    wraps = _wraps(agent, command.subject)
    ends = [(wrap, min(Millis(wrap.deadline.at + command.more), _latest(wrap))) for wrap in wraps]
    longer = [(wrap, ends_at) for wrap, ends_at in ends if ends_at > wrap.deadline.at]
    if not longer:
        ends_at = max(wrap.deadline.at for wrap in wraps)
        raise WrapUpAtCap(
            said("agent {agent} has no more time for wrap-up", agent=agent.id), agent_id=agent.id, ends_at=ends_at
        )
    for wrap, ends_at in longer:
        facts.wrap_up_extended(floor, agent, wrap, ends_at, now)


def note_result(floor: Floor, command: cmd.NoteResult, now: Millis) -> None:
    """The agent says what came of a call that they talk on, or do after-call work of."""
    agent = floor.agent(command.agent_id)
    found = [
        (CallId(subject), item)
        for subject, item in (*agent.talks.items(), *agent.wraps.items())
        if command.call_id in (None, subject) and isinstance(item, Call | WrapUp)
    ]
    if len(found) != 1:
        which = said("no call {call_id}", call_id=command.call_id) if command.call_id else said("no call")
        which = said("several calls") if found else which
        raise IllegalMove(
            said("agent {agent} has {which} in hand or in after-call work", agent=agent.id, which=which),
            agent_id=agent.id,
            state=agent.presence,
        )
    [(call_id, item)] = found
    if command.result not in (codes := dict(item.queue.config.results)):
        there = ", ".join(codes)
        raise UnknownResult(
            said(
                "queue {queue} has no result {result!r} (there is: {there})",
                queue=item.queue.name,
                result=command.result,
                there=there,
            ),
            result=command.result,
        )
    solved = codes[command.result] is Finish.SOLVED
    facts.result_noted(floor, agent, item, call_id, command.result, solved, now)


def _wraps(agent: AgentState, subject: str | None) -> list[WrapUp]:
    """Return the after-call work that is meant, at least one, or refuse."""
    wraps = [wrap for wrap in agent.wraps.values() if subject is None or wrap.subject == subject]
    if not wraps:
        raise IllegalMove(
            said("agent {agent} is not in wrap-up", agent=agent.id), agent_id=agent.id, state=agent.presence
        )
    return wraps


def _latest(wrap: WrapUp) -> Millis:
    """Return until when after-call work may last at most."""
    rules = wrap.queue.config
    cap = 2 * rules.wrap_up if rules.wrap_up_cap is None else rules.wrap_up_cap
    return Millis(wrap.started_at + cap)


def end_offer(floor: Floor, command: cmd.EndOffer, now: Millis) -> None:
    """An offer failed."""
    if command.end in (OfferEnd.ACCEPTED, OfferEnd.CALLER_GONE):
        raise IllegalMove(said("an offer cannot be ended as {end}", end=command.end), offer_id=command.offer_id)
    missed(floor, the_offer(floor, command.offer_id), command.end, now)


def missed(floor: Floor, offer: Offer, end: OfferEnd, now: Millis) -> None:
    """End an offer by its cause: the call takes its turn again, the agent what the cause asks for."""
    agent, item = offer.agent, offer.item
    rules = floor.centre.missed
    call_facts.offer_ended(floor, offer, end, now)
    if isinstance(item, Call) and floor.centre.rules > 1 and _is_suspect(item, agent, end):
        _hold_back(floor, item, agent, now)
        return
    if end is OfferEnd.BUSY:
        facts.phone_changed(floor, agent, Phone.BUSY_ELSEWHERE, Millis(now + rules.busy_pause), now)
    elif end is OfferEnd.UNREACHABLE:
        facts.phone_changed(floor, agent, Phone.UNREACHABLE, Millis(now + rules.unreachable_pause), now)
    elif end in (OfferEnd.NO_ANSWER, OfferEnd.REJECTED):
        facts.excluded(floor, agent, item.id, Millis(now + rules.exclude_for))
        _count_miss(floor, agent, now)
    requeue(floor, item, now)
    hands_free(floor, agent, now)


def _is_suspect(call: Call, agent: AgentState, end: OfferEnd) -> bool:
    """Tell whether a call could not be brought to three agents in a row: then it is rather the call than they."""
    if end is OfferEnd.UNREACHABLE:
        if agent.id not in call.failed_at:
            call.failed_at = (*call.failed_at, agent.id)
        return len(call.failed_at) >= SUSPECT_AT
    if end in (OfferEnd.NO_ANSWER, OfferEnd.REJECTED):
        call.failed_at = ()  # a telephone rang: the caller is there
    return False


def _hold_back(floor: Floor, call: Call, agent: AgentState, now: Millis) -> None:
    """Offer a suspect call to nobody until its source says that it is there, and blame no more agents for it.

    Where its source says nothing it is tried again, as an unreachable telephone is.
    """
    call_facts.suspended(floor, call, FAILS, now)
    call.doubt_until = Millis(now + floor.centre.missed.unreachable_pause)
    floor.deadlines.set(call.doubt_until, Due.DOUBT, call.id)
    hands_free(floor, agent, now)


def _count_miss(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Stop offering to an agent who has missed too many lately."""
    rules = floor.centre.missed
    agent.misses = [at for at in agent.misses if at > now - rules.window]
    agent.misses.append(now)
    if len(agent.misses) >= rules.count and agent.presence is Presence.AVAILABLE:
        back_at = Millis(now + rules.back_after) if rules.back_after is not None else None
        facts.stopped_responding(floor, agent, back_at, now)


# --- what time brings


def wrap_up_over(floor: Floor, subject: str, now: Millis) -> None:
    """After-call work ends by itself."""
    agent_id, _, contact = subject.partition("\x1f")
    agent = floor.agents[AgentId(agent_id)]
    facts.wrap_up_ended(floor, agent, agent.wraps[contact], now)
    hands_free(floor, agent, now)


def exclusion_over(floor: Floor, subject: str, now: Millis) -> None:
    """The agent may be offered again what they missed."""
    agent_id, _, item_id = subject.partition("\x1f")
    left = floor.absent.get(AgentId(agent_id))
    if left is not None:
        del left.excluded[item_id]
        facts.remember(floor, AgentId(agent_id), left)
        return
    agent = floor.agents[AgentId(agent_id)]
    agent.excluded.pop(item_id, None)
    give_work(floor, agent, now)


def phone_retry(floor: Floor, agent_id: str, now: Millis) -> None:
    """A busy or unreachable phone is taken for free again."""
    left = floor.absent.get(AgentId(agent_id))
    if left is not None:
        left.phone, left.phone_retry = Phone.FREE, None
        facts.remember(floor, AgentId(agent_id), left)
        return
    agent = floor.agents[AgentId(agent_id)]
    agent.phone_retry = None
    facts.phone_changed(floor, agent, Phone.FREE, None, now)
    give_work(floor, agent, now)


def back(floor: Floor, agent_id: str, now: Millis) -> None:
    """An agent who stopped responding is available again by rule."""
    agent = floor.agents[AgentId(agent_id)]
    agent.back = None
    facts.became_available(floor, agent, now)
    give_work(floor, agent, now)


def give_everyone_work(floor: Floor, now: Millis) -> None:
    """Offer to all who are free, longest idle first, what new rules may have opened to them."""
    for agent in sorted(floor.agents.values(), key=lambda agent: agent.idle_serial):
        give_work(floor, agent, now)
