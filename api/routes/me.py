"""Who asks: what a key is and may do, the centre it looks at, and the password of the person who signs in for it."""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from api.auth.keys import SCOPES as EVERY_SCOPE
from api.auth.keys import Scope
from api.auth.passwords import LEAST
from api.errors import Conflict, Invalid, Unauthorized, UniqueConflict
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In
from api.routes.admin import PasswordOut
from api.services import Ask
from api.state.views import instant

routes = router("admin")
PEOPLE: Final = ("agent", "supervisor")


class MyCentreOut(BaseModel):
    """What one who looks on needs to know of the centre in force."""

    name: str
    zone: str
    region: str | None
    queues: list[str]
    tiers: list[str]
    groups: list[str]


class MeOut(BaseModel):
    """The key that asks."""

    key_id: str
    name: str
    scopes: list[Scope] = Field(description="All that it may: admin includes every other.")
    agent_id: str | None
    sources: list[str] | None = Field(description="Of telephony systems whose calls it may touch; null: all.")
    groups: list[str] | None = Field(description="Of agents whom it may speak for; null: all.")
    at: str = Field(description="The service's own time.")
    centre: MyCentreOut


EXAMPLE: Plain = {
    "key_id": "1f3a9c02", "name": "vera", "scopes": ["supervisor"], "agent_id": None, "sources": None, "groups": None,
    "at": "2026-03-02T09:05:00.000Z",
    "centre": {"name": "telecom", "zone": "Europe/London", "region": "GB", "queues": ["hotline"],
               "tiers": ["vip", "standard"], "groups": ["desk"]},
}  # fmt: skip


@operation(routes, "GET", "/me", scopes=EVERY_SCOPE, answer=MeOut, says=EXAMPLE)
async def get_me(ask: Ask) -> Reply:
    """Tell who asks: the key, what it may do, the service's time, and the centre in force by its names."""
    key, centre = ask.key, ask.services.live.engine.centre
    return Reply(
        {
            "key_id": key.id, "name": key.name, "scopes": [scope for scope in EVERY_SCOPE if key.may(scope)],
            "agent_id": key.agent_id, "sources": None if key.reaches_all_sources else sorted(key.sources),
            "groups": sorted(key.groups) or None, "at": instant(ask.now),
            "centre": {
                "name": centre.name, "zone": centre.zone.name, "region": ask.services.region,
                "queues": [queue.name for queue in centre.queues], "tiers": [tier.name for tier in centre.tiers],
                "groups": [group.name for group in centre.groups],
            },
        }
    )  # fmt: skip


class SignInOut(BaseModel):
    """By which name a person signs in for the key; null: there is no password yet."""

    name: str | None


@operation(routes, "GET", "/me:password", scopes=PEOPLE, answer=SignInOut, says={"name": "vera"})
async def get_my_sign_in(ask: Ask) -> Reply:
    """Tell by which name one signs in for the key that asks."""
    return Reply({"name": await ask.services.passwords.name_of(ask.key)})


class OwnPasswordIn(In):
    """A password of one's own."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")] | None = Field(
        None, description="To sign in by; left out: the name that there is."
    )
    current: Annotated[str, Field(max_length=1_000)] | None = Field(
        None, description="The password in force, where there is one."
    )
    password: Annotated[str, Field(min_length=LEAST, max_length=1_000)]


@operation(
    routes, "POST", "/me:password", scopes=PEOPLE, secret=True, body=OwnPasswordIn, answer=PasswordOut, fails=(409,),
    asks={"name": "vera", "password": "a sentence is easy to keep"}, says={"key_id": "1f3a9c02", "name": "vera"},
)  # fmt: skip
async def set_my_password(ask: Ask) -> Reply:
    """Set the password by which one signs in for the key that asks; the one in force is asked for; all sessions end.

    Who fails five times is not heard for a quarter of an hour.
    """
    passwords, wish = ask.services.passwords, ask.body
    before = await passwords.name_of(ask.key)
    if before is not None:
        try:
            await passwords.key_by_password(before, wish.current or "", f"key {ask.key.id}")
        except Unauthorized:
            raise Invalid("/current: is not the password in force") from None
    name = wish.name or before
    if name is None:
        raise Invalid("/name: say by which name you sign in from now on")
    changes = await passwords.set(ask.key, name, wish.password)
    name = name.strip().casefold()
    try:
        await ask.services.live.keep(*changes, ask.services.audited(ask.key, "key.own_password", ask.key.id, name))
    except UniqueConflict:
        raise Conflict("the name {name} is another key's", name=name) from None
    await ask.services.sessions.end_all(ask.key)
    return Reply({"key_id": ask.key.id, "name": name})
