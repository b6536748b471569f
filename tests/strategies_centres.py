"""Random centres for Hypothesis, as a planner would write them: queues, groups, chats, nights, days that are closed.

Small enough to be lived in a blink, and of every kind: a test that draws from here holds for centres nobody shaped.
"""

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st

from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from callcenter.hours import OpeningHours, Span
from callcenter.lifecycle.overnight import lasts_overnight
from callcenter.scenario import (
    Break,
    Busyness,
    Horizon,
    Law,
    LawKind,
    Rule,
    Scenario,
    Shift,
    ShiftType,
    Staffing,
    Stream,
)
from callcenter.tiers import Target, Tier
from callcenter.units import DAY, HOUR, MINUTE, SECOND, Millis

HALF = 30 * MINUTE
MONDAY = 20514
"""2026-03-02."""
AUTUMN, SPRING = 20751, 20541
"""2026-10-25 and 2026-03-29: 25 and 23 hours in Madrid."""
ZONES = ("UTC", "Europe/Madrid")
LAWS = (
    Law(LawKind.EXPONENTIAL, 180.0),
    Law(LawKind.LOGNORMAL, 300.0, cv=0.9),
    Law(LawKind.DETERMINISTIC, 120.0),
)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
WEEKDAYS = st.sampled_from([EVERY_DAY, (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5), (5,), (0, 2)])
TIERS = (
    Tier("vip", 0, Target(0.9, Millis(20 * SECOND))),
    Tier("standard", 1, Target(0.8, Millis(20 * SECOND))),
)


def examples(few: int) -> int:
    """Return how many to draw: few, or thirty times as many where long searches are asked for (`make test-slow`)."""
    return 30 * few if settings.get_current_profile_name() == "slow" else few


@dataclass(frozen=True, slots=True)
class Kind:
    """Which centres to draw."""

    channels: bool = True
    """Chats beside calls."""
    nights: bool = True
    """Lines that are open over midnight."""
    days: int = 3
    """Measured at most."""
    clocks_change: bool = True
    """Days of 23 and 25 hours too."""


@st.composite
def centres(draw: st.DrawFn, kind: Kind = Kind()) -> Scenario:
    """Any centre with shift types, and people who are enough for it or not."""
    where = zone(draw(st.sampled_from(ZONES)))
    chats = kind.channels and draw(st.booleans())
    names = [f"q{n}" for n in range(draw(st.integers(1, 3)))] + (["chat"] if chats else [])
    opened = {name: draw(_times(kind)) for name in names}
    queues = tuple(Queue(name, hours=_hours(draw, where, opened[name]), needs=((name, 1),)) for name in names)
    groups = _groups(draw, names)
    streams = tuple(stream for name in names for stream in draw(_streams(name, opened[name])))
    handling = (Rule(draw(st.sampled_from(LAWS))),)
    patience = (Rule(Law(LawKind.EXPONENTIAL, draw(st.sampled_from([120.0, 300.0])))),)
    channels = (("voice", 100), ("chat", 33)) if chats else (("voice", 100),)
    centre = Centre("any", queues, groups, TIERS, default_tier="standard", zone=where, channels=channels)
    around = 1 if lasts_overnight(centre, streams, handling, patience) else 0
    starts = [MONDAY, MONDAY + 4, *([AUTUMN, SPRING] if kind.clocks_change else [])]
    first = draw(st.sampled_from(starts)) - around
    people = draw(staffed([group.name for group in groups]))
    return Scenario(
        name="any",
        centre=centre,
        horizon=Horizon(first, draw(st.integers(1, kind.days)), around, around),
        streams=streams,
        handling=handling,
        patience=patience,
        shifts=people[0],
        staffing=people[1],
        shrinkage=draw(st.sampled_from([0.0, 0.0, 0.1])),
        busyness=draw(st.sampled_from([None, Busyness(0.1)])),
        shift_types=tuple(t for group in groups for t in shift_types(group.name)),
        seed=draw(st.integers(1, 1000)),
        replications=2,
    )


@st.composite
def _times(draw: st.DrawFn, kind: Kind) -> Span:
    """When a line is open: by day, half a day, round the clock, or over midnight."""
    spans = [(8 * HOUR, 18 * HOUR), (9 * HOUR, 14 * HOUR), *([(0, DAY), (20 * HOUR, 26 * HOUR)] if kind.nights else [])]
    return draw(st.sampled_from(spans))


