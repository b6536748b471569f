"""The board as it will be: the same as the board once all is durable, and until then the board stays as it was."""

from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.overlay import Overlay
from api.state.board import Board
from callcenter.config import load_scenario
from callcenter.events import Event
from sim.run.driver import Day
from tests.unit.api.state.test_projections import plain

KEPT = ("calls", "newest", "offers", "agents", "tasks", "promised", "suspended")


@cache
def day() -> list[Event]:
    return [
        *Day(load_scenario("flash-callback", ["arrivals.*.calls_per_day*=0.05"]), 0, keep_journal=True).run().history
    ]


def said(board: Board) -> dict[str, Any]:
    return {name: sorted((key, plain(line)) for key, line in getattr(board, name).items()) for name in KEPT}


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.integers(1, 80))
def test_it_says_what_the_board_will_say_and_leaves_the_board_as_it_is(share: float, count: int):
    at = int(share * len(day()))
    board = Board()
    board.fold(day()[:at])
    before = said(board)

    ahead = Overlay(board, day()[at : at + count])
    foreseen = said(ahead)
    assert said(board) == before

    board.fold(day()[at : at + count])
    assert foreseen == said(board)
