"""One measurement in whichever tree is on the path; prints CPU seconds. Only what both layouts know is named here."""

import asyncio
import importlib
import json
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from callcenter import commands as cmd
from callcenter.centre import Centre, Group, Queue
from callcenter.events import CallOffered
from callcenter.ids import AgentId, CallId, OfferId
from callcenter.units import HOUR, Millis
from routing.engine import RoutingEngine

TIERS = ("vip", "mid", "standard")


def one_of(*names: str) -> Any:
    """Return the first of these modules that there is: rooms have moved."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"none of {', '.join(names)}")


def engine(agents: int = 1_000, turns: int = 10_000) -> float:
    """Admit, end, wrap up, accept, with as many calls waiting as agents talk."""
    told = RoutingEngine(Centre("bench", (Queue("q", wrap_up=Millis(HOUR)),), (Group("g"),)))
    now = Millis(0)
    for n in range(agents):
        told.handle(cmd.LogIn(AgentId(f"a{n}"), "g"), now=now)
    for n in range(2 * agents):
        told.handle(cmd.AdmitCall(CallId(f"c{n}"), "q", TIERS[n % 3]), now=now)
    talking: deque[tuple[CallId, AgentId]] = deque()
    for event in told.take_events():
        if isinstance(event, CallOffered):
            told.handle(cmd.AcceptOffer(OfferId(event.offer_id)), now=now)
            talking.append((event.call_id, event.agent_id))
    told.take_events()
    begun = time.process_time()
    for n in range(2 * agents, 2 * agents + turns):
        now = Millis(now + 50)
        told.handle(cmd.AdmitCall(CallId(f"c{n}"), "q", TIERS[n % 3]), now=now)
        call_id, agent_id = talking.popleft()
        told.handle(cmd.EndCall(call_id), now=now)
        told.handle(cmd.EndWrapUp(agent_id), now=now)
        offered = told.take_events()[-1]
        assert isinstance(offered, CallOffered)
        told.handle(cmd.AcceptOffer(offered.offer_id), now=now)
        told.take_events()
        talking.append((offered.call_id, offered.agent_id))
    return time.process_time() - begun


def day() -> float:
    """Live through one day of the flagship by the plain driver."""
    scenario = one_of("callcenter.config.load", "callcenter.files.load").load_scenario("telecom-hotline")
    driver = one_of("sim.run.driver", "sim.driver").Day
    begun = time.process_time()
    driver(scenario, 0).run()
    return time.process_time() - begun


def posted(calls: int = 4_000, together: int = 50) -> float:
    """Admit calls through the dispatcher, fifty at a time, as that many clients would."""
    dispatcher = one_of("api.live.dispatcher", "api.dispatcher").Dispatcher
    centre = Centre("bench", (Queue("q"),), (Group("g"),))

    async def told() -> float:
        with tempfile.TemporaryDirectory() as scratch:
            async with dispatcher.open(centre, str(Path(scratch) / "x.sqlite3")) as live:
                begun = time.process_time()
                for first in range(0, calls, together):
                    await asyncio.gather(
                        *(live.tell(cmd.AdmitCall(CallId(f"c{n}"), "q", "mid")) for n in range(first, first + together))
                    )
                return time.process_time() - begun

    return asyncio.run(told())


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    print(json.dumps({"engine": engine, "day": day, "posted": posted}[sys.argv[1]]()))
