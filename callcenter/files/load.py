"""From a path, a shipped name or a text to a checked Scenario or Centre; every refusal is one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path as FilePath
from typing import Final

from pydantic import ValidationError

from callcenter.centre import Centre
from callcenter.errors import BadInput
from callcenter.files.centre_form import CentreForm
from callcenter.files.centres import build_centre, with_default_tiers
from callcenter.files.overrides import apply_overrides
from callcenter.files.refusals import Path, Places, Wrong, near, wrong_of
from callcenter.files.scenario_form import ScenarioForm
from callcenter.files.scenarios import build_scenario
from callcenter.files.tree import Tree, read_tree
from callcenter.scenario import Scenario

SUFFIXES: Final = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Source:
    """A text, what it is called in refusals, and where its references are looked for."""

    text: str
    name: str
    """As in `file:line`."""
    stem: str
    folder: FilePath | None
    """None: a shipped file, whose references are shipped too."""


def load_scenario(path_or_name: str | FilePath, sets: Sequence[str] = ()) -> Scenario:
    """Return the scenario in a file, or the shipped one of that name, after `--set`s.

    Raises:
        BadInput: one line that says where, what is wrong and how to mend it.
    """
    return _scenario(find(path_or_name, "scenario"), sets)


def load_centre(path_or_name: str | FilePath, sets: Sequence[str] = ()) -> Centre:
    """Return the centre in a centre file or in a scenario file, or the shipped one of that name.

    Raises:
        BadInput: one line that says where, what is wrong and how to mend it.
    """
    source = find(path_or_name, "centre")
    tree, places = read_tree(source.text, source.name)
    if isinstance(tree, dict) and "centre" in tree:
        return _scenario(source, sets).centre
    return _centre(tree, places, source, sets)


def parse_scenario(
    text: str, source_name: str = "scenario", base_dir: FilePath | str | None = None, sets: Sequence[str] = ()
) -> Scenario:
    """Return the scenario in `text`; references are looked for in `base_dir` (None: among the shipped ones).

    Raises:
        BadInput: one line that says where, what is wrong and how to mend it.
    """
    folder = None if base_dir is None else FilePath(base_dir)
    return _scenario(Source(text, source_name, FilePath(source_name).stem, folder), sets)


def parse_centre(text: str, source_name: str = "centre", sets: Sequence[str] = ()) -> Centre:
    """Return the centre in `text`.

    Raises:
        BadInput: one line that says where, what is wrong and how to mend it.
    """
    source = Source(text, source_name, FilePath(source_name).stem, None)
    tree, places = read_tree(text, source_name)
    return _centre(tree, places, source, sets)


def scenario_tree(path_or_name: str | FilePath, sets: Sequence[str] = ()) -> Tree:
    """Return a scenario file as plain values, its centre included, after `--set`s."""
    return _tree(find(path_or_name, "scenario"), sets)[0]


def shipped(kind: str = "scenario") -> list[str]:
    """Return the names of the shipped scenarios, or of the shipped centres."""
    folder = resources.files("scenarios")
    if kind == "centre":
        folder = folder / "centres"
        if not folder.is_dir():
            return []
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def find(path_or_name: str | FilePath, kind: str) -> Source:
    """Return the text of a file, or of the shipped scenario or centre of that name.

    Raises:
        BadInput: there is neither, or it cannot be read.
    """
    name = str(path_or_name)
    names = shipped(kind)
    bare = name.removesuffix(".yaml")
    path = FilePath(name)
    if bare in names and not (name != bare and path.exists()):
        folder = resources.files("scenarios") / ("centres" if kind == "centre" else ".")
        text = (folder / f"{bare}.yaml").read_text(encoding="utf-8")
        return Source(text, f"{bare}.yaml", bare, None)
    looks_like_path = "/" in name or "\\" in name or path.suffix in SUFFIXES
    if not looks_like_path and not _exists(path):
        hint = near(name, names) or f" (shipped: {', '.join(names)})"
        raise BadInput(f"{name}: there is no shipped {kind} of this name{hint}; a path ends in .yaml")
    return Source(_read(path, name), name, path.stem, path.parent)


def _exists(path: FilePath) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _read(path: FilePath, name: str) -> str:
    """Return the text of a file; a byte-order mark and Windows line ends are welcome."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise BadInput(
            f"{name}: there is no such file{_sibling(path)}; a new one: callcenter scenario new {name}"
        ) from None
    except IsADirectoryError:
        raise BadInput(f"{name}: is a folder: name a .yaml file in it") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: is not UTF-8 text (byte {error.start}): save it as UTF-8") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{name}: cannot be read: {why}") from None


