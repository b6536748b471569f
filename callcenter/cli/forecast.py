"""`callcenter forecast`: call logs in, calls and handling times of days to come out, with their errors."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from callcenter.cli.logs import ColumnMap, FormatName, Logs, ZoneName, read_calls, tell_dropped
from callcenter.cli.options import AsJson, CsvLocale, json_text, note, product_version, read_bytes
from callcenter.cli.progress import Bar
from callcenter.cli.replaced import check_foreign
from callcenter.cli.tables import check_table
from callcenter.config import parse_scenario, render
from callcenter.config.any_table import comma_csv
from callcenter.config.load import scenario_tree
from callcenter.errors import BadInput
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from sim.analysis.forecast.forecast import Forecast
    from sim.analysis.forecast.specials import Special

SUFFIXES: Final = (".yaml", ".yml")
TABLES: Final = (".csv", ".xlsx", ".html")


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
        typer.Option(
            metavar="FILE|DIR",
            help="Write a scenario for `staff` and `simulate` (FILE.yaml, or a folder: one a week), a table (FILE.csv, "
            "FILE.xlsx) or a report (FILE.html).",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="SCENARIO", help="With --out: keep this scenario's centre, people and staffing."
        ),
    ] = None,
    csv_locale: CsvLocale = None,
    as_json: AsJson = False,
) -> None:
    """Forecast calls and handling times per interval, with ranges and with errors measured on the log itself."""
    from sim.analysis.forecast.dates import read_dates
    from sim.analysis.forecast.forecast import forecast as foretell
    from sim.report.tables import check_locale

    days = read_dates(dates)
    check_locale(csv_locale)
    if base is not None and (out is None or out.suffix.lower() in TABLES):
        raise BadInput("--from: is for a scenario: add --out FILE.yaml")
    if out is not None and out.suffix.lower() in TABLES:
        from sim.report.forecast_files import INTERVALS

        check_table(out)
        check_foreign(out, INTERVALS)
    elif out is not None and out.suffix in SUFFIXES:
        check_foreign(out)
    if out is not None and out.suffix in SUFFIXES and days[-1] - days[0] >= 7:
        raise BadInput(
            "--out {out}: one file holds a week at most: give a folder (one file a week), or fewer --for dates", out=out
        )
    log = read_calls(logs, columns, format_name, zone)
    tell_dropped(log)
    source = str(logs[0]) if len(logs) == 1 else f"{logs[0]} and {len(logs) - 1} more"
    specials = _specials(holidays, range(int(log.day[0]), days[-1] + 1))
    with Bar(_("testing the forecast on the log"), 1) as bar:
        found = foretell(log, days, specials, source, bar)
    if out is not None and out.suffix.lower() in TABLES:
        _write_table(out, found, csv_locale)
    elif out is not None:
        _write(out, found, base)
    if as_json:
        from sim.report.forecast import as_json as plain

        print(json_text(plain(found)))
    else:
        from sim.report.forecast import show
        from sim.report.table import console_for

        show(console_for(sys.stdout), found)
    if holidays is None:
        note(_("no special days are known: name a country (--holidays IL) or a list"))
    for line in found.notes:
        note(line)


def _specials(holidays: str | None, days: range) -> "dict[int, Special]":
    from callcenter.config.country import is_country
    from sim.analysis.forecast.specials import country_days, listed_days

    if holidays is None:
        return {}
    if is_country(holidays) and not Path(holidays).is_file():
        return country_days(holidays, days)
    return listed_days(comma_csv(read_bytes(Path(holidays), "--holidays"), holidays), holidays)


def _write_table(out: Path, found: "Forecast", locale: str | None) -> None:
    """Write the forecast as its file's name asks: a table, a workbook, a page."""
    from sim.report.files import csv_text
    from sim.report.forecast_files import DAYS, ERRORS, INTERVALS, day_rows, error_rows, interval_rows, page
    from sim.report.tables import for_locale, workbook

    content: str | bytes
    match out.suffix.lower():
        case ".csv":
            text = csv_text(INTERVALS, interval_rows(found))
            content = text if locale is None else for_locale(text, locale)
        case ".xlsx":
            sheets = (
                ("days", DAYS, day_rows(found)),
                ("intervals", INTERVALS, interval_rows(found)),
                ("errors", ERRORS, error_rows(found)),
            )
            content = workbook(sheets)
        case _:
            content = page(found, product_version())
    try:
        out.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise BadInput(
            "--out {out}: cannot be written ({strerror}): give another", out=out, strerror=error.strerror
        ) from None
    note(_("written: {path}", path=out))


def _write(out: Path, found: "Forecast", base: str | None) -> None:
    """Write the scenario to a file, or one a week to a folder."""
    from sim.analysis.forecast.scenario import comments_of, mappings_of

    tree = None if base is None else scenario_tree(base)
    assert tree is None or isinstance(tree, dict)
    one = out.suffix in SUFFIXES
    aimless = None
    for first, mapping in mappings_of(found, tree):
        path = out if one else out / f"{first}.yaml"
        check_foreign(path)
        # What is written can be read: our own fault otherwise, and seen at once.
        made = parse_scenario(render(mapping), str(path))
        aimless = None if any(tier.target for tier in made.centre.tiers) else made.centre.default_tier
        text = render(mapping, comments_of(found, own_people=base is None, aimless=aimless))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise BadInput(
                "--out {path}: cannot be written ({strerror}): give another", path=path, strerror=error.strerror
            ) from None
        note(_("written: {path} ({how})", path=path, how=f"callcenter staff {path}"))
    if aimless is not None:
        note(
            _(
                "no tier has a target yet, and staff asks for one: --set tiers.{tier}.target=80/20, or in the map",
                tier=aimless,
            )
        )
