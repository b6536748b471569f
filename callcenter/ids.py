"""Names of things, one type each, so that a call can never be passed where an agent is meant."""

from typing import NewType

CallId = NewType("CallId", str)
"""One stay of a customer in one queue (a segment); derived ids end in /s2, /s3, …"""
ContactId = NewType("ContactId", str)
"""What the customer wants: the id of the first call's first segment, shared by all later ones."""
TaskId = NewType("TaskId", str)
"""One outbound task; a callback born of a call is named CALL/cb."""
OfferId = NewType("OfferId", str)
"""One pairing of a call or task with an agent: CALL/o3 is the third offer of CALL."""
AgentId = NewType("AgentId", str)
CustomerKey = NewType("CustomerKey", str)
"""A random key that stands for a customer; names and numbers live outside the engine."""


def is_first_segment(call_id: str) -> bool:
    """Tell whether this is the segment that its contact is judged on: the first.

    >>> is_first_segment("c1"), is_first_segment("c1/s2")
    (True, False)
    """
    return "/s" not in call_id
