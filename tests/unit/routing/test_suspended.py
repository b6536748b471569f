"""A call in doubt: nobody is rung for it, and it loses nothing when its source says that it is there."""

import pytest

from callcenter.centre import Centre, Group, Queue
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    ConfirmCall,
    EndCall,
    LogIn,
    LogOut,
    ReprioritiseCall,
    Resume,
    SuspendCall,
)
from callcenter.units import SECOND, Millis

IN_DOUBT = SuspendCall("c1", "given_up")


def test_the_agent_whom_it_rang_is_free_at_once_for_the_next(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), AdmitCall("c2", "sales"))

    assert tell(1, IN_DOUBT) == [
        "1 OfferEnded c1 ana system",
        "1 CallSuspended c1 given_up",
        "1 CallOffered c2 ana",
    ]


@pytest.mark.parametrize("command", [LogIn("ben", "desk"), ReprioritiseCall("c1", "vip"), Resume(5_000)])
def test_nothing_but_its_source_brings_it_back(told, one_queue, command):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"), IN_DOUBT, LogIn("ana", "desk"))

    assert not any("CallOffered" in line for line in tell(10, command))


def test_confirmed_it_has_the_turn_that_it_had(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"))
    tell(1, AdmitCall("c2", "sales"), IN_DOUBT)
    tell(2, ConfirmCall("c1"), LogIn("ana", "desk"))

    assert tell(3, AcceptOffer("c1/o1"), EndCall("c1"))[-1] == "3 CallOffered c2 ana"


def test_its_longest_wait_counts_from_the_beginning_and_is_seen_when_it_is_back(told):
    tell = told(Centre("test", (Queue("sales", max_wait=Millis(30 * SECOND)),), (Group("desk"),)))
    tell(0, AdmitCall("c1", "sales"), IN_DOUBT)

    assert tell(60) == []
    assert tell(61, ConfirmCall("c1"))[:2] == ["61 CallConfirmed c1", "61 CallRejected c1 max_wait"]


def test_it_does_not_come_back_to_a_queue_that_nobody_serves_any_more(told):
    tell = told(Centre("test", (Queue("sales", leave_empty=True),), (Group("desk"),)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), IN_DOUBT, LogOut("ana", forced=True))

    assert tell(1, ConfirmCall("c1"))[:2] == ["1 CallConfirmed c1", "1 CallRejected c1 no_agents"]


def test_a_caller_in_doubt_can_be_known_to_have_hung_up(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"), IN_DOUBT)

    assert tell(1, AbandonCall("c1")) == ["1 CallAbandoned c1"]
