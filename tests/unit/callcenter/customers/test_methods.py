"""What holds of every grading method, whatever the customers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callcenter.customers.changes import changes
from callcenter.customers.columns import Customers
from callcenter.customers.ltv import LtvRules
from callcenter.customers.methods import METHODS, grade
from callcenter.customers.pareto import AbcRules
from callcenter.customers.pyramid import PyramidRules
from callcenter.customers.ranking import Step
from callcenter.customers.scorecard import Criterion, ScorecardRules
from callcenter.customers.summary import summary

ALL = sorted(METHODS)
NAN = float("nan")
UPWARD = ("revenue_12m", "last_contact", "contacts_12m", "tenure_months", "credit_score", "retention")
KINDS = {
    "revenue_12m": st.integers(-500, 5_000).map(lambda cents: cents / 100),
    "last_contact": st.integers(20_000, 20_400).map(float),
    "contacts_12m": st.integers(0, 30).map(float),
    "tenure_months": st.integers(0, 90).map(float),
    "credit_score": st.integers(300, 850).map(float),
    "retention": st.integers(0, 100).map(lambda n: n / 100),
}


@st.composite
def people(draw: st.DrawFn, least: int = 0, most: int = 25) -> Customers:
    """Return a few customers, many of them alike, of some of whom little is known."""
    n = draw(st.integers(least, most))
    columns = {}
    for name, kind in KINDS.items():
        few = draw(st.lists(kind, min_size=1, max_size=6))
        cells = st.sampled_from([*few, NAN]) if name != "retention" else st.sampled_from([NAN, NAN, *few])
        columns[name] = np.array(draw(st.lists(cells, min_size=n, max_size=n)), np.float64)
    return Customers([f"c{i}" for i in range(n)], columns)


def by_value(values: list[float], name: str = "revenue_12m") -> Customers:
    return Customers([f"c{i}" for i in range(len(values))], {name: np.array(values, np.float64)})


def names(customers: Customers, method: str, rules: object = None) -> list[str]:
    graded = grade(customers, method, rules)
    return [graded.grades[n] for n in graded.grade]


def with_value(customers: Customers, name: str, row: int, value: float) -> Customers:
    column = customers.figures[name].copy()
    column[row] = value
    return replace(customers, figures={**customers.figures, name: column})


# --- properties of every method


@given(people(), st.sampled_from(ALL), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_grade(customers, method, chance):
    order = list(range(len(customers)))
    chance.shuffle(order)
    turned = Customers([customers.ids[i] for i in order], {k: v[order] for k, v in customers.figures.items()})

    before, after = grade(customers, method), grade(turned, method)

    assert [int(before.grade[i]) for i in order] == after.grade.tolist()
    assert summary(method, customers, before) == summary(method, turned, after)


@given(people(), st.sampled_from(ALL), st.sampled_from([0.01, 0.3, 7.0, 1000.0, 123.456]))
def test_the_currency_changes_no_grade(customers, method, factor):
    other = {**customers.figures, "revenue_12m": customers.figures["revenue_12m"] * factor}

    assert names(customers, method) == names(replace(customers, figures=other), method)


@given(people(), st.sampled_from(ALL))
def test_equal_customers_have_equal_grades(customers, method):
    found: dict[tuple[str, ...], set[str]] = {}
    for i, name in enumerate(names(customers, method)):
        found.setdefault(tuple(str(column[i]) for column in customers.figures.values()), set()).add(name)

    assert all(len(grades) == 1 for grades in found.values())


@given(people(least=1), st.sampled_from(ALL), st.sampled_from(UPWARD), st.data())
def test_whose_figure_rises_never_falls_in_grade(customers, method, name, data):
    row = data.draw(st.integers(0, len(customers) - 1))
    before = customers.figures[name][row]
    after = data.draw(KINDS[name])
    assume(not np.isnan(before) and after > before)
    # Whoever costs money costs more the longer they stay: for them a lifetime value falls with time.
    loses = customers.figures["revenue_12m"][row] < 0
    assume(not (method == "ltv" and loses and name in {"tenure_months", "retention"}))

    risen = with_value(customers, name, row, after)

    assert grade(risen, method).grade[row] <= grade(customers, method).grade[row]


@given(people(least=1), st.sampled_from(ALL), st.sampled_from(UPWARD), st.data())
def test_whose_figure_becomes_known_never_falls_in_grade(customers, method, name, data):
    row = data.draw(st.integers(0, len(customers) - 1))
    # One's own retention may be lower than the one assumed for the tenure.
    assume(np.isnan(customers.figures[name][row]) and name != "retention")
    loses = customers.figures["revenue_12m"][row] < 0
    assume(not (method == "ltv" and loses and name == "tenure_months"))

    known = with_value(customers, name, row, data.draw(KINDS[name]))

    assert grade(known, method).grade[row] <= grade(customers, method).grade[row]


@given(people(), st.sampled_from(ALL))
def test_shares_add_up_to_one_and_customers_to_all(customers, method):
    found = summary(method, customers, grade(customers, method))

    assert sum(g.customers for g in found.grades) == len(customers)
    for share in ("share_customers", "share_revenue", "share_contacts", "share_agent_time"):
        parts = [getattr(g, share) for g in found.grades]
        assert all(part is None for part in parts) or sum(parts) == pytest.approx(1.0)
    assert (found.grades[0].share_customers is None) == (len(customers) == 0)


@given(people(), st.sampled_from(ALL))
def test_every_grade_is_explained_in_one_sentence_that_names_it(customers, method):
    graded = grade(customers, method)

    for row in range(len(customers)):
        sentence = graded.why(row)
        assert sentence.startswith(f"{graded.grades[graded.grade[row]]}: ")
        assert "\n" not in sentence
        assert "nan" not in sentence


@pytest.mark.parametrize("method", ALL)
def test_every_grade_is_served_as_a_tier(method):
    graded = grade(by_value([]), method)

    assert set(graded.tiers) == set(graded.grades)
    assert set(graded.tiers.values()) <= {"vip", "mid", "standard"}


@pytest.mark.parametrize("method", ALL)
def test_of_whom_nothing_is_known_the_grade_is_the_last(method):
    graded = grade(by_value([NAN, NAN]), method)

    assert graded.grade.tolist() == [len(graded.grades) - 1] * 2


# --- tiny and odd files


@pytest.mark.parametrize("method", ALL)
def test_no_customers_have_no_grades(method):
    found = summary(method, by_value([]), grade(by_value([]), method))

    assert all(g.customers == 0 and g.share_customers is None for g in found.grades)


def test_one_customer_is_no_top_of_a_pyramid_and_brings_all_the_revenue():
    assert names(by_value([10.0]), "pyramid") == ["lead"]
    assert names(by_value([10.0]), "abc") == ["A"]


def test_three_customers_are_a_third_each():
    assert names(by_value([3.0, 1.0, 2.0]), "pyramid") == ["iron", "lead", "lead"]
    assert names(by_value([80.0, 15.0, 5.0]), "abc") == ["A", "B", "C"]


def test_where_all_are_equal_nobody_is_above_the_middle_of_a_pyramid():
    assert set(names(by_value([5.0] * 40), "pyramid")) == {"lead"}
    assert set(names(by_value([5.0] * 40), "activity")) == {"inactive"}


def test_a_group_of_equals_is_never_split_and_goes_where_its_middle_lies():
    # Places 1 to 10 and 11 to 100: the middle of the first ten is place 5, inside the top 5 %.
    assert set(names(by_value([9.0] * 10 + [1.0] * 90), "pyramid")[:10]) == {"gold"}


# --- pyramid, activity


def test_a_thousand_customers_make_the_documents_pyramid():
    counts = [g.customers for g in summary_of(1000, "pyramid")]

    assert counts == [10, 40, 150, 800]


def test_a_thousand_accounts_are_as_active_as_the_documents_say():
    assert [g.customers for g in summary_of(1000, "activity")] == [50, 100, 250, 300, 300]


def test_an_account_without_turnover_is_silent_even_at_the_top():
    assert names(by_value([0.0, 0.0, -5.0]), "activity") == ["silent"] * 3


def test_a_pyramid_may_count_heads():
    rules = PyramidRules((Step("key", count=2), Step("major", count=3), Step("household")), {})
    graded = names(by_value([float(n) for n in range(10)]), "pyramid", rules)

    assert graded == ["household"] * 5 + ["major"] * 3 + ["key"] * 2


def summary_of(n: int, method: str):
    customers = by_value([float(value) for value in range(1, n + 1)])
    return summary(method, customers, grade(customers, method)).grades


# --- abc


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=40))
def test_a_class_begins_where_better_customers_bring_its_share(revenue):
    """Against the textbook's table: sort, add up, look at the sum before each distinct value."""
    total, expected = sum(revenue), {}
    for value in set(revenue):
        before = sum(other for other in revenue if other > value)
        expected[value] = "A" if 10 * before < 7 * total else "B" if 10 * before < 9 * total else "C"

    assert names(by_value([float(v) for v in revenue]), "abc") == [expected[v] for v in revenue]


