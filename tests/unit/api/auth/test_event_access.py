"""Which events a telephony system's key hears."""

import asyncio
from typing import Any

from api.auth.event_access import EventAccess
from api.auth.keys import Key
from api.state.board import Board
from callcenter import events as ev
from callcenter.events import Event
from callcenter.ids import AgentId, CallId, ContactId, TaskId
from callcenter.units import Millis


class Forgotten:
    """A store in which some calls have a source, as they were posted."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.sources = sources
        self.reads = 0

    async def read(self, work: object, *, apart: bool = False) -> Any:
        self.reads += 1
        return self.sources


def queued(seq: int, call: str) -> Event:
    return ev.CallQueued(Millis(seq), seq, CallId(call), ContactId(call), "q", "vip", 0, 0, None)


def promised(seq: int, task: str) -> Event:
    return ev.TaskScheduled(
        Millis(seq), seq, TaskId(task), "callback", "q", "vip", None, Millis(9), Millis(9), None, False
    )


def heard(events: list[Event], sources: dict[str, str], board: Board) -> list[int]:
    key = Key("k", "", frozenset({"telephony"}), sources=frozenset({"pbx"}))
    listener = EventAccess(board, Forgotten(sources), key)  # type: ignore[arg-type]  # no more of a store is used
    return [event.seq for event in asyncio.run(listener.of(events))]


def test_a_key_hears_its_own_sources_calls_nobodys_tasks_and_what_is_of_no_call():
    board = Board()
    board.fold([task := promised(1, "t1")])
    events = [
        task, queued(2, "mine"), queued(3, "theirs"), promised(4, "theirs/cb"),
        ev.AgentLoggedIn(Millis(5), 5, AgentId("ana"), "desk"),
    ]  # fmt: skip

    assert heard(events, {"mine": "pbx", "theirs": "trunk"}, board) == [1, 2, 5]


def test_a_call_of_which_nobody_knows_the_source_is_heard_by_no_bound_key():
    assert heard([queued(1, "lost")], {}, Board()) == []
