"""What a queue has lately done, and the wait that a caller is told to expect: `routing.state.expected_wait`."""

from sim.compiled import layout as at
from sim.compiled.ahead import position
from sim.compiled.jit import Memory, apart, compiled
from sim.compiled.lanes import lane_of

ENOUGH = 10
ENOUGH_LOST = 5
FORGET_AT = 400
BUCKET_MS = 300_000
BUCKETS = 6
BUSIEST = 0.95
MINUTE = 60_000
SHAPES = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 100.0, 1000.0)
MEDIANS = (0.4549, 0.6931, 0.8392, 0.8914, 0.9342, 0.9587, 0.9724, 0.9834, 0.9917, 0.9967, 0.9997)
NINTHS = (2.7055, 2.3026, 1.9449, 1.7741, 1.5987, 1.4714, 1.3832, 1.2951, 1.2072, 1.1301, 1.0407)
"""Gamma law of mean 1: shape, median, 90 % quantile."""


@compiled
def arrived(m: Memory, queue: int, band: int) -> None:
    """Count an arrival: the begin of `facts.calls.queued`."""
    now = m[at.NOW]
    if now >= m[queue + at.TURNS_AT]:
        _turn(m, queue, now)
    bands = m[at.BANDS]
    place = 0
    while m[bands + place] != band:
        place += 1
    m[m[queue + at.BUCKETS] + m[queue + at.BUCKET] * m[at.BANDS_N] + place] += 1


@apart
def _turn(m: Memory, queue: int, now: int) -> None:
    """`Pulse.turn`."""
    begins = now - now % BUCKET_MS
    passed = (begins + BUCKET_MS - m[queue + at.TURNS_AT]) // BUCKET_MS if m[queue + at.TURNS_AT] else 1
    for _ in range(min(passed, BUCKETS)):
        m[queue + at.BUCKET] = (m[queue + at.BUCKET] + 1) % BUCKETS
        bucket = m[queue + at.BUCKETS] + m[queue + at.BUCKET] * m[at.BANDS_N]
        for n in range(m[at.BANDS_N]):
            m[bucket + n] = 0
    m[queue + at.BUCKETS_N] = min(BUCKETS, m[queue + at.BUCKETS_N] + min(passed, BUCKETS))
    m[queue + at.TURNS_AT] = begins + BUCKET_MS


@compiled
def left_line(m: Memory, queue: int, waited: int, gave_up: bool) -> None:
    """`Pulse.left_line`."""
    m[queue + at.WAITED_MS] += waited
    if gave_up:
        m[queue + at.ABANDONED] += 1


@compiled
def finished(m: Memory, queue: int, talked: int) -> None:
    """`Pulse.finished`."""
    m[queue + at.HANDLED] += 1
    m[queue + at.HANDLED_MS] += talked
    if m[queue + at.HANDLED] >= FORGET_AT:
        m[queue + at.HANDLED] //= 2
        m[queue + at.HANDLED_MS] //= 2
        m[queue + at.ABANDONED] //= 2
        m[queue + at.WAITED_MS] //= 2


@compiled
def wrapped_up(m: Memory, queue: int, worked: int) -> None:
    """`Pulse.wrapped_up`."""
    m[queue + at.HANDLED_MS] += worked


@compiled
def _arrivals_before(m: Memory, queue: int, band: int, now: int) -> float:
    """`Pulse.arrivals_before`."""
    turns_at, kept = m[queue + at.TURNS_AT], m[queue + at.BUCKETS_N]
    later = max(0, (now - turns_at) // BUCKET_MS + 1) if turns_at else 0
    length = min(kept + later, BUCKETS)
    span = (length - 1) * BUCKET_MS + now % BUCKET_MS
    if span <= MINUTE:
        return 0.0
    count = 0
    for n in range(max(0, kept + later - BUCKETS), kept):
        slot = (m[queue + at.BUCKET] - (kept - 1 - n)) % BUCKETS
        for k in range(m[at.BANDS_N]):
            if m[m[at.BANDS] + k] < band:
                count += m[m[queue + at.BUCKETS] + slot * m[at.BANDS_N] + k]
    return count / span


@apart
def expected_wait(m: Memory, item: int) -> tuple[int, int]:
    """`ewt.expected_wait`: P50 and P90, or NONE."""
    now, lane = m[at.NOW], m[item + at.LANE]
    if not lane:
        lane = lane_of(m, item)
    crews, crews_n = m[lane + at.LANE_CREWS], m[lane + at.LANE_CREWS_N]
    agents = 0
    for n in range(m[at.QUEUES_N]):
        m[m[at.QUEUES] + n * at.QUEUE_SIZE + at.SEEN] = 0
    own = m[lane + at.LANE_QUEUE]
    m[own + at.SEEN] = 1
    handled, handled_ms, waited, lost = (
        m[own + at.HANDLED],
        m[own + at.HANDLED_MS],
        m[own + at.WAITED_MS],
        m[own + at.ABANDONED],
    )
    higher = 0.0 + _arrivals_before(m, own, m[lane + at.LANE_BAND], now)
    for n in range(crews_n):
        group = m[crews + n]
        agents += m[group + at.WORKING]
        for k in range(m[group + at.GROUP_LANES_N]):
            queue = m[m[m[group + at.GROUP_LANES] + k] + at.LANE_QUEUE]
            if not m[queue + at.SEEN]:
                m[queue + at.SEEN] = 1
                handled += m[queue + at.HANDLED]
                handled_ms += m[queue + at.HANDLED_MS]
                waited += m[queue + at.WAITED_MS]
                lost += m[queue + at.ABANDONED]
                higher += _arrivals_before(m, queue, m[lane + at.LANE_BAND], now)
    if agents == 0 or handled < ENOUGH:
        return at.NONE, at.NONE
    mean_ms = handled_ms / handled
    gives_up = lost / waited if waited and lost >= ENOUGH_LOST else 0.0
    taken = min(BUSIEST, higher * mean_ms / agents)
    departures = agents * 100 / m[item + at.COST] / max(1.0, mean_ms) * (1 - taken)
    return _quantiles(position(m, item, lane, now), departures, gives_up)


@compiled
def _quantiles(ahead: int, departures: float, gives_up: float) -> tuple[int, int]:
    """`ewt._quantiles`."""
    mean = variance = 0.0
    j, width = 0, 1
    while j <= ahead:
        block = min(width, ahead + 1 - j)
        rate = departures + (j + (block - 1) / 2) * gives_up
        mean += block / rate
        variance += block / (rate * rate)
        j += block
        if j >= 16 * width:
            width *= 2
    shape = mean * mean / variance
    place, last = 0, len(SHAPES) - 1
    while place <= last and shape > SHAPES[place]:
        place += 1
    if place == 0 or place > last:
        p50, p90 = MEDIANS[min(place, last)], NINTHS[min(place, last)]
    else:
        part = (shape - SHAPES[place - 1]) / (SHAPES[place] - SHAPES[place - 1])
        p50 = MEDIANS[place - 1] + part * (MEDIANS[place] - MEDIANS[place - 1])
        p90 = NINTHS[place - 1] + part * (NINTHS[place] - NINTHS[place - 1])
    return int(mean * p50 + 0.5), int(mean * p90 + 0.5)
