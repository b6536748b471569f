"""The form of a centre file: keys, defaults and what they mean (the JSON Schema comes from here)."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from callcenter.centre import Policy, Selection
from callcenter.config.fields import (
    Count,
    DaySpan,
    Duration,
    Name,
    Part,
    Promise,
    Share,
    Skills,
    Way,
    written,
)
from callcenter.config.opening import HOURS_SCHEMA
from callcenter.config.plugin_rules import load_rules
from callcenter.rule_names import search_with
from callcenter.tiers import CALL_RESULTS, RESULTS, Finish

Hours = Annotated[Any, WithJsonSchema(HOURS_SCHEMA)]
search_with(load_rules)  # a name that is not known may be a package's
PolicyWord = Annotated[Policy, Field(strict=False)]
FinishWord = Annotated[Finish, Field(strict=False)]
SelectionWord = Annotated[Selection, Field(strict=False)]


class TierForm(Part):
    """A customer class: its place in the order and its promise."""

    band: int = Field(ge=0, le=1000)
    """Hard precedence: every call of band 0 goes before every call of band 1, and so on."""
    target: Promise = None
    """The service-level promise, such as 90/20; leave out or null where nothing is promised."""
    head_start: Duration = written("0s")
    """Policy fifo: inside their band, calls of this tier count as having come this much earlier."""
    weight: int = Field(default=1, ge=1, le=1_000_000)
    """Policy weighted: waiting time counts this many times (inside the band)."""
    callback: bool = False
    """A call that was lost because nobody was free is called back by the system."""
    max_wait: Duration | None = None
    """The longest wait of this tier; then after_max_wait happens."""
    after_max_wait: Way = written("reject")
    """What happens after max_wait."""


class IntentForm(Part):
    """Why a customer calls."""

    band: int | None = Field(default=None, ge=0, le=1000)
    """An urgent intent (card loss, fraud) has a band of its own, open to every tier."""
    skills: Skills = Field(default_factory=dict)
    """What the agent must have for this intent, besides the queue's needs."""


class RelaxationForm(Part):
    """After some wait fewer skills, or lower levels, are enough."""

    after: Duration
    """The wait after which this step counts."""
    needs: Skills = Field(default_factory=dict)
    """The lower levels that are enough now (0: no longer needed)."""
    drop: list[Name] = Field(default_factory=list)
    """Skills that are no longer needed."""


class CallbackForm(Part):
    """Deferred callbacks and virtual hold of a queue."""

    after: Duration | None = None
    """A lost call earns a callback after this wait at least (default: the queue's short_abandon)."""
    promise: Duration = written("24h")
    """Called back within this time of the lost call."""
    rise_before: Duration = written("2h")
    """So long before the promise ends, the callback takes a place among the waiting calls."""
    give_up_after: Duration = written("24h")
    """A late callback is still tried for this long."""
    retry_after: list[Duration] = written(["30m", "2h"])
    """Waits between attempts; their number plus one is the number of attempts."""
    window: DaySpan = written("09:00-21:00")
    """When customers may be called, in their own local time."""
    grace: Duration = written("30m")
    """A customer who rings again this soon after a lost call keeps the lost call's place."""
    customer_first: bool = False
    """Dial the customer before an agent is tied up."""
    group: Name | None = None
    """A back-office group for callbacks (default: the agents of the queue when no call waits for them)."""
    when_closed: bool = False
    """Calls outside opening hours earn a callback too."""
    results: dict[Name, FinishWord] = Field(default_factory=lambda: dict(RESULTS), min_length=1, max_length=50)
    """Result codes that agents may give, and what each means: solved, unsolved, or again (called once more)."""


class QueueForm(Part):
    """A business line: a named set of waiting calls."""

    needs: Skills = Field(default_factory=dict)
    """Skills an agent must have; none: every agent can take its calls."""
    policy: PolicyWord = Policy.FIFO
    """Order inside a band: fifo, weighted, objective or slack."""
    tail_guard: Duration = written("2m")
    """Policy slack: a call that has waited this long goes first, late or not."""
    selection: SelectionWord = Selection.LONGEST_IDLE
    """Which of several free agents takes the call."""
    keep_generalists_free: bool = True
    """Before `selection`: those who serve the fewest queues take it, so that who can do more stays free for more
    (false: all who can take the call are alike)."""
    relaxation: list[RelaxationForm] = Field(default_factory=list)
    """Steps that loosen the needs while a call waits."""
    hold_for_preferred: Duration = written("0s")
    """A call with preferred agents waits for one of them this long before others may take it."""
    offer_timeout: Duration = written("15s")
    """A call that rings at an agent this long goes back to its turn."""
    wrap_up: Duration = written("0s")
    """After-call work ends by itself after this long (0: no after-call work is forced)."""
    wrap_up_cap: Duration | None = None
    """An agent who asks for more time has at most this long for it in all (default: twice wrap_up)."""
    short_abandon: Duration = written("5s")
    """Callers who hang up within this time are not counted against the service level."""
    hours: Hours = None
    """Opening hours; always open where left out."""
    when_closed: Way = written("reject")
    """What happens to a call outside the hours."""
    serve_out: bool = True
    """Calls still waiting at closing time are served (true) or turned away (false)."""
    max_waiting: Count | None = None
    """At most this many calls wait (0: nobody waits)."""
    when_full: Way = written("reject")
    """What happens to a call that finds max_waiting calls waiting."""
    max_wait: Duration | None = None
    """The longest wait; then after_max_wait happens."""
    after_max_wait: Way = written("reject")
    """What happens after max_wait."""
    join_empty: bool = True
    """Calls may join while no agent who could serve them is logged in."""
    leave_empty: bool = False
    """Calls leave when the last such agent logs out."""
    when_empty: Way = written("reject")
    """What happens then."""
    callbacks: CallbackForm = Field(default_factory=CallbackForm)
    """When callbacks are promised, made and given up."""
    results: dict[Name, FinishWord] = Field(default_factory=lambda: dict(CALL_RESULTS), min_length=1, max_length=50)
    """Result codes that agents may give of a call that came in, and what each means: solved or unsolved."""


