"""The live engine: durable before it answers, on its own when nobody asks, the same after a restart."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.errors import FellBehind, Unavailable, UniqueConflict
from api.live.clock import HandClock
from api.live.dispatcher import Dispatcher
from api.live.protocol import Limits
from api.store.changes import Row, Told
from api.store.codec import write_line
from api.store.errors import BadJournal
from callcenter.centre import Centre, Group, Queue
from callcenter.commands import AbandonCall, AcceptOffer, AdmitCall, EndCall, LogIn
from callcenter.config.load import load_scenario
from callcenter.errors import BadInput
from callcenter.events import Event
from callcenter.ids import AgentId, CallId, OfferId
from callcenter.scenario import Scenario
from routing.engine import RoutingEngine
from routing.replay import replay
from sim.run.driver import Day, centre_of

CENTRE = Centre("demo", (Queue("sales"),), (Group("desk"),))
BEGIN = 1_700_000_000_000
PATIENCE_S = 20.0


def live(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), PATIENCE_S * 3))


def admit(name: str) -> AdmitCall:
    return AdmitCall(CallId(name), "sales")


def key(name: str, call: str | None = None) -> Row:
    return Row("natural_keys", {"source": "pbx", "external_call_id": name, "call_id": call or name, "at": 1})


def kinds(events: list[Event] | tuple[Event, ...]) -> list[str]:
    return [type(event).__name__ for event in events]


async def until(live: Dispatcher, wanted: str) -> Event:
    """Wait, for a while at most, until an event of this kind is published."""
    async with asyncio.timeout(PATIENCE_S):
        async for event in live.stream(0):
            if type(event).__name__ == wanted:
                return event
    raise AssertionError


def stored(path: Path, question: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def test_an_answer_is_durable(tmp_path: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            told = await service.tell(admit("c1"), [key("e1", "c1")])

            assert kinds(told.events) == ["CallQueued"]
            assert stored(tmp_path / "x.db", "SELECT seq, type FROM events") == [(1, "CallQueued")]
            assert stored(tmp_path / "x.db", "SELECT call_id FROM natural_keys") == [("c1",)]
            assert service.problems() == []

    live(work)


def test_a_refused_command_is_journaled_and_leaves_no_rows(tmp_path: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            told = await service.tell(AbandonCall(CallId("nobody")), [key("e1")])

            assert told.refusal is not None
            assert stored(tmp_path / "x.db", "SELECT refused FROM commands WHERE n = 2") == [("unknown_call",)]
            assert await service.find("natural_keys") == []
            await service.tell(admit("c1"), [key("e1")])  # the key was given back

    live(work)


def test_rows_can_be_made_of_what_came_of_the_command(tmp_path: Path):
    def rows(told: Told) -> list[Row]:
        body = "no" if told.refusal is not None else ",".join(kinds(told.events))
        return [
            Row(
                "idempotency_keys",
                {"principal": "p", "key": body, "request_hash": "h", "status": 201, "body": body, "at": told.now},
            )
        ]

    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            await service.tell(admit("c1"), rows)
            await service.tell(admit("c1"), rows)

            found = await service.find("idempotency_keys", {"principal": "p"}, order="key")
            assert [row["body"] for row in found] == ["CallQueued", "no"]

    live(work)


def test_of_two_posts_of_one_call_at_the_same_moment_one_wins_before_the_engine_is_told(tmp_path: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            both = await asyncio.gather(
                service.tell(admit("c1"), [key("e")]), service.tell(admit("c2"), [key("e")]), return_exceptions=True
            )

            assert isinstance(both[0], Told)
            assert isinstance(both[1], UniqueConflict)
            assert both[1].values["call_id"] == "e"
            assert stored(tmp_path / "x.db", "SELECT count(*) FROM commands") == [(2,)]

    live(work)


def test_a_key_of_long_ago_costs_only_its_own_row(tmp_path: Path):
    """The database has the last word, and those in the same transaction are none the worse."""

    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            await service.tell(admit("c1"), [key("e1")])
            service._journaled.keys.clear()
            late, other = await asyncio.gather(
                service.tell(admit("c2"), [key("e1")]), service.tell(admit("c3"), [key("e3")]), return_exceptions=True
            )

            assert isinstance(late, UniqueConflict)
            assert isinstance(other, Told)
            assert service.problems() == []
            assert stored(tmp_path / "x.db", "SELECT count(*) FROM commands") == [(4,)]

    live(work)


def test_time_passes_without_any_request(tmp_path: Path):
    centre = replace(CENTRE, queues=(Queue("sales", max_wait=60),))

    async def work() -> None:
        async with Dispatcher.open(centre, str(tmp_path / "x.db")) as service:
            await service.tell(admit("c1"))
            gone = await until(service, "CallRejected")

            assert stored(tmp_path / "x.db", f"SELECT at FROM events WHERE seq = {gone.seq}") == [(gone.at,)]

    live(work)


def test_a_restart_resumes_and_the_counters_go_on(tmp_path: Path):
    clock = HandClock(BEGIN)

    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), clock=clock) as service:
            await service.tell(LogIn(AgentId("ana"), "desk"))
            await service.tell(admit("c1"))
            await service.tell(admit("c2"))
            before = service.last_seq
        clock.move(60_000)
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), clock=clock) as service:
            after = await service.events_after(before, 100)

            assert kinds(after) == ["ServiceResumed", "OfferEnded", "CallOffered"]
            assert [event.seq for event in after] == [before + 1, before + 2, before + 3]
            told = await service.tell(AcceptOffer(OfferId("c1/o2")))
            assert told.events[-1].queued_at == BEGIN  # type: ignore[attr-defined]

    live(work)


@pytest.mark.parametrize("snapshot_every", [7, 1_000_000])
def test_with_and_without_snapshots_a_crash_resumes_alike(tmp_path: Path, snapshot_every: int):
    async def work() -> None:
        clock = HandClock(BEGIN)
        limits = Limits(snapshot_every=snapshot_every)
        path = str(tmp_path / "x.db")
        async with Dispatcher.open(CENTRE, path, clock=clock, limits=limits) as service:
            await service.tell(LogIn(AgentId("ana"), "desk"))
            for n in range(40):
                clock.move(1_000)
                await service.tell(admit(f"c{n}"))
            expected = service.engine.snapshot()
            service._last_words = lambda: None  # type: ignore[method-assign]  # as if killed
        async with Dispatcher.open(CENTRE, path, clock=clock, limits=limits) as service:
            assert [call["id"] for call in service.engine.snapshot()["calls"]] == [
                call["id"] for call in expected["calls"]
            ]
            assert (await service.events_after(0, 1_000))[-1].seq == service.last_seq

    live(work)


def test_a_start_on_a_slow_disk_is_begun_once(tmp_path: Path):
    """The timer woke before the first commit was there, and began a second recovery beside the first."""

    async def work() -> None:
        for lap in range(1, 6):
            async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), limits=Limits(tick_ms=1)) as service:
                assert (service.ownership.epoch, service.recoveries) == (lap, 0)
                assert kinds(await service.events_after(0, 100)).count("ServiceResumed") == lap - 1

    live(work)


def test_a_large_floor_is_copied_by_a_child_and_the_restart_begins_there(tmp_path: Path):
    async def work() -> None:
        path, limits = tmp_path / "x.db", Limits(snapshot_every=5, snapshot_here=0)
        async with Dispatcher.open(CENTRE, str(path), limits=limits) as service:
            for n in range(6):
                await service.tell(admit(f"c{n}"))
            async with asyncio.timeout(PATIENCE_S):
                while not stored(path, "SELECT n FROM snapshots"):
                    await asyncio.sleep(0.01)
            await service.tell(admit("later"))
            service._last_words = lambda: None  # type: ignore[method-assign]  # as if killed
        ((at,),) = stored(path, "SELECT n FROM snapshots")
        assert 5 <= at <= 7
        connection = sqlite3.connect(path)  # what is before the snapshot is not needed
        connection.execute("UPDATE commands SET body = '' WHERE n BETWEEN 2 AND 4")
        connection.commit()
        connection.close()
        async with Dispatcher.open(CENTRE, str(path), limits=limits) as service:
            assert len(service.engine.snapshot()["calls"]) == 7

    live(work)


def test_another_centre_is_adopted_at_the_start(tmp_path: Path):
    wider = Centre("wider", (Queue("sales"), Queue("support")), (Group("desk"),))

    async def work() -> None:
        path = str(tmp_path / "x.db")
        async with Dispatcher.open(CENTRE, path) as service:
            await service.tell(admit("c1"))
        async with Dispatcher.open(wider, path) as service:
            assert service.engine.centre.name == "wider"
            await service.tell(AdmitCall(CallId("c2"), "support"))
        async with Dispatcher.open(wider, path) as service:
            assert kinds(await service.events_after(0, 100)).count("CentreAdopted") == 1

    live(work)


def test_a_centre_without_a_place_for_a_live_call_is_refused(tmp_path: Path):
    async def work() -> None:
        path = str(tmp_path / "x.db")
        async with Dispatcher.open(CENTRE, path) as service:
            await service.tell(admit("c1"))
        with pytest.raises(BadJournal, match="which c1 is in: keep it until what is there has ended"):
            async with Dispatcher.open(Centre("other", (Queue("billing"),), (Group("desk"),)), path):
                pass
        async with Dispatcher.open(CENTRE, path) as service:
            await service.tell(AbandonCall(CallId("c1")))

    live(work)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_text_that_cannot_be_kept_is_refused_before_anything_is_done(tmp_path: Path, text: str):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            with pytest.raises(BadInput):
                await service.tell(admit(text))
            assert (await service.tell(admit("c1"))).refusal is None

    live(work)


def test_a_stream_begins_in_the_past_and_goes_on(tmp_path: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            for n in range(5):
                await service.tell(admit(f"c{n}"))
            seen: list[int] = []

            async def read() -> None:
                async for event in service.stream(2):
                    seen.append(event.seq)
                    if event.seq == 7:
                        return

            async with asyncio.TaskGroup() as group:
                group.create_task(read())
                await asyncio.sleep(0)
                await service.tell(admit("c5"))
                await service.tell(admit("c6"))
            assert seen == [3, 4, 5, 6, 7]

    live(work)


def test_a_reader_who_falls_far_behind_is_cut_off(tmp_path: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            service.commits.listeners.__init__(remembered=4)  # type: ignore[misc]
            stream = service.stream(0)
            first = asyncio.ensure_future(anext(stream))
            await service.tell(admit("c0"))
            assert (await first).seq == 1
            second = asyncio.ensure_future(anext(stream))
            await service.tell(admit("c1"))
            assert (await second).seq == 2
            for n in range(2, 12):
                await service.tell(admit(f"c{n}"))
            with pytest.raises(FellBehind):
                await anext(stream)
            assert [event.seq for event in await service.events_after(2, 3)] == [3, 4, 5]

    live(work)


def test_when_too_much_waits_to_be_durable_commands_are_turned_away(tmp_path: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), limits=Limits(backlog=10)) as service:
            await service.settled()
            came = await asyncio.gather(*(service.tell(admit(f"c{n}")) for n in range(50)), return_exceptions=True)

            told = [one for one in came if isinstance(one, Told)]
            turned_away = [one for one in came if isinstance(one, Unavailable)]
            assert len(told) + len(turned_away) == 50
            assert len(told) <= 10
            assert turned_away[0].retry_after_s >= 1
            assert stored(tmp_path / "x.db", "SELECT last_n FROM shard") == [(1 + len(told),)]
            await service.tell(admit("later"))

    live(work)


def test_a_caller_who_goes_away_takes_nothing_along(tmp_path: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            gone = asyncio.ensure_future(service.tell(admit("c1")))
            await asyncio.sleep(0)
            gone.cancel()
            with suppress(asyncio.CancelledError):
                await gone
            await service.settled()

            assert kinds(await service.events_after(0, 10)) == ["CallQueued"]
            await service.tell(admit("c2"))

    live(work)


def test_a_fault_of_ours_is_a_crash_and_the_journal_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), limits=Limits(tick_ms=20)) as service:
            await service.tell(admit("c1"))
            with monkeypatch.context() as patch:

                def fall(_self: RoutingEngine) -> list[Event]:
                    raise AssertionError("we are wrong")

                patch.setattr(RoutingEngine, "take_events", fall)
                with pytest.raises(AssertionError):
                    await service.tell(admit("c2"))
            assert "AssertionError" in service.problems()[0]
            with pytest.raises(Unavailable):
                await service.tell(admit("c3"))
            await until(service, "ServiceResumed")
            async with asyncio.timeout(PATIENCE_S):
                while service.problems():
                    await asyncio.sleep(0)
            assert [call["id"] for call in service.engine.snapshot()["calls"]] == ["c1"]
            await service.tell(admit("c4"))

    live(work)


def test_an_engine_that_cannot_say_what_is_due_is_rebuilt_like_any_that_failed(tmp_path: Path, monkeypatch):
    """The timer is what has it rebuilt: it must not die of the same fault."""

    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), limits=Limits(tick_ms=20)) as service:
            await service.tell(admit("c1"))
            with monkeypatch.context() as patch:

                def fall(_self: RoutingEngine) -> None:
                    raise AssertionError("we are wrong")

                patch.setattr(RoutingEngine, "due_at", fall)
                async with asyncio.timeout(PATIENCE_S):
                    while not service.problems():
                        await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE_S):
                while service.problems():
                    await asyncio.sleep(0)
            await service.tell(admit("c2"))
            assert [call["id"] for call in service.engine.snapshot()["calls"]] == ["c1", "c2"]

    live(work)


def test_the_journal_is_begun_again_whatever_others_ask_of_the_database(tmp_path: Path):
    """Reads gather while a database hangs; whose the journal is was once asked behind all of them."""

    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), limits=Limits(tick_ms=20)) as service:
            await service.tell(admit("c1"))
            hangs = threading.Event()
            reads = asyncio.ensure_future(service.read(lambda _: hangs.wait(PATIENCE_S)))
            try:
                await service.commits.run(lambda store: store.connection.execute("PRAGMA query_only = ON"))
                with pytest.raises(Unavailable):
                    await service.tell(admit("c2"))
                async with asyncio.timeout(PATIENCE_S / 2):
                    while service.problems():
                        await asyncio.sleep(0.001)
                assert not reads.done()
            finally:
                hangs.set()
                await reads

    live(work)


def test_a_look_at_the_database_that_fails_in_a_new_way_is_not_the_last(tmp_path: Path, monkeypatch):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db"), limits=Limits(tick_ms=20)) as service:
            await service.tell(admit("c1"))
            looks = []

            async def look(*_: object) -> None:
                looks.append(True)
                if len(looks) < 4:
                    raise RuntimeError("can't start new thread")

            monkeypatch.setattr(service.ownership, "settled", look)
            service._break("a test")
            async with asyncio.timeout(PATIENCE_S):
                while service.problems():
                    await asyncio.sleep(0.001)
            assert len(looks) == 4

    live(work)


@pytest.fixture(scope="module")
def day() -> tuple[Scenario, Day]:
    scenario = load_scenario("first-steps")
    return scenario, Day(scenario, 0, keep_journal=True).run()


def test_a_simulated_day_lived_again_gives_the_same_events_byte_for_byte(tmp_path: Path, day: tuple[Scenario, Day]):
    scenario, simulated = day
    assert simulated.journal is not None
    centre = centre_of(scenario)

    async def work() -> None:
        # The simulator's engine is told nothing before the first command: nor does it see its queues open.
        clock = HandClock((simulated.journal or [])[0][0])
        path = str(tmp_path / "x.db")
        async with Dispatcher.open(centre, path, clock=clock, limits=Limits(backlog=10**9)) as service:
            waiting = []
            for at, command in simulated.journal or ():
                clock.move_to(at)
                waiting.append(asyncio.ensure_future(service.tell(command)))
                await asyncio.sleep(0)  # it is told now, and durable later
            await asyncio.gather(*waiting)
            clock.move_to(simulated.end)
            service.tick()
            await service.settled()
        lines = stored(tmp_path / "x.db", "SELECT body FROM events ORDER BY seq")
        assert [line for (line,) in lines] == [write_line(event) for event in simulated.history]

    live(work)
    _, again = replay(centre, simulated.journal, until=simulated.end)
    assert again == simulated.history


def test_offers_end_calls_end_and_nothing_stays_in_the_table_of_live_offers(tmp_path: Path):
    async def work() -> None:
        async with Dispatcher.open(CENTRE, str(tmp_path / "x.db")) as service:
            await service.tell(LogIn(AgentId("ana"), "desk"))
            await service.tell(admit("c1"))
            assert [row["agent_id"] for row in await service.find("live_offers")] == ["ana"]
            await service.tell(AcceptOffer(OfferId("c1/o1")))
            await service.tell(EndCall(CallId("c1")))
            assert await service.find("live_offers") == []

    live(work)
