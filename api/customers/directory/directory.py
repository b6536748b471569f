"""Who calls: the directory of customers, as calls ask it and as people change it.

The engine knows a random key only, so one person can be erased: the key then leads nowhere.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from api.customers.directory.key_accounts import Managers
from api.customers.directory.lookup import Book, Profile
from api.customers.directory.record import Customer, Known
from api.errors import Unavailable
from api.ids import new_hex, new_id
from api.live.protocol import LiveEngine
from api.store.changes import Change, Delete, Row, Update
from api.store.encryption import SECRET_BYTES
from callcenter.ids import CustomerKey
from callcenter.units import Millis

LOG: Final = logging.getLogger("callcenter.customers")
AGAIN_S: Final = 1.0
Write = Callable[[Book], None]


class Customers:
    """The directory. What calls ask is held in memory; until all of it is there, calls ask the database."""

    def __init__(self, live: LiveEngine, managers: Managers) -> None:
        self._live = live
        self.managers = managers
        self._book = Book()
        self._whole = False
        """The book has everybody: who is not in it is not known."""
        self._since: list[Write] = []
        """What changed while the database was being read."""
        self._reading: asyncio.Task[None] | None = None
        self._order: tuple[object, dict[str, int]] = (None, {})

    async def start(self) -> None:
        """Begin to read the directory into memory; calls are answered meanwhile."""
        await self.managers.load()
        self._reading = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def whole(self) -> None:
        """Return when all of the directory is in memory."""
        if self._reading is not None:
            await asyncio.shield(self._reading)

    async def _read(self) -> None:
        while not self._whole:
            try:
                book = await self._live.read(Book.read, apart=True)
            except Unavailable as fault:
                LOG.warning("the directory of customers cannot be read yet: %s", fault)
                await asyncio.sleep(AGAIN_S)
                continue
            for write in self._since:
                write(book)
            self._book, self._whole = book, True
            self._since = []

    def _write(self, write: Write) -> None:
        """Change the book; also the one that is being read."""
        write(self._book)
        if not self._whole:
            self._since.append(write)

    # --- what a call asks

    async def find(self, customer_id: str | None, number: str | None) -> Known | None:
        """Return who this is, by the CRM's id, else by number; None for who is not known or cannot be told apart.

        A number says who rings if one customer alone has it as their own. What several have, or what is marked as
        shared, says which line rings, not who speaks.
        """
        if customer_id is not None:
            return await self._of_id(customer_id)
        return None if number is None else own(await self.holders(number))

    async def recognise(
        self, customer_id: str | None, number: str | None, zone: str | None, now: Millis
    ) -> tuple[Known | None, list[Change]]:
        """Return who calls as the engine is to treat them, and the rows that make a stranger known.

        Nobody for an anonymous caller. A stranger is remembered at once: two calls of one person, posted at the same
        instant, are one customer. A line that several share is a stranger of its own, whom the best tier of its
        holders is due: nobody's name, notes or place on the blacklist.
        """
        if customer_id is None and number is None:
            return None, []
        named = None if customer_id is None else await self._of_id(customer_id)
        holders = [] if number is None or named is not None else await self.holders(number)
        # No await from here: what was not there a moment ago may be by now, and is asked again from memory.
        if named is None and customer_id is not None:
            named = self._book.of_id(customer_id)
        if named is not None:
            return self._treated(named, now), []
        line = None if customer_id is not None else own(holders) or _stranger(holders)
        if line is None and customer_id is None and number is not None and not self._whole:
            line = _stranger(self._known_by(number))
        changes: list[Change] = []
        if line is None:
            # An id that is new gets the number along with it only if nobody has it: it may be a family's.
            fresh = number if not holders or customer_id is None else None
            line = Known(CustomerKey(new_id("p", now)), zone=zone, stranger=customer_id is None)
            numbers = () if fresh is None else ((self._lookup(fresh), False),)
            self.put(line.key, customer_id, Profile(None, None, zone, False, line.stranger), numbers)
            changes = first_rows(line, customer_id, fresh, now)
        if holders and customer_id is None and own(holders) is None:
            self._give_best(line, holders)
        return self._treated(line, now), changes

    async def expected(self, customer_id: str | None, number: str | None, now: Millis) -> Known | None:
        """Return how a call would be treated; nobody is remembered for it. The key is empty of a line not yet known."""
        known = await self.find(customer_id, number)
        if known is None and customer_id is None and number is not None:
            holders = await self.holders(number)
            if holders:
                known = _stranger(holders) or Known(CustomerKey(""))
                self._give_best(known, holders)
        return None if known is None else self._treated(known, now)

    def forget_again(self, known: Known | None, changes: Sequence[Change]) -> None:
        """Undo `recognise` when its rows did not become durable."""
        if known is not None and changes:
            self._remove(known.key)

    async def holders(self, number: str) -> list[tuple[Known, bool]]:
        """Return who has a number, and whether they share it."""
        found = self._known_by(number)
        if self._whole:
            return found
        rows = await self._live.find("customer_numbers", {"number": number}, order="at", limit=100)
        older = [(await self.of_key(str(row["customer_key"])), bool(row["shared"])) for row in rows]
        # Memory may know by now what was asked of the database: each holder counts once.
        found = self._known_by(number)
        newer = {known.key for known, _ in found}
        return [*((known, shared) for known, shared in older if known is not None and known.key not in newer), *found]

    async def of_key(self, key: str) -> Known | None:
        """Return who has this key."""
        known = self._book.of_key(key)
        return known if self._whole or known is not None else await self._asked("key", key)

    async def _of_id(self, customer_id: str) -> Known | None:
        known = self._book.of_id(customer_id)
        return known if self._whole or known is not None else await self._asked("customer_id", customer_id)

    async def _asked(self, column: str, value: str) -> Known | None:
        """Return whom the database knows, while memory does not know all."""
        rows = await self._live.find("customers", {column: value}, limit=1)
        if not rows:
            return None
        # What is in memory by now is newer.
        return self._book.of_key(str(rows[0]["key"])) or Customer.of_rows(rows[0], []).known

    def _known_by(self, number: str) -> list[tuple[Known, bool]]:
        """Return who has a number, as far as memory knows: by the key in force, else by one of before."""
        found = (self._book.holders(lookup) for lookup in self._live.vault.blinds(number))
        return next((holders for holders in found if holders), [])

    def _lookup(self, number: str) -> str:
        return self._live.vault.blind(number)

    def _treated(self, known: Known, now: Millis) -> Known:
        """Let a customer have a tier that the centre knows, and account managers who are there."""
        if known.tier is not None and known.tier not in self._bands():
            known.tier = None
        if known.managers:
            known.managers = self.managers.there(known.managers, now)
        return known

    def _bands(self) -> dict[str, int]:
        """Return the centre's tiers with their bands."""
        centre = self._live.engine.centre
        if self._order[0] is not centre:
            self._order = (centre, {tier.name: tier.band for tier in centre.tiers})
        return self._order[1]

    def _give_best(self, line: Known, holders: list[tuple[Known, bool]]) -> None:
        """Let a line have the best tier that any of its holders is due, at least the ordinary one."""
        bands = self._bands()
        ordinary = self._live.engine.centre.default_tier
        tiers = [ordinary, *(known.tier for known, _ in holders if known.tier is not None and known.tier in bands)]
        best = min(tiers, key=lambda tier: bands[tier])
        line.tier = None if best == ordinary else best
        line.protected = any(known.protected for known, _ in holders)

    # --- what is read and changed

    async def behind(self, key: str | None) -> Customer | None:
        """Return all that is known of who stands behind a key."""
        rows = [] if key is None else await self._live.find("customers", {"key": key}, limit=1)
        if not rows:
            return None
        return Customer.of_rows(rows[0], await self._live.find("customer_numbers", {"customer_key": key}))

    async def keep(self, customer: Customer, now: Millis, *more: Change, new: bool) -> None:
        """Make what is known of a person durable."""
        if new:
            await self._live.keep(*rows_of(customer, now), *more)
        else:
            values = customer.row(now)
            del values["key"]
            old = Delete("customer_numbers", {"customer_key": customer.key})
            numbers = rows_of(customer, now)[1:]
            await self._live.keep(Update("customers", values, {"key": customer.key}), old, *numbers, *more)
        self._put(customer)

    async def erase(self, key: str, *more: Change) -> None:
        """Forget the person; the journal keeps the key, which then leads nowhere. See `api.customers.erasure`."""
        await self._live.keep(
            Delete("customers", {"key": key}), Delete("customer_numbers", {"customer_key": key}), *more
        )
        self._remove(key)

    def _put(self, customer: Customer) -> None:
        numbers = [(self._lookup(one.number), one.shared) for one in customer.numbers]
        self.put(customer.key, customer.customer_id, profile_of(customer), numbers)

    def put(
        self, key: str, customer_id: str | None, profile: Profile, numbers: Sequence[tuple[str, bool]] | None
    ) -> None:
        """Let calls know of a customer as the database does by now; None: with the numbers and the id they had."""
        if numbers is None:
            self._write(lambda book: book.regrade(key, profile))
            return
        self._write(lambda book: book.put(key, customer_id, profile, numbers))

    def forget(self, key: str) -> None:
        """Let calls know nobody of this key any more, as the database does by now."""
        self._remove(key)

    def _remove(self, key: str) -> None:
        self._write(lambda book: book.remove(key))


