"""What callers and agents do about what happened: `sim.run.customers`, `sim.run.staff`, `Callers.ring_again`."""

from sim.compiled import book, chance, folds
from sim.compiled import layout as at
from sim.compiled.calls import free_item
from sim.compiled.chains import put_behind, take_out
from sim.compiled.chance import drawn_ms, number, one
from sim.compiled.heaps import next_due, put, reused
from sim.compiled.jit import Memory, apart, compiled
from sim.compiled.lanes import BEHIND_ALL_PROMISES
from sim.compiled.pulse import expected_wait

ASKED_EVERY = 25
AFTER_ABANDONED, AFTER_REJECTED, AFTER_OVERFLOWED = 0, 1, 2
"""Outcomes after which some ring again."""
RETRIAL_SIZE = 5
"""Whether there are such, probability, law of the delay, attempts at most, whether they keep their patience."""
DAY = 86_400_000
OFFERS_MOST = 4096


@compiled
def hear(m: Memory, people: Memory) -> None:
    """`Loop.hear`: put what happened in the book and let people react; then see to the next deadline."""
    for n in range(m[at.OUT_N]):
        _react(m, people, m[at.OUT] + n * at.EVENT_SIZE)
    m[at.OUT_N] = 0
    if m[at.JUST_QUEUED]:
        _settle(m, people)
    due = next_due(m)
    if due != at.NONE and (m[at.WAKE_AT] == at.NONE or due < m[at.WAKE_AT]):
        m[at.WAKE_AT] = due
        put(m, due, at.WAKE, 0, 0, True)


@compiled
def _react(m: Memory, people: Memory, event: int) -> None:
    """`Day._heard_by`: the book hears first, then customers (`Customers.reactions`), then staff (`Staff.reactions`)."""
    what, now, which, more = m[event], m[event + at.AT], m[event + at.WHICH], m[event + at.MORE]
    if what == at.CALL_QUEUED:
        if m[at.JUST_QUEUED]:
            _settle(m, people)
        m[at.JUST_QUEUED] = which
        if m[at.RECALLS]:
            _recall(m, people)
    elif what == at.CALL_CONNECTED:
        _talk(m, people, which, more)
    elif what == at.CALL_COMPLETED:
        book.write_talk(m, people, which, now, more, True)
        m[at.CONNECTED] -= 1
        free_item(m, which)
    elif what == at.CALL_ABANDONED:
        book.write_loss(m, people, which, now, folds.ABANDONED, more)
        _leave(m, which)
        _maybe_again(m, people, which, AFTER_ABANDONED)
        free_item(m, which)
    elif what == at.CALL_OFFERED:
        _ring(m, people, which, more, m[event + at.SINCE_WHEN])
    elif what == at.CALL_REJECTED:
        book.write_loss(m, people, which, now, folds.REJECTED, m[event + at.SINCE_WHEN])
        _leave(m, which)
        _maybe_again(m, people, which, AFTER_REJECTED)
        free_item(m, which)
    elif what == at.CALL_OVERFLOWED:
        book.write_loss(m, people, which, now, folds.OVERFLOWED, m[event + at.SINCE_WHEN])
        _leave(m, which)
        if not more:
            _maybe_again(m, people, which, AFTER_OVERFLOWED)
        free_item(m, which)
    elif what == at.CALL_CONVERTED:
        book.write_loss(m, people, which, now, folds.CONVERTED)
        _leave(m, which)
        free_item(m, which)
    elif what == at.WRAP_STARTED:
        book.wrap_begins(m, which)
        if m[at.WORKED]:
            _wrap_up(m, people, which, more, m[event + at.SINCE_WHEN])
    elif what == at.WRAP_ENDED:
        book.wrap_ends(m, which, more, now)
    elif what <= at.AGENT_STOPPED:
        _react_to_agent(m, event, what, now, which, more)
    else:
        _react_to_task(m, people, event, what, now, which, more)


