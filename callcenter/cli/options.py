"""What several commands ask for: scenario, figures set, replications, seed, processes; and how they are checked."""

import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from callcenter.errors import BadInput
from callcenter.language.spoken import _
from callcenter.scenario import WIDEST_PRECISION, Scenario

if TYPE_CHECKING:
    from sim.experiment.engines import Choice

MOST_REPLICATIONS: Final = 100_000
MOST_PROCESSES: Final = 1_024

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A path, or the name of a shipped scenario.", show_default=False)
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Change one figure of the file, e.g. tiers.vip.target=95/20. Repeatable."
    ),
]
Replications = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_REPLICATIONS, help="How many times the days are lived (default: the scenario's)."),
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, max=2**63 - 1, help="Chance: the same seed gives the same days (default: the scenario's)."),
]
Processes = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_PROCESSES, help="Worker processes at most (default: one for each core)."),
]
CsvLocale = Annotated[
    str | None,
    typer.Option(
        metavar="LOCALE",
        help="CSV for the spreadsheets of a country (de, es_ES, en_US): byte order mark, separator, decimal sign.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, and nothing else.")]


def with_chance(scenario: Scenario, replications: int | None, seed: int | None) -> Scenario:
    """Return the scenario with what the command line says about replications and seed."""
    return replace(
        scenario,
        replications=scenario.replications if replications is None else replications,
        seed=scenario.seed if seed is None else seed,
    )


def read_precision(text: str | None) -> float | None:
    """Return half the width that the intervals may have.

    >>> read_precision("0.5%"), read_precision("0.005")
    (0.005, 0.005)
    """
    if text is None:
        return None
    number = text.strip()
    try:
        value = float(number[:-1]) / 100 if number.endswith("%") else float(number)
    except ValueError:
        raise BadInput("--precision {said}: is no share: write 0.5% or 0.005", said=text) from None
    if not 0 < value <= WIDEST_PRECISION:
        raise BadInput(
            "--precision {said}: is not above 0 and at most {widest:.0%}: write 0.5% or 0.005",
            said=text, widest=WIDEST_PRECISION,
        )  # fmt: skip
    return value


def read_bytes(path: Path, option: str) -> bytes:
    """Return the bytes of a file that an option names."""
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(
            "{option} {path}: cannot be read ({why}): check the path", option=option, path=path, why=why
        ) from None


def read_text(path: Path, option: str) -> str:
    """Return the text of a file that an option names."""
    try:
        return read_bytes(path, option).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("{option} {path}: is not UTF-8 text", option=option, path=path) from None


def json_text(result: dict[str, Any]) -> str:
    """Return a result as one JSON object on one line: ASCII, numbers as they are, never NaN."""
    return json.dumps(result, allow_nan=False)


def note(line: str) -> None:
    """Say something that is no part of the answer; what the core said is put into the reader's language."""
    print(_(line), file=sys.stderr, flush=True)


def write_new(option: str, path: Path, text: str) -> None:
    """Write a file that an option named and that is not there yet.

    Raises:
        BadInput: it is there, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(
            "{option} {path}: cannot be written ({strerror}): name another file",
            option=option,
            path=path,
            strerror=error.strerror,
        ) from None


def note_engine(command: str, choices: "Iterable[Choice]") -> None:
    """Say once why days are lived by SimPy, where that is worth a line."""
    for why in dict.fromkeys(choice.why for choice in choices):
        if why is not None:
            note(_("callcenter {command}: {why}", command=command, why=why))


def product_version() -> str:
    """Return the version of this product."""
    from importlib.metadata import version

    return version("callcenter")
