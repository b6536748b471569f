"""The site of `make docs`: every page and module is in it, every link leads somewhere, and it asks nothing outside."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = re.compile(r"""<(?:script|img|iframe)[^>]*\bsrc="([^"]+)"|<link[^>]*\bhref="([^"]+)"|url\(['"]?([^'")]+)""")


@pytest.mark.ci
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path: Path):
    pytest.importorskip("sphinx", reason="the extra `docs`")
    built = subprocess.run(
        [sys.executable, "-m", "docs.site", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    texts = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.suffix in {".html", ".css"}}
    loaded = {link for text in texts.values() for found in LOADED.findall(text) for link in found if link}

    assert (built.returncode, built.stderr) == (0, "")
    assert loaded, "a page has a style"
    assert [link for link in loaded if re.match(r"(https?:)?//", link)] == []
    assert 'id="routing.engine.RoutingEngine.handle"' in texts[tmp_path / "reference" / "routing.html"]
    assert (tmp_path / "docs" / "engine.html") in texts
