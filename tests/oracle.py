"""A second opinion on every decision: slow, obvious, written from the design and not from the engine.

Here: who is eligible for whom, what goes before what, who suits best, all by looking at everything each time.
`rules/hearing.py` keeps the desk up to date from commands and events, and objects when one breaks a rule.
"""

from dataclasses import dataclass, field

from callcenter import commands as cmd
from callcenter.centre import Centre, Group, Policy, Queue, Selection
from callcenter.tiers import Tier

BACKGROUND = 1_000_000
NO_TARGET = 600_000


def has_level(has: tuple, needs: tuple) -> bool:
    return all(any(s == skill and have >= level for s, have in has) for skill, level in needs)


def loosened(needs: tuple, step_needs: tuple) -> tuple:
    out = []
    for skill, level in needs:
        low = min([level, *(loose for loose_skill, loose in step_needs if loose_skill == skill)])
        if low > 0:
            out.append((skill, low))
    return tuple(out)


def after_all_steps(needs: tuple, queue: Queue) -> tuple:
    for step in queue.relaxation:
        needs = loosened(needs, step.needs)
    return needs


@dataclass(eq=False)
class Item:
    """A call or an outbound task."""

    id: str
    queue: Queue
    tier: Tier
    band: int
    turn: int
    serial: int
    queued_at: int
    needs: tuple
    base_needs: tuple
    cost: int = 100
    preferred: tuple = ()
    customer: str | None = None
    contact: str | None = None
    state: str = "waiting"  # waiting, suspended, offered, talking, away (a task whose time has not come)
    task: bool = False
    kind: str = ""
    background: bool = False
    keeps_place: bool = False
    promise: int = 0
    due_at: int = 0
    late: bool = False
    zone: str | None = None
    held: bool = False
    gaps: int = 0
    line_since: int = 0
    moved: int = 0
    stood: bool = False
    steps: int = 0
    agent: "Person | None" = None
    offered_at: int = 0
    since: int = 0  # connected or attempted
    reached: bool = False
    served_by: str | None = None

    @property
    def outreach(self) -> bool:
        """The centre calls of its own accord."""
        return self.kind in ("campaign", "care")


@dataclass(eq=False)
class Person:
    """An agent who is logged in."""

    id: str
    group: Group
    skills: tuple
    logged_in_at: int
    presence: str = "available"
    phone: str = "free"
    offer: Item | None = None
    offer_id: str = ""
    expires_at: int | None = None
    talks: list[Item] = field(default_factory=list)
    wraps: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # subject → cost, started, ends
    wrapped: dict[str, str] = field(default_factory=dict)  # subject → queue
    misses: list[int] = field(default_factory=list)
    excluded: dict[str, int] = field(default_factory=dict)
    wish: str | None = None
    wish_is_new: bool = False
    on_break: bool = False
    break_now: bool = False
    idle: int = 0
    taken: int = 0
    last_offer: int = 0
    occupied: int = 0

    @property
    def used(self) -> int:
        return sum(item.cost for item in self.talks) + sum(cost for cost, _, _ in self.wraps.values())

    def hands_full(self) -> bool:
        return bool(self.talks or self.wraps or self.offer)

    def can_be_offered(self) -> bool:
        return (
            self.presence == "available"
            and self.phone == "free"
            and self.offer is None
            and self.wish is None
            and self.used < 100
        )


