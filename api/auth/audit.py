"""The audit trail: who did what, to whom or what, and when."""

from api.auth.keys import Key
from api.ids import new_id
from api.store.changes import Row
from callcenter.units import Millis


def audit_row(
    now: Millis, principal: str, action: str, subject: str | None, detail: str | None = None, about: str | None = None
) -> Row:
    """Return a row of the audit trail; `about`: the key of the customer whom `detail` may speak of.

    Erasure finds what was written about a person by that key, long after the call or callback itself is forgotten.
    """
    values = {"id": new_id("a", now), "at": now, "principal": principal, "action": action}
    return Row("audit", {**values, "subject": subject, "detail": detail, "customer_key": about})


def principal(key: Key) -> str:
    """Return how the trail names the holder of a key.

    >>> principal(Key("1f3a", "", frozenset(), "anna"))
    'key:1f3a'
    """
    return f"key:{key.id}"


def author(key: Key) -> str:
    """Return who asks: the agent, or the name of the key, which a key that replaces it keeps; else the key itself.

    >>> from dataclasses import replace
    >>> key = Key("1f3a", "", frozenset(), "anna")
    >>> author(replace(key, agent_id="ana")), author(key), author(replace(key, name=""))
    ('ana', 'anna', 'key:1f3a')
    """
    return key.agent_id or key.name or principal(key)
