"""The messages to one end point on their way: at least once, retried with growing gaps, then dead.

Each end point has a delivery of its own: one that is slow, dead or has no name any more delays only itself.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from api.live.protocol import LiveEngine
from api.store.changes import Change, Delete, Update, Value
from api.webhooks.egress import pinned
from api.webhooks.messages import EndPoint, signature
from callcenter.errors import BadInput, CallCenterError
from callcenter.units import HOUR, SECOND

LOG: Final = logging.getLogger("callcenter")
GAPS_S: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400)
"""Waits between attempts, ± 10 %; then a dead letter."""
TIMEOUT_S: Final = 5.0
"""For an attempt from the connection to the status: a receiver that answers a byte at a time is late, too."""
MAX_CONCURRENT: Final = 32
"""Messages on their way to one end point; an outbox full of them is no flood."""
LATER_S: Final = 1.0
"""After so long what failed on our side is tried again."""
SAID_EVERY: Final = HOUR
"""That an end point takes nothing is said in the log so often."""
GONE: Final = 410
"""The receiver wants no more: the end point is disabled."""

Enrich = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
Place = tuple[str, dict[str, str], dict[str, str]]
"""Where to post: the address, headers, and what the connection is told."""


class Delivery:
    """Sends what is in the outbox for one end point."""

    def __init__(
        self, live: LiveEngine, point: EndPoint, *, private: bool, client: Callable[[], Any], enrich: Enrich
    ) -> None:
        self.point = point
        self._live = live
        self._private = private
        self._client = client
        self._enrich = enrich
        self._on_way: dict[str, asyncio.Task[None]] = {}
        self._said = False
        """That the end point does not take what it is told."""
        self._say_at = 0
        self._woken = asyncio.Event()
        self._sending = asyncio.create_task(self._send_for_ever())

    def wake(self) -> None:
        """Look at the outbox now."""
        self._woken.set()

    async def stop(self) -> None:
        """Send no more; what is not sent stays in the outbox."""
        doomed = [self._sending, *self._on_way.values()]
        for task in doomed:
            task.cancel()
        await asyncio.wait(doomed)

    async def _send_for_ever(self) -> None:
        while True:
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(await self._begin_due()):
                    await self._woken.wait()

    async def _begin_due(self) -> float | None:
        """Begin to send what is due; return how long until more is, None where something else will wake us."""
        try:
            return await self._fill_up()
        except CallCenterError as fault:
            LOG.warning("web hook %s waits: %s", self.point.id, fault)
            return LATER_S
        except Exception:
            LOG.exception("web hook %s failed; trying again", self.point.id)
            return LATER_S

    async def _fill_up(self) -> float | None:
        before = set(self._on_way)  # also of what arrives while we look: the look may not know it yet
        waiting = {"endpoint_id": self.point.id, "state": "pending"}
        rows = await self._live.find("outbox", waiting, order="next_at", limit=MAX_CONCURRENT + len(before))
        rows = [row for row in rows if str(row["id"]) not in before]
        if rows and self.point.disabled_at is not None:
            await self._live.keep(Delete("outbox", waiting))
            return None
        now = self._live.now()
        due = sorted((row for row in rows if int(row["next_at"] or 0) <= now), key=lambda row: int(row["seq"] or 0))
        room = MAX_CONCURRENT - len(self._on_way)
        if due and room:
            place = await self._place()
            for row in due[:room]:
                self._on_way[str(row["id"])] = asyncio.create_task(self._carry(row, place))
        if due:
            return None  # each that arrives wakes us
        return max(0.05, (int(rows[0]["next_at"] or 0) - now) / SECOND) if rows else None

    async def _carry(self, row: dict[str, Value], place: Place | str) -> None:
        """Deliver a message, and note what came of it."""
        try:
            await self._deliver(row, place)
        except CallCenterError as fault:
            LOG.warning("what came of web hook %s could not be noted: %s", self.point.id, fault)
            await asyncio.sleep(LATER_S)
        except Exception:
            LOG.exception("web hook %s failed; trying again", self.point.id)
            await asyncio.sleep(LATER_S)
        finally:
            del self._on_way[str(row["id"])]
            self._woken.set()

    async def _place(self) -> Place | str:
        """Return where to post, or what is wrong with it: a name is asked for once for all that is due."""
        if self._private:
            return self.point.url, {}, {}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                url, host, name = await pinned(self.point.url)
        except TimeoutError:
            return f"no address within {TIMEOUT_S:g} s"
        except (OSError, BadInput, ValueError) as fault:
            return f"{type(fault).__name__}: {fault}"
        return url, {"host": host}, {"sni_hostname": name}

    async def _deliver(self, row: dict[str, Value], place: Place | str) -> None:
        point = self.point
        where = {"id": row["id"]}
        status, error = (None, place) if isinstance(place, str) else await self._post(row, place)
        if status is not None and 200 <= status < 300:
            if self._said:
                self._said = False
                LOG.info("web hook %s takes what it is told again", point.id)
            await self._live.keep(Delete("outbox", where))
            return
        reason = (error or f"status {status}")[:300]
        if self._live.now() >= self._say_at:  # one that fails now and then is no flood
            self._said, self._say_at = True, self._live.now() + SAID_EVERY
            LOG.warning(
                "web hook %s does not take what it is told (%s): letters are tried for three days, and go after seven "
                "(GET /v1/hooks/%s/deliveries)",
                point.id, reason, point.id,
            )  # fmt: skip
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
            "last_error": reason,
        }
        await self._live.keep(Update("outbox", values, where), *changes)

    async def _post(self, row: dict[str, Value], place: Place) -> tuple[int | None, str | None]:
        """Post once; return the status, or what went wrong."""
        import httpx2

        message = json.loads(str(row["body"]))
        message["data"] = await self._enrich(str(row["type"]), message["data"])
        body = json.dumps(message).encode()
        timestamp_s = self._live.now() // SECOND
        secrets = [s for s in (self.point.secret, self.point.second_secret) if s]
        url, more, told = place
        headers = {
            "content-type": "application/json",
            "webhook-id": str(row["id"]),
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": signature(secrets, str(row["id"]), timestamp_s, body),
            **more,
        }
        try:
            # What the receiver answers is not read: its status is all that counts.
            asked = self._client().stream("POST", url, content=body, headers=headers, extensions=told)
            async with asyncio.timeout(TIMEOUT_S), asked as response:
                return int(response.status_code), None
        except TimeoutError:
            return None, f"no answer within {TIMEOUT_S:g} s"
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as fault:
            return None, f"{type(fault).__name__}: {fault}"


def gap_ms(message_id: str, attempts: int) -> int:
    """Return the wait before the next attempt: growing, and spread by the message's own name."""
    gap = GAPS_S[min(attempts, len(GAPS_S)) - 1] * SECOND
    spread = int(sha256(f"{message_id}/{attempts}".encode()).hexdigest()[:4], 16) / 0xFFFF
    return int(gap * (0.9 + 0.2 * spread))