def _hours(draw: st.DrawFn, where: object, opened: Span) -> OpeningHours | None:
    if opened == (0, DAY) or draw(st.booleans()):
        return None
    closed = draw(st.sampled_from([(), (6,), (5, 6)]))
    week: list[list[Span]] = [[] for _ in EVERY_DAY]
    for day in EVERY_DAY:
        if day not in closed:
            week[day].append((opened[0], min(opened[1], DAY)))
            if opened[1] > DAY:
                week[(day + 1) % 7].append((0, opened[1] - DAY))
    return OpeningHours(where, tuple(tuple(sorted(spans)) for spans in week))  # type: ignore[arg-type]


def _groups(draw: st.DrawFn, names: list[str]) -> tuple[Group, ...]:
    """A group for each queue, and sometimes one that can do everything."""
    own = [Group(f"{name}_team", ((name, 1),), auto_answer=draw(st.booleans())) for name in names]
    if len(names) > 1 and draw(st.booleans()):
        own.append(Group("all_round", tuple((name, 1) for name in names), auto_answer=True))
    return tuple(own)


@st.composite
def _streams(draw: st.DrawFn, name: str, opened: Span) -> list[Stream]:
    """Calls while the line is open, those after midnight in a stream of their own; on some days none."""
    weekdays = draw(WEEKDAYS)
    per_half_hour = draw(st.sampled_from([0.0, 1.0, 4.0]))
    tiers = draw(st.sampled_from([(), (("vip", 0.2), ("standard", 0.8))]))
    channel = "chat" if name == "chat" else "voice"
    found = []
    for begin, end in ((opened[0], min(opened[1], DAY)), (0, max(0, opened[1] - DAY))):
        if end > begin:
            calls = (per_half_hour,) * ((end - begin) // HALF)
            found.append(Stream(f"{name} {begin}", name, calls, begin, tiers=tiers, weekdays=weekdays, channel=channel))
    return found


@st.composite
def staffed(draw: st.DrawFn, groups: list[str]) -> tuple[tuple[Shift, ...], tuple[Staffing, ...]]:
    """People: shifts, some of them past midnight and some with a break, or curves; on some days nobody."""
    if draw(st.booleans()):
        curves = tuple(Staffing(group, (draw(st.integers(0, 3)),) * 48, weekdays=draw(WEEKDAYS)) for group in groups)
        return (), curves
    shifts = []
    for group in groups:
        for _ in range(draw(st.integers(1, 2))):
            begin, length = draw(st.integers(0, 47)), draw(st.integers(8, 24))
            breaks = (Break(3 * HOUR, Millis(15 * MINUTE)),) if draw(st.booleans()) else ()
            end = (begin + length) * HALF
            shifts.append(Shift(group, draw(st.integers(1, 3)), begin * HALF, end, breaks, draw(WEEKDAYS)))
    return tuple(shifts), ()


def shift_types(group: str) -> tuple[ShiftType, ...]:
    """A long shift by day, a short one, and one over midnight, for a group."""
    lunch = (Break(4 * HOUR, Millis(30 * MINUTE)),)
    return (
        ShiftType(f"day_{group}", group, Millis(8 * HOUR), 6 * HOUR, 14 * HOUR, Millis(HOUR), lunch, 8.0),
        ShiftType(f"short_{group}", group, Millis(4 * HOUR), 0, 20 * HOUR, Millis(HOUR), (), 4.5),
        ShiftType(f"night_{group}", group, Millis(8 * HOUR), 20 * HOUR, 23 * HOUR, Millis(HOUR), (), 9.5),
    )


def cut_in_two(shift: Shift, at: int) -> tuple[Shift, Shift]:
    """The same heads as two shifts, the second beginning as the first ends (`at`, ms after midnight); no breaks."""
    weekdays = shift.weekdays
    if at >= DAY:
        at_, end = at - DAY, shift.end - DAY
        weekdays = tuple(sorted((day + 1) % 7 for day in weekdays))
        return replace(shift, end=at, breaks=()), replace(shift, begin=at_, end=end, breaks=(), weekdays=weekdays)
    return replace(shift, end=at, breaks=()), replace(shift, begin=at, breaks=(), weekdays=weekdays)


def one_by_one(shift: Shift) -> tuple[Shift, ...]:
    """The same heads as so many entries of one agent, one for each day of the week."""
    return tuple(replace(shift, agents=1, weekdays=(day,)) for day in shift.weekdays for _ in range(shift.agents))
