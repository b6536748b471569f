"""Records → counts and sums: every figure of a scripted morning, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from callcenter.centre import Centre, Group, Queue
from callcenter.lifecycle.measures import COUNTS, OCCUPIED, Tally
from callcenter.scenario import CallbackPeople, Desk, Horizon, Rule, Shift
from callcenter.tiers import CallbackPolicy, Leave, WayOut
from callcenter.units import DAY, HOUR, SECOND, Millis
from sim.results.figures import SUMS, TASK_COUNTS, figures, interval_starts
from sim.run.columns import thresholds
from sim.run.driver import Day
from tests.unit.sim.scenes import MONDAY, TIERS, always, busy, exponential, lived, opening, scripted, small_scenarios

H9 = 9 * 3600
NAMES = [t.name for t in TIERS]
VIP, MID, STANDARD = (NAMES.index(name) for name in ("vip", "mid", "standard"))


def column(name: str) -> int:
    return COUNTS.index(name)


def test_each_call_counts_in_its_tier_and_in_the_interval_of_its_arrival():
    calls = [(H9, "vip", 60), (H9 + 1799.999, "vip", 60), (H9 + 1800, "standard", 60)]
    found = figures(lived(scripted(calls)))
    offered = found.counts[:, :, column("offered")]

    assert offered[VIP, 18] == 2
    assert offered[STANDARD, 19] == 1
    assert offered.sum() == 3
    assert found.counts.shape == (4, 48, len(COUNTS))


def test_answered_at_exactly_the_threshold_counts_as_within():
    """The agent is busy until 09:01; callers who come at 09:00:40 and a millisecond before wait 20 s and more."""
    on_time = figures(lived(scripted([(H9, "standard", 60), (H9 + 40, "standard", 9)]))).tally()
    late = figures(lived(scripted([(H9, "standard", 60), (H9 + 39.999, "standard", 9)]))).tally()

    assert (on_time.answered, on_time.answered_in) == (2, 2)
    assert (late.answered, late.answered_in) == (2, 1)


@pytest.mark.parametrize(("patience", "short", "forgiven"), [(5, 1, 1), (5.001, 0, 1), (20, 0, 1), (20.001, 0, 0)])
def test_abandoned_at_exactly_five_and_twenty_seconds(patience: float, short: int, forgiven: int):
    found = figures(lived(scripted([(H9, "vip", 60), (H9 + 1, "mid", 9)], patience_s={"mid": patience})))
    tally = found.tally(MID)

    assert (tally.abandoned, tally.short_abandoned, tally.abandoned_in) == (1, short, forgiven)


def test_turned_away_overflowed_and_open_calls_are_counted_and_none_is_lost():
    full = Queue("q", max_waiting=1, max_wait=Millis(30 * SECOND), after_max_wait=WayOut(Leave.OVERFLOW, "else"))
    calls = [(H9, "standard", 600), (H9 + 1, "standard", 60), (H9 + 2, "standard", 60), (86_399, "standard", 60)]
    day = lived(scripted(calls, queue=full, shifts=(Shift("g", 1, 8 * HOUR, 10 * HOUR),)))
    tally = figures(day).tally()

    assert tally == Tally(offered=4, answered=1, answered_in=1, overflowed=2, rejected=1)


def test_a_call_that_overflows_into_another_queue_is_judged_once_and_counted_in_both():
    first = Queue("q", max_waiting=0, when_full=WayOut(Leave.OVERFLOW, "second"))
    scenario = scripted([(H9, "standard", 60), (H9 + 1, "standard", 30)], queue=first)
    centre = Centre("two", (first, Queue("second")), (Group("g", auto_answer=True),))
    day = lived(scenario.__class__(**_fields(scenario) | {"centre": centre}))
    found = figures(day)

    assert found.tally() == Tally(offered=2, answered=1, answered_in=1, overflowed=1)
    assert found.queue_counts[:, :, column("offered")].sum(axis=1).tolist() == [2, 1]
    assert found.queue_counts[1, STANDARD, column("answered")] == 1
    sums = dict(zip(SUMS, found.sums[STANDARD], strict=True))
    assert sums["talk_ms"] == 90_000  # both segments are the agents' work
    assert sums["wait_answered_ms"] == 0  # but the wait judged is the first segment's


def _fields(scenario: object) -> dict[str, object]:
    return {name: getattr(scenario, name) for name in scenario.__dataclass_fields__}


def test_sums_of_a_scripted_call_are_exact():
    scenario = scripted(
        [(H9, "vip", 60), (H9 + 10, "standard", 30)],
        group=Group("g"),
        desks=(Desk("g", ring=always(4)),),
        wrap_up=(Rule(always(12)),),
    )
    found = figures(lived(scenario))
    vip = dict(zip(SUMS, found.sums[VIP], strict=True))
    standard = dict(zip(SUMS, found.sums[STANDARD], strict=True))

    assert vip == {
        "wait_answered_ms": 4_000,
        "handling_ms": 72_000,
        "talk_ms": 60_000,
        "ring_ms": 4_000,
        "agent_ms": 76_000,
        "wait_all_ms": 4_000,
    }
    # Free at 09:01:16, four seconds of ringing: waited 70 s.
    assert standard["wait_answered_ms"] == 70_000
    assert standard["agent_ms"] == 46_000
    assert found.waits[STANDARD].tolist() == [70_000]
    assert {w: found.spans["g"][w] for w in OCCUPIED} == {"ring": 8_000, "talk": 90_000, "wrap_up": 24_000, "dial": 0}
    assert found.spans["g"]["logged_in"] == DAY
    assert found.interval_sums[18].tolist() == [74_000, 122_000, 1_800_000]


def test_three_chats_at_once_keep_an_agent_no_busier_than_the_shares_they_take():
    scenario = busy(handling=(Rule(exponential(900.0)),), wrap_up=(Rule(always(30)),), agents=2)
    centre = replace(scenario.centre, channels=(("chat", 33),))
    chats = tuple(replace(stream, channel="chat") for stream in scenario.streams)
    found = figures(lived(replace(scenario, centre=centre, streams=chats)))
    spent = found.spans["g"]
    occupied = sum(spent[what] for what in OCCUPIED)

    assert occupied <= spent["logged_in"]
    assert (found.interval_sums[:, 1] <= found.interval_sums[:, 2] + 1).all()
    assert found.interval_sums[:, 1].max() > 0.9 * found.interval_sums[:, 2].max()
    assert found.interval_sums[:, 1].sum() == pytest.approx(occupied, rel=1e-6)


def test_agents_time_is_split_at_the_interval_edges():
    found = figures(lived(scripted([(H9 + 1700, "standard", 300)], shifts=(Shift("g", 1, 9 * HOUR, 10 * HOUR),))))

    assert found.interval_sums[18:20, 1].tolist() == [100_000, 200_000]
    assert found.interval_sums[:, 2].sum() == HOUR


def test_hang_ups_count_among_all_waits_and_the_rest_does_not():
    calls = [(H9, "vip", 60), (H9 + 1, "mid", 9), (H9 + 2, "standard", 9)]
    queue = Queue("q", max_wait=Millis(40 * SECOND))
    found = figures(lived(scripted(calls, patience_s={"mid": 30}, queue=queue)))

    assert [w.tolist() for w in found.waits] == [[0], [30_000], [], []]
    assert dict(zip(SUMS, found.sums[MID], strict=True))["wait_all_ms"] == 30_000


def test_thresholds_are_those_of_the_targets_and_else_twenty_seconds():
    assert thresholds(scripted([])) == [20_000] * 4


def test_a_deferred_callback_is_counted_from_promise_to_end():
    policy = CallbackPolicy(window=(9 * HOUR, 21 * HOUR), retry_after=(Millis(600 * SECOND),))
    scenario = scripted(
        [(H9, "vip", 300), (H9 + 10, "mid", 45)],
        patience_s={"mid": 60},
        queue=Queue("q", callbacks=policy),
        callbacks=CallbackPeople(answered=1.0, dial=always(15)),
        customers=["v", "m"],
    )
    found = figures(lived(scenario))
    tasks = dict(zip(TASK_COUNTS, found.tasks[MID].tolist(), strict=True))

    assert {name: n for name, n in tasks.items() if n} == {
        "scheduled": 1,
        "completed": 1,
        "attempted_in_time": 1,
        "reached_in_time": 1,
        "reached": 1,
    }
    assert found.spans["g"]["dial"] == 15_000
    assert found.spans["g"]["talk"] == 345_000
    assert dict(zip(SUMS, found.sums[MID], strict=True))["agent_ms"] == 60_000
    assert found.tally(MID) == Tally(offered=1, abandoned=1)


def test_who_never_answers_is_unreachable_after_the_plan():
    policy = CallbackPolicy(window=(9 * HOUR, 21 * HOUR), retry_after=(Millis(600 * SECOND),))
    scenario = scripted(
        [(H9, "vip", 300), (H9 + 10, "mid", 45)],
        patience_s={"mid": 60},
        queue=Queue("q", callbacks=policy),
        callbacks=CallbackPeople(answered=0.0, dial=always(15)),
        customers=["v", "m"],
    )
    day = lived(scenario)
    tasks = dict(zip(TASK_COUNTS, figures(day).tasks[MID].tolist(), strict=True))

    assert (tasks["unreachable"], tasks["reached_in_time"], tasks["attempted_in_time"]) == (1, 0, 1)
    assert [t.attempts for t in day.ledger.tasks] == [2]


def test_a_customer_who_rings_again_within_a_day_is_a_repeat():
    calls = [(H9, "mid", 9), (H9 + 60, "mid", 9), (H9 + 86_400 + 61, "mid", 9), (H9 + 86_400 + 90, "vip", 9)]
    day = lived(scripted(calls, customers=["x", "x", "x", "y"], horizon=Horizon(MONDAY, days=2)))

    assert figures(day).repeats.tolist() == [0, 1, 0, 0]


def test_interval_starts_cover_the_measured_stretch():
    day = Day(scripted([], horizon=Horizon(MONDAY, warm_up=Millis(HOUR), length=Millis(3 * HOUR))), 0)

    assert [(at - day.begin) / HOUR for at in interval_starts(day)] == [1, 1.5, 2, 2.5]


def test_a_day_without_calls_has_figures_too():
    found = figures(lived(scripted([])))

    assert found.tally() == Tally()
    assert found.counts.shape == (4, 48, len(COUNTS))
    assert [len(w) for w in found.waits] == [0, 0, 0, 0]


@given(small_scenarios())
@settings(max_examples=8)
def test_the_arrays_agree_with_counting_record_by_record(scenario):
    day = lived(scenario)
    found = figures(day)
    limits = dict(zip(NAMES, thresholds(scenario), strict=True))
    for tier, name in enumerate(NAMES):
        tally, waits = Tally(), []
        for record in day.ledger.calls:
            counted = day.measured_from <= record.queued_at < day.measured_until and record.first_segment
            if counted and record.tier == name:
                record.count(tally, limits[name], day.now)
                if record.outcome in {"answered", "abandoned"}:
                    waits.append(record.left_at - record.queued_at)
        assert found.tally(tier) == tally
        assert found.waits[tier].tolist() == sorted(waits)
        answered = [
            r
            for r in day.ledger.calls
            if r.tier == name and r.outcome == "answered" and day.measured_from <= r.queued_at < day.measured_until
        ]
        sums = dict(zip(SUMS, found.sums[tier].tolist(), strict=True))
        assert sums["talk_ms"] == sum(r.talk_ms or 0 for r in answered)
        assert sums["handling_ms"] == sum((r.talk_ms or 0) + r.wrap_ms for r in answered)
        assert sums["ring_ms"] == sum(r.left_at - r.offered_at for r in answered)
    spans = found.spans["g"]
    assert sum(spans[what] for what in OCCUPIED) <= spans["logged_in"]
    assert spans["not_ready"] <= spans["logged_in"]
    np.testing.assert_allclose(
        found.interval_sums[:, 1].sum(), sum(spans[what] for what in OCCUPIED), atol=1, rtol=1e-12
    )
    np.testing.assert_allclose(found.interval_sums[:, 2].sum(), spans["logged_in"] - spans["not_ready"], atol=1)


def test_closed_hours_count_as_turned_away():
    calls = [(8 * 3600, "standard", 9), (H9, "standard", 9)]
    tally = figures(lived(scripted(calls, queue=Queue("q", hours=opening(9 * HOUR, 17 * HOUR))))).tally()

    assert (tally.rejected, tally.answered) == (1, 1)
