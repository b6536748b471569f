"""Reports and tables in Chinese: nothing stays English, columns stand straight, labels stay in their picture."""

import base64
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from callcenter.cli.help import language_named
from callcenter.language.catalogues import LANGUAGES
from callcenter.language.said import Said, said
from callcenter.language.spoken import _, n_, speaking
from sim.experiment.replicate import Run
from sim.report.page import report
from sim.report.table import show
from sim.report.wording import JSON

OURS = re.compile(r"[A-Za-z]{3,}")
LETTERS = re.compile("[一-鿿]")
SVG_TEXT = re.compile(r"<text\b([^>]*)>([^<]*)</text>")
ALLOWED = {"vip", "mid", "standard", "blacklisted", "Busy", "small", "busy", "desk", "hotline", "callcenter", "UTC"}
"""Names that the scenario or the product has; machine names stand beside them."""


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request: pytest.FixtureRequest, lived: Run, found: JSON) -> tuple[str, str]:
    """Give a language, and the report in it."""
    with speaking(request.param):
        return request.param, report(lived, found, "1.2.3")


def printed(print_it: Callable[[Console], None]) -> str:
    stream = io.StringIO()
    print_it(Console(file=stream, width=160, color_system=None))
    return stream.getvalue()


def pictures(text: str) -> list[str]:
    return [base64.b64decode(found).decode() for found in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", text)]


def test_a_text_of_the_core_is_english_until_it_is_shown():
    text = said("agents alone cannot keep: {promise}", promise=said("all calls"))

    assert text == "agents alone cannot keep: all calls"
    assert isinstance(text, Said)
    with speaking("zh_CN"):
        assert _(text) == "仅靠坐席无法兑现：全部来电"
        assert n_("{n} day", "{n} days", 1) == "1 天"
    assert _(text) == text


def test_languages_have_the_names_that_people_give_them():
    assert {language_named(name) for name in ("zh", "zh-CN", "zh_Hans_CN.UTF-8", "ZH")} == {"zh_CN"}


def test_the_page_says_in_which_language_it_is(page: tuple[str, str]):
    language, text = page

    assert f'<html lang="{language.replace("_", "-")}">' in text
    assert bool(LETTERS.search(re.sub("白金", "", text))) == (language == "zh_CN")


def test_no_head_of_a_table_stays_english(page: tuple[str, str]):
    language, text = page
    if language == "en":
        return
    words = re.findall(r"<(?:h2|dt|caption|summary|figcaption|th)\b[^>]*>([^<]+)<", text)
    formulas = {word for word in OURS.findall(" ".join(words)) if word.startswith("sl")}
    left = {word for text in words for word in OURS.findall(text)} - formulas - ALLOWED

    assert left <= {"ASA", "net", "all", "answered", "offered", "forgiving", "overflow"}, left


def test_columns_of_a_printed_table_stand_under_each_other(busy: Any, found: JSON):
    with speaking("zh_CN"):
        lines = printed(lambda console: show(console, busy, found)).splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("等级"))
    rows = lines[head : head + 6]

    assert len({cell_len(row) for row in rows}) == 1, rows


def test_labels_stay_inside_their_picture(page: tuple[str, str]):
    language, text = page
    found = pictures(text)

    assert len(found) == 5
    for svg in found:
        wide = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])  # type: ignore[index]
        for attributes, label in SVG_TEXT.findall(svg):
            size = re.search(r"font(?:-size)?: (?:\d+ )?([\d.]+)px", attributes)
            place = re.search(r'x="(-?[\d.]+)"|translate\((-?[\d.]+)', attributes)
            if "rotate(-90" in attributes or size is None or place is None:
                continue
            x, width = float(place[1] or place[2]), cell_len(label) * float(size[1]) / 2
            begin = x - (width / 2 if "middle" in attributes else width if "anchor: end" in attributes else 0)
            slack = 0.08 * width  # an average letter of a Latin text is a little wider or narrower than half an em
            assert begin >= -slack, (language, label)
            assert begin + width <= wide + slack, (language, label)
