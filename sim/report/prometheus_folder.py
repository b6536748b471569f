"""What the folder of `simulate --prometheus` holds: a day as metrics, and all that a Prometheus needs to show it."""

from collections.abc import Iterable
from typing import Final

from callcenter.metrics.files import ALERTS, RECORDING, rule_files
from callcenter.scenario import Scenario
from sim.experiment.scrapes import WatchedDay

METRICS: Final = "metrics.openmetrics"
CONFIGURATION: Final = f"""# A Prometheus that scrapes nothing: the simulated day is in its blocks (docs/watching.md).
# {ALERTS} is left out: alerts are about now. Its expressions can be asked over the day.
global: {{evaluation_interval: 30s}}
rule_files: [{RECORDING}]
"""


def history(scenario: Scenario) -> dict[str, str | Iterable[str]]:
    """Live through the first replication and return file name → text."""
    day = WatchedDay(scenario).run()
    return {METRICS: day.written(), "prometheus.yml": CONFIGURATION, **rule_files(scenario.centre)}
