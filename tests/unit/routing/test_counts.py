"""What is counted as the day goes on: an agent's time and turns, a queue's places, what a queue has lately done."""

from typing import Any

import pytest

from callcenter.callbacks import TaskKind
from callcenter.centre import Group
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    CancelTask,
    EndCall,
    EndOffer,
    EndTask,
    LogIn,
    ReportNotReached,
    ReportReached,
    ScheduleTask,
)
from callcenter.events import OfferEnd, TaskAttempted, TaskReached
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY, HOUR, MINUTE, SECOND, Millis

BEGIN = 7 * HOUR
ALWAYS = (0, DAY)


def of_ana(tell: Any, what: str) -> int:
    (ana,) = (agent for agent in tell.snapshot()["agents"] if agent["id"] == "ana")
    return int(ana[what])


def lately(tell: Any) -> list[Any]:
    return list(tell.snapshot()["queues"]["sales"]["pulse"])


CALL = (AdmitCall("c1", "sales"),)
TASK = (ScheduleTask("t1", "sales"),)


@pytest.mark.parametrize(
    ("asked", "end", "taken"),
    [
        (CALL, [(5, AcceptOffer("c1/o1")), (60, EndCall("c1"))], 1),
        (TASK, [(5, AcceptOffer("t1/o1")), (20, ReportReached("t1")), (60, EndTask("t1"))], 1),
        (TASK, [(5, AcceptOffer("t1/o1")), (20, ReportReached("t1")), (60, EndTask("t1", "call_again"))], 1),
        (TASK, [(5, AcceptOffer("t1/o1")), (60, ReportNotReached("t1", "no_answer"))], 0),
        (TASK, [(5, AcceptOffer("t1/o1")), (60, CancelTask("t1", "done"))], 0),
        (CALL, [(60, EndOffer("c1/o1", OfferEnd.REJECTED))], 0),
    ],
)
def test_an_agent_was_occupied_from_the_first_ring_to_the_end(
    told: Any, one_queue: Any, asked: Any, end: Any, taken: int
):
    rules = {"callbacks": CallbackPolicy(window=ALWAYS), "offer_timeout": Millis(10 * MINUTE)}
    tell = told(one_queue(**rules), start=BEGIN)
    tell(0, LogIn("ana", "desk"), *asked)
    for seconds, command in end:
        tell(seconds, command)

    assert (of_ana(tell, "occupied_ms"), of_ana(tell, "taken")) == (60 * SECOND, taken)


def test_a_headset_that_opens_by_itself_counts_one_call_and_its_talk(told: Any, one_queue: Any):
    tell = told(one_queue(Group("desk", auto_answer=True)), start=BEGIN)
    tell(0, LogIn("ana", "desk"))
    tell(1, AdmitCall("c1", "sales"))
    assert [getattr(event, "offer_id", "") for event in tell.events][-1] == "c1/o1"
    tell(61, EndCall("c1"))

    assert (of_ana(tell, "occupied_ms"), of_ana(tell, "taken")) == (60 * SECOND, 1)


@pytest.mark.parametrize(("late", "kept"), [(0, True), (1, False)])
def test_a_promise_is_kept_at_its_very_instant(told: Any, one_queue: Any, late: int, kept: bool):
    tell = told(one_queue(callbacks=CallbackPolicy(window=ALWAYS)), start=BEGIN)
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales", promise=Millis(BEGIN + 10 * SECOND)))
    tell(10 + late / 1000, AcceptOffer("t1/o1"), ReportReached("t1"))

    assert [e.in_time for e in tell.events if isinstance(e, TaskAttempted | TaskReached)] == [kept, kept]


def test_a_call_held_for_its_agent_takes_one_place_of_its_queue_and_gives_one_back(told: Any, one_queue: Any):
    tell = told(one_queue(max_waiting=2, hold_for_preferred=Millis(10 * MINUTE)), start=BEGIN)
    tell(0, LogIn("ana", "desk"), AdmitCall("busy", "sales"))
    tell(0, AcceptOffer("busy/o1"))
    tell(1, AdmitCall("held", "sales", preferred=("ana",)))
    assert tell(2, AdmitCall("c2", "sales"))[0].startswith("2 CallQueued c2")
    assert not tell(3, AdmitCall("c3", "sales"))[0].startswith("3 CallQueued c3")
    tell(4, AbandonCall("held"))

    assert tell(5, AdmitCall("c4", "sales"))[0].startswith("5 CallQueued c4")
    assert not tell(6, AdmitCall("c5", "sales"))[0].startswith("6 CallQueued c5")


@pytest.mark.parametrize("auto_answer", [False, True])
def test_a_queue_remembers_how_long_was_waited_and_how_many_came(told: Any, one_queue: Any, auto_answer: bool):
    tell = told(one_queue(Group("desk", auto_answer=auto_answer)), start=BEGIN)
    for n in range(3):
        tell(n, AdmitCall(f"c{n}", "sales"))
    tell(10, LogIn("ana", "desk"))
    if not auto_answer:
        tell(10, AcceptOffer("c0/o1"))

    waited = lately(tell)
    assert 10 * SECOND in waited, "by the first"
    assert waited[-1][-1] == [[1, 3]], "three of one band"


def test_a_task_that_was_dialled_in_vain_is_called_off_while_it_waits_and_costs_its_agent_no_more(
    told: Any, one_queue: Any
):
    tell = told(one_queue(callbacks=CallbackPolicy(window=ALWAYS)), start=BEGIN)
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales"))
    tell(5, AcceptOffer("t1/o1"))
    tell(10, ReportNotReached("t1", "no_answer"))

    assert tell(20, CancelTask("t1", "done")) == ["20 TaskCancelled t1 done"]
    assert of_ana(tell, "occupied_ms") == 10 * SECOND


def test_a_promise_that_has_passed_is_missed_once_though_the_customer_is_dialled_again(told: Any, one_queue: Any):
    tell = told(one_queue(callbacks=CallbackPolicy(window=ALWAYS)), start=BEGIN)
    tell(0, ScheduleTask("t1", "sales", promise=Millis(BEGIN + 10 * SECOND)))
    assert "10 TaskLate t1" in tell(11)
    tell(20, LogIn("ana", "desk"), AcceptOffer("t1/o1"))
    since = [*tell(30, ReportNotReached("t1", "no_answer")), *tell(7_200)]

    assert not [line for line in since if "TaskLate" in line or "TaskRose" in line]


@pytest.mark.parametrize("kind", [TaskKind.CAMPAIGN, TaskKind.CARE])
def test_a_call_that_nobody_asked_for_never_rises(told: Any, one_queue: Any, kind: TaskKind):
    tell = told(one_queue(callbacks=CallbackPolicy(window=ALWAYS)), start=BEGIN)
    tell(0, ScheduleTask("t1", "sales", kind, promise=Millis(BEGIN + HOUR)))

    assert not [line for line in tell(2 * 3_600) if "TaskRose" in line]
