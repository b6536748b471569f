"""What stands beside the tests can be imported by name."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for beside in (str(HERE), str(HERE.parent)):
    if beside not in sys.path:
        sys.path.insert(0, beside)

from collections.abc import Iterator  # noqa: E402

import postgres  # noqa: E402  # it stands beside the tests
import pytest  # noqa: E402


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Give a private PostgreSQL, or a skip that says what is missing."""
    missing = postgres.why_not()
    if missing is not None:
        pytest.skip(missing)
    with postgres.server() as running:
        yield running
