"""The form of a scenario file: keys, defaults and what they mean (the JSON Schema comes from here)."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from callcenter.config import words
from callcenter.config.centre_form import CentreForm
from callcenter.config.fields import (
    Clock,
    Count,
    Dates,
    Day,
    DaySpan,
    Duration,
    Name,
    Number,
    Part,
    Ratio,
    Seconds,
    Share,
    Skills,
    Weekdays,
    written,
)
from callcenter.config.laws import LawWord, Rules

HEADS_SCHEMA = {"type": "integer", "minimum": 0}


def _one_or_many(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _break(value: Any) -> Any:
    """Read 12:00-12:30 into a mapping."""
    if isinstance(value, str):
        begin, end = words.span(value)
        return {"at": value.partition("-")[0], "for": f"{(end - begin) // 1000}s"}
    return value


def _busyness(value: Any) -> Any:
    return value if isinstance(value, dict) else {"cv": value}


class BreakForm(Part):
    """Part of a shift off the phone: 12:00-12:30, or {at: "12:00", for: 30m}, or {after: 4h, for: 30m}."""

    at: Clock | None = None
    """Time of day."""
    after: Duration | None = None
    """Time after the shift's begin."""
    length: Duration = Field(alias="for")
    """How long."""


BREAK_OR_SPAN = Annotated[BreakForm, BeforeValidator(_break)]
Breaks = list[BREAK_OR_SPAN]
EachDay = written("all")


class StreamForm(Part):
    """Calls to one queue: how many, when, by whom.

    One of `calls`, `calls_per_hour` and `calls_per_day` says how many.
    """

    name: Name | None = None
    """For reports and for --set (default: the queue's name)."""
    queue: Name | None = None
    """The queue they call (may be left out where there is only one)."""
    start: Clock = written("00:00", alias="from")
    """When the first interval begins."""
    until: Clock | None = None
    """When calls_per_hour or calls_per_day end (default: 24:00)."""
    every: Duration | None = None
    """Length of the intervals of calls and profile (default: the scenario's interval)."""
    calls: list[Number] | None = Field(default=None, min_length=1, max_length=10_000)
    """Expected calls in each interval from `from` on."""
    calls_per_hour: Number | None = None
    """A flat rate between `from` and `until`."""
    calls_per_day: Number | None = None
    """Expected calls of the whole day, spread by `profile` (flat where there is none)."""
    profile: list[Number] | None = Field(default=None, min_length=1, max_length=10_000)
    """Weights of the intervals, any scale: [1, 3, 5, 4, 2]."""
    tiers: dict[Name, Share] = Field(default_factory=dict)
    """Who calls: shares that add up to 100 % (default: all of the default tier)."""
    intents: dict[Name, Share] = Field(default_factory=dict)
    """Shares of calls with an intent; the rest has none."""
    skills: Skills = Field(default_factory=dict)
    """What an agent needs for these calls, besides the queue's needs."""
    weekdays: Weekdays = EachDay
    """On which days."""
    dates: Dates = written([])
    """On these dates only, whatever their day of the week."""
    but: Dates = written([])
    """Not on these dates."""
    channel: Name | None = None
    """voice, or another channel of the centre (default: voice, or the centre's first)."""


class BusynessForm(Part):
    """Busy and quiet days: all rates of a day are multiplied by a gamma variable of mean 1."""

    cv: Ratio
    """Its standard deviation: 10% is usual."""
    common: bool = True
    """One for all tiers; false: one for each tier."""


class MenuForm(Part):
    """The voice menu before the queue."""

    time: LawWord
    """How long callers are in the menu."""
    self_service: Share = written("0%")
    """Served by the menu: they never reach the queue."""
    hang_up: Share = written("0%")
    """Hang up in the menu."""
    skipped_by: list[Name] = Field(default_factory=list)
    """Tiers that go straight to the queue."""


