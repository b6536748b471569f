"""The day's book: what it holds of a call that is handed on, and of a customer's contact."""

from callcenter import commands as cmd
from callcenter.centre import Centre, Group, Queue
from callcenter.ids import AgentId, CallId, CustomerKey, OfferId
from callcenter.lifecycle.half_hours import Book
from callcenter.units import SECOND, Millis
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
