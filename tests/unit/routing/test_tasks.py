"""Callbacks: promised, in their window, rising, retried, late, given up, superseded; and places kept."""

import pytest

from callcenter.callbacks import TaskKind
from callcenter.centre import Centre, Group, Queue
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    CancelTask,
    ConvertCall,
    EndCall,
    EndOffer,
    EndTask,
    FailCall,
    LogIn,
    LogOut,
    ReportNotReached,
    ReportReached,
    RescheduleTask,
    ScheduleTask,
)
from callcenter.config.zones import zone
from callcenter.errors import DuplicateTask, IllegalMove, UnknownTask
from callcenter.events import CallQueued, OfferEnd, TaskAttempted, TaskNotReached, TaskScheduled
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY, HOUR, MINUTE, Millis

S = 1_000
ALWAYS = (0, DAY)


def policy(**rules) -> CallbackPolicy:
    return CallbackPolicy(**{"window": ALWAYS, **rules})


def lost_call(told, centre, start=0, zone_name=None):
    tell = told(centre, start)
    tell(0, AdmitCall("c1", "sales", "mid", "kim", zone=zone_name))
    tell(60, AbandonCall("c1"))
    return tell


def test_a_lost_mid_call_earns_a_callback_that_waits_for_an_agent(told, one_queue):
    tell = lost_call(told, one_queue(callbacks=policy()))
    (task,) = (event for event in tell.events if isinstance(event, TaskScheduled))

    assert (task.promise, task.from_call, task.cannot_keep) == (60 * S + DAY, "c1", False)
    assert tell(100, LogIn("ana", "desk")) == ["60 TaskDue c1/cb", "100 AgentLoggedIn ana", "100 TaskOffered c1/cb ana"]


@pytest.mark.parametrize("tier, customer, wait", [("standard", "kim", 60), ("mid", None, 60), ("mid", "kim", 4)])
def test_not_so_other_tiers_unknown_callers_and_short_waits(told, one_queue, tier, customer, wait):
    tell = told(one_queue(callbacks=policy()))
    tell(0, AdmitCall("c1", "sales", tier, customer))

    assert tell(wait, AbandonCall("c1")) == [f"{wait} CallAbandoned c1"]


def test_a_deferred_callback_comes_after_every_live_call_but_the_blacklists(told, one_queue):
    tell = lost_call(told, one_queue(callbacks=policy()))
    tell(65, AdmitCall("c3", "sales", "blacklisted"))
    tell(70, AdmitCall("c2", "sales", "standard"))

    assert tell(80, LogIn("ana", "desk"))[-1] == "80 CallOffered c2 ana"
    assert tell(81, AcceptOffer("c2/o1"), EndCall("c2"))[-1] == "81 TaskOffered c1/cb ana"


