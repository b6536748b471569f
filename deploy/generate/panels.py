"""What a dashboard is made of: boards, each a few rows of panels, each panel its questions to Prometheus."""

from dataclasses import dataclass
from typing import Final, Literal

Look = Literal["stat", "lines", "bars", "stack"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, and how its answers are called."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One panel."""

    title: str
    look: Look
    unit: str
    asks: tuple[Ask, ...]
    about: str
    """What it shows, with its formula: read where the pointer rests on the panel's corner."""
    width: int = 8
    limits: tuple[float, ...] = ()
    """The values from which it turns amber and red, or red alone; with `better="more"` amber and green, or green."""
    better: Literal["less", "more"] = "less"
    targets: bool = False
    """Colour what is called like a tier by the tier's own target."""
    tile: bool = False
    """Colour the whole of it, to be read from the other end of the room."""
    named: bool = False
    """Show what the answers are called, not what they are."""
    examples: bool = False
    """Show exemplars: a point for a contact, which leads to its trace."""
    alerts: tuple[str, ...] = ()
    """Alerts that are about the same; their runbooks are named."""


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard."""

    name: str
    title: str
    about: str
    since: str
    rows: tuple[tuple[str, tuple[Shown, ...]], ...]
    refresh: str = "15s"
    heights: tuple[int, int] = (6, 8)
    """Of a figure and of a drawing, in Grafana's rows of 38 pixels: 28 of them are a large screen."""


SHARE, SECONDS, COUNT = "percentunit", "s", "short"
TODAY: Final = "now/d"
"""Since midnight, where the dashboard's day begins."""


def by(series: str, label: str) -> str:
    """Return the question for the sums by one label."""
    return f"sum by ({label}) ({series})"


def quantile(q: float, series: str, label: str = "", which: str = "") -> str:
    """Return the question for a quantile of a histogram over half an hour."""
    labels, only = f"le, {label}" if label else "le", f"{{{which}}}" if which else ""
    return f"histogram_quantile({q}, sum by ({labels}) (increase({series}_bucket{only}[30m])))"
