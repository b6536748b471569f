"""An offer: how it begins, every way it ends, and what becomes of the call and of the agent."""

import pytest

from callcenter.agents import Phone
from callcenter.centre import Centre, Group, MissedOffers, Queue
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    EndCall,
    EndOffer,
    FailCall,
    LogIn,
    LogOut,
    SetAvailable,
    SetNotReady,
    SetPhone,
    WithdrawCall,
)
from callcenter.errors import IllegalMove, OfferNotPending
from callcenter.events import OfferEnd
from callcenter.units import Millis

S = 1_000
PATIENT = MissedOffers(count=9, exclude_for=Millis(20 * S))


def test_an_offer_expires_at_its_limit_however_late_the_driver_wakes(told, one_queue):
    tell = told(one_queue(offer_timeout=Millis(15 * S)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert tell(99)[0] == "15 OfferEnded c1 ana no_answer"


def test_an_offer_answered_at_its_very_limit_has_expired_before(told, one_queue):
    tell = told(one_queue(offer_timeout=Millis(15 * S)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    with pytest.raises(OfferNotPending) as refused:
        tell.engine.handle(AcceptOffer("c1/o1"), now=Millis(15 * S))

    assert refused.value.truth["state"] == "queued"
    assert tell(15)[0] == "15 OfferEnded c1 ana no_answer", "a refused command loses no deadline"


def test_exactly_one_acceptance_wins(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(1, AcceptOffer("c1/o1"))

    with pytest.raises(OfferNotPending) as refused:
        tell(2, AcceptOffer("c1/o1"))

    assert refused.value.truth == {"offer_id": "c1/o1", "state": "connected"}


def test_a_missed_call_goes_back_to_its_own_turn_not_to_the_end(told, one_queue):
    tell = told(one_queue(offer_timeout=Millis(15 * S)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(1, AdmitCall("c2", "sales"), AdmitCall("c3", "sales"))
    tell(15)

    assert tell(16, LogIn("ben", "desk"))[-1] == "16 CallOffered c1 ben"


def test_two_offers_that_expire_at_once_keep_their_turns(told, one_queue):
    tell = told(one_queue(offer_timeout=Millis(15 * S)))
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"), AdmitCall("c1", "sales"), AdmitCall("c2", "sales"))
    tell(15)

    offered = [line for line in tell(20, LogIn("cem", "desk"), LogIn("dana", "desk")) if "CallOffered" in line]

    assert offered == ["20 CallOffered c1 cem", "20 CallOffered c2 dana"]


def test_one_miss_stops_the_offers_by_default_until_the_agent_says_otherwise(told, one_queue):
    tell = told(one_queue(missed=MissedOffers(exclude_for=Millis(0))))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert tell(15) == ["15 OfferEnded c1 ana no_answer", "15 AgentStoppedResponding ana"]
    assert tell(600) == []
    assert tell(601, SetAvailable("ana")) == ["601 AgentBecameAvailable ana", "601 CallOffered c1 ana"]


def test_the_third_miss_within_the_window_stops_the_offers(told, one_queue):
    rules = MissedOffers(count=3, window=Millis(40 * S), exclude_for=Millis(0))
    tell = told(one_queue(offer_timeout=Millis(15 * S), missed=rules))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert [line for line in tell(60) if "Stopped" in line] == ["45 AgentStoppedResponding ana"]


def test_misses_further_apart_than_the_window_never_add_up(told, one_queue):
    rules = MissedOffers(count=3, window=Millis(30 * S), exclude_for=Millis(0))
    tell = told(one_queue(offer_timeout=Millis(15 * S), missed=rules))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert [line for line in tell(300) if "Stopped" in line] == []


def test_there_is_a_way_back_by_itself(told, one_queue):
    rules = MissedOffers(back_after=Millis(60 * S), exclude_for=Millis(0))
    tell = told(one_queue(offer_timeout=Millis(15 * S), missed=rules))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert tell(80)[-2:] == ["75 AgentBecameAvailable ana", "75 CallOffered c1 ana"]


def test_who_missed_a_call_is_not_offered_the_same_call_for_a_while_but_another(told, one_queue):
    tell = told(one_queue(offer_timeout=Millis(15 * S), missed=PATIENT))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert tell(16, AdmitCall("c2", "sales"))[-1] == "16 CallOffered c2 ana"
    assert tell(17, AbandonCall("c2")) == ["17 OfferEnded c2 ana caller_gone", "17 CallAbandoned c2"]
    assert tell(40) == ["35 CallOffered c1 ana"]


@pytest.mark.parametrize("end, pause", [(OfferEnd.BUSY, 10), (OfferEnd.UNREACHABLE, 30)])
def test_a_busy_or_unreachable_phone_is_tried_again_and_no_miss_is_counted(told, one_queue, end, pause):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    said = tell(1, EndOffer("c1/o1", end))

    assert said[0] == f"1 OfferEnded c1 ana {end}"
    assert tell(60)[:2] == [f"{1 + pause} PhoneChanged ana", f"{1 + pause} CallOffered c1 ana"]


def test_a_rejection_counts_like_a_miss(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert tell(1, EndOffer("c1/o1", OfferEnd.REJECTED))[1] == "1 AgentStoppedResponding ana"


@pytest.mark.parametrize("end", [OfferEnd.ACCEPTED, OfferEnd.CALLER_GONE])
def test_an_offer_cannot_be_ended_as_something_that_has_its_own_command(told, one_queue, end):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    with pytest.raises(IllegalMove):
        tell(1, EndOffer("c1/o1", end))


def test_a_caller_who_hangs_up_while_it_rings_frees_the_agent_for_the_next(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), AdmitCall("c2", "sales"))

    assert tell(3, AbandonCall("c1")) == [
        "3 OfferEnded c1 ana caller_gone",
        "3 CallAbandoned c1",
        "3 CallOffered c2 ana",
    ]


@pytest.mark.parametrize("command", [AbandonCall("c1"), WithdrawCall("c1"), FailCall("c1", "line cut")])
def test_a_break_asked_for_while_it_rings_begins_when_the_caller_is_gone(told, one_queue, command):
    """Found by test_any_day: the wish was forgotten, and the agent neither rested nor got calls."""
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), SetNotReady("ana", "lunch"))

    assert tell(3, command)[-1] == "3 AgentBecameNotReady ana lunch"


def test_a_logout_while_it_rings_ends_the_offer_as_agent_gone(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), LogIn("ben", "desk"))

    assert tell(3, LogOut("ana")) == [
        "3 OfferEnded c1 ana agent_gone",
        "3 CallOffered c1 ben",
        "3 AgentLoggedOut ana",
    ]


def test_an_offer_needs_the_phone_as_well(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), SetPhone("ana", Phone.BUSY_ELSEWHERE))

    assert tell(1, AdmitCall("c1", "sales")) == ["1 CallQueued c1"]
    assert tell(2, SetPhone("ana", Phone.FREE)) == ["2 PhoneChanged ana", "2 CallOffered c1 ana"]


def test_the_groups_offer_timeout_goes_before_the_queues(told):
    tell = told(
        Centre("test", (Queue("sales", offer_timeout=Millis(15 * S)),), (Group("desk", offer_timeout=Millis(5 * S)),))
    )
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert tell(20)[0] == "5 OfferEnded c1 ana no_answer"


def test_a_headset_that_opens_by_itself_is_an_answer(told):
    tell = told(Centre("test", (Queue("sales"),), (Group("desk", auto_answer=True),)))

    assert tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))[-2:] == [
        "0 CallOffered c1 ana",
        "0 CallConnected c1 ana",
    ]


def test_a_headset_that_opens_by_itself_takes_chats_until_hands_are_full(told):
    """Found by reading: after the first chat the agent got no second one."""
    centre = Centre(
        "test", (Queue("sales"),), (Group("desk", auto_answer=True),), channels=(("voice", 100), ("chat", 50))
    )
    tell = told(centre)
    tell(0, *(AdmitCall(f"c{n}", "sales", channel="chat") for n in (1, 2, 3)))

    assert [line for line in tell(1, LogIn("ana", "desk")) if "Connected" in line] == [
        "1 CallConnected c1 ana",
        "1 CallConnected c2 ana",
    ]
    assert tell(2, EndCall("c1"))[-1] == "2 CallConnected c3 ana"
