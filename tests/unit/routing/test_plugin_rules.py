"""Rules from outside: known by name, carried out as the house's own, and taken along to workers."""

import pickle

import pytest

from callcenter.centre import Policy, Selection
from callcenter.commands import AdmitCall, LogIn
from callcenter.errors import BadInput
from callcenter.rule_names import bring, brought
from routing.policies import Ordering, ordering_of
from tests.unit.routing.test_edges import offers


def last_in(item, now):
    return (-item.turn, 0)


def by_customer(item, now):
    return (0 if item.customer == "known" else 1, item.turn)


def last_by_name(agent, item, now, seed):
    return tuple(-ord(letter) for letter in agent.id)


def test_calls_go_in_the_order_of_a_policy_from_outside(told, one_queue):
    tell = told(one_queue(policy=bring(Policy, "by_customer", by_customer)))
    tell(0, AdmitCall("stranger", "sales", tier="standard"))
    tell(5, AdmitCall("friend", "sales", tier="standard", customer="known", skills=(("any", 0),)))

    assert offers(tell(20, LogIn("ana", "desk")))[0].endswith("ana")


def test_agents_are_chosen_by_a_rule_from_outside(told, one_queue):
    tell = told(one_queue(selection=bring(Selection, "last_by_name", last_by_name)))
    tell(0, LogIn("ana", "desk"), LogIn("ben", "desk"))

    assert offers(tell(20, AdmitCall("c1", "sales"))) == ["c1 ben"]


def test_a_bare_function_is_taken_for_not_monotone_and_what_an_ordering_says_is_believed():
    assert not ordering_of(bring(Policy, "bare", last_in)).monotone
    assert ordering_of(bring(Policy, "said", Ordering(last_in, monotone=True))).monotone


def test_the_name_takes_its_rule_along_to_another_process():
    name = bring(Policy, "travels", last_in)
    there = pickle.loads(pickle.dumps(name))

    assert there is Policy("travels")
    assert brought(there) is last_in


@pytest.mark.parametrize("name", ["fifo", "Mine", "two words", ""])
def test_a_name_that_is_taken_or_cannot_be_written_is_refused(name):
    with pytest.raises(BadInput, match=r"house|cannot be the name"):
        bring(Policy, name, last_in)


def test_an_unknown_name_stays_unknown():
    with pytest.raises(ValueError, match="nobodys"):
        Policy("nobodys")