class RetrialForm(Part):
    """Callers who were not served ring again."""

    probability: Share
    """How many of them."""
    delay: LawWord
    """After how long."""
    most: int = Field(default=5, ge=1, le=100)
    """Attempts at most, the first included."""
    patience: Literal["keep", "redraw"] = "redraw"
    """Of the next attempt: the same as before (keep), or drawn anew (redraw)."""


class RetrialsForm(Part):
    """By what happened to the first call."""

    abandoned: RetrialForm | None = None
    """Hung up while waiting."""
    rejected: RetrialForm | None = None
    """Turned away: closed, full, waited too long."""
    overflowed: RetrialForm | None = None
    """Sent elsewhere."""


class ShiftForm(Part):
    """People of one group on duty together."""

    group: Name
    """Their group."""
    agents: Count
    """How many."""
    start: Clock = Field(alias="from")
    """Begin of the shift."""
    end: Clock = Field(alias="to")
    """End of the shift; at or before the begin means the next day."""
    breaks: Breaks = Field(default_factory=list)
    """[10:00-10:15, 12:00-12:30]"""
    weekdays: Weekdays = EachDay
    """On which days."""
    dates: Dates = written([])
    """On these dates only, whatever their day of the week."""
    but: Dates = written([])
    """Not on these dates."""


class StaffingForm(Part):
    """People of a group on duty in each interval of the day (instead of shifts)."""

    group: Name
    """Their group."""
    agents: Annotated[
        list[Count], BeforeValidator(_one_or_many), Field(min_length=1, max_length=10_000),
        WithJsonSchema({"anyOf": [HEADS_SCHEMA, {"type": "array", "items": HEADS_SCHEMA}]}),
    ]  # fmt: skip
    """How many in each interval from `from` on, or one number for the whole time."""
    start: Clock = written("00:00", alias="from")
    """When the first interval begins."""
    until: Clock | None = None
    """For one number: when it ends (default: 24:00)."""
    every: Duration | None = None
    """Length of the intervals (default: the scenario's interval)."""
    weekdays: Weekdays = EachDay
    """On which days."""
    dates: Dates = written([])
    """On these dates only, whatever their day of the week."""
    but: Dates = written([])
    """Not on these dates."""


class DeskForm(Part):
    """How the people of a group work."""

    pace: float = Field(default=1.0, gt=0, le=100)
    """Their handling times are this many times the others'."""
    pace_cv: Ratio = written("0%")
    """Spread of the pace between agents."""
    ring: LawWord = written({"deterministic": "0s"})
    """Time until they pick up."""
    miss: Share = written("0%")
    """Share of calls they let ring."""
    back_after: Seconds = written("60s")
    """After a missed call they are back after this long."""


class ShiftTypeForm(Part):
    """A shift that may be scheduled (`callcenter schedule`)."""

    group: Name
    """For whom."""
    length: Duration
    """From begin to end, breaks included."""
    earliest: Clock
    """First possible begin."""
    latest: Clock
    """Last possible begin."""
    step: Duration = written("30m")
    """Begins are this far apart."""
    breaks: Breaks = Field(default_factory=list)
    """[{after: 4h, for: 30m}]"""
    cost: Number | None = None
    """Of one such shift, in any unit (default: its wages where the scenario has money, else its hours)."""
    most: Count | None = None
    """At most this many, each day."""
    outside_hours: bool = False
    """May begin before the queues of the group open, or end after they close."""


OutreachWord = Literal["campaign", "care"]


class OutreachForm(Part):
    """Customers whom the centre calls of its own accord, each day."""

    kind: OutreachWord
    """campaign (a list of customers who agreed) or care (customers who are called by plan)."""
    queue: Name
    """Whose agents call, by whose callback window, retry plan and result codes."""
    tier: Name | None = None
    """The customers' tier (default: the centre's default tier)."""
    customers: Count
    """How many, each day; with `every_days`, in all."""
    every_days: Annotated[int, Field(ge=1, le=366)] | None = None
    """A contact plan: each of them once in so many days, such as 15 (twice a month at least) or 30 (once)."""
    talk: LawWord
    """How long those talk who are reached."""
    between: DaySpan = written("00:00-24:00")
    """The list may be called from here on, and is to be done by then; the calling window holds besides."""
    wrap_up: LawWord = written({"deterministic": "0s"})
    """After-call work."""
    answered: Share = written("50%")
    """Share of the attempts that reach the customer."""
    dial: LawWord = written({"deterministic": "15s"})
    """How long an attempt rings."""
    solved: Share | None = None
    """Share of those reached who agree or are helped (default: agents give no result)."""
    weekdays: Weekdays = EachDay
    """On these days."""


