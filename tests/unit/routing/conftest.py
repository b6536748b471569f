"""A way to tell an engine a story in seconds and to read what it says."""

from collections.abc import Callable
from typing import Any

import pytest

from callcenter import events as ev
from callcenter.centre import Centre, Group, Queue
from callcenter.commands import Command
from callcenter.units import SECOND, Millis
from routing.engine import RoutingEngine


class Told:
    """An engine that is told commands at seconds and answers with what happened, one short line each."""

    def __init__(self, centre: Centre, start: int = 0) -> None:
        self.engine = RoutingEngine(centre)
        self.start = start
        self.events: list[ev.Event] = []
        self._last: tuple[RoutingEngine, int] | None = None

    def __call__(self, seconds: float, *commands: Command) -> list[str]:
        """Let time pass until then, carry out the commands, and say what happened since last told."""
        now = Millis(self.start + int(seconds * SECOND))
        self.engine.advance(now=now)
        for command in commands:
            self.engine.handle(command, now=now)
        self.events = self.engine.take_events()
        self._number(self.events)
        return [self.line(event) for event in self.events]

    def _number(self, events: list[ev.Event]) -> None:
        """See that events are numbered one after another, as long as the same engine tells them."""
        for event in events:
            if self._last is not None and self._last[0] is self.engine:
                assert event.seq == self._last[1] + 1, f"{event} does not come after {self._last[1]}"
            self._last = self.engine, event.seq

    def line(self, event: Any) -> str:
        """Return, say, `15 OfferEnded c1 ana no_answer`."""
        names = ("call_id", "task_id", "subject", "agent_id", "end", "reason", "cause", "target", "queue")
        found = [str(getattr(event, name, "")) for name in names[:-1]]
        if not any(found):
            found = [str(getattr(event, "queue", ""))]
        return " ".join([f"{(event.at - self.start) / SECOND:g}", type(event).__name__, *filter(None, found)])

    def snapshot(self) -> dict[str, Any]:
        return self.engine.snapshot()


@pytest.fixture
def told() -> Callable[..., Told]:
    """Give `told(centre)`: an engine that has heard nothing yet."""
    return Told


@pytest.fixture
def one_queue() -> Callable[..., Centre]:
    """Give `one_queue(offer_timeout=…)`: a centre of one queue, one group, the default tiers."""

    desk = Group("desk")

    def make(group: Group = desk, **rules: Any) -> Centre:
        centre = {
            name: rules.pop(name)
            for name in (
                "tiers",
                "default_tier",
                "missed",
                "reserves",
                "channels",
                "intents",
                "zone",
                "zones",
                "agents",
            )
            if name in rules
        }
        return Centre("test", (Queue("sales", **rules),), (group,), **centre)

    return make
