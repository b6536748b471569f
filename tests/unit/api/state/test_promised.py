"""Whose promises are open: found at once by customer, and never other than by a look at all tasks."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.overlay import Overlay
from api.state.board import Board
from api.state.records import TaskLine
from callcenter import events as ev
from callcenter.events import Event
from callcenter.ids import CustomerKey, TaskId
from callcenter.units import Millis

STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.none() | st.sampled_from(["ann", "bob"])), max_size=25)


def told(steps: list[tuple[bool, int, str | None]]) -> Iterator[Event]:
    """Yield a life of tasks: each is scheduled once, and may be called off once or, by a late report, twice."""
    there: set[int] = set()
    for seq, (ends, n, customer) in enumerate(steps, 1):
        task, at = TaskId(f"t{n}"), Millis(seq)
        if ends:
            yield ev.TaskCancelled(at, seq, task, "callback", "q", "vip", "done")
        elif n not in there:
            there.add(n)
            key = None if customer is None else CustomerKey(customer)
            yield ev.TaskScheduled(at, seq, task, "callback", "q", "vip", key, at, at, None, False)


def by_a_look_at_all(board: Board) -> dict[str, tuple[str, ...]]:
    """Return each customer's open tasks as the tasks themselves say it."""
    found: dict[str, tuple[str, ...]] = {}
    for task in board.tasks.values():
        if task.ended_at is None and task.customer is not None:
            found[task.customer] = (*found.get(task.customer, ()), task.id)
    return found


def unended(board: Board) -> list[TaskLine]:
    """Return the tasks that say that they have not ended."""
    return [task for task in board.tasks.values() if task.ended_at is None]


@given(STEPS, st.integers(0, 25))
@settings(max_examples=100, deadline=None)
def test_who_is_promised_a_call_is_what_all_tasks_say_in_transactions_and_after_a_restart_too(
    steps: list[tuple[bool, int, str | None]], durable: int
):
    events = [*told(steps)]
    board = Board()
    board.fold(events[:durable])
    before = dict(board.promised)
    assert before == by_a_look_at_all(board)
    assert board.open_tasks() == unended(board)

    ahead = Overlay(board, events[durable:])
    assert dict(ahead.promised.items()) == by_a_look_at_all(ahead)
    assert ahead.open_tasks() == unended(ahead)
    assert board.promised == before, "what is not durable yet changes nothing for others"

    again = Board()
    again.go_on(board.state())
    assert again.promised == before
    assert again.open_tasks() == unended(again)
