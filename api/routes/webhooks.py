"""The routes of web hooks: end points, secrets, dead letters, replay."""

from base64 import b64encode
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.errors import Invalid, NotFound
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, Listed, NotBool
from api.ids import new_id, new_secret
from api.services import Ask, Services
from api.state.views import instant
from api.store.changes import Delete, Row, Update
from api.webhooks.egress import destination
from api.webhooks.messages import TREATMENT, EndPoint, delivery, type_of
from callcenter.errors import BadInput
from routing.journal import EVENTS

routes = router("hooks")
SCOPES = ("admin",)
KINDS = frozenset(TREATMENT) | {type_of(name) for name in EVENTS if name != "Event"}
MOST_REPLAYED = 10_000


class HookIn(In):
    """Where to tell what."""

    url: str = Field(min_length=8, max_length=2_000, description="https://… (http for tests)")
    types: Annotated[list[str], Listed] = Field([], max_length=60, description="Such as call.queued; none: all.")


class HookOut(BaseModel):
    """An end point; `secret` is shown once."""

    id: str
    url: str
    types: list[str]
    created_at: str
    disabled_at: str | None
    disabled_because: str | None
    secret: str | None = None


class HooksOut(BaseModel):
    """End points."""

    hooks: list[HookOut]


EXAMPLE: Plain = {
    "id": "h7c1", "url": "https://crm.example.org/hooks", "types": ["task.attempted"],
    "created_at": "2026-03-02T09:00:00.000Z", "disabled_at": None, "disabled_because": None,
}  # fmt: skip


def shown(point: EndPoint) -> Plain:
    """Return an end point without its secrets."""
    return {
        "id": point.id,
        "url": point.url,
        "types": sorted(point.types),
        "created_at": instant(point.created_at),
        "disabled_at": instant(point.disabled_at),
        "disabled_because": point.disabled_because,
    }


def _secret() -> str:
    return "whsec_" + b64encode(new_secret().encode()[:32]).decode()


def _point(ask: Ask) -> EndPoint:
    point = ask.services.hooks.end_points.get(ask.path("hook_id"))
    if point is None:
        raise NotFound("there is no such web hook")
    return point