def test_the_customer_who_brings_most_is_an_a_whatever_the_share():
    assert names(by_value([90.0, 10.0]), "abc") == ["A", "C"]


def test_who_brings_nothing_is_in_the_last_class():
    assert names(by_value([100.0, 0.0, -20.0, NAN]), "abc") == ["A", "C", "C", "C"]


def test_without_revenue_in_all_everyone_is_in_the_last_class():
    assert names(by_value([10.0, -30.0]), "abc") == ["C", "C"]


def test_with_money_given_back_shares_still_add_up_to_one():
    customers = by_value([100.0, -20.0])
    found = summary("abc", customers, grade(customers, "abc", AbcRules()))

    assert [g.share_revenue for g in found.grades] == [1.25, 0.0, -0.25]


# --- rfm


def test_a_better_score_never_leads_to_a_later_line_of_the_table():
    graded = names(
        Customers(
            ["best", "gone", "fresh", "idle"],
            {
                "last_contact": np.array([400.0, 100.0, 300.0, 200.0]),
                "contacts_12m": np.array([12.0, 11.0, 1.0, 0.0]),
                "revenue_12m": np.array([900.0, 800.0, 5.0, 1.0]),
            },
        ),
        "rfm",
    )

    assert graded == ["champions", "at_risk", "promising", "sleeping"]