def own(holders: Sequence[tuple[Known, bool]]) -> Known | None:
    """Return the one customer who has a number as their own; a stranger's is theirs as long as nobody else has it."""
    named = [known for known, shared in holders if not shared and not known.stranger]
    if len(named) == 1:
        return named[0]
    return holders[0][0] if len(holders) == 1 and not holders[0][1] else None


def _stranger(holders: Sequence[tuple[Known, bool]]) -> Known | None:
    """Return the stranger who stands for a line."""
    return next((known for known, _ in holders if known.stranger), None)


def profile_of(customer: Customer) -> Profile:
    """Return what calls need of a customer, as the book has it."""
    return Profile(
        customer.tier, customer.account_manager, customer.zone, customer.protected, customer.customer_id is None
    )


def first_rows(known: Known, customer_id: str | None, number: str | None, now: Millis) -> list[Change]:
    """Return the rows of somebody who rings for the first time: short, as most calls of strangers write them."""
    one = {"key": known.key, "customer_id": customer_id, "zone": known.zone, "protected": 0, "at": now}
    one["backup_key"] = new_hex(SECRET_BYTES)
    if number is None:
        return [Row("customers", one)]
    first = {"customer_key": known.key, "extension": "", "number": number, "shared": 0, "place": 0, "at": now}
    return [Row("customers", one), Row("customer_numbers", first)]


def rows_of(customer: Customer, now: Millis) -> list[Change]:
    """Return the rows of a new customer."""
    numbers = [Row("customer_numbers", values) for values in customer.number_rows(now)]
    return [Row("customers", customer.row(now) | {"backup_key": new_hex(SECRET_BYTES)}), *numbers]
