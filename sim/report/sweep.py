"""A sweep as a table, a picture and a page: the service level of each setting, with its interval."""

from itertools import product
from typing import Any, Final

import numpy as np
from rich.console import Console
from rich.text import Text

from callcenter.language.spoken import _, n_
from callcenter.lifecycle.measures import DEFAULT_FORMULA
from sim.experiment.sweep import Sweep
from sim.report import money
from sim.report.drawing import INK, Chart, colour, drawn, per_cent
from sim.report.page import rendered
from sim.report.table import bare_table, say
from sim.report.wording import (
    JSON,
    SOME,
    doubts,
    formula_text,
    mean_of,
    overlooked,
    seconds,
    share,
    share_with_interval,
    tier_name,
)
from sim.results.result import OVERALL

WIDE: Final = 9.6
MOST_LINES: Final = 8
MOST_TIERS: Final = 4


def _level(result: JSON, tier: str) -> Any:
    block = result[OVERALL] if tier == OVERALL else result["tiers"][tier]
    return block["service_level"][DEFAULT_FORMULA]


def _tiers(found: Sweep) -> list[str]:
    """Return the tiers that any call comes from, in every cell."""
    names = [name for name in found.cells[0].result["tiers"] if all(name in c.result["tiers"] for c in found.cells)]
    return [n for n in names if any(mean_of(c.result["tiers"][n]["offered"]) for c in found.cells)]


