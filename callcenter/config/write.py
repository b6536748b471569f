"""Plain values written as a tidy scenario file, for tools that make one."""

import re
from collections.abc import Mapping
from typing import Final

from callcenter.config.refusals import Path
from callcenter.config.tree import Tree, scalar

WIDTH: Final = 100
PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .%/()+-]*")
"""Words that need no quotes wherever they stand."""


def render(mapping: Mapping[str, Tree], comments: Mapping[str, str] | None = None) -> str:
    """Return `mapping` as YAML that people can read and edit.

    Args:
        mapping: The file as plain values, in the order to be written.
        comments: Dotted path → comment above that key; "" is the header.

    >>> print(render({"version": 1, "arrivals": [{"calls": [1, 2]}]}, {"": "Made by hand."}), end="")
    # Made by hand.
    <BLANKLINE>
    version: 1
    arrivals:
      - calls: [1, 2]
    """
    notes = dict(comments or {})
    lines = [f"# {line}".rstrip() for line in notes.get("", "").splitlines()]
    if lines:
        lines.append("")
    lines += _mapping(dict(mapping), (), notes)
    return "\n".join(lines) + "\n"


def _mapping(mapping: Mapping[str, Tree], path: Path, notes: Mapping[str, str]) -> list[str]:
    lines = []
    for key, value in mapping.items():
        here: Path = (*path, key)
        lines += [f"# {line}".rstrip() for line in notes.get(".".join(map(str, here)), "").splitlines()]
        lines += _entry(f"{_word(key)}:", value, here, notes)
    return lines


def _entry(head: str, value: Tree, path: Path, notes: Mapping[str, str]) -> list[str]:
    flow = _flow(value)
    if isinstance(value, str) and "\n" in value.strip():
        return [f"{head} |", *(f"  {line}".rstrip() for line in value.strip().splitlines())]
    below = any(note.startswith(".".join(map(str, path)) + ".") for note in notes)
    if (
        not isinstance(value, dict | list)
        or not value
        or (len(head) + len(flow) < WIDTH and not below and _flat(value))
    ):
        return [f"{head} {flow}"]
    if isinstance(value, dict):
        return [head, *_indented(_mapping(value, path, notes))]
    if all(isinstance(part, str | int | float | bool) or part is None for part in value):
        return [f"{head} [", *_indented(_rows([_flow(part) for part in value])), "]"]
    lines = [head]
    for i, part in enumerate(value):
        lines += _indented(_item(part, (*path, i), notes))
    return lines


def _item(part: Tree, path: Path, notes: Mapping[str, str]) -> list[str]:
    if isinstance(part, dict) and part:
        first, *rest = _mapping(part, path, notes)
        return [f"- {first}", *_indented(rest)]
    return [f"- {_flow(part)}"]


def _flat(value: Tree) -> bool:
    """Tell whether a container is small enough to be read in one line."""
    if isinstance(value, list):
        return all(not isinstance(part, dict | list) for part in value)
    if isinstance(value, dict):
        return all(not isinstance(part, dict | list) or _flat(part) for part in value.values()) and len(value) <= 4
    return True


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}".rstrip() for line in lines]


def _rows(words: list[str]) -> list[str]:
    """Return words with commas in rows of at most WIDTH."""
    rows, row = [], ""
    for word in words:
        if row and len(row) + len(word) + 2 > WIDTH - 10:
            rows.append(row.rstrip())
            row = ""
        row += f"{word}, "
    return [*rows, row.rstrip()]


def _flow(value: Tree) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_word(key)}: {_flow(part)}" for key, part in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow(part) for part in value) + "]"
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return _word(value)
        case _:
            return repr(value)


def _word(text: str) -> str:
    """Return a word, quoted where YAML would read something else."""
    if PLAIN.fullmatch(text) and not text.endswith(" ") and isinstance(scalar(text), str):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
