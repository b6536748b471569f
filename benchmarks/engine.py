"""The engine alone: admit, accept, end, wrap-up in equal parts, with ever more calls waiting."""

import statistics
import time
from collections import deque

from callcenter import commands as cmd
from callcenter.centre import Centre, Group, Queue
from callcenter.events import CallOffered
from callcenter.ids import AgentId, CallId, OfferId
from callcenter.units import HOUR, Millis
from routing.engine import RoutingEngine

AGENTS = 1_000
TURNS = 10_000
ROUNDS = 5
TIERS = ("vip", "mid", "standard")


def speed(waiting: int) -> float:
    """Return commands per CPU second with `waiting` calls in line all the time and every agent busy."""
    centre = Centre("bench", (Queue("q", wrap_up=Millis(HOUR)),), (Group("g"),))
    engine = RoutingEngine(centre)
    now = Millis(0)
    for n in range(AGENTS):
        engine.handle(cmd.LogIn(AgentId(f"a{n}"), "g"), now=now)
    for n in range(AGENTS + waiting):
        engine.handle(cmd.AdmitCall(CallId(f"c{n}"), "q", TIERS[n % 3]), now=now)
    talking: deque[tuple[CallId, AgentId]] = deque()
    for event in engine.take_events():
        if isinstance(event, CallOffered):
            engine.handle(cmd.AcceptOffer(OfferId(event.offer_id)), now=now)
            talking.append((event.call_id, event.agent_id))
    engine.take_events()
    admitted = AGENTS + waiting
    begun = time.process_time()  # the measurement itself
    for n in range(TURNS):
        now = Millis(now + 50)
        engine.handle(cmd.AdmitCall(CallId(f"c{admitted + n}"), "q", TIERS[n % 3]), now=now)
        call_id, agent_id = talking.popleft()
        engine.handle(cmd.EndCall(call_id), now=now)
        engine.handle(cmd.EndWrapUp(agent_id), now=now)
        offered = engine.take_events()[-1]
        assert isinstance(offered, CallOffered)
        engine.handle(cmd.AcceptOffer(offered.offer_id), now=now)
        engine.take_events()
        talking.append((offered.call_id, offered.agent_id))
    return 4 * TURNS / (time.process_time() - begun)


def main() -> None:
    """Print commands per CPU second by number of waiting calls, median of interleaved rounds."""
    speeds: dict[int, list[float]] = {100: [], 10_000: [], 100_000: []}
    for _ in range(ROUNDS):
        for waiting, found in speeds.items():
            found.append(speed(waiting))
    for waiting, found in speeds.items():
        slower = statistics.median([a / b for a, b in zip(speeds[100], found, strict=True)])
        print(
            f"  {waiting:>7,} waiting, {AGENTS:,} agents: {statistics.median(found):>9,.0f} commands/CPU s "
            f"[{min(found):,.0f}..{max(found):,.0f}], time per command x {slower:.2f} of that at 100 waiting"
        )


if __name__ == "__main__":
    main()
