"""Who goes before a waiting call: `routing.state.ahead`."""

from sim.compiled import layout as at
from sim.compiled.jit import Memory, compiled
from sim.compiled.lanes import has_turn_before, is_alike
from sim.compiled.scores import goes_before, score


@compiled
def competing(m: Memory, mine: int) -> int:
    """`ahead.competing`: return the first of the lanes; each tells the `following`, until they are `let_go`."""
    crews, first, last = m[mine + at.LANE_CREWS], 0, 0
    for n in range(m[mine + at.LANE_CREWS_N] + 1):
        at_last = n == m[mine + at.LANE_CREWS_N]  # itself, in case no crew has it
        group = 0 if at_last else m[crews + n]
        for k in range(1 if at_last else m[group + at.GROUP_LANES_N]):
            lane = mine if at_last else m[m[group + at.GROUP_LANES] + k]
            if not m[lane + at.COMPETES]:
                if last:
                    m[last + at.COMPETES] = lane
                else:
                    first = lane
                m[lane + at.COMPETES] = last = lane
    return first


@compiled
def following(m: Memory, lane: int) -> int:
    """Return the competing lane after this one, or 0: the last one tells itself."""
    return m[lane + at.COMPETES] if m[lane + at.COMPETES] != lane else 0


@compiled
def let_go(m: Memory, first: int) -> None:
    """Forget which lanes compete."""
    lane = first
    while lane:
        after = following(m, lane)
        m[lane + at.COMPETES] = 0
        lane = after


@compiled
def position(m: Memory, item: int, mine: int, now: int) -> int:
    """`ahead.position`."""
    first, turning = competing(m, mine), False
    lane = first
    while lane:
        if lane != mine and m[lane + at.RANK] == m[mine + at.RANK] and m[lane + at.SIZE]:
            turning = turning or _turns(m, lane) or _turns(m, mine)
        lane = following(m, lane)
    highest_lane, highest = mine, item
    if turning:
        highest_lane, highest = _highest(m, item, mine, first, now)
    lane, ahead = first, 0
    while lane:
        if turning and m[lane + at.RANK] == m[mine + at.RANK]:
            ahead += _ahead_up_to(m, lane, mine, item, first, highest_lane, highest, now)
        else:
            ahead += _ahead_in(m, lane, mine, item, now)
        lane = following(m, lane)
    let_go(m, first)
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
def _highest(m: Memory, item: int, mine: int, first: int, now: int) -> tuple[int, int]:
    """`ahead._highest_before`: lane and item of the highest key up to `item` in its own queue and tier."""
    highest_lane, highest, lane = mine, item, first
    while lane:
        if is_alike(m, lane, mine):
            other = m[lane + at.FIRST]
            while other and has_turn_before(m, other, item):
                if goes_before(m, highest_lane, highest, lane, other, now):
                    highest_lane, highest = lane, other
                other = m[other + at.NEXT]
        lane = following(m, lane)
    return highest_lane, highest


@compiled
def _ahead_up_to(
    m: Memory, lane: int, mine: int, item: int, first: int, highest_lane: int, highest: int, now: int
) -> int:
    """`ahead._position_among_the_first`: count those of a lane that go before the highest of `item`'s own."""
    stop = item if is_alike(m, lane, mine) else _first_from(m, lane, first, highest_lane, highest, now)
    ahead, other = 0, m[lane + at.FIRST]
    while other and (not stop or has_turn_before(m, other, stop)):
        ahead += 1
        other = m[other + at.NEXT]
    return ahead


@compiled
def _first_from(m: Memory, lane: int, first: int, highest_lane: int, highest: int, now: int) -> int:
    """`ahead._first_from`: whose turn is first among those alike who do not go before the highest, or nobody."""
    found, other_lane = 0, first
    while other_lane:
        if is_alike(m, lane, other_lane):
            other = m[other_lane + at.FIRST]
            while other and goes_before(m, other_lane, other, highest_lane, highest, now):
                other = m[other + at.NEXT]
            if other and (not found or has_turn_before(m, other, found)):
                found = other
        other_lane = following(m, other_lane)
    return found
