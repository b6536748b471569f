"""A scenario: a centre and the days it lives through (demand, people, shifts), as immutable data.

Chance is described here (laws, shares), never drawn: `sim` draws. Seconds are real numbers because people
measure them; the simulator rounds what it draws to whole milliseconds.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from callcenter.callbacks import TaskKind
from callcenter.centre import Centre
from callcenter.contact_plan import EVERY_DAY, ContactPlan
from callcenter.hours import weekday
from callcenter.money import Money
from callcenter.skills import Levels
from callcenter.units import DAY, MINUTE, Millis

WIDEST_PRECISION: Final = 0.25
"""Half the width that somebody may ask intervals of service levels to have: beyond ± 25 % they wrote 5 for 5%."""


class LawKind(StrEnum):
    """The family of a distribution of times."""

    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"
    WEIBULL = "weibull"
    ERLANG = "erlang"
    DETERMINISTIC = "deterministic"
    EMPIRICAL = "empirical"
    MIXTURE = "mixture"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution of times, in seconds.

    `exponential`, `deterministic`: mean_s. `lognormal`, `gamma`: mean_s and cv (SD ÷ mean). `weibull`: mean_s
    and shape. `erlang`: mean_s and shape (whole number of phases). `empirical`: values_s, from which one is
    taken with equal chance (or a continuous law through them as quantiles when `smooth`). `mixture`: parts with
    weights that add up to 1. `never`: infinite.
    """

    kind: LawKind
    mean_s: float = 0.0
    cv: float = 1.0
    shape: float = 1.0
    values_s: tuple[float, ...] = ()
    smooth: bool = False
    parts: tuple[tuple[float, "Law"], ...] = ()


NEVER = Law(LawKind.NEVER)


@dataclass(frozen=True, slots=True)
class Rule:
    """A law and whom it is for; an empty condition fits everyone, the first rule that fits counts."""

    law: Law
    tiers: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    """Fits calls that need one of these skills (queue's or call's own)."""
    between: tuple[int, int] | None = None
    """Fits calls that arrive between these local times (ms after midnight)."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Calls to one queue: expected number per interval of the day, split by tier and intent."""

    name: str
    queue: str
    calls: tuple[float, ...]
    """Expected calls in each interval, from `begin` on."""
    begin: int = 0
    """Ms after local midnight."""
    interval: Millis = Millis(30 * MINUTE)
    tiers: tuple[tuple[str, float], ...] = ()
    """Shares that add up to 1; a per-interval mix is several streams."""
    intents: tuple[tuple[str, float], ...] = ()
    """Shares of calls with an intent; the rest has none."""
    skills: Levels = ()
    weekdays: tuple[int, ...] = EVERY_DAY
    channel: str = "voice"
    dates: tuple[int, ...] = ()
    """On these local day numbers only (empty: on every day of `weekdays`)."""
    but: tuple[int, ...] = ()
    """Not on these."""


@dataclass(frozen=True, slots=True)
class Busyness:
    """Day-to-day over-dispersion: all rates of a day are multiplied by a gamma variable of mean 1."""

    cv: float
    common: bool = True
    """One multiplier for all tiers; False: one for each tier."""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call from a log; what is None is drawn."""

    at: Millis
    """Since local midnight of the first day."""
    queue: str
    tier: str
    customer: str | None = None
    handling_s: float | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """The voice menu before the queue; a call reaches the desk when it leaves it."""

    time: Law
    self_service: float = 0.0
    hang_up: float = 0.0
    skipped_by: tuple[str, ...] = ()
    """Tiers that go straight to the desk."""


@dataclass(frozen=True, slots=True)
class Retrial:
    """Callers who were not served ring again: with this probability, after this delay."""

    probability: float
    delay: Law
    most: int = 5
    """Attempts of one contact at most, the first included."""
    keeps_patience: bool = False
    """Who rings again is as patient as before; else the patience of each attempt is drawn anew."""


@dataclass(frozen=True, slots=True)
class Break:
    """Part of a shift off the phone."""

    begin: int
    """Ms after the shift's begin."""
    length: Millis


