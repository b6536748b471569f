"""`python -I -B -m callcenter.cli.jobs.server MEMORY SECONDS`: a pre-started process that forks one for each job.

Importing numpy and loading the compiled engine takes seconds, a job may take less than one: so it is done once, here.
The service holds the other end of the socket that is our standard input. A message `run ID` brings a socket for the
job; `end ID` ends it; we say `ended ID STATUS`. When the service is gone, all jobs end, and so do we.

A job's process limits itself before it reads a word: memory, processor time, files. It has an empty environment and
folder, and no open file but its socket, on which it is asked and answers, a JSON object a line.
"""

import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from callcenter.cli.jobs.bounds import limit
from callcenter.cli.jobs.work import answer_on

MOST_MESSAGE: Final = 200
OUR_FAULT: Final = 1


def warm() -> None:
    """Load what jobs need, and the compiled engine's code where it is there: what is forked has it already."""
    import sim.experiment.compare
    import sim.results.result  # noqa: F401
    from sim.experiment.engines import is_compiled_yet

    if is_compiled_yet():
        _machine_code()
    gc.collect()
    gc.freeze()  # what is shared with the jobs is not written to by counting


def _machine_code() -> None:
    try:
        from sim.compiled.machine import machine_code
    except (ImportError, OSError, MemoryError):
        return
    try:
        machine_code()
    except (OSError, RuntimeError, MemoryError):
        return


class Server:
    """The jobs of one service."""

    def __init__(self, control: socket.socket, memory: int, seconds: int) -> None:
        self._control = control
        self._bounds = memory, seconds
        self._jobs: dict[int, str] = {}
        """Process → job."""

    def serve(self) -> None:
        """Fork, end and tell, until the service is gone."""
        with _told_of_ends() as bell:
            while True:
                ready, _, _ = select.select([self._control.fileno(), bell], [], [])
                if bell in ready:
                    os.read(bell, 4096)
                    self._reap()
                if self._control.fileno() in ready and not self._hear():
                    break
        for process in self._jobs:
            os.kill(process, signal.SIGKILL)

    def _hear(self) -> bool:
        """Carry out a message; return whether there is a service."""
        message, files, _, _ = socket.recv_fds(self._control, MOST_MESSAGE, 1)
        word, _, job = message.decode().partition(" ")
        if word == "run":
            self._fork(job, files[0])
        elif word == "end":
            for process, other in self._jobs.items():
                if other == job:
                    os.kill(process, signal.SIGKILL)  # not reaped yet: the number is still its own
        return bool(message)

    def _fork(self, job: str, file: int) -> None:
        try:
            process = os.fork()
        except OSError:
            os.close(file)
            self._control.send(f"ended {job} {OUR_FAULT}".encode())
            return
        if process == 0:
            os._exit(self._child(file))
        os.close(file)
        self._jobs[process] = job

    def _child(self, file: int) -> int:
        """Do a job; return the exit status."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            self._control.close()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.closerange(3, file)
            os.closerange(file + 1, 256)
            limit(*self._bounds)
            with socket.socket(fileno=file) as own:
                return answer_on(own)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
            return OUR_FAULT

    def _reap(self) -> None:
        """Tell which jobs have ended."""
        while self._jobs:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            job = self._jobs.pop(process)
            self._control.send(f"ended {job} {os.waitstatus_to_exitcode(status)}".encode())


@contextmanager
def _told_of_ends() -> Iterator[int]:
    """Give a file that can be read when a child has ended."""
    bell, rung = os.pipe()
    for file in (bell, rung):
        os.set_blocking(file, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(rung)
    try:
        yield bell
    finally:
        signal.set_wakeup_fd(-1)


def main() -> int:
    """Be warm, and serve."""
    os.nice(5)  # calls come first
    memory, seconds = int(sys.argv[1]), int(sys.argv[2])
    with socket.socket(fileno=os.dup(0)) as control:
        warm()
        Server(control, memory, seconds).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
