"""`callcenter staff`: how many agents in each interval, by formula or by search, and what a simulation says of it."""

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callcenter.cli.options import AsJson, Processes, ScenarioName, Seed, Sets, json_text, note, product_version
from callcenter.cli.progress import Bar
from callcenter.errors import BadInput
from callcenter.files.load import load_scenario
from callcenter.files.words import share
from callcenter.scenario import Scenario
from callcenter.units import HOUR

if TYPE_CHECKING:
    from sim.plan import Plan
    from sim.staffing import Plan as Searched

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
Runs = Annotated[
    int | None,
    typer.Option(
        "--replications", min=2, max=10_000, help="Of the simulation that checks the plan (default: 20; a search: 100)."
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Exit 1 unless the simulation finds every target met for sure.")]


def staff(
    scenario: ScenarioName,
    method: Method = Way.ERLANG_C,
    load: LoadMethod = Load.OFFERED,
    max_occupancy: Occupancy = None,
    floor: Floor = None,
    replications: Runs = None,
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
    from sim.report.files import check_folder, write_folder

    if out is not None:
        check_folder(out)
    if write is not None:
        check_write(write)
    asked = seeded(load_scenario(scenario, sets or ()), seed)
    if method is Way.SIMULATION:
        if load is not Load.OFFERED or max_occupancy is not None or floor is not None:
            raise BadInput("--load, --max-occupancy and --floor are for the formulas: leave them out with simulation")
        answer = _by_search(asked, replications, processes)
    else:
        answer = _by_formula(asked, method, (load, max_occupancy, floor), replications, processes)
    if out is not None:
        write_folder(out, _contents(asked, answer.result))
        note(f"written: {out / 'report.html'}")
    if write is not None:
        changes = {"staffing": answer.result["staffing"]}
        told = f"callcenter staff --method {method}"
        write_scenario(write, scenario, sets or (), changes, without="shifts", told=told)
    if as_json:
        print(json_text(answer.result))
    else:
        _show(answer.result)
    for line in answer.missed if check else ():
        note(f"callcenter staff: target of {line}")
    return NOT_MET if check and answer.missed else 0


@dataclass(frozen=True, slots=True)
class _Answer:
    """A plan as plain data, and what of it is not met for sure."""

    result: JSON
    missed: list[str]


def _by_formula(
    scenario: Scenario, method: Way, how: tuple[Load, str | None, str | None], replications: int | None,
    processes: int | None,
) -> _Answer:  # fmt: skip
    from sim.plan.outcome import plan_result
    from sim.plan.verify import missed

    plan = planned(scenario, method, *how)
    simulated = lived(plan.applied(), replications, processes, "checking the plan")
    return _Answer(plan_result(plan, str(method), simulated), missed(simulated))


def _by_search(scenario: Scenario, replications: int | None, processes: int | None) -> _Answer:
    from sim.plan.outcome import staffing_form

    plan = searched(scenario, replications, processes)
    hours = plan.cost * scenario.interval / HOUR
    more = {"groups": list(plan.groups), "agent_hours": hours, "staffing": staffing_form(plan.staffing())}
    missed = [] if plan.met else [f"{f.promise.who}: {f.verdict}" for f in plan.judged if f.verdict != "yes"]
    return _Answer(plan.plain() | more, missed or ([] if plan.met else list(plan.unmeetable)))


def searched(scenario: Scenario, replications: int | None, processes: int | None) -> "Searched":
    """Return the plan that simulation finds, judged on fresh replications."""
    from sim.staffing import search

    with Bar("searching", 1) as bar:

        def told(doing: str, done: int, of: int) -> None:
            bar(done, of)

        if replications is None:
            return search(scenario, processes=processes, progress=told)
        return search(scenario, judged_on=replications, processes=processes, progress=told)


def _show(result: JSON) -> None:
    from sim.plan.searched import show_search
    from sim.plan.table import show_plan
    from sim.report.table import console_for

    show = show_search if result["method"] == Way.SIMULATION else show_plan
    show(console_for(sys.stdout), result)


def _contents(scenario: Scenario, result: JSON) -> dict[str, str | bytes]:
    """Return file name → content of `--out`."""
    from sim.plan.outcome import STAFFING_COLUMNS, staffing_rows
    from sim.plan.page import plan_page, search_page
    from sim.report.files import csv_text

    if result["method"] == Way.SIMULATION:
        page = search_page(scenario, result, product_version())
    else:
        page = plan_page(scenario, result, None, product_version())
    rows = csv_text(STAFFING_COLUMNS, staffing_rows(result))
    return {"report.html": page, "result.json": json_text(result) + "\n", "staffing.csv": rows}


def planned(scenario: Scenario, method: Way, load: Load, max_occupancy: str | None, floor: str | None) -> "Plan":
    """Return the plan by formula."""
    from callcenter.erlang import LoadMethod as Reckoned
    from sim.plan import Method as Formula
    from sim.plan import Wishes, plan_of

    reckoned = Reckoned.INFINITE_SERVER if load is Load.OFFERED else Reckoned(load.value)
    busiest = _share("--max-occupancy", max_occupancy)
    if busiest == 0:
        raise BadInput("--max-occupancy 0%: no number of agents reaches it: write 85%")
    return plan_of(scenario, Wishes(Formula(method.value), reckoned, busiest, _share("--floor", floor)))


def _share(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return share(text if "%" in text else float(text))
    except ValueError as error:
        said = str(error) if "share" in str(error) or "%" in str(error) else "is not a share: write 85% or 0.85"
        raise BadInput(f"{option} {text}: {said}") from None


def lived(scenario: Scenario, replications: int | None, processes: int | None, what: str) -> JSON:
    """Return what a simulation says of the scenario with its people."""
    from sim.plan import simulated
    from sim.plan.verify import SHORT_RUN

    wanted = SHORT_RUN if replications is None else replications
    with Bar(what, wanted) as bar:
        return simulated(scenario, replications=wanted, processes=processes, progress=bar)
