"""Who stands behind a customer key: the engine knows the key only, so one person can be erased."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

from api.access import new_id
from api.live import Change, Delete, LiveEngine, Row, Update
from callcenter.ids import CustomerKey
from callcenter.units import Millis

MOST: Final = 5_000_000


@dataclass(slots=True)
class Customer:
    """One person, as the store knows them."""

    key: CustomerKey
    customer_id: str | None = None
    number: str | None = None
    name: str | None = None
    tier: str | None = None
    zone: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    def row(self, now: Millis) -> dict[str, object]:
        """Return the customer as a row."""
        return {
            "customer_key": self.key,
            "customer_id": self.customer_id,
            "number": self.number,
            "name": self.name,
            "tier": self.tier,
            "zone": self.zone,
            "attributes": json.dumps(self.attributes) if self.attributes else None,
            "at": now,
        }

    @property
    def account_manager(self) -> str | None:
        """The agent who is asked first."""
        return self.attributes.get("account_manager")


class Customers:
    """The side table, held in memory: no call waits for a look-up."""

    def __init__(self, live: LiveEngine) -> None:
        self._live = live
        self._by_key: dict[str, Customer] = {}
        self._by_id: dict[str, Customer] = {}
        self._by_number: dict[str, Customer] = {}

    async def load(self) -> None:
        """Read the table."""
        for row in await self._live.find("customers", limit=MOST):
            attributes = row["attributes"]
            self._add(
                Customer(
                    CustomerKey(str(row["customer_key"])),
                    _text(row["customer_id"]),
                    _text(row["number"]),
                    _text(row["name"]),
                    _text(row["tier"]),
                    _text(row["zone"]),
                    json.loads(str(attributes)) if attributes else {},
                )
            )

    def _add(self, customer: Customer) -> None:
        self._by_key[customer.key] = customer
        if customer.customer_id is not None:
            self._by_id[customer.customer_id] = customer
        if customer.number is not None:
            self._by_number.setdefault(customer.number, customer)

    def find(self, customer_id: str | None, number: str | None) -> Customer | None:
        """Return who this is: by the CRM's id, else by number."""
        if customer_id is not None:
            return self._by_id.get(customer_id)
        return None if number is None else self._by_number.get(number)

    def behind(self, key: str | None) -> Customer | None:
        """Return who stands behind a key."""
        return None if key is None else self._by_key.get(key)

    def recognise(
        self, customer_id: str | None, number: str | None, zone: str | None, now: Millis
    ) -> tuple[Customer | None, list[Change]]:
        """Return who calls, and the row that makes a stranger known; nobody for an anonymous caller.

        A stranger is remembered at once: two calls of one person, posted at the same instant, are one customer.
        """
        known = self.find(customer_id, number)
        if known is not None or (customer_id is None and number is None):
            return known, []
        fresh = Customer(CustomerKey(new_id("p")), customer_id, number, zone=zone)
        self._add(fresh)
        return fresh, [Row("customers", fresh.row(now))]

    def forget_again(self, customer: Customer | None, changes: list[Change]) -> None:
        """Undo `recognise` when its row did not become durable."""
        if customer is not None and changes:
            self._remove(customer)

    async def keep(self, customer: Customer, now: Millis, *more: Change) -> None:
        """Make what is known of a person durable."""
        if customer.key in self._by_key:
            values = customer.row(now)
            del values["customer_key"]
            await self._live.keep(Update("customers", values, {"customer_key": customer.key}), *more)
        else:
            await self._live.keep(Row("customers", customer.row(now)), *more)
        self._add(customer)

    async def erase(self, customer: Customer, *more: Change) -> None:
        """Forget the person; the journal keeps the key, which then leads nowhere."""
        nothing = {"caller": None, "callback_number": None, "attributes": None, "customer_key": None}
        await self._live.keep(
            Delete("customers", {"customer_key": customer.key}),
            Update("call_details", nothing, {"customer_key": customer.key}),
            *more,
        )
        self._remove(customer)

    def _remove(self, customer: Customer) -> None:
        self._by_key.pop(customer.key, None)
        if customer.customer_id is not None:
            self._by_id.pop(customer.customer_id, None)
        if customer.number is not None and self._by_number.get(customer.number) is customer:
            del self._by_number[customer.number]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
