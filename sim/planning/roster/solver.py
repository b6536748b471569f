"""HiGHS at work, so that Ctrl-C is heard while it is: Python hears no signal until a call into C returns."""

from threading import Event, Thread
from typing import Any, Final

GRACE_S: Final = 5.0
"""How long a solver that was asked to end may take for it before it is left alone."""
LISTENS_S: Final = 0.2


def run(solver: Any) -> None:
    """Let a solver run to its end or its time limit.

    It works in a thread of its own while this one waits, so that being interrupted comes through at once: the solver is
    asked to end and the interruption goes on its way. What it finds does not depend on the thread.
    """
    ended, over = Event(), Event()

    def asked(event: Any) -> None:
        if ended.is_set():
            event.interrupt()

    def work() -> None:
        try:
            solver.run()
        finally:
            over.set()

    solver.cbMipInterrupt += asked
    try:
        Thread(target=work, name="HiGHS", daemon=True).start()
        # Not `join`: interrupted in it, Python 3.11 takes a thread that works for one that has ended.
        while not over.wait(LISTENS_S):
            pass
    finally:
        ended.set()
        over.wait(GRACE_S)
