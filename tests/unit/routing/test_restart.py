"""After a gap, after a restart, under another centre: what shifts, what stays, what is refused."""

import json
from dataclasses import replace

import pytest

from callcenter.centre import Agent, Centre, Group, MissedOffers, Queue, Reserve
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    AdoptCentre,
    EndCall,
    LearnZones,
    LogIn,
    LogOut,
    RequestBreak,
    Resume,
    ScheduleTask,
    SetNotReady,
)
from callcenter.config.zones import zone
from callcenter.errors import BadInput, ClockWentBack, DuplicateTask, IllegalMove
from callcenter.hours import UTC, OpeningHours
from callcenter.skills import RelaxationStep
from callcenter.tiers import CallbackPolicy, Intent, Leave, WayOut
from callcenter.units import DAY, HOUR, Millis
from routing.engine import RoutingEngine
from routing.replay import replay

S = 1_000
LOANS = (("loans", 1),)


def test_live_offers_end_as_system_with_no_miss_counted_and_calls_take_their_turn(told, one_queue):
    tell = told(one_queue(offer_timeout=Millis(15 * S)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell(5)
    tell.engine.handle(Resume(100 * S), now=Millis(105 * S))

    assert tell(105) == ["105 ServiceResumed", "105 OfferEnded c1 ana system", "105 CallOffered c1 ana"]


def test_the_better_tier_is_offered_first_when_the_driver_is_back(told, one_queue):
    """Found by reading: calls found new agents in the order of their old offers."""
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"), AdmitCall("c1", "sales"), AdmitCall("c2", "sales", "vip"))
    tell(1, LogIn("cem", "desk"))
    tell.engine.handle(Resume(10 * S), now=Millis(11 * S))

    assert [line for line in tell(11) if "Offered" in line] == ["11 CallOffered c2 cem", "11 CallOffered c1 ana"]


def test_waits_are_shifted_by_the_gap(told, one_queue):
    """Found by reading: a call that rang when the driver went away was turned away when it came back."""
    tell = told(one_queue(max_wait=Millis(60 * S), missed=MissedOffers(exclude_for=Millis(0))))
    tell(0, AdmitCall("waits", "sales"))
    tell(5, LogIn("ana", "desk"), AdmitCall("too", "sales"))
    tell(10)
    tell.engine.handle(Resume(100 * S), now=Millis(110 * S))

    assert "110 CallOffered waits ana" in tell(110)
    assert tell(170) == [
        "125 OfferEnded waits ana no_answer",
        "125 AgentStoppedResponding ana",
        "160 CallRejected waits max_wait",
        "165 CallRejected too max_wait",
    ]


def test_a_call_that_waiting_has_loosened_needs_as_little_after_a_restart(told):
    groups = (Group("spanish", (("spanish", 1),)), Group("desk"))
    steps = (RelaxationStep(Millis(10 * S), (("spanish", 0),)),)
    tell = told(Centre("test", (Queue("sales", (("spanish", 1),), relaxation=steps),), groups))
    tell(0, AdmitCall("loose", "sales"))
    tell(9, AdmitCall("strict", "sales"))
    tell(10)
    restarted(tell)

    assert tell(11, LogIn("ana", "desk"), LogIn("ben", "spanish"))[1::2] == [
        "11 CallOffered loose ana",
        "11 CallOffered strict ben",
    ]


def restarted(tell):
    """Let the engine be one that was restored from a snapshot which went through a file."""
    tell.engine = RoutingEngine.restore(tell.engine.centre, json.loads(json.dumps(tell.snapshot())))
    return tell


def test_a_segment_has_its_contact_and_its_turn_and_a_line_its_length_after_a_restart(told):
    backup = Queue("backup", max_waiting=3, leave_empty=True)
    sales = Queue("sales", max_wait=Millis(60 * S), after_max_wait=WayOut(Leave.OVERFLOW, "backup"))
    tell = told(Centre("test", (sales, backup), (Group("desk"),)))
    tell(0, LogIn("ana", "desk"), SetNotReady("ana"), AdmitCall("c1", "sales"))
    tell(30, AdmitCall("c2", "backup"))
    tell(60)
    restarted(tell)

    assert [one.id for one in tell.engine.who_waits(now=Millis(60 * S), most=9)] == ["c1/s2", "c2"]
    assert tell(61, AdmitCall("c3", "backup"), AdmitCall("c4", "backup")) == [
        "61 CallQueued c3",
        "61 CallRejected c4 full",
    ]
    said = tell(62, LogOut("ana"))
    assert said == ["62 AgentLoggedOut ana", *(f"62 CallRejected {one} no_agents" for one in ("c2", "c1/s2", "c3"))]
    assert {event.call_id: event.contact_id for event in tell.events[1:]}["c1/s2"] == "c1"


def test_a_call_needs_what_it_brought_and_a_customer_has_one_open_task_after_a_restart(told, one_queue):
    tell = told(one_queue(intents=(Intent("loan", skills=LOANS),), agents=(Agent("eve", "desk", LOANS),)))
    tell(0, AdmitCall("c1", "sales", intent="loan"), ScheduleTask("t1", "sales", customer="k", due_at=Millis(HOUR)))
    restarted(tell)

    assert tell(1, LogIn("ana", "desk")) == ["1 AgentLoggedIn ana"]
    with pytest.raises(DuplicateTask):
        tell(1, ScheduleTask("t2", "sales", customer="k"))
    assert tell(2, LogIn("eve", "desk"))[-1] == "2 CallOffered c1 eve"


def test_a_queue_with_opening_hours_may_be_gone_under_another_centre(told):
    night = Queue("night", hours=OpeningHours(UTC, (((9 * HOUR, 10 * HOUR),),) * 7))
    tell = told(Centre("test", (Queue("sales"), night), (Group("desk"),)))
    tell(0)

    assert tell(1, AdoptCentre(Centre("fewer", (Queue("sales"),), (Group("desk"),)))) == ["1 CentreAdopted"]
    assert tell.engine.due_at() is None


@pytest.mark.parametrize("version", [1, 2])
def test_a_snapshot_of_an_older_version_is_read(told, one_queue, version: int):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    again = RoutingEngine.restore(tell.engine.centre, tell.snapshot() | {"version": version})

    assert again.snapshot() == tell.snapshot()


def test_they_are_still_shifted_after_one_more_restart(told, one_queue):
    tell = told(one_queue(max_wait=Millis(60 * S), missed=MissedOffers(exclude_for=Millis(0))))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))
    tell.engine.handle(Resume(100 * S), now=Millis(100 * S))
    tell.engine = RoutingEngine.restore(tell.engine.centre, tell.snapshot())

    assert tell(999) == [
        "115 OfferEnded c1 ana no_answer",
        "115 AgentStoppedResponding ana",
        "160 CallRejected c1 max_wait",
    ]


