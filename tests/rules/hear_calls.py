"""What the oracle makes of commands and of the events of calls: it objects when a rule is broken."""

from typing import Any

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Centre, Group, Queue
from callcenter.late_reports import when
from callcenter.tiers import Leave
from tests.oracle import Desk, Item, Person, has_level, loosened


class CallHearing(Desk):
    """Hears what happens and objects."""

    def __init__(self, centre: Centre) -> None:
        super().__init__(centre)
        self.ended: dict[str, str] = {}
        self.lost: dict[tuple[str, str], tuple[int, int, str]] = {}
        self.results: dict[str, bool] = {}
        self.open: dict[str, bool] = {}
        self.seq = 0
        self.now: int | None = None
        self.command: cmd.Command | None = None
        self.counts = dict.fromkeys(("offered", "A", "B", "F", "C", "R", "X"), 0)
        self.tasks_seen = 0
        self.tasks_ended = 0
        self.parent: Item | None = None
        self.last_over: Item | None = None
        self.unseated: list[Person] = []
        self.must_stop: list[Person] = []
        self.must_be_offered: str | None = None
        self.expected_turn: tuple[int, str | None] | None = None
        self.forgiving = False

    # --- what is asked

    def hear(self, command: cmd.Command | None, events: list[ev.Event], now: int) -> None:
        """Hear one command that was carried out (None: time passed) and what came of it."""
        self.command, self.fresh, self.must_be_offered, self.parent = command, [], None, None
        self.expected_turn = None
        self.forgiving = isinstance(command, cmd.AdoptCentre | cmd.Resume)
        if self.now is None:
            for queue in self.centre.queues:
                self.open[queue.name] = queue.hours is None or queue.hours.is_open(now)
        self._begin(command, now)
        for event in events:
            assert event.seq == self.seq + 1, "the sequence has no gaps"
            self.seq = event.seq
            assert self.now is None or self.now <= event.at, "time goes on"
            assert event.at <= now, "nothing happens before its time"
            happened_at = getattr(event, "happened_at", None)
            assert happened_at is None or happened_at < event.at, "reported after it happened"
            self.now = event.at
            if self.must_be_offered is not None:
                assert isinstance(event, ev.CallOffered), "the line is full"
                assert event.call_id == self.must_be_offered, "the line is full"
                self.must_be_offered = None
            self._seat_before(event)
            self.fact(event)
        assert self.must_be_offered is None, "the line is full"
        self._seat()
        assert self.must_stop == [], "who misses too many gets no more offers"
        self.now = now
        for agent in self.agents.values():
            agent.wish_is_new = False
        for item in self.waiting():
            item.stood = True

    def _seat_before(self, event: ev.Event) -> None:
        """Whoever missed an offer, or passed a call on, is idle again once it has found its turn, not before."""
        placing = ev.CallOffered | ev.CallConnected | ev.TaskOffered | ev.TaskAttempted
        if isinstance(self.command, cmd.TransferCall):
            placing |= ev.CallQueued
        if (self.unseated and getattr(event, "agent_id", None) == self.unseated[0].id) or not (
            isinstance(self.command, cmd.Resume) or isinstance(event, placing)
        ):
            self._seat()

    def _seat(self) -> None:
        for agent in self.unseated:
            self.touch(agent)
        self.unseated = []

    def fact(self, event: ev.Event) -> None:
        raise NotImplementedError

    def _begin(self, command: Any, now: int) -> None:
        if isinstance(command, cmd.AdmitCall):
            turn, contact = now, command.call_id
            if command.customer is not None:
                lost = self.lost.pop((command.customer, command.queue), None)
                if lost is not None and now < lost[1]:
                    turn, contact = lost[0], lost[2]
            self.expected_turn = (turn, contact)
        elif isinstance(command, cmd.TransferCall):
            self.parent = self.items[command.call_id]
        elif isinstance(command, cmd.LogOut):
            self.agents[command.agent_id].wish = "out"
        elif isinstance(command, cmd.SetNotReady | cmd.SetAvailable | cmd.RequestBreak):
            agent = self.agents[command.agent_id]
            wanting = self.wants_break[agent.group.name]
            if isinstance(command, cmd.RequestBreak):
                if self.break_allowed(agent):
                    agent.wish, agent.break_now = ("break", False) if agent.hands_full() else (None, True)
                return
            if agent.id in wanting:
                wanting.remove(agent.id)
            if isinstance(command, cmd.SetNotReady):
                agent.wish = "not_ready" if agent.hands_full() else None
            elif agent.wish is not None:
                agent.wish = None
                if agent.presence == "available":
                    self.touch(agent)
        elif isinstance(command, cmd.Resume):
            self._shift(command.gap_ms)

    def _shift(self, gap: int) -> None:
        for item in self.items.values():
            if item.state in ("waiting", "suspended", "offered") and not item.task:
                item.gaps += gap
        for agent in self.agents.values():
            if agent.expires_at is not None:
                agent.expires_at += gap
            agent.wraps = {s: (cost, started, ends + gap) for s, (cost, started, ends) in agent.wraps.items()}
        for excluded in (*(agent.excluded for agent in self.agents.values()), *self.missed_by.values()):
            excluded.update({i: until + gap for i, until in excluded.items()})

    def break_allowed(self, agent: Person) -> bool:
        cap = agent.group.break_cap
        taken = sum(1 for a in self.agents.values() if a.group.name == agent.group.name and a.on_break)
        return cap is None or taken < cap

    def grant(self, group: Group) -> None:
        """Promise breaks to those who asked first and have their hands full; the others are told by an event."""
        wanting = self.wants_break[group.name]
        while wanting:
            first = self.agents[wanting[0]]
            if not self.break_allowed(first) or not first.hands_full():
                return
            wanting.pop(0)
            first.wish, first.wish_is_new = "break", True

    def touch(self, agent: Person) -> None:
        """The agent may be free again: from here on they are idle."""
        if agent not in self.fresh:
            self.fresh.append(agent)
        if agent.can_be_offered():
            self.serial += 1
            agent.idle = self.serial

    # --- calls

    def call_queued(self, e: ev.CallQueued) -> None:
        assert e.call_id not in self.items, "a call is queued once"
        assert e.call_id not in self.ended, "a call that ended never comes back"
        queue, tier, command = self.queue(e.queue), self.tier(e.tier), self.command
        item = Item(e.call_id, queue, tier, e.band, e.virtual_start, 0, e.at, queue.needs, queue.needs)
        band = tier.band
        if isinstance(command, cmd.AdmitCall) and command.call_id == e.call_id:
            item = self.newcomer(command, e.virtual_start, e.contact_id, e.at)
            band = item.band
            assert self.expected_turn is not None
            assert (e.virtual_start, e.contact_id) == self.expected_turn, "a call's turn is its virtual start"
            assert (e.tier, e.customer) == (self.tier(command.tier).name, command.customer)
        else:
            before = self.parent
            assert before is not None, "only an overflow or a transfer makes a segment"
            assert e.virtual_start == before.turn, "a segment keeps the virtual start"
            assert e.contact_id == before.contact, "a segment belongs to the contact"
            assert e.call_id.rpartition("/s")[0] in (before.id, before.id.rpartition("/s")[0]), (
                "it is named after its call"
            )
            item.cost, item.zone, band = before.cost, before.zone, before.band
            if isinstance(command, cmd.TransferCall) and before.id == command.call_id:
                item.served_by = before.agent.id if before.agent is not None else before.served_by
                if command.kind == "return":
                    item.preferred = (before.served_by,)
        assert e.band == band
        self.serial += 1
        self.counts["offered"] += 1
        item.serial, item.customer, item.contact = self.serial, e.customer, e.contact_id
        assert self.open[queue.name], "a closed queue lets nobody in"
        assert queue.join_empty or self.somebody_for(item.needs, queue), "an empty queue lets nobody in"
        if queue.max_waiting is not None and len(self.waiting_calls(queue.name)) >= queue.max_waiting:
            self.must_be_offered = e.call_id
        self.items[item.id] = item
        self._in_line(item, e.at)

    def _in_line(self, item: Item, now: int) -> None:
        item.state, item.line_since = "waiting", now
        item.held = (
            bool(item.preferred)
            and now < item.queued_at + item.gaps + item.queue.hold_for_preferred
            and any(p in self.agents and has_level(self.agents[p].skills, item.needs) for p in item.preferred)
        )

    def offered(self, e: ev.CallOffered | ev.TaskOffered) -> None:
        item_id = e.call_id if isinstance(e, ev.CallOffered) else e.task_id
        item, agent, now = self.items[item_id], self.agents[e.agent_id], e.at
        self.chosen(item, agent, now)
        timeout = agent.group.offer_timeout or item.queue.offer_timeout
        assert e.expires_at == (None if agent.group.auto_answer else now + timeout), "a ringing phone has a limit"
        item.state, item.held, item.agent, item.offered_at = "offered", False, agent, now
        agent.offer, agent.offer_id, agent.expires_at = item, e.offer_id, e.expires_at
        self.serial += 1
        agent.last_offer = self.serial

    def chosen(self, item: Item, agent: Person, now: int) -> None:
        """Object unless `item` was the next for `agent` and `agent` the best for `item`."""
        assert item.state == "waiting", f"{item.id} is {item.state}: not to be offered"
        full = self.must_be_offered is None and item.held and item.line_since == now
        held, item.held = item.held, item.held and not full
        assert self.eligible(item, agent, now, sure=False), f"{item.id} is not for {agent.id}"
        item.held = held
        for other in self.waiting():
            if other is not item and self.before(other, item, now) and self.speaks_for_its_tier(other, agent, now):
                assert not self.eligible(other, agent, now), f"{other.id} goes before {item.id} at {agent.id}"
        if self.forgiving:
            return
        mine = self.liking(item, agent, now)
        for rival in self.agents.values():
            if rival is not agent and rival not in self.fresh and self.eligible(item, rival, now):
                theirs = self.liking(item, rival, now)
                assert mine <= theirs, f"{rival.id} is better than {agent.id} for {item.id}: {theirs} < {mine}"

    def offer_ended(self, e: ev.OfferEnded) -> None:
        agent = self.agents[e.agent_id]
        item = agent.offer
        assert item is not None, "an offer ends once"
        assert item.id == e.subject, "an offer ends once"
        assert agent.offer_id == e.offer_id, "an offer ends once"
        asked = isinstance(self.command, cmd.EndOffer) and self.command.offer_id == e.offer_id
        if e.end == "no_answer" and not asked:
            assert e.at == agent.expires_at, "an offer expires at its limit, however late the driver"
        self._drop_offer(agent, item, e.at)
        if item.task:
            item.state = "waiting"
        else:
            self._in_line(item, e.at)
        if e.end in ("no_answer", "rejected"):
            agent.excluded[item.id] = e.at + self.centre.missed.exclude_for
            agent.misses.append(e.at)
            if self.too_many_misses(agent, e.at):
                self.must_stop.append(agent)
        self.fresh.append(agent)
        self.unseated.append(agent)

    def too_many_misses(self, agent: Person, now: int) -> bool:
        """Tell whether this was the Nth miss within the window."""
        rules = self.centre.missed
        return sum(1 for at in agent.misses if at > now - rules.window) >= rules.count

    def _drop_offer(self, agent: Person, item: Item, now: int) -> None:
        agent.occupied += (now - item.offered_at) * item.cost // 100
        agent.offer, agent.offer_id, agent.expires_at = None, "", None
        item.agent = None

    def call_connected(self, e: ev.CallConnected) -> None:
        item, agent = self.items[e.call_id], self.agents[e.agent_id]
        assert item.state == "offered", "only an offer can be answered"
        assert agent.offer is item, "only an offer can be answered"
        assert agent.expires_at is None or e.at <= agent.expires_at, "an expired offer cannot be answered"
        self._drop_offer(agent, item, e.at)
        assert agent.used + item.cost <= 100, "nobody is given more than they can hold"
        item.state, item.agent, item.since = "talking", agent, e.at
        agent.talks.append(item)
        agent.taken += 1
        self.counts["A"] += 1
        self.touch(agent)

    def _empty(self, item: Item, now: int) -> Person:
        agent = item.agent
        assert agent is not None
        assert item in agent.talks
        was_idle = agent.can_be_offered()
        agent.talks.remove(item)
        agent.occupied += (now - item.since) * item.cost // 100
        if isinstance(self.command, cmd.TransferCall):
            self.fresh.append(agent)
            self.unseated.append(agent)  # the segment looks for someone else first
        elif item.queue.wrap_up and was_idle:
            self.fresh.append(agent)  # seated all along: wrap-up takes the place of the talk
        else:
            self.touch(agent)
        return agent

    def call_completed(self, e: ev.CallCompleted) -> None:
        item = self.items[e.call_id]
        assert item.state == "talking", "only a conversation can be completed"
        self.parent = item if isinstance(self.command, cmd.TransferCall) else self.parent
        agent = self._empty(item, e.at)
        item.agent = agent if isinstance(self.command, cmd.TransferCall) else None
        self._over(item, "completed")

    def _over(self, item: Item, how: str) -> None:
        assert item.id not in self.ended, "a terminal state absorbs"
        del self.items[item.id]
        self.ended[item.id] = how
        item.state = how
        self.last_over = item

    def _unserved(self, call_id: str) -> Item:
        item = self.items[call_id]
        assert item.state in ("waiting", "suspended"), f"{call_id} is {item.state}: it does not wait"
        return item

    def _remember_lost(self, item: Item, now: int) -> None:
        if item.customer is not None:
            until = now + item.queue.callbacks.grace
            self.lost[item.customer, item.queue.name] = (item.turn, until, item.contact)

    def call_abandoned(self, e: ev.CallAbandoned) -> None:
        item = self._unserved(e.call_id)
        assert e.short == (when(e) - item.queued_at <= item.queue.short_abandon)
        self.counts["B"] += 1
        self._over(item, "abandoned")
        self._remember_lost(item, e.at)

    def turned_away(self, e: ev.CallRejected | ev.CallOverflowed) -> None:
        away = isinstance(e, ev.CallOverflowed)
        queue = self.queue(e.queue)
        item = self.items.get(e.call_id)
        new = item is None
        if item is None:
            item = self._arrived(e, queue)
            self.counts["offered"] += 1
            if e.reason == "full":
                assert queue.max_waiting is not None
                assert len(self.waiting_calls(queue.name)) >= queue.max_waiting, "the queue was not full"
                for agent in self.agents.values():
                    assert agent in self.fresh or not self.eligible(item, agent, e.at), (
                        "turned away beside a free agent"
                    )
            self.items[item.id] = item
        else:
            assert item.state in ("waiting", "suspended")
        self._check_reason(e, item, queue, new)
        self.counts["F" if away else "R"] += 1
        self._over(item, "overflowed" if away else "rejected")
        if away:
            self.parent = item
        elif e.reason in ("full", "max_wait", "no_agents"):
            self._remember_lost(item, e.at)

    def _arrived(self, e: Any, queue: Queue) -> Item:
        """Return a call that was turned away at the door."""
        command, parent = self.command, self.parent
        if isinstance(command, cmd.AdmitCall) and command.call_id == e.call_id:
            assert self.expected_turn is not None
            return self.newcomer(command, *self.expected_turn, e.at)
        assert parent is not None
        item = Item(e.call_id, queue, parent.tier, parent.band, parent.turn, 0, e.at, queue.needs, queue.needs)
        item.cost, item.customer, item.contact, item.zone = parent.cost, parent.customer, parent.contact, parent.zone
        return item

    def _check_reason(self, e: Any, item: Item, queue: Queue, new: bool) -> None:
        rule = {"full": queue.when_full, "closed": queue.when_closed, "no_agents": queue.when_empty}.get(e.reason)
        if e.reason == "closed":
            assert not self.open[queue.name]
            assert new or not queue.serve_out
        elif e.reason == "no_agents":
            assert not self.somebody_for(item.base_needs, queue)
            assert not queue.join_empty if new else queue.leave_empty
        elif e.reason == "max_wait":
            limit = self.limit(item)
            assert limit is not None, "no longest wait"
            assert e.at == max(limit, item.line_since, item.moved), "the longest wait is kept to the millisecond"
        if rule is not None:
            assert isinstance(e, ev.CallOverflowed) == (rule.leave is Leave.OVERFLOW)
            assert not isinstance(e, ev.CallOverflowed) or e.target == rule.target

    def call_converted(self, e: ev.CallConverted) -> None:
        self.counts["C"] += 1
        self.parent = self._unserved(e.call_id)
        self._over(self.parent, "converted")

    def call_failed(self, e: ev.CallFailed) -> None:
        item = self.items[e.call_id]
        if item.state == "talking":
            self._empty(item, e.at)
        else:
            assert item.state in ("waiting", "suspended")
            self.counts["X"] += 1
        self._over(item, "failed")
        if isinstance(self.command, cmd.FailCall):
            self._remember_lost(item, e.at)

    def call_relaxed(self, e: ev.CallRelaxed) -> None:
        item = self.items[e.call_id]
        assert item.state in ("waiting", "suspended", "offered")
        item.steps += 1
        assert e.step == item.steps
        step = item.queue.relaxation[e.step - 1]
        assert e.at == max(item.queued_at + item.gaps + step.after, item.line_since), "a step comes at its own instant"
        item.needs = loosened(item.needs, step.needs)

    def call_suspended(self, e: ev.CallSuspended) -> None:
        item = self.items[e.call_id]
        assert item.state == "waiting", "only a call that waits can be in doubt"
        item.state, item.held = "suspended", False

    def call_confirmed(self, e: ev.CallConfirmed) -> None:
        item = self.items[e.call_id]
        assert item.state == "suspended"
        self._in_line(item, e.at)

    def call_released(self, e: ev.CallReleased) -> None:
        assert self.items[e.call_id].held, "only a held call is let go"
        self.items[e.call_id].held = False

    def call_reprioritised(self, e: ev.CallReprioritised) -> None:
        item = self.items[e.call_id]
        item.tier, item.band, item.moved = self.tier(e.tier), e.band, e.at
