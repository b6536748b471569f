"""`python -m deploy.generate [ZONE]`: write the rules, and the dashboards where the SDK is installed.

ZONE: where the dashboards' day begins, an IANA time zone or `utc` (default: the viewer's own).
"""

import sys
from importlib.util import find_spec
from pathlib import Path

from callcenter.metrics.files import rule_files
from deploy.generate.centre import DOCUMENTS

DEPLOY = Path(__file__).parents[1]


def main(*zone: str) -> None:
    """Write every generated file."""
    for name, text in rule_files(DOCUMENTS).items():
        (DEPLOY / "prometheus" / name).write_text(text, encoding="utf-8")
    if find_spec("grafana_foundation_sdk") is None:
        print("grafana-foundation-sdk is not installed: dashboards are left as they are")
        return
    from deploy.generate.dashboards import dashboards

    folder = DEPLOY / "grafana" / "dashboards"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in dashboards(*zone).items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
