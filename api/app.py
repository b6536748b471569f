"""Puts the parts together: live engine, access and settings → an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api import (
    admin,
    agents,
    callbacks,
    calls,
    campaigns,
    contacts,
    decisions,
    events,
    fairness,
    grading,
    health,
    hooks,
    intervals,
    jobs,
    manual,
    notes,
    offers,
    people,
    queues,
    reconcile,
    staffing,
    streams,
)  # fmt: skip
from api.access import Access
from api.adapters import freeswitch, twilio
from api.customers import blacklist, complaints, disclosure, finding, keyaccount_routes, overrides, reviews, surveys
from api.customers import import_routes as customer_files
from api.customers import routes as customers
from api.customers.imports import Imports
from api.desk import Desk
from api.door import SECURITY, refused
from api.front import Front
from api.links import add_links
from api.live import LiveEngine
from api.refusals import NotAllowed, NotFound
from api.settings import Settings

DESCRIPTION: Final = (
    "A telephony system posts calls and reports; agents' desktops take offers; supervisors look on. "
    "Errors are RFC 9457 problems with a stable code; where a call was posted they still carry decision=fallback. "
    "Bodies may be JSON (whatever the content type says), a form, or the query string; "
    "Accept: text/plain gives k=v&k=v."
)
TAGS: Final = (
    ("calls", "Posted, asked about, explained, moved, withdrawn, reconciled."),
    ("events", "Reports about calls, and what the engine says has happened."),
    ("offers", "An exclusive, time-limited pairing of a call and an agent."),
    ("agents", "State, phone, breaks, heartbeat, an agent's own stream."),
    ("queues", "What waits where; tiers and targets."),
    ("callbacks", "Outbound tasks and their attempts."),
    ("intervals", "The day's book: half hours as they came to pass, and what was planned."),
    ("adapters", "The same calls and reports, in the words of one vendor."),
    ("decisions", "What would happen."),
    ("simulations", "What-ifs in child processes."),
    ("staffing", "Erlang formulas."),
    ("hooks", "Signed web hooks."),
    ("customers", "What is known of them, and what may be kept."),
    ("blacklist", "Governed: proposed, approved, reviewed, appealed against, lifted, reported."),
    ("complaints", "Graded, with limits; afterwards the customer is asked."),
    ("admin", "Keys, centre, audit."),
    ("operation", "Health and figures."),
)
ROUTES: Final = (
    notes.routes, campaigns.routes, contacts.routes, intervals.routes, people.routes,
    calls.routes, health.routes, events.routes, reconcile.routes, offers.routes, streams.routes, agents.routes,
    queues.routes, callbacks.routes, decisions.routes, jobs.routes, staffing.routes, hooks.routes,
    customer_files.routes, finding.routes, disclosure.routes, keyaccount_routes.routes, customers.routes,
    grading.routes, fairness.routes, overrides.routes, blacklist.routes, complaints.routes, surveys.routes,
    reviews.routes, admin.routes, freeswitch.routes, twilio.routes,
)  # fmt: skip


def create_app(live: LiveEngine, access: Access, settings: Settings | None = None) -> FastAPI:
    """Return the application that drives `live`."""
    chosen = settings if settings is not None else Settings()
    app = Front(
        title="callcenter",
        version=version("callcenter"),
        description=DESCRIPTION,
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "This service"}],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    desk = Desk(live, access, chosen)
    desk.hooks.enrich = lambda kind, data: enriched(desk, kind, data)
    app.state.desk = desk
    app.state.imports = Imports(desk)
    app.state.jobs = jobs.Jobs(access, chosen.jobs_at_once, chosen.job_seconds, chosen.job_memory)
    app.open_doors(ROUTES)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_api_route("/openapi.json", _document, include_in_schema=False, response_model=None)
    app.add_api_route("/docs", _docs, include_in_schema=False, response_model=None)
    _describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    await desk.start()
    app.state.imports.start()
    watches = [asyncio.create_task(one(desk)) for one in (agents.watch_heartbeats, agents.watch_keys)]
    try:
        yield
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await app.state.jobs.stop()
        await app.state.imports.stop()
        await desk.stop()


async def enriched(desk: Desk, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Add to a web hook, as it is sent, what the engine never sees: who to call, and where the agent's phone is."""
    more: dict[str, Any] = {}
    if isinstance(agent_id := data.get("agent_id"), str):
        more["contact"] = desk.contact(agent_id)
    if kind in ("task.attempted", "task.offered") and isinstance(task_id := data.get("task_id"), str):
        task = desk.board.tasks.get(task_id)
        customer = await desk.customers.behind(None if task is None else task.customer)
        more["number"] = None if customer is None else customer.number
    if kind in ("call.offered", "task.offered"):
        more["token"] = desk.tokens.of(str(data["offer_id"]))
    if isinstance(call_id := data.get("call_id"), str) and (line := desk.board.calls.get(call_id)) is not None:
        more["source"], more["external_call_id"] = line.source, line.external_id
    return data | more


async def _no_route(request: Request, fault: Exception) -> Response:
    """Answer an address or method that does not exist."""
    assert isinstance(fault, HTTPException)
    if fault.status_code == 405:
        return refused(request, NotAllowed(request.method, ", ".join(request.app.methods_at(request.scope))))
    return refused(request, NotFound("there is nothing at this address (see /docs)"))


async def _document(request: Request) -> Response:
    return JSONResponse(request.app.openapi())


async def _docs(request: Request) -> Response:
    return HTMLResponse(manual.page(request.app.openapi()))


def _describe(app: FastAPI) -> None:
    """Let the document say how keys are sent, and what leads to what."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        fresh = app.openapi_schema is None
        document = made()
        if fresh:
            document.setdefault("components", {})["securitySchemes"] = SECURITY
            add_links(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way