@apart
def _react_to_agent(m: Memory, event: int, what: int, now: int, which: int, more: int) -> None:
    if what == at.OFFER_ENDED:
        offered_at = m[event + at.SINCE_WHEN]
        if now != offered_at:
            book.write_span(m, at.SPAN_RING, m[more + at.GROUP], offered_at, now, at.NONE, m[which + at.COST])
    elif what == at.AGENT_OUT:
        book.went(m, which, now)
    elif what == at.AGENT_AVAILABLE:
        book.ready_again(m, which, now)
    elif what == at.AGENT_NOT_READY:
        book.not_ready(m, which, now)
    elif what == at.AGENT_STOPPED:
        book.not_ready(m, which, now)
        if m[at.RINGS]:
            put(m, m[at.NOW] + m[m[which + at.GROUP] + at.BACK_AFTER], at.WORK_ON, which, 0)


@apart
def _react_to_task(m: Memory, people: Memory, event: int, what: int, now: int, which: int, more: int) -> None:
    if what == at.TASK_SCHEDULED:
        book.open_record(m, which, now)
    elif what == at.TASK_OFFERED:
        _ring(m, people, which, more, m[event + at.SINCE_WHEN])
    elif what == at.TASK_ATTEMPTED:
        book.attempt_begins(m, which, more, m[event + at.SINCE_WHEN], now)
        _dial(m, people, which)
    elif what == at.TASK_REACHED:
        book.attempt_reaches(m, which, more, now)
        handling = _paced(m, more, people[m[which + at.FROM_NUMBER], at.P_HANDLING])
        put(m, m[at.NOW] + handling, at.END_TASK, which, m[which + at.ITEM_SERIAL])
    elif what in (at.TASK_NOT_REACHED, at.TASK_AGAIN):
        book.spent(m, which, now)
    elif what == at.TASK_LATE:
        if not m[m[which + at.RECORD] + at.T_REACHED]:
            m[m[which + at.RECORD] + at.T_LATE] = 1
    else:
        outcome, solved = at.T_SUPERSEDED, at.NONE
        if what == at.TASK_COMPLETED:
            outcome, solved = at.T_COMPLETED, more
        elif what == at.TASK_EXPIRED:
            outcome = more
        book.close_record(m, which, outcome, solved, now)
        free_item(m, which)


# --- customers


@compiled
def _leave(m: Memory, call: int) -> None:
    """`Customers._leave`."""
    if m[call + at.IS_WAITING]:
        m[call + at.IS_WAITING] = 0
        m[at.WAITING_N] -= 1
    if m[at.JUST_QUEUED] == call:
        m[at.JUST_QUEUED] = 0


@compiled
def _settle(m: Memory, people: Memory) -> None:
    """`Customers.settle`."""
    call = m[at.JUST_QUEUED]
    m[at.JUST_QUEUED] = 0
    person = m[call + at.NUMBER]
    patience = people[person, at.P_PATIENCE]
    delay = max(0, people[person, at.P_AT] + patience - m[call + at.QUEUED_AT])
    accept = number(m, at.ACCEPT_OFFER)
    if accept > 0 and m[call + at.SEGMENT] == 1:
        after = m[at.OFFER_AFTER]
        wants = one(m, chance.VIRTUAL_HOLD, people[person, at.P_KEY], people[person, at.P_ATTEMPT])
        if wants < accept and after < delay:
            m[call + at.IS_WAITING] = 1
            m[at.WAITING_N] += 1
            put(m, m[at.NOW] + after, at.CONVERT, call, m[call + at.ITEM_SERIAL])
            return
    m[at.WAITS_BEGUN] += 1
    if m[at.WAITS_BEGUN] % ASKED_EVERY == 0:
        p50, p90 = expected_wait(m, call)
        if p50 != at.NONE:
            m[call + at.TOLD_P50], m[call + at.TOLD_P90] = p50 + 1, p90 + 1  # 0: told nothing
    m[call + at.IS_WAITING] = 1
    m[at.WAITING_N] += 1
    if patience < at.NEVER:
        put(m, m[at.NOW] + delay, at.HANG_UP, call, m[call + at.ITEM_SERIAL])


@compiled
def waits_on(m: Memory, people: Memory, call: int) -> None:
    """`Customers.waits_on`."""
    person = m[call + at.NUMBER]
    left = people[person, at.P_AT] + people[person, at.P_PATIENCE] - m[at.NOW]
    if left < at.NEVER // 2:
        put(m, m[at.NOW] + max(0, left), at.HANG_UP, call, m[call + at.ITEM_SERIAL])


