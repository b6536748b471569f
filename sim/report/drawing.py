"""How charts are drawn: matplotlib without a screen, the same bytes every time, as an image inside the page."""

import base64
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from callcenter.language.spoken import _

INK: Final = "#1d2733"
FAINT: Final = "#8793a1"
GRID: Final = "#e4e8ed"
COLOURS: Final = ("#1b4f9c", "#e07b00", "#2a8f6d", "#8d3f8f", "#b8860b", "#c23b4b", "#3a9bc4", "#6b7280")
"""Told apart by most eyes, and in grey; one for each tier, in the order of the centre."""
STYLE: Final[Any] = {
    "svg.hashsalt": "callcenter",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
}
FONTS: Final = "-apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and what it says in words and numbers, for those who cannot see it."""

    title: str
    says: str
    """One sentence: the text alternative."""
    image: str
    """A data address: nothing is fetched."""
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def colour(place: int) -> str:
    """Return the colour of the tier at this place."""
    return COLOURS[place % len(COLOURS)]


def drawn(width: float, height: float, draw: Callable[[Any], None]) -> str:
    """Return what `draw` puts on a figure of this size (inches) as the address of an image."""
    import io

    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    sink = io.BytesIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings(), _wide_letters_measured():
        warnings.simplefilter("ignore")  # a glyph that our font lacks: the browser's has it
        figure = Figure(figsize=(width, height))
        FigureCanvasSVG(figure)
        draw(figure)
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(sink, format="svg", metadata=nothing)
    text = sink.getvalue().decode()
    text = re.sub(r"<!DOCTYPE.*?>\s*|<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    # Text is text, in whatever font the reader has; matplotlib would name its own.
    text = re.sub(r"font-family: [^;\"]*|(?<=px )'DejaVu Sans'[^;\"]*", lambda found: _family(found.group()), text)
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode("ascii")


@contextmanager
def _wide_letters_measured() -> Iterator[None]:
    """Have room kept for letters that our font lacks and the reader's has: a Chinese character is an em wide.

    The font's sign for what it lacks is narrower, and labels would run into each other, or out of the picture.
    """
    from matplotlib.textpath import TextToPath
    from rich.cells import cell_len

    ruler: Any = TextToPath
    plain = ruler.get_text_width_height_descent

    def measured(self: Any, text: str, font: Any, ismath: Any) -> tuple[float, float, float]:
        wide = [letter for letter in text if not letter.isascii() and cell_len(letter) == 2]
        if not wide:
            found: tuple[float, float, float] = plain(self, text, font, ismath)
            return found
        narrow = "".join(letter for letter in text if letter not in wide)
        width, height, descent = plain(self, narrow or "x", font, ismath)
        em = font.get_size_in_points()
        return (width if narrow else 0.0) + em * len(wide), max(height, em), descent

    ruler.get_text_width_height_descent = measured
    try:
        yield
    finally:
        ruler.get_text_width_height_descent = plain


def _family(found: str) -> str:
    return f"font-family: {FONTS}" if found.startswith("font-family") else FONTS


def clock_axis(axes: Any, starts: Sequence[str], most: int = 12) -> None:
    """Label an axis of intervals with some of their times of day (and dates, where there are several)."""
    several = len({start[:10] for start in starts}) > 1
    step = max(1, round(len(starts) / most))
    if not several:
        step = next((s for s in (1, 2, 4, 6, 8) if s >= step), step)
    places = range(0, len(starts), step)
    axes.set_xticks(list(places), [starts[n][5:].replace("T", "\n") if several else starts[n][11:] for n in places])
    axes.set_xlim(-0.5, len(starts) - 0.5)


def whole_share(value: float, place: int | None = None) -> str:
    """Return a share in whole per cent; also as matplotlib asks for it, which names the tick's place."""
    return _("{value:.0f} %", value=100 * value)


def per_cent(axes: Any) -> None:
    """Let a vertical axis show shares from 0 to 100 %."""
    axes.set_ylim(0, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0], [whole_share(x) for x in (0, 0.25, 0.5, 0.75, 1.0)])
