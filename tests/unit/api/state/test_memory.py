"""What a waiting call takes in memory: in the engine, on the board, in the metrics and in the day's book together.

Told by `tracemalloc` in a process of its own: how much an object takes depends on what others of its kind were given.
"""

import subprocess
import sys
from typing import Final

WAITING: Final = 10_000
BYTES: Final = 770
"""Of each call that waits, its id included; 1,120 before they were shared, 1,310 after a gap."""
SPARE: Final = 30
"""Of each: what is made when it is first needed and has nothing to do with how many wait."""
MEASURED: Final = """
import sys, tracemalloc
from api.state.projections import Projections
from api.store.rows import SnapshotRow, packed
from callcenter import commands as cmd
from callcenter.centre import Centre, Group, Queue
from callcenter.ids import CallId, CustomerKey
from callcenter.lifecycle.half_hours import Book
from callcenter.units import Millis
from routing.engine import RoutingEngine

centre = Centre("c", (Queue("q"),), (Group("g"),))

def told(engine, projections, book):
    events = engine.take_events()
    projections.fold(events, centre)
    book.fold(events, projections.board.lines())

def lived(calls, name):
    engine, projections, book = RoutingEngine(centre), Projections(centre), Book(centre)
    for n in range(calls):
        now = Millis(1_790_000_000_000 + n * 40)
        engine.handle(cmd.AdmitCall(CallId(f"{name}-{n}"), "q", customer=CustomerKey(f"k{n // 10}")), now=now)
        told(engine, projections, book)
    return engine, projections, book, now

def size():
    return tracemalloc.get_traced_memory()[0]

calls = int(sys.argv[1])
warm = lived(100, "warm")
tracemalloc.start()
there = lived(calls, "call")
engine, projections, book, now = there
waits = size()
engine.handle(cmd.Resume(5_000), now=Millis(now + 5_000))
told(engine, projections, book)
body, saved = packed(engine.snapshot()), projections.saved()
projections.counting.calls.pass_thresholds(now + 60_000)
later = size() - len(body) - len(saved)
print(round(waits / calls), round(later / calls))
"""


def test_a_waiting_call_takes_no_more_than_it_must_and_a_gap_and_a_snapshot_add_nothing():
    words = [sys.executable, "-c", MEASURED, str(WAITING)]
    waits, later = map(int, subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())
    assert waits < BYTES
    assert later <= waits + SPARE
