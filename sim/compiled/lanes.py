"""Who waits, in which order: `routing.state.line` and the lanes of `routing.state.floor`, as chains."""

from sim.compiled import layout as at
from sim.compiled.chains import put_behind, take_out
from sim.compiled.heaps import allocate
from sim.compiled.jit import Memory, apart, compiled

BEHIND_ALL_CALLS = 1_000_000
BEHIND_DUE_PROMISES = BEHIND_ALL_CALLS + BEHIND_ALL_CALLS // 2
BEHIND_ALL_PROMISES = 2 * BEHIND_ALL_CALLS


@compiled
def covers(m: Memory, group: int, needs: int) -> bool:
    """Tell whether a group has these needs (`skills.covers`, from a table)."""
    return m[m[at.COVERS] + m[group + at.GROUP_INDEX] * m[at.NEEDS_N] + needs] != 0


@compiled
def behind(m: Memory, item: int) -> int:
    """`Floor.behind` and `floor.behind_calls`."""
    if m[item + at.KIND] == at.TASK and not m[item + at.RISEN] and m[item + at.VIRTUAL_START] == at.NONE:
        return BEHIND_ALL_CALLS
    if m[at.LAST_BAND] != at.NONE and m[item + at.BAND] >= m[at.LAST_BAND]:
        return BEHIND_DUE_PROMISES
    return 0


@compiled
def in_background(m: Memory, task: int) -> bool:
    """`floor.in_background`, of a callback."""
    return not m[task + at.RISEN] and m[task + at.VIRTUAL_START] == at.NONE


@compiled
def lane_of(m: Memory, item: int) -> int:
    """`Floor.lane_of`."""
    queue, tier = m[item + at.QUEUE], m[item + at.TIER]
    ordinary = 0
    if (
        m[item + at.NEEDS] == m[queue + at.QUEUE_NEEDS]
        and m[item + at.COST] == 100
        and not m[item + at.WAITED]
        and m[item + at.KIND] == at.CALL
        and m[item + at.BAND] == m[tier + at.TIER_BAND]
    ):
        ordinary = m[queue + at.ORDINARY] + m[tier + at.TIER_INDEX]
        if m[ordinary]:
            return m[ordinary]
    group = m[queue + at.CB_GROUP] if m[item + at.KIND] == at.TASK else 0
    lane = _lane(
        m, queue, tier, m[item + at.BAND], m[item + at.NEEDS], m[item + at.COST], m[item + at.WAITED], behind(m, item),
        group,
    )  # fmt: skip
    if ordinary:
        m[ordinary] = lane
    return lane


@apart
def _lane(
    m: Memory, queue: int, tier: int, band: int, needs: int, cost: int, waited: int, behind: int, group: int
) -> int:
    """`Floor.lane`."""
    lane = m[queue + at.LANES]
    while lane:
        if (
            m[lane + at.LANE_TIER] == tier
            and m[lane + at.LANE_BAND] == band
            and m[lane + at.LANE_NEEDS] == needs
            and m[lane + at.LANE_COST] == cost
            and m[lane + at.LANE_WAITED] == waited
            and m[lane + at.BEHIND] == behind
            and m[lane + at.LANE_GROUP] == group
        ):
            return lane
        lane = m[lane + at.NEXT_LANE]
    lane = allocate(m, at.LANE_SIZE)
    m[lane + at.LANE_QUEUE], m[lane + at.LANE_TIER], m[lane + at.LANE_BAND] = queue, tier, band
    m[lane + at.RANK] = band + behind
    m[lane + at.LIVES] = 1 if behind in (0, BEHIND_DUE_PROMISES) else 0
    m[lane + at.LANE_NEEDS], m[lane + at.LANE_COST], m[lane + at.LANE_WAITED] = needs, cost, waited
    m[lane + at.BEHIND], m[lane + at.LANE_GROUP] = behind, group
    m[lane + at.LIMIT] = longest_wait(m, queue, tier)
    if m[queue + at.LANES]:
        m[m[queue + at.LAST_LANE] + at.NEXT_LANE] = lane
    else:
        m[queue + at.LANES] = lane
    m[queue + at.LAST_LANE] = lane
    _join(m, lane)
    return lane


@compiled
def longest_wait(m: Memory, queue: int, tier: int) -> int:
    """`entering.longest_wait`: how long a call may wait, or NONE."""
    mine, theirs = m[queue + at.MAX_WAIT], m[tier + at.TIER_MAX_WAIT]
    if at.NONE in (mine, theirs):
        return max(mine, theirs)
    return min(mine, theirs)


@compiled
def can_take(m: Memory, group: int, lane: int) -> bool:
    """`Crew.can_take`."""
    if m[lane + at.LANE_GROUP]:
        if m[lane + at.LANE_GROUP] == group:
            return True
        if not m[lane + at.LIVES]:
            return False
    return covers(m, group, m[lane + at.LANE_NEEDS])


