"""What came of a what-if, for taking along: rows for a spreadsheet, a picture, a document to print.

Each takes the plain result of a simulation, a comparison or a sweep, as the command line prints it.
"""

import csv
import io
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from callcenter.config.formula_cells import harmless
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from sim.report.drawing import FAINT, INK, STYLE, clock_axis, colour, per_cent
from sim.results.result import OVERALL

JSON = dict[str, Any]
Row = dict[str, Any]
COLUMNS: Final = ("variant", "start", "tier", "figure", "mean", "ci_low", "ci_high", "difference", "difference_low",
                  "difference_high", "decided")  # fmt: skip
FIGURES: Final = (DEFAULT_FORMULA, "abandonment", "asa_s", "wait_p95_s", "agent_time_share", "offered")
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
    return _drawn((10.0, 5.6), "png", lambda figure: _chart(figure, result, title))


def document(result: JSON, title: str, settings: Sequence[str]) -> bytes:
    """Return a PDF of A4 pages: the picture, what was changed, and the figures with their intervals."""
    import matplotlib as mpl
    from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
    from matplotlib.figure import Figure

    sink = io.BytesIO()
    lines = [*(f"set {one}" for one in settings), "", *lines_of(result)]
    with mpl.rc_context(STYLE), warnings.catch_warnings(), PdfPages(sink, metadata={"CreationDate": None}) as pages:
        warnings.simplefilter("ignore")  # a glyph that our font lacks
        figure = Figure(figsize=(A4[1], A4[0]))
        FigureCanvasPdf(figure)
        _chart(figure, result, title)
        pages.savefig(figure)
        for begin in range(0, len(lines), LINES_A_PAGE):
            figure = Figure(figsize=(A4[1], A4[0]))
            FigureCanvasPdf(figure)
            figure.text(0.05, 0.95, title[:110], fontsize=12, weight="bold", va="top")
            figure.text(0.05, 0.91, "\n".join(lines[begin : begin + LINES_A_PAGE]), fontsize=7.5, va="top",
                        family="monospace", linespacing=1.35)  # fmt: skip
            pages.savefig(figure)
    return sink.getvalue()


def lines_of(result: JSON) -> list[str]:
    """Return the figures of the whole day as lines of a table."""
    found = [f"{'':<30}{'tier':<16}{'figure':<18}{'mean':>10}  {'95 % interval':<22}{'difference':>11}  95 % interval"]
    for row in rows_of(result):
        if row["start"]:
            continue
        change = ""
        if row.get("difference") is not None:
            change = f"{row['difference']:>+11.4g}  {_between(row, 'difference_low', 'difference_high'):<20}"
            change += " *" if row["decided"] == "true" else ""
        mean = "-" if row["mean"] is None else f"{row['mean']:.4g}"
        found.append(
            f"{row['variant'][:28]:<30}{row['tier'][:14]:<16}{row['figure']:<18}{mean:>10}  "
            f"{_between(row, 'ci_low', 'ci_high'):<22}{change}"
        )
    found += ["", "* the interval of the difference leaves out zero"]
    if not any(different.get("notes") for _, _, different in parts_of(result)):
        found[-1] += "; the same chance for base and variants"
    return [*found, *(line for text in _said_beside(result) for line in textwrap.wrap(text, LETTERS_A_LINE))]


def _said_beside(result: JSON) -> list[str]:
    """Return what was overlooked, and which intervals are in doubt, by the part that it is about."""
    return [
        f"note: {name}: {one['says']}"
        for name, found, different in parts_of(result)
        for one in (*different.get("notes", ()), *found.get("notes", ()), *found.get("doubts", ()))
    ]


def _between(row: Row, low: str, high: str) -> str:
    return "" if row.get(low) is None else f"{row[low]:.4g} to {row[high]:.4g}"


def _drawn(size: tuple[float, float], kind: str, draw: Callable[[Any], None]) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sink = io.BytesIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure = Figure(figsize=size, dpi=144)
        FigureCanvasAgg(figure)
        draw(figure)
        figure.savefig(sink, format=kind, metadata={"Software": None})
    return sink.getvalue()


def _chart(figure: Any, result: JSON, title: str) -> None:
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
            clock_axis(axes, starts)
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
