"""News fragments → the changelog: `python -m docs.generate.news` shows them, `--write` puts them in."""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
NEWS: Final = ROOT / "docs" / "news"
KINDS: Final = ("added", "changed", "fixed", "removed")
UNRELEASED: Final = "## [Unreleased]"


def fragments(folder: Path) -> list[tuple[Path, str, str]]:
    """Return the fragments as file, kind and text, by kind and then by name.

    Raises:
        ValueError: a file has no kind, or says nothing.
    """
    found = []
    for path in sorted(folder.glob("*.md")):
        if path.name == "README.md":
            continue
        kind = path.name.split(".")[-2]
        text = " ".join(path.read_text(encoding="utf-8").split())
        if kind not in KINDS or not text:
            raise ValueError(
                f"{path.name}: call it WHAT.KIND.md, KIND one of {', '.join(KINDS)}, with a sentence in it"
            )
        found.append((path, kind, text))
    return sorted(found, key=lambda one: KINDS.index(one[1]))


def section(found: list[tuple[Path, str, str]]) -> str:
    """Return the fragments as a part of the changelog."""
    lines = []
    for kind in KINDS:
        texts = [text for _, of, text in found if of == kind]
        if texts:
            lines += [f"### {kind.capitalize()}", "", *(f"- {text}" for text in texts), ""]
    return "\n".join(lines)


def put_in(changelog: str, found: list[tuple[Path, str, str]]) -> str:
    """Return the changelog with the fragments first among what is not released, each kind under one heading.

    Raises:
        ValueError: it has no such part.
    """
    head, mark, rest = changelog.partition(UNRELEASED + "\n")
    if not mark:
        raise ValueError(f"the changelog has no part {UNRELEASED}")
    here, later, released = rest.partition("\n## ")
    entries = {kind: [f"- {text}" for _, of, text in found if of == kind] for kind in KINDS}
    for part in f"\n{here}".split("\n### ")[1:]:
        heading, _, body = part.partition("\n")
        entries.setdefault(heading.lower(), []).extend(f"- {one.strip()}" for one in f"\n{body}".split("\n- ")[1:])
    parts = [f"### {kind.capitalize()}\n\n" + "\n".join(texts) for kind, texts in entries.items() if texts]
    return f"{head}{mark}\n" + "\n\n".join(parts) + f"\n{later}{released}"


def main(arguments: list[str]) -> int:
    """Show the news, or put them in."""
    found = fragments(NEWS)
    if arguments != ["--write"]:
        sys.stdout.write(section(found))
        return 0
    path = ROOT / "CHANGELOG.md"
    path.write_text(put_in(path.read_text(encoding="utf-8"), found), encoding="utf-8")
    for fragment, _, _ in found:
        fragment.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
