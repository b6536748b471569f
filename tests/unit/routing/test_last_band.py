"""The blacklist counts as nobody waiting for a promise that is due; for all else it is where it always was."""

import pytest

from callcenter import commands as cmd
from callcenter.callbacks import TaskKind
from callcenter.centre import RULES, Centre, Group, Queue, last_band
from callcenter.ids import AgentId, CallId, CustomerKey, TaskId
from callcenter.tiers import CallbackPolicy, Tier, default_tiers
from callcenter.units import DAY, Millis
from routing.engine import RoutingEngine
from routing.explain.explanations import Preview
from routing.journal import command_from, to_plain

ALL_DAY = CallbackPolicy(window=(0, DAY))
CENTRE = Centre("small", (Queue("hotline", callbacks=ALL_DAY),), (Group("desk"),))


def busy(centre: Centre = CENTRE) -> RoutingEngine:
    """Return an engine whose one agent talks."""
    engine = RoutingEngine(centre)
    engine.handle(cmd.LogIn(AgentId("ana"), "desk"), now=Millis(0))
    engine.handle(cmd.AdmitCall(CallId("first"), "hotline"), now=Millis(0))
    engine.handle(cmd.AcceptOffer("first/o1"), now=Millis(0))  # type: ignore[arg-type]
    return engine


def call(engine: RoutingEngine, name: str, tier: str, at: int) -> None:
    engine.handle(cmd.AdmitCall(CallId(name), "hotline", tier), now=Millis(at))


def promise(engine: RoutingEngine, at: int, kind: TaskKind = TaskKind.DEFERRED) -> None:
    engine.handle(cmd.ScheduleTask(TaskId("t"), "hotline", kind, "mid", CustomerKey("kim")), now=Millis(at))


def rings(engine: RoutingEngine, at: int) -> str:
    """Let the talk end and return for what the agent's phone rings then."""
    engine.handle(cmd.EndCall(CallId("first")), now=Millis(at))
    (offer,) = engine.snapshot()["offers"]
    return str(offer[1])


def test_a_promise_that_is_due_goes_before_a_blacklisted_caller_whatever_they_have_waited():
    engine = busy()
    call(engine, "listed", "blacklisted", 0)
    promise(engine, 600_000)

    assert rings(engine, 700_000) == "t"


@pytest.mark.parametrize("tier", ["vip", "mid", "standard"])
def test_anybody_elses_call_goes_before_it(tier: str):
    engine = busy()
    promise(engine, 0)
    call(engine, "live", tier, 1_000)

    assert rings(engine, 2_000) == "live"


def test_calls_of_the_centres_own_accord_come_after_a_blacklisted_caller():
    engine = busy()
    promise(engine, 0, TaskKind.CARE)
    call(engine, "listed", "blacklisted", 1_000)

    assert rings(engine, 2_000) == "listed"


def test_position_preview_and_explanation_count_the_promise_that_goes_before():
    engine = busy()
    promise(engine, 0)
    engine.advance(now=Millis(500))
    expected = engine.preview(cmd.AdmitCall(CallId("listed"), "hotline", "blacklisted"), now=Millis(1_000))
    call(engine, "listed", "blacklisted", 1_000)
    told = engine.explain(CallId("listed"), now=Millis(1_000))

    assert isinstance(expected, Preview)
    assert (expected.decision, expected.position) == ("queue", 1)
    assert (told.position, told.ahead) == (1, ("t",))
    assert engine.position(CallId("listed"), now=Millis(1_000)) == 1


def test_a_call_that_was_moved_into_the_last_band_counts_as_one_of_it():
    engine = busy()
    call(engine, "moved", "standard", 0)
    promise(engine, 1_000)
    engine.handle(cmd.ReprioritiseCall(CallId("moved"), band=9), now=Millis(2_000))

    assert rings(engine, 3_000) == "t"


def test_a_centre_without_a_blacklist_has_no_last_band():
    tiers = tuple(tier for tier in default_tiers() if tier.name != "blacklisted")
    without = Centre("c", CENTRE.queues, CENTRE.groups, tiers=tiers)
    assert (last_band(CENTRE), last_band(without)) == (9, None)
    assert (
        last_band(Centre("c", CENTRE.queues, CENTRE.groups, tiers=(Tier("a", 0), Tier("b", 1)), default_tier="b"))
        is None
    )

    engine = busy(without)
    promise(engine, 0)
    call(engine, "live", "standard", 1_000)
    assert rings(engine, 2_000) == "live"


def test_a_journal_of_before_replays_by_the_rules_of_then():
    plain = to_plain(cmd.AdoptCentre(CENTRE))
    assert plain["centre"].pop("rules") == RULES
    adopted = command_from(plain)
    assert isinstance(adopted, cmd.AdoptCentre)
    engine = busy(adopted.centre)
    call(engine, "listed", "blacklisted", 0)
    promise(engine, 600_000)

    assert rings(engine, 700_000) == "listed"
