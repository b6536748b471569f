import pytest

from callcenter.config import parse_scenario
from sim.model.unserved import shut_out, unserved
from sim.results.notes import calls_in_vain

CENTRE = """
version: 1
centre:
  tiers: {all: {band: 0, target: 80/20}}
  default_tier: all
  queues: {plain: {}, special: {needs: [z]}}
  groups: {all_day: {}, experts: {skills: [z]}}
arrivals:
  - {queue: plain, calls_per_hour: 30}
  - {queue: special, calls_per_hour: 10, from: "08:00", until: "12:00"}
handling: {exponential: 3m}
shifts:
  - {group: all_day, agents: 3, from: "22:00", to: "06:00"}
  - {group: all_day, agents: 3, from: "06:00", to: "22:00"}
"""
EXPERTS = '  - {group: experts, agents: 1, from: "08:00", to: "10:00"}\n'
LATER = '  - {group: experts, agents: 1, from: "10:00", to: "13:00"}\n'


def test_a_queue_whose_skills_nobody_on_duty_has_is_told_with_its_calls_and_its_groups():
    [gap] = unserved(parse_scenario(CENTRE))

    assert (gap.queue, gap.groups) == ("special", ("experts",))
    assert gap.calls == pytest.approx(40)


def test_hours_that_nobody_covers_are_told_from_the_first_on():
    [gap] = unserved(parse_scenario(CENTRE + EXPERTS))

    assert gap.calls == pytest.approx(20)
    assert [note["says"] for note in calls_in_vain(parse_scenario(CENTRE + EXPERTS))] == [
        "queue special: 20 of its calls come while nobody who could take them is on duty (experts), the first on "
        "2026-03-02 at 10:00"
    ]


def test_nothing_is_told_where_somebody_is_always_there_and_the_night_shift_works_on_into_the_morning():
    assert unserved(parse_scenario(CENTRE + EXPERTS + LATER)) == []


def test_a_queue_that_turns_callers_away_by_rule_or_helps_itself_by_relaxation_is_not_told():
    by_rule = CENTRE.replace("special: {needs: [z]}", "special: {needs: [z], join_empty: false}")
    relaxed = CENTRE.replace("special: {needs: [z]}", "special: {needs: [z], relaxation: [{after: 30s, drop: [z]}]}")

    assert unserved(parse_scenario(by_rule)) == unserved(parse_scenario(relaxed)) == []


def test_a_line_whose_calls_come_while_it_is_closed_is_told():
    at_night = CENTRE.replace("plain: {}", 'plain: {hours: "20:00-08:00"}') + EXPERTS + LATER
    by_day = at_night.replace("{queue: plain, calls_per_hour: 30}", '{queue: plain, calls_per_hour: 30, from: "20:00"}')

    assert shut_out(parse_scenario(by_day)) == []
    only = at_night.replace("calls_per_hour: 30}", 'calls_per_hour: 30, from: "08:00", until: "18:00"}')
    assert shut_out(parse_scenario(only)) == [("plain", pytest.approx(300), pytest.approx(300))]
