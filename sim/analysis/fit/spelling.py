"""How a scenario file spells durations, times of day, weekdays, and figures by interval."""

from callcenter.config.tree import Tree
from callcenter.config.words import WEEKDAYS
from callcenter.units import MINUTE


def duration_text(seconds: float) -> str:
    """Return a duration as a file has it, to the millisecond.

    >>> duration_text(90.0), duration_text(1800), duration_text(0.0125)
    ('90s', '30m', '0.013s')
    """
    if seconds >= 120 and seconds % 60 == 0:
        return f"{seconds / 60:.0f}m"
    return f"{int(seconds * 1000 + 0.5) / 1000:.3f}".rstrip("0").rstrip(".") + "s"


def span_text(begin: int, end: int) -> str:
    """Return a time of day from and to, ms after midnight."""
    return f"{clock_text(begin)}-{clock_text(end)}"


def clock_text(ms: int) -> str:
    """Return a time of day, ms after midnight, to the minute."""
    return f"{ms // (60 * MINUTE):02d}:{ms // MINUTE % 60:02d}"


def days_text(weekdays: tuple[int, ...]) -> Tree:
    """Return weekdays (0: Monday), or "all"."""
    return "all" if len(weekdays) == 7 else ",".join(WEEKDAYS[day] for day in weekdays)


def trimmed(values: list[float]) -> tuple[int, list[float]]:
    """Return where the first figure other than zero is, and the figures from there to the last one."""
    used = [i for i, value in enumerate(values) if value]
    return (used[0], values[used[0] : used[-1] + 1]) if used else (0, [])
