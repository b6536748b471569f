"""What came of a call or a callback, by a code of the queue's list; a callback's may bring one more call."""

import pytest

from callcenter.callbacks import TaskKind
from callcenter.centre import Reserve
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    EndCall,
    EndTask,
    LogIn,
    NoteResult,
    ReportNotReached,
    ReportReached,
    ScheduleTask,
)
from callcenter.errors import BadCentre, IllegalMove, UnknownResult
from callcenter.events import ResultNoted, TaskCallAgain, TaskCompleted
from callcenter.tiers import CallbackPolicy, Finish
from callcenter.units import DAY, HOUR, MINUTE, Millis
from routing.engine import RoutingEngine

S = 1_000


def policy(**rules) -> CallbackPolicy:
    return CallbackPolicy(**{"window": (0, DAY), **rules})


def talking(told, centre, kind=TaskKind.DEFERRED):
    """Let an agent talk to a customer who was called back."""
    tell = told(centre)
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales", kind, "mid", "kim"))
    tell(1, AcceptOffer("t1/o1"))
    tell(2, ReportReached("t1"))
    return tell


@pytest.mark.parametrize("result, solved", [(None, None), ("solved", True), ("refused", False)])
def test_the_result_code_says_whether_the_business_is_finished(told, one_queue, result, solved):
    tell = talking(told, one_queue(callbacks=policy()))
    tell(60, EndTask("t1", result))
    (done,) = (event for event in tell.events if isinstance(event, TaskCompleted))

    assert (done.result, done.solved) == (result, solved)


def test_a_queue_has_a_list_of_its_own_and_another_code_changes_nothing(told, one_queue):
    tell = talking(told, one_queue(callbacks=policy(results=(("sold", Finish.SOLVED),))))
    before = tell.snapshot()
    with pytest.raises(UnknownResult, match="there is: sold"):
        tell(2, EndTask("t1", "solved"))

    assert tell.snapshot() == before
    assert "TaskCompleted" in tell(60, EndTask("t1", "sold"))[0]


