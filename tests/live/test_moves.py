"""A customer who rises moves up in the queue, whatever fails between what is known of them and the move."""

import asyncio
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from api.customers.tiers.waiting_calls import Moves
from api.errors import Unavailable
from api.live.clock import HandClock
from callcenter import commands as cmd
from tests.live.conftest import BEGIN, Service, running
from tests.live.test_imports import send

NUMBER = "+442079460001"
RISES = {
    "said": lambda service: service.post("/customers", None, customer_id="C-1", tier="vip"),
    "imported": lambda service: send(service, "customer_id,tier\nC-1,vip\n"),
    "overridden": lambda service: service.post(
        "/overrides", None, customer_id="C-1", tier="vip", reason="sorry", until=BEGIN + 10**9
    ),
}


async def waiting(service: Service) -> tuple[str, str]:
    """Let two calls of a customer wait, and return their ids."""
    await service.post("/customers", 200, customer_id="C-1", number=NUMBER, tier="standard")
    calls = [await service.call(f"w{n}", caller=NUMBER) for n in (1, 2)]
    return calls[0]["call_id"], calls[1]["call_id"]


async def tiers(service: Service, calls: tuple[str, str]) -> list[str]:
    await service.passes(5)
    await service.services.sweep.settled()
    return [(await service.get(f"/calls/{call}"))["tier"] for call in calls]


@pytest.mark.anyio
@pytest.mark.parametrize("how", RISES)
@pytest.mark.parametrize("moved", [0, 1], ids=["none had moved", "one had moved"])
async def test_who_rose_before_the_service_died_moves_when_it_is_back(serving, monkeypatch, how, moved):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        calls = await waiting(service)
        clock.move(1_000)
        told = service.services.tell

        async def dies(command, *more):
            if isinstance(command, cmd.ReprioritiseCall) and len(done) >= moved:
                raise Unavailable("pulled the plug")
            done.append(command)
            return await told(command, *more)

        done: list = []
        monkeypatch.setattr(service.services.commands, "tell", dies)
        await RISES[how](service)
        assert (await tiers(service, calls)).count("vip") == moved
    async with serving(clock=clock) as service:
        assert await tiers(service, calls) == ["vip", "vip"]
        changes = (await service.get("/tier-changes?customer_id=C-1"))["changes"]
        assert [(one["before"], one["after"]) for one in changes] == [("standard", "vip")], "told once"


@pytest.mark.anyio
async def test_what_could_not_be_moved_is_moved_later_by_the_same_service(service, monkeypatch):
    calls = await waiting(service)
    told = service.services.tell

    async def fails(command, *more):
        raise Unavailable("the disk is full")

    monkeypatch.setattr(service.services.commands, "tell", fails)
    assert (await service.post("/customers", 503, customer_id="C-1", tier="vip"))["code"] == "degraded"
    monkeypatch.setattr(service.services.commands, "tell", told)
    assert await tiers(service, calls) == ["vip", "vip"]


@pytest.mark.anyio
async def test_a_call_that_a_supervisor_moved_by_hand_after_the_rise_stays_there_over_a_restart(serving):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        calls = await waiting(service)
        await service.post("/customers", 200, customer_id="C-1", tier="vip")
        clock.move(1_000)
        await service.post(f"/calls/{calls[0]}:reprioritize", 200, tier="standard", reason="asked to wait")
    async with serving(clock=clock) as service:
        assert await tiers(service, calls) == ["standard", "vip"]


@pytest.mark.anyio
async def test_a_call_that_came_in_a_lower_tier_by_its_own_word_is_not_moved_by_a_restart(serving):
    clock = HandClock(BEGIN)
    async with serving(clock=clock) as service:
        await service.post("/customers", 200, customer_id="C-1", number=NUMBER, tier="standard")
        await service.call("another", caller="+442079460002")  # waits longer
        await service.post("/customers", 200, customer_id="C-1", tier="vip")
        clock.move(1_000)
        call = await service.call("low", caller=NUMBER, tier="standard")
    async with serving(clock=clock) as service:
        assert await tiers(service, (call["call_id"], call["call_id"])) == ["standard", "standard"]


def dies(path: Path) -> None:
    """Import a better tier for a customer whose calls wait, and be killed before any of them moves."""

    async def settle(_: Moves) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    async def lives() -> None:
        async with running(path, clock=HandClock(BEGIN)) as service:
            await waiting(service)
            service.clock.move(1_000)
            Moves.settle = settle  # type: ignore[method-assign]
            await RISES["imported"](service)

    asyncio.run(lives())


@pytest.mark.ci
def test_killed_between_the_directory_and_the_queue_the_calls_move_at_the_next_start(tmp_path: Path):
    path = tmp_path / "x.sqlite3"
    killed = multiprocessing.get_context("fork").Process(target=dies, args=(path,))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL

    async def again() -> list[str]:
        async with running(path, clock=HandClock(BEGIN + 1_000)) as service:
            one, two = [call["call_id"] for call in (await service.get("/calls"))["calls"]]
            return await tiers(service, (one, two))

    assert asyncio.run(again()) == ["vip", "vip"]
