"""What came of a what-if, for taking along: rows for a spreadsheet, a picture, a document to print.

Each takes the plain result of a simulation, a comparison or a sweep, as the command line prints it.
"""

import csv
import io
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.cells import cell_len, set_cell_size

from callcenter.config.formula_cells import harmless
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from sim.report.drawing import FAINT, INK, STYLE, clock_axis, colour, per_cent
from sim.report.fonts import fallbacks
from sim.results.result import OVERALL

JSON = dict[str, Any]
Row = dict[str, Any]
COLUMNS: Final = ("variant", "start", "tier", "figure", "mean", "ci_low", "ci_high", "difference", "difference_low",
                  "difference_high", "decided")  # fmt: skip
FIGURES: Final = (DEFAULT_FORMULA, "abandonment", "asa_s", "wait_p95_s", "agent_time_share", "offered")
Line = tuple[str, str, str]
BOXES: Final = "note: {n} letters are boxes, no installed font has them: install one, such as fonts-wqy-microhei"
LEFT: Final = (0, 30, 46)
"""Where the parts of a line begin, in letters."""
LABELS: Final = 8
"""Times of day below a panel, of which two stand side by side."""
LETTER: Final = 4.515 / 841.7
LINE: Final = 10.1 / 595.1
"""How wide a letter and how high a line is, in parts of the page."""
A4: Final = (8.27, 11.69)
LINES_A_PAGE: Final = 52
LETTERS_A_LINE: Final = 150


def parts_of(result: JSON) -> list[tuple[str, JSON, JSON]]:
    """Return what a result tells of: name, figures, and the differences from the first (none for the first)."""
    if "variants" in result:
        base = result["base"]
        return [(base["scenario"], base, {}), *((v["name"], v["result"], v) for v in result["variants"])]
    if "cells" in result:
        return [(", ".join(f"{k}={v}" for k, v in cell["set"].items()), cell["result"], {}) for cell in result["cells"]]
    return [(result["scenario"], result, {})]


def blocks_of(result: JSON) -> list[tuple[str, JSON]]:
    """Return the tiers of a result that had calls, and all together."""
    tiers = [(name, block) for name, block in result["tiers"].items() if block["offered"] and block["offered"]["mean"]]
    return [*tiers, (OVERALL, result[OVERALL])]


def figure_of(block: JSON, name: str) -> JSON | None:
    """Return one figure of a tier."""
    found: JSON | None = block["service_level"][DEFAULT_FORMULA] if name == DEFAULT_FORMULA else block[name]
    return found


def rows_of(result: JSON) -> Iterator[Row]:
    """Yield every figure of every part: of the whole day first, then service levels half hour by half hour."""
    for name, found, different in parts_of(result):
        for tier, block in blocks_of(found):
            for figure in FIGURES:
                change = different.get("differences", {}).get(tier, {}).get(figure)
                yield _row(name, "", tier, figure, figure_of(block, figure), change)
        yield _row(name, "", OVERALL, "occupancy", found["agents"]["occupancy"],
                   different.get("differences", {}).get(OVERALL, {}).get("occupancy"))  # fmt: skip
        for part in ("wages", "lost_calls", "cost", "revenue_at_risk"):
            if part in found.get("money", {}):
                change = different.get("differences_by_money", {}).get(part)
                yield _row(name, "", OVERALL, part, found["money"][part]["total"], change)
        changes = {one["start"]: one["service_level"] for one in different.get("differences_by_interval", ())}
        for interval in found.get("intervals", ()):
            start = interval["start"]
            cells = [*interval["tiers"].items(), (OVERALL, interval[OVERALL])]
            for tier, cell in cells:
                level = cell["service_level"][DEFAULT_FORMULA]
                if level is not None:
                    yield _row(name, start, tier, DEFAULT_FORMULA, level, changes.get(start, {}).get(tier))


def _row(variant: str, start: str, tier: str, figure: str, est: JSON | None, change: JSON | None) -> Row:
    found: Row = {"variant": variant, "start": start, "tier": tier, "figure": figure}
    found |= {name: None if est is None else est[name] for name in ("mean", "ci_low", "ci_high")}
    if change is not None:
        found |= {"difference": change["mean"], "difference_low": change["ci_low"],
                  "difference_high": change["ci_high"], "decided": str(change["decided"]).lower()}  # fmt: skip
    return found


