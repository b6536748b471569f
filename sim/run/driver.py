"""A simulated day: SimPy tells the engine the time and what people do; its events tell people what to do next.

No process per call: SimPy keeps one moment for the next arrival, one for each conversation, one for the patience of
each caller who waits, and one for the engine's next deadline. People react to facts by scheduling, never at once.
"""

from dataclasses import replace
from typing import Final

from callcenter.centre import Centre
from callcenter.events import Event
from callcenter.lifecycle.ledger import Ledger
from callcenter.scenario import Scenario
from callcenter.units import DAY, MINUTE, Millis
from routing.engine import RoutingEngine
from routing.replay import Entry
from sim.model.days import extent, midnights
from sim.model.demand import arrivals
from sim.model.people import Callers, Paces, forced_wrap_up, worked_rules
from sim.model.shifts import Duty, duties
from sim.model.streams import Chance
from sim.run.arriving import Arriving
from sim.run.blending import ListTalks
from sim.run.customers import Customers
from sim.run.loop import Loop, Reactions
from sim.run.outreach import Lists
from sim.run.rows import CallRows
from sim.run.staff import Staff

RUN_OFF_STEP: Final = Millis(5 * MINUTE)
LONGEST_WRAP_UP: Final = Millis(DAY)
"""Given to queues whose agents end their after-call work themselves, as the scenario's law says."""

UNPACKED: Final = 500_000
"""Ended calls that are remembered as they are: some hundred bytes each, beside several hundred for the call's row."""


def centre_of(scenario: Scenario) -> Centre:
    """Return the centre as it is simulated: where people end their wrap-up themselves, the engine lets them."""
    if not scenario.wrap_up:
        return scenario.centre
    if worked_rules(scenario):
        queues = tuple(replace(q, wrap_up=q.wrap_up or LONGEST_WRAP_UP) for q in scenario.centre.queues)
    else:
        queues = tuple(replace(q, wrap_up=forced_wrap_up(scenario, q)) for q in scenario.centre.queues)
    return replace(scenario.centre, queues=queues)


class Day:
    """One replication: the days of a scenario, lived through."""

    def __init__(
        self, scenario: Scenario, replication: int, *, keep_records: bool = False, keep_journal: bool = False
    ) -> None:
        chance = Chance(scenario.seed, replication)
        self.scenario = scenario
        drawn = arrivals(scenario, chance)
        self.callers = Callers(drawn)
        lived = extent(scenario)
        self.begin, self.end = lived.begin, lived.end
        self.measured_from, self.measured_until = lived.measured_from, lived.measured_until
        self._drains = lived.drains
        self.engine = RoutingEngine(centre_of(scenario), newest=UNPACKED)
        self.loop = loop = Loop(self.engine, self.begin, keep_journal)
        self.env = loop.env
        self.calls = CallRows(scenario)
        self.apart = Ledger()
        """What belongs to no call's row: agents' time and outbound tasks."""
        self.ledger = Ledger()
        """Everything in records, where they are kept (with a journal they are)."""
        self.journal: list[Entry] | None = loop.journal
        self.history: list[Event] = loop.history
        self.knows_customers = (
            any(tier.callback for tier in scenario.centre.tiers)
            or bool(scenario.retrials)
            or scenario.callbacks.accept_offer > 0
            or bool(scenario.recorded)
        )
        self._ends_early = lived.runs_off and not self.knows_customers
        self.arriving = Arriving(loop, scenario, self.callers, self.knows_customers)
        self.lists = Lists(self, chance)
        self.list_talks = ListTalks()
        self.results = {queue.name: queue.callbacks.results for queue in scenario.centre.queues}
        self.customers = loop.customers = Customers(self, chance)
        self.staff = Staff(self, Paces(scenario, chance), chance)
        rows = self.calls.folds
        apart = {kind: fold for kind, fold in self.apart.folds.items() if kind not in rows}
        listed = self.list_talks.folds if scenario.outreach else {}
        self._heard_by(rows, apart, listed, self.ledger.folds if keep_records or keep_journal else {})

    def _heard_by(self, *folds: Reactions) -> None:
        """Let the figures hear what happens, then the people."""
        self.loop.hear_by(*folds, self.customers.reactions(), self.staff.reactions())

    # --- time

    @property
    def now(self) -> Millis:
        """The simulated instant."""
        return self.env._now

    @property
    def refused(self) -> int:
        """How many commands the engine has refused."""
        return self.loop.refused

    # --- the walk

    def run(self) -> "Day":
        """Live through all days and return self; what is undecided at the end stays open."""
        self.people_come()
        if self._ends_early:
            self._run_off()
        else:
            self.env.live(until=self.end)
        if self._drains:
            self._drain()
        self.engine.advance(now=self.now)
        self.loop.hear()
        self.apart.close(self.now)
        self.ledger.close(self.now)
        return self

    def people_come(self) -> list[Duty]:
        """Schedule the first caller and who is on duty when; return the duties."""
        found = duties(self.scenario, self.customers.chance)
        self.staff.roster(found)
        self.lists.come(midnights(self.scenario), self.scenario.horizon.first_day)
        self.arriving.begin()
        return found

    def forget(self) -> None:
        """Break the circles between a lived day and its people, so that all of it is freed at once.

        Left to the collector of cycles, a day of 100,000 calls costs it a tenth of the time it took to live.
        """
        self.loop.forget()
        for folds in (self.calls.folds, self.apart.folds, self.ledger.folds):
            folds.clear()
        del self.arriving, self.customers, self.staff, self.lists

    def _run_off(self) -> None:
        """Live until the last call that is measured is over: what comes after it, no figure is about."""
        self.env.live(until=self.measured_until)
        rest = self.calls.unfinished()
        while rest and self.now < self.end:
            self.env.live(until=min(self.now + RUN_OFF_STEP, self.end))
            rest &= self.calls.unfinished()

    def _drain(self) -> None:
        """After a terminating day: let those who are on the line finish, for a day at most."""
        latest = self.end + DAY
        while self.customers.on_the_line() and self.env.peek() < latest:
            self.env.step()