def test_who_is_to_be_called_again_is_called_at_the_time_agreed_as_if_the_promise_were_near(told, one_queue):
    tell = talking(told, one_queue(callbacks=policy(rise_before=Millis(HOUR), promise=Millis(HOUR))))
    tell(60, EndTask("t1", "call_again", Millis(5 * HOUR)))
    (again,) = (event for event in tell.events if isinstance(event, TaskCallAgain))
    line = tell(5 * HOUR // S)

    assert (again.next_due, again.promise, again.reached_at) == (5 * HOUR, 6 * HOUR, 2 * S)
    assert [said.split()[:2] for said in line] == [["18000", kind] for kind in ("TaskRose", "TaskDue", "TaskOffered")]


def test_without_a_time_the_retry_plan_says_when_and_its_end_is_unsolved(told, one_queue):
    tell = talking(told, one_queue(callbacks=policy(retry_after=(Millis(10 * MINUTE),))))
    tell(60, EndTask("t1", "call_again"))
    (again,) = (event for event in tell.events if isinstance(event, TaskCallAgain))
    tell(60 + 600)
    tell(661, AcceptOffer("t1/o2"), ReportReached("t1"), EndTask("t1", "call_again"))
    (done,) = (event for event in tell.events if isinstance(event, TaskCompleted))

    assert again.next_due == 660 * S
    assert (done.result, done.solved) == ("call_again", False)


# --- campaign and care calls: nobody waits for them


@pytest.mark.parametrize("kind", [TaskKind.CAMPAIGN, TaskKind.CARE])
def test_a_live_call_goes_before_outreach_however_late_that_is(told, one_queue, kind):
    tell = told(one_queue(callbacks=policy()))
    tell(0, ScheduleTask("t1", "sales", kind, "vip", "kim", promise=Millis(60 * S)))
    tell(3_600, AdmitCall("c1", "sales", "blacklisted"))

    assert tell(3_601, LogIn("ana", "desk"))[-1] == "3601 CallOffered c1 ana"


def test_what_was_promised_goes_before_outreach_though_its_promise_ends_later(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    tell(0, ScheduleTask("t1", "sales", TaskKind.CAMPAIGN, "vip", promise=Millis(60 * S)))
    tell(1, ScheduleTask("t2", "sales", TaskKind.DEFERRED, "standard"))

    assert tell(2, LogIn("ana", "desk"))[-1] == "2 TaskOffered t2 ana"


def test_a_reserve_for_outreach_keeps_an_agent_free_for_the_next_caller_only_from_outreach(told, one_queue):
    tell = told(one_queue(callbacks=policy(), reserves=(Reserve(0, "desk", 1, outreach=True),)))
    tell(0, ScheduleTask("t1", "sales", TaskKind.CAMPAIGN), ScheduleTask("t2", "sales", TaskKind.CAMPAIGN))
    alone = tell(1, LogIn("ana", "desk"))
    two = tell(2, LogIn("ben", "desk"))
    call = tell(3, AdmitCall("c1", "sales", "standard"))

    assert alone[-1] == "1 AgentLoggedIn ana"
    assert two[-1] == "2 TaskOffered t1 ana"
    assert call[-1] == "3 CallOffered c1 ben"


def test_a_customer_on_a_list_still_earns_a_callback_and_rings_without_leaving_the_list(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    tell(0, ScheduleTask("t1", "sales", TaskKind.CAMPAIGN, "mid", "kim"))
    tell(1, AdmitCall("c1", "sales", "mid", "kim"))
    lost = tell(60, AbandonCall("c1"))
    again = tell(61, AdmitCall("c2", "sales", "mid", "kim"))

    assert "60 TaskScheduled c1/cb" in lost
    assert "61 TaskSuperseded c1/cb" in again
    assert not any("t1" in line for line in again)


def test_nobody_is_dialled_without_an_agent_who_is_free_for_the_talk(told, one_queue):
    tell = told(one_queue(callbacks=policy(customer_first=True)))
    tell(0, *(ScheduleTask(f"t{n}", "sales", TaskKind.CAMPAIGN) for n in range(5)))
    tell(1, LogIn("ana", "desk"), LogIn("ben", "desk"))
    dialled = [line for line in map(tell.line, tell.events) if "TaskAttempted" in line]
    tell(2, ReportNotReached("t0"))
    next_one = [line for line in map(tell.line, tell.events) if "TaskAttempted" in line]
    waits = tell(3, AdmitCall("c1", "sales"))
    freed = tell(4, ReportReached("t1"), EndTask("t1"))

    assert (len(dialled), len(next_one)) == (2, 1)
    assert waits == ["3 CallQueued c1"]
    assert freed[-1].startswith("4 CallOffered c1"), "the talk in progress is all that a caller ever waits for"


# --- of calls that came in


def in_wrap_up(told, centre):
    tell = told(centre)
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(1, AcceptOffer("c1/o1"))
    return tell


def noted(tell):
    return [(e.result, e.solved, e.solved_before) for e in tell.events if isinstance(e, ResultNoted)]


def test_an_agent_says_what_came_of_a_call_while_it_lasts_or_after_it_and_the_last_word_counts(told, one_queue):
    tell = in_wrap_up(told, one_queue(wrap_up=Millis(MINUTE)))
    said = [NoteResult("ana", "unsolved"), EndCall("c1"), NoteResult("ana", "solved", "c1")]
    tell(5, *said, NoteResult("ana", "wrong_number"))

    assert noted(tell) == [("unsolved", False, None), ("solved", True, False), ("wrong_number", False, True)]


def test_what_came_of_a_call_is_known_over_a_snapshot(told, one_queue):
    tell = in_wrap_up(told, one_queue(wrap_up=Millis(MINUTE)))
    tell(5, NoteResult("ana", "solved"), EndCall("c1"))
    other = RoutingEngine.restore(one_queue(wrap_up=Millis(MINUTE)), tell.snapshot())
    other.handle(NoteResult("ana", "unsolved"), now=Millis(6 * S))

    assert other.take_events()[-1].solved_before is True


@pytest.mark.parametrize("wrap_up", [0, MINUTE])
def test_nothing_is_noted_of_a_call_that_is_no_more_in_hand_or_by_a_code_that_the_queue_has_not(
    told, one_queue, wrap_up
):
    tell = in_wrap_up(told, one_queue(wrap_up=Millis(wrap_up), results=(("sold", Finish.SOLVED),)))
    with pytest.raises(UnknownResult, match="there is: sold"):
        tell(5, NoteResult("ana", "solved"))
    with pytest.raises(IllegalMove, match="no call c2 in hand"):
        tell(5, NoteResult("ana", "sold", "c2"))
    tell(6, EndCall("c1"))
    tell(99)
    with pytest.raises(IllegalMove, match="no call in hand"):
        tell(100, NoteResult("ana", "sold"))

    assert noted(tell) == []


def test_a_call_cannot_end_in_calling_again_for_that_is_a_promise_of_its_own(one_queue):
    with pytest.raises(BadCentre, match="'later' of a call means solved or unsolved"):
        one_queue(results=(("later", Finish.AGAIN),))
