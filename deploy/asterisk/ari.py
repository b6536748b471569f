"""Asterisk as the telephone side of callcenter, over ARI: callers are answered, hear music, and are bridged to agents.

    CC_URL=http://127.0.0.1:8080 CC_KEY=cc_… ARI_URL=http://127.0.0.1:8088/ari ARI_USER=callcenter ARI_PASSWORD=… \
        python ari.py

A channel that enters Stasis(callcenter) is a call. It decides nothing: the service is asked by posting the call, the
same post again asks how things stand, and the service's events (one request that waits) say when to ask. Callers whom
the service turns away go on in the dialplan (context callcenter-ends). When it cannot be asked new callers go on below
Stasis() at once, those whom it knows after 10 s.
Needs what callcenter itself is installed with: httpx2 and websockets.
"""

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
import websockets

LOG: Final = logging.getLogger("ari")
APP: Final = "callcenter"
HOLD: Final = "callcenter-hold"
ENDS: Final = "callcenter-ends"
HEARD: Final = "CallOffered,OfferEnded,CallOverflowed,CallRejected,CallConverted,CallFailed,CallSuspended"
BELL_S: Final = 20
OUTAGE_S: Final = 10
"""So long callers whom the service knows wait for it: it may be back in a moment, and it knows them then."""
ASK_AGAIN_S: Final = 2
AGREE_S: Final = 30
CAUSES: Final = {16: "no_answer", 17: "busy", 18: "no_answer", 19: "no_answer", 21: "rejected"}
"""Hang-up cause of an agent's channel that never answered (Q.850) → report; the others mean unreachable."""
NOT_SAID: Final = 16
"""The cause where Asterisk says none: a normal end."""
Plain = dict[str, Any]


@dataclass
class Call:
    """A caller's channel."""

    channel: str
    caller: str
    called: str
    queue: str | None = None
    name: str = ""
    """What the service knows it by: the channel it came on, which another may replace."""
    call_id: str = ""
    offer_id: str = ""
    """The offer whose phone rings."""
    agent_channel: str = ""
    """The channel to the agent: we name it, so its name is known before it is there."""
    talks: bool = False
    bridge: str = ""
    """Where they talk."""
    handed_on: bool = False
    """The agent has handed the caller on to somebody of whom the service does not know."""
    away_since: float | None = None
    """When the service first did not say how things stand, by the loop's clock."""
    looks_soon: bool = False
    """Somebody will look at it again in a moment."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One thing after another for each call; calls do not wait for each other."""


