"""A simulated day, second by second: who waits, who is served by whom, what the agents and the callers do."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Group, MissedOffers, Policy, Queue, Selection
from callcenter.files.zones import zone
from callcenter.measures import OUTCOMES, Tally
from callcenter.scenario import (
    Break,
    Busyness,
    CallbackPeople,
    Desk,
    Horizon,
    Law,
    LawKind,
    Menu,
    Retrial,
    Rule,
    Scenario,
    Shift,
    Stream,
)
from callcenter.tiers import Leave, WayOut
from callcenter.units import DAY, HOUR, MINUTE, SECOND, Millis, millis
from routing.journal import command_from, to_plain
from routing.replay import replay
from sim.demand import midnights
from sim.driver import Day, centre_of
from sim.figures import figures
from tests.unit.sim.scenes import (
    MONDAY,
    TIERS,
    always,
    busy,
    exponential,
    lived,
    opening,
    scripted,
    small_scenarios,
    waits,
)

H9, H17 = 9 * 3600, 17 * 3600


# --- the accounts


@given(small_scenarios())
@settings(max_examples=15)
def test_any_day_keeps_the_identity_and_replays_to_the_same_events(scenario):
    keeps_the_identity_and_replays(scenario)


@pytest.mark.slow
@given(small_scenarios())
@settings(max_examples=400)
def test_any_of_many_days_keeps_the_identity_and_replays_to_the_same_events(scenario):
    keeps_the_identity_and_replays(scenario)


def keeps_the_identity_and_replays(scenario: Scenario) -> None:
    """Counted three ways: from the events themselves, from the records, and by the arrays of `figures`."""
    day = lived(scenario)
    history = day.history
    came = {e.call_id for e in history if isinstance(e, ev.CallQueued | ev.CallRejected | ev.CallOverflowed)}
    ended = dict.fromkeys(OUTCOMES, 0)
    for event in history:
        if isinstance(event, ev.CallFailed):
            ended["failed"] += event.connected_at is None
        for name, kind in {
            "answered": ev.CallConnected,
            "abandoned": ev.CallAbandoned,
            "overflowed": ev.CallOverflowed,
            "converted": ev.CallConverted,
            "rejected": ev.CallRejected,
        }.items():
            ended[name] += isinstance(event, kind)
    ended["open"] = len(came) - sum(ended.values())
    tally = Tally()
    for record in day.ledger.calls:
        record.count(tally, 20 * SECOND, day.now)

    assert len(day.ledger.calls) == len(came) == tally.offered
    assert {name: getattr(tally, name) for name in OUTCOMES} == ended
    assert len({r.call_id for r in day.ledger.calls}) == len(came)
    admitted = sum(isinstance(command, cmd.AdmitCall) for _, command in day.journal)
    assert admitted == sum("/" not in call for call in came)
    scheduled = sum(isinstance(e, ev.TaskScheduled) for e in history)
    assert len(day.ledger.tasks) == scheduled

    found = figures(day, keep_records=True)
    measured = [r for r in day.ledger.calls if day.measured_from <= r.queued_at < day.measured_until]
    assert found.tally().offered == sum(r.first_segment for r in measured)
    assert found.queue_counts[:, :, 0].sum() == len(measured)
    assert sum(getattr(found.tally(), name) for name in OUTCOMES) == found.tally().offered

    plain = [(at, json.loads(json.dumps(to_plain(command)))) for at, command in day.journal]
    _, again = replay(centre_of(scenario), [(at, command_from(c)) for at, c in plain], until=day.now)
    assert json.dumps(to_plain(again)) == json.dumps(to_plain(history))


def test_two_runs_of_a_replication_are_the_same_and_another_replication_is_not():
    scenario = busy()
    one, same, other = (lived(scenario, r) for r in (3, 3, 4))

    assert to_plain(one.history) == to_plain(same.history)
    assert to_plain(one.history) != to_plain(other.history)


# --- the walk of a call


def test_calls_are_answered_in_turn_and_waits_are_exact():
    day = lived(scripted([(H9, "standard", 60), (H9 + 10, "standard", 30), (H9 + 20.5, "standard", 1)]))

    assert waits(day) == [("answered", 0), ("answered", 50), ("answered", 69.5)]
    assert [r.talk_ms for r in day.ledger.calls] == [60_000, 30_000, 1_000]


@pytest.mark.parametrize(("patience", "outcome"), [(20, "answered"), (19.999, "abandoned"), (20.001, "answered")])
def test_at_one_instant_the_agent_who_was_asked_first_wins(patience: float, outcome: str):
    """The conversation was scheduled to end before the patience was: the caller is answered at the last instant."""
    day = lived(scripted([(H9, "vip", 60), (H9 + 40, "standard", 30)], patience_s={"standard": patience}))

    assert waits(day)[1] == (outcome, min(20, patience))


def test_talk_lasts_a_millisecond_at_least():
    day = lived(scripted([(H9, "standard", 0.0), (H9 + 1, "standard", 0.0001)]))

    assert [r.talk_ms for r in day.ledger.calls] == [1, 1]
    drawn = lived(busy(agents=40, handling=(Rule(always(0)),)))
    assert {r.talk_ms for r in drawn.ledger.calls} == {1}


def test_times_are_rounded_half_up_to_milliseconds():
    day = lived(scripted([(H9, "standard", 1.0005), (H9 + 9, "standard", 1.00049)]))

    assert [r.talk_ms for r in day.ledger.calls] == [1_001, 1_000]


def test_impatience_of_zero_leaves_at_once_unless_an_agent_is_free():
    day = lived(
        scripted([(H9, "vip", 60), (H9 + 1, "standard", 60), (H9 + 99, "standard", 1)], patience_s={"standard": 0})
    )

    assert waits(day) == [("answered", 0), ("abandoned", 0), ("answered", 0)]


def test_wrap_up_as_the_law_says_keeps_the_agent():
    scenario = scripted([(H9, "standard", 60), (H9 + 10, "standard", 30)], wrap_up=(Rule(always(25)),))
    day = lived(scenario)

    assert waits(day)[1] == ("answered", 75)
    assert [r.wrap_ms for r in day.ledger.calls] == [25_000, 25_000]


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


# --- agents come and go


def shift(begin: float, end: float, agents: int = 1, **more: object) -> Shift:
    return Shift("g", agents, int(begin * HOUR), int(end * HOUR), **more)


def logins(day: Day) -> list[tuple[str, float]]:
    """Return who came or went, in hours after the day began."""
    kinds = {ev.AgentLoggedIn: "in", ev.AgentLoggedOut: "out"}
    return [(kinds[type(e)], (e.at - day.begin) / HOUR) for e in day.history if type(e) in kinds]


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


# --- closing


CLOSES = {"hours": opening(9 * HOUR, 17 * HOUR)}
LATE = [(H17 - 60, "standard", 180), (H17 - 30, "standard", 90), (H17 - 20, "standard", 45), (H17, "standard", 30)]


def test_calls_waiting_at_closing_are_served_out_by_agents_who_stay():
    day = lived(scripted(LATE, queue=Queue("q", **CLOSES), shifts=(shift(9, 17),)))

    assert waits(day) == [("answered", 0), ("answered", 150), ("answered", 230), ("rejected", 0)]
    assert logins(day)[-1] == ("out", pytest.approx(17 + (120 + 90 + 45) / 3600, abs=15 / 3600))


def test_calls_waiting_at_closing_are_turned_away_where_the_scenario_says_so():
    day = lived(scripted(LATE, queue=Queue("q", serve_out=False, **CLOSES), shifts=(shift(9, 17),)))

    assert waits(day) == [("answered", 0), ("rejected", 30), ("rejected", 20), ("rejected", 0)]
    assert {r.target for r in day.ledger.calls if r.outcome == "rejected"} == {"closed"}


def test_all_calls_that_a_closing_queue_passes_on_keep_their_patience():
    first = Queue("q", serve_out=False, when_closed=WayOut(Leave.OVERFLOW, "late"), **CLOSES)
    scenario = scripted(LATE[:3], queue=first, shifts=(shift(9, 18),), patience_s={"standard": 100.0})
    centre = replace(scenario.centre, queues=(first, Queue("late")))
    passed_on = [r for r in lived(replace(scenario, centre=centre)).ledger.calls if r.queue == "late"]

    assert [(r.outcome, (r.left_at - r.queued_at) / SECOND) for r in passed_on] == [
        ("abandoned", 70),
        ("abandoned", 80),
    ]


def test_a_day_that_ends_with_people_on_the_line_lets_them_finish():
    """A night shift goes on past midnight; the calls of the day that ended are still its own."""
    day = lived(scripted([(86_390, "standard", 300), (86_395, "standard", 300)], shifts=(shift(22, 26),)))

    assert waits(day) == [("answered", 0), ("answered", 295)]
    assert figures(day).tally().answered == 2
    assert day.now == day.begin + DAY + 590 * SECOND


def test_who_can_never_be_served_stays_open_to_the_end_and_is_not_forgotten():
    day = lived(scripted([(H9, "standard", 60)], shifts=(shift(6, 7),)))
    tally = figures(day).tally()

    assert (tally.offered, tally.open, tally.open_late) == (1, 1, 1)


# --- warm-up, connected days, clock changes


def test_a_warm_up_is_lived_but_not_measured():
    calls = [(600 * n, "standard", 60) for n in range(12)]
    day = lived(scripted(calls, horizon=Horizon(MONDAY, warm_up=Millis(HOUR), length=Millis(2 * HOUR))))
    found = figures(day)

    assert len(day.ledger.calls) == 12
    assert found.tally().offered == 6
    assert found.spans["g"]["logged_in"] == HOUR
    assert found.spans["g"]["talk"] == 6 * 60 * SECOND
    assert day.now == day.begin + 2 * HOUR


def test_connected_days_measure_the_middle_and_the_run_off_finishes_it():
    calls = [(n * 86_400 + H9, "standard", 60) for n in range(4)]
    day = lived(scripted(calls, horizon=Horizon(MONDAY, days=2, discard=1, run_off=1)))
    found = figures(day)

    assert len(day.ledger.calls) == 4
    assert found.tally().offered == 2
    assert (day.measured_from - day.begin, day.measured_until - day.begin, day.now - day.begin) == (
        DAY,
        3 * DAY,
        4 * DAY,
    )
    assert found.counts.shape[1] == 96


@pytest.mark.parametrize(("first_day", "hours"), [(20541, 23), (20751, 25), (20540, 24)])
def test_a_day_on_which_clocks_change_has_23_or_25_hours(first_day: int, hours: int):
    """2026-03-29 and 2026-10-25 in Berlin; calls and shifts keep to the local clock."""
    scenario = scripted([(H9, "standard", 60)], horizon=Horizon(first_day), shifts=(shift(9, 17),))
    berlin = zone("Europe/Berlin")
    scenario = replace(
        scenario,
        centre=replace(scenario.centre, zone=berlin),
        recorded=(),
        streams=(Stream("s", "q", (10.0,) * 48, tiers=(("standard", 1.0),)),),
        handling=(Rule(always(60)),),
        patience=(Rule(always(60)),),
    )
    day = lived(scenario)
    counts = sum(figures(lived(scenario, r)).counts[:, :, 0].sum(axis=0) for r in range(10))
    came = [e.at for e in day.history if isinstance(e, ev.AgentLoggedIn)]

    assert day.measured_until - day.measured_from == hours * HOUR
    assert len(counts) == 2 * hours
    assert counts.sum() / 10 == pytest.approx(460 if hours == 23 else 480, rel=0.1)
    assert (counts > 0).all()
    assert [berlin.local(at) % DAY for at in came] == [9 * HOUR]
    assert midnights(scenario)[0] == day.begin


# --- the menu


def test_the_menu_delays_serves_and_loses_callers_and_some_skip_it():
    menu = Menu(always(30), self_service=0.3, hang_up=0.2, skipped_by=("vip",))
    plain, with_menu = busy(200, agents=30), busy(200, agents=30, menu=menu)
    kept = served = lost = 0
    for r in range(8):
        before, after = lived(plain, r), lived(with_menu, r)
        kept += len(after.callers) - sum(t == "vip" for t in after.callers.tier)
        served += after.callers.self_served
        lost += after.callers.hung_up_in_menu
        assert len(before.callers) == len(after.callers) + after.callers.self_served + after.callers.hung_up_in_menu
        vips = [at for at, tier in zip(before.callers.at, before.callers.tier, strict=True) if tier == "vip"]
        assert vips == [at for at, tier in zip(after.callers.at, after.callers.tier, strict=True) if tier == "vip"]
        others = dict(zip(before.callers.key, before.callers.at, strict=True))
        assert {
            after.callers.at[n] - others[key]
            for n, key in enumerate(after.callers.key)
            if after.callers.tier[n] != "vip"
        } == {30 * SECOND}
    through = kept + served + lost

    assert served / through == pytest.approx(0.3, abs=4 * (0.21 / through) ** 0.5)
    assert lost / through == pytest.approx(0.2, abs=4 * (0.16 / through) ** 0.5)


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


def test_nobody_converts_where_the_offer_is_not_taken():
    day = lived(busy(120, agents=1, callbacks=CallbackPeople(accept_offer=0.0)))

    assert "converted" not in {r.outcome for r in day.ledger.calls}


# --- common random numbers


def people(day: Day) -> dict[int, tuple]:
    """Return what each first attempt is: key → arrival, tier, handling, patience."""
    c = day.callers
    first = [n for n, attempt in enumerate(c.attempt) if attempt == 1]
    return {c.key[n]: (c.at[n], c.tier[n], c.handling_ms[n], c.patience_ms[n]) for n in first}


VARIANTS = {
    "more agents": {"agents": 9},
    "fewer agents": {"agents": 1},
    "ringing phones": {"group": Group("g"), "desks": (Desk("g", ring=always(5), miss=0.2),)},
    "a short line": {"queue": Queue("q", max_waiting=2)},
    "another policy": {"agents": 2, "queue": Queue("q", policy=Policy.SLACK, selection=Selection.RANDOM)},
    "retrials": {"retrials": (("abandoned", Retrial(0.9, exponential(300))),)},
    "shrinkage": {"shrinkage": 0.9},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_two_variants_meet_the_same_customers(variant: str):
    one, other = lived(busy(), 2), lived(busy(**VARIANTS[variant]), 2)

    assert people(one) == people(other)
    assert waits(one) != waits(other)


def test_more_calls_leave_the_ones_there_were_as_they_are():
    few, many = people(lived(busy(60), 2)), people(lived(busy(90), 2))

    assert len(many) > len(few)
    assert few.items() <= many.items()


def test_a_scaled_law_keeps_the_patient_callers_patient():
    short, long = (people(lived(busy(patience=(Rule(exponential(s)),)), 1)) for s in (60, 120))
    ratios = [long[key][3] / short[key][3] for key in short if short[key][3] > 1_000]

    assert ratios == pytest.approx([2.0] * len(ratios), rel=1e-3)


# --- busy days and quiet days


@pytest.mark.parametrize("cv", [0.1, 0.3])
def test_day_totals_spread_as_the_gamma_multiplier_says(cv: float):
    """Variance of a day's total = mean + (cv x mean)²; 400 days."""
    scenario = busy(200, hours=4, busyness=Busyness(cv))
    totals = np.array([len(Day(scenario, r).callers) for r in range(400)], float)
    expected = 800 + (cv * 800) ** 2

    assert totals.mean() == pytest.approx(800, abs=4 * (expected / 400) ** 0.5)
    assert totals.var() == pytest.approx(expected, rel=4 * (2.5 / 400) ** 0.5)