@apart
def _maybe_again(m: Memory, people: Memory, call: int, outcome: int) -> None:
    """`Customers._maybe_again` and `Callers.retrial`."""
    retrial = m[at.RETRIALS] + outcome * RETRIAL_SIZE
    if not m[retrial]:
        return
    person = m[call + at.NUMBER]
    key, attempt = people[person, at.P_KEY], people[person, at.P_ATTEMPT]
    if attempt >= m[retrial + 3] or one(m, chance.RETRIAL, key, attempt) >= number(m, retrial + 1):
        return
    delay = drawn_ms(m, m[retrial + 2], one(m, chance.RETRIAL_DELAY, key, attempt), 1)
    if delay < at.NEVER:
        put(m, m[at.NOW] + delay, at.RING_AS_PATIENT if m[retrial + 4] else at.RING_AGAIN, person, 0)


@compiled
def ring_again(m: Memory, people: Memory, person: int, as_patient: bool) -> int:
    """`Callers.ring_again`."""
    again = m[at.PEOPLE_N]
    m[at.PEOPLE_N] = again + 1
    for field in range(at.P_SIZE):
        people[again, field] = people[person, field]
    people[again, at.P_AT] = m[at.NOW]
    people[again, at.P_ATTEMPT] += 1
    people[again, at.P_MARK] = 0
    if not as_patient:
        law = _patience_law(m, m[people[person, at.P_KIND] + at.KIND_PATIENCE], _clock(m))
        if law:
            uniform = one(m, chance.PATIENCE, people[again, at.P_KEY], people[again, at.P_ATTEMPT])
            people[again, at.P_PATIENCE] = drawn_ms(m, law, uniform, 0)
        else:
            people[again, at.P_PATIENCE] = at.NEVER
    return again


@compiled
def _clock(m: Memory) -> int:
    """`Zone.local` of now, ms after midnight."""
    place = 0
    while place + 1 < m[at.ZONE_N] and m[m[at.ZONE_STARTS] + place + 1] <= m[at.NOW]:
        place += 1
    return (m[at.NOW] + m[m[at.ZONE_OFFSETS] + place]) % DAY


@compiled
def _patience_law(m: Memory, rules: int, clock: int) -> int:
    """`laws.law_for`, of a call whose other conditions are known: rules are count, then begin, end, law of each."""
    for n in range(m[rules]):
        rule = rules + 1 + 3 * n
        begin, end = m[rule], m[rule + 1]
        if begin == at.NONE or (begin <= clock < end if begin <= end else clock >= begin or clock < end):
            return m[rule + 2]
    return 0


@compiled
def _dial(m: Memory, people: Memory, task: int) -> None:
    """`Customers._rings`."""
    key, attempt = people[m[task + at.FROM_NUMBER], at.P_KEY], m[task + at.ATTEMPTS]
    dial = drawn_ms(m, m[at.DIAL_LAW], one(m, chance.DIAL, key, attempt), 1)
    answers = one(m, chance.ANSWER, key, attempt) < number(m, at.ANSWERED)
    put(m, m[at.NOW] + dial, at.ANSWER if answers else at.NO_ANSWER, task, m[task + at.ITEM_SERIAL])


# --- agents


@compiled
def _paced(m: Memory, agent: int, handling: int) -> int:
    """Return how long a talk takes this agent."""
    if m[at.ALIKE]:
        return handling
    return max(1, int(handling * number(m, agent + at.PACE) + 0.5))


@compiled
def _ring(m: Memory, people: Memory, item: int, agent: int, limit: int) -> None:
    """`Staff._ring` and `Staff._answer_or_miss`."""
    group = m[agent + at.GROUP]
    called = m[item + at.KIND] == at.TASK
    person = m[item + at.FROM_NUMBER] if called else m[item + at.NUMBER]
    segment = m[item + at.FROM_SEGMENT] if called else m[item + at.SEGMENT]
    key, nth = people[person, at.P_KEY], m[item + at.OFFERS] + (1000 if segment > 1 else 0)
    miss = number(m, group + at.MISS)
    if miss > 0 and one(m, chance.MISS, key, nth) < miss:
        return
    law = m[group + at.RING_LAW]
    certain = m[law + at.LAW_KIND] == chance.DETERMINISTIC
    ring = drawn_ms(m, law, 0.0 if certain else one(m, chance.RING, key, nth), 0)
    if ring < limit:
        put(m, m[at.NOW] + ring, at.ACCEPT, item, m[item + at.ITEM_SERIAL] * OFFERS_MOST + m[item + at.OFFERS])


