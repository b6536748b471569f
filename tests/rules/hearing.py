"""What the oracle makes of the events of agents, tasks and doors, and what must hold when nothing is due."""

from typing import Any

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.callbacks import OUTREACH
from callcenter.late_reports import when
from tests.oracle import Item, Person
from tests.rules.hear_calls import CallHearing


class Hearing(CallHearing):
    """Hears what happens and objects."""

    def fact(self, event: ev.Event) -> None:
        HEARD[type(event)](self, event)

    # --- agents

    def logged_in(self, e: ev.AgentLoggedIn) -> None:
        command = self.command
        assert isinstance(command, cmd.LogIn)
        assert e.agent_id not in self.agents
        group = self.group(e.group)
        skills = group.skills
        for named in self.centre.agents:
            if named.id == e.agent_id and named.group == e.group and named.skills is not None:
                skills = named.skills
        if command.skills is not None:
            skills = command.skills
        skills = tuple(sorted((s, n) for s, n in skills if n > 0))
        agent = self.agents[e.agent_id] = Person(e.agent_id, group, skills, e.at)
        agent.excluded = self.missed_by.pop(e.agent_id, {})
        self.touch(agent)

    def became_available(self, e: ev.AgentBecameAvailable) -> None:
        agent = self.agents[e.agent_id]
        assert agent.presence in ("not_ready", "not_responding")
        agent.presence, agent.on_break, agent.misses = "available", False, []
        self._asks_no_more(agent)
        self.touch(agent)
        self.grant(agent.group)

    def _asks_no_more(self, agent: Person) -> None:
        wanting = self.wants_break[agent.group.name]
        if agent.id in wanting:
            wanting.remove(agent.id)

    def became_not_ready(self, e: ev.AgentBecameNotReady) -> None:
        agent = self.agents[e.agent_id]
        assert not agent.hands_full(), "whoever has something in hand stays until it is done"
        granted = e.agent_id in self.wants_break[agent.group.name]
        on_break = agent.wish == "break" or agent.break_now or (granted and agent.wish is None)
        agent.presence, agent.wish, agent.break_now, agent.on_break = "not_ready", None, False, False
        if on_break:
            assert self.break_allowed(agent), "no more of a group on a break than its cap"
        agent.on_break = on_break
        self._asks_no_more(agent)
        self.grant(agent.group)

    def stopped_responding(self, e: ev.AgentStoppedResponding) -> None:
        agent = self.agents[e.agent_id]
        assert agent.presence == "available"
        assert agent in self.must_stop, "nobody is stopped who did not miss too many"
        self.must_stop.remove(agent)
        agent.presence = "not_responding"

    def logged_out(self, e: ev.AgentLoggedOut) -> None:
        agent = self.agents[e.agent_id]
        assert agent.wish == "out", "nobody is logged out who did not ask"
        assert not agent.hands_full(), "nobody leaves with something in hand"
        self._asks_no_more(agent)
        del self.agents[e.agent_id]
        self.missed_by[e.agent_id] = agent.excluded
        self.grant(agent.group)

    def phone_changed(self, e: ev.PhoneChanged) -> None:
        agent = self.agents[e.agent_id]
        assert agent.phone != e.phone
        agent.phone = e.phone
        self.touch(agent)

    def break_requested(self, e: ev.BreakRequested) -> None:
        agent = self.agents[e.agent_id]
        assert not self.break_allowed(agent)
        self.wants_break[agent.group.name].append(agent.id)
        asked_now = isinstance(self.command, cmd.RequestBreak) and self.command.agent_id == e.agent_id
        if agent.wish == "break" and not asked_now:
            agent.wish = None
            self.touch(agent)

    def wrap_up_started(self, e: ev.WrapUpStarted) -> None:
        agent = self.agents[e.agent_id]
        assert e.subject not in self.items or isinstance(self.command, cmd.EndTask), "over, or to be called again"
        assert self.last_over is not None, "wrap-up follows its contact at once"
        assert self.last_over.id == e.subject, "wrap-up follows its contact at once"
        agent.wraps[e.subject] = (self.last_over.cost, e.at, e.ends_at)
        agent.wrapped[e.subject] = self.last_over.queue.name
        assert agent.used <= 100, "nobody is given more than they can hold"

    def result_noted(self, e: ev.ResultNoted) -> None:
        agent, asked = self.agents[e.agent_id], self.command
        assert isinstance(asked, cmd.NoteResult), "nothing came of a call that nobody said"
        assert (asked.agent_id, asked.result) == (e.agent_id, e.result)
        in_hand = {item.id for item in agent.talks} | set(agent.wraps)
        assert e.call_id in in_hand, "of a call in hand, or in after-call work"
        assert self.results.get(e.call_id) == e.solved_before
        self.results[e.call_id] = e.solved

    def wrap_up_extended(self, e: ev.WrapUpExtended) -> None:
        agent, asked = self.agents[e.agent_id], self.command
        assert isinstance(asked, cmd.ExtendWrapUp), "nobody wraps up for longer who did not ask"
        assert (asked.agent_id, asked.subject or e.subject) == (e.agent_id, e.subject)
        cost, started, ends = agent.wraps[e.subject]
        rules = next(queue for queue in self.centre.queues if queue.name == agent.wrapped[e.subject])
        cap = rules.wrap_up * 2 if rules.wrap_up_cap is None else rules.wrap_up_cap
        assert e.ends_at == min(ends + asked.more, started + cap), "as long as asked, and as the cap allows"
        assert e.ends_at > ends
        agent.wraps[e.subject] = (cost, started, e.ends_at)

    def wrap_up_ended(self, e: ev.WrapUpEnded) -> None:
        agent = self.agents[e.agent_id]
        cost, started, ends = agent.wraps.pop(e.subject)
        assert e.at == ends or isinstance(self.command, cmd.EndWrapUp | cmd.LogOut), "wrap-up ends at its own instant"
        assert (e.started_at, e.at <= ends) == (started, True)
        agent.occupied += (e.at - started) * cost // 100
        self.touch(agent)

    # --- outbound tasks

    def task_scheduled(self, e: ev.TaskScheduled) -> None:
        assert e.task_id not in self.items
        assert e.task_id not in self.ended
        assert e.customer is None or not any(
            i.task and i.customer == e.customer and i.queue.name == e.queue and i.outreach == (e.kind in OUTREACH)
            for i in self.items.values()
        ), "one open task per customer and queue"
        queue, tier = self.queue(e.queue), self.tier(e.tier)
        self.serial += 1
        self.tasks_seen += 1
        task = Item(e.task_id, queue, tier, tier.band, e.promise, self.serial, e.at, queue.needs, queue.needs)
        task.task, task.kind, task.customer = True, e.kind, e.customer
        task.promise, task.due_at, task.state, task.background = e.promise, e.due_at, "away", True
        task.moved = e.at
        command = self.command
        if isinstance(command, cmd.ScheduleTask):
            task.zone = command.zone
        else:
            assert e.from_call is not None
            assert e.from_call in self.ended
            assert e.customer is not None, "nobody calls back an unknown customer"
            call = self.parent if e.kind == "virtual_hold" else self.last_over
            assert call is not None
            assert call.id == e.from_call
            task.needs = task.base_needs = call.base_needs
            task.contact, task.zone = call.contact, call.zone
            if e.kind == "virtual_hold":
                task.background, task.keeps_place, task.turn, task.band = False, True, call.turn, call.band
        self.items[task.id] = task

    def may_call(self, task: Item, now: int) -> bool:
        """Tell whether the customer may be called now: by their own clock, within the queue's window."""
        zones = {z.name: z for z in (*self.centre.zones, self.centre.zone)}
        zone = zones.get(task.zone or "", self.centre.zone)
        begin, end = task.queue.callbacks.window
        return begin <= zone.local(now) % 86_400_000 < end

    def task_due(self, e: ev.TaskDue) -> None:
        task = self.items[e.task_id]
        assert task.state == "away"
        assert e.at >= task.due_at
        assert task.keeps_place or self.may_call(task, e.at), "nobody is called outside their window"
        task.state, task.line_since = "waiting", e.at

    def task_rose(self, e: ev.TaskRose) -> None:
        task = self.items[e.task_id]
        assert task.background
        assert not task.outreach, "what nobody waits for never stands among those who wait"
        assert e.at >= task.promise - task.queue.callbacks.rise_before
        task.background, task.turn = False, e.virtual_start

    def task_put_off(self, e: ev.TaskPutOff) -> None:
        task = self.items[e.task_id]
        assert task.state in ("away", "waiting")
        command = self.command
        if isinstance(command, cmd.RescheduleTask) and command.task_id == e.task_id:
            if command.promise is not None:
                task.promise, task.late = command.promise, False
            if not task.keeps_place:
                task.background, task.turn = True, task.promise
        task.state, task.due_at, task.moved = "away", e.due_at, e.at

    def task_attempted(self, e: ev.TaskAttempted) -> None:
        task, agent = self.items[e.task_id], self.agents[e.agent_id]
        if agent.offer is task:
            assert task.state == "offered"
            self._drop_offer(agent, task, e.at)
        else:
            assert agent.group.auto_answer or task.queue.callbacks.customer_first
            self.chosen(task, agent, e.at)
            self.serial += 1
            agent.last_offer = self.serial
        assert e.in_time == (when(e) <= task.promise)
        assert agent.used + task.cost <= 100, "nobody is given more than they can hold"
        task.state, task.agent, task.since, task.reached = "talking", agent, e.at, False
        agent.talks.append(task)

    def task_reached(self, e: ev.TaskReached) -> None:
        task = self.items[e.task_id]
        assert task.state == "talking"
        assert not task.reached
        assert task.agent is not None
        task.reached = True
        task.agent.taken += 1

    def task_not_reached(self, e: ev.TaskNotReached) -> None:
        task = self.items[e.task_id]
        assert task.state == "talking"
        assert not task.reached
        self._task_let_go(task, e.at)
        task.state, task.moved = "away", e.at
        if e.next_due is not None:
            task.due_at = e.next_due

    def _task_let_go(self, task: Item, now: int) -> None:
        agent = task.agent
        assert agent is not None
        agent.talks.remove(task)
        agent.occupied += (now - task.since) * task.cost // 100
        task.agent = None
        self.touch(agent)

    def task_ended(self, e: Any) -> None:
        task = self.items[e.task_id]
        if task.state == "talking":
            self._task_let_go(task, e.at)
        if isinstance(e, ev.TaskExpired) and e.cause == "out_of_time":
            ends = max(task.promise + task.queue.callbacks.give_up_after, task.moved)
            assert e.at == ends or isinstance(self.command, cmd.Resume), "given up at its own instant"
        self.tasks_ended += 1
        self._over(task, type(e).__name__)

    def task_call_again(self, e: ev.TaskCallAgain) -> None:
        task = self.items[e.task_id]
        assert task.reached, "only a customer who was reached asks to be called again"
        self._task_let_go(task, e.at)
        assert e.next_due >= e.at
        assert e.promise >= e.next_due
        task.state, task.moved, task.reached, task.keeps_place = "away", e.at, False, False
        task.due_at, task.promise, task.background, task.late = e.next_due, e.promise, True, False
        task.turn = e.promise
        self.last_over = task

    def task_completed(self, e: ev.TaskCompleted) -> None:
        task = self.items[e.task_id]
        assert task.reached, "only a customer who was reached is served"
        self.task_ended(e)

    def task_superseded(self, e: ev.TaskSuperseded) -> None:
        task = self.items[e.task_id]
        assert isinstance(self.command, cmd.AdmitCall)
        assert self.command.call_id == e.by_call
        assert not task.reached
        assert not task.outreach, "they ring about something else"
        assert self.expected_turn is not None
        turn, contact = self.expected_turn
        if task.keeps_place:
            turn = min(turn, task.turn)
        self.expected_turn = (turn, contact if task.contact is None else task.contact)
        self.task_ended(e)

    def task_late(self, e: ev.TaskLate) -> None:
        task = self.items[e.task_id]
        assert not task.late
        assert not task.reached
        assert e.at >= task.promise
        task.late = True

    # --- at rest

    def at_rest(self, now: int) -> None:
        """Object to what may not be when nothing is due any more."""
        for item in self.items.values():
            if item.state == "waiting":
                self._waits_rightly(item, now)
            if item.task:
                self._task_is_in_time(item, now)
            if item.state == "offered":
                assert item.agent is not None, "one offer a call, one call an offer"
                assert item.agent.offer is item, "one offer a call, one call an offer"
        for agent in self.agents.values():
            assert agent.used <= 100, "nobody is given more than they can hold"
            assert agent.expires_at is None or agent.expires_at > now, "no offer outlives its limit"
            assert all(ends > now for _, _, ends in agent.wraps.values()), "wrap-up ends"
            assert agent.wish is None or agent.hands_full(), "a wish is fulfilled as soon as it can be"
        for group in self.centre.groups:
            for name in self.wants_break[group.name]:
                assert not self.break_allowed(self.agents[name]), "a break is granted as soon as a place frees"
        counts = self.counts
        still = sum(1 for i in self.items.values() if not i.task and i.state in ("waiting", "suspended", "offered"))
        assert counts["offered"] == sum(counts[o] for o in "ABFCRX") + still, "every call ends once, in one way"
        assert self.tasks_seen == self.tasks_ended + sum(1 for i in self.items.values() if i.task)

    def _waits_rightly(self, item: Item, now: int) -> None:
        for agent in self.agents.values():
            free = self.eligible(item, agent, now, at_rest=True)
            assert not free, f"{item.id} waits and {agent.id} is free for it"
        limit = self.limit(item)
        assert item.task or limit is None or limit > now, "nobody waits longer than the longest wait"
        if item.held:
            assert now < item.queued_at + item.gaps + item.queue.hold_for_preferred, "the window ends"
            assert any(p in self.agents for p in item.preferred), "nobody is held for an agent who is gone"
        for step in item.queue.relaxation[item.steps :]:
            assert item.task or now < item.queued_at + item.gaps + step.after, "needs loosen in time"
        if not item.task and item.stood:
            assert self.open[item.queue.name] or item.queue.serve_out, "turned away at closing time"

    def _task_is_in_time(self, task: Item, now: int) -> None:
        policy = task.queue.callbacks
        if task.state == "away":
            assert task.due_at > now, "a task takes its place when it is due"
        if task.state in ("waiting", "offered"):
            behind = task.outreach or task.state == "offered"
            assert not task.background or behind or now < task.promise - policy.rise_before, "rises"
        if task.state == "waiting":
            assert task.keeps_place or self.may_call(task, now), "nobody is called outside their window"
        if task.state != "talking":
            assert now < max(task.promise + policy.give_up_after, task.moved + 1), "given up in time"
        assert task.reached or task.late == (now >= task.promise), "late from the promise on"

    # --- the centre

    def doors(self, e: ev.QueueOpened | ev.QueueClosed) -> None:
        opened = isinstance(e, ev.QueueOpened)
        hours = self.queue(e.queue).hours
        assert hours is not None
        assert hours.is_open(e.at) == opened
        if not isinstance(self.command, cmd.Resume):  # nobody was there to open or close
            assert hours.is_open(e.at - 1) != opened, "doors open and close at their own instant"
        self.open[e.queue] = opened

    def adopted(self, e: ev.CentreAdopted) -> None:
        command = self.command
        assert isinstance(command, cmd.AdoptCentre)
        self.centre = command.centre
        for item in self.items.values():
            item.queue, item.tier = self.queue(item.queue.name), self.tier(item.tier.name)
            item.moved = e.at
        for agent in self.agents.values():
            agent.group = self.group(agent.group.name)
        for queue in self.centre.queues:
            self.open[queue.name] = queue.hours is None or queue.hours.is_open(e.at)
        self.wants_break = {g.name: self.wants_break.get(g.name, []) for g in self.centre.groups}
        for group in self.centre.groups:
            self.grant(group)

    def nothing(self, e: ev.Event) -> None:
        """Some facts change nothing that the oracle keeps."""


