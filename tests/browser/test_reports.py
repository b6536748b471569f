"""The report in a real browser, in both languages: what is wide can be pushed aside, and no label is cut."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from callcenter.config.load import load_scenario
from callcenter.language.catalogues import LANGUAGES
from callcenter.language.spoken import _, speaking
from sim.experiment.replicate import run
from sim.report.page import HINT, report
from sim.results.result import as_json, result
from tests.browser.conftest import PICTURES

WIDTHS = {"wide": 1280, "telephone": 390}
OUTSIDE = """async () => {
  const wrong = [];
  for (const image of document.images) {
    const svg = new DOMParser().parseFromString(await (await fetch(image.src)).text(), "image/svg+xml").documentElement;
    document.body.append(svg);
    const box = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll("text")) {
      const own = text.getBoundingClientRect();
      if (own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1)
        wrong.push(text.textContent);
    }
    svg.remove();
  }
  return wrong;
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give the flagship's report as files, by language."""
    lived = run(load_scenario("telecom-hotline", ["volume*=0.3", "replications=2"]), processes=1)
    told = as_json(result(lived.scenario, lived.figures, lived.starts))
    found = {}
    for language in LANGUAGES:
        found[language] = tmp_path_factory.mktemp("report") / f"{language}.html"
        with speaking(language):
            found[language].write_text(report(lived, told, "1"), encoding="utf-8")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WIDTHS)
def test_a_report_fits_its_screen_and_no_label_of_a_chart_is_cut(
    browser: Browser, pages: dict[str, Path], name: str, language: str
):
    with speaking(language):
        hint = _(HINT)
    page = browser.new_page(viewport={"width": WIDTHS[name], "height": 900})
    try:
        page.goto(pages[language].as_uri())
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"report-{language}-{name}.png", full_page=True)

        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[name]
        assert page.evaluate(OUTSIDE) == []
        shown = page.evaluate("getComputedStyle(document.querySelector('figure'), '::before').content")
        assert (hint in re.sub(r'^"|"$', "", shown)) == (name == "telephone")
    finally:
        page.close()
