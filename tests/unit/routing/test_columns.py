"""Rows as columns: what goes in comes out, in its order, with its kinds."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.clock import HandClock
from api.store.rows import SnapshotRow, packed
from callcenter import commands as cmd
from callcenter.centre import Centre, Group, Queue
from callcenter.ids import CallId
from callcenter.units import Millis
from routing.columns import Rows, columns_of
from routing.engine import RoutingEngine

VALUES = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b"]) | st.just([["spanish", 1]])
ROWS = st.lists(st.dictionaries(st.sampled_from(["id", "queue", "held", "needs"]), VALUES), max_size=6)


def exactly(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows so that 1 and True differ, as they do in JSON."""
    return [repr(sorted(row.items())) for row in rows]


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_rows_come_back_as_they_were(rows: list[dict[str, Any]]):
    found = Rows(columns_of(rows))
    assert exactly([*found]) == exactly(rows)
    assert exactly([found[n] for n in range(len(found))]) == exactly(rows)
    assert exactly(found[1:]) == exactly(rows[1:])


def test_an_engine_is_the_same_after_its_snapshot_was_bytes():
    centre = Centre("x", (Queue("q"), Queue("r")), (Group("g"),))
    engine, clock = RoutingEngine(centre), HandClock(5)
    for n in range(7):
        clock.move(10)
        engine.handle(cmd.AdmitCall(CallId(f"c{n}"), "qr"[n % 2], ("vip", "mid")[n % 2]), now=clock.now())
    plain = engine.snapshot()
    row = SnapshotRow(1, Millis(0), 1, 1, packed(plain))
    assert RoutingEngine.restore(centre, row.plain).snapshot() == plain
    assert "version" not in row.plain or [*row.plain["calls"]] == plain["calls"]
