"""`--set PATH=VALUE`: one figure of a file changed for one run.

A path goes through mappings by key and through lists by number, by the `name` of an item, or by `*` for each:
`tiers.vip.target=95/20`, `arrivals.0.calls_per_day=9000`, `arrivals.*.calls*=1.15`. Besides `=` there are
`*=`, `+=` and `-=` for numbers, shares, lists of numbers and durations. `volume*=1.15`, `handling*=`, `patience*=` are
words for many figures at once (`callcenter.config.factors`); `absent.GROUP=2` takes people off duty, `extra.GROUP=2`
adds some.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from callcenter.config.factors import scale, speaks_of
from callcenter.config.refusals import Path, Places, dotted, near
from callcenter.config.tree import Tree, value_of
from callcenter.config.words import DURATION, PERCENT, duration_s, shown
from callcenter.errors import BadInput
from callcenter.language.said import said
from callcenter.units import SECOND

ASSIGNMENT: Final = re.compile(r"\s*([^=\s]+?)\s*([*+-]?)=(.*)", re.DOTALL)
COUNTED: Final = frozenset({"agents", "keep", "max_waiting", "most", "count", "break_cap", "absent", "extra"})
"""Whole numbers: what arithmetic leaves behind the point is rounded half up."""
IN_CENTRE: Final = frozenset(
    {
        "tiers",
        "queues",
        "groups",
        "intents",
        "agents",
        "reserves",
        "missed",
        "channels",
        "zone",
        "default_tier",
    }
)
"""A scenario's `--set tiers.vip.target=…` reaches into its centre: nobody wants to write `centre.`"""

NAMED: Final = frozenset({"tiers", "queues", "groups", "intents", "agents", "desks", "shift_types"})
OPTIONAL: Final = frozenset({"absent", "busyness", "callbacks", "channels", "extra", "horizon", "missed", "retrials"})
"""Sections a path may open where the file left them out; a misspelt tier must not become a new one."""


def apply_overrides(tree: Tree, sets: Iterable[str], places: Places | None = None) -> Tree:
    """Return a copy of `tree` with each `PATH=VALUE` of `sets` carried out, in their order.

    Args:
        tree: A file as plain values (`callcenter.config.tree`).
        sets: Assignments as written after `--set`.
        places: Where the parts were written; learns which option set a part.

    Raises:
        BadInput: a path leads nowhere (the nearest one is named), or a value cannot be read.
    """
    root = _copied(tree)
    for assignment in sets:
        label = f"--set {shown(assignment)}"
        match = ASSIGNMENT.fullmatch(assignment)
        if match is None:
            raise BadInput("{label}: is not PATH=VALUE: write --set tiers.vip.target=95/20", label=label)
        path, operator, text = match.groups()
        value = value_of(text, label)
        if speaks_of(root, path.split("."), operator):
            for place in scale(root, path.split("."), operator, value, label):
                if places is not None:
                    places.forget(place)
                    places.put(place, label)
            continue
        for place in _resolved(root, path.split("."), label):
            _assign(root, place, operator, value, label)
            if places is not None:
                places.forget(place)
                places.put(place, label)
    return root


def _copied(tree: Tree) -> Tree:
    match tree:
        case dict():
            return {key: _copied(value) for key, value in tree.items()}
        case list():
            return [_copied(value) for value in tree]
        case _:
            return tree


def _resolved(root: Tree, words: Sequence[str], label: str) -> list[Path]:
    """Return the paths that `words` name; the last word of a mapping may be new."""
    centre = root.get("centre") if isinstance(root, dict) else None
    start: Path = ()
    if isinstance(root, dict) and isinstance(centre, dict) and words[0] in IN_CENTRE and words[0] not in root:
        start = ("centre",)
    found = _walk(_at(root, start), list(words), start, label)
    if not found:
        raise BadInput(
            "{label}: {words} names nothing: there is nothing for * to stand for", label=label, words=".".join(words)
        )
    return found


def _at(root: Tree, path: Path) -> Tree:
    for part in path:
        root = root[part]  # type: ignore[index]
    return root


