"""The customer whom a request names: by key, by the CRM's id, else by number."""

from api.customers.directory.record import Known
from api.errors import Invalid, NotFound
from api.routes.customers import WhoIn
from api.services import Ask
from api.state.numbers import normalised


async def found(ask: Ask, who: WhoIn) -> Known | None:
    """Return whom a request names: by key, by the CRM's id, else by number."""
    number = normalised(who.number, ask.services.region)
    if not (who.customer_id or number or who.customer_key):
        raise Invalid("/customer_id: give a customer_id, a number or a customer_key")
    if who.customer_key is not None:
        return await ask.services.customers.of_key(who.customer_key)
    return await ask.services.customers.find(who.customer_id, number)


async def meant(ask: Ask, who: WhoIn) -> Known:
    """Return whom a request names, or refuse."""
    known = await found(ask, who)
    if known is None:
        raise NotFound("there is no such customer")
    return known


def names_one(ask: Ask) -> bool:
    """Tell whether the query string names a customer."""
    return any(ask.asked(name) for name in ("customer_id", "number", "customer_key"))


async def asked(ask: Ask) -> Known:
    """Return whom the query string names."""
    return await meant(
        ask,
        WhoIn(customer_id=ask.asked("customer_id"), number=ask.asked("number"), customer_key=ask.asked("customer_key")),
    )
