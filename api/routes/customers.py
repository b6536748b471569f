"""Customers over HTTP: what is known of a person is said, asked, and erased."""

from typing import Annotated, Final

from pydantic import BaseModel, Field

from api.auth.audit import principal
from api.customers.directory.directory import own
from api.customers.directory.record import Customer, Known, Number
from api.errors import Conflict, Invalid, NotFound
from api.http.endpoint import Plain, Reply, operation, router
from api.http.formats import In, Listed, NotBool
from api.ids import new_id
from api.routes.calls import AgentName, Name
from api.services import Ask, Services
from api.state.numbers import masked, normalised
from callcenter.ids import CustomerKey

routes = router("customers")
SCOPES = ("admin", "supervisor")


class CustomerIn(In):
    """What is known of a person; what is left out stays as it is."""

    customer_id: Name | None = Field(None, description="The CRM's id.")
    number: str | None = Field(None, max_length=200, description="One number, added to those that are known.")
    name: str | None = Field(None, max_length=200)
    tier: Name | None = None
    grade: Name | None = None
    why: str | None = Field(None, max_length=500, description="The grade in one sentence.")
    revenue_12m: Annotated[float, NotBool] | None = None
    last_contact: str | None = Field(None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    contacts_12m: Annotated[int, Field(ge=0, lt=2**53), NotBool] | None = None
    tenure_months: Annotated[float, Field(ge=0), NotBool] | None = None
    credit_score: Annotated[float, NotBool] | None = None
    account_manager: Annotated[list[AgentName], Listed] | None = Field(
        None, max_length=10, description="Agents, the first is asked first."
    )
    language: Name | None = None
    zone: Name | None = Field(None, description="IANA time zone.")
    consent: bool | None = Field(None, description="May be called without having asked for it.")
    protected: bool | None = Field(None, description="Never in the last band.")
    notes: str | None = Field(None, max_length=2_000)


class NumberOut(BaseModel):
    """A number; masked for all but administrators and telephony systems."""

    number: str
    extension: str
    shared: bool


class CustomerOut(BaseModel):
    """What is known of a person."""

    customer_key: str
    customer_id: str | None
    name: str | None
    tier: str | None
    grade: str | None
    why: str | None
    revenue_12m: float | None
    last_contact: str | None
    contacts_12m: int | None
    tenure_months: float | None
    credit_score: float | None
    account_manager: list[str]
    language: str | None
    zone: str | None
    consent: bool | None
    protected: bool
    notes: str | None
    numbers: list[NumberOut]


WHO: Plain = {
    "customer_key": "p3d0", "customer_id": "C-1001", "name": "Ada", "tier": "vip", "grade": "platinum",
    "why": "revenue 48,200 a year: among the first 1 %", "revenue_12m": 48200.0, "last_contact": "2026-02-27",
    "contacts_12m": 14, "tenure_months": 61.0, "credit_score": 720.0, "account_manager": ["ana"], "language": "en",
    "zone": "Europe/London", "consent": True, "protected": False, "notes": None,
    "numbers": [{"number": "+44*******58", "extension": "", "shared": False}],
}  # fmt: skip
SAID: Final = tuple(name for name in CustomerIn.model_fields if name not in ("number", "account_manager"))


def shown(customer: Customer, *, plain: bool) -> Plain:
    """Return a customer, their numbers masked unless `plain`."""
    values = {name: getattr(customer, name) for name in CustomerOut.model_fields if hasattr(customer, name)}
    return values | {
        "customer_key": customer.key,
        "account_manager": [part.strip() for part in (customer.account_manager or "").split(",") if part.strip()],
        "numbers": [
            {"number": one.number if plain else masked(one.number), "extension": one.extension, "shared": one.shared}
            for one in customer.numbers
        ],
    }


@operation(
    routes, "POST", "/customers", scopes=SCOPES, secret=True, body=CustomerIn, answer=CustomerOut, fails=(409,),
    asks={"customer_id": "C-1001", "number": "+442079460958", "tier": "vip", "account_manager": ["ana"]}, says=WHO,
)  # fmt: skip
async def put_customer(ask: Ask) -> Reply:
    """Say what is known of a customer: the tier of their next call, their account manager, their language."""
    wish: CustomerIn = ask.body
    services = ask.services
    number = normalised(wish.number, services.region)
    if wish.customer_id is None and number is None:
        raise Invalid("/customer_id: give a customer_id or a number")
    if wish.tier is not None and wish.tier not in {tier.name for tier in services.live.engine.centre.tiers}:
        raise Invalid("/tier: there is no tier {tier!r}", tier=wish.tier)
    if wish.tier is not None and wish.tier == services.standings.tiers.last:
        raise Invalid("/tier: {tier} is the blacklist's: propose an entry (POST /v1/blacklist)", tier=wish.tier)
    if wish.zone is not None:
        await services.zones.learn(wish.zone)
    customer = await _meant(services, wish.customer_id, number)
    new = customer is None
    customer = customer or Customer(CustomerKey(new_id("p")))
    for name in SAID:
        value = getattr(wish, name)
        if value is not None and name == "revenue_12m":
            customer.brings(value, ask.now)
        elif value is not None:
            setattr(customer, name, value)
    if wish.account_manager is not None:
        customer.account_manager = ",".join(wish.account_manager) or None
    if number is not None and number not in [one.number for one in customer.numbers]:
        customer.numbers = (*customer.numbers, Number(number))
    row = services.audited(ask.key, "customer.put", customer.key, wish.tier, customer.key)
    before = None if new else await services.customers.of_key(customer.key)
    if services.grade_step is not None:
        services.grade_step.regrade(customer, None if before is None else before.tier)
    async with services.standings.lock:
        pairs = [] if before is None else [(before, customer.known)]
        verdict = services.standings.judge(pairs, principal(ask.key), services.live.now())
        await services.customers.keep(customer, ask.now, row, *verdict.rows, new=new)
        await services.standings.act(verdict)
    return Reply(shown(customer, plain=False))


async def _meant(services: Services, customer_id: str | None, number: str | None) -> Customer | None:
    """Return whom a statement is about; a number's stranger becomes the customer of the given id."""
    customers = services.customers
    if customer_id is None:
        return await customers.behind(await _holder(services, number))
    found = await customers.find(customer_id, None)
    if found is None and number is not None:
        alone = own(await customers.holders(number))
        return await customers.behind(alone.key) if alone is not None and alone.stranger else None
    return await customers.behind(None if found is None else found.key)


async def _holder(services: Services, number: str | None) -> str | None:
    """Return the key of the one who has a number; refuse where it is anyone's guess."""
    holders = [] if number is None else await services.customers.holders(number)
    alone = own(holders)
    if alone is None and len(holders) > 1:
        raise Conflict("several customers have this number: give the customer_id of the one you mean")
    return holders[0][0].key if holders and alone is None else None if alone is None else alone.key


async def at_address(ask: Ask) -> Known:
    """Return whom the address names: by the CRM's id, else by key, which strangers have too."""
    name, customers = ask.path("customer_id"), ask.services.customers
    known = await customers.find(name, None) or await customers.of_key(name)
    if known is None:
        raise NotFound("there is no such customer")
    return known


class WhoIn(In):
    """A person, by any name."""

    customer_id: Name | None = None
    number: str | None = Field(None, max_length=200)
    customer_key: Name | None = None


class ErasedOut(BaseModel):
    """Whether there was anything to erase."""

    erased: bool


@operation(
    routes, "POST", "/customers:erase", scopes=("admin",), body=WhoIn, answer=ErasedOut,
    asks={"customer_id": "C-1001"}, says={"erased": True},
)  # fmt: skip
async def erase_customer(ask: Ask) -> Reply:
    """Erase what is personal about one customer; the journal keeps a key that leads nowhere, and replays the same."""
    wish: WhoIn = ask.body
    services = ask.services
    number = normalised(wish.number, services.region)
    if not (wish.customer_id or number or wish.customer_key):
        raise Invalid("/customer_id: give a customer_id, a number or a customer_key")
    key: str | None = None
    if wish.customer_key is not None:
        known = await services.customers.of_key(wish.customer_key)
        key = None if known is None else known.key
    if key is None and wish.customer_id is not None:
        known = await services.customers.find(wish.customer_id, None)
        key = None if known is None else known.key
    if key is None and wish.customer_id is None:
        key = await _holder(services, number)
    row = services.audited(ask.key, "customer.erase", key, about=key)
    return Reply({"erased": await services.erasure.erase(key, number, row)})


@operation(
    routes, "GET", "/customers/{customer_id}", scopes=(*SCOPES, "telephony"), answer=CustomerOut, fails=(404,),
    says=WHO,
)  # fmt: skip
async def get_customer(ask: Ask) -> Reply:
    """Tell what is known of a customer, by the CRM's id or the customer's key; numbers are masked for supervisors."""
    known = await at_address(ask)
    customer = await ask.services.customers.behind(known.key)
    if customer is None:
        raise NotFound("there is no such customer")
    return Reply(shown(customer, plain=ask.key.may("telephony")))
