"""The connection to SQLite: what a large row leaves behind."""

import os
from pathlib import Path

import pytest

from api.store.errors import BadJournal, Conflict
from api.store.sqlite import LARGE, FileLock, open_writer

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


def test_a_file_of_two_names_is_refused_under_both_and_the_other_is_told(tmp_path: Path):
    """SQLite's log is named after the file: what was committed under one name would be lost under the other."""
    here, there = tmp_path / "here.sqlite3", tmp_path / "there.sqlite3"
    open_writer(here).close()
    there.hardlink_to(here)
    for path, other in ((here, "there.sqlite3"), (there, "here.sqlite3")):
        with pytest.raises(BadJournal, match=f"{path.name}: the file has another name.*{other}"):
            FileLock(path, "me")


def test_a_second_name_elsewhere_is_told_with_how_to_find_it(tmp_path: Path):
    here = tmp_path / "here.sqlite3"
    open_writer(here).close()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x").hardlink_to(here)
    with pytest.raises(BadJournal, match=f"find / -xdev -samefile {here}"):
        FileLock(here, "me")
