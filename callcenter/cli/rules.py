"""`callcenter rules`: Prometheus's recording rules and alerts for a centre's own targets."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from callcenter.cli.options import note
from callcenter.config.load import load_centre, load_scenario
from callcenter.config.shipped import shipped
from callcenter.errors import BadInput
from callcenter.language.spoken import _
from callcenter.metrics.alerts import RUNBOOKS
from callcenter.metrics.files import rule_files

ADDRESS: Final = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


def rules(
    centre: Annotated[
        str,
        typer.Argument(
            metavar="CENTRE", help="A centre or scenario file, or a shipped one's name.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Write recording.yml and alerts.yml to this folder.")],
    runbooks: Annotated[
        str,
        typer.Option(metavar="URL", help="Where the alerts' pages are served: what each runbook_url begins with."),
    ] = RUNBOOKS,
) -> int:
    """Write Prometheus's rules for a centre: service level by every formula, and alerts from its targets."""
    from sim.report.files import write_folder

    if runbooks != RUNBOOKS and not ADDRESS.fullmatch(runbooks):
        raise BadInput("--runbooks {runbooks}: is no address: write https://HOST/runbooks", runbooks=runbooks)
    found = load_scenario(centre).centre if centre in shipped() else load_centre(centre)
    write_folder(out, rule_files(found, runbooks))
    note(_("written: {out}, {out_2}", out=out / "recording.yml", out_2=out / "alerts.yml"))
    return 0
