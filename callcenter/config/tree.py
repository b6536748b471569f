"""YAML text as a tree of plain values, with the line of each part.

Built from YAML's events rather than by a loader: nesting, aliases and size are bounded before anything is
built, keys stay words, and every part keeps its line. Values follow YAML 1.2: `no` is a word, 08:00 too.
"""

import re
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from callcenter.config.refusals import Path, Places, dotted
from callcenter.errors import BadInput
from callcenter.language.said import said

Scalar = str | int | float | bool | None
Tree = Scalar | list["Tree"] | dict[str, "Tree"]

MOST_DEPTH: Final = 40
MOST_VALUES: Final = 200_000
"""After aliases are replaced by what they name: a file of a few lines can ask for more than a machine has."""
MOST_CHARACTERS: Final = 5_000_000

INT: Final = re.compile(r"[-+]?[0-9]{1,15}")
FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,2})?")
UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of characters, which an escape in quotes can write but no database and no terminal
takes."""
WORDS: Final[dict[str, Scalar]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def read_tree(text: str, source: str) -> tuple[Tree, Places]:
    """Return the tree in `text` and the line of each of its parts.

    Raises:
        BadInput: `text` is not valid YAML, is empty, says a key twice or asks for too much.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadInput(
            "{source}:1: has {n:,} characters: at most {most_characters:,} are read",
            source=source,
            n=len(text),
            most_characters=MOST_CHARACTERS,
        )
    builder = _Builder(source)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise BadInput("{source}:{line}: is not YAML: {error}", source=source, line=line, error=_said(error)) from None
    except YAMLError as error:  # a character that YAML does not allow has no mark
        raise BadInput(
            "{source}:{line_of}: is not YAML: {error}",
            source=source,
            line_of=_line_of(error, text),
            error=" ".join(str(error).split())[:120],
        ) from None
    if builder.empty:
        raise BadInput(
            "{source}:1: is empty: start with 'version: 1' (or: callcenter scenario new NAME)", source=source
        )
    return builder.root, builder.places


def scalar(text: str) -> Scalar:
    """Return an unquoted word of YAML 1.2 as the value that it means.

    >>> scalar("no"), scalar("12"), scalar("0.5"), scalar("true"), scalar("08:00")
    ('no', 12, 0.5, True, '08:00')
    """
    if text in WORDS:
        return WORDS[text]
    if INT.fullmatch(text):
        return int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return text


def value_of(text: str, source: str) -> Tree:
    """Return what `text` means as the value of a key: 5m, 0.9, [1, 2], {exponential: 5m} or null."""
    return None if scalar(text.strip()) is None else read_tree(text, source)[0]


def _said(error: MarkedYAMLError) -> str:
    problem = " ".join(str(error.problem or error.context or "cannot be read").split())
    if "mapping values are not allowed" in problem:
        return said("text that holds ': ' needs quotes, and a key one line of its own with the right indentation")
    if "\\t" in problem or "'\t'" in str(error.problem):
        return said("a tab is used to indent: use spaces")
    return said("{problem}: check the indentation, and that every [ {{ and quote is closed", problem=problem[:120])


def _line_of(error: YAMLError, text: str) -> int:
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1


