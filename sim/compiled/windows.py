"""Opening hours and calling windows as tables of the instants at which they change (`callcenter.hours`)."""

from sim.compiled import layout as at
from sim.compiled.jit import Memory, compiled


@compiled
def _passed(m: Memory, table: int, count: int, now: int) -> int:
    """Return how many changes have come by `now`."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if m[table + middle] <= now:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def is_open(m: Memory, table: int, count: int, open_at_first: int, now: int) -> bool:
    """`OpeningHours.is_open`."""
    return (_passed(m, table, count, now) % 2 == 1) != (open_at_first != 0)


@compiled
def next_change(m: Memory, table: int, count: int, now: int) -> int:
    """`OpeningHours.next_change`; past the end of the table the day cannot be told here."""
    passed = _passed(m, table, count, now)
    if passed == count:
        if count:  # hours that change go on changing
            m[at.FAULT] = 1
        return at.NONE
    return m[table + passed] if m[table + passed] < at.NEVER else at.NONE


@compiled
def window_open(m: Memory, queue: int, now: int) -> bool:
    """Tell whether the customers of `queue` may be called now."""
    return is_open(m, m[queue + at.WINDOW], m[queue + at.WINDOW_N], m[queue + at.WINDOW_OPEN_AT_FIRST], now)


@compiled
def window_changes(m: Memory, queue: int, now: int) -> int:
    """Return when that changes next, or NONE."""
    return next_change(m, m[queue + at.WINDOW], m[queue + at.WINDOW_N], now)


@compiled
def first_open(m: Memory, queue: int, instant: int) -> int:
    """`hours.first_open`, of the calling window."""
    return instant if window_open(m, queue, instant) else window_changes(m, queue, instant)
