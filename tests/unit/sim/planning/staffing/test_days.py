"""A day that is stopped, kept and taken up again is the same day."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from callcenter.centre import Centre, Group, Queue
from callcenter.config.load import load_scenario
from callcenter.hours import UTC, OpeningHours
from callcenter.lifecycle.measures import COUNTS
from callcenter.scenario import (
    Busyness,
    Desk,
    Horizon,
    Law,
    LawKind,
    Retrial,
    Rule,
    Scenario,
    Staffing,
    Stream,
)
from callcenter.tiers import Tier
from callcenter.units import HOUR, MINUTE, SECOND, Millis
from sim.compiled.callers import Table
from sim.compiled.resumed import ResumedDays
from sim.experiment.engines import Engine, choose
from sim.model.streams import Ints
from sim.planning.staffing.judge import first_measured
from sim.planning.staffing.rig import Rig, Shard, edges_of, setting
from sim.planning.staffing.whole import lived
from sim.results.figures import figures
from sim.run.driver import Day

DECIDED = [COUNTS.index(name) for name in ("offered", "answered_in", "abandoned_in", "short_abandoned")]
"""What is decided once the threshold has passed."""

TIERS = (
    Tier("vip", 0),
    Tier("early", 1, head_start=Millis(30 * SECOND)),
    Tier("plain", 1),
    Tier("last", 9, max_wait=Millis(4 * MINUTE)),
)
OPEN = OpeningHours(UTC, (((8 * HOUR, 12 * HOUR),),) * 7)
HEADS = (0,) * 16 + (4, 6, 9, 8, 9, 10, 9, 7) + (0,) * 24
"""Too few from nine o'clock on: callers wait, hang up, ring again."""


def a_centre(**more: object) -> Scenario:
    scenario = Scenario(
        "bands",
        Centre("bands", (Queue("desk", hours=OPEN),), (Group("floor", auto_answer=True),), TIERS, default_tier="plain"),
        Horizon(first_day=20_514),
        streams=(
            Stream(
                "calls",
                "desk",
                (30.0, 50.0, 70.0, 70.0, 70.0, 80.0, 70.0, 50.0),
                begin=8 * HOUR,
                tiers=(("vip", 0.1), ("early", 0.2), ("plain", 0.6), ("last", 0.1)),
            ),
        ),
        handling=(Rule(Law(LawKind.LOGNORMAL, 240.0, 0.8)),),
        patience=(Rule(Law(LawKind.EXPONENTIAL, 150.0)),),
        retrials=(("abandoned", Retrial(0.5, Law(LawKind.EXPONENTIAL, 400.0))),),
        busyness=Busyness(0.1),
        shrinkage=0.1,
        seed=7,
    )
    return replace(scenario, **more)  # type: ignore[arg-type]


def lived_whole(scenario: Scenario, replication: int) -> Ints:
    group = scenario.centre.groups[0].name
    day = Day(replace(scenario, staffing=(Staffing(group, HEADS),)), replication)
    return figures(day.run()).counts[:, :, DECIDED]


def lived_in_parts(scenario: Scenario, replications: Sequence[int]) -> list[Ints]:
    days = ResumedDays(scenario, replications, edges_of(scenario), (12,))
    state, cells = days.start(), []
    for h, heads in enumerate(HEADS):
        state, found = days.play(state, h, (heads,), (HEADS[min(h + 1, len(HEADS) - 1)],))
        cells.append(found)
    return list(np.array(cells, np.int64).transpose(1, 2, 0, 3)[:, :, :, DECIDED])


def the_same(scenario: Scenario, replications: Sequence[int]) -> bool:
    parts = lived_in_parts(scenario, replications)
    return all((part == lived_whole(scenario, n)).all() for part, n in zip(parts, replications, strict=True))


def test_a_day_in_parts_is_the_whole_day():
    assert the_same(a_centre(), range(4))


def test_a_day_in_parts_is_the_whole_day_with_callbacks_wrap_up_and_ringing_phones():
    tiers = (*TIERS[:2], replace(TIERS[2], callback=True), TIERS[3])
    queue = Queue("desk", hours=OPEN, wrap_up=Millis(20 * SECOND))
    scenario = a_centre(
        centre=Centre("bands", (queue,), (Group("floor"),), tiers, default_tier="plain"),
        wrap_up=(Rule(Law(LawKind.EXPONENTIAL, 25.0)),),
        desks=(Desk("floor", pace_cv=0.2, ring=Law(LawKind.LOGNORMAL, 4.0, 0.5)),),
    )

    assert the_same(scenario, (3, 4))


def test_a_day_in_parts_is_the_whole_day_with_missed_offers_and_the_shorter_of_two_longest_waits():
    queue = Queue("desk", hours=OPEN, max_wait=Millis(90 * SECOND))
    centre = Centre("bands", (queue,), (Group("floor"),), TIERS, default_tier="plain")

    assert the_same(a_centre(centre=centre, desks=(Desk("floor", miss=0.1),)), (2, 5))


def test_a_stopped_day_can_be_taken_up_twice_with_other_staffing():
    scenario = a_centre()
    days = ResumedDays(scenario, (0, 1), edges_of(scenario), (14,))
    state = days.start()
    for h in range(18):
        state, _ = days.play(state, h, (HEADS[h],), (HEADS[h + 1],))
    _, first = days.play(state, 18, (9,), (8,))
    _, more = days.play(state, 18, (14,), (8,))
    _, again = days.play(state, 18, (9,), (8,))
    in_time = COUNTS.index("answered_in")

    assert (first == again).all()
    assert more[..., in_time].sum() > first[..., in_time].sum()


