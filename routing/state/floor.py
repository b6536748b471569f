"""The mutable state of a centre at work: who waits, who is free, what is due. `routing.facts` is its only writer."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from callcenter.callbacks import OUTREACH
from callcenter.centre import Agent, Centre, last_band, widest, with_zones
from callcenter.compact_memory import NEWEST, Remembered
from callcenter.errors import (
    CallHasEnded,
    IllegalMove,
    UnknownAgent,
    UnknownCall,
    UnknownIntent,
    UnknownQueue,
    UnknownTask,
    UnknownTier,
)
from callcenter.events import Event
from callcenter.hours import Zone
from callcenter.ids import AgentId, CallId, ContactId, CustomerKey, OfferId, TaskId
from callcenter.language.said import said
from callcenter.skills import Levels, covers
from callcenter.state_words import in_words
from callcenter.tiers import Intent, Tier
from callcenter.units import DAY, Millis
from routing.policies import Score
from routing.state.crews import Crew, GroupState
from routing.state.deadlines import Deadlines
from routing.state.expected_wait import Pulse
from routing.state.line import BEHIND_ALL_CALLS, BEHIND_ALL_PROMISES, BEHIND_DUE_PROMISES, Lane, LaneKey
from routing.state.records import Absent, AgentState, Call, Offer, QueueState, Task, Waiting

REMEMBERED_MS: Final = DAY
"""How long an ended call is remembered, so that a late report meets the truth."""


class LostPlace(NamedTuple):
    """Where a lost call stood; a customer who rings again before `until` keeps the place and the contact."""

    virtual_start: Millis
    until: Millis
    contact: ContactId


class Floor:
    """Everything that changes, in indexes that keep each step short."""

    def __init__(self, centre: Centre, newest: int = NEWEST) -> None:
        self.now: Millis | None = None
        """The last instant told; None before the first."""
        self.seq = 0
        self.serial = 0
        """Counts admissions and every becoming idle; breaks ties."""
        self.out: list[Event] = []
        """What happened since last asked."""
        self.deadlines = Deadlines()
        self.calls: dict[CallId, Call] = {}
        self.tasks: dict[TaskId, Task] = {}
        self.offers: dict[OfferId, Offer] = {}
        self.agents: dict[AgentId, AgentState] = {}
        self.absent: dict[AgentId, Absent] = {}
        """Agents who have left and are not forgotten yet: a phone that is busy, a call that was missed."""
        self.held: dict[AgentId, list[Waiting]] = {}
        """Calls held for a preferred agent, by turn, whether or not the agent is there."""
        self.ended = Remembered(newest)
        """Calls and tasks that ended within the last day, and how; `newest` of them unpacked."""
        self.segments: dict[CallId, int] = {}
        """Calls with more than one segment, by the first → how many."""
        self.open_tasks: dict[tuple[CustomerKey, str, bool], Task] = {}
        """Customer, queue, whether the centre calls of its own accord → the one open task."""
        self.lost: dict[tuple[CustomerKey, str], LostPlace] = {}
        """(customer, queue) → the place of the call last lost."""
        self.learned: dict[str, Zone] = {}
        """Time zones of customers that came after the centre; a snapshot carries them."""
        self.adopt(centre)

    def adopt(self, centre: Centre) -> None:
        """Build the indexes that follow from the centre alone; nobody is there and nobody waits yet."""
        self.centre = centre
        self.last_band = last_band(centre) if centre.rules > 1 else None
        """The blacklist's; a journal of before knows none."""
        self.queues: dict[str, QueueState] = {q.name: QueueState(q, Pulse()) for q in centre.queues}
        self.tiers: dict[str, Tier] = {t.name: t for t in centre.tiers}
        self.intents: dict[str, Intent] = {i.name: i for i in centre.intents}
        self.zones: dict[str, Zone] = {z.name: z for z in (*centre.zones, centre.zone)}
        self.channels: dict[str, int] = dict(centre.channels)
        self.named: dict[AgentId, Agent] = {a.id: a for a in centre.agents}
        self.groups: dict[str, GroupState] = {
            g.name: GroupState(g, tuple(r for r in centre.reserves if r.group == g.name)) for g in centre.groups
        }
        self.reserve_waits: tuple[int, ...] = tuple(
            sorted({r.until_wait for r in centre.reserves if r.until_wait is not None})
        )
        self.crews: dict[tuple[str, Levels], Crew] = {}
        self.lanes: dict[LaneKey, Lane] = {}
        for group in centre.groups:
            self.crew(group.name, group.skills)

    def learn(self, zones: Iterable[Zone]) -> tuple[str, ...]:
        """Know these time zones, too; return the names of those that are new."""
        fresh = {zone.name: zone for zone in zones if zone.name not in self.zones}
        self.zones |= fresh
        self.learned |= fresh
        self.centre = with_zones(self.centre, fresh.values())
        return tuple(fresh)

    # --- looking up, with the truth when it cannot be

    def queue(self, name: str) -> QueueState:
        """Return the queue of this name, or refuse."""
        try:
            return self.queues[name]
        except KeyError:
            raise UnknownQueue(said("there is no queue {name!r}", name=name), queue=name) from None

    def tier(self, name: str | None) -> Tier:
        """Return the tier of this name (None: the default tier), or refuse."""
        try:
            return self.tiers[self.centre.default_tier if name is None else name]
        except KeyError:
            raise UnknownTier(said("there is no tier {name!r}", name=name), tier=name) from None

    def intent(self, name: str) -> Intent:
        """Return the intent of this name, or refuse."""
        try:
            return self.intents[name]
        except KeyError:
            raise UnknownIntent(said("there is no intent {name!r}", name=name), intent=name) from None

    def call(self, call_id: CallId) -> Call:
        """Return a live call, or refuse with how it ended."""
        call = self.calls.get(call_id)
        if call is None:
            how = self.how_ended(call_id)
            if how is not None:
                raise CallHasEnded(
                    said("call {call_id} has ended: {how}", call_id=call_id, how=in_words(how)),
                    call_id=call_id,
                    state=how,
                )
            raise UnknownCall(said("there is no call {call_id}", call_id=call_id), call_id=call_id)
        return call

    def task(self, task_id: TaskId) -> Task:
        """Return an open task, or refuse with how it ended."""
        task = self.tasks.get(task_id)
        if task is None:
            how = self.how_ended(task_id)
            if how is not None:
                raise IllegalMove(
                    said("task {task_id} has ended: {how}", task_id=task_id, how=in_words(how)),
                    task_id=task_id,
                    state=how,
                )
            raise UnknownTask(said("there is no task {task_id}", task_id=task_id), task_id=task_id)
        return task

    def agent(self, agent_id: AgentId) -> AgentState:
        """Return an agent who is logged in, or refuse."""
        try:
            return self.agents[agent_id]
        except KeyError:
            raise UnknownAgent(
                said("agent {agent_id} is not logged in", agent_id=agent_id), agent_id=agent_id
            ) from None

    # --- crews and lanes

    def crew(self, group: str, skills: Levels) -> Crew:
        """Return the crew of this group and these skills, made when first asked for."""
        crew = self.crews.get((group, skills))
        if crew is None:
            serves = tuple(q.name for q in self.centre.queues if covers(skills, widest(q)))
            crew = self.crews[group, skills] = Crew(len(self.crews), self.groups[group], skills, serves)
            for lane in self.lanes.values():
                self._join(crew, lane)
        return crew

    def lane(
        self, queue: QueueState, tier: Tier, band: int, needs: Levels, cost: int, waited: int = 0,
        behind: int = 0, group: str | None = None,
    ) -> Lane:  # fmt: skip
        """Return the lane of calls like this, made when first asked for."""
        key = (queue.name, tier.name, band, needs, cost, waited, behind, group)
        lane = self.lanes.get(key)
        if lane is None:
            lane = self.lanes[key] = Lane(queue, tier, band, needs, cost, waited, behind, group)
            queue.lanes.append(lane)
            for crew in self.crews.values():
                self._join(crew, lane)
        return lane

    def _join(self, crew: Crew, lane: Lane) -> None:
        if crew.can_take(lane):
            crew.lanes.append(lane)
            crew.lanes.sort(key=lambda entry: entry.rank)  # stable: within a rank, by when the lane was made
            lane.crews.append(crew)
            lane.crews.sort(key=lambda entry: (entry.breadth, entry.serial))

    def lane_of(self, item: Waiting) -> Lane:
        """Return the lane where `item` stands, or belongs if it stands in none."""
        if item.lane is not None:
            return item.lane
        if item.needs is item.queue.config.needs and item.cost == 100 and not item.waited and type(item) is not Task:
            # The ordinary call: its lane is found without computing a key.
            lane = item.queue.ordinary.get((item.tier.name, item.band))
            if lane is None:
                lane = self.lane(item.queue, item.tier, item.band, item.needs, 100, 0, self.behind(item))
                item.queue.ordinary[item.tier.name, item.band] = lane
            return lane
        group = item.queue.config.callbacks.group if isinstance(item, Task) else None
        return self.lane(item.queue, item.tier, item.band, item.needs, item.cost, item.waited, self.behind(item), group)

    def behind(self, item: Waiting) -> int:
        """Return what is added to the band of `item`: how far it stands behind those who are to be served first."""
        if isinstance(item, Task) and (task_behind := behind_calls(item)):
            return task_behind
        return BEHIND_DUE_PROMISES if self.last_band is not None and item.band >= self.last_band else 0

    def score(self, lane: Lane, item: Waiting, now: Millis) -> Score:
        """Return the score of `item` under its queue's policy: the smaller goes first inside a band."""
        if not lane.lives:
            return (item.turn, 0)  # deferred tasks: the earliest promise first
        return lane.queue.score(item, now)

    def key(self, item: Waiting, now: Millis) -> tuple[float, ...]:
        """Return the place of `item` among all that waits: the smaller goes first."""
        lane = self.lane_of(item)
        return (lane.rank, *self.score(lane, item, now), item.turn, item.serial)

    def preference(self, agent: AgentState, item: Waiting, now: Millis) -> tuple[float, ...]:
        """Return how `agent` compares with others who can take `item`: the smaller is chosen."""
        chooser = item.queue.choose
        return (
            (agent.idle_serial,)
            if chooser is None
            else (*chooser(agent, item, now, self.centre.seed), agent.idle_serial)
        )

    # --- memory of the past

    def remember(self, item_id: str, how: str, now: Millis) -> None:
        """Keep how a call or task ended for a day, and forget what is older."""
        ended = self.ended
        ended.put(item_id, now, how)
        if ended.since is None or ended.since < now - REMEMBERED_MS:  # as a rule nothing is so old
            for old, _, _ in ended.forget(now - REMEMBERED_MS):
                self.segments.pop(CallId(old), None)

    def how_ended(self, item_id: str) -> str | None:
        """Return how a call or task ended within the last day; None: it did not."""
        found = self.ended.get(item_id)
        return None if found is None else str(found[0])

    def past(self) -> list[tuple[Millis, str, str]]:
        """Return what is remembered, oldest first: instant, id, how it ended."""
        return [(Millis(at), item_id, how) for item_id, at, (how,) in self.ended]


def in_background(task: Task) -> bool:
    """Tell whether a task comes after all live calls: a promise that is not near yet, with no place kept; outreach."""
    return behind_calls(task) > 0


def behind_calls(task: Task) -> int:
    """Return what is added to a task's band: how far it stands behind all live calls."""
    if task.kind in OUTREACH:
        return BEHIND_ALL_PROMISES
    return 0 if task.risen or task.virtual_start is not None else BEHIND_ALL_CALLS
