"""What an agent does when hands get free: wrap-up, the last wish, the next call."""

from callcenter.units import Millis
from routing.decide.entering import leave_where_empty, release_from
from routing.decide.matching import give_work, seat_or_work
from routing.facts import agents as facts
from routing.state.floor import Floor
from routing.state.records import AgentState, Waiting, Wish


def after_talk(floor: Floor, agent: AgentState, item: Waiting, now: Millis) -> None:
    """Start wrap-up where the queue has one, else see what the agent does next."""
    if item.queue.config.wrap_up:
        facts.wrap_up_started(floor, agent, item, now)
        room_beside_wrap_up(floor, agent, now)
    else:
        hands_free(floor, agent, now)


def room_beside_wrap_up(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Offer what is next to an agent whose after-call work, say of a chat, leaves room for it."""
    if agent.used < 100 and agent.pool is None:
        facts.take_seat(floor, agent)
        give_work(floor, agent, now)


def hands_free(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Fulfil the last wish if nothing is in hand any more, else offer what is next."""
    wish = agent.wish
    if wish is None:
        seat_or_work(floor, agent, now)
        return
    if agent.talks or agent.wraps or agent.offer is not None:
        return
    facts.wished(agent, None)
    if wish.log_out:
        leave_seat(floor, agent, now)
    elif wish.on_break and not break_allowed(agent):
        facts.break_requested(floor, agent, wish.reason, now)
        hands_free(floor, agent, now)
    else:
        facts.became_not_ready(floor, agent, wish.reason, now, on_break=wish.on_break)


def break_allowed(agent: AgentState) -> bool:
    """Tell whether the group's cap leaves a place for one more break."""
    cap = agent.crew.group.config.break_cap
    return cap is None or agent.crew.group.on_break < cap


def grant_breaks(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Give the places that a cap has free to those of the agent's group who asked first."""
    group = agent.crew.group
    while group.wants_break and break_allowed(agent):
        agent_id, reason = group.wants_break.popitem(last=False)
        for asked in (a for i, a in floor.agents.items() if i == agent_id):
            go_on_break(floor, asked, reason, now)


def go_on_break(floor: Floor, agent: AgentState, reason: str, now: Millis) -> None:
    """Begin a break that the cap allows: now, or when the hands are free."""
    if agent.talks or agent.wraps or agent.offer is not None:
        facts.wished(agent, Wish(False, reason, on_break=True))
    else:
        facts.became_not_ready(floor, agent, reason, now, on_break=True)


def leave_seat(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Log an agent out who has nothing in hand, and see to those who waited for them."""
    facts.logged_out(floor, agent, now)
    release_from(floor, agent, now)
    if not agent.crew.logged_in:
        leave_where_empty(floor, now)
    grant_breaks(floor, agent, now)
