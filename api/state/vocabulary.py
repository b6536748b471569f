"""What the journal is told in words: codes and the centre's own names, never what somebody wrote.

The journal replays the same for ever, so nothing in it can be erased. Whatever a person or a telephony system writes
in its own words is kept beside it, in tables that erasure reaches (`api.customers.erasure`), or is refused before
the engine is told.
"""

import re
from collections.abc import Callable
from typing import Final

from api.errors import Invalid
from callcenter.centre import Centre
from callcenter.commands import AdmitCall, Command
from callcenter.config.refusals import near
from callcenter.errors import (
    CannotServe,
    Refusal,
    UnknownChannel,
    UnknownGroup,
    UnknownIntent,
    UnknownQueue,
    UnknownTier,
)
from callcenter.language.said import said

CAUSES: Final = frozenset(
    {
        "answered_elsewhere", "answered_late", "busy", "call_rejected", "cancelled", "codec", "congestion",
        "declined", "disconnected", "error", "failed", "fallback", "hangup", "id_reused", "invalid_number", "lost",
        "media", "network", "no_answer", "no_media", "no_route", "outage", "overload", "proxy_restarted", "rejected",
        "service_away", "sip", "system", "timeout", "transport", "trunk", "unavailable", "unknown", "unreachable",
    }
)  # fmt: skip
"""Why a call can fail."""
OTHER: Final = "other"
_CODE: Final = re.compile(r"(sip|q850)[ _:.-]?(\d{1,3})|([1-6]\d\d)")
"""A SIP status (RFC 3261) or a Q.850 cause."""


def cause_of(text: str | None) -> str:
    """Return the code that a telephony system's words for a failure stand for.

    >>> cause_of("Trunk"), cause_of("SIP 503"), cause_of("q850:41"), cause_of("of +44 20 Ann"), cause_of(None)
    ('trunk', 'sip_503', 'q850_41', 'other', 'unknown')
    """
    word = (text or "unknown").strip().lower()
    coded = _CODE.fullmatch(word)
    if coded is not None:
        return f"sip_{coded[3]}" if coded[3] else f"{coded[1]}_{int(coded[2])}"
    word = re.sub(r"[ -]+", "_", word)
    return word if word in CAUSES else OTHER


def reason_of(text: str | None, default: str, known: tuple[str, ...]) -> str:
    """Return the code of a break.

    Raises:
        Invalid: it is none of those that the service knows.
    """
    if not text:
        return default
    word = text.strip()
    if word in (default, *known):
        return word
    there = ", ".join(known)
    raise Invalid(
        "/reason: {word!r} is no reason here{hint} (there is: {there}; see break_reasons)",
        word=word[:40],
        hint=near(word, known),
        there=there,
    )


class Names:
    """The names of one centre."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self._known: tuple[tuple[str, frozenset[str], type[Refusal]], ...] = (
            ("queue", frozenset(queue.name for queue in centre.queues), UnknownQueue),
            ("tier", frozenset(tier.name for tier in centre.tiers), UnknownTier),
            ("intent", frozenset(intent.name for intent in centre.intents), UnknownIntent),
            ("channel", frozenset(name for name, _ in centre.channels), UnknownChannel),
            ("group", frozenset(group.name for group in centre.groups), UnknownGroup),
        )

    def check(self, command: Command, knows_skill: Callable[[str], bool]) -> None:
        """Refuse names that the centre has not before the engine is told of them: what is told is journaled.

        Args:
            command: What the engine is about to be told.
            knows_skill: Tells whether anybody has a skill of this name.

        Raises:
            Refusal: as the engine would have refused it.
        """
        if isinstance(command, AdmitCall) and command.skills:
            for skill, _ in command.skills:
                if not knows_skill(skill):
                    raise CannotServe(said("no group of agents has {skill!r}", skill=skill), queue=command.queue)
        for field, known, refusal in self._known:
            name = getattr(command, field, None)
            if name is not None and name not in known:
                there = ", ".join(sorted(known)) or said("none")
                text = said("there is no {what} {name!r} (there is: {known})", what=said(field), name=name, known=there)
                raise refusal(text, **{field: name})
