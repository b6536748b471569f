"""Callers' numbers at rest: as they are, or encrypted, with a keyed hash by which a number is still found.

Encrypted: AES-256-GCM with a random nonce for the value, bound to its table and column; HMAC-SHA-256 for look-up (a
"blind index": equal numbers have equal hashes, which is what look-up needs and all that a copy of the file gives away).
Both keys are derived from one secret of 32 bytes by HKDF (RFC 5869), and the secret is never stored in the database.
"""

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, Protocol

from api.ids import new_bytes
from api.store.errors import BadJournal

MARK: Final = "sealed:"
SECRET_BYTES: Final = 32


class Vault(Protocol):
    """How a value is kept, and read again."""

    def seal(self, text: str, place: str) -> str:
        """Return what is kept of `text` in `place`, a table and a column."""
        ...

    def open(self, kept: str, place: str) -> str:
        """Return the text that was kept; raises `BadJournal` when the key is another."""
        ...

    def blind(self, text: str) -> str:
        """Return what `text` is found by."""
        ...

    def blinds(self, text: str) -> tuple[str, ...]:
        """Return all that `text` may be found by, `blind` first: rows of before a rotation have what they had."""
        ...


class Clear(Vault):
    """Numbers are kept as they are."""

    def seal(self, text: str, place: str) -> str:
        return text

    def open(self, kept: str, place: str) -> str:
        if kept.startswith(MARK):
            raise BadJournal(
                "the database has encrypted numbers: give their key (CALLCENTER_NUMBERS_KEY, or numbers_key_file)"
            )
        return kept

    def blind(self, text: str) -> str:
        return text

    def blinds(self, text: str) -> tuple[str, ...]:
        return (text,)


class Sealed(Vault):
    """Numbers are encrypted: by the first secret, and read by any; the others are of before a rotation."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._look_ups = [derived(secret, b"callcenter number look-up") for secret in secrets]
        self._ciphers = {_name(secret): _cipher(secret) for secret in secrets}
        self._first = _name(secrets[0])

    def seal(self, text: str, place: str) -> str:
        nonce = new_bytes(12)
        shut = self._ciphers[self._first].encrypt(nonce, text.encode(), place.encode())
        return f"{MARK}{self._first}:{base64.b64encode(nonce + shut).decode()}"

    def open(self, kept: str, place: str) -> str:
        if not kept.startswith(MARK):
            return kept  # of before the encryption was switched on: sealed when it is next written
        name, _, body = kept.removeprefix(MARK).partition(":")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise BadJournal(
                "numbers are encrypted by key {name}, which was not given (CALLCENTER_NUMBERS_KEY)", name=name
            )
        raw = base64.b64decode(body)
        try:
            text: bytes = cipher.decrypt(raw[:12], raw[12:], place.encode())
        except Exception as error:  # InvalidTag; the library is imported only where it is used
            raise BadJournal(
                "{place}: an encrypted number was changed or moved: restore a copy", place=place
            ) from error
        return text.decode()

    def blind(self, text: str) -> str:
        return _hashed(self._look_ups[0], text)

    def blinds(self, text: str) -> tuple[str, ...]:
        # The last: of rows that were there before the encryption was switched on.
        return (*(_hashed(key, text) for key in self._look_ups), text)


def _hashed(key: bytes, text: str) -> str:
    return base64.b64encode(hmac.digest(key, text.encode(), "sha256")[:18]).decode()


def vault_of(text: str | None) -> Vault:
    """Return the vault of the secrets in `text`, one a line, base64, the one in force first; none: numbers are clear.

    Raises:
        BadJournal: a line is no secret.
    """
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    if not lines:
        return Clear()
    secrets = []
    for line in lines:
        try:
            secret = base64.b64decode(line, validate=True)
        except ValueError:
            secret = b""
        if len(secret) != SECRET_BYTES:
            raise BadJournal(
                "numbers_key: a key is 32 random bytes in base64, one a line: make one with `openssl rand -base64 32`"
            )
        secrets.append(secret)
    return Sealed(secrets)


def _name(secret: bytes) -> str:
    """Return which secret a value is sealed by, without saying anything of it."""
    return derived(secret, b"callcenter key name").hex()[:8]


def derived(secret: bytes, purpose: bytes) -> bytes:
    """Return a key for one purpose (HKDF with SHA-256 and no salt; one block is enough for 32 bytes)."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    return hmac.new(extracted, purpose + b"\x01", sha256).digest()


def _cipher(secret: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # a tenth of a second that only its users pay

    return AESGCM(derived(secret, b"callcenter numbers"))
