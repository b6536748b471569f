"""Agents at work, second by second: rest after a call, ringing phones, shifts, breaks, pace."""

from dataclasses import replace

import numpy as np
import pytest

from callcenter import events as ev
from callcenter.callbacks import TaskKind
from callcenter.centre import Group, MissedOffers, Queue
from callcenter.scenario import Break, CallbackPeople, Desk, Outreach, Rule, Scenario
from callcenter.units import HOUR, MINUTE, SECOND, Millis
from sim.run.columns import NOBODY
from tests.unit.sim.scenes import always, busy, lived, logins, scripted, shift, waits

H9, H17 = 9 * 3600, 17 * 3600


# --- after the call


def test_wrap_up_as_the_law_says_keeps_the_agent():
    scenario = scripted([(H9, "standard", 60), (H9 + 10, "standard", 30)], wrap_up=(Rule(always(25)),))
    day = lived(scenario)

    assert waits(day)[1] == ("answered", 75)
    assert [r.wrap_ms for r in day.ledger.calls] == [25_000, 25_000]


def test_after_call_work_in_the_columns_of_a_day_is_that_of_its_records():
    day = lived(scripted([(H9, "standard", 60), (H9 + 10, "vip", 30)], wrap_up=(Rule(always(25)),)))
    columns = day.calls.columns(day.now)

    assert dict(zip(columns.ids, columns.wrap.tolist(), strict=True)) == {r.call_id: 25_000 for r in day.ledger.calls}


def test_after_call_work_of_a_list_that_was_called_before_any_call_came_is_no_calls():
    entry = Outreach(TaskKind.CAMPAIGN, "q", "mid", 1, always(60), begin=9 * HOUR, wrap_up=always(30), answered=1.0)
    calls = [(H17, "standard", 60)]
    day = lived(scripted(calls, outreach=(entry,), wrap_up=(Rule(always(25)),), shifts=(shift(9, 18),)))

    assert [(row, end - begin) for row, _, begin, end, _ in day.calls.wraps] == [(NOBODY, 30_000), (0, 25_000)]


ZERO = Rule(always(0))


@pytest.mark.parametrize("rules", [(ZERO,), (Rule(always(0), tiers=("standard",)), Rule(always(40)))])
def test_no_after_call_work_is_none_whatever_the_queue_forces(rules: tuple[Rule, ...]):
    queue = Queue("q", wrap_up=Millis(20 * MINUTE))
    calls = [(H9, "standard", 60), (H9 + 10, "standard", 30)]

    told, forced = (lived(scripted(calls, wrap_up=wrap_up, queue=queue)) for wrap_up in (rules, ()))

    assert waits(told)[1] == ("answered", 50)
    assert waits(forced)[1] == ("answered", 50 + 1200)


REST = {"wrap_up": (Rule(always(25)),), "quiet_wrap_up": (Rule(always(300)),)}


def test_people_rest_after_a_call_that_leaves_nobody_waiting_and_not_after_one_that_does():
    # The first call leaves one waiting; the second, from :85 to 1:55, leaves nobody.
    calls = [(H9, "standard", 60), (H9 + 10, "standard", 30), (H9 + 200, "standard", 1)]
    day = lived(scripted(calls, **REST))

    assert waits(day) == [("answered", 0), ("answered", 75), ("answered", 215)]
    assert [r.wrap_ms for r in day.ledger.calls] == [25_000, 300_000, 300_000]


def test_those_who_rest_are_back_soon_once_somebody_waits():
    calls = [(H9, "standard", 60), (H9 + 100, "standard", 30), (H9 + 110, "standard", 30)]
    day = lived(scripted(calls, recall=(Rule(always(7)),), **REST))

    # The second caller waits for the recall; after them the third waits, so nobody rests.
    assert waits(day) == [("answered", 0), ("answered", 7), ("answered", 52)]
    assert [r.wrap_ms for r in day.ledger.calls] == [47_000, 25_000, 300_000]


def test_a_recall_for_a_caller_who_has_gone_again_lets_people_rest_on():
    calls = [(H9, "standard", 60), (H9 + 100, "vip", 30), (H9 + 200, "standard", 30)]
    day = lived(scripted(calls, patience_s={"vip": 3}, recall=(Rule(always(7)),), **REST))

    assert waits(day) == [("answered", 0), ("abandoned", 3), ("answered", 7)]


# --- phones that ring


def ringing(**more: object):
    return {"group": Group("g"), "queue": Queue("q", offer_timeout=Millis(15 * SECOND))} | more


def test_ringing_is_part_of_the_wait():
    day = lived(scripted([(H9, "standard", 60)], desks=(Desk("g", ring=always(4)),), **ringing()))
    (record,) = day.ledger.calls

    assert waits(day) == [("answered", 4)]
    assert record.left_at - record.offered_at == 4_000


def test_a_missed_offer_rings_out_and_the_call_goes_to_someone_else():
    scenario = busy(30, agents=4, hours=2, desks=(Desk("g", ring=always(3), miss=0.25, back_after_s=40),), **ringing())
    ended = connected = 0
    for r in range(12):
        history = lived(replace(scenario, patience=()), r).history
        ended += sum(isinstance(e, ev.OfferEnded) and e.end == "no_answer" for e in history)
        connected += sum(isinstance(e, ev.CallConnected) for e in history)
        missed = {(e.subject, e.agent_id): e.at for e in history if isinstance(e, ev.OfferEnded)}
        for event in history:
            if isinstance(event, ev.CallOffered) and (event.call_id, event.agent_id) in missed:
                since = event.at - missed[event.call_id, event.agent_id]
                assert since < 0 or since >= MissedOffers().exclude_for
    share = ended / (ended + connected)

    assert share == pytest.approx(0.25, abs=4 * (0.25 * 0.75 / (ended + connected)) ** 0.5)


