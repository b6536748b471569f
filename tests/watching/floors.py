"""Made-up floors as input series for `promtool test rules`: one value a minute, everything in order unless said."""

from collections.abc import Mapping
from typing import Any

TIERS = ("vip", "mid", "standard", "blacklisted")
TARGETS = {"vip": 0.9, "mid": 0.85, "standard": 0.85}
Series = dict[str, str]


def flat(value: float, minutes: int) -> str:
    return f"{value}x{minutes}"


def stretches(*parts: tuple[int, float], start: float = 0.0) -> str:
    """Return a counter that grows by so much a minute for so many minutes, stretch after stretch."""
    words, value = [], start
    for minutes, step in parts:
        words.append(f"{value:g}+{step:g}x{minutes - 1}")
        value += step * minutes
    return " ".join(words)


def in_order(minutes: int) -> Series:
    """Return a service at work in which nothing is the matter."""
    series: Series = {
        'up{job="callcenter"}': flat(1, minutes),
        "callcenter_last_tick_timestamp_seconds": f"0+60x{minutes}",
        "callcenter_journal_recoveries_total": flat(0, minutes),
        "callcenter_journal_backlog": flat(3, minutes),
        "callcenter_board_faults_total": flat(0, minutes),
        "callcenter_oldest_offer_seconds": flat(4, minutes),
        'callcenter_queue_open{queue="hotline"}': flat(1, minutes),
        'callcenter_queue_agents{queue="hotline"}': flat(7, minutes),
        'callcenter_http_requests_total{route="/v1/calls",status="201"}': f"0+600x{minutes}",
        'callcenter_http_requests_total{route="/v1/calls",status="503"}': f"0+1x{minutes}",
        'callcenter_tasks_near_promise{kind="deferred"}': flat(0, minutes),
        'callcenter_task_promises_total{kind="deferred",promise="missed"}': flat(2, minutes),
        "callcenter_blacklist_reviews_overdue": flat(0, minutes),
        'callcenter_complaints_overdue{grade="urgent"}': flat(0, minutes),
    }
    for watcher in ("prometheus", "alertmanager"):
        series[f'up{{job="{watcher}"}}'] = flat(1, minutes)
        series[f'{watcher}_config_last_reload_successful{{job="{watcher}"}}'] = flat(1, minutes)
    series['prometheus_rule_evaluation_failures_total{job="prometheus",rule_group="burn"}'] = flat(2, minutes)
    for what in ("errors", "dropped"):
        series[f'prometheus_notifications_{what}_total{{job="prometheus"}}'] = flat(1, minutes)
    failed = 'alertmanager_notifications_failed_total{job="alertmanager",integration="webhook"}'
    series[failed] = flat(3, minutes)
    for part in ("journal", "dispatcher", "board"):
        series[f'callcenter_problems{{part="{part}"}}'] = flat(0, minutes)
    for name in ("journal_commit", "decision"):
        for le, step in (("0.01", 500), ("0.25", 600), ("0.5", 600), ("1.0", 600), ("+Inf", 600)):
            series[f'callcenter_{name}_seconds_bucket{{le="{le}"}}'] = f"0+{step}x{minutes}"
    for band in ("0", "1", "9"):
        series[f'callcenter_starvation_seconds{{band="{band}"}}'] = flat(10, minutes)
    for result, step in (("p50", 5), ("p90", 4), ("later", 1)):
        series[f'callcenter_ewt_predictions_total{{queue="hotline",result="{result}"}}'] = f"0+{step}x{minutes}"
    for tier in TIERS:
        series |= calls(tier, (minutes, 9.5, 0.5))
        series[f'callcenter_queue_oldest_wait_seconds{{queue="hotline",tier="{tier}"}}'] = flat(10, minutes)
    for tier, share in TARGETS.items():
        series |= target(tier, share, minutes)
    return series


def target(tier: str, share: float, minutes: int) -> Series:
    """Return what a tier is promised: so large a share within 20 s."""
    at = f'tier="{tier}"'
    return {
        f"callcenter_sl_target_ratio{{{at}}}": flat(share, minutes),
        f"callcenter_sl_target_seconds{{{at}}}": flat(20, minutes),
    }


def calls(tier: str, *parts: tuple[int, float, float]) -> Series:
    """Return the counters of a tier: for so many minutes, so many calls met and missed a minute."""
    at = f'tier="{tier}"'
    met = stretches(*((minutes, good) for minutes, good, _ in parts))
    missed = stretches(*((minutes, bad) for minutes, _, bad in parts))
    none = flat(0, sum(minutes for minutes, *_ in parts))
    return {
        f"callcenter_contacts_offered_total{{{at}}}": stretches(*((m, good + bad) for m, good, bad in parts)),
        f'callcenter_contacts_sl_outcomes_total{{{at},outcome="answered",within="true"}}': met,
        f'callcenter_contacts_sl_outcomes_total{{{at},outcome="answered",within="false"}}': missed,
        f'callcenter_contacts_sl_outcomes_total{{{at},outcome="abandoned",within="true"}}': none,
        f"callcenter_contacts_sl_breaches_total{{{at}}}": missed,
        f"callcenter_contacts_late{{{at}}}": none,
        f'callcenter_contacts_today{{{at},outcome="answered",within="true"}}': met,
        f'callcenter_contacts_today{{{at},outcome="answered",within="false"}}': missed,
    }


def story(name: str, series: Mapping[str, str], checks: list[tuple[int, dict[str, int]]]) -> dict[str, Any]:
    """Return one test of promtool: at so many minutes, how many alerts of each name fire, and no others."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": key, "values": values} for key, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing",alertname!="DeadMansSwitch"})',
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": n} for alert, n in firing.items()],
            }
            for minute, firing in checks
        ],
    }
