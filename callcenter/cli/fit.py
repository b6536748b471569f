"""`callcenter fit`: call logs and their column map, or the name of their system, in, a scenario file out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from callcenter.cli.logs import ColumnMap, FormatName, Logs, ZoneName, read_calls
from callcenter.cli.options import AsJson, json_text
from callcenter.config import parse_scenario, render
from callcenter.errors import BadInput


def fit(
    logs: Logs,
    out: Annotated[Path, typer.Option(metavar="SCENARIO.yaml", help="Where to write the scenario.")],
    columns: ColumnMap = None,
    format_name: FormatName = None,
    zone: ZoneName = None,
    as_json: AsJson = False,
) -> None:
    """Make a scenario from call logs: demand, handling times, patience and presence."""
    from sim.analysis.fit.report import report_of
    from sim.analysis.fit.scenario import comments_of, fit_log, mapping_of, summary_lines

    fitted = fit_log(read_calls(logs, columns, format_name, zone))
    text = render(mapping_of(fitted), comments_of(fitted))
    parse_scenario(text, str(out))  # what is written can be read: our own fault otherwise, and seen at once
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out}: cannot be written ({error.strerror}): give another --out") from None
    if as_json:
        print(json_text({"out": str(out), **report_of(fitted)}))
    for line in summary_lines(fitted):
        print(line, file=sys.stderr)
    print(f"written: {out} (callcenter simulate {out})", file=sys.stderr)
