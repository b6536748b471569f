"""Worker processes: what they find, and that they outlive nobody."""

import operator
import os
import signal
import struct
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from types import FrameType

import pytest

from sim.experiment import workers
from sim.experiment.workers import Replications

ROOT = Path(__file__).parents[4]


WAYS = pytest.mark.parametrize(
    "first",
    ["", "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"],
    ids=["forked", "beside-a-thread"],
)
"""A script's first line by which its workers are forked, or must be new processes."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch):
    """Hire workers for the shortest work."""
    monkeypatch.setattr(workers, "WORTH_FORKING_S", 0.0)
    monkeypatch.setattr(workers, "WORTH_WORKERS_S", 0.0)


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


def test_every_replication_is_done_once_and_told_of_whoever_does_it(eager):
    found: dict[int, int] = {7: -1}
    told: list[tuple[int, int]] = []
    with Replications(partial(operator.mul, 3), 3) as days:
        for wanted in (2_000, 3_000):  # the workers of the first stretch are there for the second
            days.do(found, range(wanted), lambda done, wanted: told.append((done, wanted)))

    assert found == {n: 3 * n for n in range(3_000)} | {7: -1}
    assert told == [(n, 2_000) for n in range(2, 2_001)] + [(n, 3_000) for n in range(2_001, 3_001)]


def test_a_fault_of_whoever_does_it_is_the_callers_and_ends_the_run(eager):
    with pytest.raises(ZeroDivisionError), Replications(partial(operator.truediv, 1), 2) as days:
        days.do({}, range(-100, 100))


HIRING = """
import os, time
from sim.experiment.workers import hired
with hired(2, os.write, 1, b"hired\\n") as pool:
    for sleeping in [pool.submit(time.sleep, 600) for _ in range(2)]:
        sleeping.result()
"""


def test_a_process_with_another_thread_is_not_copied():
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    assert not workers.can_fork()
    over.set()
    thread.join()


TOLD = """
import multiprocessing, operator
from functools import partial
from sim.experiment import workers
workers.WORTH_FORKING_S = workers.WORTH_WORKERS_S = 0.0
found = {}
with workers.Replications(partial(operator.mul, 3), 3) as days:
    days.do(found, range(2_000))
    print(sum(found.values()), len(multiprocessing.active_children()))
"""


@pytest.mark.ci
@WAYS
def test_workers_do_the_same_forked_and_new(first: str):
    ran = subprocess.run([sys.executable, "-c", first + TOLD], capture_output=True, text=True, timeout=60, check=True)

    assert ran.stdout.split() == [str(3 * sum(range(2_000))), "2"]


@pytest.mark.ci
@WAYS
def test_workers_end_with_a_parent_that_was_killed(first: str):
    parent = subprocess.Popen([sys.executable, "-c", first + HIRING], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert [parent.stdout.readline() for _ in range(2)] == ["hired\n"] * 2
    parent.kill()

    parent.communicate(timeout=30)  # would wait for workers that live on: they hold the pipe


def tell_half(way: str) -> None:
    """Be a worker that has written half of a result when it is stopped."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and "result_queue" not in frame.f_locals:
        frame = frame.f_back
    assert frame is not None
    os.write(frame.f_locals["result_queue"]._writer.fileno(), struct.pack("!i", 1_000) + b"half")
    with Path(way).open("w", encoding="utf-8") as told:
        told.write("half of it is told")
    signal.pause()


def stop_in_the_midst_of_a_result(way: str) -> None:
    """Stop a pool, as Ctrl-C does, when a worker has written half of its result."""
    with workers.hired(1, print) as pool:
        pool.submit(tell_half, way)
        Path(way).read_text(encoding="utf-8")  # waits for the worker
        raise KeyboardInterrupt


@pytest.mark.ci
@WAYS
def test_workers_that_are_stopped_in_the_midst_of_telling_a_result_are_not_waited_for(first: str, tmp_path: Path):
    os.mkfifo(tmp_path / "way")
    script = f"{first}\nfrom {__name__} import *; stop_in_the_midst_of_a_result({str(tmp_path / 'way')!r})"
    stopped = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert stopped.stderr.endswith("KeyboardInterrupt\n")
