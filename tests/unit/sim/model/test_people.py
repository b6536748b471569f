"""What people are like is fixed by who calls: the same customers meet every variant, by the laws asked for."""

import numpy as np
import pytest

from callcenter.centre import Group, Policy, Queue, Selection
from callcenter.scenario import Busyness, Desk, Law, LawKind, Retrial, Rule
from callcenter.units import HOUR, SECOND, millis
from sim.results.figures import figures
from sim.run.driver import Day
from tests.unit.sim.scenes import TIERS, always, busy, exponential, lived, scripted, waits

H9 = 9 * 3600


# --- common random numbers


def people(day: Day) -> dict[int, tuple]:
    """Return what each first attempt is: key → arrival, tier, handling, patience."""
    c = day.callers
    first = [n for n, attempt in enumerate(c.attempt) if attempt == 1]
    return {c.key[n]: (c.at[n], c.tier[n], c.handling_ms[n], c.patience_ms[n]) for n in first}


VARIANTS = {
    "more agents": {"agents": 9},
    "fewer agents": {"agents": 1},
    "ringing phones": {"group": Group("g"), "desks": (Desk("g", ring=always(5), miss=0.2),)},
    "a short line": {"queue": Queue("q", max_waiting=2)},
    "another policy": {"agents": 2, "queue": Queue("q", policy=Policy.SLACK, selection=Selection.RANDOM)},
    "retrials": {"retrials": (("abandoned", Retrial(0.9, exponential(300))),)},
    "shrinkage": {"shrinkage": 0.9},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_two_variants_meet_the_same_customers(variant: str):
    one, other = lived(busy(), 2), lived(busy(**VARIANTS[variant]), 2)

    assert people(one) == people(other)
    assert waits(one) != waits(other)


def test_more_calls_leave_the_ones_there_were_as_they_are():
    few, many = people(lived(busy(60), 2)), people(lived(busy(90), 2))

    assert len(many) > len(few)
    assert few.items() <= many.items()


def test_a_scaled_law_keeps_the_patient_callers_patient():
    short, long = (people(lived(busy(patience=(Rule(exponential(s)),)), 1)) for s in (60, 120))
    ratios = [long[key][3] / short[key][3] for key in short if short[key][3] > 1_000]

    assert ratios == pytest.approx([2.0] * len(ratios), rel=1e-3)


# --- busy days and quiet days


@pytest.mark.parametrize("cv", [0.1, 0.3])
def test_day_totals_spread_as_the_gamma_multiplier_says(cv: float):
    """Variance of a day's total = mean + (cv x mean)²; 400 days."""
    scenario = busy(200, hours=4, busyness=Busyness(cv))
    totals = np.array([len(Day(scenario, r).callers) for r in range(400)], float)
    expected = 800 + (cv * 800) ** 2

    assert totals.mean() == pytest.approx(800, abs=4 * (expected / 400) ** 0.5)
    assert totals.var() == pytest.approx(expected, rel=4 * (2.5 / 400) ** 0.5)


def test_laws_by_hour_apply_by_the_hour_of_arrival():
    rules = (Rule(always(10), between=(9 * HOUR, 10 * HOUR)), Rule(always(99)))
    day = lived(busy(60, agents=20, handling=rules))
    talks = {((r.queued_at - day.begin) // HOUR, r.talk_ms) for r in day.ledger.calls}

    assert talks == {(8, 99_000), (9, 10_000), (10, 99_000)}


def test_every_kind_of_law_is_drawn():
    parts = (
        (0.2, Law(LawKind.LOGNORMAL, 60, cv=0.8)),
        (0.2, Law(LawKind.GAMMA, 60, cv=0.8)),
        (0.2, Law(LawKind.WEIBULL, 60, shape=0.9)),
        (0.2, Law(LawKind.ERLANG, 60, shape=3)),
        (0.2, Law(LawKind.EMPIRICAL, values_s=(30.0, 90.0))),
    )
    scenario = busy(600, agents=60, handling=(Rule(Law(LawKind.MIXTURE, parts=parts)),), patience=())
    talks = np.array([r.talk_ms for r in lived(scenario).ledger.calls]) / SECOND

    assert talks.mean() == pytest.approx(60, rel=0.08)
    assert ((talks == 30) | (talks == 90)).mean() == pytest.approx(0.2, abs=0.05)


def test_of_recorded_calls_each_without_a_customer_is_another_persons():
    calls = [(H9 + 600 * n, "standard", 10) for n in range(4)]
    people = lived(scripted(calls, customers=["x", None, None, "x"])).callers.customer

    assert people[0] == people[3]
    assert len(set(people)) == 3


def test_a_recorded_customer_is_the_same_person_each_time():
    calls = [(H9, "standard", 10), (H9 + 3600, "standard", 10), (H9 + 7200, "standard", 10)]
    day = lived(scripted(calls, customers=["x", "x", "y"]))

    assert figures(day).repeats.sum() == 1
    assert [t.name for t in TIERS][2] == "standard"
    assert millis(0.0005) == 1
