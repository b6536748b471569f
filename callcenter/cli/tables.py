"""A table written to a CSV file whole or not at all: a million rows are never held in memory, no cell is a formula."""

import csv
import tempfile
from collections.abc import Iterable
from pathlib import Path

from callcenter.config.formula_cells import harmless_text
from callcenter.errors import BadInput


def check_table(path: Path) -> None:
    """Refuse a file that could not be written, before any work is done."""
    if path.is_dir() or not path.parent.is_dir():
        wrong = "is a folder" if path.is_dir() else f"the folder {path.parent} does not exist"
        raise BadInput("--out {path}: {wrong}: name a file in a folder that is there", path=path, wrong=wrong)


def write_table(path: Path, header: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """Write a table: beside its place first, then in it."""
    fresh = ""
    try:
        number, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with open(number, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([harmless_text(cell) for cell in row] for row in rows)
        Path(fresh).replace(path)
    except OSError as error:
        raise BadInput(
            "--out {path}: cannot be written ({strerror}): is there room?", path=path, strerror=error.strerror
        ) from None
    finally:
        if fresh:
            Path(fresh).unlink(missing_ok=True)
