"""Agents: `routing.facts.agents`, and the fields of theirs that the day's book is told from."""

from sim.compiled import layout as at
from sim.compiled.chains import put_behind, take_out
from sim.compiled.heaps import cancel, give_back, reused, set_deadline
from sim.compiled.jit import Memory, compiled
from sim.compiled.pulse import wrapped_up


@compiled
def happen(m: Memory, what: int, which: int, more: int = 0, instant: int = at.NONE) -> None:
    """Put down what happened, for the people to hear of."""
    event = m[at.OUT] + m[at.OUT_N] * at.EVENT_SIZE
    m[at.OUT_N] += 1
    m[event + at.HAPPENED], m[event + at.AT] = what, m[at.NOW]
    m[event + at.WHICH], m[event + at.MORE], m[event + at.SINCE_WHEN] = which, more, instant


@compiled
def can_be_offered(m: Memory, agent: int) -> bool:
    """`facts.agents.can_be_offered`; simulated phones are always free."""
    return (
        m[agent + at.PRESENCE] == at.AVAILABLE
        and m[agent + at.USED] < 100
        and not m[agent + at.RINGS_FOR]
        and m[agent + at.WISH] == at.WISHES_NOTHING
    )


@compiled
def pool_of(m: Memory, group: int, used: int) -> int:
    """Return the pool of a crew's agents with this share in use."""
    return m[group + at.POOLS] + used * at.POOL_SIZE


@compiled
def take_seat(m: Memory, agent: int) -> None:
    """`facts.agents.take_seat`."""
    if m[agent + at.POOL]:
        leave_pool(m, agent)
    if not can_be_offered(m, agent):
        return
    group, used = m[agent + at.GROUP], m[agent + at.USED]
    pool = pool_of(m, group, used)
    if used and not m[pool + at.POOL_HEAD]:
        _know_share(m, group, used)
    m[at.SERIAL] += 1
    m[agent + at.IDLE_SERIAL] = m[at.SERIAL]
    put_behind(m, agent, m[pool + at.POOL_TAIL], at.POOL_PREV, at.POOL_NEXT, pool + at.POOL_HEAD, pool + at.POOL_TAIL)
    m[agent + at.POOL] = pool
    if not used:
        m[group + at.IDLE] += 1


@compiled
def _know_share(m: Memory, group: int, used: int) -> None:
    """Remember that agents may stand free with this share in use."""
    shares = m[group + at.POOL_SHARES]
    for n in range(m[group + at.POOLS_N]):
        if m[shares + n] == used:
            return
    m[shares + m[group + at.POOLS_N]] = used
    m[group + at.POOLS_N] += 1


@compiled
def leave_pool(m: Memory, agent: int) -> None:
    """`facts.agents.leave_pool`."""
    pool = m[agent + at.POOL]
    take_out(m, agent, at.POOL_PREV, at.POOL_NEXT, pool + at.POOL_HEAD, pool + at.POOL_TAIL)
    m[agent + at.POOL] = 0
    group = m[agent + at.GROUP]
    if pool == m[group + at.POOLS]:
        m[group + at.IDLE] -= 1


@compiled
def end_talk(m: Memory, agent: int, item: int, talked: int) -> None:
    """`facts.agents.end_talk`."""
    m[agent + at.TALKING_N] -= 1
    m[agent + at.USED] -= m[item + at.COST]
    m[agent + at.OCCUPIED_MS] += talked * m[item + at.COST] // 100
    m[item + at.ITEM_AGENT] = 0


@compiled
def _present(m: Memory, agent: int, presence: int) -> None:
    """`facts.agents._present`."""
    was = m[agent + at.PRESENCE] == at.AVAILABLE
    m[agent + at.PRESENCE] = presence
    m[m[agent + at.GROUP] + at.WORKING] += (1 if presence == at.AVAILABLE else 0) - (1 if was else 0)


@compiled
def logged_in(m: Memory, agent: int) -> None:
    """`facts.agents.logged_in`: what they missed is known still."""
    m[agent + at.LOGGED_IN] = 1
    m[agent + at.LOGGED_IN_AT] = m[at.NOW]
    for field in (
        at.BACK, at.USED, at.TALKING_N, at.AGENT_WRAPS, at.RINGS_FOR, at.POOL, at.IDLE_SERIAL, at.MISSES_N, at.WISH,
        at.TAKEN, at.LAST_OFFER, at.OCCUPIED_MS,
    ):  # fmt: skip
        m[agent + field] = 0
    _present(m, agent, at.AVAILABLE)
    m[m[agent + at.GROUP] + at.LOGGED_IN_N] += 1
    happen(m, at.AGENT_IN, agent)
    take_seat(m, agent)


@compiled
def not_back(m: Memory, agent: int) -> None:
    """Make void that the agent is back by rule."""
    if m[agent + at.BACK]:
        cancel(m, m[agent + at.BACK])
        m[agent + at.BACK] = 0


@compiled
def became_available(m: Memory, agent: int) -> None:
    """`facts.agents.became_available`."""
    _present(m, agent, at.AVAILABLE)
    m[agent + at.MISSES_N] = 0
    not_back(m, agent)
    happen(m, at.AGENT_AVAILABLE, agent)
    take_seat(m, agent)