def test_wrap_up_and_the_window_of_a_preferred_agent_are_shifted_too(told, one_queue):
    tell = told(one_queue(wrap_up=Millis(20 * S), hold_for_preferred=Millis(20 * S)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), AcceptOffer("c1/o1"), EndCall("c1"))
    tell(5, AdmitCall("c2", "sales", preferred=("ana",)))
    tell.engine.handle(Resume(100 * S), now=Millis(110 * S))

    assert tell(130) == ["110 ServiceResumed", "120 WrapUpEnded c1 ana", "120 CallOffered c2 ana"]


def test_promises_are_not_shifted(told, one_queue):
    tell = told(one_queue(callbacks=CallbackPolicy(window=(0, DAY), promise=Millis(60 * S), rise_before=Millis(0))))
    tell(0, ScheduleTask("t1", "sales"))
    tell(10)
    tell.engine.handle(Resume(100 * S), now=Millis(110 * S))

    assert "60 TaskLate t1" in tell(110)


def test_nobodys_phone_rang_while_the_driver_was_away(told, one_queue):
    """Found by test_busy_day: a callback due in the gap rang, was missed, and stopped the agent."""
    tell = told(one_queue(callbacks=CallbackPolicy(window=(0, DAY))))
    tell(0, LogIn("ana", "desk"), ScheduleTask("t1", "sales", due_at=Millis(50 * S)))
    tell.engine.handle(Resume(100 * S), now=Millis(110 * S))

    assert tell(110) == ["110 ServiceResumed", "110 TaskDue t1", "110 TaskOffered t1 ana"]


