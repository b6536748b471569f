"""Middleware: security headers and a count by route and status around every request; fixed addresses by a table.

An address without a name in it is found in a table and its endpoint is called at once: FastAPI's middlewares and the
walk through its routes cost more than the decision. FastAPI takes the other addresses, and writes the OpenAPI document.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from api.http.overload import RETRY_AFTER, counted_as, written
from api.http.routing import EndpointRoute, Router
from api.http.single_write import sent_whole
from api.telemetry.metrics import Metrics

Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Endpoint = Callable[[Request], Awaitable[Response]]
Headers = list[tuple[bytes, bytes]]

HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
POLICIES: Final = (
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
)
"""Of an answer that brings no policy of its own, as pages do."""
NOT_KEPT: Final = (b"cache-control", b"no-store")
POSTED: Final = "/v1/calls"


class Application(FastAPI):
    """The application."""

    endpoints: dict[tuple[str, str], Endpoint]
    """Method and address → what answers."""
    gates: list[EndpointRoute]
    """All routes, also those with a name in the address."""

    def add_endpoints(self, routers: Iterable[Router]) -> None:
        """Take in the routes."""
        self.endpoints = {}
        self.gates = []
        for router in routers:
            self.gates += router.routes
            for route in router.routes:
                if "{" not in route.path:
                    self.endpoints |= dict.fromkeys(((method, route.path) for method in route.methods), route.endpoint)
        self.router.routes += self.gates

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made when it is first asked for."""
        if self.openapi_schema is None:
            described = [route.described() for route in self.gates if route.include_in_schema]
            self.openapi_schema = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=described,
                tags=self.openapi_tags, license_info=self.license_info, servers=self.servers,
            )  # fmt: skip
        return self.openapi_schema

    def methods_at(self, scope: Scope) -> list[str]:
        """Return what an address can be asked by: the framework names the methods of its first route only."""
        here = [route for route in (*self.gates, *self.routes) if route.matches(scope)[0] is not Match.NONE]
        return sorted({method for route in here for method in getattr(route, "methods", None) or ()})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        begun = asyncio.get_running_loop().time()
        path = scope["path"]
        if (turn := scope.get("turn")) is not None:
            turns, call, since = turn
            if not await turns.come(call, since):
                turns.on_refused(counted_as(path))
                await _refuse(scope, send)
                return
        endpoint = self.endpoints.get((scope["method"], path))
        if endpoint is None or scope.get("root_path"):
            await self._the_long_way(scope, receive, send, begun)
            return
        scope["app"] = self
        response = await endpoint(Request(scope, receive))
        status = response.status_code
        self._count(scope["method"], path, status, begun)
        response.raw_headers = headers = _dressed(response.raw_headers)
        if type(response) is Response:
            if sent_whole(send, status, headers, response.body):
                return
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": response.body})
        else:
            await response(scope, receive, send)

    async def _the_long_way(self, scope: Scope, receive: Receive, send: Send, begun: float) -> None:
        async def wrapped(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _dressed(message.get("headers", ()))
                route = getattr(scope.get("route"), "path_format", "none")
                self._count(scope["method"], route, message["status"], begun)
            await send(message)

        await super().__call__(scope, receive, wrapped)

    def _count(self, method: str, route: str, status: int, begun: float) -> None:
        metrics: Metrics = self.state.services.metrics
        metrics.requests[route, str(status)] += 1
        if route == POSTED and method == "POST":  # a list of calls is no decision
            metrics.decision.observe(asyncio.get_running_loop().time() - begun)


async def _refuse(scope: Scope, send: Send) -> None:
    """Tell a request that waited for too long that nothing was done."""
    kind, body = written(scope)
    headers = _dressed([(b"content-type", kind), (b"content-length", b"%d" % len(body)), (b"retry-after", RETRY_AFTER)])
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _dressed(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    dressed = [*headers, *HEADERS]
    kept = policy = False
    for name, _ in headers:
        kept = kept or name == b"cache-control"
        policy = policy or name == b"content-security-policy"
    if not kept:
        dressed.append(NOT_KEPT)
    if not policy:
        dressed += POLICIES
    return dressed
