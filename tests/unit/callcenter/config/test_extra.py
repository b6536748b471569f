"""People more or fewer than rostered, half hour by half hour."""

import pytest

from callcenter.config import load_scenario, parse_scenario
from callcenter.errors import BadInput
from callcenter.units import HOUR, MINUTE
from sim.model.shifts import duties
from sim.model.streams import Chance

TEXT = """
version: 1
centre: {queues: {hotline: {}}, groups: {desk: {}, night: {}}}
arrivals: [{queue: hotline, calls_per_hour: 60}]
handling: {exponential: 3m}
patience: {exponential: 5m}
shifts:
  - {group: desk, agents: 3, from: 08:00, to: 12:00, breaks: [10:00-10:15]}
  - {group: desk, agents: 2, from: 10:00, to: 14:00, weekdays: [mon, tue]}
staffing:
  - {group: night, from: 18:00, every: 1h, agents: [2, 2, 1]}
horizon: {start: 2026-03-02, days: 1}
"""


def made(*sets):
    return parse_scenario(TEXT, "s.yaml", list(sets))


def heads(scenario, group="desk"):
    """Return heads on the phone at the middle of every quarter hour of the day."""
    day = scenario.horizon.measured.start
    begin = scenario.centre.zone.instant(day * 24 * HOUR)
    there = [duty for duty in duties(scenario, Chance(1, 0)) if duty.group == group]
    at = [begin + n * 15 * MINUTE + 7 * MINUTE for n in range(96)]
    return [
        sum(d.begin <= t < d.end and not any(b <= t < e for b, e in d.breaks) for d in there)
        for t in at
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("span", "n", "quarters"),
    [("09:00-11:00", 2, range(36, 44)), ("10:00-10:30", -1, range(40, 42)), ("18:00-18:30", 3, range(72, 74)),
     ("11:30-12:00", -5, range(46, 48)), ("07:00-07:30", 1, range(28, 30))],
)  # fmt: skip
def test_exactly_the_asked_for_heads_are_there_more_or_fewer_and_no_other(span, n, quarters):
    group = "night" if span.startswith("18") else "desk"
    before, after = heads(made(), group), heads(made(f"extra.{group}={{{span}: {n}}}"), group)

    assert after == [was + n * (q in quarters) for q, was in enumerate(before)]


def test_a_number_is_for_whenever_the_group_is_there():
    before, after = heads(made()), heads(made("extra.desk=2"))

    assert after == [was + (2 if 32 <= q < 56 else 0) for q, was in enumerate(before)]
    assert heads(made("extra.desk=-2"))[36] == before[36] - 2
    assert heads(made("extra.night=-1"), "night") == [max(0, was - 1) for was in heads(made(), "night")]


def test_who_stays_stays_who_they_are():
    """Chance is keyed by the agent: the others' day must not change."""
    before = {duty.agent_id: duty for duty in duties(made(), Chance(1, 0))}
    after = {duty.agent_id: duty for duty in duties(made("extra.desk={09:00-09:30: -1, 10:30-11:00: 1}"), Chance(1, 0))}

    changed = [name for name in before if after[name] != before[name]]
    assert len(changed) == 1
    assert len(after) == len(before) + 1


def test_one_person_comes_for_half_hours_that_follow_one_another():
    scenario = made("extra.desk={09:00-09:30: 1, 09:30-10:00: 2, 10:00-10:30: 1}")
    more = scenario.shifts[2:]

    assert [(s.begin // MINUTE, s.end // MINUTE, s.agents) for s in more] == [(540, 630, 1), (570, 600, 1)]


def test_nothing_more_and_nothing_fewer_changes_nothing():
    assert made("extra.desk=0", "extra.night={18:00-19:00: 0}").shifts == made().shifts
    assert made("extra.desk=0", "extra.night={18:00-19:00: 0}").staffing == made().staffing


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ("extra.dsk=1", "did you mean"),
        ("extra.desk={9-10: 1}", "not a time of day"),
        ("extra.desk={09:00-10:00: 1, 09:30-10:30: 1}", "overlaps"),
        ("extra.desk={22:00-02:00: 1}", "midnight"),
        ("extra.desk={11:00-11:30: -9}", "take fewer"),
        ("extra.desk={11:00-11:30: 1.5}", "extra"),
    ],
)
def test_what_cannot_be_is_one_line(wish, said):
    with pytest.raises(BadInput, match=said) as refused:
        made(wish)
    assert "\n" not in str(refused.value)


def test_the_flagship_takes_two_people_more_for_one_half_hour():
    before = heads(load_scenario("telecom-hotline", ["shrinkage=0%"]))
    after = heads(load_scenario("telecom-hotline", ["shrinkage=0%", "extra.desk={10:00-10:30: 2, 15:00-15:30: -3}"]))

    assert [b - a for a, b in zip(before, after, strict=True) if a != b] == [2, 2, -3, -3]
