"""An agent who leaves and comes back: what was known of their phone and of calls they missed is known still."""

import pytest

from callcenter.agents import Phone
from callcenter.centre import MissedOffers
from callcenter.commands import AbandonCall, AdmitCall, EndOffer, LogIn, LogOut, SetPhone
from callcenter.errors import UnknownAgent
from callcenter.events import OfferEnd
from callcenter.units import Millis
from routing.engine import RoutingEngine

S = 1_000
PATIENT = MissedOffers(count=9, exclude_for=Millis(60 * S))


def test_a_missed_call_is_not_offered_again_to_an_agent_who_logs_in_anew(told, one_queue):
    tell = told(one_queue(missed=PATIENT))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(1, EndOffer("c1/o1", OfferEnd.REJECTED), LogOut("ana"))

    assert tell(1.6, LogIn("ana", "desk")) == ["1.6 AgentLoggedIn ana"]
    assert tell(2, AdmitCall("c2", "sales"))[-1] == "2 CallOffered c2 ana"
    tell(3, AbandonCall("c2"))
    assert tell(62) == ["61 CallOffered c1 ana"]


def test_what_was_missed_may_be_offered_again_after_its_time_though_the_agent_was_away(told, one_queue):
    tell = told(one_queue(missed=PATIENT))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(1, EndOffer("c1/o1", OfferEnd.REJECTED), LogOut("ana"))

    assert tell(70) == []
    assert tell(71, LogIn("ana", "desk"))[-1] == "71 CallOffered c1 ana"


@pytest.mark.parametrize("end, pause", [(OfferEnd.BUSY, 10), (OfferEnd.UNREACHABLE, 30)])
def test_a_phone_that_did_not_answer_is_left_alone_though_its_agent_logs_in_anew(told, one_queue, end, pause):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(1, EndOffer("c1/o1", end), LogOut("ana"))

    assert tell(2, LogIn("ana", "desk")) == ["2 AgentLoggedIn ana", "2 PhoneChanged ana"]
    assert tell(60)[:2] == [f"{1 + pause} PhoneChanged ana", f"{1 + pause} CallOffered c1 ana"]


def test_a_phone_that_is_busy_elsewhere_is_so_until_the_telephony_system_says_otherwise(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), SetPhone("ana", Phone.BUSY_ELSEWHERE), LogOut("ana"))
    tell(1, AdmitCall("c1", "sales"))

    assert tell(9_000, LogIn("ana", "desk")) == ["9000 AgentLoggedIn ana", "9000 PhoneChanged ana"]
    tell(9_001, LogOut("ana"))
    tell(9_002, SetPhone("ana", Phone.FREE))
    assert tell(9_003, LogIn("ana", "desk")) == ["9003 AgentLoggedIn ana", "9003 CallOffered c1 ana"]


def test_of_an_agent_of_whom_nothing_is_known_no_phone_is_told(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"))
    tell(1, LogOut("ana"))
    with pytest.raises(UnknownAgent):
        tell(2, SetPhone("ana", Phone.FREE))


def test_a_snapshot_knows_who_is_away(told, one_queue):
    centre = one_queue(missed=PATIENT)
    tell = told(centre)
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"), AdmitCall("c1", "sales"))
    tell(1, EndOffer("c1/o1", OfferEnd.REJECTED), LogOut("ana"))
    tell(2, EndOffer("c1/o2", OfferEnd.BUSY), SetPhone("ben", Phone.UNREACHABLE), LogOut("ben"))
    tell.engine = RoutingEngine.restore(centre, tell.snapshot())

    assert tell(3, LogIn("ana", "desk")) == ["3 AgentLoggedIn ana"]
    assert tell(4, LogIn("ben", "desk")) == ["4 AgentLoggedIn ben", "4 PhoneChanged ben"]
    assert tell(5, SetPhone("ben", Phone.FREE)) == ["5 PhoneChanged ben", "5 CallOffered c1 ben"]


def test_nothing_is_kept_of_those_of_whom_nothing_is_left_to_know(told, one_queue):
    tell = told(one_queue(missed=PATIENT))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(1, EndOffer("c1/o1", OfferEnd.REJECTED), LogOut("ana"))
    assert len(tell.snapshot()["absent"]) == 1
    tell(100)
    assert tell.snapshot()["absent"] == []
