"""Hypothesis writes the centre and the day; the oracle objects to whatever breaks a rule."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from strategies import (
    AGENTS,
    CALLS,
    START,
    admissions,
    agent_commands,
    call_commands,
    centres,
    log_ins,
    offer_commands,
    schedules,
    talk_commands,
    task_commands,
)

from callcenter import commands as cmd
from callcenter.centre import Centre
from day import Day


class AnyDay(RuleBasedStateMachine):
    """Any commands in any order, sensible or not; every answer is looked at."""

    @initialize(centre=centres(), staff=st.lists(log_ins, max_size=4))
    def the_doors_open(self, centre: Centre, staff: list[cmd.LogIn]) -> None:
        self.day = Day(centre, START)
        self.calls = 0
        for log_in in staff:
            self.day.do(log_in)

    def _one_of(self, ids: list[str], data: Any) -> st.SearchStrategy[str]:
        return st.sampled_from(sorted(ids)) if ids else st.sampled_from(("nobody", "c0", "c0/o1"))

    @rule(gap=st.sampled_from((1, 100, 1_000, 5_000, 5_000, 10_000, 20_000, 60_000)))
    def time_passes_and_the_driver_sleeps(self, gap: int) -> None:
        self.day.pass_time(gap)
        self.day.desk.at_rest(self.day.now)

    def _new_id(self) -> st.SearchStrategy[str]:
        self.calls += 1
        return st.just(f"c{self.calls}")

    @rule(data=st.data(), known=st.integers(0, 9))
    def a_call_comes(self, data: Any, known: int) -> None:
        self.day.do(data.draw(admissions(self._new_id() if known else st.sampled_from(CALLS))))

    @rule(data=st.data())
    def a_call_is_foreseen_and_comes(self, data: Any) -> None:
        self.day.ask_beforehand(data.draw(admissions(self._new_id())))

    @rule(log_in=log_ins)
    def someone_takes_a_seat(self, log_in: cmd.LogIn) -> None:
        self.day.do(log_in)

    @rule(data=st.data())
    def an_agent_says_something(self, data: Any) -> None:
        self.day.do(data.draw(agent_commands(self._one_of(list(self.day.desk.agents) or list(AGENTS), data))))

    def _offers(self) -> list[str]:
        return [a.offer_id for a in self.day.desk.agents.values() if a.offer is not None]

    @rule(data=st.data())
    def a_phone_that_rings(self, data: Any) -> None:
        self.day.do(data.draw(offer_commands(self._one_of(self._offers(), data))))

    def _items(self, *states: str, task: bool = False) -> list[str]:
        return [i.id for i in self.day.desk.items.values() if i.task == task and i.state in states]

    @rule(data=st.data())
    def a_conversation(self, data: Any) -> None:
        self.day.do(data.draw(talk_commands(self._one_of(self._items("talking"), data))))

    @rule(data=st.data())
    def a_waiting_call(self, data: Any) -> None:
        self.day.do(data.draw(call_commands(self._one_of(self._items("waiting", "offered"), data))))

    @rule(data=st.data())
    def a_task(self, data: Any) -> None:
        ids = self._items("waiting", "offered", "talking", "away", task=True)
        self.day.do(data.draw(task_commands(self._one_of(ids, data))))

    @rule(data=st.data())
    def anything_at_all(self, data: Any) -> None:
        ids = [*self.day.desk.items, *list(self.day.desk.ended)[-3:]]
        make = data.draw(st.sampled_from((call_commands, talk_commands, task_commands)))
        self.day.do(data.draw(make(self._one_of(ids, data))))

    @rule(schedule=schedules)
    def a_promise_is_made(self, schedule: cmd.ScheduleTask) -> None:
        self.day.do(schedule)

    @rule(gap=st.sampled_from((0, 1_000, 15_000, 60_000)))
    def the_driver_was_away(self, gap: int) -> None:
        self.day.do(cmd.Resume(gap))

    @rule()
    def the_machine_restarts(self) -> None:
        self.day.restart()

    @rule()
    def someone_looks_at_the_screen(self) -> None:
        self.day.look()

    def teardown(self) -> None:
        if hasattr(self, "day"):
            self.day.end()


AnyDay.TestCase.settings = settings(max_examples=150, stateful_step_count=60)
TestAnyDay = AnyDay.TestCase
