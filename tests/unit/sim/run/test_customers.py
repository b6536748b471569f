"""Customers who were not served: they ring again, or are called when their turn comes."""

from itertools import pairwise

import pytest

from callcenter import events as ev
from callcenter.centre import Queue
from callcenter.scenario import CallbackPeople, Desk, Retrial, Rule
from callcenter.tiers import Leave, WayOut
from callcenter.units import SECOND
from sim.results.figures import figures
from tests.unit.sim.scenes import always, busy, exponential, lived, scripted, waits

H9 = 9 * 3600


# --- ringing again


@pytest.mark.parametrize("outcome", ["abandoned", "rejected", "overflowed"])
def test_who_was_not_served_rings_again_with_the_probability_and_delay_of_the_outcome(outcome: str):
    queue = {
        "abandoned": Queue("q"),
        "rejected": Queue("q", max_waiting=0),
        "overflowed": Queue("q", max_waiting=0, when_full=WayOut(Leave.OVERFLOW, "elsewhere")),
    }[outcome]
    retrials = ((outcome, Retrial(0.6, always(120), most=3)),)
    scenario = busy(120, agents=1, hours=3, queue=queue, retrials=retrials, patience=(Rule(always(30)),))
    first = again = 0
    for r in range(6):
        day = lived(scenario, r)
        attempts: dict[str, list] = {}
        for record in day.ledger.calls:
            attempts.setdefault(day.callers.customer[int(record.call_id)], []).append(record)
        for records in attempts.values():
            assert len(records) <= 3
            first += records[0].outcome == outcome
            again += len(records) > 1
            for before, after in pairwise(records):
                assert before.outcome == outcome
                assert after.queued_at - before.left_at == 120 * SECOND

    assert first > 200
    assert again / first == pytest.approx(0.6, abs=4 * (0.24 / first) ** 0.5)


def test_only_the_outcomes_named_bring_callers_back():
    day = lived(busy(120, agents=1, retrials=(("rejected", Retrial(1.0, always(60))),)))

    assert sum(r.outcome == "abandoned" for r in day.ledger.calls) > 50
    assert len(day.ledger.calls) == len(set(day.callers.customer))


# --- virtual hold


def test_virtual_hold_keeps_the_place_and_the_customer_is_called_when_the_turn_comes():
    people = CallbackPeople(answered=1.0, dial=always(10), accept_offer=1.0, offer_after_s=30)
    calls = [(H9, "standard", 300), (H9 + 10, "mid", 60), (H9 + 345, "standard", 60)]
    day = lived(scripted(calls, callbacks=people, customers=["x", "y", "z"]))
    (task,) = day.ledger.tasks
    at = {type(e): e.at - day.begin for e in day.history if isinstance(e, ev.TaskAttempted | ev.TaskCompleted)}

    assert waits(day) == [("answered", 0), ("converted", 30), ("answered", 25)]
    assert at == {ev.TaskAttempted: H9 * SECOND + 300_000, ev.TaskCompleted: H9 * SECOND + 370_000}
    assert (task.outcome, task.kind) == ("completed", "virtual_hold")
    assert figures(day).tally().converted == 1


@pytest.mark.parametrize(("handling", "pace", "talk"), [(60, 1.5, 90 * SECOND), (0.001, 0.1, 1)])
def test_who_is_called_back_is_served_at_the_pace_of_the_agent(handling: float, pace: float, talk: int):
    people = CallbackPeople(answered=1.0, dial=always(10), accept_offer=1.0, offer_after_s=30)
    calls = [(H9, "standard", 300 / pace), (H9 + 10, "mid", handling)]
    day = lived(scripted(calls, callbacks=people, customers=["x", "y"], desks=(Desk("g", pace=pace),)))
    at = {type(e): e.at for e in day.history if isinstance(e, ev.TaskAttempted | ev.TaskCompleted)}

    assert at[ev.TaskCompleted] - at[ev.TaskAttempted] == 10 * SECOND + talk


def test_nobody_converts_where_the_offer_is_not_taken():
    day = lived(busy(120, agents=1, callbacks=CallbackPeople(accept_offer=0.0)))

    assert "converted" not in {r.outcome for r in day.ledger.calls}


@pytest.mark.parametrize("keeps", [False, True])
def test_who_rings_again_is_as_patient_as_before_only_where_the_scenario_says_keep(keeps: bool):
    retrials = (("abandoned", Retrial(1.0, always(120), most=3, keeps_patience=keeps)),)
    day = lived(busy(120, agents=1, hours=3, retrials=retrials, patience=(Rule(exponential(30)),)))
    callers = day.callers
    again = [n for n, attempt in enumerate(callers.attempt) if attempt > 1]
    first = {callers.key[n]: callers.patience_ms[n] for n, attempt in enumerate(callers.attempt) if attempt == 1}
    same = [callers.patience_ms[n] == first[callers.key[n]] for n in again]

    assert len(again) > 20
    assert all(same) if keeps else not any(same)