@operation(
    routes, "POST", "/hooks", scopes=SCOPES, secret=True, body=HookIn, answer=HookOut, created=True,
    asks={"url": "https://crm.example.org/hooks", "types": ["task.attempted"]},
    says=EXAMPLE | {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
)  # fmt: skip
async def create_hook(ask: Ask) -> Reply:
    """Have events posted to an address, signed by the Standard Webhooks scheme. The secret is shown this once."""
    wish: HookIn = ask.body
    try:
        destination(wish.url, private=ask.services.settings.webhook_private)
    except BadInput as fault:
        raise Invalid("/url: {fault}", fault=fault) from None
    unknown = [kind for kind in wish.types if kind not in KINDS]
    if unknown:
        raise Invalid(
            "/types: there is no {unknown!r} (there is: call.queued, task.attempted, …)", unknown=unknown[0][:50]
        )
    point = EndPoint(new_id("h"), wish.url, _secret(), None, frozenset(wish.types), ask.now)
    await ask.services.live.keep(
        Row("hook_endpoints", point.row()), ask.services.audited(ask.key, "hook.create", point.id, wish.url)
    )
    ask.services.hooks.add(point)
    return Reply(shown(point) | {"secret": point.secret}, 201)


@operation(routes, "GET", "/hooks", scopes=SCOPES, answer=HooksOut, says={"hooks": [EXAMPLE]})
async def list_hooks(ask: Ask) -> Reply:
    """List the end points."""
    return Reply({"hooks": [shown(point) for point in ask.services.hooks.end_points.values()]})


@operation(
    routes, "POST", "/hooks/{hook_id}:rotate", scopes=SCOPES, secret=True, answer=HookOut, fails=(404,),
    says=EXAMPLE | {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"},
)  # fmt: skip
async def rotate_hook(ask: Ask) -> Reply:
    """Sign with a new secret as well as with the one in force until now; the one before that is dropped."""
    point = _point(ask)
    fresh, before = _secret(), point.secret
    await ask.services.live.keep(
        Update("hook_endpoints", {"secret": fresh, "second_secret": before}, {"id": point.id}),
        ask.services.audited(ask.key, "hook.rotate", point.id),
    )
    point.secret, point.second_secret = fresh, before
    return Reply(shown(point) | {"secret": fresh})


@operation(routes, "POST", "/hooks/{hook_id}:enable", scopes=SCOPES, answer=HookOut, fails=(404,), says=EXAMPLE)
async def enable_hook(ask: Ask) -> Reply:
    """Let an end point that was disabled have events again."""
    point = _point(ask)
    values = {"disabled_at": None, "disabled_because": None}
    await ask.services.live.keep(
        Update("hook_endpoints", values, {"id": point.id}), ask.services.audited(ask.key, "hook.enable", point.id)
    )
    point.disabled_at = point.disabled_because = None
    return Reply(shown(point))


@operation(routes, "POST", "/hooks/{hook_id}:delete", scopes=SCOPES, answer=HookOut, fails=(404,), says=EXAMPLE)
async def delete_hook(ask: Ask) -> Reply:
    """Forget an end point and what was still to be told to it."""
    point = _point(ask)
    before = point.disabled_at
    point.disabled_at = ask.now  # nothing more is written to it
    try:
        await ask.services.live.keep(
            Delete("hook_endpoints", {"id": point.id}),
            Delete("outbox", {"endpoint_id": point.id}),
            ask.services.audited(ask.key, "hook.delete", point.id, point.url),
        )
    except BaseException:
        point.disabled_at = before
        raise
    await ask.services.hooks.remove(point.id)
    return Reply(shown(point))


class DeliveriesOut(BaseModel):
    """What could not be told."""

    deliveries: list[dict[str, Any]]


@operation(
    routes, "GET", "/hooks/{hook_id}/deliveries", scopes=SCOPES, answer=DeliveriesOut, fails=(404,),
    says={"deliveries": [{"id": "msg_1", "seq": 7, "type": "task.attempted", "state": "dead", "attempts": 12,
                          "last_error": "status 500"}]},
)  # fmt: skip
async def list_deliveries(ask: Ask) -> Reply:
    """List dead letters and what is still to be told."""
    point = _point(ask)
    rows = await ask.services.live.find("outbox", {"endpoint_id": point.id}, order="seq", limit=1_000)
    keys = ("id", "seq", "type", "state", "attempts", "last_error")
    return Reply({"deliveries": [{key: row[key] for key in keys} for row in rows]})


class ReplayIn(In):
    """From where: dead letters only, or everything after a seq."""

    after: Annotated[int, Field(ge=0, le=2**62), NotBool] | None = None


class ReplayOut(BaseModel):
    """How much will be told again."""

    replayed: int


@operation(
    routes, "POST", "/hooks/{hook_id}:replay", scopes=SCOPES, body=ReplayIn, answer=ReplayOut, fails=(404,),
    asks={"after": 4711}, says={"replayed": 12},
)  # fmt: skip
async def replay_hook(ask: Ask) -> Reply:
    """Tell again: the dead letters, or (`after`) at most 10,000 events after that seq."""
    point = _point(ask)
    services = ask.services
    if ask.body.after is None:
        rows = await services.live.find("outbox", {"endpoint_id": point.id, "state": "dead"}, limit=MOST_REPLAYED)
        again = {"state": "pending", "attempts": 0, "next_at": ask.now}
        await services.live.keep(
            Update("outbox", again, {"endpoint_id": point.id, "state": "dead"}),
            services.audited(ask.key, "hook.replay", point.id, "dead letters"),
        )
        count = len(rows)
    else:
        count = await _replay(services, point, ask.body.after)
    services.hooks.wake()
    return Reply({"replayed": count})


async def _replay(services: Services, point: EndPoint, after: int) -> int:
    events = await services.live.events_after(after, MOST_REPLAYED)
    now = services.live.now()
    rows = [delivery(point.id, event, now) for event in events if point.wants(type_of(type(event).__name__))]
    for begin in range(0, len(rows), 500):
        await services.live.keep(*rows[begin : begin + 500])
    return len(rows)
