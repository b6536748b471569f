"""Lines of a chart, as points of an SVG: service levels by half hour, or along the values of a curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

Plain = dict[str, Any]
WIDTH: Final = 600
HEIGHT: Final = 150
OVERALL: Final = "overall"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name and its points; a gap begins another part."""

    name: str
    parts: tuple[str, ...]
    """Each as `x,y x,y …`."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over places; `rows` say the same as a table."""

    title: str
    places: tuple[str, ...]
    lines: tuple[Line, ...]
    target_y: float | None
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[tuple[str, tuple[Plain | None, ...]], ...]
    """Place → each line's estimate, then each difference."""
    chosen: int | None = None
    """The place that stands out."""


def y_of(share: float) -> float:
    """Return how far down a share stands.

    >>> y_of(1.0), y_of(0.0)
    (0.0, 150.0)
    """
    return round(HEIGHT * (1 - share), 1)


def x_of(place: int, count: int) -> float:
    """Return how far right a place stands."""
    return round(WIDTH * (place + 0.5) / max(1, count), 1)


def line(name: str, levels: Sequence[Plain | None]) -> Line:
    """Return a line through what is known."""
    parts: list[list[str]] = [[]]
    for n, level in enumerate(levels):
        if level is None:
            parts.append([])
        else:
            parts[-1].append(f"{x_of(n, len(levels))},{y_of(level['mean'])}")
    return Line(name, tuple(" ".join(part) for part in parts if part))


def half_hours(base: Plain, variants: Sequence[Plain], tier: str) -> Chart:
    """Return a tier's service level by half hour, the base's and each variant's."""
    starts = [interval["start"] for interval in base["intervals"]]
    every = [_levels(base, starts, tier), *(_levels(variant["result"], starts, tier) for variant in variants)]
    names = [base["scenario"], *(variant["name"] for variant in variants)]
    changes = [
        {one["start"]: one["service_level"].get(tier) for one in variant["differences_by_interval"]}
        for variant in variants
    ]
    target = None if tier == OVERALL else base["tiers"][tier]["target"]
    several = len({start[:10] for start in starts}) > 1
    texts = [start[5:16].replace("T", " ") if several else start[11:16] for start in starts]
    return Chart(
        tier,
        tuple(texts),
        tuple(line(name, levels) for name, levels in zip(names, every, strict=True)),
        None if target is None else y_of(target["share"]),
        _ticks(texts),
        tuple(
            (text, (*(levels[n] for levels in every), *(change.get(starts[n]) for change in changes)))
            for n, text in enumerate(texts)
        ),
    )


def _levels(result: Plain, starts: Sequence[str], tier: str) -> list[Plain | None]:
    cells = {one["start"]: one[OVERALL] if tier == OVERALL else one["tiers"].get(tier) for one in result["intervals"]}
    return [None if (cell := cells.get(start)) is None else cell["service_level"]["sl_net"] for start in starts]


def _ticks(texts: Sequence[str]) -> tuple[tuple[float, str], ...]:
    step = max(1, -(-len(texts) // 9))
    return tuple((x_of(n, len(texts)), texts[n]) for n in range(0, len(texts), step))


def lines_of(sweep: Plain) -> Chart:
    """Return the service levels of a sweep along its values, a line for each tier."""
    [(path, values)] = sweep["vary"].items()
    first = sweep["cells"][0]["result"]
    tiers = [name for name, block in first["tiers"].items() if block["offered"] and block["offered"]["mean"]]
    every = [
        [_block(cell["result"], tier)["service_level"]["sl_net"] for cell in sweep["cells"]]
        for tier in (*tiers, OVERALL)
    ]
    elbow = sweep["elbow"]
    return Chart(
        path,
        tuple(values),
        tuple(line(name, levels) for name, levels in zip((*tiers, OVERALL), every, strict=True)),
        None,
        tuple((x_of(n, len(values)), value) for n, value in enumerate(values)),
        tuple((value, tuple(levels[n] for levels in every)) for n, value in enumerate(values)),
        None if elbow is None else values.index(elbow["value"]),
    )


def _block(result: Plain, tier: str) -> Plain:
    found: Plain = result[OVERALL] if tier == OVERALL else result["tiers"][tier]
    return found