class CallbackPeopleForm(Part):
    """How customers react to callbacks."""

    answered: Share = written("80%")
    """Share of the attempts that reach the customer."""
    dial: LawWord = written({"deterministic": "15s"})
    """How long an attempt rings."""
    accept_offer: Share = written("0%")
    """Share of waiting callers who take virtual hold when it is offered."""
    offer_after: Seconds = written("30s")
    """Virtual hold is offered to a caller who has waited this long."""
    solved: Share | None = None
    """Share of the customers reached whose business is finished (default: agents give no result)."""
    again: Share = written("0%")
    """Share of the customers reached who are called once more, by the retry plan."""


class WorthForm(Part):
    """What a tier is among the customers."""

    customers: Share
    """Its share of all customers."""
    revenue: Share
    """Its share of all revenue."""


class OvertimeForm(Part):
    """What is longer than a shift should be."""

    after: Duration
    """Of a shift, what is longer than this: 8h."""
    pay: Ratio = written("150%")
    """An hour of it costs so much of the wage."""


Price = Annotated[float, Field(ge=0, le=1_000_000_000)]
Priced = Price | dict[Name, Price]


class MoneyForm(Part):
    """What service costs, and what calls bring; all in one currency."""

    currency: Annotated[str, StringConstraints(min_length=1, max_length=12, pattern=r"^[^\s\d]+$")]
    """As it is printed: EUR, CNY, $."""
    wages: Priced | None = None
    """Of an hour on the roster (breaks and absence are paid): one amount, or by group."""
    overtime: OvertimeForm | None = None
    """Longer shifts cost more (default: they do not)."""
    lost_call: Priced | None = None
    """Of a call that nobody answered: one amount, or by tier."""
    revenue: Priced | None = None
    """What an answered call brings: one amount, or by tier; of calls that nobody answers it is at risk."""


class ModelErrorForm(Part):
    """How wrong the model was, beyond chance, about whole weeks that it had not seen: standard deviations.

    Written by `callcenter fit`; results then print a range of chance and model.
    """

    weeks: int = Field(ge=1, le=1_000)
    """Weeks that were held out."""
    service_level: Share
    """Of calls answered within 20 s, of all."""
    abandonment: Share
    """Of calls given up."""
    wait: Seconds
    """Of the mean wait of all calls."""


class FactorForm(Part):
    """Days on which more or fewer calls come: a season, a campaign, the day after a bill."""

    name: Name
    """For reports."""
    dates: Dates = written([])
    """On these dates."""
    holidays: bool = False
    """On the holidays of the calendar's country."""
    volume: Ratio
    """So many times the calls of an ordinary day: 130%, 0% for none."""
    streams: list[Name] = Field(default_factory=list)
    """Of these streams (default: of all)."""


class CalendarForm(Part):
    """What the dates of the days lived do to the calls."""

    holidays: str | None = None
    """Of this country, or part of it: ES, ES-CT, CN."""
    factors: list[FactorForm] = Field(default_factory=list)
    """Seasons and campaigns; of several on one day the product counts."""


