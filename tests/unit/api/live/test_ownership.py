"""Whose the journal is: a look tells a service that still owns it from one that was replaced."""

import asyncio

import pytest

from api.errors import Unavailable
from api.live.ownership import Ownership


async def looked(epoch_in_database: int) -> tuple[Ownership, list[str]]:
    """Return an owner of epoch 3 after it has looked, and whether it said that it lost the journal."""

    async def read_epoch() -> int:
        return epoch_in_database

    ownership, lost = Ownership("here", read_epoch), list[str]()
    ownership.epoch = 3
    await ownership.settled(lambda: lost.append("lost"))
    return ownership, lost


def test_a_service_whose_epoch_stands_in_the_database_goes_on():
    ownership, lost = asyncio.run(looked(3))
    asyncio.run(ownership.see_that_ours())

    assert (ownership.replaced, lost) == (False, [])


def test_a_service_that_another_has_replaced_says_so_and_serves_nobody():
    ownership, lost = asyncio.run(looked(4))

    assert (ownership.replaced, lost) == (True, ["lost"])
    with pytest.raises(Unavailable, match="another service has the journal"):
        asyncio.run(ownership.see_that_ours())
