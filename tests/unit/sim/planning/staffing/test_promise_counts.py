"""The counts of a day by interval, and a plan found by hand as staffing."""

from dataclasses import replace

import pytest

from callcenter import events as ev
from callcenter.ids import AgentId, CallId, ContactId, OfferId
from callcenter.lifecycle.measures import COUNTS
from callcenter.tiers import Target
from callcenter.units import SECOND, Millis
from sim.planning.staffing.plan import Plan
from sim.planning.staffing.promise_counts import PromiseCounts
from sim.planning.staffing.promises import Finding, Promise
from tests.unit.sim.planning.staffing.test_search import morning

HALF = 1_800 * SECOND


def counted(closed_at: int, *arrivals: int) -> list[dict[str, int]]:
    marks = PromiseCounts(morning().centre, [20 * SECOND])
    marks.by_interval([0, HALF, 2 * HALF])
    for n, at in enumerate(arrivals):
        marks.open[f"c{n}"] = (at, 0)
    marks.close(closed_at)
    return [{name: n for name, n in zip(COUNTS, cells[0], strict=True) if n} for cells in marks.table]


def test_a_call_that_is_open_counts_in_the_interval_in_which_it_came():
    assert counted(HALF, 1_790 * SECOND) == [{"open": 1}, {}]
    assert counted(2 * HALF, 2 * HALF - 1, 2 * HALF) == [{}, {"open": 1}]


def test_a_call_that_is_open_is_late_once_it_has_waited_longer_than_is_promised():
    assert counted(50 * SECOND, 30 * SECOND) == [{"open": 1}, {}]
    assert counted(50 * SECOND + 1, 30 * SECOND) == [{"open": 1, "open_late": 1}, {}]


@pytest.mark.parametrize(("waited", "within"), [(20 * SECOND, 1), (20 * SECOND + 1, 0)])
def test_a_call_is_answered_in_time_up_to_the_very_limit(waited: int, within: int):
    centre = morning().centre
    marks = PromiseCounts(centre, [20 * SECOND])
    marks.by_interval([0, HALF])
    marks.open["c1"] = (5, 0)
    marks.folds[ev.CallConnected](
        ev.CallConnected(
            Millis(5 + waited), 1, CallId("c1"), ContactId("c1"), "q", "t", AgentId("ana"), "g", OfferId("c1/o1"),
            Millis(5), Millis(5), None, 100,
        )
    )  # fmt: skip

    assert dict(zip(COUNTS, marks.table[0][0], strict=True))["answered_in"] == within


def plan(*verdicts: tuple[int | None, str], heads: int = 2) -> Plan:
    target = Target(0.8, Millis(20 * SECOND))
    judged = tuple(Finding(Promise("t", None, at, target), None, 1.0, 0.0, verdict) for at, verdict in verdicts)
    return Plan(morning(), "", ("08:00",), ("desk",), ((heads,),) * 4, judged, (), (), 0, 0)


@pytest.mark.parametrize(
    ("verdicts", "met"),
    [
        ([(None, "yes"), (0, "yes")], True),
        ([(None, "yes"), (0, "undecided")], True),
        ([(None, "undecided"), (0, "yes")], False),
        ([(None, "yes"), (0, "no")], False),
        ([(None, "no")], False),
    ],
)
def test_a_plan_is_met_that_breaks_no_interval_and_surely_keeps_the_day(
    verdicts: list[tuple[int | None, str]], met: bool
):
    assert plan(*verdicts).met is met
    assert replace(plan((None, "yes")), others=(plan(*verdicts),)).met is met
    assert not replace(plan(*verdicts), unmeetable=("t",)).met


def test_a_plan_costs_what_its_kinds_of_days_cost_together():
    assert replace(plan(heads=2), others=(plan(heads=3), plan(heads=1))).cost == 4 * (2 + 3 + 1)


def test_a_plan_that_names_no_days_is_for_every_day_of_the_week():
    assert plan().weekdays == (0, 1, 2, 3, 4, 5, 6)


def test_a_plan_for_dates_alone_is_for_every_day_of_the_week_on_which_they_fall():
    plan = Plan(morning(), "", ("08:00",), ("desk",), ((2,),) * 48, (), (), (), 0, 0, weekdays=(), dates=(20_514,))

    assert {(entry.weekdays, entry.dates) for entry in plan.mine()} == {((0, 1, 2, 3, 4, 5, 6), (20_514,))}
