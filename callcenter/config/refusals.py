"""What is wrong in a file, where, and how to fix it: one line for the person who wrote it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from callcenter.config.words import counted, shown
from callcenter.errors import BadInput
from callcenter.language.said import N_, Said, said, text_of

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
        more = said(", the first {n:,} are named", n=len(rows)) if bad > len(rows) else ""
        super().__init__(
            N_("{source}: {bad:,} of {rows} cannot be taken{more}: fix them; nothing was done"),
            source=source, bad=bad, rows=counted(of, "row"), more=more,
        )  # fmt: skip
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
        return BadInput(
            "{place}: {path}{what}", place=self.of(path), path=dotted(path),
            what=what if isinstance(what, Said) else " ".join(what.split()),
        )  # fmt: skip

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
    return said(", did you mean {name}?", name=by_lower[found[0]]) if found else ""


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Return the refusal of a name that nothing has.

    >>> unknown("tier", "vipp", ["vip", "mid"])
    "there is no tier 'vipp', did you mean vip? (there is: vip, mid)"
    """
    listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return said(
        "there is no {what} {name!r}{hint} (there is: {known})",
        what=said(what), name=name, hint=near(name, known), known=listed or said("none"),
    )  # fmt: skip


NAMED: Final = (
    N_("tier"), N_("queue"), N_("group"), N_("channel"), N_("column"), N_("figure"), N_("grade"), N_("intent"),
    N_("method"), N_("stream"), N_("shift type"), N_("none"),
)  # fmt: skip
"""What `unknown` is asked for."""
PLAIN: Final = {
    "missing": N_("is missing: add it"),
    "string_type": N_("is not a word ({value}): write text, in quotes where YAML would read something else"),
    "int_type": N_("is not a whole number ({value}): write one such as 3"),
    "int_from_float": N_("is not a whole number ({value}): write one such as 3"),
    "float_type": N_("is not a number ({value}): write one such as 12.5"),
    "bool_type": N_("is neither true nor false ({value}): write true or false"),
    "bool_parsing": N_("is neither true nor false ({value}): write true or false"),
    "int_parsing": N_("is not a whole number ({value}): write one such as 3"),
    "float_parsing": N_("is not a number ({value}): write one such as 12.5"),
    "dict_type": N_("is not a mapping ({value}): write its parts as 'name: value', indented below it"),
    "list_type": N_("is not a list ({value}): write [a, b] or one '- item' a line"),
    "finite_number": N_("is not a finite number ({value}): write one such as 12.5"),
    "int_parsing_size": N_("is too large a number ({value})"),
}
BOUNDS: Final = {
    "greater_than_equal": ("ge", N_("is below {bound} ({value}): {bound} or more is possible")),
    "greater_than": ("gt", N_("is not above {bound} ({value})")),
    "less_than_equal": ("le", N_("is above {bound} ({value}): {bound} or less is possible")),
    "less_than": ("lt", N_("is not below {bound} ({value})")),
}


def wrong_of(error: ValidationError, places: Places) -> Wrong:
    """Return the first complaint of pydantic, by line, in our words."""
    details = error.errors(include_url=False)
    fitting = [one for one in details if not _other_spelling(one)]
    found = [complaint(one) for one in fitting or details]
    return min(found, key=lambda wrong: places.line(wrong.path))


def _is_choice(part: str | int) -> bool:
    """Tell whether pydantic has put a part into a path that nobody wrote: of several spellings, which one it tried."""
    return isinstance(part, str) and (part == "[key]" or part.startswith(("constrained-", "dict[")))


def _other_spelling(details: ErrorDetails) -> bool:
    """Tell whether a complaint is about a spelling that was not meant: a mapping where a number stands, or the like."""
    last = details["loc"][-1] if details["loc"] else ""
    return _is_choice(last) and isinstance(details.get("input"), dict) is not str(last).startswith("dict[")


def complaint(details: ErrorDetails) -> Wrong:
    """Return one complaint of pydantic in our words."""
    path = tuple(part for part in details["loc"] if not _is_choice(part))
    kind, context, value = details["type"], details.get("ctx") or {}, shown(details.get("input"))
    if kind == "unknown_key":
        return Wrong((*path, str(context["key"])), said("is not a known key{hint}", hint=context["hint"]))
    if kind in PLAIN:
        return Wrong(path, said(PLAIN[kind], value=value))
    if kind in BOUNDS:
        bound, text = BOUNDS[kind]
        return Wrong(path, said(text, bound=f"{context[bound]:.12g}", value=value))
    if kind in {"literal_error", "enum"}:
        expected = context["expected"]
        return Wrong(path, said("is not possible ({value}): write {expected}", value=value, expected=expected))
    if kind in {"too_short", "string_too_short"}:
        return Wrong(path, said("is empty: write at least one"))
    if kind == "no_mapping":
        return Wrong(path, context["said"])
    fault = context.get("error")  # a refusal of ours, of a part of the file
    return Wrong(path, text_of(fault) if isinstance(fault, ValueError) else details["msg"])