def test_memory_is_taken_up_again_only_when_nobody_has_the_days_in_it():
    days = ResumedDays(a_centre(), (0, 1), edges_of(a_centre()), (14,))
    state = days.start()
    for h in range(18):
        state, _ = days.play(state, h, (HEADS[h],), (HEADS[h],))
    kept, counts = days.play(state, 18, (9,), (8,))
    before = kept.words.copy()
    for heads in (3, 14, 9):  # each is forgotten at once: the next takes its memory
        last, again = days.play(state, 18, (heads,), (8,))

    assert np.array_equal(kept.words, before)
    assert np.array_equal(last.words, before)
    assert np.array_equal(again, counts)
    assert np.shares_memory(days.play(state, 18, (9,), (8,))[0].words, kept.words) is False


def test_a_search_tries_from_where_the_plan_has_led_however_far_back_that_was_kept():
    scenario = a_centre()
    with Rig(setting(scenario, range(3), most=(12,)), 1) as rig:
        rig.begin()
        forward = []
        for h, heads in enumerate(HEADS):
            forward.append(rig.play(h, (heads,), (heads,)))
            rig.commit(h, (heads,))
        again = {h: rig.play(h, (HEADS[h],), (HEADS[h],)) for h in (19, 18, 23, 17)}

    assert all((again[h] == forward[h]).all() for h in again)


def test_a_line_that_is_open_at_night_begins_as_the_evening_left_it():
    """Calls that wait at midnight wait for those who come then, in a search as in a connected day."""
    centre = replace(a_centre().centre, queues=(Queue("desk"),))
    night = Stream("calls", "desk", (70.0, *(0.0,) * 42, *(70.0,) * 5), tiers=(("plain", 1.0),))
    scenario = a_centre(centre=centre, streams=(night,), busyness=None, horizon=Horizon(20_513, discard=1))
    day, plan = first_measured(scenario), [(9,)] * 48
    before = [(9,)] * 4

    def in_time(heads: list[tuple[int]]) -> float:
        with Rig(setting(day, range(10), most=(9,), before=heads), 1) as rig:
            rig.begin()
            assert rig.arrivals().shape == (10, 48)
            counts = rig.play(0, (9,), (9,)).sum(axis=(0, 1))
        return float(counts[COUNTS.index("answered_in")] / counts[COUNTS.index("offered")])

    with Rig(setting(day, range(10)), 1) as rig:
        whole = rig.whole(plan)[0][0].sum(axis=(0, 1))
    truth = float(whole[COUNTS.index("answered_in")] / whole[COUNTS.index("offered")])

    assert day.horizon.discard == 1
    assert in_time([]) > truth + 0.15
    assert abs(in_time(before) - truth) < 0.05


def test_a_day_that_leaves_the_next_nothing_is_searched_alone():
    assert first_measured(a_centre(horizon=Horizon(20_513, discard=1))).horizon == Horizon(20_514)


@pytest.mark.parametrize("replication", range(3))
def test_a_whole_day_comes_to_the_same_counts_under_both_engines(replication: int):
    scenario = replace(load_scenario("multi-skill"), replications=1)
    day = first_measured(scenario)
    if choose(day).engine is not Engine.COMPILED:
        pytest.skip("the compiled engine is not here")
    simpy, compiled = (lived(day, edges_of(day), replication, engine) for engine in (Engine.SIMPY, Engine.COMPILED))

    assert (simpy[0] == compiled[0]).all()
    assert (simpy[1] == compiled[1]).all()
    assert simpy[0].sum() > 0


def test_a_day_in_parts_takes_the_room_that_it_needs(monkeypatch):
    monkeypatch.setattr("sim.compiled.resumed._WORDS", 16_000)
    monkeypatch.setattr("sim.compiled.resumed._LINES", 800)
    much_wider = Table.wider
    monkeypatch.setattr(Table, "wider", lambda own, rows: much_wider(own, max(len(own) + 8, rows - 1_350)))
    often = (("abandoned", Retrial(0.9, Law(LawKind.EXPONENTIAL, 100.0))),)
    tiers = (*TIERS[:2], replace(TIERS[2], callback=True), TIERS[3])
    centre = Centre("bands", (Queue("desk", hours=OPEN),), (Group("floor"),), tiers, default_tier="plain")

    assert the_same(a_centre(retrials=often), range(3))
    assert the_same(a_centre(centre=centre, retrials=often), range(3))


def test_what_was_tried_first_is_lived_again_where_its_days_are_no_longer_kept(monkeypatch):
    scenario = a_centre()

    def after_ten() -> Ints:
        with Rig(setting(scenario, range(3), most=(12,)), 1) as rig:
            rig.begin()
            for h in range(20):
                for heads in (HEADS[h], 12, 3):
                    rig.play(h, (heads,), (heads,))
                rig.commit(h, (HEADS[h],))
            return rig.play(20, (7,), (7,))

    kept = after_ten()
    monkeypatch.setattr(Shard, "AFTER_TRIES", 1)
    assert np.array_equal(after_ten(), kept)
