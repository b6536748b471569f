"""Browser sessions: each stands for a key, is kept hashed, proven by a cookie, and by a token to write.

A session is 256 random bits in the browser's cookie; the store has their hash. It ends when nobody has used it for a
while, after a shift in any case, and with its key. Whatever a browser writes carries a token that follows from the
cookie, which no other site can read, and comes from a page of this very host.
"""

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from api.auth.audit import audit_row, principal
from api.auth.keys import Access, Key, hashed
from api.errors import Forbidden, Unauthorized
from api.ids import new_secret
from api.live.periodic import Periodic
from api.live.protocol import LiveEngine
from api.store.changes import Delete, Row, Update
from callcenter.errors import CallCenterError
from callcenter.units import HOUR, MINUTE, SECOND, Millis

LOG: Final = logging.getLogger("callcenter")
COOKIE: Final = "callcenter_session"
SAFE: Final = frozenset({"GET", "HEAD"})
INVITED: Final = HOUR
"""A link that signs in is good for so long."""
KEPT_EVERY: Final = MINUTE
"""So often it is kept when a session was last used."""
MOST: Final = 10_000
"""Sessions at a time; the one that was used longest ago gives way."""


@dataclass(slots=True)
class Session:
    """A browser that stands for a key."""

    id: str
    """The hash of what the cookie says."""
    key: Key
    begun_at: int
    seen_at: int
    kept_at: int
    """As the store has `seen_at`."""

    def row(self) -> dict[str, object]:
        """Return the session as a row of the store."""
        return {"id": self.id, "key_id": self.key.id, "begun_at": self.begun_at, "seen_at": self.seen_at}


class Sessions(Periodic):
    """The sessions in force; durations in milliseconds."""

    def __init__(self, live: LiveEngine, access: Access, *, idle: int, longest: int) -> None:
        super().__init__(Millis(KEPT_EVERY))
        self._live = live
        self._access = access
        self._idle = idle
        self._longest = longest
        self._known: dict[str, Session] = {}
        self._invited: dict[str, tuple[Key, int]] = {}
        """Hash of a link's secret → whom it signs in, and until when; none outlives the process."""

    async def load(self) -> None:
        """Read the sessions that were in force when the service ended."""
        for row in await self._live.find("sessions", limit=MOST):
            key = self._access.keys.get(str(row["key_id"]))
            if key is not None:
                seen_at = int(str(row["seen_at"]))
                session = Session(str(row["id"]), key, int(str(row["begun_at"])), seen_at, seen_at)
                self._known[session.id] = session

    async def begin(self, key: Key, how: str) -> str:
        """Return what the cookie of a new session says, when it is durable; `how` is for the audit trail."""
        now = self._live.now()
        cookie = new_secret()
        session = Session(hashed(cookie), key, now, now, now)
        gone = min(self._known.values(), key=lambda one: one.seen_at) if len(self._known) >= MOST else None
        changes = [] if gone is None else [Delete("sessions", {"id": gone.id})]
        await self._live.keep(
            Row("sessions", session.row()), *changes, audit_row(now, principal(key), "session.begin", None, how)
        )
        if gone is not None:
            self._known.pop(gone.id, None)
        self._known[session.id] = session
        return cookie

    def invite(self, key: Key) -> str:
        """Return the secret of a link that signs in once, within the hour."""
        secret = new_secret()
        self._invited[hashed(secret)] = key, self._live.now() + INVITED
        return secret

    def redeem(self, secret: str) -> Key:
        """Return whom a link signs in; it is used up.

        Raises:
            Unauthorized: it is, or was never given.
        """
        key, until = self._invited.pop(hashed(secret), (None, 0))
        if key is None or self._live.now() > until or key.why_not(self._live.now()) is not None:
            raise Unauthorized("this link was used, or is too old: sign in with a key")
        return key

    async def end(self, cookie: str) -> None:
        """End a session, if there is one."""
        session = self._known.pop(hashed(cookie), None)
        if session is not None:
            now = self._live.now()
            await self._live.keep(
                Delete("sessions", {"id": session.id}), audit_row(now, principal(session.key), "session.end", None)
            )

    async def end_all(self, key: Key) -> None:
        """End every session of a key."""
        mine = [session for session in self._known.values() if session.key is key]
        for session in mine:
            self._known.pop(session.id, None)
        if mine:
            await self._live.keep(*(Delete("sessions", {"id": session.id}) for session in mine))

    def key_of(self, cookie: str, now: Millis) -> Key:
        """Return the key that a cookie stands for.

        Raises:
            Unauthorized: there is no such session, or it is over, or its key is.
        """
        session = self._known.get(hashed(cookie))
        if session is None or self._over(session, now):
            raise Unauthorized("nobody is signed in: sign in again")
        if (why_not := session.key.why_not(now)) is not None:
            raise Unauthorized(why_not)
        session.seen_at = now
        return session.key

    def admit(self, method: str, headers: Mapping[bytes, bytes], now: Millis) -> Key | None:
        """Return whose request this is, by its cookie, counted against the key's share; None: it has no cookie of ours.

        Raises:
            Unauthorized: the session is over.
            Forbidden: it would write, and does not prove that it comes from a page of ours.
            RateLimited: the key has used its share.
        """
        cookie = cookie_of(headers, COOKIE)
        if cookie is None:
            return None
        key = self.key_of(cookie, now)
        if method not in SAFE:
            check_same_origin(headers)
            check_token(cookie, headers.get(b"x-csrf-token", b"").decode("latin-1"))
        self._access.count(key, now)
        return key

    def _over(self, session: Session, now: int) -> bool:
        return now - session.seen_at > self._idle or now - session.begun_at > self._longest

    async def stop(self) -> None:
        """Keep the last uses."""
        await self.settled()
        await self._run(self._live.now())

    async def _run(self, now: Millis) -> None:
        """Keep when sessions were used, and forget those that are over."""
        over = [s for s in self._known.values() if self._over(s, now) or s.key.why_not(now) is not None]
        used = [(s, s.seen_at) for s in self._known.values() if s.seen_at != s.kept_at and s not in over]
        if not over and not used:
            return
        try:
            await self._live.keep(
                *(Delete("sessions", {"id": session.id}) for session in over),
                *(Update("sessions", {"seen_at": at}, {"id": session.id}) for session, at in used),
            )
        except CallCenterError as fault:
            LOG.warning("when sessions were last used could not be kept: %s", fault)
            return
        for session in over:
            self._known.pop(session.id, None)
        for session, at in used:
            session.kept_at = at


