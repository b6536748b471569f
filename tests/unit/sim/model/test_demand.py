"""Demand: how many calls, when, by whom; and that a variant of a scenario meets the same customers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special, stats

from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from callcenter.errors import BadInput
from callcenter.scenario import Busyness, Horizon, Law, LawKind, Menu, RecordedCall, Scenario, Stream
from callcenter.tiers import Intent
from callcenter.units import DAY, HOUR, MINUTE, Millis
from sim.model.days import midnights
from sim.model.demand import NONE, arrivals, menu_stage
from sim.model.expected import Expected, PoissonTable, poisson_quantile
from sim.model.streams import Chance

MONDAY = 20514  # 2026-03-02
CENTRE = Centre("c", (Queue("a"), Queue("b")), (Group("g"),), intents=(Intent("fraud"),))
MIX = (("vip", 0.2), ("standard", 0.8))
ONE = Stream("one", "a", (10.0, 20.0, 0.0, 5.0), begin=8 * HOUR, tiers=MIX)
TWO = Stream("two", "b", (40.0,), begin=9 * HOUR)
SCENARIO = Scenario("s", CENTRE, Horizon(MONDAY), streams=(ONE, TWO))


def keys(scenario: Scenario, stream: str, replication: int = 0) -> dict[int, tuple[float, ...]]:
    """Return what each call of a stream is: key → instant, tier, uniforms."""
    found = arrivals(scenario, Chance(scenario.seed, replication))
    here = found.stream == [s.name for s in scenario.streams].index(stream)
    parts = (found.base + found.at, found.tier, found.uniforms("patience"), found.uniforms("handling"))
    return dict(zip(found.key[here].tolist(), zip(*(p[here].tolist() for p in parts), strict=True), strict=True))


def test_calls_come_in_order_inside_their_intervals_and_on_the_days_asked_for():
    found = arrivals(SCENARIO, Chance(1, 0))
    first = found.at[found.stream == 0]

    assert (np.diff(found.at) >= 0).all()
    assert first.min() >= 8 * HOUR
    assert not ((first >= 9 * HOUR) & (first < 9 * HOUR + 30 * MINUTE)).any()
    assert first.max() < 10 * HOUR
    assert found.base == MONDAY * DAY
    assert len(set(found.key.tolist())) == len(found)


def test_counts_are_poisson_and_their_mean_is_the_profile():
    counts = np.array([(arrivals(SCENARIO, Chance(1, r)).stream == 0).sum() for r in range(400)])

    assert counts.mean() == pytest.approx(35, abs=4 * (35 / 400) ** 0.5)
    assert counts.var() == pytest.approx(35, rel=0.3)


def test_tiers_come_in_their_shares_and_positions_are_even():
    found = [arrivals(SCENARIO, Chance(1, r)) for r in range(200)]
    tiers = np.concatenate([f.tier[f.stream == 0] for f in found])
    inside = np.concatenate([f.at[f.stream == 1] for f in found]) - 9 * HOUR

    assert (tiers == 0).mean() == pytest.approx(0.2, abs=0.02)
    assert stats.kstest(inside / (30 * MINUTE), "uniform").pvalue > 0.001


def test_busy_days_are_overdispersed_by_the_cv_asked_for():
    scenario = replace(SCENARIO, streams=(replace(TWO, calls=(400.0,)),), busyness=Busyness(0.2))
    counts = np.array([len(arrivals(scenario, Chance(1, r))) for r in range(800)])

    assert counts.mean() == pytest.approx(400, rel=0.03)
    assert (counts.var() - 400) ** 0.5 / 400 == pytest.approx(0.2, rel=0.12)


def test_busyness_is_common_or_each_tiers_own():
    streams = tuple(Stream(name, "a", (500.0,), tiers=((name, 1.0),)) for name in ("vip", "standard"))
    for common, lowest, highest in ((True, 0.9, 1.0), (False, -0.2, 0.2)):
        scenario = replace(SCENARIO, streams=streams, busyness=Busyness(0.3, common))
        both = np.array([np.bincount(arrivals(scenario, Chance(1, r)).stream, minlength=2) for r in range(200)])

        assert lowest < np.corrcoef(both.T)[0, 1] < highest


def test_another_volume_of_one_stream_changes_no_call_of_the_other():
    more = replace(SCENARIO, streams=(replace(ONE, calls=(99.0, 20.0, 7.0, 5.0)), TWO))

    assert keys(more, "two") == keys(SCENARIO, "two")


def test_more_volume_adds_calls_and_keeps_those_there_were():
    more = replace(SCENARIO, streams=(replace(ONE, calls=(11.5, 23.0, 0.0, 5.75)), TWO))
    before, after = keys(SCENARIO, "one"), keys(more, "one")

    assert len(after) > len(before)
    assert {key: after.get(key) for key in before} == before


def test_a_stream_added_or_moved_changes_no_call_of_the_others():
    more = replace(SCENARIO, streams=(Stream("new", "a", (50.0,)), TWO, ONE))

    assert keys(more, "one") == keys(SCENARIO, "one")


def test_more_days_leave_the_first_ones_as_they_were():
    longer = replace(SCENARIO, horizon=Horizon(MONDAY, days=3))
    one, three = keys(SCENARIO, "one"), keys(longer, "one")

    assert {key: three.get(key) for key in one} == one


def test_discarded_and_run_off_days_are_lived_but_not_measured():
    scenario = replace(SCENARIO, horizon=Horizon(MONDAY, days=2, discard=1, run_off=1))
    found = arrivals(scenario, Chance(1, 0))

    assert list(scenario.horizon.lived) == [MONDAY, MONDAY + 1, MONDAY + 2, MONDAY + 3]
    assert set(found.day[found.measured].tolist()) == {1, 2}
    assert set(found.day.tolist()) == {0, 1, 2, 3}


def test_weekdays_are_kept():
    scenario = replace(
        SCENARIO, streams=(replace(TWO, weekdays=(0, 2)), replace(ONE, weekdays=())), horizon=Horizon(MONDAY, days=7)
    )
    found = arrivals(scenario, Chance(1, 0))

    assert set(found.day.tolist()) == {0, 2}


@pytest.mark.parametrize("day, hours", [(20541, 23), (20751, 25)])  # 2026-03-29 and 2026-10-25
def test_a_day_on_which_clocks_change_is_as_long_as_it_is(day: int, hours: int):
    madrid = replace(CENTRE, zone=zone("Europe/Madrid"))
    flat = Stream("flat", "a", (60.0,) * 24, interval=Millis(HOUR))
    scenario = replace(SCENARIO, centre=madrid, streams=(flat,), horizon=Horizon(day))
    found = arrivals(scenario, Chance(1, 0))
    instants = midnights(scenario)

    assert instants[1] - instants[0] == hours * HOUR
    assert found.at.max() < hours * HOUR
    assert [madrid.zone.local(found.base + at) % DAY for at in found.at.tolist()] == found.clock.tolist()
    # The hour from 02:00 does not exist in spring; in autumn its calls spread over two hours.
    reading = (found.clock // HOUR) == 2
    assert reading.any() == (hours == 25)


def test_recorded_calls_keep_their_instants_among_the_drawn_ones():
    calls = (RecordedCall(Millis(9 * HOUR), "b", "vip"), RecordedCall(Millis(7 * HOUR), "a", "mid", handling_s=30.0))
    found = arrivals(replace(SCENARIO, recorded=calls), Chance(1, 0))
    here = found.recorded != NONE

    assert found.recorded[here].tolist() == [1, 0]
    assert found.at[here].tolist() == [7 * HOUR, 9 * HOUR]
    assert found.queue[here].tolist() == [0, 1]
    assert (found.stream[here] == NONE).all()


def test_intents_come_in_their_shares_and_the_rest_has_none():
    scenario = replace(SCENARIO, streams=(replace(TWO, calls=(4_000.0,), intents=(("fraud", 0.1),)),))
    found = arrivals(scenario, Chance(1, 0))

    assert (found.intent == 0).mean() == pytest.approx(0.1, abs=0.02)
    assert set(found.intent.tolist()) == {0, NONE}


def test_the_menu_takes_its_shares_and_lets_some_tiers_pass():
    menu = Menu(Law(LawKind.DETERMINISTIC, 12.0), self_service=0.3, hang_up=0.1, skipped_by=("vip",))
    scenario = replace(SCENARIO, streams=(replace(TWO, calls=(5_000.0,), tiers=MIX),), menu=menu)
    found = arrivals(scenario, Chance(1, 0))
    stage = menu_stage(found)
    vip = found.tier == 0

    assert not (stage.self_served | stage.hung_up)[vip].any()
    assert (stage.time[vip] == 0).all()
    assert (stage.time[~vip] == 12_000).all()
    assert stage.self_served[~vip].mean() == pytest.approx(0.3, abs=0.03)
    assert stage.hung_up[~vip].mean() == pytest.approx(0.1, abs=0.02)


def test_a_scenario_without_calls_has_none():
    assert len(arrivals(replace(SCENARIO, streams=()), Chance(1, 0))) == 0


def test_a_stationary_run_ends_at_its_length():
    scenario = replace(
        SCENARIO, streams=(Stream("s", "a", (100.0,) * 48),), horizon=Horizon(MONDAY, length=Millis(2 * HOUR))
    )

    assert arrivals(scenario, Chance(1, 0)).at.max() < 2 * HOUR


def test_an_unknown_tier_is_refused_by_name():
    with pytest.raises(BadInput, match=r"stream 'one': there is no tier 'gold'"):
        arrivals(replace(SCENARIO, streams=(replace(ONE, tiers=(("gold", 1.0),)),)), Chance(1, 0))


def test_poisson_quantiles_are_those_of_scipy():
    shares = (np.arange(2_000) + 0.5) / 2_000
    means = np.geomspace(1e-4, 1e4, 2_000)

    assert (poisson_quantile(shares, means) == stats.poisson.ppf(shares, means)).all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=6), st.integers(1, 2**53 - 1))
@example([0.0, 1e-9, 3.0, 400.0, 1e6], 1)
@example([0.0, 1e-9, 3.0, 400.0, 1e6], 2**53 - 1)
def test_a_poisson_quantile_is_the_smallest_count_that_reaches_any_uniform(means, drawn):
    uniforms, mean = np.full(len(means), drawn * 2.0**-53), np.array(means)
    found = poisson_quantile(uniforms, mean)

    assert (special.pdtr(found, mean) >= uniforms).all()
    assert ((found == 0) | (special.pdtr(found - 1, mean) < uniforms)).all()
    assert not poisson_quantile(np.zeros(len(means)), mean).any()


@given(st.lists(st.floats(0, 5_000.0), min_size=1, max_size=6), st.integers(1, 2**53 - 1))
@example([0.0, 1e-9, 30.0, 400.0, 5_000.0], 1)
@example([0.0, 1e-9, 30.0, 400.0, 5_000.0], 2**53 - 1)
def test_a_table_of_poisson_quantiles_has_the_smallest_count_that_reaches_any_uniform(means, drawn):
    """The least uniform above 0 and the largest below 1 among them: the table is wide enough for all."""
    uniforms, mean = np.full(len(means), drawn * 2.0**-53), np.array(means)
    table = PoissonTable(mean)
    found = table.quantile(uniforms)

    assert (special.pdtr(found, mean) >= uniforms).all()
    assert ((found == 0) | (special.pdtr(found - 1, mean) < uniforms)).all()
    assert not table.quantile(np.zeros(len(means))).any()


@given(st.lists(st.floats(0, 5_000.0), min_size=1, max_size=20), st.integers(0, 2**32 - 1))
def test_a_table_of_poisson_quantiles_tells_what_is_told_without_it(means, seed):
    uniforms = np.random.default_rng(seed).random(len(means))

    assert PoissonTable(np.array(means)).quantile(uniforms).tolist() == poisson_quantile(uniforms, means).tolist()


def test_calls_are_the_same_where_tables_of_their_counts_would_take_too_much_memory(monkeypatch):
    with_tables = arrivals(replace(SCENARIO), Chance(1, 0))
    monkeypatch.setattr("sim.model.expected.MOST_IN_TABLES", 0)
    without = arrivals(replace(SCENARIO), Chance(1, 0))

    assert len(with_tables)
    assert with_tables.at.tolist() == without.at.tolist()
    assert Expected(SCENARIO).of(0, 0).poisson is None


@pytest.mark.parametrize(("name", "first_day"), [("UTC", MONDAY), ("Europe/Berlin", 20540), ("Europe/Berlin", 20750)])
def test_many_calls_are_the_same_whether_or_not_they_are_put_in_order_in_parts(monkeypatch, name, first_day):
    """Over months, and over a change of the clocks in either direction (2026-03-29, 2026-10-25)."""
    centre = replace(CENTRE, zone=zone(name))
    long = Stream("long", "a", (30.0, 7.0, 0.0, 55.0) * 40, interval=Millis(HOUR), tiers=MIX)
    scenario = Scenario("s", centre, Horizon(first_day, length=Millis(7 * DAY)), streams=(long,))
    at_once = arrivals(scenario, Chance(3, 0))

    monkeypatch.setattr("sim.model.demand.BATCH_SIZE", 100)
    in_parts = arrivals(scenario, Chance(3, 0))

    assert len(at_once) > 2000
    assert (np.diff(in_parts.at) >= 0).all()
    for told in (
        lambda a: a.at,
        lambda a: a.tier,
        lambda a: a.uniforms("x"),
        lambda a: np.concatenate([*a.parts("x")]),
    ):
        assert np.array_equal(told(in_parts), told(at_once))
    assert np.array_equal(at_once.uniforms("x"), np.concatenate([*at_once.parts("x")]))
