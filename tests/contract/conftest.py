"""Both databases, for one conformance suite: SQLite always, a private PostgreSQL with `-m ci`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import postgres


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
