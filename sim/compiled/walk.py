"""The walk through a day: SimPy's moments in their order, each with what it does (`sim.run.driver.Day`)."""

from sim.compiled import commands
from sim.compiled import layout as at
from sim.compiled.book import close_book
from sim.compiled.chance import RESULT, number, one
from sim.compiled.deadlines import advance
from sim.compiled.heaps import BEHIND_ALL, close_gap, drop_first, give_back, put
from sim.compiled.jit import Memory, apart, compiled
from sim.compiled.people import OFFERS_MOST, hear, rest, ring_again, serves_out, waits_for, waits_on

STAYS_ON_MS = 15_000
WORDS_EACH = 200
"""Of memory that one waiting call or one agent may ask for at one instant, at most."""
LINES_EACH = 8
"""Of events, moments, deadlines or rows, likewise."""
AT_ALL = 64


@compiled
def _is_cramped(m: Memory) -> bool:
    """Tell whether what may happen at one instant could be more than there is room for."""
    things = m[at.LIVE_N] + m[at.AGENTS_N] + AT_ALL
    lines = LINES_EACH * things
    return (
        m[at.CAPACITY] - m[at.TOP] < WORDS_EACH * things
        or m[at.MOMENTS_CAP] - m[at.MOMENTS_N] < lines
        or m[at.DEADLINES_CAP] - m[at.DEADLINES_N] < lines
        or m[at.OUT_CAP] < lines
        or m[at.PEOPLE_CAP] - m[at.PEOPLE_N] < 2
        or (m[at.KEEPS] and _fills_its_book(m, lines))
    )


@apart
def _fills_its_book(m: Memory, lines: int) -> bool:
    return (
        m[at.ROWS_CAP] - m[at.ROWS_N] < lines
        or m[at.SPANS_CAP] - m[at.SPANS_N] < lines
        or m[at.WRAPS_CAP] - m[at.WRAPS_N] < lines
    )


@compiled
def _step(m: Memory, people: Memory, arrives: bool) -> None:
    """`SimulatedTime.step`, `Arriving.arrive`, `Loop._wake`: let the next arrival come, or the first moment."""
    if arrives:
        m[at.NOW] = m[at.NEXT_AT]
        number = m[at.NEXT_CALL]
        m[at.NEXT_CALL] = following = number + 1
        _admit(m, people, number)
        if following < m[at.FIRST_ATTEMPTS]:
            m[at.EID] += 1
            m[at.NEXT_EID] = m[at.EID]
            m[at.NEXT_AT] = people[following, at.P_AT]
        else:
            m[at.NEXT_AT] = at.NONE
        return
    first = m[at.MOMENTS]
    instant, what, more = m[first] >> 1, m[first + 2], m[first + 3]
    drop_first(m)
    m[at.NOW] = instant
    act, who = what % at.ACTS, what // at.ACTS
    if act == at.END_CALL:
        _tell_call(m, people, act, who, more)
    elif act == at.HANG_UP:
        if m[who + at.ITEM_SERIAL] == more and m[who + at.IS_WAITING]:
            _tell_call(m, people, act, who, more)
    elif act == at.WAKE:
        if instant == m[at.WAKE_AT]:
            m[at.WAKE_AT] = at.NONE
            advance(m, instant)
            hear(m, people)
    elif act <= at.CONVERT:
        _act_of_agent(m, people, act, who, more)
    else:
        _act_of_customer(m, people, act, who, more)


@compiled
def _admit(m: Memory, people: Memory, number: int) -> None:
    """`Arriving.admit`."""
    advance(m, m[at.NOW])
    commands.admit(m, number, number, people)
    hear(m, people)


@compiled
def _tell_call(m: Memory, people: Memory, act: int, call: int, serial: int) -> None:
    """`Loop.tell`, of the end of a call."""
    advance(m, m[at.NOW])
    if m[call + at.ITEM_SERIAL] != serial:
        m[at.REFUSED] += 1
    elif act == at.END_CALL:
        commands.end(m, call)
    elif m[call + at.STATE] == at.QUEUED or m[call + at.STATE] == at.OFFERED:
        commands.abandon(m, call)
    else:
        m[at.REFUSED] += 1
    hear(m, people)


@apart
def _act_of_agent(m: Memory, people: Memory, act: int, who: int, more: int) -> None:
    """Coming, going, resting, picking up, after-call work; and a caller who would rather be called back.

    `Staff._come`, `Staff._go`, `Staff._rest`, `Staff._work_on`, `Staff._accept`, `Staff._end_wrap_up`,
    `Customers._convert`.
    """
    now = m[at.NOW]
    done = True
    if act == at.ACCEPT:
        advance(m, now)
        done = m[who + at.ITEM_SERIAL] == more // OFFERS_MOST and m[who + at.OFFERS] == more % OFFERS_MOST
        done = done and m[who + at.OFFER_AGENT] != 0
        if done:
            commands.accept(m, who)
    elif act == at.END_WRAP:
        advance(m, now)
        done = commands.end_wrap_up(m, who, more)
    elif act == at.COME:
        there = m[who + at.DUTY_END] != 0
        m[who + at.DUTY_END] = more
        advance(m, now)
        if there:
            done = commands.set_available(m, who)
        elif not commands.log_in(m, who):
            m[at.REFUSED] += 1
            hear(m, people)
            done = commands.set_available(m, who)
    elif act == at.GO:
        if m[who + at.DUTY_END] > now:
            return
        if serves_out(m, m[who + at.GROUP]):
            put(m, now + STAYS_ON_MS, at.GO, who, 0)
            return
        m[who + at.DUTY_END] = 0
        advance(m, now)
        done = commands.log_out(m, who)
    elif act == at.REST:
        if not m[who + at.DUTY_END]:
            return
        advance(m, now)
        done = commands.set_not_ready(m, who)
    elif act == at.WORK_ON:
        if not m[who + at.DUTY_END]:
            return
        advance(m, now)
        done = commands.set_available(m, who)
    else:
        if m[who + at.ITEM_SERIAL] != more or not m[who + at.IS_WAITING]:
            return
        advance(m, now)
        done = commands.convert(m, who)
        if not done:
            m[at.REFUSED] += 1
            hear(m, people)
            waits_on(m, people, who)
            return
    if not done:
        m[at.REFUSED] += 1
    hear(m, people)


