"""PostgreSQL dies, or turns read-only: `Unavailable`, and recovery without loss when it is back."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from api.errors import Unavailable
from api.live.dispatcher import Dispatcher
from callcenter.commands import AdmitCall
from callcenter.ids import CallId
from tests import postgres
from tests.faults.test_disk import CENTRE, QUICK, live, nothing_is_lost, pour, well_again

pytestmark = pytest.mark.ci


def test_a_server_that_dies_costs_nothing_that_was_answered(server: postgres.Server):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, server.database("dies"), limits=QUICK) as service:
            before, _ = await pour(service, "a", 200)
            pouring = asyncio.ensure_future(pour(service, "b"))
            await asyncio.sleep(0.05)
            await asyncio.to_thread(server.stop, hard=True)
            during, failed = await pouring
            assert failed
            with pytest.raises(Unavailable):
                await service.tell(AdmitCall(CallId("never"), "sales"))
            await asyncio.to_thread(server.start)
            await well_again(service)
            after, failed = await pour(service, "c", 50)
            assert not failed
            await nothing_is_lost(service, [*before, *during, *after])

    live(work)


def test_a_server_made_read_only_is_unavailable_until_it_is_not(server: postgres.Server):
    async def work() -> None:
        address = server.database("reads")

        def set_read_only(word: str) -> None:
            with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
                connection.execute("SET default_transaction_read_only TO off")
                connection.execute(f"ALTER SYSTEM SET default_transaction_read_only TO {word}")
                connection.execute("SELECT pg_reload_conf()")

        async with Dispatcher.open(CENTRE, address, limits=QUICK) as service:
            before, _ = await pour(service, "a", 50)
            set_read_only("on")
            during, failed = await pour(service, "b")
            assert failed
            assert "read-only" in service.problems()[0]
            set_read_only("off")
            await well_again(service)
            after, failed = await pour(service, "c", 50)
            assert not failed
            await nothing_is_lost(service, [*before, *during, *after])

    live(work)


def test_an_owner_who_was_cut_off_and_replaced_is_refused(server: postgres.Server, tmp_path: Path):
    async def work() -> None:
        address = server.database("fenced")
        async with Dispatcher.open(CENTRE, address, limits=QUICK) as first:
            await pour(first, "a", 20)
            first._beginning = True  # it has not noticed yet
            with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fenced'")
            async with Dispatcher.open(CENTRE, address, limits=QUICK) as second:
                with pytest.raises(Unavailable):
                    await first.tell(AdmitCall(CallId("stale"), "sales"))
                first._beginning = False
                async with asyncio.timeout(30):
                    while "another service" not in first.problems()[0]:
                        await asyncio.sleep(0.01)
                found, _ = await pour(second, "b", 20)
                await nothing_is_lost(second, found)

    live(work)