def text_of(rows: Iterator[Row]) -> str:
    """Return rows as CSV; a name that a spreadsheet would take for a formula is none."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in COLUMNS])
    return sink.getvalue()


def _cell(value: object) -> object:
    return "" if value is None else harmless(value)


# --- pictures


def picture(result: JSON, title: str) -> bytes:
    """Return a PNG: service level by half hour, or along the values of a sweep."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    families, boxes = fallbacks([title, *_names_in(result)])
    sink = io.BytesIO()
    with mpl.rc_context(_style(families)), _quiet(boxes):
        figure = Figure(figsize=(10.0, 5.6), dpi=144)
        FigureCanvasAgg(figure)
        _chart(figure, result, title, boxes)
        figure.savefig(sink, format="png", metadata={"Software": None})
    return sink.getvalue()


def document(result: JSON, title: str, settings: Sequence[str]) -> bytes:
    """Return a PDF of A4 pages: the picture, what was changed, and the figures with their intervals."""
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
    from matplotlib.figure import Figure

    families, boxes = fallbacks([title, *settings, *_names_in(result)])
    sink = io.BytesIO()
    lines: list[Line] = [*((f"set {one}", "", "") for one in settings), ("", "", ""), *_table_of(result)]
    with mpl.rc_context(_style(families)), _quiet(boxes), PdfPages(sink, metadata={"CreationDate": None}) as pages:
        figure = Figure(figsize=(A4[1], A4[0]))
        FigureCanvasPdf(figure)
        _chart(figure, result, title, boxes)
        pages.savefig(figure)
        for begin in range(0, len(lines), LINES_A_PAGE):
            figure = Figure(figsize=(A4[1], A4[0]))
            FigureCanvasPdf(figure)
            figure.text(0.05, 0.95, title[:110], fontsize=12, weight="bold", va="top")
            for n, line in enumerate(lines[begin : begin + LINES_A_PAGE]):
                # Part by part: letters of another font than the digits are not as wide.
                for left, part in zip(LEFT, line, strict=True):
                    figure.text(0.05 + left * LETTER, 0.9 - n * LINE, part, fontsize=7.5, va="baseline",
                                family=["monospace", *families])  # fmt: skip
            pages.savefig(figure)
    return sink.getvalue()


def _names_in(result: JSON) -> list[str]:
    """Return the texts of a picture or a page of a result in which names stand."""
    return [*lines_of(result), *(name for name, _, _ in parts_of(result)), *result.get("vary", ())]


def _style(families: Sequence[str]) -> Any:
    return {**STYLE, "font.family": ["sans-serif", *families]}


