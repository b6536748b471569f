"""kill -9 at random instants with 32 producers: what was answered is there, and none of it twice.

The short form runs with `-m ci`, 200 kills a store with `-m slow`; each kill hits the journal that the last one left.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from api.store.open import Database, reading
from api.store.recovery import recover
from tests import postgres

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PRODUCERS = 32
SHORT, LONG = 20, 200


def killed_after(database: str, lap: int, answers: int) -> list[str]:
    """Start the producers, kill them after so many answers, and return every line they said."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(HERE / "producers.py"), database, f"r{lap}"], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line.decode().rstrip("\n"))
            if len(lines) > answers:
                break
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().decode().splitlines()
        return lines


def prove(database: str, kills: int, seed: int) -> Counter[str]:
    chance = random.Random(seed)
    tally: Counter[str] = Counter()
    calls: list[str] = []
    tasks: list[str] = []
    for lap in range(kills):
        lines = killed_after(database, lap, chance.randint(1, 400))
        assert lines, "the producers did not start"
        word, agents, open_tasks = lines[0].split()
        assert (word, agents) == ("ready", str(PRODUCERS)), f"lap {lap}: an agent is lost"
        assert int(open_tasks) >= len(tasks), f"lap {lap}: a callback is lost"
        calls += [line.removeprefix("call ") for line in lines if line.startswith("call ")]
        tasks += [line.removeprefix("task ") for line in lines if line.startswith("task ")]
        tally["kills"] += 1
    with reading(database) as store:
        keys = Counter(row["external_call_id"] for row in store.find("natural_keys", None, None, 10_000_000))
        bodies = [json.loads(row.body) for row in store.commands(0) if row.refused is None]
    admitted = Counter(body["call_id"] for body in bodies if body["is"] == "AdmitCall")
    scheduled = Counter(body["task_id"] for body in bodies if body["is"] == "ScheduleTask")
    assert [call for call in calls if admitted[call] != 1 or keys[call] != 1] == []
    assert [task for task in tasks if scheduled[task] != 1] == []
    assert max(admitted.values()) == max(keys.values()) == 1
    assert admitted == keys, "a call without its key, or a key without its call"
    tally["answered"] = len(calls)
    tally["stored, not answered"] = len(admitted) - len(calls)
    tally["callbacks"] = len(tasks)
    tally["commands"] = len(bodies)
    again = Database(database)
    store = again.writer()
    assert recover(store, "the test") is not None
    store.connection.close()
    again.release()
    print(f"{'PostgreSQL' if again.is_postgres else 'SQLite'}: {dict(tally)}")
    return tally


def test_a_kill_costs_nothing_that_was_answered_on_sqlite_quickly(tmp_path: Path):
    assert prove(str(tmp_path / "killed.db"), 1, seed=3)["answered"] > 0


@pytest.mark.ci
def test_kills_cost_nothing_that_was_answered_on_sqlite(tmp_path: Path):
    assert prove(str(tmp_path / "killed.db"), SHORT, seed=1)["kills"] == SHORT


@pytest.mark.ci
def test_kills_cost_nothing_that_was_answered_on_postgresql(server: postgres.Server):
    assert prove(server.database("killed"), SHORT, seed=2)["kills"] == SHORT


@pytest.mark.slow
def test_two_hundred_kills_cost_nothing_that_was_answered_on_sqlite(tmp_path: Path):
    assert prove(str(tmp_path / "killed.db"), LONG, seed=11)["kills"] == LONG


@pytest.mark.slow
def test_two_hundred_kills_cost_nothing_that_was_answered_on_postgresql(server: postgres.Server):
    assert prove(server.database("killed_200"), LONG, seed=12)["kills"] == LONG
