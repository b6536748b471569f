"""Rules of grading methods as people write them."""

import pytest

from callcenter.config.grading_forms import FORMS
from callcenter.config.grading_rules import read_rules, rules_tree
from callcenter.customers.methods import METHODS
from callcenter.customers.ranking import Step
from callcenter.errors import BadInput


@pytest.mark.parametrize("method", METHODS)
def test_a_method_without_a_file_has_its_own_rules(method):
    assert read_rules(method).rules == METHODS[method].rules


@pytest.mark.parametrize("method", METHODS)
def test_rules_written_down_are_read_as_the_same_rules(method):
    tree = rules_tree(METHODS[method].rules)
    sets = [f"tiers.{grade}=vip" for grade in METHODS[method].rules.tiers]

    assert set(read_rules(method, sets=sets).rules.tiers.values()) == {"vip"}
    assert FORMS[method].model_validate(tree).read() == METHODS[method].rules


@pytest.mark.parametrize(
    ("method", "text", "tiers"),
    [
        ("scorecard", "criteria: {revenue_12m: {weight: 1, limits: {300000: 60, 1000000: 100}}}\n"
                      "grades: {vip: 100, mid: 60, standard: 0}", {"vip": "vip", "mid": "mid", "standard": "standard"}),
        ("rfm", "segments: {champions: {recency: 4}, lost: {}}", {"champions": "vip", "lost": "standard"}),
        ("pyramid", "sizes: {a: 1%, b: 4%, c: 5%, d: rest}",
         {"a": "vip", "b": "mid", "c": "standard", "d": "standard"}),
    ],
)  # fmt: skip
def test_grades_of_ones_own_are_served_by_their_place_unless_a_file_says_how(method, text, tiers):
    assert dict(read_rules(method, text).rules.tiers) == tiers
    assert read_rules(method, text, sets=["tiers." + next(iter(tiers)) + "=gold"]).rules.tiers != tiers


def test_a_file_may_name_its_method_and_change_a_part():
    chosen = read_rules(None, "method: pyramid\nsizes: {top: 350, rest: rest}\ntiers: {top: vip, rest: standard}\n")

    assert chosen.method == "pyramid"
    assert chosen.rules.sizes == (Step("top", count=350), Step("rest"))


@pytest.mark.parametrize(
    ("method", "text", "said"),
    [
        ("pyramid", "sizes: {a: 60%, b: 60%, c: rest}", "r.yaml:1: sizes: adds up to 120 %"),
        ("pyramid", "sizes: {a: 60%, b: 30%}", "sizes.b: leaves customers without a grade: let the last one be rest"),
        ("pyramid", "sizes: {a: rest, b: 30%}", "sizes.a: is the rest and not the last one"),
        ("pyramid", "sizes: {a: 5%, b: rest}\ntiers: {platinum: vip}", "tiers.platinum: there is no grade 'platinum'"),
        ("abc", "tiers: {A: blacklisted, B: mid, C: standard}", "tiers.A: is blacklisted: nobody is by figures"),
        ("pyramid", "sizes: {a: 5%, b: rest}\ntiers: {a: vip}", "tiers: has no tier for the grade 'b'"),
        ("pyramid", "sise: {}", "sise: is not a known key, did you mean sizes"),
        ("abc", "shares: {A: 70, B: rest}", "shares.A: is a number (70): write a share of the revenue, 70%"),
        ("rfm", "segments: {a: {recency: 9}, b: {}}", "segments.a: asks for a score of 9: there are 5"),
        ("rfm", "segments: {a: {recency: 2}}", "segments.a: asks for scores: the last line must take everyone"),
        ("value3d", "weights: {spend: 0}", "weights: are all 0"),
        ("loyalty", "stages: {a: {months: 2}}", "stages.a: asks for something: the last stage must take everyone"),
        ("ltv", "discount: 0%", "discount: is 0: a sum to come is worth less"),
        ("ltv", "retention: {0: 90%, 12: 50%}", "retention: gives less for more: let it rise"),
        ("ltv", "retention: {6: 90%}", "retention: does not say what new customers do"),
        ("scorecard", "criteria: {revenu: {weight: 1}}", "there is no figure 'revenu', did you mean revenue_12m?"),
        ("scorecard", "grades: {A: 10, B: 20, C: 0}", "grades: do not fall from grade to grade"),
        ("abc", "method: rfm", "is about rfm, not abc"),
        ("abx", None, "there is no method 'abx', did you mean abc?"),
        (None, None, "--method: is missing: choose one of pyramid, abc"),
    ],
)
def test_rules_that_cannot_be_are_refused_in_one_line(method, text, said):
    with pytest.raises(BadInput) as caught:
        read_rules(method, text, "r.yaml")

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
