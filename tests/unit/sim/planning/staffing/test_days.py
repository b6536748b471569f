"""A day that is stopped, kept as plain data and taken up again is the same day; the plain loop tells it as well."""

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
from sim.experiment.engines import Engine, choose
from sim.model.streams import Ints
from sim.planning.staffing.judge import first_measured
from sim.planning.staffing.kernel import PoolDay, refusal
from sim.planning.staffing.resumable import EngineDay
from sim.planning.staffing.rig import Rig, edges_of, setting
from sim.planning.staffing.whole import lived
from sim.results.figures import figures
from sim.run.columns import thresholds
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


def lived_in_parts(scenario: Scenario, replication: int, kind: type[EngineDay] | type[PoolDay]) -> Ints:
    day = kind(scenario, replication, list(edges_of(scenario)), thresholds(scenario))
    state, cells = day.start(), []
    for h, heads in enumerate(HEADS):
        following = HEADS[min(h + 1, len(HEADS) - 1)]
        if isinstance(day, EngineDay):
            state, found = day.play(state, h, (heads,), (following,))
        else:
            state, found = day.play(state, h, heads, following)
        cells.append(found)
    return np.array(cells, np.int64).transpose(1, 0, 2)[:, :, DECIDED]


@pytest.mark.parametrize("replication", [0, 1])
def test_the_engines_day_in_parts_is_the_whole_day(replication: int):
    scenario = a_centre()

    assert (lived_in_parts(scenario, replication, EngineDay) == lived_whole(scenario, replication)).all()


def test_the_engines_day_in_parts_is_the_whole_day_with_callbacks_wrap_up_and_ringing_phones():
    tiers = (*TIERS[:2], replace(TIERS[2], callback=True), TIERS[3])
    queue = Queue("desk", hours=OPEN, wrap_up=Millis(20 * SECOND))
    scenario = a_centre(
        centre=Centre("bands", (queue,), (Group("floor"),), tiers, default_tier="plain"),
        wrap_up=(Rule(Law(LawKind.EXPONENTIAL, 25.0)),),
        desks=(Desk("floor", pace_cv=0.2, ring=Law(LawKind.LOGNORMAL, 4.0, 0.5)),),
    )

    assert (lived_in_parts(scenario, 3, EngineDay) == lived_whole(scenario, 3)).all()


@pytest.mark.parametrize("replication", range(5))
def test_the_plain_loop_agrees_with_the_engine_call_by_call(replication: int):
    scenario = a_centre()

    assert (lived_in_parts(scenario, replication, PoolDay) == lived_whole(scenario, replication)).all()


def test_the_plain_loop_agrees_with_the_engine_on_after_call_work_and_paces():
    scenario = a_centre(wrap_up=(Rule(Law(LawKind.EXPONENTIAL, 25.0)),), desks=(Desk("floor", pace=1.1, pace_cv=0.2),))

    assert (lived_in_parts(scenario, 2, PoolDay) == lived_whole(scenario, 2)).all()


@pytest.mark.parametrize("longest", [0, 20])
def test_the_plain_loop_agrees_with_the_engine_on_the_shorter_of_two_longest_waits(longest: int):
    queue = Queue("desk", hours=OPEN, max_wait=Millis(longest * SECOND))
    scenario = a_centre(centre=replace(a_centre().centre, queues=(queue,)))

    assert refusal(scenario) is None
    assert (lived_in_parts(scenario, 2, PoolDay) == lived_whole(scenario, 2)).all()


def test_the_plain_loop_agrees_with_the_engine_that_no_after_call_work_is_none():
    queue = Queue("desk", hours=OPEN, wrap_up=Millis(20 * MINUTE))
    centre = replace(a_centre().centre, queues=(queue,))
    scenario = a_centre(centre=centre, wrap_up=(Rule(Law(LawKind.DETERMINISTIC, 0.0)),))

    assert (lived_in_parts(scenario, 2, PoolDay) == lived_whole(scenario, 2)).all()


def test_the_plain_loop_is_near_the_engine_where_it_tells_callbacks_in_outline():
    tiers = (*TIERS[:2], replace(TIERS[2], callback=True), TIERS[3])
    centre = a_centre().centre
    scenario = a_centre(centre=replace(centre, tiers=tiers))
    days = range(6)
    loop = sum(lived_in_parts(scenario, n, PoolDay)[:, :, 1].sum() for n in days)
    engine = sum(lived_whole(scenario, n)[:, :, 1].sum() for n in days)

    assert abs(loop - engine) <= 0.03 * engine


def test_a_stopped_day_can_be_taken_up_twice_with_other_staffing():
    scenario = a_centre()
    day = EngineDay(scenario, 0, list(edges_of(scenario)), thresholds(scenario))
    state = day.start()
    for h in range(18):
        state, _ = day.play(state, h, (HEADS[h],), (HEADS[h + 1],))
    _, first = day.play(state, 18, (9,), (8,))
    _, more = day.play(state, 18, (14,), (8,))
    _, again = day.play(state, 18, (9,), (8,))

    assert first == again
    assert sum(row[COUNTS.index("answered_in")] for row in more) > sum(
        row[COUNTS.index("answered_in")] for row in first
    )


def test_the_plain_loop_says_what_it_cannot_tell():
    assert refusal(a_centre()) is None
    assert refusal(load_scenario("telecom-hotline")) is None
    assert refusal(load_scenario("multi-skill")) == "several queues or groups"
    assert refusal(a_centre(desks=(Desk("floor", miss=0.1),))) == "missed offers"


@pytest.mark.parametrize("by_engine", [False, True])
def test_a_line_that_is_open_at_night_begins_as_the_evening_left_it(by_engine: bool):
    """Calls that wait at midnight wait for those who come then, in a search as in a connected day."""
    centre = replace(a_centre().centre, queues=(Queue("desk"),))
    night = Stream("calls", "desk", (70.0, *(0.0,) * 42, *(70.0,) * 5), tiers=(("plain", 1.0),))
    scenario = a_centre(centre=centre, streams=(night,), busyness=None, horizon=Horizon(20_513, discard=1))
    day, plan = first_measured(scenario), [(9,)] * 48
    before = [(9,)] * 4

    def in_time(heads: list[tuple[int]]) -> float:
        with Rig(setting(day, range(10), by_engine=by_engine, before=heads), 1) as rig:
            rig.begin()
            assert rig.arrivals().shape == (10, 48)
            counts = rig.play(0, (9,), (9,)).sum(axis=(0, 1))
        return float(counts[COUNTS.index("answered_in")] / counts[COUNTS.index("offered")])

    with Rig(setting(day, range(10), by_engine=True), 1) as rig:
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
