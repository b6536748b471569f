"""A million callers whom nobody knows, through the real engine: no series and no memory is made for any of them."""

from itertools import chain

from callcenter import commands as cmd
from callcenter.centre import Centre, Group, Queue
from callcenter.errors import CallCenterError
from callcenter.ids import CallId, CustomerKey
from callcenter.metrics.counting import Counting
from callcenter.metrics.text import scrape
from callcenter.units import Millis
from routing.engine import RoutingEngine
from routing.explain.gauges import gauges

CALLERS = 1_000_000
CENTRE = Centre("c", (Queue("hotline"), Queue("tiny", max_waiting=0)), (Group("desk"),))


class Watched:
    """An engine, and what is counted of it."""

    def __init__(self) -> None:
        self.engine = RoutingEngine(CENTRE)
        self.counting = Counting(CENTRE)
        self.refused = 0

    def told(self, command: cmd.Command, now: int) -> None:
        try:
            self.engine.handle(command, now=Millis(now))
        except CallCenterError:
            self.refused += 1

    def heads(self, now: int) -> set[str]:
        """Return all that is exported, but for the values."""
        self.counting.fold(self.engine.take_events())
        view = self.engine.view()
        text = scrape(chain(self.counting.readings(now), gauges(view, CENTRE, Millis(now))))
        return {line.rpartition(" ")[0] for line in text.splitlines()}


def test_a_million_callers_queues_misspelt_and_tiers_unknown_add_no_series_and_no_memory():
    watched = Watched()
    before = watched.heads(0)
    for n in range(CALLERS):
        now, call_id, customer = n * 100, CallId(f"c{n}"), CustomerKey(f"k{n}")
        match n % 10:
            case 0:
                watched.told(cmd.AdmitCall(call_id, f"queue-{n}", customer=customer), now)
            case 1:
                watched.told(cmd.AdmitCall(call_id, "hotline", f"tier-{n}", customer), now)
            case 2:
                watched.told(cmd.AdmitCall(call_id, "hotline", None, customer, intent=f"intent-{n}"), now)
            case 3:
                watched.told(cmd.AdmitCall(call_id, "hotline", None, customer), now)
                watched.told(cmd.AbandonCall(call_id), now + 50)
            case _:
                watched.told(cmd.AdmitCall(call_id, "tiny", None, customer), now)
        if n % 1_000 == 0:
            watched.counting.fold(watched.engine.take_events())
    after = watched.heads(CALLERS * 100)
    calls = watched.counting.calls

    assert after == before
    assert watched.refused == CALLERS * 3 // 10
    assert sum(calls.contacts.values()) == CALLERS * 7 // 10
    assert calls.outcomes["tiny", "standard", "rejected", "true"] == CALLERS * 6 // 10
    assert (len(calls._waiting), sum(map(len, calls._in_time.values()))) == (0, 0)
