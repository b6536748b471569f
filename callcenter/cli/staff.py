"""`callcenter staff`: how many agents in each interval, by formula or by search, and what a simulation says of it."""

from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from callcenter.cli.options import AsJson, Processes, ScenarioName, Seed, Sets, json_text, note, product_version
from callcenter.cli.progress import Bar
from callcenter.errors import BadInput
from callcenter.files.load import load_scenario
from callcenter.files.words import share
from callcenter.scenario import Scenario

if TYPE_CHECKING:
    from sim.plan import Plan

JSON = dict[str, Any]
NOT_MET = 1


class Way(StrEnum):
    """How the agents are found."""

    ERLANG_C = "erlang-c"
    ERLANG_A = "erlang-a"
    SIMULATION = "simulation"


class Load(StrEnum):
    """How arrivals become load."""

    STATIONARY = "stationary"
    LAGGED = "lagged"
    OFFERED = "offered"


Method = Annotated[Way, typer.Option(help="How the agents are found.")]
LoadMethod = Annotated[Load, typer.Option("--load", help="How arrivals become load: offered looks at the recent past.")]
Occupancy = Annotated[
    str | None, typer.Option(metavar="SHARE", help="Agents are busy at most this share of their time: 85%.")
]
Floor = Annotated[
    str | None,
    typer.Option(
        metavar="SHARE",
        help="Targets judged over the day: yet all calls together reach this in each interval (default: the lowest "
        "target; 0% lets quiet intervals go).",
    ),
]
Runs = Annotated[int, typer.Option("--replications", min=2, max=10_000, help="Of the simulation that checks the plan.")]
Check = Annotated[bool, typer.Option("--check", help="Exit 1 unless the simulation finds every target met for sure.")]


def staff(
    scenario: ScenarioName,
    method: Method = Way.ERLANG_C,
    load: LoadMethod = Load.OFFERED,
    max_occupancy: Occupancy = None,
    floor: Floor = None,
    replications: Runs = 20,
    seed: Seed = None,
    sets: Sets = None,
    processes: Processes = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.html, result.json and staffing.csv to this folder.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Write the scenario with this staffing in place.")
    ] = None,
    check: Check = False,
    as_json: AsJson = False,
) -> int:
    """Say how many agents each interval needs, and check it by simulation."""
    from callcenter.cli.planned import check_write, seeded, write_scenario
    from sim.report.files import check_folder

    if out is not None:
        check_folder(out)
    if write is not None:
        check_write(write)
    asked = seeded(load_scenario(scenario, sets or ()), seed)
    plan = planned(asked, method, load, max_occupancy, floor, processes)
    simulated = lived(plan.applied(), replications, processes, "checking the plan")
    result = as_data(plan, method, simulated)
    if out is not None:
        _write(out, asked, result)
        note(f"written: {out / 'report.html'}")
    if write is not None:
        from sim.plan.outcome import staffing_form

        changes = {"staffing": staffing_form(plan.staffing())}
        write_scenario(write, scenario, sets or (), changes, without="shifts", told=f"callcenter staff --method {method}")
    if as_json:
        print(json_text(result))
    else:
        import sys

        from sim.plan.table import show_plan
        from sim.report.table import console_for

        show_plan(console_for(sys.stdout), result)
    return judged(simulated, "staff") if check else 0


def planned(
    scenario: Scenario, method: Way, load: Load, max_occupancy: str | None, floor: str | None, processes: int | None
) -> "Plan":
    """Return the plan by formula or, starting from it, by search."""
    from callcenter.erlang import LoadMethod as Reckoned
    from sim.plan import Method as Formula
    from sim.plan import Wishes, plan_of

    reckoned = Reckoned.INFINITE_SERVER if load is Load.OFFERED else Reckoned(load.value)
    busiest = _share("--max-occupancy", max_occupancy)
    if busiest == 0:
        raise BadInput("--max-occupancy 0%: no number of agents reaches it: write 85%")
    wishes = Wishes(Formula.ERLANG_C, reckoned, busiest, _share("--floor", floor))
    if method is Way.ERLANG_A:
        wishes = Wishes(Formula.ERLANG_A, reckoned, busiest, wishes.floor)
    plan = plan_of(scenario, wishes)
    return _searched(plan, processes) if method is Way.SIMULATION else plan


def _searched(plan: "Plan", processes: int | None) -> "Plan":
    """Return the plan that simulation finds, from the formula's on.

    The seam: `sim.staffing.search(plan, processes=…, progress=…)` takes a `sim.plan.Plan` and returns one.
    """
    search = getattr(import_module("sim.staffing"), "search", None) if find_spec("sim.staffing") else None
    if search is None:
        raise BadInput("--method simulation: is not part of this build: use --method erlang-c or erlang-a")
    with Bar("searching", 1) as bar:
        return cast("Plan", search(plan, processes=processes, progress=bar))


def _share(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return share(text if "%" in text else float(text))
    except ValueError as error:
        said = str(error) if "share" in str(error) or "%" in str(error) else "is not a share: write 85% or 0.85"
        raise BadInput(f"{option} {text}: {said}") from None


def lived(scenario: Scenario, replications: int, processes: int | None, what: str) -> JSON:
    """Return what a simulation says of the scenario with its people."""
    from sim.plan import simulated

    with Bar(what, replications) as bar:
        return simulated(scenario, replications=replications, processes=processes, progress=bar)


def as_data(plan: "Plan", method: Way, simulated: JSON) -> JSON:
    """Return the plan and its simulation as `--json` prints them."""
    from sim.plan.outcome import plan_result

    return plan_result(plan, str(method), simulated)


def judged(simulated: JSON, command: str) -> int:
    """Return the exit status of `--check`; what is not met for sure is not met."""
    from sim.plan.verify import missed

    failed = missed(simulated)
    for line in failed:
        note(f"callcenter {command}: target of {line}")
    return NOT_MET if failed else 0


def _write(out: Path, scenario: Scenario, result: JSON) -> None:
    from sim.plan.outcome import STAFFING_COLUMNS, staffing_rows
    from sim.plan.page import plan_page
    from sim.report.files import csv_text, write_folder

    contents: dict[str, str | bytes] = {
        "report.html": plan_page(scenario, result, None, product_version()),
        "result.json": json_text(result) + "\n",
        "staffing.csv": csv_text(STAFFING_COLUMNS, staffing_rows(result)),
    }
    write_folder(out, contents)
