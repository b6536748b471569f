"""What is told by web hooks, to whom, and how it is signed: the Standard Webhooks scheme.

Messages go into the outbox in the transaction of what happened, so a crash loses nothing.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from standardwebhooks.webhooks import Webhook

from api.ids import new_id
from api.store.changes import Row, Value
from callcenter.events import Event
from routing.journal import to_plain

TREATMENT: Final = ("tier.changed", "blacklist.changed", "complaint.changed")
"""What is told of customers besides the engine's events: keys and states, nobody's words."""


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
    at = datetime.fromtimestamp(timestamp_s, UTC)
    return " ".join(Webhook(secret).sign(message_id, at, body.decode()) for secret in secrets)


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
    return message(end_point_id, type_of(plain["is"]), event.seq, event.at, plain, now)


def message(end_point_id: str, kind: str, seq: int, at: int, data: dict[str, Any], now: int) -> Row:
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
