"""Every text of the pages, and of the command line and its reports, is there in every language, and fits."""

import ast
import re
from string import Formatter

import pytest

from api.pages import i18n
from api.pages.app import page_routes
from api.pages.page import environment
from callcenter.language import collecting
from callcenter.language.catalogues import LANGUAGES, REPORTS, catalogue
from callcenter.language.said import SOURCE

OTHERS = [language for language in LANGUAGES if language != SOURCE]
DOMAINS = {"pages": (i18n.PAGES, i18n.collected), "reports": (REPORTS, collecting.reports)}
COMMANDS = {"pages": "python -m api.pages.i18n", "reports": "python -m callcenter.language"}
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
TWO_THINGS = {"Days"}
"""English words that mean one thing on a page and another in a report: a number of days there, a table's head here."""
ALONE = re.compile(r"%(?!\(\w+\)[sd]|%)")
"""A per cent sign that would be taken for a format."""


def parts(told: str | tuple[str, ...] | list[str]) -> list[str]:
    return [told] if isinstance(told, str) else list(told)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", DOMAINS)
def test_every_text_is_translated(name: str, language: str):
    domain, collected = DOMAINS[name]
    known = {str(message.id): message for message in catalogue(domain, language) if message.id}
    texts = [str(message.id) for message in collected() if message.id]

    assert texts
    assert [text for text in texts if text not in known] == [], f"run {COMMANDS[name]}"
    assert [text for text in texts if not all(parts(known[text].string)) or known[text].fuzzy] == []
    assert [text for text in known if text not in texts] == [], f"run {COMMANDS[name]}"


def marked(source: str) -> set[str]:
    """Return the texts that a module marks, as Python reads it: inside an f-string as well."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_", "said", "n_"):
            found |= {
                arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            }
    return found


def test_nothing_that_is_marked_is_overlooked():
    texts = {text for message in collecting.reports() for text in parts(message.id)}
    files = [file for root in ("callcenter", "sim") for file in (collecting.ROOT / root).rglob("*.py")]
    overlooked = {str(file): marked(file.read_text("utf-8")) - texts for file in files if file.name != "spoken.py"}

    assert {name: wrong for name, wrong in overlooked.items() if wrong} == {}, "Babel reads no f-string: name it before"


@pytest.mark.parametrize("language", OTHERS)
def test_a_page_fills_in_the_same_as_its_text(language: str):
    for message in catalogue(i18n.PAGES, language):
        text, told = str(message.id), str(message.string)
        assert not ALONE.search(told.replace("%%", "")), told
        assert sorted(set(PLACE.findall(text))) == sorted(set(PLACE.findall(told))), text


def places(text: str) -> set[tuple[str, str]]:
    """Return the places of a text: what is filled in, and how it is written."""
    return {(name, form or "") for _, name, form, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_a_report_fills_in_the_same_as_its_text(language: str):
    for message in catalogue(REPORTS, language):
        if not message.id:
            continue
        wanted = places(parts(message.id)[-1])  # of the text for several
        for told in parts(message.string):
            # An English ending is nothing to be translated.
            assert places(told) | {("ending", "")} == wanted | {("ending", "")}, message.id


@pytest.mark.parametrize("language", OTHERS)
def test_one_english_text_is_told_in_one_way_on_pages_and_in_reports(language: str):
    known = {str(m.id): m.string for m in catalogue(i18n.PAGES, language) if m.id and not m.context}
    here = {str(m.id): m.string for m in catalogue(REPORTS, language) if m.id}

    otherwise = {text: (known[text], here[text]) for text in known.keys() & here if known[text] != here[text]}
    assert otherwise.keys() == TWO_THINGS, otherwise


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_can_be_read_in_every_language(language: str):
    page_routes()
    made = environment(language)
    names = made.list_templates(extensions=["html"])

    assert names
    for name in names:
        made.get_template(name)
