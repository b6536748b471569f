"""Days of a centre with one queue and one group, told by a plain loop: twenty times cheaper than the engine's.

It only proposes. The engine's own days confirm every plan, and a test holds the two together call by call: the same
customers (the same draws), the same rules for who is next and who goes home. What it knows: bands, order of arrival
with head starts, patience, retrials, longest waits, opening hours, shrinkage, ringing, after-call work, paces. What
it does not know it refuses (`refusal`). Deferred callbacks are told in outline: whom nobody waits for makes them.
"""

from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, Final

import numpy as np

from callcenter.centre import Policy
from callcenter.hours import daily_window, first_open
from callcenter.lifecycle.measures import COUNTS
from callcenter.scenario import Retrial, Scenario
from callcenter.tiers import Leave
from sim.model import streams as draw
from sim.model.demand import arrivals
from sim.model.laws import law_for, to_ms
from sim.model.people import Callers, Paces, forced_wrap_up, one_ms
from sim.model.streams import Chance, number_of

Cells = list[list[int]]
"""Counts of the calls that came in one stretch: tier x `COUNTS`."""
State = tuple[Any, ...]

_NEVER: Final = 2**62
OFFERED, ANSWERED, IN_TIME, ABANDONED, ABANDONED_IN, SHORT, REJECTED, OPEN, LATE = (
    COUNTS.index(name)
    for name in (
        "offered",
        "answered",
        "answered_in",
        "abandoned",
        "abandoned_in",
        "short_abandoned",
        "rejected",
        "open",
        "open_late",
    )
)


