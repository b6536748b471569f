"""One day lived three times: by a punctual driver, by a sleepy one, and again from the journal."""

import json
from typing import Any

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.commands import Command
from callcenter.errors import Refusal
from callcenter.units import Millis
from routing.decide.matching import eligible
from routing.decide.on_call import arriving
from routing.engine import RoutingEngine
from routing.journal import command_from, event_from, to_plain
from routing.replay import first_difference, replay
from tests.rules.counted import counted_as_measured
from tests.rules.hearing import Hearing


class Day:
    """The same commands for an engine that is woken at every deadline and one that only ever hears commands."""

    def __init__(self, centre: Centre, start: int) -> None:
        self.first_centre = self.centre = centre
        self.now = Millis(start)
        self.punctual = RoutingEngine(centre)
        self.sleepy = RoutingEngine(centre)
        self.desk = Hearing(centre)
        self.journal: list[tuple[Millis, Any]] = []
        self.history: list[ev.Event] = []
        self.slept: list[ev.Event] = []

    def pass_time(self, gap: int) -> None:
        """Let time pass: the punctual driver wakes at each deadline, the sleepy one does not."""
        until = self.now + gap
        while (due := self.punctual.due_at()) is not None and due <= until:
            self.punctual.advance(now=max(due, self.now))
            self._heard(None, max(due, self.now))
        self.now = Millis(until)
        if self.punctual.due_at() is None or self.punctual.due_at() > until:  # type: ignore[operator]
            self.punctual.advance(now=self.now)
            self._heard(None, self.now)

    def _heard(self, command: Command | None, now: int) -> None:
        events = self.punctual.take_events()
        self.history += events
        self.desk.hear(command, events, now)

    def do(self, command: Command) -> bool:
        """Ask both engines; a refusal must be the same in both and must have changed nothing."""
        self.pass_time(0)
        if isinstance(command, cmd.Resume):  # the driver was away: nobody was woken in the gap
            self.now = Millis(self.now + command.gap_ms)
        self.journal.append((self.now, json.loads(json.dumps(to_plain(command)))))
        before = self.punctual.snapshot()
        refused = _ask(self.punctual, command, self.now)
        refused_too = _ask(self.sleepy, command, self.now)
        self.slept += self.sleepy.take_events()
        assert refused == refused_too, "late drivers are refused what punctual ones are"
        if refused is not None:
            assert self.punctual.snapshot() == before, f"{command} was refused and changed something"
            assert self.punctual.take_events() == []
        else:
            self._heard(command.command if isinstance(command, cmd.Reported) else command, self.now)
            if isinstance(command, cmd.AdoptCentre):
                self.centre = command.centre
        assert self.slept == self.history[: len(self.slept)], first_difference(self.history, self.slept)
        self.pass_time(0)
        self.desk.at_rest(self.now)
        return refused is None

    def restart(self) -> None:
        """Go on with an engine that knows nothing but the snapshot."""
        self.pass_time(0)
        self.punctual = RoutingEngine.restore(self.centre, json.loads(json.dumps(self.punctual.snapshot())))

    def look(self) -> None:
        """Compare the cheap picture with a slow count."""
        view = self.punctual.view()
        desk = self.desk
        for row in view.queues:
            waiting = [i for i in desk.waiting_calls(row.queue) if i.tier.name == row.tier]
            assert row.waiting == len(waiting), f"{row} and {[i.id for i in waiting]}"
        assert view.live_offers == sum(1 for a in desk.agents.values() if a.offer is not None)
        assert sum(n for _, _, n in view.agents) == len(desk.agents)
        assert sum(n for _, _, n in view.tasks) == sum(1 for i in desk.items.values() if i.task)
        assert view.open_queues == tuple(q.name for q in self.centre.queues if desk.open.get(q.name, True))

    def ask_beforehand(self, command: cmd.AdmitCall) -> None:
        """What a preview says is what comes, and asking changes nothing."""
        self.pass_time(0)
        before = self.punctual.snapshot()
        try:
            told = self.punctual.preview(command, now=self.now)
        except Refusal:
            told = None
        for call_id in list(self.desk.items):
            if not self.desk.items[call_id].task:
                self.punctual.explain(call_id, now=self.now)  # type: ignore[arg-type]
        if told is not None:
            self._compare_eligibility(command)
        assert self.punctual.snapshot() == before, "asking changed something"
        seen = len(self.history)
        brings_a_place = (command.customer, command.queue) in self.desk.lost or any(
            item.task and item.customer == command.customer for item in self.desk.items.values()
        )
        assert self.do(command) == (told is not None)
        if told is None or brings_a_place:
            return
        mine = [e for e in self.history[seen:] if command.call_id in (_about(e, "call_id"), _about(e, "from_call"))]
        assert told.decision == _decision(mine), f"{told} and {mine}"
        if told.decision == "offer":
            assert isinstance(mine[1], ev.CallOffered)
            assert mine[1].agent_id == told.agent_id

    def _compare_eligibility(self, command: cmd.AdmitCall) -> None:
        """The one function that says who is eligible agrees with the design, agent by agent."""
        floor = self.punctual._floor
        call = arriving(floor, command, self.now)
        newcomer = self.desk.newcomer(command, self.now, None, self.now)
        for agent in floor.agents.values():
            expected = self.desk.eligible(newcomer, self.desk.agents[agent.id], self.now, at_rest=True)
            assert eligible(floor, call, agent) == expected, f"{command.call_id} and {agent.id}"

    def end(self) -> None:
        """However it was lived, the day was the same."""
        self.pass_time(0)
        self.sleepy.advance(now=self.now)
        self.slept += self.sleepy.take_events()
        assert self.slept == self.history, first_difference(self.history, self.slept)
        assert self.sleepy.snapshot() == self.punctual.snapshot(), "the same state, however often it was woken"
        assert json.loads(json.dumps([to_plain(e) for e in self.history])) == [
            to_plain(event_from(json.loads(json.dumps(to_plain(e))))) for e in self.history
        ]
        again, events = replay(self.first_centre, [(at, command_from(p)) for at, p in self.journal], self.now)
        assert first_difference(self.history, events) is None, first_difference(self.history, events)
        assert again.snapshot() == self.punctual.snapshot(), "a replay gives the same state"
        counted_as_measured(self.first_centre, self.history, self.now)


def _about(event: ev.Event, name: str) -> str | None:
    return getattr(event, name, None)


def _decision(events: list[ev.Event]) -> str:
    if isinstance(events[0], ev.CallRejected):
        return "callback" if any(isinstance(event, ev.TaskScheduled) for event in events) else "reject"
    if isinstance(events[0], ev.CallOverflowed):
        return "overflow"
    return "offer" if len(events) > 1 and isinstance(events[1], ev.CallOffered) else "queue"


def _ask(engine: RoutingEngine, command: Command, now: Millis) -> tuple[str, str, dict[str, Any]] | None:
    try:
        engine.handle(command, now=now)
    except Refusal as refusal:
        return type(refusal).__name__, str(refusal), refusal.truth
    return None
