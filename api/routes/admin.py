"""What administrators do: keys, the audit trail."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.auth.keys import Key, Scope
from api.auth.passwords import LEAST
from api.errors import Conflict, NotFound, UniqueConflict
from api.http.endpoint import Plain, Reply, number_of, operation, router
from api.http.formats import In, Listed, NotBool, Whole
from api.routes.calls import Name
from api.services import Ask
from api.store.changes import Row, Update

routes = router("admin")
SCOPES = ("admin",)


class KeyIn(In):
    """A key to be made."""

    scopes: Annotated[list[Scope], Listed] = Field(min_length=1, max_length=5)
    name: str = Field("", max_length=200)
    agent_id: Name | None = Field(None, description="The key acts for this agent only.")
    sources: Annotated[list[Name], Listed] = Field(
        [],
        max_length=100,
        description='With telephony: whose calls it may touch; ["*"]: everybody\'s; none: the first it posts for.',
    )
    groups: Annotated[list[Name], Listed] = Field(
        [], max_length=100, description="Of the agents whom it may speak for; none: all."
    )
    expires_in_s: Annotated[int, Field(ge=1, le=10 * 366 * 86_400), NotBool] | None = None


class KeyOut(BaseModel):
    """A key; `key`, what its holder sends, is shown once."""

    id: str
    name: str
    scopes: list[str]
    agent_id: str | None
    sources: list[str] | None
    groups: list[str] | None
    unknown_groups: list[str] | None = Field(
        description="Of its groups, those that the centre in force has not: it speaks for nobody there."
    )
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    key: str | None = None


class KeysOut(BaseModel):
    """Keys, without their secrets."""

    keys: list[KeyOut]


EXAMPLE: Plain = {
    "id": "1f3a9c02", "name": "pbx-1", "scopes": ["telephony"], "agent_id": None, "sources": ["pbx-1"],
    "groups": None, "unknown_groups": None, "created_at": 1772442000123,
    "expires_at": None, "revoked_at": None, "last_used_at": 1772445600456,
}  # fmt: skip


def _key(ask: Ask) -> Key:
    key = ask.services.access.keys.get(ask.path("key_id"))
    if key is None:
        raise NotFound("there is no such key")
    return key


def _shown(ask: Ask, key: Key) -> Plain:
    """Return a key as administrators see it. A group may come with the next centre: that it is unknown is no fault."""
    known = {group.name for group in ask.services.live.engine.centre.groups}
    return key.shown() | {"unknown_groups": sorted(key.groups - known) or None}


def _waits_for_source(wish: KeyIn) -> bool:
    """Tell whether a key is bound to the first source it posts for: a telephony system's that names none is."""
    return "telephony" in wish.scopes and "admin" not in wish.scopes and not wish.sources


@operation(
    routes, "POST", "/keys", scopes=SCOPES, secret=True, body=KeyIn, answer=KeyOut, created=True,
    asks={"scopes": ["telephony"], "name": "pbx-1", "sources": ["pbx-1"]},
    says=EXAMPLE | {"key": "cc_1f3a9c02_SECRET", "last_used_at": None},
)  # fmt: skip
async def create_key(ask: Ask) -> Reply:
    """Make an API key. What its holder sends is shown this once."""
    wish: KeyIn = ask.body
    expires_at = None if wish.expires_in_s is None else ask.now + wish.expires_in_s * 1000
    key, text = ask.services.access.make(
        wish.scopes, ask.now, name=wish.name, agent_id=wish.agent_id, expires_at=expires_at,
        sources=[] if "*" in wish.sources else wish.sources, waits_for_source=_waits_for_source(wish),
        groups=wish.groups,
    )  # fmt: skip
    detail = " ".join([*sorted(key.scopes), *(f"of {source}" for source in wish.sources)])[:1_000]
    await ask.services.live.keep(
        Row("api_keys", key.row()), ask.services.audited(ask.key, "key.create", key.id, detail)
    )
    ask.services.access.add(key)
    return Reply(_shown(ask, key) | {"key": text}, 201)


@operation(routes, "GET", "/keys", scopes=SCOPES, answer=KeysOut, says={"keys": [EXAMPLE]})
async def list_keys(ask: Ask) -> Reply:
    """List the keys, never their secrets."""
    return Reply({"keys": [_shown(ask, key) for key in ask.services.access.keys.values()]})


