"""The public reference cases (`../shared/data/README.md`) as parameters of tests."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from tests.conftest import SHARED

REFERENCE = SHARED / "data" / "reference_public.json"


def cases_of(models: Collection[str], left_out: Mapping[str, str]) -> list[Any]:
    """Return the cases of these models, each under its name; those left out (name → reason) are skipped."""
    if not REFERENCE.exists():
        absent = pytest.mark.skip(reason="needs ../shared/data/reference_public.json beside this checkout")
        return [pytest.param(None, id="reference_public", marks=absent)]
    return [
        pytest.param(
            case,
            id=case["id"],
            marks=[pytest.mark.skip(reason=left_out[case["id"]])] if case["id"] in left_out else [],
        )
        for case in json.loads(REFERENCE.read_text())["cases"]
        if case["model"] in models
    ]
