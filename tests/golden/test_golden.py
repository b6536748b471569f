"""Shipped scenarios come to exactly what they came to before (`python tests/golden/regenerate.py` makes the files)."""

import json
from typing import Any

import pytest

from callcenter.lifecycle.measures import OUTCOMES
from tests.golden.regenerate import NAMES, made, path, text


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_comes_to_what_it_came_to(name: str):
    found, golden = made(name), json.loads(path(name).read_text(encoding="utf-8"))

    assert first_difference(golden, found) is None, "meant? then: python tests/golden/regenerate.py"
    assert text(found) == path(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_result_accounts_for_every_call(name: str):
    golden = json.loads(path(name).read_text(encoding="utf-8"))
    for block in (*golden["tiers"].values(), golden["overall"]):
        assert sum(block[outcome]["mean"] for outcome in OUTCOMES) == pytest.approx(block["offered"]["mean"], abs=1e-6)
    tiers = golden["tiers"].values()
    assert sum(block["offered"]["mean"] for block in tiers) == pytest.approx(golden["calls"]["mean"], abs=1e-6)
    assert sum(block["agent_time_share"]["mean"] for block in tiers) == pytest.approx(1.0, abs=1e-6)


def first_difference(golden: Any, found: Any, where: str = "") -> str | None:
    """Return the first place where two results differ."""
    if isinstance(golden, dict) and isinstance(found, dict) and list(golden) == list(found):
        parts = [(f"{where}.{key}", golden[key], found[key]) for key in golden]
    elif isinstance(golden, list) and isinstance(found, list) and len(golden) == len(found):
        parts = [(f"{where}[{n}]", one, other) for n, (one, other) in enumerate(zip(golden, found, strict=True))]
    else:
        return None if golden == found else f"{where}: was {str(golden)[:200]}, is {str(found)[:200]}"
    differences = (first_difference(one, other, place) for place, one, other in parts)
    return next((difference for difference in differences if difference is not None), None)
