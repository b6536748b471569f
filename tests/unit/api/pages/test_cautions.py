"""What the pages say beside a simulation's figures: each sentence once, and of which result."""

import pytest

from api.pages.cautions import DOUBTS, NOTES, cautions
from api.pages.page import View
from callcenter.config import parse_scenario
from sim.results.estimates import Doubt
from sim.results.notes import notes
from tests.unit.sim.model.test_unserved import CENTRE, EXPERTS


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> View:
    made = View.__new__(View)
    monkeypatch.setattr(View, "language", "en", raising=False)
    monkeypatch.setattr(View, "signed_in", None, raising=False)
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
