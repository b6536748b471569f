"""The option `--write`: the scenario as a new file, with the staffing that was found for it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from callcenter.cli.options import note, write_new
from callcenter.config import parse_scenario, render, scenario_tree
from callcenter.config.shipped import SUFFIXES
from callcenter.errors import BadInput
from callcenter.language.spoken import _

OF_THE_ROSTER: Final = ("absent", "extra")
"""Top-level parts that are about the people in the file: new people have none of them."""


def left_out(scenario: str, sets: Sequence[str]) -> list[str]:
    """Return what of a scenario is about the people in it, so that a plan of other people leaves it out."""
    tree = scenario_tree(scenario, sets)
    return [part for part in OF_THE_ROSTER if isinstance(tree, dict) and tree.get(part)]


def check_write(path: Path) -> None:
    """Refuse a file that could not be written, before any work is done."""
    if path.suffix not in SUFFIXES:
        raise BadInput("--write {path}: is no scenario file: let its name end in .yaml", path=path)
    if path.is_dir():
        raise BadInput("--write {path}: is a folder: name a file", path=path)
    if path.exists():
        raise BadInput("--write {path}: is there already: choose another name, or remove it first", path=path)
    if not path.parent.is_dir():
        raise BadInput(
            "--write {path}: the folder {parent} does not exist: make it first", path=path, parent=path.parent
        )


def write_scenario(
    path: Path, scenario: str, sets: Sequence[str], changes: Mapping[str, Any], *, without: str, told: str
) -> None:
    """Write `scenario` with `changes` in place, its centre included.

    Args:
        path: The new file.
        scenario: Path or name of the scenario it is made from.
        sets: Changes of single figures that were asked for.
        changes: Top-level parts to put in.
        without: The top-level part that they replace.
        told: The command, for the first line.
    """
    tree = scenario_tree(scenario, sets)
    assert isinstance(tree, dict)
    kept = {key: value for key, value in tree.items() if key not in {without, *OF_THE_ROSTER, *changes}}
    text = render(kept | dict(changes), {"": f"{scenario} with the people found by: {told}"})
    parse_scenario(text, str(path))  # what is written can be read: our own fault otherwise
    write_new("--write", path, text)
    note(_("written: {path} ({how})", path=path, how=f"callcenter simulate {path}"))
