"""Alerts: what of a centre's figures someone must be told of, with thresholds from the centre's own targets.

Service level by multi-window, multi-burn-rate (B. Beyer and others, "The Site Reliability Workbook", ch. 5), scaled to
targets of a call centre: burn is the miss ratio over the budget (1 - target), so with 90/20 it can never pass 10 and
the textbook's 14.4 never fires. The budget is that of a business day of ten hours; a page spends a quarter of it.
"""

from json import dumps
from typing import Final

from callcenter.centre import Centre
from callcenter.metrics.recording import Groups, Rule
from callcenter.tiers import Target
from callcenter.units import SECOND

RUNBOOKS: Final = "docs/runbooks"
PAGE, TICKET = "page", "ticket"
FEWEST: Final = 20
"""Calls in the long window below which one unlucky caller would ring an alarm."""
LONGEST_S: Final = 900
"""A wait that no band may see, where no rule of the centre ends it sooner."""


def alert_rules(centre: Centre) -> Groups:
    """Return the alerts of this centre."""
    return {
        "callcenter_burn_alerts": _burns(centre),
        "callcenter_floor_alerts": _floor(centre),
        "callcenter_engine_alerts": ENGINE,
    }


def burn(target: Target) -> tuple[float, float]:
    """Return the burn rates of a page (30 m and 5 m) and of a ticket (2 h and 15 m).

    >>> from callcenter.units import Millis
    >>> [burn(Target(share, Millis(20_000))) for share in (0.9, 0.85, 0.8)]
    [(5.0, 2.0), (4.0, 1.75), (3.0, 1.5)]
    """
    budget = 1 - target.share
    if budget >= 0.2:
        return round(0.6 / budget, 3), round(0.3 / budget, 3)  # service level below 40 %, 70 %
    slope = max(0.0, budget - 0.1) / 0.1
    return round(5 - 2 * slope, 3), round(2 - 0.5 * slope, 3)


def _alert(name: str, expr: str, lasts: str, severity: str, summary: str, **labels: str) -> Rule:
    notes = {"summary": summary, "runbook_url": f"{RUNBOOKS}/{name}.md"}
    return Rule(name, expr, True, lasts, {"severity": severity, **labels}, notes)


def _burns(centre: Centre) -> list[Rule]:
    rules = []
    for tier in centre.tiers:
        if tier.target is None:
            continue
        page, ticket = burn(tier.target)
        promise = f"{tier.target.share * 100:g}/{tier.target.within / SECOND:g}"
        for name, rate, long, short, lasts, severity in (
            ("ServiceLevelBurnsFast", page, "30m", "5m", "30s", PAGE),
            ("ServiceLevelBurns", ticket, "2h", "15m", "5m", TICKET),
        ):
            of, most = f"{{tier={dumps(tier.name)}}}", f"{rate * (1 - tier.target.share):.4g}"
            expr = (
                f"tier:callcenter_sl_miss:ratio{long}{of} > {most}\n"
                f"and tier:callcenter_sl_miss:ratio{short}{of} > {most}\n"
                f"and tier:callcenter_sl_judged:increase{long}{of} >= {FEWEST}"
            )
            summary = (
                f"Tier {{{{ $labels.tier }}}} ({promise}) misses {{{{ $value | humanizePercentage }}}} of its "
                f"contacts over {long}: its day's budget goes more than {rate:g} times too fast"
            )
            rules.append(_alert(name, expr, lasts, severity, summary, tier=tier.name))
    return rules


