import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
PAGE = (DOCS / "requirements.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("file", "name"), NAMED.findall(PAGE))
def test_what_shows_a_requirement_is_a_test_that_exists(file: str, name: str):
    assert re.search(rf"def {name}\(", (DOCS.parent / file).read_text(encoding="utf-8"))


def test_every_pain_has_a_line_and_every_line_a_test():
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]

    assert [int(line.split("|")[1]) for line in lines if line.split("|")[1].strip().isdigit()] == list(range(1, 37))
    assert all(NAMED.search(line) for line in lines)
