"""News fragments: every one has a kind and a sentence, and together they are a part of the changelog."""

from pathlib import Path

import pytest

from docs.generate.news import NEWS, fragments, put_in, section


def test_every_fragment_can_be_put_in():
    assert all(text.endswith(".") for _, _, text in fragments(NEWS))


def test_fragments_come_by_kind_and_first_among_what_is_not_released(tmp_path: Path):
    (tmp_path / "b.fixed.md").write_text("A fault\nis gone.", encoding="utf-8")
    (tmp_path / "z.added.md").write_text("Something new.", encoding="utf-8")
    found = fragments(tmp_path)

    assert section(found) == "### Added\n\n- Something new.\n\n### Fixed\n\n- A fault is gone.\n"
    before = "# Changes\n\n## [Unreleased]\n\n"
    after = "\n## [1.0.0]\n\n### Fixed\n\n- Long ago.\n"
    earlier = "### Fixed\n\n- An earlier one,\n  on two lines.\n\n### Security\n\n- A lock.\n\n### Fixed\n\n- First.\n"
    assert put_in(before + earlier + after, found) == (
        f"{before}### Added\n\n- Something new.\n\n"
        "### Fixed\n\n- A fault is gone.\n- An earlier one,\n  on two lines.\n- First.\n\n"
        f"### Security\n\n- A lock.\n{after}"
    )


@pytest.mark.parametrize("name", ["plain.md", "odd.kind.md", "empty.added.md"])
def test_a_fragment_without_kind_or_words_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_text("" if "empty" in name else "Words.", encoding="utf-8")

    with pytest.raises(ValueError, match=r"WHAT\.KIND"):
        fragments(tmp_path)
