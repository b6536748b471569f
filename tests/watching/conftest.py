"""Real programs for the tests of rules and dashboards: Prometheus and promtool, from Debian's packages."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for beside in (str(HERE), str(HERE.parent / "live")):
    if beside not in sys.path:
        sys.path.insert(0, beside)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.ci)
