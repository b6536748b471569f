"""`callcenter forecast`: call logs in, calls and handling times of days to come out, with their errors."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from callcenter.cli.logs import ColumnMap, FormatName, Logs, ZoneName, read_calls, tell_dropped
from callcenter.cli.options import AsJson, json_text, note, read_text
from callcenter.cli.progress import Bar
from callcenter.config import parse_scenario, render
from callcenter.config.load import scenario_tree
from callcenter.errors import BadInput

if TYPE_CHECKING:
    from sim.analysis.forecast.forecast import Forecast
    from sim.analysis.forecast.specials import Special

SUFFIXES: Final = (".yaml", ".yml")


def forecast(
    logs: Logs,
    dates: Annotated[
        str, typer.Option("--for", metavar="DATES", help="2026-03-02, 2026-03-02..2026-03-08, or a list with commas.")
    ],
    columns: ColumnMap = None,
    format_name: FormatName = None,
    zone: ZoneName = None,
    holidays: Annotated[
        str | None,
        typer.Option(metavar="COUNTRY|FILE", help="IL, CN, ES-MD, or a CSV file with the columns date,name,factor."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml|DIR", help="Write a scenario for `staff` and `simulate`, or one a week."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="SCENARIO", help="With --out: keep this scenario's centre, people and staffing."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Forecast calls and handling times per interval, with ranges and with errors measured on the log itself."""
    from sim.analysis.forecast.dates import read_dates
    from sim.analysis.forecast.forecast import forecast as foretell

    days = read_dates(dates)
    if base is not None and out is None:
        raise BadInput("--from: is for --out, which is missing: add --out FILE.yaml")
    if out is not None and out.suffix in SUFFIXES and days[-1] - days[0] >= 7:
        raise BadInput(
            f"--out {out}: one file holds a week at most: give a folder (one file a week), or fewer --for dates"
        )
    log = read_calls(logs, columns, format_name, zone)
    tell_dropped(log)
    source = str(logs[0]) if len(logs) == 1 else f"{logs[0]} and {len(logs) - 1} more"
    specials = _specials(holidays, range(int(log.day[0]), days[-1] + 1))
    with Bar("testing the forecast on the log", 1) as bar:
        found = foretell(log, days, specials, source, bar)
    if out is not None:
        _write(out, found, base)
    if as_json:
        from sim.analysis.forecast.report import as_json as plain

        print(json_text(plain(found)))
    else:
        from sim.analysis.forecast.report import show
        from sim.report.table import console_for

        show(console_for(sys.stdout), found)
    if holidays is None:
        note("no special days are known: name a country (--holidays IL) or a list")
    for line in found.notes:
        note(line)


def _specials(holidays: str | None, days: range) -> "dict[int, Special]":
    from callcenter.config.country import is_country
    from sim.analysis.forecast.specials import country_days, listed_days

    if holidays is None:
        return {}
    if is_country(holidays) and not Path(holidays).is_file():
        return country_days(holidays, days)
    return listed_days(read_text(Path(holidays), "--holidays"), holidays)


def _write(out: Path, found: "Forecast", base: str | None) -> None:
    """Write the scenario to a file, or one a week to a folder."""
    from sim.analysis.forecast.scenario import NO_TARGET, comments_of, mappings_of

    tree = None if base is None else scenario_tree(base)
    assert tree is None or isinstance(tree, dict)
    one = out.suffix in SUFFIXES
    targets = True
    for first, mapping in mappings_of(found, tree):
        path = out if one else out / f"{first}.yaml"
        # What is written can be read: our own fault otherwise, and seen at once.
        made = parse_scenario(render(mapping), str(path))
        targets = any(tier.target is not None for tier in made.centre.tiers)
        text = render(mapping, comments_of(found, own_people=base is None, targets=targets))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise BadInput(f"--out {path}: cannot be written ({error.strerror}): give another") from None
        note(f"written: {path} (callcenter staff {path})")
    if not targets:
        note(NO_TARGET)
