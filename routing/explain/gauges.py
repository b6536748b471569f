"""The engine's picture as the gauges of the catalogue, for a live service and a simulated day."""

from collections.abc import Iterator

from callcenter.agents import InHand, Phone, Presence
from callcenter.centre import Centre
from callcenter.metrics import catalogue as names
from callcenter.metrics.catalogue import Series
from callcenter.metrics.numbers import Labels, Samples
from callcenter.units import SECOND
from routing.explain.picture import View

AGENT_STATES = tuple(
    str(state)
    for state in (
        Presence.AVAILABLE, *InHand, Presence.NOT_READY, Presence.NOT_RESPONDING,
        Phone.BUSY_ELSEWHERE, Phone.UNREACHABLE,
    )
)  # fmt: skip
"""All that a wallboard shows of an agent who is logged in."""


def gauges(view: View, centre: Centre, now: int) -> Iterator[tuple[Series, Samples]]:
    """Yield the gauges of the floor at `now`."""
    bands = {tier.name: tier.band for tier in centre.tiers}
    waiting: dict[Labels, float] = {}
    oldest: dict[Labels, float] = {}
    starving: dict[Labels, float] = {(str(band),): 0.0 for band in sorted(set(bands.values()))}
    for row in view.queues:
        wait = 0.0 if row.oldest is None else max(0, now - row.oldest) / SECOND
        waiting[row.queue, row.tier] = row.waiting
        oldest[row.queue, row.tier] = wait
        band = (str(bands.get(row.tier, 0)),)
        starving[band] = max(starving.get(band, 0.0), wait)
    agents: dict[Labels, float] = {(group.name, state): 0 for group in centre.groups for state in AGENT_STATES}
    agents.update({(group, state): n for group, state, n in view.agents})
    yield names.WAITING, waiting
    yield names.OLDEST, oldest
    yield names.STARVATION, starving
    yield names.AGENTS, agents
    yield names.QUEUE_OPEN, {(queue.name,): queue.name in view.open_queues for queue in centre.queues}
    yield names.QUEUE_AGENTS, {(queue,): n for queue, n in view.staff}
    targets = [(tier.name, tier.target) for tier in centre.tiers if tier.target is not None]
    yield names.TARGET_SHARE, {(name,): target.share for name, target in targets}
    yield names.TARGET_SECONDS, {(name,): target.within / SECOND for name, target in targets}
