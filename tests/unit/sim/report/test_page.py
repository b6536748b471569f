"""The report: one file, nothing from outside, every chart with its words and numbers."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from callcenter.config import load_scenario
from callcenter.lifecycle.measures import FORMULAS
from sim.experiment.replicate import Run, run
from sim.report.page import report
from sim.report.wording import JSON
from sim.results.result import as_json, result


class _Page(HTMLParser):
    """Collects what a page shows and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        if tag == "img":
            self.images.append(named)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "action"} and value]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page(lived: Run, found: JSON) -> str:
    return report(lived, found, "1.2.3")


def test_nothing_is_fetched_from_outside(page: str):
    assert all(address.startswith("data:") for address in _Page(page).addresses)
    assert "://" not in page
    assert "script" not in _Page(page).tags


def test_images_fetch_nothing_either(page: str):
    for image in _Page(page).images:
        svg = base64.b64decode(str(image["src"]).partition(",")[2]).decode()
        outside = [a for a in re.findall(r"\w+://[^\s\"'<>]*", svg) if not a.startswith("http://www.w3.org/")]
        assert outside == []
        assert "<!DOCTYPE" not in svg


def test_every_chart_has_words_and_a_table(page: str):
    seen = _Page(page)

    assert len(seen.images) == 5
    assert all(len(str(image["alt"])) > 40 for image in seen.images)
    assert seen.tags.count("details") == len(seen.images)


def test_titles_and_texts_are_escaped(page: str):
    assert "<script>" not in page
    assert "&lt;b&gt;Busy&lt;/b&gt; &amp; [bold]small[/bold]" in page
    assert "白金" in page


def test_the_page_says_what_was_simulated(page: str):
    text = " ".join(_Page(page).text)

    assert all(word in text for word in ("busy", "callcenter 1.2.3", "Monday 2026-03-02", "Replications"))
    assert all(formula in text for formula in FORMULAS)
    assert all(tier in text for tier in ("vip", "mid", "standard", "blacklisted", "overall"))


def test_the_same_run_gives_the_same_page(lived: Run, found: JSON, page: str):
    assert report(lived, found, "1.2.3") == page


def test_many_days_are_laid_on_each_other(busy):
    week = replace(busy, horizon=replace(busy.horizon, days=4), replications=2)
    lived = run(week, processes=1)
    plain = as_json(result(lived.scenario, lived.figures, lived.starts))

    assert "4 days laid on each other" in report(lived, plain, "1")


def test_a_day_without_calls_has_a_report_too():
    silent = load_scenario("first-steps", ["arrivals.0.calls_per_hour=0", "replications=2"])
    lived = run(silent, processes=1)

    assert "No callback was promised" in report(lived, as_json(result(silent, lived.figures, lived.starts)), "1")


def test_one_replication_has_a_report_without_intervals(busy):
    once = replace(busy, replications=1)
    lived = run(once, processes=1)

    assert "undecided" in report(lived, as_json(result(lived.scenario, lived.figures, lived.starts)), "1")
