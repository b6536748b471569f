"""An agent's day: wrap-up, breaks under a cap, the last wish, logging out; and transfers."""

import pytest

from callcenter.centre import Centre, Group, Queue
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    EndCall,
    EndOffer,
    EndWrapUp,
    ExtendWrapUp,
    FailCall,
    HoldCall,
    LogIn,
    LogOut,
    RequestBreak,
    Resume,
    ResumeCall,
    SetAvailable,
    SetNotReady,
    TransferCall,
)
from callcenter.errors import AgentAlreadyLoggedIn, IllegalMove, UnknownAgent, UnknownGroup, WrapUpAtCap
from callcenter.events import CallCompleted, CallQueued, OfferEnd
from callcenter.units import Millis

S = 1_000


def talking(told, centre, call="c1"):
    tell = told(centre)
    tell(0, LogIn("ana", "desk"), AdmitCall(call, "sales"), AcceptOffer(f"{call}/o1"))
    return tell


def test_wrap_up_is_a_state_with_an_end(told, one_queue):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S)))

    assert tell(10, EndCall("c1"), AdmitCall("c2", "sales")) == [
        "10 CallCompleted c1 ana",
        "10 WrapUpStarted c1 ana",
        "10 CallQueued c2",
    ]
    assert tell(99)[:2] == ["30 WrapUpEnded c1 ana", "30 CallOffered c2 ana"]


def test_an_agent_can_end_it_before(told, one_queue):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S)))
    tell(10, EndCall("c1"))

    assert tell(15, EndWrapUp("ana")) == ["15 WrapUpEnded c1 ana"]
    with pytest.raises(IllegalMove):
        tell(16, EndWrapUp("ana"))


def test_an_agent_who_asks_has_more_time_for_it(told, one_queue):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S)))
    tell(10, EndCall("c1"), AdmitCall("c2", "sales"))

    assert tell(25, ExtendWrapUp("ana", Millis(5 * S))) == ["25 WrapUpExtended c1 ana"]
    assert tell(99)[:2] == ["35 WrapUpEnded c1 ana", "35 CallOffered c2 ana"]


@pytest.mark.parametrize(("cap", "ends"), [(None, 50), (Millis(25 * S), 35), (Millis(20 * S), None)])
def test_the_queues_cap_bounds_it_and_what_it_leaves_is_given(told, one_queue, cap, ends):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S), wrap_up_cap=cap))
    tell(10, EndCall("c1"))

    if ends is not None:
        tell(11, ExtendWrapUp("ana", Millis(999 * S)))
    with pytest.raises(WrapUpAtCap) as refused:
        tell(12, ExtendWrapUp("ana", Millis(1)))

    assert refused.value.truth["ends_at"] == (ends or 30) * S
    assert tell(99) == [f"{ends or 30} WrapUpEnded c1 ana"]


def test_more_time_is_only_for_who_wraps_up(told, one_queue):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S)))

    with pytest.raises(IllegalMove):
        tell(5, ExtendWrapUp("ana", Millis(S)))
    tell(10, EndCall("c1"))
    with pytest.raises(IllegalMove):
        tell(11, ExtendWrapUp("ana", Millis(S), "another"))
    with pytest.raises(WrapUpAtCap):
        tell(11, ExtendWrapUp("ana", Millis(-S)))


def test_more_time_outlives_a_restart(told, one_queue):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S)))
    tell(10, EndCall("c1"), ExtendWrapUp("ana", Millis(15 * S)))

    assert tell(20, Resume(Millis(5 * S)))[-1] == "20 ServiceResumed"
    assert tell(99) == ["50 WrapUpEnded c1 ana"]


def test_the_last_wish_wins_and_comes_when_wrap_up_ends(told, one_queue):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S)))
    assert tell(5, LogOut("ana"), SetNotReady("ana", "lunch"), AdmitCall("c2", "sales")) == ["5 CallQueued c2"]
    assert tell(10, EndCall("c1")) == ["10 CallCompleted c1 ana", "10 WrapUpStarted c1 ana"]

    assert tell(60) == ["30 WrapUpEnded c1 ana", "30 AgentBecameNotReady ana lunch"]


