"""State stored at event k, and folded on from there, is the state that was folded from everything."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.state import ended_calls as ended
from api.state.board import Board
from api.state.projections import Projections
from api.store import objects
from callcenter import commands as cmd
from callcenter.centre import Centre, Group, Queue
from callcenter.config import load_scenario
from callcenter.errors import BadInput
from callcenter.ids import CallId
from callcenter.lifecycle.half_hours import Book
from callcenter.tiers import Tier
from callcenter.units import SECOND, Millis
from routing.engine import RoutingEngine
from sim.run.driver import Day

DAYS = ("first-steps", "telecom-hotline", "flash-callback")


@cache
def day(name: str) -> Day:
    fewer = [] if name == "first-steps" else ["arrivals.*.calls_per_day*=0.05"]
    found = Day(load_scenario(name, fewer), 0, keep_journal=True).run()
    assert len(found.history) > 100
    return found


def plain(thing: Any) -> Any:
    """Return plain data of any state, to compare."""
    if isinstance(thing, Mapping):
        return [(plain(key), plain(value)) for key, value in thing.items()]
    if isinstance(thing, str | int | float | bytes | None):
        return thing
    if hasattr(thing, "__dict__"):
        usual = type(thing)  # what is as in most is not written
        own = {name: value for name, value in vars(thing).items() if value != getattr(usual, name, thing)}
        return sorted((name, plain(value)) for name, value in own.items())
    if slots := getattr(thing, "__slots__", None):
        return [(name, plain(getattr(thing, name))) for name in sorted(slots)]
    return [plain(one) for one in thing]


def state(found: Projections) -> Any:
    board = found.board.state()
    lines = sorted(found.board.calls.values(), key=lambda line: line.id)
    # A day is promised; when after that a call is forgotten depends on who asked about it last.
    lately = found.at - ended.KEPT_MS
    board["calls"] = {line.id: line for line in lines if line.ended_at is None or line.ended_at >= lately}
    board["newest"] = {call: newest for call, newest in found.board.newest.items() if newest in board["calls"]}
    return plain([found.at, board, found.counting.state(), found.contacts.state()])


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(DAYS), st.floats(0, 1), st.integers(1, 400))
def test_it_goes_on_from_any_event_as_if_it_had_never_stopped(name: str, share: float, step: int):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ended, "AS_LINES", 20)  # most calls that ended are packed
        told = day(name)
        history, centre = told.history, told.scenario.centre
        k = round(share * len(history))
        whole, part = Projections(centre), Projections(centre)
        whole.fold(history, centre)
        for at in range(0, k, step):
            part.fold(history[at : min(at + step, k)], centre)
        part = Projections.of(part.saved(), centre)
        assert part.seq == k
        part.fold(history[max(0, k - 7) :], centre)  # what is known already is passed over

    assert state(part) == state(whole)
    assert plain(dict(part.counting.readings(told.now))) == plain(dict(whole.counting.readings(told.now)))
    assert plain(part.contacts.counts(told.now)) == plain(whole.contacts.counts(told.now))
    assert json.loads(part.counts()) == json.loads(whole.counts())


@settings(max_examples=6, deadline=None)
@given(st.sampled_from(DAYS), st.floats(0, 1))
def test_the_days_book_goes_on_from_any_event_to_the_last_call(name: str, share: float):
    told = day(name)
    k = round(share * len(told.history))
    whole, part, rest = (Book(told.scenario.centre) for _ in range(3))
    whole.fold(told.history)
    part.fold(told.history[:k])
    rest.go_on(part.seq, json.loads(json.dumps(part.saved())))
    rest.fold(told.history[k:])
    cells = dict(part.cells)
    for key, sums in rest.cells.items():
        there = cells.setdefault(key, type(sums)(int))
        for figure, n in sums.items():
            there[figure] = max(there[figure], n) if figure == "wait_max_ms" else there[figure] + n

    assert {key: {f: n for f, n in sums.items() if n} for key, sums in cells.items()} == {
        key: {f: n for f, n in sums.items() if n} for key, sums in whole.cells.items()
    }
    assert part.contacts + rest.contacts == whole.contacts


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(DAYS), st.floats(0, 1), st.floats(0, 1))
def test_the_days_book_is_the_same_whoever_else_keeps_the_calls_and_however_far_ahead(
    name: str, share: float, on: float
):
    told = day(name)
    k = round(share * len(told.history))
    ahead = k + round(on * (len(told.history) - k))
    board = Board()
    alone, beside, again = (Book(told.scenario.centre) for _ in range(3))
    board.fold(told.history[:ahead])
    alone.fold(told.history[:k])
    beside.fold(told.history[:k], board.lines())
    assert beside.saved() == alone.saved()
    again.go_on(k, json.loads(json.dumps(beside.saved())), board.lines())
    again.fold(told.history[k:], board.lines())
    board.fold(told.history)
    beside.fold(told.history[k:], board.lines())
    alone.fold(told.history[k:])
    assert (beside.cells, beside.contacts, beside.saved()) == (alone.cells, alone.contacts, alone.saved())
    assert again.saved() == alone.saved()


def test_the_days_book_keeps_the_tier_that_a_call_came_with_though_the_board_has_another():
    centre = Centre("test", (Queue("q"),), (Group("desk"),), (Tier("gold", 1), Tier("standard", 3)))
    engine, board, book = RoutingEngine(centre), Board(), Book(centre)
    c1 = CallId("c1")
    told = (cmd.AdmitCall(c1, "q", tier="standard"), cmd.ReprioritiseCall(c1, "gold"), cmd.AbandonCall(c1))
    for second, command in enumerate(told):
        engine.handle(command, now=Millis(second * SECOND))
        events = engine.take_events()
        board.fold(events)
        book.fold(events, board.lines())
    assert board.calls["c1"].tier == "gold"
    assert {tier for _, _, tier, _ in book.cells} == {"standard"}


class Stranger:
    """Not one of the classes that are read."""


@pytest.mark.parametrize("thing", [Stranger(), print, Board, [eval], BadInput("x")])
def test_nothing_but_our_own_plain_state_is_read(thing: object):
    with pytest.raises(BadInput, match="none of the classes that are read"):
        objects.read(objects.written(thing))


@pytest.mark.parametrize("body", [b"", b"nonsense", objects.written({"at": 1})[:-3], objects.written([1, 2])])
def test_what_is_damaged_is_no_projection(body: bytes):
    with pytest.raises(BadInput):
        Projections.of(body, day("first-steps").scenario.centre)
