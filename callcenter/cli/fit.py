"""`callcenter fit`: call logs and their column map, or the name of their system, in, a scenario file out."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callcenter.cli.logs import ColumnMap, FormatName, Logs, ZoneName, read_calls
from callcenter.cli.options import AsJson, json_text, note
from callcenter.cli.progress import Bar
from callcenter.cli.replaced import check_foreign
from callcenter.config import parse_scenario, render
from callcenter.errors import BadInput
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from sim.analysis.fit.calllog import CallLog
    from sim.analysis.fit.fitted import Fitted


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
    from sim.analysis.fit.scenario import mapping_of
    from sim.analysis.fit.summary import comments_of, summary_lines

    check_foreign(out)
    fitted = fitted_on(read_calls(logs, columns, format_name, zone))
    text = render(mapping_of(fitted), comments_of(fitted))
    parse_scenario(text, str(out))  # what is written can be read: our own fault otherwise, and seen at once
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            "{out}: cannot be written ({strerror}): give another --out", out=out, strerror=error.strerror
        ) from None
    if as_json:
        print(json_text({"out": str(out), **report_of(fitted)}))
    for line in summary_lines(fitted):
        note(line)
    note(_("written: {path} ({how})", path=out, how=f"callcenter simulate {out}"))


def fitted_on(calls: "CallLog") -> "Fitted":
    """Return all that a log teaches, with how far off that is on weeks held out, where it has such."""
    from sim.analysis.fit import weeks
    from sim.analysis.fit.fitted import fit_log

    fitted, latest = fit_log(calls), weeks.latest(calls)
    if latest is None:
        return fitted
    with Bar(_("holding out weeks"), weeks.days_wanted(latest, weeks.replications_of(latest))) as progress:
        return replace(fitted, error=weeks.model_error(latest, progress=progress))
