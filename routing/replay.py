"""A journal told to a fresh engine: the same commands give the same facts, or the first difference is shown."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from callcenter.centre import Centre
from callcenter.commands import Command
from callcenter.errors import Refusal
from callcenter.events import Event
from callcenter.units import Millis
from routing.engine import RoutingEngine

Entry = tuple[Millis, Command]
"""When the engine was told, and what; refused commands are journaled too, and refused again."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a replay told something else than was recorded."""

    seq: int
    recorded: Event | None
    replayed: Event | None


def replay(centre: Centre, journal: Iterable[Entry], until: Millis | None = None) -> tuple[RoutingEngine, list[Event]]:
    """Return a fresh engine that was told `journal`, and all that happened.

    `until` is an instant up to which time went on after the last command.
    """
    engine = RoutingEngine(centre)
    history: list[Event] = []
    for at, command in journal:
        with suppress(Refusal):  # it was refused when it was recorded, too
            engine.handle(command, now=at)
        history += engine.take_events()
    if until is not None:
        engine.advance(now=until)
        history += engine.take_events()
    return engine, history


def first_difference(recorded: Iterable[Event], replayed: Iterable[Event]) -> Difference | None:
    """Return the first event that differs, or None if one history is exactly the other."""
    one, two = iter(recorded), iter(replayed)
    while True:
        left, right = next(one, None), next(two, None)
        if left is None and right is None:
            return None
        if left != right:
            known = left if left is not None else right
            assert known is not None
            return Difference(known.seq, left, right)
