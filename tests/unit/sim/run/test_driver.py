"""A simulated day, second by second: who waits, who is served by whom, what the agents and the callers do."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Queue
from callcenter.config.zones import zone
from callcenter.lifecycle.measures import OUTCOMES, Tally
from callcenter.scenario import Desk, Horizon, Menu, Rule, Scenario, Stream
from callcenter.tiers import Leave, WayOut
from callcenter.units import DAY, HOUR, SECOND, Millis
from routing.journal import command_from, to_plain
from routing.replay import replay
from sim.model.days import midnights
from sim.results.figures import figures
from sim.run.driver import centre_of
from tests.unit.sim.scenes import MONDAY, always, busy, lived, logins, opening, scripted, shift, small_scenarios, waits

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

    found = figures(day)
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
    quick = lived(scripted([(H9, "standard", 0.001)], desks=(Desk("g", pace=0.1),)))
    assert [r.talk_ms for r in quick.ledger.calls] == [1]


def test_times_are_rounded_half_up_to_milliseconds():
    day = lived(scripted([(H9, "standard", 1.0005), (H9 + 9, "standard", 1.00049)]))

    assert [r.talk_ms for r in day.ledger.calls] == [1_001, 1_000]


def test_impatience_of_zero_leaves_at_once_unless_an_agent_is_free():
    day = lived(
        scripted([(H9, "vip", 60), (H9 + 1, "standard", 60), (H9 + 99, "standard", 1)], patience_s={"standard": 0})
    )

    assert waits(day) == [("answered", 0), ("abandoned", 0), ("answered", 0)]


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