class HorizonForm(Part):
    """Which days are lived through, and which of them are measured."""

    start: Day = written("2026-03-02")
    """The first measured day (default: a Monday)."""
    days: int = Field(default=1, ge=1, le=3660)
    """Measured days."""
    week: str | None = None
    """Instead of start and days: an ISO week, 2026-W10."""
    month: str | None = None
    """Instead of start and days: a month, 2026-03."""
    discard: int | None = Field(default=None, ge=0, le=366)
    """Days lived before `start`, not measured (default: 1 where callbacks, retrials or calls at midnight run on)."""
    run_off: int | None = Field(default=None, ge=0, le=366)
    """Days lived after the last measured one (default: likewise)."""
    warm_up: Duration = written("0s")
    """For stationary runs: this much of the begin is not measured."""
    length: Duration = written("24h")
    """For stationary runs: the last measured day ends after this long."""


Heads = Annotated[int, Field(ge=-10_000, le=10_000)]
"""People more, or fewer."""


class ScenarioForm(Part):
    """A centre, what reaches it and who works in it: a day that can be simulated."""

    version: Literal[1]
    """Of this format: 1."""
    name: Name | None = None
    """The scenario's name (default: the file's)."""
    title: str = ""
    """One line: the question it answers."""
    about: str = ""
    """More: where the figures come from."""
    centre: CentreForm
    """The centre itself, or the path of a centre file."""
    arrivals: list[StreamForm] = Field(default_factory=list)
    """Streams of calls."""
    busyness: Annotated[BusynessForm, BeforeValidator(_busyness)] | None = None
    """Busy and quiet days: {cv: 10%}, or 10%; without it arrivals are Poisson."""
    handling: Rules
    """Talk and hold time: one law for all, or a list of laws with conditions."""
    patience: Rules = written("never")
    """How long callers wait before they hang up (default: they never do)."""
    wrap_up: Rules | None = None
    """After-call work; 0s is none (default: what the queue forces: its own `wrap_up`)."""
    quiet_wrap_up: Rules | None = None
    """The same after a call that leaves nobody waiting: people rest when it is quiet (default: as `wrap_up`)."""
    recall: Rules | None = None
    """How soon those who rest are back once somebody waits (default: when their time is over)."""
    menu: MenuForm | None = None
    """The voice menu before the queue."""
    retrials: RetrialsForm = Field(default_factory=RetrialsForm)
    """Callers who ring again."""
    shifts: list[ShiftForm] = Field(default_factory=list)
    """People by shift."""
    staffing: list[StaffingForm] = Field(default_factory=list)
    """People by interval of the day."""
    absent: dict[Name, Count] = Field(default_factory=dict)
    """Sick people by group: so many are off duty on every day."""
    extra: dict[Name, Heads | dict[Name, Heads]] = Field(default_factory=dict)
    """People more (or fewer, below 0) by group than rostered: whenever somebody of it is there, or by spans of the day:
    {desk: {10:00-12:00: 2, 15:00-15:30: -1}}."""
    desks: dict[Name, DeskForm] = Field(default_factory=dict)
    """How the people of a group work."""
    shrinkage: Share = written("0%")
    """Chance that a rostered agent is away for the whole shift."""
    callbacks: CallbackPeopleForm = Field(default_factory=CallbackPeopleForm)
    """How customers react to callbacks."""
    outreach: list[OutreachForm] = Field(default_factory=list)
    """Campaign and care calls: what agents do when no caller waits."""
    worth: dict[Name, WorthForm] = Field(default_factory=dict)
    """Each tier's share of customers and revenue, for the report."""
    shift_types: dict[Name, ShiftTypeForm] = Field(default_factory=dict)
    """Shifts that may be scheduled."""
    calendar: CalendarForm = Field(default_factory=CalendarForm)
    """Holidays, seasons and campaigns."""
    money: MoneyForm | None = None
    """Prices: results then say what service costs."""
    model_error: ModelErrorForm | None = None
    """How far a fit was off on weeks held out: results then say how far such days may lie from what is simulated."""
    horizon: HorizonForm = Field(default_factory=HorizonForm)
    """Which days are lived through."""
    interval: Duration = written("30m")
    """Length of the intervals of reports and profiles."""
    replications: int = Field(default=20, ge=1, le=100_000)
    """How many times the days are lived."""
    seed: int = Field(default=1, ge=0, lt=2**63)
    """Chance: the same seed gives the same days."""
