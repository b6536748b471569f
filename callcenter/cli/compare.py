"""`callcenter compare`: a scenario and its variants under the same chance, and what of the difference is sure."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from callcenter.cli.options import (
    AsJson,
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
from callcenter.scenario import Scenario

if TYPE_CHECKING:
    from sim.experiment.compare import Comparison

NEXT_SET: Final = re.compile(r"\s*[^=\s,:\[\]{}]+\s*=")
"""What follows a comma that separates two assignments; other commas belong to a value."""
DEPTH: Final = {"[": 1, "{": 1, "(": 1, "]": -1, "}": -1, ")": -1}

Variants = Annotated[
    list[str],
    typer.Argument(
        metavar="VARIANT...",
        show_default=False,
        help="A scenario (path or shipped name), or 'LABEL: PATH=VALUE, PATH=VALUE': SCENARIO with these figures set, "
        "e.g. 'ten more: shifts.0.agents+=10, tiers.vip.target=95/20'. The label may be left out.",
    ),
]


def compare(
    scenario: ScenarioName,
    variants: Variants,
    sets: Sets = None,
    replications: Replications = None,
    seed: Seed = None,
    processes: Processes = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.html and result.json to this folder.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Compare variants with a scenario under the same chance.

    Every variant is run with the scenario's seed and replications, so both meet the same customers; what --set
    changes, it changes in all of them. Differences are variant less SCENARIO, with paired 95 % intervals.
    """
    base = with_chance(load_scenario(scenario, sets or ()), replications, seed)
    wished = [_variant(text, scenario, sets or []) for text in variants]
    twice = [name for n, (name, _scenario) in enumerate(wished) if name in [other for other, _scenario in wished[:n]]]
    if twice:
        raise BadInput(
            "VARIANT {twice}: is there twice: give each a label of its own, 'LABEL: PATH=VALUE'", twice=twice[0]
        )
    from sim.report.files import check_folder

    if out is not None:
        check_folder(out)
    found = _compared(base, wished, processes)
    if out is not None:
        _write(out, found)
    if as_json:
        print(json_text(found.as_json()))
    else:
        from sim.report.comparison import show
        from sim.report.table import console_for

        show(console_for(sys.stdout), found)
    return 0


def _variant(text: str, scenario: str, sets: list[str]) -> tuple[str, Scenario]:
    """Return a variant's name and scenario."""
    if "=" not in text:
        return text, load_scenario(text, sets)
    label, assignments = split_variant(text)
    try:
        return label, load_scenario(scenario, [*sets, *assignments])
    except BadInput as error:
        raise BadInput("VARIANT {label}: {error}", label=label, error=error) from None


def split_variant(text: str) -> tuple[str, list[str]]:
    """Return a variant's label and its assignments; commas inside a value stay with it.

    >>> split_variant("more agents: shifts.0.agents=12, tiers.vip.target=95/20")
    ('more agents', ['shifts.0.agents=12', 'tiers.vip.target=95/20'])
    >>> split_variant("arrivals.0.calls=[10, 20]")
    ('arrivals.0.calls=[10, 20]', ['arrivals.0.calls=[10, 20]'])
    """
    before, colon, _rest = text.partition("=")[0].rpartition(":")
    label = before.strip()
    rest = text[len(before) + 1 :] if colon else text
    assignments, depth, begin = [], 0, 0
    for place, letter in enumerate(rest):
        depth = max(0, depth + DEPTH.get(letter, 0))
        if letter == "," and depth == 0 and NEXT_SET.match(rest, place + 1):
            assignments.append(rest[begin:place].strip())
            begin = place + 1
    assignments.append(rest[begin:].strip())
    if any(not assignment for assignment in assignments):
        raise BadInput("VARIANT {said}: has an empty part: write 'LABEL: PATH=VALUE, PATH=VALUE'", said=text)
    return label or ", ".join(assignments), assignments


def _compared(base: Scenario, variants: Sequence[tuple[str, Scenario]], processes: int | None) -> "Comparison":
    from sim.experiment.compare import compare as compared
    from sim.experiment.engines import choose

    note_engine("compare", map(choose, [base, *(variant for _name, variant in variants)]))
    with Bar(_("comparing"), base.replications * (1 + len(variants))) as bar:
        return compared(base, variants, processes=processes, progress=bar)


def _write(out: Path, found: "Comparison") -> None:
    from sim.report.comparison import page
    from sim.report.files import RESULT, write_folder

    text = json_text(found.as_json()) + "\n"
    write_folder(out, {"report.html": page(found, product_version()), RESULT: text})
    note(_("written: {path}", path=out / "report.html"))
