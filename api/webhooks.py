"""Web hooks by the Standard Webhooks scheme: signed, at least once, retried with growing gaps, dead letters kept.

The outbox is a table: what is to be told goes into the transaction of what happened, so a crash loses nothing.
"""

import asyncio
import hmac
import ipaddress
import json
import logging
import re
import socket
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from api.access import new_id
from api.live import Change, Delete, LiveEngine, Row, Update, Value
from callcenter.errors import BadInput, CallCenterError
from callcenter.events import Event
from callcenter.units import MINUTE, SECOND
from routing.journal import to_plain

LOG: Final = logging.getLogger("callcenter")
TREATMENT: Final = ("tier.changed", "blacklist.changed", "complaint.changed")
"""What is told of customers besides the engine's events: keys and states, nobody's words."""
GAPS_S: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400)
"""Waits between attempts, ± 10 %; then a dead letter."""
TIMEOUT_S: Final = 5.0
AT_ONCE: Final = 100
GONE: Final = 410
"""The receiver wants no more: the end point is disabled."""

Enrich = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


async def _as_it_is(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return data


@cache
def type_of(event_name: str) -> str:
    """Return how an event is called in web hooks.

    >>> type_of("CallQueued"), type_of("AgentBecameNotReady")
    ('call.queued', 'agent.became_not_ready')
    """
    first, *rest = re.findall("[A-Z][a-z]*", event_name)
    return f"{first.lower()}.{'_'.join(word.lower() for word in rest)}"


def signature(secrets: Iterable[str], message_id: str, timestamp_s: int, body: bytes) -> str:
    """Return the header of the Standard Webhooks scheme, one signature for each active secret."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    keys = [b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    return " ".join("v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode() for key in keys)


@dataclass(slots=True)
class EndPoint:
    """Where to tell what."""

    id: str
    url: str
    secret: str
    second_secret: str | None
    types: frozenset[str]
    """None given: all."""
    created_at: int
    disabled_at: int | None = None
    disabled_because: str | None = None

    @classmethod
    def of_row(cls, row: dict[str, Value]) -> "EndPoint":
        """Return the end point that a row tells of."""
        return cls(
            str(row["id"]),
            str(row["url"]),
            str(row["secret"]),
            None if row["second_secret"] is None else str(row["second_secret"]),
            frozenset(str(row["types"] or "").split()),
            int(row["created_at"] or 0),
            None if row["disabled_at"] is None else int(row["disabled_at"]),
            None if row["disabled_because"] is None else str(row["disabled_because"]),
        )

    def row(self) -> dict[str, object]:
        """Return the end point as a row."""
        return {
            "id": self.id,
            "url": self.url,
            "secret": self.secret,
            "second_secret": self.second_secret,
            "types": " ".join(sorted(self.types)) or None,
            "created_at": self.created_at,
            "disabled_at": self.disabled_at,
            "disabled_because": self.disabled_because,
        }

    def wants(self, kind: str) -> bool:
        """Tell whether such events go there."""
        return self.disabled_at is None and (not self.types or kind in self.types)


def delivery(end_point_id: str, event: Event, now: int) -> Row:
    """Return the row of something to be told; what is personal is added when it is sent."""
    plain = to_plain(event)
    return letter(end_point_id, type_of(plain["is"]), event.seq, event.at, plain, now)


def letter(end_point_id: str, kind: str, seq: int, at: int, data: dict[str, Any], now: int) -> Row:
    """Return the row of something to be told that is no event of the engine's; `seq` is the event it came after."""
    values = {
        "id": new_id("msg_", now),
        "endpoint_id": end_point_id,
        "seq": seq,
        "type": kind,
        "body": json.dumps({"type": kind, "seq": seq, "at": at, "data": data}),
        "state": "pending",
        "attempts": 0,
        "next_at": now,
        "last_error": None,
        "at": now,
    }
    return Row("outbox", values)


class Hooks:
    """Sends what is in the outbox."""

    def __init__(self, live: LiveEngine, *, private: bool) -> None:
        self._live = live
        self._private = private
        self.end_points: dict[str, EndPoint] = {}
        self.enrich: Enrich = _as_it_is
        self._wake = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self._client: Any = None
        self._with_commit = False

    async def start(self) -> None:
        """Load the end points and begin to send."""
        for row in await self._live.find("hook_endpoints", limit=10_000):
            found = EndPoint.of_row(row)
            self.end_points[found.id] = found
        derive = getattr(self._live, "derive", None)
        if derive is not None:
            derive.append(self.rows)
            self._with_commit = True
        self._sending = asyncio.create_task(self._send_for_ever())

    async def stop(self) -> None:
        """Send no more; what is not sent stays in the outbox."""
        if self._sending is not None:
            self._sending.cancel()
            with suppress(asyncio.CancelledError):
                await self._sending
        if self._client is not None:
            await self._client.aclose()

    def rows(self, events: Sequence[Event]) -> Sequence[Change]:
        """Return what goes into the outbox with these events."""
        active = [point for point in self.end_points.values() if point.disabled_at is None]
        if not active:
            return ()
        now = self._live.now()
        return [
            delivery(point.id, event, now)
            for event in events
            for point in active
            if point.wants(type_of(type(event).__name__))
        ]

    def letters(self, kind: str, seq: int, at: int, data: dict[str, Any]) -> list[Change]:
        """Return what goes into the outbox with a change that is no event of the engine's."""
        now = self._live.now()
        return [letter(point.id, kind, seq, at, data, now) for point in self.end_points.values() if point.wants(kind)]

    def push(self, events: Sequence[Event]) -> None:
        """Wake the sender: something may be in the outbox."""
        if not self.end_points:
            return
        if not self._with_commit:
            changes = self.rows(events)
            if changes:
                task = asyncio.ensure_future(self._live.keep(*changes))
                task.add_done_callback(lambda _: self._wake.set())
        self._wake.set()

    def wake(self) -> None:
        """Look at the outbox now."""
        self._wake.set()

    async def _send_for_ever(self) -> None:
        while True:
            wait_s: float | None = None
            try:
                wait_s = await self.send_due() if self.end_points else None
            except CallCenterError as fault:
                LOG.warning("web hooks wait: %s", fault)
                wait_s = 1.0
            except Exception:
                LOG.exception("web hooks failed; trying again")
                wait_s = 5.0
            if wait_s != 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), wait_s)
            self._wake.clear()

    async def send_due(self) -> float | None:
        """Send what is due; return how long until more is, 0 for at once, None when nothing waits."""
        rows = await self._live.find("outbox", {"state": "pending"}, order="next_at", limit=AT_ONCE)
        now = self._live.now()
        due = [row for row in rows if int(row["next_at"] or 0) <= now]
        if due:
            await asyncio.gather(*(self._deliver(row) for row in due))
            return 0
        return max(0.05, (int(rows[0]["next_at"] or 0) - now) / SECOND) if rows else None

    async def _deliver(self, row: dict[str, Value]) -> None:
        point = self.end_points.get(str(row["endpoint_id"]))
        where = {"id": row["id"]}
        if point is None or point.disabled_at is not None:
            await self._live.keep(Delete("outbox", where))
            return
        status, error = await self._post(point, row)
        if status is not None and 200 <= status < 300:
            await self._live.keep(Delete("outbox", where))
            return
        attempts = int(row["attempts"] or 0) + 1
        changes: list[Change] = []
        if status == GONE:
            point.disabled_at, point.disabled_because = self._live.now(), "410 Gone"
            changes.append(Update("hook_endpoints", {"disabled_at": point.disabled_at, "disabled_because": "410 Gone"},
                                  {"id": point.id}))  # fmt: skip
        dead = attempts > len(GAPS_S) or status == GONE
        values = {
            "state": "dead" if dead else "pending",
            "attempts": attempts,
            "next_at": self._live.now() + gap_ms(str(row["id"]), attempts),
            "last_error": (error or f"status {status}")[:300],
        }
        await self._live.keep(Update("outbox", values, where), *changes)

    async def _post(self, point: EndPoint, row: dict[str, Value]) -> tuple[int | None, str | None]:
        """Post once; return the status, or what went wrong."""
        import httpx2

        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False)
        message = json.loads(str(row["body"]))
        message["data"] = await self.enrich(str(row["type"]), message["data"])
        body = json.dumps(message).encode()
        timestamp_s = self._live.now() // SECOND
        secrets = [s for s in (point.secret, point.second_secret) if s]
        headers = {
            "content-type": "application/json",
            "webhook-id": str(row["id"]),
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": signature(secrets, str(row["id"]), timestamp_s, body),
        }
        try:
            url, more = point.url, {}
            if not self._private:
                url, host, name = await pinned(point.url)
                headers["host"], more = host, {"sni_hostname": name}
            # What the receiver answers is not read: its status is all that counts.
            asked = self._client.stream("POST", url, content=body, headers=headers, extensions=more)
            async with asked as response:
                return int(response.status_code), None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, BadInput, ValueError) as fault:
            return None, f"{type(fault).__name__}: {fault}"


