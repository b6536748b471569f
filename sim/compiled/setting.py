"""Puts into memory what of a scenario stays the same from day to day."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from callcenter.centre import Policy, Queue, Selection, last_band, widest
from callcenter.hours import Hours, daily_window
from callcenter.scenario import Law, LawKind, Rule, Scenario, Stream
from callcenter.skills import Levels, covers, levels, relaxed
from callcenter.tiers import Finish, Leave, WayOut
from callcenter.units import DAY
from routing.policies import promised
from sim.compiled import chance as ch
from sim.compiled import layout as at
from sim.compiled.lawbook import parameters, special_functions
from sim.compiled.people import RETRIAL_SIZE
from sim.model.days import midnights
from sim.model.demand import NONE
from sim.model.laws import to_ms
from sim.model.people import Paces, brought, worked_rules
from sim.model.streams import Chance
from sim.run.driver import centre_of

POLICIES: Final[tuple[Policy, ...]] = (Policy.FIFO, Policy.WEIGHTED, Policy.OBJECTIVE, Policy.SLACK)
SELECTIONS: Final[tuple[Selection, ...]] = (
    Selection.LONGEST_IDLE,
    Selection.LEAST_OCCUPIED,
    Selection.BEST_SKILL,
    Selection.FEWEST_CALLS,
    Selection.ROUND_ROBIN,
)
_WAYS: Final = (Leave.REJECT, Leave.CALLBACK, Leave.OVERFLOW)
_OUTCOMES: Final = ("abandoned", "rejected", "overflowed")
_SHARES: Final = 101
"""Shares of an agent that may be in use, percent."""


def bits(number: float) -> int:
    """Return the bits of a float as a whole number."""
    return int(np.float64(number).view(np.int64))


def is_plain(stream: Stream) -> bool:
    """Tell whether calls of a stream bring nothing of their own, as `Day` decides it."""
    return not stream.intents and not stream.skills and stream.channel == "voice"


def knows_customers(scenario: Scenario) -> bool:
    """Tell whether calls name their customer, as `Day` decides it."""
    return bool(
        any(tier.callback for tier in scenario.centre.tiers)
        or scenario.retrials
        or scenario.callbacks.accept_offer > 0
        or scenario.recorded
    )


def needs_of(scenario: Scenario, queue: Queue, stream: int, intent: int) -> Levels:
    """Return what a call of this stream (NONE: recorded) and intent needs before any relaxation."""
    if stream == NONE or is_plain(scenario.streams[stream]):
        return queue.needs
    needs = dict(queue.needs)
    intents = scenario.centre.intents
    for more in (scenario.streams[stream].skills, intents[intent].skills if intent != NONE else ()):
        for skill, level in more:
            needs[skill] = max(level, needs.get(skill, 0))
    return levels(needs)


def kinds_of(scenario: Scenario) -> Iterator[tuple[int, int, int]]:
    """Yield queue, stream and intent of every kind of call that may come; NONE: recorded, without intent."""
    names = [queue.name for queue in scenario.centre.queues]
    for q, _ in enumerate(names):
        yield q, NONE, NONE
    known = {intent.name: n for n, intent in enumerate(scenario.centre.intents)}
    for n, stream in enumerate(scenario.streams):
        for intent in (NONE, *(known[name] for name, _ in stream.intents)):
            yield names.index(stream.queue), n, intent


class Ground:
    """The memory of a day before anybody comes: the centre, its rules, and how people draw."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.centre = centre = centre_of(scenario)
        self.words: list[int] = [0] * at.GLOBALS
        self._paces = Paces(scenario, Chance(0, 0))  # how groups ring and whether all work alike: nothing is drawn
        starts = midnights(scenario)
        self.begin, self.latest = starts[0], starts[-1] + 2 * DAY
        words = self.words
        for name in (at.WAKE_AT, at.NEXT_AT):
            words[name] = at.NONE
        words[at.QUEUES], words[at.QUEUES_N] = self._take(len(centre.queues) * at.QUEUE_SIZE), len(centre.queues)
        words[at.TIERS], words[at.TIERS_N] = self._take(len(centre.tiers) * at.TIER_SIZE), len(centre.tiers)
        words[at.GROUPS], words[at.GROUPS_N] = self._take(len(centre.groups) * at.GROUP_SIZE), len(centre.groups)
        self.queue_at = [words[at.QUEUES] + n * at.QUEUE_SIZE for n in range(len(centre.queues))]
        self.tier_at = [words[at.TIERS] + n * at.TIER_SIZE for n in range(len(centre.tiers))]
        self.group_at = {g.name: words[at.GROUPS] + n * at.GROUP_SIZE for n, g in enumerate(centre.groups)}
        bands = sorted({t.band for t in centre.tiers} | {i.band for i in centre.intents if i.band is not None})
        words[at.BANDS], words[at.BANDS_N] = self._put(bands), len(bands)
        self._put_needs()
        for n, _ in enumerate(centre.tiers):
            self._put_tier(n)
        for n, _ in enumerate(centre.queues):
            self._put_queue(n)
        for n, _ in enumerate(centre.groups):
            self._put_group(n)
        self._put_rules()
        self._put_people()

    def _take(self, size: int) -> int:
        place = len(self.words)
        self.words += [0] * size
        return place

    def _put(self, numbers: Sequence[int]) -> int:
        place = self._take(len(numbers) or 1)
        self.words[place : place + len(numbers)] = numbers
        return place

    # --- the centre

    def _put_needs(self) -> None:
        centre, words = self.centre, self.words
        self.base = {
            kind: needs_of(self.scenario, centre.queues[kind[0]], *kind[1:]) for kind in kinds_of(self.scenario)
        }
        found: dict[Levels, int] = {}
        for queue in centre.queues:
            found.setdefault(queue.needs, len(found))
        for (q, _, _), needs in self.base.items():
            found.setdefault(needs, len(found))
            for step in centre.queues[q].relaxation:
                needs = relaxed(needs, step)  # noqa: PLW2901  # step by step
                found.setdefault(needs, len(found))
        self.needs = found
        words[at.NEEDS_N] = len(found)
        words[at.COVERS] = self._put([int(covers(g.skills, needs)) for g in centre.groups for needs in found])
        sums = [sum(dict(g.skills).get(skill, 0) for skill, _ in needs) for g in centre.groups for needs in found]
        words[at.LEVEL_SUMS] = self._put(sums)
        wide, tables = [], []
        for queue in centre.queues:
            steps = [[found.get(relaxed(needs, step), 0) for needs in found] for step in queue.relaxation]
            tables.append(self._put([needs for step in steps for needs in step]))
            for needs in found:
                last = needs
                for step in queue.relaxation:
                    last = relaxed(last, step)
                wide.append(found.get(last, 0))  # what no call of this queue can need, nobody looks up
        words[at.RELAXED], words[at.WIDEST] = self._put(tables), self._put(wide)

    def _put_tier(self, n: int) -> None:
        tier, place, words = self.centre.tiers[n], self.tier_at[n], self.words
        words[place + at.TIER_INDEX], words[place + at.TIER_BAND] = n, tier.band
        words[place + at.WITHIN] = promised(tier)
        words[place + at.HEAD_START], words[place + at.WEIGHT] = tier.head_start, tier.weight
        words[place + at.CALLS_BACK] = int(tier.callback)
        words[place + at.TIER_MAX_WAIT] = at.NONE if tier.max_wait is None else tier.max_wait
        self._put_way(place + at.TIER_AFTER, tier.after_max_wait)

    def _put_way(self, place: int, way: WayOut) -> None:
        names = [queue.name for queue in self.centre.queues]
        self.words[place] = _WAYS.index(way.leave)
        self.words[place + 1] = self.queue_at[names.index(way.target)] if way.target in names else 0

    def _put_queue(self, n: int) -> None:
        queue, place, words = self.centre.queues[n], self.queue_at[n], self.words
        policy = queue.callbacks
        fields = {
            at.QUEUE_INDEX: n,
            at.POLICY: POLICIES.index(queue.policy),
            at.TAIL_GUARD: queue.tail_guard,
            at.SELECTION: SELECTIONS.index(queue.selection) if queue.selection in SELECTIONS else 0,
            at.QUEUE_NEEDS: self.needs[queue.needs],
            at.RELAXATIONS: len(queue.relaxation),
            at.RELAX_AFTER: self._put([step.after for step in queue.relaxation]),
            at.QUEUE_TIMEOUT: queue.offer_timeout,
            at.WRAP_UP: queue.wrap_up,
            at.SHORT: queue.short_abandon,
            at.HAS_HOURS: int(queue.hours is not None),
            at.SERVE_OUT: int(queue.serve_out),
            at.MAX_WAITING: at.NONE if queue.max_waiting is None else queue.max_waiting,
            at.MAX_WAIT: at.NONE if queue.max_wait is None else queue.max_wait,
            at.JOIN_EMPTY: int(queue.join_empty),
            at.LEAVE_EMPTY: int(queue.leave_empty),
            at.CB_AFTER: at.NONE if policy.after is None else policy.after,
            at.CB_PROMISE: policy.promise,
            at.CB_RISE: policy.rise_before,
            at.CB_GIVE_UP: policy.give_up_after,
            at.CB_RETRIES: len(policy.retry_after),
            at.CB_RETRY: self._put(policy.retry_after),
            at.CB_GRACE: policy.grace,
            at.CB_CUSTOMER_FIRST: int(policy.customer_first),
            at.CB_GROUP: self.group_at[policy.group] if policy.group is not None else 0,
            at.CB_WHEN_CLOSED: int(policy.when_closed),
            at.KEEP_GENERALISTS: int(queue.keep_generalists_free),
            at.ORDINARY: self._take(len(self.centre.tiers)),
            at.BUCKETS: self._take(6 * words[at.BANDS_N]),
            at.BUCKETS_N: 1,
            at.CODES: sum(
                bit
                for bit, finish in ((1, Finish.SOLVED), (2, Finish.AGAIN), (4, Finish.UNSOLVED))
                if any(meaning is finish for _, meaning in policy.results)
            ),
        }
        for field, value in fields.items():
            words[place + field] = value
        for field, way in (
            (at.WHEN_CLOSED, queue.when_closed),
            (at.WHEN_FULL, queue.when_full),
            (at.AFTER_MAX_WAIT, queue.after_max_wait),
            (at.WHEN_EMPTY, queue.when_empty),
        ):
            self._put_way(place + field, way)
        if queue.hours is not None:
            self._put_hours(place, (at.CHANGES, at.CHANGES_N, at.OPEN_AT_FIRST), queue.hours, 0)
        window = daily_window(self.centre.zone, *policy.window)
        self._put_hours(
            place, (at.WINDOW, at.WINDOW_N, at.WINDOW_OPEN_AT_FIRST), window, max(policy.retry_after, default=0)
        )

    def _put_hours(self, place: int, fields: tuple[int, int, int], hours: Hours, ahead: int) -> None:
        """Put down when hours change, as far ahead as anybody may ask."""
        changes = list[int]()
        now: int = self.begin
        while now <= self.latest + ahead:
            change = hours.next_change(now)
            now = at.NEVER if change is None else change
            changes.append(now)
        table = [] if changes == [at.NEVER] else changes
        self.words[place + fields[0]], self.words[place + fields[1]] = self._put(table), len(table)
        self.words[place + fields[2]] = int(hours.is_open(self.begin))

    def _put_group(self, n: int) -> None:
        group, words, centre = self.centre.groups[n], self.words, self.centre
        place = self.group_at[group.name]
        reserves = [
            (r.band, r.keep, at.NONE if r.until_wait is None else r.until_wait, int(r.outreach))
            for r in centre.reserves
            if r.group == group.name
        ]
        desk = self._paces.desk(group.name)
        fields = {
            at.GROUP_INDEX: n,
            at.BREADTH: sum(covers(group.skills, widest(queue)) for queue in centre.queues),
            at.AUTO_ANSWER: int(group.auto_answer),
            at.GROUP_TIMEOUT: group.offer_timeout or 0,
            at.RESERVES: self._put([number for reserve in reserves for number in reserve]),
            at.RESERVES_N: len(reserves),
            at.POOLS: self._take(_SHARES * at.POOL_SIZE),
            at.POOL_SHARES: self._take(_SHARES),
            at.POOLS_N: 1,
            at.GROUP_LANES: self._take(16),
            at.GROUP_LANES_CAP: 16,
            at.MISS: bits(desk.miss),
            at.RING_LAW: self._put_law(desk.ring),
            at.BACK_AFTER: int(to_ms(desk.back_after_s, least=1)),
        }
        for field, value in fields.items():
            words[place + field] = value

    def _put_rules(self) -> None:
        centre, words, scenario = self.centre, self.words, self.scenario
        waits = sorted({r.until_wait for r in centre.reserves if r.until_wait is not None})
        words[at.RESERVE_WAITS], words[at.RESERVE_WAITS_N] = self._put(waits), len(waits)
        last = last_band(centre) if centre.rules > 1 else None
        words[at.LAST_BAND] = at.NONE if last is None else last
        missed = centre.missed
        words[at.MISSED_COUNT], words[at.MISSED_WINDOW] = missed.count, missed.window
        words[at.MISSED_BACK] = at.NONE if missed.back_after is None else missed.back_after
        words[at.MISSED_EXCLUDE] = missed.exclude_for
        words[at.ZONE_STARTS] = self._put([max(start, -(2**62)) for start in centre.zone.starts])
        words[at.ZONE_OFFSETS], words[at.ZONE_N] = self._put(centre.zone.offsets), len(centre.zone.starts)
        words[at.KNOWS_CUSTOMERS] = int(knows_customers(scenario))
        words[at.RINGS] = int(any(not group.auto_answer for group in centre.groups))
        desks = [self._paces.desk(group.name) for group in centre.groups if not group.auto_answer]
        self.draws_rings = any(desk.miss > 0 or parameters(desk.ring)[0] != ch.DETERMINISTIC for desk in desks)
        names = [queue.name for queue in centre.queues]
        self.queue_of = [names.index(stream.queue) for stream in scenario.streams]
        words[at.WORKED] = int(bool(worked_rules(scenario)))
        words[at.QUIET] = int(bool(worked_rules(scenario) and scenario.quiet_wrap_up))
        words[at.RECALLS] = int(bool(words[at.QUIET] and scenario.recall))

    # --- how people draw

    def _put_people(self) -> None:
        scenario, words = self.scenario, self.words
        words[at.PHILOX] = self._take(2 * ch.PURPOSES)
        words[at.ALIKE] = int(self._paces.all_alike)
        words[at.RETRIALS] = self._take(len(_OUTCOMES) * RETRIAL_SIZE)
        for n, outcome in enumerate(_OUTCOMES):
            retrial = dict(scenario.retrials).get(outcome)
            if retrial is not None:
                place = words[at.RETRIALS] + n * RETRIAL_SIZE
                law = self._put_law(retrial.delay)
                words[place : place + RETRIAL_SIZE] = [
                    1, bits(retrial.probability), law, retrial.most, int(retrial.keeps_patience)
                ]  # fmt: skip
        people = scenario.callbacks
        words[at.ACCEPT_OFFER], words[at.ANSWERED] = bits(people.accept_offer), bits(people.answered)
        words[at.OFFER_AFTER] = int(to_ms(people.offer_after_s))
        words[at.DIAL_LAW] = self._put_law(people.dial)
        words[at.SAYS_RESULT] = int(people.solved is not None)
        words[at.SOLVED], words[at.AGAIN] = bits(people.solved or 0.0), bits(people.again)
        words[at.NDTRI], words[at.GAMMAINCINV] = special_functions()
        laws = [self._put_law(rule.law) for rule in scenario.patience] if scenario.retrials else []
        costs = dict(self.centre.channels)
        shape = len(self.centre.queues), len(self.centre.tiers), len(scenario.streams) + 1, len(self.centre.intents) + 1
        self.kinds = np.zeros(shape, np.int64)
        """Queue, tier, stream and intent (NONE counts from the end) → where such a call's record stands."""
        for q, stream, intent in kinds_of(scenario):
            cost = 100 if stream == NONE else costs[scenario.streams[stream].channel]
            more = None if intent == NONE else self.centre.intents[intent].band
            needs = self.needs[self.base[q, stream, intent]]
            for n, tier in enumerate(self.centre.tiers):
                band = tier.band if more is None else min(tier.band, more)
                again = self._put_class(laws, q, n, stream, intent) if laws else 0
                self.kinds[q, n, stream, intent] = self._put(
                    [self.queue_at[q], self.tier_at[n], band, needs, cost, again]
                )

    def _put_class(self, laws: list[int], q: int, tier: int, stream: int, intent: int) -> int:
        """Put down the patience of who rings again, by the clock; return where."""
        scenario, queue = self.scenario, self.centre.queues[q]
        named = scenario.centre.intents[intent].name if intent != NONE else None
        skills = {skill for skill, _ in queue.needs} | set(brought(scenario, stream, named))

        def fits(rule: Rule) -> bool:
            return (
                (not rule.tiers or self.centre.tiers[tier].name in rule.tiers)
                and (not rule.queues or queue.name in rule.queues)
                and (not rule.skills or bool(skills & set(rule.skills)))
            )

        rules = [
            (rule.between or (at.NONE, at.NONE), law)
            for rule, law in zip(scenario.patience, laws, strict=True)
            if fits(rule)
        ]
        return self._put([len(rules), *(number for between, law in rules for number in (*between, law))])

    def _put_law(self, law: Law) -> int:
        place = self._take(at.LAW_SIZE)
        kind, a, b = parameters(law)
        values: list[int] = []
        if law.kind is LawKind.MIXTURE:
            ends = np.cumsum([weight for weight, _ in law.parts])
            ends /= ends[-1]
            values = [
                number
                for end, (_, part) in zip(ends, law.parts, strict=True)
                for number in (bits(end), self._put_law(part))
            ]
        elif law.kind is LawKind.EMPIRICAL:
            values = [bits(value) for value in sorted(law.values_s)]
        count = len(law.parts) if law.kind is LawKind.MIXTURE else len(values)
        table = self._put(values)
        self.words[place : place + at.LAW_SIZE] = [kind, bits(a), bits(b), table, count]
        return place
