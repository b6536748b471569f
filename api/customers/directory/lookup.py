"""What calls ask of the directory, for all customers at once, in some 70 bytes each.

A posted call must not wait for a disk, and a million Python objects would take a gigabyte: hence columns. Customers
have few combinations of tier, manager and zone, so each row points to one of them.
"""

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from api.customers.directory.record import Known, managers_of
from api.customers.directory.word_index import Index
from callcenter.ids import CustomerKey

if TYPE_CHECKING:
    from api.store.store import Store

KEY_BYTES: Final = 21
"""`new_id("p")`; shorter keys are filled up with spaces."""
GONE: Final = 0
"""The profile of a row whose customer was erased or has a newer row."""


class Profile(NamedTuple):
    """What many customers have in common."""

    tier: str | None
    account_manager: str | None
    zone: str | None
    protected: bool
    """0 and 1 will do."""
    stranger: bool
    """Without the CRM's id: known by a number only."""


class Book:
    """The columns and their indexes."""

    def __init__(self) -> None:
        self._keys = bytearray()
        self._profiles = array("I")
        self._kinds: list[Profile | None] = [None]
        self._number_of: dict[tuple[Any, ...], int] = {}
        self._by_key, self._by_id, self._by_number = Index(), Index(), Index()
        self.customers = 0

    # --- reading

    def of_key(self, key: str) -> Known | None:
        """Return who has this key."""
        return self._newest(self._by_key.rows(key))

    def of_id(self, customer_id: str) -> Known | None:
        """Return who has this id in the CRM."""
        return self._newest(self._by_id.rows(customer_id))

    def holders(self, lookup: str) -> list[tuple[Known, bool]]:
        """Return who has a number, and whether it is marked as shared; the first to have it first."""
        found = []
        for marked in self._by_number.rows(lookup):
            known = self._known(marked >> 1)
            if known is not None:
                found.append((known, bool(marked & 1)))
        return found

    def _newest(self, rows: list[int]) -> Known | None:
        for row in reversed(rows):
            known = self._known(row)
            if known is not None:
                return known
        return None

    def _known(self, row: int) -> Known | None:
        kind = self._kinds[self._profiles[row]]
        if kind is None:
            return None
        key = self._keys[row * KEY_BYTES : (row + 1) * KEY_BYTES].decode().rstrip()
        return Known(
            CustomerKey(key), kind.tier, managers_of(kind.account_manager), kind.zone, kind.protected, kind.stranger
        )

    # --- changing

    def put(self, key: str, customer_id: str | None, profile: Profile, numbers: Sequence[tuple[str, bool]]) -> None:
        """Let a customer be known so, whatever was known before; numbers as they are looked up, and whether shared."""
        self.remove(key)
        row = self._add(key, profile)
        self._by_key.add(key, row)
        if customer_id is not None:
            self._by_id.add(customer_id, row)
        for lookup, shared in numbers:
            self._by_number.add(lookup, row << 1 | shared)

    def regrade(self, key: str, profile: Profile) -> None:
        """Let a customer with the same id and numbers have another tier, manager or zone."""
        for row in self._by_key.rows(key):
            if self._profiles[row] != GONE:
                self._profiles[row] = self._kind(profile)

    def remove(self, key: str) -> None:
        """Know a customer no more."""
        for row in self._by_key.rows(key):
            if self._profiles[row] != GONE:
                self._profiles[row] = GONE
                self.customers -= 1

    def _add(self, key: str, profile: Profile) -> int:
        self._keys += key.encode().ljust(KEY_BYTES)
        self._profiles.append(self._kind(profile))
        self.customers += 1
        return len(self._profiles) - 1

    def _kind(self, profile: tuple[Any, ...]) -> int:
        number = self._number_of.get(profile)
        if number is None:
            number = self._number_of[profile] = len(self._kinds)
            self._kinds.append(Profile(*profile))
        return number

    # --- the beginning

    @classmethod
    def read(cls, store: "Store") -> "Book":
        """Return the book of what the store has."""
        book = cls()
        row_of: dict[str, int] = {}
        asked = "SELECT key, customer_id, tier, account_manager, zone, protected FROM customers"
        for page in store.connection.pages(asked):
            begun = len(book._profiles)
            keys = [line[0] for line in page]
            rows = range(begun, begun + len(page))
            row_of.update(zip(keys, rows, strict=True))
            book._keys += "".join([key.ljust(KEY_BYTES) for key in keys]).encode()
            # A plain tuple is equal to its profile, and made by the database already.
            book._profiles.extend([book._kind((*line[2:], line[1] is None)) for line in page])
            book._by_key.fill(keys, rows)
            named = [(line[1], row) for line, row in zip(page, rows, strict=True) if line[1] is not None]
            book._by_id.fill([name for name, _ in named], [row for _, row in named])
        book.customers = len(row_of)
        for page in store.connection.pages("SELECT lookup, customer_key, shared FROM customer_numbers"):
            held = [line for line in page if line[1] in row_of]
            book._by_number.fill([line[0] for line in held], [row_of[line[1]] << 1 | line[2] for line in held])
        for index in (book._by_key, book._by_id, book._by_number):
            index.settle()
        return book