@compiled
def _join(m: Memory, lane: int) -> None:
    """`Floor._join`, for all crews: each lane by rank in its crews' lists, its crews by breadth, then by serial."""
    crews = allocate(m, m[at.GROUPS_N])
    m[lane + at.LANE_CREWS] = crews
    for n in range(m[at.GROUPS_N]):
        group = m[at.GROUPS] + n * at.GROUP_SIZE
        if not can_take(m, group, lane):
            continue
        place = m[lane + at.LANE_CREWS_N]
        m[lane + at.LANE_CREWS_N] = place + 1
        while place > 0 and m[m[crews + place - 1] + at.BREADTH] > m[group + at.BREADTH]:
            m[crews + place] = m[crews + place - 1]
            place -= 1
        m[crews + place] = group
        if m[group + at.GROUP_LANES_N] == m[group + at.GROUP_LANES_CAP]:
            more = allocate(m, 2 * m[group + at.GROUP_LANES_CAP])
            for k in range(m[group + at.GROUP_LANES_N]):
                m[more + k] = m[m[group + at.GROUP_LANES] + k]
            m[group + at.GROUP_LANES] = more
            m[group + at.GROUP_LANES_CAP] *= 2
        lanes, place = m[group + at.GROUP_LANES], m[group + at.GROUP_LANES_N]
        m[group + at.GROUP_LANES_N] = place + 1
        while place > 0 and m[m[lanes + place - 1] + at.RANK] > m[lane + at.RANK]:
            m[lanes + place] = m[lanes + place - 1]
            place -= 1
        m[lanes + place] = lane


# --- standing in line


@compiled
def has_turn_before(m: Memory, item: int, other: int) -> bool:
    """Tell whether `item` has its turn before `other` of the same lane."""
    if m[item + at.TURN] != m[other + at.TURN]:
        return m[item + at.TURN] < m[other + at.TURN]
    return m[item + at.ITEM_SERIAL] < m[other + at.ITEM_SERIAL]


@compiled
def is_alike(m: Memory, lane: int, other: int) -> bool:
    """Tell whether two lanes are of one queue, tier and rank."""
    return (
        m[lane + at.LANE_QUEUE] == m[other + at.LANE_QUEUE]
        and m[lane + at.LANE_TIER] == m[other + at.LANE_TIER]
        and m[lane + at.RANK] == m[other + at.RANK]
    )


@compiled
def stand_in_line(m: Memory, item: int, lane: int) -> None:
    """`facts.calls.stand_in_line` and `Lane.add`: by its own turn, looked for from the nearer end."""
    m[item + at.LANE] = lane
    first, last = m[lane + at.FIRST], m[lane + at.LAST]
    before = last
    if last and has_turn_before(m, item, last):
        if 2 * m[item + at.TURN] < m[first + at.TURN] + m[last + at.TURN]:
            before, after = 0, first
            while after and has_turn_before(m, after, item):
                before, after = after, m[after + at.NEXT]
        else:
            while before and has_turn_before(m, item, before):
                before = m[before + at.PREV]
    put_behind(m, item, before, at.PREV, at.NEXT, lane + at.FIRST, lane + at.LAST)
    m[lane + at.SIZE] += 1
    if m[item + at.KIND] == at.CALL:
        m[m[lane + at.LANE_QUEUE] + at.WAITING] += 1
    m[item + at.STOOD] = 1


@compiled
def leave_line(m: Memory, item: int) -> None:
    """`facts.calls.leave_line`, where nobody is held for an agent."""
    lane = m[item + at.LANE]
    if not lane:
        return
    take_out(m, item, at.PREV, at.NEXT, lane + at.FIRST, lane + at.LAST)
    m[lane + at.SIZE] -= 1
    m[item + at.LANE] = m[item + at.PREV] = m[item + at.NEXT] = 0
    if m[item + at.KIND] == at.CALL:
        m[m[item + at.QUEUE] + at.WAITING] -= 1


@compiled
def is_excluded(m: Memory, agent: int, item: int) -> bool:
    """Tell whether the agent missed this contact lately."""
    node, serial = m[agent + at.EXCLUDED], m[item + at.ITEM_SERIAL]
    while node:
        if m[node + 1] == serial:
            return True
        node = m[node]
    return False


@compiled
def first_for(m: Memory, lane: int, agent: int) -> int:
    """`Lane.first_for`: the first that the agent is not excluded from, or 0."""
    item = m[lane + at.FIRST]
    if m[agent + at.EXCLUDED]:
        while item and is_excluded(m, agent, item):
            item = m[item + at.NEXT]
    return item