class _Builder:
    """Takes YAML events one by one and keeps the tree they describe."""

    def __init__(self, source: str) -> None:
        self.root: Tree = None
        self.empty = True
        self.places = Places(source)
        self._source = source
        self._open: list[tuple[list[Tree] | dict[str, Tree], Path, str | None]] = []
        """Containers being filled: the container, its path, its anchor."""
        self._key: list[str | None] = []
        """For each open container the key that waits for its value."""
        self._anchors: dict[str, Tree] = {}
        self._count = 0

    def take(self, event: Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        match event:
            case DocumentStartEvent() if not self.empty:
                raise BadInput(
                    "{source}:{line}: a second document begins here: one file, one scenario",
                    source=self._source,
                    line=line,
                )
            case MappingEndEvent() | SequenceEndEvent():
                self._close()
            case NodeEvent():
                self._node(event, line)
            case _:
                pass

    def _node(self, event: NodeEvent, line: int) -> None:
        if isinstance(event, ScalarEvent) and UNSEEN.search(event.value):
            raise BadInput(
                "{source}:{line}: holds a character that nobody can see ({event!a}): leave it out",
                source=self._source,
                line=line,
                event=event.value[:40],
            )
        expects_key = bool(self._open) and isinstance(self._open[-1][0], dict) and self._key[-1] is None
        if expects_key:
            self._take_key(event, line)
            return
        path = self._path()
        if not (self._open and isinstance(self._open[-1][0], dict)):
            self.places.put(path, f"{self._source}:{line}")  # a key's line is put where the key is read
        match event:
            case AliasEvent():
                self._add(self._written_out(event, path, line), line)
            case ScalarEvent():
                plain = event.implicit is not None and event.implicit[0] and event.style in (None, "")
                value = scalar(event.value) if plain else event.value
                if value is None and not self._open:
                    return  # nothing but comments
                self._anchor(event.anchor, value)
                self._add(value, line)
            case MappingStartEvent():
                self._begin({}, path, event.anchor, line)
            case SequenceStartEvent():
                self._begin([], path, event.anchor, line)
            case _:
                raise AssertionError(event)

    def _take_key(self, event: NodeEvent, line: int) -> None:
        container, path, _ = self._open[-1]
        assert isinstance(container, dict)
        if not isinstance(event, ScalarEvent):
            raise BadInput(
                "{source}:{line}: a key is a word, not a list, a mapping or an alias", source=self._source, line=line
            )
        key = event.value
        if key == "<<":
            raise BadInput(
                "{source}:{line}: '<<' is not part of YAML 1.2: write the keys out", source=self._source, line=line
            )
        place = f"{self._source}:{line}"
        if key in container:
            first = self.places.of((*path, key)).rpartition(":")[2]
            raise BadInput(
                "{place}: {path}{key!r} is written twice, first in line {first}: keep one",
                place=place, path=dotted(path), key=key, first=first,
            )  # fmt: skip
        self.places.put((*path, key), place)
        self._key[-1] = key

    def _path(self) -> Path:
        if not self._open:
            return ()
        container, path, _ = self._open[-1]
        if isinstance(container, list):
            return (*path, len(container))
        key = self._key[-1]
        assert key is not None
        return (*path, key)

    def _add(self, value: Tree, line: int) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            raise BadInput(
                "{source}:{line}: holds more than {most_values:,} values: that is no scenario",
                source=self._source,
                line=line,
                most_values=MOST_VALUES,
            )
        self.empty = False
        if not self._open:
            self.root = value
            return
        container = self._open[-1][0]
        if isinstance(container, list):
            container.append(value)
        else:
            key = self._key[-1]
            assert key is not None
            container[key] = value
            self._key[-1] = None

    def _begin(self, container: list[Tree] | dict[str, Tree], path: Path, anchor: str | None, line: int) -> None:
        if len(self._open) >= MOST_DEPTH:
            raise BadInput(
                "{source}:{line}: is nested deeper than {most_depth} levels: that is no scenario",
                source=self._source,
                line=line,
                most_depth=MOST_DEPTH,
            )
        self._add(container, line)
        self._open.append((container, path, anchor))
        self._key.append(None)

    def _close(self) -> None:
        container, _, anchor = self._open.pop()
        self._key.pop()
        self._anchor(anchor, container)  # only now: an alias inside its own anchor has no end

    def _anchor(self, anchor: str | None, value: Tree) -> None:
        if anchor is not None:
            self._anchors[anchor] = value

    def _written_out(self, event: AliasEvent, path: Path, line: int) -> Tree:
        name = event.anchor
        if name not in self._anchors:
            raise BadInput(
                "{source}:{line}: the alias *{name} names no anchor: write &{name} before it",
                source=self._source,
                line=line,
                name=name,
            )
        return self._copy(self._anchors[name], line)

    def _copy(self, value: Tree, line: int) -> Tree:
        self._count += 1
        if self._count > MOST_VALUES:
            raise BadInput(
                "{source}:{line}: its aliases write out to more than {most_values:,} values",
                source=self._source,
                line=line,
                most_values=MOST_VALUES,
            )
        match value:
            case dict():
                return {key: self._copy(part, line) for key, part in value.items()}
            case list():
                return [self._copy(part, line) for part in value]
            case _:
                return value