def gap_ms(message_id: str, attempts: int) -> int:
    """Return the wait before the next attempt: growing, and spread by the message's own name."""
    gap = GAPS_S[min(attempts, len(GAPS_S)) - 1] * SECOND
    spread = int(sha256(f"{message_id}/{attempts}".encode()).hexdigest()[:4], 16) / 0xFFFF
    return int(gap * (0.9 + 0.2 * spread))


async def pinned(url: str) -> tuple[str, str, str]:
    """Return the address with the host's number in it, the Host header that goes with it, and the host's name.

    The name is asked for once: a name server that says another number a moment later is not heard.

    Raises:
        BadInput: it is inside the own network: a web hook is no way to reach that.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise BadInput("the address has no host")
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
    numbers = [str(address[0]).partition("%")[0] for *_, address in found]
    for number in numbers:
        place = ipaddress.ip_address(number)
        if not place.is_global or place.is_multicast:
            raise BadInput(f"{parts.hostname} is a private address (allow it: CALLCENTER_WEBHOOK_PRIVATE=true)")
    number = f"[{numbers[0]}]" if ":" in numbers[0] else numbers[0]
    port = "" if parts.port is None else f":{parts.port}"
    where = parts._replace(netloc=number + port).geturl()
    return where, parts.netloc, parts.hostname


TOO_LATE_MS: Final = 5 * MINUTE
"""What receivers tolerate between timestamp and arrival."""
