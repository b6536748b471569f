"""`callcenter staff`: how many agents in each interval, by formula or by search, and what a simulation says of it."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from callcenter.cli import ANSWER_IS_NO
from callcenter.cli.options import (
    AsJson,
    CsvLocale,
    Processes,
    ScenarioName,
    Seed,
    Sets,
    json_text,
    note,
    product_version,
)
from callcenter.cli.planned import (
    Check,
    Floor,
    Limit,
    Load,
    LoadMethod,
    Method,
    Occupancy,
    Runs,
    Way,
    asked_about,
    lived,
    planned,
    searched,
)
from callcenter.cli.write_option import write_scenario
from callcenter.errors import BadInput
from callcenter.language.spoken import _
from callcenter.scenario import Scenario

JSON = dict[str, Any]


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
    time_limit: Limit = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.html, result.json and staffing.csv to this folder.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Write the scenario with this staffing in place.")
    ] = None,
    check: Check = False,
    csv_locale: CsvLocale = None,
    as_json: AsJson = False,
) -> int:
    """Say how many agents each interval needs, and check it by simulation."""
    from sim.report.tables import check_locale

    check_locale(csv_locale)
    asked = asked_about(scenario, sets, seed, out, write)
    if method is Way.SIMULATION:
        if load is not Load.OFFERED or max_occupancy is not None or floor is not None:
            raise BadInput("--load, --max-occupancy and --floor are for the formulas: leave them out with simulation")
        answer = _by_search(asked, replications, processes, time_limit)
    else:
        if time_limit is not None:
            raise BadInput("--time-limit is for a search: add --method simulation")
        answer = _by_formula(asked, method, (load, max_occupancy, floor), replications, processes)
    if out is not None:
        from sim.report.files import write_folder

        write_folder(out, _contents(asked, answer.result), locale=csv_locale)
        note(_("written: {path}", path=out / "report.html"))
    if write is not None:
        changes = {"staffing": answer.result["staffing"]}
        told = f"callcenter staff --method {method}"
        write_scenario(write, scenario, sets or (), changes, without="shifts", told=told)
    if as_json:
        print(json_text(answer.result))
    else:
        _show(answer.result)
    for line in answer.missed if check else ():
        note(_("callcenter staff: target of {text}", text=line))
    return ANSWER_IS_NO if check and answer.missed else 0


@dataclass(frozen=True, slots=True)
class _Answer:
    """A plan as plain data, and what of it is not met for sure."""

    result: JSON
    missed: list[str]


def _by_formula(
    scenario: Scenario, method: Way, how: tuple[Load, str | None, str | None], replications: int | None,
    processes: int | None,
) -> _Answer:  # fmt: skip
    from sim.planning.plan.outcome import plan_result
    from sim.planning.plan.verify import missed

    plan = planned(scenario, method, *how)
    simulated = lived(plan.applied(), replications, processes, _("checking the plan"))
    return _Answer(plan_result(plan, str(method), simulated), missed(simulated))


def _by_search(scenario: Scenario, replications: int | None, processes: int | None, limit_s: float | None) -> _Answer:
    from sim.planning.plan.outcome import hours_of, staffing_form, wages_of

    plan = searched(scenario, replications, processes, limit_s)
    staffed = plan.applied()
    more = {"groups": list(plan.groups), "staffing": staffing_form(staffed.staffing)}
    more |= hours_of(staffed) | wages_of(staffed)
    plans = (plan, *plan.others)
    missed = [
        _("{name}: {text}", name=_(f.promise.who), text=_(f.verdict))
        for part in plans
        if not part.met
        for f in part.judged
        if f.verdict != "yes"
    ]
    lost = [promise for part in plans for promise in part.unmeetable]
    return _Answer(plan.plain() | more, missed or ([] if plan.met else lost))


def _show(result: JSON) -> None:
    from sim.planning.plan.searched import show_search
    from sim.planning.plan.table import show_plan
    from sim.report.table import console_for

    show = show_search if result["method"] == Way.SIMULATION else show_plan
    show(console_for(sys.stdout), result)


def _contents(scenario: Scenario, result: JSON) -> dict[str, str | bytes]:
    """Return file name → content of `--out`."""
    from sim.planning.page import plan_page, search_page
    from sim.planning.plan.outcome import STAFFING_COLUMNS, staffing_rows
    from sim.report.files import csv_text
    from sim.report.tables import workbook

    if result["method"] == Way.SIMULATION:
        page = search_page(scenario, result, product_version())
    else:
        page = plan_page(scenario, result, None, product_version())
    rows = staffing_rows(result)
    return {
        "report.html": page,
        "result.json": json_text(result) + "\n",
        "staffing.csv": csv_text(STAFFING_COLUMNS, rows),
        "staffing.xlsx": workbook([("staffing", STAFFING_COLUMNS, rows)]),
    }