@dataclass
class Desk:
    """Callers' channels, the service, and Asterisk."""

    service: httpx2.AsyncClient
    asterisk: httpx2.AsyncClient
    source: str
    calls: dict[str, Call] = field(default_factory=dict)
    """Channel → call."""
    by_id: dict[str, Call] = field(default_factory=dict)
    """The service's id → call."""
    reports: list[Plain] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    silent_since: float | None = None
    """When the service was first found silent, by the loop's clock."""
    begun: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Start something that nobody waits for."""
        task = asyncio.ensure_future(work)
        self.begun.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.begun.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            LOG.warning("a call could not be seen to: %r", fault)

    # --- the service

    async def ask(self, call: Call) -> Plain:
        """Post a call, or post it again: what is to be done with it now."""
        body = {"source": self.source, "external_call_id": call.name, "caller": call.caller, "called": call.called}
        if call.queue:
            body["queue"] = call.queue
        try:
            answer = await self.service.post("/v1/calls", json=body, timeout=2)
            found: Plain = answer.json()
        except (httpx2.HTTPError, ValueError) as fault:
            LOG.warning("the service cannot be asked: %r", fault)
            found = {}
        if "call_id" not in found:  # a problem is no answer either: it is busy, or not ready
            if "code" in found:
                LOG.warning("channel %s is not taken: %s, %s", call.channel, found["code"], found.get("detail"))
            return {"decision": "away" if call.call_id else "fallback"}
        call.call_id = found["call_id"]
        call.away_since = None
        self.by_id[call.call_id] = call
        return found

    def report(self, call: Call, kind: str, **more: Any) -> None:
        """Tell the service, now or when it is back, in order."""
        one = {"source": self.source, "external_call_id": call.name, "type": kind, "at": time.time_ns() // 10**6}
        self.reports.append(one | more)
        self.told.set()

    async def send_reports(self) -> None:
        """Send what there is to tell, at most 100 at once, again and again until it is taken."""
        while True:
            while batch := self.reports[:100]:  # also those that were not taken before
                answer = await self.service.post("/v1/events:batch", json={"events": batch}, timeout=5)
                if answer.status_code in (400, 413, 422):
                    LOG.error("reports were refused for good: %s", answer.text)
                else:
                    for one, result in zip(batch, answer.raise_for_status().json()["results"], strict=True):
                        self.answered_late(one, result)
                del self.reports[: len(batch)]
            self.told.clear()
            await self.told.wait()

    def answered_late(self, one: Plain, result: Plain) -> None:
        """See to a talk that began when its offer had ended: it goes on, and nobody else is rung for the caller."""
        if one["type"] == "answered" and result.get("status") == 409:
            call = self.named(one["external_call_id"])
            if call is not None:
                self.report(call, "failed", cause="answered_late")

    def named(self, name: str) -> Call | None:
        """Return the call that the service knows by this name."""
        return next((call for call in self.calls.values() if call.name == name), None)

    async def listen(self) -> None:
        """Hear what the service decides about calls that wait or ring."""
        loop, after = asyncio.get_running_loop(), 10**17  # beyond the newest: from now on
        while True:
            query = urlencode({"after": after, "types": HEARD, "wait_s": BELL_S})
            try:
                answer = await self.service.get(f"/v1/events?{query}", timeout=BELL_S + 5)
                page: Plain = answer.raise_for_status().json()
            except (httpx2.HTTPError, ValueError):
                if self.silent_since is None:
                    self.silent_since = loop.time()
                if loop.time() - self.silent_since >= OUTAGE_S:  # nobody waits for a program
                    for call in list(self.calls.values()):
                        self.begin(self.give_back(call))
                await asyncio.sleep(0.5)
                continue
            if self.silent_since is not None:  # what rings here may ring in vain: a restart ends offers
                self.silent_since = None
                for call in list(self.calls.values()):
                    self.begin(self.look_again(call))
            after = page["next"]
            for event in page["events"]:
                told = self.by_id.get(event.get("call_id") or event.get("subject", ""))
                if told is not None:
                    self.begin(self.heard(told, event))

    async def heard(self, call: Call, event: Plain) -> None:
        """Act on one event of the service."""
        async with call.lock:
            if call.talks:
                return
            if event["is"] == "CallSuspended" and not await self.is_there(call.channel):
                await self.over(call)  # it failed at one agent after another, since nobody had heard it hang up
            elif event["is"] != "OfferEnded":
                await self.look(call)
            elif event["offer_id"] == call.offer_id:  # taken back, or missed: look what comes next
                call.offer_id = ""
                await self.hang_up(call.agent_channel)
                await self.look(call)

    async def give_back(self, call: Call) -> None:
        """Let a caller go who waits for a service that is not there."""
        async with call.lock:
            if not call.talks and call.channel in self.calls:
                if call.offer_id:
                    await self.hang_up(call.agent_channel)
                self.report(call, "failed", cause="service_away")
                await self.leave(call)

    async def reconcile(self) -> None:
        """Every half minute: look after those who wait, and say who is here, so that what got lost is closed there."""
        while True:
            await asyncio.sleep(AGREE_S)
            await self.agree()
            for call in list(self.calls.values()):
                self.begin(self.look_again(call))
            live = {"source": self.source, "live_call_ids": [call.name for call in self.calls.values()]}
            await self.service.post("/v1/reconcile", json=live, timeout=5)

    # --- decisions

    async def look_again(self, call: Call, after_s: float = 0) -> None:
        """Look at a call that waits or rings: an event may have passed while we were not listening for it."""
        await asyncio.sleep(after_s)
        async with call.lock:
            call.looks_soon = False
            if call.offer_id and not call.talks and call.channel in self.calls:
                decision = await self.ask(call)
                rings = decision.get("state") == "connected" or decision.get("offer", {}).get("id") == call.offer_id
                if "call_id" in decision and not rings:
                    call.offer_id = ""
                    await self.hang_up(call.agent_channel)
            await self.look(call)

    async def look(self, call: Call) -> None:
        """Ask what is to be done with a call that waits, and do it."""
        if call.talks or call.offer_id or call.channel not in self.calls:
            return
        decision = await self.ask(call)
        match decision["decision"]:
            case "queue":
                return
            case "away":
                await self.wait_for_service(call)
            case "offer" if decision.get("offer", {}).get("id"):
                await self.ring(call, decision["offer"])
            case "overflow":
                await self.leave(call, extension=decision["overflow_target"])
            case "callback" | "reject" as end:
                await self.leave(call, context=ENDS, extension=end, priority="1")
            case "ended" if decision["state"] != "failed":
                await self.leave(call, context=ENDS, extension="ended", priority="1")
            case _:
                self.report(call, "failed", cause="fallback")
                await self.leave(call)

    async def wait_for_service(self, call: Call) -> None:
        """Let a caller whom the service knows wait for it a while."""
        now = asyncio.get_running_loop().time()
        if call.away_since is None:
            call.away_since = now
        if now - call.away_since >= OUTAGE_S:
            self.report(call, "failed", cause="service_away")
            await self.leave(call)
        elif not call.looks_soon:
            call.looks_soon = True
            self.begin(self.look_again(call, after_s=ASK_AGAIN_S))

    async def ring(self, call: Call, offer: Plain) -> None:
        """Call the agent; the answer comes as StasisStart, a failure as ChannelDestroyed.

        Asterisk refuses it (400) where the caller, its originator, is gone: then the agent has missed nothing.
        """
        call.offer_id = offer["id"]
        call.agent_channel = f"cc-{offer['id'].replace('/', '-')}"
        query = {
            "endpoint": offer["contact"], "app": APP, "appArgs": f"agent,{call.name}",
            "channelId": call.agent_channel, "timeout": offer.get("ring_s") or 30, "originator": call.channel,
            "callerId": call.caller,
        }  # fmt: skip
        if await self.tell("POST", f"/channels?{urlencode(query)}"):
            return
        if await self.is_there(call.channel):
            self.missed(call, "unreachable")
        else:
            call.agent_channel = ""
            await self.over(call)

    def missed(self, call: Call, why: str) -> None:
        """Report that the agent did not take it; the service's event says what comes next."""
        call.agent_channel = ""
        self.report(call, why, offer_id=call.offer_id)

    async def leave(self, call: Call, **where: str) -> None:
        """Let the caller go on in the dialplan: at `where`, or below Stasis()."""
        self.forget(call)
        await self.tell("POST", f"/channels/{call.channel}/continue?{urlencode(where)}")

    def forget(self, call: Call) -> None:
        """Know the call no more."""
        self.calls.pop(call.channel, None)
        self.by_id.pop(call.call_id, None)

    # --- Asterisk

    async def tell(self, method: str, path: str) -> bool:
        """Tell Asterisk to do something; False where it could not, or does not say."""
        try:
            answer = await self.asterisk.request(method, path, timeout=5)
        except httpx2.HTTPError as fault:
            LOG.warning("%s %s: %r", method, path, fault)
            return False
        if answer.status_code >= 400 and not (method == "DELETE" and answer.status_code == 404):
            LOG.warning("%s %s: %d %s", method, path, answer.status_code, answer.text[:200])
        return answer.status_code < 400

    async def is_there(self, channel: str) -> bool:
        """Tell whether a channel lives; one whom Asterisk does not tell of does."""
        try:
            return (await self.asterisk.get(f"/channels/{channel}", timeout=5)).status_code != 404
        except httpx2.HTTPError:
            return True

    async def hang_up(self, channel: str) -> None:
        """End a channel that may be gone already."""
        if channel:
            await self.tell("DELETE", f"/channels/{channel}")

    async def entered(self, channel: Plain, args: list[str]) -> None:
        """Take in a channel: a caller, or an agent who has answered."""
        if args[:1] == ["agent"]:
            await self.answered(args[1], channel["id"])
            return
        if channel["id"] in self.calls:  # in the list that take_over read, and in an event as well
            return
        call = self.caller(channel, args)
        async with call.lock:
            if not await self.tell("POST", f"/channels/{call.channel}/answer"):  # gone again
                self.forget(call)
                return
            await self.hold(call)
            await self.look(call)
        if call.channel in self.calls:
            await self.look_again(call, after_s=1)

    def caller(self, channel: Plain, args: list[str]) -> Call:
        """Return the call of a caller's channel."""
        number, called = channel["caller"]["number"] or "anonymous", channel["dialplan"]["exten"]
        call = Call(channel["id"], number, called, args[0] if args else None, channel["id"])
        self.calls[call.channel] = call
        return call

    def replaced(self, old: str, new: str) -> bool:
        """Let a channel stand where another stood, which an attended transfer does; False where neither is ours.

        In the caller's place (a colleague hands them on to the queue) it is the same call. In the agent's place it is
        somebody of whom the service does not know: they go on talking, and the agent's part is over.
        """
        call = self.calls.pop(old, None)
        if call is not None:
            call.channel = new
            self.calls[new] = call
            if not call.talks:
                self.begin(self.hold(call))
            return True
        call = next((one for one in self.calls.values() if one.agent_channel == old and one.talks), None)
        if call is None:
            return False
        self.hand_on(call, new)
        return True

    def hand_on(self, call: Call, channel: str) -> None:
        """Report that the agent's part is over, though the caller goes on talking to a channel."""
        call.agent_channel = channel
        if not call.handed_on:
            call.handed_on = True
            self.report(call, "completed")

    async def answered(self, caller: str, channel: str) -> None:
        """Bring caller and agent together."""
        call = self.named(caller)
        if call is None:
            await self.hang_up(channel)
            return
        async with call.lock:
            if channel != call.agent_channel or not call.offer_id:  # the offer has ended meanwhile
                await self.hang_up(channel)
                return
            bridge = f"talk-{channel}"
            both = urlencode({"channel": f"{call.channel},{channel}"})
            if await self.tell("POST", f"/bridges?{urlencode({'type': 'mixing', 'bridgeId': bridge})}") and (
                await self.tell("POST", f"/bridges/{bridge}/addChannel?{both}")
            ):
                call.talks, call.bridge = True, bridge
                self.report(call, "answered", offer_id=call.offer_id)
                return
            # One of them has hung up in this moment: nobody talks.
            call.agent_channel = ""
            await self.tell("DELETE", f"/bridges/{bridge}")
            await self.hang_up(channel)
            if await self.is_there(call.channel):
                await self.hold(call)
                self.missed(call, "unreachable")
            else:
                await self.over(call)

    async def hold(self, call: Call) -> None:
        """Let a caller hear music."""
        await self.tell("POST", f"/bridges/{HOLD}/addChannel?{urlencode({'channel': call.channel})}")

    async def gone(self, channel: str, cause: int) -> None:
        """Hear that a channel has ended: a caller's, or an agent's.

        Of one that is in Stasis Asterisk says StasisEnd, of one that never was (a phone that rings) ChannelDestroyed.
        """
        call = self.calls.get(channel)
        if call is None:
            call = next((one for one in self.calls.values() if one.agent_channel == channel), None)
        if call is None:
            return
        async with call.lock:
            if call.channel not in self.calls:  # heard before
                return
            if channel == call.channel:
                await self.over(call)
                await self.hang_up(call.agent_channel)  # a phone that rings, or who talks
            elif channel != call.agent_channel:
                return
            elif call.talks:
                await self.over(call)
                await self.hang_up(call.channel)
            elif call.offer_id:
                self.missed(call, CAUSES.get(cause, "unreachable"))

    async def over(self, call: Call) -> None:
        """Report the end."""
        self.forget(call)
        if not call.handed_on:
            self.report(call, "completed" if call.talks else "abandoned")
        if call.talks:
            await self.tell("DELETE", f"/bridges/{call.bridge}")

    async def take_over(self) -> None:
        """Begin anew: after a start of this program, or a time in which it could not hear Asterisk."""
        await self.tell("POST", f"/bridges?{urlencode({'type': 'holding', 'bridgeId': HOLD})}")
        await self.tell("POST", f"/bridges/{HOLD}/moh")
        await self.agree()

    async def agree(self) -> None:
        """Agree with Asterisk on who is there: what it did not say, or we did not hear, is made up for."""
        known = [call.channel for call in self.calls.values()]
        known += [call.agent_channel for call in self.calls.values() if call.agent_channel]
        bridges = (await self.asterisk.get("/bridges", timeout=5)).raise_for_status().json()
        talks = {channel: one for one in bridges if one["id"].startswith("talk-cc-") for channel in one["channels"]}
        there = {one["id"]: one for one in (await self.asterisk.get("/channels", timeout=5)).raise_for_status().json()}
        for channel in known:
            if channel not in there:
                self.begin(self.gone(channel, NOT_SAID))
        for channel, one in there.items():
            app, _, args = one["dialplan"].get("app_data", "").partition(",")
            if channel in self.calls or channel.startswith("cc-") or app != APP:
                continue
            if channel in talks:  # they talk: only the end is still to be told
                call = self.caller(one, args.split(",") if args else [])
                call.talks, call.bridge = True, talks[channel]["id"]
                call.agent_channel = call.bridge.removeprefix("talk-")
                other = next((other for other in talks[channel]["channels"] if other != channel), None)
                if other is not None and other != call.agent_channel:
                    self.hand_on(call, other)
                elif call.agent_channel not in there:
                    self.begin(self.gone(call.agent_channel, NOT_SAID))
            else:
                self.begin(self.entered(one, args.split(",") if args else []))


