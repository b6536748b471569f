"""A fault of the database is told without where the database is."""

import pytest

from api.errors import Unavailable
from api.http.problems import problem, without_places

FAULTS = [
    'postgresql://calls:secret@db-7.internal:5432/calls: connection to server at "db-7.internal" (10.1.2.3), port 5432 '
    "failed: FATAL: terminating connection",
    "could not translate host name to address db-7.internal:5432",
    "/srv/db-7.internal/live.sqlite3: database or disk is full",
    'connection to server on socket "/run/postgresql/.s.PGSQL.5432" failed',
    "10.1.2.3, port 5432: timeout expired",
]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_host_port_or_path_is_told(fault: str):
    for text in (
        without_places(fault),
        str(problem(Unavailable(f"the database cannot be read: {fault}"), posted_call=False)[0]),
    ):
        assert not [place for place in ("db-7", "10.1.2.3", "5432", "secret", "/srv", "/run") if place in text]


@pytest.mark.parametrize(
    "text", ["the journal is behind: too much waits to be durable", "journal: nothing became durable for 1.5 s"]
)
def test_what_names_no_place_is_told_as_it_is(text: str):
    assert without_places(text) == text