def _sibling(path: FilePath) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.suffix in SUFFIXES]
    except OSError:
        return ""
    return near(path.name, sorted(names))


def _scenario(source: Source, sets: Sequence[str]) -> Scenario:
    tree, places = _tree(source, sets)
    try:
        if not isinstance(tree, dict):
            raise Wrong((), "is not a mapping: start with 'version: 1' (or: callcenter scenario new NAME)")
        if "centre" not in tree and "queues" in tree:
            raise Wrong((), "is a centre, not a scenario: write a scenario that names it, centre: THIS FILE")
        return build_scenario(ScenarioForm.model_validate(tree), source.stem)
    except ValidationError as error:
        wrong = wrong_of(error, places)
    except Wrong as error:
        wrong = error
    raise places.refuse(_as_written(wrong.path, tree), wrong.what)


def _centre(tree: Tree, places: Places, source: Source, sets: Sequence[str]) -> Centre:
    tree = apply_overrides(with_default_tiers(tree), sets, places)
    try:
        return build_centre(CentreForm.model_validate(tree), source.stem)
    except ValidationError as error:
        wrong = wrong_of(error, places)
    except Wrong as error:
        wrong = error
    raise places.refuse(_as_written(wrong.path, tree), wrong.what)


def _tree(source: Source, sets: Sequence[str]) -> tuple[Tree, Places]:
    """Return a scenario's tree with its centre in place, and where everything was written."""
    tree, places = read_tree(source.text, source.name)
    if not isinstance(tree, dict):
        return tree, places
    tree = _with_centre(tree, places, source)
    early = [s for s in sets if s.partition("=")[0].strip() == "centre"]
    if early:  # another centre file: the other sets then reach into that one
        tree = apply_overrides({**tree}, early, places)
        assert isinstance(tree, dict)
        tree = _with_centre(tree, places, source)
    return apply_overrides(tree, [s for s in sets if s not in early], places), places


def _with_centre(tree: dict[str, Tree], places: Places, source: Source) -> dict[str, Tree]:
    reference = tree.get("centre")
    if isinstance(reference, str):
        try:
            found = _referred(reference, source)
        except BadInput as error:
            raise places.refuse(("centre",), f"names {error}") from None
        inner, inner_places = read_tree(found.text, found.name)
        places.graft(("centre",), inner_places)
        if isinstance(inner, dict):
            inner.setdefault("name", found.stem)
        return {**tree, "centre": with_default_tiers(inner)}
    return {**tree, "centre": with_default_tiers(reference)} if "centre" in tree else tree


def _referred(reference: str, source: Source) -> Source:
    """Return the centre file that a scenario names: beside it, or shipped."""
    if source.folder is not None:
        beside = source.folder / reference
        if _exists(beside) and not beside.is_dir():
            return Source(_read(beside, str(beside)), str(beside), beside.stem, beside.parent)
    return find(reference.removeprefix("centres/").removesuffix(".yaml"), "centre")


def _as_written(path: Path, tree: Tree) -> Path:
    """Return `path` without the steps that the file does not have (one law where a list may stand)."""
    written: list[str | int] = []
    for part in path:
        if isinstance(part, int) and not isinstance(tree, list):
            continue
        written.append(part)
        if isinstance(tree, dict):
            tree = tree.get(str(part))
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            tree = None
    return tuple(written)
