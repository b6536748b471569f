"""Every text of the pages is there in every language, with the same places to fill in."""

import re

import pytest

from api.pages.app import page_routes
from api.pages.i18n import LANGUAGES, SOURCE, catalogue, collected
from api.pages.page import environment

OTHERS = [language for language in LANGUAGES if language != SOURCE]
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
ALONE = re.compile(r"%(?!\(\w+\)[sd]|%)")
"""A per cent sign that would be taken for a format."""


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str):
    known = {message.id: message for message in catalogue(language) if message.id}
    texts = [message.id for message in collected() if message.id]

    assert [text for text in texts if text not in known] == [], "run python -m api.pages.i18n"
    assert [text for text in texts if not known[text].string or known[text].fuzzy] == []
    assert [text for text in known if text not in texts] == [], "run python -m api.pages.i18n"


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_the_same_as_the_text(language: str):
    for message in catalogue(language):
        text, told = str(message.id), str(message.string)
        assert not ALONE.search(told.replace("%%", "")), told
        assert sorted(set(PLACE.findall(text))) == sorted(set(PLACE.findall(told))), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_can_be_read_in_every_language(language: str):
    page_routes()
    made = environment(language)
    names = made.list_templates(extensions=["html"])

    assert names
    for name in names:
        made.get_template(name)
