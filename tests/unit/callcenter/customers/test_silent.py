"""Silent signals: each with its sentence, none without a cause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.customers.silent import SilentRule, Trend, silent_signals
from callcenter.errors import BadInput
from callcenter.units import DAY, Millis

NOW = Millis(1_000 * DAY)


def test_falling_contacts_and_spending_are_signals_with_their_figures():
    trend = Trend(contacts=2, contacts_before=9, spending=100.0, spending_before=1_234.5)

    assert silent_signals(trend, SilentRule(), NOW) == [
        "contacts fell by 78 %: from 9 to 2",
        "spending fell by 92 %: from 1,234.50 to 100.00",
    ]


def test_of_few_contacts_chance_makes_no_signal():
    assert silent_signals(Trend(contacts=0, contacts_before=2), SilentRule(), NOW) == []
    assert silent_signals(Trend(spending=0.0, spending_before=5.0), SilentRule(least_spending=10.0), NOW) == []
    assert silent_signals(Trend(spending=0.0, spending_before=10.0), SilentRule(least_spending=10.0), NOW) == []
    assert silent_signals(Trend(spending=0.0, spending_before=10.5), SilentRule(least_spending=10.0), NOW) != []


def test_what_is_not_known_is_no_signal():
    assert silent_signals(Trend(), SilentRule(quiet_after=Millis(DAY)), NOW) == []
    assert silent_signals(Trend(contacts=0), SilentRule(), NOW) == []


def test_an_old_complaint_and_a_long_quiet_are_signals():
    trend = Trend(complaint_since=Millis(NOW - 8 * DAY), heard_at=Millis(NOW - 40 * DAY))

    assert silent_signals(trend, SilentRule(quiet_after=Millis(30 * DAY)), NOW) == [
        "a complaint has been unresolved for 8 days",
        "nothing heard for 40 days",
    ]


@given(st.integers(3, 500), st.integers(0, 1_000), st.integers(1, 100))
def test_a_signal_is_a_fall_by_the_share_and_nothing_less(before: int, now: int, percent: int):
    found = silent_signals(Trend(contacts=now, contacts_before=before), SilentRule(fall=percent / 100), NOW)

    assert bool(found) == (now <= before * (1 - percent / 100))


def test_a_rule_that_sees_every_rise_as_a_fall_is_refused():
    for fall in (0.0, 1.1):
        with pytest.raises(BadInput):
            SilentRule(fall=fall)
