"""The rules of a grading method: read from a file and from `--set`, and as a file has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from callcenter.config.grading_forms import FORMS, REST
from callcenter.config.overrides import apply_overrides
from callcenter.config.refusals import Places, Wrong, unknown, wrong_of
from callcenter.config.tree import Tree, read_tree
from callcenter.config.words import shown
from callcenter.customers.activity import ActivityRules
from callcenter.customers.loyalty import LoyaltyRules
from callcenter.customers.ltv import LtvRules
from callcenter.customers.methods import METHODS
from callcenter.customers.pareto import AbcRules
from callcenter.customers.pyramid import PyramidRules
from callcenter.customers.ranking import Step
from callcenter.customers.rfm import RfmRules
from callcenter.customers.scorecard import ScorecardRules
from callcenter.customers.value3d import Value3dRules
from callcenter.errors import BadInput


@dataclass(frozen=True, slots=True)
class Chosen:
    """A method and its rules."""

    method: str
    rules: Any


def read_rules(method: str | None, text: str | None = None, source: str = "rules", sets: Sequence[str] = ()) -> Chosen:
    """Return a method and its rules: by default, as a file has them, after `--set`s.

    Args:
        method: Its name; None: the file names it.
        text: A rules file; each part it leaves out is the method's default.
        source: What to call the file in refusals.
        sets: Assignments as written after `--set`.

    Raises:
        BadInput: one line that says where, what is wrong and how to fix it.
    """
    tree, places = read_tree(text, source) if text is not None else _nothing(f"--method {method}")
    if not isinstance(tree, dict):
        raise BadInput(
            "{source}:1: is not a mapping: write parts such as sizes: {{platinum: 1%, lead: rest}}", source=source
        )
    return rules_of(method, tree, places, sets)


def rules_of(method: str | None, tree: Mapping[str, Tree], places: Places, sets: Sequence[str] = ()) -> Chosen:
    """Return a method and its rules from plain values (`read_rules` says how)."""
    named = method or tree.get("method")
    if not isinstance(named, str) or not named:
        raise BadInput("--method: is missing: choose one of {methods}", methods=", ".join(METHODS))
    if named not in METHODS:
        raise BadInput("--method: {unknown}", unknown=unknown("method", named, list(METHODS)))
    if tree.get("method", named) != named:
        raise BadInput(
            "{of}: is about {method}, not {named}: give --method one of the two",
            of=places.of(("method",)),
            method=shown(tree["method"]),
            named=named,
        )
    usual = rules_tree(METHODS[named].rules)
    given: dict[str, Tree] = {**usual, **tree, "method": named}
    if "tiers" not in tree:
        given["tiers"] = _tiers_by_place(given, usual)
    whole = apply_overrides(given, sets, places)
    if "tiers" not in tree and isinstance(whole, dict):  # a --set may name grades too
        whole["tiers"] = _tiers_by_place(whole, given)
    try:
        return Chosen(named, FORMS[named].model_validate(whole).read())
    except ValidationError as error:
        wrong = wrong_of(error, places)
    except Wrong as error:
        wrong = error
    raise places.refuse(wrong.path, wrong.what)


GRADES_OF: Final = ("sizes", "shares", "segments", "stages", "grades")
"""The part of a method's rules that names its grades, the best first."""
PLACES: Final = ("vip", "mid", "standard")
"""The tiers of grades that have names of their own, by their place."""


def _tiers_by_place(whole: Mapping[str, Tree], usual: Mapping[str, Tree]) -> Tree:
    """Return the tier of each grade where no file says it: grades of the method keep theirs, others go by place.

    >>> usual = {"tiers": {"A": "vip", "B": "mid"}}
    >>> _tiers_by_place({"grades": {"key": 80, "B": 0}, **usual}, usual)
    {'key': 'vip', 'B': 'mid'}
    """
    grades = next((whole[part] for part in GRADES_OF if part in whole), None)
    tiers, before = whole["tiers"], usual["tiers"]
    if not isinstance(grades, dict) or not isinstance(tiers, dict) or not isinstance(before, dict):
        return tiers  # refused for what it is
    placed = {grade: PLACES[min(n, len(PLACES) - 1)] for n, grade in enumerate(grades)}
    said = {grade: tier for grade, tier in tiers.items() if grade in grades or grade not in before}
    return {**placed, **said}


def _nothing(place: str) -> tuple[dict[str, Tree], Places]:
    """Return an empty file, whose every part stands at `place`."""
    places = Places(place)
    places.put((), place)
    return {}, places


def rules_tree(rules: Any) -> dict[str, Tree]:
    """Return rules as a file has them."""
    parts: dict[str, Tree]
    match rules:
        case PyramidRules() | ActivityRules():
            parts = {"sizes": _sizes_tree(rules.sizes)}
        case AbcRules():
            parts = {"shares": {**{n: _percent(s) for n, s in rules.shares[:-1]}, rules.shares[-1][0]: REST}}
        case RfmRules():
            parts = {
                "quantiles": rules.quantiles,
                "segments": {
                    s.grade: {"recency": s.recency, "frequency": s.frequency, "money": s.money} for s in rules.segments
                },
            }
        case Value3dRules():
            weights: Tree = {"spend": rules.spend, "tenure": rules.tenure, "credit": rules.credit}
            parts = {"weights": weights, "sizes": _sizes_tree(rules.sizes)}
        case LoyaltyRules():
            parts = {"stages": {s.grade: {"months": s.months, "contacts": s.contacts} for s in rules.stages}}
        case LtvRules():
            parts = {
                "margin": _percent(rules.margin), "discount": _percent(rules.discount),
                "retention": {f"{begin:g}": _percent(chance) for begin, chance in rules.retention},
                "sizes": _sizes_tree(rules.sizes),
            }  # fmt: skip
        case ScorecardRules():
            parts = {
                "criteria": {
                    c.figure: {"weight": c.weight, "limits": {f"{limit:g}": earned for limit, earned in c.limits}}
                    for c in rules.criteria
                },
                "grades": dict(rules.grades),
            }
        case _:
            raise AssertionError(f"no method has such rules: {rules}")
    return {**parts, "tiers": dict(rules.tiers)}


def _sizes_tree(sizes: Sequence[Step]) -> dict[str, Tree]:
    return {s.grade: _percent(s.share) if s.share is not None else s.count or REST for s in sizes}


def _percent(part: float) -> str:
    return f"{100 * part:.10g}%"