@dataclass(frozen=True, slots=True)
class Shift:
    """`agents` people of `group` on duty from `begin` to `end` (ms after local midnight) on these weekdays."""

    group: str
    agents: int
    begin: int
    end: int
    breaks: tuple[Break, ...] = ()
    weekdays: tuple[int, ...] = EVERY_DAY
    dates: tuple[int, ...] = ()
    """On these local day numbers only (empty: on every day of `weekdays`)."""
    but: tuple[int, ...] = ()
    """Not on these."""


@dataclass(frozen=True, slots=True)
class Staffing:
    """People of `group` on duty in each interval of the day (instead of shifts)."""

    group: str
    agents: tuple[int, ...]
    begin: int = 0
    interval: Millis = Millis(30 * MINUTE)
    weekdays: tuple[int, ...] = EVERY_DAY
    dates: tuple[int, ...] = ()
    """On these local day numbers only (empty: on every day of `weekdays`)."""
    but: tuple[int, ...] = ()
    """Not on these."""


def is_on(part: Stream | Shift | Staffing, day: int) -> bool:
    """Tell whether a part of a scenario is about local day number `day`: by its dates, or by its days of the week."""
    if day in part.but:
        return False
    return day in part.dates if part.dates else weekday(day * DAY) in part.weekdays


@dataclass(frozen=True, slots=True)
class Desk:
    """How the people of a group work."""

    group: str
    pace: float = 1.0
    """Their handling times are this many times the law's."""
    pace_cv: float = 0.0
    """Spread of the pace between agents (lognormal)."""
    ring: Law = Law(LawKind.DETERMINISTIC, 0.0)
    """Ring time until the agent accepts (groups that do not auto-answer)."""
    miss: float = 0.0
    """Share of offers let ring until they expire."""
    back_after_s: float = 60.0
    """An agent marked not responding says so and is back after this long."""


@dataclass(frozen=True, slots=True)
class ShiftType:
    """A shift that may be scheduled: where it may begin, how long it is, what it costs."""

    name: str
    group: str
    length: Millis
    earliest: int
    latest: int
    step: Millis = Millis(30 * MINUTE)
    breaks: tuple[Break, ...] = ()
    cost: float = 1.0
    most: int | None = None
    outside_hours: bool = False
    """May begin before the group's queues open or end after they close."""


@dataclass(frozen=True, slots=True)
class CallbackPeople:
    """How customers react to being called back."""

    answered: float = 0.8
    """Share of attempts the customer answers."""
    dial: Law = Law(LawKind.DETERMINISTIC, 15.0)
    accept_offer: float = 0.0
    """Share of waiting callers who take virtual hold when it is offered to them."""
    offer_after_s: float = 30.0
    """Virtual hold is offered to a caller who has waited this long."""
    solved: float | None = None
    """Share of the customers reached whose business is finished; None: agents give no result."""
    again: float = 0.0
    """Share of the customers reached who are called once more, by the retry plan."""


@dataclass(frozen=True, slots=True)
class Outreach:
    """Customers whom the centre calls of its own accord, each day: a campaign's list, or care calls by plan."""

    kind: TaskKind
    queue: str
    tier: str
    customers: int
    """A day; with `every_days`, in all."""
    talk: Law
    begin: int = 0
    """Ms after local midnight: the list may be called from here on."""
    end: int = DAY
    """…and is to be done by then."""
    wrap_up: Law = Law(LawKind.DETERMINISTIC, 0.0)
    answered: float = 0.5
    """Share of attempts the customer answers."""
    dial: Law = Law(LawKind.DETERMINISTIC, 15.0)
    solved: float | None = None
    """Share of those reached who agree or are helped; None: agents give no result."""
    weekdays: tuple[int, ...] = EVERY_DAY
    every_days: int | None = None
    """A contact plan: each of the customers once in so many days; a turn on another weekday moves to the next day."""

    def due_on(self, day: int) -> int:
        """Return how many are to be called on a day, counted from 1970-01-01.

        >>> plan = Outreach(TaskKind.CARE, "q", "vip", 31, Law(LawKind.DETERMINISTIC, 60.0), every_days=15)
        >>> [plan.due_on(day) for day in range(3)], sum(plan.due_on(day) for day in range(30))
        ([3, 2, 2], 62)
        """
        if self.every_days is not None:
            return ContactPlan(self.every_days, self.weekdays).turns_on(day, self.customers)
        return self.customers if weekday(day * DAY) in self.weekdays else 0


