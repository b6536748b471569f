"""Campaign and care calls cost a live caller nothing but the talk in progress: two worlds, told call by call.

In one world the centre calls a list. In the other it has no list, and its agents are merely not ready whenever they
talked to somebody of the list. Callers must see no difference at all. And no call of a list begins while somebody
waits whom that agent could take: so what is in progress when a caller comes is all that they ever pay for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, Final

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.callbacks import TaskKind
from callcenter.centre import Centre, Group, Queue, Reserve
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY, SECOND, Millis
from routing.engine import RoutingEngine

TIERS: Final = ("vip", "mid", "standard", "blacklisted")
STEP: Final = 64 * SECOND
"""Everybody's times are a multiple of this and a remainder of their own: nothing happens at the same instant, so the
order of things at one instant, which is told elsewhere, plays no part."""


@dataclass(frozen=True)
class Caller:
    """Somebody who calls."""

    comes: int
    tier: str
    queue: str
    patience: int
    talk: int


@dataclass(frozen=True)
class Listed:
    """Somebody of a list."""

    due: int
    kind: TaskKind
    tier: str
    queue: str
    answers: bool
    talk: int


@dataclass(frozen=True)
class World:
    """A centre, those who call it, and whom it calls."""

    centre: Centre
    agents: tuple[tuple[str, str], ...]
    callers: tuple[Caller, ...]
    listed: tuple[Listed, ...]
    wrap_up: int


def centre_with(keep: int, wrap_up: int) -> Centre:
    """Return a centre of two queues, whose experts may take either, and which keeps so many agents from its lists."""
    policy = CallbackPolicy(window=(0, DAY), retry_after=(Millis(10 * STEP),))
    queues = (
        Queue("sales", wrap_up=Millis(wrap_up), callbacks=policy),
        Queue("help", needs=(("help", 1),), wrap_up=Millis(wrap_up), callbacks=policy),
    )
    groups = (Group("desk", auto_answer=True), Group("experts", skills=(("help", 1),), auto_answer=True))
    reserves = tuple(Reserve(0, group.name, keep, outreach=True) for group in groups) if keep else ()
    return Centre("two", queues, groups, reserves=reserves)


QUEUES: Final = st.sampled_from(["sales", "help"])
TIER: Final = st.sampled_from(TIERS)
TIMES: Final = st.integers(0, 12)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw people; remainders: callers from 1 s, listed ones from 31 s, agents from 50 s."""
    callers = [
        Caller(draw(TIMES) * STEP + n * SECOND, draw(TIER), draw(QUEUES), draw(st.integers(1, 6)) * STEP,
               draw(st.integers(1, 4)) * STEP)
        for n in range(1, draw(st.integers(1, 14)) + 1)
    ]  # fmt: skip
    listed = [
        Listed(draw(TIMES) * STEP + n * SECOND, draw(st.sampled_from([TaskKind.CAMPAIGN, TaskKind.CARE])), draw(TIER),
               draw(QUEUES), draw(st.booleans()), draw(st.integers(1, 4)) * STEP)
        for n in range(31, 31 + draw(st.integers(1, 8)))
    ]  # fmt: skip
    groups = draw(st.lists(st.sampled_from(["desk", "experts"]), min_size=1, max_size=4))
    agents = tuple((f"a{n}", group) for n, group in enumerate(groups))
    wrap_up = draw(st.integers(0, 2)) * STEP
    return World(centre_with(draw(st.integers(0, 1)), wrap_up), agents, tuple(callers), tuple(listed), wrap_up)


Spans = list[tuple[str, int, int]]
"""Agent, from, to."""


