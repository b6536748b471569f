"""Who stands behind a customer key: the engine knows the key only, so one person can be erased."""

from collections.abc import Sequence
from typing import Any, Final

from api.access import new_id
from api.customers.record import Customer, Known, Number, managers_of
from api.live import Change, Delete, LiveEngine, Row, Update
from callcenter.ids import CustomerKey
from callcenter.units import Millis

MOST: Final = 5_000_000


class Customers:
    """The directory: what a call asks is held in memory, so that no call waits for a look-up; the rest is read."""

    def __init__(self, live: LiveEngine) -> None:
        self._live = live
        self._by_key: dict[str, Known] = {}
        self._by_id: dict[str, str] = {}
        self._by_number: dict[str, list[str]] = {}

    async def load(self) -> None:
        """Read what calls ask."""
        numbers: dict[str, list[dict[str, Any]]] = {}
        for row in await self._live.find("customer_numbers", limit=MOST):
            numbers.setdefault(str(row["customer_key"]), []).append(row)
        for row in await self._live.find("customers", limit=MOST):
            self._add(Customer.of_rows(row, numbers.get(str(row["key"]), [])))

    def _add(self, customer: Customer) -> None:
        self._by_key[customer.key] = Known(
            customer.key, customer.tier, managers_of(customer.account_manager), customer.zone, customer.protected
        )
        if customer.customer_id is not None:
            self._by_id[customer.customer_id] = customer.key
        for one in customer.numbers:
            owners = self._by_number.setdefault(one.number, [])
            if customer.key not in owners:
                owners.append(customer.key)

    # --- what a call asks

    def find(self, customer_id: str | None, number: str | None) -> Known | None:
        """Return who this is: by the CRM's id, else by number."""
        if customer_id is not None:
            key = self._by_id.get(customer_id)
        else:
            key = next(iter(self._by_number.get(number or "", ())), None)
        return None if key is None else self._by_key[key]

    def of_key(self, key: str) -> Known | None:
        """Return who has this key."""
        return self._by_key.get(key)

    def recognise(
        self, customer_id: str | None, number: str | None, zone: str | None, now: Millis
    ) -> tuple[Known | None, list[Change]]:
        """Return who calls, and the rows that make a stranger known; nobody for an anonymous caller.

        A stranger is remembered at once: two calls of one person, posted at the same instant, are one customer.
        """
        known = self.find(customer_id, number)
        if known is not None or (customer_id is None and number is None):
            return known, []
        numbers = () if number is None else (Number(number),)
        fresh = Customer(CustomerKey(new_id("p")), customer_id, zone=zone, numbers=numbers)
        self._add(fresh)
        return self._by_key[fresh.key], _rows(fresh, now)

    def forget_again(self, known: Known | None, changes: Sequence[Change]) -> None:
        """Undo `recognise` when its rows did not become durable."""
        if known is not None and changes:
            self._remove(known.key)

    # --- what is read and changed

    async def behind(self, key: str | None) -> Customer | None:
        """Return who stands behind a key."""
        rows = [] if key is None else await self._live.find("customers", {"key": key}, limit=1)
        if not rows:
            return None
        return Customer.of_rows(rows[0], await self._live.find("customer_numbers", {"customer_key": key}))

    async def keep(self, customer: Customer, now: Millis, *more: Change) -> None:
        """Make what is known of a person durable."""
        if customer.key in self._by_key:
            values = customer.row(now)
            del values["key"]
            numbers = _rows(customer, now)[1:]
            old = Delete("customer_numbers", {"customer_key": customer.key})
            await self._live.keep(Update("customers", values, {"key": customer.key}), old, *numbers, *more)
            self._remove(customer.key)
        else:
            await self._live.keep(*_rows(customer, now), *more)
        self._add(customer)

    async def erase(self, key: str, *more: Change) -> None:
        """Forget the person; the journal keeps the key, which then leads nowhere. See `api.erasure`."""
        await self._live.keep(
            Delete("customers", {"key": key}), Delete("customer_numbers", {"customer_key": key}), *more
        )
        self._remove(key)

    def _remove(self, key: str) -> None:
        self._by_key.pop(key, None)
        for customer_id in [name for name, owner in self._by_id.items() if owner == key]:
            del self._by_id[customer_id]
        for number in [number for number, owners in self._by_number.items() if key in owners]:
            self._by_number[number].remove(key)


def _rows(customer: Customer, now: Millis) -> list[Change]:
    numbers = [Row("customer_numbers", values) for values in customer.number_rows(now)]
    return [Row("customers", customer.row(now)), *numbers]