@apart
def _act_of_customer(m: Memory, people: Memory, act: int, who: int, more: int) -> None:
    """Ringing again, answering a callback, or not; and an agent who is called back from a rest.

    `Customers._ring_again`, `Customers._answer`, `Customers._no_answer`, `Staff._end_task`, `Staff._back`.
    """
    now = m[at.NOW]
    done = True
    if act in (at.RING_AGAIN, at.RING_AS_PATIENT):
        _admit(m, people, ring_again(m, people, who, act == at.RING_AS_PATIENT))
        return
    if act == at.COME_BACK:
        subject, ends_at, person = m[more + 1], m[more + 2], m[more + 3]
        give_back(m, at.FREE_NODE, more)
        if not waits_for(m, who):
            rest(m, who, subject, ends_at, person)
            return
        advance(m, now)
        done = commands.end_wrap_up(m, who, subject)
    else:
        again, solved = False, at.NONE
        there = m[who + at.ITEM_SERIAL] == more
        if act == at.END_TASK and there:
            again, solved = _result(m, people, who)
        advance(m, now)
        there = m[who + at.ITEM_SERIAL] == more
        if not there:
            done = False
        elif act == at.ANSWER:
            done = commands.reached(m, who)
        elif act == at.NO_ANSWER:
            done = commands.not_reached(m, who)
        else:
            done = commands.finish(m, who, again, solved)
    if not done:
        m[at.REFUSED] += 1
    hear(m, people)


@compiled
def _result(m: Memory, people: Memory, task: int) -> tuple[bool, int]:
    """`Customers.result_of`: whether they are called once more, and whether their business is done."""
    if not m[at.SAYS_RESULT]:
        return False, at.NONE
    m[task + at.TALKS] += 1
    drawn = one(m, RESULT, people[m[task + at.FROM_NUMBER], at.P_KEY], m[task + at.TALKS])
    solved, again = number(m, at.SOLVED), number(m, at.AGAIN)
    codes = m[m[task + at.QUEUE] + at.CODES]
    if drawn < solved:
        return False, 1 if codes & 1 else at.NONE
    if drawn < solved + again:
        return codes & 2 != 0, at.NONE
    return False, 0 if codes & 4 else at.NONE


LIVE, DRAIN, CLOSE, UNFINISHED = range(4)
"""What `walk` is to do."""


@compiled
def walk(m: Memory, people: Memory, what: int, until: int, most: int) -> int:
    """Walk on through the day, for so many moments at most.

    `LIVE` (`SimulatedTime.live`): let every moment before `until` come. `DRAIN` (`Day._drain`): likewise, while anybody
    is on the line. `CLOSE`: the end of `Day.run`, what is due at the last instant. These return why they stop.
    `UNFINISHED`: return how many calls have been unfinished each time this was asked.
    """
    if what == UNFINISHED:
        return _unfinished(m, people)
    if what == CLOSE:
        advance(m, m[at.NOW])
        hear(m, people)
        close_book(m, people)
        return at.DONE
    for _ in range(most):
        if _is_cramped(m):
            return at.GROW
        # Arrivals stand outside the heap, with a serial all the same.
        first = m[m[at.MOMENTS]] if m[at.MOMENTS_N] else BEHIND_ALL
        arrival = BEHIND_ALL if m[at.NEXT_AT] == at.NONE else 2 * m[at.NEXT_AT] + 1
        if min(first, arrival) >= 2 * until:
            if what == LIVE:
                m[at.NOW] = until
            return at.DONE
        if what == DRAIN and not m[at.WAITING_N] and m[at.CONNECTED] <= 0:
            return at.DONE
        _step(m, people, arrival < first or (arrival == first and m[at.NEXT_EID] < m[m[at.MOMENTS] + 1]))
        close_gap(m)
        if m[at.FAULT]:
            return at.CANNOT
    return at.PAUSE


@apart
def _unfinished(m: Memory, people: Memory) -> int:
    """`CallRows.unfinished`, in rounds."""
    m[at.REST_ROUND] += 1
    found = 0
    call = m[at.LIVE_HEAD]
    while call:
        found += _mark(m, people, m[call + at.NUMBER])
        call = m[call + at.LIVE_NEXT]
    for n in range(m[at.AGENTS_N]):
        wrap = m[m[at.AGENTS] + n * at.AGENT_SIZE + at.AGENT_WRAPS]
        while wrap:
            if m[wrap + at.WRAP_ROW] != at.NONE:
                found += _mark(m, people, m[wrap + at.WRAP_NUMBER])
            wrap = m[wrap]
    return found


@compiled
def _mark(m: Memory, people: Memory, number: int) -> int:
    """Count a call that was unfinished in the round before, once in this one."""
    if people[number, at.P_MARK] != m[at.REST_ROUND] - 1:
        return 0
    people[number, at.P_MARK] = m[at.REST_ROUND]
    return 1
