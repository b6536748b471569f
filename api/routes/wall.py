"""The wall: the present in one answer, and a stream that rings when it has changed."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from api.errors import Unauthorized
from api.http.endpoint import Plain, Reply, operation, router
from api.routes.agents import EXAMPLE as AGENT
from api.routes.callbacks import EXAMPLE as CALLBACK
from api.routes.streams import StreamOut
from api.services import Ask
from callcenter.language.spoken import in_language

routes = router("queues")
SCOPES = ("supervisor",)


class WallOut(BaseModel):
    """The present: what was promised and kept, who waits in which order, who is there, what breaks next."""

    at: str
    seq: int = Field(description="The last event that it knows.")
    formula: str = Field(description="Of the service levels.")
    totals: dict[str, Any]
    levels: list[dict[str, Any]] = Field(
        description="By queue and tier: `half_hour` of calls whose wait was over in the last 30 minutes, `day` of "
        "calls that came since midnight in the centre's zone; a call that waits past its threshold is a miss in both."
    )
    waiting: list[dict[str, Any]] = Field(description="In the order of their turns, 200 at most.")
    waiting_more: int = Field(description="Calls that wait behind them.")
    agents: list[dict[str, Any]]
    callbacks: list[dict[str, Any]] = Field(description="The promises that break next, 20 at most.")
    alerts: list[dict[str, Any]] = Field(
        description="By the service's own promises: service_level, waits_too_long, nobody_serves, promise_broken, "
        "promise_near (15 minutes), promise_hopeless, service."
    )


EXAMPLE: Plain = {
    "at": "2026-03-02T09:05:00.000Z", "seq": 812, "formula": "sl_net",
    "totals": {"waiting": 1, "oldest_wait_s": 12.5, "oldest_since": "2026-03-02T09:04:47.500Z", "agents": 1, "free": 0,
               "callbacks_open": 1, "callbacks_late": 0},
    "levels": [{
        "queue": "hotline", "tier": "vip", "band": 0, "target_share": 0.9, "target_within_s": 20.0,
        "half_hour": 0.93, "half_hour_calls": 15, "day": 0.91, "day_calls": 80, "abandoned_day": 2, "waiting": 1,
        "oldest_wait_s": 12.5, "oldest_since": "2026-03-02T09:04:47.500Z", "late": 0,
    }],
    "waiting": [{
        "id": "c3f2a9d1c0b4e8f7a6d5c", "kind": "call", "place": 0, "queue": "hotline", "tier": "vip", "band": 0,
        "since": "2026-03-02T09:04:47.500Z", "wait_s": 12.5, "held": False, "late": False, "ewt_p50_s": 8.0,
        "ewt_p90_s": 19.5, "source": "pbx-1", "external_call_id": "1718031.42",
    }],
    "waiting_more": 0, "agents": [AGENT], "callbacks": [CALLBACK],
    "alerts": [{"code": "service_level", "severity": "bad", "queue": "hotline", "tier": "vip", "share": 0.81,
                "target_share": 0.9}],
}  # fmt: skip


@operation(routes, "GET", "/wall", scopes=SCOPES, answer=WallOut, says=EXAMPLE)
async def get_wall(ask: Ask) -> Reply | Response:
    """Tell the present in one answer, made twice a second or so for all who ask; with If-None-Match 304 until then."""
    picture = await ask.services.wall.picture()
    tag = f'"{picture["seq"]}-{picture["at"]}-{ask.language}"'
    if ask.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    alerts = [
        one | {"detail": in_language(ask.language, one["detail"])} if "detail" in one else one
        for one in picture["alerts"]
    ]
    return Reply(picture | {"alerts": alerts}, headers={"ETag": tag})


@operation(routes, "GET", "/wall/stream", scopes=SCOPES, answer=StreamOut, kind="text/event-stream")
async def stream_wall(ask: Ask) -> Response:
    """Hear when the wall has changed, twice a second at most, and every three seconds that the service lives."""

    async def rings() -> AsyncIterator[bytes]:
        with suppress(Unauthorized), ask.services.access.while_in_force(ask.key):
            async for ring in ask.services.wall.rings():
                yield ring

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(rings(), media_type="text/event-stream", headers=headers)