def test_available_takes_a_wish_back(told, one_queue):
    tell = talking(told, one_queue())
    tell(5, LogOut("ana"), SetAvailable("ana"))

    assert tell(10, EndCall("c1")) == ["10 CallCompleted c1 ana"]


def test_a_forced_logout_is_at_once(told, one_queue):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S)))

    assert tell(5, LogOut("ana", forced=True)) == ["5 CallFailed c1 ana agent_gone", "5 AgentLoggedOut ana"]


def test_nobody_logs_in_twice_or_into_nowhere_or_out_who_is_not_there(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"))

    with pytest.raises(AgentAlreadyLoggedIn):
        tell(1, LogIn("ana", "desk"))
    with pytest.raises(UnknownGroup):
        tell(1, LogIn("ben", "moon"))
    with pytest.raises(UnknownGroup):
        tell(1, LogIn("ben"))
    with pytest.raises(UnknownAgent):
        tell(1, LogOut("ben"))


def test_no_more_are_on_a_break_than_the_cap_and_who_asked_first_goes_first(told, one_queue):
    tell = told(one_queue(Group("desk", break_cap=1)))
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"), LogIn("cem", "desk"))

    assert tell(1, RequestBreak("ana")) == ["1 AgentBecameNotReady ana break"]
    assert tell(2, RequestBreak("cem"), RequestBreak("ben")) == [
        "2 BreakRequested cem break",
        "2 BreakRequested ben break",
    ]
    assert tell(3, SetAvailable("ana")) == ["3 AgentBecameAvailable ana", "3 AgentBecameNotReady cem break"]
    assert tell(4, LogOut("cem")) == ["4 AgentLoggedOut cem", "4 AgentBecameNotReady ben break"]


def test_a_break_granted_to_a_busy_agent_is_asked_again_if_the_place_is_gone(told, one_queue):
    tell = told(one_queue(Group("desk", break_cap=1)))
    tell(
        0,
        LogIn("ana", "desk"),
        AdmitCall("c1", "sales"),
        AcceptOffer("c1/o1"),
        RequestBreak("ana"),
        LogIn("ben", "desk"),
    )
    tell(1, RequestBreak("ben"))

    assert tell(5, EndCall("c1")) == ["5 CallCompleted c1 ana", "5 BreakRequested ana break"]
    assert tell(9, SetAvailable("ben"))[-1] == "9 AgentBecameNotReady ana break"


def test_hold_is_measured(told, one_queue):
    tell = talking(told, one_queue())
    assert tell(5, HoldCall("c1")) == ["5 CallHeld c1 ana"]
    with pytest.raises(IllegalMove):
        tell(6, HoldCall("c1"))
    tell(8, ResumeCall("c1"))
    tell(9, HoldCall("c1"))
    tell(10, EndCall("c1"))

    (completed,) = (event for event in tell.events if isinstance(event, CallCompleted))
    assert completed.hold_ms == 4 * S


def test_only_a_conversation_can_be_held_ended_or_transferred(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"))

    for command in (HoldCall("c1"), ResumeCall("c1"), EndCall("c1"), TransferCall("c1", "sales")):
        with pytest.raises(IllegalMove):
            tell(1, command)


def test_a_call_lost_while_talking_was_answered_and_is_wrapped_up(told, one_queue):
    tell = talking(told, one_queue(wrap_up=Millis(20 * S)))

    assert tell(5, FailCall("c1", "line cut")) == ["5 CallFailed c1 ana line cut", "5 WrapUpStarted c1 ana"]


# --- transfers

TWO = Centre(
    "test",
    (Queue("sales", hold_for_preferred=Millis(60 * S)), Queue("service", (("b", 1),))),
    (Group("desk"), Group("back", (("b", 1),))),
)


def test_a_blind_transfer_is_a_new_segment_with_the_original_virtual_start(told):
    tell = talking(told, TWO)
    tell(5, AdmitCall("c2", "service"))

    said = tell(10, TransferCall("c1", "service"))

    assert said == ["10 CallCompleted c1 ana", "10 CallQueued c1/s2"]
    (queued,) = (event for event in tell.events if isinstance(event, CallQueued))
    assert (queued.contact_id, queued.virtual_start) == ("c1", 0)
    assert tell(11, LogIn("bea", "back"))[-1] == "11 CallOffered c1/s2 bea"


def test_a_transfer_takes_no_name_that_a_call_has_or_had(told):
    tell = talking(told, TWO)
    tell(5, AdmitCall("c1/s2", "service"), AdmitCall("c1/s3", "service"), AbandonCall("c1/s3"))

    assert tell(10, TransferCall("c1", "service"))[-1] == "10 CallQueued c1/s4"


def test_a_consultation_keeps_the_agent_on_the_line(told):
    tell = talking(told, TWO)
    tell(5, LogIn("bea", "back"))

    assert tell(10, TransferCall("c1", "service", "consult")) == ["10 CallQueued c1/s2", "10 CallOffered c1/s2 bea"]
    assert tell(12, AcceptOffer("c1/s2/o1"), EndCall("c1"))[-1] == "12 CallCompleted c1 ana"


def test_a_return_goes_back_to_who_had_the_contact_before(told):
    tell = talking(told, TWO)
    tell(5, LogIn("bea", "back"), LogIn("zoe", "desk"), TransferCall("c1", "service"), AcceptOffer("c1/s2/o1"))
    tell(6, AdmitCall("c2", "sales"), AdmitCall("c3", "sales"))  # both are busy; bea is, too
    tell(7, AcceptOffer("c2/o1"), AcceptOffer("c3/o1"))

    tell(10, TransferCall("c1/s2", "sales", "return"))
    said = tell(12, EndCall("c2"), EndCall("c3"))

    assert [line for line in said if "Offered" in line] == ["12 CallOffered c1/s3 ana"]


def test_nobody_returns_a_call_that_was_with_nobody_before(told, one_queue):
    tell = talking(told, one_queue())

    with pytest.raises(IllegalMove):
        tell(1, TransferCall("c1", "sales", "return"))


def test_a_transferred_call_looks_for_someone_else_first(told, one_queue):
    """Found by test_busy_day: an agent with room for chats got the call they had just given away."""
    tell = told(one_queue(channels=(("voice", 100), ("chat", 30))))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales", channel="chat"), AcceptOffer("c1/o1"), LogIn("ben", "desk"))

    assert tell(5, TransferCall("c1", "sales"))[-1] == "5 CallOffered c1/s2 ben"


def test_a_chat_returned_to_its_own_agent_waits_for_the_wrap_up(told, one_queue):
    """Found by reading: offer and wrap-up together took more of the agent than there is."""
    tell = told(one_queue(channels=(("voice", 100), ("chat", 34)), wrap_up=Millis(20 * S)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales", channel="chat"), AcceptOffer("c1/o1"))
    tell(1, AdmitCall("c2", "sales", channel="chat"), AcceptOffer("c2/o1"))
    tell(2, TransferCall("c1", "sales"))
    tell(22, AcceptOffer("c1/s2/o1"))

    assert [line for line in tell(23, TransferCall("c1/s2", "sales", "return")) if "Offered" in line] == []
    assert "43 CallOffered c1/s3 ana" in tell(43)


def test_a_failed_consultation_goes_on_waiting(told):
    tell = talking(told, TWO)
    tell(5, LogIn("bea", "back"), TransferCall("c1", "service", "consult"))

    assert tell(6, EndOffer("c1/s2/o1", OfferEnd.REJECTED))[0] == "6 OfferEnded c1/s2 bea rejected"
    assert tell(7, LogIn("bob", "back"))[-1] == "7 CallOffered c1/s2 bob"


def test_who_wants_to_leave_does_so_after_the_last_of_several_chats(told, one_queue):
    tell = told(one_queue(channels=(("voice", 100), ("chat", 40)), wrap_up=Millis(20 * S)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales", channel="chat"), AcceptOffer("c1/o1"))
    tell(1, AdmitCall("c2", "sales", channel="chat"), AcceptOffer("c2/o1"))
    tell(2, SetNotReady("ana", "lunch"), EndCall("c1"))

    assert tell(30) == ["22 WrapUpEnded c1 ana"], "the other one still talks"
    tell(40, EndCall("c2"))
    assert tell(60) == ["60 WrapUpEnded c2 ana", "60 AgentBecameNotReady ana lunch"]
