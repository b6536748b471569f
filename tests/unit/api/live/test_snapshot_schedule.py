"""When snapshots are made beside the service: the first time it is asked, and one at a time."""

import asyncio

import pytest

from api.live.snapshot_schedule import Snapshots
from api.store.errors import StoreFailed

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_child_is_asked_for_one_at_once_and_never_two_at_a_time(monkeypatch: pytest.MonkeyPatch):
    """A planted fault: none was ever asked."""
    asked, over = list[str](), asyncio.Event()

    async def beside(address: str):
        asked.append(address)
        await over.wait()
        raise StoreFailed("no snapshot: the test ends it")

    monkeypatch.setattr("api.live.snapshot_schedule.snapshot_beside", beside)
    snapshots = Snapshots("x.sqlite3", 10, 100)
    for _ in range(3):
        snapshots.make_beside(1, lambda row: None)
        await asyncio.sleep(0)
    one = list(asked)
    over.set()
    while snapshots._beside is not None and not snapshots._beside.done():
        await asyncio.sleep(0)
    snapshots.make_beside(2, lambda row: None)
    await asyncio.sleep(0)
    await snapshots.close()

    assert one == ["x.sqlite3"]
    assert len(asked) == 2