class RotateIn(In):
    """How long the old secret stays good."""

    keep_old_s: Whole = Field(0, ge=0, le=30 * 86_400)


@operation(
    routes, "POST", "/keys/{key_id}:rotate", scopes=SCOPES, secret=True, body=RotateIn, answer=KeyOut, fails=(404, 409),
    asks={"keep_old_s": 3600},
    says=EXAMPLE | {"id": "9b04e7d1", "key": "cc_9b04e7d1_SECRET", "last_used_at": None},
)  # fmt: skip
async def rotate_key(ask: Ask) -> Reply:
    """Make a key of the same scopes, and let the old one end now or a while later."""
    old = _key(ask)
    if old.revoked_at is not None and old.revoked_at <= ask.now:
        raise Conflict("this key is revoked: make another")
    fresh, text = ask.services.access.make(
        old.scopes, ask.now, name=old.name, agent_id=old.agent_id, expires_at=old.expires_at,
        sources=old.sources, waits_for_source=old.waits_for_source, groups=old.groups,
    )  # fmt: skip
    ends_at = ask.now + ask.body.keep_old_s * 1000
    await ask.services.live.keep(
        Row("api_keys", fresh.row()),
        Update("api_keys", {"revoked_at": ends_at}, {"id": old.id}),
        ask.services.passwords.moved(old, fresh),
        ask.services.audited(ask.key, "key.rotate", old.id, fresh.id),
    )
    ask.services.access.add(fresh)
    old.revoked_at = ends_at
    return Reply(_shown(ask, fresh) | {"key": text})


@operation(
    routes, "POST", "/keys/{key_id}:revoke", scopes=SCOPES, answer=KeyOut, fails=(404, 409),
    says=EXAMPLE | {"revoked_at": 1772442060123},
)  # fmt: skip
async def revoke_key(ask: Ask) -> Reply:
    """Let a key end now. The last administrator's key cannot go."""
    key = _key(ask)
    others = [
        k
        for k in ask.services.access.keys.values()
        if k is not key and k.may("admin") and (k.revoked_at is None or k.revoked_at > ask.now)
    ]
    if key.may("admin") and not others:
        raise Conflict("this is the last administrator's key: make another first")
    if key.revoked_at is None or key.revoked_at > ask.now:
        await ask.services.live.keep(
            Update("api_keys", {"revoked_at": ask.now}, {"id": key.id}),
            ask.services.audited(ask.key, "key.revoke", key.id),
        )
        key.revoked_at = ask.now
    return Reply(_shown(ask, key))


class PasswordIn(In):
    """How a person signs in for a key."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    password: Annotated[str, Field(min_length=LEAST, max_length=1_000)]


class PasswordOut(BaseModel):
    """Who signs in for which key."""

    key_id: str
    name: str


@operation(
    routes, "POST", "/keys/{key_id}:password", scopes=SCOPES, secret=True, body=PasswordIn, answer=PasswordOut,
    fails=(404, 409), asks={"name": "vera", "password": "a sentence is easy to keep"},
    says={"key_id": "1f3a9c02", "name": "vera"},
)  # fmt: skip
async def set_password(ask: Ask) -> Reply:
    """Let a person sign in for a key by name and password, in place of those before; their sessions end."""
    key, wish = _key(ask), ask.body
    name = wish.name.strip().casefold()
    changes = await ask.services.passwords.set(key, wish.name, wish.password)
    try:
        await ask.services.live.keep(*changes, ask.services.audited(ask.key, "key.password", key.id, name))
    except UniqueConflict:
        raise Conflict("the name {name} is another key's", name=name) from None
    await ask.services.sessions.end_all(key)
    return Reply({"key_id": key.id, "name": name})


class AuditOut(BaseModel):
    """Who did what, the newest first."""

    entries: list[dict[str, Any]]


@operation(
    routes, "GET", "/audit", scopes=SCOPES, answer=AuditOut,
    query=({"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0}},),
    says={"entries": [{"id": "a1", "at": 1772442000123, "principal": "key:1f3a9c02", "action": "key.create",
                       "subject": "9b04e7d1", "detail": "telephony"}]},
)  # fmt: skip
async def list_audit(ask: Ask) -> Reply:
    """Read the audit trail."""
    limit = max(1, number_of(ask, "limit", 200, 5_000))
    return Reply({"entries": await ask.services.live.find("audit", order="-at", limit=limit)})
