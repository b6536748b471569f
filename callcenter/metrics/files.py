"""The rule files of a centre: name → text."""

from typing import Final

from callcenter.centre import Centre
from callcenter.metrics.alerts import alert_rules
from callcenter.metrics.recording import recording_rules, yaml

RECORDING: Final = "recording.yml"
ALERTS: Final = "alerts.yml"


def rule_files(centre: Centre) -> dict[str, str]:
    """Return the recording rules and the alerts of a centre, as Prometheus reads them."""
    return {
        RECORDING: yaml(recording_rules(), "Generated (callcenter rules): figures from the service's counters."),
        ALERTS: yaml(
            alert_rules(centre),
            f"Generated (callcenter rules) from the targets of the centre {centre.name!r}.\n"
            "Each alert has a page in docs/runbooks/ that says what it means and what to do.",
        ),
    }
