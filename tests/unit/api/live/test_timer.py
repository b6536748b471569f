"""The one timer, on the loop that the service runs on and on Python's own."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from api.live.timer import Timer

LOOPS: tuple[Callable[[], asyncio.AbstractEventLoop], ...] = (asyncio.new_event_loop, uvloop.new_event_loop)


@pytest.mark.parametrize("loop", LOOPS, ids=("asyncio", "uvloop"))
def test_it_rings_at_the_earliest_wish_though_that_is_now(loop):
    """Found by driving a service at twenty times life: uvloop's handle for "now" has no `when`."""

    async def ring() -> list[float]:
        rang: list[float] = []
        heard = asyncio.Event()
        running = asyncio.get_running_loop()

        def rings() -> None:
            rang.append(running.time())
            heard.set()

        timer = Timer(running, rings)
        timer.wish(60)
        timer.wish(0)
        timer.wish(0)
        timer.wish(-1)
        timer.wish(30)
        await asyncio.wait_for(heard.wait(), 5)
        return rang

    with asyncio.Runner(loop_factory=loop) as runner:
        assert len(runner.run(ring())) == 1