@contextmanager
def _quiet(boxes: int) -> Iterator[None]:
    """Pass over what need not be told: small panels, and letters that no font has, where the picture itself says so."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "constrained_layout not applied")
        if boxes:
            warnings.filterwarnings("ignore", "Glyph")
        yield


def lines_of(result: JSON) -> list[str]:
    """Return the figures of the whole day as lines of a table."""
    widths = (LEFT[1], LEFT[2] - LEFT[1])
    return [
        "".join([*map(set_cell_size, (name, tier), widths), rest]) if rest else name
        for name, tier, rest in _table_of(result)
    ]


def _table_of(result: JSON) -> list[Line]:
    """Return the same, each line in parts: name, tier, figures."""
    head = f"{'figure':<18}{'mean':>10}  {'95 % interval':<22}{'difference':>11}  95 % interval"
    found: list[Line] = [("", "tier", head)]
    for row in rows_of(result):
        if row["start"]:
            continue
        change = ""
        if row.get("difference") is not None:
            change = f"{row['difference']:>+11.4g}  {_between(row, 'difference_low', 'difference_high'):<20}"
            change += " *" if row["decided"] == "true" else ""
        mean = "-" if row["mean"] is None else f"{row['mean']:.4g}"
        rest = f"{row['figure']:<18}{mean:>10}  {_between(row, 'ci_low', 'ci_high'):<22}{change}"
        found.append((_cut(row["variant"], LEFT[1] - 2), _cut(row["tier"], LEFT[2] - LEFT[1] - 2), rest))
    star = "* the interval of the difference leaves out zero"
    if not any(different.get("notes") for _, _, different in parts_of(result)):
        star += "; the same chance for base and variants"
    said = [line for text in _said_beside(result) for line in textwrap.wrap(text, LETTERS_A_LINE)]
    return [*found, *((text, "", "") for text in ("", star, *said))]


def _cut(name: str, cells: int) -> str:
    """Return a name, cut to so many letters; wide ones count twice."""
    return set_cell_size(name, min(cells, cell_len(name)))


def _said_beside(result: JSON) -> list[str]:
    """Return what was overlooked, and which intervals are in doubt, by the part that it is about."""
    return [
        f"note: {name}: {one['says']}"
        for name, found, different in parts_of(result)
        for one in (*different.get("notes", ()), *found.get("notes", ()), *found.get("doubts", ()))
    ]


def _between(row: Row, low: str, high: str) -> str:
    return "" if row.get(low) is None else f"{row[low]:.4g} to {row[high]:.4g}"


def _chart(figure: Any, result: JSON, title: str, boxes: int) -> None:
    if boxes:
        figure.supxlabel(BOXES.format(n=boxes), fontsize=7)
    if "cells" in result:
        _curve(figure, result, title)
    else:
        _days(figure, result, title)


def _days(figure: Any, result: JSON, title: str) -> None:
    """Draw the service level of each half hour: a panel for each tier, a line for each part."""
    parts = parts_of(result)
    tiers = [name for name, _ in blocks_of(parts[0][1])]
    grid = figure.subplots(-(-len(tiers) // 2), 2 if len(tiers) > 1 else 1, squeeze=False, sharex=True, sharey=True)
    starts = [interval["start"] for interval in parts[0][1]["intervals"]]
    for n, axes in enumerate(grid.flat):
        if n >= len(tiers):
            axes.set_axis_off()
            continue
        tier = tiers[n]
        for k, (name, found, _) in enumerate(parts):
            cells = {
                one["start"]: one[OVERALL] if tier == OVERALL else one["tiers"].get(tier) for one in found["intervals"]
            }
            levels = [_level(cells.get(start)) for start in starts]
            means = [float("nan") if level is None else level["mean"] for level in levels]
            axes.plot(range(len(starts)), means, color=INK if k == 0 else colour(k - 1), label=name[:40], linewidth=1.6,
                      linestyle="-" if k else (0, (4, 1.5)))  # fmt: skip
        target = None if tier == OVERALL else parts[0][1]["tiers"][tier]["target"]
        if target is not None:
            axes.axhline(target["share"], color=FAINT, linewidth=1)
        axes.set_title(tier)
        per_cent(axes)
        if starts:
            clock_axis(axes, starts, LABELS)
    grid[0][0].legend(loc="lower left")
    figure.suptitle(title[:110], fontsize=12)


def _level(cell: JSON | None) -> JSON | None:
    return None if cell is None else cell["service_level"][DEFAULT_FORMULA]


def _curve(figure: Any, result: JSON, title: str) -> None:
    """Draw the service level of each tier over the values of a sweep."""
    axes = figure.subplots()
    [(path, values)] = result["vary"].items()
    places = range(len(values))
    for n, (tier, _) in enumerate(blocks_of(result["cells"][0]["result"])):
        blocks = [
            cell["result"][OVERALL] if tier == OVERALL else cell["result"]["tiers"][tier] for cell in result["cells"]
        ]
        levels = [figure_of(block, DEFAULT_FORMULA) for block in blocks]
        means = [float("nan") if level is None else level["mean"] for level in levels]
        ink = INK if tier == OVERALL else colour(n)
        axes.plot(places, means, color=ink, marker="o", markersize=4, label=tier)
        low = [
            m if level is None or level["ci_low"] is None else level["ci_low"]
            for m, level in zip(means, levels, strict=True)
        ]
        high = [
            m if level is None or level["ci_high"] is None else level["ci_high"]
            for m, level in zip(means, levels, strict=True)
        ]
        axes.fill_between(places, low, high, color=ink, alpha=0.12, linewidth=0)
    axes.set_xticks(list(places), list(values))
    axes.set_xlabel(path)
    per_cent(axes)
    axes.legend(loc="lower right")
    axes.set_title(title[:110])
