"""At exactly the limit: what happens when a wait, a share or a time is neither below its bound nor above it."""

from callcenter.centre import Centre, Group, MissedOffers, Policy, Queue, Selection
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    EndCall,
    EndOffer,
    LogIn,
    Resume,
    SetAvailable,
    SetNotReady,
)
from callcenter.events import OfferEnd
from callcenter.tiers import CallbackPolicy, Target, Tier
from callcenter.units import DAY, Millis
from routing.decide.matching import any_live_call_for
from routing.decide.on_agent import log_in
from routing.policies import slack
from routing.state.expected_wait import Pulse
from routing.state.floor import Floor
from routing.state.records import QueueState, Waiting

S = 1_000


def offers(said: list[str]) -> list[str]:
    return [line.partition("CallOffered ")[2] for line in said if "CallOffered" in line]


def test_the_share_of_an_agents_time_counts_from_their_own_login(told, one_queue):
    """Ben has worked 30 s of 40, Ana 100 s of 1,000: by the clock of the day Ben would look the idler one."""
    tell = told(one_queue(selection=Selection.LEAST_OCCUPIED))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), AcceptOffer("c1/o1"))
    tell(100, EndCall("c1"), SetNotReady("ana", "lunch"))
    tell(960, LogIn("ben", "desk"), AdmitCall("c2", "sales"), AcceptOffer("c2/o1"))
    tell(990, EndCall("c2"))
    tell(995, SetAvailable("ana"))

    assert offers(tell(1_000, AdmitCall("c3", "sales"))) == ["c3 ana"]


def test_a_call_that_has_waited_exactly_its_target_is_not_late_yet():
    guard = 120 * S
    queue = QueueState(Queue("sales", policy=Policy.SLACK, tail_guard=Millis(guard)), Pulse())
    item = Waiting("c1", queue, Tier("gold", 0, target=Target(0.9, Millis(20 * S))), 0, 1, Millis(0))

    assert slack(item, 20 * S) == (1, 0)
    assert slack(item, 20 * S + 1)[0] == 2
    assert slack(item, guard)[0] == 0


def test_of_two_at_their_targets_edge_the_one_with_no_time_left_goes_first(told, one_queue):
    tell = told(one_queue(policy=Policy.SLACK))
    tell(0, AdmitCall("edge", "sales"))
    tell(5, AdmitCall("time left", "sales", skills=()))

    assert offers(tell(20, LogIn("ana", "desk"))) == ["edge ana"]


def test_a_wait_of_exactly_the_threshold_earns_a_callback(told, one_queue):
    rules = CallbackPolicy(window=(0, DAY), after=Millis(30 * S))
    for waited, earned in ((29.999, False), (30, True)):
        tell = told(one_queue(callbacks=rules))
        tell(0, AdmitCall("c1", "sales", "mid", "kim"))
        said = tell(waited, AbandonCall("c1"))

        assert any("TaskScheduled" in line for line in said) is earned


def test_a_restart_shifts_how_long_an_agent_is_not_offered_a_call_again(told, one_queue):
    tell = told(one_queue(missed=MissedOffers(count=9, exclude_for=Millis(20 * S))))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), EndOffer("c1/o1", OfferEnd.REJECTED))
    tell(5)
    tell.engine.handle(Resume(100 * S), now=Millis(105 * S))

    assert offers(tell(119)) == []
    assert [line for line in tell(121) if "CallOffered" in line] == ["120 CallOffered c1 ana"]


def test_a_call_held_for_an_agent_goes_before_a_task_by_its_rank_alone():
    """That she could take it says nothing yet of whether it goes before the task."""
    floor = Floor(Centre("c", (Queue("sales"),), (Group("desk"),)))
    floor.now = Millis(0)
    log_in(floor, LogIn("ana", "desk"), Millis(0))
    ana, tier = floor.agents["ana"], floor.centre.tiers[0]
    item = Waiting("c1", floor.queues["sales"], tier, tier.band, 1, Millis(0))
    ana.personal.append(item)
    rank = floor.lane_of(item).rank

    assert not any_live_call_for(floor, ana, rank)
    assert any_live_call_for(floor, ana, rank + 1)
