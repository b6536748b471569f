"""What may be asked of a model, and what is refused by name."""

import numpy as np
import pytest

from callcenter.erlang import BadFigure
from callcenter.erlang.models import fewest

CASE = {"calls": [100.0], "interval": [1800.0], "aht": [180.0], "within": [20.0]}


def agents(goal: str, value: float) -> float:
    case = {name: np.array(column) for name, column in CASE.items()}
    return float(fewest("c", case, {goal: np.array([value])})[0])


@pytest.mark.parametrize(("goal", "value"), [("asa", 0.0), ("asa", -1.0), ("lost", 0.1)])
def test_a_goal_that_no_number_of_agents_meets_or_that_the_model_lacks_is_refused(goal: str, value: float):
    with pytest.raises(BadFigure, match=f"^{goal} is"):
        agents(goal, value)


def test_a_mean_wait_may_be_asked_for_however_short():
    assert agents("asa", 20.0) <= agents("asa", 1.0) <= agents("asa", 0.001)
