"""A contact plan: each customer once in so many days, on the weekdays that are allowed, nobody twice on one."""

from hypothesis import given
from hypothesis import strategies as st

from callcenter.callbacks import TaskKind
from callcenter.hours import weekday
from callcenter.scenario import Law, LawKind, Outreach
from callcenter.units import DAY

TALK = Law(LawKind.DETERMINISTIC, 60.0)


@given(
    customers=st.integers(1, 200),
    every=st.integers(7, 60),
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    begin=st.integers(0, 30_000),
)
def test_over_whole_turns_everybody_is_called_once_in_each(customers, every, weekdays, begin):
    plan = Outreach(TaskKind.CARE, "q", "vip", customers, TALK, weekdays=weekdays, every_days=every)
    days = range(begin, begin + 7 * every)  # seven whole turns, whole weeks: what is moved in is moved out
    called = {day: plan.due_on(day) for day in days}

    assert all(n == 0 for day, n in called.items() if weekday(day * DAY) not in weekdays)
    assert abs(sum(called.values()) - 7 * customers) <= 7 * (customers // every + 1), (
        "but for the turns moved at the ends"
    )
    assert max(called.values()) <= customers


def test_key_customers_are_called_at_least_twice_a_month_and_important_ones_once():
    plans = {
        every: Outreach(TaskKind.CARE, "q", "vip", 60, TALK, weekdays=(0, 1, 2, 3, 4), every_days=every)
        for every in (15, 30)
    }
    month = range(20_000, 20_030)

    assert {every: round(sum(map(plan.due_on, month)) / 60) for every, plan in plans.items()} == {15: 2, 30: 1}
