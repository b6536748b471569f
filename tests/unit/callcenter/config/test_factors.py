"""One word for many figures, and people who are absent."""

import pytest

from callcenter.config import parse_scenario
from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from callcenter.scenario import Scenario
from sim.model.laws import mean_s

TEXT = """
version: 1
centre:
  queues: {sales: {}, help: {}}
  groups: {desk: {}, night: {}}
  tiers: {vip: {band: 0}, plain: {band: 1}}
  default_tier: plain
arrivals:
  - {name: s, queue: sales, calls_per_day: 100, tiers: {vip: 10%, plain: 90%}}
  - {name: h, queue: help, calls_per_hour: 5, tiers: {plain: 100%}}
  - {name: l, queue: help, from: 08:00, calls: [10, 20]}
handling: [{exponential: 100s, tiers: [vip]}, {lognormal: {mean: 3m, cv: 1.5}}]
patience: {mixture: [{share: 10%, deterministic: 0s}, {share: 90%, exponential: 2m}]}
shifts:
  - {group: desk, agents: 3, from: 08:00, to: 16:00, weekdays: mon-fri}
  - {group: desk, agents: 2, from: 10:00, to: 18:00, weekdays: [mon]}
staffing:
  - {group: night, agents: [2, 1], from: 20:00, every: 1h}
"""


def made(*sets: str) -> Scenario:
    return parse_scenario(TEXT, "text.yaml", sets)


def calls(scenario: Scenario) -> dict[tuple[str, str], float]:
    return {(stream.name, tier): sum(stream.calls) * part for stream in scenario.streams for tier, part in stream.tiers}


def test_one_word_multiplies_every_stream_whatever_its_unit():
    before, after = calls(made()), calls(made("volume*=1.15"))

    assert after == pytest.approx({key: 1.15 * number for key, number in before.items()})


def test_volume_of_a_stream_and_of_a_tier_leaves_the_others_as_they_are():
    before = calls(made())
    stream, tier = calls(made("volume.h*=2")), calls(made("volume.vip*=3"))

    assert stream == pytest.approx({key: number * (2 if key[0] == "h" else 1) for key, number in before.items()})
    assert tier == pytest.approx({key: number * (3 if key[1] == "vip" else 1) for key, number in before.items()})


def test_times_of_a_law_are_multiplied_wherever_they_stand_and_nothing_else():
    before, after = made(), made("handling*=1.1", "patience*=0.5")

    for one, other in zip(before.handling, after.handling, strict=True):
        assert mean_s(other.law) == pytest.approx(1.1 * mean_s(one.law))
        assert (other.law.cv, other.tiers) == (one.law.cv, one.tiers)
    assert [weight for weight, _ in after.patience[0].law.parts] == [0.1, 0.9]
    assert mean_s(after.patience[0].law) == pytest.approx(0.5 * mean_s(before.patience[0].law))


def heads(scenario: Scenario, group: str, day: int) -> list[int]:
    return [s.agents for s in scenario.shifts if s.group == group and day in s.weekdays]


def test_the_absent_are_taken_from_the_fullest_shift_of_each_day():
    scenario = made("absent.desk=2", "absent.night=1")

    assert heads(scenario, "desk", 0) == [2, 1] or sorted(heads(scenario, "desk", 0)) == [1, 2]
    assert heads(scenario, "desk", 1) == [1]
    assert scenario.staffing[0].agents == (1, 0)


def test_nobody_absent_changes_nothing():
    assert made("absent.desk=0").shifts == made().shifts


@pytest.mark.parametrize(
    "wrong, word",
    [
        ("volume=3", "multiply it, volume*=1.15"),
        ("volume+=3", "multiply it"),
        ("volume*=much", "is not a factor"),
        ("volume*=-1", "is not a factor"),
        ("volume.vipp*=2", "did you mean vip"),
        ("absent.desk=9", "on duty on mon"),
        ("absent.dsk=1", "did you mean"),
    ],
)
def test_a_word_that_does_not_fit_is_refused_in_one_line(wrong: str, word: str):
    with pytest.raises(BadInput, match=word.replace("*", r"\*")):
        made(wrong)


def test_a_shipped_scenario_takes_the_words_too():
    plain, more = load_scenario("telecom-hotline"), load_scenario("telecom-hotline", ["volume*=1.15", "absent.desk=2"])

    assert sum(map(sum, (s.calls for s in more.streams))) == pytest.approx(
        1.15 * sum(map(sum, (s.calls for s in plain.streams)))
    )
    assert sum(s.agents for s in more.shifts) == sum(s.agents for s in plain.shifts) - 2