class Lived:
    """One world, lived to its end."""

    def __init__(self, world: World, *, lists: bool, away: Spans = ()) -> None:  # type: ignore[assignment]
        self.world = world
        self.engine = RoutingEngine(world.centre)
        self.outcome: dict[str, tuple[str, int, str]] = {}
        """Call or promised callback → how it ended, when, with whom."""
        self.waiting: dict[str, str] = {}
        """Who waits, calls and callbacks that are due → queue."""
        self.busy: set[str] = set()
        self.listed: Spans = []
        self._begun: dict[str, tuple[str, int]] = {}
        self._ahead: list[tuple[int, int, int, Any]] = []
        for n, (agent, group) in enumerate(world.agents):
            self._at((50 + n) * SECOND - STEP, cmd.LogIn(agent, group))
        for n, caller in enumerate(world.callers):
            self._at(caller.comes, cmd.AdmitCall(f"c{n}", caller.queue, caller.tier))
            self._at(caller.comes + caller.patience, cmd.AbandonCall(f"c{n}"))
        for n, one in enumerate(world.listed if lists else ()):
            promise = Millis(one.due + DAY)
            self._at(one.due, cmd.ScheduleTask(f"t{n}", one.queue, one.kind, one.tier, promise=promise))
        for agent, begin, end in away:
            self._at(begin, cmd.SetNotReady(agent, "talks to somebody of a list"), late=True)
            self._at(end, cmd.SetAvailable(agent), late=True)
        self._live()

    def _at(self, when: int, command: cmd.Command, *, late: bool = False) -> None:
        heappush(self._ahead, (when + STEP, late, len(self._ahead), command))
        self._pushed = None

    def _live(self) -> None:
        serial = 1_000
        while self._ahead or self.engine.due_at() is not None:
            due = self.engine.due_at()
            if self._ahead and (due is None or self._ahead[0][0] <= due):
                now, _, _, command = heappop(self._ahead)
                if isinstance(command, cmd.AbandonCall) and command.call_id not in self.waiting:
                    continue
                self.engine.handle(command, now=Millis(now))
            else:
                assert due is not None
                if due > 2 * DAY:  # what is left waits for nobody
                    break
                now = due
                self.engine.advance(now=due)
            for happened in self.engine.take_events():
                for command, after in self._heard(happened):
                    serial += 1
                    heappush(self._ahead, (now + after, 0, serial, command))

    def _heard(self, e: ev.Event) -> Iterable[tuple[cmd.Command, int]]:
        match e:
            case ev.CallQueued():
                self.waiting[e.call_id] = e.queue
            case ev.CallConnected():
                del self.waiting[e.call_id]
                self.busy.add(e.agent_id)
                self.outcome[e.call_id] = ("answered", e.at, e.agent_id)
                yield cmd.EndCall(e.call_id), self.world.callers[int(e.call_id[1:])].talk
            case ev.CallAbandoned() | ev.CallRejected():
                self.waiting.pop(e.call_id, None)
                self.outcome[e.call_id] = (type(e).__name__, e.at, "")
            case ev.TaskDue():
                self.waiting[e.task_id] = e.queue
            case ev.TaskAttempted():
                del self.waiting[e.task_id]
                self.busy.add(e.agent_id)
                if e.task_id in self._of_lists:
                    self._nobody_waits_for(e.agent_id)
                    self._begun[e.task_id] = e.agent_id, e.at
                    one = self.world.listed[int(e.task_id[1:])]
                    if not one.answers:
                        yield cmd.ReportNotReached(e.task_id), STEP
                        return
                    yield cmd.ReportReached(e.task_id), STEP
                    yield cmd.EndTask(e.task_id), STEP + one.talk
                else:
                    self.outcome[e.task_id] = ("called", e.at, e.agent_id)
                    yield cmd.ReportReached(e.task_id), STEP
                    yield cmd.EndTask(e.task_id), 2 * STEP
            case ev.TaskNotReached():
                self._hands_free(e.task_id, e.agent_id, e.at)
            case ev.TaskCompleted():
                self._hands_free(e.task_id, e.agent_id, e.at + self.world.wrap_up)
            case ev.WrapUpEnded():
                self.busy.discard(e.agent_id)
            case ev.CallCompleted() if not self.world.wrap_up:
                self.busy.discard(e.agent_id)
            case _:
                pass

    @property
    def _of_lists(self) -> set[str]:
        return {f"t{n}" for n in range(len(self.world.listed))}

    def _hands_free(self, task_id: str, agent: str, at: int) -> None:
        if task_id in self._begun:
            who, begin = self._begun.pop(task_id)
            assert who == agent
            self.listed.append((who, begin - STEP, at - STEP))
        if not self.world.wrap_up or task_id not in self.outcome:
            self.busy.discard(agent)

    def _nobody_waits_for(self, agent: str) -> None:
        """Nothing but lists waits that this agent could take, and as many as are kept free still are."""
        group = dict(self.world.agents)[agent]
        could = {"sales", "help"} if group == "experts" else {"sales"}
        before = [who for who, queue in self.waiting.items() if queue in could and who not in self._of_lists]
        assert before == [], f"{agent} calls somebody of a list while {before} wait"
        kept = self.world.centre.reserves[0].keep if self.world.centre.reserves else 0
        idle = [name for name, its in self.world.agents if its == group and name not in self.busy]
        assert len(idle) >= kept, "one is to stay free for the next caller"


def waited(lived: Lived) -> int:
    """Return what all callers together waited, s."""
    ends = [(lived.world.callers[int(who[1:])].comes + STEP, at) for who, (_, at, _) in lived.outcome.items()
            if who[1:].isdigit()]  # fmt: skip
    return sum(at - came for came, at in ends) // SECOND


def same_but_for_the_talk_in_progress(world: World) -> None:
    called = Lived(world, lists=True)
    merely_away = Lived(world, lists=False, away=called.listed)

    assert called.outcome == merely_away.outcome, "a list costs callers more than the talks in progress"
    paid = waited(called) - waited(Lived(world, lists=False))
    event("callers paid" if paid > 0 else "callers gained" if paid < 0 else "callers paid nothing")
    event(f"{min(len(called.listed), 3)} or more talks with people of lists")


IN_PROGRESS = World(
    centre_with(0, 0), (("a0", "desk"),),
    (Caller(2 * STEP + SECOND, "vip", "sales", 9 * STEP, STEP),),
    (Listed(31 * SECOND, TaskKind.CAMPAIGN, "standard", "sales", True, 3 * STEP),), 0,
)  # fmt: skip


def test_a_caller_waits_for_the_talk_in_progress_and_that_is_told_to_the_second():
    """The list's talk begins at 31 s and ends four steps later; the VIP comes two steps after it began."""
    called, without = Lived(IN_PROGRESS, lists=True), Lived(IN_PROGRESS, lists=False)

    assert (waited(without), waited(called)) == (0, 4 * 64 + 31 - (2 * 64 + 1))


@given(world=worlds())
@example(world=IN_PROGRESS)
@settings(max_examples=40)
def test_callers_pay_for_lists_with_the_talk_in_progress_and_with_nothing_else(world: World):
    same_but_for_the_talk_in_progress(world)


@pytest.mark.slow
@given(world=worlds())
@settings(max_examples=5_000, derandomize=False)
def test_in_many_worlds_callers_pay_with_the_talk_in_progress_alone(world: World):
    same_but_for_the_talk_in_progress(world)
