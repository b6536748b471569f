"""The engine: a few verbs, no clock, no I/O; told the time, it hands back facts."""

from collections.abc import Callable
from typing import Any, Final

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.commands import Command
from callcenter.compact_memory import NEWEST
from callcenter.errors import BadInput, ClockWentBack, IllegalMove
from callcenter.events import Event, OfferEnd
from callcenter.hours import Zone
from callcenter.ids import AgentId, CallId
from callcenter.language.said import said, text_of
from callcenter.skills import Levels
from callcenter.units import Millis
from routing.decide import on_agent, on_call, on_task
from routing.decide.after_contact import grant_breaks, hands_free
from routing.decide.entering import limit_wait, requeue
from routing.decide.late_reports import dated, known_since
from routing.decide.on_deadline import on_deadline, open_doors
from routing.explain.explanations import Explanation, Preview, explain, preview
from routing.explain.picture import View, Waits, look, who_waits
from routing.facts import calls as call_facts
from routing.snapshot import Snapshot, load, save
from routing.state.ahead import position
from routing.state.deadlines import Due
from routing.state.expected_wait import ExpectedWait, expected_wait
from routing.state.floor import Floor
from routing.state.line import BEHIND_ALL_PROMISES

Handler = Callable[[Floor, Any, Millis], None]

HANDLERS: Final[dict[type, Handler]] = {
    cmd.AdmitCall: on_call.admit,
    cmd.AcceptOffer: on_call.accept,
    cmd.EndOffer: on_agent.end_offer,
    cmd.AbandonCall: on_call.abandon,
    cmd.EndCall: on_call.end,
    cmd.FailCall: on_call.fail,
    cmd.HoldCall: on_call.hold,
    cmd.ResumeCall: on_call.resume,
    cmd.TransferCall: on_call.transfer,
    cmd.ConvertCall: on_call.convert,
    cmd.ReprioritiseCall: on_call.reprioritise,
    cmd.WithdrawCall: on_call.withdraw,
    cmd.SuspendCall: on_call.suspend,
    cmd.ConfirmCall: on_call.confirm,
    cmd.LogIn: on_agent.log_in,
    cmd.LogOut: on_agent.log_out,
    cmd.SetAvailable: on_agent.set_available,
    cmd.SetNotReady: on_agent.set_not_ready,
    cmd.RequestBreak: on_agent.request_break,
    cmd.SetPhone: on_agent.set_phone,
    cmd.EndWrapUp: on_agent.end_wrap_up,
    cmd.ExtendWrapUp: on_agent.extend_wrap_up,
    cmd.NoteResult: on_agent.note_result,
    cmd.ScheduleTask: on_task.schedule,
    cmd.RescheduleTask: on_task.reschedule,
    cmd.CancelTask: on_task.cancel,
    cmd.ReportReached: on_task.reached,
    cmd.ReportNotReached: on_task.not_reached,
    cmd.EndTask: on_task.finish,
}
"""Command → what carries it out: it checks first and refuses with no effect, or changes the floor."""


