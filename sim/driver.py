"""SimPy tells the engine the time and the people's doings; the engine's facts tell the people what to do next.

No process per call: SimPy keeps one moment for the next arrival, one for each conversation, one for the patience of
each caller who waits, and one for the engine's next deadline. People react to facts by scheduling, never at once.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import simpy
from simpy.events import NORMAL, URGENT

from callcenter import commands as cmd
from callcenter.centre import Centre
from callcenter.commands import Command
from callcenter.errors import Refusal
from callcenter.events import Event
from callcenter.ids import CallId, CustomerKey
from callcenter.measures import Ledger
from callcenter.scenario import Scenario
from callcenter.units import DAY, Millis
from routing.engine import RoutingEngine
from routing.replay import Entry
from sim.customers import Customers
from sim.demand import arrivals, midnights
from sim.people import Callers, Paces, worked_rules
from sim.shifts import duties
from sim.staff import Staff
from sim.streams import Chance

LONGEST_WRAP_UP: Final = Millis(DAY)
"""Given to queues whose agents end their after-call work themselves, as the scenario's law says."""


class Moment(simpy.Event):
    """A SimPy event that has its outcome already and only has to come: half the cost of a Timeout."""

    _value = None
    _ok = True

    def __init__(self, env: simpy.Environment, act: "Act", who: str) -> None:
        self.env = env
        self.callbacks = [act]
        self.who = who


Act = Callable[[Moment], None]
React = Callable[..., None]


def who_hears(*all_hearers: dict[type[Event], React]) -> dict[type[Event], list[React]]:
    """Return who hears of each type of event, in the order given: the figures, customers, staff."""
    found: dict[type[Event], list[React]] = defaultdict(list)
    for hearers in all_hearers:
        for kind, hear in hearers.items():
            found[kind].append(hear)
    return found


def centre_of(scenario: Scenario) -> Centre:
    """Return the centre as it is simulated: where people end their wrap-up themselves, the engine lets them."""
    if not worked_rules(scenario):
        return scenario.centre
    queues = tuple(replace(q, wrap_up=q.wrap_up or LONGEST_WRAP_UP) for q in scenario.centre.queues)
    return replace(scenario.centre, queues=queues)


