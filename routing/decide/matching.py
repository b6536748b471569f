"""Pairs waiting calls with agents: for a call the best agent, for an agent the best call.

Between two verbs no eligible agent and no eligible waiting call coexist, so only what has just changed (a new
or moved call, a freed agent) has to be looked at.
"""

from typing import Final

from callcenter.agents import Phone, Presence
from callcenter.centre import Selection
from callcenter.events import OfferEnd
from callcenter.skills import covers
from callcenter.units import Millis
from routing.facts import calls as call_facts
from routing.facts import tasks as task_facts
from routing.facts.agents import can_be_offered, take_seat
from routing.state.crews import Crew, Pool
from routing.state.floor import Floor, in_background
from routing.state.line import BEHIND_ALL_PROMISES, Lane
from routing.state.records import AgentState, Call, Task, Waiting

_LONGEST_IDLE: Final = Selection.LONGEST_IDLE  # read once: an enum is slow to ask


def eligible(floor: Floor, item: Waiting, agent: AgentState) -> bool:
    """Tell whether `agent` may be offered `item`; every rule that decides it lives here.

    The indexed search below must agree with it: a test compares them on random centres.
    """
    if agent.presence is not Presence.AVAILABLE or agent.phone is not Phone.FREE:
        return False
    if agent.offer is not None or agent.wish is not None or agent.used + item.cost > 100:
        return False
    if item.suspended or item.id in agent.excluded:
        return False
    if item.held and agent.id not in item.preferred:
        return False
    lane = floor.lane_of(item)
    if not agent.crew.can_take(lane):
        return False
    if reserved(agent.crew, lane):
        return False
    if isinstance(item, Task) and in_background(item):
        return not any_live_call_for(floor, agent, lane.rank)
    return True


def any_live_call_for(floor: Floor, agent: AgentState, rank: int) -> bool:
    """Tell whether a live call waits that `agent` could take, and that goes before a task of this rank."""
    free = 100 - agent.used
    return any(
        lane.lives
        and lane.rank < rank
        and lane.size
        and lane.cost <= free
        and not reserved(agent.crew, lane)
        and lane.first_for(agent) is not None
        for lane in agent.crew.lanes
    ) or any(
        covers(agent.crew.skills, item.needs) and item.cost <= free and floor.lane_of(item).rank < rank
        for item in agent.personal
    )


def reserved(crew: Crew, lane: Lane) -> bool:
    """Tell whether a reserve keeps the crew's idle agents from what stands in `lane`."""
    group, waited = crew.group, lane.waited
    for reserve in group.reserves:
        if (
            (lane.rank >= BEHIND_ALL_PROMISES if reserve.outreach else lane.band > reserve.band)
            and group.idle <= reserve.keep
            and not (reserve.until_wait is not None and waited >= reserve.until_wait)
        ):
            return True
    return False


def held_until(item: Waiting) -> int:
    """Return when the window of the preferred agents ends."""
    return item.queued_at + item.away_ms + item.queue.config.hold_for_preferred


def preferred_there(floor: Floor, item: Waiting) -> bool:
    """Tell whether a preferred agent is logged in who has the skills the call needs now."""
    for agent_id in item.preferred:
        agent = floor.agents.get(agent_id)
        if agent is not None and covers(agent.crew.skills, item.needs):
            return True
    return False


def find_agent(floor: Floor, item: Waiting, lane: Lane, now: Millis, *, may_wait: bool = True) -> AgentState | None:
    """Return who gets `item`: a preferred agent in their window, else the narrowest crew, there by the queue's rule.

    Where the queue keeps no generalists free, breadth is not looked at: all who can take it go by the rule.

    `may_wait` is false where the line is full: such a call is not held for a preferred agent.
    """
    if item.preferred and (item.held or now <= held_until(item)):
        for agent_id in item.preferred:
            preferred = floor.agents.get(agent_id)
            if preferred is not None and preferred.pool is not None and eligible(floor, item, preferred):
                return preferred
        if item.held or (item.lane is None and may_wait and now < held_until(item) and preferred_there(floor, item)):
            return None
    best: AgentState | None = None
    breadth = 0
    whole = item.cost == 100
    for crew in lane.crews:
        if best is not None and crew.breadth > breadth and item.queue.config.keep_generalists_free:
            break
        if whole and not crew.pools[0]:
            continue
        if crew.group.reserves and reserved(crew, lane):
            continue
        agent = _best_in(floor, crew.pools[0], item, now) if whole else _best_of(floor, crew, item, now)
        if agent is not None and (
            best is None or floor.preference(agent, item, now) < floor.preference(best, item, now)
        ):
            best, breadth = agent, crew.breadth
    return best