class RoutingEngine:
    """Decides which agent takes which call.

    Time is an argument, in whole milliseconds since the epoch, never decreasing. What happened is kept until
    `take_events`, so that a refused command cannot lose the deadlines that fell due before it.

    >>> from callcenter.centre import Centre, Group, Queue
    >>> from callcenter.commands import AdmitCall, LogIn
    >>> engine = RoutingEngine(Centre("demo", (Queue("sales"),), (Group("desk"),)))
    >>> engine.handle(LogIn("ana", "desk"), now=Millis(0))
    >>> engine.handle(AdmitCall("c1", "sales"), now=Millis(1_000))
    >>> [type(event).__name__ for event in engine.take_events()]
    ['AgentLoggedIn', 'CallQueued', 'CallOffered']
    """

    __slots__ = ("_floor",)

    def __init__(self, centre: Centre, *, newest: int = NEWEST) -> None:
        """Begin with nobody there; `newest` of what has ended are remembered unpacked, which is faster."""
        self._floor = Floor(centre, newest)

    @property
    def centre(self) -> Centre:
        """The centre in force."""
        return self._floor.centre

    def handle(self, command: Command, *, now: Millis) -> None:
        """Carry out `command` at `now`, after every deadline due by then.

        Raises:
            Refusal: the command cannot be; it had no effect of its own.
            ClockWentBack: `now` is before the last instant told.
        """
        floor = self._floor
        kind = type(command)
        handler = HANDLERS.get(kind)
        if handler is None:
            self._rare(command, now)
            return
        last = floor.now
        if last is None or last > now:
            self._tick(now)
        heap = floor.deadlines.heap
        if heap and heap[0][0] <= now:
            self.advance(now=now)
        floor.now = now
        handler(floor, command, now)

    def _rare(self, command: Command, now: Millis) -> None:
        """Carry out a command that is about the engine itself."""
        floor = self._floor
        if isinstance(command, cmd.Resume):
            self._resume(command.gap_ms, now)
        elif isinstance(command, cmd.Reported):
            self.advance(now=now)
            since, begun = known_since(floor, command.command), len(floor.out)
            self.handle(command.command, now=now)
            floor.out[begun:] = dated(floor, floor.out[begun:], command.happened_at, since)
        elif isinstance(command, cmd.AdoptCentre):
            self.advance(now=now)
            self._adopt(command.centre, now)
        elif isinstance(command, cmd.LearnZones):
            self.advance(now=now)
            self._learn(command.zones, now)
        else:
            raise TypeError(f"{type(command).__name__} is not a command")

    def _tick(self, now: Millis) -> None:
        """See that time never goes back; at the first instant told, see which queues are open."""
        floor = self._floor
        if floor.now is not None and now < floor.now:
            raise ClockWentBack(floor.now, now)
        if floor.now is None:
            floor.now = now
            open_doors(floor, now)

    def advance(self, *, now: Millis) -> None:
        """Carry out every deadline up to `now`, each at its own instant, in order of instant and serial."""
        floor = self._floor
        self._tick(now)
        while (deadline := floor.deadlines.pop_due(now)) is not None:
            floor.now = deadline.at
            on_deadline(floor, deadline)
        floor.now = now

    def due_at(self) -> Millis | None:
        """Return the next instant at which time alone changes something, or None."""
        deadlines = self._floor.deadlines
        return deadlines.next_at() if deadlines.heap else None

    def take_events(self) -> list[Event]:
        """Return what happened since last asked, oldest first; each event is handed out once."""
        floor = self._floor
        out = floor.out
        floor.out = []
        return out

    def snapshot(self) -> Snapshot:
        """Return all of the state as plain data (JSON will do), events not yet taken excepted."""
        return save(self._floor)

    @classmethod
    def restore(cls, centre: Centre, snapshot: Snapshot) -> "RoutingEngine":
        """Return an engine that continues exactly as the one whose snapshot this is."""
        engine = cls(centre)
        load(engine._floor, snapshot)
        return engine

    def view(self) -> View:
        """Return the cheap picture for screens and metrics."""
        return look(self._floor)

    def who_waits(self, *, now: Millis, most: int) -> list[Waits]:
        """Return who waits, in the order of their turns: the first `most`."""
        return who_waits(self._floor, now, most)

    def explain(self, call_id: CallId, *, now: Millis) -> Explanation:
        """Return why the call stands where it stands, and why nobody has taken it yet; nothing changes."""
        return explain(self._floor, call_id, now)

    def preview(self, command: cmd.AdmitCall, *, now: Millis) -> Preview:
        """Return what would happen to such a call now; nothing changes."""
        return preview(self._floor, command, now)

    def expected_wait(self, call_id: CallId, *, now: Millis) -> ExpectedWait | None:
        """Return the rest of the wait of a waiting call as a band, or None where there is too little to tell."""
        return expected_wait(self._floor, self._floor.call(call_id), now)

    def has(self, call_id: CallId) -> bool:
        """Tell whether the call is here and has not ended."""
        return call_id in self._floor.calls

    def position(self, call_id: CallId, *, now: Millis) -> int | None:
        """Return how many go before a waiting call, or None for one that does not wait (it rings, or talks)."""
        call = self._floor.call(call_id)
        return position(self._floor, call, now) if call.lane is not None or call.held else None

    @property
    def now(self) -> Millis | None:
        """The last instant told."""
        return self._floor.now

    def knows_skill(self, skill: str) -> bool:
        """Tell whether anybody has a skill of this name, by the centre or as they logged in."""
        return any(name == skill for crew in self._floor.crews.values() for name, _ in crew.skills)

    def has_agent(self, agent_id: AgentId) -> bool:
        """Tell whether an agent is logged in."""
        return agent_id in self._floor.agents

    def sits_as(self, agent_id: AgentId, group: str | None, skills: Levels | None) -> bool:
        """Tell whether an agent is logged in with this group and these skills (None: with any)."""
        agent = self._floor.agents.get(agent_id)
        if agent is None:
            return False
        crew = agent.crew
        return group in (None, crew.group.name) and skills in (None, crew.skills)

    def last_wish(self, agent_id: AgentId) -> tuple[str, str] | None:
        """Return what an agent does when the contacts in hand are done, and why: `logged_out, break, not_ready`.

        None: nothing but the next contact.
        """
        agent = self._floor.agents.get(agent_id)
        if agent is None or agent.wish is None:
            return None
        wish = agent.wish
        return ("logged_out" if wish.log_out else "break" if wish.on_break else "not_ready"), wish.reason

    def serves_out(self, group: str) -> bool:
        """Tell whether calls wait in a closed queue that serves them out, which agents of `group` could take."""
        floor = self._floor
        return any(
            lane.size and not lane.queue.open and lane.queue.config.serve_out and lane.lives
            for crew in floor.crews.values()
            if crew.group.name == group
            for lane in crew.lanes
        )

    def waits_for(self, agent_id: AgentId) -> bool:
        """Tell whether a call waits that this agent could take, if they were free."""
        agent = self._floor.agents.get(agent_id)
        return agent is not None and any(lane.size for lane in agent.crew.lanes if lane.rank < BEHIND_ALL_PROMISES)

    def _resume(self, gap_ms: int, now: Millis) -> None:
        """Go on after a gap: what waited was not served meanwhile, so that its limits shift by it."""
        floor = self._floor
        if floor.now is not None and floor.now > now:
            raise ClockWentBack(floor.now, now)
        if gap_ms < 0:
            raise IllegalMove(said("a gap of {gap_ms} ms: time does not go back", gap_ms=gap_ms), gap_ms=gap_ms)
        # Up to the gap the driver was awake: what was due by then happened, in a replay too.
        self.advance(now=Millis(max(now - gap_ms, now if floor.now is None else floor.now)))
        floor.deadlines.shift(gap_ms, now)
        away: dict[int, int] = {}  # one number for all who were there before the gap
        for call in floor.calls.values():
            if call.agent is None:
                now_away = call.away_ms + gap_ms
                call.away_ms = away.setdefault(now_away, now_away)
        self.advance(now=Millis(max(now - 1, floor.now or now)))
        floor.now = now
        self._end_offers(gap_ms, now)
        self.advance(now=now)

    def _end_offers(self, gap_ms: int, now: Millis) -> None:
        """End what the gap has cut: live offers end as `system`, with no miss counted; the calls take their turn."""
        floor = self._floor
        floor.seq += 1
        floor.out.append(ev.ServiceResumed(now, floor.seq, gap_ms))
        offers = list(floor.offers.values())
        for offer in offers:
            call_facts.offer_ended(floor, offer, OfferEnd.SYSTEM, now)
        for item in sorted((offer.item for offer in offers), key=lambda item: floor.key(item, now)):
            requeue(floor, item, now)
        for offer in offers:
            if offer.agent.id in floor.agents and offer.agent.offer is None:
                hands_free(floor, offer.agent, now)

    def _adopt(self, centre: Centre, now: Millis) -> None:
        """Put another centre in force: who is there and who waits keep their places under the new rules."""
        floor = self._floor
        fresh = Floor(centre, floor.ended.newest)
        try:
            load(fresh, save(floor))
        except BadInput as fault:
            raise IllegalMove(text_of(fault)) from fault
        fresh.deadlines.drop(Due.HOURS)
        open_doors(fresh, now)
        fresh.out = floor.out
        fresh.seq += 1
        fresh.out.append(ev.CentreAdopted(now, fresh.seq, centre.name))
        self._floor = fresh
        for call in fresh.calls.values():
            if call.agent is None:
                limit_wait(fresh, call, now)
        for agent in list(fresh.agents.values()):
            grant_breaks(fresh, agent, now)
        on_agent.give_everyone_work(fresh, now)

    def _learn(self, zones: tuple[Zone, ...], now: Millis) -> None:
        """Know more time zones: no window that is kept already depends on them, so nothing else changes."""
        floor = self._floor
        fresh = floor.learn(zones)
        if fresh:
            floor.seq += 1
            floor.out.append(ev.ZonesLearned(now, floor.seq, fresh))
