"""Days that follow one another: the night shift of yesterday, calls at midnight, the days the clocks change."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.config import parse_scenario
from callcenter.config.load import load_scenario
from callcenter.config.zones import zone
from callcenter.scenario import Break, Horizon, Scenario, Shift, Staffing
from callcenter.units import DAY, HOUR, MINUTE, Millis
from sim.experiment.replicate import one
from sim.model.demand import arrivals
from sim.model.shifts import duties, duty_on
from sim.model.streams import Chance
from sim.results.figures import Figures, figures, interval_starts
from sim.results.result import local_time
from sim.run.driver import Day
from tests.unit.sim.scenes import MONDAY, busy, lived, logins, scripted

AUTUMN = 20751
"""2026-10-25: in Berlin the hour from 02:00 comes twice."""
SPRING = 20541
"""2026-03-29: it does not come at all."""

ROUND_THE_CLOCK = """
version: 1
centre:
  zone: Europe/Berlin
  tiers: {{standard: {{band: 0, target: 80/20}}}}
  queues: {{q: {{}}}}
  groups: {{g: {{auto_answer: true}}}}
arrivals: [{{calls_per_hour: 30}}]
handling: {{exponential: 3m}}
patience: {{exponential: 5m}}
shifts: [{shifts}]
"""


def centre_of(*shifts: str) -> Scenario:
    text = ", ".join(f"{{group: g, {shift}}}" for shift in shifts)
    return parse_scenario(ROUND_THE_CLOCK.format(shifts=text), "centre.yaml")


def same(one_: Figures, other: Figures) -> bool:
    return (
        one_.counts.tolist() == other.counts.tolist()
        and one_.sums.tolist() == other.sums.tolist()
        and one_.spans == other.spans
    )


# --- yesterday's shift


def test_the_shift_of_the_night_before_is_there_when_the_first_day_begins():
    night = Shift("g", 1, 22 * HOUR, 30 * HOUR)
    day = lived(scripted([(3600, "standard", 60)], shifts=(night,)))

    assert logins(day) == [("in", 0), ("out", 6), ("in", 22)]
    assert day.ledger.calls[0].outcome == "answered"


def test_who_worked_the_night_before_may_have_had_another_day_off():
    sundays = Shift("g", 1, 22 * HOUR, 30 * HOUR, weekdays=(6,))

    assert [
        (d.begin - MONDAY * DAY, d.end - MONDAY * DAY) for d in duties(scripted([], shifts=(sundays,)), CHANCE)
    ] == [(0, 6 * HOUR)]


CHANCE = Chance(1, 0)


def test_a_break_that_midnight_cuts_goes_on_and_one_that_is_over_does_not_come():
    breaks = tuple(Break(n * HOUR + 45 * MINUTE, Millis(30 * MINUTE)) for n in (0, 1))
    [duty] = duties(scripted([], shifts=(Shift("g", 1, 22 * HOUR, 30 * HOUR, breaks, (6,)),)), CHANCE)

    assert duty.breaks == ((MONDAY * DAY, MONDAY * DAY + 15 * MINUTE),)


# --- the same heads, written otherwise

SAME_HEADS = [
    ("agents: 3, from: 00:00, to: 24:00",),
    ("agents: 3, from: 22:00, to: 06:00", "agents: 3, from: 06:00, to: 22:00"),
    ("agents: 3, from: 23:00, to: 07:00", "agents: 3, from: 07:00, to: 15:00", "agents: 3, from: 15:00, to: 23:00"),
    ("agents: 1, from: 00:00, to: 24:00", "agents: 2, from: 06:00, to: 06:00"),
    ("agents: 3, from: 00:00, to: 24:00, weekdays: mon-fri", "agents: 3, from: 00:00, to: 24:00, weekdays: 'sat,sun'"),
]


@pytest.mark.parametrize("shifts", SAME_HEADS[1:])
def test_equal_plans_written_differently_give_equal_figures(shifts):
    assert same(one(centre_of(*shifts), 0), one(centre_of(*SAME_HEADS[0]), 0))


def test_three_heads_round_the_clock_are_72_hours_logged_in():
    for shifts in SAME_HEADS:
        assert one(centre_of(*shifts), 0).spans["g"]["logged_in"] == 72 * HOUR


@given(st.data())
@settings(max_examples=25)
def test_a_day_cut_into_shifts_has_the_heads_of_the_day(data):
    cuts = sorted(data.draw(st.sets(st.integers(0, 47), min_size=1, max_size=5), label="cuts"))
    heads = data.draw(st.integers(1, 4), label="heads")
    ends = [*cuts[1:], cuts[0] + 48]
    half = 30 * MINUTE
    cut = tuple(Shift("g", heads, a * half, b * half) for a, b in zip(cuts, ends, strict=True))
    scene = scripted([], shifts=cut, horizon=Horizon(MONDAY, days=2))

    whole = duties(replace(scene, shifts=(Shift("g", heads, 0, DAY),)), CHANCE)
    found = duties(scene, CHANCE)

    assert [d.begin for d in found] == [d.begin for d in whole]
    assert len({d.agent_id for d in found}) == heads
    assert {d.end for d in found} <= {d.end + n * half for d in whole for n in range(48)}


@given(st.lists(st.tuples(st.integers(0, 47), st.integers(1, 24), st.integers(1, 3)), min_size=1, max_size=5))
@settings(max_examples=60)
def test_nobody_is_in_two_places_and_no_head_is_lost_where_places_are_handed_over(drawn):
    half = 30 * MINUTE
    shifts = tuple(Shift("g", n, at * half, (at + length) * half) for at, length, n in drawn)
    found = duties(scripted([], shifts=shifts, horizon=Horizon(MONDAY, days=2)), CHANCE)

    def there(at: int) -> int:
        return sum(s.agents for s in shifts for day in range(-1, 2) if s.begin + day * DAY <= at < s.end + day * DAY)

    for at in range(0, 2 * DAY, half):
        names = [d.agent_id for d in found if d.begin <= MONDAY * DAY + at < d.end]
        assert len(names) == len(set(names)) == there(at)


# --- calls at midnight


def test_a_line_that_is_open_at_midnight_begins_as_the_day_before_left_it():
    read = centre_of(SAME_HEADS[0][0])
    assert (read.horizon.discard, read.horizon.run_off) == (1, 1)
    first = Day(read, 0, keep_journal=True).run()
    midnight = first.measured_from
    talking = [c for c in first.ledger.calls if c.queued_at < midnight < (c.left_at or 0) + (c.talk_ms or 0)]

    assert talking


@pytest.mark.parametrize(
    "more, lives_on",
    [
        ("{until: 20:00, calls_per_hour: 30}", False),
        ("{until: 23:30, calls_per_hour: 30}", True),
        ("{from: 08:00, until: 12:00, calls_per_hour: 30}", False),
    ],
)
def test_a_day_is_lived_before_only_where_calls_may_be_left_at_midnight(more, lives_on):
    text = ROUND_THE_CLOCK.format(shifts="").replace("{calls_per_hour: 30}", more)

    assert parse_scenario(text, "x").horizon.discard == (1 if lives_on else 0)


def test_a_queue_that_closes_leaves_nobody_behind_however_patient():
    text = ROUND_THE_CLOCK.format(shifts="").replace("{q: {}}", "{q: {hours: 08:00-20:00}}")

    assert parse_scenario(text.replace("exponential: 5m", "deterministic: 24h"), "x").horizon.discard == 0


def test_days_lived_before_change_no_draw_of_those_measured():
    scene = busy(horizon=Horizon(MONDAY, days=2))
    after = replace(scene, horizon=Horizon(MONDAY - 3, days=2, discard=3))
    mine, other = arrivals(scene, CHANCE), arrivals(after, CHANCE)

    assert (mine.at + mine.base).tolist() == (other.at + other.base)[other.measured].tolist()
    assert mine.key.tolist() == other.key[other.measured].tolist()


def test_the_run_off_ends_with_the_last_measured_call_and_changes_no_figure():
    read = centre_of("agents: 2, from: 00:00, to: 24:00")
    early = Day(read, 0)
    early.run()
    late = Day(read, 0)
    late._ends_early = False
    late.run()

    assert early.now < late.now
    assert same(figures(early), figures(late))
    assert figures(early).tally().open == 0


# --- 23 and 25 hours


@pytest.mark.parametrize("day, hours", [(AUTUMN, 25), (SPRING, 23), (MONDAY, 24)])
@pytest.mark.parametrize("interval", [15, 30, 60, 180, 1440])
def test_a_rate_holds_through_every_hour_of_a_day_of_23_or_25(day, hours, interval):
    scene = busy(1.0)
    stream = replace(
        scene.streams[0], begin=0, interval=Millis(interval * MINUTE), calls=(interval * 2.0,) * (1440 // interval),
        tiers=(),
    )  # fmt: skip
    centre = replace(scene.centre, zone=zone("Europe/Berlin"))
    scene = replace(scene, centre=centre, streams=(stream,), horizon=Horizon(day))
    calls = arrivals(scene, CHANCE)
    by_hour = np.bincount(calls.at // HOUR, minlength=hours)

    assert len(by_hour) == hours
    assert abs(len(calls) - 120 * hours) < 5 * (120 * hours) ** 0.5
    assert by_hour.min() > 120 - 5 * 11
    assert by_hour.max() < 120 + 5 * 11


def test_an_interval_that_comes_twice_says_which_it_is():
    day = Day(replace(centre_of(SAME_HEADS[0][0]), horizon=Horizon(AUTUMN), streams=(), shifts=()), 0)
    starts = [local_time(day.scenario.centre.zone, start)[11:] for start in interval_starts(day)]

    assert starts[3:10] == ["01:30", "02:00+02:00", "02:30+02:00", "02:00+01:00", "02:30+01:00", "03:00", "03:30"]
    assert len(set(starts)) == 50


def test_heads_that_change_in_the_hour_that_comes_twice_change_twice():
    curve = Staffing("g", (2, 1), 2 * HOUR)
    scene = centre_of(SAME_HEADS[0][0])
    found = duties(replace(scene, shifts=(), staffing=(curve,), horizon=Horizon(AUTUMN)), CHANCE)
    there = [sum(d.begin <= AUTUMN * DAY + at * 30 * MINUTE < d.end for d in found) for at in range(-1, 5)]

    # 02:00 in summer is midnight UTC.
    assert there == [0, 2, 1, 2, 1, 0]


def test_a_break_is_taken_when_the_clock_on_the_wall_says_so():
    shift = Shift("g", 1, 0, 14 * HOUR, (Break(12 * HOUR, Millis(HOUR)),))
    berlin = zone("Europe/Berlin")
    for day in (AUTUMN, SPRING, MONDAY):
        [(begin, end)] = duty_on(berlin, day, shift, "a").breaks
        assert berlin.local(begin) % DAY == 12 * HOUR
        assert end - begin == HOUR


@pytest.mark.parametrize(
    "name, offered, hours", [("night-shift", 720, 72), ("same-heads-one-shift", 720, 72), ("day-of-25-hours", 750, 75)]
)
def test_strangers_centres_have_their_hours_and_their_calls(shared, name, offered, hours):
    read = load_scenario(shared(f"strangers/centres/{name}.yaml"))
    figures = [one(read, n) for n in range(2)]

    assert [f.spans["g"]["logged_in"] for f in figures] == [hours * HOUR] * 2
    assert abs(sum(f.tally().offered for f in figures) - 2 * offered) < 4 * (2 * offered) ** 0.5
