"""Waiting: limits, full and empty queues, opening hours, and ways out."""

from dataclasses import replace

import pytest

from callcenter.callbacks import TaskKind
from callcenter.centre import Centre, Group, MissedOffers, Queue
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    EndCall,
    EndOffer,
    LogIn,
    LogOut,
    ReprioritiseCall,
    ScheduleTask,
    SetNotReady,
    WithdrawCall,
)
from callcenter.errors import CallHasEnded, CannotServe, DuplicateCall, DuplicateTask, UnknownChannel, UnknownQueue
from callcenter.events import CallOverflowed, CallQueued, OfferEnd, RejectReason
from callcenter.hours import UTC, OpeningHours
from callcenter.tiers import CallbackPolicy, Leave, Tier, WayOut
from callcenter.units import HOUR, MINUTE, Millis
from routing.journal import event_from, to_plain

S = 1_000
TO_BACKUP = WayOut(Leave.OVERFLOW, "backup")


def two_queues(**rules) -> Centre:
    return Centre(
        "test",
        (Queue("sales", **rules), Queue("backup", needs=(("b", 1),))),
        (Group("desk"), Group("back", (("b", 1),))),
    )


def test_the_longest_wait_ends_at_its_own_instant(told, one_queue):
    tell = told(one_queue(max_wait=Millis(60 * S)))
    tell(0, AdmitCall("c1", "sales"))

    assert tell(300) == ["60 CallRejected c1 max_wait"]


def test_the_tiers_longest_wait_goes_first_where_it_is_shorter(told, one_queue):
    tell = told(one_queue(max_wait=Millis(HOUR)))
    tell(0, AdmitCall("c1", "sales", "blacklisted"))

    assert tell(3000) == ["900 CallRejected c1 max_wait"]


def test_a_call_that_rings_when_its_longest_wait_ends_may_be_answered_yet(told, one_queue):
    tell = told(one_queue(max_wait=Millis(20 * S), offer_timeout=Millis(15 * S)))
    tell(0, AdmitCall("c1", "sales"))
    tell(10, LogIn("ana", "desk"))

    assert tell(22, AcceptOffer("c1/o1")) == ["22 CallConnected c1 ana"]


def test_a_call_that_was_not_answered_leaves_when_its_longest_wait_is_over(told, one_queue):
    tell = told(one_queue(max_wait=Millis(20 * S), offer_timeout=Millis(15 * S)))
    tell(0, AdmitCall("c1", "sales"))
    tell(10, LogIn("ana", "desk"))

    assert tell(30)[-2:] == ["25 AgentStoppedResponding ana", "25 CallRejected c1 max_wait"]


def test_overflow_makes_a_segment_with_the_original_virtual_start(told):
    tell = told(two_queues(max_wait=Millis(60 * S), after_max_wait=TO_BACKUP))
    tell(5, AdmitCall("c1", "sales"))

    assert tell(65) == ["65 CallOverflowed c1 max_wait backup", "65 CallQueued c1/s2"]
    (queued,) = (event for event in tell.events if isinstance(event, CallQueued))
    assert (queued.contact_id, queued.virtual_start) == ("c1", 5 * S)


def test_a_segment_of_a_call_that_took_up_a_contact_is_named_after_the_call(told):
    """The telephony system knows the customer's second call by its own name; the first one has ended."""
    tell = told(two_queues(max_wait=Millis(60 * S), after_max_wait=TO_BACKUP))
    tell(0, AdmitCall("c1", "sales", customer="C-1"))
    tell(10, AbandonCall("c1"))
    tell(20, AdmitCall("c2", "sales", customer="C-1"))

    assert tell(80) == ["80 CallOverflowed c2 max_wait backup", "80 CallQueued c2/s2"]
    *_, queued = (event for event in tell.events if isinstance(event, CallQueued))
    assert (queued.contact_id, queued.virtual_start) == ("c1", 0)


def test_a_journal_of_before_names_that_segment_as_its_commands_do(told):
    tell = told(replace(two_queues(max_wait=Millis(60 * S), after_max_wait=TO_BACKUP), rules=2))
    tell(0, AdmitCall("c1", "sales", customer="C-1"))
    tell(10, AbandonCall("c1"))
    tell(20, AdmitCall("c2", "sales", customer="C-1"))

    assert tell(80) == ["80 CallOverflowed c2 max_wait backup", "80 CallQueued c1/s2"]


def test_where_tier_and_queue_bear_the_same_wait_the_tier_says_what_comes_of_the_call(told):
    wait = Millis(60 * S)
    vip = Tier("vip", 0, max_wait=wait, after_max_wait=TO_BACKUP)
    tell = told(replace(two_queues(max_wait=wait), tiers=(vip,), default_tier="vip"))
    tell(0, AdmitCall("c1", "sales"))

    assert tell(60) == ["60 CallOverflowed c1 max_wait backup", "60 CallQueued c1/s2"]


