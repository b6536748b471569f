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

from api.adapters import freeswitch, twilio
from api.auth.keys import Access
from api.customers.imports.background import Imports
from api.errors import NotAllowed, NotFound
from api.http import docs_page
from api.http.endpoint import SECURITY, refused
from api.http.links import add_links
from api.http.middleware import Application
from api.jobs.jobs import Jobs
from api.jobs.trials import Trials
from api.live.protocol import LiveEngine
from api.pages.app import page_routes
from api.pages.page import nowhere
from api.routes import (
    admin,
    agents,
    blacklist,
    callbacks,
    calls,
    campaigns,
    centre,
    complaints,
    contact_plans,
    contacts,
    customer_imports,
    customer_reviews,
    customer_search,
    customers,
    decisions,
    desk,
    disclosure,
    events,
    fairness,
    grading,
    health,
    intervals,
    key_accounts,
    me,
    notes,
    offers,
    people,
    plans,
    queues,
    reconcile,
    rosters,
    simulations,
    staffing,
    stories,
    streams,
    surveys,
    tier_overrides,
    wall,
    webhooks,
)
from api.services import Services
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
    ("simulations", "What-ifs in processes of their own: run, compared, tried, kept."),
    ("rosters", "Shifts that cover the need: planned, changed by hand, told as calendars."),
    ("staffing", "Erlang formulas."),
    ("hooks", "Signed web hooks."),
    ("customers", "What is known of them, and what may be kept."),
    ("blacklist", "Governed: proposed, approved, reviewed, appealed against, lifted, reported."),
    ("complaints", "Graded, with limits; afterwards the customer is asked."),
    ("admin", "Keys, centre, audit."),
    ("operation", "Health and figures."),
)
ROUTES: Final = (
    stories.routes, notes.routes, campaigns.routes, contacts.routes, intervals.routes, people.routes, calls.routes,
    health.routes, events.routes, reconcile.routes, offers.routes, streams.routes, agents.routes, queues.routes,
    callbacks.routes, decisions.routes, simulations.routes, plans.routes, rosters.routes, staffing.routes,
    webhooks.routes, customer_imports.routes, customer_search.routes, disclosure.routes, key_accounts.routes,
    customers.routes, grading.routes, fairness.routes, tier_overrides.routes, blacklist.routes, complaints.routes,
    surveys.routes, wall.routes, desk.routes, contact_plans.routes, customer_reviews.routes, admin.routes,
    centre.routes, me.routes,
    freeswitch.routes,
    twilio.routes,
)  # fmt: skip


def create_app(live: LiveEngine, access: Access, settings: Settings | None = None) -> FastAPI:
    """Return the application that drives `live`."""
    chosen = settings if settings is not None else Settings()
    app = Application(
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
    services = Services(live, access, chosen)
    services.hooks.enrich = lambda kind, data: enriched(services, kind, data)
    app.state.services = services
    app.state.imports = Imports(live, services.standings, services.customers, services.grade_step)
    app.state.jobs = Jobs(access, chosen.jobs_at_once, chosen.job_seconds, chosen.job_memory)
    app.state.trials = Trials(app.state.jobs, access)
    app.add_endpoints((*ROUTES, page_routes()))
    app.add_exception_handler(HTTPException, _no_route)
    app.add_api_route("/openapi.json", _document, include_in_schema=False, response_model=None)
    app.add_api_route("/docs", _docs, include_in_schema=False, response_model=None)
    _describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await services.start()
    app.state.imports.start()
    watches = [asyncio.create_task(one(services)) for one in (agents.watch_heartbeats, agents.watch_keys)]
    try:
        yield
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await app.state.trials.stop()
        await app.state.jobs.stop()
        await app.state.imports.stop()
        await services.stop()


async def enriched(services: Services, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Add to a web hook, as it is sent, what the engine never sees: who to call, and where the agent's phone is."""
    more: dict[str, Any] = {}
    if isinstance(agent_id := data.get("agent_id"), str):
        more["contact"] = services.contact(agent_id)
    if kind in ("task.attempted", "task.offered") and isinstance(task_id := data.get("task_id"), str):
        task = services.board.tasks.get(task_id)
        customer = await services.customers.behind(None if task is None else task.customer)
        more["number"] = None if customer is None else customer.number
    if kind in ("call.offered", "task.offered"):
        more["token"] = services.tokens.of(str(data["offer_id"]))
    if isinstance(call_id := data.get("call_id"), str) and (line := services.board.calls.get(call_id)) is not None:
        more["source"], more["external_call_id"] = line.source, line.external_id
    return data | more


async def _no_route(request: Request, fault: Exception) -> Response:
    """Answer an address or method that does not exist: a browser by a page."""
    assert isinstance(fault, HTTPException)
    looks_on = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if looks_on and not request.url.path.startswith("/v1/"):
        return await nowhere(request, fault.status_code)
    if fault.status_code == 405:
        return refused(request, NotAllowed(request.method, ", ".join(request.app.methods_at(request.scope))))
    return refused(request, NotFound("there is nothing at this address (see /docs)"))


async def _document(request: Request) -> Response:
    return JSONResponse(request.app.openapi())


async def _docs(request: Request) -> Response:
    return HTMLResponse(docs_page.page(request.app.openapi()))


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
