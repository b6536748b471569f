"""Who goes before a waiting call: `routing.state.ahead`."""

from sim.compiled import layout as at
from sim.compiled.jit import Memory, compiled
from sim.compiled.lanes import has_turn_before, is_alike
from sim.compiled.scores import goes_before, score


@compiled
def position(m: Memory, item: int, mine: int, now: int) -> int:
    """`ahead.position`, `ahead.competing`."""
    crews, ahead = m[mine + at.LANE_CREWS], 0
    m[mine + at.MARK] = 0
    turning = False
    for n in range(m[mine + at.LANE_CREWS_N]):
        group = m[crews + n]
        for k in range(m[group + at.GROUP_LANES_N]):
            lane = m[m[group + at.GROUP_LANES] + k]
            m[lane + at.MARK] = 0
            if lane != mine and m[lane + at.RANK] == m[mine + at.RANK] and m[lane + at.SIZE]:
                turning = turning or _turns(m, lane) or _turns(m, mine)
    highest_lane, highest = mine, item
    if turning:
        highest_lane, highest = _highest(m, item, mine, now)
    for n in range(m[mine + at.LANE_CREWS_N]):
        group = m[crews + n]
        for k in range(m[group + at.GROUP_LANES_N]):
            lane = m[m[group + at.GROUP_LANES] + k]
            if not m[lane + at.MARK]:
                m[lane + at.MARK] = 1
                if turning and m[lane + at.RANK] == m[mine + at.RANK]:
                    ahead += _ahead_up_to(m, lane, mine, item, highest_lane, highest, now)
                else:
                    ahead += _ahead_in(m, lane, mine, item, now)
    if not m[mine + at.MARK]:
        ahead += _ahead_in(m, mine, mine, item, now)
    return ahead


@compiled
def _turns(m: Memory, lane: int) -> bool:
    """Tell whether scores of the lane's queue rise and fall with age: `policies.ordering_of`."""
    return m[m[lane + at.LANE_QUEUE] + at.POLICY] == at.SLACK


@compiled
def _ahead_in(m: Memory, lane: int, mine: int, item: int, now: int) -> int:
    """`ahead._ahead_in`: count those of a lane that go before `item`."""
    if m[lane + at.RANK] < m[mine + at.RANK]:
        return m[lane + at.SIZE]
    ahead = 0
    if lane == mine:
        other = m[item + at.PREV] if m[item + at.LANE] else m[lane + at.LAST]
        while other:
            if m[item + at.LANE] or has_turn_before(m, other, item):
                ahead += 1
            other = m[other + at.PREV]
    elif m[lane + at.RANK] == m[mine + at.RANK]:
        a, b = score(m, mine, m[item + at.TURN], now)
        other = m[lane + at.FIRST]
        while other:
            c, d = score(m, lane, m[other + at.TURN], now)
            if c > a or (c == a and d > b):
                break
            if c == a and d == b and not has_turn_before(m, other, item):
                break
            ahead += 1
            other = m[other + at.NEXT]
    return ahead


@compiled
def _highest(m: Memory, item: int, mine: int, now: int) -> tuple[int, int]:
    """`ahead._highest_before`: lane and item of the highest key up to `item` in its own queue and tier."""
    highest_lane, highest = mine, item
    crews = m[mine + at.LANE_CREWS]
    for n in range(m[mine + at.LANE_CREWS_N]):
        group = m[crews + n]
        for k in range(m[group + at.GROUP_LANES_N]):
            lane = m[m[group + at.GROUP_LANES] + k]
            if is_alike(m, lane, mine):
                other = m[lane + at.FIRST]
                while other and has_turn_before(m, other, item):
                    if goes_before(m, highest_lane, highest, lane, other, now):
                        highest_lane, highest = lane, other
                    other = m[other + at.NEXT]
    return highest_lane, highest


@compiled
def _ahead_up_to(m: Memory, lane: int, mine: int, item: int, highest_lane: int, highest: int, now: int) -> int:
    """`ahead._position_among_the_first`: count those of a lane that go before the highest of `item`'s own."""
    stop = item if is_alike(m, lane, mine) else _first_from(m, lane, mine, highest_lane, highest, now)
    ahead, other = 0, m[lane + at.FIRST]
    while other and (not stop or has_turn_before(m, other, stop)):
        ahead += 1
        other = m[other + at.NEXT]
    return ahead


@compiled
def _first_from(m: Memory, lane: int, mine: int, highest_lane: int, highest: int, now: int) -> int:
    """`ahead._first_from`: whose turn is first among those alike who do not go before the highest, or nobody."""
    crews, found = m[mine + at.LANE_CREWS], 0
    for n in range(m[mine + at.LANE_CREWS_N]):
        group = m[crews + n]
        for k in range(m[group + at.GROUP_LANES_N]):
            other_lane = m[m[group + at.GROUP_LANES] + k]
            if is_alike(m, lane, other_lane):
                other = m[other_lane + at.FIRST]
                while other and goes_before(m, other_lane, other, highest_lane, highest, now):
                    other = m[other + at.NEXT]
                if other and (not found or has_turn_before(m, other, found)):
                    found = other
    return found
