"""Random centres and random asking, for Hypothesis: small, full of ties, with every feature switched on somewhere."""

from typing import Any

from hypothesis import strategies as st

from callcenter import commands as cmd
from callcenter.agents import Phone
from callcenter.callbacks import TaskKind
from callcenter.centre import Agent, Centre, Group, MissedOffers, Policy, Queue, Reserve, Selection
from callcenter.errors import BadCentre
from callcenter.events import OfferEnd
from callcenter.hours import UTC, OpeningHours, Zone
from callcenter.ids import AgentId, CallId, CustomerKey, OfferId, TaskId
from callcenter.skills import RelaxationStep, levels
from callcenter.tiers import CallbackPolicy, Intent, Leave, Target, Tier, WayOut, default_tiers
from callcenter.units import DAY, HOUR, MINUTE, SECOND, Millis

START = 20_000 * DAY + 9 * HOUR
"""A day at nine, UTC."""
JUMPS = Zone("Test/Jumps", (-(2**62), START + 2 * MINUTE, START + 6 * MINUTE), (0, HOUR, 0))
FAR = Zone("Test/Far", (-(2**62),), (-10 * HOUR,))

AGENTS = ("ana", "ben", "cem", "dana", "eli")
CALLS = tuple(f"c{n}" for n in range(24))
TASKS = ("t1", "t2", "t3", "c1", "c2/cb")
CUSTOMERS = ("kim", "lee", "mo")