def _best_of(floor: Floor, crew: Crew, item: Waiting, now: Millis) -> AgentState | None:
    """Return the crew's best free agent for `item`."""
    best: AgentState | None = None
    fits = 100 - item.cost
    for used, pool in crew.pools.items():
        if pool and used <= fits:
            agent = _best_in(floor, pool, item, now)
            if agent is not None and (
                best is None or floor.preference(agent, item, now) < floor.preference(best, item, now)
            ):
                best = agent
    return best


def _best_in(floor: Floor, pool: Pool, item: Waiting, now: Millis) -> AgentState | None:
    if item.queue.config.selection is _LONGEST_IDLE:
        for agent in pool:
            if not agent.excluded or item.id not in agent.excluded:
                return agent
        return None
    allowed = [agent for agent in pool if item.id not in agent.excluded]
    return min(allowed, key=lambda agent: floor.preference(agent, item, now), default=None)


def find_call(floor: Floor, agent: AgentState, now: Millis) -> Waiting | None:
    """Return what `agent` takes next: the first band in which something waits, there the smallest score."""
    crew = agent.crew
    free = 100 - agent.used
    reserves = crew.group.reserves
    best: Waiting | None = None
    best_lane: Lane | None = None
    for lane in crew.lanes:
        if not lane.size:
            continue
        if best_lane is not None and lane.rank > best_lane.rank:
            break
        if lane.cost > free or (reserves and reserved(crew, lane)):
            continue
        item = lane.first_for(agent)
        if item is None:
            continue
        if best is None or best_lane is None or _before(floor, lane, item, best_lane, best, now):
            best, best_lane = item, lane
    if agent.personal:
        best = _or_personal(floor, agent, best, now)
    if best is not None and not best.queue.ordering.monotone:
        return _of_first_of_each(floor, agent, now)
    return best


def _of_first_of_each(floor: Floor, agent: AgentState, now: Millis) -> Waiting | None:
    """Return what `agent` takes next under a score that falls and rises with age: the first of each tier compete.

    Calls of one queue and tier can stand in several lanes; the younger must not overtake by being less late.
    """
    free = [(lane, lane.first_for(agent)) for lane in agent.crew.lanes if lane.size]
    free += [(floor.lane_of(item), item) for item in agent.personal]
    first: dict[tuple[str, str, int], tuple[Lane, Waiting]] = {}
    for lane, item in free:
        if item is None or not eligible(floor, item, agent):
            continue
        key = (lane.queue.name, lane.tier.name, lane.rank)
        if key not in first or (item.turn, item.serial) < (first[key][1].turn, first[key][1].serial):
            first[key] = (lane, item)
    ranked = [((lane.rank, *floor.score(lane, i, now), i.turn, i.serial), i) for lane, i in first.values()]
    return min(ranked, key=lambda entry: entry[0])[1] if ranked else None


def _before(floor: Floor, lane: Lane, item: Waiting, other_lane: Lane, other: Waiting, now: Millis) -> bool:
    """Tell whether `item` goes before `other` of the same band."""
    return (*floor.score(lane, item, now), item.turn, item.serial) < (
        *floor.score(other_lane, other, now),
        other.turn,
        other.serial,
    )