def test_what_was_due_before_the_gap_happened_also_in_a_replay(one_queue):
    """Found by reading: the journal knows no wake-ups, so a replay shifted what had happened already."""
    centre = one_queue(offer_timeout=Millis(15 * S))
    commands = [LogIn("ana", "desk"), AdmitCall("c1", "sales")]
    live = RoutingEngine(centre)
    for command in commands:
        live.handle(command, now=Millis(0))
    live.advance(now=Millis(20 * S))
    live.handle(Resume(100 * S), now=Millis(120 * S))

    _, again = replay(centre, [*((Millis(0), command) for command in commands), (Millis(120 * S), Resume(100 * S))])

    assert again == live.take_events()


def test_time_never_goes_back(told, one_queue):
    tell = told(one_queue())
    tell(10)

    for command in (AdmitCall("c1", "sales"), Resume(0), AdoptCentre(tell.engine.centre)):
        with pytest.raises(ClockWentBack):
            tell.engine.handle(command, now=Millis(9 * S))
    with pytest.raises(IllegalMove):
        tell.engine.handle(Resume(-1), now=Millis(10 * S))


def test_what_is_no_command_is_the_callers_fault(told, one_queue):
    with pytest.raises(TypeError):
        told(one_queue()).engine.handle("hello", now=Millis(0))  # type: ignore[arg-type]


# --- another centre


def test_another_centre_keeps_who_is_there_and_who_waits(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), AcceptOffer("c1/o1"))
    tell(1, AdmitCall("c2", "sales"), AdmitCall("c3", "sales", "vip"))

    assert tell(2, AdoptCentre(one_queue(wrap_up=Millis(5 * S)))) == ["2 CentreAdopted"]
    assert tell(9, EndCall("c1")) == ["9 CallCompleted c1 ana", "9 WrapUpStarted c1 ana"]
    assert tell(14) == ["14 WrapUpEnded c1 ana", "14 CallOffered c3 ana"]


def test_the_new_centres_doors_count(told, one_queue):
    """Found by reading: the old hours stayed in force, and a queue that gained hours never closed."""
    tell = told(one_queue(), start=9 * HOUR)
    hours = OpeningHours(UTC, (((9 * HOUR, 10 * HOUR),),) * 7)
    tell(0, AdoptCentre(one_queue(hours=hours)))

    assert tell(3_600) == ["3600 QueueClosed sales"]
    tell(3_700, AdoptCentre(one_queue()))
    assert tell(3_701, AdmitCall("c1", "sales")) == ["3701 CallQueued c1"]


def test_the_new_centres_longest_wait_counts_for_who_waits(told, one_queue):
    tell = told(one_queue(max_wait=Millis(600 * S)))
    tell(0, AdmitCall("c1", "sales"))
    tell(5, AdoptCentre(one_queue(max_wait=Millis(60 * S))))

    assert tell(99) == ["60 CallRejected c1 max_wait"]


def test_steps_and_reserves_that_are_gone_do_no_harm(told):
    """Found by reading: their deadlines were still set, and crashed the engine."""
    steps = (RelaxationStep(Millis(10 * S), (("a", 0),)),)
    old = Centre(
        "old",
        (Queue("sales", (("a", 1),), relaxation=steps),),
        (Group("desk", (("a", 1),)),),
        reserves=(Reserve(0, "desk", 1, Millis(20 * S)),),
    )
    tell = told(old)
    tell(0, AdmitCall("c1", "sales"))
    tell(1, AdoptCentre(replace(old, queues=(Queue("sales", (("a", 1),)),), reserves=())))

    assert tell(60) == []


def test_breaks_that_the_new_cap_allows_are_granted(told, one_queue):
    tell = told(one_queue(Group("desk", break_cap=0)))
    tell(0, LogIn("ana", "desk"), RequestBreak("ana"))

    assert tell(1, AdoptCentre(one_queue(Group("desk"))))[-1] == "1 AgentBecameNotReady ana break"