def test_laws_by_hour_apply_by_the_hour_of_arrival():
    rules = (Rule(always(10), between=(9 * HOUR, 10 * HOUR)), Rule(always(99)))
    day = lived(busy(60, agents=20, handling=rules))
    talks = {((r.queued_at - day.begin) // HOUR, r.talk_ms) for r in day.ledger.calls}

    assert talks == {(8, 99_000), (9, 10_000), (10, 99_000)}


def test_every_kind_of_law_is_drawn():
    parts = (
        (0.2, Law(LawKind.LOGNORMAL, 60, cv=0.8)),
        (0.2, Law(LawKind.GAMMA, 60, cv=0.8)),
        (0.2, Law(LawKind.WEIBULL, 60, shape=0.9)),
        (0.2, Law(LawKind.ERLANG, 60, shape=3)),
        (0.2, Law(LawKind.EMPIRICAL, values_s=(30.0, 90.0))),
    )
    scenario = busy(600, agents=60, handling=(Rule(Law(LawKind.MIXTURE, parts=parts)),), patience=())
    talks = np.array([r.talk_ms for r in lived(scenario).ledger.calls]) / SECOND

    assert talks.mean() == pytest.approx(60, rel=0.08)
    assert ((talks == 30) | (talks == 90)).mean() == pytest.approx(0.2, abs=0.05)


def test_a_recorded_customer_is_the_same_person_each_time():
    calls = [(H9, "standard", 10), (H9 + 3600, "standard", 10), (H9 + 7200, "standard", 10)]
    day = lived(scripted(calls, customers=["x", "x", "y"]))

    assert figures(day).repeats.sum() == 1
    assert [t.name for t in TIERS][2] == "standard"
    assert millis(0.0005) == 1
