"""A folder of results, written whole or not at all: tasks and intervals as tables, the result as JSON.

Calls: `sim.report.calls`.

`tasks.csv`, one line an outbound task of the first replication:
    task_id, kind, queue, tier, scheduled, due, promise, attempts, attempted_in_time, reached_in_time, late, outcome,
    ended.
`intervals.csv`, one line an interval and tier, means over all replications:
    start, tier, offered, answered, abandoned, each service-level formula, sl_net_low, sl_net_high, agents, occupancy
    (both of all agents, on the lines of `overall`), target (the share promised in every interval, where the tier's
    target has that scope), met (yes, no, undecided).
"""

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from callcenter.config.formula_cells import harmless
from callcenter.errors import BadInput
from callcenter.hours import Zone
from callcenter.lifecycle.measures import DEFAULT_FORMULA, FORMULAS, TaskRecord
from sim.analysis.recorded_calls import iso
from sim.report.tables import Content, localised
from sim.report.wording import JSON, mean_of
from sim.results.result import OVERALL

Cell = str | int | float | bool | None

TASKS: Final = (
    "task_id", "kind", "queue", "tier", "scheduled", "due", "promise", "attempts", "attempted_in_time",
    "reached_in_time", "late", "outcome", "ended",
)  # fmt: skip
INTERVALS: Final = (
    "start", "tier", "offered", "answered", "abandoned", *FORMULAS, f"{DEFAULT_FORMULA}_low", f"{DEFAULT_FORMULA}_high",
    "agents", "occupancy", "target", "met",
)  # fmt: skip
RESULT: Final = "result.json"
OURS: Final = frozenset(
    {
        *("report.html", RESULT, "calls.csv", "calls.parquet", "tasks.csv", "intervals.csv"),
        *("grades.csv", "changes.csv", "grid.csv"),
        *("metrics.openmetrics", "prometheus.yml", "recording.yml", "alerts.yml"),
        *(
            "staffing.csv",
            "staffing.xlsx",
            "intervals.xlsx",
            "grid.xlsx",
            "roster.csv",
            "roster.xlsx",
            "roster.ics",
            "calendars.zip",
            "coverage.csv",
        ),
    }
)
"""Files of an earlier run: a folder that holds others is not replaced."""
OWN_MODE: Final = 0o777


def task_rows(records: Sequence[TaskRecord], zone: Zone) -> list[tuple[Cell, ...]]:
    """Return the lines of `tasks.csv`."""
    return [
        (
            t.task_id,
            t.kind,
            t.queue,
            t.tier,
            iso(zone, t.scheduled_at),
            iso(zone, t.due_at),
            iso(zone, t.promise),
            t.attempts,
            t.attempted_in_time,
            t.reached_in_time,
            t.late,
            t.outcome,
            None if t.ended_at is None else iso(zone, t.ended_at),
        )
        for t in records
    ]


def interval_rows(result: JSON) -> list[tuple[Cell, ...]]:
    """Return the lines of `intervals.csv`."""
    rows: list[tuple[Cell, ...]] = []
    for interval in result["intervals"]:
        for name, cell in [*interval["tiers"].items(), (OVERALL, interval[OVERALL])]:
            levels = cell["service_level"]
            net = levels[DEFAULT_FORMULA] or {}
            of_all = name == OVERALL
            rows.append(
                (
                    interval["start"],
                    name,
                    *(mean_of(cell[count]) for count in ("offered", "answered", "abandoned")),
                    *(mean_of(levels[formula]) for formula in FORMULAS),
                    net.get("ci_low"),
                    net.get("ci_high"),
                    mean_of(interval["agents"]) if of_all else None,
                    mean_of(interval["occupancy"]) if of_all else None,
                    cell["target"]["share"] if "target" in cell else None,
                    cell["target"]["met"] if "target" in cell else None,
                )
            )
    return rows


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table as CSV; nothing is an empty cell, truth is true or false."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def _written(cell: Cell) -> object:
    return ("false", "true")[cell] if isinstance(cell, bool) else harmless(cell)


# --- the folder


def check_folder(path: Path, option: str = "--out") -> None:
    """Refuse a folder that could not be written, or that holds what is not ours; before any work is done.

    Raises:
        BadInput: one line that says what is wrong and how to fix it.
    """
    if path.is_symlink() and not path.exists():
        raise BadInput("{option} {path}: is a link to nothing: name a folder", option=option, path=path)
    target = path.resolve()
    if target.exists():
        if not target.is_dir():
            raise BadInput("{option} {path}: is a file: name a folder (it need not exist)", option=option, path=path)
        try:
            names = sorted(entry.name for entry in target.iterdir())
        except OSError as error:
            raise BadInput(
                "{option} {path}: cannot be read ({strerror}): name another folder",
                option=option,
                path=path,
                strerror=error.strerror,
            ) from None
        foreign = [name for name in names if name not in OURS]
        if foreign:
            raise BadInput(
                "{option} {path}: holds {foreign}, which is not ours: name an empty or new folder",
                option=option,
                path=path,
                foreign=foreign[0],
            )
        if target == Path.cwd():
            raise BadInput(
                "{option} {path}: is the current folder: name one inside it, such as {option} report",
                option=option,
                path=path,
            )
    parent = target.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise BadInput(
            "{option} {path}: {parent} is a file: name another folder", option=option, path=path, parent=parent
        )
    try:  # rights alone do not tell: a disk may be full, or mounted to be read only
        os.rmdir(tempfile.mkdtemp(dir=parent))
    except OSError as error:
        raise BadInput(
            "{option} {path}: {parent} cannot be written to ({strerror}): name another folder",
            option=option,
            path=path,
            parent=parent,
            strerror=error.strerror,
        ) from None


def write_folder(
    path: Path,
    contents: Mapping[str, Content],
    option: str = "--out",
    locale: str | None = None,
) -> None:
    """Write a folder of files whole or not at all: beside it first, then in its place.

    Args:
        path: The folder; an earlier one of ours is replaced.
        contents: File name → text, bytes, or either in parts, those of a CSV file of whole lines.
        option: What named the folder, for errors.
        locale: Whose spreadsheets the CSV files are for; None: plain CSV.

    Raises:
        BadInput: it cannot be written.
    """
    check_folder(path, option)
    contents = localised(contents, locale)
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise BadInput(
            "{option} {path}: cannot be written ({strerror}): name another folder",
            option=option,
            path=path,
            strerror=error.strerror,
        ) from None
    try:
        for name, content in contents.items():
            with (fresh / name).open("wb") as file:
                parts = (content,) if isinstance(content, str | bytes) else content
                file.writelines(part.encode() if isinstance(part, str) else part for part in parts)
        fresh.chmod(OWN_MODE & ~_umask())
        _put_in_place(fresh, target)
    except OSError as error:
        raise BadInput(
            "{option} {path}: cannot be written ({strerror}): is there room?",
            option=option,
            path=path,
            strerror=error.strerror,
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _put_in_place(fresh: Path, target: Path) -> None:
    if not target.exists():
        fresh.rename(target)
        return
    before = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    target.rename(before)  # onto an empty folder
    try:
        fresh.rename(target)
    finally:
        if not target.exists():  # whatever stopped us: the earlier folder goes back
            before.rename(target)
    shutil.rmtree(before, ignore_errors=True)


def _umask() -> int:
    """Return the mask of new files; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
