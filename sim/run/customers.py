"""Customers while they wait and afterwards: patience, virtual hold, ringing again, answering a callback."""

from typing import TYPE_CHECKING

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.ids import CallId, TaskId
from callcenter.tiers import Finish
from callcenter.units import Millis
from routing.state.expected_wait import ExpectedWait
from sim.model import streams as draw
from sim.model.laws import NEVER_MS, to_ms
from sim.model.people import one_ms
from sim.model.streams import Chance, number_of

if TYPE_CHECKING:
    from sim.run.driver import Day
    from sim.run.loop import React
    from sim.run.moments import Moment


ASKED_EVERY = 25
"""Of so many callers who begin to wait, one is told the expected wait: enough to score it, at little cost."""


class Customers:
    """What the callers of one replication do."""

    def __init__(self, day: "Day", chance: Chance) -> None:
        self.chance = chance
        self._day = day
        self._loop = day.loop
        self._callers = day.callers
        self._at, self._patience_ms = day.callers.at, day.callers.patience_ms
        self._people = day.scenario.callbacks
        self._anybody_accepts = self._people.accept_offer > 0
        self._retries = {outcome for outcome, _ in day.scenario.retrials}
        self._waiting: dict[str, bool] = {}
        """Calls whose patience runs (True: they will hang up or convert some time)."""
        self.just_queued: ev.CallQueued | None = None
        """Came in during what is being heard, and has not been answered yet."""
        self._connected = 0
        self._waits_begun = 0
        self.told: dict[str, ExpectedWait] = {}
        """Call → the wait it was told to expect, of every so many."""
        self._tasks: dict[str, int] = {}
        """Open task → the call whose customer is to be reached."""
        self._queues: dict[str, str] = {}
        self._talks: dict[str, int] = {}
        """Task → how often its customer has been talked to."""

    def reactions(self) -> "dict[type[ev.Event], React]":
        """Return what customers do on which fact."""
        return {
            ev.CallQueued: self._queued,
            ev.CallAbandoned: self._abandoned,
            ev.CallRejected: self._rejected,
            ev.CallOverflowed: self._overflowed,
            ev.CallConverted: self._gone,
            ev.CallFailed: self._gone,
            ev.CallCompleted: self._hung_up,
            ev.TaskScheduled: self._promised,
            ev.TaskAttempted: self._rings,
        }

    def on_the_line(self) -> bool:
        """Tell whether any caller waits or talks."""
        return bool(self._waiting) or self._connected > 0

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return len(self._waiting)

    @property
    def talking(self) -> int:
        """How many callers talk to an agent."""
        return self._connected

    def number(self, call_id: str) -> int:
        """Return the call number behind a call id (a later segment is the same customer's)."""
        return int(call_id) if "/" not in call_id else int(call_id.partition("/")[0])

    # --- waiting

    def _queued(self, event: ev.CallQueued) -> None:
        if self.just_queued is not None:  # several came in at once: a closing queue passes its calls on
            self.settle()
        self.just_queued = event

    def answered(self, call_id: str) -> None:
        """The wait is over."""
        queued = self.just_queued
        if queued is not None and queued.call_id == call_id:
            self.just_queued = None
        else:
            self._waiting.pop(call_id, None)
        self._connected += 1

    def settle(self) -> None:
        """Start the patience of a caller who came in just now and was not answered at once."""
        event = self.just_queued
        if event is None:
            return
        self.just_queued = None
        call_id = event.call_id
        number = self.number(call_id)
        patience = self._patience_ms[number]
        limit = self._at[number] + patience
        delay = max(0, limit - event.at)
        if self._anybody_accepts and "/" not in call_id:
            people = self._people
            offered_after = int(to_ms(people.offer_after_s))
            wants = self.chance.one(draw.VIRTUAL_HOLD, self._callers.key[number], self._callers.attempt[number])
            if wants < people.accept_offer and offered_after < delay:
                self._waiting[call_id] = True
                self._loop.after(offered_after, self._convert, call_id)
                return
        self._waits_begun += 1
        if self._waits_begun % ASKED_EVERY == 0:
            band = self._day.engine.expected_wait(call_id, now=event.at)
            if band is not None:
                self.told[call_id] = band
        self._waiting[call_id] = patience < NEVER_MS
        if patience < NEVER_MS:
            self._loop.after(delay, self._hang_up, call_id)

    def _hang_up(self, moment: "Moment") -> None:
        if moment.who in self._waiting:
            self._loop.tell(cmd.AbandonCall(CallId(moment.who)))

    def _convert(self, moment: "Moment") -> None:
        if moment.who in self._waiting:
            refused = self._loop.refused
            self._loop.tell(cmd.ConvertCall(CallId(moment.who)))
            if self._loop.refused > refused:
                self.waits_on(moment.who)

    def waits_on(self, call_id: str) -> None:
        """A callback is open for this customer already: they wait on, as long as they would have."""
        number = self.number(call_id)
        left = self._callers.at[number] + self._callers.patience_ms[number] - self._loop.now
        if left < NEVER_MS // 2:
            self._loop.after(max(0, left), self._hang_up, call_id)

    def _leave(self, call_id: str) -> None:
        self._waiting.pop(call_id, None)
        queued = self.just_queued
        if queued is not None and queued.call_id == call_id:
            self.just_queued = None

    def _gone(self, event: ev.CallConverted | ev.CallFailed) -> None:
        if isinstance(event, ev.CallFailed) and event.connected_at is not None:
            self._connected -= 1
        self._leave(event.call_id)

    def _hung_up(self, event: ev.CallCompleted) -> None:
        self._connected -= 1

    # --- ringing again

    def _abandoned(self, event: ev.CallAbandoned) -> None:
        self._leave(event.call_id)
        if "abandoned" in self._retries:
            self._maybe_again(event.call_id, "abandoned", event.at)

    def _rejected(self, event: ev.CallRejected) -> None:
        self._leave(event.call_id)
        if "rejected" in self._retries:
            self._maybe_again(event.call_id, "rejected", event.at)

    def _overflowed(self, event: ev.CallOverflowed) -> None:
        self._leave(event.call_id)
        inside = any(queue.name == event.target for queue in self._day.scenario.centre.queues)
        if "overflowed" in self._retries and not inside:
            self._maybe_again(event.call_id, "overflowed", event.at)

    def _maybe_again(self, call_id: str, outcome: str, now: Millis) -> None:
        number = self.number(call_id)
        delay = self._callers.retrial(number, outcome)
        if delay is not None and delay < NEVER_MS:
            ring = self._ring_as_patient if self._callers.keeps_patience(outcome) else self._ring_again
            self._loop.after(delay, ring, str(number))

    def _ring_again(self, moment: "Moment") -> None:
        self._day.arriving.admit(self._callers.ring_again(int(moment.who), self._loop.now))

    def _ring_as_patient(self, moment: "Moment") -> None:
        self._day.arriving.admit(self._callers.ring_again(int(moment.who), self._loop.now, as_patient=True))

    # --- being called back

    def _promised(self, event: ev.TaskScheduled) -> None:
        self._queues[event.task_id] = event.queue
        if event.from_call is not None:
            self._tasks[event.task_id] = self.number(event.from_call)

    def caller_of(self, task_id: str) -> int | None:
        """Return the call number of the customer whom a task is about."""
        return self._tasks.get(task_id)

    def _rings(self, event: ev.TaskAttempted) -> None:
        """The customer's phone rings: they answer, or not, after the time that dialling takes."""
        entry = self._day.lists.of(event.task_id)
        if entry is not None:
            dial, answers = self._day.lists.dial(entry, event.task_id, event.attempt)
        else:
            number = self._tasks.get(event.task_id)
            key = self._callers.key[number] if number is not None else number_of(event.task_id)
            dial = one_ms(self._people.dial, self.chance.one(draw.DIAL, key, event.attempt), 1)
            answers = self.chance.one(draw.ANSWER, key, event.attempt) < self._people.answered
        self._loop.after(dial, self._answer if answers else self._no_answer, event.task_id)

    def result_of(self, task_id: str) -> str | None:
        """Return the result code that the agent gives for a customer who was reached; None: agents give none."""
        finish = self._finish(task_id)
        codes = self._day.results[self._queues[task_id]]
        return next((code for code, meaning in codes if meaning is finish), None)

    def _finish(self, task_id: str) -> Finish | None:
        entry = self._day.lists.of(task_id)
        if entry is not None:
            return self._day.lists.finish(entry, task_id)
        people = self._people
        if people.solved is None:
            return None
        number = self._tasks.get(task_id)
        key = self._callers.key[number] if number is not None else number_of(task_id)
        talks = self._talks[task_id] = self._talks.get(task_id, 0) + 1
        drawn = self.chance.one(draw.RESULT, key, talks)
        if drawn < people.solved:
            return Finish.SOLVED
        return Finish.AGAIN if drawn < people.solved + people.again else Finish.UNSOLVED

    def _answer(self, moment: "Moment") -> None:
        self._loop.tell(cmd.ReportReached(TaskId(moment.who)))

    def _no_answer(self, moment: "Moment") -> None:
        self._loop.tell(cmd.ReportNotReached(TaskId(moment.who)))
