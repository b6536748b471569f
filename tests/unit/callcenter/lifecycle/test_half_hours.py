"""The day's book: what it holds of a call that is handed on, and of a customer's contact."""

from dataclasses import replace
from typing import Any

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.centre import Centre, Group, Queue
from callcenter.config.zones import zone
from callcenter.ids import AgentId, CallId, CustomerKey, OfferId
from callcenter.lifecycle.book_figures import row_of
from callcenter.lifecycle.cells import rolled
from callcenter.lifecycle.half_hours import Book
from callcenter.units import DAY, HOUR, MINUTE, SECOND, Millis
from routing.engine import RoutingEngine

CENTRE = Centre("test", (Queue("sales"), Queue("service", (("b", 1),))), (Group("desk"), Group("back", (("b", 1),))))


def test_a_transfer_counts_for_the_agent_who_hands_the_call_on_and_for_nobody_else():
    engine, book = RoutingEngine(CENTRE), Book(CENTRE)
    for second, command in (
        (0, cmd.LogIn(AgentId("zoe"), "desk")),
        (1, cmd.LogIn(AgentId("ana"), "desk")),
        (2, cmd.AdmitCall(CallId("c0"), "sales")),
        (3, cmd.AcceptOffer(OfferId("c0/o1"))),
        (4, cmd.AdmitCall(CallId("c1"), "sales")),
        (5, cmd.AcceptOffer(OfferId("c1/o1"))),
        (9, cmd.TransferCall(CallId("c1"), "service")),
    ):
        engine.handle(command, now=Millis(second * SECOND))
        book.fold(engine.take_events())
    cells, days, *_ = book.take()

    assert {agent: day["transferred"] for (agent, _), day in days.items() if day.get("transferred")} == {"ana": 1}
    assert {queue: cell["transferred_in"] for (_, queue, *_), cell in cells.items() if cell.get("transferred_in")} == {
        "service": 1
    }


def test_a_known_customers_contact_is_kept_with_its_wait_and_its_talk():
    engine, book = RoutingEngine(CENTRE), Book(CENTRE)
    for second, command in (
        (0, cmd.AdmitCall(CallId("c1"), "sales", customer=CustomerKey("k1"))),
        (7, cmd.LogIn(AgentId("ana"), "desk")),
        (9, cmd.AcceptOffer(OfferId("c1/o1"))),
        (40, cmd.EndCall(CallId("c1"))),
    ):
        engine.handle(command, now=Millis(second * SECOND))
        book.fold(engine.take_events())
    _, _, (contact,), _ = book.take()

    assert (contact["customer_key"], contact["wait_ms"], contact["talk_ms"]) == ("k1", 9 * SECOND, 31 * SECOND)


AFTER_CALL_WORK = Centre("test", (Queue("sales", wrap_up=Millis(60 * SECOND)),), (Group("desk"),))
TALKS = (
    (0, cmd.LogIn(AgentId("ana"), "desk")),
    (0, cmd.AdmitCall(CallId("c1"), "sales")),
    (0, cmd.AcceptOffer(OfferId("c1/o1"))),
)


def told(second: int, *commands: tuple[int, cmd.Command], ended_at: int | None = None) -> dict[str, Any]:
    """Return the row of a half hour as it is told at a second, after these commands (second, what).

    `ended_at`: when talks were over by the report that told it.
    """
    engine, book = RoutingEngine(AFTER_CALL_WORK), Book(AFTER_CALL_WORK)
    for at, command in commands:
        engine.handle(command, now=Millis(at * SECOND))
        events = engine.take_events()
        if ended_at is not None:
            happened = Millis(ended_at * SECOND)
            events = [replace(e, happened_at=happened) if isinstance(e, ev.CallCompleted) else e for e in events]
        book.cut(at * SECOND)  # as a service writes on meanwhile
        book.fold(events)
    book.cut(second * SECOND)
    ((key, sums),) = rolled([*book.cells.items(), *book.late(second * SECOND)], ())
    return row_of(AFTER_CALL_WORK, key, sums, (), {}, second * SECOND)


def test_a_half_hour_that_runs_tells_who_is_there_and_how_busy_they_are_now():
    row = told(600, (0, cmd.LogIn(AgentId("zoe"), "desk")), *TALKS)

    assert row["agents_present"] == 2, "not a third of them: twenty minutes are still to come"
    assert row["occupancy"] == 0.5, "who talks is busy before the talk is over"


def test_a_handling_time_is_that_of_calls_that_are_over():
    second = (10, cmd.AdmitCall(CallId("c2"), "sales")), (10, cmd.AcceptOffer(OfferId("c2/o1")))
    both = *TALKS, (10, cmd.LogIn(AgentId("zoe"), "desk")), *second
    ended = (240, cmd.EndCall(CallId("c1"))), (250, cmd.EndWrapUp(AgentId("ana")))

    def times(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["answered"], row["talk_s"], row["wrap_up_s"], row["aht_s"]

    assert times(told(200, *both)) == (2, None, None, None), "not zero, and not 200 s"
    assert times(told(245, *both, ended[0])) == (2, 240, None, None), "after-call work goes on"
    assert times(told(600, *both, *ended)) == (2, 240, 10, 250)


def test_who_waits_past_the_threshold_is_a_miss_before_the_half_hour_is_closed():
    waits = tuple((100, cmd.AdmitCall(CallId(f"w{n}"), "sales")) for n in range(3))

    assert told(110, *TALKS, *waits)["sl_net"] == 1, "they may be answered in time yet"
    assert told(200, *TALKS, *waits)["sl_net"] == 0.25


def test_a_late_report_of_a_talks_end_takes_back_what_was_booked_meanwhile():
    zoe = 0, cmd.LogIn(AgentId("zoe"), "desk")
    row = told(600, *TALKS, zoe, (300, cmd.EndCall(CallId("c1"))), (360, cmd.LogOut(AgentId("ana"))), ended_at=60)

    assert row["talk_s"] == 60
    assert row["occupancy"] == 360 / (360 + 600), "then after-call work: nothing is counted twice"


def test_an_agents_time_is_booked_on_the_local_day_in_which_it_was_spent_also_where_midnight_comes_twice():
    havana = zone("America/Havana")  # on 2025-11-02 its clocks go back from 01:00 to 00:00
    changed = Millis(havana.instant(20_394 * DAY) + HOUR)
    book = Book(replace(CENTRE, zone=havana))
    begin, end = Millis(changed - 30 * HOUR), Millis(changed + 30 * HOUR)
    book.fold([ev.AgentLoggedIn(begin, 1, AgentId("ana"), "desk")])
    for at in range(begin, end + 1, 10 * MINUTE):
        book.cut(at)
    days = {midnight: day["logged_in_ms"] for (_, midnight), day in book.take()[1].items()}

    first, second = changed - HOUR, changed + 24 * HOUR
    assert days == {first - DAY: DAY, first: 25 * HOUR, second: 6 * HOUR, first - 2 * DAY: 5 * HOUR}
