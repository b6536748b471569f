"""A file that is there and that an option names: one that such a command wrote is replaced, any other is kept."""

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from callcenter.errors import BadInput

MADE: Final = b"# Made by `callcenter "
"""How scenarios begin that `fit` and `forecast` write."""
OF_PAGE: Final = b"<footer>callcenter "
MARKS: Final = ",;\t"


def check_foreign(path: Path, header: Sequence[str] = (), option: str = "--out") -> None:
    """Refuse a file that would be lost: a scenario edited from another, a log, a table of somebody else's.

    Args:
        path: What would be written.
        header: The names of its columns, if it is a table.
        option: What named it, for errors.
    """
    if not path.is_file():
        return
    try:
        ours = path.stat().st_size == 0 or _is_ours(path, list(header))
    except (OSError, ValueError, zipfile.BadZipFile, KeyError):
        ours = False
    if not ours:
        raise BadInput(
            "{option} {path}: is there already, and no such command has written it: name another file, or remove it "
            "first",
            option=option,
            path=path,
        )


def _is_ours(path: Path, header: list[str]) -> bool:
    match path.suffix.lower():
        case ".xlsx":
            with zipfile.ZipFile(path) as book:
                texts = book.read("xl/sharedStrings.xml").decode()
            return bool(header) and all(f"<t>{name}</t>" in texts for name in header)
        case ".parquet":
            from pyarrow import parquet

            return list(parquet.read_schema(path).names) == header
        case ".html":
            return OF_PAGE in path.read_bytes()
        case ".yaml" | ".yml":
            with path.open("rb") as file:
                return file.read(len(MADE)) == MADE
    with path.open(encoding="utf-8-sig", newline="") as table:
        line = table.readline().rstrip("\r\n")
    return any(next(csv.reader([line], delimiter=mark), []) == header for mark in MARKS)
