"""A scenario's people against a running service: SimPy says when they act, HTTP carries it, the service's facts answer.

The people are the simulator's own, with the same random streams. Their time runs `speed` times as fast as the clock;
the service's own limits (ringing, wrap-up, promises) run by its clock, so a fair comparison needs speed 1.
"""

import asyncio
from dataclasses import fields, replace
from typing import Any, Final

import httpx2

from api.calls import call_name
from callcenter import commands as cmd
from callcenter.commands import Command
from callcenter.errors import BadInput
from callcenter.events import CentreAdopted, Event, ServiceResumed
from callcenter.scenario import Scenario
from callcenter.units import SECOND, Millis
from routing.journal import event_from
from sim.driver import Day

LANES: Final = 16
"""Commands about one call or agent go one after another, others beside them."""
LOOK_S: Final = 0.02
STATES: Final[dict[type, str]] = {
    cmd.LogIn: "available", cmd.SetAvailable: "available", cmd.LogOut: "logged_out", cmd.SetNotReady: "not_ready",
    cmd.RequestBreak: "break", cmd.EndWrapUp: "wrapup_done",
}  # fmt: skip
REPORTS: Final[dict[type, str]] = {
    cmd.AcceptOffer: "answered", cmd.AbandonCall: "abandoned", cmd.EndCall: "completed", cmd.FailCall: "failed",
    cmd.ConvertCall: "callback_requested", cmd.HoldCall: "held", cmd.ResumeCall: "resumed",
}  # fmt: skip
ATTEMPTS: Final[dict[type, str]] = {
    cmd.ReportReached: "reached", cmd.ReportNotReached: "no_answer", cmd.EndTask: "completed",
}  # fmt: skip
NAMES: Final = ("call_id", "contact_id", "task_id", "offer_id", "subject", "from_call", "by_call")
INSTANTS: Final = frozenset({"at", "queued_at", "offered_at", "connected_at", "expires_at", "ends_at", "started_at",
                             "since", "held_at", "attempted_at", "reached_at", "happened_at", "due_at", "promise",
                             "virtual_start", "next_due"})  # fmt: skip


class NoEngine:
    """What the people ask of an engine: the service has it, they have not."""

    def serves_out(self, group: str) -> bool:
        return False

    def expected_wait(self, call_id: str, now: Millis) -> None:
        return None


