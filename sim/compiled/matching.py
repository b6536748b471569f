"""Pairs waiting contacts with agents: `routing.decide.matching`, where nobody is held for a preferred agent."""

from sim.compiled import layout as at
from sim.compiled.calls import answered_at_once, offered
from sim.compiled.jit import Memory, compiled
from sim.compiled.lanes import (
    BEHIND_ALL_PROMISES,
    can_take,
    first_for,
    has_turn_before,
    in_background,
    is_alike,
    is_excluded,
    lane_of,
    leave_line,
)
from sim.compiled.scores import goes_before, is_preferred
from sim.compiled.seats import can_be_offered, pool_of, take_seat
from sim.compiled.task_facts import attempted

__all__ = ["find_agent", "find_call", "give_work", "offer", "place", "seat_or_work", "try_again"]


@compiled
def reserved(m: Memory, group: int, lane: int) -> bool:
    """`matching.reserved`."""
    for n in range(m[group + at.RESERVES_N]):
        reserve = m[group + at.RESERVES] + n * at.RESERVE_SIZE
        until = m[reserve + at.RESERVE_UNTIL]
        if m[reserve + at.RESERVE_OUTREACH]:
            concerned = m[lane + at.RANK] >= BEHIND_ALL_PROMISES
        else:
            concerned = m[lane + at.LANE_BAND] > m[reserve + at.RESERVE_BAND]
        if (
            concerned
            and m[group + at.IDLE] <= m[reserve + at.RESERVE_KEEP]
            and not (until != at.NONE and m[lane + at.LANE_WAITED] >= until)
        ):
            return True
    return False


@compiled
def find_agent(m: Memory, item: int, lane: int) -> int:
    """`matching.find_agent`."""
    best, breadth, now = 0, 0, m[at.NOW]
    whole, spare = m[item + at.COST] == 100, m[m[item + at.QUEUE] + at.KEEP_GENERALISTS]
    crews = m[lane + at.LANE_CREWS]
    for n in range(m[lane + at.LANE_CREWS_N]):
        group = m[crews + n]
        if best and m[group + at.BREADTH] > breadth and spare:
            break
        if whole and not m[m[group + at.POOLS] + at.POOL_HEAD]:
            continue
        if m[group + at.RESERVES_N] and reserved(m, group, lane):
            continue
        agent = _best_in(m, m[group + at.POOLS], item) if whole else _best_of(m, group, item)
        if agent and (not best or is_preferred(m, agent, best, item, now)):
            best, breadth = agent, m[group + at.BREADTH]
    return best


@compiled
def _best_of(m: Memory, group: int, item: int) -> int:
    """`matching._best_of`."""
    best, fits = 0, 100 - m[item + at.COST]
    for n in range(m[group + at.POOLS_N]):
        used = m[m[group + at.POOL_SHARES] + n]
        if used <= fits:
            agent = _best_in(m, pool_of(m, group, used), item)
            if agent and (not best or is_preferred(m, agent, best, item, m[at.NOW])):
                best = agent
    return best


@compiled
def _best_in(m: Memory, pool: int, item: int) -> int:
    """`matching._best_in`."""
    longest_idle = m[m[item + at.QUEUE] + at.SELECTION] == at.LONGEST_IDLE
    best, agent = 0, m[pool + at.POOL_HEAD]
    while agent:
        if not m[agent + at.EXCLUDED] or not is_excluded(m, agent, item):
            if longest_idle:
                return agent
            if not best or is_preferred(m, agent, best, item, m[at.NOW]):
                best = agent
        agent = m[agent + at.POOL_NEXT]
    return best


@compiled
def find_call(m: Memory, agent: int) -> int:
    """`matching.find_call`."""
    group, now = m[agent + at.GROUP], m[at.NOW]
    free, reserves = 100 - m[agent + at.USED], m[group + at.RESERVES_N]
    best, best_lane = 0, 0
    lanes = m[group + at.GROUP_LANES]
    for n in range(m[group + at.GROUP_LANES_N]):
        lane = m[lanes + n]
        if not m[lane + at.SIZE]:
            continue
        if best and m[lane + at.RANK] > m[best_lane + at.RANK]:
            break
        if m[lane + at.LANE_COST] > free or (reserves and reserved(m, group, lane)):
            continue
        item = first_for(m, lane, agent)
        if item and (not best or goes_before(m, lane, item, best_lane, best, now)):
            best, best_lane = item, lane
    if best and m[m[best + at.QUEUE] + at.POLICY] == at.SLACK:
        return _by_slack(m, agent)
    return best


@compiled
def _eligible(m: Memory, lane: int, item: int, agent: int) -> bool:
    """`matching.eligible`, of the first that stands in a lane of the agent's crew."""
    if not can_be_offered(m, agent) or m[agent + at.USED] + m[item + at.COST] > 100:
        return False
    group = m[agent + at.GROUP]
    if not can_take(m, group, lane) or reserved(m, group, lane):
        return False
    if m[item + at.KIND] == at.TASK and in_background(m, item):
        return not _any_live_call_for(m, agent, m[lane + at.RANK])
    return True


@compiled
def _any_live_call_for(m: Memory, agent: int, rank: int) -> bool:
    """`matching.any_live_call_for`."""
    group = m[agent + at.GROUP]
    for n in range(m[group + at.GROUP_LANES_N]):
        lane = m[m[group + at.GROUP_LANES] + n]
        if (
            m[lane + at.LIVES]
            and m[lane + at.RANK] < rank
            and m[lane + at.SIZE]
            and m[lane + at.LANE_COST] <= 100 - m[agent + at.USED]
            and not reserved(m, group, lane)
            and first_for(m, lane, agent)
        ):
            return True
    return False