def test_an_agent_who_missed_comes_back_after_the_time_the_scenario_says():
    scenario = busy(30, agents=2, hours=1, desks=(Desk("g", ring=always(3), miss=0.5, back_after_s=40),), **ringing())
    history = lived(scenario).history
    stopped = {e.agent_id: e.at for e in history if isinstance(e, ev.AgentStoppedResponding)}
    gaps = set()
    for event in history:
        if isinstance(event, ev.AgentStoppedResponding):
            stopped[event.agent_id] = event.at
        elif isinstance(event, ev.AgentBecameAvailable) and event.agent_id in stopped:
            gaps.add(event.at - stopped.pop(event.agent_id))

    assert gaps == {40 * SECOND}


HOLD = CallbackPeople(answered=1.0, dial=always(10), accept_offer=1.0, offer_after_s=30)
TO_THE_END = {
    "a telephone": scripted(
        [(H9, "standard", 60)], patience_s={"standard": 40}, desks=(Desk("g", ring=always(15)),), **ringing()
    ),
    "a telephone for a callback": scripted(
        [(H9, "mid", 60)], callbacks=HOLD, customers=["x"], desks=(Desk("g", ring=always(20)),), **ringing()
    ),
    "after-call work": scripted(
        [(H9, "standard", 60)], wrap_up=(Rule(always(25)),), queue=Queue("q", wrap_up=Millis(25 * SECOND))
    ),
    "a rest": scripted([(H9 + s, "standard", 60) for s in (0, 353, 354)], recall=(Rule(always(7)),), **REST),
}


@pytest.mark.parametrize("scenario", TO_THE_END.values(), ids=TO_THE_END)
def test_nobody_asks_for_what_time_ends_by_itself(scenario: Scenario):
    assert lived(scenario).refused == 0


# --- agents come and go


def test_an_agent_finishes_the_call_in_hand_after_the_shift():
    day = lived(scripted([(H17 - 60, "standard", 180)], shifts=(shift(9, 17),)))

    assert waits(day) == [("answered", 0)]
    assert logins(day) == [("in", 9.0), ("out", pytest.approx(17 + 120 / 3600))]


def test_an_agent_who_finishes_late_takes_no_further_call():
    day = lived(
        scripted(
            [(H17 - 60, "standard", 180), (H17 - 30, "standard", 60)],
            shifts=(shift(9, 17),),
            patience_s={"standard": 600},
        )
    )

    assert waits(day) == [("answered", 0), ("abandoned", 600)]


def test_a_break_waits_for_the_call_in_hand_and_ends_on_time():
    rest = Break(int(HOUR), Millis(15 * MINUTE))
    calls = [(10 * 3600 - 30, "standard", 90), (10 * 3600 + 100, "standard", 60)]
    day = lived(scripted(calls, shifts=(shift(9, 17, breaks=(rest,)),)))
    spans = [(s.begin - day.begin, s.end - day.begin) for s in day.ledger.spans if s.what == "not_ready"]

    assert spans == [(10 * HOUR + 60 * SECOND, 10 * HOUR + 15 * MINUTE)]
    assert waits(day)[1] == ("answered", 15 * 60 - 100)


def test_shrinkage_keeps_a_share_of_the_shifts_away_and_the_same_agents_in_every_variant():
    scenario = scripted([], shifts=(shift(9, 17, agents=50),), shrinkage=0.2)
    there = [{e.agent_id for e in lived(scenario, r).history if isinstance(e, ev.AgentLoggedIn)} for r in range(20)]
    share = np.mean([len(agents) for agents in there]) / 50
    more = replace(scenario, shifts=(shift(9, 17, agents=51),), recorded=())
    again = {e.agent_id for e in lived(more, 3).history if isinstance(e, ev.AgentLoggedIn)}

    assert share == pytest.approx(0.8, abs=4 * (0.16 / 1000) ** 0.5)
    assert again - {"g-051"} == there[3]


def test_pace_makes_handling_longer_and_its_spread_is_the_agents_own():
    base = scripted([(H9 + 600 * n, "standard", 100) for n in range(8)])
    slow = lived(replace(base, desks=(Desk("g", pace=1.5),)))
    own = lived(replace(base, desks=(Desk("g", pace_cv=0.3),)))

    assert {r.talk_ms for r in slow.ledger.calls} == {150_000}
    assert len({r.talk_ms for r in own.ledger.calls}) == 1
    assert {r.talk_ms for r in own.ledger.calls} != {100_000}


def test_the_spread_of_paces_is_as_asked_for():
    base = scripted([(H9, "standard", 100)] * 400, agents=400, desks=(Desk("g", pace_cv=0.3),))
    paces = np.array([r.talk_ms for r in lived(base).ledger.calls]) / 100_000

    assert paces.mean() == pytest.approx(1, abs=4 * 0.3 / 20)
    assert paces.std() == pytest.approx(0.3, rel=0.2)
