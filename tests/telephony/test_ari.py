"""The ARI program against a stand-in for Asterisk and the real service: what it asks, what it reports."""

import asyncio
import importlib.util
import sys
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import running
from tests.telephony.asterisk import Asterisk, listening

pytestmark = pytest.mark.anyio
PROGRAM = Path(__file__).resolve().parents[2] / "deploy/asterisk/ari.py"


def program() -> Any:
    spec = importlib.util.spec_from_file_location("ari_program", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ari_program"] = module
    spec.loader.exec_module(module)
    module.ASK_AGAIN_S = 0.05  # nobody sleeps in a test
    return module


class Wire:
    """The way to the service, which can be cut."""

    def __init__(self, app: Any) -> None:
        self.app, self.cut, self.refuses = app, False, False
        self.refused: list[str] = []
        """Paths of what did not get through."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and (self.cut or (self.refuses and scope["path"] == "/v1/calls")):
            self.refused.append(scope["path"])
            busy = b'{"decision": "fallback", "code": "unavailable"}'
            headers = [(b"content-type", b"application/problem+json")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": busy})
            return
        await self.app(scope, receive, send)


async def until(true: Callable[[], Any], what: str) -> Any:
    async with asyncio.timeout(20):
        while not (found := true()):
            await asyncio.sleep(0.01)
        return found


class Floor:
    """Service, Asterisk, and the program between them."""

    def __init__(self, service: Any, asterisk: Asterisk, wire: Wire, url: str, ari_url: str) -> None:
        self.service, self.asterisk, self.wire = service, asterisk, wire
        self._words = {"url": url, "ari_url": f"{ari_url}/ari", "ari_user": "cc", "ari_password": "x"}
        self._work: asyncio.Task[None] | None = None

    async def start(self, **constants: float) -> None:
        key = self.service.client.headers["X-API-Key"]
        module = program()
        for name, value in constants.items():
            setattr(module, name, value)
        self._work = asyncio.create_task(module.run(key=key, source="ast", **self._words))
        await until(lambda: self.asterisk.sockets, "the program follows")
        await until(lambda: self.service.services.broadcast.listeners, "the program listens")

    async def stop(self) -> None:
        assert self._work is not None
        self._work.cancel()
        await asyncio.wait([self._work])
        await until(lambda: not self.asterisk.sockets, "the program is gone")

    async def state(self, channel: str) -> str:
        call_id = await self.service.services.names.find("ast", channel)
        line = self.service.services.board.call(call_id or "")
        return "" if line is None else str(line.state)

    async def becomes(self, channel: str, state: str) -> None:
        async with asyncio.timeout(20):
            while await self.state(channel) != state:
                await asyncio.sleep(0.01)

    def ringing(self) -> str | None:
        return next((c for c, one in self.asterisk.channels.items() if c.startswith("cc-") and one["state"] == "Down"),
                    None)  # fmt: skip


@asynccontextmanager
async def floor_of(tmp_path: Path):
    asterisk = Asterisk()
    async with (
        running(tmp_path / "live.sqlite3") as service,
        listening(wire := Wire(service.app)) as url,
        listening(asterisk.app, ws="websockets-sansio") as ari_url,
    ):
        floor = Floor(service, asterisk, wire, url, ari_url)
        await floor.start()
        try:
            yield floor
        finally:
            await floor.stop()
            service.services.broadcast.close()


@pytest.fixture
async def floor(tmp_path: Path):
    async with floor_of(tmp_path) as found:
        yield found


async def test_a_caller_hears_music_until_an_agent_answers_and_both_are_bridged(floor: Floor):
    await floor.asterisk.comes("17.1")
    await floor.becomes("17.1", "queued")
    hold = floor.asterisk.bridges["callcenter-hold"]
    assert (hold["bridge_type"], hold["music"], hold["channels"]) == ("holding", True, ["17.1"])
    assert floor.asterisk.channels["17.1"]["state"] == "Up"

    await floor.service.agent("ana", contact="PJSIP/1001")
    agent = await until(floor.ringing, "the agent's phone rings")
    assert floor.asterisk.channels[agent]["name"] == "PJSIP/1001"
    assert floor.asterisk.channels[agent]["timeout"] == "15"
    await floor.asterisk.picks_up(agent)
    await floor.becomes("17.1", "connected")
    talk = floor.asterisk.bridges[f"talk-{agent}"]
    assert (talk["bridge_type"], talk["channels"], hold["channels"]) == ("mixing", ["17.1", agent], [])

    await floor.asterisk.ends("17.1")
    await floor.becomes("17.1", "completed")
    await until(lambda: agent not in floor.asterisk.channels, "the agent's phone is free")
    await until(lambda: f"talk-{agent}" not in floor.asterisk.bridges, "the bridge is gone")


async def test_an_agent_who_hangs_up_ends_the_call(floor: Floor):
    await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1", args=("sales",))
    agent = await until(floor.ringing, "the agent's phone rings")
    await floor.asterisk.picks_up(agent)
    await floor.becomes("17.1", "connected")
    await floor.asterisk.ends(agent)
    await floor.becomes("17.1", "completed")

    await until(lambda: "17.1" not in floor.asterisk.channels, "the caller's channel has ended")
    assert (await floor.service.get("/events?types=CallCompleted"))["events"][0]["queue"] == "sales"


@pytest.mark.parametrize("restarted", [False, True])
async def test_who_is_given_a_talk_by_an_attended_transfer_goes_on_talking_and_the_agent_is_free(
    floor: Floor, restarted: bool
):
    await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1", args=("sales",))
    agent = await until(floor.ringing, "the agent's phone rings")
    await floor.asterisk.picks_up(agent)
    await floor.becomes("17.1", "connected")
    if restarted:
        await floor.stop()
    await floor.asterisk.replaces("colleague", agent)
    if restarted:
        await floor.start()
    await floor.becomes("17.1", "completed")

    assert (await floor.service.get("/agents/ana"))["state"] == "available"
    assert floor.asterisk.bridges[f"talk-{agent}"]["channels"] == ["17.1", "colleague"]
    assert [e["queue"] for e in (await floor.service.get("/events?types=CallQueued"))["events"]] == ["sales"]
    await floor.asterisk.ends("17.1")
    await until(lambda: not floor.asterisk.channels, "the colleague's channel has ended too")
    await until(lambda: f"talk-{agent}" not in floor.asterisk.bridges, "the bridge is gone")


async def test_a_caller_whom_a_colleague_hands_on_to_the_queue_keeps_the_place(floor: Floor):
    await floor.asterisk.comes("colleague", args=("sales",))
    await floor.becomes("colleague", "queued")
    await floor.asterisk.replaces("17.1", "colleague")
    await floor.service.agent("ana", contact="PJSIP/1001")
    agent = await until(floor.ringing, "the agent's phone rings")
    await floor.asterisk.picks_up(agent)
    await floor.becomes("colleague", "connected")

    assert floor.asterisk.bridges[f"talk-{agent}"]["channels"] == ["17.1", agent]
    assert len((await floor.service.get("/events?types=CallQueued"))["events"]) == 1
    await floor.asterisk.ends("17.1")
    await floor.becomes("colleague", "completed")
    await until(lambda: not floor.asterisk.channels, "the agent's channel has ended")


@pytest.mark.parametrize(("cause", "end"), [(17, "busy"), (19, "no_answer"), (21, "rejected"), (20, "unreachable")])
async def test_a_phone_that_fails_is_reported_and_the_next_agent_rings(floor: Floor, cause: int, end: str):
    await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1")
    first = await until(floor.ringing, "the first phone rings")
    await floor.service.agent("bob", contact="PJSIP/1002")
    await floor.asterisk.ends(first, cause)
    second = await until(floor.ringing, "the second phone rings")
    ended = (await floor.service.get("/events?types=OfferEnded"))["events"]

    assert floor.asterisk.channels[second]["name"] == "PJSIP/1002"
    assert [(e["agent_id"], e["end"]) for e in ended] == [("ana", end)]
    assert floor.asterisk.bridges["callcenter-hold"]["channels"] == ["17.1"], "the caller never drops"


async def test_an_endpoint_that_is_not_there_is_unreachable(floor: Floor):
    floor.asterisk.absent.add("PJSIP/9")
    await floor.service.agent("ana", contact="PJSIP/9")
    await floor.asterisk.comes("17.1")
    await floor.becomes("17.1", "queued")

    assert [e["end"] for e in (await floor.service.get("/events?types=OfferEnded"))["events"]] == ["unreachable"]


async def test_an_offer_that_the_service_takes_back_stops_ringing(floor: Floor):
    await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1")
    agent = await until(floor.ringing, "the phone rings")
    await floor.service.passes(16)
    await until(lambda: agent not in floor.asterisk.channels, "the phone has stopped")

    assert await floor.state("17.1") == "queued"


@pytest.mark.parametrize("rings", [True, False])
async def test_a_caller_who_hangs_up_is_abandoned_and_no_phone_rings_on(floor: Floor, rings: bool):
    if rings:
        await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1")
    await (until(floor.ringing, "the phone rings") if rings else floor.becomes("17.1", "queued"))
    await floor.asterisk.ends("17.1")
    await floor.becomes("17.1", "abandoned")

    await until(lambda: not floor.asterisk.channels, "nothing rings")


async def test_whom_the_service_turns_away_goes_on_in_the_dialplan(floor: Floor):
    await floor.asterisk.comes("17.1", args=("tiny",))
    await until(lambda: floor.asterisk.left, "the caller has left")
    await floor.asterisk.comes("17.2", args=("nowhere",))  # the centre has no such queue: decision=fallback
    await until(lambda: len(floor.asterisk.left) == 2, "the caller has left")

    assert floor.asterisk.left == [
        ("17.1", {"context": "callcenter-ends", "extension": "reject", "priority": "1"}),
        ("17.2", {}),
    ]


async def test_after_a_restart_of_the_program_callers_wait_on_and_conversations_are_ended_once(floor: Floor):
    await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1")
    agent = await until(floor.ringing, "the phone rings")
    await floor.asterisk.picks_up(agent)
    await floor.becomes("17.1", "connected")
    await floor.asterisk.comes("17.2")
    await floor.becomes("17.2", "queued")
    await floor.stop()
    asked = len(floor.asterisk.asked)
    await floor.start()
    await floor.service.agent("bob", contact="PJSIP/1002")
    await until(floor.ringing, "the waiting caller is found again")
    await floor.asterisk.ends("17.1")
    await floor.becomes("17.1", "completed")

    assert "POST /channels/17.1/answer" not in floor.asterisk.asked[asked:], "a conversation is left alone"
    assert len((await floor.service.get("/events?types=CallQueued"))["events"]) == 2


async def test_a_caller_who_hangs_up_in_the_talk_leaves_no_agent_behind(floor: Floor):
    await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1", args=("sales",))
    agent = await until(floor.ringing, "the agent's phone rings")
    await floor.asterisk.picks_up(agent)
    await floor.becomes("17.1", "connected")
    await floor.asterisk.ends("17.1")
    await floor.becomes("17.1", "completed")

    await until(lambda: not floor.asterisk.channels, "the agent's channel has ended")
    assert (await floor.service.get("/agents/ana"))["state"] == "available"


async def test_a_caller_who_is_gone_when_the_phone_is_to_ring_costs_no_agent(floor: Floor):
    """Five agents became unreachable within 0.1 s for a caller whose hang-up nobody had heard."""
    await floor.asterisk.comes("17.1")
    await floor.becomes("17.1", "queued")
    await floor.asterisk.comes("17.2")
    await floor.becomes("17.2", "queued")
    del floor.asterisk.channels["17.1"]  # not a word is said of it
    for agent in ("ana", "bob", "cyd"):
        await floor.service.agent(agent, contact=f"PJSIP/{agent}")
    await floor.becomes("17.1", "abandoned")
    await until(floor.ringing, "the next caller's phone rings")

    states = sorted(agent["state"] for agent in (await floor.service.get("/agents"))["agents"])
    assert states == ["available", "available", "offered"]
    assert {e["end"] for e in (await floor.service.get("/events?types=OfferEnded"))["events"]} == {"caller_gone"}


async def test_a_caller_who_is_held_back_since_no_phone_could_be_reached_is_asked_after(floor: Floor):
    """Three phones in a row are not there: the call is suspect, the service asks, and who is gone is gone."""
    await floor.asterisk.comes("17.1")
    await floor.becomes("17.1", "queued")
    floor.asterisk.absent |= {"PJSIP/ana", "PJSIP/bob", "PJSIP/cyd"}
    for agent in ("ana", "bob", "cyd"):
        await floor.service.agent(agent, contact=f"PJSIP/{agent}")
    events = await until_told(floor, "CallSuspended")

    assert events[0]["cause"] == "fails_at_every_agent"
    assert floor.asterisk.bridges["callcenter-hold"]["channels"] == ["17.1"], "the caller hears music"
    await floor.asterisk.ends("17.1")
    await floor.becomes("17.1", "abandoned")


async def until_told(floor: Floor, kind: str) -> Any:
    async with asyncio.timeout(20):
        while not (found := (await floor.service.get(f"/events?types={kind}"))["events"]):
            await asyncio.sleep(0.01)
        return found


async def test_a_hang_up_that_nobody_heard_is_found_when_both_sides_agree(floor: Floor):
    await floor.stop()
    await floor.start(AGREE_S=0.1)
    await floor.asterisk.comes("17.1")
    await floor.becomes("17.1", "queued")
    del floor.asterisk.channels["17.1"]

    await floor.becomes("17.1", "abandoned")


@pytest.mark.parametrize("who", ["the agent", "the caller"])
async def test_nobody_is_told_of_a_talk_before_the_bridge_has_both(floor: Floor, who: str):
    """187 refused bridges counted as conversations."""
    await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1", args=("sales",))
    agent = await until(floor.ringing, "the agent's phone rings")
    floor.asterisk.hangs_up_now = agent if who == "the agent" else "17.1"
    await floor.asterisk.picks_up(agent)
    await floor.becomes("17.1", "queued" if who == "the agent" else "abandoned")

    assert (await floor.service.get("/events?types=CallConnected"))["events"] == []
    await until(lambda: f"talk-{agent}" not in floor.asterisk.bridges, "there is no bridge")
    if who == "the agent":
        assert floor.asterisk.bridges["callcenter-hold"]["channels"] == ["17.1"], "and hears music again"
    else:
        assert (await floor.service.get("/agents/ana"))["state"] == "available"


@pytest.mark.parametrize("how", ["cut", "refuses"])
async def test_callers_whom_the_service_knows_wait_out_a_short_outage_and_new_ones_go_on(floor: Floor, how: str):
    """`kill -9` and back in 4 s lost five callers whom the service had kept."""
    await floor.asterisk.comes("17.1", args=("sales",))
    await floor.becomes("17.1", "queued")
    setattr(floor.wire, how, True)
    await floor.service.agent("ana", contact="PJSIP/1001")  # the offer is heard, and the post that follows refused
    await floor.asterisk.comes("17.2")
    await until(lambda: floor.asterisk.left, "who is new does not wait for a program")
    assert floor.asterisk.left == [("17.2", {})]
    setattr(floor.wire, how, False)
    agent = await until(floor.ringing, "the phone rings")
    await floor.asterisk.picks_up(agent)
    await floor.becomes("17.1", "connected")

    assert [channel for channel, _ in floor.asterisk.left] == ["17.2"]


async def test_a_caller_whom_the_service_does_not_take_goes_on_and_the_log_says_why(floor: Floor, caplog):
    await floor.asterisk.comes("17.1", args=("sale",))
    await until(lambda: floor.asterisk.left, "the caller goes on below Stasis()")

    assert "channel 17.1 is not taken: unknown_queue, there is no queue 'sale'" in caplog.text


async def test_when_the_service_stays_away_callers_go_on_in_the_dialplan(floor: Floor):
    await floor.stop()
    await floor.start(OUTAGE_S=0.3)
    await floor.asterisk.comes("17.1")
    await floor.becomes("17.1", "queued")
    floor.wire.refuses = True
    await floor.service.agent("ana", contact="PJSIP/1001")
    await until(lambda: floor.asterisk.left, "the caller goes on")
    await floor.becomes("17.1", "failed")

    assert floor.asterisk.left == [("17.1", {})]


async def test_what_happened_in_an_outage_is_told_when_it_is_over_without_waiting_for_more(floor: Floor):
    await floor.asterisk.comes("17.1")
    await floor.becomes("17.1", "queued")
    floor.wire.cut = True
    await floor.asterisk.ends("17.1")
    await until(lambda: "17.1" not in floor.asterisk.bridges["callcenter-hold"]["channels"], "the caller has left")
    await until(lambda: "/v1/events:batch" in floor.wire.refused, "one attempt has failed")
    floor.wire.cut = False

    await floor.becomes("17.1", "abandoned")


async def test_a_talk_that_began_when_its_offer_was_over_goes_on_and_nobody_else_is_rung(floor: Floor):
    await floor.service.agent("ana", contact="PJSIP/1001")
    await floor.asterisk.comes("17.1", args=("sales",))
    agent = await until(floor.ringing, "the agent's phone rings")
    floor.wire.cut = True
    await floor.asterisk.picks_up(agent)
    await until(lambda: "/v1/events:batch" in floor.wire.refused, "they talk, and nobody could be told")
    await floor.service.passes(16)
    floor.wire.cut = False
    await floor.becomes("17.1", "failed")
    await floor.service.agent("bob", contact="PJSIP/1002")

    assert floor.asterisk.bridges[f"talk-{agent}"]["channels"] == ["17.1", agent]
    assert floor.ringing() is None
    assert (await floor.service.get("/events?types=CallFailed"))["events"][0]["cause"] == "answered_late"