def test_the_earliest_promise_is_called_first(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    for name, hours in (("t1", 9), ("t2", 5), ("t3", 7)):
        tell(0, ScheduleTask(name, "sales", promise=Millis(hours * HOUR)))

    assert tell(1, LogIn("ana", "desk"))[-1] == "1 TaskOffered t2 ana"


def test_near_its_promise_it_rises_into_its_band(told, one_queue):
    tell = told(one_queue(callbacks=policy(rise_before=Millis(HOUR))))
    tell(0, ScheduleTask("t1", "sales", tier="mid", promise=Millis(3 * HOUR)))
    assert tell(2 * 3_600) == ["0 TaskDue t1", "7200 TaskRose t1"]
    tell(7_300, AdmitCall("c1", "sales"), AdmitCall("c2", "sales", "vip"))

    order = []
    for n in range(3):
        order.append(tell(7_400 + n, LogIn(f"a{n}", "desk"))[-1].split()[2])

    assert order == ["c2", "t1", "c1"]


def test_it_rises_though_it_was_ringing_when_its_time_came(told, one_queue):
    """Found by reading: it stayed behind all live calls until its promise was broken."""
    tell = told(one_queue(callbacks=policy(rise_before=Millis(HOUR)), offer_timeout=Millis(15 * S)))
    tell(0, ScheduleTask("t1", "sales", promise=Millis(3 * HOUR)))
    tell(7_195, LogIn("ana", "desk"))

    assert "7210 TaskRose t1" in tell(7_220)


def test_the_promise_passes_and_marks_it_late_and_a_day_later_it_is_given_up(told, one_queue):
    tell = told(
        one_queue(callbacks=policy(promise=Millis(HOUR), rise_before=Millis(0), give_up_after=Millis(2 * HOUR)))
    )
    tell(0, ScheduleTask("t1", "sales"))

    assert tell(99_999) == ["0 TaskDue t1", "3600 TaskRose t1", "3600 TaskLate t1", "10800 TaskExpired t1 out_of_time"]


def attempted(told, one_queue, **rules):
    tell = told(one_queue(callbacks=policy(**rules)))
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales"))
    tell(1, AcceptOffer("t1/o1"))
    return tell


def test_a_customer_who_is_reached_is_served_and_the_agent_wraps_up(told, one_queue):
    tell = attempted(told, lambda **rules: one_queue(wrap_up=Millis(5 * S), **rules))

    assert tell(10, ReportReached("t1")) == ["10 TaskReached t1 ana"]
    assert tell(60, EndTask("t1")) == ["60 TaskCompleted t1 ana", "60 WrapUpStarted t1 ana"]


def test_one_who_is_not_is_called_again_by_the_plan_and_then_given_up(told, one_queue):
    tell = attempted(told, one_queue, retry_after=(Millis(10 * MINUTE),))

    assert tell(10, ReportNotReached("t1", "busy")) == ["10 TaskNotReached t1 ana busy"]
    (missed,) = (event for event in tell.events if isinstance(event, TaskNotReached))
    assert missed.next_due == 610 * S
    assert tell(700) == [
        "610 TaskDue t1",
        "610 TaskOffered t1 ana",
        "625 OfferEnded t1 ana no_answer",
        "625 AgentStoppedResponding ana",
    ]
    tell(701, LogIn("ben", "desk"), AcceptOffer("t1/o3"))
    assert tell(710, ReportNotReached("t1")) == [
        "710 TaskNotReached t1 ben no_answer",
        "710 TaskExpired t1 unreachable",
    ]


def test_a_task_is_dialled_by_one_agent_at_a_time(told, one_queue):
    tell = attempted(told, one_queue)

    assert tell(5, LogIn("ben", "desk")) == ["5 AgentLoggedIn ben"]


def test_only_who_is_being_dialled_is_reached_or_not_and_only_who_was_reached_is_served(told, one_queue):
    tell = attempted(told, one_queue)

    with pytest.raises(IllegalMove):
        tell(2, EndTask("t1"))
    tell(3, ReportReached("t1"))
    for command in (ReportReached("t1"), ReportNotReached("t1"), CancelTask("t1")):
        with pytest.raises(IllegalMove):
            tell(4, command)
    with pytest.raises(UnknownTask):
        tell(4, EndTask("t9"))


def test_a_cancelled_task_frees_the_agent(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales"), AdmitCall("c1", "sales"))

    assert tell(2, CancelTask("t1", "wrong number")) == [
        "2 OfferEnded t1 ana system",
        "2 TaskCancelled t1 wrong number",
        "2 CallOffered c1 ana",
    ]


def test_a_task_that_was_moved_takes_its_place_later(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    tell(0, ScheduleTask("t1", "sales"), ScheduleTask("t2", "sales"))
    tell(1)

    assert tell(2, RescheduleTask("t1", Millis(HOUR), Millis(HOUR))) == ["2 TaskPutOff t1"], "it stood in line"
    assert tell(3_600)[0] == "3600 TaskRose t1"


def test_customer_first_dials_with_the_agent_reserved(told, one_queue):
    tell = told(one_queue(callbacks=policy(customer_first=True)))
    tell(0, ScheduleTask("t1", "sales"))

    assert tell(1, LogIn("ana", "desk"))[-1] == "1 TaskAttempted t1 ana"


def test_a_back_office_takes_callbacks_whatever_its_skills_and_only_it_until_the_promise_is_near(told):
    rules = policy(group="back", rise_before=Millis(HOUR))
    tell = told(
        Centre("test", (Queue("sales", (("a", 1),), callbacks=rules),), (Group("desk", (("a", 1),)), Group("back")))
    )
    tell(
        0,
        LogIn("ana", "desk"),
        ScheduleTask("t1", "sales", promise=Millis(3 * HOUR)),
        ScheduleTask("t2", "sales", promise=Millis(3 * HOUR)),
    )

    assert tell(1, LogIn("bob", "back"))[-1] == "1 TaskOffered t1 bob"
    tell(2, AcceptOffer("t1/o1"))
    assert tell(7_200)[-2:] == ["7200 TaskRose t2", "7200 TaskOffered t2 ana"]


def test_a_second_open_task_of_one_customer_in_one_queue_is_refused(told, one_queue):
    tell = told(one_queue())
    tell(0, ScheduleTask("t1", "sales", customer="kim"))

    with pytest.raises(DuplicateTask) as refused:
        tell(1, ScheduleTask("t2", "sales", customer="kim"))
    assert refused.value.truth == {"task_id": "t1"}


def test_an_agent_forced_out_while_dialling_gives_the_task_back(told, one_queue):
    tell = attempted(told, one_queue)

    assert tell(5, LogOut("ana", forced=True)) == ["5 TaskNotReached t1 ana agent_gone", "5 AgentLoggedOut ana"]
    assert tell(6, LogIn("ben", "desk"))[-1] == "6 TaskOffered t1 ben"


# --- the customer rings again


def test_the_live_call_supersedes_a_deferred_callback_and_inherits_no_place(told, one_queue):
    tell = lost_call(told, one_queue(callbacks=policy(grace=Millis(0))))

    assert tell(600, AdmitCall("c2", "sales", "mid", "kim"))[-2:] == ["600 TaskSuperseded c1/cb", "600 CallQueued c2"]
    assert (tell.events[-1].virtual_start, tell.events[-1].contact_id) == (600 * S, "c1")


@pytest.mark.parametrize("again, place", [(60 + 1_799, 0), (60 + 1_800, 1_860)])
def test_a_lost_call_keeps_its_place_within_the_grace_only(told, one_queue, again, place):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales", customer="kim"))
    tell(60, AbandonCall("c1"))
    tell(again, AdmitCall("c2", "sales", customer="kim"))

    assert tell.events[-1].virtual_start == place * S


def test_another_queue_or_another_customer_keeps_nothing(told):
    tell = told(Centre("test", (Queue("sales"), Queue("service")), (Group("desk"),)))
    tell(0, AdmitCall("c1", "sales", customer="kim"), FailCall("c1", "line cut"))
    tell(9, AdmitCall("c2", "service", customer="kim"), AdmitCall("c3", "sales", customer="lee"))

    assert [event.virtual_start for event in tell.events] == [9 * S, 9 * S]


def test_virtual_hold_keeps_the_place(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    tell(0, AdmitCall("c1", "sales", customer="kim"))
    tell(1, AdmitCall("c2", "sales"))

    assert tell(5, ConvertCall("c1")) == ["5 CallConverted c1 c1/cb", "5 TaskScheduled c1/cb", "5 TaskDue c1/cb"]
    assert tell(9, LogIn("ana", "desk"))[-1] == "9 TaskOffered c1/cb ana"


def test_and_passes_it_on_to_the_live_call(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    tell(0, AdmitCall("c1", "sales", customer="kim"), ConvertCall("c1"))
    tell(600, AdmitCall("c2", "sales", customer="kim"))

    (queued,) = (event for event in tell.events if isinstance(event, CallQueued))
    assert queued.virtual_start == 0


def test_an_anonymous_caller_cannot_be_called_back(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"))

    with pytest.raises(IllegalMove):
        tell(1, ConvertCall("c1"))


def test_a_customer_who_is_on_the_line_is_not_superseded(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales", customer="kim"))
    tell(1, AcceptOffer("t1/o1"), ReportReached("t1"))

    assert tell(2, AdmitCall("c1", "sales", customer="kim")) == ["2 CallQueued c1"]


# --- the window, by the customer's own clock

MARCH_31 = 1_774_915_200_000  # 2026-03-31T00:00Z
MADRID, LIMA = zone("Europe/Madrid"), zone("America/Lima")


def test_nobody_is_called_outside_nine_to_nine_of_their_own_clock(told, one_queue):
    centre = one_queue(callbacks=CallbackPolicy(), zone=MADRID, zones=(LIMA,))
    tell = lost_call(told, centre, MARCH_31 + 8 * HOUR, "America/Lima")  # 3 in the morning in Lima, 10 in Madrid
    tell(61, LogIn("ana", "desk"))

    assert tell(6 * 3_600)[0] == f"{6 * 3_600} TaskDue c1/cb"


def test_an_unknown_zone_means_the_centres_own(told, one_queue):
    centre = one_queue(callbacks=CallbackPolicy(), zone=MADRID)
    tell = lost_call(told, centre, MARCH_31 + 8 * HOUR, "No/Where")

    assert tell(61) == ["60 TaskDue c1/cb"]


@pytest.mark.parametrize(
    "day, nine",
    [("2026-03-28", 8), ("2026-03-29", 7), ("2026-10-24", 7), ("2026-10-25", 8)],
)
def test_nine_is_nine_on_both_sides_of_a_change_of_clocks(told, one_queue, day, nine):
    days = {"2026-03-28": -3, "2026-03-29": -2, "2026-10-24": 207, "2026-10-25": 208}
    midnight = MARCH_31 + days[day] * DAY
    tell = lost_call(told, one_queue(callbacks=CallbackPolicy(), zone=MADRID), midnight)

    assert tell(DAY // S)[0] == f"{nine * 3_600} TaskDue c1/cb"


def test_when_the_window_closes_the_task_waits_for_the_next_one(told, one_queue):
    tell = lost_call(told, one_queue(callbacks=CallbackPolicy(), zone=MADRID), MARCH_31 + 18 * HOUR)  # 20:00

    assert tell(15 * 3_600) == ["60 TaskDue c1/cb", "3600 TaskPutOff c1/cb", f"{13 * 3_600} TaskDue c1/cb"]


def test_also_when_it_was_ringing_at_an_agent(told, one_queue):
    """Found by reading: it stood in line again, and the customer was called at night."""
    centre = one_queue(callbacks=CallbackPolicy(), zone=MADRID, offer_timeout=Millis(15 * S))
    tell = lost_call(told, centre, MARCH_31 + 18 * HOUR)
    tell(3_595, LogIn("ana", "desk"))

    assert tell(3_620)[-1] == "3610 TaskPutOff c1/cb"


def test_a_promise_that_the_window_cannot_keep_is_flagged_when_it_is_made(told, one_queue):
    tell = lost_call(told, one_queue(callbacks=CallbackPolicy(promise=Millis(HOUR)), zone=MADRID), MARCH_31 + 20 * HOUR)

    (task,) = (event for event in tell.events if isinstance(event, TaskScheduled))
    assert task.cannot_keep


def test_a_retry_falls_into_the_window_too(told, one_queue):
    centre = one_queue(callbacks=CallbackPolicy(retry_after=(Millis(2 * HOUR),)), zone=MADRID)
    tell = told(centre, MARCH_31 + 18 * HOUR)
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales"))
    tell(1, AcceptOffer("t1/o1"))
    tell(2, ReportNotReached("t1"))

    (missed,) = (event for event in tell.events if isinstance(event, TaskNotReached))
    assert missed.next_due == MARCH_31 + DAY + 7 * HOUR


def test_round_robin_counts_customers_dialled_first_as_turns(told, one_queue):
    """Found by reading: the same agent got every task."""
    tell = told(one_queue(callbacks=policy(customer_first=True), selection="round_robin"))
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"))
    who = []
    for n in range(4):
        tell(n, ScheduleTask(f"t{n}", "sales"))
        tell(n + 0.5)
        who += [event.agent_id for event in tell.events if isinstance(event, TaskAttempted)]
        tell(n + 0.6, ReportReached(f"t{n}"), EndTask(f"t{n}"))

    assert who == ["ana", "ben", "ana", "ben"]


def test_a_rejected_task_goes_to_the_next_agent(told, one_queue):
    tell = told(one_queue(callbacks=policy()))
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales", TaskKind.COMPLAINT))
    tell(1, LogIn("ben", "desk"))

    assert tell(2, EndOffer("t1/o1", OfferEnd.REJECTED))[-1] == "2 TaskOffered t1 ben"
