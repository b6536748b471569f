"""Web hooks: every end point has a delivery of its own; what happens goes into the outbox with its own transaction."""

from collections.abc import Sequence
from typing import Any

from api.live.protocol import LiveEngine
from api.store.changes import Change
from api.webhooks.delivery import Delivery, Enrich
from api.webhooks.messages import EndPoint, delivery, message, type_of
from callcenter.events import Event


async def _as_it_is(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return data


class Webhooks:
    """The end points, and what is told to them."""

    def __init__(self, live: LiveEngine, *, private: bool) -> None:
        self._live = live
        self._private = private
        self.end_points: dict[str, EndPoint] = {}
        self._deliveries: dict[str, Delivery] = {}
        self.enrich: Enrich = _as_it_is
        self._client: Any = None

    async def start(self) -> None:
        """Load the end points and begin to send."""
        for row in await self._live.find("hook_endpoints", limit=10_000):
            self.add(EndPoint.of_row(row))
        self._live.derive.append(self.rows)

    async def stop(self) -> None:
        """Send no more; what is not sent stays in the outbox."""
        for one in self._deliveries.values():
            await one.stop()
        if self._client is not None:
            await self._client.aclose()

    def add(self, point: EndPoint) -> None:
        """Tell an end point from now on."""
        self.end_points[point.id] = point
        self._deliveries[point.id] = Delivery(
            self._live, point, private=self._private, client=self._connections, enrich=self._enriched
        )

    async def remove(self, point_id: str) -> None:
        """Tell an end point nothing more."""
        del self.end_points[point_id]
        await self._deliveries.pop(point_id).stop()

    async def _enriched(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        return await self.enrich(kind, data)

    def _connections(self) -> Any:
        """Return what holds connections; each delivery bounds its own, so that none waits for another's."""
        import httpx2

        if self._client is None:
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
            self._client = httpx2.AsyncClient(timeout=None, limits=limits, follow_redirects=False, trust_env=False)
        return self._client

    def rows(self, events: Sequence[Event]) -> Sequence[Change]:
        """Return what goes into the outbox with these events."""
        active = [point for point in self.end_points.values() if point.disabled_at is None]
        if not active:
            return ()
        now = self._live.now()
        return [
            delivery(point.id, event, now)
            for event in events
            for point in active
            if point.wants(type_of(type(event).__name__))
        ]

    def messages(self, kind: str, seq: int, at: int, data: dict[str, Any]) -> list[Change]:
        """Return what goes into the outbox with a change that is no event of the engine's."""
        now, points = self._live.now(), tuple(self.end_points.values())  # the writer's thread asks, too
        return [message(point.id, kind, seq, at, data, now) for point in points if point.wants(kind)]

    def push(self, events: Sequence[Event]) -> None:
        """Wake those who are told of such events: something is in the outbox."""
        if not self.end_points:
            return
        kinds = {type_of(type(event).__name__) for event in events}
        for point in self.end_points.values():
            if any(map(point.wants, kinds)):
                self._deliveries[point.id].wake()

    def wake(self) -> None:
        """Have everyone look at the outbox now."""
        for one in self._deliveries.values():
            one.wake()
