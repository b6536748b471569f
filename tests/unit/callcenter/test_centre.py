"""A centre is checked when it is built: each refusal names the part and the way out."""

from dataclasses import replace
from typing import Any

import pytest

from callcenter.centre import Agent, Centre, Group, Policy, Queue, Reserve, check, widest
from callcenter.errors import BadCentre
from callcenter.hours import UTC, OpeningHours
from callcenter.skills import RelaxationStep
from callcenter.tiers import CallbackPolicy, Intent, Leave, Target, Tier, WayOut, default_tiers
from callcenter.units import Millis

GOOD = Centre("test", (Queue("sales"), Queue("service")), (Group("desk"),))


def overflow(target: str) -> WayOut:
    return WayOut(Leave.OVERFLOW, target)


def sales(**rules: Any) -> dict[str, Any]:
    return {"queues": (Queue("sales", **rules), Queue("service"))}


@pytest.mark.parametrize(
    "parts, says",
    [
        ({"queues": ()}, "at least one queue"),
        ({"queues": (Queue("sales"), Queue("sales"))}, "'sales' is defined twice"),
        ({"queues": (Queue(""),)}, "queue without a name"),
        ({"groups": (Group("desk"), Group("desk"))}, "'desk' is defined twice"),
        ({"agents": (Agent("ana", "moon"),)}, "'moon', which does not exist"),
        ({"intents": (Intent("x"), Intent("x"))}, "intent 'x' is defined twice"),
        ({"default_tier": "gold"}, "'gold', which does not exist"),
        ({"tiers": (Tier("standard", -1),)}, "bands count from 0"),
        ({"tiers": (Tier("standard", 1, weight=0),)}, "whole numbers from 1"),
        ({"tiers": (Tier("standard", 1, Target(1.0, Millis(1))),)}, "below 100 %"),
        ({"tiers": (Tier("standard", 1, Target(0.9, Millis(-1))),)}, "negative time"),
        ({"channels": (("voice", 0),)}, "1 to 100 are possible"),
        ({"reserves": (Reserve(0, "moon", 1),)}, "'moon'"),
        ({"reserves": (Reserve(0, "desk", -1),)}, "0 or more"),
        (sales(needs=(("a", 1),)), "needs a 1, which no group of agents has"),
        (sales(when_full=WayOut(Leave.OVERFLOW)), "overflow needs a target"),
        (sales(when_full=WayOut(Leave.REJECT, "service")), "only overflow has a target"),
        (sales(when_full=overflow("sales")), "overflows into itself"),
        (sales(max_waiting=-1), "0 (nobody waits) or more"),
        (sales(offer_timeout=Millis(0)), "offer timeout of zero"),
        (sales(wrap_up=Millis(-1)), "below zero"),
        (sales(relaxation=(RelaxationStep(Millis(0), ()),)), "one after another"),
        (sales(callbacks=CallbackPolicy(window=(5, 5))), "must begin before it ends"),
        (sales(callbacks=CallbackPolicy(group="moon")), "'moon'"),
        (sales(policy=Policy.SLACK), "share agents but order by"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts: dict[str, Any], says: str):
    with pytest.raises(BadCentre) as refused:
        replace(GOOD, **parts)

    assert says in str(refused.value)


def test_queues_that_share_a_back_office_order_by_one_policy():
    """Found by reading: their risen callbacks were compared by scores of different policies."""
    queues = (
        Queue("sales", (("a", 1),), callbacks=CallbackPolicy(group="back")),
        Queue("service", (("b", 1),), Policy.SLACK, callbacks=CallbackPolicy(group="back")),
    )
    with pytest.raises(BadCentre, match="share agents"):
        Centre("test", queues, (Group("one", (("a", 1),)), Group("two", (("b", 1),)), Group("back")))


HOURS = OpeningHours(UTC, ((),) * 7)


@pytest.mark.parametrize(
    "first, second",
    [
        ({"max_waiting": 3, "when_full": overflow("service")}, {"max_waiting": 3, "when_full": overflow("sales")}),
        ({"hours": HOURS, "when_closed": overflow("service")}, {"join_empty": False, "when_empty": overflow("sales")}),
        (
            {"max_wait": Millis(0), "after_max_wait": overflow("service")},
            {"max_wait": Millis(0), "after_max_wait": overflow("sales")},
        ),
    ],
)
def test_queues_that_would_hand_a_call_round_for_ever_are_refused(first: dict[str, Any], second: dict[str, Any]):
    """Found by reading: both full, and the engine never came back."""
    with pytest.raises(BadCentre, match="in a circle"):
        replace(GOOD, queues=(Queue("sales", **first), Queue("service", **second)))


def test_a_circle_in_which_time_passes_or_that_cannot_close_is_allowed():
    waits = {"max_wait": Millis(60_000), "after_max_wait": overflow("sales")}
    check(
        replace(GOOD, queues=(Queue("sales", max_waiting=3, when_full=overflow("service")), Queue("service", **waits)))
    )
    check(
        replace(
            GOOD, queues=(Queue("sales", when_full=overflow("service")), Queue("service", when_full=overflow("sales")))
        )
    )


def test_the_default_tiers_are_the_source_documents():
    tiers = {tier.name: tier for tier in default_tiers()}

    assert list(tiers) == ["vip", "mid", "standard", "blacklisted"]
    assert [tier.band for tier in tiers.values()] == [0, 1, 1, 9]
    assert [tier.target and (tier.target.share, tier.target.within) for tier in tiers.values()] == [
        (0.90, 20_000),
        (0.85, 20_000),
        (0.85, 20_000),
        None,
    ]
    assert [name for name, tier in tiers.items() if tier.callback] == ["mid"]
    assert tiers["blacklisted"].max_wait is not None


def test_the_widest_need_is_what_remains_after_all_steps():
    steps = (RelaxationStep(Millis(10), (("a", 1),)), RelaxationStep(Millis(20), (("b", 0), ("a", 2))))

    assert widest(Queue("sales", (("a", 3), ("b", 2)), relaxation=steps)) == (("a", 1),)
