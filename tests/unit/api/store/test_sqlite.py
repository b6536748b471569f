"""The connection to SQLite: what a large row leaves behind."""

import os
from pathlib import Path

import pytest

from api.store.errors import Conflict
from api.store.sqlite import LARGE, open_writer

MEGA = 1 << 20
LONG = 64 * MEGA
"""So long that it has its own place in memory, given back when it is freed."""


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc here")
def test_nothing_of_a_large_row_stays_in_memory(tmp_path: Path):
    connection = open_writer(tmp_path / "x.sqlite3")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)")
    before = _memory()
    connection.insert("t", ("n", "body"), [(1, bytes(LONG))])
    after = _memory()

    assert connection.execute("SELECT n, length(body) FROM t") == [(1, LONG)]
    assert after - before < LONG // 2
    connection.close()


def test_a_large_row_is_there_once_or_refused(tmp_path: Path):
    connection = open_writer(tmp_path / "x.sqlite3")
    connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    large, larger = "x" * (LARGE + 1), "y" * (LARGE + 2)
    connection.insert("t", ("n", "body"), [(1, large)])
    with pytest.raises(Conflict):
        connection.insert("t", ("n", "body"), [(1, larger)])
    assert connection.execute("SELECT n, body FROM t") == [(1, large)]
    connection.insert("t", ("n", "body"), [(1, larger)], "ON CONFLICT (n) DO UPDATE SET body = excluded.body")

    assert connection.execute("SELECT n, body FROM t") == [(1, larger)]
    connection.close()
