"""What a posted call costs the live service, beside a bare FastAPI echo of the same body under the same server.

Each measurement is of interleaved pairs; CPU seconds are the server's own, of all its threads.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from benchmarks.pairs import Median, median
from benchmarks.posting.clients import Clients
from benchmarks.posting.servers import Server, serving
from tests import postgres

PAIRS: Final = 15
CALLS: Final = 2_000
"""Posted to either server in one round."""
FEW, MANY = 100, 100_000
LISTENERS: Final = 200
SERVE: Final = ("callcenter", "serve", "--port", "0")
US: Final = 1e6


class Measured:
    """A server with a client of its own."""

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.clients = Clients(server.port, server.key, name)
        self.per_s: list[float] = []
        self.cpu_us: list[float] = []
        self.refused = 0
        """So often it had too much to do and said so: a sign that the machine does something else."""
        self.clients.post(CALLS)  # what is made once is made by now

    def round(self, calls: int = CALLS) -> None:
        """Post so many calls, and note what they cost."""
        before = self.server.cpu_s()
        done = self.clients.post(calls)
        self.cpu_us.append((self.server.cpu_s() - before) / calls * US)
        self.per_s.append(done.per_s)
        self.refused += done.refused


@contextmanager
def measuring(name: str, *words: str) -> Iterator[Measured]:
    """Give a server under measurement."""
    with serving(*words) as server:
        yield Measured(server, name)


def _paired(one: Measured, other: Measured, after: Callable[[], None] = lambda: None) -> None:
    for _ in range(PAIRS):
        one.round()
        other.round()
        after()
    if refused := one.refused + other.refused:
        print(f"  {refused:,} posts were refused and came again: this machine does something else, too", flush=True)


def ratio(ones: list[float], others: list[float]) -> Median:
    """Return the ratio of each pair, in the median."""
    return median([one / other for one, other in zip(ones, others, strict=True)])


def whole(values: list[float]) -> str:
    """Return the median and its interval in whole numbers."""
    found = median(values)
    return f"{found.value:,.0f} [{found.lowest:,.0f}..{found.highest:,.0f}]"


def _say_ratio(echo: Measured, calls: Measured) -> None:
    print(
        f"  requests per second: echo {whole(echo.per_s)}, posted calls {whole(calls.per_s)}; "
        f"ratio {ratio(calls.per_s, echo.per_s)} (at least 0.5 asked, 0.7 aimed at)\n"
        f"  server CPU per request in µs: echo {whole(echo.cpu_us)}, posted call {whole(calls.cpu_us)}; "
        f"echo/call {ratio(echo.cpu_us, calls.cpu_us)}",
        flush=True,
    )


def posted_calls() -> None:
    """Posted calls beside the echo, and how long they take at half that load."""
    with measuring("echo", "benchmarks.posting.echo") as echo, measuring("calls", *SERVE) as calls:
        _paired(echo, calls)
        _say_ratio(echo, calls)
        half = median(calls.per_s).value / 2
        waits = sorted(calls.clients.post_at(half, int(half * 10)).waits_s)
        shown = "  ".join(f"p{p:g} {waits[int(len(waits) * p / 100)] * 1e3:.1f} ms" for p in (50, 90, 99, 99.9))
        print(f"  at half that load, {half:,.0f} per second for 10 s: {shown} (p99 of 50 ms aimed at)", flush=True)


def many_waiting() -> None:
    """A posted call with few and with many calls waiting before it."""
    with measuring("few", *SERVE) as few, measuring("many", *SERVE) as many:
        few.clients.withdraw(CALLS - FEW)
        many.clients.post(MANY - CALLS)

        def as_before() -> None:
            few.clients.withdraw(CALLS)
            many.clients.withdraw(CALLS)

        _paired(few, many, as_before)
        print(
            f"  CPU in µs with {FEW:,} waiting {whole(few.cpu_us)}, with {MANY:,} {whole(many.cpu_us)}; "
            f"ratio {ratio(many.cpu_us, few.cpu_us)}, "
            f"requests per second {ratio(many.per_s, few.per_s)}",
            flush=True,
        )


@contextmanager
def listening(server: Server, count: int, who: str = "listeners") -> Iterator[None]:
    """Let so many wallboards listen, from a process of their own; what it says of how they fared is printed."""
    words = [sys.executable, "-m", f"benchmarks.posting.{who}", str(server.port), server.key, str(count)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            for _ in range(count):
                if process.stdout.readline() != "listens\n":
                    process.kill()
                    raise RuntimeError("a listener fell silent")
            yield
        finally:
            process.stdin.close()
            if told := process.stdout.read().strip():
                print(f"  {told}", flush=True)


def listened_to() -> None:
    """A posted call with and without wallboards that listen to every event."""
    with ExitStack() as stack:
        alone = stack.enter_context(measuring("alone", *SERVE))
        heard = stack.enter_context(measuring("heard", *SERVE))
        stack.enter_context(listening(heard.server, LISTENERS))
        _paired(alone, heard)
        print(
            f"  CPU in µs without listeners {whole(alone.cpu_us)}, with {LISTENERS} {whole(heard.cpu_us)}; "
            f"ratio {ratio(heard.cpu_us, alone.cpu_us)} (below 1.1 asked)",
            flush=True,
        )


def on_postgresql() -> None:
    """The journal in PostgreSQL: the service's own CPU; the database has a process of its own for the rest."""
    missing = postgres.why_not()
    if missing is not None:
        print(f"  not measured ({missing})")
        return
    with ExitStack() as stack:
        address = stack.enter_context(postgres.server()).database("calls")
        echo = stack.enter_context(measuring("echo", "benchmarks.posting.echo"))
        calls = stack.enter_context(measuring("calls", *SERVE, "--database", address))
        _paired(echo, calls)
        _say_ratio(echo, calls)


def main() -> None:
    """Measure one after another."""
    print(f"{PAIRS} interleaved pairs of {CALLS:,} calls; medians with 95 % intervals; SQLite, each commit synced")
    for part in (posted_calls, on_postgresql, many_waiting, listened_to):
        print(f"{part.__doc__}", flush=True)
        part()
