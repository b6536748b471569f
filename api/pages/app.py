"""The list of pages, and the files they are made of."""

from importlib import import_module
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.http.routing import Router
from api.pages import page
from api.pages.assets import assets

MODULES: Final = (
    "sign_in",
    "me",
    "now",
    "desk",
    "customer_actions",
    "book",
    "callbacks",
    "complaints",
    "blacklist",
    "tiers",
    "customers",
    "story",
    "what_if",
    "roster",
)
"""The pages, one module each."""
FOR_EVER: Final = "public, max-age=31536000, immutable"


def page_routes() -> Router:
    """Return the routes of all pages."""
    for name in MODULES:
        import_module(f"api.pages.{name}")
    return page.routes


async def asset(request: Request) -> Response:
    """Serve a file under the address that is its version's."""
    found = assets()
    file = found.files.get(request.path_params["name"])
    if file is None or request.path_params["version"] != found.version:
        return Response(b"", 404)
    headers = {"cache-control": FOR_EVER, "vary": "accept-encoding"}
    content = file.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"], content = "gzip", file.packed
    return Response(content, 200, headers | {"content-security-policy": page.POLICY}, file.kind)


page.routes.add("/assets/{version}/{name}", asset, methods=["GET"])
