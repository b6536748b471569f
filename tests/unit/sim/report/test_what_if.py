"""What is taken along from a what-if says what the page said."""

import re

import pytest
from matplotlib.figure import Figure
from rich.cells import cell_len

from callcenter.config import parse_scenario
from sim.experiment.replicate import run
from sim.report import fonts
from sim.report.fonts import fallbacks
from sim.report.what_if import BOXES, document, lines_of, picture, rows_of, text_of
from sim.report.wording import JSON
from sim.results.result import as_json, result
from tests.unit.sim.model.test_unserved import CENTRE


@pytest.fixture(scope="module")
def found() -> JSON:
    lived = run(parse_scenario(CENTRE + "replications: 2\n"), processes=1)
    return as_json(result(lived.scenario, lived.figures, lived.starts, lived.engine))


def test_the_printed_page_tells_calls_in_vain_and_doubts_after_the_figures(found: JSON):
    lines = lines_of(found)

    told = " ".join(lines[lines.index("* the interval of the difference leaves out zero; the same chance for base and "
                                      "variants") + 1:])  # fmt: skip
    assert "queue special: 40 of its calls come while nobody who could take them is on duty" in told
    assert "2 replications: with fewer than 10 an interval is itself a matter of luck" in told
    assert max(map(len, lines)) <= 150


def test_a_result_kept_by_an_earlier_version_is_printed_all_the_same(found: JSON):
    earlier = {key: part for key, part in found.items() if key not in {"notes", "doubts"}}

    assert document(earlier, "kept", []).startswith(b"%PDF")


def test_a_spreadsheet_has_every_tier_and_half_hour_once(found: JSON):
    rows = list(rows_of(found))

    keys = [(row["variant"], row["start"], row["tier"], row["figure"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert len(text_of(iter(rows)).splitlines()) == len(rows) + 1


def test_letters_that_our_own_font_lacks_are_drawn_by_one_that_is_installed():
    """They came out as empty boxes, without a word."""
    families, boxes = fallbacks(["贵宾 VIP", "été"])
    if not families:
        pytest.skip("no font with Chinese letters is installed")

    assert boxes == 0
    assert fallbacks(["VIP", "été"]) == ([], 0)


@pytest.mark.parametrize("draw", [picture, lambda result, title: document(result, title, ["贵宾"])])
def test_a_picture_says_of_letters_that_no_font_has_that_they_are_boxes(found: JSON, monkeypatch, draw):
    monkeypatch.setattr(fonts, "CHINESE", ())
    monkeypatch.setattr(fonts, "FILES", re.compile("(?!)"))
    said: list[str] = []
    monkeypatch.setattr(Figure, "supxlabel", lambda self, text, **_: said.append(text))

    assert draw(found, "贵宾")
    assert said == [BOXES.format(n=2)]


@pytest.mark.parametrize("name", ["calls", "呼叫中心"])
def test_columns_stand_below_each_other_whatever_the_letters(found: JSON, name: str):
    lines = [line for line in lines_of(found | {"scenario": name * 5}) if "%" not in line and " sl_net" in line]

    assert {cell_len(line[: line.index("sl_net")]) for line in lines} == {46}
