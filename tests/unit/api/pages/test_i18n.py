"""Every text of the pages, and of the command line and its reports, is there in every language, and fits."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from api.pages import i18n
from api.pages.app import page_routes
from api.pages.page import environment
from callcenter.cli.help import HELP
from callcenter.cli.help_texts import collected as helps
from callcenter.language import collecting
from callcenter.language.catalogues import LANGUAGES, REPORTS, catalogue
from callcenter.language.said import SOURCE

reports = cache(collecting.reports)
OTHERS = [language for language in LANGUAGES if language != SOURCE]
DOMAINS = {
    "pages": (i18n.PAGES, i18n.collected), "reports": (REPORTS, reports), "help": (HELP, helps),
}  # fmt: skip
COMMANDS = {
    "pages": "python -m api.pages.i18n", "reports": "python -m callcenter.language",
    "help": "python -m callcenter.cli.help_texts",
}  # fmt: skip
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
TWO_THINGS = {"Days", ", "}
"""English texts that mean one thing on a page and another in a report: a number of days there, a table's head here; a
comma between the parts of a sentence there, between things of a list here."""
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff）][,;:!?(]|[,;:!?)][\u4e00-\u9fff（]")
"""An English mark beside a Chinese character."""
TYPED = re.compile(r"'[^']*'")
"""What is to be written so in a file."""
ALONE = re.compile(r"%(?!\(\w+\)[sd]|%)")
"""A per cent sign that would be taken for a format."""


Sources = dict[Path, ast.Module]


@pytest.fixture(scope="module")
def sources() -> Sources:
    """Give what has texts of the command line and its reports."""
    files = (path for root in collecting.ROOTS for path in sorted((collecting.ROOT / root).rglob("*.py")))
    return {path: ast.parse(path.read_text("utf-8")) for path in files}


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


def marked(source: ast.Module) -> set[str]:
    """Return the texts that a module marks, as Python reads it: inside an f-string as well."""
    found = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in collecting.OURS:
            found |= {
                arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            }
    return found


def test_nothing_that_is_marked_is_overlooked(sources: Sources):
    texts = {text for message in reports() for text in parts(message.id)}
    overlooked = {
        str(file): marked(source) - texts
        for file, source in sources.items()
        if file.name != "spoken.py" and "pages" not in file.parts
    }

    assert {name: wrong for name, wrong in overlooked.items() if wrong} == {}, "Babel reads no f-string: name it before"


WORD = re.compile(r"[a-z]{2}")
TOLD = {"Wrong": 1, "ValueError": 0, "note": 0, "print": 0} | dict.fromkeys(
    (*collecting.REFUSALS, *collecting.STATED), 0
)
"""What says something to somebody, and which of its arguments that is; a ValueError is told where a file is read."""
READ = ("callcenter/config/", "callcenter/cli/", "sim/analysis/fit/columns.py")
ENGLISH = {"callcenter/cli/__init__.py": 1, "callcenter/cli/counterfactual.py": 1}
"""What is told in one way in every language, by file: a version, a code. This list only becomes shorter."""


def written(node: ast.AST) -> Iterator[str]:
    """Yield the texts of an expression that no call in it was given."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for part in () if isinstance(node, ast.Call | ast.Subscript) else ast.iter_child_nodes(node):
        yield from written(part)


def told_in_english(file: str, source: ast.Module) -> list[str]:
    """Return what a module says to people that was not made to be told in another language."""
    found = []
    for node in ast.walk(source):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in TOLD:
            continue
        name, at = node.func.id, TOLD[node.func.id]
        if name in ("ValueError", "print", "note") and not file.startswith(READ):
            continue
        text = node.args[at] if len(node.args) > at else None
        if text is None or (isinstance(text, ast.Constant) and name in collecting.REFUSED):
            continue
        if WORD.search("".join(written(text))):
            found.append(f"{node.lineno}: {ast.unparse(text)}")
    return found


def test_what_is_said_is_given_all_that_fills_it_in_and_nothing_else(sources: Sources):
    wrong = []
    for path, source in sources.items():
        for node in ast.walk(source):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            name, text = node.func.id, node.args[0]
            filled = name == "said" or (name in collecting.REFUSALS and node.keywords)
            if not filled or not isinstance(text, ast.Constant) or any(one.arg is None for one in node.keywords):
                continue
            wanted = {field for field, _ in places(str(text.value))}
            if wanted != {str(one.arg) for one in node.keywords}:
                wrong.append(f"{path}:{node.lineno}: {text.value}")

    assert wrong == []


def test_what_the_command_line_says_is_made_to_be_told_in_every_language(sources: Sources):
    left = {}
    for path, source in sources.items():
        file = str(path.relative_to(collecting.ROOT))
        if lines := told_in_english(file, source):
            left[file] = lines

    assert {file: lines for file, lines in left.items() if len(lines) > ENGLISH.get(file, 0)} == {}
    assert {file: n for file, n in ENGLISH.items() if n > len(left.get(file, ()))} == {}, "shorten the list"


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


@pytest.mark.parametrize("name", DOMAINS)
def test_chinese_is_written_with_chinese_marks_and_one_word_for_agents(name: str):
    domain, _ = DOMAINS[name]
    texts = [text for message in catalogue(domain, "zh_CN") if message.id for text in parts(message.string)]

    assert [text for text in texts if HALF_WIDTH.search(PLACE.sub("", TYPED.sub("", text)))] == []
    assert [text for text in texts if "座席" in text] == []


def test_what_a_template_puts_between_two_values_is_translated():
    between = re.compile(r"\}\}(?:</\w+>)?[,;:] |%\}[,;:] ")
    files = (environment(SOURCE).loader or pytest.fail("no templates")).searchpath  # type: ignore[union-attr]
    texts = {file: file.read_text("utf-8") for folder in files for file in Path(folder).rglob("*.html")}

    assert texts
    assert {file.name: between.findall(text) for file, text in texts.items() if between.search(text)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_can_be_read_in_every_language(language: str):
    page_routes()
    made = environment(language)
    names = made.list_templates(extensions=["html"])

    assert names
    for name in names:
        made.get_template(name)
