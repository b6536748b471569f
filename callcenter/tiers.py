"""Customer classes: tiers with their precedence band and their promise, and urgent intents."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcenter.units import DAY, Millis


class Scope(StrEnum):
    """The period in which a target has to hold."""

    INTERVAL = "interval"
    DAY = "day"
    MONTH = "month"


class Sense(StrEnum):
    """What of a period's service level has to reach the share: its expectation, or its probability."""

    EXPECTED = "expected"
    PROBABILITY = "probability"


@dataclass(frozen=True, slots=True)
class Target:
    """A service-level promise, written share/threshold: 90/20."""

    share: float
    within: Millis
    scope: Scope = Scope.DAY
    sense: Sense = Sense.EXPECTED
    probability: float | None = None
    """With `Sense.PROBABILITY`: the share of periods that must reach `share`."""


class Leave(StrEnum):
    """How a call leaves a queue without being answered, by rule."""

    REJECT = "reject"
    OVERFLOW = "overflow"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class WayOut:
    """What happens to a call that may not wait (any longer)."""

    leave: Leave = Leave.REJECT
    target: str | None = None
    """With `Leave.OVERFLOW`: a queue of this centre, or a name the telephony system knows."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A customer class.

    `band` is hard precedence (0 first). The other figures act inside a band only: `head_start` for the policy
    `fifo`, `weight` for `weighted`, the target's threshold for `objective` and `slack`.
    """

    name: str
    band: int
    target: Target | None = None
    head_start: Millis = Millis(0)
    weight: int = 1
    callback: bool = False
    """A lost call of this tier is called back by the system (deferred callback)."""
    max_wait: Millis | None = None
    after_max_wait: WayOut = WayOut()


@dataclass(frozen=True, slots=True)
class Intent:
    """Why the customer calls; an urgent one (card loss, fraud) has a band of its own, open to every tier."""

    name: str
    band: int | None = None
    skills: tuple[tuple[str, int], ...] = ()


LAST_BAND = 9
"""The band of blacklisted callers in the default policy; any number will do in a centre of one's own."""


def default_tiers() -> tuple[Tier, ...]:
    """Return the source documents' four tiers: 90/20 for VIP, 85/20 for the others, blacklisted always last."""
    within = Millis(20_000)
    return (
        Tier("vip", 0, Target(0.90, within)),
        Tier("mid", 1, Target(0.85, within), callback=True),
        Tier("standard", 1, Target(0.85, within)),
        Tier("blacklisted", LAST_BAND, None, max_wait=Millis(15 * 60_000)),
    )


class Finish(StrEnum):
    """What a result code means for the business that the customer called about."""

    SOLVED = "solved"
    UNSOLVED = "unsolved"
    AGAIN = "again"
    """The customer is called once more: at the time agreed, else by the retry plan."""


RESULTS: Final = (
    ("solved", Finish.SOLVED),
    ("unsolved", Finish.UNSOLVED),
    ("call_again", Finish.AGAIN),
    ("wrong_person", Finish.UNSOLVED),
    ("refused", Finish.UNSOLVED),
)
"""What an agent may say came of it, where a queue has no list of its own."""
CALL_RESULTS: Final = (
    ("solved", Finish.SOLVED),
    ("unsolved", Finish.UNSOLVED),
    ("wrong_number", Finish.UNSOLVED),
)
"""The same of a call that came in; whoever is to be called again is promised a callback."""


@dataclass(frozen=True, slots=True)
class CallbackPolicy:
    """Deferred callbacks and virtual hold: when they are promised, made and given up (durations in ms)."""

    after: Millis | None = None
    """A lost call earns a callback after this wait at least (None: the queue's short-abandon limit)."""
    promise: Millis = Millis(DAY)
    rise_before: Millis = Millis(DAY // 12)
    give_up_after: Millis = Millis(DAY)
    retry_after: tuple[Millis, ...] = (Millis(30 * 60_000), Millis(2 * 3_600_000))
    """Waits between attempts; their number plus one is the number of attempts."""
    window: tuple[int, int] = (9 * 3_600_000, 21 * 3_600_000)
    """Calling window in the customer's own local time: from, until (ms after midnight)."""
    grace: Millis = Millis(30 * 60_000)
    """A customer who rings again this soon after a lost call keeps the lost call's place."""
    customer_first: bool = False
    group: str | None = None
    """A back-office group that takes callbacks (None: the agents of the queue, when no call waits for them)."""
    when_closed: bool = False
    """Calls outside opening hours earn a callback too."""
    results: tuple[tuple[str, Finish], ...] = RESULTS
    """Result codes of conversations with customers who were called, and what each means."""