def _or_personal(floor: Floor, agent: AgentState, best: Waiting | None, now: Millis) -> Waiting | None:
    """Compare `best` with the calls held for this agent."""
    best_lane = best.lane if best is not None else None
    for item in agent.personal:
        if not eligible(floor, item, agent):
            continue
        lane = floor.lane_of(item)
        if (
            best is None
            or best_lane is None
            or lane.rank < best_lane.rank
            or (lane.rank == best_lane.rank and _before(floor, lane, item, best_lane, best, now))
        ):
            best, best_lane = item, lane
    return best


def place(floor: Floor, item: Waiting, now: Millis) -> bool:
    """Offer `item`, which stands nowhere, to an agent now; return False if there is none."""
    agent = find_agent(floor, item, floor.lane_of(item), now)
    if agent is None:
        return False
    offer(floor, item, agent, now)
    return True


def try_again(floor: Floor, item: Waiting, now: Millis) -> None:
    """Offer `item`, which waits and may have become eligible for someone, if an agent is free for it."""
    if item.lane is None and not item.held:
        return
    agent = find_agent(floor, item, floor.lane_of(item), now)
    if agent is not None:
        call_facts.leave_line(floor, item)
        offer(floor, item, agent, now)


def give_work(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Offer an agent who has become free what they take next, if anything waits for them."""
    while agent.pool is not None:
        item = find_call(floor, agent, now)
        if item is None:
            if agent.crew.group.reserves and not agent.used:
                _open_to_mates(floor, agent, now)
            return
        taker = agent
        if agent.crew.group.reserves:
            # One more idle agent can open a reserve, and then another may have been idle for longer.
            taker = find_agent(floor, item, floor.lane_of(item), now) or agent
        call_facts.leave_line(floor, item)
        offer(floor, item, taker, now)


def seat_or_work(floor: Floor, agent: AgentState, now: Millis) -> None:
    """Offer an agent whose hands got free what is next, or let them stand among the free."""
    if agent.pool is None and not agent.crew.group.reserves and can_be_offered(agent):
        # The common case in a busy hour: from call to call, without a seat in between.
        item = find_call(floor, agent, now)
        if item is None:
            take_seat(floor, agent)
            return
        call_facts.leave_line(floor, item)
        offer(floor, item, agent, now)
    else:
        take_seat(floor, agent)
    give_work(floor, agent, now)


def _open_to_mates(floor: Floor, agent: AgentState, now: Millis) -> None:
    """One more idle agent can open a reserve to calls that only others of the group can take."""
    mates = [
        mate
        for crew in floor.crews.values()
        if crew.group is agent.crew.group
        for pool in crew.pools.values()
        for mate in pool
        if mate is not agent
    ]
    for mate in sorted(mates, key=lambda mate: mate.idle_serial):
        item = find_call(floor, mate, now) if mate.pool is not None else None
        if item is not None:
            taker = find_agent(floor, item, floor.lane_of(item), now) or mate
            call_facts.leave_line(floor, item)
            offer(floor, item, taker, now)


def offer(floor: Floor, item: Waiting, agent: AgentState, now: Millis) -> None:
    """Ring the agent, or connect at once where the headset opens by itself."""
    group = agent.crew.group.config
    if isinstance(item, Call):
        if group.auto_answer:
            call_facts.answered_at_once(floor, item, agent, now)
            if agent.used < 100:
                take_seat(floor, agent)  # room for one more
        else:
            timeout = group.offer_timeout or item.queue.config.offer_timeout
            call_facts.offered(floor, item, agent, now, Millis(now + timeout))
        return
    assert isinstance(item, Task)
    if group.auto_answer or item.queue.config.callbacks.customer_first:
        task_facts.attempted(floor, item, agent, now)
    else:
        timeout = group.offer_timeout or item.queue.config.offer_timeout
        task_facts.offered(floor, item, agent, now, Millis(now + timeout))


def withdraw_offer(floor: Floor, item: Waiting, end: OfferEnd, now: Millis) -> AgentState | None:
    """End the live offer of a call or task, if there is one, and return the agent it rang."""
    if item.offer is None:
        return None
    agent = item.offer.agent
    call_facts.offer_ended(floor, item.offer, end, now)
    return agent