seconds = st.sampled_from((0, 1, 5, 10, 15, 20, 30, 60, 120)).map(lambda s: Millis(s * SECOND))
waits = st.sampled_from((5, 10, 20, 30, 60)).map(lambda s: Millis(s * SECOND))
needs = st.dictionaries(st.sampled_from(("a", "b")), st.integers(1, 2), max_size=2).map(levels)
skills = st.dictionaries(st.sampled_from(("a", "b")), st.integers(1, 3), max_size=2).map(levels)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _spans(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = sorted(draw(st.sets(st.integers(0, 12), min_size=2, max_size=2)))
    return ((9 * HOUR + edges[0] * MINUTE, 9 * HOUR + edges[1] * MINUTE),)


@st.composite
def ways_out(draw: st.DrawFn, queue: int) -> WayOut:
    """A queue overflows to one that comes later only: circles are refused when a centre is built."""
    leave = draw(st.sampled_from(Leave))
    if leave is not Leave.OVERFLOW:
        return WayOut(leave)
    return WayOut(leave, draw(st.sampled_from([f"q{n}" for n in range(queue + 1, 3)] + ["outside"])))


@st.composite
def callback_policies(draw: st.DrawFn, groups: int) -> CallbackPolicy:
    begin, end = _spans(draw)[0]
    return CallbackPolicy(
        after=draw(_maybe(seconds)),
        promise=draw(waits.map(lambda w: Millis(w * 4))),
        rise_before=draw(waits),
        give_up_after=draw(waits.map(lambda w: Millis(w * 3))),
        retry_after=tuple(draw(st.lists(waits, max_size=2))),
        window=draw(st.sampled_from(((0, DAY), (0, DAY), (begin, end)))),
        grace=draw(seconds),
        customer_first=draw(st.booleans()),
        group=draw(_maybe(st.sampled_from([f"g{n}" for n in range(groups)]))),
        when_closed=draw(st.booleans()),
    )


@st.composite
def queues(draw: st.DrawFn, number: int, groups: int, policy: Policy, guard: Millis) -> Queue:
    steps = sorted(draw(st.sets(st.sampled_from((5, 10, 30)), max_size=2)))
    hours = OpeningHours(draw(st.sampled_from((UTC, JUMPS))), (_spans(draw),) * 7) if draw(st.integers(0, 3)) == 3 else None
    return Queue(
        f"q{number}",
        draw(needs),
        policy,
        guard,
        draw(st.sampled_from(Selection)),
        tuple(RelaxationStep(Millis(s * SECOND), tuple(draw(st.dictionaries(st.sampled_from(("a", "b")), st.integers(0, 2))).items())) for s in steps),
        draw(st.sampled_from((0, 0, 10, 20)).map(lambda s: Millis(s * SECOND))),
        draw(waits),
        draw(st.sampled_from((0, 0, 5, 20)).map(lambda s: Millis(s * SECOND))),
        draw(st.sampled_from((0, 5)).map(lambda s: Millis(s * SECOND))),
        hours,
        draw(ways_out(number)),
        draw(st.booleans()),
        draw(st.sampled_from((None, None, 0, 1, 3))),
        draw(ways_out(number)),
        draw(_maybe(waits)),
        draw(ways_out(number)),
        draw(st.booleans()),
        draw(st.booleans()),
        draw(ways_out(number)),
        draw(callback_policies(groups)),
    )  # fmt: skip


def _tiers(draw: st.DrawFn) -> tuple[Tier, ...]:
    tiers = default_tiers()
    if draw(st.booleans()):
        return tiers
    return tuple(
        Tier(
            t.name,
            draw(st.sampled_from((t.band, t.band, 1))) if t.name != "blacklisted" else t.band,
            draw(st.sampled_from((t.target, None, Target(0.8, Millis(5 * SECOND))))),
            draw(seconds),
            draw(st.integers(1, 4)),
            draw(st.booleans()),
            draw(_maybe(waits)),
            draw(ways_out(2)),
        )
        for t in tiers
    )


@st.composite
def centres(draw: st.DrawFn) -> Centre:
    """Any centre of one to three queues and groups that fits together."""
    many = draw(st.integers(1, 3))
    groups = tuple(
        Group(
            f"g{n}",
            draw(skills),
            draw(st.sampled_from((False, False, True))),
            draw(_maybe(waits)),
            draw(_maybe(st.integers(0, 2))),
        )
        for n in range(many)
    )
    policy, guard = draw(st.sampled_from(Policy)), draw(waits)
    parts = [draw(queues(n, many, policy, guard)) for n in range(3)]
    parts = parts[3 - draw(st.integers(1, 3)) :]
    names = {q.name for q in parts}
    named = tuple(
        Agent(AgentId(name), draw(st.sampled_from(groups)).name, draw(_maybe(skills))) for name in AGENTS[:2]
    )
    reserves = tuple(
        Reserve(draw(st.integers(0, 1)), draw(st.sampled_from(groups)).name, draw(st.integers(0, 2)), draw(_maybe(waits)))
        for _ in range(draw(st.integers(0, 2)))
    )
    missed = MissedOffers(
        draw(st.integers(1, 3)), draw(waits), draw(_maybe(waits)), draw(seconds), draw(waits), draw(waits)
    )
    intents = (Intent("fraud", draw(st.sampled_from((None, 0))), draw(needs)),)
    channels = (("voice", 100), ("chat", draw(st.sampled_from((30, 34, 50)))), ("mail", 20))
    everyone = Group("all", levels({"a": 3, "b": 3}))
    try:
        return Centre(
            "any", tuple(parts), groups, _tiers(draw), "standard", intents, named, reserves, missed, channels,
            zone=draw(st.sampled_from((UTC, JUMPS))), zones=(FAR, JUMPS), seed=draw(st.integers(0, 3)),
        )  # fmt: skip
    except BadCentre:
        assert names
        return Centre(
            "any", tuple(parts), (*groups, everyone), default_tiers(), "standard", intents, named, reserves, missed,
            channels, zone=UTC, zones=(FAR, JUMPS),
        )  # fmt: skip


QUEUES = st.sampled_from(("q0", "q1", "q2", "q2", "q2"))
TIERS = st.sampled_from((None, "vip", "mid", "standard", "blacklisted"))


def admissions(call_id: st.SearchStrategy[str]) -> st.SearchStrategy[cmd.AdmitCall]:
    return st.builds(
        cmd.AdmitCall,
        call_id.map(CallId),
        QUEUES,
        TIERS,
        _maybe(st.sampled_from(CUSTOMERS).map(CustomerKey)),
        st.sampled_from((None, None, "fraud")),
        st.sampled_from(((), (), (("a", 1),), (("b", 3),))),
        st.lists(st.sampled_from(AGENTS).map(AgentId), max_size=2, unique=True).map(tuple),
        st.sampled_from(("voice", "voice", "chat", "chat", "mail")),
        _maybe(st.sampled_from(("Test/Far", "Test/Jumps", "No/Where"))),
    )


def agent_commands(agent: st.SearchStrategy[str]) -> st.SearchStrategy[cmd.Command]:
    agent = agent.map(AgentId)
    return st.one_of(
        st.builds(cmd.LogOut, agent, st.booleans()),
        st.builds(cmd.SetAvailable, agent),
        st.builds(cmd.SetNotReady, agent, st.sampled_from(("break", "meeting"))),
        st.builds(cmd.RequestBreak, agent),
        st.builds(cmd.SetPhone, agent, st.sampled_from(Phone)),
        st.builds(cmd.EndWrapUp, agent),
        st.builds(cmd.SetAvailable, agent),
    )


log_ins = st.builds(
    cmd.LogIn,
    st.sampled_from(AGENTS).map(AgentId),
    st.sampled_from((None, "g0", "g0", "g1", "g2")),
    st.sampled_from((None, None, None, (("a", 3),), (("a", 1), ("b", 2)))),
)


def call_commands(call: st.SearchStrategy[str]) -> st.SearchStrategy[cmd.Command]:
    call = call.map(CallId)
    return st.one_of(
        st.builds(cmd.AbandonCall, call),
        st.builds(cmd.ConvertCall, call),
        st.builds(cmd.WithdrawCall, call),
        st.builds(cmd.FailCall, call, st.just("line cut")),
        st.builds(cmd.ReprioritiseCall, call, TIERS, st.sampled_from((None, None, 0, 1, 9, -1))),
        st.builds(cmd.HoldCall, call),
        st.builds(cmd.ResumeCall, call),
    )


def talk_commands(call: st.SearchStrategy[str]) -> st.SearchStrategy[cmd.Command]:
    call = call.map(CallId)
    return st.one_of(
        st.builds(cmd.EndCall, call),
        st.builds(cmd.TransferCall, call, QUEUES, st.sampled_from(("blind", "consult", "return"))),
        st.builds(cmd.FailCall, call, st.just("line cut")),
        st.builds(cmd.HoldCall, call),
        st.builds(cmd.ResumeCall, call),
    )


def offer_commands(offer: st.SearchStrategy[str]) -> st.SearchStrategy[cmd.Command]:
    offer = offer.map(OfferId)
    accept = st.builds(cmd.AcceptOffer, offer)
    return st.one_of(accept, accept, st.builds(cmd.EndOffer, offer, st.sampled_from(OfferEnd)))


def task_commands(task: st.SearchStrategy[str]) -> st.SearchStrategy[cmd.Command]:
    task = task.map(TaskId)
    later = st.integers(0, 20).map(lambda n: Millis(START + n * MINUTE))
    return st.one_of(
        st.builds(cmd.ReportReached, task),
        st.builds(cmd.ReportNotReached, task),
        st.builds(cmd.EndTask, task),
        st.builds(cmd.CancelTask, task),
        st.builds(cmd.RescheduleTask, task, later, _maybe(later)),
    )


schedules = st.builds(
    cmd.ScheduleTask,
    st.sampled_from(TASKS).map(TaskId),
    QUEUES,
    st.sampled_from(TaskKind),
    TIERS,
    _maybe(st.sampled_from(CUSTOMERS).map(CustomerKey)),
    _maybe(st.integers(0, 15).map(lambda n: Millis(START + n * MINUTE))),
    _maybe(st.integers(0, 20).map(lambda n: Millis(START + n * MINUTE))),
    _maybe(st.sampled_from(("Test/Far", "Test/Jumps"))),
)
