"""Recording rules: the figures of the service computed by Prometheus from its counters.

Service level by every named formula (`callcenter.lifecycle.measures.FORMULAS`), by tier, over windows and over all that
was counted. A tier is judged by the first segments of its contacts, as in the journal and in every report; a queue by
all that came to it. `increase` extrapolates to the edges of its window: good for a wall and for alerts, off by a point
or two; the journal's figures are exact, and so are the `ratio_total` ones once no call waits.
"""

from collections.abc import Callable
from typing import Final

from callcenter.metrics.budget import LATE, burn_rules, today_rules
from callcenter.metrics.rules import Groups, Rule

WINDOWS: Final = ("5m", "30m", "1h", "1d")
OUTCOMES: Final = "tier_outcome_within:callcenter_contacts_sl_outcomes"
OFFERED: Final = "tier:callcenter_contacts_offered"
_ANSWERED_IN: Final = '{outcome="answered",within="true"}'
_SHARES: Final = {
    "sl_all": (_ANSWERED_IN, None),
    "sl_answered": (_ANSWERED_IN, '{outcome="answered"}'),
    "sl_offered": (_ANSWERED_IN, '{outcome=~"answered|abandoned|abandoned_short"}'),
    "sl_forgiving": (
        '{outcome=~"answered|abandoned|abandoned_short",within="true"}',
        '{outcome=~"answered|abandoned|abandoned_short"}',
    ),
    "sl_net": (_ANSWERED_IN, '{outcome=~"answered|abandoned"}'),
    "sl_net_overflow": (_ANSWERED_IN, '{outcome=~"answered|abandoned|overflowed"}'),
}
"""Formula → which outcomes count above and below the line (None: all offered)."""
OCCUPIED: Final = '{activity=~"ring|talk|dial|wrap_up"}'


def recording_rules() -> Groups:
    """Return every recording rule; none depends on a centre.

    A rule may ask for one that stands before it, never for one that does so itself: two passes make a past day.
    """
    return {
        "callcenter_service_level": [rule for window in (*WINDOWS, None) for rule in service_level(window)],
        "callcenter_burn": burn_rules(),
        "callcenter_today": today_rules(),
        "callcenter_floor": [rule for window in WINDOWS for rule in _floor(window)],
    }


def service_level(window: str | None) -> list[Rule]:
    """Return the rules of one window (None: of all that was counted)."""
    of = (lambda series: f"increase({series}[{window}])") if window else (lambda series: series)
    mark = f"increase{window}" if window else "total"
    ratio = f"ratio{window}" if window else "ratio_total"
    offered, outcomes = f"{OFFERED}:{mark}", f"{OUTCOMES}:{mark}"
    lost = f'sum by (tier) ({outcomes}{{outcome=~"abandoned|abandoned_short"}})'
    converted = f'sum by (tier) ({outcomes}{{outcome="converted"}})'
    of_queues = _level(
        "sl_net", "queue, tier", lambda which: of(f"callcenter_sl_outcomes_total{which}"),
        late="sum by (queue, tier) (callcenter_queue_late_calls)",
    )  # fmt: skip
    return [
        Rule(offered, f"sum by (tier) ({of('callcenter_contacts_offered_total')})"),
        Rule(outcomes, f"sum by (tier, outcome, within) ({of('callcenter_contacts_sl_outcomes_total')})"),
        *(
            Rule(
                f"tier:callcenter_{formula}:{ratio}",
                _level(formula, "tier", lambda which: outcomes + which, late=LATE, offered=offered),
            )
            for formula in _SHARES
        ),
        Rule(f"tier:callcenter_abandonment:{ratio}", f"{lost} / ({offered} > 0)"),
        Rule(f"tier:callcenter_converted:{ratio}", f"{converted} / ({offered} > 0)"),
        Rule(f"queue_tier:callcenter_sl_net:{ratio}", of_queues),
    ]


def _level(formula: str, by: str, outcomes: Callable[[str], str], *, late: str, offered: str = "") -> str:
    above, below = _SHARES[formula]
    bottom = offered if below is None else f"sum by ({by}) ({outcomes(below)})"
    if below is not None and formula != "sl_answered":
        bottom = f"({bottom} + {late})"
    return f"sum by ({by}) ({outcomes(above)}) / ({bottom} > 0)"


def _floor(window: str) -> list[Rule]:
    """Return what agents, promises and forecasts come to."""

    def time(which: str) -> str:
        return f"sum by (group) (increase(callcenter_agent_seconds_total{which}[{window}]))"

    def share(series: str, which: str, by: str) -> str:
        return (
            f"sum by ({by}) (increase({series}{which}[{window}])) / (sum by ({by}) (increase({series}[{window}])) > 0)"
        )

    ready = time('{activity="logged_in"}') + " - " + time('{activity="not_ready"}')
    decided = '{promise=~"kept|missed"}'
    kept, promised = (
        f"sum by (kind) (increase(callcenter_task_promises_total{which}[{window}]))"
        for which in ('{promise="kept"}', decided)
    )
    spent = f"increase(callcenter_tier_agent_seconds_total[{window}])"
    return [
        Rule(f"group:callcenter_occupancy:ratio{window}", f"{time(OCCUPIED)} / (({ready}) > 0)"),
        Rule(
            f"group_activity:callcenter_occupancy:ratio{window}",
            f"sum by (group, activity) (increase(callcenter_agent_seconds_total{OCCUPIED}[{window}]))\n"
            f"/ on (group) group_left () (({ready}) > 0)",
        ),
        Rule(f"kind:callcenter_promise_kept:ratio{window}", f"{kept} / ({promised} > 0)"),
        Rule(
            f"queue:callcenter_ewt_coverage:ratio{window}",
            share("callcenter_ewt_predictions_total", '{result=~"p50|p90"}', "queue"),
        ),
        Rule(
            f"tier:callcenter_agent_time:share{window}",
            f"sum by (tier) ({spent}) / on () group_left () (sum ({spent}) > 0)",
        ),
        Rule(
            f"queue:callcenter_offers_missed:ratio{window}",
            share("callcenter_offers_total", '{end=~"no_answer|rejected"}', "queue"),
        ),
    ]
