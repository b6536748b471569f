import pytest

from callcenter.centre import Centre, Group, Queue
from callcenter.config import parse_centre
from callcenter.errors import BadInput
from callcenter.skills import RelaxationStep
from callcenter.tiers import Leave, Scope, Sense, Target, WayOut, default_tiers
from callcenter.units import MINUTE, Millis

SMALL = "queues: {q: {}}\ngroups: {g: {}}\n"


def refusal(text: str) -> str:
    with pytest.raises(BadInput) as found:
        parse_centre(text, "c.yaml")
    assert "\n" not in str(found.value)
    return str(found.value)


def test_what_a_file_leaves_out_is_what_the_dataclasses_leave_out():
    centre = parse_centre(SMALL, "small.yaml")

    assert centre == Centre("small", (Queue("q"),), (Group("g"),))
    assert centre.tiers == default_tiers()


def test_skills_have_levels_where_they_are_given():
    centre = parse_centre("queues: {q: {needs: [a, b]}}\ngroups: {g: {skills: {b: 2, a: 1, c: 0}}}\n")

    assert centre.queues[0].needs == (("a", 1), ("b", 1))
    assert centre.groups[0].skills == (("a", 1), ("b", 2))


def test_relaxation_lowers_or_drops_skills():
    steps = "[{after: 30s, needs: {a: 1}}, {after: 1m, drop: [a]}]"
    centre = parse_centre(
        f"queues: {{q: {{needs: {{a: 2}}, relaxation: {steps}}}}}\ngroups: {{g: {{skills: {{a: 2}}}}}}\n"
    )

    assert centre.queues[0].relaxation == (
        RelaxationStep(Millis(30_000), (("a", 1),)),
        RelaxationStep(Millis(60_000), (("a", 0),)),
    )


def test_a_target_may_name_its_period_and_its_probability():
    mapping = "{share: 90%, within: 20s, scope: interval, probability: 95%}"
    centre = parse_centre(f"tiers: {{vip: {{band: 0, target: {mapping}}}}}\n{SMALL}")

    assert centre.tiers[0].target == Target(0.9, Millis(20_000), Scope.INTERVAL, Sense.PROBABILITY, 0.95)


def test_ways_out_are_words_or_a_place_to_overflow_to():
    centre = parse_centre(
        "queues: {q: {when_full: callback, max_wait: 5m, after_max_wait: {overflow: r}}, r: {}}\ngroups: {g: {}}\n"
    )

    assert centre.queues[0].when_full == WayOut(Leave.CALLBACK)
    assert centre.queues[0].after_max_wait == WayOut(Leave.OVERFLOW, "r")
    assert centre.queues[0].max_wait == 5 * MINUTE


def test_without_a_standard_tier_unknown_callers_get_the_last_promised_one():
    tiers = "tiers: {gold: {band: 0, target: 90/20}, iron: {band: 1, target: 80/20}, never: {band: 2}}\n"

    assert parse_centre(tiers + SMALL).default_tier == "iron"


@pytest.mark.parametrize(
    "text, start, what",
    [
        ("queues: {q: {}}\n", "c.yaml:1: groups: ", "is missing"),
        (SMALL + "ques: 1\n", "c.yaml:3: ques: ", "did you mean queues?"),
        ("queues:\n  q: {}\n  r:\n    needs: [b]\ngroups: {g: {}}\n", "c.yaml:4: queues.r.needs: ", "no group"),
        ("queues:\n  q: {}\n  r:\n    policy: slack\ngroups: {g: {}}\n", "c.yaml:2: queues.q: ", "share agents"),
        (SMALL + "default_tier: vipp\n", "c.yaml:3: default_tier: ", "did you mean vip?"),
        (SMALL + "agents: {ana: {group: h}}\n", "c.yaml:3: agents.ana.group: ", "there is no group 'h'"),
        (SMALL + "reserves:\n  - {band: 0, group: h, keep: 1}\n", "c.yaml:4: reserves.0.group: ", "no group 'h'"),
        (SMALL + "zone: Europe/Madird\n", "c.yaml:3: zone: ", "did you mean Europe/Madrid?"),
        (SMALL + "channels: {voice: 0%}\n", "c.yaml:3: channels.voice: ", "1 % to 100 %"),
        (SMALL + "tiers:\n  vip: {band: -1}\n", "c.yaml:4: tiers.vip.band: ", "0 or more is possible"),
        (SMALL + "tiers:\n  vip: {band: 0, target: 120/20}\n", "c.yaml:4: tiers.vip.target: ", "promises 120 %"),
        (SMALL + "tiers:\n  vip: {}\n", "c.yaml:4: tiers.vip.band: ", "is missing"),
        ("queues:\n  q:\n    policy: fastest\ngroups: {g: {}}\n", "c.yaml:3: queues.q.policy: ", "'fifo'"),
        ("queues:\n  q:\n    relaxation: [{after: 5s, drop: [x]}]\ngroups: {g: {}}\n", "c.yaml:3: ", "does not need"),
        ("queues:\n  q: {max_wait: 5m, after_max_wait: {overflow: q}}\ngroups: {g: {}}\n", "c.yaml:2: ", "into itself"),
        ("queues:\n  q:\n    callbacks: {group: h}\ngroups: {g: {}}\n", "c.yaml:3: queues.q.callbacks.group: ", "'h'"),
        ("queues:\n  q:\n    callbacks: {window: 21:00-09:00}\ngroups: {g: {}}\n", "c.yaml:3: ", "past midnight"),
        (
            "queues: {q: {needs: {a: 2}, relaxation: [{after: 9s, needs: {a: 1}}, {after: 5s, drop: [a]}]}}\n"
            "groups: {g: {skills: {a: 2}}}\n",
            "c.yaml:1: queues.q.relaxation: ", "one after another",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_line(text: str, start: str, what: str):
    said = refusal(text)

    assert said.startswith(start)
    assert what in said
