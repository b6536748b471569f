"""The calls of a day as arrays, one entry for each segment: what `sim.run.rows` has written, in order of arrival."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import compress
from typing import Final

from callcenter.centre import Group, Queue
from callcenter.lifecycle.measures import COUNTS, limits_of
from callcenter.scenario import Scenario
from callcenter.tiers import Tier
from sim.model.demand import Bools
from sim.model.streams import Ints

COLUMN: Final = {name: n for n, name in enumerate(COUNTS)}
NOBODY: Final = -1

Places = dict[str, int]
"""Name → place in the centre."""


@dataclass(slots=True)
class Columns:
    """Segments as arrays of one length, in order of arrival."""

    ids: Sequence[str]
    """Empty where nobody asks for them."""
    tier: Ints
    queue: Ints
    queued: Ints
    left: Ints
    """When the wait ended; the end of the run for those still open."""
    ring: Ints
    """How long the phone rang that was answered, ms."""
    talk: Ints
    wrap: Ints
    outcome: Ints
    short: Bools
    first: Bools
    limit: Ints
    """T of the call's tier, ms."""
    group: Ints
    """Of the agent who answered; NOBODY where nobody did."""
    ended: Bools
    """Talked to the end."""
    cost: Ints
    """Of the agent's capacity, percent."""

    def only(self, which: Bools) -> "Columns":
        """Return some of them."""
        if which.all():
            return self
        ids = list(compress(self.ids, which.tolist()))
        return Columns(ids, *(getattr(self, field.name)[which] for field in fields(self)[1:]))

    @property
    def wait(self) -> Ints:
        """How long each waited, ms."""
        return self.left - self.queued


def by_name(named: Iterable[Tier | Queue | Group]) -> Places:
    """Return the place of each in the order of the centre."""
    return {thing.name: n for n, thing in enumerate(named)}


def thresholds(scenario: Scenario) -> list[int]:
    """Return T of each tier in ms: its target's, else 20 s."""
    return list(limits_of(scenario.centre.tiers).values())
