"""Who is served next and by whom: bands, policies, reserves, preferred agents, relaxation, skills, chats."""

import pytest

from callcenter.centre import Agent, Centre, Group, MissedOffers, Policy, Queue, Reserve, Selection
from callcenter.commands import (
    AbandonCall,
    AcceptOffer,
    AdmitCall,
    EndCall,
    EndWrapUp,
    FailCall,
    LogIn,
    LogOut,
    ReprioritiseCall,
    SetAvailable,
    SetNotReady,
)
from callcenter.errors import IllegalMove
from callcenter.skills import RelaxationStep
from callcenter.tiers import Intent, Target, Tier
from callcenter.units import MINUTE, Millis

S = 1_000


def offers(said: list[str]) -> list[str]:
    return [line.partition("CallOffered ")[2] for line in said if "CallOffered" in line]


def test_reprioritising_takes_effect_at_once(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"), AdmitCall("c2", "sales"), ReprioritiseCall("c2", "vip"))

    assert offers(tell(1, LogIn("ana", "desk"))) == ["c2 ana"]


def test_a_band_below_zero_does_not_exist(told, one_queue):
    tell = told(one_queue())
    tell(0, AdmitCall("c1", "sales"))

    with pytest.raises(IllegalMove):
        tell(1, ReprioritiseCall("c1", band=-1))


def test_an_urgent_intent_goes_before_vip_whatever_the_tier(told, one_queue):
    tell = told(one_queue(intents=(Intent("fraud", 0),), tiers=(Tier("vip", 1), Tier("standard", 2))))
    tell(0, AdmitCall("c1", "sales", "vip"), AdmitCall("c2", "sales", "standard", intent="fraud"))

    assert offers(tell(1, LogIn("ana", "desk"))) == ["c2 ana"]


THREE_TIERS = (
    Tier("gold", 1, Target(0.9, Millis(10 * S)), head_start=Millis(60 * S), weight=3),
    Tier("standard", 1, Target(0.8, Millis(60 * S))),
)


@pytest.mark.parametrize(
    "policy, at, first",
    [
        (Policy.FIFO, 100, "gold"),  # 40 - 60 s of head start < 0
        (Policy.WEIGHTED, 50, "standard"),  # 3 x 10 < 50
        (Policy.WEIGHTED, 61, "gold"),  # 3 x 21 > 61
        (Policy.OBJECTIVE, 47, "standard"),  # 7 / 10 < 47 / 60
        (Policy.OBJECTIVE, 49, "gold"),  # 9 / 10 > 49 / 60
        (Policy.SLACK, 45, "gold"),  # 5 s left < 15 s left
        (Policy.SLACK, 55, "standard"),  # gold is late, standard has 5 s left
    ],
)
def test_inside_a_band_the_policy_decides(told, one_queue, policy, at, first):
    tell = told(one_queue(policy=policy, tiers=THREE_TIERS))
    tell(0, AdmitCall("standard", "sales"))
    tell(40, AdmitCall("gold", "sales", "gold"))

    assert offers(tell(at, LogIn("ana", "desk"))) == [f"{first} ana"]


def test_the_tail_guard_lifts_a_late_call_before_all_that_are_in_time(told, one_queue):
    tell = told(one_queue(policy=Policy.SLACK, tail_guard=Millis(120 * S), tiers=THREE_TIERS))
    tell(0, AdmitCall("late", "sales"))
    tell(119, AdmitCall("new", "sales", "gold"))

    assert offers(tell(120, LogIn("ana", "desk"))) == ["late ana"]


def test_a_younger_call_never_overtakes_in_its_tier_by_being_less_late(told, one_queue):
    """Found by test_busy_day: calls of one tier with different needs stand in two lanes."""
    tell = told(one_queue(Group("desk", (("a", 1),)), policy=Policy.SLACK))
    tell(0, AdmitCall("old", "sales"))
    tell(4, AdmitCall("young", "sales", skills=(("a", 1),)))

    assert offers(tell(23, LogIn("ana", "desk"))) == ["old ana"]


# --- which agent


def test_the_longest_idle_is_chosen(told, one_queue):
    tell = told(one_queue())
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"), AdmitCall("c1", "sales"))
    tell(1, AcceptOffer("c1/o1"), EndCall("c1"))

    assert offers(tell(2, AdmitCall("c2", "sales"), AdmitCall("c3", "sales"))) == ["c2 ben", "c3 ana"]


def test_the_one_who_took_the_fewest_calls_is_chosen(told, one_queue):
    tell = told(one_queue(selection=Selection.FEWEST_CALLS))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"), AcceptOffer("c1/o1"), EndCall("c1"))
    tell(1, LogIn("ben", "desk"))

    assert offers(tell(2, AdmitCall("c2", "sales"))) == ["c2 ben"]


def test_the_least_occupied_is_chosen(told, one_queue):
    tell = told(one_queue(selection=Selection.LEAST_OCCUPIED))
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"))
    tell(0, AdmitCall("c1", "sales"), AdmitCall("c2", "sales"), AcceptOffer("c1/o1"), AcceptOffer("c2/o1"))
    tell(10, EndCall("c2"))
    tell(20, EndCall("c1"))

    assert offers(tell(30, AdmitCall("c3", "sales"))) == ["c3 ben"]


def test_a_call_that_failed_has_occupied_its_agent_for_as_long_as_they_talked(told, one_queue):
    tell = told(one_queue(selection=Selection.LEAST_OCCUPIED))
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"))
    tell(0, AdmitCall("c1", "sales"), AdmitCall("c2", "sales"), AcceptOffer("c1/o1"), AcceptOffer("c2/o1"))
    tell(1_000, EndCall("c2"))
    tell(1_001, FailCall("c1", "network"))

    assert offers(tell(1_002, AdmitCall("c3", "sales"))) == ["c3 ben"]


def test_the_best_in_the_skill_asked_for_is_chosen(told):
    agents = (Agent("ana", "desk", (("a", 1),)), Agent("ben", "desk", (("a", 3),)))
    centre = Centre(
        "test", (Queue("sales", (("a", 1),), selection=Selection.BEST_SKILL),), (Group("desk"),), agents=agents
    )
    tell = told(centre)
    tell(0, LogIn("ana"), LogIn("ben"))

    assert offers(tell(1, AdmitCall("c1", "sales"))) == ["c1 ben"]


def test_round_robin_goes_on_where_it_stopped(told, one_queue):
    tell = told(one_queue(selection=Selection.ROUND_ROBIN))
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"), LogIn("cem", "desk"))
    taken = []
    for n in range(6):
        taken += offers(tell(n + 1, AdmitCall(f"c{n}", "sales")))
        tell(n + 1, AcceptOffer(f"c{n}/o1"), EndCall(f"c{n}"))

    assert [line.split()[1] for line in taken] == ["ana", "ben", "cem"] * 2


def test_random_is_the_same_on_every_replay_and_fair_over_many(told, one_queue):
    chosen = []
    for _ in range(2):
        tell = told(one_queue(selection=Selection.RANDOM))
        tell(0, *(LogIn(name, "desk") for name in ("ana", "ben", "cem", "dana")))
        taken = []
        for n in range(400):
            taken += offers(tell(n + 1, AdmitCall(f"c{n}", "sales")))
            tell(n + 1, AcceptOffer(f"c{n}/o1"), EndCall(f"c{n}"))
        chosen.append([line.split()[1] for line in taken])

    assert chosen[0] == chosen[1]
    assert all(70 <= chosen[0].count(name) <= 130 for name in ("ana", "ben", "cem", "dana"))


def test_generalists_are_kept_free_when_a_specialist_can_serve(told):
    queues = (Queue("sales", (("a", 1),)), Queue("service", (("b", 1),)))
    centre = Centre("test", queues, (Group("both", (("a", 1), ("b", 1))), Group("sellers", (("a", 1),))))
    tell = told(centre)
    tell(0, LogIn("gen", "both"))
    tell(5, LogIn("spec", "sellers"))

    assert offers(tell(6, AdmitCall("c1", "sales"))) == ["c1 spec"]


def test_a_queue_that_keeps_no_generalists_free_goes_by_its_selection_alone(told):
    queues = (Queue("sales", (("a", 1),), keep_generalists_free=False), Queue("service", (("b", 1),)))
    tell = told(Centre("test", queues, (Group("both", (("a", 1), ("b", 1))), Group("sellers", (("a", 1),)))))
    tell(0, LogIn("gen", "both"))
    tell(5, LogIn("spec", "sellers"))

    assert offers(tell(6, AdmitCall("c1", "sales"))) == ["c1 gen"]  # idle for longer


# --- reserves

RESERVE = (Reserve(band=0, group="desk", keep=1, until_wait=Millis(30 * S)),)


def test_a_reserve_keeps_the_last_idle_agent_for_the_better_tier(told, one_queue):
    tell = told(one_queue(reserves=RESERVE))
    tell(0, LogIn("ana", "desk"))

    assert offers(tell(1, AdmitCall("c1", "sales"))) == []
    assert offers(tell(2, AdmitCall("c2", "sales", "vip"))) == ["c2 ana"]


def test_a_reserve_opens_when_one_more_is_idle(told, one_queue):
    tell = told(one_queue(reserves=RESERVE))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert offers(tell(2, LogIn("ben", "desk"))) == ["c1 ana"], "the longest idle takes it, not who opened it"


def test_a_reserve_opens_to_a_call_that_has_waited_long_enough(told, one_queue):
    tell = told(one_queue(reserves=RESERVE))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales"))

    assert tell(60)[0] == "30 CallOffered c1 ana"


def test_a_reserve_opened_by_a_mate_of_other_skills_is_used(told):
    """Found by reading: only the calls that the new idle agent could take were looked at."""
    agents = (Agent("ana", "desk", (("a", 1),)), Agent("ben", "desk", (("b", 1),)))
    queues = (Queue("sales", (("a", 1),)), Queue("service", (("b", 1),)))
    tell = told(Centre("test", queues, (Group("desk"),), agents=agents, reserves=(Reserve(0, "desk", 1),)))
    tell(0, LogIn("ana"), AdmitCall("c1", "sales"))

    assert offers(tell(1, LogIn("ben"))) == ["c1 ana"]


# --- preferred agents

HOLD = {"hold_for_preferred": Millis(20 * S)}


def test_a_call_waits_for_its_preferred_agent_though_others_are_free(told, one_queue):
    """Found by reading: it was held only when nobody at all was free."""
    tell = told(one_queue(**HOLD))
    tell(0, LogIn("ana", "desk"), SetNotReady("ana"), LogIn("ben", "desk"))

    assert tell(1, AdmitCall("c1", "sales", preferred=("ana",))) == ["1 CallQueued c1"]
    assert offers(tell(5, SetAvailable("ana"))) == ["c1 ana"]


def test_the_window_ends(told, one_queue):
    tell = told(one_queue(**HOLD))
    tell(0, LogIn("ana", "desk"), SetNotReady("ana"), LogIn("ben", "desk"))
    tell(1, AdmitCall("c1", "sales", preferred=("ana",)))

    assert tell(60)[:2] == ["21 CallReleased c1", "21 CallOffered c1 ben"]


def test_the_window_ends_when_none_of_them_is_logged_in_any_more(told, one_queue):
    tell = told(one_queue(**HOLD))
    tell(0, LogIn("ana", "desk"), SetNotReady("ana"), LogIn("ben", "desk"))
    tell(1, AdmitCall("c1", "sales", preferred=("ana",)))

    assert tell(5, LogOut("ana")) == ["5 AgentLoggedOut ana", "5 CallReleased c1", "5 CallOffered c1 ben"]


def test_of_calls_let_go_together_the_better_tier_goes_first(told, one_queue):
    """Found by reading: they were offered in order of turn while the better one was still held."""
    tell = told(one_queue(**HOLD))
    tell(0, LogIn("ana", "desk"), SetNotReady("ana"), LogIn("ben", "desk"))
    tell(1, AdmitCall("c1", "sales", preferred=("ana",)), AdmitCall("c2", "sales", "vip", preferred=("ana",)))

    assert offers(tell(5, LogOut("ana"))) == ["c2 ben"]


def test_nobody_is_held_for_an_agent_who_is_not_there(told, one_queue):
    tell = told(one_queue(**HOLD))
    tell(0, LogIn("ben", "desk"))

    assert offers(tell(1, AdmitCall("c1", "sales", preferred=("ana",)))) == ["c1 ben"]


def test_where_the_line_is_full_a_call_is_not_held_but_served(told, one_queue):
    tell = told(one_queue(max_waiting=0, **HOLD))
    tell(0, LogIn("ana", "desk"), SetNotReady("ana"), LogIn("ben", "desk"))

    assert offers(tell(1, AdmitCall("c1", "sales", preferred=("ana",)))) == ["c1 ben"]


def test_a_call_held_for_two_waits_for_the_one_who_comes_later_when_another_held_alike_has_gone(told, one_queue):
    tell = told(one_queue(**HOLD))
    tell(0, LogIn("ben", "desk"), SetNotReady("ben"))
    tell(1, *(AdmitCall(call, "sales", preferred=("ana", "ben")) for call in ("c1", "c2")))
    tell(2, AbandonCall("c1"))

    assert offers(tell(3, LogIn("ana", "desk"))) == ["c2 ana"]


def test_a_held_call_gives_its_turn_to_a_better_one_at_the_preferred_agent(told, one_queue):
    tell = told(one_queue(**HOLD))
    tell(0, LogIn("ana", "desk"), SetNotReady("ana"))
    tell(1, AdmitCall("c1", "sales", preferred=("ana",)), AdmitCall("c2", "sales", "vip"))

    assert offers(tell(5, SetAvailable("ana"))) == ["c2 ana"]


# --- relaxation and skills

STEPS = (RelaxationStep(Millis(10 * S), (("a", 2),)), RelaxationStep(Millis(20 * S), (("a", 0),)))


def test_waiting_loosens_the_need_step_by_step(told):
    groups = (Group("best", (("a", 3),)), Group("good", (("a", 2),)), Group("any"))
    tell = told(Centre("test", (Queue("sales", (("a", 3),), relaxation=STEPS),), groups))
    tell(0, LogIn("gus", "good"), LogIn("any", "any"), AdmitCall("c1", "sales"), AdmitCall("c2", "sales"))

    assert tell(30)[:5] == [
        "10 CallRelaxed c1",
        "10 CallOffered c1 gus",
        "10 CallRelaxed c2",
        "20 CallRelaxed c1",
        "20 CallRelaxed c2",
    ]


def test_steps_that_passed_while_it_rang_hold_when_the_call_is_back_in_line(told):
    groups = (Group("best", (("a", 3),)), Group("any"))
    tell = told(Centre("test", (Queue("sales", (("a", 3),), relaxation=STEPS, offer_timeout=Millis(25 * S)),), groups))
    tell(0, LogIn("bea", "best"), LogIn("any", "any"), AdmitCall("c1", "sales"))

    assert tell(26)[-1] == "25 CallOffered c1 any"


def test_what_a_call_brings_of_its_own_never_loosens_what_the_queue_asks_for(told):
    """Found by reading: a lower level asked for by the call replaced the queue's."""
    groups = (Group("best", (("a", 3),)), Group("some", (("a", 1),)))
    tell = told(Centre("test", (Queue("sales", (("a", 3),)),), groups))
    tell(0, LogIn("sue", "some"))

    assert offers(tell(1, AdmitCall("c1", "sales", skills=(("a", 1),)))) == []


# --- several contacts at a time

CHATS = (("voice", 100), ("chat", 34))


def test_an_agent_takes_chats_until_hands_are_full_and_no_call_beside_them(told, one_queue):
    tell = told(one_queue(channels=CHATS))
    tell(
        0,
        LogIn("ana", "desk"),
        AdmitCall("v", "sales"),
        *(AdmitCall(f"c{n}", "sales", channel="chat") for n in (1, 2, 3)),
    )
    tell(1, AcceptOffer("v/o1"), EndCall("v"))
    tell(2, AcceptOffer("c1/o1"))

    assert offers(tell(3, AcceptOffer("c2/o1"))) == [], "three times 34 % is too much"
    assert offers(tell(4, AdmitCall("w", "sales"), EndCall("c1"))) == ["c3 ana"], "no voice call beside a chat"


def test_the_wrap_up_of_a_chat_leaves_room_for_another(told, one_queue):
    tell = told(one_queue(channels=(("voice", 100), ("chat", 50)), wrap_up=Millis(MINUTE)))
    tell(0, LogIn("ana", "desk"), *(AdmitCall(f"c{n}", "sales", channel="chat") for n in (1, 2, 3)))
    tell(1, AcceptOffer("c1/o1"), EndCall("c1"))

    assert offers(tell(2, AcceptOffer("c2/o1"))) == []
    assert offers(tell(3, EndWrapUp("ana", "c1"))) == ["c3 ana"]


def test_a_missed_chat_of_a_busy_agent_stops_further_ones(told, one_queue):
    tell = told(one_queue(channels=CHATS, missed=MissedOffers(), offer_timeout=Millis(15 * S)))
    tell(0, LogIn("ana", "desk"), AdmitCall("c1", "sales", channel="chat"), AdmitCall("c2", "sales", channel="chat"))
    tell(1, AcceptOffer("c1/o1"))

    assert tell(20) == ["16 OfferEnded c2 ana no_answer", "16 AgentStoppedResponding ana"]
