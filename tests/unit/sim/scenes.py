"""Small scenarios for tests: scripted calls whose every second is known, and random ones for Hypothesis."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from callcenter import events as ev
from callcenter.centre import Centre, Group, MissedOffers, Queue
from callcenter.hours import UTC, OpeningHours
from callcenter.scenario import (
    NEVER,
    Break,
    Busyness,
    CallbackPeople,
    Desk,
    Horizon,
    Law,
    LawKind,
    Menu,
    RecordedCall,
    Retrial,
    Rule,
    Scenario,
    Shift,
    Staffing,
    Stream,
)
from callcenter.tiers import CallbackPolicy, Leave, Tier, WayOut, default_tiers
from callcenter.units import DAY, HOUR, MINUTE, SECOND, Millis, millis
from sim.run.driver import Day

MONDAY = 20514
"""2026-03-02."""
TIERS = default_tiers()
QUEUE = Queue("q")
HEADSETS = Group("g", auto_answer=True)


def always(seconds: float) -> Law:
    return Law(LawKind.DETERMINISTIC, seconds)


def exponential(seconds: float) -> Law:
    return Law(LawKind.EXPONENTIAL, seconds)


def opening(begin: int, end: int) -> OpeningHours:
    return OpeningHours(UTC, (((begin, end),),) * 7)


def shift(begin: float, end: float, agents: int = 1, **more: object) -> Shift:
    return Shift("g", agents, int(begin * HOUR), int(end * HOUR), **more)


def logins(day: Day) -> list[tuple[str, float]]:
    """Return who came or went, in hours after the day began."""
    kinds = {ev.AgentLoggedIn: "in", ev.AgentLoggedOut: "out"}
    return [(kinds[type(e)], (e.at - day.begin) / HOUR) for e in day.history if type(e) in kinds]


Script = Sequence[tuple[float, str, float]]
"""Calls: when (s after midnight), tier, handling (s)."""


def scripted(
    calls: Script,
    *,
    agents: int = 1,
    patience_s: dict[str, float] | None = None,
    queue: Queue = QUEUE,
    group: Group = HEADSETS,
    tiers: tuple[Tier, ...] = TIERS,
    customers: Sequence[str | None] = (),
    shifts: tuple[Shift, ...] = (),
    **more: object,
) -> Scenario:
    """Return a day whose calls are given; agents are there all day unless there are shifts."""
    who = list(customers) + [None] * (len(calls) - len(customers))
    return Scenario(
        name="script",
        centre=Centre("script", (queue,), (group,), tiers),
        horizon=more.pop("horizon", Horizon(MONDAY)),  # type: ignore[arg-type]
        recorded=tuple(
            RecordedCall(millis(at), queue.name, tier, customer, handling)
            for (at, tier, handling), customer in zip(calls, who, strict=True)
        ),
        patience=tuple(Rule(always(s) if s < 1e9 else NEVER, tiers=(tier,)) for tier, s in (patience_s or {}).items()),
        shifts=shifts,
        staffing=() if shifts else (Staffing(group.name, (agents,), interval=Millis(DAY)),),
        **more,  # type: ignore[arg-type]
    )


def lived(scenario: Scenario, replication: int = 0) -> Day:
    return Day(scenario, replication, keep_journal=True).run()


def waits(day: Day) -> list[tuple[str, float]]:
    """Return outcome and wait (s) of each call, in order of arrival; those open wait until the end."""
    return [
        (r.outcome, ((day.now if r.left_at is None else r.left_at) - r.queued_at) / SECOND)
        for r in sorted(day.ledger.calls, key=lambda r: int(r.call_id.partition("/")[0]))
    ]


def busy(calls_per_hour: float = 60.0, *, agents: int = 3, hours: int = 3, **more: object) -> Scenario:
    """Return a plain busy morning drawn by chance."""
    queue = more.pop("queue", Queue("q"))
    group = more.pop("group", Group("g", auto_answer=True))
    base = Scenario(
        name="busy",
        centre=Centre("busy", (queue,), (group,)),  # type: ignore[arg-type]
        horizon=Horizon(MONDAY),
        streams=(
            Stream(
                "calls",
                "q",
                (calls_per_hour,) * hours,
                begin=8 * HOUR,
                interval=Millis(HOUR),
                tiers=(("vip", 0.1), ("mid", 0.2), ("standard", 0.6), ("blacklisted", 0.1)),
            ),
        ),
        handling=(Rule(exponential(180.0)),),
        patience=(Rule(exponential(90.0)),),
        staffing=(Staffing("g", (agents,) * (hours + 1), begin=8 * HOUR, interval=Millis(HOUR)),),
        seed=7,
    )
    return replace(base, **more)  # type: ignore[arg-type]


# --- anything goes

WAYS = st.sampled_from([WayOut(), WayOut(Leave.CALLBACK), WayOut(Leave.OVERFLOW, "b"), WayOut(Leave.OVERFLOW, "else")])
TIMES = st.sampled_from([None, millis(20), millis(90)])


@st.composite
def small_scenarios(draw: st.DrawFn) -> Scenario:
    """Any small scenario: two queues that may overflow into the other, every behaviour on or off."""
    policy = CallbackPolicy(
        promise=Millis(draw(st.sampled_from([2, 24])) * HOUR),
        window=(9 * HOUR, 21 * HOUR),
        retry_after=(Millis(10 * MINUTE),),
        when_closed=draw(st.booleans()),
    )
    first = Queue(
        "a",
        wrap_up=Millis(draw(st.sampled_from([0, 15])) * SECOND),
        hours=draw(st.sampled_from([None, opening(9 * HOUR, 11 * HOUR)])),
        serve_out=draw(st.booleans()),
        max_waiting=draw(st.sampled_from([None, 0, 3])),
        when_full=draw(WAYS),
        max_wait=draw(TIMES),
        after_max_wait=draw(WAYS),
        when_closed=draw(WAYS),
        join_empty=draw(st.booleans()),
        leave_empty=draw(st.booleans()),
        when_empty=draw(WAYS),
        callbacks=policy,
    )
    group = Group("g", auto_answer=draw(st.booleans()))
    horizon = draw(
        st.sampled_from(
            [Horizon(MONDAY), Horizon(MONDAY, 1, 1, 1), Horizon(MONDAY, warm_up=Millis(HOUR), length=Millis(11 * HOUR))]
        )
    )
    shifts = (
        Shift("g", draw(st.integers(0, 3)), 8 * HOUR + 30 * MINUTE, 11 * HOUR),
        Shift("g", draw(st.integers(1, 3)), 9 * HOUR, 12 * HOUR, (Break(30 * MINUTE, Millis(20 * MINUTE)),)),
    )
    retrial = Retrial(0.7, exponential(600.0), 3)
    return Scenario(
        name="any",
        centre=Centre("any", (first, Queue("b")), (group,), missed=MissedOffers(count=2)),
        horizon=horizon,
        streams=(
            Stream(
                "calls",
                "a",
                (draw(st.sampled_from([10.0, 40.0])),) * 3,
                begin=9 * HOUR - 30 * MINUTE,
                interval=Millis(HOUR),
                tiers=(("vip", 0.1), ("mid", 0.4), ("standard", 0.3), ("blacklisted", 0.2)),
            ),
        ),
        handling=(Rule(exponential(240.0)),),
        patience=(Rule(exponential(60.0)),) if draw(st.booleans()) else (),
        wrap_up=(Rule(exponential(20.0)),) if draw(st.booleans()) else (),
        shifts=shifts,
        desks=(Desk("g", 1.1, 0.2, always(4.0), draw(st.sampled_from([0.0, 0.3])), 30.0),),
        shrinkage=draw(st.sampled_from([0.0, 0.3])),
        busyness=draw(st.sampled_from([None, Busyness(0.3), Busyness(0.3, common=False)])),
        menu=draw(st.sampled_from([None, Menu(exponential(20.0), 0.2, 0.1, ("vip",))])),
        retrials=tuple((outcome, retrial) for outcome in ("abandoned", "rejected", "overflowed"))
        if draw(st.booleans())
        else (),
        callbacks=CallbackPeople(0.6, always(10.0), draw(st.sampled_from([0.0, 0.5])), 15.0),
        seed=draw(st.integers(0, 99)),
    )
