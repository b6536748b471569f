"""A day lived stretch by stretch: taken up as it was left, with any number of agents, and left again.

What is kept of a day is packed: its length, the memory below its top without agents nobody has been, the moments, the
deadlines, who rings again, and who has lost a place or waits to be called back.
"""

from sim.compiled import layout as at
from sim.compiled.calls import PLACE_SIZE
from sim.compiled.chance import memory_at
from sim.compiled.folds import ANSWERED, COUNTS_SIZE, OPEN, count
from sim.compiled.heaps import put
from sim.compiled.jit import Memory, compiled
from sim.compiled.walk import LIVE, walk

(
    S_DAYS, S_MEMORY, S_FROM, S_FROM_AT, S_TO, S_TO_AT, S_TO_MOST, S_CELLS, S_ROWS, S_PEOPLE, S_FIRST, S_AWAY,
    S_BEGIN, S_END, S_LAST, S_GROUPS, S_HEADS, S_FOLLOWING, S_BASES, S_LIMITS, S_GROUPS_AT, S_PACES,
    S_ROOM, S_ROOM_N, S_PEOPLE_CAPS, S_SIZE, *_,
) = range(30)  # fmt: skip
"""What `play` is told; addresses of arrays, and numbers.

Days; the memory to live in; packed days and where each begins (before, after; at most so many words after); counts,
day x row x `COUNTS`; rows of a day; by day: table of people, first attempts, who is away; the stretch, and until when
calls are followed; groups; by group: agents wanted, agents wanted in what follows, their first; limits of
`folds.count`; by group, where it stands; by day and agent, their pace; the room there is to live in, as pairs of where
that is said in a day's memory and what; by day, how many rows its table of people may have.
"""
FOR_EVER = 400 * 86_400_000
NO_ROOM = -1
CRAMPED = -2


@compiled
def play(s: Memory, nothing: Memory, what: int, until: int, most: int) -> int:
    """Live through a stretch on every day.

    Returns:
        0; or the number of the day (from 1) that could not be told; or `NO_ROOM`: the days after it are too long; or
        `CRAMPED` less the number of the day (from 0) that has more going on than there is room for.
    """
    m, source, to = memory_at(s[S_MEMORY]), memory_at(s[S_FROM]), memory_at(s[S_TO])
    source_at, to_at = memory_at(s[S_FROM_AT]), memory_at(s[S_TO_AT])
    cells, tables, first = memory_at(s[S_CELLS]), memory_at(s[S_PEOPLE]), memory_at(s[S_FIRST])
    heads, following = memory_at(s[S_HEADS]), memory_at(s[S_FOLLOWING])
    bases, caps = memory_at(s[S_BASES]), memory_at(s[S_PEOPLE_CAPS])
    agents = bases[s[S_GROUPS]]
    place = 0
    for d in range(s[S_DAYS]):
        people = memory_at(tables[d])
        _unpack(m, s, people, source, source_at[d], first[d])
        m[at.PEOPLE_CAP] = caps[d]
        m[at.ROWS_N] = m[at.SPANS_N] = m[at.WRAPS_N] = 0
        _roster(m, s, heads, d * agents)
        why = walk(m, people, LIVE, s[S_END], at.NEVER)
        if why != at.DONE:
            return CRAMPED - d if why == at.GROW else d + 1
        to_at[d] = place
        if place + m[at.TOP] + 4 * m[at.MOMENTS_N] + 3 * m[at.DEADLINES_N] > s[S_TO_MOST]:
            return NO_ROOM
        place = _pack(m, people, to, place, first[d])
        if _is_undecided(m, s[S_BEGIN]):
            _roster(m, s, following, d * agents)
            why = walk(m, people, LIVE, s[S_LAST], at.NEVER)
            if why != at.DONE:
                return CRAMPED - d if why == at.GROW else d + 1
        _tally(m, s, cells, d * s[S_ROWS])
        _clear_places(m)
    to_at[s[S_DAYS]] = place
    return 0


# --- packed days