async def for_ever(work: Callable[[], Coroutine[Any, Any, None]], name: str, pause_s: float = 1) -> None:
    """Do something again whenever it fails."""
    while True:
        try:
            await work()
        except (httpx2.HTTPError, OSError, ValueError, websockets.WebSocketException) as fault:
            LOG.warning("%s: %r; again in a moment", name, fault)
        await asyncio.sleep(pause_s)


async def follow(desk: Desk, address: str) -> None:
    """Follow what happens in Asterisk."""
    async with websockets.connect(address) as events:
        await desk.take_over()
        async for text in events:
            event = json.loads(text)
            if event["type"] == "StasisStart":
                instead = event.get("replace_channel")
                if instead is not None and desk.replaced(instead["id"], event["channel"]["id"]):
                    continue
                desk.begin(desk.entered(event["channel"], event.get("args", [])))
            elif event["type"] in ("StasisEnd", "ChannelDestroyed"):
                desk.begin(desk.gone(event["channel"]["id"], event.get("cause", NOT_SAID)))


async def run(*, url: str, key: str, ari_url: str, ari_user: str, ari_password: str, source: str = "asterisk") -> None:
    """Serve until cancelled."""
    address = f"{ari_url.replace('http', 'ws', 1)}/events?" + urlencode(
        {"app": APP, "api_key": f"{ari_user}:{ari_password}"}
    )
    asterisk = httpx2.AsyncClient(base_url=ari_url, auth=(ari_user, ari_password), trust_env=False)
    service = httpx2.AsyncClient(base_url=url, headers={"X-API-Key": key}, trust_env=False)
    async with asterisk, service, asyncio.TaskGroup() as group:
        desk = Desk(service, asterisk, source)
        for work, name, pause_s in (
            (lambda: follow(desk, address), "Asterisk", 1),
            (desk.listen, "the service's events", 1),
            (desk.send_reports, "reports", 0.2),  # before a service that is back offers those who have gone meanwhile
            (desk.reconcile, "reconcile", 1),
        ):
            group.create_task(for_ever(work, name, pause_s))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    with suppress(KeyboardInterrupt):
        asyncio.run(
            run(
                url=os.environ.get("CC_URL", "http://127.0.0.1:8080"),
                key=os.environ["CC_KEY"],
                ari_url=os.environ.get("ARI_URL", "http://127.0.0.1:8088/ari"),
                ari_user=os.environ.get("ARI_USER", "callcenter"),
                ari_password=os.environ["ARI_PASSWORD"],
                source=os.environ.get("CC_SOURCE", "asterisk"),
            )
        )
