"""The place that a waiting call is told is the one at which it is taken, whatever the policy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.centre import Centre, Group, Policy, Queue
from callcenter.commands import AdmitCall, LogIn
from callcenter.events import CallOffered
from callcenter.ids import AgentId, CallId
from callcenter.rule_names import bring
from callcenter.tiers import Target, Tier
from callcenter.units import SECOND, Millis
from routing.engine import RoutingEngine
from routing.policies import Ordering, Score
from routing.state import line
from routing.state.records import Waiting

NOW = Millis(400 * SECOND)
TIERS = (
    Tier("gold", 0, target=Target(0.8, Millis(30 * SECOND))),
    Tier("silver", 0, target=Target(0.8, Millis(120 * SECOND)), head_start=Millis(20 * SECOND)),
    Tier("none", 0, weight=3),
)


def centre(policy: Policy, guard_s: int) -> Centre:
    rules = {"policy": policy, "tail_guard": Millis(guard_s * SECOND)}
    queues = (Queue("sales", **rules), Queue("service", (("b", 1),), **rules))
    return Centre("test", queues, (Group("desk", (("b", 1), ("c", 1))),), TIERS, default_tier="none")


Calls = list[tuple[int, str, str, bool]]
calls = st.lists(
    st.tuples(
        st.integers(0, 399), st.sampled_from(["gold", "silver", "none"]), st.sampled_from(["sales", "service"]),
        st.booleans(),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


def waiting(policy: Policy, guard_s: int, calls: Calls) -> RoutingEngine:
    engine = RoutingEngine(centre(policy, guard_s))
    for n, (second, tier, queue, needs) in enumerate(sorted(calls)):
        skills = (("c", 1),) if needs else ()
        engine.handle(AdmitCall(CallId(f"c{n}"), queue, tier=tier, skills=skills), now=Millis(second * SECOND))
    engine.take_events()
    return engine


def taken(engine: RoutingEngine) -> list[str]:
    """Return who rings, one after another, when agents come at one instant."""
    order = []
    while True:
        engine.handle(LogIn(AgentId(f"a{len(order)}"), "desk"), now=NOW)
        offers = [event for event in engine.take_events() if isinstance(event, CallOffered)]
        if not offers:
            return order
        order += [str(offer.call_id) for offer in offers]


def up_and_down(item: Waiting, now: int) -> Score:
    """Score by the last digits of the wait: it rises and falls, and nobody says where."""
    return ((now - item.turn) // SECOND % 7, 0)


ODD = bring(Policy, "up_and_down", Ordering(up_and_down))


@pytest.mark.parametrize("policy", [*Policy, ODD])
@given(calls=calls, guard_s=st.integers(10, 500))
def test_the_place_told_is_the_one_at_which_the_call_is_taken(policy: Policy, calls: Calls, guard_s: int):
    engine = waiting(policy, guard_s, calls)
    names = [CallId(f"c{n}") for n in range(len(calls))]
    places = {name: engine.position(name, now=NOW) for name in names}
    before = {name: engine.explain(name, now=NOW).ahead for name in names}
    wall = [waits.id for waits in engine.who_waits(now=NOW, most=100)]
    order = taken(engine)

    assert places == {name: place for place, name in enumerate(order)}
    assert before == {name: tuple(order[: min(place, 10)]) for place, name in enumerate(order)}
    assert wall == order


@given(calls=calls, guard_s=st.integers(10, 500))
def test_a_long_line_is_told_as_a_short_one_is(calls: Calls, guard_s: int):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(line, "CHUNK", 2)
        test_the_place_told_is_the_one_at_which_the_call_is_taken.hypothesis.inner_test(Policy.SLACK, calls, guard_s)
