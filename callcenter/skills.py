"""Skills and levels: what a call needs, what an agent has, and how waiting loosens the need."""

from collections.abc import Mapping
from dataclasses import dataclass

from callcenter.units import Millis

Levels = tuple[tuple[str, int], ...]
"""Skill → level, sorted by skill; as a need, the least level; level 0 or absent: not needed, not had."""


def levels(of: Mapping[str, int]) -> Levels:
    """Return `of` in the one canonical form (sorted, zeros dropped), so that equal needs compare equal.

    >>> levels({"spanish": 3, "billing": 1, "sales": 0})
    (('billing', 1), ('spanish', 3))
    """
    return tuple(sorted((skill, level) for skill, level in of.items() if level > 0))


def covers(has: Levels, needs: Levels) -> bool:
    """Tell whether an agent who `has` these levels may serve a call that `needs` those.

    >>> covers((("billing", 2),), (("billing", 3),))
    False
    """
    had = dict(has)
    return all(had.get(skill, 0) >= level for skill, level in needs)


@dataclass(frozen=True, slots=True)
class RelaxationStep:
    """After a wait of `after`, these skills are needed at these lower levels only (0: no longer needed)."""

    after: Millis
    needs: Levels | tuple[tuple[str, int], ...]


def relaxed(needs: Levels, step: RelaxationStep) -> Levels:
    """Return `needs` after `step`: a step can loosen a need, never tighten it.

    >>> relaxed((("billing", 2), ("spanish", 3)), RelaxationStep(Millis(30_000), (("spanish", 0),)))
    (('billing', 2),)
    """
    to = dict(step.needs)
    return levels({skill: min(level, to.get(skill, level)) for skill, level in needs})
