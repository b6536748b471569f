"""The calendar: dates of one's own, holidays of a country, seasons and campaigns, a week or a month by name."""

import pytest

from callcenter.config import parse_scenario
from callcenter.config.words import day_number
from callcenter.errors import BadInput
from callcenter.scenario import Scenario, is_on

CENTRE = """
version: 1
centre:
  zone: Europe/Madrid
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {desk: {hours: {mon-fri: 08:00-20:00, holidays: ES}}}
  groups: {team: {auto_answer: true}}
arrivals:
  - {name: phone, calls_per_hour: 30, from: "08:00", until: "20:00", weekdays: mon-fri}
  - {name: launch, calls_per_hour: 60, from: "09:00", until: "12:00", dates: [2026-04-01..2026-04-02]}
handling: {exponential: 4m}
patience: {exponential: 3m}
staffing:
  - {group: team, agents: 5, from: "08:00", until: "20:00", weekdays: mon-fri, but: [2026-04-01]}
  - {group: team, agents: 9, from: "08:00", until: "20:00", dates: [2026-04-01]}
"""
WEEK = "horizon: {week: 2026-W14}\n"
"""30 March to 5 April: Good Friday on the third."""


def read(more: str = "", text: str = CENTRE) -> Scenario:
    return parse_scenario(text + more)


def calls_on(scenario: Scenario, date: str) -> float:
    return sum(sum(stream.calls) for stream in scenario.streams if is_on(stream, day_number(date)))


def test_a_week_and_a_month_are_named():
    week, month = read(WEEK).horizon, read("horizon: {month: 2028-02}\n").horizon

    assert (week.first_day, week.days) == (day_number("2026-03-30"), 7)
    assert (month.first_day, month.days) == (day_number("2028-02-01"), 29)


def test_streams_and_people_have_dates_of_their_own_and_dates_they_are_not_there_on():
    scenario = read(WEEK)

    assert [calls_on(scenario, f"2026-{day}") for day in ("03-31", "04-01", "04-02", "04-04")] == [360, 540, 540, 0]
    assert [
        sum(max(curve.agents) for curve in scenario.staffing if is_on(curve, day_number(f"2026-{day}")))
        for day in ("03-31", "04-01", "04-02")
    ] == [5, 9, 5]


def test_a_country_closes_on_its_public_holidays():
    hours = read(WEEK).centre.queues[0].hours
    assert hours is not None

    assert hours.spans(day_number("2026-04-03")) == ()  # type: ignore[union-attr]
    assert hours.spans(day_number("2026-04-02")) != ()  # type: ignore[union-attr]
    assert read(text=CENTRE.replace("holidays: ES}", "holidays: ES-CT}")).centre.queues[0].hours != hours


def test_seasons_and_campaigns_multiply_the_calls_of_their_days():
    calendar = """
calendar:
  holidays: ES
  factors:
    - {name: spring, dates: [2026-03-30..2026-04-10], volume: 150%}
    - {name: letter, dates: [2026-03-31], volume: 200%, streams: [phone]}
    - {name: closed, holidays: true, volume: 0%}
"""
    scenario = read(calendar + WEEK)

    assert [calls_on(scenario, f"2026-{day}") for day in ("03-30", "03-31", "04-01", "04-03", "04-13")] == [
        540, 1080, 810, 0, 360,
    ]  # fmt: skip
    assert len({stream.name for stream in scenario.streams}) == len(scenario.streams)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("calendar: {holidays: XX}", "XX: is no country"),
        ("calendar: {holidays: ES-QQ}", "has no part QQ"),
        ("calendar: {factors: [{name: a, volume: 2}]}", "has no days"),
        ("calendar: {factors: [{name: a, volume: 2, holidays: true}]}", "needs a country"),
        ("calendar: {factors: [{name: a, volume: 2, dates: [2026-02-30]}]}", "is not a date"),
        ("calendar: {factors: [{name: a, volume: 2, dates: [2026-04-02..2026-04-01]}]}", "ends before it begins"),
        ("calendar: {factors: [{name: a, volume: 2, dates: [2026-04-01, 2026-03-30..2026-04-02]}]}", "twice"),
        ("calendar: {factors: [{name: a, volume: 2, dates: [2026-04-01], streams: [fone]}]}", "phone"),
        ("calendar: {factors: [{name: a, volume: -1, dates: [2026-04-01]}]}", "volume"),
        ("horizon: {week: 2026-W54}", "is no week"),
        ("horizon: {month: 2026-13}", "is no month"),
        ("horizon: {week: 2026-W14, days: 3}", "2 ways"),
    ],
)
def test_what_no_calendar_has_is_refused(more: str, said: str):
    with pytest.raises(BadInput, match=said):
        read(more + "\n")


def test_two_entries_for_a_group_on_one_date_are_refused():
    with pytest.raises(BadInput, match="leave the dates out of the other one"):
        read(text=CENTRE.replace(", but: [2026-04-01]", ""))
