"""The rule files of a centre: name → text."""

from typing import Final

from callcenter.centre import Centre
from callcenter.metrics.alerts import RUNBOOKS, alert_rules
from callcenter.metrics.recording import recording_rules
from callcenter.metrics.rules import yaml

RECORDING: Final = "recording.yml"
ALERTS: Final = "alerts.yml"


def rule_files(centre: Centre, runbooks: str = RUNBOOKS) -> dict[str, str]:
    """Return the recording rules and the alerts of a centre, as Prometheus reads them.

    Args:
        centre: Its rules and, by the figures of the service, its targets are what is watched.
        runbooks: The folder or address of the alerts' pages: what `runbook_url` begins with.
    """
    return {
        RECORDING: yaml(recording_rules(), "Generated (callcenter rules): figures from the service's counters."),
        ALERTS: yaml(
            alert_rules(centre, runbooks),
            f"Generated (callcenter rules) for the centre {centre.name!r}; targets are those that the service tells.\n"
            "Each alert has a page in docs/runbooks/ that says what it means and what to do.",
        ),
    }
