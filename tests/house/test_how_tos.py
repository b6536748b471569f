"""What the pages on grading and fairness tell the reader to type does what they say."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from callcenter.cli import main

DOCS = Path(__file__).parents[2] / "docs"


def commands(page: str, *names: str) -> list[list[str]]:
    """Return the commands of a page that need no file of the reader's."""
    text = (DOCS / page).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^    callcenter (.*)$", text, re.MULTILINE)
    return [words for line in lines if (words := shlex.split(line, comments=True))[0] in names]


def test_the_python_of_the_grading_page_gives_what_it_says():
    assert doctest.testfile(str(DOCS / "grading.md"), module_relative=False).failed == 0


@pytest.mark.ci
def test_every_comparison_of_the_fairness_page_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    told = commands("fairness.md", "compare")

    assert len(told) == 4
    assert [main([*words, "--replications", "1", "--processes", "1"]) for words in told] == [0] * 4
    assert "What each tier waits, brings and takes" in capsys.readouterr().out


def test_made_up_customers_are_graded_as_the_grading_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    told = [words for words in commands("grading.md", "scenario", "tiers") if "CUSTOMERS.csv" not in words]

    assert [main([*words, "--customers", "10000"] if words[0] == "scenario" else words) for words in told] == [0, 0]
    assert "1.0 %" in capsys.readouterr().out