class Desk:
    """Who waits and who is there, as plain lists, and the rules of section 5 of the design."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.items: dict[str, Item] = {}
        self.agents: dict[str, Person] = {}
        self.missed_by: dict[str, dict[str, int]] = {}
        """Whom agents who left are not to be offered for a while: logging in anew forgets nothing."""
        self.wants_break: dict[str, list[str]] = {g.name: [] for g in centre.groups}
        self.serial = 0
        self.fresh: list[Person] = []
        """Whose hands got free in this very step: the engine may not have seated them yet."""

    # --- looking up

    def queue(self, name: str) -> Queue:
        return next(q for q in self.centre.queues if q.name == name)

    def tier(self, name: str | None) -> Tier:
        return next(t for t in self.centre.tiers if t.name == (name or self.centre.default_tier))

    def group(self, name: str) -> Group:
        return next(g for g in self.centre.groups if g.name == name)

    def waiting(self) -> list[Item]:
        return [item for item in self.items.values() if item.state == "waiting"]

    def waiting_calls(self, queue: str) -> list[Item]:
        return [item for item in self.waiting() if not item.task and item.queue.name == queue]

    def somebody_for(self, base_needs: tuple, queue: Queue) -> bool:
        return any(has_level(a.skills, after_all_steps(base_needs, queue)) for a in self.agents.values())

    def newcomer(self, command: cmd.AdmitCall, turn: int, contact: str | None, now: int) -> Item:
        """Return the call that a command is about, as it comes to the door."""
        queue, tier = self.queue(command.queue), self.tier(command.tier)
        intents = [intent for intent in self.centre.intents if intent.name == command.intent]
        band = min([tier.band, *(intent.band for intent in intents if intent.band is not None)])
        base = dict(queue.needs)
        for skills in (command.skills, *(intent.skills for intent in intents)):
            for skill, level in skills:
                base[skill] = max(base.get(skill, 0), level)
        needs = tuple(sorted((s, n) for s, n in base.items() if n > 0))
        cost = dict(self.centre.channels)[command.channel]
        item = Item(command.call_id, queue, tier, band, turn, 0, now, needs, needs, cost, command.preferred)
        item.customer, item.contact, item.zone = command.customer, contact, command.zone
        item.line_since = now
        return item

    def limit(self, item: Item) -> int | None:
        limits = [w for w in (item.queue.max_wait, item.tier.max_wait) if w is not None]
        return item.queued_at + item.gaps + min(limits) if limits else None

    # --- the rules

    def idle_of(self, group: Group, asked_by: Person, sure: bool) -> int:
        return sum(
            1
            for a in self.agents.values()
            if a.group.name == group.name
            and a.can_be_offered()
            and a.used == 0
            and (not sure or a is asked_by or a not in self.fresh)
        )

    def eligible(self, item: Item, agent: Person, now: int, *, sure: bool = True, at_rest: bool = False) -> bool:
        """Tell whether agent may take item; at an instant when a rule changes, `sure` says no and its opposite yes."""
        edge = 1 if sure and not at_rest else 0
        if not agent.can_be_offered() and not (not sure and agent.wish_is_new and agent.presence == "available"):
            return False
        if agent.used + item.cost > 100:
            return False
        if now < agent.excluded.get(item.id, -1) + edge:
            return False
        if item.held and agent.id not in item.preferred:
            return False
        back_office = item.queue.callbacks.group if item.task else None
        if back_office is not None and agent.group.name == back_office:
            pass  # the back office takes them whatever the skills
        elif (back_office is not None and item.background) or not has_level(agent.skills, item.needs):
            return False
        for reserve in self.centre.reserves:
            meant = item.outreach if reserve.outreach else item.band > reserve.band
            if reserve.group == agent.group.name and meant:
                ripe = (
                    reserve.until_wait is not None
                    and not item.task
                    and now >= max(item.queued_at + item.gaps + reserve.until_wait, item.line_since) + edge
                )
                if not ripe and self.idle_of(agent.group, agent, sure and not at_rest) <= reserve.keep:
                    return False
        return True

    def key(self, item: Item, now: int) -> tuple:
        """Return the place of an item among all that wait: band first, then the policy's score, then its turn."""
        wait = now - item.turn
        within = item.tier.target.within if item.tier.target is not None else NO_TARGET
        score: tuple[float, ...]
        policy = item.queue.policy
        if item.background:
            return (item.band + BACKGROUND * (1 + item.outreach), item.promise, 0, item.turn, item.serial)
        if policy is Policy.FIFO:
            score = (item.turn - item.tier.head_start, 0)
        elif policy is Policy.WEIGHTED:
            score = (-wait * item.tier.weight, 0)
        elif policy is Policy.OBJECTIVE:
            score = (-wait / max(1, within), 0)
        elif policy is not Policy.SLACK:
            raise NotImplementedError(f"the oracle does not know how {policy} orders: write it down here first")
        elif wait >= item.queue.tail_guard:
            score = (0, item.turn)
        elif wait <= within:
            score = (1, within - wait)
        else:
            score = (2, item.turn)
        return (item.band + self.nobody(item), *score, item.turn, item.serial)

    def nobody(self, item: Item) -> float:
        """Return how far back a call of the blacklist stands: it counts as nobody for a promise that is due."""
        worst = max(self.centre.tiers, key=lambda tier: tier.band)
        others = [tier for tier in self.centre.tiers if tier is not worst]
        listed = worst.target is None and worst.name != self.centre.default_tier
        if listed and all(tier.band < worst.band for tier in others) and item.band >= worst.band:
            return 1.5 * BACKGROUND
        return 0

    def before(self, one: Item, other: Item, now: int) -> bool:
        """Tell whether one goes before the other: in one queue, tier and band always by turn, else by the score."""
        alike = (one.queue, one.tier, one.band) == (other.queue, other.tier, other.band)
        if alike and not one.background and not other.background:
            return (one.turn, one.serial) < (other.turn, other.serial)
        return self.key(one, now) < self.key(other, now)

    def speaks_for_its_tier(self, item: Item, agent: Person, now: int) -> bool:
        """Tell whether nobody of the same queue, tier and band that agent could take goes before the item."""
        return not any(
            other is not item
            and (other.queue, other.tier, other.band) == (item.queue, item.tier, item.band)
            and (other.turn, other.serial) < (item.turn, item.serial)
            and self.eligible(other, agent, now, sure=False)
            for other in self.waiting()
        )

    def breadth(self, agent: Person) -> int:
        return sum(has_level(agent.skills, after_all_steps(q.needs, q)) for q in self.centre.queues)

    def liking(self, item: Item, agent: Person, now: int) -> tuple | None:
        """Return how well agent suits item, smallest first; None where the answer is drawn."""
        window = item.queued_at + item.gaps + item.queue.hold_for_preferred
        if item.preferred and now <= window and agent.id in item.preferred:
            return (0, item.preferred.index(agent.id))
        rule = item.queue.selection
        breadth = self.breadth(agent) if item.queue.keep_generalists_free else 0
        figure: float
        if rule is Selection.LONGEST_IDLE:
            figure = agent.idle
        elif rule is Selection.LEAST_OCCUPIED:
            figure = agent.occupied / max(1, now - agent.logged_in_at)
        elif rule is Selection.BEST_SKILL:
            figure = -sum(level for skill, level in agent.skills if skill in dict(item.needs))
        elif rule is Selection.FEWEST_CALLS:
            figure = agent.taken
        elif rule is Selection.ROUND_ROBIN:
            figure = agent.last_offer
        elif rule is Selection.RANDOM:
            return (1, breadth)
        else:
            raise NotImplementedError(f"the oracle does not know how {rule} chooses: write it down here first")
        return (1, breadth, figure, agent.idle)
