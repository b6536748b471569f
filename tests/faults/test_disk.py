"""A full disk and a read-only file: `Unavailable`, and recovery without loss when space returns."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.errors import Unavailable
from api.live.dispatcher import Dispatcher
from api.live.protocol import Limits
from api.store.changes import Row
from api.store.store import Store
from callcenter.centre import Centre, Group, Queue
from callcenter.commands import AdmitCall
from callcenter.ids import CallId

CENTRE = Centre("demo", (Queue("sales"),), (Group("desk"),))
QUICK = Limits(tick_ms=20)
PATIENCE_S = 60.0


async def pour(service: Dispatcher, prefix: str, most: int = 20_000) -> tuple[list[str], bool]:
    """Post calls until one fails; return those that were answered, and whether one failed."""
    answered: list[str] = []
    for number in range(most):
        call = CallId(f"{prefix}{number}")
        key = Row("natural_keys", {"source": "pbx", "external_call_id": call, "call_id": call, "at": service.now()})
        try:
            await service.tell(AdmitCall(call, "sales"), [key])
        except Unavailable:
            return answered, True
        answered.append(call)
    return answered, False


async def well_again(service: Dispatcher) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while service.problems():
            await asyncio.sleep(0.005)


async def nothing_is_lost(service: Dispatcher, answered: list[str]) -> None:
    found = await service.find("natural_keys", limit=1_000_000)
    waiting = [call["id"] for call in service.engine.snapshot()["calls"]]

    assert sorted(str(row["call_id"]) for row in found) == sorted(waiting)
    assert [call for call in answered if call not in waiting] == []
    assert len(set(waiting)) == len(waiting)


def live(work: Callable[[], object]) -> None:
    asyncio.run(asyncio.wait_for(work(), PATIENCE_S * 2))  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", ["PRAGMA max_page_count = 1", "PRAGMA query_only = ON"], ids=["full", "read-only"])
def test_a_journal_that_cannot_write_is_unavailable_and_comes_back_without_loss(tmp_path: Path, fault: str):
    def spoil(store: Store) -> None:
        store.connection.execute(fault)

    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), limits=QUICK) as service:
            before, failed = await pour(service, "a", 200)
            assert not failed
            await service.commits.run(spoil)
            during, failed = await pour(service, "b")
            assert failed
            assert "journal" in service.problems()[0]
            await well_again(service)
            after, failed = await pour(service, "c", 50)
            assert not failed
            assert service.recoveries == 1
            await nothing_is_lost(service, [*before, *during, *after])

    live(work)


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk of its own can be mounted here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Give a disk of 16 MB, or of as many as the test asks for."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a disk of its own")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", f"size={getattr(request, 'param', 16)}m", "callcenter-test", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.ci
def test_a_full_disk_is_unavailable_and_recovers_without_loss_when_space_returns(small_disk: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(small_disk / "x.db"), limits=QUICK) as service:
            before, failed = await pour(service, "a", 100)
            assert not failed
            room = os.statvfs(small_disk)
            (small_disk / "filler").write_bytes(b"x" * (room.f_bavail * room.f_bsize - 500_000))
            during, failed = await pour(service, "b")
            assert failed, "the disk never filled"
            for _ in range(20):  # it tries again and again, and stays unavailable
                with pytest.raises(Unavailable):
                    await service.tell(AdmitCall(CallId("never"), "sales"))
                await asyncio.sleep(0.01)
            (small_disk / "filler").unlink()
            await well_again(service)
            after, failed = await pour(service, "c", 100)
            assert not failed
            await nothing_is_lost(service, [*before, *during, *after])
            print(f"answered {len(before)} + {len(during)} + {len(after)}, lost 0")

    live(work)


@pytest.mark.ci
def test_a_file_made_read_only_is_unavailable_and_recovers_without_loss(small_disk: Path):
    def spoil(store: Store) -> None:
        store.connection.execute("PRAGMA query_only = ON")

    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(small_disk / "x.db"), limits=QUICK) as service:
            before, _ = await pour(service, "a", 100)
            mount("--bind", str(small_disk), str(small_disk))
            mount("-o", "remount,bind,ro", str(small_disk))
            try:
                await service.commits.run(spoil)  # a file that is open stays so: what follows finds it read-only
                during, failed = await pour(service, "b")
                assert failed
                for _ in range(20):
                    with pytest.raises(Unavailable):
                        await service.tell(AdmitCall(CallId("never"), "sales"))
                    await asyncio.sleep(0.01)
                assert "read" in service.problems()[0] or "open" in service.problems()[0]
            finally:
                subprocess.run(["umount", "--lazy", str(small_disk)], check=True)
            await well_again(service)
            after, failed = await pour(service, "c", 100)
            assert not failed
            await nothing_is_lost(service, [*before, *during, *after])

    live(work)
