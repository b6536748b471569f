"""Routes that are served directly, and described by FastAPI only when somebody asks for the OpenAPI document.

FastAPI builds a validator for every documented answer when a route is registered: two fifths of what a start took.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

Endpoint = Callable[[Request], Awaitable[Response]]


class EndpointRoute(Route):
    """A route whose endpoint is called as it is: there is nothing for FastAPI to solve."""

    methods: set[str]

    def __init__(self, path: str, endpoint: Endpoint, methods: Sequence[str], described: dict[str, Any]) -> None:
        super().__init__(path, endpoint, methods=methods, include_in_schema=described.get("include_in_schema", True))
        self.methods = set(methods)  # HEAD is answered where a route says so
        self._described = described

    @property
    def openapi_extra(self) -> dict[str, Any]:
        """What the document says besides."""
        extra: dict[str, Any] = self._described.get("openapi_extra") or {}
        return extra

    def described(self) -> APIRoute:
        """Return the route as FastAPI describes it."""
        return APIRoute(self.path, self.endpoint, methods=sorted(self.methods), **self._described)

    def matches(self, scope: Any) -> tuple[Match, Any]:
        """Tell whether this is the route of a request; it is counted under the route's address."""
        match, child = super().matches(scope)
        return match, child if match is Match.NONE else {**child, "route": self}


class Router:
    """The routes of a noun, in the order in which they are looked through."""

    def __init__(self, prefix: str = "", tags: Sequence[str] = (), **described: Any) -> None:
        self._prefix = prefix
        self._described = described | {"tags": list(tags)}
        self.routes: list[EndpointRoute] = []

    def add(self, path: str, endpoint: Endpoint, *, methods: Sequence[str], **described: Any) -> None:
        """Add a route; the rest is what FastAPI's `APIRoute` is told to describe it."""
        self.routes.append(EndpointRoute(self._prefix + path, endpoint, methods, self._described | described))

    def __iter__(self) -> Iterator[EndpointRoute]:
        return iter(self.routes)
