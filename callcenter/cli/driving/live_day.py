"""A scenario's people against a running service: SimPy says when they act, HTTP carries it, the service's facts answer.

The people are the simulator's own, with the same random streams. Their time runs `speed` times as fast as the clock;
the service's own limits (ringing, wrap-up, promises) run by its clock, so a fair comparison needs speed 1.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from api.http.instants import parsed_instant
from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.cli.driving.desktops import Desktops
from callcenter.cli.driving.service import JSON, Service
from callcenter.cli.driving.words import Words
from callcenter.commands import Command
from callcenter.events import Event
from callcenter.ids import AgentId, CallId, OfferId, TaskId
from callcenter.scenario import Scenario
from callcenter.units import HOUR, SECOND, Millis
from routing.journal import event_from
from sim.run.loop import React
from sim.run.partial_day import PartialDay

LANES: Final = 16
"""Commands about one call or agent go one after another, others beside them."""
LOOK_S: Final = 0.02
GATHERED_S: Final = 0.3
"""The stream of everything gathers events for 0.1 s: after so long the last ones have come."""
PUT_DOWN_S: Final = 5.0
ON_THEIR_WAY: Final = 100
"""Commands that wait at most while people act on: beyond it the service or this process cannot keep up."""
Told = Callable[["LiveDay"], None]


class NoEngine:
    """What the people ask of an engine: the service has it, they have not."""

    def __init__(self, day: "LiveDay") -> None:
        self._day = day

    def serves_out(self, group: str) -> bool:
        return False

    def expected_wait(self, call_id: str, now: Millis) -> None:
        return None

    def waits_for(self, agent_id: AgentId) -> bool:
        return self._day.customers.waiting > 0


class LiveDay(PartialDay):
    """One day of a scenario, or its first minutes, against a service."""

    def __init__(
        self, scenario: Scenario, service: Service, run: str, speed: float, minutes: float | None,
        since: int | None = None,
    ) -> None:  # fmt: skip
        self._ring: dict[str, React] = {}
        super().__init__(scenario, 0, minutes, since)
        self.loop.elsewhere = self.tell
        self.engine = NoEngine(self)  # type: ignore[assignment]
        self.service = service
        self.words = Words(run)
        self.desktops = Desktops(service, self._rings)
        self._speed = speed
        self._lanes: list[asyncio.Queue[Command]] = [asyncio.Queue() for _ in range(LANES)]
        self._busy = 0
        """Commands that are with the service now."""
        self._agents: dict[str, str] = {}
        """Agent → group."""
        self._zero = 0.0
        """The loop's time when the people's time was `first`."""
        self.behind_s = 0.0
        """How late somebody acted at worst, because the service or this process could not keep up."""
        self._offset: int | None = None
        """The service's instant when the people's time was `first`."""
        self.heard_events = 0
        self.count: Counter[type[Event]] = Counter()
        """What has been heard, by kind."""

    def _heard_by(self, *folds: Any) -> None:
        """Let figures and people hear what happens; what rings is told by the agents' own streams."""
        super()._heard_by(self.ledger.folds)
        rings = self.staff.reactions()
        for kind in (ev.CallOffered, ev.TaskOffered):
            self.loop.heard.pop(kind, None)
            if kind in rings:
                self._ring[kind.__name__] = rings[kind]

    # --- in place of an engine

    def tell(self, command: Command) -> None:
        """Put a command on its way; what comes of it is heard later."""
        subject = next(
            (str(getattr(command, n)) for n in ("call_id", "task_id", "offer_id", "agent_id") if hasattr(command, n)),
            "",
        )
        lane = hash(subject.partition("/")[0]) % LANES
        self._lanes[lane].put_nowait(command)

    async def play(self, tell: Told) -> None:
        """Let the people live until it is over; `tell` is told now and then how far they are.

        Cancelled, or at a fault, it stops where it is: `leave` tidies up.
        """
        after = int((await self.service.get("/v1/events", limit=1, after=2**53)).get("last", 0))
        self._agents = {duty.agent_id: duty.group for duty in self.people_come()}
        self._zero = asyncio.get_running_loop().time()
        walking = [
            asyncio.create_task(self._live(tell)),
            *(asyncio.create_task(self._work(lane)) for lane in self._lanes),
            asyncio.create_task(self._listen(after)),
        ]
        try:
            await asyncio.wait([*walking, self.service.trouble], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._put_down()
            for task in walking:
                task.cancel()
            fates = await asyncio.gather(*walking, return_exceptions=True)
            self.env._now = self.people_now()
            self.ledger.close(self.now)
        for fate in fates:
            if isinstance(fate, Exception):
                raise fate
        if self.service.trouble.done():
            self.service.trouble.result()

    async def _live(self, tell: Told) -> None:
        """Let everyone act at their time."""
        loop = asyncio.get_running_loop()
        latest = self.end + HOUR
        while self.env.peek() < self.end or self.customers.on_the_line() or self._underway():
            at = self.env.peek()
            delay = (min(at, latest) - self.first) / SECOND / self._speed - (loop.time() - self._zero)
            tell(self)
            if delay > 0:
                await asyncio.sleep(min(delay, LOOK_S))
            elif at >= latest:
                break
            else:
                if at >= self.first:
                    self.behind_s = max(self.behind_s, -delay)
                self.env.step()
                await asyncio.sleep(0 if self._underway() < ON_THEIR_WAY else LOOK_S)
        while self._underway():
            await asyncio.sleep(LOOK_S)
        await asyncio.sleep(GATHERED_S)

    async def _put_down(self) -> None:
        """Say nothing more, and let what is being said come to its end: a call just posted is there or is not."""
        for lane in self._lanes:
            while not lane.empty():
                lane.get_nowait()
        loop = asyncio.get_running_loop()
        until = loop.time() + PUT_DOWN_S
        while self._busy and loop.time() < until:
            await asyncio.sleep(LOOK_S)

    def _underway(self) -> int:
        return self._busy + sum(lane.qsize() for lane in self._lanes)

    def people_now(self) -> Millis:
        """Return the people's time."""
        return Millis(self.first + round((asyncio.get_running_loop().time() - self._zero) * SECOND * self._speed))

    # --- to the service

    async def _work(self, lane: "asyncio.Queue[Command]") -> None:
        while True:
            command = await lane.get()
            self._busy += 1
            try:
                await self._say(command)
            finally:
                self._busy -= 1

    async def _say(self, command: Command) -> None:
        request = self.words.request(command, self.desktops.tokens)
        if request is None:
            return
        answer = await self.service.post(*request)
        done = answer is not None and answer.status_code < 300
        if isinstance(command, cmd.AdmitCall) and answer is not None and done:
            self.words.learn(str(command.call_id), answer.json()["call_id"])
        elif isinstance(command, cmd.LogIn) and answer is not None and done:
            self._signed_in(command.agent_id, answer.json())
        elif isinstance(command, cmd.ConvertCall) and answer is not None and not done:
            self.customers.waits_on(command.call_id)

    def _signed_in(self, agent_id: str, told: JSON) -> None:
        since = parsed_instant(str(told["since"])) if told.get("since") else None
        if self._offset is None and since is not None:
            self._meet(since)
        self.desktops.sign_in(agent_id)

    # --- from the service

    async def _listen(self, after: int) -> None:
        async for _, plain in self.service.listen("/v1/stream", after):
            self._hear_one(event_from(plain))

    def _rings(self, agent_id: str, offer: JSON) -> None:
        """An agent's phone rings: they hear it now, whenever the others hear of it."""
        subject, offer_id = self.words.here(offer["subject"]), self.words.here(offer["offer_id"])
        ring = self._ring.get("CallOffered" if offer["kind"] == "call" else "TaskOffered")
        expires_at = parsed_instant(offer["expires_at"]) if offer["expires_at"] else None
        if subject is None or offer_id is None or ring is None or expires_at is None:
            return
        until, group = self._in_their_time(expires_at), self._agents[agent_id]
        about = (offer["queue"], offer["screen_pop"]["tier"], AgentId(agent_id), group, OfferId(offer_id), until)
        now = self.people_now()
        if offer["kind"] == "call":
            self._as_of(now, ring, ev.CallOffered(now, 0, CallId(subject), *about))
        else:
            self._as_of(now, ring, ev.TaskOffered(now, 0, TaskId(subject), "", *about))

    def _hear_one(self, told: Event) -> None:
        event = self.words.heard(told, self._agents, self._in_their_time)
        if event is None:
            return
        self.heard_events += 1
        self.count[type(event)] += 1
        for hear in (*self.loop.heard[type(event)], self._settle):
            self._as_of(event.at, hear, event)

    def _settle(self, event: Event) -> None:
        self.customers.settle()

    def _as_of(self, at: Millis, hear: React, event: Event) -> None:
        """Let somebody hear of an event while the people's clock stands at it: what they do next counts from there."""
        before = self.env._now
        self.env._now = at
        try:
            hear(event)
        except KeyError:  # about an agent or a call that was there before we came
            return
        finally:
            self.env._now = before

    def _meet(self, there: int) -> None:
        """Take note of what the service's clock shows now."""
        self._offset = there - round((asyncio.get_running_loop().time() - self._zero) * SECOND)

    def _in_their_time(self, at: int) -> Millis:
        if self._offset is None:
            self._meet(at)
        assert self._offset is not None
        return Millis(self.first + round((at - self._offset) * self._speed))
