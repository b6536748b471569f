"""kill -9 at random instants with 32 producers: what was answered is there, and none of it twice.

The short form runs with `-m ci`, 200 kills a store with `-m slow`; each kill hits the journal that the last one left.
"""

import json
import os
import random
import signal
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from api.recovery.restore import recover
from api.recovery.verification import prove as prove_again
from api.store.open import Database, reading
from api.store.retention import pruned
from tests import postgres

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PRODUCERS = 32
SHORT, LONG = 20, 200
GZIP = b"\x1f\x8b\x08"


def killed_after(database: str, lap: int, answers: int, archive: Path) -> list[str]:
    """Start the producers, kill them after so many answers, and return every line they said."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    words = [sys.executable, str(HERE / "producers.py"), database, f"r{lap}", str(archive)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line.decode().rstrip("\n"))
            if len(lines) > answers:
                break
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().decode().splitlines()
        return lines


def archived(archive: Path) -> dict[int, dict[str, Any]]:
    """Return the commands of an archive by their numbers; a batch that a kill cut short was not pruned."""
    found: dict[int, dict[str, Any]] = {}
    if archive.exists():
        text = archive.read_bytes()
        while text:
            member = zlib.decompressobj(31)
            lines = member.decompress(text)
            if not member.eof:  # cut short: what was written after it begins with the next mark
                following = text.find(GZIP, 1)
                text = b"" if following < 0 else text[following:]
                continue
            text = member.unused_data
            found |= {row["n"]: row for row in map(json.loads, lines.splitlines())}
    return found


def prove(database: str, kills: int, seed: int, archive: Path) -> Counter[str]:
    chance = random.Random(seed)
    tally: Counter[str] = Counter()
    calls: list[str] = []
    tasks: list[str] = []
    for lap in range(kills):
        lines = killed_after(database, lap, chance.randint(1, 400), archive)
        assert lines, "the producers did not start"
        word, agents, open_tasks = lines[0].split()
        assert (word, agents) == ("ready", str(PRODUCERS)), f"lap {lap}: an agent is lost"
        assert int(open_tasks) >= len(tasks), f"lap {lap}: a callback is lost"
        calls += [line.removeprefix("call ") for line in lines if line.startswith("call ")]
        tasks += [line.removeprefix("task ") for line in lines if line.startswith("task ")]
        tally["kills"] += 1
    with reading(database) as store:
        keys = Counter(row["external_call_id"] for row in store.find("natural_keys", None, None, 10_000_000))
        up_to, gone = pruned(store.connection), archived(archive)
        rows = {row.n: (row.body, row.refused) for row in store.commands(up_to)}
        rows |= {n: (row["body"], row["refused"]) for n, row in gone.items() if n <= up_to}
        last_n, proof = store.head().last_n, prove_again(store)
        adopted = {n for n in range(1, last_n + 1) if n not in rows}  # stays in the journal, out of the chain
        assert all(json.loads(store.command(n))["is"] == "AdoptCentre" for n in adopted)
        bodies = [json.loads(body) for body, refused in rows.values() if refused is None]
        assert proof.difference is None
        tally["pruned"] = up_to
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
    assert prove(str(tmp_path / "killed.db"), 1, 3, tmp_path / "archive.gz")["answered"] > 0


@pytest.mark.ci
def test_kills_cost_nothing_that_was_answered_on_sqlite(tmp_path: Path):
    assert prove(str(tmp_path / "killed.db"), SHORT, 1, tmp_path / "archive.gz")["kills"] == SHORT


@pytest.mark.ci
def test_kills_cost_nothing_that_was_answered_on_postgresql(server: postgres.Server, tmp_path: Path):
    assert prove(server.database("killed"), SHORT, 2, tmp_path / "archive.gz")["kills"] == SHORT


@pytest.mark.slow
def test_two_hundred_kills_cost_nothing_that_was_answered_on_sqlite(tmp_path: Path):
    assert prove(str(tmp_path / "killed.db"), LONG, 11, tmp_path / "archive.gz")["kills"] == LONG


@pytest.mark.slow
def test_two_hundred_kills_cost_nothing_that_was_answered_on_postgresql(server: postgres.Server, tmp_path: Path):
    assert prove(server.database("killed_200"), LONG, 12, tmp_path / "archive.gz")["kills"] == LONG
