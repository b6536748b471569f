"""The rule of contact plans: one for the service, which knows who is due, and the simulator, which counts them."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.customers.care_calls import Standing, plans_of, turn_of
from api.settings import Settings
from callcenter.contact_plan import EVERY_DAY, ContactPlan
from callcenter.errors import BadInput

WEEK = (0, 1, 2, 3, 4)
some_weekdays = st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days)))


def lived(plan: ContactPlan, customers: int, begin: int, days: int) -> dict[int, list[int]]:
    """Return who is called on which day, if everybody agreed and nobody was ever called before."""
    last: dict[int, int | None] = dict.fromkeys(range(customers))
    called = {}
    for today in range(begin, begin + days):
        turns = [
            turn_of((f"{who:04}", "C", None, 1, None, None, day), plan, today, lambda at: at * 86_400_000)
            for who, day in last.items()
        ]
        standing = Standing("vip", plan, today, sorted(turns, key=lambda turn: (turn.due, turn.key)))
        called[today] = [int(turn.key) for turn in standing.next()]
        last |= dict.fromkeys(called[today], today)
    return called


@given(st.integers(20, 50), st.integers(1, 20), st.integers(0, 30_000))
@settings(max_examples=25, deadline=None)
def test_who_is_called_live_are_as_many_as_in_the_simulation_on_every_day(customers: int, every: int, begin: int):
    plan = ContactPlan(every, EVERY_DAY)
    called = lived(plan, customers, begin, 3 * every)

    assert {day: len(who) for day, who in called.items()} == {day: plan.turns_on(day, customers) for day in called}
    for who in range(customers):
        days = [day for day in called if who in called[day]]
        assert len(days) == 3
        assert {after - before for before, after in pairwise(days)} == {every}


@given(st.integers(1, 30), st.integers(7, 20), st.integers(0, 30_000), some_weekdays)
@settings(max_examples=25, deadline=None)
def test_there_is_no_call_on_another_weekday_and_each_turn_is_taken_on_its_day(customers, every, begin, weekdays):
    plan = ContactPlan(every, weekdays)
    called = lived(plan, customers, begin, 4 * every)

    assert all(plan.has(day) or not who for day, who in called.items())
    for who in range(customers):
        days = [day for day in called if who in called[day]]
        assert all(after == plan.taken_on(before + every) for before, after in pairwise(days)), "and nobody waits"


def test_key_customers_are_called_at_least_twice_a_month_and_important_ones_once():
    for every, least in ((14, 2), (28, 1)):
        called = lived(ContactPlan(every, WEEK), 40, 20_000, 6 * 31)
        for who in range(40):
            days = [day for day in called if who in called[day]]
            for month in range(20_031, 20_000 + 5 * 31, 31):
                assert sum(month <= day < month + 31 for day in days) >= least


@given(st.integers(0, 30_000), some_weekdays)
def test_the_turns_moved_to_a_day_are_those_of_the_days_before_it_that_have_none(day: int, weekdays: tuple[int, ...]):
    plan = ContactPlan(7, weekdays)
    moved = [turn for turn in range(day - 7, day + 1) if plan.taken_on(turn) == day]

    assert plan.turns_on(day, 700) == min(100 * len(moved), 700)


@pytest.mark.parametrize(
    ("given", "says"),
    [({"contact_plans": {"gold": 15}}, "no tier 'gold'"), ({"contact_plans": {"vip": 0}}, "from 1 to 366"),
     ({"contact_plans": {"vip": 15}, "contact_plan_weekdays": ()}, "no weekday")],
)  # fmt: skip
def test_a_plan_that_cannot_be_kept_is_refused_in_a_line(given, says):
    with pytest.raises(BadInput, match=says):
        plans_of(Settings(**given), ("vip", "mid"))


def test_a_date_that_lies_ahead_is_no_contact():
    turn = turn_of(("k", "C", None, 1, "2999-01-01", None, None), ContactPlan(15), 20_000, lambda at: at)

    assert (turn.last_contact, turn.due) == (None, 20_000)