def test_overflow_to_the_outside_ends_the_call_here(told, one_queue):
    tell = told(one_queue(max_waiting=0, when_full=WayOut(Leave.OVERFLOW, "+34 900")))

    assert tell(0, AdmitCall("c1", "sales")) == ["0 CallOverflowed c1 full +34 900"]


def test_a_call_that_overflows_at_once_names_its_customer_and_the_contact_it_goes_on_with(told, one_queue):
    tell = told(one_queue(max_waiting=1, when_full=WayOut(Leave.OVERFLOW, "+34 900")))
    tell(0, AdmitCall("c1", "sales", customer="C-1"), AbandonCall("c1"))
    tell(1, AdmitCall("c2", "sales"))
    tell(2, AdmitCall("c3", "sales", customer="C-1"))

    (event,) = tell.events
    assert (event.call_id, event.contact_id, event.contact, event.customer) == ("c3", "c1", "c1", "C-1")


def test_an_overflow_that_was_written_down_before_contacts_were_told_can_be_read():
    told = CallOverflowed(60, 7, "c1/s2", "sales", "standard", 0, "backup", RejectReason.MAX_WAIT, "c1", "C-1")
    before = {name: value for name, value in to_plain(told).items() if name not in {"contact_id", "customer"}}

    assert event_from(before).contact == "c1"
    assert event_from(before).customer is None


def test_a_queue_of_zero_places_is_a_pure_loss_system(told, one_queue):
    tell = told(one_queue(max_waiting=0))
    tell(0, LogIn("ana", "desk"))

    assert tell(1, AdmitCall("c1", "sales"))[-1] == "1 CallOffered c1 ana"
    assert tell(2, AdmitCall("c2", "sales")) == ["2 CallRejected c2 full"]


def test_a_line_of_three_places_turns_the_fourth_away(told, one_queue):
    tell = told(one_queue(max_waiting=3))

    said = tell(0, *(AdmitCall(f"c{n}", "sales") for n in range(4)))

    assert said[-1] == "0 CallRejected c3 full"
    assert tell(1, AbandonCall("c0"), AdmitCall("c4", "sales"))[-1] == "1 CallQueued c4"


def test_nobody_joins_a_queue_that_nobody_serves(told, one_queue):
    tell = told(one_queue(join_empty=False))

    assert tell(0, AdmitCall("c1", "sales")) == ["0 CallRejected c1 no_agents"]
    assert tell(1, LogIn("ana", "desk"), SetNotReady("ana"), AdmitCall("c2", "sales"))[-1] == "1 CallQueued c2"


def test_callers_leave_when_the_last_who_could_serve_them_logs_out(told, one_queue):
    tell = told(one_queue(leave_empty=True))
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"), AdmitCall("c1", "sales"))
    tell(1, AcceptOffer("c1/o1"), EndCall("c1"), SetNotReady("ana"), SetNotReady("ben"), AdmitCall("c2", "sales"))

    assert tell(2, LogOut("ana")) == ["2 AgentLoggedOut ana"]
    assert tell(3, LogOut("ben")) == ["3 AgentLoggedOut ben", "3 CallRejected c2 no_agents"]


CLOSES_AT_TEN = OpeningHours(UTC, (((9 * HOUR, 10 * HOUR),),) * 7)
TEN = 3_600


def test_calls_still_waiting_at_closing_time_are_served(told, one_queue):
    tell = told(one_queue(hours=CLOSES_AT_TEN), start=9 * HOUR)
    tell(TEN - 1, AdmitCall("c1", "sales"))

    assert tell(TEN + 5, LogIn("ana", "desk")) == [
        f"{TEN} QueueClosed sales",
        f"{TEN + 5} AgentLoggedIn ana",
        f"{TEN + 5} CallOffered c1 ana",
    ]
    assert tell(TEN + 6, AdmitCall("c2", "sales")) == [f"{TEN + 6} CallRejected c2 closed"]


def test_or_they_are_turned_away(told, one_queue):
    tell = told(one_queue(hours=CLOSES_AT_TEN, serve_out=False), start=9 * HOUR)
    tell(TEN - 1, AdmitCall("c1", "sales"))

    assert tell(TEN + 9) == [f"{TEN} QueueClosed sales", f"{TEN} CallRejected c1 closed"]


