"""Names of rules: those that are shipped, and those that a package or a notebook registers.

A rule from outside is known by its name alone here: what it does is looked up by who carries it out
(`routing.policies`). Its name takes its rule along to worker processes, so the rule has to be a function of a module.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeVar

from callcenter.errors import BadInput

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_MEMBERS: Final[dict[tuple[str, str], "RuleName"]] = {}
_RULES: Final[dict[tuple[str, str], object]] = {}
_SEARCHES: Final[list[Callable[[], None]]] = []
"""Asked once for rules of installed packages, when a name is not known."""

K = TypeVar("K", bound="RuleName")


class RuleName(StrEnum):
    """A kind of rules by name; the members of a subclass are the house's own."""

    @classmethod
    def _missing_(cls, value: object) -> "RuleName | None":
        key = (cls.__name__, str(value))
        while key not in _MEMBERS and _SEARCHES:
            _SEARCHES.pop()()
        return _MEMBERS.get(key)

    def __reduce_ex__(self, protocol: Any) -> Any:
        rule = brought(self)
        return (type(self), (self.value,)) if rule is None else (bring, (type(self), self.value, rule))


def bring(kind: type[K], name: str, rule: object) -> K:
    """Let `name` be a rule of this kind for this process; the same name again replaces it.

    Args:
        kind: `callcenter.centre.Policy` or `Selection`.
        name: As centre files write it: lower case, digits, `_`.
        rule: What carries it out.

    Raises:
        BadInput: the name cannot be written, or is one of the house's own.
    """
    if _NAME.fullmatch(name) is None:
        raise BadInput("{name!r} cannot be the name of a rule: write lower-case letters, digits and _", name=name)
    if name in kind.__members__.values():
        raise BadInput("{name!r} is a rule of the house already: choose another name", name=name)
    key = (kind.__name__, name)
    member = _MEMBERS.get(key)
    if not isinstance(member, kind):
        member = str.__new__(kind, name)
        member._name_, member._value_ = name.upper(), name
        _MEMBERS[key] = member
    _RULES[key] = rule
    return member


def brought(name: RuleName) -> object | None:
    """Return the rule from outside of this name; None: it is the house's own."""
    return _RULES.get((type(name).__name__, str(name)))


def search_with(search: Callable[[], None]) -> None:
    """Have `search` asked, once, for rules of installed packages when a name is not known."""
    _SEARCHES.append(search)