def token_of(cookie: str) -> str:
    """Return what a browser's writes carry beside its cookie: it follows from the cookie, and tells nothing of it."""
    return hashed(f"csrf:{cookie}")


def check_token(cookie: str, token: str) -> None:
    """Refuse a write that no page of ours has made."""
    if not hmac.compare_digest(token_of(cookie).encode(), token.encode()):
        raise Forbidden("X-CSRF-Token: it is missing, or of another session: load the page anew")


def check_same_origin(headers: Mapping[bytes, bytes]) -> None:
    """Refuse a write that a browser sends for a page of another host."""
    origin = headers.get(b"origin")
    if origin is None:
        return  # not every browser says it on every write; the token stays
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if urlsplit(origin.decode("latin-1")).netloc.lower() != host:
        raise Forbidden("this was sent for a page of another host")


def cookie_of(headers: Mapping[bytes, bytes], name: str) -> str | None:
    """Return a cookie.

    >>> cookie_of({b"cookie": b"a=1; b=2"}, "b"), cookie_of({}, "b")
    ('2', None)
    """
    for part in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        found, equals, value = part.strip().partition("=")
        if equals and found == name:
            return value
    return None


def set_cookie(name: str, value: str, *, secure: bool, max_age_s: int | None = None) -> str:
    """Return the header that has a browser keep a cookie, which it sends to this host alone, and no script reads."""
    age = "" if max_age_s is None else f"; Max-Age={max_age_s}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{age}{'; Secure' if secure else ''}"


def idle_and_longest(settings: Any) -> dict[str, int]:
    """Return how long sessions last, in milliseconds."""
    return {"idle": round(settings.session_idle_s * SECOND), "longest": round(settings.session_s * SECOND)}
