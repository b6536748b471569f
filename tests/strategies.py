"""Random centres and random asking, for Hypothesis: small, full of ties, with every feature switched on somewhere."""

from dataclasses import fields, replace
from typing import Any

from hypothesis import strategies as st

from callcenter import commands as cmd
from callcenter.agents import Phone
from callcenter.callbacks import TaskKind
from callcenter.centre import Agent, Centre, Group, MissedOffers, Policy, Queue, Reserve, Selection
from callcenter.errors import BadCentre
from callcenter.events import OfferEnd
from callcenter.hours import UTC, OpeningHours, Zone
from callcenter.ids import AgentId, CallId, OfferId, TaskId
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
needs = st.sampled_from(((), (), (("a", 1),), (("a", 2),), (("b", 1),), (("a", 1), ("b", 2))))
skills = st.sampled_from(((("a", 1),), (("a", 3),), (("a", 2), ("b", 2)), (("a", 3), ("b", 3)), (("b", 2),), ()))

loose = st.dictionaries(st.sampled_from(("a", "b")), st.integers(0, 2)).map(lambda to: tuple(to.items()))


def _seldom(strategy: st.SearchStrategy[Any], otherwise: Any = None) -> st.SearchStrategy[Any]:
    """A feature that would spoil most days if it were always on."""
    return st.integers(0, 3).flatmap(lambda n: strategy if n == 3 else st.just(otherwise))


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
    hours = None
    if draw(st.integers(0, 4)) == 4:
        hours = OpeningHours(draw(st.sampled_from((UTC, JUMPS))), (_spans(draw),) * 7)
    return Queue(
        f"q{number}",
        draw(needs),
        policy,
        guard,
        draw(st.sampled_from(Selection)),
        tuple(RelaxationStep(Millis(s * SECOND), draw(loose)) for s in steps),
        draw(st.sampled_from((0, 0, 10, 20)).map(lambda s: Millis(s * SECOND))),
        draw(waits),
        draw(st.sampled_from((0, 0, 5, 20)).map(lambda s: Millis(s * SECOND))),
        draw(_maybe(st.sampled_from((0, 5, 30)).map(lambda s: Millis(s * SECOND)))),
        draw(st.sampled_from((0, 5)).map(lambda s: Millis(s * SECOND))),
        hours,
        draw(ways_out(number)),
        draw(st.booleans()),
        draw(_seldom(st.sampled_from((0, 1, 3)))),
        draw(ways_out(number)),
        draw(_seldom(waits)),
        draw(ways_out(number)),
        draw(_seldom(st.just(False), True)),
        draw(st.booleans()),
        draw(ways_out(number)),
        draw(callback_policies(groups)),
        draw(_seldom(st.just(False), True)),
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
    named = tuple(Agent(AgentId(name), draw(st.sampled_from(groups)).name, draw(_maybe(skills))) for name in AGENTS[:2])
    reserves = tuple(
        Reserve(
            draw(st.integers(0, 1)),
            draw(st.sampled_from(groups)).name,
            draw(st.integers(0, 2)),
            draw(_maybe(waits)),
            outreach=draw(st.booleans()),
        )
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


QUEUES = st.sampled_from(("q2", "q2", "q2", "q1", "q0"))
TIERS = st.sampled_from((None, "vip", "mid", "standard", "blacklisted"))


ADMISSIONS = st.builds(
    cmd.AdmitCall,
    st.sampled_from(CALLS),
    QUEUES,
    TIERS,
    _maybe(st.sampled_from(CUSTOMERS)),
    st.sampled_from((None, None, "fraud")),
    st.sampled_from(((), (), (), (("a", 1),), (("b", 3),))),
    st.lists(st.sampled_from(AGENTS), max_size=2, unique=True).map(tuple),
    st.sampled_from(("voice", "voice", "chat", "chat", "mail")),
    _maybe(st.sampled_from(("Test/Far", "Test/Jumps", "No/Where"))),
)
LOG_INS = st.builds(
    cmd.LogIn,
    st.sampled_from(AGENTS),
    st.sampled_from(("g0", "g0", "g1", "g2", None)),
    st.sampled_from((None, None, None, (("a", 3),), (("a", 3), ("b", 3)))),
)
later = st.integers(0, 20).map(lambda n: Millis(START + n * MINUTE))
SCHEDULES = st.builds(
    cmd.ScheduleTask,
    st.sampled_from(TASKS),
    QUEUES,
    st.sampled_from(TaskKind),
    TIERS,
    _maybe(st.sampled_from(CUSTOMERS)),
    _maybe(later),
    _maybe(later),
    _maybe(st.sampled_from(("Test/Far", "Test/Jumps"))),
)

# What these are about is put in by `about`: Hypothesis draws from the same strategies on every day.
NOBODY, NO_CALL, NO_OFFER, NO_TASK = AgentId("?"), CallId("?"), OfferId("?"), TaskId("?")
AGENT_COMMANDS = st.one_of(
    st.builds(cmd.LogOut, st.just(NOBODY), st.booleans()),
    st.builds(cmd.SetAvailable, st.just(NOBODY)),
    st.builds(cmd.SetNotReady, st.just(NOBODY), st.sampled_from(("break", "meeting"))),
    st.builds(cmd.RequestBreak, st.just(NOBODY)),
    st.builds(cmd.SetPhone, st.just(NOBODY), st.sampled_from(Phone)),
    st.builds(cmd.EndWrapUp, st.just(NOBODY)),
    st.builds(cmd.ExtendWrapUp, st.just(NOBODY), st.sampled_from((-1, 0, 1, 4_000, 10**9)).map(Millis)),
    st.builds(cmd.NoteResult, st.just(NOBODY), st.sampled_from(("solved", "unsolved", "?"))),
)
WAITING_COMMANDS = st.one_of(
    st.builds(cmd.AbandonCall, st.just(NO_CALL)),
    st.builds(cmd.ConvertCall, st.just(NO_CALL)),
    st.builds(cmd.WithdrawCall, st.just(NO_CALL)),
    st.builds(cmd.SuspendCall, st.just(NO_CALL), st.just("given_up")),
    st.builds(cmd.ConfirmCall, st.just(NO_CALL)),
    st.builds(cmd.FailCall, st.just(NO_CALL), st.just("line cut")),
    st.builds(cmd.ReprioritiseCall, st.just(NO_CALL), TIERS, st.sampled_from((None, None, 0, 1, 9, -1))),
)
TALK_COMMANDS = st.one_of(
    st.builds(cmd.EndCall, st.just(NO_CALL)),
    st.builds(cmd.TransferCall, st.just(NO_CALL), QUEUES, st.sampled_from(("blind", "consult", "return"))),
    st.builds(cmd.FailCall, st.just(NO_CALL), st.just("line cut")),
    st.builds(cmd.HoldCall, st.just(NO_CALL)),
    st.builds(cmd.ResumeCall, st.just(NO_CALL)),
)
ACCEPTED = st.builds(cmd.AcceptOffer, st.just(NO_OFFER))
MISSED = st.builds(cmd.EndOffer, st.just(NO_OFFER), st.sampled_from(OfferEnd))
TASK_COMMANDS = st.one_of(
    st.builds(cmd.ReportReached, st.just(NO_TASK)),
    st.builds(cmd.ReportNotReached, st.just(NO_TASK)),
    st.builds(cmd.EndTask, st.just(NO_TASK)),
    st.builds(
        cmd.EndTask,
        st.just(NO_TASK),
        st.sampled_from(("solved", "refused", "call_again", "call_again", "?")),
        _maybe(later),
    ),
    st.builds(cmd.CancelTask, st.just(NO_TASK)),
    st.builds(cmd.RescheduleTask, st.just(NO_TASK), later, _maybe(later)),
)
LATE = (
    st.builds(cmd.AbandonCall, st.just(NO_CALL)),
    st.builds(cmd.EndCall, st.just(NO_CALL)),
    st.builds(cmd.HoldCall, st.just(NO_CALL)),
    st.builds(cmd.ResumeCall, st.just(NO_CALL)),
    st.builds(cmd.ReportReached, st.just(NO_TASK)),
    st.builds(cmd.ReportNotReached, st.just(NO_TASK)),
    st.builds(cmd.EndTask, st.just(NO_TASK)),
)
"""What a telephony system may report late, and date."""


def about(command: Any, ids: list[str], pick: int) -> cmd.Command:
    """Return `command` about one of `ids` (or about something that never was)."""
    subject = fields(command)[0].name
    made: cmd.Command = replace(command, **{subject: sorted(ids)[pick % len(ids)] if ids else "nobody/o1"})
    return made
