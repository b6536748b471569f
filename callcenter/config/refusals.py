"""What is wrong in a file, where, and how to fix it: one line for the person who wrote it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from callcenter.config.words import counted, shown
from callcenter.errors import BadInput

Path = tuple[str | int, ...]
"""From the top of the file to a part: ("queues", "hotline", "max_wait")."""


class Wrong(ValueError):
    """A part of a file is wrong; `path` says which, in the file's own words."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(what)
        self.path = path
        self.what = what


class BadRows(BadInput):
    """Rows of a customer file cannot be: each is a line of `rows`, and nothing was taken."""

    code = "bad_rows"

    def __init__(self, source: str, rows: Sequence[str], bad: int, of: int, kinds: Sequence[str] = ()) -> None:
        more = f", the first {len(rows):,} are named" if bad > len(rows) else ""
        super().__init__(f"{source}: {bad:,} of {counted(of, 'row')} cannot be taken{more}: fix them; nothing was done")
        self.rows = tuple(rows)
        self.bad = bad
        self.kinds = tuple(kinds)
        """How many rows have which fault."""


class Places:
    """Where each part of a tree was written: `file:line`, or the option that set it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._at: dict[Path, str] = {}

    def put(self, path: Path, place: str) -> None:
        """Remember that `path` was written at `place`."""
        self._at[path] = place

    def forget(self, path: Path) -> None:
        """Drop `path` and all that is below it."""
        for known in [p for p in self._at if p[: len(path)] == path]:
            del self._at[known]

    def graft(self, path: Path, other: "Places") -> None:
        """Take over the places of `other`, a file of its own that stands at `path` of this one."""
        for known, place in other._at.items():
            self._at[path + known] = place

    def of(self, path: Path) -> str:
        """Return the place of `path`, or of the nearest part around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self._at:
                return self._at[path[:end]]
        return f"{self.source}:1"

    def refuse(self, path: Path, what: str) -> BadInput:
        """Return the one-line refusal of `path`."""
        return BadInput(f"{self.of(path)}: {dotted(path)}{' '.join(what.split())}")

    def line(self, path: Path) -> tuple[int, int]:
        """Return a key that sorts paths by line (options last, then the deeper one)."""
        number = self.of(path).rpartition(":")[2]
        return (int(number) if number.isdigit() else 1_000_000, -len(path))


def dotted(path: Path) -> str:
    """Return a path as it is written after `--set`, and a colon; nothing for the whole file.

    >>> dotted(("arrivals", 0, "calls"))
    'arrivals.0.calls: '
    """
    return ".".join(str(part) for part in path) + ": " if path else ""


def near(word: str, words: Iterable[str]) -> str:
    """Return ', did you mean …?' where one of `words` is near.

    >>> near("ques", ["queues", "groups"])
    ', did you mean queues?'
    """
    known = list(words)
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f", did you mean {by_lower[found[0]]}?" if found else ""


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Return the refusal of a name that nothing has.

    >>> unknown("tier", "vipp", ["vip", "mid"])
    "there is no tier 'vipp', did you mean vip? (there is: vip, mid)"
    """
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"there is no {what} {name!r}{near(name, known)} (there is: {listed or 'none'})"


PLAIN: Final = {
    "missing": "is missing: add it",
    "string_type": "is not a word ({value}): write text, in quotes where YAML would read something else",
    "int_type": "is not a whole number ({value}): write one such as 3",
    "int_from_float": "is not a whole number ({value}): write one such as 3",
    "float_type": "is not a number ({value}): write one such as 12.5",
    "bool_type": "is neither true nor false ({value}): write true or false",
    "dict_type": "is not a mapping ({value}): write its parts as 'name: value', indented below it",
    "list_type": "is not a list ({value}): write [a, b] or one '- item' a line",
    "finite_number": "is not a finite number ({value}): write one such as 12.5",
    "int_parsing_size": "is too large a number ({value})",
}
BOUNDS: Final = {
    "greater_than_equal": ("ge", "is below {bound} ({value}): {bound} or more is possible"),
    "greater_than": ("gt", "is not above {bound} ({value})"),
    "less_than_equal": ("le", "is above {bound} ({value}): {bound} or less is possible"),
    "less_than": ("lt", "is not below {bound} ({value})"),
}


def wrong_of(error: ValidationError, places: Places, base: Path = ()) -> Wrong:
    """Return the first complaint of pydantic, by line, in our words."""
    details = error.errors(include_url=False)
    fitting = [one for one in details if not _other_spelling(one)]
    found = [_wrong(one, base) for one in fitting or details]
    return min(found, key=lambda wrong: places.line(wrong.path))


def _is_choice(part: str | int) -> bool:
    """Tell whether pydantic has put a part into a path that nobody wrote: of several spellings, which one it tried."""
    return isinstance(part, str) and (part == "[key]" or part.startswith(("constrained-", "dict[")))


def _other_spelling(details: ErrorDetails) -> bool:
    """Tell whether a complaint is about a spelling that was not meant: a mapping where a number stands, or the like."""
    last = details["loc"][-1] if details["loc"] else ""
    return _is_choice(last) and isinstance(details.get("input"), dict) is not str(last).startswith("dict[")


def _wrong(details: ErrorDetails, base: Path) -> Wrong:
    path = base + tuple(part for part in details["loc"] if not _is_choice(part))
    kind, context, value = details["type"], details.get("ctx") or {}, shown(details.get("input"))
    if kind == "unknown_key":
        return Wrong((*path, str(context["key"])), details["msg"])
    if kind in PLAIN:
        return Wrong(path, PLAIN[kind].format(value=value))
    if kind in BOUNDS:
        bound, text = BOUNDS[kind]
        return Wrong(path, text.format(bound=f"{context[bound]:g}", value=value))
    if kind in {"literal_error", "enum"}:
        return Wrong(path, f"is not possible ({value}): write {context['expected']}")
    if kind in {"too_short", "string_too_short"}:
        return Wrong(path, "is empty: write at least one")
    return Wrong(path, details["msg"].removeprefix("Value error, "))
