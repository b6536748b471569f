"""Agents at work: coming and going, breaks, ringing phones, conversations, after-call work."""

from typing import TYPE_CHECKING

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.ids import AgentId, OfferId, TaskId
from callcenter.units import SECOND, Millis
from sim.model import streams as draw
from sim.model.laws import to_ms
from sim.model.people import Paces, one_ms
from sim.model.shifts import Duty
from sim.model.streams import Chance, number_of

if TYPE_CHECKING:
    from sim.run.driver import Day
    from sim.run.loop import React
    from sim.run.moments import Act, Moment

STAYS_ON_MS = 15 * SECOND
"""How often an agent whose shift is over looks whether the last callers have been served."""


class Staff:
    """What the agents of one replication do."""

    def __init__(self, day: "Day", paces: Paces, chance: Chance) -> None:
        self._day = day
        self._loop = day.loop
        self._paces = paces
        self._chance = chance
        self._callers = day.callers
        self._alike = paces.all_alike
        self._handling_ms = day.callers.handling_ms
        self._any_phone_rings = any(not group.auto_answer for group in day.scenario.centre.groups)
        self._until: dict[str, Millis] = {}
        """Agent → the end of the duty they are on."""
        self._groups: dict[str, str] = {}
        self._resting: dict[AgentId, tuple[str, Millis]] = {}
        """Agent → the call that they rest after, and until when; until somebody waits."""

    def reactions(self) -> "dict[type[ev.Event], React]":
        """Return what agents do on which fact."""
        return {
            ev.CallConnected: self._talk,
            ev.TaskReached: self._talk_to_called,
            **(self._at_ringing_phones() if self._any_phone_rings else {}),
            **({ev.WrapUpStarted: self._wrap_up} if self._callers.wrap_up_ms is not None else {}),
            **({ev.CallQueued: self._recall} if self._callers.recall_ms is not None else {}),
        }

    def _at_ringing_phones(self) -> "dict[type[ev.Event], React]":
        return {
            ev.CallOffered: self._ring,
            ev.TaskOffered: self._ring_for_task,
            ev.AgentStoppedResponding: self._come_back,
        }

    # --- coming and going

    def roster(self, duties: list[Duty]) -> None:
        """Schedule who comes and goes when."""
        for duty in duties:
            self._groups[duty.agent_id] = duty.group
            self._loop.at(duty.begin, self._come(duty), duty.agent_id)
            self._loop.at(duty.end, self._go, duty.agent_id)
            for begin, end in duty.breaks:
                self._loop.at(begin, self._rest, duty.agent_id)
                self._loop.at(end, self._work_on, duty.agent_id)

    def _come(self, duty: Duty) -> "Act":
        def come(moment: "Moment") -> None:
            there = duty.agent_id in self._until
            self._until[duty.agent_id] = duty.end
            if there:  # still finishing the last duty: stays
                self._loop.tell(cmd.SetAvailable(duty.agent_id))
            else:
                refused = self._loop.refused
                self._loop.tell(cmd.LogIn(duty.agent_id, duty.group))
                if self._loop.refused > refused:  # told to go, and back before the last call was over: stays
                    self._loop.tell(cmd.SetAvailable(duty.agent_id))

        return come

    def _go(self, moment: "Moment") -> None:
        agent_id = AgentId(moment.who)
        if self._until.get(agent_id, 0) > self._loop.now:
            return
        if self._day.engine.serves_out(self._groups[agent_id]):  # the last callers of a queue that has closed
            self._loop.after(STAYS_ON_MS, self._go, agent_id)
            return
        self._until.pop(agent_id, None)
        self._loop.tell(cmd.LogOut(agent_id))

    def _rest(self, moment: "Moment") -> None:
        if moment.who in self._until:
            self._loop.tell(cmd.SetNotReady(AgentId(moment.who), "break"))

    def _work_on(self, moment: "Moment") -> None:
        if moment.who in self._until:
            self._loop.tell(cmd.SetAvailable(AgentId(moment.who)))

    # --- calls

    def _ring(self, event: ev.CallOffered) -> None:
        if event.expires_at is None:
            return
        call_id = event.call_id
        number = self._day.customers.number(call_id)
        self._answer_or_miss(event.offer_id, self._callers.key[number], event.group, event.expires_at - event.at)

    def _answer_or_miss(self, offer_id: OfferId, key: int, group: str, limit_ms: int) -> None:
        desk = self._paces.desk(group)
        nth = int(offer_id.rpartition("/o")[2]) + 1000 * offer_id.count("/s")
        if desk.miss > 0 and self._chance.one(draw.MISS, key, nth) < desk.miss:
            return  # rings until it expires
        if desk.ring.kind == "deterministic":
            ring = int(to_ms(desk.ring.mean_s))
        else:
            ring = one_ms(desk.ring, self._chance.one(draw.RING, key, nth), 0)
        if ring < limit_ms:
            self._loop.after(ring, self._accept, offer_id)

    def _accept(self, moment: "Moment") -> None:
        self._loop.tell(cmd.AcceptOffer(OfferId(moment.who)))

    def _talk(self, event: ev.CallConnected) -> None:
        call_id = event.call_id
        customers = self._loop.customers
        assert customers is not None
        customers.answered(call_id)
        number = int(call_id) if "/" not in call_id else customers.number(call_id)
        handling = self._handling_ms[number]
        if not self._alike:
            handling = max(1, int(handling * self._paces.of(event.agent_id, event.group) + 0.5))
        self._loop.after(handling, self._end, call_id)

    def _end(self, moment: "Moment") -> None:
        self._loop.tell(cmd.EndCall(moment.who))  # type: ignore[arg-type]  # the call's id

    def _wrap_up(self, event: ev.WrapUpStarted) -> None:
        busy, quiet = self._callers.wrap_up_ms, self._callers.quiet_wrap_up_ms
        assert busy is not None
        assert quiet is not None
        entry = self._day.lists.of(event.subject)
        if entry is not None:
            ends_at = Millis(event.at + self._day.lists.wrap_up_ms(entry, event.subject))
            self._loop.at(min(ends_at, event.ends_at), self._end_wrap_up, f"{event.agent_id}\x1f{event.subject}")
            return
        number = self._caller(event.subject)
        if number is None:
            return
        rests = quiet is not busy and not self._day.engine.waits_for(event.agent_id)
        ends_at = Millis(event.at + (quiet[number] if rests else busy[number]))
        if rests and self._callers.recall_ms is not None:
            self._resting[event.agent_id] = (event.subject, min(ends_at, event.ends_at))
        if ends_at < event.ends_at:
            self._loop.at(ends_at, self._end_wrap_up, f"{event.agent_id}\x1f{event.subject}")

    def _caller(self, subject: str) -> int | None:
        """Return whose call or callback this was."""
        customers = self._day.customers
        return customers.caller_of(subject) if subject.endswith("/cb") else customers.number(subject)

    def _recall(self, event: ev.CallQueued) -> None:
        """Call those who rest back for a caller who waits; who has rested for their time rests no more."""
        now, recall = self._loop.now, self._callers.recall_ms
        assert recall is not None
        for agent_id, (subject, ends_at) in list(self._resting.items()):
            if ends_at > now and not self._day.engine.waits_for(agent_id):
                continue
            del self._resting[agent_id]
            number = self._caller(subject)
            assert number is not None, "who rests has talked to somebody who rang"
            back = Millis(now + recall[number])
            if back < ends_at:
                self._loop.at(back, self._back, f"{agent_id}\x1f{subject}\x1f{ends_at}")

    def _back(self, moment: "Moment") -> None:
        """Come back if somebody waits still; else rest on, until somebody does."""
        agent_id, subject, ends_at = moment.who.split("\x1f")
        if self._day.engine.waits_for(AgentId(agent_id)):
            self._loop.tell(cmd.EndWrapUp(AgentId(agent_id), subject))
        else:
            self._resting[AgentId(agent_id)] = (subject, Millis(int(ends_at)))

    def _end_wrap_up(self, moment: "Moment") -> None:
        agent_id, _, subject = moment.who.partition("\x1f")
        # Refused, and no harm done, if a recall has ended it before.
        self._loop.tell(cmd.EndWrapUp(AgentId(agent_id), subject))

    def _come_back(self, event: ev.AgentStoppedResponding) -> None:
        delay = int(to_ms(self._paces.desk(event.group).back_after_s, least=1))
        self._loop.after(delay, self._work_on, event.agent_id)

    # --- callbacks

    def _ring_for_task(self, event: ev.TaskOffered) -> None:
        if event.expires_at is not None:
            number = self._day.customers.caller_of(event.task_id)
            key = self._callers.key[number] if number is not None else number_of(event.task_id)
            self._answer_or_miss(event.offer_id, key, event.group, event.expires_at - event.at)

    def _talk_to_called(self, event: ev.TaskReached) -> None:
        entry, number = self._day.lists.of(event.task_id), self._day.customers.caller_of(event.task_id)
        if entry is not None:
            handling = self._day.lists.talk_ms(entry, event.task_id)
        else:
            handling = self._callers.handling_ms[number] if number is not None else 180 * SECOND
        group = self._groups.get(event.agent_id, "")
        if not self._alike:
            handling = max(1, int(handling * self._paces.of(event.agent_id, group) + 0.5))
        self._loop.after(handling, self._end_task, event.task_id)

    def _end_task(self, moment: "Moment") -> None:
        self._loop.tell(cmd.EndTask(TaskId(moment.who), self._day.customers.result_of(moment.who)))
