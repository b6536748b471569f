"""The public integer programmes of the reference data: two of shifts, one of skills."""

import json
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from sim.planning.roster.cover import Aim, Cover, Problem, cover

pytestmark = pytest.mark.shared("data/reference_public.json")
CASES = ("sh_pwf_min_resources", "sh_pwf_min_absdiff", "ms_pwf_cover")


@pytest.fixture(scope="module")
def cases(shared) -> dict[str, Any]:
    data = json.loads(shared("data/reference_public.json").read_text())
    return {case["id"]: case for case in data["cases"] if case["id"] in CASES}


def two_days(inputs: dict[str, Any]) -> Problem:
    need = np.array(inputs["required_per_hour"], dtype=np.float64).ravel()
    shifts = np.array(list(inputs["shift_cover"].values()), dtype=np.float64).T
    days = len(inputs["required_per_hour"])
    covers = sparse.csr_array(sparse.block_diag([shifts] * days))
    columns = covers.shape[1]
    most = np.full(columns, float(inputs["max_shift_concurrency"]))
    return Problem(need, covers, np.ones(columns), most=most, most_at_once=inputs["max_period_concurrency"])


def holds(found: Cover, problem: Problem) -> bool:
    at_most = problem.most_at_once is None or found.given.max() <= problem.most_at_once
    return bool(at_most and found.optimal and found.gap == 0)


def test_shifts_cover_every_hour_with_the_fewest(cases):
    case = cases["sh_pwf_min_resources"]
    problem = two_days(case["inputs"])

    found = cover(problem)

    assert found.cost == case["expected"]["optimal_total"]
    assert not found.under.any()
    assert holds(found, problem)


def test_shifts_come_closest_to_the_need(cases):
    case = cases["sh_pwf_min_absdiff"]
    problem = two_days(case["inputs"])

    found = cover(problem, aim=Aim.MATCH)

    assert found.value == case["expected"]["optimal_total"]
    assert found.under.sum() + found.over.sum() == found.value
    assert holds(found, problem)


def test_skills_are_covered_at_the_least_cost(cases):
    case = cases["ms_pwf_cover"]
    required, profiles = case["inputs"]["required"], case["inputs"]["profiles"]
    covers = [[float(skill in skills) for skills, _ in profiles.values()] for skill in required]
    need = np.array(list(required.values()), dtype=np.float64)
    costs = np.array([cost for _, cost in profiles.values()])

    found = cover(Problem(need, sparse.csr_array(np.array(covers)), costs))

    assert found.cost == pytest.approx(case["expected"]["optimal_cost"], abs=1e-9)