@compiled
def _by_slack(m: Memory, agent: int) -> int:
    """`matching._of_first_of_each`: the first of each queue, tier and rank compete."""
    group, now = m[agent + at.GROUP], m[at.NOW]
    lanes, count = m[group + at.GROUP_LANES], m[group + at.GROUP_LANES_N]
    best, best_lane = 0, 0
    for n in range(count):
        lane = m[lanes + n]
        if not m[lane + at.SIZE]:
            continue
        item = first_for(m, lane, agent)
        if not item or not _eligible(m, lane, item, agent) or not _is_first_of_kind(m, lane, item, agent):
            continue
        if (
            not best
            or m[lane + at.RANK] < m[best_lane + at.RANK]
            or (m[lane + at.RANK] == m[best_lane + at.RANK] and goes_before(m, lane, item, best_lane, best, now))
        ):
            best, best_lane = item, lane
    return best


@compiled
def _is_first_of_kind(m: Memory, lane: int, item: int, agent: int) -> bool:
    """Tell whether no other lane of the same queue, tier and rank has somebody for the agent with an earlier turn."""
    group = m[agent + at.GROUP]
    for n in range(m[group + at.GROUP_LANES_N]):
        other_lane = m[m[group + at.GROUP_LANES] + n]
        if other_lane == lane or not m[other_lane + at.SIZE] or not is_alike(m, other_lane, lane):
            continue
        other = first_for(m, other_lane, agent)
        if not other or not _eligible(m, other_lane, other, agent):
            continue
        if has_turn_before(m, other, item):
            return False
    return True


@compiled
def place(m: Memory, item: int) -> bool:
    """`matching.place`."""
    agent = find_agent(m, item, lane_of(m, item))
    if not agent:
        return False
    offer(m, item, agent)
    return True


@compiled
def try_again(m: Memory, item: int) -> None:
    """`matching.try_again`."""
    if not m[item + at.LANE]:
        return
    agent = find_agent(m, item, m[item + at.LANE])
    if agent:
        leave_line(m, item)
        offer(m, item, agent)


@compiled
def _offer_from_line(m: Memory, item: int, finder: int) -> None:
    """Offer what `finder` was to take, to whom it belongs: in a group with reserves that may be another."""
    taker = finder
    if m[m[finder + at.GROUP] + at.RESERVES_N]:
        found = find_agent(m, item, m[item + at.LANE])
        taker = found if found else finder
    leave_line(m, item)
    offer(m, item, taker)


@compiled
def give_work(m: Memory, agent: int) -> None:
    """`matching.give_work`."""
    while m[agent + at.POOL]:
        item = find_call(m, agent)
        if not item:
            if m[m[agent + at.GROUP] + at.RESERVES_N] and not m[agent + at.USED]:
                _open_to_mates(m, agent)
            return
        _offer_from_line(m, item, agent)


@compiled
def seat_or_work(m: Memory, agent: int) -> None:
    """`matching.seat_or_work`."""
    if not m[agent + at.POOL] and not m[m[agent + at.GROUP] + at.RESERVES_N] and can_be_offered(m, agent):
        item = find_call(m, agent)
        if not item:
            take_seat(m, agent)
            return
        leave_line(m, item)
        offer(m, item, agent)
    else:
        take_seat(m, agent)
    give_work(m, agent)


@compiled
def _open_to_mates(m: Memory, agent: int) -> None:
    """`matching._open_to_mates`: those who stand free, longest idle first."""
    group, scratch, count = m[agent + at.GROUP], m[at.SCRATCH], 0
    for n in range(m[group + at.POOLS_N]):
        mate = m[pool_of(m, group, m[m[group + at.POOL_SHARES] + n]) + at.POOL_HEAD]
        while mate:
            if mate != agent:
                place = count
                while place > 0 and m[m[scratch + place - 1] + at.IDLE_SERIAL] > m[mate + at.IDLE_SERIAL]:
                    m[scratch + place] = m[scratch + place - 1]
                    place -= 1
                m[scratch + place] = mate
                count += 1
            mate = m[mate + at.POOL_NEXT]
    for n in range(count):
        mate = m[scratch + n]
        if m[mate + at.POOL]:
            item = find_call(m, mate)
            if item:
                _offer_from_line(m, item, mate)


@compiled
def offer(m: Memory, item: int, agent: int) -> None:
    """`matching.offer`."""
    group, queue = m[agent + at.GROUP], m[item + at.QUEUE]
    timeout = m[group + at.GROUP_TIMEOUT] if m[group + at.GROUP_TIMEOUT] else m[queue + at.QUEUE_TIMEOUT]
    if m[item + at.KIND] == at.CALL:
        if m[group + at.AUTO_ANSWER]:
            answered_at_once(m, item, agent)
            if m[agent + at.USED] < 100:
                take_seat(m, agent)
        else:
            offered(m, item, agent, m[at.NOW] + timeout)
    elif m[group + at.AUTO_ANSWER] or m[queue + at.CB_CUSTOMER_FIRST]:
        attempted(m, item, agent)
    else:
        offered(m, item, agent, m[at.NOW] + timeout)
