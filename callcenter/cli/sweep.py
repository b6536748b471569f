"""`callcenter sweep`: every combination of some settings, simulated under the same chance: a grid, a picture, a CSV."""

import os
import re
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from callcenter.cli.options import (
    AsJson,
    CsvLocale,
    Processes,
    Replications,
    ScenarioName,
    Seed,
    Sets,
    json_text,
    note,
    note_engine,
    product_version,
    with_chance,
)
from callcenter.cli.progress import Bar
from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from sim.experiment.sweep import Settings, Sweep

AXIS: Final = re.compile(r"\s*([^=\s]+?)\s*([*+-]?)=(.*)", re.DOTALL)
RANGE: Final = re.compile(r"\s*(-?\d+)\.\.(-?\d+)(?:/(\d+))?\s*")
GRID: Final = "grid.csv"

Vary = Annotated[
    list[str],
    typer.Option(
        "--vary",
        metavar="PATH=LIST",
        help="Set this figure to each value: shifts.0.agents=6..12, tiers.vip.target=90/20,95/20, 'volume*=1,1.15'. "
        "Repeatable: every combination is simulated.",
    ),
]


def sweep(
    scenario: ScenarioName,
    vary: Vary,
    sets: Sets = None,
    replications: Replications = None,
    seed: Seed = None,
    processes: Processes = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Work on a Dask cluster: tcp://host:8786.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.html, grid.csv and result.json to this folder.")
    ] = None,
    csv_locale: CsvLocale = None,
    as_json: AsJson = False,
) -> int:
    """Simulate every combination of some settings, under the same chance."""
    from sim.report.tables import check_locale

    check_locale(csv_locale)
    axes = [read_axis(text) for text in vary]
    twice = [path for n, (path, _values) in enumerate(axes) if path in [other for other, _values in axes[:n]]]
    if twice:
        raise BadInput("--vary {twice}=: is there twice: name all its values in one list", twice=twice[0])
    from sim.experiment.engines import choose
    from sim.experiment.sweep import MOST_CELLS
    from sim.report.files import check_folder

    count = 1
    for _path, values in axes:
        count *= len(values)
    if count > MOST_CELLS:
        raise BadInput(
            "--vary: {count:,} combinations: {most_cells:,} at most: vary fewer figures, or fewer values",
            count=count,
            most_cells=MOST_CELLS,
        )
    if out is not None:
        check_folder(out)
    cells = []
    for chosen in product(*(values for _path, values in axes)):
        settings = tuple(zip((path for path, _values in axes), chosen, strict=True))
        mine = [f"{path}={value}" for path, value in settings]
        cells.append((settings, with_chance(load_scenario(scenario, [*(sets or []), *mine]), replications, seed)))
    note_engine("sweep", (choose(cell) for _settings, cell in cells))
    found = _swept(axes, cells, processes, scheduler)
    if out is not None:
        _write(out, found, csv_locale)
    if as_json:
        print(json_text(found.as_json()))
    else:
        from sim.report.sweep import show
        from sim.report.table import console_for

        show(console_for(sys.stdout), found)
    return 0


def read_axis(text: str) -> tuple[str, list[str]]:
    """Return a path (with its operator) and the values it takes.

    >>> read_axis("shifts.0.agents=6..12/3"), read_axis("volume*=0.9, 1")
    (('shifts.0.agents', ['6', '9', '12']), ('volume*', ['0.9', '1']))
    >>> read_axis("arrivals.0.calls=[1, 2],[3, 4]")
    ('arrivals.0.calls', ['[1, 2]', '[3, 4]'])
    """
    match = AXIS.fullmatch(text)
    if match is None:
        raise BadInput("--vary {said}: is not PATH=LIST: write --vary shifts.0.agents=6,7,8 or =6..12", said=text)
    path, operator, listed = match.groups()
    span = RANGE.fullmatch(listed)
    if span is not None:
        first, last, step = int(span[1]), int(span[2]), int(span[3] or 1)
        if step < 1 or last < first:
            raise BadInput("--vary {said}: is no range: write 6..12 or 6..12/2", said=text)
        return path + operator, [str(n) for n in range(first, last + 1, step)]
    values, depth, begin = [], 0, 0
    for place, letter in enumerate(listed):
        depth += (letter in "[{(") - (letter in "]})")
        if letter == "," and depth == 0:
            values.append(listed[begin:place].strip())
            begin = place + 1
    values.append(listed[begin:].strip())
    if any(not value for value in values):
        raise BadInput("--vary {said}: has an empty value: write --vary {path}=6,7,8", said=text, path=path)
    if len(set(values)) < len(values):
        raise BadInput("--vary {said}: names a value twice", said=text)
    return path + operator, values


def _swept(
    axes: Sequence[tuple[str, Sequence[str]]],
    cells: "Sequence[tuple[Settings, object]]",
    processes: int | None,
    scheduler: str | None,
) -> "Sweep":
    from sim.experiment.sweep import sweep as swept

    cores = processes if processes is not None else os.cpu_count() or 1
    first = cells[0][1]
    with Bar(_("sweeping"), len(cells) * first.replications) as bar:  # type: ignore[attr-defined]
        return swept(first.name, axes, cells, processes=cores, scheduler=scheduler, progress=bar)  # type: ignore[attr-defined, arg-type]


def _write(out: Path, found: "Sweep", locale: str | None) -> None:
    from sim.experiment.sweep import rows
    from sim.report.files import RESULT, csv_text, write_folder
    from sim.report.sweep import page
    from sim.report.tables import workbook

    table = rows(found)
    header = list(table[0])
    lines = [tuple(row[name] for name in header) for row in table]
    contents: dict[str, str | bytes] = {
        "report.html": page(found, product_version()),
        GRID: csv_text(header, lines),
        "grid.xlsx": workbook([("grid", header, lines)]),
        RESULT: json_text(found.as_json()) + "\n",
    }
    write_folder(out, contents, locale=locale)
    note(_("written: {path}", path=f"{out / 'report.html'}, {out / GRID}"))