@compiled
def _talk(m: Memory, people: Memory, call: int, agent: int) -> None:
    """`Staff._talk` and `Customers.answered`."""
    if m[at.JUST_QUEUED] == call:
        m[at.JUST_QUEUED] = 0
    elif m[call + at.IS_WAITING]:
        m[call + at.IS_WAITING] = 0
        m[at.WAITING_N] -= 1
    m[at.CONNECTED] += 1
    handling = _paced(m, agent, people[m[call + at.NUMBER], at.P_HANDLING])
    put(m, m[at.NOW] + handling, at.END_CALL, call, m[call + at.ITEM_SERIAL])


@compiled
def serves_out(m: Memory, group: int) -> bool:
    """`RoutingEngine.serves_out`."""
    for n in range(m[group + at.GROUP_LANES_N]):
        lane = m[m[group + at.GROUP_LANES] + n]
        queue = m[lane + at.LANE_QUEUE]
        if m[lane + at.SIZE] and not m[queue + at.OPEN] and m[queue + at.SERVE_OUT] and m[lane + at.LIVES]:
            return True
    return False


@compiled
def waits_for(m: Memory, agent: int) -> bool:
    """`RoutingEngine.waits_for`."""
    if not m[agent + at.LOGGED_IN]:
        return False
    group = m[agent + at.GROUP]
    for n in range(m[group + at.GROUP_LANES_N]):
        lane = m[m[group + at.GROUP_LANES] + n]
        if m[lane + at.SIZE] and m[lane + at.RANK] < BEHIND_ALL_PROMISES:
            return True
    return False


@compiled
def _wrap_up(m: Memory, people: Memory, wrap: int, agent: int, ends_by: int) -> None:
    """`Staff._wrap_up`."""
    person = m[wrap + at.WRAP_NUMBER]
    rests = m[at.QUIET] and not waits_for(m, agent)
    ends_at = m[at.NOW] + people[person, at.P_QUIET if rests else at.P_WRAP]
    if rests and m[at.RECALLS]:
        rest(m, agent, m[wrap + at.WRAP_SUBJECT], min(ends_at, ends_by), person)
    if ends_at < ends_by:
        put(m, ends_at, at.END_WRAP, agent, m[wrap + at.WRAP_SUBJECT])


@compiled
def rest(m: Memory, agent: int, subject: int, ends_at: int, person: int) -> None:
    """Let an agent rest after a call until they are called back; who rests already keeps their place."""
    if not m[agent + at.REST_SUBJECT]:
        put_behind(m, agent, m[at.RESTING_TAIL], at.REST_PREV, at.REST_NEXT, at.RESTING_HEAD, at.RESTING_TAIL)
    m[agent + at.REST_SUBJECT], m[agent + at.REST_ENDS], m[agent + at.REST_NUMBER] = subject, ends_at, person


@compiled
def _rests_no_more(m: Memory, agent: int) -> None:
    take_out(m, agent, at.REST_PREV, at.REST_NEXT, at.RESTING_HEAD, at.RESTING_TAIL)
    m[agent + at.REST_SUBJECT] = 0


@compiled
def _recall(m: Memory, people: Memory) -> None:
    """`Staff._recall`; a moment to come back knows its link: subject, end of the rest, whose call it was."""
    agent, now = m[at.RESTING_HEAD], m[at.NOW]
    while agent:
        following = m[agent + at.REST_NEXT]
        subject, ends_at, person = m[agent + at.REST_SUBJECT], m[agent + at.REST_ENDS], m[agent + at.REST_NUMBER]
        if ends_at <= now or waits_for(m, agent):
            _rests_no_more(m, agent)
            back = now + people[person, at.P_RECALL]
            if ends_at > now and back < ends_at:
                node = reused(m, at.FREE_NODE, at.NODE_SIZE)
                m[node + 1], m[node + 2], m[node + 3] = subject, ends_at, person
                put(m, back, at.COME_BACK, agent, node)
        agent = following
