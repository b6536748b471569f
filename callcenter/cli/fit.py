"""`callcenter fit`: a call log and its column map in, a scenario file out."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from callcenter.errors import BadInput
from callcenter.files import parse_scenario, render


def fit(
    log: Annotated[Path, typer.Argument(metavar="LOG.csv", help="The call log: CSV, or CSV packed by gzip.")],
    columns: Annotated[Path, typer.Option(metavar="MAP.yaml", help="Which column holds what (docs/fit.md).")],
    out: Annotated[Path, typer.Option(metavar="SCENARIO.yaml", help="Where to write the scenario.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object about the fit.")] = False,
) -> None:
    """Make a scenario from a call log: demand, handling times, patience and presence."""
    from sim.fit.calllog import read_log
    from sim.fit.columns import read_columns
    from sim.fit.report import report_of
    from sim.fit.scenario import comments_of, fit_log, mapping_of, summary_lines

    form = read_columns(_text(columns), str(columns))
    fitted = fit_log(read_log(_bytes(log), form, str(log)))
    text = render(mapping_of(fitted), comments_of(fitted))
    parse_scenario(text, str(out))  # what is written can be read: our own fault otherwise, and seen at once
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out}: cannot be written ({error.strerror}): give another --out") from None
    if as_json:
        print(json.dumps({"out": str(out), **report_of(fitted)}, allow_nan=False))
    for line in summary_lines(fitted):
        print(line, file=sys.stderr)
    print(f"written: {out} (callcenter simulate {out})", file=sys.stderr)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}): check the path") from None


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{path}: is not UTF-8 text: is it a column map?") from None
