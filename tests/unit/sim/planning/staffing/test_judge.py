"""Which day a plan is judged by."""

import pytest

from callcenter.config.load import load_scenario
from sim.planning.staffing.judge import first_measured


@pytest.mark.parametrize(("name", "nights"), [("follow-the-sun", 1), ("flash-callback", 0), ("first-steps", 0)])
def test_the_day_that_is_judged_is_the_first_measured_with_the_night_before_it(name: str, nights: int):
    horizon = load_scenario(name).horizon
    judged = first_measured(load_scenario(name)).horizon

    assert judged.measured == horizon.measured[:1]
    assert judged.lived == range(horizon.measured.start - nights, horizon.measured.start + 1)