@compiled
def became_not_ready(m: Memory, agent: int) -> None:
    """`facts.agents.became_not_ready`."""
    _present(m, agent, at.NOT_READY)
    m[agent + at.WISH] = at.WISHES_NOTHING
    not_back(m, agent)
    happen(m, at.AGENT_NOT_READY, agent)
    take_seat(m, agent)


@compiled
def stopped_responding(m: Memory, agent: int) -> None:
    """`facts.agents.stopped_responding`."""
    _present(m, agent, at.NOT_RESPONDING)
    if m[at.MISSED_BACK] != at.NONE:
        m[agent + at.BACK] = set_deadline(m, m[at.NOW] + m[at.MISSED_BACK], at.DUE_BACK, agent)
    happen(m, at.AGENT_STOPPED, agent)
    take_seat(m, agent)


@compiled
def logged_out(m: Memory, agent: int) -> None:
    """`facts.agents.logged_out`."""
    _present(m, agent, at.LOGGED_OUT)
    if m[agent + at.POOL]:
        leave_pool(m, agent)
    not_back(m, agent)
    m[m[agent + at.GROUP] + at.LOGGED_IN_N] -= 1
    m[agent + at.LOGGED_IN] = 0
    happen(m, at.AGENT_OUT, agent)


@compiled
def wished(m: Memory, agent: int, wish: int) -> None:
    """`facts.agents.wished`."""
    m[agent + at.WISH] = wish
    if wish != at.WISHES_NOTHING and m[agent + at.POOL]:
        leave_pool(m, agent)


@compiled
def excluded(m: Memory, agent: int, item: int) -> None:
    """`facts.agents.excluded`: a node of a chain is: next, the contact's serial, deadline."""
    serial, until = m[item + at.ITEM_SERIAL], m[at.NOW] + m[at.MISSED_EXCLUDE]
    node = m[agent + at.EXCLUDED]
    while node and m[node + 1] != serial:
        node = m[node]
    if node:
        cancel(m, m[node + 2])
    else:
        node = reused(m, at.FREE_NODE, at.NODE_SIZE)
        m[node], m[node + 1] = m[agent + at.EXCLUDED], serial
        m[agent + at.EXCLUDED] = node
    m[node + 2] = set_deadline(m, until, at.DUE_EXCLUSION, agent, serial)


@compiled
def no_longer_excluded(m: Memory, agent: int, serial: int) -> None:
    """Forget that the agent missed a contact."""
    before, node = 0, m[agent + at.EXCLUDED]
    while node and m[node + 1] != serial:
        before, node = node, m[node]
    if node:
        if before:
            m[before] = m[node]
        else:
            m[agent + at.EXCLUDED] = m[node]
        give_back(m, at.FREE_NODE, node)


@compiled
def wrap_up_started(m: Memory, agent: int, item: int, length: int) -> None:
    """`facts.agents.wrap_up_started`."""
    wrap = reused(m, at.FREE_WRAP, at.WRAP_SIZE)
    m[wrap + at.WRAP_NEXT] = m[agent + at.AGENT_WRAPS]
    m[agent + at.AGENT_WRAPS] = wrap
    m[wrap + at.WRAP_SUBJECT], m[wrap + at.WRAP_KIND] = m[item + at.ITEM_SERIAL], m[item + at.KIND]
    m[wrap + at.WRAP_NUMBER] = m[item + at.FROM_NUMBER] if m[item + at.KIND] == at.TASK else m[item + at.NUMBER]
    m[wrap + at.WRAP_SEGMENT] = m[item + at.SEGMENT]
    m[wrap + at.WRAP_QUEUE], m[wrap + at.WRAP_TIER] = m[item + at.QUEUE], m[item + at.TIER]
    m[wrap + at.WRAP_COST], m[wrap + at.WRAP_BEGAN], m[wrap + at.WRAP_ROW] = m[item + at.COST], m[at.NOW], at.NONE
    m[wrap + at.WRAP_AGENT], m[wrap + at.WRAP_QUEUED_AT] = agent, m[item + at.QUEUED_AT]
    m[wrap + at.WRAP_DEADLINE] = set_deadline(m, m[at.NOW] + length, at.DUE_WRAP_UP, wrap)
    m[agent + at.USED] += m[item + at.COST]
    happen(m, at.WRAP_STARTED, wrap, agent, m[at.NOW] + length)


@compiled
def wrap_up_ended(m: Memory, agent: int, wrap: int) -> None:
    """`facts.agents.wrap_up_ended`; who hears of it frees the record."""
    if m[agent + at.AGENT_WRAPS] == wrap:
        m[agent + at.AGENT_WRAPS] = m[wrap]
    else:
        before = m[agent + at.AGENT_WRAPS]
        while m[before] != wrap:
            before = m[before]
        m[before] = m[wrap]
    cancel(m, m[wrap + at.WRAP_DEADLINE])
    m[agent + at.USED] -= m[wrap + at.WRAP_COST]
    worked = m[at.NOW] - m[wrap + at.WRAP_BEGAN]
    m[agent + at.OCCUPIED_MS] += worked * m[wrap + at.WRAP_COST] // 100
    wrapped_up(m, m[wrap + at.WRAP_QUEUE], worked)
    happen(m, at.WRAP_ENDED, wrap, agent)
