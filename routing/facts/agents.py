"""The facts of an agent's day."""

from typing import Final

from callcenter import events as ev
from callcenter.agents import PRESENCE_MOVES, Phone, Presence
from callcenter.events import Event
from callcenter.ids import AgentId, CallId
from callcenter.skills import Levels
from callcenter.units import Millis
from routing.state.crews import Crew
from routing.state.deadlines import Due
from routing.state.floor import Floor
from routing.state.records import Absent, AgentState, Call, Waiting, Wish, WrapUp

# Reading a member from its enum costs a tenth of a microsecond: the hot path reads these instead.
_AVAILABLE: Final = Presence.AVAILABLE
_FREE: Final = Phone.FREE


def can_be_offered(agent: AgentState) -> bool:
    """Tell whether presence, phone and capacity allow an offer now."""
    return (
        agent.presence is _AVAILABLE
        and agent.used < 100
        and agent.offer is None
        and agent.phone is _FREE
        and agent.wish is None
    )


def take_seat(floor: Floor, agent: AgentState) -> None:
    """Stand in the pool of the free if an offer is possible, last of the longest idle; else leave it."""
    if agent.pool is not None:
        leave_pool(agent)
    if (  # `can_be_offered`, inlined for speed
        agent.presence is _AVAILABLE
        and agent.used < 100
        and agent.offer is None
        and agent.phone is _FREE
        and agent.wish is None
    ):
        crew = agent.crew
        pool = crew.pools.get(agent.used)
        if pool is None:
            pool = crew.pools[agent.used] = type(crew.pools[0])()
        floor.serial = agent.idle_serial = floor.serial + 1
        pool[agent] = None
        agent.pool = pool
        if not agent.used:
            crew.group.idle += 1


def leave_pool(agent: AgentState) -> None:
    """Stand no longer among the free."""
    pool = agent.pool
    assert pool is not None
    del pool[agent]
    agent.pool = None
    if pool is agent.crew.pools[0]:
        agent.crew.group.idle -= 1


def end_talk(agent: AgentState, item: Waiting, talked_ms: int) -> None:
    """Take a contact out of the agent's hands."""
    del agent.talks[item.id]
    agent.used -= item.cost
    agent.occupied_ms += talked_ms * item.cost // 100
    item.agent = None


def logged_in(floor: Floor, agent_id: AgentId, crew: Crew, now: Millis) -> AgentState:
    """An agent took a seat; what was known of their phone, and of the calls they missed, is known still."""
    agent = floor.agents[agent_id] = AgentState(agent_id, crew, now)
    _present(agent, ev.AgentLoggedIn, now)
    crew.logged_in += 1
    agent.personal = floor.held.get(agent_id, agent.personal)
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.AgentLoggedIn(now, seq, agent_id, crew.group.name))
    left = floor.absent.pop(agent_id, None)
    if left is not None:
        agent.phone, agent.phone_retry, agent.excluded = left.phone, left.phone_retry, left.excluded
        if agent.phone is not _FREE:
            floor.seq = seq = floor.seq + 1
            floor.out.append(ev.PhoneChanged(now, seq, agent_id, crew.group.name, agent.phone))
    take_seat(floor, agent)
    return agent


def _present(agent: AgentState, event: type[Event], now: Millis) -> Millis:
    """Move the presence by its table and return since when the one before held."""
    since = agent.since
    was = agent.presence is Presence.AVAILABLE
    agent.presence = PRESENCE_MOVES[event][agent.presence]
    agent.crew.working += (agent.presence is Presence.AVAILABLE) - was
    agent.since = now
    return since


def _stop_break(agent: AgentState) -> None:
    group = agent.crew.group
    if agent.on_break:
        agent.on_break = False
        group.on_break -= 1
    group.wants_break.pop(agent.id, None)


def became_available(floor: Floor, agent: AgentState, now: Millis) -> None:
    """An agent takes calls again."""
    since = _present(agent, ev.AgentBecameAvailable, now)
    agent.reason = ""
    agent.misses.clear()
    _stop_break(agent)
    floor.deadlines.cancel(agent.back)
    agent.back = None
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.AgentBecameAvailable(now, seq, agent.id, agent.crew.group.name, since))
    take_seat(floor, agent)


def became_not_ready(floor: Floor, agent: AgentState, reason: str, now: Millis, on_break: bool = False) -> None:
    """An agent stopped taking calls, for a reason."""
    since = _present(agent, ev.AgentBecameNotReady, now)
    agent.reason = reason
    agent.wish = None
    _stop_break(agent)
    if on_break:
        agent.on_break = True
        agent.crew.group.on_break += 1
    floor.deadlines.cancel(agent.back)
    agent.back = None
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.AgentBecameNotReady(now, seq, agent.id, agent.crew.group.name, reason, since))
    take_seat(floor, agent)


def stopped_responding(floor: Floor, agent: AgentState, back_at: Millis | None, now: Millis) -> None:
    """Too many missed offers."""
    since = _present(agent, ev.AgentStoppedResponding, now)
    if back_at is not None:
        agent.back = floor.deadlines.set(back_at, Due.BACK, agent.id)
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.AgentStoppedResponding(now, seq, agent.id, agent.crew.group.name, since))
    take_seat(floor, agent)


