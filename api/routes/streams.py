"""The routes of the streams."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from api.auth.event_access import EventAccess
from api.auth.keys import check_agent
from api.errors import Unauthorized
from api.http.endpoint import Plain, operation, router, whole
from api.routes.agent_stream import own, sees_numbers
from api.services import Ask
from api.state.event_stream import everything, kinds_of

routes = router("events")


class StreamOut(BaseModel):
    """Server-sent events."""

    data: Any


QUERY: tuple[Plain, ...] = (
    {"name": "after", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
     "description": "The last seq you have (or the header Last-Event-ID); absent: from now on."},
    {"name": "types", "in": "query", "required": False, "schema": {"type": "string"},
     "description": "Only these, divided by commas: CallQueued,CallOffered."},
)  # fmt: skip


def _sse(ask: Ask, chunks: AsyncIterator[bytes]) -> Response:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_in_force(ask, chunks), media_type="text/event-stream", headers=headers)


async def _in_force(ask: Ask, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what a stream says for as long as the key of who listens is in force."""
    with suppress(Unauthorized), ask.services.access.while_in_force(ask.key):
        async for chunk in chunks:
            yield chunk


@operation(
    routes,
    "GET",
    "/stream",
    scopes=("supervisor", "telephony"),
    answer=StreamOut,
    query=QUERY,
    kind="text/event-stream",
)
async def stream_events(ask: Ask) -> Response:
    """Listen to what happens, as server-sent events; resumes after Last-Event-ID.

    A telephony key that is bound to sources hears of their calls alone; what is about no call is heard by all.
    """
    last = ask.request.headers.get("last-event-id") or ask.asked("after")
    after = ask.services.board.seq if last is None else whole("Last-Event-ID or after", last, ask.services.board.seq)
    services = ask.services
    heard = EventAccess(services.board, services.live, ask.key)
    kinds, most = kinds_of(ask.asked("types")), None if heard.everything else heard
    return _sse(ask, everything(services.broadcast, services.board, services.live, after, kinds, most))


@operation(
    routes, "GET", "/agents/{agent_id}/stream", scopes=("agent", "supervisor"), answer=StreamOut,
    kind="text/event-stream",
)  # fmt: skip
async def stream_agent(ask: Ask) -> Response:
    """Listen to what concerns one agent: offers with token and screen-pop, and how the agent stands."""
    agent_id = ask.path("agent_id")
    check_agent(ask.key, agent_id)
    return _sse(ask, own(ask.services, agent_id, plain=sees_numbers(ask.key)))
