"""A call that cannot be brought to three agents in a row is itself suspect: it is held back, and they are not."""

import json

from callcenter import commands as cmd
from callcenter import events as ev
from callcenter.agents import Phone
from callcenter.centre import Centre, Group, Queue
from callcenter.events import OfferEnd
from callcenter.ids import AgentId, CallId
from callcenter.units import SECOND, Millis
from routing.engine import RoutingEngine

CENTRE = Centre("small", (Queue("hotline"),), (Group("desk"),))
AGENTS = ("ana", "bob", "cyd", "dan", "eve")


def staffed(centre: Centre = CENTRE) -> RoutingEngine:
    engine = RoutingEngine(centre)
    for name in AGENTS:
        engine.handle(cmd.LogIn(AgentId(name), "desk"), now=Millis(0))
    return engine


def admit(engine: RoutingEngine, name: str, at: int) -> None:
    engine.handle(cmd.AdmitCall(CallId(name), "hotline"), now=Millis(at))


def fails(engine: RoutingEngine, call: str, at: int, end: OfferEnd = OfferEnd.UNREACHABLE) -> None:
    (offer,) = [o[0] for o in engine.snapshot()["offers"] if o[1] == call]
    engine.handle(cmd.EndOffer(offer, end), now=Millis(at))


def phones(engine: RoutingEngine) -> dict[str, str]:
    return {agent["id"]: agent["phone"] for agent in engine.snapshot()["agents"]}


def state(engine: RoutingEngine, call: str) -> tuple[str, bool]:
    (found,) = [c for c in engine.snapshot()["calls"] if c["id"] == call]
    return found["state"], found.get("suspended", False)


def test_the_third_agent_in_a_row_holds_the_call_back_and_stays_in_service():
    """Five agents became unreachable within 0.1 s for a caller who had hung up."""
    engine = staffed()
    admit(engine, "gone", 1_000)
    for at in (1_010, 1_020, 1_030):
        fails(engine, "gone", at)
    events = engine.take_events()

    assert state(engine, "gone") == ("queued", True)
    assert list(phones(engine).values()).count(str(Phone.UNREACHABLE)) == 2
    assert [e.cause for e in events if isinstance(e, ev.CallSuspended)] == ["fails_at_every_agent"]
    assert sum(isinstance(e, ev.CallOffered) for e in events) == 3


def test_the_caller_behind_is_served_at_once():
    engine = staffed(CENTRE)
    for name in AGENTS[3:]:
        engine.handle(cmd.LogOut(AgentId(name)), now=Millis(0))
    admit(engine, "gone", 1_000)
    for at in (1_010, 1_020):
        fails(engine, "gone", at)
    admit(engine, "next", 1_025)
    assert state(engine, "next") == ("queued", False), "two agents are out of service, the third rings"
    fails(engine, "gone", 1_030)

    assert state(engine, "next") == ("offered", False)


def test_a_call_whose_source_says_that_it_is_there_takes_its_turn_and_blames_nobody_any_more():
    engine = staffed()
    admit(engine, "c", 1_000)
    for at in (1_010, 1_020, 1_030):
        fails(engine, "c", at)
    engine.handle(cmd.ConfirmCall(CallId("c")), now=Millis(2_000))
    assert state(engine, "c") == ("offered", False)
    fails(engine, "c", 2_010)

    assert state(engine, "c") == ("queued", True)
    assert list(phones(engine).values()).count(str(Phone.UNREACHABLE)) == 2


def test_where_the_source_says_nothing_it_is_tried_again_after_the_pause_of_an_unreachable_phone():
    engine = staffed()
    admit(engine, "c", 1_000)
    for at in (1_010, 1_020, 1_030):
        fails(engine, "c", at)
    engine.advance(now=Millis(1_030 + 30 * SECOND - 1))
    assert state(engine, "c") == ("queued", True)
    restored = RoutingEngine.restore(CENTRE, json.loads(json.dumps(engine.snapshot())))
    for one in (engine, restored):
        one.advance(now=Millis(1_030 + 30 * SECOND))
        assert state(one, "c") == ("offered", False)


def test_a_telephone_that_rang_says_that_the_call_is_there():
    engine = staffed()
    admit(engine, "c", 1_000)
    fails(engine, "c", 1_010)
    fails(engine, "c", 1_020)
    fails(engine, "c", 1_030, OfferEnd.NO_ANSWER)
    fails(engine, "c", 1_040)

    assert state(engine, "c") == ("offered", False)
    assert list(phones(engine).values()).count(str(Phone.UNREACHABLE)) == 3


def test_one_dead_telephone_three_times_is_the_telephones_fault():
    engine = RoutingEngine(CENTRE)
    engine.handle(cmd.LogIn(AgentId("ana"), "desk"), now=Millis(0))
    admit(engine, "c", 0)
    for n in range(4):
        fails(engine, "c", n * 30 * SECOND + 10)
        assert state(engine, "c") == ("queued", False)
        engine.advance(now=Millis((n + 1) * 30 * SECOND + 10))


def test_a_journal_of_before_replays_by_the_rules_of_then():
    from dataclasses import replace

    engine = staffed(replace(CENTRE, rules=1))
    admit(engine, "c", 1_000)
    for at in (1_010, 1_020, 1_030, 1_040):
        fails(engine, "c", at)

    assert state(engine, "c") == ("offered", False)