class Day:
    """One replication: the days of a scenario, lived through."""

    moment = Moment

    def __init__(self, scenario: Scenario, replication: int, *, keep_journal: bool = False) -> None:
        chance = Chance(scenario.seed, replication)
        self.scenario = scenario
        drawn = arrivals(scenario, chance)
        self.callers = Callers(drawn)
        starts = midnights(scenario)
        horizon = scenario.horizon
        self.begin: Millis = starts[0]
        self.measured_from = Millis(starts[horizon.discard] + horizon.warm_up)
        stationary = horizon.length != DAY
        last = horizon.discard + horizon.days
        self.measured_until = Millis(starts[last - 1] + horizon.length) if stationary else starts[last]
        self.end: Millis = self.measured_until if stationary else starts[-1]
        self._drains = not stationary and horizon.run_off == 0
        self.env = simpy.Environment(initial_time=self.begin)
        self.engine = engine = RoutingEngine(centre_of(scenario))
        self.ledger = Ledger()
        self.journal: list[Entry] | None = [] if keep_journal else None
        self.history: list[Event] = []
        self.refused = 0
        self._handle, self._take_events, self._due_at = engine.handle, engine.take_events, engine.due_at
        self._next = 0
        self._first_attempts = len(self.callers)
        self.knows_customers = (
            any(tier.callback for tier in scenario.centre.tiers)
            or bool(scenario.retrials)
            or scenario.callbacks.accept_offer > 0
            or bool(scenario.recorded)
        )
        self._plain = {-1} | {
            n
            for n, stream in enumerate(scenario.streams)
            if not stream.intents and not stream.skills and stream.channel == "voice"
        }
        """Streams whose calls bring nothing of their own (-1: recorded calls)."""
        self._wake_at: Millis | None = None
        self.customers = Customers(self, chance)
        self.staff = Staff(self, Paces(scenario, chance), chance)
        self._heard = who_hears(self.ledger.folds, self.customers.reactions(), self.staff.reactions())

    # --- time

    def after(self, delay_ms: int, act: Act, who: str) -> Moment:
        """Let `act` happen in `delay_ms`."""
        env = self.env
        moment = Moment(env, act, who)
        env.schedule(moment, NORMAL, delay_ms)
        return moment

    def at(self, instant: Millis, act: Act, who: str) -> Moment:
        """Let `act` happen at `instant`."""
        return self.after(instant - self.now, act, who)

    @property
    def now(self) -> Millis:
        """The simulated instant."""
        return Millis(int(self.env.now))

    # --- the walk

    def run(self) -> "Day":
        """Live through all days and return self; what is undecided at the end stays open."""
        self.staff.roster(duties(self.scenario, self.customers.chance))
        if self._first_attempts:
            self.at(Millis(self.callers.at[0]), self._arrive, "")
        self.env.run(until=self.end)
        if self._drains:
            self._drain()
        self.engine.advance(now=self.now)
        self._hear()
        self.ledger.close(self.now)
        return self

    def forget(self) -> None:
        """Break the circles between a lived day and its people, so that all of it is freed at once.

        Left to the collector of cycles, a day of 100,000 calls costs it a tenth of the time it took to live.
        """
        self.env._queue.clear()
        self._heard.clear()
        self.ledger.folds.clear()
        del self.customers, self.staff

    def _drain(self) -> None:
        """After a terminating day: let those who are on the line finish, for a day at most."""
        latest = self.end + DAY
        while self.customers.on_the_line() and self.env.peek() < latest:
            self.env.step()

    def _arrive(self, moment: Moment) -> None:
        number = self._next
        self._next = following = number + 1
        self.admit(number)
        if following < self._first_attempts:
            moment.callbacks = [self._arrive]
            self.env.schedule(moment, NORMAL, self.callers.at[following] - self.env.now)

    def admit(self, number: int) -> None:
        """Let call `number` reach the desk."""
        callers = self.callers
        stream = callers.stream[number]
        call_id: CallId = str(number)  # type: ignore[assignment]  # naming it costs a call
        call = cmd.AdmitCall(call_id, callers.queue[number], callers.tier[number])
        if self.knows_customers:
            call.customer = CustomerKey(callers.customer[number])
        if stream not in self._plain:
            config = self.scenario.streams[stream]
            call.intent = callers.intent[number]
            call.skills = config.skills
            call.channel = config.channel
        self.tell(call)

    def tell(self, command: Command) -> None:
        """Tell the engine, and let everyone hear what happened."""
        now: Millis = self.env.now  # type: ignore[assignment]  # whole ms go in, whole ms come out
        try:
            self._handle(command, now=now)
        except Refusal:
            self.refused += 1
        if self.journal is not None:
            self.journal.append((now, command))
        # `_hear`, written out: this is once for every command.
        events = self._take_events()
        if self.journal is not None:
            self.history += events
        heard = self._heard
        for event in events:
            for hear in heard[type(event)]:
                hear(event)
        if self.customers.just_queued is not None:
            self.customers.settle()
        due = self._due_at()
        if due is not None and (self._wake_at is None or due < self._wake_at):
            self._set_alarm(due)

    def _hear(self) -> None:
        """Fold what happened into the figures and let people react; then see to the next deadline."""
        heard = self._heard
        events = self._take_events()
        if self.journal is not None:
            self.history += events
        for event in events:
            for hear in heard[type(event)]:
                hear(event)
        if self.customers.just_queued is not None:
            self.customers.settle()
        due = self._due_at()
        if due is not None and (self._wake_at is None or due < self._wake_at):
            self._set_alarm(due)

    def _set_alarm(self, due: Millis) -> None:
        """Wake at the engine's next deadline; an alarm set before for later comes too, and changes nothing."""
        self._wake_at = due
        self.env.schedule(Moment(self.env, self._wake, ""), URGENT, due - self.env.now)

    def _wake(self, moment: Moment) -> None:
        """Carry out what is due; a wake-up that has become needless changes nothing."""
        self._wake_at = None
        self.engine.advance(now=self.now)
        self._hear()
