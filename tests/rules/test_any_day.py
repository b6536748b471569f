"""Hypothesis writes the centre and the day; the oracle objects to whatever breaks a rule."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from callcenter import commands as cmd
from callcenter.centre import Centre
from callcenter.ids import CallId
from callcenter.units import Millis
from tests.rules.day import Day
from tests.strategies import (
    ACCEPTED,
    ADMISSIONS,
    AGENT_COMMANDS,
    AGENTS,
    LATE,
    LOG_INS,
    MISSED,
    SCHEDULES,
    START,
    TALK_COMMANDS,
    TASK_COMMANDS,
    WAITING_COMMANDS,
    about,
    centres,
)

PICK = st.integers(0, 9)


class AnyDay(RuleBasedStateMachine):
    """Any commands in any order, sensible or not; every answer is looked at."""

    @initialize(centre=centres(), staff=st.lists(LOG_INS, min_size=2, max_size=6))
    def the_doors_open(self, centre: Centre, staff: list[cmd.LogIn]) -> None:
        self.day = Day(centre, START)
        self.calls = 0
        for log_in in staff:
            self.day.do(log_in)

    @rule(gap=st.sampled_from((1, 100, 1_000, 5_000, 5_000, 10_000, 20_000, 60_000)))
    def time_passes_and_the_driver_sleeps(self, gap: int) -> None:
        self.day.pass_time(gap)
        self.day.desk.at_rest(self.day.now)
        self.day.look()

    def _new(self, admission: cmd.AdmitCall) -> cmd.AdmitCall:
        self.calls += 1
        return replace(admission, call_id=CallId(f"n{self.calls}"))

    @rule(admission=ADMISSIONS)
    def a_call_comes(self, admission: cmd.AdmitCall) -> None:
        self.day.do(self._new(admission))

    @rule(admission=ADMISSIONS)
    def a_call_is_foreseen_and_comes(self, admission: cmd.AdmitCall) -> None:
        self.day.ask_beforehand(self._new(admission))

    @rule(admission=ADMISSIONS)
    def a_call_comes_perhaps_twice(self, admission: cmd.AdmitCall) -> None:
        self.day.do(admission)

    @precondition(lambda self: len(self.day.desk.agents) < 4)
    @rule(log_in=LOG_INS)
    def someone_takes_a_seat(self, log_in: cmd.LogIn) -> None:
        self.day.do(log_in)

    @rule(asked=AGENT_COMMANDS, pick=PICK)
    def an_agent_says_something(self, asked: cmd.Command, pick: int) -> None:
        self.day.do(about(asked, list(self.day.desk.agents) or list(AGENTS), pick))

    def _offers(self) -> list[str]:
        return [a.offer_id for a in self.day.desk.agents.values() if a.offer is not None]

    @precondition(lambda self: bool(self._offers()))
    @rule(asked=ACCEPTED, pick=PICK)
    def a_phone_is_answered(self, asked: cmd.Command, pick: int) -> None:
        self.day.do(about(asked, self._offers(), pick))

    @precondition(lambda self: bool(self._offers()))
    @rule(asked=MISSED, pick=PICK)
    def a_phone_is_not_answered(self, asked: cmd.Command, pick: int) -> None:
        self.day.do(about(asked, self._offers(), pick))

    def _items(self, *states: str, task: bool = False) -> list[str]:
        return [i.id for i in self.day.desk.items.values() if i.task == task and i.state in states]

    @precondition(lambda self: bool(self._items("talking")))
    @rule(asked=TALK_COMMANDS, pick=PICK)
    def a_conversation(self, asked: cmd.Command, pick: int) -> None:
        self.day.do(about(asked, self._items("talking"), pick))

    @precondition(lambda self: bool(self._items("waiting", "suspended", "offered")))
    @rule(asked=WAITING_COMMANDS, pick=PICK)
    def a_waiting_call(self, asked: cmd.Command, pick: int) -> None:
        self.day.do(about(asked, self._items("waiting", "suspended", "offered"), pick))

    @precondition(lambda self: any(i.task for i in self.day.desk.items.values()))
    @rule(asked=TASK_COMMANDS, pick=PICK)
    def a_task(self, asked: cmd.Command, pick: int) -> None:
        self.day.do(about(asked, self._items("waiting", "offered", "talking", "away", task=True), pick))

    @rule(asked=st.one_of(WAITING_COMMANDS, TALK_COMMANDS, TASK_COMMANDS), pick=PICK)
    def anything_at_all(self, asked: cmd.Command, pick: int) -> None:
        self.day.do(about(asked, [*self.day.desk.items, *list(self.day.desk.ended)[-3:]], pick))

    @rule(asked=st.one_of(ACCEPTED, MISSED, *LATE), pick=PICK, ago=st.integers(-1_000, 90_000))
    def a_report_comes_late(self, asked: cmd.Command, pick: int, ago: int) -> None:
        ids = self._offers() if hasattr(asked, "offer_id") else list(self.day.desk.items)
        self.day.do(cmd.Reported(about(asked, ids, pick), Millis(self.day.now - ago)))

    @rule(schedule=SCHEDULES)
    def a_promise_is_made(self, schedule: cmd.ScheduleTask) -> None:
        self.day.do(schedule)

    @precondition(lambda self: self.calls > 2)
    @rule(gap=st.sampled_from((0, 1_000, 15_000, 60_000)))
    def the_driver_was_away(self, gap: int) -> None:
        self.day.do(cmd.Resume(gap))

    @precondition(lambda self: self.calls > 2)
    @rule()
    def the_machine_restarts(self) -> None:
        self.day.restart()
        self.day.look()

    def teardown(self) -> None:
        if hasattr(self, "day"):
            self.day.end()


AnyDay.TestCase.settings = settings(max_examples=150, stateful_step_count=60)
TestAnyDay = AnyDay.TestCase