class GroupForm(Part):
    """Agents with the same skills."""

    skills: Skills = Field(default_factory=dict)
    """What they can do: [billing, spanish], or {billing: 2, spanish: 1} with levels."""
    auto_answer: bool = False
    """The headset opens at once: nobody has to pick up."""
    offer_timeout: Duration | None = None
    """Their own ringing limit (default: the queue's)."""
    break_cap: Count | None = None
    """At most this many of the group on a break that was asked for."""


class AgentForm(Part):
    """A named agent."""

    group: Name
    """The group the agent belongs to."""
    skills: Skills | None = None
    """Skills of their own, instead of the group's."""


class ReserveForm(Part):
    """Keep agents free for the better callers."""

    band: int = Field(default=0, ge=0, le=1000)
    """Calls of a band after this one..."""
    group: Name
    """...take an idle agent of this group..."""
    keep: Count
    """...only if more than this many are idle..."""
    until_wait: Duration | None = None
    """...or once they have waited this long."""
    outreach: bool = False
    """It holds for campaign and care calls alone, whatever their band: live calls take whoever is idle."""


class MissedForm(Part):
    """When an agent who lets calls ring stops getting them."""

    count: int = Field(default=1, ge=1, le=1000)
    """The so-many-th missed offer..."""
    window: Duration = written("10m")
    """...within this time makes the agent not responding."""
    back_after: Duration | None = None
    """Available again by itself after this long (default: when the agent says so)."""
    exclude_for: Duration = written("1m")
    """The agent who missed a call is not offered the same call again for this long."""
    busy_pause: Duration = written("10s")
    """Pause after the agent's phone was busy."""
    unreachable_pause: Duration = written("30s")
    """Pause after the agent's phone could not be reached."""


class CentreForm(Part):
    """A call centre: queues, tiers, agent groups and the rules between them."""

    version: int = Field(default=1, ge=1, le=1)
    """Of this format: 1."""
    name: Name | None = None
    """The centre's name (default: the file's)."""
    zone: Name = "UTC"
    """IANA time zone, such as Europe/Madrid: of opening hours, shifts and arrivals."""
    tiers: dict[Name, TierForm] = Field(min_length=1)
    """Customer classes (default: vip 90/20 first, mid and standard 85/20, blacklisted always last)."""
    default_tier: Name | None = None
    """The tier of unknown callers (default: standard, or the last tier with a target)."""
    intents: dict[Name, IntentForm] = Field(default_factory=dict)
    """Reasons to call that need special treatment."""
    queues: dict[Name, QueueForm] = Field(min_length=1)
    """Business lines, by name."""
    groups: dict[Name, GroupForm] = Field(min_length=1)
    """Groups of agents with the same skills, by name."""
    agents: dict[Name, AgentForm] = Field(default_factory=dict)
    """Named agents (the live service); a scenario makes its own from shifts."""
    reserves: list[ReserveForm] = Field(default_factory=list)
    """Agents kept free for the better callers."""
    missed: MissedForm = Field(default_factory=MissedForm)
    """When an agent who lets calls ring stops getting them."""
    channels: dict[Name, Share] = written({"voice": "100%"}, min_length=1)
    """Channel: the share of an agent that one contact takes."""
    zones: list[Name] = Field(default_factory=list)
    """More time zones customers live in (for calling windows)."""
    seed: int = 0
    """Of the selection random only."""
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    """Country of numbers written without +, by two letters, such as CN: of callers, and of imported customers."""


DEFAULT_TIERS: dict[str, dict[str, Any]] = {
    "vip": {"band": 0, "target": "90/20"},
    "mid": {"band": 1, "target": "85/20", "callback": True},
    "standard": {"band": 1, "target": "85/20"},
    "blacklisted": {"band": 9, "max_wait": "15m"},
}
"""`callcenter.tiers.default_tiers()` as it would stand in a file: `--set tiers.vip.…` finds it."""
