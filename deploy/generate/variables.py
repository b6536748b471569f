"""What whoever looks at a dashboard may choose: queues, tiers, groups; all of them unless chosen."""

import re
from typing import Final

from callcenter.metrics.catalogue import CATALOGUE

CHOSEN: Final = {
    "queue": "callcenter_queue_open",
    "tier": "callcenter_contacts_today",
    "group": "callcenter_agents",
}
"""Label that can be chosen → the series that has all its values."""
_LABELS: Final = {name: series.labels for series in CATALOGUE for name in series.samples}
SELECTOR: Final = re.compile(r"(?<![\w:])((?:[a-z_]+:)?callcenter_\w+(?::\w+)?)(?:\{([^}]*)\})?")
"""A series of ours in a question: its name, and what it is asked by."""
EVERY: Final = ".*"


def with_choices(expr: str) -> str:
    """Return a question narrowed to what is chosen, wherever a series has such a label.

    >>> with_choices('sum by (tier) (increase(callcenter_calls_offered_total{tier="vip"}[5m]))')
    'sum by (tier) (increase(callcenter_calls_offered_total{tier="vip",queue=~"$queue",tier=~"$tier"}[5m]))'
    >>> with_choices("group:callcenter_occupancy:ratio30m / callcenter_journal_backlog")
    'group:callcenter_occupancy:ratio30m{group=~"$group"} / callcenter_journal_backlog'
    """

    def narrowed(found: re.Match[str]) -> str:
        name, matchers = found.groups()
        asked = [matchers] if matchers else []
        asked += [f'{label}=~"${label}"' for label in CHOSEN if label in labels_of(name)]
        return f"{name}{{{','.join(asked)}}}" if asked else name

    return SELECTOR.sub(narrowed, expr)


def choices_in(expr: str) -> set[str]:
    """Return what of a narrowed question can be chosen."""
    return {label for label in CHOSEN if f"${label}" in expr}


def with_all(expr: str) -> str:
    """Return a narrowed question as Grafana asks it while nothing is chosen."""
    for label in CHOSEN:
        expr = expr.replace(f"${label}", EVERY)
    return expr


def labels_of(name: str) -> tuple[str, ...]:
    """Return the labels of a series of the service, or of a recorded one, which says them first."""
    level, colon, _ = name.partition(":")
    return tuple(level.split("_")) if colon else _LABELS.get(name, ())