def refusal(scenario: Scenario) -> str | None:
    """Return why the plain loop cannot tell this scenario's days, or None if it can."""
    centre = scenario.centre
    if len(centre.queues) != 1 or len(centre.groups) != 1:
        return "several queues or groups"
    queue, group = centre.queues[0], centre.groups[0]
    desk = next((desk for desk in scenario.desks if desk.group == group.name), None)
    longest = [tier.max_wait for tier in centre.tiers] + [queue.max_wait]
    ways = [tier.after_max_wait for tier in centre.tiers if tier.max_wait is not None]
    ways += [queue.after_max_wait, queue.when_closed]
    bounded = any(wait is not None for wait in longest)
    reasons = {
        f"the policy {queue.policy}": queue.policy is not Policy.FIFO,
        "relaxation": bool(queue.relaxation),
        "a bounded queue": queue.max_waiting is not None or not queue.join_empty or queue.leave_empty,
        "reserves": bool(centre.reserves),
        "named agents": bool(centre.agents),
        "intents": any(stream.intents for stream in scenario.streams),
        "other channels": any(stream.channel != "voice" or stream.skills for stream in scenario.streams),
        "campaign or care calls": bool(scenario.outreach),
        "a second call by agreement": scenario.callbacks.again > 0,
        "virtual hold": scenario.callbacks.accept_offer > 0,
        "rest when nobody waits": bool(scenario.quiet_wrap_up),
        "missed offers": desk is not None and desk.miss > 0,
        "calls cut off at closing": queue.hours is not None and not queue.serve_out,
        "overflow": any(way.leave is not Leave.REJECT for way in ways) and (queue.hours is not None or bounded),
        "patience by the hour with retrials": bool(scenario.retrials) and any(r.between for r in scenario.patience),
        "overflow retrials": any(outcome not in {"abandoned", "rejected"} for outcome, _ in scenario.retrials),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


class PoolDay:
    """One replication of a one-pool centre, to be played stretch by stretch with any number of agents."""

    def __init__(self, scenario: Scenario, replication: int, edges: list[int], within: list[int]) -> None:
        self.scenario, self.edges, self._within = scenario, edges, within
        self._chance = chance = Chance(scenario.seed, replication)
        callers = Callers(arrivals(scenario, chance))
        centre = scenario.centre
        queue, group = centre.queues[0], centre.groups[0]
        self._paces = Paces(scenario, chance)
        desk = self._paces.desk(group.name)
        forced = [forced_wrap_up(scenario, queue)]
        wrap_up = forced * len(callers) if callers.wrap_up_ms is None else callers.wrap_up_ms
        self._at = np.array(callers.at, np.int64)
        self._key = np.array(callers.key, np.int64)
        tiers = [tier.name for tier in centre.tiers]
        self._tier = np.array([tiers.index(name) for name in callers.tier], np.int8)
        self._talk = np.array(callers.handling_ms, np.int64)
        self._wrap = np.array(wrap_up, np.int64)
        self._patience = np.array(callers.patience_ms, np.int64)
        self._first = np.searchsorted(self._at, edges).tolist()
        self._band = [tier.band for tier in centre.tiers]
        self._head_start = [tier.head_start for tier in centre.tiers]
        by_queue = _NEVER if queue.max_wait is None else queue.max_wait
        self._max_wait = [min(by_queue, _NEVER if t.max_wait is None else t.max_wait) for t in centre.tiers]
        self._short = queue.short_abandon
        self._hours = queue.hours
        policy = self._policy = queue.callbacks
        self._grace = policy.grace
        self._window = daily_window(centre.zone, *policy.window)
        self._calls_back = [tier.callback for tier in centre.tiers]
        self._earned_after = queue.short_abandon if policy.after is None else policy.after
        self._retrials: dict[str, Retrial] = dict(scenario.retrials)
        self._again: dict[tuple[int, str], tuple[int, int]] = {}
        self._away: list[bool] = []
        self._pace: list[float] = []
        self._rings: dict[int, int] = {}
        self._ring = None if group.auto_answer or desk.ring.mean_s == 0 else desk.ring
        self._ring_limit = (group.offer_timeout or queue.offer_timeout) - 1
        self._calls = len(callers)
        del callers

    def start(self) -> State:
        """Return the state before the first stretch: nobody is there."""
        return ([], [], [], [], [], 0, {}, [], [])

    def arrivals(self) -> list[int]:
        """Return first attempts by stretch."""
        return [b - a for a, b in pairwise(self._first)]

    # --- people

    def _there(self, heads: int) -> None:
        """Know, for the first `heads` agents, who is away today and how fast each of them is."""
        group = self.scenario.centre.groups[0].name
        day = self.scenario.horizon.first_day
        for n in range(len(self._away), heads):
            name = f"{group}-s{n + 1:03d}"
            share = self.scenario.shrinkage
            self._away.append(share > 0 and self._chance.one(draw.SHRINKAGE, number_of(f"agent {name}"), day) < share)
            self._pace.append(self._paces.of(name, group))

    def _rings_for(self, key: int) -> int:
        ring = self._rings.get(key)
        if ring is None:
            assert self._ring is not None
            if self._ring.kind == "deterministic":
                ring = int(to_ms(self._ring.mean_s))
            else:
                ring = one_ms(self._ring, self._chance.one(draw.RING, key, 1), 0)
            self._rings[key] = ring = min(ring, self._ring_limit)
        return ring

    def _next_try(self, call: int, tier: int, outcome: str) -> tuple[int, int]:
        """Return after how long this caller rings again (never: a huge number), and with how much patience."""
        known = self._again.get((call, outcome))
        if known is None:
            retrial = self._retrials[outcome]
            number, attempt = call % self._calls, call // self._calls + 1
            key = int(self._key[number])
            delay = patience = _NEVER
            if attempt < retrial.most and self._chance.one(draw.RETRIAL, key, attempt) < retrial.probability:
                delay = one_ms(retrial.delay, self._chance.one(draw.RETRIAL_DELAY, key, attempt), 1)
                centre = self.scenario.centre
                skills = [skill for skill, _ in centre.queues[0].needs]
                name = centre.tiers[tier].name
                law = law_for(self.scenario.patience, tier=name, queue=centre.queues[0].name, skills=skills)
                if law is not None:
                    patience = one_ms(law, self._chance.one(draw.PATIENCE, key, attempt + 1), 0)
            known = self._again[call, outcome] = (min(delay, _NEVER), patience)
        return known

    def _call_back(self, number: int, attempt: int) -> tuple[int, bool, int]:
        """Return how long dialling this caller takes, whether they answer, and which attempt it is."""
        key, people = int(self._key[number]), self.scenario.callbacks
        dialled = one_ms(people.dial, self._chance.one(draw.DIAL, key, attempt), 1)
        return dialled, self._chance.one(draw.ANSWER, key, attempt) < people.answered, attempt

    # --- the loop

    def play(self, state: State, h: int, heads: int, following: int) -> tuple[State, Cells]:
        """Live through stretch `h` with `heads` agents rostered.

        Returns:
            The state at its end, and the counts of the calls that came in it; those undecided at the end are
            followed for as long as a threshold lasts, with `following` agents.
        """
        cells: Cells = [[0] * len(COUNTS) for _ in self._band]
        begin, end = self.edges[h], self.edges[h + 1]
        after = self._live(state, heads, (begin, end), end, cells)
        last = end + max(self._within) + 1
        if after[2]:
            beyond = self._live(after, following, (end, last), end, cells, counted_from=begin)
            for _, at, tier, _, _ in beyond[2]:
                if begin <= at < end:
                    cells[tier][OPEN] += 1
                    cells[tier][LATE] += last - 1 - at > self._within[tier]
        return after, cells

    def _live(
        self,
        state: State,
        heads: int,
        stretch: tuple[int, int],
        counted_until: int,
        cells: Cells,
        counted_from: int | None = None,
    ) -> State:
        begin, end = stretch
        since = begin if counted_from is None else counted_from
        idle, busy, queued, patience, again, before, owed, due, line_of_owed = state
        idle, busy, patience, again = list(idle), list(busy), list(patience), list(again)
        owed, due, line_of_owed = dict(owed), list(due), list(line_of_owed)
        waiting: dict[int, tuple[int, int, int, int]] = {}
        """Call → when it came, its tier, its serial, its turn."""
        lines: dict[int, list[tuple[int, int, int]]] = {band: [] for band in sorted(dict.fromkeys(self._band))}
        line_of = [lines[band] for band in self._band]
        in_order = list(lines.values())
        head_start, within, short, max_wait = self._head_start, self._within, self._short, self._max_wait
        # Ids of later attempts are larger than all first ones: inside a millisecond that is their order.
        for call, at, tier, place, turn in queued:
            waiting[call] = (at, tier, place, turn)
            heappush(line_of[tier], (turn - head_start[tier], place, call))
        serial = max((place for _, _, _, place, _ in queued), default=0)
        self._there(max(heads, before))
        open_now = self._hours is None or self._hours.is_open(begin)
        limit = heads
        if heads < before:
            if waiting and not open_now:
                limit = before  # closed, and callers still wait: nobody goes home yet
            idle = [agent for agent in idle if agent < limit]
        busy_now = {agent for _, agent in busy}
        away, pace, alike, ring_law = self._away, self._pace, self._paces.all_alike, self._ring
        calls, talk, wrap, key, grace = self._calls, self._talk, self._wrap, self._key, self._grace

        def take(agent: int, call: int, at: int, tier: int, leaves: int, now: int, turn: int) -> None:
            number = call % calls
            connected = now
            if ring_law is not None:
                connected += self._rings_for(int(key[number]))
                if leaves < connected:
                    lose(call, at, tier, leaves, turn)
                    heappush(busy, (leaves, agent))
                    return
            length, after = (talks[number - low], wraps[number - low]) if number >= low else earlier(number)
            if not alike:
                length = max(1, int(length * pace[agent] + 0.5))
            heappush(busy, (connected + length + after, agent))
            if since <= at < counted_until:
                row = cells[tier]
                row[ANSWERED] += 1
                row[IN_TIME] += connected - at <= within[tier]

        def earlier(number: int) -> tuple[int, int]:
            return int(talk[number]), int(wrap[number])

        def lose(call: int, at: int, tier: int, now: int, turn: int) -> None:
            if since <= at < counted_until:
                row = cells[tier]
                row[ABANDONED] += 1
                row[ABANDONED_IN] += now - at <= within[tier]
                row[SHORT] += now - at <= short
            if self._calls_back[tier] and now - at >= self._earned_after and call % calls not in owed:
                owed[call % calls] = (0, now)
                promise(call % calls, now, now)
            if "abandoned" in self._retrials:
                ring_again(call, tier, now, "abandoned", turn)

        def promise(number: int, lost_at: int, at: int) -> None:
            opens = first_open(self._window, at)
            if opens is not None:
                heappush(due, (opens, lost_at, number))

        def next_owed(agent: int, now: int) -> bool:
            while line_of_owed:
                lost_at, number = heappop(line_of_owed)
                attempts, of = owed.get(number, (0, 0))
                if of == lost_at and self._window.is_open(now):  # else they rang again meanwhile
                    del owed[number]
                    dialled, reached, attempt = self._call_back(number, attempts + 1)
                    length, after = earlier(number) if reached else (0, 0)
                    heappush(busy, (now + dialled + int(length * pace[agent] + 0.5) + after, agent))
                    if not reached and attempt <= len(self._policy.retry_after):
                        owed[number] = (attempt, lost_at)
                        promise(number, lost_at, now + dialled + self._policy.retry_after[attempt - 1])
                    return True
            return False

        def turn_away(call: int, at: int, tier: int, now: int, turn: int) -> None:
            if since <= at < counted_until:
                cells[tier][REJECTED] += 1
            if "rejected" in self._retrials:
                ring_again(call, tier, now, "rejected", _NEVER)

        def ring_again(call: int, tier: int, now: int, outcome: str, turn: int) -> None:
            delay, limit_ms = self._next_try(call, tier, outcome)
            if delay < _NEVER:  # soon enough, they get their old turn back
                heappush(again, (now + delay, call + calls, tier, limit_ms, turn if delay < grace else _NEVER))

        def enter(call: int, tier: int, patience_ms: int, now: int, turn: int) -> None:
            nonlocal serial
            if now < counted_until and now >= since:
                cells[tier][OFFERED] += 1
            if self._hours is not None and not (open_now if uniform else self._hours.is_open(now)):
                turn_away(call, now, tier, now, turn)
                return
            if owed and call >= calls:  # who rings again is not called back
                owed.pop(call % calls, None)
            leaves = now + patience_ms
            if idle and not waiting:
                take(idle.pop(0), call, now, tier, leaves, now, turn)
                return
            serial += 1
            waiting[call] = (now, tier, serial, turn)
            heappush(line_of[tier], (turn - head_start[tier], serial, call))
            heappush(patience, (min(leaves, now + max_wait[tier]), call, leaves))

        def next_call(agent: int, now: int) -> bool:
            for line in in_order:
                while line:
                    call = heappop(line)[2]
                    found = waiting.pop(call, None)
                    if found is not None:
                        leaves = deadline_of.pop(call, None)
                        at, tier, _, turn = found
                        take(agent, call, at, tier, leaves if leaves is not None else _NEVER, now, turn)
                        return True
            return False

        deadline_of = {call: leaves for _, call, leaves in patience} if ring_law is not None else {}
        uniform = self._hours is None or (change := self._hours.next_change(begin)) is None or change >= end
        low, high = self._first_after(begin, end)
        talks, wraps = talk[low:high].tolist(), wrap[low:high].tolist()
        newcomers = [n for n in range(before, heads) if not away[n] and n not in busy_now]
        for agent in newcomers:
            if not (waiting and next_call(agent, begin)) and not (line_of_owed and next_owed(agent, begin)):
                idle.append(agent)
        ats = [*self._at[low:high].tolist(), _NEVER]
        tiers, patiences = self._tier[low:high].tolist(), self._patience[low:high].tolist()
        place = 0
        while True:
            now = ats[place]
            if busy and busy[0][0] < now:
                now = busy[0][0]
            while patience and (patience[0][1] not in waiting):
                heappop(patience)
            if patience and patience[0][0] < now:
                now = patience[0][0]
            if again and again[0][0] < now:
                now = again[0][0]
            if due and due[0][0] < now:
                now = due[0][0]
            if now >= end:
                break
            if patience and patience[0][0] == now:
                _, call, leaves = heappop(patience)
                at, tier, _, turn = waiting.pop(call)
                (lose if leaves == now else turn_away)(call, at, tier, now, turn)
            elif busy and busy[0][0] == now:
                agent = heappop(busy)[1]
                if agent >= limit and not (waiting and limit > heads):
                    continue  # goes home
                if not (waiting and next_call(agent, now)) and not (
                    line_of_owed and agent < heads and next_owed(agent, now)
                ):
                    if limit > heads:  # the last caller has been served
                        limit = heads
                        idle = [n for n in idle if n < limit]
                    if agent < limit:
                        idle.append(agent)
            elif again and again[0][0] == now:
                _, call, tier, limit_ms, turn = heappop(again)
                enter(call, tier, limit_ms, now, min(turn, now))
                if ring_law is not None and call in waiting:
                    deadline_of[call] = now + limit_ms
            elif due and due[0][0] == now:
                _, lost_at, number = heappop(due)
                heappush(line_of_owed, (lost_at, number))
                if idle and next_owed(idle[0], now):
                    idle.pop(0)
            else:
                enter(low + place, tiers[place], patiences[place], now, now)
                if ring_law is not None and low + place in waiting:
                    deadline_of[low + place] = now + patiences[place]
                place += 1
        rest = [(call, *found) for call, found in waiting.items()]
        return (idle, busy, rest, patience, again, limit, owed, due, line_of_owed)

    def _first_after(self, begin: int, end: int) -> tuple[int, int]:
        if begin in self.edges and end in self.edges:
            return self._first[self.edges.index(begin)], self._first[self.edges.index(end)]
        low, high = np.searchsorted(self._at, (begin, end)).tolist()
        return low, high