@pytest.mark.parametrize(
    "other",
    [
        Centre("other", (Queue("service"),), (Group("desk"),)),
        Centre("other", (Queue("sales"),), (Group("back"),)),
    ],
)
def test_a_centre_that_lacks_what_is_in_use_is_refused_and_changes_nothing(told, one_queue, other):
    """Found by reading: the error was no refusal, and stopped a replay."""
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), SetNotReady("ana"), AdmitCall("c1", "sales"))
    before = tell.snapshot()

    with pytest.raises(IllegalMove, match="lacks"):
        tell(0, AdoptCentre(other))
    assert tell.snapshot() == before


# --- time zones of customers

LIMA, TOKYO = zone("America/Lima"), zone("Asia/Tokyo")


def test_a_zone_is_learned_once_and_moves_nobody(told, one_queue):
    """Found by reading: a call of a new zone adopted the centre again, the whole floor through a snapshot and back."""
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), AdmitCall("c2", "sales"))
    floor, before = tell.engine._floor, tell.snapshot()

    assert tell(0, LearnZones((LIMA,))) == ["0 ZonesLearned"]
    assert tell(0, LearnZones((LIMA,))) == []
    after = tell.snapshot()
    assert tell.engine._floor is floor
    assert {key for key in after if after[key] != before[key]} == {"seq", "zones"}
    assert tell.engine.centre.zones == (LIMA,)


def test_learned_zones_outlast_a_restart_and_another_centre(told, one_queue):
    centre = one_queue(callbacks=CallbackPolicy())
    tell = told(centre)
    tell(0, LearnZones((LIMA, TOKYO)))
    again = RoutingEngine.restore(centre, json.loads(json.dumps(tell.snapshot())))
    tell(1, AdoptCentre(one_queue(callbacks=CallbackPolicy(), zones=(TOKYO,))))

    assert again.centre.zones == (LIMA, TOKYO)
    assert set(tell.engine.centre.zones) == {LIMA, TOKYO}


def test_a_journal_that_learned_a_zone_by_a_whole_centre_tells_the_same_as_one_that_learned_the_zone(told, one_queue):
    """Databases written before hold the first."""
    centre = one_queue(callbacks=CallbackPolicy())
    rows = []
    for learns in (AdoptCentre(replace(centre, zones=(TOKYO,))), LearnZones((TOKYO,))):
        tell = told(centre)
        tell(0, AdmitCall("c1", "sales", "mid", "kim"), learns)
        found = tell(
            1, AdmitCall("c2", "sales", "mid", "lee", zone="Asia/Tokyo"), AbandonCall("c2"), LogIn("ana", "desk")
        )
        rows.append((found, tell(16 * HOUR // S)))

    assert rows[0] == rows[1]


# --- snapshots


def test_a_snapshot_of_another_version_is_not_read(one_queue):
    snapshot = RoutingEngine(one_queue()).snapshot()

    with pytest.raises(BadInput, match="replay the journal"):
        RoutingEngine.restore(one_queue(), snapshot | {"version": 99})


def test_who_can_be_served_does_not_depend_on_who_was_once_here(told, one_queue):
    """Found by reading: skills of agents long gone were remembered, but not over a restart."""
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk", (("latin", 1),)))
    assert tell(1, AdmitCall("c1", "sales", skills=(("latin", 1),)))[-1] == "1 CallOffered c1 ana"
    tell(2, AbandonCall("c1"))
    again = RoutingEngine.restore(tell.engine.centre, tell.snapshot())

    again.handle(AdmitCall("c2", "sales", skills=(("latin", 1),)), now=Millis(3 * S))

    assert [type(event).__name__ for event in again.take_events()] == ["CallQueued", "CallOffered"]


def test_a_call_that_is_answered_at_once_goes_on_the_same_after_a_restart(told, one_queue):
    """Found by Hypothesis: of a call whose limits had all passed a restarted engine thought that it still waited."""
    centre = one_queue(Group("desk", auto_answer=True), relaxation=(RelaxationStep(Millis(5 * S), ()),))
    tell = told(centre)
    tell(0, AdmitCall("c1", "sales"))
    tell(6)
    again = RoutingEngine.restore(centre, tell.engine.snapshot())
    for engine in (tell.engine, again):
        engine.handle(LogIn("ana", "desk"), now=Millis(7 * S))

    assert again.take_events() == tell.engine.take_events()
    assert again.snapshot() == tell.engine.snapshot()
