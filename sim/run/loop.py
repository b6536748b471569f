"""One walk through simulated time: SimPy's clock, the engine that is told, and who hears of what it did.

What is done at every command stands here and in a final class, apart from `Day`, which others build on: so it can be
compiled with the engine (`hatch_build.py`).
"""

from collections import defaultdict
from collections.abc import Callable
from heapq import heappush
from typing import TYPE_CHECKING, final

from callcenter.commands import Command
from callcenter.errors import Refusal
from callcenter.events import Event
from callcenter.units import Millis
from routing.engine import RoutingEngine
from routing.replay import Entry
from sim.run.moments import NORMAL, URGENT, Act, Moment, SimulatedTime

if TYPE_CHECKING:
    from sim.run.customers import Customers

React = Callable[..., None]
Reactions = dict[type[Event], React]
"""Who hears of which type of event."""


@final
class Loop:
    """Tells the engine, lets everyone hear what happened, and wakes at the engine's next deadline."""

    def __init__(self, engine: RoutingEngine, begin: Millis, keep_journal: bool) -> None:
        self.engine = engine
        self.env = SimulatedTime(initial_time=begin)
        self.journal: list[Entry] | None = [] if keep_journal else None
        self.history: list[Event] = []
        self.refused = 0
        self.heard: dict[type[Event], list[React]] = defaultdict(list)
        self.customers: Customers | None = None
        """Who may have come in while an event was heard, and is seen to when all of them are."""
        self.elsewhere: Callable[[Command], None] | None = None
        """Who is told in place of the engine: a service that runs somewhere else."""
        self._wake_at: Millis | None = None

    def hear_by(self, *folds: Reactions) -> None:
        """Let these hear what happens, in this order, and nobody else."""
        self.heard = defaultdict(list)
        for hearers in folds:
            for kind, hear in hearers.items():
                self.heard[kind].append(hear)

    def after(self, delay_ms: int, act: Act, who: str) -> None:
        """Let `act` happen in `delay_ms`."""
        env = self.env
        heappush(env.moments, (env._now + delay_ms, NORMAL, env.serial(), Moment(act, who)))  # `put`, written out

    def at(self, instant: Millis, act: Act, who: str) -> None:
        """Let `act` happen at `instant`."""
        self.env.put(Moment(act, who), instant)

    @property
    def now(self) -> Millis:
        """The simulated instant."""
        return self.env._now

    def tell(self, command: Command) -> None:
        """Tell the engine, and let everyone hear what happened."""
        if self.elsewhere is not None:
            self.elsewhere(command)
            return
        now = self.env._now
        try:
            self.engine.handle(command, now=now)
        except Refusal:
            self.refused += 1
        if self.journal is not None:
            self.journal.append((now, command))
        self.hear()

    def hear(self) -> None:
        """Fold what happened into the figures and let people react; then see to the next deadline."""
        engine = self.engine
        heard = self.heard
        events = engine.take_events()
        if self.journal is not None:
            self.history += events
        for event in events:
            for hear in heard[type(event)]:
                hear(event)
        customers = self.customers
        if customers is not None and customers.just_queued is not None:
            customers.settle()
        due = engine.due_at()
        if due is not None and (self._wake_at is None or due < self._wake_at):
            self._set_alarm(due)

    def forget(self) -> None:
        """Let go of everyone: see `Day.forget`."""
        self.env.moments.clear()
        self.heard.clear()
        self.customers = self.elsewhere = None

    def _set_alarm(self, due: Millis) -> None:
        """Wake at the engine's next deadline; an alarm set before for later comes too, and changes nothing."""
        self._wake_at = due
        self.env.put(Moment(self._wake, ""), due, URGENT)

    def _wake(self, moment: Moment) -> None:
        """Carry out what is due; an alarm that another has overtaken does nothing, and sets none."""
        if self.env._now != self._wake_at:
            return
        self._wake_at = None
        self.engine.advance(now=self.env._now)
        self.hear()
