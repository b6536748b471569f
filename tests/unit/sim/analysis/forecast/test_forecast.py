"""Forecasts from pasts with a known truth: what is put in comes out, and ranges hold what they say."""

from collections.abc import Callable

import numpy as np
import pytest

from callcenter.config import parse_scenario, render
from callcenter.errors import BadInput
from sim.analysis.fit.calllog import CallLog
from sim.analysis.fit.columns import read_columns
from sim.analysis.fit.reading import read_log
from sim.analysis.forecast.forecast import Forecast, forecast
from sim.analysis.forecast.history import weekday_of
from sim.analysis.forecast.scenario import comments_of, mappings_of
from sim.analysis.forecast.specials import Special
from sim.model.streams import Chance
from sim.report.forecast import as_json

MAP = """
version: 1
arrival: {column: at, as: iso}
wait: w
service: s
outcome: {column: o, answered: [A], abandoned: [B]}
tier: {column: t, values: {"1": gold}, default: basic}
"""
MONDAY = 20514
"""2026-03-02."""
WEEK = (1.3, 1.1, 1.0, 1.0, 0.9, 0.3, 0.0)
"""Closed on Sundays."""
HOURS = (1.0, 2.0, 4.0, 3.0, 2.0, 4.0, 3.0, 1.0)
"""From 9:00 to 17:00."""


def usual(day: int) -> float:
    return 200.0 * WEEK[weekday_of(day)]


def past_of(
    days: int,
    expected: Callable[[int], float] = usual,
    *,
    cv: float = 0.05,
    seed: int = 1,
    talk_s: Callable[[float], float] = lambda hour: 180.0,
) -> CallLog:
    """Return a log of that many days from a Monday on; `expected` gives the calls of a day."""
    rng = Chance(seed, 0).generator("past")
    shares = np.array(HOURS) / sum(HOURS)
    rows = ["at,w,s,o,t"]
    for day in range(MONDAY, MONDAY + days):
        busy = 1 / cv**2
        total = expected(day) * rng.gamma(busy, 1 / busy)
        date = np.datetime64("1970-01-01") + day
        for hour, count in enumerate(rng.poisson(total * shares)):
            for second in np.sort(rng.integers(0, 3600, count)):
                talk = rng.gamma(2.0, talk_s(9 + hour) / 2)
                tier = int(rng.random() < 0.25)
                clock = f"{9 + hour:02d}:{second // 60:02d}:{second % 60:02d}"
                rows.append(f"{date}T{clock},0,{talk:.1f},A,{tier}")
    return read_log("\n".join(rows).encode(), read_columns(MAP, "map.yaml"), "past.csv")


def days_after(weeks: int, days: int = 7) -> list[int]:
    return list(range(MONDAY + 7 * weeks, MONDAY + 7 * weeks + days))


@pytest.fixture(scope="module")
def eight_weeks() -> Forecast:
    return forecast(past_of(56), days_after(8), {}, "past.csv")


def test_the_weekday_pattern_comes_back(eight_weeks: Forecast):
    found = [day.total for day in eight_weeks.days]

    assert found == pytest.approx([200 * share for share in WEEK], rel=0.12)


def test_a_weekday_without_calls_gets_none_and_it_is_said(eight_weeks: Forecast):
    sunday = eight_weeks.days[6]

    assert (sunday.total, sunday.total_low, sunday.total_high, sunday.high.max()) == (0, 0, 0, 0)
    assert sunday.closed == "no calls on this weekday in the log"
    assert any(note.startswith("closed: the log has no calls on sun") for note in eight_weeks.notes)


def test_the_course_of_the_day_comes_back(eight_weeks: Forecast):
    monday = eight_weeks.days[0]
    by_hour = monday.calls.reshape(24, 2).sum(axis=1)

    assert by_hour[9:17] / by_hour.sum() == pytest.approx(np.array(HOURS) / sum(HOURS), abs=0.02)
    assert by_hour[:9].sum() + by_hour[17:].sum() < 0.1
    assert monday.calls.sum() == pytest.approx(monday.total)
    assert monday.streams.sum(axis=(0, 1)) == pytest.approx(monday.calls)


