"""Worker processes: what they find, and that they outlive nobody."""

import subprocess
import sys

import pytest

from sim.experiment import workers
from sim.experiment.workers import Replications


def squared(replication: int) -> int:
    return replication * replication


def test_what_is_found_already_is_not_done_again():
    found = {1: -1}
    told: list[tuple[int, int]] = []
    with Replications(squared, 1) as days:
        days.do(found, range(4), lambda done, wanted: told.append((done, wanted)))

    assert found == {0: 0, 1: -1, 2: 4, 3: 9}
    assert told == [(2, 4), (3, 4), (4, 4)]


def test_short_work_hires_nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "hired", lambda *wanted: pytest.fail("workers were hired"))
    found: dict[int, int] = {}
    with Replications(squared, 2) as days:
        days.do(found, range(100))

    assert found == {n: n * n for n in range(100)}


HIRING = """
import os, time
from sim.experiment.workers import hired
with hired(2, os.write, 1, b"hired\\n") as pool:
    for sleeping in [pool.submit(time.sleep, 600) for _ in range(2)]:
        sleeping.result()
"""


@pytest.mark.ci
def test_workers_end_with_a_parent_that_was_killed():
    parent = subprocess.Popen([sys.executable, "-c", HIRING], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert [parent.stdout.readline() for _ in range(2)] == ["hired\n"] * 2
    parent.kill()

    parent.communicate(timeout=30)  # would wait for workers that live on: they hold the pipe
