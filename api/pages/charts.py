"""Charts of half hours: where bars, lines and labels stand; a template draws them as SVG, a table tells the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, log10
from typing import Final

WIDTH: Final = 960
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 8, 22
LABELS: Final = 16
"""At most so many stand below."""


@dataclass(frozen=True, slots=True)
class Series:
    """Figures, one for each half hour; None: there is none."""

    name: str
    values: Sequence[float | None]
    look: str
    """bars, line, dashed."""


@dataclass(slots=True)
class Chart:
    """Where everything stands, in units of the picture."""

    height: int
    ticks: list[tuple[float, float]] = field(default_factory=list)
    """Height, and what is written there."""
    labels: list[tuple[float, str]] = field(default_factory=list)
    bars: list[tuple[float, float, float, float]] = field(default_factory=list)
    """x, y, width, height."""
    lines: list[tuple[str, str]] = field(default_factory=list)
    """Look, and the points of a path."""
    named: list[tuple[str, str]] = field(default_factory=list)
    """Look and name, for the key."""


def chart(labels: Sequence[str], series: Sequence[Series], height: int = 170) -> Chart:
    """Return where the figures of half hours stand; a line is broken where there is no figure.

    >>> found = chart(["09:00", "09:30"], [Series("calls", [10, None], "bars"), Series("plan", [5.0, 20.0], "line")])
    >>> found.ticks[-1], len(found.bars), found.lines
    ((8.0, 20), 1, [('line', 'M271.0 113.0L725.0 8.0')])
    """
    made = Chart(height)
    greatest = max((value for one in series for value in one.values if value is not None), default=0.0)
    top, step = scale(greatest)
    room, wide = height - TOP - BOTTOM, (WIDTH - LEFT - RIGHT) / max(1, len(labels))

    def y(value: float) -> float:
        return round(TOP + room * (1 - value / top), 1)

    made.ticks = [(y(n * step), n * step) for n in range(round(top / step) + 1)]
    every = ceil(len(labels) / LABELS) or 1
    made.labels = [(round(LEFT + wide * (n + 0.5), 1), text) for n, text in enumerate(labels) if n % every == 0]
    for one in series:
        made.named.append((one.look, one.name))
        if one.look == "bars":
            made.bars += [
                (round(LEFT + wide * (n + 0.15), 1), y(value), round(wide * 0.7, 1), round(y(0) - y(value), 1))
                for n, value in enumerate(one.values)
                if value is not None
            ]
        else:
            path, down = "", False
            for n, value in enumerate(one.values):
                if value is not None:
                    path += f"{'L' if down else 'M'}{round(LEFT + wide * (n + 0.5), 1)} {y(value)}"
                down = value is not None
            made.lines.append((one.look, path))
    return made


def scale(greatest: float) -> tuple[float, float]:
    """Return the top of an axis for figures up to `greatest`, and the step between its marks.

    >>> scale(0), scale(7), scale(83), scale(120)
    ((4, 1), (8, 2), (100.0, 25.0), (150, 50))
    """
    if greatest <= 4:
        return 4, 1
    rough = greatest / 4
    ten = 10 ** int(log10(rough))
    step = next(ten * n for n in (1, 2, 2.5, 5, 10) if ten * n >= rough and float(ten * n).is_integer())
    return step * ceil(greatest / step), step
