"""Levels of long logs, from pasts with a known truth: season and queues count where they should."""

from typing import Any

import numpy as np
import pytest

from sim.analysis.forecast.daylevel import DayLevels
from sim.analysis.forecast.forecast import forecast
from sim.analysis.forecast.history import History, weekday_of
from sim.analysis.forecast.levels import LONG_DAYS, Levels, levels_of, weekly_mornings
from sim.analysis.forecast.predict import DayForecast, predict
from sim.analysis.forecast.rolling import mornings_of, rolling_test
from sim.model.streams import Floats
from tests.long_past import QUEUES, WEEK, YEAR, errors_by_queue, plain, years
from tests.unit.sim.analysis.forecast.test_forecast import MONDAY, days_after, past_of


def told(past: History, levels: Levels, days: list[int]) -> list[DayForecast]:
    return predict(past, levels, past.last + 1, days, {}, by_tier=False)


@pytest.fixture(scope="module")
def two_years() -> tuple[History, Floats, Levels]:
    """Two years, the calls of the quarter after them by day and queue, and the levels chosen for that quarter."""
    whole = years(730 + 91)
    past = whole.before(MONDAY + 730)
    return past, whole.calls[730:].sum(axis=2), levels_of(past, {}, whole.days[730:].tolist(), mornings_of(past))


def test_the_time_of_the_year_counts_where_it_foretells_better(two_years):
    past, real, levels = two_years
    wanted = [past.last + 1 + day for day in range(91)]
    totals = real.sum(axis=1)

    assert levels.choice.taken == "year"
    assert levels.whole.yearly
    with_it, without = (
        np.abs(np.array([day.total for day in told(past, each, wanted)]) - totals).sum() / totals.sum()
        for each in (levels, plain(past, wanted))
    )
    assert with_it < 0.08 < without


def test_a_queue_with_a_season_and_a_trend_of_its_own_has_its_own_level(two_years):
    past, real, levels = two_years
    wanted = [past.last + 1 + day for day in range(91)]
    own, shared = (errors_by_queue(told(past, each, wanted), real) for each in (levels, plain(past, wanted)))

    assert levels.queue_choices[1].taken == "year"
    assert own[1] < 0.15
    assert shared[1] > 2 * own[1]
    assert own.mean() < 0.6 * shared.mean()


def test_ranges_hold_nineteen_of_twenty_days_with_the_season_in_them():
    past = years(730, QUEUES[:2], seed=2)
    levels = levels_of(past, {}, [past.last + 28], mornings_of(past))
    found = rolling_test(past, levels, {}, weeks=4)

    assert 0.9 <= found.method.coverage_day <= 1.0
    assert found.method.wape_day < 0.85 * found.naive.wape_day


def test_queues_of_their_own_leave_the_whole_as_it_is(two_years):
    past, _, levels = two_years
    wanted = [past.last + 1 + day for day in range(14)]
    days = told(past, levels, wanted)
    alone = told(past, Levels(levels.whole, (None,) * 3), wanted)

    assert [day.total for day in days] == pytest.approx([day.total for day in alone])
    assert [day.streams.sum() for day in days] == pytest.approx([day.total for day in days])


def test_a_queue_that_came_late_or_is_small_or_gone_is_foretold_without_a_fault():
    past = years(LONG_DAYS + 20, ((200.0, 0.2, 0.0, 0.0), (50.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (40.0, 0, 0, 0)))
    past.calls[:300, 1] = 0
    past.calls[-100:, 3] = 0
    levels = levels_of(past, {}, [past.last + 7], mornings_of(past))
    found = errors_by_queue(told(past, levels, [past.last + 7]), np.array([[200.0, 50.0, 1.0, 1.0]]))

    assert levels.queue_choices[1:3] == (None, None)
    assert np.isfinite(found).all()


def test_a_queue_stays_closed_on_weekdays_it_has_never_had_calls_on(two_years):
    past = years(LONG_DAYS, ((200.0, 0.2, 0.0, 0.0), (100.0, 0.5, 2.0, 0.0)))
    weekend = past.weekdays >= 5
    past.calls[weekend, 1] = 0
    wanted = [past.last + 1 + day for day in range(7)]
    days = told(past, levels_of(past, {}, wanted, mornings_of(past)), wanted)

    assert [day.streams[1].sum() > 0 for day in days] == [weekday_of(day) < 5 for day in wanted]


@pytest.mark.parametrize("days, long", [(LONG_DAYS - 1, False), (LONG_DAYS, True)])
def test_a_log_of_less_than_sixty_weeks_cannot_tell_the_time_of_the_year(days: int, long: bool):
    past = years(days, ((50.0, 0.2, 0.0, 0.0),))
    levels = levels_of(past, {}, [past.last + 7], mornings_of(past))

    assert (levels.choice is not None) == long
    assert not any(levels.queues)


def test_a_choice_is_made_by_mornings_that_a_year_of_log_comes_before():
    for days in (LONG_DAYS, 2 * 365, 5 * 365):
        mornings = weekly_mornings(MONDAY, MONDAY + days - 1)

        assert 8 <= len(mornings) <= 52
        assert mornings[0] - MONDAY > 363
        assert mornings[-1] + 6 == MONDAY + days - 1


def test_it_is_said_whether_the_time_of_the_year_counts_and_by_what_errors():
    def seasonal(day: int) -> float:
        return 30 * WEEK[weekday_of(day)] * np.exp(0.5 * np.cos(2 * np.pi * day / YEAR))

    found = forecast(past_of(7 * 78, seasonal), days_after(78, 84), {}, "")
    short = forecast(past_of(70, seasonal), days_after(20), {}, "")

    assert found.method.endswith("time of the year by waves")
    assert any(note.startswith("the time of the year counts (days were missed by ") for note in found.notes)
    assert any("seasons of the year are not modelled" in note for note in short.notes)
    assert not any("not modelled" in note for note in found.notes)


def test_nothing_of_the_days_foretold_is_used() -> None:
    whole: Any = years(LONG_DAYS + 28)
    past = whole.before(MONDAY + LONG_DAYS)
    wanted = whole.days[LONG_DAYS:].tolist()
    late = levels_of(whole, {}, [whole.last + 7], [*mornings_of(whole), *mornings_of(past), past.last + 1])
    morning = past.last + 1

    assert late.whole.before(morning, wanted).calls == pytest.approx(
        DayLevels(past.days, past.totals, {}, wanted, [], yearly=late.whole.yearly).before(morning, wanted).calls
    )