def _floor(centre: Centre) -> list[Rule]:
    rules = []
    for tier in centre.tiers:
        if tier.target is not None:
            most = max(60.0, 6 * tier.target.within / SECOND)
            of = f"{{tier={dumps(tier.name)}}}"
            rules.append(
                _alert(
                    "CallWaitsTooLong", f"max by (queue, tier) (callcenter_queue_oldest_wait_seconds{of}) > {most:g}",
                    "1m", TICKET,
                    "A {{ $labels.tier }} call waits {{ $value | humanizeDuration }} in {{ $labels.queue }}",
                    tier=tier.name,
                )
            )  # fmt: skip
    for band in sorted({tier.band for tier in centre.tiers})[1:]:
        limit = starves_after(centre, band)
        rules.append(
            _alert(
                "BandStarves", f'callcenter_starvation_seconds{{band="{band}"}} > {limit:g}', "2m", TICKET,
                f"Band {band} starves: a call of it waits {{{{ $value | humanizeDuration }}}} behind better bands",
                band=str(band),
            )
        )  # fmt: skip
    longest = max(
        [queue.offer_timeout for queue in centre.queues] + [group.offer_timeout or 0 for group in centre.groups]
    )
    return [
        *rules,
        _alert(
            "NobodyServesAQueue", "callcenter_queue_open == 1 and on (queue) callcenter_queue_agents == 0", "2m", PAGE,
            "Queue {{ $labels.queue }} is open and no agent who could take its calls is logged in",
        ),
        _alert(
            "OfferIsStuck", f"callcenter_oldest_offer_seconds > {longest / SECOND + 15:g}", "30s", TICKET,
            "An offer has rung for {{ $value | humanizeDuration }}: longer than any offer may",
        ),
        _alert(
            "CallbacksNearTheirPromise", "sum by (kind) (callcenter_tasks_near_promise) > 0", "10m", TICKET,
            "Callbacks of kind {{ $labels.kind }} that must be made within the hour: {{ $value }}",
        ),
        _alert(
            "PromisesMissed", 'sum by (kind) (increase(callcenter_task_promises_total{promise="missed"}[1h])) >= 1',
            "0m", TICKET, "Promises of kind {{ $labels.kind }} missed within the hour: {{ $value | humanize }}",
        ),
        _alert(
            "BlacklistReviewOverdue", "callcenter_blacklist_reviews_overdue > 0", "5m", TICKET,
            "Blacklist entries past their review that the service has not lifted: {{ $value }}",
        ),
        _alert(
            "ComplaintsOverdue", "sum by (grade) (callcenter_complaints_overdue) > 0", "10m", TICKET,
            "Complaints of grade {{ $labels.grade }} past a limit: {{ $value }}",
        ),
        _alert(
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


ENGINE: Final = [
    _alert(
        "ServiceDown", 'up{job="callcenter"} == 0 or absent(up{job="callcenter"})', "30s", PAGE,
        "callcenter cannot be scraped: it is down, hangs, or its key for /metrics has ended",
    ),
    _alert(
        "DispatcherDoesNotTick",
        "timestamp(callcenter_last_tick_timestamp_seconds) - callcenter_last_tick_timestamp_seconds > 5",
        "15s", PAGE, "The engine was told the time {{ $value | humanizeDuration }} ago: nothing due is carried out",
    ),
    _alert(
        "JournalFails",
        'callcenter_problems{part="journal"} > 0\nor increase(callcenter_journal_recoveries_total[10m]) > 0',
        "0m", PAGE, "The journal cannot be written, or was a moment ago rebuilt: calls get decision=fallback meanwhile",
    ),
    _alert(
        "BoardIsDeaf", 'callcenter_problems{part=~"board|dispatcher"} > 0', "30s", PAGE,
        "The {{ $labels.part }} of the service is not ready",
    ),
    _alert(
        "BoardIsDeaf", "increase(callcenter_board_faults_total[10m]) > 0", "0m", TICKET,
        "What listens to the events fell over some: figures may lack them",
    ),
    _alert(
        "JournalIsSlow",
        "histogram_quantile(0.99, sum by (le) (rate(callcenter_journal_commit_seconds_bucket[5m]))) > 0.25",
        "5m", TICKET, "One in a hundred commits of the journal takes {{ $value | humanizeDuration }} or longer",
        what="commits",
    ),
    _alert(
        "JournalIsSlow", "callcenter_journal_backlog > 1000",
        "5m", TICKET, "Entries of the journal that wait for the disk: {{ $value | humanize }}", what="backlog",
    ),
    _alert(
        "DecisionsAreSlow",
        "histogram_quantile(0.99, sum by (le) (rate(callcenter_decision_seconds_bucket[5m]))) > 0.5",
        "5m", TICKET, "One in a hundred posted calls waits {{ $value | humanizeDuration }} for its decision",
    ),
    _alert(
        "RequestsFail",
        'sum(rate(callcenter_http_requests_total{status=~"5.."}[5m])) / '
        "(sum(rate(callcenter_http_requests_total[5m])) > 0) > 0.01",
        "5m", PAGE, "{{ $value | humanizePercentage }} of all requests fail with a fault of the service",
    ),
]  # fmt: skip