def _walk(part: Tree, words: list[str], path: Path, label: str) -> list[Path]:
    if not words:
        return [path]
    word, rest = words[0], words[1:]
    match part:
        case dict():
            longest = _key(part, words)
            if longest is not None:
                key, rest = longest
                return _walk(part[key], rest, (*path, key), label)
            if word == "*":
                return [p for key, value in part.items() for p in _walk(value, rest, (*path, key), label)]
            if not rest and not (path and path[-1] in NAMED):
                return [(*path, word)]  # a part that the file left at its default
            if word in OPTIONAL and word not in part:
                part[word] = {}
                return _walk(part[word], rest, (*path, word), label)
            raise _nowhere(label, path, word, list(part) if path else [*part, *sorted(OPTIONAL - set(part))])
        case list():
            if word == "*":
                return [p for i, value in enumerate(part) for p in _walk(value, rest, (*path, i), label)]
            index = _index(part, word)
            if index is None:
                raise _nowhere(label, path, word, _names(part) or [f"0 to {len(part) - 1}"])
            return _walk(part[index], rest, (*path, index), label)
        case _:
            raise BadInput(
                "{label}: {path}is a value ({part}): nothing is called {word!r} below it",
                label=label,
                path=dotted(path),
                part=shown(part),
                word=word,
            )


def _key(part: dict[str, Tree], words: list[str]) -> tuple[str, list[str]] | None:
    """Return the key that `words` begin with (a key may hold points) and the words after it."""
    for end in range(1, len(words) + 1):
        if (key := ".".join(words[:end])) in part:
            return key, words[end:]
    return None


def _names(part: list[Tree]) -> list[str]:
    """Return what the items of a list are called: their name, or the queue or group that they are about."""
    names = []
    for item in part:
        if isinstance(item, dict):
            names += [str(item[key]) for key in ("name", "queue", "group") if key in item][:1]
    return names


def _index(part: list[Tree], word: str) -> int | None:
    if word.isdecimal() and int(word) < len(part):
        return int(word)
    for key in ("name", "queue", "group"):
        found = [i for i, item in enumerate(part) if isinstance(item, dict) and item.get(key) == word]
        if len(found) == 1:
            return found[0]
    return None


def _nowhere(label: str, path: Path, word: str, known: list[str]) -> BadInput:
    hint = near(word, known)
    here = said("{path} has", path=".".join(str(p) for p in path)) if path else said("there is")
    if hint:
        nearest = ".".join([*(str(p) for p in path), str(hint).removeprefix(", did you mean ").removesuffix("?")])
        return BadInput(
            "{label}: {here} no {word!r}, did you mean {nearest}?", label=label, here=here, word=word, nearest=nearest
        )
    return BadInput(
        "{label}: {here} no {word!r} (there is: {known})",
        label=label,
        here=here,
        word=word,
        known=", ".join(known[:12]) or "nothing",
    )


def _assign(root: Tree, path: Path, operator: str, value: Tree, label: str) -> None:
    holder = _at(root, path[:-1])
    last = path[-1]
    if operator:
        before = holder.get(last) if isinstance(holder, dict) else holder[last]  # type: ignore[arg-type, index]
        value = _reckoned(before, operator, value, path, label)
    holder[last] = _copied(value)  # type: ignore[index]


def _reckoned(before: Tree, operator: str, by: Tree, path: Path, label: str) -> Tree:
    if isinstance(before, list):
        return [_reckoned(part, operator, by, path, label) for part in before]
    if isinstance(before, str) and DURATION.fullmatch(before):
        amount = _number(by, label) if operator == "*" else _seconds(by, label)
        return f"{round(_sum(duration_s(before), operator, amount) * SECOND)}ms"
    if isinstance(before, str) and (percent := PERCENT.fullmatch(before.strip())):
        per_cent = _sum(float(percent[1]), operator, _number(by, label) * (1 if operator == "*" else 100))
        return f"{per_cent:.9g}%" if per_cent >= 0 else round(per_cent / 100, 9)
    if before is None:
        raise BadInput("{label}: {path}is not in the file: use =", label=label, path=dotted(path))
    if isinstance(before, bool) or not isinstance(before, int | float):
        raise BadInput(
            "{label}: {path}{operator}= needs a number there, not ({before}): use =",
            label=label,
            path=dotted(path),
            operator=operator,
            before=shown(before),
        )
    result = round(_sum(before, operator, _number(by, label)), 9)
    if path[-1] in COUNTED or (isinstance(path[-1], int) and path[-2] in COUNTED):
        return int(result + 0.5) if result >= 0 else int(result - 0.5)
    return int(result) if result == int(result) else result


def _sum(before: float, operator: str, by: float) -> float:
    return before * by if operator == "*" else before + by if operator == "+" else before - by


def _number(by: Tree, label: str) -> float:
    if isinstance(by, str) and (percent := PERCENT.fullmatch(by.strip())):
        return float(percent[1]) / 100
    if isinstance(by, bool) or not isinstance(by, int | float):
        raise BadInput("{label}: is not a number to reckon with ({by}): write 1.15", label=label, by=shown(by))
    return by


def _seconds(by: Tree, label: str) -> float:
    try:
        return duration_s(by)
    except ValueError as error:
        raise BadInput("{label}: {error}", label=label, error=error) from None
