"""Reports that come late: decided at their arrival, measured as of when it happened; the journal replays the same."""

import json

import pytest

from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    EndCall,
    EndWrapUp,
    HoldCall,
    LogIn,
    Reported,
    ReportReached,
    ResumeCall,
    ScheduleTask,
)
from callcenter.errors import BadInput, OfferNotPending
from callcenter.ids import AgentId, CallId, OfferId, TaskId
from callcenter.lifecycle.ledger import Ledger
from callcenter.tiers import CallbackPolicy
from callcenter.units import DAY, MINUTE, SECOND, Millis
from routing.journal import command_from, event_from, to_plain


def late(command, at_s):
    return Reported(command, Millis(round(at_s * SECOND)))


def whole_day(tell, *steps):
    """Tell commands at seconds and fold everything that happened."""
    ledger = Ledger()
    for at, command in steps:
        tell(at, command)
        ledger.fold(tell.events)
    return ledger


def test_waits_talks_holds_and_after_call_work_are_measured_as_of_when_they_happened(told, one_queue):
    tell = told(one_queue(offer_timeout=Millis(MINUTE), wrap_up=Millis(MINUTE)))
    ledger = whole_day(
        tell,
        (0, LogIn(AgentId("ana"), "desk")),
        (10, AdmitCall(CallId("c1"), "sales")),
        (40, late(AcceptOffer(OfferId("c1/o1")), 15)),
        (50, late(HoldCall(CallId("c1")), 20)),
        (51, late(ResumeCall(CallId("c1")), 28)),
        (60, late(EndCall(CallId("c1")), 45)),
        (70, late(EndWrapUp(AgentId("ana")), 65)),
    )
    (call,) = ledger.calls

    assert (call.left_at - call.queued_at, call.talk_ms, call.hold_ms, call.wrap_ms) == (5_000, 30_000, 8_000, 20_000)


def test_the_next_call_is_decided_when_the_report_arrives(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn(AgentId("ana"), "desk"), AdmitCall(CallId("c1"), "sales"), AcceptOffer(OfferId("c1/o1")))
    tell(5, AdmitCall(CallId("c2"), "sales"))

    assert tell(60, late(EndCall(CallId("c1")), 3)) == ["60 CallCompleted c1 ana", "60 CallOffered c2 ana"]
    assert [getattr(event, "happened_at", None) for event in tell.events] == [3_000, None]


@pytest.mark.parametrize(("said", "counted"), [(-900, 10), (9, 10), (12, 12), (40, None), (9e9, None)])
def test_an_instant_lies_between_what_came_before_and_the_arrival(told, one_queue, said, counted):
    tell = told(one_queue(offer_timeout=Millis(MINUTE)))
    tell(0, LogIn(AgentId("ana"), "desk"))
    tell(10, AdmitCall(CallId("c1"), "sales"))
    tell(40, late(AcceptOffer(OfferId("c1/o1")), said))

    assert tell.events[-1].happened_at == (None if counted is None else counted * SECOND)


@pytest.mark.parametrize(("after", "short"), [(2, True), (5, True), (5.001, False)])
def test_who_hung_up_at_once_is_a_short_abandon_however_late_that_is_told(told, one_queue, after, short):
    tell = told(one_queue(short_abandon=Millis(5 * SECOND)))
    tell(7, AdmitCall(CallId("c1"), "sales"))
    tell(37, late(AbandonCall(CallId("c1")), 7 + after))

    assert tell.events[-1].short is short


@pytest.mark.parametrize(("reached", "kept"), [(50, True), (60, True), (60.001, False)])
def test_a_promise_that_was_kept_is_kept_however_late_that_is_told(told, one_queue, reached, kept):
    tell = told(one_queue(callbacks=CallbackPolicy(window=(0, DAY))))
    tell(0, LogIn(AgentId("ana"), "desk"), ScheduleTask(TaskId("t1"), "sales", promise=Millis(MINUTE)))
    tell(1, AcceptOffer(OfferId("t1/o1")))
    tell(90, late(ReportReached(TaskId("t1")), reached))

    assert tell.events[-1].in_time is kept


def test_a_late_report_of_what_cannot_be_is_refused_and_changes_nothing(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn(AgentId("ana"), "desk"), AdmitCall(CallId("c1"), "sales"))
    tell(20)
    before = tell.snapshot()
    with pytest.raises(OfferNotPending):
        tell(20, late(AcceptOffer(OfferId("c1/o1")), 10))

    assert tell.snapshot() == before


def test_the_journal_keeps_both_times_and_leaves_out_what_nobody_said(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall(CallId("c1"), "sales"), AdmitCall(CallId("c2"), "sales"))
    command = late(AbandonCall(CallId("c1")), 2)
    tell(9, command, AbandonCall(CallId("c2")))
    plain = [json.loads(json.dumps(to_plain(event))) for event in tell.events]

    assert command_from(json.loads(json.dumps(to_plain(command)))) == command
    assert [event_from(one) for one in plain] == tell.events
    assert [(one["at"], one.get("happened_at")) for one in plain] == [(9_000, 2_000), (9_000, None)]
    assert "happened_at" not in plain[1]


@pytest.mark.parametrize("inner", [{"is": "LogIn", "agent_id": "ana"}, {"is": "Nothing"}, {}])
def test_only_what_a_report_tells_stands_in_one(inner):
    with pytest.raises(BadInput, match="cannot stand here"):
        command_from({"is": "Reported", "command": inner, "happened_at": 1})