# --- ltv


def test_the_lifetime_value_is_the_sum_of_all_the_years_margins():
    """Against the sum itself, year by year: margin x (r ÷ (1 + d))^t."""
    customers = Customers(["c"], {"revenue_12m": np.array([1000.0]), "retention": np.array([0.8])})
    told = grade(customers, "ltv", LtvRules(margin=0.25, discount=0.1)).why(0)

    worth = sum(250 * (0.8 / 1.1) ** year for year in range(1, 400))
    assert f"is worth {worth:,.2f}," in told


def test_who_stays_longer_is_worth_more_at_the_same_revenue():
    customers = Customers(
        [f"c{i}" for i in range(40)],
        {"revenue_12m": np.full(40, 100.0), "tenure_months": np.array([0.0] * 39 + [72.0])},
    )

    assert names(customers, "ltv") == ["low"] * 39 + ["high"]


# --- scorecard


@given(people(least=1), st.data())
def test_with_limits_in_money_a_rise_never_lowers_the_grade_but_the_currency_counts(customers, data):
    limits = ((5.0, 30.0), (20.0, 80.0), (40.0, 100.0))
    rules = ScorecardRules((Criterion("revenue_12m", 1, limits),), (("A", 80), ("B", 30), ("C", 0)), {})
    row = data.draw(st.integers(0, len(customers) - 1))
    before = customers.figures["revenue_12m"][row]
    assume(not np.isnan(before))
    risen = with_value(customers, "revenue_12m", row, before + data.draw(st.floats(0, 100)))

    assert grade(risen, "scorecard", rules).grade[row] <= grade(customers, "scorecard", rules).grade[row]
    assert names(by_value([25.0]), "scorecard", rules) == ["A"]
    assert names(by_value([0.25]), "scorecard", rules) == ["C"]


# --- what changed


def test_changes_count_everyone_once():
    customers = by_value([100.0, 15.0, 5.0, 0.0])
    graded = grade(customers, "abc")
    before = {"c0": "B", "c1": "A", "c2": "C", "left": "A"}

    found = changes(before, customers, graded)

    assert (found.promoted, found.demoted, found.unchanged, found.new, found.gone) == (1, 1, 1, 1, 1)
    assert dict(found.moves) == {("B", "A"): 1, ("A", "B"): 1}


def test_value_in_three_dimensions_says_above_how_many_a_customer_stands():
    """Of eight the best stands above seven and half of one: who is equal counts half, oneself included."""
    rising = np.arange(1.0, 9.0)
    figures = {"revenue_12m": 1_200 * rising, "tenure_months": rising, "credit_score": rising[::-1]}
    found = grade(Customers(list("abcdefgh"), figures), "value3d")

    assert found.because(7).startswith(
        "spend 800.00 a month is above 94 % of customers, tenure above 94 %, credit above 6 %"
    )