HEARD = {
    ev.CallQueued: Hearing.call_queued,
    ev.CallOffered: Hearing.offered,
    ev.OfferEnded: Hearing.offer_ended,
    ev.CallConnected: Hearing.call_connected,
    ev.CallHeld: Hearing.nothing,
    ev.CallResumed: Hearing.nothing,
    ev.CallCompleted: Hearing.call_completed,
    ev.CallAbandoned: Hearing.call_abandoned,
    ev.CallOverflowed: Hearing.turned_away,
    ev.CallRejected: Hearing.turned_away,
    ev.CallConverted: Hearing.call_converted,
    ev.CallFailed: Hearing.call_failed,
    ev.CallSuspended: Hearing.call_suspended,
    ev.CallConfirmed: Hearing.call_confirmed,
    ev.CallRelaxed: Hearing.call_relaxed,
    ev.CallReleased: Hearing.call_released,
    ev.CallReprioritised: Hearing.call_reprioritised,
    ev.AgentLoggedIn: Hearing.logged_in,
    ev.AgentBecameAvailable: Hearing.became_available,
    ev.AgentBecameNotReady: Hearing.became_not_ready,
    ev.AgentStoppedResponding: Hearing.stopped_responding,
    ev.AgentLoggedOut: Hearing.logged_out,
    ev.PhoneChanged: Hearing.phone_changed,
    ev.BreakRequested: Hearing.break_requested,
    ev.WrapUpStarted: Hearing.wrap_up_started,
    ev.WrapUpExtended: Hearing.wrap_up_extended,
    ev.ResultNoted: Hearing.result_noted,
    ev.WrapUpEnded: Hearing.wrap_up_ended,
    ev.TaskScheduled: Hearing.task_scheduled,
    ev.TaskDue: Hearing.task_due,
    ev.TaskRose: Hearing.task_rose,
    ev.TaskPutOff: Hearing.task_put_off,
    ev.TaskOffered: Hearing.offered,
    ev.TaskAttempted: Hearing.task_attempted,
    ev.TaskReached: Hearing.task_reached,
    ev.TaskNotReached: Hearing.task_not_reached,
    ev.TaskCompleted: Hearing.task_completed,
    ev.TaskCallAgain: Hearing.task_call_again,
    ev.TaskLate: Hearing.task_late,
    ev.TaskExpired: Hearing.task_ended,
    ev.TaskCancelled: Hearing.task_ended,
    ev.TaskSuperseded: Hearing.task_superseded,
    ev.QueueOpened: Hearing.doors,
    ev.QueueClosed: Hearing.doors,
    ev.CentreAdopted: Hearing.adopted,
    ev.ServiceResumed: Hearing.nothing,
    ev.ZonesLearned: Hearing.nothing,
}
