"""What calls of the board are called in telephony systems, after a start that reads their names."""

import pytest

from api.state.board import Board
from callcenter import events as ev
from callcenter.ids import CallId, ContactId
from callcenter.units import Millis


def board_of(*call_ids: str) -> Board:
    board = Board()
    for seq, call_id in enumerate(call_ids, 1):
        contact, at = ContactId(call_id.partition("/s")[0]), Millis(seq)
        board.fold([ev.CallQueued(at, seq, CallId(call_id), contact, "sales", "vip", 1, at, None)])
    return board


@pytest.mark.parametrize("segments", [1, 2, 3])
def test_every_segment_has_the_name_or_a_reconcile_would_never_end_the_first(segments: int):
    ids = ["c1", *(f"c1/s{n}" for n in range(2, segments + 1))]
    board = board_of("c0", *ids, "c2")
    board.name([("pbx", "x1", "c1"), ("trunk", "x2", "c2")])
    assert [(line.source, line.external_id) for line in board.segments("c1")] == [("pbx", "x1")] * segments
    told = {line.id: line.source for line in board.in_hand()}
    assert told == {"c0": None, "c2": "trunk"} | dict.fromkeys(ids, "pbx")


def test_the_newest_name_is_the_one_that_is_shown():
    board = board_of("c1", "c1/s2")
    board.name([("pbx", "x1", "c1"), ("pbx", "alias", "c1")])
    assert {line.external_id for line in board.in_hand()} == {"alias"}
