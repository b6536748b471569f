"""From a text to a checked Scenario or Centre, with no file opened: every refusal is one line.

A text may name its centre. What that name leads to is told by the caller, `refer`; a text that came without a file
(over HTTP, from a notebook's string) names shipped centres only: `shipped_centre`. Nothing here opens a path, so
nothing that is written in a text can.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from callcenter.centre import Centre
from callcenter.config.centre_form import CentreForm
from callcenter.config.centres import build_centre, with_default_tiers
from callcenter.config.overrides import ASSIGNMENT, apply_overrides
from callcenter.config.refusals import Path, Places, Wrong, near, wrong_of
from callcenter.config.scenario_form import ScenarioForm
from callcenter.config.scenarios import build_scenario
from callcenter.config.shipped import bare_name, shipped, shipped_text
from callcenter.config.tree import Tree, read_tree
from callcenter.config.words import shown
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and what it is called."""

    text: str
    name: str
    """As in `file:line`."""
    stem: str
    """The name of what is in it, where it has none."""


Refer = Callable[[str], Source]
"""From the name that a text gives its centre to that centre's text."""


def parse_scenario(text: str, source_name: str = "scenario", sets: Sequence[str] = ()) -> Scenario:
    """Return the scenario in `text` after `--set`s; a centre that it names is a shipped one.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    return scenario_in(source_of(text, source_name), sets, shipped_centre)


def parse_centre(text: str, source_name: str = "centre") -> Centre:
    """Return the centre in `text`.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    tree, places = read_tree(text, source_name)
    return centre_in(tree, places, source_of(text, source_name), ())


def source_of(text: str, name: str) -> Source:
    """Return a text that has no file."""
    return Source(text, name, bare_name(name.rpartition("/")[2]))


def shipped_centre(reference: str) -> Source:
    """Return the shipped centre of that name.

    Raises:
        BadInput: there is none.
    """
    name = bare_name(reference.removeprefix("centres/"))
    names = shipped("centre")
    if name not in names:
        hint = near(name, names) or said(" (shipped: {names})", names=", ".join(names))
        raise BadInput(
            "{reference}, which is no shipped centre{hint}; a text without a file names no file",
            reference=shown(reference),
            hint=hint,
        )
    return Source(shipped_text(name, "centre"), f"{name}.yaml", name)


def scenario_in(source: Source, sets: Sequence[str], refer: Refer) -> Scenario:
    """Return the scenario in `source`.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    return _built(*tree_in(source, sets, refer), source.stem)


def scenario_of(tree: dict[str, Tree], name: str) -> Scenario:
    """Return the scenario of plain values, as its file would hold them, without writing one; its centre stands in it.

    Raises:
        BadInput: one line that says what is wrong.
    """
    return _built({**tree, "centre": with_default_tiers(tree.get("centre"))}, Places(name), name)


def _built(tree: Tree, places: Places, name: str) -> Scenario:
    try:
        if not isinstance(tree, dict):
            raise Wrong((), said("is not a mapping: start with 'version: 1' (or: callcenter scenario new NAME)"))
        if "centre" not in tree and "queues" in tree:
            raise Wrong((), said("is a centre, not a scenario: write a scenario that names it, centre: THIS FILE"))
        return build_scenario(ScenarioForm.model_validate(tree), name)
    except ValidationError as error:
        wrong = wrong_of(error, places)
    except Wrong as error:
        wrong = error
    raise places.refuse(_as_written(wrong.path, tree), wrong.what)


def centre_in(tree: Tree, places: Places, source: Source, sets: Sequence[str]) -> Centre:
    """Return the centre that `tree` holds.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    tree = apply_overrides(with_default_tiers(tree), sets, places)
    try:
        return build_centre(CentreForm.model_validate(tree), source.stem)
    except ValidationError as error:
        wrong = wrong_of(error, places)
    except Wrong as error:
        wrong = error
    raise places.refuse(_as_written(wrong.path, tree), wrong.what)


def tree_in(source: Source, sets: Sequence[str], refer: Refer) -> tuple[Tree, Places]:
    """Return a scenario's tree with its centre in place, and where everything was written."""
    tree, places = read_tree(source.text, source.name)
    if not isinstance(tree, dict):
        return tree, places
    tree = _with_centre(tree, places, refer)
    early = [s for s in sets if (found := ASSIGNMENT.fullmatch(s)) is not None and found[1] == "centre"]
    if early:  # another centre file: the other sets then reach into that one
        tree = apply_overrides({**tree}, early, places)
        assert isinstance(tree, dict)
        tree = _with_centre(tree, places, refer)
    return apply_overrides(tree, [s for s in sets if s not in early], places), places


def _with_centre(tree: dict[str, Tree], places: Places, refer: Refer) -> dict[str, Tree]:
    reference = tree.get("centre")
    if isinstance(reference, str):
        try:
            found = refer(reference)
        except BadInput as error:
            raise places.refuse(("centre",), said("names {error}", error=error)) from None
        inner, inner_places = read_tree(found.text, found.name)
        places.graft(("centre",), inner_places)
        if isinstance(inner, dict):
            inner.setdefault("name", found.stem)
        return {**tree, "centre": with_default_tiers(inner)}
    return {**tree, "centre": with_default_tiers(reference)} if "centre" in tree else tree


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
