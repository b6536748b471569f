"""What holds for every centre, drawn at random: see `tests.strategies_centres`."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.scenario import Scenario
from callcenter.units import DAY
from sim.experiment.replicate import one, run
from sim.model.shifts import duties
from sim.model.streams import Chance
from sim.results.figures import Figures
from sim.results.result import as_json, result
from tests.strategies_centres import Kind, centres, cut_in_two, one_by_one


def came_to(scenario: Scenario) -> tuple[object, ...]:
    figures: Figures = one(scenario, 0)
    return figures.counts.tolist(), figures.sums.tolist(), figures.spans, figures.group_ms.tolist()


@given(centres(Kind(days=2)).filter(lambda scenario: scenario.shifts), st.data())
@settings(max_examples=25)
def test_equal_plans_written_differently_come_to_equal_figures(scenario, data):
    scenario = replace(scenario, shrinkage=0.0, shifts=tuple(replace(shift, breaks=()) for shift in scenario.shifts))
    how = data.draw(st.sampled_from([one_by_one, lambda s: cut_in_two(s, (s.begin + s.end) // 2)]))
    otherwise = replace(scenario, shifts=tuple(part for shift in scenario.shifts for part in how(shift)))

    assert came_to(otherwise) == came_to(scenario)


@given(centres())
@settings(max_examples=12)
def test_the_totals_of_a_result_are_the_sums_of_its_rows(scenario):
    lived = run(scenario, processes=1)
    found = as_json(result(lived.scenario, lived.figures, lived.starts))
    overall = found["overall"]["offered"]["mean"]

    for rows in (found["tiers"].values(), (cell["overall"] for cell in found["intervals"])):
        assert abs(sum(row["offered"]["mean"] for row in rows) - overall) < 1e-9
    groups = found["agents"]["groups"].values()
    assert abs(sum(g["logged_in_h"]["mean"] for g in groups) - found["agents"]["logged_in_h"]["mean"]) < 1e-9


@given(centres())
@settings(max_examples=30)
def test_as_many_are_on_duty_as_the_plan_has_heads(scenario):
    found = duties(replace(scenario, shrinkage=0.0), Chance(scenario.seed, 0))
    zone = scenario.centre.zone
    first = scenario.horizon.first_day * DAY

    for local in range(first, first + DAY, DAY // 24):
        for at in zone.instants(local):
            there = sum(duty.begin <= at < duty.end for duty in found)
            day, clock = divmod(local, DAY)
            wanted = sum(
                s.agents
                for s in scenario.shifts
                for d in (day - 1, day)
                if (d + 3) % 7 in s.weekdays and zone.instant(d * DAY + s.begin) <= at < zone.instant(d * DAY + s.end)
            ) + sum(c.agents[(clock - c.begin) // c.interval] for c in scenario.staffing if (day + 3) % 7 in c.weekdays)
            assert there == wanted
