"""Centres in which everything happens at once: every rule that the compiled path tells, on or off."""

from hypothesis import strategies as st

from callcenter.centre import Centre, Group, MissedOffers, Policy, Queue, Reserve, Selection
from callcenter.hours import UTC, OpeningHours
from callcenter.scenario import (
    NEVER,
    Break,
    CallbackPeople,
    Desk,
    Horizon,
    Law,
    LawKind,
    Menu,
    Retrial,
    Rule,
    Scenario,
    Shift,
    Staffing,
    Stream,
)
from callcenter.skills import RelaxationStep
from callcenter.tiers import CallbackPolicy, Intent, Leave, Target, Tier, WayOut
from callcenter.units import HOUR, MINUTE, SECOND, Millis

MONDAY = 20514

LAWS = st.sampled_from(
    [
        Law(LawKind.EXPONENTIAL, 60.0),
        Law(LawKind.LOGNORMAL, 90.0, 0.8),
        Law(LawKind.GAMMA, 50.0, 0.7),
        Law(LawKind.WEIBULL, 70.0, shape=1.5),
        Law(LawKind.ERLANG, 80.0, shape=3),
        Law(LawKind.DETERMINISTIC, 45.0),
        Law(LawKind.EMPIRICAL, values_s=(5.0, 30.0, 30.0, 120.0)),
        Law(
            LawKind.MIXTURE,
            parts=((0.3, Law(LawKind.DETERMINISTIC, 0.0)), (0.7, Law(LawKind.EXPONENTIAL, 100.0))),
        ),
    ]
)
SHORT = st.sampled_from(
    [Law(LawKind.DETERMINISTIC, 0.0), Law(LawKind.DETERMINISTIC, 4.0), Law(LawKind.EXPONENTIAL, 6.0)]
)


def _ways(target: str) -> st.SearchStrategy[WayOut]:
    return st.sampled_from(
        [WayOut(), WayOut(Leave.CALLBACK), WayOut(Leave.OVERFLOW, target), WayOut(Leave.OVERFLOW, "elsewhere")]
    )


@st.composite
def _tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            name,
            draw(st.integers(0, 1)) if name != "last" else 9,
            Target(0.8, Millis(draw(st.sampled_from([10, 20, 60])) * SECOND)) if name != "last" else None,
            Millis(draw(st.sampled_from([0, 30, 90])) * SECOND),
            draw(st.integers(1, 4)),
            draw(st.booleans()),
            draw(st.sampled_from([None, None, Millis(40 * SECOND)])),
            draw(st.sampled_from([WayOut(), WayOut(Leave.CALLBACK), WayOut(Leave.OVERFLOW, "elsewhere")])),
        )
        for name in ("gold", "plain", "last")
    )


@st.composite
def _queue(draw: st.DrawFn, name: str, policy: Policy, groups: tuple[str, ...], last: bool) -> Queue:
    """Return a queue; calls overflow from the first to the second only, so never in a circle."""
    way = _ways("b") if not last else st.sampled_from([WayOut(), WayOut(Leave.CALLBACK)])
    needs = draw(st.sampled_from([(), (("x", 1),), (("x", 2), ("y", 1))]))
    steps = (
        RelaxationStep(Millis(15 * SECOND), (("x", 1),)),
        RelaxationStep(Millis(40 * SECOND), (("x", 0), ("y", 0))),
    )
    begin = draw(st.sampled_from([8, 9]))
    return Queue(
        name,
        needs=needs,
        policy=policy,
        tail_guard=Millis(60 * SECOND),
        selection=draw(st.sampled_from([s for s in Selection if s is not Selection.RANDOM])),
        relaxation=steps if needs and draw(st.booleans()) else (),
        offer_timeout=Millis(draw(st.sampled_from([5, 15])) * SECOND),
        wrap_up=Millis(draw(st.sampled_from([0, 0, 20])) * SECOND),
        hours=draw(st.sampled_from([None, OpeningHours(UTC, (((begin * HOUR, 10 * HOUR),),) * 7)])),
        when_closed=draw(way),
        serve_out=draw(st.booleans()),
        max_waiting=draw(st.sampled_from([None, None, 0, 3])),
        when_full=draw(way),
        max_wait=draw(st.sampled_from([None, None, Millis(30 * SECOND)])),
        after_max_wait=draw(way),
        join_empty=draw(st.booleans()),
        leave_empty=draw(st.booleans()),
        when_empty=draw(way),
        callbacks=CallbackPolicy(
            after=draw(st.sampled_from([None, Millis(0)])),
            promise=Millis(draw(st.sampled_from([1, 24])) * HOUR),
            rise_before=Millis(draw(st.sampled_from([30, 120])) * MINUTE),
            give_up_after=Millis(draw(st.sampled_from([1, 24])) * HOUR),
            retry_after=draw(st.sampled_from([(), (Millis(5 * MINUTE),), (Millis(10 * MINUTE), Millis(HOUR))])),
            window=draw(st.sampled_from([(0, 24 * HOUR), (9 * HOUR, 21 * HOUR)])),
            customer_first=draw(st.booleans()),
            group=draw(st.sampled_from([None, *groups])),
            when_closed=draw(st.booleans()),
        ),
        keep_generalists_free=draw(st.booleans()),
    )


