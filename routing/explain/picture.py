"""A cheap summary of the centre's state, for screens and metrics: counts and oldest waits, no lists of calls."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import itemgetter

from callcenter.agents import InHand, Presence
from callcenter.units import Millis
from routing.state.ahead import in_turn
from routing.state.expected_wait import ExpectedWait, expected_wait
from routing.state.floor import Floor
from routing.state.records import AgentState, Call, Waiting


@dataclass(frozen=True, slots=True)
class QueueView:
    """What waits in a queue for one tier: `oldest` is the instant since when its longest waiter waits."""

    queue: str
    tier: str
    waiting: int
    oldest: Millis | None


@dataclass(frozen=True, slots=True)
class View:
    """The floor at `now`."""

    now: Millis | None
    seq: int
    queues: tuple[QueueView, ...]
    agents: tuple[tuple[str, str, int], ...]
    """Group, state, how many."""
    tasks: tuple[tuple[str, str, int], ...]
    """Kind, state, how many."""
    live_offers: int
    open_queues: tuple[str, ...]
    staff: tuple[tuple[str, int], ...]
    """Queue, how many agents are logged in who could ever take its calls."""


@dataclass(frozen=True, slots=True)
class Waits:
    """One who waits: a call, or a callback whose turn it is."""

    id: str
    is_call: bool
    queue: str
    tier: str
    band: int
    since: Millis
    """When it came to its queue."""
    held: bool
    """For a preferred agent: it stands in that agent's own line."""
    expected: ExpectedWait | None


def shown_state(agent: AgentState) -> str:
    """Return the one word that a wallboard shows for an agent."""
    if agent.offer is not None:
        return str(InHand.OFFERED)
    if agent.talks:
        return str(InHand.BUSY)
    if agent.wraps:
        return str(InHand.WRAP_UP)
    if agent.presence is Presence.AVAILABLE and agent.phone != "free":
        return str(agent.phone)
    return str(agent.presence)


def _held(floor: Floor) -> Iterable[Waiting]:
    """Return the calls held for preferred agents, each once though it may be held for several."""
    return {item.id: item for line in floor.held.values() for item in line}.values()


def look(floor: Floor) -> View:
    """Return the picture; its cost grows with lanes, agents and tasks, never with what waits."""
    waiting: dict[tuple[str, str], tuple[int, Millis | None]] = {}
    for queue in floor.queues.values():
        for lane in queue.lanes:
            if lane.size and lane.lives:
                count, oldest = waiting.get((queue.name, lane.tier.name), (0, None))
                since = next((item.queued_at for item in lane if isinstance(item, Call)), None)
                if oldest is not None:
                    since = oldest if since is None else min(since, oldest)
                waiting[queue.name, lane.tier.name] = (count + lane.size, since)
    for call in _held(floor):
        count, oldest = waiting.get((call.queue.name, call.tier.name), (0, None))
        since = call.queued_at if oldest is None else min(oldest, call.queued_at)
        waiting[call.queue.name, call.tier.name] = (count + 1, since)
    for task in floor.tasks.values():
        if task.lane is not None and task.lane.lives:  # counted among the tasks, not twice
            count, oldest = waiting[task.queue.name, task.tier.name]
            waiting[task.queue.name, task.tier.name] = (count - 1, oldest)
    states = Counter((agent.crew.group.name, shown_state(agent)) for agent in floor.agents.values())
    staff = dict.fromkeys(floor.queues, 0)
    for crew in floor.crews.values():
        if crew.logged_in:
            for name in crew.serves:
                staff[name] += crew.logged_in
    tasks = Counter((str(task.kind), str(task.state)) for task in floor.tasks.values())
    return View(
        floor.now,
        floor.seq,
        tuple(
            QueueView(queue, tier, *waiting.get((queue, tier), (0, None)))
            for queue in floor.queues
            for tier in floor.tiers
        ),
        tuple((group, state, n) for (group, state), n in sorted(states.items())),
        tuple((kind, state, n) for (kind, state), n in sorted(tasks.items())),
        len(floor.offers),
        tuple(queue.name for queue in floor.queues.values() if queue.open),
        tuple(staff.items()),
    )


def who_waits(floor: Floor, now: Millis, most: int) -> list[Waits]:
    """Return who waits, in the order in which an agent who can take them all would: the first `most`.

    Bands first, then the score of each queue's policy; calls held for a preferred agent stand where they would stand
    without. Costs the heads of the lanes and `most` looks, whatever waits behind.
    """
    lanes = [lane for queue in floor.queues.values() for lane in queue.lanes if lane.size and lane.lives]
    held = sorted(((floor.key(item, now), item) for item in _held(floor)), key=lambda entry: entry[0])
    ordered = merge(in_turn(floor, lanes, now), held, key=itemgetter(0))
    return [
        Waits(
            item.id, isinstance(item, Call), item.queue.name, item.tier.name, item.band, item.queued_at, item.held,
            expected_wait(floor, item, now),
        )
        for _, item in islice(ordered, most)
    ]  # fmt: skip
