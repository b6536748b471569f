"""The centre over HTTP: what is in force, putting another one in force, the versions there were, and back to one."""

from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from api.auth.audit import principal
from api.customers.care_calls import check_plans
from api.errors import NotFound
from api.http.endpoint import Plain, Reply, number_of, operation, router, whole
from api.http.formats import In
from api.services import Ask
from api.state.centre_versions import differences
from api.state.regions import check_region
from api.state.views import instant
from callcenter import commands as cmd
from callcenter.centre import Centre, with_zones
from callcenter.config.centre_tree import centre_text

routes = router("admin")
SCOPES = ("admin",)
READERS = ("admin", "supervisor")
GREATEST = 10**9


class CentreIn(In):
    """A centre file's text."""

    yaml: str = Field(min_length=1, max_length=200_000)


CentreIn.model_config["str_max_length"] = 200_000
CentreIn.model_rebuild(force=True)


class CentreOut(BaseModel):
    """The centre in force."""

    name: str
    queues: list[str]
    tiers: list[str]
    groups: list[str]
    region: str | None


CENTRE: Plain = {
    "name": "telecom",
    "queues": ["hotline"],
    "tiers": ["vip", "standard"],
    "groups": ["desk"],
    "region": "GB",
}


def _centre(ask: Ask) -> Plain:
    centre = ask.services.live.engine.centre
    return {
        "name": centre.name,
        "queues": [queue.name for queue in centre.queues],
        "tiers": [tier.name for tier in centre.tiers],
        "groups": [group.name for group in centre.groups],
        "region": ask.services.region,
    }


@operation(routes, "GET", "/centre", scopes=("admin", "supervisor"), answer=CentreOut, says=CENTRE)
async def get_centre(ask: Ask) -> Reply:
    """Tell which centre is in force."""
    return Reply(_centre(ask))


@operation(
    routes, "POST", "/centre", scopes=SCOPES, body=CentreIn, answer=CentreOut, fails=(409,), says=CENTRE,
    asks={"yaml": "version: 1\nname: small\nqueues: {hotline: {}}\ngroups: {desk: {}}\n"},
)  # fmt: skip
async def adopt_centre(ask: Ask) -> Reply:
    """Put another centre in force; who waits and who is there keep their places. Audited.

    It holds over restarts, until the centre file says something else than before.
    """
    from callcenter.config.parse import parse_centre  # loaded when it is needed: a start is quicker

    await _put_in_force(ask, parse_centre(ask.body.yaml, "centre"), "centre.adopt", None)
    return Reply(_centre(ask))


async def _put_in_force(ask: Ask, wished: Centre, action: str, detail: str | None) -> None:
    """Check a centre, and put it in force as the next version."""
    services = ask.services
    centre = with_zones(wished, services.live.engine.centre.zones)
    check_region(centre.region, services.settings.region)
    check_plans(services.settings, centre)
    async with services.centres.lock:
        version = await services.centres.row(centre, principal(ask.key), ask.now)
        told = f"version {version.values['version']}: {centre.name}" + (f", {detail}" if detail else "")
        await ask.tell(cmd.AdoptCentre(centre), services.audited(ask.key, action, centre.name, told), version)


class CentreFileOut(BaseModel):
    """A centre file."""


@operation(
    routes, "GET", "/centre:file", scopes=READERS, answer=CentreFileOut, fails=(404,), files=("application/yaml",),
    query=({"name": "version", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 1},
            "description": "Which version; the one in force where left out."},),
)  # fmt: skip
async def get_centre_file(ask: Ask) -> Response:
    """Give a centre as its file, to be changed and posted again: what is read of it is the same centre."""
    wished = number_of(ask, "version", 0, GREATEST)
    centre = await _version(ask, wished) if wished else ask.services.live.engine.centre
    return Response(centre_text(centre), media_type="application/yaml")


class VersionOut(BaseModel):
    """A centre that was put in force: by whom and when."""

    version: int
    at: str
    author: str
    name: str


class VersionsOut(BaseModel):
    """The versions, the newest first: that one is in force."""

    versions: list[VersionOut]


VERSION: Plain = {"version": 2, "at": "2026-03-02T09:00:00.000Z", "author": "key:1f3a9c02", "name": "telecom"}


@operation(
    routes, "GET", "/centre/versions", scopes=READERS, answer=VersionsOut,
    says={"versions": [VERSION, VERSION | {"version": 1, "author": "file"}]},
)  # fmt: skip
async def list_centre_versions(ask: Ask) -> Reply:
    """List the centres that were put in force, the newest first; the author of what a file said is `file`."""
    return Reply({"versions": [row | {"at": instant(row["at"])} for row in await ask.services.centres.listed()]})


class DifferenceOut(BaseModel):
    """A value that differs; null: it is not there."""

    path: str
    before: Any
    after: Any


class ComparisonOut(BaseModel):
    """What differs between two versions of the centre."""

    before: int
    after: int
    differences: list[DifferenceOut]


async def _version(ask: Ask, number: int) -> Centre:
    found = await ask.services.centres.centre(number)
    if found is None:
        raise NotFound("there is no version {number} of the centre (GET /v1/centre/versions)", number=number)
    return found


@operation(
    routes, "GET", "/centre/versions/{version}:compare", scopes=READERS, answer=ComparisonOut, fails=(404,),
    query=({"name": "with", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0},
            "description": "The version before; the one that came before where left out."},),
    says={"before": 1, "after": 2,
          "differences": [{"path": "queues.hotline.max_waiting", "before": None, "after": 50}]},
)  # fmt: skip
async def compare_centre_versions(ask: Ask) -> Reply:
    """Tell what a version changed, by path: against the one before it, or another one."""
    after = whole("version", ask.path("version"), GREATEST)
    before = number_of(ask, "with", max(1, after - 1), GREATEST)
    found = differences(await _version(ask, before), await _version(ask, after))
    return Reply({"before": before, "after": after, "differences": found})


@operation(
    routes, "POST", "/centre/versions/{version}:rollback", scopes=SCOPES, answer=CentreOut, fails=(404, 409),
    says=CENTRE,
)  # fmt: skip
async def roll_back_centre(ask: Ask) -> Reply:
    """Put an earlier version in force again, as a new one: checked and audited like any other."""
    number = whole("version", ask.path("version"), GREATEST)
    await _put_in_force(ask, await _version(ask, number), "centre.rollback", f"as version {number}")
    return Reply(_centre(ask))
