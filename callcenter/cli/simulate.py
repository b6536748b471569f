"""`callcenter simulate`: live through a scenario's days, and say whether the targets are met."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callcenter.cli import ANSWER_IS_NO
from callcenter.cli.logs import OURS, ColumnMap, FormatName, read_calls, sources_of, tell_dropped
from callcenter.cli.options import (
    AsJson,
    CsvLocale,
    Processes,
    Replications,
    ScenarioName,
    Seed,
    Sets,
    json_text,
    note,
    note_engine,
    product_version,
    read_precision,
    with_chance,
)
from callcenter.cli.progress import Bar
from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from callcenter.language.spoken import _, n_
from callcenter.scenario import Scenario
from callcenter.units import HOUR
from sim.experiment.engines import Engine, EnginesDiffer, choose, is_compiled_yet

if TYPE_CHECKING:
    from sim.experiment.replicate import Run

WATCHED = "--prometheus"


def simulate(
    scenario: ScenarioName,
    replications: Replications = None,
    seed: Seed = None,
    sets: Sets = None,
    calls: Annotated[
        Path | None,
        typer.Option(
            metavar="LOG", help="Replay these calls instead of drawing them: a calls.csv of --out, or any log."
        ),
    ] = None,
    agents_from: Annotated[
        Path | None,
        typer.Option(
            "--agents-from", metavar="LOG", help="Take the agents of this log, by weekday, instead of the scenario's."
        ),
    ] = None,
    columns: ColumnMap = None,
    format_name: FormatName = None,
    precision: Annotated[
        str | None,
        typer.Option(metavar="P", help="Go on until every service level is known to ± P: 0.5% or 0.005."),
    ] = None,
    processes: Processes = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write report.html, calls.csv, result.json … to this folder.")
    ] = None,
    prometheus: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write the first day as metrics with instants, and rules, to this folder."),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(help="What lives through the days: both show that each call comes to the same under either."),
    ] = Engine.AUTO,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 unless every target is met for sure.")] = False,
    csv_locale: CsvLocale = None,
    as_json: AsJson = False,
) -> int:
    """Live through a scenario's days and report on them."""
    wished = with_chance(load_scenario(scenario, sets or ()), replications, seed)
    narrow = read_precision(precision)
    if calls is None and agents_from is None and (columns is not None or format_name is not None):
        option = "--columns" if columns is not None else "--format"
        raise BadInput("{option} tells how to read a log: say which, --calls LOG.csv", option=option)
    from sim.report.files import check_folder
    from sim.report.tables import check_locale

    check_locale(csv_locale)
    if out is not None:
        check_folder(out)
    if prometheus is not None:
        check_folder(prometheus, WATCHED)
    if calls is not None:
        wished = _replayed(wished, calls, columns, format_name)
    if agents_from is not None:
        wished = _staffed(wished, agents_from, columns, format_name)
    try:
        lived, result = _lived(wished, processes, narrow, engine, keep_records=out is not None)
    except EnginesDiffer as found:
        note(_("callcenter simulate: the engines differ (please report it): {what}", what=found))
        return ANSWER_IS_NO
    if out is not None:
        _write(out, lived, result, csv_locale)
        note(_("written: {path}", path=out / "report.html"))
    if prometheus is not None:
        _watch(prometheus, wished)
    if as_json:
        print(json_text(result))
    else:
        _show(lived.scenario, result)
    if narrow is not None and _too_wide(lived.scenario, result, narrow):
        note(
            _(
                "callcenter simulate: {n:,} replications did not reach --precision {precision}",
                n=result["replications"],
                precision=precision,
            )
        )
    return _judged(lived.scenario, result) if check else 0


def _replayed(scenario: Scenario, log: Path, columns: Path | None, format_name: str | None) -> Scenario:
    from sim.analysis.recorded_calls import replay, replay_ours

    if columns is None and format_name in {None, OURS}:
        found = replay_ours(scenario, sources_of([log]))
    else:
        read = read_calls([log], columns, format_name, None, scenario.centre.zone.name)
        tell_dropped(read)
        found = replay(scenario, read, str(log), str(columns or "the column map"))
    calls = len(found.recorded)
    told = n_("{calls:,} calls on {n} day", "{calls:,} calls on {n} days", found.horizon.days, calls=calls)
    note(_("{log}: {told}", log=log, told=told))
    if scenario.retrials or scenario.menu:
        note(_("{log}: a log has those who rang again, after the menu: neither is simulated", log=log))
    return found


