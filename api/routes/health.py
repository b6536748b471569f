"""Whether the service lives, whether it can work, and its figures."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from api.http.endpoint import Operation, Reply, guarded, operation
from api.http.problems import without_places
from api.http.routing import Router
from api.services import Ask
from callcenter.metrics.text import CONTENT_TYPE

routes = Router(tags=["operation"])


class HealthOut(BaseModel):
    """`ok`, or what is wrong."""

    status: str
    problems: list[str] = []


@operation(routes, "GET", "/healthz", scopes=(), answer=HealthOut, says={"status": "ok", "problems": []})
async def healthz(ask: Ask) -> Reply:
    """Tell that the process lives."""
    return Reply({"status": "ok", "problems": []})


@operation(routes, "GET", "/readyz", scopes=(), answer=HealthOut, says={"status": "ok", "problems": []})
async def readyz(ask: Ask) -> Reply:
    """Tell whether commands can be taken: 503 with the reasons when the dispatcher or the journal cannot."""
    problems = ask.services.problems()
    if problems:
        return Reply(
            {"status": "not ready", "problems": [without_places(one) for one in problems]}, 503, {"Retry-After": "1"}
        )
    return Reply({"status": "ok", "problems": []})


for _act in (healthz, readyz):  # load balancers ask with HEAD
    routes.add(
        f"/{_act.__name__}",
        guarded(Operation(()), _act),
        methods=["HEAD"],
        include_in_schema=False,
        response_model=None,
    )


class MetricsOut(BaseModel):
    """The text format of Prometheus."""

    text: Any


@operation(
    routes, "GET", "/metrics", scopes=("metrics", "supervisor"), answer=MetricsOut,
    kind=CONTENT_TYPE,
)  # fmt: skip
async def metrics(ask: Ask) -> Response:
    """Give the figures to Prometheus: in OpenMetrics, with trace ids, where `Accept` prefers it."""
    text, kind = ask.services.metrics.exposition(ask.request.headers.get("accept", ""))
    return Response(text, media_type=kind, headers={"Vary": "Accept"})