@dataclass(frozen=True, slots=True)
class Worth:
    """What a tier is among the customers (for the report's shares)."""

    tier: str
    customers: float
    revenue: float


@dataclass(frozen=True, slots=True)
class Horizon:
    """Which days are lived through, and which of them are measured.

    Connected days (callbacks, retrials, calls at midnight): the first `discard` days are lived but not measured, so
    that the first measured one begins as the day before left it, and `run_off` days follow, as far as anything that
    is measured goes on. A stationary run removes its `warm_up` instead.
    """

    first_day: int
    """Local day number (days since 1970-01-01)."""
    days: int = 1
    discard: int = 0
    run_off: int = 0
    warm_up: Millis = Millis(0)
    length: Millis = Millis(DAY)
    """Of the last measured day, for stationary runs that end at an instant; a whole day otherwise."""

    @property
    def lived(self) -> range:
        """The days lived: those discarded, those measured, the run-off.

        >>> horizon = Horizon(first_day=20_000, days=5, discard=1, run_off=2)
        >>> horizon.lived, horizon.measured
        (range(20000, 20008), range(20001, 20006))
        """
        return range(self.first_day, self.first_day + self.discard + self.days + self.run_off)

    @property
    def measured(self) -> range:
        """The days whose figures count."""
        first = self.first_day + self.discard
        return range(first, first + self.days)


@dataclass(frozen=True, slots=True)
class ModelError:
    """How wrong a fitted model was beyond chance about whole weeks that it had not seen: one standard deviation."""

    weeks: int
    """That were held out and foretold from the others."""
    service_level: float
    """Of all calls answered within 20 s (a share)."""
    abandonment: float
    """Share of the offered calls."""
    wait_s: float
    """Mean wait of all calls."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A centre, what reaches it, who works in it, for how long; with how many replications and which seed."""

    name: str
    centre: Centre
    horizon: Horizon
    streams: tuple[Stream, ...] = ()
    recorded: tuple[RecordedCall, ...] = ()
    handling: tuple[Rule, ...] = ()
    patience: tuple[Rule, ...] = ()
    wrap_up: tuple[Rule, ...] = ()
    """After-call work; empty: what each queue forces (its own `wrap_up`)."""
    quiet_wrap_up: tuple[Rule, ...] = ()
    """After a call that leaves nobody waiting whom the agent could take; empty: as `wrap_up`."""
    recall: tuple[Rule, ...] = ()
    """How soon such an agent is back once somebody waits; empty: not before the time is over."""
    shifts: tuple[Shift, ...] = ()
    staffing: tuple[Staffing, ...] = ()
    desks: tuple[Desk, ...] = ()
    shrinkage: float = 0.0
    """Chance that a rostered agent is away for the whole shift."""
    busyness: Busyness | None = None
    menu: Menu | None = None
    retrials: tuple[tuple[str, Retrial], ...] = ()
    """By outcome: abandoned, rejected, overflowed."""
    callbacks: CallbackPeople = CallbackPeople()
    outreach: tuple[Outreach, ...] = ()
    worth: tuple[Worth, ...] = ()
    shift_types: tuple[ShiftType, ...] = ()
    money: Money | None = None
    """Prices; None: nothing is said of money."""
    model_error: ModelError | None = None
    """Of a fitted scenario; None: not known."""
    interval: Millis = Millis(30 * MINUTE)
    replications: int = 20
    seed: int = 1
    title: str = ""
    about: str = ""
