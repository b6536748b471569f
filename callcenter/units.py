"""Time as the core counts it: whole milliseconds since 1970-01-01T00:00Z, and durations in the same unit."""

from typing import Final, NewType

Millis = NewType("Millis", int)
"""An instant (since the epoch, UTC) or a duration, in whole milliseconds."""

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def millis(seconds: float) -> Millis:
    """Return `seconds` as whole milliseconds, rounded half up.

    >>> millis(0.0125), millis(20)
    (13, 20000)
    """
    return Millis(int(seconds * SECOND + 0.5) if seconds >= 0 else -int(-seconds * SECOND + 0.5))
