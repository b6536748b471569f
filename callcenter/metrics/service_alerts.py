"""Alerts on the service itself, and on those that watch it: none depends on a centre."""

from typing import Final

from callcenter.metrics.rules import PAGE, TICKET, Rule, alert

ENGINE: Final[list[Rule]] = [
    alert(
        "ServiceDown", 'up{job="callcenter"} == 0 or absent(up{job="callcenter"})', "30s", PAGE,
        "callcenter cannot be scraped: it is down, hangs, or its key for /metrics has ended",
    ),
    alert(
        "DispatcherDoesNotTick",
        "timestamp(callcenter_last_tick_timestamp_seconds) - callcenter_last_tick_timestamp_seconds > 5",
        "15s", PAGE, "The engine was told the time {{ $value | humanizeDuration }} ago: nothing due is carried out",
    ),
    alert(
        "JournalFails",
        'callcenter_problems{part="journal"} > 0\nor increase(callcenter_journal_recoveries_total[10m]) > 0',
        "0m", PAGE, "The journal cannot be written, or was a moment ago rebuilt: calls get decision=fallback meanwhile",
        stays="5m",
    ),
    alert(
        "BoardIsDeaf", 'callcenter_problems{part=~"board|dispatcher"} > 0', "30s", PAGE,
        "The {{ $labels.part }} of the service is not ready", stays="5m",
    ),
    alert(
        "BoardIsDeaf", "increase(callcenter_board_faults_total[10m]) > 0", "0m", TICKET,
        "What listens to the events failed on some: figures may lack them",
    ),
    alert(
        "JournalIsSlow",
        "histogram_quantile(0.99, sum by (le) (rate(callcenter_journal_commit_seconds_bucket[5m]))) > 0.25",
        "5m", TICKET, "One in a hundred commits of the journal takes {{ $value | humanizeDuration }} or longer",
        stays="10m", what="commits",
    ),
    alert(
        "JournalIsSlow", "callcenter_journal_backlog > 1000",
        "5m", TICKET, "Entries of the journal that wait for the disk: {{ $value | humanize }}",
        stays="10m", what="backlog",
    ),
    alert(
        "DecisionsAreSlow",
        "histogram_quantile(0.99, sum by (le) (rate(callcenter_decision_seconds_bucket[5m]))) > 0.5",
        "5m", TICKET, "One in a hundred posted calls waits {{ $value | humanizeDuration }} for its decision",
        stays="10m",
    ),
    alert(
        "RequestsFail",
        'sum(rate(callcenter_http_requests_total{status=~"5.."}[5m])) / '
        "(sum(rate(callcenter_http_requests_total[5m])) > 0) > 0.01",
        "5m", PAGE, "{{ $value | humanizePercentage }} of all requests fail with a fault of the service", stays="5m",
    ),
]  # fmt: skip
WATCHED: Final = 'job=~"prometheus|alertmanager"'
NEVER: Final = "none"
"""The severity of the dead man's switch: nobody reads it, somebody misses it."""

WATCHERS: Final[list[Rule]] = [
    alert(
        "DeadMansSwitch", "vector(1)", "0m", NEVER,
        "All is well with the alerts themselves: this one always fires, and whoever does not hear it must ask why",
    ),
    alert(
        "WatcherDown", f"up{{{WATCHED}}} == 0", "1m", PAGE,
        "{{ $labels.job }} cannot be scraped: alerts may not be raised, or not be sent",
    ),
    alert(
        "RulesFail", "increase(prometheus_rule_evaluation_failures_total[10m]) > 0", "5m", TICKET,
        "Rules of {{ $labels.rule_group }} cannot be evaluated: their alerts are silent", stays="10m",
    ),
    alert(
        "ConfigurationRefused",
        "prometheus_config_last_reload_successful == 0\nor alertmanager_config_last_reload_successful == 0",
        "1m", TICKET, "{{ $labels.job }} runs by an old configuration: it could not read the new one",
    ),
    alert(
        "AlertsAreNotDelivered",
        "sum by (job) (increase(prometheus_notifications_errors_total[10m])) > 0\n"
        "or sum by (job) (increase(prometheus_notifications_dropped_total[10m])) > 0\n"
        "or sum by (job, integration) (increase(alertmanager_notifications_failed_total[10m])) > 0",
        "2m", PAGE, "{{ $labels.job }} cannot hand on alerts: whom they should wake does not hear them", stays="10m",
    ),
]  # fmt: skip
