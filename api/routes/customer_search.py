"""The directory over HTTP: listed page by page, and searched by what a person is called."""

from typing import Any, Final

from pydantic import BaseModel

from api.customers.directory.record import Customer
from api.errors import Invalid
from api.http.endpoint import Reply, number_of, operation, router
from api.routes.customers import SCOPES, CustomerOut, shown
from api.services import Ask
from api.state.numbers import normalised

routes = router("customers")
LEAST_OF_A_NAME: Final = 2
"""Letters; fewer would be everybody."""


class CustomersOut(BaseModel):
    """Customers; ask again with `after` = `next` until it is null."""

    customers: list[CustomerOut]
    next: str | None


@operation(
    routes, "GET", "/customers", scopes=SCOPES, answer=CustomersOut, says={"customers": [], "next": None},
    query=(
        {"name": "customer_id", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "Who has this id of the CRM."},
        {"name": "number", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "Who has this number, however it is written."},
        {"name": "name", "in": "query", "required": False, "schema": {"type": "string"},
         "description": "Whose name has these letters in it, in any case; two at least."},
        {"name": "after", "in": "query", "required": False, "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0}},
    ),
)  # fmt: skip
async def list_customers(ask: Ask) -> Reply:
    """List or find customers, strangers included, page by page; numbers are masked for all but administrators. Audited.

    By `customer_id`, `number` or `name`: whoever fits all that is given.
    """
    after = (ask.asked("after") or "")[:300]
    limit = max(1, number_of(ask, "limit", 100, 1_000))
    wish = _wish(ask)
    found = await ask.services.live.read(lambda store: _page(store, wish, after, limit), apart="name" in wish)
    if wish:
        alone = found[0].key if len(found) == 1 else None
        said = f"by {', '.join(sorted(wish))}: {len(found)} found"
        await ask.services.live.keep(ask.services.audited(ask.key, "customer.search", alone, said, alone))
    plain = ask.key.may("telephony")
    return Reply(
        {
            "customers": [shown(customer, plain=plain) for customer in found],
            "next": found[-1].key if len(found) == limit else None,
        }
    )


def _wish(ask: Ask) -> dict[str, str]:
    """Return what is asked for, each in the form in which it is kept."""
    wish = {name: text.strip()[:200] for name in ("customer_id", "number", "name") if (text := ask.asked(name))}
    if "number" in wish:
        number = normalised(wish["number"], ask.services.region)
        if number is None:
            raise Invalid("?number: is no number")
        wish["number"] = number
    if 0 < len(wish.get("name", "xx")) < LEAST_OF_A_NAME:
        raise Invalid("?name: give {n} letters at least", n=LEAST_OF_A_NAME)
    return wish


def _page(store: Any, wish: dict[str, str], after: str, limit: int) -> list[Customer]:
    where, values = ["key > ?"], [after]
    if "customer_id" in wish:
        where.append("customer_id = ?")
        values.append(wish["customer_id"])
    if "number" in wish:
        blinds = store.vault.blinds(wish["number"])
        either = ", ".join("?" * len(blinds))
        where.append(f"key IN (SELECT customer_key FROM customer_numbers WHERE lookup IN ({either}))")
        values += blinds
    if "name" in wish:
        like = "".join(f"!{c}" if c in "!%_" else c for c in wish["name"])
        where.append("(lower(name) LIKE ? ESCAPE '!' OR name LIKE ? ESCAPE '!')")  # SQLite's lower knows ASCII only
        values += [f"%{like.lower()}%", f"%{like}%"]
    asked = f"SELECT key FROM customers WHERE {' AND '.join(where)} ORDER BY key LIMIT ?"  # our words
    keys = store.connection.execute(asked, (*values, limit))
    return [
        Customer.of_rows(row, store.find("customer_numbers", {"customer_key": key}, None, 100))
        for (key,) in keys
        for row in store.find("customers", {"key": key}, None, 1)
    ]
