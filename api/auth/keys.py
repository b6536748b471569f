"""Who may do what: API keys with scopes, hashed at rest, and their rates."""

import asyncio
import hmac
import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Literal, get_args

from api.errors import Forbidden, RateLimited, Unauthorized
from api.ids import new_bytes, new_hex, new_secret
from callcenter.language.said import N_
from callcenter.units import SECOND, Millis

Scope = Literal["telephony", "agent", "supervisor", "admin", "metrics"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
ADMIN: Final = "admin"
"""The scope that includes all others."""


def hashed(secret: str) -> str:
    """Return what is stored of a secret; 256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()


NO_SOURCE_YET: Final = "[]"
"""What the store keeps of a key that waits for its first source."""


@dataclass(slots=True, eq=False)
class Key:
    """An API key as it is known after the start; `hashes` are the secret in force and one that is being replaced."""

    id: str
    hash: str
    scopes: frozenset[str]
    name: str = ""
    agent_id: str | None = None
    created_at: int = 0
    expires_at: int | None = None
    revoked_at: int | None = None
    last_used_at: int | None = None
    """As it is kept, which is done once a minute."""
    sources: frozenset[str] = frozenset()
    """Of telephony systems whose calls it may touch (empty: all, unless it waits for its first)."""
    waits_for_source: bool = False
    """It is bound to the first source that it posts for; until then it may touch nobody's calls."""
    groups: frozenset[str] = frozenset()
    """Of agents whom it may speak for (empty: all)."""
    tokens: float = field(default=0.0, repr=False)
    """What is left of its share, as of `counted_at`."""
    counted_at: int | None = None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Key":
        """Return the key that a row of the store tells of."""
        return cls(
            str(row["id"]),
            str(row["hash"]),
            frozenset(str(row["scopes"]).split()),
            str(row["name"] or ""),
            row["agent_id"],
            int(row["created_at"]),
            row["expires_at"],
            row["revoked_at"],
            row["last_used_at"],
            frozenset(json.loads(str(row["sources"] or "[]"))),
            row["sources"] == NO_SOURCE_YET,
            frozenset(json.loads(str(row["groups"] or "[]"))),
        )

    def row(self) -> dict[str, object]:
        """Return the key as a row of the store: never the secret."""
        return {
            "id": self.id,
            "hash": self.hash,
            "scopes": " ".join(sorted(self.scopes)),
            "name": self.name,
            "agent_id": self.agent_id,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
            "last_used_at": self.last_used_at,
            "sources": self.sources_kept(),
            "groups": json.dumps(sorted(self.groups)) if self.groups else None,
        }

    def sources_kept(self) -> str | None:
        """Return the sources as the store keeps them."""
        return None if self.reaches_all_sources else json.dumps(sorted(self.sources))

    @property
    def reaches_all_sources(self) -> bool:
        """Whether it is bound to no source, and to none that is still to come."""
        return not self.sources and not self.waits_for_source

    def shown(self) -> dict[str, Any]:
        """Return the key as administrators see it."""
        return {
            "id": self.id,
            "name": self.name,
            "scopes": sorted(self.scopes),
            "agent_id": self.agent_id,
            "sources": None if self.reaches_all_sources else sorted(self.sources),
            "groups": sorted(self.groups) or None,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
            "last_used_at": self.used_at,
        }

    def why_not(self, now: Millis) -> str | None:
        """Return why the key is not in force, or None."""
        if self.revoked_at is not None and self.revoked_at <= now:
            return N_("this key was revoked")
        if self.expires_at is not None and self.expires_at <= now:
            return N_("this key has expired")
        return None

    @property
    def used_at(self) -> int | None:
        """When the key was last used, as far as anybody knows."""
        return self.last_used_at if self.counted_at is None else self.counted_at

    @property
    def reaches_all_calls(self) -> bool:
        """Whether this is a telephony system's key that is bound to no source."""
        return "telephony" in self.scopes and ADMIN not in self.scopes and self.reaches_all_sources

    def may(self, scope: str) -> bool:
        """Tell whether the key has this scope."""
        return scope in self.scopes or ADMIN in self.scopes


class Access:
    """The keys in force."""

    def __init__(self, keys: Iterable[Key] = (), *, rate_per_s: float = 2_000, burst: int = 4_000) -> None:
        self.keys: dict[str, Key] = {key.id: key for key in keys}
        self._rate_per_ms = rate_per_s / SECOND
        self._burst = float(burst)
        self._long: dict[Key, set[asyncio.Task[Any]]] = {}
        """What is being done for a while, for whom."""
        self._ended: dict[asyncio.Task[Any], str] = {}
        """Which of it was ended, and why."""

    def admit(self, authorization: str | None, x_api_key: str | None, now: Millis) -> Key:
        """Return whose request this is, counted against their share.

        Raises:
            Unauthorized: no key, or none in force.
            RateLimited: the key has used its share.
        """
        shown = x_api_key
        if authorization is not None:
            kind, _, shown = authorization.partition(" ")
            if kind.lower() == "basic":  # what some telephony systems can only send: the key is the password
                shown = _password(shown)
            elif kind.lower() != "bearer":
                raise Unauthorized("send Authorization: Bearer cc_… (or X-API-Key)")
        if not shown:
            raise Unauthorized("send Authorization: Bearer cc_… (or X-API-Key)")
        prefix, _, rest = shown.strip().partition("_")
        key_id, _, secret = rest.partition("_")
        key = self.keys.get(key_id)
        # One comparison whether or not the key exists: the time tells nothing.
        right = hmac.compare_digest(hashed(secret), key.hash if key is not None else _NOBODY)
        if key is None or not right or prefix != "cc":
            raise Unauthorized("this key is not known")
        why_not = key.why_not(now)
        if why_not is not None:
            raise Unauthorized(why_not)
        self.count(key, now)
        return key

    def count(self, key: Key, now: Millis) -> None:
        """Take one from the key's bucket, which fills at the rate up to the burst.

        Raises:
            RateLimited: there is none left.
        """
        if key.counted_at is None:
            key.tokens = self._burst
        else:
            key.tokens = min(self._burst, key.tokens + (now - key.counted_at) * self._rate_per_ms)
        key.counted_at = now
        if key.tokens < 1:
            raise RateLimited(max(1, int((1 - key.tokens) / self._rate_per_ms / SECOND + 0.999)))
        key.tokens -= 1

    def make(
        self,
        scopes: Iterable[str],
        now: Millis,
        *,
        name: str = "",
        agent_id: str | None = None,
        expires_at: int | None = None,
        sources: Iterable[str] = (),
        waits_for_source: bool = False,
        groups: Iterable[str] = (),
    ) -> tuple[Key, str]:
        """Return a new key and, this once, what its holder sends; `add` it when it is durable."""
        secret = new_secret()
        key = Key(
            new_hex(4), hashed(secret), frozenset(scopes), name, agent_id, now, expires_at,
            sources=frozenset(sources), waits_for_source=waits_for_source, groups=frozenset(groups),
        )  # fmt: skip
        return key, f"cc_{key.id}_{secret}"

    def add(self, key: Key) -> None:
        """Let a key in."""
        self.keys[key.id] = key

    @contextmanager
    def while_in_force(self, key: Key) -> Iterator[None]:
        """Let what this task does for a key end with the key: a stream, a long poll, a simulation.

        Raises:
            Unauthorized: the key was revoked or has expired meanwhile.
        """
        task = asyncio.current_task()
        assert task is not None, "requests are tasks"
        self._long.setdefault(key, set()).add(task)
        try:
            yield
        except asyncio.CancelledError:
            why = self._ended.pop(task, "")
            if not why:
                raise
            task.uncancel()
            raise Unauthorized(why) from None
        finally:
            self._long[key].discard(task)
            if not self._long[key]:
                del self._long[key]

    def end_what_is_over(self, now: Millis) -> None:
        """End what is being done for keys that are not in force any more."""
        for key, tasks in list(self._long.items()):
            why = key.why_not(now)
            if why is None:
                continue
            for task in tasks:
                self._ended[task] = why
                task.cancel()


_NOBODY: Final = hashed("")


def _password(encoded: str) -> str:
    """Return the password of HTTP Basic credentials (RFC 7617); empty where they cannot be read."""
    try:
        return b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def check_scope(key: Key, scopes: tuple[str, ...]) -> None:
    """Refuse a key that has none of these scopes."""
    if not any(key.may(scope) for scope in scopes):
        raise Forbidden("this needs the scope {scopes}", scopes=" or ".join(scopes))


def check_agent(key: Key, agent_id: str) -> None:
    """Refuse an agent's own key that acts for another agent."""
    if key.agent_id is not None and key.agent_id != agent_id:
        raise Forbidden("this key is agent {agent_id}'s own", agent_id=key.agent_id)


class Tokens:
    """What fences an offer: only who was told of it can accept it. Offers do not outlive the process, nor does this."""

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret if secret is not None else new_bytes(32)

    def of(self, offer_id: str) -> str:
        """Return the token of an offer."""
        return hmac.new(self._secret, offer_id.encode(), sha256).hexdigest()[:32]

    def fits(self, offer_id: str, token: str) -> bool:
        """Tell whether this is the offer's token."""
        return hmac.compare_digest(self.of(offer_id).encode(), token.encode())
