"""What is expected of streams is worked out once for a scenario, and never taken for another's."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sim.model.demand import arrivals
from sim.model.expected import expected
from sim.model.streams import Chance
from tests.unit.sim.model.test_demand import ONE, SCENARIO


def test_the_next_replication_finds_what_is_there():
    assert expected(SCENARIO) is expected(SCENARIO)
    assert expected(SCENARIO).of(0, 0) is expected(SCENARIO).of(0, 0)


def test_a_scenario_that_is_equal_but_for_a_stream_has_its_own():
    busier = replace(SCENARIO, streams=(replace(ONE, calls=(50.0,)),))

    assert expected(busier).of(0, 0).calls.tolist() == [50.0]
    assert expected(SCENARIO).of(0, 0).calls.tolist() == [10.0, 20.0, 0.0, 5.0]


def test_threads_with_scenarios_of_their_own_do_not_meet():
    scenarios = [replace(SCENARIO, streams=(replace(ONE, calls=(10.0 * n,)),)) for n in (1, 2)]
    alone = [arrivals(scenario, Chance(1, 0)).at.tolist() for scenario in scenarios]
    with ThreadPoolExecutor(2) as threads:
        drawn = list(threads.map(lambda n: arrivals(scenarios[n % 2], Chance(1, 0)).at.tolist(), range(40)))

    assert drawn == alone * 20
