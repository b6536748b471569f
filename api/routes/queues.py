"""Queues and tiers: what waits where, and what was promised to whom."""

from typing import Any

from pydantic import BaseModel

from api.errors import NotFound
from api.http.endpoint import Plain, Reply, operation, router
from api.services import Ask
from api.state.views import instant
from callcenter.centre import Queue

routes = router("queues")
SCOPES = ("supervisor", "telephony", "agent")


class QueueOut(BaseModel):
    """A queue as it stands."""

    queue: str
    open: bool
    policy: str
    waiting: int
    oldest_wait_s: float | None
    tiers: list[dict[str, Any]]


class QueuesOut(BaseModel):
    """Every queue, and who is there."""

    at: str
    queues: list[QueueOut]
    agents: list[dict[str, Any]]
    live_offers: int


class TiersOut(BaseModel):
    """Customer classes, the first band first."""

    tiers: list[dict[str, Any]]


EXAMPLE: Plain = {
    "queue": "hotline", "open": True, "policy": "fifo", "waiting": 3, "oldest_wait_s": 12.5,
    "tiers": [{"tier": "vip", "waiting": 1, "oldest_wait_s": 12.5}],
}  # fmt: skip


def queue_out(queue: Queue, view: Any, now: int) -> Plain:
    """Return a queue as it stands."""
    rows = [row for row in view.queues if row.queue == queue.name]
    oldest = min((row.oldest for row in rows if row.oldest is not None), default=None)
    return {
        "queue": queue.name,
        "open": queue.name in view.open_queues,
        "policy": str(queue.policy),
        "waiting": sum(row.waiting for row in rows),
        "oldest_wait_s": None if oldest is None else max(0, now - oldest) / 1000,
        "tiers": [
            {
                "tier": row.tier,
                "waiting": row.waiting,
                "oldest_wait_s": None if row.oldest is None else max(0, now - row.oldest) / 1000,
            }
            for row in rows
        ],
    }


@operation(
    routes, "GET", "/queues", scopes=SCOPES, answer=QueuesOut,
    says={"at": "2026-03-02T09:00:00.000Z", "queues": [EXAMPLE], "live_offers": 1,
          "agents": [{"group": "desk", "state": "busy", "agents": 7}]},
)  # fmt: skip
async def list_queues(ask: Ask) -> Reply:
    """Tell what waits in every queue, by tier, and how many agents do what."""
    engine = ask.services.live.engine
    view = engine.view()
    return Reply(
        {
            "at": instant(ask.now),
            "queues": [queue_out(queue, view, ask.now) for queue in engine.centre.queues],
            "agents": [{"group": group, "state": state, "agents": n} for group, state, n in view.agents],
            "live_offers": view.live_offers,
        }
    )


@operation(routes, "GET", "/queues/{queue}", scopes=SCOPES, answer=QueueOut, fails=(404,), says=EXAMPLE)
async def get_queue(ask: Ask) -> Reply:
    """Tell what waits in one queue."""
    name = ask.path("queue")
    engine = ask.services.live.engine
    for queue in engine.centre.queues:
        if queue.name == name:
            return Reply(queue_out(queue, engine.view(), ask.now))
    raise NotFound("there is no queue {name!r}", name=name)


@operation(
    routes, "GET", "/tiers", scopes=SCOPES, answer=TiersOut,
    says={"tiers": [{"tier": "vip", "band": 0, "target": {"share": 0.9, "within_s": 20.0}, "callback": False,
                     "default": False}]},
)  # fmt: skip
async def list_tiers(ask: Ask) -> Reply:
    """Tell the tiers with their bands and targets."""
    centre = ask.services.live.engine.centre
    return Reply(
        {
            "tiers": [
                {
                    "tier": tier.name,
                    "band": tier.band,
                    "target": None
                    if tier.target is None
                    else {"share": tier.target.share, "within_s": tier.target.within / 1000},
                    "callback": tier.callback,
                    "default": tier.name == centre.default_tier,
                }
                for tier in sorted(centre.tiers, key=lambda tier: tier.band)
            ]
        }
    )
