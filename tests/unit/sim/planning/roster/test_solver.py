"""HiGHS can be interrupted while it works: Ctrl-C does not wait for its time limit."""

import os
import signal
import threading
from typing import Any

import highspy
import numpy as np
import pytest

from sim.planning.roster import solver
from sim.planning.roster.cover import Problem, cover
from sim.planning.roster.solver import run


def market_split(columns: int = 40, rows: int = 5) -> Any:
    """Return a programme that takes HiGHS hours (Cornuejols and Dawande, "Hard small 0-1 programs", 1998)."""
    weights = np.random.Generator(np.random.PCG64(1)).integers(0, 100, (rows, columns)).astype(float)
    made: Any = highspy.Highs
    hard = made()
    for option, value in (("output_flag", False), ("time_limit", 600.0), ("threads", 1)):
        hard.setOptionValue(option, value)
    chosen = [hard.addBinary() for _ in range(columns)]
    slack = [(hard.addVariable(lb=0), hard.addVariable(lb=0)) for _ in range(rows)]
    for line, (less, more) in zip(weights, slack, strict=True):
        hard.addConstr(sum(w * x for w, x in zip(line, chosen, strict=True)) + less - more == line.sum() // 2)
    hard.setMinimize()
    hard.changeColsCost(2 * rows, np.arange(columns, columns + 2 * rows), np.ones(2 * rows))
    return hard


def test_ctrl_c_ends_a_solver_long_before_its_time_limit():
    hard = market_split()
    told: list[int] = []

    def interrupt_once(_: Any) -> None:
        if not told:
            told.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    hard.cbMipInterrupt += interrupt_once
    with pytest.raises(KeyboardInterrupt):
        run(hard)

    assert told
    working = [thread for thread in threading.enumerate() if thread.name == "HiGHS"]
    for thread in working:
        thread.join(60)
    assert not any(thread.is_alive() for thread in working)


def test_a_solver_that_does_not_listen_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(solver, "GRACE_S", 0.01)
    over = threading.Event()

    class Deaf:
        cbMipInterrupt: Any = []  # noqa: N815 - as HiGHS calls it

        def run(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            over.wait()

    Deaf.cbMipInterrupt = type("Calls", (), {"__iadd__": lambda self, _: self})()
    with pytest.raises(KeyboardInterrupt):
        run(Deaf())
    over.set()


def test_a_cover_is_found_all_the_same():
    from scipy import sparse

    need = np.array([5.0, 3.0])
    skills = sparse.csr_array(np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))

    assert cover(Problem(need, skills, np.array([1.0, 1.0, 1.5]))).cost == 6.5