def _staffed(scenario: Scenario, log: Path, columns: Path | None, format_name: str | None) -> Scenario:
    from sim.analysis.fit.agents import with_agents_of

    read = read_calls([log], columns, format_name, None, scenario.centre.zone.name)
    found = with_agents_of(scenario, read, str(log))
    hours = sum(sum(staff.agents) * staff.interval * len(staff.weekdays) for staff in found.staffing) / HOUR
    note(
        _(
            "{log}: {hours:,.1f} agent hours a week, by weekday and interval, instead of the scenario's",
            log=log,
            hours=hours,
        )
    )
    return found


def _lived(
    scenario: Scenario, processes: int | None, precision: float | None, engine: Engine, *, keep_records: bool
) -> "tuple[Run, dict[str, Any]]":
    from sim.experiment.replicate import run
    from sim.results.result import as_json, result

    compiles = engine is not Engine.SIMPY and not is_compiled_yet()
    begun = time.perf_counter()  # noqa: TID251  # told to the reader, decides nothing
    if compiles:
        note(_("compiling the simulator: once, some seconds (kept for the next time)"))
    choice = choose(scenario, engine)
    if compiles and choice.engine is not Engine.SIMPY:
        note(_("compiled in {seconds:.1f} s", seconds=time.perf_counter() - begun))  # noqa: TID251
    note_engine("simulate", [choice])
    with Bar(_("simulating"), scenario.replications) as bar:
        lived = run(
            scenario,
            processes=processes,
            precision=precision,
            keep_records=keep_records,
            progress=bar,
            engine=choice.engine,
        )
    if choice.engine is Engine.BOTH:
        days = len(lived.figures)
        calls = sum(day.tally().offered for day in lived.figures)
        told = n_("{calls:,} calls on {n} day", "{calls:,} calls on {n} days", days, calls=calls)
        note(_("{calls}: each came to the same under both engines", calls=told))
    if lived.fell_back:
        note(
            _(
                "callcenter simulate: {part} of {whole} days came to something that the compiled engine does not know: "
                "SimPy lived those",
                part=lived.fell_back,
                whole=len(lived.figures),
            )
        )
    return lived, as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))


def _write(out: Path, lived: "Run", result: dict[str, Any], locale: str | None) -> None:
    from sim.report.files import write_folder
    from sim.report.folder import contents

    text = json_text(result) + "\n"
    calls = lived.figures[0].calls
    bar = Bar(_("writing calls"), 0 if calls is None else len(calls))
    files = contents(lived, result, text, product_version(), bar)
    with bar:
        write_folder(out, files, locale=locale)


def _watch(folder: Path, scenario: Scenario) -> None:
    """Write the first replication as Prometheus would have scraped it."""
    from sim.report.files import write_folder
    from sim.report.prometheus_folder import METRICS, history

    write_folder(folder, history(scenario), WATCHED)
    how = "promtool tsdb create-blocks-from openmetrics: docs/watching.md"
    note(_("written: {path} ({how})", path=folder / METRICS, how=how))


def _show(scenario: Scenario, result: dict[str, Any]) -> None:
    from sim.report.table import console_for, show

    show(console_for(sys.stdout), scenario, result)


def _too_wide(scenario: Scenario, result: dict[str, Any], precision: float) -> bool:
    from sim.results.result import too_wide

    return too_wide(scenario, result, precision)


def _judged(scenario: Scenario, result: dict[str, Any]) -> int:
    """Return the exit status of `--check`; what is not met for sure is not met."""
    from sim.report.wording import unmet

    if not any(block["target"] for block in result["tiers"].values()):
        note(_("callcenter simulate: no tier has a target: there is nothing to check"))
        return 0
    failed = unmet(scenario, result)
    for line in failed:
        undecided = _(" (undecided is not met)") if _("undecided") in line else ""
        note(_("not met: {text}", text=line) + undecided)
    return ANSWER_IS_NO if failed else 0
