"""What is known of each person as backups have it: encrypted by a key of that person's own, which no backup has.

Who is erased loses their key, and with it what every earlier backup says of them ("crypto-shredding"). AES-256-GCM with
a random nonce, bound to the person and the table; the cipher's key is derived by HKDF (RFC 5869).
"""

import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json

from api.ids import new_bytes
from api.store.encryption import Vault, derived
from api.store.errors import BadJournal
from api.store.schema import LINEAGE, NOBODY
from api.store.store import Store
from api.store.tables import OWNED, TABLES
from callcenter.errors import BadInput

PLACE: Final = "customers.backup_key"
NO_ONE: Final = ""
"""Owner of rows that are about no customer who is known."""
ROWS_PER_TEXT: Final = 1_000
"""Rows in one encrypted text."""
Sealed = tuple[str, str, bytes]
"""Whose, of which table, and the rows."""


@dataclass(slots=True)
class Keys:
    """The keys of all persons whom a database knows; who was erased is not among them."""

    lineage: str
    """Of which database."""
    of: dict[str, str]
    """Customer → key, hexadecimal."""

    @classmethod
    def read(cls, store: Store) -> "Keys":
        """Return the keys in a database.

        Raises:
            BadJournal: they are encrypted by a key that was not given.
        """
        told: Any = store.connection.execute("SELECT name, value FROM settings WHERE name IN (?, ?)", (LINEAGE, NOBODY))
        settings = dict(told)
        keys = {NO_ONE: settings[NOBODY]}
        for page in store.connection.pages("SELECT key, backup_key FROM customers WHERE backup_key IS NOT NULL"):
            keys.update((key, store.vault.open(kept, PLACE)) for key, kept in page)
        return cls(settings[LINEAGE], keys)

    @classmethod
    def load(cls, path: Path, vault: Vault) -> "Keys":
        """Return the keys in a file; raises `BadInput` for a file that is none."""
        lineage, kept = _kept(path)
        return cls(lineage, {owner: vault.open(key, PLACE) for owner, key in kept})

    def save(self, path: Path, vault: Vault) -> None:
        """Write the keys into a file in place of those of before; raises `BadInput` if they are of another database."""
        if path.exists() and _kept(path)[0] != self.lineage:
            raise BadInput("{path}: has the keys of another database: name another file (--keys)", path=path)
        half = path.with_name(path.name + ".part")
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_CREAT | os.O_WRONLY | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"callcenter-keys {self.lineage}\n")
            file.writelines(f"{owner} {vault.seal(key, PLACE)}\n" for owner, key in self.of.items())
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)

    def owner(self, who: object) -> str:
        """Return by whose key a row is encrypted."""
        return str(who) if who in self.of else NO_ONE


def _kept(path: Path) -> tuple[str, list[list[str]]]:
    """Return of which database a file of keys is, and its lines."""
    try:
        lines = [line.split(" ") for line in path.read_text(encoding="ascii").splitlines()]
        ((mark, lineage), *kept) = lines
        if mark != "callcenter-keys" or any(len(line) != 2 for line in kept):
            raise ValueError("no such file")
    except (OSError, ValueError):
        raise BadInput("{path}: holds no keys of a backup: check the path", path=path) from None
    return lineage, kept


def sealed(store: Store, keys: Keys) -> Iterator[Sealed]:
    """Yield all that a database knows of persons, encrypted."""
    for name, column in OWNED.items():
        columns = tuple(TABLES[name].columns)
        place = columns.index(column)
        asked = f"SELECT {', '.join(columns)} FROM {name} ORDER BY {column}"
        rows = (row for page in store.connection.pages(asked) for row in page)
        for who, theirs in groupby(rows, lambda row, place=place: keys.owner(row[place])):  # type: ignore[misc]
            cipher = _cipher(keys.of[who])
            while some := list(islice(theirs, ROWS_PER_TEXT)):
                nonce, text = new_bytes(12), zlib.compress(to_json([columns, some]), 1)
                yield who, name, nonce + cipher.encrypt(nonce, text, _bound(who, name))


def opened(some: Iterable[Sealed], keys: Keys) -> Iterator[tuple[str, str, tuple[str, ...], list[list[Any]]]]:
    """Yield whose, table, columns and rows of what can be read, and no columns where the key is gone.

    Raises:
        BadJournal: it was changed, or moved to another person.
    """
    for who, name, body in some:
        key = keys.of.get(who)
        if key is None:
            yield who, name, (), []
            continue
        try:
            text = _cipher(key).decrypt(body[:12], body[12:], _bound(who, name))
        except InvalidTag:
            if who != NO_ONE:
                raise BadJournal(
                    "{name}: what a backup says of a person was changed: take another one", name=name
                ) from None
            yield who, name, (), []  # the key of rows about nobody in particular was renewed by an erasure
            continue
        columns, rows = from_json(zlib.decompress(text))
        yield who, name, tuple(columns), rows


def _bound(who: str, name: str) -> bytes:
    return f"{name}|{who}".encode()


def _cipher(key: str) -> AESGCM:
    return AESGCM(derived(bytes.fromhex(key), b"callcenter backup"))
