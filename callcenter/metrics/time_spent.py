"""Agents' time as it runs: by what they do, and by the tier of the customer it goes to."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from callcenter import events as ev
from callcenter.centre import Centre
from callcenter.late_reports import when
from callcenter.metrics import catalogue as names
from callcenter.metrics.catalogue import Series
from callcenter.metrics.numbers import Fold, Meters, Samples
from callcenter.units import SECOND

ACTIVITIES: Final = ("logged_in", "not_ready", "ring", "talk", "hold", "dial", "wrap_up")


class _Talk:
    """A conversation, or a customer being dialled: whose time, for which tier, since when."""

    __slots__ = ("activity", "at", "cost", "group", "held_at", "tier")

    def __init__(self, group: str, tier: str, at: int, activity: str, cost: int) -> None:
        self.group = group
        self.tier = tier
        self.at = at
        self.activity = activity
        self.cost = cost
        self.held_at: int | None = None


class _Wrap(NamedTuple):
    """After-call work that goes on."""

    group: str
    tier: str
    at: int
    cost: int


class TimeSpent:
    """Meters agents' time; keeps who is there, rings, talks and wraps up."""

    def __init__(self) -> None:
        self.by_group = Meters()
        self.by_tier = Meters()
        self._agents: dict[str, tuple[str, bool]] = {}
        """Agent → group, and whether not ready."""
        self._rings: dict[str, tuple[str, int]] = {}
        """Agent → group, and since when the phone rings; the oldest comes first."""
        self._talks: dict[str, _Talk] = {}
        self._ended: tuple[str, int, int] = ("", 0, 100)
        """The call's conversation that ended last, when, and its share: its wrap-up begins at once, or never."""
        self._wraps: dict[tuple[str, str], _Wrap] = {}
        """Agent and contact → after-call work."""
        self.folds: dict[type[ev.Event], Fold] = {
            ev.CallOffered: self._rang,
            ev.TaskOffered: self._rang,
            ev.OfferEnded: self._offer_ended,
            ev.CallConnected: self._connected,
            ev.CallHeld: self._held,
            ev.CallResumed: self._resumed,
            ev.CallCompleted: self._completed,
            ev.CallFailed: self._failed,
            ev.WrapUpStarted: self._wrap_up_started,
            ev.WrapUpEnded: self._wrap_up_ended,
            ev.AgentLoggedIn: self._logged_in,
            ev.AgentLoggedOut: self._logged_out,
            ev.AgentBecameAvailable: self._became_available,
            ev.AgentBecameNotReady: self._became_not_ready,
            ev.AgentStoppedResponding: self._became_not_ready,
            ev.TaskAttempted: self._attempted,
            ev.TaskReached: self._reached,
            ev.TaskNotReached: self._not_reached,
            ev.TaskCompleted: self._talked_to_called,
            ev.TaskCallAgain: self._talked_to_called,
            ev.TaskCancelled: self._task_gone,
            ev.TaskExpired: self._task_gone,
            ev.TaskSuperseded: self._task_gone,
        }

    def adopt(self, centre: Centre) -> None:
        """Take another centre: new label values begin at 0."""
        for tier in centre.tiers:
            self.by_tier.show((tier.name,))
        for group in centre.groups:
            for activity in ACTIVITIES:
                self.by_group.show((group.name, activity))

    def begin_anew(self, at: int) -> None:
        """Let all sums be 0 at `at`; what runs, runs on."""
        for meters in (self.by_group, self.by_tier):
            meters.begin_anew(at)

    def readings(self, now: int) -> Iterator[tuple[Series, Samples]]:
        """Yield the sums up to `now`, and what rings."""
        yield names.AGENT_SECONDS, self.by_group.read(now)
        yield names.TIER_SECONDS, self.by_tier.read(now)
        yield names.LIVE_OFFERS, {(): len(self._rings)}
        oldest = next(iter(self._rings.values()), None)
        yield names.OLDEST_OFFER, {(): 0 if oldest is None else max(0, now - oldest[1]) / SECOND}

    # --- ringing

    def _rang(self, event: ev.CallOffered | ev.TaskOffered) -> None:
        self._rings[event.agent_id] = (event.group, event.at)
        self.by_group.begin((event.group, "ring"), event.at)

    def _stop_ringing(self, agent_id: str, at: int) -> bool:
        ring = self._rings.pop(agent_id, None)
        if ring is None:
            return False
        self.by_group.end((ring[0], "ring"), max(at, ring[1]))
        return True

    def _offer_ended(self, event: ev.OfferEnded) -> None:
        self._stop_ringing(event.agent_id, when(event))

    # --- talking

    def _connected(self, event: ev.CallConnected) -> None:
        at = event.at if event.happened_at is None else event.happened_at
        self._stop_ringing(event.agent_id, at)
        self.by_tier.add((event.tier,), max(0, at - event.offered_at), event.cost)
        self._begin(event.call_id, event.group, event.tier, at, "talk", event.cost)

    def _failed(self, event: ev.CallFailed) -> None:
        self._end(event.call_id, when(event))

    def _begin(self, subject: str, group: str, tier: str, at: int, activity: str, cost: int) -> None:
        self._talks[subject] = _Talk(group, tier, at, activity, cost)
        self.by_group.begin((group, activity), at, cost)
        self.by_tier.begin((tier,), at, cost)

    def _end(self, subject: str, at: int) -> None:
        talk = self._talks.pop(subject, None)
        if talk is not None:
            at = max(at, talk.at)
            self._off_hold(talk, at)
            self.by_group.end((talk.group, talk.activity), at, talk.cost)
            self.by_tier.end((talk.tier,), at, talk.cost)
            if talk.activity == "talk":
                self._ended = (subject, at, talk.cost)

    def _off_hold(self, talk: _Talk, at: int) -> None:
        if talk.held_at is not None:
            self.by_group.end((talk.group, "hold"), max(at, talk.held_at), talk.cost)
            talk.held_at = None

    def _completed(self, event: ev.CallCompleted) -> None:
        self._end(event.call_id, event.at if event.happened_at is None else event.happened_at)

    def _held(self, event: ev.CallHeld) -> None:
        talk = self._talks.get(event.call_id)
        if talk is not None and talk.held_at is None:
            talk.held_at = max(when(event), talk.at)
            self.by_group.begin((talk.group, "hold"), talk.held_at, talk.cost)

    def _resumed(self, event: ev.CallResumed) -> None:
        talk = self._talks.get(event.call_id)
        if talk is not None:
            self._off_hold(talk, when(event))

    def _wrap_up_started(self, event: ev.WrapUpStarted) -> None:
        subject, ended, share = self._ended
        # From when the talk ended, not from when that was reported.
        at, cost = (ended, share) if subject == event.subject else (event.at, 100)
        self._wraps[event.agent_id, event.subject] = _Wrap(event.group, event.tier, at, cost)
        self.by_group.begin((event.group, "wrap_up"), at, cost)
        self.by_tier.begin((event.tier,), at, cost)

    def _wrap_up_ended(self, event: ev.WrapUpEnded) -> None:
        wrap = self._wraps.pop((event.agent_id, event.subject), None)
        if wrap is not None:
            at = event.at if event.happened_at is None else event.happened_at
            self.by_group.end((wrap.group, "wrap_up"), at, wrap.cost)
            self.by_tier.end((wrap.tier,), at, wrap.cost)

    def _logged_in(self, event: ev.AgentLoggedIn) -> None:
        self._agents[event.agent_id] = (event.group, False)
        self.by_group.begin((event.group, "logged_in"), event.at)

    def _logged_out(self, event: ev.AgentLoggedOut) -> None:
        self._is_ready(event.agent_id, event.at, ready=True)
        if self._agents.pop(event.agent_id, None) is not None:
            self.by_group.end((event.group, "logged_in"), event.at)

    def _became_available(self, event: ev.AgentBecameAvailable) -> None:
        self._is_ready(event.agent_id, event.at, ready=True)

    def _became_not_ready(self, event: ev.AgentBecameNotReady | ev.AgentStoppedResponding) -> None:
        self._is_ready(event.agent_id, event.at, ready=False)

    def _is_ready(self, agent_id: str, at: int, *, ready: bool) -> None:
        group, not_ready = self._agents.get(agent_id, ("", not ready))
        if group and ready == not_ready:
            self._agents[agent_id] = (group, not ready)
            turn = self.by_group.end if ready else self.by_group.begin
            turn((group, "not_ready"), at)

    # --- outbound tasks

    def _attempted(self, event: ev.TaskAttempted) -> None:
        at = when(event)
        if self._stop_ringing(event.agent_id, at):
            self.by_tier.add((event.tier,), max(0, at - event.offered_at), event.cost)
        self._begin(event.task_id, event.group, event.tier, at, "dial", event.cost)

    def _reached(self, event: ev.TaskReached) -> None:
        dial = self._talks.get(event.task_id)
        if dial is not None:
            at = max(when(event), dial.at)
            self._end(event.task_id, at)
            self._begin(event.task_id, dial.group, dial.tier, at, "talk", dial.cost)

    def _not_reached(self, event: ev.TaskNotReached) -> None:
        self._end(event.task_id, when(event))

    def _talked_to_called(self, event: ev.TaskCompleted | ev.TaskCallAgain) -> None:
        self._end(event.task_id, when(event))

    def _task_gone(self, event: ev.TaskCancelled | ev.TaskExpired | ev.TaskSuperseded) -> None:
        self._end(event.task_id, event.at)