def test_and_so_is_one_that_rang_at_closing_time_and_was_not_answered(told, one_queue):
    """Found by reading: it waited all night."""
    tell = told(one_queue(hours=CLOSES_AT_TEN, serve_out=False, offer_timeout=Millis(15 * S)), start=9 * HOUR)
    tell(TEN - 1, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert tell(TEN + 20)[-1] == f"{TEN + 14} CallRejected c1 closed"


def test_the_doors_open_again_the_next_morning(told, one_queue):
    tell = told(one_queue(hours=CLOSES_AT_TEN), start=9 * HOUR)
    tell(0)

    assert tell(24 * TEN) == [f"{TEN} QueueClosed sales", f"{24 * TEN} QueueOpened sales"]


def test_a_withdrawn_call_was_turned_away_and_earns_no_callback(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales", "mid", "kim"))

    assert tell(60, WithdrawCall("c1")) == ["60 CallRejected c1 withdrawn"]


def test_terminal_states_absorb(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"), AbandonCall("c1"))

    with pytest.raises(CallHasEnded) as refused:
        tell(1, AbandonCall("c1"))
    assert refused.value.truth == {"call_id": "c1", "state": "abandoned"}
    with pytest.raises(DuplicateCall):
        tell(1, AdmitCall("c1", "sales"))


@pytest.mark.parametrize(
    "command, refusal",
    [
        (AdmitCall("c1", "nowhere"), UnknownQueue),
        (AdmitCall("c1", "sales", channel="telex"), UnknownChannel),
        (AdmitCall("c1", "sales", skills=(("latin", 1),)), CannotServe),
    ],
)
def test_a_refused_call_changes_nothing(told, one_queue, command, refusal):
    tell = told(one_queue())
    tell(0)
    before = tell.snapshot()

    with pytest.raises(refusal):
        tell(0, command)

    assert tell.snapshot() == before


def test_a_call_and_a_task_cannot_share_a_name(told, one_queue):
    """Found by test_any_day: their offers had the same id, and one acceptance answered the other."""
    tell = told(one_queue())
    tell(0, AdmitCall("x", "sales"), ScheduleTask("y", "sales", TaskKind.COMPLAINT))

    with pytest.raises(DuplicateTask):
        tell(1, ScheduleTask("x", "sales"))
    with pytest.raises(DuplicateCall):
        tell(1, AdmitCall("y", "sales"))


def test_a_call_moved_to_a_tier_with_a_longest_wait_leaves_in_time(told, one_queue):
    """Found by reading: only the tier at entry counted."""
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"))
    tell(60, ReprioritiseCall("c1", "blacklisted"))

    assert tell(3000) == ["900 CallRejected c1 max_wait"]


def test_a_call_moved_out_of_it_may_wait_on(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales", "blacklisted"))
    tell(60, ReprioritiseCall("c1", "vip"))

    assert tell(3000) == []


def test_turned_away_for_want_of_agents_earns_a_callback_where_the_tier_says_so(told, one_queue):
    tell = told(one_queue(max_waiting=0, callbacks=CallbackPolicy(window=(0, 24 * HOUR))))

    assert tell(0, AdmitCall("c1", "sales", "mid", "kim"))[1] == "0 TaskScheduled c1/cb"
    assert tell(1, AdmitCall("c2", "sales", "standard", "lee"))[-1] == "1 CallRejected c2 full"
    assert tell(2, AdmitCall("c3", "sales", "mid"))[-1] == "2 CallRejected c3 full", "an unknown caller"


def test_a_rule_can_promise_a_callback_to_any_tier(told, one_queue):
    rules = CallbackPolicy(window=(0, 24 * HOUR))
    tell = told(one_queue(max_waiting=0, when_full=WayOut(Leave.CALLBACK), callbacks=rules))

    assert tell(0, AdmitCall("c1", "sales", "standard", "kim"))[1] == "0 TaskScheduled c1/cb"


def test_a_call_that_has_waited_an_hour_is_still_behind_any_vip_and_before_any_blacklisted(told, one_queue):
    tell = told(one_queue(tiers=(Tier("vip", 0), Tier("standard", 1), Tier("blacklisted", 9))))
    tell(0, AdmitCall("black", "sales", "blacklisted"))
    tell(1, AdmitCall("old", "sales"))
    tell(3_600, AdmitCall("vip", "sales", "vip"), AdmitCall("new", "sales"))

    served = []
    for n in range(4):
        tell(3_601 + n, LogIn(f"a{n}", "desk"))
        served.append(tell.events[-1].call_id)

    assert served == ["vip", "old", "new", "black"]


def test_a_virtual_start_orders_but_is_never_measured(told):
    tell = told(two_queues(max_wait=Millis(MINUTE), after_max_wait=TO_BACKUP, short_abandon=Millis(5 * S)))
    tell(0, AdmitCall("c1", "sales"))
    tell(62, AbandonCall("c1/s2"))

    assert tell.events[-1].queued_at == 60 * S
    assert tell.events[-1].short


def test_a_missed_offer_does_not_restart_the_wait(told, one_queue):
    tell = told(one_queue(missed=MissedOffers(count=9, exclude_for=Millis(0))))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(5, EndOffer("c1/o1", OfferEnd.NO_ANSWER))
    tell(7, AcceptOffer("c1/o2"))

    assert tell.events[-1].queued_at == 0
