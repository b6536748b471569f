import pytest

from callcenter.config import parse_scenario
from callcenter.errors import BadInput
from callcenter.scenario import NEVER, Law, LawKind, Rule
from callcenter.units import HOUR

HEAD = "version: 1\ncentre: {queues: {q: {}}, groups: {g: {}}}\n"


def patience(text: str) -> tuple[Rule, ...]:
    return parse_scenario(f"{HEAD}handling: {{exponential: 3m}}\npatience: {text}\n", "f.yaml").patience


@pytest.mark.parametrize(
    "text, law",
    [
        ("{exponential: 5m}", Law(LawKind.EXPONENTIAL, mean_s=300)),
        ("{exponential: {mean: 5m}}", Law(LawKind.EXPONENTIAL, mean_s=300)),
        ("{deterministic: 0s}", Law(LawKind.DETERMINISTIC)),
        ("{lognormal: {mean: 240s, cv: 80%}}", Law(LawKind.LOGNORMAL, mean_s=240, cv=0.8)),
        ("{gamma: {mean: 4m, cv: 1.5}}", Law(LawKind.GAMMA, mean_s=240, cv=1.5)),
        ("{weibull: {mean: 6m, shape: 0.9}}", Law(LawKind.WEIBULL, mean_s=360, shape=0.9)),
        ("{erlang: {mean: 90s, phases: 3}}", Law(LawKind.ERLANG, mean_s=90, shape=3)),
        ("{empirical: [10s, 1m]}", Law(LawKind.EMPIRICAL, values_s=(10, 60))),
        ("{empirical: {values: [1m], smooth: true}}", Law(LawKind.EMPIRICAL, values_s=(60,), smooth=True)),
        ("never", NEVER),
        (
            "{mixture: [{share: 10%, deterministic: 0s}, {share: 90%, exponential: 10m}]}",
            Law(
                LawKind.MIXTURE,
                parts=((0.1, Law(LawKind.DETERMINISTIC)), (0.9, Law(LawKind.EXPONENTIAL, mean_s=600))),
            ),
        ),
    ],
)
def test_a_law_is_its_family_and_its_figures(text: str, law: Law):
    assert patience(text) == (Rule(law),)


def test_rules_say_whom_a_law_is_for():
    rules = patience("\n  - {tiers: [vip], queues: [q], between: 18:00-20:00, exponential: 1m}\n  - never")

    assert rules[0] == Rule(Law(LawKind.EXPONENTIAL, mean_s=60), ("vip",), ("q",), between=(18 * HOUR, 20 * HOUR))
    assert rules[1] == Rule(NEVER)


@pytest.mark.parametrize(
    "text, what",
    [
        ("5m", "patience: is a time, not a law (5m): write {exponential: 5m}"),
        ("{}", "names no law"),
        ("{exponential: 5m, deterministic: 1s}", "names 2 laws (exponential, deterministic)"),
        ("{exponental: 5m}", "did you mean exponential?"),
        ("{exponential: 5}", "a duration needs its unit (5): write 5s, 5m or 5h"),
        ("{exponential: 0s}", "has a mean of 0"),
        ("{lognormal: 5m}", "patience.lognormal: is not a mapping"),
        ("{lognormal: {mean: 5m}}", "patience.lognormal.cv: is missing"),
        ("{lognormal: {mean: 5m, cv: 20000%}}", "is 200: at most 100 (10000%) is possible"),
        ("{lognormal: {mean: 5m, cv: 0}}", "for no spread write {deterministic: …}"),
        ("{weibull: {mean: 5m, shape: 0}}", "patience.weibull.shape: is not above 0"),
        ("{erlang: {mean: 5m, phases: 1.5}}", "is not a whole number (1.5)"),
        ("{empirical: []}", "is empty"),
        ("{mixture: [{share: 50%, exponential: 5m}]}", "add up to 50.00%"),
        ("[]", "has no rule"),
        ("[{tiers: [vip], exponential: 5m}]", "let the last one have no condition"),
        ("[{exponential: 5m}, never]", "is never reached"),
        ("[{tiers: [vipp], exponential: 5m}, never]", "there is no tier 'vipp', did you mean vip?"),
        ("[{queues: [p], exponential: 5m}, never]", "there is no queue 'p'"),
    ],
)
def test_what_is_no_law_is_refused_with_the_way_to_write_it(text: str, what: str):
    with pytest.raises(BadInput) as found:
        patience(text)

    assert str(found.value).startswith("f.yaml:4: patience")
    assert what in str(found.value)


def test_work_that_never_ends_is_refused():
    with pytest.raises(BadInput, match=r"f\.yaml:3: handling: never ends"):
        parse_scenario(f"{HEAD}handling: never\n", "f.yaml")