def test_tiers_keep_their_shares(eight_weeks: Forecast):
    by_tier = sum(day.streams.sum(axis=(0, 2)) for day in eight_weeks.days)

    assert dict(zip(eight_weeks.past.log.tiers, by_tier / by_tier.sum(), strict=True)) == pytest.approx(
        {"gold": 0.25, "basic": 0.75}, abs=0.03
    )


def test_it_beats_the_naive_where_days_are_noise_about_a_pattern(eight_weeks: Forecast):
    test = eight_weeks.test

    assert test.method.wape_day < 0.85 * test.naive.wape_day
    assert test.method.wape_interval < 0.85 * test.naive.wape_interval
    assert test.better
    assert not any("no better" in note for note in eight_weeks.notes)


def test_ranges_hold_about_what_they_say():
    found = [forecast(past_of(70, cv=cv, seed=seed), days_after(10), {}, "").test for seed, cv in ((2, 0.05), (3, 0.2))]

    assert np.mean([test.method.coverage_day for test in found]) == pytest.approx(0.95, abs=0.04)
    assert np.mean([test.method.coverage_interval for test in found]) == pytest.approx(0.95, abs=0.03)


def test_the_dispersion_is_that_of_the_days(eight_weeks: Forecast):
    wild = [forecast(past_of(56, cv=0.25, seed=seed), days_after(8), {}, "").cv for seed in (2, 3)]

    assert eight_weeks.cv == pytest.approx(0.05, abs=0.04)
    assert np.mean(wild) == pytest.approx(0.25, abs=0.05)


def test_growth_goes_on_for_a_while():
    def growing(day: int) -> float:
        return usual(day) * 1.015 ** ((day - MONDAY) / 7)

    found = forecast(past_of(112, growing, cv=0.03), days_after(17), {}, "")

    assert sum(day.total for day in found.days) == pytest.approx(sum(map(growing, days_after(17))), rel=0.05)
    assert found.test.method.wape_day < found.test.naive.wape_day


def test_a_lasting_step_is_followed_within_a_week():
    def stepping(day: int) -> float:
        return usual(day) * (1.4 if day >= MONDAY + 49 else 1.0)

    found = forecast(past_of(56, stepping), days_after(8), {}, "")

    assert sum(day.total for day in found.days) == pytest.approx(1.4 * sum(map(usual, days_after(8))), rel=0.1)


def test_one_lost_day_does_not_bend_the_week_after():
    def broken(day: int) -> float:
        return usual(day) * (0.1 if day == MONDAY + 53 else 1.0)

    found = forecast(past_of(56, broken), days_after(8), {}, "")

    assert sum(day.total for day in found.days) == pytest.approx(sum(map(usual, days_after(8))), rel=0.1)


def test_a_holiday_is_learnt_from_the_last_one_whatever_its_date():
    feasts = {MONDAY + 16: "Eid", MONDAY + 31: "Purim", MONDAY + 44: "Eid", MONDAY + 57: "Eid", MONDAY + 59: "Purim"}
    specials = {day: Special(name, "public") for day, name in feasts.items()}

    def feasting(day: int) -> float:
        return usual(day) * {"Eid": 0.3, "Purim": 0.8}.get(feasts.get(day, ""), 1.0)

    found = forecast(past_of(56, feasting), days_after(8), specials, "")

    assert found.days[1].special == "Eid"
    assert found.days[1].total == pytest.approx(0.3 * 220, rel=0.25)
    assert found.days[3].total == pytest.approx(0.8 * 200, rel=0.2)
    assert found.days[0].total == pytest.approx(260, rel=0.1)


def test_a_holiday_on_which_the_log_is_empty_is_closed():
    specials = {MONDAY + 23: Special("Eid", "public"), MONDAY + 57: Special("Eid", "public")}
    found = forecast(past_of(56, lambda day: 0.0 if day in specials else usual(day)), days_after(8), specials, "")

    assert (found.days[1].total, found.days[1].closed) == (0, "no calls on Eid in the log")


