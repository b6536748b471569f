"""`python -m deploy.generate [CENTRE [ZONE]]`: write the rules, and the dashboards where the SDK is installed.

CENTRE: a centre file, a scenario file or the name of a shipped one, for its targets (default: the documents').
ZONE: the dashboards' clock, an IANA time zone, `utc` or `browser`, the viewer's own (default: the centre's; without
CENTRE the viewer's).
"""

import sys
from importlib.util import find_spec
from pathlib import Path

from callcenter.config.load import load_centre
from callcenter.metrics.files import rule_files
from deploy.generate.centre import DOCUMENTS

DEPLOY = Path(__file__).parents[1]


def main(centre_file: str | None = None, zone: str | None = None) -> None:
    """Write every generated file."""
    centre = DOCUMENTS if centre_file is None else load_centre(centre_file)
    if zone is None:
        zone = "browser" if centre_file is None else centre.zone.name
    for name, text in rule_files(centre).items():
        (DEPLOY / "prometheus" / name).write_text(text, encoding="utf-8")
    if find_spec("grafana_foundation_sdk") is None:
        print("grafana-foundation-sdk is not installed: dashboards are left as they are")
        return
    from deploy.generate.dashboards import dashboards

    folder = DEPLOY / "grafana" / "dashboards"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in dashboards(zone, centre).items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:3])