def logged_out(floor: Floor, agent: AgentState, now: Millis) -> None:
    """An agent left the seat, with nothing in hand."""
    assert not agent.talks
    assert not agent.wraps
    assert agent.offer is None
    since = _present(agent, ev.AgentLoggedOut, now)
    _stop_break(agent)
    if agent.pool is not None:
        leave_pool(agent)
    floor.deadlines.cancel(agent.back)
    remember(floor, agent.id, Absent(agent.phone, agent.phone_retry, agent.excluded))
    agent.crew.logged_in -= 1
    del floor.agents[agent.id]
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.AgentLoggedOut(now, seq, agent.id, agent.crew.group.name, since))


def remember(floor: Floor, agent_id: AgentId, left: Absent) -> None:
    """Keep what is known of an agent who is not there, for as long as it says anything."""
    if left.says_something:
        floor.absent[agent_id] = left
    else:
        floor.absent.pop(agent_id, None)


def wished(agent: AgentState, wish: Wish | None) -> None:
    """The agent said what comes after the contacts in hand (no event before it comes)."""
    agent.wish = wish
    if wish is not None and agent.pool is not None:
        leave_pool(agent)


def break_requested(floor: Floor, agent: AgentState, reason: str, now: Millis) -> None:
    """The cap does not allow the break yet."""
    agent.crew.group.wants_break[agent.id] = reason
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.BreakRequested(now, seq, agent.id, agent.crew.group.name, reason))


def phone_changed(floor: Floor, agent: AgentState, phone: Phone, retry_at: Millis | None, now: Millis) -> None:
    """The agent's phone is free, busy elsewhere or unreachable; `retry_at` is when it is tried again."""
    changed = agent.phone is not phone
    agent.phone = phone
    floor.deadlines.cancel(agent.phone_retry)
    agent.phone_retry = floor.deadlines.set(retry_at, Due.PHONE, agent.id) if retry_at is not None else None
    if changed:
        floor.seq = seq = floor.seq + 1
        floor.out.append(ev.PhoneChanged(now, seq, agent.id, agent.crew.group.name, phone))
        take_seat(floor, agent)


def excluded(floor: Floor, agent: AgentState, item_id: str, until: Millis) -> None:
    """The agent who missed a call is not offered it again before `until`."""
    floor.deadlines.cancel(agent.excluded.get(item_id))
    agent.excluded[item_id] = floor.deadlines.set(until, Due.EXCLUSION, f"{agent.id}\x1f{item_id}")


def wrap_up_started(floor: Floor, agent: AgentState, item: Waiting, now: Millis) -> None:
    """After-call work began: it takes the place of the conversation in the agent's hands."""
    subject, tier = item.id, item.tier.name
    ends_at = Millis(now + item.queue.config.wrap_up)
    deadline = floor.deadlines.set(ends_at, Due.WRAP_UP, f"{agent.id}\x1f{subject}")
    solved = item.solved if isinstance(item, Call) else None
    agent.wraps[subject] = WrapUp(subject, item.queue, tier, item.cost, now, deadline, solved)
    agent.used += item.cost
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.WrapUpStarted(now, seq, agent.id, agent.crew.group.name, subject, tier, ends_at))


def wrap_up_extended(floor: Floor, agent: AgentState, wrap: WrapUp, ends_at: Millis, now: Millis) -> None:
    """After-call work goes on for longer."""
    floor.deadlines.cancel(wrap.deadline)
    wrap.deadline = floor.deadlines.set(ends_at, Due.WRAP_UP, wrap.deadline.subject)
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.WrapUpExtended(now, seq, agent.id, agent.crew.group.name, wrap.subject, wrap.tier, ends_at))


def wrap_up_ended(floor: Floor, agent: AgentState, wrap: WrapUp, now: Millis) -> None:
    """After-call work ended."""
    del agent.wraps[wrap.subject]
    floor.deadlines.cancel(wrap.deadline)
    agent.used -= wrap.cost
    worked = now - wrap.started_at
    agent.occupied_ms += worked * wrap.cost // 100
    wrap.queue.pulse.wrapped_up(worked)
    floor.seq = seq = floor.seq + 1
    floor.out.append(
        ev.WrapUpEnded(
            now, seq, agent.id, agent.crew.group.name, wrap.subject, wrap.tier, wrap.started_at, None, wrap.cost
        )
    )


def result_noted(
    floor: Floor, agent: AgentState, item: Call | WrapUp, call_id: CallId, result: str, solved: bool, now: Millis
) -> None:
    """The agent said what came of a call."""
    tier = item.tier if isinstance(item, WrapUp) else item.tier.name
    before, item.solved = item.solved, solved
    floor.seq = seq = floor.seq + 1
    floor.out.append(ev.ResultNoted(now, seq, agent.id, call_id, item.queue.name, tier, result, solved, before))


def skills_of(floor: Floor, agent_id: AgentId, group: str, skills: Levels | None) -> Levels:
    """Return the skills an agent logs in with: their own, the centre's for this name, or the group's."""
    if skills is not None:
        return skills
    named = floor.named.get(agent_id)
    if named is not None and named.group == group and named.skills is not None:
        return named.skills
    return floor.groups[group].config.skills