def test_a_holiday_never_seen_is_an_ordinary_day_with_a_wide_range_and_it_is_said():
    found = forecast(past_of(56), days_after(8), {MONDAY + 57: Special("Eid", "public")}, "")
    plain, eid = found.days[2], found.days[1]

    assert eid.total == pytest.approx(220, rel=0.12)
    assert eid.total_high / eid.total > 2 * plain.total_high / plain.total
    assert found.cv < 0.1
    assert any("no public holiday to learn from" in note for note in found.notes)


def test_a_listed_factor_is_taken_at_its_word():
    listed = {MONDAY + 57: Special("sale", "listed", 2.0), MONDAY + 58: Special("move", "listed", 0.0)}
    found = forecast(past_of(56), days_after(8), listed, "")

    assert found.days[1].total == pytest.approx(2 * 220, rel=0.12)
    assert (found.days[2].total, found.days[2].closed) == (0, "move: factor 0")


def test_handling_times_follow_the_hour():
    log = past_of(42, talk_s=lambda hour: 120.0 if hour < 13 else 240.0)
    found = forecast(log, days_after(6), {}, "")
    by_hour = found.days[0].aht_s

    assert by_hour is not None
    assert by_hour[18:26] == pytest.approx(np.full(8, 120.0), rel=0.12)
    assert by_hour[26:34] == pytest.approx(np.full(8, 240.0), rel=0.12)


def test_a_log_without_handling_times_gives_none():
    log = past_of(28)
    log.service[:] = np.nan
    found = as_json(forecast(log, days_after(4), {}, ""))

    assert found["for"][0]["aht_s"] is None
    assert found["errors"]["method"]["aht_mae_s"] is None


def test_days_inside_the_log_are_a_back_test_that_sees_nothing_of_them():
    log = past_of(56)
    later = log.day >= MONDAY + 49
    honest = forecast(log, days_after(7), {}, "")
    blind = forecast(log.only(~later), days_after(7), {}, "")

    assert [day.total for day in honest.days] == [day.total for day in blind.days]
    assert honest.test == blind.test
    assert honest.real[0] == float((log.day == MONDAY + 49).sum())
    assert blind.real[0] is None
    assert any(note.startswith("back-test:") for note in honest.notes)


@pytest.mark.parametrize(
    "days, asked, said",
    [
        (20, days_after(3), "3 weeks are needed"),
        (56, days_after(2), "3 weeks are needed"),
        (28, [MONDAY + 2000], "more than a year after the end of the log"),
    ],
)
def test_what_cannot_be_foretold_is_refused_in_one_line(days: int, asked: list[int], said: str):
    with pytest.raises(BadInput) as refusal:
        forecast(past_of(days, lambda day: usual(day) / 4), asked, {}, "past.csv")

    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_farther_days_have_wider_ranges():
    found = forecast(past_of(56), [MONDAY + 56, MONDAY + 84], {}, "")
    near, far = found.days

    assert far.total_high - far.total_low > near.total_high - near.total_low
    assert found.test.days_ahead == 28


def test_the_scenario_holds_the_forecast(eight_weeks: Forecast):
    ((first, mapping),) = mappings_of(eight_weeks)
    scenario = parse_scenario(render(mapping, comments_of(eight_weeks, own_people=True, aimless="standard")))

    assert first == "2026-04-27"
    assert sum(sum(stream.calls) for stream in scenario.streams) == pytest.approx(
        sum(day.total for day in eight_weeks.days), rel=0.01
    )
    assert [stream.weekdays for stream in scenario.streams] == [(d,) for d in range(6) for _ in range(2)]
    assert scenario.busyness is not None
    assert scenario.busyness.cv == pytest.approx(eight_weeks.cv, abs=1e-4)
    assert scenario.horizon.measured == range(MONDAY + 56, MONDAY + 63)


def test_a_month_becomes_a_scenario_a_week():
    found = forecast(past_of(28), days_after(4, 15), {}, "")

    assert [first for first, _ in mappings_of(found)] == ["2026-03-30", "2026-04-06", "2026-04-13"]


def test_nothing_is_written_where_no_call_is_expected():
    found = forecast(past_of(28), [MONDAY + 34], {}, "")

    with pytest.raises(BadInput, match="nothing to staff"):
        mappings_of(found)
