"""What every test may use: Hypothesis profiles, the folder beside the checkout, a private PostgreSQL."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("CALLCENTER_SHARED", ROOT.parent / "shared"))

# The same examples on every machine and every run: a red build is never luck. The first example that shows a fault
# is told at once: shrinking a day of two hundred commands takes silent minutes (`make test-slow` shrinks).
settings.register_profile(
    "ci",
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# New examples each time, many of them; a fault prints the line that reproduces it.
settings.register_profile(
    "slow",
    max_examples=2_000,
    stateful_step_count=200,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci")


def _shared_or_skip(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs ../shared/{name}, which is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def shared():
    """Give `shared("data/x.json")`: the path beside the checkout, or a skip that names the file."""
    return _shared_or_skip


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Give the root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Give a private PostgreSQL, or a skip that says what is missing."""
    missing = postgres.why_not()
    if missing is not None:
        pytest.skip(missing)
    with postgres.server() as running:
        yield running


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `shared(path)` where that path is not there."""
    for mark in item.iter_markers("shared"):
        _shared_or_skip(*mark.args)