@compiled
def _unpack(m: Memory, s: Memory, people: Memory, source: Memory, begin: int, first: int) -> None:
    """Take a day up as it was left, in the room that there is now."""
    used, top, agents = source[begin], source[begin + 1], source[begin + 2]
    moments, deadlines, again, places = source[begin + 3], source[begin + 4], source[begin + 5], source[begin + 6]
    for n in range(top, m[at.TOP]):
        m[n] = 0  # what the day before has left: new records are taken to be all zeros
    place = begin + 7
    for n in range(used):
        m[n] = source[place + n]
    place += used
    room = memory_at(s[S_ROOM])
    for n in range(s[S_ROOM_N]):
        m[room[2 * n]] = room[2 * n + 1]
    for n in range(used, agents):
        m[n] = 0
    for n in range(agents, top):
        m[n] = source[place + n - agents]
    place += top - agents
    for n in range(4 * moments):
        m[m[at.MOMENTS] + n] = source[place + n]
    place += 4 * moments
    for n in range(3 * deadlines):
        m[m[at.DEADLINES] + n] = source[place + n]
    place += 3 * deadlines
    for row in range(first, first + again):
        for field in range(at.P_SIZE):
            people[row, field] = source[place + field]
        place += at.P_SIZE
    for _ in range(places):
        there = m[at.PLACES] + source[place]
        for n in range(PLACE_SIZE):
            m[there + n] = source[place + 1 + n]
        place += 1 + PLACE_SIZE


@compiled
def _pack(m: Memory, people: Memory, to: Memory, begin: int, first: int) -> int:
    """Put a day down as it is; return where that ends."""
    used = m[at.AGENTS] + m[at.AGENTS_N] * at.AGENT_SIZE
    agents, top = m[at.AGENTS_END], m[at.TOP]
    moments, deadlines, again = m[at.MOMENTS_N], m[at.DEADLINES_N], m[at.PEOPLE_N] - first
    to[begin], to[begin + 1], to[begin + 2] = used, top, agents
    to[begin + 3], to[begin + 4], to[begin + 5] = moments, deadlines, again
    place = begin + 7
    for n in range(used):
        to[place + n] = m[n]
    place += used
    for n in range(agents, top):
        to[place + n - agents] = m[n]
    place += top - agents
    for n in range(4 * moments):
        to[place + n] = m[m[at.MOMENTS] + n]
    place += 4 * moments
    for n in range(3 * deadlines):
        to[place + n] = m[m[at.DEADLINES] + n]
    place += 3 * deadlines
    for row in range(first, first + again):
        for field in range(at.P_SIZE):
            to[place + field] = people[row, field]
        place += at.P_SIZE
    places = 0
    if m[at.KNOWS_CUSTOMERS]:
        for n in range(m[at.NEXT_CALL] * m[at.QUEUES_N]):
            there = m[at.PLACES] + n * PLACE_SIZE
            if m[there + 3] or m[there + 1] > m[at.NOW]:
                to[place] = n * PLACE_SIZE
                for k in range(PLACE_SIZE):
                    to[place + 1 + k] = m[there + k]
                place += 1 + PLACE_SIZE
                places += 1
    to[begin + 6] = places
    return place


@compiled
def _clear_places(m: Memory) -> None:
    if m[at.KNOWS_CUSTOMERS]:
        for n in range(m[at.NEXT_CALL] * m[at.QUEUES_N]):
            there = m[at.PLACES] + n * PLACE_SIZE
            m[there + 1] = m[there + 3] = 0


# --- who is there


