"""What the pages say beside a simulation's figures: each sentence once, and of which result."""

from dataclasses import replace

import pytest

from api.pages.cautions import DOUBTS, NOTES, cautions
from api.pages.page import View
from api.pages.what_if import given
from callcenter.config import parse_scenario
from callcenter.units import MINUTE, Millis
from sim.experiment.compare import compare
from sim.results.estimates import Doubt
from sim.results.notes import notes
from tests.unit.sim.model.test_unserved import CENTRE, EXPERTS


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> View:
    made = View.__new__(View)
    monkeypatch.setattr(View, "language", "en", raising=False)
    monkeypatch.setattr(View, "signed_in", None, raising=False)
    monkeypatch.setattr(View, "cookie", None, raising=False)
    return made


def result(text: str) -> dict:
    return {"notes": notes(parse_scenario(text)), "doubts": []}


def test_calls_in_vain_are_told_of_the_variant_that_has_them(view: View):
    found = cautions(view, [("Base", result(CENTRE)), ("Changed", result(CENTRE + EXPERTS))])

    assert found == [
        "Base: Queue special: 40 of its calls come while nobody who could take them is on duty, the first on "
        "2026-03-02 08:00.",
        "Changed: Queue special: 20 of its calls come while nobody who could take them is on duty, the first on "
        "2026-03-02 10:00.",
    ]


def test_what_holds_of_every_result_is_told_once_and_without_names(view: View):
    both = [("Base", result(CENTRE)), ("Changed", result(CENTRE))]

    assert cautions(view, both) == [cautions(view, both[:1])[0]]


def test_an_interval_that_is_not_to_be_trusted_is_told_where_a_page_shows_its_figure(view: View):
    seen = {"cause": "skewed", "says": "", "figures": ["tiers.vip.asa_s"]}
    unseen = {"cause": "skewed", "says": "", "figures": ["tiers.vip.open"]}

    assert cautions(view, [("Base", {"doubts": [seen]})]) == [DOUBTS["skewed"]]
    assert cautions(view, [("Base", {"doubts": [unseen]})]) == []


def test_a_cause_that_no_page_knows_is_told_as_the_result_has_it(view: View):
    new = {"cause": "new", "says": "something is odd", "figures": []}

    assert cautions(view, [("Base", {"notes": [new], "doubts": [new]})]) == ["something is odd"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "1,000 replications did not reach the precision of ± 0.05% asked for."),
        ("zh_CN", "1,000 次重复未达到所要求的 ± 0.05% 精度。"),
    ],
)
def test_a_precision_that_was_not_reached_is_told_in_the_language_of_who_looks_on(view, monkeypatch, language, told):
    monkeypatch.setattr(View, "language", language, raising=False)
    note = {"cause": "precision_not_reached", "says": "", "replications": 1_000, "precision": 0.0005}

    assert cautions(view, [("Base", {"notes": [note]})]) == [told]


def test_every_cause_of_a_result_has_a_sentence():
    assert {str(cause) for cause in Doubt} <= set(DOUBTS)
    assert {note["cause"] for note in notes(parse_scenario(CENTRE))} <= set(NOTES)


def test_a_variant_of_other_days_intervals_or_calls_is_told_and_not_called_one_of_the_same_chance(view: View):
    few = parse_scenario(CENTRE + "replications: 2\n")
    many = replace(few, streams=tuple(replace(s, calls=tuple(2 * n for n in s.calls)) for s in few.streams))
    long = replace(many, horizon=replace(few.horizon, days=2), interval=Millis(15 * MINUTE))
    found = {name: compare(few, [(name, one)], processes=1).as_json() for name, one in (("a", many), ("b", long))}
    same = compare(few, [("c", few)], processes=1).as_json()

    assert "a: Its calls are others: 1,520 are expected, in the base 760." in given(view, found["a"], [])["cautions"]
    told = [line for line in given(view, found["b"], [])["cautions"] if line.startswith("b: ")]
    assert told[:3] == [
        "b: Measured from 2026-03-02 00:00 to 2026-03-04 00:00 (UTC), the base from 2026-03-02 00:00 to 2026-03-03 "
        "00:00 (UTC): nothing is compared interval by interval.",
        "b: Intervals of 15 minutes, the base's of 30: nothing is compared interval by interval.",
        "b: Its calls are others: 3,040 are expected, in the base 760.",
    ]
    for one, alike in ((found["a"], False), (found["b"], False), (same, True)):
        page = view.render("what_if_result.html", **given(view, one, []), job=None, kept=None, more=False)
        assert ("differences under the same chance" in page) == alike
        assert ("differences of the same seed" in page) != alike