@st.composite
def wild_scenarios(draw: st.DrawFn) -> Scenario:
    """Any small scenario."""
    names = ("g", "h")
    groups = tuple(
        Group(
            name,
            draw(st.sampled_from([(("x", 2), ("y", 1)), (("x", 3), ("y", 3))])) if name == "g" else draw(
                st.sampled_from([(), (("x", 1),), (("x", 2), ("y", 1))])
            ),
            auto_answer=draw(st.booleans()),
            offer_timeout=draw(st.sampled_from([None, Millis(8 * SECOND)])),
        )
        for name in names
    )  # fmt: skip
    policy = draw(st.sampled_from(list(Policy)))
    queues = (
        draw(_queue("a", policy, names, last=False)),
        draw(_queue("b", policy, names, last=True)),
    )
    tiers = draw(_tiers())
    reserves = tuple(
        Reserve(draw(st.integers(0, 1)), draw(st.sampled_from(names)), draw(st.integers(0, 2)), until)
        for until in draw(st.lists(st.sampled_from([None, Millis(10 * SECOND), Millis(25 * SECOND)]), max_size=2))
    )
    centre = Centre(
        "wild",
        queues,
        groups,
        tiers,
        "plain",
        intents=(Intent("fraud", 0), Intent("deal", None, (("y", 1),))),
        reserves=reserves,
        missed=MissedOffers(
            count=draw(st.integers(1, 2)),
            back_after=draw(st.sampled_from([None, Millis(2 * MINUTE)])),
            exclude_for=Millis(draw(st.sampled_from([10, 60])) * SECOND),
        ),
        channels=(("voice", 100), ("chat", draw(st.sampled_from([33, 50])))),
    )
    mix = (("gold", 0.3), ("plain", 0.6), ("last", 0.1))
    streams = tuple(
        Stream(
            f"s{n}",
            draw(st.sampled_from(["a", "b"])),
            tuple(float(draw(st.integers(0, 60))) for _ in range(4)),
            begin=8 * HOUR,
            tiers=mix,
            intents=draw(st.sampled_from([(), (("fraud", 0.1),), (("fraud", 0.1), ("deal", 0.3))])),
            channel=draw(st.sampled_from(["voice", "voice", "chat"])),
        )
        for n in range(draw(st.integers(1, 3)))
    )
    rules = (
        Rule(draw(LAWS), tiers=("gold",)),
        Rule(draw(LAWS), between=(9 * HOUR, 10 * HOUR)),
        Rule(draw(st.sampled_from([NEVER, Law(LawKind.EXPONENTIAL, 60.0), Law(LawKind.GAMMA, 40.0, 1.2)]))),
    )
    wrap_up = draw(st.sampled_from([(), (Rule(Law(LawKind.EXPONENTIAL, 20.0)),)]))
    quiet = (Rule(Law(LawKind.EXPONENTIAL, 60.0)),) if wrap_up and draw(st.booleans()) else ()
    retrial = st.builds(
        Retrial, st.sampled_from([0.4, 0.9]), LAWS, most=st.integers(2, 4), keeps_patience=st.booleans()
    )
    shifts = tuple(
        Shift(
            draw(st.sampled_from(names)),
            draw(st.integers(1, 3)),
            draw(st.sampled_from([8, 9])) * HOUR,
            draw(st.sampled_from([10, 11, 25])) * HOUR,
            breaks=draw(st.sampled_from([(), (Break(45 * MINUTE, Millis(15 * MINUTE)),)])),
        )
        for _ in range(draw(st.integers(1, 3)))
    )
    return Scenario(
        name="wild",
        centre=centre,
        horizon=Horizon(
            MONDAY,
            days=draw(st.integers(1, 2)) if not any(_overflows(queue) for queue in queues) else 1,
            run_off=0,
        ),
        streams=streams,
        handling=(Rule(draw(LAWS), queues=("a",)), Rule(draw(LAWS))),
        patience=rules,
        wrap_up=wrap_up,
        quiet_wrap_up=quiet,
        recall=(Rule(Law(LawKind.EXPONENTIAL, 5.0)),) if quiet and draw(st.booleans()) else (),
        shifts=shifts,
        staffing=draw(st.sampled_from([(), (Staffing("g", (1, 3, 0, 2), begin=8 * HOUR),)])),
        desks=tuple(
            Desk(name, draw(st.sampled_from([1.0, 1.2])), draw(st.sampled_from([0.0, 0.3])), draw(SHORT),
                 draw(st.sampled_from([0.0, 0.2])), draw(st.sampled_from([20.0, 60.0])))
            for name in names
        ),
        shrinkage=draw(st.sampled_from([0.0, 0.3])),
        menu=draw(st.sampled_from([None, Menu(Law(LawKind.EXPONENTIAL, 20.0), 0.1, 0.1)])),
        retrials=tuple(
            (outcome, draw(retrial))
            for outcome in ("abandoned", "rejected", "overflowed")
            if draw(st.booleans())
        ),
        callbacks=CallbackPeople(
            answered=0.6,
            dial=draw(SHORT),
            accept_offer=draw(st.sampled_from([0.0, 0.5])),
            offer_after_s=draw(st.sampled_from([0.0, 15.0])),
            solved=draw(st.sampled_from([None, 0.5])),
            again=0.3,
        ),
        replications=2,
        seed=draw(st.integers(0, 2**31)),
    )  # fmt: skip


def _overflows(queue: Queue) -> bool:
    ways = (queue.when_closed, queue.when_full, queue.after_max_wait, queue.when_empty)
    return any(way.leave is Leave.OVERFLOW for way in ways)
