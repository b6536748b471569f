"""From a path or a shipped name to a checked Scenario or Centre: for people at a command line or in a notebook.

A file may name its centre by a path of its own. What comes over HTTP is never read here, but by
`callcenter.config.parse`, which opens nothing.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from callcenter.centre import Centre
from callcenter.config.parse import Refer, Source, centre_in, scenario_in, tree_in
from callcenter.config.refusals import near
from callcenter.config.shipped import SUFFIXES, shipped, shipped_text
from callcenter.config.tree import Tree, read_tree
from callcenter.errors import BadInput
from callcenter.language.said import Said, said
from callcenter.scenario import Scenario


def load_scenario(path_or_name: str | Path, sets: Sequence[str] = ()) -> Scenario:
    """Return the scenario in a file, or the shipped one of that name, after `--set`s.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    source, refer = _opened(path_or_name, "scenario")
    return scenario_in(source, sets, refer)


def load_centre(path_or_name: str | Path, sets: Sequence[str] = ()) -> Centre:
    """Return the centre in a centre file or in a scenario file, or the shipped one of that name.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    source, refer = _opened(path_or_name, "centre")
    tree, places = read_tree(source.text, source.name)
    if isinstance(tree, dict) and "centre" in tree:
        return scenario_in(source, sets, refer).centre
    return centre_in(tree, places, source, sets)


def scenario_tree(path_or_name: str | Path, sets: Sequence[str] = ()) -> Tree:
    """Return a scenario file as plain values, its centre included, after `--set`s."""
    source, refer = _opened(path_or_name, "scenario")
    return tree_in(source, sets, refer)[0]


def find(path_or_name: str | Path, kind: str) -> Source:
    """Return the text of a file, or of the shipped scenario or centre of that name.

    Raises:
        BadInput: there is neither, or it cannot be read.
    """
    return _opened(path_or_name, kind)[0]


def _opened(path_or_name: str | Path, kind: str) -> tuple[Source, Refer]:
    """Return a text, and where the names in it lead."""
    name = str(path_or_name)
    names = shipped(kind)
    bare = name.removesuffix(".yaml")
    path = Path(name)
    if bare in names and not (name != bare and path.exists()):
        return Source(shipped_text(bare, kind), f"{bare}.yaml", bare), partial(_referred, None)
    looks_like_path = "/" in name or "\\" in name or path.suffix in SUFFIXES
    if not name or (not looks_like_path and not _exists(path)):
        beside = f"{name}.yaml"
        there = said(", did you mean {name}?", name=beside) if name and _exists(Path(beside)) else ""
        hint = there or near(name, names) or said(" (shipped: {names})", names=", ".join(names))
        raise BadInput(
            "{name}: there is no shipped {kind} of this name{hint}; a path ends in .yaml",
            name=name or "''",
            kind=said(kind),
            hint=hint,
        )
    return Source(_read(path, name), name, path.stem), partial(_referred, path.parent)


def _referred(folder: Path | None, reference: str) -> Source:
    """Return the centre file that a scenario in `folder` names: beside it, or shipped, or by a path from here."""
    if folder is not None:
        beside = folder / reference
        if _exists(beside) and not beside.is_dir():
            return Source(_read(beside, str(beside)), str(beside), beside.stem)
    bare = reference.removeprefix("centres/").removesuffix(".yaml")
    return find(bare if bare in shipped("centre") else reference, "centre")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _read(path: Path, name: str) -> str:
    """Return the text of a file; a byte-order mark and Windows line ends are welcome."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise BadInput(
            "{name}: there is no such file{path}; a new one: callcenter scenario new {name}",
            name=name,
            path=_sibling(path),
        ) from None
    except IsADirectoryError:
        raise BadInput("{name}: is a folder: name a .yaml file in it", name=name) from None
    except UnicodeDecodeError as error:
        raise BadInput(
            "{name}: is not UTF-8 text (byte {start}): save it as UTF-8", name=name, start=error.start
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput("{name}: cannot be read: {why}", name=name, why=why) from None


def _sibling(path: Path) -> str:
    try:
        names = {entry.stem: entry.name for entry in path.parent.iterdir() if entry.suffix in SUFFIXES}
    except OSError:
        return ""
    hint = near(path.stem, sorted(names))  # by what they are called: they all end alike
    return said(", did you mean {name}?", name=names[hint.places["name"]]) if isinstance(hint, Said) else ""
