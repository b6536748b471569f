"""What administrators do: keys, customers and their erasure, another centre, the audit trail."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.access import Key, Scope, new_id
from api.calls import Name
from api.customers import Customer
from api.door import Ask, Plain, Reply, number_of, operation, router
from api.formats import In, Listed
from api.live import Row, Update
from api.numbers import masked, normalised
from api.refusals import Conflict, Invalid, NotFound
from callcenter import commands as cmd
from callcenter.files.load import parse_centre
from callcenter.ids import CustomerKey

routes = router("admin")
SCOPES = ("admin",)


class KeyIn(In):
    """A key to be made."""

    scopes: Annotated[list[Scope], Listed] = Field(min_length=1, max_length=5)
    name: str = Field("", max_length=200)
    agent_id: Name | None = Field(None, description="The key acts for this agent only.")
    expires_in_s: int | None = Field(None, ge=1, le=10 * 366 * 86_400)


class KeyOut(BaseModel):
    """A key; `key`, what its holder sends, is shown once."""

    id: str
    name: str
    scopes: list[str]
    agent_id: str | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    key: str | None = None


class KeysOut(BaseModel):
    """Keys, without their secrets."""

    keys: list[KeyOut]


EXAMPLE: Plain = {
    "id": "1f3a9c02", "name": "pbx-1", "scopes": ["telephony"], "agent_id": None, "created_at": 1772442000123,
    "expires_at": None, "revoked_at": None,
}  # fmt: skip


def _key(ask: Ask) -> Key:
    key = ask.desk.access.keys.get(ask.path("key_id"))
    if key is None:
        raise NotFound("there is no such key")
    return key


@operation(
    routes, "POST", "/keys", scopes=SCOPES, secret=True, body=KeyIn, answer=KeyOut, created=True,
    asks={"scopes": ["telephony"], "name": "pbx-1"}, says=EXAMPLE | {"key": "cc_1f3a9c02_SECRET"},
)  # fmt: skip
async def create_key(ask: Ask) -> Reply:
    """Make an API key. What its holder sends is shown this once."""
    wish: KeyIn = ask.body
    expires_at = None if wish.expires_in_s is None else ask.now + wish.expires_in_s * 1000
    key, text = ask.desk.access.make(
        wish.scopes, ask.now, name=wish.name, agent_id=wish.agent_id, expires_at=expires_at
    )
    detail = " ".join(sorted(key.scopes))
    await ask.desk.live.keep(Row("api_keys", key.row()), ask.desk.audited(ask.key, "key.create", key.id, detail))
    ask.desk.access.add(key)
    return Reply(key.shown() | {"key": text}, 201)


@operation(routes, "GET", "/keys", scopes=SCOPES, answer=KeysOut, says={"keys": [EXAMPLE]})
async def list_keys(ask: Ask) -> Reply:
    """List the keys, never their secrets."""
    return Reply({"keys": [key.shown() for key in ask.desk.access.keys.values()]})


class RotateIn(In):
    """How long the old secret stays good."""

    keep_old_s: int = Field(0, ge=0, le=30 * 86_400)


@operation(
    routes, "POST", "/keys/{key_id}:rotate", scopes=SCOPES, secret=True, body=RotateIn, answer=KeyOut, fails=(404, 409),
    asks={"keep_old_s": 3600}, says=EXAMPLE | {"id": "9b04e7d1", "key": "cc_9b04e7d1_SECRET"},
)  # fmt: skip
async def rotate_key(ask: Ask) -> Reply:
    """Make a key of the same scopes, and let the old one end now or a while later."""
    old = _key(ask)
    if old.revoked_at is not None and old.revoked_at <= ask.now:
        raise Conflict("this key is revoked: make another")
    fresh, text = ask.desk.access.make(
        old.scopes, ask.now, name=old.name, agent_id=old.agent_id, expires_at=old.expires_at
    )
    ends_at = ask.now + ask.body.keep_old_s * 1000
    await ask.desk.live.keep(
        Row("api_keys", fresh.row()),
        Update("api_keys", {"revoked_at": ends_at}, {"id": old.id}),
        ask.desk.audited(ask.key, "key.rotate", old.id, fresh.id),
    )
    ask.desk.access.add(fresh)
    old.revoked_at = ends_at
    return Reply(fresh.shown() | {"key": text})


@operation(
    routes, "POST", "/keys/{key_id}:revoke", scopes=SCOPES, answer=KeyOut, fails=(404, 409),
    says=EXAMPLE | {"revoked_at": 1772442060123},
)  # fmt: skip
async def revoke_key(ask: Ask) -> Reply:
    """Let a key end now. The last administrator's key cannot go."""
    key = _key(ask)
    others = [
        k
        for k in ask.desk.access.keys.values()
        if k is not key and k.may("admin") and (k.revoked_at is None or k.revoked_at > ask.now)
    ]
    if key.may("admin") and not others:
        raise Conflict("this is the last administrator's key: make another first")
    if key.revoked_at is None or key.revoked_at > ask.now:
        await ask.desk.live.keep(
            Update("api_keys", {"revoked_at": ask.now}, {"id": key.id}),
            ask.desk.audited(ask.key, "key.revoke", key.id),
        )
        key.revoked_at = ask.now
    return Reply(key.shown())


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
    return Reply({"entries": await ask.desk.live.find("audit", order="-at", limit=limit)})


