"""`callcenter today`: the rest of a day from its calls so far; what a change gives; who was there as planned."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from callcenter.cli.logs import OURS, ColumnMap, FormatName, read_calls, sources_of, tell_dropped
from callcenter.cli.options import AsJson, Processes, ScenarioName, Seed, Sets, json_text, note, with_chance
from callcenter.cli.progress import Bar
from callcenter.config.load import load_scenario
from callcenter.config.words import clock
from callcenter.errors import BadInput
from callcenter.language.spoken import _
from callcenter.scenario import Scenario
from callcenter.units import DAY, Millis

if TYPE_CHECKING:
    from sim.analysis.today import Today

JSON = dict[str, Any]
USUAL: int = 50
"""Replications, unless asked for otherwise."""


def today(
    scenario: ScenarioName,
    so_far: Annotated[
        Path,
        typer.Option("--so-far", metavar="LOG", help="The day's calls up to now: a log, or the service's journal."),
    ],
    at: Annotated[
        str | None, typer.Option("--at", metavar="HH:MM", help="What time it is (default: when the last call came).")
    ] = None,
    tries: Annotated[
        list[str] | None,
        typer.Option("--try", metavar="PATH=VALUE", help="What would this give? shifts.0.to=21:00, …; repeatable."),
    ] = None,
    columns: ColumnMap = None,
    format_name: FormatName = None,
    replications: Annotated[int, typer.Option(min=2, max=10_000, help="How often the rest is simulated.")] = USUAL,
    seed: Seed = None,
    sets: Sets = None,
    processes: Processes = None,
    as_json: AsJson = False,
) -> int:
    """Forecast the rest of a day from its calls so far, and say which half hours miss their targets."""
    from sim.analysis.from_journal import there_by_day
    from sim.analysis.today import adherence, today_result

    now = None if at is None else _clock(at)
    known = _learnt(scenario, sets or [], so_far, columns, format_name, now, replications, seed)
    found = _lived(known, processes, _("the rest of the day"))
    others = [
        (
            change,
            _lived(
                _learnt(scenario, [*(sets or []), change], so_far, columns, format_name, known.now, replications, seed),
                processes,
                change,
            ),
        )
        for change in tries or ()
    ]
    result = today_result(known, found, others)
    there = _journal(so_far)
    result["adherence"] = (
        None if there is None else adherence(known.scenario, there_by_day(there, known.scenario.centre), known.now)
    )
    if as_json:
        print(json_text(result))
    else:
        from sim.report.table import console_for
        from sim.report.today import show_today

        show_today(console_for(sys.stdout), result)
    return 0


def _clock(text: str) -> int:
    try:
        return clock(text)
    except ValueError as error:
        raise BadInput("--at {said}: {error}", said=text, error=error) from None


def _learnt(
    name: str, sets: list[str], log: Path, columns: Path | None, format_name: str | None, now: int | None,
    replications: int, seed: int | None,
) -> "Today":  # fmt: skip
    from sim.analysis.recorded_calls import replay, replay_ours
    from sim.analysis.today import learn

    asked = with_chance(load_scenario(name, sets), replications, seed)
    if columns is None and format_name in {None, OURS}:
        read = replay_ours(asked, sources_of([log]))
    else:
        calls = read_calls([log], columns, format_name, None, asked.centre.zone.name)
        tell_dropped(calls)
        read = replay(asked, calls, str(log), str(columns or "the column map"))
    return learn(_last_day(asked, read), now=now)


def _last_day(asked: Scenario, read: Scenario) -> Scenario:
    """Return the scenario on the log's last day, its calls of that day recorded beside its own streams."""
    offset = (read.horizon.days - 1) * DAY
    calls = tuple(replace(call, at=Millis(call.at - offset)) for call in read.recorded if call.at >= offset)
    if read.horizon.days > 1:
        note(_("the log has {n} days: the last one is today", n=read.horizon.days))
    horizon = replace(read.horizon, first_day=read.horizon.measured[-1], days=1, discard=0, run_off=0)
    return replace(asked, recorded=calls, horizon=horizon)


def _lived(known: "Today", processes: int | None, what: str) -> Any:
    from sim.analysis.today import lived

    with Bar(what, known.scenario.replications) as bar:
        return lived(known, processes=processes, progress=bar)


def _journal(path: Path) -> Any:
    """Return the days of a journal, or None where the file is a log."""
    from callcenter.cli.logs import SQLITE, open_binary

    with open_binary(path) as stream:
        if stream.read(len(SQLITE)) != SQLITE:
            return None
    from api.store.open import reading
    from callcenter.cli.counterfactual import lived_days

    with reading(str(path)) as store:
        return lived_days(store)[1]
