"""A journal of so many calls, made by the real engine through the real writer, many commands to a transaction.

`python -m benchmarks.posting.filling DATABASE WAITING ENDED`: first the calls that have ended, then those that wait;
at the end the process kills itself, as a service would end whose machine fails.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Final

from api.live.clock import HandClock
from api.live.dispatcher import Dispatcher
from api.live.protocol import Limits, LiveEngine
from api.serve import DEFAULT_CENTRE
from api.store.changes import Row
from callcenter.commands import AcceptOffer, AdmitCall, Command, EndCall, EndWrapUp, LogIn, SetNotReady
from callcenter.events import CallOffered
from callcenter.ids import AgentId, CallId, CustomerKey
from callcenter.units import SECOND

AGENTS: Final = 50
TOGETHER: Final = 250
"""Calls in one transaction."""
GAP_MS: Final = 40
"""Between two calls: 25 a second."""
PATIENT: Final = 600 * SECOND
"""On a machine that does something else a transaction may take long."""
COMMANDS: Final = 4
"""Of a call that ends: it comes, is answered, ends, and its after-call work does."""


class Filling:
    """Tells an engine of calls as a telephony system would have had it told."""

    def __init__(self, live: Dispatcher, clock: HandClock, name: str) -> None:
        self._live: LiveEngine = live
        self._snapshots = live._snapshots
        self._clock = clock
        self._name = name
        self._serial = 0

    async def _told(self, command: Command, *rows: Row) -> tuple[CallOffered, ...]:
        told = await self._live.tell(command, rows)
        assert told.refusal is None, told.refusal
        return tuple(event for event in told.events if isinstance(event, CallOffered))

    async def _call(self) -> tuple[CallOffered, ...]:
        self._serial += 1
        self._clock.move(GAP_MS)
        name = f"{self._name}-{self._serial}"
        call, at = CallId(name), self._live.now()
        customer = f"k{self._serial // 10}"  # everyone rings ten times
        names = {"source": "pbx-1", "external_call_id": name, "call_id": call, "at": at}
        details = names | {"customer_key": customer, "caller": "+442079460958", "called": "+442079460000",
                           "callback_number": None, "attributes": '{"ivr":"billing","language":"en"}'}  # fmt: skip
        return await self._told(
            AdmitCall(call, "hotline", customer=CustomerKey(customer)), Row("natural_keys", names),
            Row("call_details", details),
        )  # fmt: skip

    async def log_in(self) -> None:
        for n in range(AGENTS):
            await self._told(LogIn(AgentId(f"agent-{n}"), "desk"))

    async def _ended_call(self) -> None:
        for offer in await self._call():
            await self._told(AcceptOffer(offer.offer_id))
            self._clock.move(GAP_MS)
            await self._told(EndCall(offer.call_id))
            await self._told(EndWrapUp(offer.agent_id))

    async def ended(self, calls: int) -> None:
        """Let so many calls come, be answered and end."""
        await self._in_parts(calls, self._ended_call)

    async def waiting(self, calls: int) -> None:
        """Let so many calls come, and wait; nobody is there."""
        for n in range(AGENTS):
            await self._told(SetNotReady(AgentId(f"agent-{n}"), "break"))
        await self._in_parts(calls, self._call)

    async def _in_parts(self, calls: int, one: Callable[[], object]) -> None:
        while calls:
            part = min(calls, TOGETHER)
            with self._live.unit_of_work() as told:
                for _ in range(part):
                    await one()  # type: ignore[misc]  # waits for nothing: what it tells is durable together
            await told.durable()
            await self._snapshots.at_rest()  # at the pace of a service a snapshot is there long before the next is due
            calls -= part


async def fill(database: str, waiting: int, ended: int) -> None:
    """Make the journal, and end without a word."""
    commands = ended * COMMANDS + waiting
    clock = HandClock(time.time_ns() // 1_000_000 - (ended * 2 + waiting) * GAP_MS - 10 * SECOND)
    async with Dispatcher.open(DEFAULT_CENTRE, database, clock=clock, limits=Limits(answer_ms=PATIENT)) as live:
        live.follow(lambda events: live.projections.fold(events, live.engine.centre))  # as the service's desk does
        filling = Filling(live, clock, "filled")
        await filling.log_in()
        await filling.ended(ended)
        await filling.waiting(waiting)
        print(commands, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(fill(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
