"""Where a formula is exact, the simulator agrees with it; `python -m benchmarks formulas` has the long table."""

import pytest

from benchmarks.formulas import Case, agrees, cases, simulated

EXACT = [case for case in cases() if case.exact]
ROWS = sum(len(case.formula) for case in EXACT)


def held(case: Case, replications: int) -> list[bool]:
    found = simulated(case, replications)
    return [agrees(f, e, replications, ROWS) for f, e in zip(case.formula, found, strict=True) if e is not None]


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_simulation_and_formula_agree_within_the_interval(case: Case):
    assert held(case, 10) == [True] * len(case.formula)


@pytest.mark.slow
@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_simulation_and_formula_agree_within_an_interval_three_times_as_narrow(case: Case):
    assert held(case, 100) == [True] * len(case.formula)
