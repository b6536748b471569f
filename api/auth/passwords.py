"""Names and passwords: how a person signs in for a key. Argon2id at rest; who guesses is locked out for a while.

A key has one name and one password at most; both go with the key's rotation to the one that replaces it. Failures are
counted by name and by source: five of a name, or thirty from a source, and either is refused for a quarter of an hour.
"""

import asyncio
from collections import OrderedDict
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.auth.keys import Access, Key
from api.errors import RateLimited, Unauthorized
from api.live.protocol import LiveEngine
from api.store.changes import Change, Delete, Row, Update
from callcenter.language.said import N_
from callcenter.units import MINUTE, SECOND, Millis

LOCKED: Final = 15 * MINUTE
OF_A_NAME: Final = 5
OF_A_SOURCE: Final = 30
MOST_COUNTED: Final = 10_000
MAX_CONCURRENT: Final = 2
"""Passwords that are checked at a time: each takes 64 MiB and a moment of a core."""
LEAST: Final = 10
"""Characters of a password: length is what counts (NIST SP 800-63B)."""


class LockOut:
    """Who has failed how often, lately; the oldest are forgotten beyond `MOST_COUNTED`."""

    def __init__(self) -> None:
        self._failed: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        """What and who → how often, and when last."""

    def check(self, now: int, **whom: str) -> None:
        """Refuse one who has failed too often.

        Raises:
            RateLimited: for so many seconds.
        """
        for what, who in whom.items():
            times, at = self._failed.get((what, who), (0, 0))
            if times >= (OF_A_NAME if what == "name" else OF_A_SOURCE) and now - at < LOCKED:
                raise RateLimited(max(1, (at + LOCKED - now) // SECOND), N_("too many failed sign-ins"))

    def failed(self, now: int, **whom: str) -> None:
        """Count a failure."""
        for key in whom.items():
            times, at = self._failed.pop(key, (0, 0))
            self._failed[key] = (1 if now - at >= LOCKED else times + 1, now)
            if len(self._failed) > MOST_COUNTED:
                self._failed.popitem(last=False)

    def succeeded(self, **whom: str) -> None:
        """Forget the failures of one who is who they say."""
        for key in whom.items():
            self._failed.pop(key, None)


class Passwords:
    """Sign-in by name and password, or by key, for people."""

    def __init__(self, live: LiveEngine, access: Access) -> None:
        self._live = live
        self._access = access
        self._hasher = PasswordHasher()
        self._nobody: str | None = None
        """A hash that no password has: checking it takes as long as any other."""
        self._turns = asyncio.Semaphore(MAX_CONCURRENT)
        self.lock_out = LockOut()

    async def hashed(self, password: str) -> str:
        """Return what is kept of a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def key_by_password(self, name: str, password: str, source: str) -> Key:
        """Return the key of whoever has this name and password.

        Raises:
            Unauthorized: nobody has, or their key is not in force; which of it is not said.
            RateLimited: too many tries of this name, or from this source.
        """
        now, who = self._live.now(), name.strip().casefold()
        self.lock_out.check(now, name=who, source=source)
        rows = await self._live.find("passwords", {"name": who}, limit=1)
        kept = str(rows[0]["hash"]) if rows else await self._no_ones()
        async with self._turns:
            right = await asyncio.to_thread(self._verified, kept, password)
        key = self._access.keys.get(str(rows[0]["key_id"])) if rows else None
        if not right or key is None or key.why_not(now) is not None:
            self.lock_out.failed(self._live.now(), name=who, source=source)
            raise Unauthorized("name or password is wrong")
        self.lock_out.succeeded(name=who, source=source)
        return key

    def key_by_secret(self, text: str, source: str, now: Millis) -> Key:
        """Return the key that is shown, counted against who fails.

        Raises:
            Unauthorized: it is not known, or not in force.
            RateLimited: too many tries from this source.
        """
        self.lock_out.check(now, source=source)
        try:
            return self._access.admit(None, text, now)
        except Unauthorized:
            self.lock_out.failed(now, source=source)
            raise

    async def name_of(self, key: Key) -> str | None:
        """Return the name by which a person signs in for a key; None: by the key alone."""
        rows = await self._live.find("passwords", {"key_id": key.id}, limit=1)
        return str(rows[0]["name"]) if rows else None

    async def set(self, key: Key, name: str, password: str) -> list[Change]:
        """Return what keeps a name and a password for a key, in place of those it had."""
        row = {"name": name.strip().casefold(), "key_id": key.id, "hash": await self.hashed(password),
               "at": self._live.now()}  # fmt: skip
        return [Delete("passwords", {"key_id": key.id}), Row("passwords", row)]

    def moved(self, old: Key, fresh: Key) -> Change:
        """Return what lets the name go with a key to the one that replaces it."""
        return Update("passwords", {"key_id": fresh.id}, {"key_id": old.id})

    async def _no_ones(self) -> str:
        if self._nobody is None:
            self._nobody = await self.hashed("nobody has this password")
        return self._nobody

    def _verified(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False
