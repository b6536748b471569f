"""Alerts: what of a centre's figures someone must be told of, with limits from the centre's own targets and rules."""

from dataclasses import replace
from typing import Final

from callcenter.centre import Centre
from callcenter.metrics.budget import burn_alerts
from callcenter.metrics.rules import PAGE, TICKET, Groups, Rule, alert
from callcenter.metrics.service_alerts import ENGINE, WATCHERS
from callcenter.units import SECOND

RUNBOOKS: Final = "docs/runbooks"
"""Where the alerts' pages are, from the root of the repository; a receiver wants an address of its own for them."""
LONGEST_S: Final = 900
"""A wait that no band may see, where no rule of the centre ends it sooner."""


def alert_rules(centre: Centre, runbooks: str = RUNBOOKS) -> Groups:
    """Return the alerts of this centre; `runbooks` is the folder or address at which their pages are found."""
    groups = {
        "callcenter_burn_alerts": burn_alerts(),
        "callcenter_floor_alerts": _floor(centre),
        "callcenter_engine_alerts": ENGINE,
        "callcenter_watch_alerts": WATCHERS,
    }
    return {name: [_with_page(rule, runbooks) for rule in rules] for name, rules in groups.items()}


def _with_page(rule: Rule, runbooks: str) -> Rule:
    page = f"{runbooks.rstrip('/')}/{rule.name}.md"
    return replace(rule, annotations={**rule.annotations, "runbook_url": page})


def _floor(centre: Centre) -> list[Rule]:
    rules = []
    for band in sorted({tier.band for tier in centre.tiers})[1:]:
        limit = starves_after(centre, band)
        rules.append(
            alert(
                "BandStarves", f'callcenter_starvation_seconds{{band="{band}"}} > {limit:g}', "2m", TICKET,
                f"Band {band} starves: a call of it waits {{{{ $value | humanizeDuration }}}} behind better bands",
                band=str(band),
            )
        )  # fmt: skip
    longest = max(
        [queue.offer_timeout for queue in centre.queues] + [group.offer_timeout or 0 for group in centre.groups]
    )
    return [
        alert(
            "CallWaitsTooLong",
            "max by (queue, tier) (callcenter_queue_oldest_wait_seconds)\n"
            "> on (tier) group_left () clamp_min(6 * max by (tier) (callcenter_sl_target_seconds), 60)",
            "1m", TICKET, "A {{ $labels.tier }} call waits {{ $value | humanizeDuration }} in {{ $labels.queue }}",
            stays="5m",
        ),
        *rules,
        alert(
            "NobodyServesAQueue", "callcenter_queue_open == 1 and on (queue) callcenter_queue_agents == 0", "2m", PAGE,
            "Queue {{ $labels.queue }} is open and no agent who could take its calls is logged in",
        ),
        alert(
            "OfferIsStuck", f"callcenter_oldest_offer_seconds > {longest / SECOND + 15:g}", "30s", TICKET,
            "An offer has rung for {{ $value | humanizeDuration }}: longer than any offer may",
        ),
        alert(
            "CallbacksNearTheirPromise", "sum by (kind) (callcenter_tasks_near_promise) > 0", "10m", TICKET,
            "Callbacks of kind {{ $labels.kind }} that must be made within the hour: {{ $value }}",
        ),
        alert(
            "PromisesMissed", 'sum by (kind) (increase(callcenter_task_promises_total{promise="missed"}[1h])) >= 1',
            "0m", TICKET, "Promises of kind {{ $labels.kind }} missed within the hour: {{ $value | humanize }}",
        ),
        alert(
            "BlacklistReviewOverdue", "callcenter_blacklist_reviews_overdue > 0", "5m", TICKET,
            "Blacklist entries past their review that the service has not lifted: {{ $value }}",
        ),
        alert(
            "ComplaintsOverdue", "sum by (grade) (callcenter_complaints_overdue) > 0", "10m", TICKET,
            "Complaints of grade {{ $labels.grade }} past a limit: {{ $value }}",
        ),
        alert(
            "ExpectedWaitDrifts",
            "queue:callcenter_ewt_coverage:ratio1h < 0.8\n"
            "and sum by (queue) (increase(callcenter_ewt_predictions_total[1h])) >= 50",
            "15m", TICKET,
            "Only {{ $value | humanizePercentage }} of the 90 % waits told in {{ $labels.queue }} came true",
        ),
    ]  # fmt: skip


def starves_after(centre: Centre, band: int) -> float:
    """Return after how many seconds a band is said to starve: near the end that its rules give it, else 15 x T."""
    tiers = [tier for tier in centre.tiers if tier.band == band]
    ends = [tier.max_wait / SECOND * 0.8 for tier in tiers if tier.max_wait is not None]
    promised = [tier.target.within / SECOND * 15 for tier in tiers if tier.target is not None]
    return min([*ends, *promised, LONGEST_S])