def table(found: Sweep) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return header and rows: what is set, service levels, and what else matters overall."""
    tiers = _tiers(found)
    own = tiers if len(tiers) > 1 else []
    accounts = [cell.result.get("money", {}) for cell in found.cells]
    priced = [part for part in money.TITLES if all(part in account for account in accounts)]
    titles = [_(money.TITLES[part]) for part in priced]
    paths = (path for path, _values in found.axes)
    header = (*paths, *own, _("overall"), _("abandoned"), _("ASA"), _("occupancy"), *titles)
    lines = []
    for cell, account in zip(found.cells, accounts, strict=True):
        block = cell.result[OVERALL]
        lines.append(
            (
                *(value for _path, value in cell.settings),
                *(share_with_interval(_level(cell.result, tier)) for tier in own),
                share_with_interval(_level(cell.result, OVERALL)),
                share(mean_of(block["abandonment"])),
                seconds(mean_of(block["asa_s"])),
                share_with_interval(cell.result["agents"]["occupancy"]),
                *(money.amount(account["currency"], account[part]["total"]) for part in priced),
            )
        )
    return header, lines


def heading(found: Sweep) -> str:
    """Return the line that says what was simulated."""
    settings = n_("{n} setting", "{n} settings", len(found.cells))
    lived = n_("{n:,} replication each", "{n:,} replications each", found.replications)
    seed = _("seed {seed}", seed=found.seed)
    return f"{found.scenario} · {settings} · {lived} · {seed}"


def elbow_says(found: Sweep) -> str | None:
    """Return where more stops paying, in a sentence."""
    elbow = found.elbow()
    if elbow is None:
        return None
    return _(
        "The curve of all calls bends at {path} = {value} ({level}): all steps beyond it together gain {points:.1f} "
        "points",
        path=found.axes[0][0],
        value=elbow["value"],
        level=share_with_interval(elbow["service_level"]),
        points=100 * elbow["rest_gains"],
    )


def _notes(found: Sweep) -> list[str]:
    """Return what was overlooked, each sentence once, and in how many settings intervals are in doubt."""
    once = list(dict.fromkeys(line for cell in found.cells for line in overlooked(cell.result)))
    return [*once[:SOME], *_doubts(found)]


def _doubts(found: Sweep) -> list[str]:
    said = [", ".join(f"{p}={v}" for p, v in cell.settings) for cell in found.cells if doubts(cell.result)]
    if not said:
        return []
    first = next(line for cell in found.cells for line in doubts(cell.result))
    shown = "; ".join(said[:3]) + ("; …" if len(said) > 3 else "")
    return [
        _(
            "in {part} of {whole} settings ({shown}) intervals are in doubt, the first: {first}",
            part=len(said),
            whole=len(found.cells),
            shown=shown,
            first=first,
        )
    ]


def _title() -> str:
    return _("Service level ({formula}) by setting", formula=DEFAULT_FORMULA)


def show(console: Console, found: Sweep) -> None:
    """Print the grid."""
    say(console, heading(found))
    console.print()
    header, lines = table(found)
    grid = bare_table(console, title=_title())
    for n, name in enumerate(header):
        grid.add_column(Text(name), justify="left" if n < len(found.axes) else "right", overflow="fold")
    for row in lines:
        grid.add_row(*map(Text, row))
    console.print(grid)
    console.print()
    bend = elbow_says(found)
    if bend is not None:
        say(console, bend)
    say(console, _("{formula}; brackets hold 95 % intervals", formula=formula_text()))
    for line in _notes(found):
        say(console, _("Note: {text}", text=line), "yellow")


def page(found: Sweep, version: str) -> str:
    """Return the page about a sweep."""
    header, lines = table(found)
    return rendered(
        "sweep.html.jinja",
        title=found.scenario,
        heading=heading(found),
        version=version,
        chart=picture(found),
        header=header,
        rows=lines,
        notes=[*([said] if (said := elbow_says(found)) else []), *_notes(found)],
        formula=formula_text(),
    )


def picture(found: Sweep) -> Chart:
    """Return the grid as a picture: a line with its band on one axis, a coloured grid on two, lines on more."""
    draw = _grid if len(found.axes) == 2 else _lines  # a plane has two
    high = 3.4 if len(found.axes) != 2 else 1.4 + 0.4 * len(found.axes[0][1])
    header, lines = table(found)
    levels = [mean_of(_level(cell.result, OVERALL)) for cell in found.cells]
    known = [(level, cell) for level, cell in zip(levels, found.cells, strict=True) if level is not None]
    says = _("No call was to be judged.")
    if known:
        best = max(known, key=lambda pair: pair[0])
        says = _(
            "The service level of all calls lies between {low} and {high}, the highest with {settings}.",
            low=share(min(level for level, _cell in known)),
            high=share(best[0]),
            settings=", ".join(f"{path} = {value}" for path, value in best[1].settings),
        )
    return Chart(
        _title(),
        says,
        drawn(WIDE, high, lambda figure: draw(found, figure)),
        header,
        tuple(lines),
    )


def _lines(found: Sweep, figure: Any) -> None:
    axes = figure.subplots()
    path, values = found.axes[0]
    x = np.arange(len(values))
    rest = list(product(*(v for _path, v in found.axes[1:])))
    if rest == [()]:
        tiers = _tiers(found)
        series = [(t, [_level(c.result, t) for c in found.cells]) for t in tiers[:MOST_TIERS] if len(tiers) > 1]
        series.append((OVERALL, [_level(cell.result, OVERALL) for cell in found.cells]))
    else:
        by = {tuple(v for _path, v in cell.settings): _level(cell.result, OVERALL) for cell in found.cells}
        names = [p for p, _values in found.axes[1:]]
        series = [
            (", ".join(f"{p}={v}" for p, v in zip(names, end, strict=True)), [by[value, *end] for value in values])
            for end in rest[:MOST_LINES]
        ]
    for n, (label, levels) in enumerate(series):
        tint = INK if label == OVERALL else colour(n)
        mean, low, high = (
            np.array([np.nan if e is None or e[k] is None else e[k] for e in levels], np.float64)
            for k in ("mean", "ci_low", "ci_high")
        )
        axes.fill_between(x, low, high, color=tint, alpha=0.15, linewidth=0)
        axes.plot(x, mean, color=tint, linewidth=1.8, marker="o", markersize=4, label=tier_name(label))
    axes.set_xticks(x, values)
    axes.set_xlabel(path)
    per_cent(axes)
    axes.legend(ncols=2)


def _grid(found: Sweep, figure: Any) -> None:
    axes = figure.subplots()
    (down, rows), (across, columns) = found.axes
    levels = np.array([mean_of(_level(cell.result, OVERALL)) for cell in found.cells], np.float64)
    grid = levels.reshape(len(rows), len(columns))
    axes.imshow(grid, vmin=0, vmax=1, cmap="RdYlGn", aspect="auto", alpha=0.75)
    for i in range(len(rows)):
        for j in range(len(columns)):
            axes.text(
                j, i, share(grid[i, j]) if np.isfinite(grid[i, j]) else "", ha="center", va="center", fontsize=8.5
            )
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(across)
    axes.set_ylabel(down)
    axes.grid(visible=False)
