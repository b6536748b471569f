"""Both databases, for one conformance suite: SQLite always, a private PostgreSQL with `-m ci`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for beside in (str(HERE), str(HERE.parent)):
    if beside not in sys.path:
        sys.path.insert(0, beside)

import postgres  # noqa: E402  # it stands beside the tests


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Give a private PostgreSQL, or a skip that says what is missing."""
    missing = postgres.why_not()
    if missing is not None:
        pytest.skip(missing)
    with postgres.server() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.ci)])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Give a function that makes an empty database and returns its address."""
    made = 0

    def make() -> str:
        nonlocal made
        made += 1
        if request.param == "sqlite":
            return str(tmp_path / f"{made}.db")
        running: postgres.Server = request.getfixturevalue("server")
        return running.database(f"{tmp_path.name}-{made}")

    return make


@pytest.fixture
def address(new_database: Callable[[], str]) -> str:
    """Give an empty database."""
    return new_database()