# --- customers


class CustomerIn(In):
    """What is known of a person; what is left out stays as it is."""

    customer_id: Name | None = None
    number: str | None = Field(None, max_length=200)
    name: str | None = Field(None, max_length=200)
    tier: Name | None = None
    zone: Name | None = None
    account_manager: Name | None = None
    open_complaint: str | None = Field(None, max_length=200)


class CustomerOut(BaseModel):
    """What is known of a person; the number is masked."""

    customer_key: str
    customer_id: str | None
    number: str | None
    name: str | None
    tier: str | None
    zone: str | None
    attributes: dict[str, Any]


WHO: Plain = {
    "customer_key": "p3d0", "customer_id": "C-1001", "number": "+44*******58", "name": "Ada", "tier": "vip",
    "zone": "Europe/London", "attributes": {"account_manager": "ana"},
}  # fmt: skip


def _shown(customer: Customer) -> Plain:
    return {
        "customer_key": customer.key,
        "customer_id": customer.customer_id,
        "number": masked(customer.number),
        "name": customer.name,
        "tier": customer.tier,
        "zone": customer.zone,
        "attributes": customer.attributes,
    }


@operation(
    routes, "POST", "/customers", scopes=("admin", "supervisor"), body=CustomerIn, answer=CustomerOut, fails=(409,),
    asks={"customer_id": "C-1001", "number": "+442079460958", "tier": "vip", "account_manager": "ana"}, says=WHO,
)  # fmt: skip
async def put_customer(ask: Ask) -> Reply:
    """Say what is known of a customer: the tier of their next call, their account manager, an open complaint."""
    wish: CustomerIn = ask.body
    desk = ask.desk
    number = normalised(wish.number, desk.settings.region)
    if wish.customer_id is None and number is None:
        raise Invalid("/customer_id: give a customer_id or a number")
    if wish.tier is not None and wish.tier not in {tier.name for tier in desk.live.engine.centre.tiers}:
        raise Invalid(f"/tier: there is no tier {wish.tier!r}")
    customer = desk.customers.find(wish.customer_id, number)
    if customer is None and wish.customer_id is not None:
        by_number = desk.customers.find(None, number)
        customer = by_number if by_number is not None and by_number.customer_id is None else None
    if customer is None:
        customer = Customer(CustomerKey(new_id("p")))
    customer.customer_id = wish.customer_id or customer.customer_id
    customer.number = number or customer.number
    customer.name = wish.name or customer.name
    customer.tier = wish.tier or customer.tier
    customer.zone = wish.zone or customer.zone
    for name in ("account_manager", "open_complaint"):
        value = getattr(wish, name)
        if value is not None:
            customer.attributes[name] = value
    row = desk.audited(ask.key, "customer.put", customer.key, wish.tier)
    await desk.customers.keep(customer, ask.now, row)
    return Reply(_shown(customer))


class WhoIn(In):
    """A person, by any name."""

    customer_id: Name | None = None
    number: str | None = Field(None, max_length=200)
    customer_key: Name | None = None


class ErasedOut(BaseModel):
    """Whether there was anything to erase."""

    erased: bool


@operation(
    routes, "POST", "/customers:erase", scopes=SCOPES, body=WhoIn, answer=ErasedOut,
    asks={"customer_id": "C-1001"}, says={"erased": True},
)  # fmt: skip
async def erase_customer(ask: Ask) -> Reply:
    """Erase what is personal about one customer; the journal keeps a key that leads nowhere, and replays the same."""
    wish: WhoIn = ask.body
    desk = ask.desk
    number = normalised(wish.number, desk.settings.region)
    if not (wish.customer_id or number or wish.customer_key):
        raise Invalid("/customer_id: give a customer_id, a number or a customer_key")
    customer = desk.customers.behind(wish.customer_key) or desk.customers.find(wish.customer_id, number)
    if customer is None:
        return Reply({"erased": False})
    await desk.customers.erase(customer, desk.audited(ask.key, "customer.erase", customer.key))
    return Reply({"erased": True})


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


CENTRE: Plain = {"name": "telecom", "queues": ["hotline"], "tiers": ["vip", "standard"], "groups": ["desk"]}


def _centre(ask: Ask) -> Plain:
    centre = ask.desk.live.engine.centre
    return {
        "name": centre.name,
        "queues": [queue.name for queue in centre.queues],
        "tiers": [tier.name for tier in centre.tiers],
        "groups": [group.name for group in centre.groups],
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
    """Put another centre in force, until the next start; who waits and who is there keep their places. Audited."""
    centre = parse_centre(ask.body.yaml, "centre")
    await ask.tell(cmd.AdoptCentre(centre), ask.desk.audited(ask.key, "centre.adopt", centre.name))
    return Reply(_centre(ask))
