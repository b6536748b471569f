"""Arrivals of a simulated day: each first attempt at its instant, and callers who ring again.

A final class apart from `Day`, which others build on: so it can be compiled with the engine (`hatch_build.py`).
"""

from collections.abc import Callable
from heapq import heappush
from typing import final

from callcenter import commands as cmd
from callcenter.ids import CallId, CustomerKey
from callcenter.scenario import Scenario
from callcenter.units import Millis
from sim.model.people import Callers
from sim.run.loop import Loop
from sim.run.moments import NORMAL, Moment


@final
class Arriving:
    """Lets one call after the other reach the desk: one moment, put back for the next."""

    def __init__(self, loop: Loop, scenario: Scenario, callers: Callers, knows_customers: bool) -> None:
        self.first_attempts = len(callers)
        self.lets_in: Callable[[], bool] | None = None
        """Whether who comes now is let in; None: everybody is."""
        self._loop = loop
        self._scenario = scenario
        self._callers = callers
        self._at, self._stream, self._queue, self._tier = callers.at, callers.stream, callers.queue, callers.tier
        self._knows_customers = knows_customers
        self._next = 0
        self._plain = {-1} | {
            n
            for n, stream in enumerate(scenario.streams)
            if not stream.intents and not stream.skills and stream.channel == "voice"
        }
        """Streams whose calls bring nothing of their own (-1: recorded calls)."""

    def begin(self) -> None:
        """Schedule the first caller."""
        if self.first_attempts:
            self._loop.at(Millis(self._at[0]), self.arrive, "")

    def arrive(self, moment: Moment) -> None:
        """Let the next caller come, and put `moment` where the one after comes."""
        number = self._next
        self._next = following = number + 1
        self.admit(number)
        if following < self.first_attempts:
            env = self._loop.env
            heappush(env.moments, (self._at[following], NORMAL, env.serial(), moment))

    def admit(self, number: int) -> None:
        """Let call `number` reach the desk, unless it is not let in."""
        if self.lets_in is not None and not self.lets_in():
            return
        call_id: CallId = str(number)  # type: ignore[assignment]  # naming it costs a call
        call = cmd.AdmitCall(call_id, self._queue[number], self._tier[number])
        if self._knows_customers:
            call.customer = CustomerKey(self._callers.customer[number])
        stream = self._stream[number]
        if stream not in self._plain:
            config = self._scenario.streams[stream]
            call.intent = self._callers.intent[number]
            call.skills = config.skills
            call.channel = config.channel
        self._loop.tell(call)