@compiled
def _roster(m: Memory, s: Memory, heads: Memory, today: int) -> None:
    """Let those go who are not asked for any longer, the longest there first, and those come who are."""
    now, groups = m[at.NOW], s[S_GROUPS]
    bases, away, paces = memory_at(s[S_BASES]), memory_at(s[S_AWAY]), memory_at(s[S_PACES])
    groups_at = memory_at(s[S_GROUPS_AT])
    while True:
        leaves, since = 0, at.NEVER
        for g in range(groups):
            for n in range(bases[g], min(bases[g + 1], m[at.AGENTS_N])):
                agent = m[at.AGENTS] + n * at.AGENT_SIZE
                if n - bases[g] >= heads[g] and m[agent + at.ROSTERED] and m[agent + at.ROSTERED] < since:
                    leaves, since = agent, m[agent + at.ROSTERED]
        if not leaves:
            break
        m[leaves + at.ROSTERED] = 0
        m[leaves + at.DUTY_END] = now
        _soon(m, at.GO, leaves, 0)
    for g in range(groups):
        for n in range(bases[g], bases[g] + heads[g]):
            agent = m[at.AGENTS] + n * at.AGENT_SIZE
            if not away[today + n] and not m[agent + at.ROSTERED]:
                if n >= m[at.AGENTS_N]:
                    m[at.AGENTS_N] = n + 1
                if not m[agent + at.GROUP]:
                    m[agent + at.AGENT_INDEX], m[agent + at.NOT_READY_SINCE] = n, at.NONE
                    m[agent + at.GROUP], m[agent + at.PACE] = groups_at[g], paces[today + n]
                    m[agent + at.MISSES] = m[at.AGENTS_END] + n * (m[at.MISSED_COUNT] + 1)
                m[agent + at.ROSTERED] = now
                _soon(m, at.COME, agent, now + FOR_EVER)


@compiled
def _soon(m: Memory, act: int, agent: int, more: int) -> None:
    """Let an agent come or go now, before whatever else is to happen now."""
    serial = m[at.EID]
    m[at.EID] = m[at.ROSTER_SERIAL]
    put(m, m[at.NOW], act, agent, more)
    m[at.ROSTER_SERIAL] = m[at.EID]
    m[at.EID] = serial


# --- counts


@compiled
def _is_undecided(m: Memory, begin: int) -> bool:
    """Tell whether a first segment that came since `begin` waits yet."""
    call = m[at.LIVE_TAIL]
    while call:
        if m[call + at.QUEUED_AT] >= begin and m[call + at.SEGMENT] == 1 and m[call + at.STATE] != at.TALKING:
            return True
        call = m[call + at.LIVE_PREV]
    return False


@compiled
def _tally(m: Memory, s: Memory, cells: Memory, first: int) -> None:
    """Count the first segments that came in the stretch."""
    begin, end = s[S_BEGIN], s[S_END]
    for n in range(m[at.ROWS_N]):
        row = m[at.ROWS] + n * at.ROW_SIZE
        if m[row + at.ROW_SEGMENT] == 1 and begin <= m[row + at.ROW_QUEUED] < end:
            waited = m[row + at.ROW_LEFT] - m[row + at.ROW_QUEUED]
            outcome, detail = m[row + at.ROW_OUTCOME], m[row + at.ROW_DETAIL]
            _add(m, s, cells, first, m[row + at.ROW_QUEUE], m[row + at.ROW_TIER], outcome, waited, detail)
    call = m[at.LIVE_HEAD]
    while call:
        if m[call + at.SEGMENT] == 1 and begin <= m[call + at.QUEUED_AT] < end:
            talks = m[call + at.STATE] == at.TALKING
            waited = (m[call + at.CONNECTED_AT] if talks else s[S_LAST] - 1) - m[call + at.QUEUED_AT]
            queue, tier = m[m[call + at.QUEUE] + at.QUEUE_INDEX], m[m[call + at.TIER] + at.TIER_INDEX]
            _add(m, s, cells, first, queue, tier, ANSWERED if talks else OPEN, waited, 0)
        call = m[call + at.LIVE_NEXT]


@compiled
def _add(
    m: Memory, s: Memory, cells: Memory, first: int, queue: int, tier: int, outcome: int, waited: int, detail: int
) -> None:
    limits = memory_at(s[S_LIMITS])
    cell = (first + queue * m[at.TIERS_N] + tier) * COUNTS_SIZE
    count(cells, cell, outcome, waited <= limits[tier], detail)
