"""One timer cuts off everybody's work that takes too long, and only that."""

import asyncio

import pytest

from api.http.time_limits import TimeLimits

pytestmark = pytest.mark.anyio
LONG_S = 3_600.0


async def test_work_that_hangs_is_cut_off():
    limits = TimeLimits()
    with pytest.raises(TimeoutError), limits.of(0.0):
        await asyncio.Event().wait()
    assert asyncio.current_task().cancelling() == 0, "whoever catches that goes on as if nothing had been"


async def test_work_that_is_done_is_left_alone_though_its_time_ends_later():
    limits = TimeLimits()
    with limits.of(0.0):
        done = 1
    await asyncio.sleep(0.001)  # a timer that was due has rung by now
    assert done == 1


async def test_of_two_the_one_that_hangs_is_cut_off_and_the_other_ends_by_itself():
    limits, go_on = TimeLimits(), asyncio.Event()

    async def waits(limit_s: float) -> str:
        with limits.of(limit_s):
            await go_on.wait()
        return "done"

    hangs, ends = asyncio.create_task(waits(0.0)), asyncio.create_task(waits(LONG_S))
    await asyncio.wait([hangs])
    go_on.set()
    assert isinstance(hangs.exception(), TimeoutError)
    assert await ends == "done"


async def test_whoever_cancels_the_task_is_obeyed_and_it_is_no_timeout():
    limits, begun = TimeLimits(), asyncio.Event()

    async def waits() -> None:
        with limits.of(LONG_S):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_fault_of_the_work_itself_is_not_taken_for_a_timeout():
    limits = TimeLimits()

    async def fails_when_it_is_cut_off() -> None:
        with limits.of(0.0):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise LookupError from None

    with pytest.raises(LookupError):
        await fails_when_it_is_cut_off()
    assert asyncio.current_task().cancelling() == 0