class Played(Day):
    """One day of a scenario, against a service."""

    def __init__(self, scenario: Scenario, client: httpx2.AsyncClient, run: str, speed: float) -> None:
        super().__init__(scenario, 0)
        self._heard_by(self.ledger.folds)
        self.engine = NoEngine()  # type: ignore[assignment]
        self._client = client
        self._run = run
        self._speed = speed
        self._lanes: list[asyncio.Queue[Command]] = [asyncio.Queue() for _ in range(LANES)]
        self._number: dict[str, str] = {}
        """The service's name of a call → its number here."""
        self._name: dict[str, str] = {}
        """The other way round."""
        self._agents: set[str] = set()
        self._zero = 0.0
        """The loop's time when the people's time was `_since`."""
        self._since = 0
        self._until = 0
        """When people stop ringing, and those on the line are served out."""
        self._offset: int | None = None
        """The service's instant when the people's time was `_since`."""
        self.sent = self.refused_by_service = self.failed = self.heard_events = 0
        self.latencies_s: list[float] = []

    # --- in place of an engine

    def tell(self, command: Command) -> None:
        """Put a command on its way; what comes of it is heard later."""
        subject = next(
            (str(getattr(command, n)) for n in ("call_id", "task_id", "offer_id", "agent_id") if hasattr(command, n)),
            "",
        )
        lane = hash(subject.partition("/")[0]) % LANES
        self._lanes[lane].put_nowait(command)

    async def play(self, minutes: float | None) -> None:
        """Let the people live until their day is over, or for so many of their minutes."""
        loop = asyncio.get_running_loop()
        page = await self._get("/v1/events", limit=1, after=0)
        after = int(page["last"])
        self.staff.roster(self._duties())
        if self._first_attempts:
            self.at(Millis(self.callers.at[0]), self._arrive, "")
        first = self.env.peek()
        self._until = until = self.end if minutes is None else min(self.end, int(first + minutes * 60 * SECOND))
        self._since, self._zero = int(first), loop.time()
        workers = [asyncio.create_task(self._work(lane)) for lane in self._lanes]
        listening = asyncio.create_task(self._listen(after))
        try:
            while self.env.peek() < until or self.customers.on_the_line():
                at = self.env.peek()
                delay = (at - self._since) / SECOND / self._speed - (loop.time() - self._zero)
                if delay > 0:
                    await asyncio.sleep(min(delay, LOOK_S))
                    if delay > LOOK_S:
                        continue
                if at == float("inf") or at > until + 3_600 * SECOND:
                    break
                self.env.step()
                if not self._room():
                    await asyncio.sleep(0)
            while any(lane.qsize() for lane in self._lanes):
                await asyncio.sleep(LOOK_S)
            await asyncio.sleep(10 * LOOK_S)
        finally:
            for task in (*workers, listening):
                task.cancel()
            await asyncio.gather(*workers, listening, return_exceptions=True)
        if listening.done() and not listening.cancelled() and (fault := listening.exception()) is not None:
            raise fault
        self.ledger.close(self.now)

    def admit(self, number: int) -> None:
        """Let a call come, unless the time is up."""
        if self.now < self._until:
            super().admit(number)

    def _room(self) -> bool:
        return sum(lane.qsize() for lane in self._lanes) < 100

    def _duties(self) -> Any:
        from sim.shifts import duties

        found = duties(self.scenario, self.customers.chance)
        self._agents = {duty.agent_id for duty in found}
        return found

    # --- to the service

    async def _work(self, lane: "asyncio.Queue[Command]") -> None:
        loop = asyncio.get_running_loop()
        while True:
            command = await lane.get()
            begun = loop.time()
            try:
                path, body = await self._request(command)
                if path:
                    answer = await self._client.post(path, json=body)
                    self.sent += 1
                    self.latencies_s.append(loop.time() - begun)
                    self.refused_by_service += answer.status_code in (404, 409, 422)
                    self.failed += answer.status_code >= 500 or answer.status_code in (401, 403, 429)
                    if isinstance(command, cmd.AdmitCall) and answer.status_code in (200, 201):
                        self._learn(str(command.call_id), answer.json()["call_id"])
            except httpx2.HTTPError:
                self.failed += 1

    async def _request(self, command: Command) -> tuple[str, dict[str, Any]]:
        """Return what a command is over HTTP."""
        if isinstance(command, cmd.AdmitCall):
            external = f"{self._run}-{command.call_id}"
            self._learn(str(command.call_id), call_name("hashed", "drive", external))  # events may be sooner
            wish: dict[str, Any] = {
                "source": "drive", "external_call_id": external, "queue": command.queue, "tier": command.tier,
                "channel": command.channel, "skills": dict(command.skills),
            }  # fmt: skip
            if command.customer is not None:
                wish["customer_id"] = f"{self._run}-{command.customer}"
            if command.intent is not None:
                wish["intent"] = command.intent
            return "/v1/calls", {key: value for key, value in wish.items() if value is not None}
        kind = type(command)
        if kind in STATES:
            body = {"state": STATES[kind]}
            if isinstance(command, cmd.LogIn) and command.group is not None:
                body["group"] = command.group
            if isinstance(command, cmd.SetNotReady | cmd.RequestBreak):
                body["reason"] = command.reason
            return f"/v1/agents/{getattr(command, 'agent_id')}/state", body  # noqa: B009
        if kind in ATTEMPTS:
            return f"/v1/callbacks/{self._there(str(getattr(command, 'task_id')))}/attempts", {  # noqa: B009
                "outcome": ATTEMPTS[kind]
            }
        if isinstance(command, cmd.AcceptOffer) and "/cb" in command.offer_id:
            return await self._accept_task(self._there(command.offer_id))
        if kind in REPORTS:
            subject = str(getattr(command, "call_id", getattr(command, "offer_id", ""))).partition("/o")[0]
            body = {"type": REPORTS[kind]}
            if isinstance(command, cmd.AcceptOffer):
                body["offer_id"] = self._there(command.offer_id)
            return f"/v1/calls/{self._there(subject)}/events", body
        raise BadInput(f"{kind.__name__} is not something that people do")

    async def _accept_task(self, offer_id: str) -> tuple[str, dict[str, Any]]:
        for offer in (await self._get("/v1/offers"))["offers"]:
            if offer["id"] == offer_id:
                return f"/v1/offers/{offer_id}:accept", {"token": offer["token"]}
        return "", {}

    def _learn(self, ours: str, theirs: str) -> None:
        theirs = theirs.partition("/")[0]
        self._number[theirs] = ours
        self._name[ours] = theirs

    def _there(self, name: str) -> str:
        """Return the service's name of a call, segment, task or offer."""
        root, slash, rest = name.partition("/")
        return f"{self._name.get(root, root)}{slash}{rest}"

    # --- from the service

    async def _listen(self, after: int) -> None:
        while True:
            page = await self._get("/v1/events", after=after, limit=5_000)
            for plain in page["events"]:
                self._hear_one(plain)
            after = page["next"]
            if not page["events"]:
                await asyncio.sleep(LOOK_S)

    def _hear_one(self, plain: dict[str, Any]) -> None:
        event = self._here(event_from(plain))
        if event is None:
            return
        self.heard_events += 1
        # The people's clock stands at the event while they react to it: their delays count from there.
        for hear in self._heard[type(event)]:
            try:
                hear(event)
            except KeyError:  # about an agent or a call that was there before we came
                continue
        if self.customers.just_queued is not None:
            self.customers.settle()

    def _here(self, event: Event) -> Event | None:
        """Return an event by our names and in the people's time; None: it is not about us."""
        if isinstance(event, CentreAdopted | ServiceResumed):
            return None
        changed: dict[str, Any] = {}
        for field in fields(event):
            value = getattr(event, field.name)
            if field.name in NAMES and value is not None:
                root, slash, rest = str(value).partition("/")
                ours = self._number.get(root)
                if ours is None:
                    if field.name == "contact_id":
                        continue  # a contact of an earlier call
                    return None
                changed[field.name] = f"{ours}{slash}{rest}"
            elif field.name == "agent_id" and value is not None and value not in self._agents:
                return None
            elif field.name in INSTANTS and value is not None:
                changed[field.name] = self._in_their_time(value)
        return replace(event, **changed)

    def _in_their_time(self, at: int) -> Millis:
        if self._offset is None:
            passed = (asyncio.get_running_loop().time() - self._zero) * SECOND
            self._offset = int(at - passed)
        return Millis(self._since + round((at - self._offset) * self._speed))

    async def _get(self, path: str, **query: int) -> dict[str, Any]:
        answer = await self._client.get(path, params=query)
        if answer.status_code != 200:
            raise BadInput(f"{self._client.base_url}: GET {path} answers {answer.status_code}: {answer.text[:200]}")
        found: dict[str, Any] = answer.json()
        return found
