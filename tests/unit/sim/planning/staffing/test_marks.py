"""The counts of a day by interval, and a plan found by hand as staffing."""

from callcenter.lifecycle.measures import COUNTS
from callcenter.units import SECOND
from sim.planning.staffing.marks import Marks
from sim.planning.staffing.plan import Plan
from tests.unit.sim.planning.staffing.test_search import morning

HALF = 1_800 * SECOND


def counted(closed_at: int, *arrivals: int) -> list[dict[str, int]]:
    marks = Marks(morning().centre, [20 * SECOND])
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


def test_a_plan_for_dates_alone_is_for_every_day_of_the_week_on_which_they_fall():
    plan = Plan(morning(), "", ("08:00",), ("desk",), ((2,),) * 48, (), (), (), 0, 0, weekdays=(), dates=(20_514,))

    assert {(entry.weekdays, entry.dates) for entry in plan.mine()} == {((0, 1, 2, 3, 4, 5, 6), (20_514,))}
