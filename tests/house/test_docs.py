"""The documentation says what is so: generated pages are up to date, every word of the engine is in the glossary."""

import re
from pathlib import Path
from typing import get_args

import pytest

from api.app import ROUTES
from api.settings import Settings
from callcenter import commands, events
from docs.generate.__main__ import PAGES
from docs.generate.security import THREATS, Bound, Threat, all_bounds
from routing.journal import EVENTS

DOCS = Path(__file__).parents[2] / "docs"
PAGES_WITH_LINKS = [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_makes_of_it(name: str):
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run python -m docs.generate"


@pytest.mark.parametrize("line", [*THREATS, *all_bounds()], ids=lambda line: line.test.partition("::")[2])
def test_every_threat_and_every_bound_has_a_test_that_shows_it(line: Threat | Bound):
    file, _, name = line.test.partition("::")
    text = (DOCS.parent / "tests" / file).read_text(encoding="utf-8")

    assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE)


def test_every_operation_is_in_the_page_on_security():
    page = (DOCS / "security.md").read_text(encoding="utf-8")

    assert all(f"{route.path}` |" in page for router in ROUTES for route in router.routes)


def test_every_command_and_event_is_in_the_glossary():
    glossary = (DOCS / "engine.md").read_text(encoding="utf-8")
    words = [kind.__name__ for kind in get_args(commands.Command)] + [n for n in EVENTS if n != "Event"]

    assert [word for word in words if f"`{word}`" not in glossary] == []


def test_every_word_of_the_engine_has_a_docstring():
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, events.Event)]

    assert [kind.__name__ for kind in kinds if not kind.__doc__] == []


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(DOCS) for page in DOCS.glob("*.md") if page.name != "README.md"]

    assert [str(page) for page in pages if f"]({page})" not in index] == []


@pytest.mark.parametrize("page", PAGES_WITH_LINKS, ids=lambda page: str(page.relative_to(DOCS.parent)))
def test_every_link_of_a_page_leads_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_every_setting_is_on_the_page_about_the_service():
    page = (DOCS / "http.md").read_text(encoding="utf-8")

    assert [name for name in Settings.model_fields if f"`{name}`" not in page] == []
