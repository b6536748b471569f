"""`callcenter schedule`: shifts that cover the staffing at least cost, as a roster, and what it really gives."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

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
    read_bytes,
    read_text,
)
from callcenter.cli.planned import (
    Check,
    Floor,
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
from callcenter.config.any_table import comma_csv
from callcenter.config.load import load_scenario
from callcenter.config.shipped import SUFFIXES
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.language.spoken import _
from callcenter.scenario import Scenario, Staffing
from callcenter.units import DAY

if TYPE_CHECKING:
    from callcenter.people import People
    from sim.planning.plan import Plan
    from sim.planning.roster import Need, Roster
    from sim.planning.roster.assign import Assigned

JSON = dict[str, Any]
TABLES: Final = (".csv", ".xlsx", ".ods", ".tsv")


class Wish(StrEnum):
    """What to make small."""

    COST = "cost"
    MATCH = "match"


def schedule(
    scenario: ScenarioName,
    staffing: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Cover this: result.json or staffing.csv (.xlsx) of `staff --out`, or a scenario."
        ),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Named people (YAML, CSV, XLSX): who takes which shift, within their rules."),
    ] = None,
    method: Method = Way.ERLANG_C,
    load: LoadMethod = Load.OFFERED,
    max_occupancy: Occupancy = None,
    floor: Floor = None,
    aim: Annotated[Wish, typer.Option(help="Least cost with all covered, or closest to the need.")] = Wish.COST,
    time_limit: Annotated[
        float, typer.Option(min=0.1, max=86_400, help="Seconds for each run of the solver, one by group and day.")
    ] = 30.0,
    replications: Runs = None,
    seed: Seed = None,
    sets: Sets = None,
    processes: Processes = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write report.html, result.json, roster.csv, roster.ics … to this folder."),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE.yaml", help="Write the scenario with these shifts in place.")
    ] = None,
    check: Check = False,
    csv_locale: CsvLocale = None,
    as_json: AsJson = False,
) -> int:
    """Cover the staffing with shifts at least cost, and simulate the roster."""
    from sim.report.tables import check_locale

    check_locale(csv_locale)
    asked = asked_about(scenario, sets, seed, out, write)
    _note_costs(asked)
    staff = None if people is None else _people(asked, people)
    plan: Plan | None = None
    if staffing is not None:
        needs, source = _needs_of(asked, _staffing(asked, staffing)), str(staffing)
    elif method is Way.SIMULATION:
        from sim.planning.roster.need import during_hours

        needs = during_hours(asked, _needs_of(asked, searched(asked, None, processes).staffing()))
        source = str(method)
    else:
        plan = planned(asked, method, load, max_occupancy, floor)
        needs, source = _needs_of_plan(plan), str(method)
    from sim.planning.roster.assign import applied, assign
    from sim.planning.roster.need import with_minimum

    if staff is not None:
        needs = with_minimum(needs, staff.rules.minimum)
    roster = _rostered(asked, needs, aim, time_limit)
    assigned = None if staff is None else assign(roster, staff, time_limit_s=time_limit)
    there = roster.applied() if assigned is None else applied(roster, assigned)
    simulated = lived(there, replications, processes, _("living the roster"))
    result = _as_data(roster, assigned, source, aim, simulated)
    if out is not None:
        _write(out, roster, assigned, plan, result, csv_locale)
        note(_("written: {path}", path=out / "report.html"))
    if write is not None:
        changes = {"shifts": result["shifts"]}
        write_scenario(write, scenario, sets or (), changes, without="staffing", told=f"callcenter schedule ({source})")
    if as_json:
        print(json_text(result))
    else:
        from sim.planning.roster.table import show_roster
        from sim.report.table import console_for

        show_roster(console_for(sys.stdout), result)
    for line in roster.unmet if as_json else ():
        note(_("not covered: {text}", text=_(line)))
    if not check:
        return 0
    status = _judged(simulated, roster)
    open_ = result["people"]["open"] if result["people"] is not None else ()
    for one in open_:
        shift = f"{one['date']} {one['group']} {one['from']}-{one['to']}"
        note(_("callcenter schedule: nobody for {shift}", shift=shift))
    return ANSWER_IS_NO if open_ else status


UNLIKE_WAGES: Final = 4
"""A shift whose own cost is so many times its wages, or so small a part of them, is likely priced in another unit."""


def _note_costs(scenario: Scenario) -> None:
    """Say of a shift type that its own cost stands beside the wages of others, and is hardly in the same unit."""
    money = scenario.money
    if money is None or not money.wages:
        return
    wages = {kind.name: money.shift(kind.group, kind.length)[0] for kind in scenario.shift_types}
    own = [kind for kind in scenario.shift_types if kind.cost != wages[kind.name]]
    far = [
        kind for kind in own if not wages[kind.name] <= UNLIKE_WAGES * kind.cost <= UNLIKE_WAGES**2 * wages[kind.name]
    ]
    if far and len(own) < len(wages):
        note(
            _(
                "shift type {name}: its cost ({cost:g}) is weighed against the wages of shift types without one "
                "({wages:,.2f} for a shift of its length): write a cost for each of them, or for none",
                name=far[0].name,
                cost=far[0].cost,
                wages=wages[far[0].name],
            )
        )


def _judged(simulated: JSON, roster: "Roster") -> int:
    """Return the exit status of `--check`; what is not met for sure is not met."""
    from sim.planning.plan.verify import missed

    failed = missed(simulated)
    for line in failed:
        note(_("callcenter schedule: target of {text}", text=line))
    return ANSWER_IS_NO if failed or roster.unmet else 0


def _needs_of_plan(plan: "Plan") -> "list[Need]":
    from sim.planning.roster import need_of_plan

    return need_of_plan(plan)


def _needs_of(scenario: Scenario, staffing: tuple[Staffing, ...]) -> "list[Need]":
    from sim.planning.roster import need_of_staffing

    return need_of_staffing(scenario, staffing)


def _staffing(scenario: Scenario, path: Path) -> tuple[Staffing, ...]:
    """Return the staffing in a file: of `staff`, or of a scenario."""
    from sim.planning.roster.need import staffing_of_csv

    if path.suffix in SUFFIXES:
        found = load_scenario(path).staffing
        if not found:
            raise BadInput(
                "--staffing {path}: has no staffing: write one with callcenter staff SCENARIO --write "
                "NEED.yaml, and name that",
                path=path,
            )
        return found
    if path.suffix.lower() in TABLES:
        table = comma_csv(read_bytes(path, "--staffing"), str(path))
        return tuple(staffing_of_csv(table, str(path), scenario.interval))
    text = read_text(path, "--staffing")
    try:
        entries = json.loads(text)["staffing"]
    except (ValueError, KeyError, TypeError):
        how = said("give result.json or staffing.csv of callcenter staff --out, or a scenario with staffing")
        raise BadInput("--staffing {path}: holds no staffing: {how}", path=path, how=how) from None
    return _read_entries(scenario, entries, path)


def _read_entries(scenario: Scenario, entries: object, path: Path) -> tuple[Staffing, ...]:
    """Return staffing written as in a scenario file."""
    from pydantic import TypeAdapter, ValidationError

    from callcenter.config.refusals import Wrong
    from callcenter.config.rosters import build_staffing
    from callcenter.config.scenario_form import StaffingForm

    try:
        forms = TypeAdapter(list[StaffingForm]).validate_python(entries)
        return build_staffing(forms, scenario.centre, scenario.interval, ("staffing",))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput("--staffing {path}: staffing.{where} {msg}", path=path, where=where, msg=first["msg"]) from None
    except Wrong as error:
        where = ".".join(str(part) for part in error.path)
        raise BadInput("--staffing {path}: {where} {what}", path=path, where=where, what=error.what) from None


def _rostered(scenario: Scenario, needs: "list[Need]", aim: Wish, time_limit: float) -> "Roster":
    from sim.planning.roster import Aim, roster_of

    return roster_of(scenario, needs, aim=Aim(aim.value), time_limit_s=time_limit)


def _people(scenario: Scenario, path: Path) -> "People":
    from callcenter.config.people import read_people

    types = tuple(kind.name for kind in scenario.shift_types)
    return read_people(read_bytes(path, "--people"), str(path), scenario.centre, types)


def _as_data(roster: "Roster", assigned: "Assigned | None", source: str, aim: Wish, simulated: JSON) -> JSON:
    from sim.planning.roster.outcome import roster_result

    return roster_result(roster, source=source, aim=str(aim), simulated=simulated, assigned=assigned)


def _write(
    out: Path, roster: "Roster", assigned: "Assigned | None", plan: "Plan | None", result: JSON, locale: str | None
) -> None:
    from sim.planning.page import plan_page
    from sim.planning.plan.outcome import plan_result
    from sim.planning.roster.ical import calendar, calendars
    from sim.planning.roster.outcome import COVERAGE, coverage_rows, roster_columns, roster_rows
    from sim.planning.roster.xlsx import workbook
    from sim.report.files import csv_text, write_folder

    scenario = roster.scenario
    zone = scenario.centre.zone
    lines = roster.lines() if assigned is None else assigned.lines()
    days = scenario.horizon.measured
    stamp = zone.instant(days.start * DAY)
    header = roster_columns(scenario.money)
    rows, covered = roster_rows(lines, zone, scenario.money), coverage_rows(result, zone)
    name = scenario.name
    planned_ = None if plan is None else plan_result(plan, result["need"], None)
    contents: dict[str, str | bytes] = {
        "report.html": plan_page(scenario, planned_, result, product_version()),
        "result.json": json_text(result) + "\n",
        "roster.csv": csv_text(header, rows),
        "coverage.csv": csv_text(COVERAGE, covered),
        "roster.xlsx": workbook(lines, zone, days, (("roster", header, rows), ("coverage", COVERAGE, covered)), stamp),
        "roster.ics": calendar(lines, zone, name=name, centre=name, stamp=stamp),
        "calendars.zip": calendars(lines, zone, centre=name, stamp=stamp),
    }
    write_folder(out, contents, locale=locale)
