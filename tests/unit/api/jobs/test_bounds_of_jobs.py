"""How many jobs run, wait and are kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.auth.keys import Access
from api.errors import Conflict
from api.jobs import jobs as module
from api.jobs import trials
from api.jobs.jobs import Job, Jobs, Turns
from api.jobs.trials import Trials

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_so_many_run_at_once_and_one_of_each_key():
    turns, running, go = Turns(2), [], {name: asyncio.Event() for name in ("a1", "a2", "b1", "c1")}

    async def job(name: str) -> None:
        async with turns.turn(name[0]):
            running.append(name)
            await go[name].wait()
            running.remove(name)

    tasks = [asyncio.create_task(job(name)) for name in go]
    await settle()
    assert running == ["a1", "b1"], "the second of a key waits for the first, the third key for a place"
    go["a1"].set()
    await settle()
    assert running == ["b1", "a2"]
    go["b1"].set()
    await settle()
    assert running == ["a2", "c1"]
    for event in go.values():
        event.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize(("kept", "results", "left"), [(3, 1_000, "cde"), (99, 25, "de"), (99, 5, "e")])
async def test_the_oldest_results_go_beyond_what_is_kept(
    kept: int, results: int, left: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MOST_KEPT", kept)
    monkeypatch.setattr(module, "MOST_RESULTS", results)
    jobs = Jobs(cast(Access, None), 2, 60, 1)
    for name in "abcde":
        task = asyncio.create_task(asyncio.sleep(0))
        await task
        jobs.jobs[name] = Job(name, "simulation", {}, 0, cast(Any, None), "done", result="x" * 10, task=cast(Any, task))
    jobs._forget()

    assert "".join(jobs.jobs) == left


class Warm:
    """Children that answer at once, or never."""

    def __init__(self) -> None:
        self.open: list[dict[str, Any]] = []
        self.stuck = False

    @asynccontextmanager
    async def child(self) -> AsyncIterator[Any]:
        base: dict[str, Any] = {}

        async def ask(wish: dict[str, Any]) -> None:
            base.update(wish)

        self.open.append(base)
        try:
            yield SimpleNamespace(ask=ask)
        finally:
            self.open.remove(base)

    async def answer(self, child: Any) -> str:
        if self.stuck:
            await asyncio.Event().wait()
        return "{}"


async def test_what_was_tried_longest_ago_makes_room_and_nobody_has_all_of_it(monkeypatch: pytest.MonkeyPatch):
    time = iter(range(1_000))
    monkeypatch.setattr(trials, "_now", lambda: float(next(time)))
    monkeypatch.setattr(trials, "MOST_OPEN", 3)
    warm = Warm()
    tried = Trials(cast(Any, SimpleNamespace(warm=warm, answer=warm.answer)), Access())
    one, other = SimpleNamespace(id="one"), SimpleNamespace(id="other")
    monkeypatch.setattr(Access, "while_in_force", lambda self, key: nullcontext())

    for key, base in ((one, 1), (one, 2), (one, 3), (other, 4), (other, 5)):
        await tried.tried(cast(Any, key), {"base": base}, {})
    assert [child["base"] for child in warm.open] == [3, 4, 5], "two of a key, three in all"
    warm.stuck = True
    waiting = [asyncio.create_task(tried.tried(cast(Any, other), {"base": base}, {})) for base in (4, 5)]
    await settle()
    with pytest.raises(Conflict, match="wait for an answer"):
        await tried.tried(cast(Any, other), {"base": 6}, {})
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await tried.stop()
    assert warm.open == []
