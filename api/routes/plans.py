"""What-ifs that are kept by a name: listed, looked at by whoever has the link, renamed, forgotten."""

import json
from typing import Any, Final

from pydantic import BaseModel, Field
from starlette.responses import Response

from api.auth.audit import principal
from api.errors import Conflict, NotFound
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In
from api.ids import new_id
from api.routes.simulations import AS_QUERY, FILES, FileOut, exported, job_of, with_result
from api.services import Ask
from api.state.views import instant
from api.store.changes import Delete, Row, Update
from callcenter.state_words import in_words

routes = router("simulations")
SCOPES: Final = ("supervisor",)
WHAT_IF: Final = "what_if"
ROSTER: Final = "roster"
MOST_KEPT: Final = 1_000
MOST_BODY: Final = 4_000_000
"""Characters of one."""


class NameIn(In):
    """How it is called."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")


class KeptOut(BaseModel):
    """A what-if that is kept; everybody with the scope supervisor may see it, by its id."""

    id: str
    name: str
    at: str
    by: str
    kind: str
    base: str
    asked: dict[str, Any]
    result: dict[str, Any] | None


class KeptListOut(BaseModel):
    """What is kept, the newest first, without results."""

    kept: list[KeptOut]


KEPT: Plain = {
    "id": "p4c1", "name": "two more at ten", "at": "2026-03-02T09:00:00.000Z", "by": "key:1f3a9c02",
    "kind": "comparison",
    "base": "telecom-hotline", "asked": {"sets": [], "variants": [], "replications": 20, "seed": None}, "result": None,
}  # fmt: skip


def shown(row: Plain) -> Plain:
    """Return what is told of a kept what-if, without its result."""
    asked = json.loads(row["asked"])
    return {
        "id": row["id"],
        "name": row["name"],
        "at": instant(row["at"]),
        "by": row["principal"],
        "kind": asked["kind"],
        "base": asked["name"].removesuffix(".yaml"),
        "asked": {key: value for key, value in asked.items() if key not in ("text", "name", "kind")},
        "result": None,
    }


async def rows_of(ask: Ask, kind: str) -> list[Plain]:
    """Return plans of a kind, the newest first, without their bodies."""
    columns = ("id", "name", "at", "principal", "asked")
    said = f"SELECT {', '.join(columns)} FROM plans WHERE kind = ? ORDER BY at DESC, id LIMIT {MOST_KEPT}"
    found: Any = await ask.services.live.read(lambda store: store.connection.execute(said, (kind,)))
    return [dict(zip(columns, row, strict=True)) for row in found]


async def kept_row(ask: Ask, kind: str = WHAT_IF) -> Plain:
    """Return the plan that the address names."""
    rows = await ask.services.live.find("plans", {"id": ask.path("kept_id"), "kind": kind}, limit=1)
    if not rows:
        raise NotFound("there is nothing kept under this id (any more)")
    return dict(rows[0])


@operation(
    routes, "POST", "/simulations/{simulation_id}:keep", scopes=SCOPES, body=NameIn, answer=KeptOut, created=True,
    fails=(404, 409), asks={"name": "two more at ten"}, says=KEPT,
)  # fmt: skip
async def keep_simulation(ask: Ask) -> Reply:
    """Keep a simulation or a roster that is done by a name: over restarts, for `keep_plans_days`."""
    job = job_of(ask)
    if job.result is None:
        raise Conflict("the simulation is {state}: there is no result to keep", state=in_words(job.state))
    if len(job.result) > MOST_BODY:
        raise Conflict(
            "the result has {n:,} characters, {most:,} at most are kept: export it",
            n=len(job.result),
            most=MOST_BODY,
        )
    kind = ROSTER if job.kind == ROSTER else WHAT_IF
    if len(await rows_of(ask, kind)) >= MOST_KEPT:
        raise Conflict("{n:,} are kept already: forget some", n=MOST_KEPT)
    values = {
        "id": new_id("p"), "kind": kind, "name": ask.body.name, "at": ask.now, "principal": principal(ask.key),
        "asked": json.dumps(job.asked), "body": job.result,
    }  # fmt: skip
    await ask.services.live.keep(Row("plans", values))
    return Reply(shown(values), 201)


@operation(routes, "GET", "/kept-simulations", scopes=SCOPES, answer=KeptListOut, says={"kept": [KEPT]})
async def list_kept_simulations(ask: Ask) -> Reply:
    """List what is kept, the newest first."""
    return Reply({"kept": [shown(row) for row in await rows_of(ask, WHAT_IF)]})


@operation(routes, "GET", "/kept-simulations/{kept_id}", scopes=SCOPES, answer=KeptOut, fails=(404,), says=KEPT)
async def get_kept_simulation(ask: Ask) -> Response:
    """Show a what-if that is kept, with its result."""
    row = await kept_row(ask)
    return with_result(shown(row), row["body"])


@operation(
    routes, "POST", "/kept-simulations/{kept_id}:rename", scopes=SCOPES, body=NameIn, answer=KeptOut, fails=(404,),
    asks={"name": "three more at ten"}, says=KEPT,
)  # fmt: skip
async def rename_kept_simulation(ask: Ask) -> Reply:
    """Give it another name."""
    row = await kept_row(ask) | {"name": ask.body.name}
    await ask.services.live.keep(Update("plans", {"name": row["name"]}, {"id": row["id"]}))
    return Reply(shown(row))


@operation(routes, "POST", "/kept-simulations/{kept_id}:forget", scopes=SCOPES, answer=KeptOut, fails=(404,), says=KEPT)
async def forget_kept_simulation(ask: Ask) -> Reply:
    """Remove it; links to it lead nowhere from now on."""
    row = await kept_row(ask)
    await ask.services.live.keep(Delete("plans", {"id": row["id"]}))
    return Reply(shown(row))


@operation(
    routes, "GET", "/kept-simulations/{kept_id}/export", scopes=SCOPES, answer=FileOut, fails=(404, 409),
    query=(AS_QUERY,), files=FILES,
)  # fmt: skip
async def export_kept_simulation(ask: Ask) -> Response:
    """Give it as a file: csv, png, pdf, or the scenario itself as yaml."""
    row = await kept_row(ask)
    return await exported(ask, row["id"], json.loads(row["asked"]), row["body"])
