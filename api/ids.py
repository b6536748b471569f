"""Random identifiers and secrets: the only place of the service where chance is drawn."""

import secrets
from collections.abc import Iterator
from itertools import count
from typing import Final


def new_id(prefix: str, now: int | None = None) -> str:
    """Return a name drawn by chance; with `now` names sort as they were made: rows that come together lie together."""
    if now is None:
        return prefix + secrets.token_hex(10)
    return f"{prefix}{now:011x}{next(_MADE) & 0xFFF:03x}{next(_drawn)}"


def _chance() -> Iterator[str]:
    """Yield 24 random bits, many times from one look at the system's: each look costs as much as half a decision."""
    while True:
        many = secrets.token_hex(3 * 1024)
        yield from (many[begin : begin + 6] for begin in range(0, len(many), 6))


_MADE: Final = count()
_drawn: Final = _chance()


def new_ids(prefix: str, count: int) -> list[str]:
    """Return many names drawn by chance, in order: rows of such names stand together in the database."""
    drawn = secrets.token_hex(5)
    step = secrets.randbelow(1 << 16) + 1
    begun = secrets.randbelow(1 << 38)
    return [f"{prefix}{drawn}{begun + n * step:010x}" for n in range(count)]


def new_secret() -> str:
    """Return a secret of 256 bits."""
    return secrets.token_urlsafe(32)


def new_bytes(size: int) -> bytes:
    """Return random bytes: a key, or a nonce that no encryption used before."""
    return secrets.token_bytes(size)


def new_hex(size: int) -> str:
    """Return `size` random bytes as hexadecimal digits."""
    return secrets.token_hex(size)
