"""A service with 32 producers, to be killed: every answered call is said on standard output, one line each.

Run as `python producers.py DATABASE ROUND ARCHIVE`; says `ready AGENTS OPEN_TASKS` first.
"""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from api.live.dispatcher import Dispatcher
from api.live.protocol import Limits
from api.live.pruning import Pruning
from api.store.changes import Row
from callcenter.agents import Presence
from callcenter.centre import Centre, Group, Queue
from callcenter.commands import AcceptOffer, AdmitCall, EndCall, LogIn, ScheduleTask
from callcenter.events import CallOffered
from callcenter.ids import AgentId, CallId, CustomerKey, TaskId
from callcenter.units import HOUR, Millis

PRODUCERS = 32
CENTRE = Centre("killed", (Queue("sales"),), (Group("desk"),))


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


async def produce(service: Dispatcher, lap: str, number: int) -> None:
    for turn in count():
        call = CallId(f"{lap}-{number}-{turn}")
        key = {"source": "pbx", "external_call_id": call, "call_id": call, "at": service.now()}
        told = await service.tell(AdmitCall(call, "sales"), [Row("natural_keys", key)])
        say(f"call {call}")
        for event in told.events:
            if isinstance(event, CallOffered):
                await service.tell(AcceptOffer(event.offer_id))
                await service.tell(EndCall(event.call_id))
        if turn % 8 == 0:
            later = Millis(service.now() + HOUR)
            task = ScheduleTask(TaskId(f"{call}/t"), "sales", customer=CustomerKey(call), due_at=later)
            if (await service.tell(task)).refusal is None:
                say(f"task {call}/t")


async def prune(service: Dispatcher, archive: Path) -> None:
    """Let the journal's past go as soon as may be, all the time."""
    pruning = Pruning(service, 0, archive)
    while True:
        await pruning.prune(service.now())
        await asyncio.sleep(0.02)


async def main(database: str, lap: str, archive: str) -> None:
    async with Dispatcher.open(CENTRE, database, limits=Limits(snapshot_every=300)) as service:
        if lap == "r0":
            for number in range(PRODUCERS):
                await service.tell(LogIn(AgentId(f"agent-{number}"), "desk"))
        plain = service.engine.snapshot()  # from the second lap on: what the kill left
        there = [agent for agent in plain["agents"] if agent["presence"] == str(Presence.AVAILABLE)]
        say(f"ready {len(there)} {len(plain['tasks'])}")
        async with asyncio.TaskGroup() as group:
            group.create_task(prune(service, Path(archive)))
            for number in range(PRODUCERS):
                group.create_task(produce(service, lap, number))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
